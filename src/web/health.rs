//! For those who watch over the process: is it there, and can it do its work?

use axum::{extract::State, response::IntoResponse};
use http::StatusCode;

use super::{
    errors,
    page::{Page, Policy},
};
use crate::app::App;

/// The process answers.
pub async fn process() -> Page {
    Page::text("ok\n".to_owned(), Policy::Uncached)
}

/// The database answers and takes comments, and there is content (there is, since nothing starts without).
pub async fn ready(State(app): State<App>) -> impl IntoResponse {
    let not_ready = |said: String| Page::text(said, Policy::Uncached).with_status(StatusCode::SERVICE_UNAVAILABLE);
    if let Err(error) = app.store.ping().await {
        errors::log(&error);
        return not_ready("the database does not answer\n".to_owned());
    }
    match app.store.can_write().await {
        Ok(()) => Page::text("ready\n".to_owned(), Policy::Uncached),
        Err(reason) => not_ready(format!("comments cannot be stored: {reason}\n")),
    }
}
