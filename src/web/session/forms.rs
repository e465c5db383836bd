//! Submitted forms: their bodies are read before the handler runs, each within a limit and all together within another.
//! The handler gets the form, and decides what to do with one that does not come from our own pages, since a comment's
//! text must not be lost.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::{Body, HttpBody},
    extract::{Form, FromRequest, FromRequestParts, Request, State},
    middleware::Next,
    response::Response,
};
use http::{
    HeaderValue, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
    request::Parts,
};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::{
    app::App,
    domain::limits::{FORM_BYTES, TEXT_MAX},
    web::error::WebError,
};

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

/// True for a request whose handler reads the body itself, once it knows who sends it.
pub fn is_upload(request: &Request) -> bool {
    let path = request.uri().path();
    matches!(path, "/desk/upload" | "/desk/texts/edit")
        || matches!(path, "/micropub" | "/micropub/media") && request.headers().contains_key(AUTHORIZATION)
}

/// The layer that reads bodies. The memory of a body is released after the response.
pub async fn read_body(State(memory): State<BodyMemory>, request: Request, next: Next) -> Result<Response, WebError> {
    if request.method().is_safe() || is_upload(&request) {
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

/// A submitted form.
pub struct Posted<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Posted<T> {
    type Rejection = WebError;

    async fn from_request(mut request: Request, app: &App) -> Result<Self, WebError> {
        const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
        // Media types are case-insensitive (RFC 9110, 8.3.1), but axum compares them case-sensitively.
        let sent = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let sent = sent.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        if sent.eq_ignore_ascii_case(FORM.as_bytes()) {
            request.headers_mut().insert(CONTENT_TYPE, FORM);
        }
        let form = Form::from_request(request, app).await;
        form.map(|Form(form)| Self(form)).map_err(|rejection| rejection.status().into())
    }
}

/// Origin of a request by `Sec-Fetch-Site` and `Origin` (no token, no state; tower-http's port of Go's
/// CrossOriginProtection).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This site, or a client that is no browser.
    Ours,
    /// Another site, according to the headers.
    Foreign,
}

impl FromRequestParts<App> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let layer = CsrfLayer::new();
        // A proxy may rewrite the Host header; then only base_url identifies this site.
        let layer = layer.clone().add_trusted_origin(&app.config.site.base_url).unwrap_or(layer);
        let mut question = Request::new(Body::empty());
        *question.method_mut() = parts.method.clone();
        *question.uri_mut() = parts.uri.clone();
        question.headers_mut().clone_from(&parts.headers);
        let answer = layer
            .layer(service_fn(|_: Request| async { Ok::<_, Infallible>(Response::new(Body::empty())) }))
            .oneshot(question)
            .await?;
        let is_refused = answer.extensions().get::<ProtectionError>().is_some();
        Ok(if is_refused { Self::Foreign } else { Self::Ours })
    }
}
