//! Response of a handler: a page and its cache policy. A layer turns the policy into headers.

use std::str::FromStr;

use askama::Template;
use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use super::error::WebError;
use crate::{cache::Policy, domain::words::without_controls};

/// Marks a response with a file of the author's, which may be a page with scripts.
#[derive(Clone, Copy, Debug)]
pub struct AuthorsFile;

/// A rendered page.
#[derive(Debug)]
pub struct Page {
    status: StatusCode,
    body: String,
    content_type: &'static str,
    policy: Policy,
}

impl Page {
    /// # Errors
    /// The template failed, which is a bug.
    pub fn html(template: &impl Template, policy: Policy) -> Result<Self, WebError> {
        Self::rendered(template, policy, "text/html; charset=utf-8")
    }

    /// Renders another kind of template: a feed, a sitemap.
    ///
    /// # Errors
    /// As for [`Page::html`].
    pub fn rendered(template: &impl Template, policy: Policy, content_type: &'static str) -> Result<Self, WebError> {
        let body = without_controls(template.render()?);
        Ok(Self { status: StatusCode::OK, body, content_type, policy })
    }

    pub fn text(body: String, policy: Policy) -> Self {
        Self { status: StatusCode::OK, body, content_type: "text/plain; charset=utf-8", policy }
    }

    pub fn of_type(self, content_type: &'static str) -> Self {
        Self { content_type, ..self }
    }

    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let Self { status, body, content_type, policy } = self;
        (status, Extension(policy), [(header::CONTENT_TYPE, content_type)], body).into_response()
    }
}

/// Redirects to a path of this site, percent-encoded by the caller.
pub fn redirect(status: StatusCode, path: &str) -> Response {
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    (status, [(header::LOCATION, location)], Extension(Policy::Uncached)).into_response()
}

/// Parses a number in a path; only the canonical spelling is accepted.
///
/// # Errors
/// Not found.
pub fn number<T: FromStr + ToString>(written: &str) -> Result<T, WebError> {
    let number = written.parse().ok().filter(|number: &T| number.to_string() == written);
    number.ok_or_else(WebError::not_found)
}
