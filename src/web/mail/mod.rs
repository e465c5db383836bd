//! Where the links of our mails lead. Opening one shows a page; only its button acts, since programs that look for
//! viruses open every link. The keys stand in the query, which is not logged.

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

/// What a link brings along.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Link {
    key: String,
    /// Of the links to a comment: what the author wants to do.
    act: String,
}

fn refused(why: Refused, texts: &FromMail) -> WebError {
    match why {
        Refused::Forged => WebError::forbidden(&texts.incomplete),
        Refused::Old => WebError::over(&texts.over),
    }
}

/// The title of the post with this slug, or the slug where the post is gone; and its thread under every slug it had.
fn thread(post: Option<&Post>, slug: &str) -> (String, Vec<ThreadKey>) {
    match post {
        Some(post) => (post.entry.title.clone(), super::view::cards::thread_keys([post])),
        None => (slug.to_owned(), vec![ThreadKey::post(slug)]),
    }
}
