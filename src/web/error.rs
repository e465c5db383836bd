//! Error of a handler: a status, a sentence for the visitor, and a cause that is logged once, for the operator.

use std::fmt;

use axum::response::{IntoResponse, Response};
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
        Self::new(StatusCode::NOT_FOUND, None)
    }

    pub fn gone() -> Self {
        Self::new(StatusCode::GONE, None)
    }

    /// 410, with the reason.
    pub fn over(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, Some(sentence.into()))
    }

    /// 403, with the reason.
    pub fn forbidden(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, Some(sentence.into()))
    }

    /// 503, with the reason.
    pub fn crowded(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Some(sentence.into()))
    }

    pub fn status(status: StatusCode) -> Self {
        Self::new(status, None)
    }

    /// 500, with a cause for the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, None) }
    }

    fn new(status: StatusCode, sentence: Option<String>) -> Self {
        Self { status, sentence, cause: None }
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found(),
            StoreError::Conflict(sentence) => Self::new(StatusCode::CONFLICT, Some(sentence)),
            StoreError::Interrupted | StoreError::Database(_) | StoreError::Together(_) => {
                Self { cause: Some(error.to_string()), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, None) }
            }
        }
    }
}

/// Passes the sentence to the layer that renders error pages.
#[derive(Clone)]
pub struct Sentence(pub Option<String>);

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(status = self.status.as_u16(), "{cause}");
        }
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Sentence(self.sentence));
        response
    }
}

/// Logs an error for which the visitor gets no error page.
pub fn log(error: &StoreError) {
    tracing::error!("{error}");
}

/// Response without a body, if no page can be rendered: the browser shows its own message.
pub fn bare(status: StatusCode) -> Response {
    let mut response = status.into_response();
    response.extensions_mut().insert(Policy::Uncached);
    response
}
