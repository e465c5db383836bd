//! HTTP: server, routes and their responses. axum is used only here.
//!
//! Handlers are flat (extract, load, decide, respond) and return a page, a policy and tags. One layer each turns these
//! into headers, cache entries and error pages.

mod common;
mod corner;
mod desk;
mod editing;
mod entries;
mod error;
mod error_pages;
mod feeds;
mod files;
mod headers;
mod health;
mod lists;
mod mail;
mod manifest;
pub mod metrics;
mod micropub;
mod old_addresses;
mod page;
mod post;
mod prelude;
mod request_log;
mod search;
pub mod server;
pub mod session;
mod view;

pub use desk::hash_password;
pub use view::form::answer_errors;

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::State,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{Request, StatusCode, header};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    app::App,
    cache::{Encoding, Finished},
    domain::limits::UPLOAD_TIME,
};
use server::{Answers, Limits};
use session::forms::{self, BodyMemory};

/// The whole site as a service: the page cache with the router behind it. Cheap to clone.
#[derive(Clone)]
pub struct Site {
    app: App,
    router: Router,
}

impl Site {
    pub fn new(app: App, limits: Limits) -> Self {
        Self { router: router(app.clone(), limits), app }
    }

    /// Renders a page before the first request, unless it is cached.
    pub async fn warm(&self, path: &str) {
        // One encoding after the other: all at once would take memory that allocators keep.
        for accepted in ["br", "gzip"] {
            let request = Request::get(path).header(header::ACCEPT_ENCODING, accepted).body(Body::empty());
            let Ok(mut request) = request else { return };
            if !self.app.cache.holds(&request) {
                request.extensions_mut().insert(request_log::Unasked);
                // The response is not needed; it has been cached.
                drop(self.respond(request).await);
            }
        }
    }
}

impl Answers for Site {
    /// Response from the page cache, if it has one.
    fn hit<B>(&self, request: &Request<B>) -> Option<Response> {
        self.app.cache.hit(request)
    }

    fn finished(&self, path: &str, encoding: Encoding) -> Option<Finished> {
        self.app.cache.finished(path, encoding, self.app.clock.now())
    }

    async fn respond(&self, request: Request<Body>) -> Response {
        let made = |request| async {
            let response = self.router.clone().oneshot(request).await;
            response.unwrap_or_else(|never| match never {})
        };
        self.app.cache.respond(request, made).await
    }
}

/// The layer that ends a request whose response takes too long.
async fn deadline(State(longest): State<Duration>, request: Request<Body>, next: Next) -> Response {
    let longest = if forms::is_upload(&request) { UPLOAD_TIME } else { longest };
    let response = tokio::time::timeout(longest, next.run(request)).await;
    response.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

fn router(app: App, limits: Limits) -> Router {
    let layers = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(app.clone(), request_log::write))
        .layer(middleware::from_fn_with_state(app.clone(), headers::write))
        .layer(middleware::from_fn_with_state(app.clone(), error_pages::render))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(limits.request, deadline))
        .layer(middleware::from_fn_with_state(BodyMemory::new(app.clone(), limits.body_bytes), forms::read_body));
    Router::new()
        .route("/", get(lists::home))
        .route("/page/{number}", get(lists::home))
        .route("/tags", get(lists::tags::tags))
        .route("/tags/{tag}", get(lists::tags::tag))
        .route("/tags/{tag}/page/{number}", get(lists::tags::tag))
        .route("/archive", get(lists::archive::archive))
        .route("/archive/{year}", get(lists::archive::period))
        .route("/archive/{year}/page/{number}", get(lists::archive::period))
        .route("/archive/{year}/{month}", get(lists::archive::period))
        .route("/archive/{year}/{month}/page/{number}", get(lists::archive::period))
        .route("/series/{name}", get(lists::series::series))
        .route("/posts", get(lists::posts))
        .route("/search", get(search::search))
        .merge(entries::routes())
        .merge(post::routes())
        .merge(feeds::routes())
        .merge(corner::routes())
        .merge(mail::routes())
        .merge(if app.config.site.has_desk { desk::routes(&app).merge(micropub::routes()) } else { Router::new() })
        .route("/media/{name}", get(files::media))
        .route("/static/{name}", get(files::asset))
        .route("/manifest.webmanifest", get(manifest::show))
        .route("/favicon.ico", get(files::favicon))
        .route("/apple-touch-icon.png", get(files::favicon))
        .route("/apple-touch-icon-precomposed.png", get(files::favicon))
        .route("/healthz", get(health::process))
        .route("/readyz", get(health::ready))
        .fallback(get(entries::show))
        .layer(layers)
        .with_state(app)
}
