//! Error pages: a page of the site with a sentence for the visitor.

use axum::{extract::Request, middleware::Next};
use http::Method;

use super::{
    error::{Sentence, bare},
    old_addresses,
    prelude::*,
    request_log::RequestId,
};
use crate::{
    domain::limits::NEARBY_PAGES,
    texts::{Errors, Said},
};

#[derive(Template)]
#[template(path = "errors/error.html")]
struct ErrorPage {
    layout: Layout,
    status: u16,
    heading: &'static str,
    sentence: String,
    /// Pages with a path similar to the requested one.
    nearby: Vec<TextLink>,
    request_id: Option<String>,
}

/// The layer that renders error pages: for our errors, and for those of axum and the inner layers.
pub async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let asked = (matches!(*request.method(), Method::GET | Method::HEAD)).then(|| request.uri().path().to_owned());
    let response = next.run(request).await;
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    // A response with a policy is intended: a form with its errors, a health report.
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

/// Pages that may have been meant. The program's own paths contain no content.
fn nearby(snapshot: &Snapshot, path: &str) -> Vec<TextLink> {
    let Some(path) = address::decode(path).filter(|path| routes::may_mean_content(path)) else { return Vec::new() };
    let entries = snapshot.nearby(&path, NEARBY_PAGES);
    entries.into_iter().map(TextLink::to_entry).collect()
}

/// Heading and sentence for a visitor.
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
