//! Pages that links in our mails open. GET only shows a page; its button acts, since virus scanners open every link.
//! The keys are in the query, which is not logged.

mod comment;
mod confirm;
mod stop;

use axum::{Router, routing::get};
use serde::Deserialize;

use super::errors::WebError;
use crate::{
    app::App,
    domain::{comment::ThreadKey, entry::Post, mail_keys::Refused},
    texts::FromMail,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/mail/comment", get(comment::show).post(comment::act))
        .route("/mail/confirm", get(confirm::show).post(confirm::confirm))
        .route("/mail/stop", get(stop::show).post(stop::stop))
}

/// Query parameters of a link.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Link {
    key: String,
    /// Action that the author wants, in links to a comment.
    act: String,
}

fn refused(why: Refused, texts: &FromMail) -> WebError {
    match why {
        Refused::Forged => WebError::forbidden(&texts.incomplete),
        Refused::Old => WebError::over(&texts.over),
    }
}

/// Title of the post with this slug, or the slug if the post is gone; and its thread under all its slugs.
fn thread(post: Option<&Post>, slug: &str) -> (String, Vec<ThreadKey>) {
    match post {
        Some(post) => (post.entry.title.clone(), super::view::cards::thread_keys([post])),
        None => (slug.to_owned(), vec![ThreadKey::post(slug)]),
    }
}
