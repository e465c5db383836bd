//! Files: the program's own and the author's media.

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
use crate::app::App;

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
    let file = snapshot.media(&format!("/media/{name}")).ok_or_else(WebError::not_found)?;
    // The address promises these bytes for ever; a file that has changed since is another one, soon with its own address.
    let now = tokio::fs::metadata(&file.path).await.map_err(|_| WebError::not_found())?;
    let is_same = now.len() == file.bytes && now.modified().is_ok_and(|modified| modified == file.modified);
    let mut response = ServeFile::new(&file.path).oneshot(request).await.into_response().map(Body::new);
    response.extensions_mut().insert(if is_same { Policy::File } else { Policy::Uncached });
    Ok(response)
}
