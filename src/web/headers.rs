//! Headers of every response: security, and caching by the page's policy.

use axum::{extract::Request, middleware::Next};
use http::{HeaderMap, HeaderName};

use super::{error::bare, page::AuthorsFile, prelude::*};
use crate::{cache::conditions, content::embeds};

/// The layer that sets them. No other code does.
pub async fn write(State(app): State<App>, request: Request, next: Next) -> Response {
    let fails = request.method().is_safe() && !conditions::match_holds(request.headers(), None);
    let mut response = next.run(request).await;
    // Without an ETag no version can match. The page cache evaluates this for pages that get one.
    if fails && response.status() == StatusCode::OK && !response.headers().contains_key(header::ETAG) {
        response = bare(StatusCode::PRECONDITION_FAILED);
    }
    let (policy, status) = (policy(&response), response.status());
    let is_file = response.extensions().get::<AuthorsFile>().is_some();
    let is_page = !is_file && has_type(response.headers(), "text/html");
    let headers = response.headers_mut();
    debug_assert!(!has_cache_headers(headers), "a handler has set cache headers by hand, not by a policy: {headers:?}");
    for (name, value) in STEADY {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    // Other sites and feed readers may load feeds, pictures and clips, but not pages or private data.
    let reach = if is_page || policy == Policy::Private { "same-origin" } else { "cross-origin" };
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static(reach));
    // After a 304 the browser keeps the policy that came with the file.
    if !is_file || status != StatusCode::NOT_MODIFIED {
        let value = if is_file && may_run(headers) { SANDBOX.to_owned() } else { content_security_policy(&app) };
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(header::CONTENT_SECURITY_POLICY, value);
        }
    }
    if app.config.site.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(policy.cache_control()));
    let shared = app.config.site.shared_seconds;
    if shared > 0
        && matches!(policy, Policy::Public(_))
        && let Ok(value) = HeaderValue::try_from(format!("public, max-age={shared}"))
    {
        headers.insert(HeaderName::from_static("cdn-cache-control"), value);
    }
    response
}

/// Cache policy of a response. An error is never public, whatever its handler set: a proxy would keep it in place of
/// the file.
fn policy(response: &Response) -> Policy {
    let status = response.status();
    let is_good = matches!(status, StatusCode::OK | StatusCode::PARTIAL_CONTENT) || status.is_redirection();
    match response.extensions().get::<Policy>() {
        Some(policy) if is_good || *policy == Policy::Private => policy.clone(),
        _ => Policy::Uncached,
    }
}

fn has_cache_headers(headers: &HeaderMap) -> bool {
    let by_hand = ["cache-control", "cdn-cache-control", "expires", "pragma", "surrogate-control"];
    by_hand.iter().any(|name| headers.contains_key(*name))
}

/// Policy for an author's file opened as a page: no scripts, no origin, no forms; its own styles only.
const SANDBOX: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; \
                       font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// True for all types except those in which browsers run no scripts: many types can (HTML, SVG, every `+xml`). PDF is
/// an exception, since browsers' PDF viewers do not work in a sandbox.
fn may_run(headers: &HeaderMap) -> bool {
    let is_picture = has_type(headers, "image/") && !has_type(headers, "image/svg");
    !is_picture && !["video/", "audio/", "application/pdf"].iter().any(|inert| has_type(headers, inert))
}

fn has_type(headers: &HeaderMap, start: &str) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(start.as_bytes()))
}

const STEADY: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    // YouTube's frame needs more and gets it by its own attribute.
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Policy that allows nothing inline and nothing from other sites, except frames that a reader opens.
fn content_security_policy(app: &App) -> String {
    let pictures = if app.snapshot().has_remote_picture { "'self' data: https:" } else { "'self' data:" };
    let mut frames: Vec<&str> = embeds::frame_hosts().collect();
    frames.extend(app.config.site.frame_hosts.iter().map(String::as_str));
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src {pictures}; font-src 'self'; \
         media-src 'self'; connect-src 'self'; manifest-src 'self'; frame-src {}; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'self'",
        frames.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn only_responses_that_stay_valid_are_public() {
        for (status, is_public) in [
            (200, true),
            (206, true),
            (301, true),
            (304, true),
            (400, false),
            (404, false),
            (412, false),
            (416, false),
            (500, false),
        ] {
            for said in [Policy::Public(Vec::new()), Policy::Immutable, Policy::File] {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::from_u16(status).expect("a status");
                response.extensions_mut().insert(said.clone());
                let expected = if is_public { said } else { Policy::Uncached };
                assert_eq!(policy(&response), expected, "{status}");
            }
        }
    }

    #[test]
    fn cache_headers_that_a_handler_sets_are_noticed() {
        for name in ["cache-control", "expires", "cdn-cache-control"] {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static("x"))]);
            assert!(has_cache_headers(&headers), "{name}");
        }
        assert!(!has_cache_headers(&HeaderMap::new()));
    }
}
