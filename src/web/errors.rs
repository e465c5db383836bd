//! What the web shows when something is not as it should be: a page of the site, with a sentence for the visitor.
//! The cause goes to the log, once, for the operator.

use std::fmt;

use askama::Template;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};

use super::{
    old_addresses,
    page::{Page, Policy},
    request_log::RequestId,
    view::{layout::Layout, stretch::Named},
};
use crate::{
    app::App,
    content::Snapshot,
    domain::address,
    store::StoreError,
    texts::{Errors, Said},
};

/// An error page to be: status, a sentence, and perhaps a cause for the log.
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

    /// Not there any more, and why.
    pub fn over(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, Some(sentence.into()))
    }

    /// Not allowed, and why.
    pub fn forbidden(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, Some(sentence.into()))
    }

    /// Not now, and why.
    pub fn crowded(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Some(sentence.into()))
    }

    pub fn status(status: StatusCode) -> Self {
        Self::new(status, None)
    }

    /// A fault of ours.
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

/// Carries the sentence to [`render`].
#[derive(Clone)]
struct Sentence(Option<String>);

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

/// Logs the cause of an error that the visitor is not shown as a page of its own.
pub fn log(error: &StoreError) {
    tracing::error!("{error}");
}

#[derive(Template)]
#[template(path = "errors/error.html")]
struct ErrorPage {
    layout: Layout,
    status: u16,
    heading: &'static str,
    sentence: String,
    /// Pages whose address is near the one that was asked for.
    nearby: Vec<Named>,
    request_id: Option<String>,
}

/// Most pages that a 404 offers.
const NEARBY: usize = 3;

/// The layer that makes error pages: of our own errors, and of those that axum and the layers below make.
pub async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let asked = (matches!(*request.method(), Method::GET | Method::HEAD)).then(|| request.uri().path().to_owned());
    let response = next.run(request).await;
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    // A page with a policy was made on purpose: a form with its errors, a health report.
    if !is_error || response.extensions().get::<Policy>().is_some() {
        return response;
    }
    let status = response.status();
    let asked = asked.filter(|_| status == StatusCode::NOT_FOUND);
    if let Some(redirect) = asked.as_ref().and_then(|path| old_addresses::redirected(&app, path)) {
        return redirect;
    }
    let said = words(status, &app.texts().errors);
    let sentence = response.extensions().get::<Sentence>().and_then(|sentence| sentence.0.clone());
    let snapshot = app.snapshot();
    let page = ErrorPage {
        layout: Layout::new(&app, &snapshot, &said.heading).not_indexed(),
        nearby: asked.map(|path| nearby(&snapshot, &path)).unwrap_or_default(),
        status: status.as_u16(),
        heading: &said.heading,
        sentence: sentence.unwrap_or_else(|| said.sentence.clone()),
        request_id: id.filter(|_| status.is_server_error()).map(|id| id.0),
    };
    let mut rendered = match Page::html(&page, Policy::Uncached) {
        Ok(page) => page.with_status(status).into_response(),
        Err(_) => bare(StatusCode::INTERNAL_SERVER_ERROR),
    };
    for name in [header::RETRY_AFTER, header::ALLOW, header::CONTENT_RANGE] {
        if let Some(value) = response.headers().get(&name) {
            rendered.headers_mut().insert(name, value.clone());
        }
    }
    if status == StatusCode::SERVICE_UNAVAILABLE && !rendered.headers().contains_key(header::RETRY_AFTER) {
        rendered.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    }
    rendered
}

/// What may have been meant; rooms of the program have no content in them.
fn nearby(snapshot: &Snapshot, path: &str) -> Vec<Named> {
    const ROOMS: [&str; 7] = ["/static/", "/media/", "/comments/", "/me/", "/tags/", "/archive/", "/page/"];
    let Some(path) = address::decode(path) else { return Vec::new() };
    if ROOMS.iter().any(|room| path.starts_with(room)) {
        return Vec::new();
    }
    let entries = snapshot.nearby(&path, NEARBY);
    entries.into_iter().map(Named::of).collect()
}

/// The last resort, where not even a page can be made: the browser has words of its own for it.
pub fn bare(status: StatusCode) -> Response {
    let mut response = status.into_response();
    response.extensions_mut().insert(Policy::Uncached);
    response
}

/// A heading and a sentence for a visitor.
fn words(status: StatusCode, texts: &Errors) -> &Said {
    match status {
        StatusCode::NOT_FOUND => &texts.not_found,
        StatusCode::GONE => &texts.gone,
        StatusCode::FORBIDDEN => &texts.forbidden,
        StatusCode::METHOD_NOT_ALLOWED => &texts.not_in_that_way,
        StatusCode::PAYLOAD_TOO_LARGE => &texts.too_large,
        StatusCode::REQUEST_TIMEOUT => &texts.too_slow,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => &texts.other_form,
        StatusCode::TOO_MANY_REQUESTS => &texts.too_many,
        StatusCode::SERVICE_UNAVAILABLE => &texts.away,
        status if status.is_client_error() => &texts.not_understood,
        _ => &texts.broken,
    }
}
