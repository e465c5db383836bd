//! Names that handlers need.

pub(super) use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};

pub(super) use super::{
    common::*,
    error::{self, WebError},
    page::{Page, redirect},
    session::{MailLink, Origin, Posted, Question, Visitor, finish, refused, with_cookie},
    view::{
        cards::{self, PostCard},
        dates, json_ld,
        lang::{self, LangAttributes},
        layout::Layout,
        link::TextLink,
    },
};
