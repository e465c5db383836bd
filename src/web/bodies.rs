//! Reads request bodies before the handler runs. Each body has a limit, and all together have another.

use std::sync::Arc;

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::StatusCode;
use http_body_util::BodyExt;
use tokio::sync::Semaphore;

use super::error::WebError;
use crate::domain::limits::FORM_BYTES;
use crate::{app::App, domain::comment::TEXT_MAX};

// A text above the limit must still fit into the body limit, or its own, clearer message would never be shown.
const _: () = assert!(TEXT_MAX * 12 < FORM_BYTES);

/// Bytes of each body that do not count for the common limit. Most comments have fewer, so clients that send large
/// bodies slowly do not keep others from commenting.
const UNCOUNTED: usize = 4 * 1024;

/// Memory budget for bodies that are being read. Cheap to clone.
#[derive(Clone)]
pub struct BodyMemory {
    app: App,
    free: Arc<Semaphore>,
}

impl BodyMemory {
    pub fn new(app: App, bytes: usize) -> Self {
        Self { app, free: Arc::new(Semaphore::new(bytes)) }
    }
}

/// The layer that reads bodies. The memory of a body is released after the response.
pub async fn read(State(memory): State<BodyMemory>, request: Request, next: Next) -> Result<Response, WebError> {
    if request.method().is_safe() {
        return Ok(next.run(request).await);
    }
    let crowded = |_| WebError::said(StatusCode::SERVICE_UNAVAILABLE, &memory.app.texts().errors.crowded);
    let (parts, mut body) = request.into_parts();
    let (mut bytes, mut taken) = (Vec::new(), memory.free.try_acquire_many(0).map_err(crowded)?);
    // A Content-Length is checked before anything is read.
    let mut expected = body.size_hint().lower();
    while expected <= FORM_BYTES as u64 {
        let Some(frame) = body.frame().await else {
            return Ok(next.run(Request::from_parts(parts, Body::from(bytes))).await);
        };
        let Ok(data) = frame.map_err(|_| StatusCode::BAD_REQUEST)?.into_data() else { continue };
        bytes.extend_from_slice(&data);
        let more = bytes.len().saturating_sub(UNCOUNTED + taken.num_permits());
        taken.merge(memory.free.try_acquire_many(u32::try_from(more).unwrap_or(u32::MAX)).map_err(crowded)?);
        expected = expected.max(bytes.len() as u64);
    }
    Err(StatusCode::PAYLOAD_TOO_LARGE.into())
}
