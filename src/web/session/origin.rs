//! Submitted forms, and the check if they come from our own pages. The handler decides what to do with a foreign one,
//! since a comment's text must not be lost.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::{Form, FromRequest, FromRequestParts, Request},
    response::Response,
};
use http::{HeaderValue, header::CONTENT_TYPE, request::Parts};
use serde::de::DeserializeOwned;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::{app::App, web::error::WebError};

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
    /// Another site, as far as the headers tell.
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
