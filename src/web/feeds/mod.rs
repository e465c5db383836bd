//! Content for programs: feeds of posts and of comments, the sitemap, robots.txt.
//!
//! A feed of posts is collected once and written in one of three formats with the same content.

mod comments;
mod posts;
mod sitemap;

use axum::{Router, routing::get};

use super::{prelude::*, view::feed_format::Format};

pub use sitemap::part as sitemap_part;

/// Routes of feeds, sitemap and robots.txt.
pub fn routes() -> Router<App> {
    let mut routes = Router::new()
        .route("/comments/feed.xml", get(comments::site))
        .route("/posts/{slug}/comments/feed.xml", get(comments::post))
        .route("/sitemap.xml", get(sitemap::whole))
        .route("/robots.txt", get(sitemap::robots));
    for format in Format::ALL {
        let name = format.name();
        routes = routes.route(&format!("/{name}"), get(move |State(app): State<App>| posts::site(app, format))).route(
            &format!("/tags/{{tag}}/{name}"),
            get(move |State(app): State<App>, Path(tag): Path<String>| posts::tag(app, tag, format)),
        );
    }
    routes
}

/// Date of change of a feed without entries.
const NEVER: &str = "1970-01-01T00:00:00+00:00";
