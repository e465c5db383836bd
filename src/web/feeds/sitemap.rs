//! The sitemap (sitemaps.org), and robots.txt.

use askama::Template;
use axum::extract::State;

use crate::{
    app::App,
    web::{
        cache::SITE_TAG,
        errors::WebError,
        page::{Page, Policy},
        view::dates,
    },
};

#[derive(Template)]
#[template(path = "feeds/sitemap.xml")]
struct Sitemap {
    addresses: Vec<Listed>,
}

struct Listed {
    address: String,
    changed: Option<String>,
}

pub(super) async fn sitemap(State(app): State<App>) -> Result<Page, WebError> {
    let (site, snapshot) = (&app.config.site, app.snapshot());
    let listed = |path: &str, changed: Option<String>| Listed { address: site.absolute(path), changed };
    let mut addresses = vec![listed("/", snapshot.posts.first().map(|post| dates::machine(&post.date)))];
    for post in &snapshot.posts {
        addresses.push(listed(&post.entry.address, Some(dates::machine(post.updated.as_ref().unwrap_or(&post.date)))));
    }
    addresses.extend(
        snapshot.pages.iter().map(|page| listed(&page.entry.address, page.updated.as_ref().map(dates::machine))),
    );
    addresses.extend(snapshot.stretches.values().map(|stretch| listed(&stretch.entry.address, None)));
    addresses.extend(snapshot.tags.keys().map(|tag| listed(&format!("/tags/{tag}"), None)));
    Page::rendered(&Sitemap { addresses }, Policy::Public(vec![SITE_TAG.to_owned()]), "application/xml; charset=utf-8")
}

pub(super) async fn robots(State(app): State<App>) -> Page {
    // Pages that differ by who asks carry `noindex`; these would only waste a robot's time.
    let text = format!(
        "User-agent: *\nDisallow: /admin\nDisallow: /me\nDisallow: /search?\nDisallow: /*?reply_to=\n\nSitemap: {}\n",
        app.config.site.absolute("/sitemap.xml")
    );
    Page::text(text, Policy::Public(vec![SITE_TAG.to_owned()]))
}
