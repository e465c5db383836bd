//! Names that nearly every handler needs.

pub use askama::Template;
pub use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
pub use http::{HeaderValue, StatusCode, header};

pub use super::{
    error::{self, WebError},
    page::{Page, redirect},
    view::layout::Layout,
};
pub use crate::{
    app::App,
    cache::Policy,
    content::Snapshot,
    domain::{address, routes},
    texts::Texts,
};
