//! Headers that every answer carries: security, and what the page's policy says of caching.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, header};

use super::page::Policy;
use crate::{app::App, content::embeds};

/// The layer that writes them. Nobody else sets these.
pub async fn write(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = response.extensions().get::<Policy>().cloned().unwrap_or(Policy::Uncached);
    let headers = response.headers_mut();
    for (name, value) in STEADY {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::try_from(content_security_policy(&app)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
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

const STEADY: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    // A frame of YouTube's asks for more and gets it by its own attribute.
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Nothing inline, nothing from elsewhere, but for the frames that a reader asks for.
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
