//! Names that views and handlers need. [`super::prelude`] adds those that only handlers need.

pub(super) use askama::Template;
pub(super) use http::{HeaderValue, StatusCode, header};
pub(super) use serde::Deserialize;

pub(super) use crate::{
    app::App,
    cache::Policy,
    config::Site,
    content::{Snapshot, comment_markdown},
    domain::{
        address,
        comment::{Comment, CommentId, RawComment, Status, ThreadKey},
        entry::{Entry, Post},
        routes,
        slug::Slug,
    },
    store::StoreError,
    texts::Texts,
};
