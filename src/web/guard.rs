//! Whether a POST comes from a page of ours. What is done with one that does not is the handler's to say: a comment's
//! text must not be lost over it.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::{FromRequestParts, Request},
    response::Response,
};
use http::request::Parts;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::app::App;

/// Where a request comes from, judged by `Sec-Fetch-Site` and `Origin` (no token, no state; tower-http's port of
/// Go's CrossOriginProtection).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This site, or no browser.
    Ours,
    /// A page of somebody else's, as far as we can see.
    Foreign,
}

impl FromRequestParts<App> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let layer = CsrfLayer::new();
        // A proxy may rewrite the Host header, and then only the base_url tells what is ours.
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
