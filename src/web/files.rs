//! Files: the program's own, and the author's media.

use std::{ops::RangeInclusive, path::Path as FilePath, sync::Arc};

use axum::{Extension, body::Body, extract::Request};
use http::{HeaderMap, Method};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::{page::AuthorsFile, prelude::*};
use crate::content::{MediaFile, picture_cache::Cleaned};

/// Serves style sheet, font, icons and scripts.
pub async fn asset(State(app): State<App>, Path(name): Path<String>) -> Result<Response, WebError> {
    let assets = app.assets();
    let asset = assets.get(&format!("/static/{name}")).ok_or_else(WebError::not_found)?;
    let media_type = [(header::CONTENT_TYPE, asset.media_type.as_str())];
    Ok((Extension(Policy::Immutable), media_type, asset.bytes.clone()).into_response())
}

/// Icon at well-known paths, for programs that have not read the page; they may not support SVG.
pub async fn favicon(State(app): State<App>) -> Result<Response, WebError> {
    let assets = app.assets();
    let icon = assets.raster_icon().or(assets.icons.first()).ok_or_else(WebError::not_found)?;
    Ok(redirect(StatusCode::FOUND, &icon.address))
}

/// Serves pictures, clips and downloads, with ranges for players.
pub async fn media(State(app): State<App>, Path(name): Path<String>, request: Request) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let address = format!("/media/{name}");
    if let Some(file) = snapshot.media(&address) {
        return if file.is_cleaned() {
            cleaned(&app, file, request, Policy::File).await
        } else {
            as_it_is(file, request).await
        };
    }
    let (file, variant) = snapshot.variant(&address).ok_or_else(WebError::not_found)?;
    let made = app.pictures.path_of(file, variant);
    if tokio::fs::try_exists(&made).await.unwrap_or(false) {
        return Ok(sent(&made, request, Policy::File).await);
    }
    if app.pictures.has_failed(file) {
        // The original's URL may be cached, so that a browser loads it once for all sizes.
        return Ok(redirect(StatusCode::FOUND, &address::encode(&file.address)));
    }
    app.pictures.hurry(file);
    // The URL belongs to a smaller version, so this response must not be cached under it.
    cleaned(&app, file, request, Policy::Uncached).await
}

/// A picture in its full size, without metadata.
async fn cleaned(app: &App, file: &Arc<MediaFile>, request: Request, policy: Policy) -> Result<Response, WebError> {
    match app.pictures.cleaned(file).await.ok_or_else(WebError::not_found)? {
        Cleaned::Kept(path) => Ok(sent(&path, request, policy).await),
        Cleaned::Bytes(bytes) => {
            let media_type = [(header::CONTENT_TYPE, file.media_type.as_str())];
            Ok((Extension(Policy::Uncached), media_type, bytes).into_response())
        }
    }
}

async fn as_it_is(file: &MediaFile, request: Request) -> Result<Response, WebError> {
    // The URL is immutable; a file that has changed since is another one, soon with another URL.
    let now = tokio::fs::metadata(&file.path).await.map_err(|_| WebError::not_found())?;
    let is_same = now.len() == file.bytes && now.modified().is_ok_and(|modified| modified == file.modified);
    Ok(sent(&file.path, request, if is_same { Policy::File } else { Policy::Uncached }).await)
}

/// The file, or the requested range. tower-http evaluates conditions (RFC 9110, 13) and sends the bytes. Of ranges (14)
/// it only gets one that lies within the file, since it rejects ranges that must be ignored.
async fn sent(path: &FilePath, mut request: Request, policy: Policy) -> Response {
    let asked = request.headers_mut().remove(header::RANGE);
    if let Some(asked) = asked.filter(|_| *request.method() == Method::GET) {
        let mut head = Request::new(Body::empty());
        *head.method_mut() = Method::HEAD;
        let head = ServeFile::new(path).oneshot(head).await.into_response();
        let length = head.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let range = length.and_then(|length| range(asked.to_str().ok()?, length));
        if let Some(range) = range.filter(|_| if_range_holds(request.headers(), head.headers()))
            && let Ok(range) = HeaderValue::try_from(format!("bytes={}-{}", range.start(), range.end()))
        {
            request.headers_mut().insert(header::RANGE, range);
        }
    }
    let mut response = ServeFile::new(path).oneshot(request).await.into_response().map(Body::new);
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.extensions_mut().insert(policy);
        response.extensions_mut().insert(AuthorsFile);
    }
    let kind = response.headers().get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if kind.ends_with(b"javascript") || kind.ends_with(b"ecmascript") {
        // A page would run it as one of our scripts; for reading and downloading plain text is enough.
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    response
}

/// The only requested range (RFC 9110, 14.1.2 and 14.2). `None`: send the whole file. A range that begins behind the
/// end stays as it is, and is rejected.
fn range(asked: &str, length: u64) -> Option<RangeInclusive<u64>> {
    let (unit, range) = asked.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let number = |digits: &str| -> Option<u64> {
        let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        is_number.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let (first, last) = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => (first, last),
        (Some(first), None) if last.is_empty() => (first, u64::MAX),
        // The last bytes; the file may have fewer.
        (None, Some(last)) if first.is_empty() => (length.saturating_sub(last), u64::MAX),
        _ => return None,
    };
    let is_ours = unit.trim().eq_ignore_ascii_case("bytes") && length > 0;
    is_ours.then(|| first..=last.min(length - 1).max(first))
}

/// True if the client has a part of this version, or sends no If-Range (RFC 9110, 13.1.5).
fn if_range_holds(asked: &HeaderMap, file: &HeaderMap) -> bool {
    // A weak ETag cannot match: the file's own is strong.
    asked.get(header::IF_RANGE).is_none_or(|known| {
        [header::ETAG, header::LAST_MODIFIED].iter().any(|name| file.get(name).is_some_and(|own| own == known))
    })
}
