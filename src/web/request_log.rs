//! One log line for each request that reaches the router, and the id by which a visitor can name it. No address of a
//! visitor is in it, and no query: a signed link is nobody else's business.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue};
use tracing::Instrument;

use crate::{app::App, domain::address};

/// Carries the id to whoever asked.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Names one request in the log and on error pages.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl RequestId {
    /// A count behind four random letters for the process: as good as a random number, without asking for one each time.
    fn next() -> Self {
        static PROCESS: LazyLock<u32> = LazyLock::new(|| getrandom::u32().unwrap_or(0));
        static COUNT: AtomicU64 = AtomicU64::new(1);
        Self(format!("{:08x}-{:x}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Marks a request that no visitor made: it has no line in the log.
#[derive(Clone, Copy, Debug)]
pub struct Unasked;

/// The outermost layer of the router.
pub async fn write(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = RequestId::next();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let is_asked = request.extensions().get::<Unasked>().is_none();
    request.extensions_mut().insert(id.clone());
    let began = Instant::now();
    // What is logged on the way carries the id that the visitor may be shown.
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
        response.headers_mut().insert(HEADER, value);
    }
    response
}
