//! Error of a handler: a status, a sentence for the visitor, and a cause that is logged once, for the operator.

use std::fmt;

use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use http::StatusCode;

use crate::{cache::Policy, store::StoreError};

/// Content of an error page: status, a sentence, and perhaps a cause for the log.
#[derive(Debug)]
pub struct WebError {
    status: StatusCode,
    sentence: Option<String>,
    cause: Option<String>,
}

impl WebError {
    pub fn not_found() -> Self {
        StatusCode::NOT_FOUND.into()
    }

    /// Error with a sentence of its own.
    pub fn said(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { sentence: Some(sentence.into()), ..status.into() }
    }

    /// 500, with a cause for the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..StatusCode::INTERNAL_SERVER_ERROR.into() }
    }
}

impl From<StatusCode> for WebError {
    fn from(status: StatusCode) -> Self {
        Self { status, sentence: None, cause: None }
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found(),
            StoreError::Conflict(sentence) => Self::said(StatusCode::CONFLICT, sentence),
            StoreError::Interrupted | StoreError::Database(_) | StoreError::Together(_) => {
                Self { cause: Some(error.to_string()), ..StatusCode::SERVICE_UNAVAILABLE.into() }
            }
        }
    }
}

/// Error of a template, which is a bug.
impl From<askama::Error> for WebError {
    fn from(error: askama::Error) -> Self {
        Self::internal(error)
    }
}

/// Sentence for the layer that renders error pages.
#[derive(Clone)]
pub struct Sentence(pub Option<String>);

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(status = self.status.as_u16(), "{cause}");
        }
        (self.status, Extension(Sentence(self.sentence))).into_response()
    }
}

/// Logs an error for which the visitor gets no error page.
pub fn log(error: &StoreError) {
    tracing::error!("{error}");
}

/// Response without a body, if no page can be rendered: the browser shows its own message.
pub fn bare(status: StatusCode) -> Response {
    (status, Extension(Policy::Uncached)).into_response()
}
