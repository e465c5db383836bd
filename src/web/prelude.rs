//! Names that nearly every handler needs.

pub(super) use askama::Template;
pub(super) use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
pub(super) use http::{HeaderValue, StatusCode, header};

pub(super) use super::{
    error::{self, WebError},
    page::{Page, redirect},
    view::layout::Layout,
};
pub(super) use crate::{
    app::App,
    cache::Policy,
    content::Snapshot,
    domain::{address, routes},
    texts::Texts,
};
