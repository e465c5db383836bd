//! For machines: feeds of posts and of comments, the sitemap, robots.txt.
//!
//! A feed of posts is gathered once and written in one of three formats; each says the same.

mod comments;
mod json;
mod posts;
mod sitemap;

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};

use crate::app::App;

pub use comments::path as comments_path;
pub use posts::Format;

/// What machines ask for.
pub fn routes() -> Router<App> {
    let mut routes = Router::new()
        .route("/comments/feed.xml", get(comments::site))
        .route("/posts/{slug}/comments/feed.xml", get(comments::post))
        .route("/sitemap.xml", get(sitemap::whole))
        .route("/sitemap-{part}", get(sitemap::part))
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

/// Feeds in XML are sent as what they are in general: Chromium shows `application/atom+xml` and `rss+xml` as plain text,
/// without their style sheet (tried with version 156), and programs that read feeds look inside.
const FEED_XML: &str = "application/xml; charset=utf-8";

/// When a feed without entries has changed: never.
const NEVER: &str = "1970-01-01T00:00:00+00:00";

/// Without the characters that no XML document may hold (XML 1.0, 2.2); escaping is the template's.
fn xml_text(text: &str) -> String {
    let is_allowed = |c: &char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..) && !matches!(c, '\u{7f}'..='\u{84}')
    };
    text.chars().filter(is_allowed).collect()
}
