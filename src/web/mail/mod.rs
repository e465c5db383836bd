//! Pages that links in our mails open. GET only shows a page; its button acts, since virus scanners open every link.
//! The keys are in the query, which is not logged.

mod comment;
mod confirm;
mod stop;

use axum::{Router, routing::get};

use super::{prelude::*, view::cards::thread_keys};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/mail/comment", get(comment::show).post(comment::act))
        .route("/mail/confirm", get(confirm::show).post(confirm::confirm))
        .route("/mail/stop", get(stop::show).post(stop::stop))
}

/// Title of the post with this slug, or the slug if the post is gone; and its thread under all its slugs.
fn thread(snapshot: &Snapshot, slug: &str) -> (String, Vec<ThreadKey>) {
    match snapshot.post(slug) {
        Some(post) => (post.entry.title.clone(), thread_keys([post.as_ref()])),
        None => (slug.to_owned(), vec![ThreadKey::post(slug)]),
    }
}
