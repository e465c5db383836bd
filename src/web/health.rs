//! Health checks for monitoring: liveness and readiness.

use super::prelude::*;

/// Liveness: the process responds.
pub async fn process() -> Page {
    Page::text("ok\n".to_owned(), Policy::Uncached)
}

/// Readiness: the database responds and accepts comments. Content is always there, since nothing starts without it.
pub async fn ready(State(app): State<App>) -> impl IntoResponse {
    let not_ready = |said: String| Page::text(said, Policy::Uncached).with_status(StatusCode::SERVICE_UNAVAILABLE);
    if let Err(error) = app.store.ping().await {
        error::log(&error);
        return not_ready("the database does not answer\n".to_owned());
    }
    match app.store.can_write().await {
        Ok(()) => Page::text("ready\n".to_owned(), Policy::Uncached),
        Err(reason) => not_ready(format!("comments cannot be stored: {reason}\n")),
    }
}
