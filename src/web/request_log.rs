//! One log line for each request that reaches the router, and the id that a visitor can report. It contains no IP
//! address and no query: signed links are secret.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{extract::Request, middleware::Next};
use tracing::Instrument;

use super::prelude::*;
use crate::cache::REQUEST_ID;

/// Id of a request in the log and on error pages.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl RequestId {
    /// Next id: a counter behind a random number of the process, as unique as a random number for each request.
    fn next() -> Self {
        static PROCESS: LazyLock<u32> = LazyLock::new(|| getrandom::u32().unwrap_or(0));
        static COUNT: AtomicU64 = AtomicU64::new(1);
        Self(format!("{:08x}-{:x}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Marks an internal request, which is not logged.
#[derive(Clone, Copy, Debug)]
pub struct Unasked;

/// The outermost layer of the router.
pub async fn write(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = RequestId::next();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let is_asked = request.extensions().get::<Unasked>().is_none();
    request.extensions_mut().insert(id.clone());
    let began = Instant::now();
    // Log lines during the request have the id that the visitor may be shown.
    let span = tracing::info_span!("request", id = %id.0);
    let mut response = next.run(request).instrument(span).await;
    let took = began.elapsed();
    if is_asked {
        app.metrics.answered(response.status().as_u16(), took);
        tracing::info!(
            target: "instep::request",
            method = %method,
            path = %address::printable(&path),
            status = response.status().as_u16(),
            ms = (took.as_secs_f64() * 10_000.0).round() / 10.0,
            id = %id.0,
        );
    }
    if let Ok(value) = HeaderValue::try_from(id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
