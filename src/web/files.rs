//! Files: the program's own and the author's media.

use std::{path::Path as FilePath, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::{
    errors::WebError,
    page::{Policy, redirect},
};
use crate::{
    app::App,
    content::{MediaFile, pictures::Cleaned},
};

/// Style sheet, font, icons, scripts.
pub async fn asset(State(app): State<App>, Path(name): Path<String>) -> Result<Response, WebError> {
    let assets = app.assets();
    let asset = assets.get(&format!("/static/{name}")).ok_or_else(WebError::not_found)?;
    let media_type = HeaderValue::try_from(&asset.media_type).map_err(WebError::internal)?;
    let mut response = Response::new(Body::from(asset.bytes.clone()));
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response.extensions_mut().insert(Policy::Immutable);
    Ok(response)
}

/// Where programs look that have not read the page; they may not know SVG.
pub async fn favicon(State(app): State<App>) -> Result<Response, WebError> {
    let assets = app.assets();
    let icon = assets.icons().raster().or(assets.icons().favicon()).ok_or_else(WebError::not_found)?;
    Ok(redirect(StatusCode::FOUND, &icon.address))
}

/// Pictures, clips and downloads, in ranges where a player asks for them.
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
    app.pictures.hurry(file);
    // The address belongs to a smaller one, so this must not be kept under it.
    cleaned(&app, file, request, Policy::Uncached).await
}

/// A picture in its full size, without what it says about its maker.
async fn cleaned(app: &App, file: &Arc<MediaFile>, request: Request, policy: Policy) -> Result<Response, WebError> {
    match app.pictures.cleaned(file).await.ok_or_else(WebError::not_found)? {
        Cleaned::Kept(path) => Ok(sent(&path, request, policy).await),
        Cleaned::Bytes(bytes) => {
            let media_type = HeaderValue::try_from(&file.media_type).map_err(WebError::internal)?;
            let mut response = Response::new(Body::from(bytes));
            response.headers_mut().insert(header::CONTENT_TYPE, media_type);
            response.extensions_mut().insert(policy);
            Ok(response)
        }
    }
}

async fn as_it_is(file: &MediaFile, request: Request) -> Result<Response, WebError> {
    // The address promises these bytes for ever; a file that has changed since is another one, soon with its own address.
    let now = tokio::fs::metadata(&file.path).await.map_err(|_| WebError::not_found())?;
    let is_same = now.len() == file.bytes && now.modified().is_ok_and(|modified| modified == file.modified);
    Ok(sent(&file.path, request, if is_same { Policy::File } else { Policy::Uncached }).await)
}

async fn sent(path: &FilePath, request: Request, policy: Policy) -> Response {
    let mut response = ServeFile::new(path).oneshot(request).await.into_response().map(Body::new);
    response.extensions_mut().insert(policy);
    response
}
