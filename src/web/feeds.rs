//! For machines: the Atom feed (RFC 4287), the sitemap, robots.txt.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::{
    cache::SITE_TAG,
    errors::WebError,
    page::{Page, Policy, redirect},
    view::{body, dates},
};
use crate::{
    app::App,
    content::Snapshot,
    domain::{address, entry::Post, slug::Slug},
};

/// Posts in a feed: readers ask often, and each entry is a whole article.
const ENTRIES: usize = 20;

#[derive(Template)]
#[template(path = "feeds/atom.xml")]
struct Atom {
    language: String,
    title: String,
    subtitle: String,
    /// The feed's own address, which is also its id.
    feed: String,
    page: String,
    updated: String,
    author: String,
    icon: String,
    entries: Vec<Entry>,
}

struct Entry {
    id: String,
    href: String,
    title: String,
    published: String,
    updated: String,
    authors: Vec<String>,
    tags: Vec<String>,
    summary: String,
    content: String,
}

pub async fn site(State(app): State<App>) -> Result<Page, WebError> {
    let snapshot = app.snapshot();
    atom(&app, &snapshot, &app.config.site.title, "/feed.xml", "/", &snapshot.posts)
}

pub async fn tag(State(app): State<App>, Path(written): Path<String>) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let tag = Slug::from_text(&written).and_then(|slug| snapshot.tags.get(&slug)).ok_or_else(WebError::not_found)?;
    if tag.tag.slug.as_str() != written {
        let path = address::encode(&format!("/tags/{}/feed.xml", tag.tag.slug));
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &path));
    }
    let page = format!("/tags/{}", tag.tag.slug);
    let title = format!("{}: {}", app.config.site.title, tag.tag.name);
    Ok(atom(&app, &snapshot, &title, &format!("{page}/feed.xml"), &page, &tag.posts)?.into_response())
}

fn atom(
    app: &App,
    snapshot: &Snapshot,
    title: &str,
    feed: &str,
    page: &str,
    posts: &[Arc<Post>],
) -> Result<Page, WebError> {
    let site = &app.config.site;
    let posts = &posts[..posts.len().min(ENTRIES)];
    let changed = |post: &Post| post.updated.clone().unwrap_or_else(|| post.date.clone());
    let newest = posts.iter().map(|post| changed(post)).max_by_key(jiff::Zoned::timestamp);
    let mut entries = Vec::with_capacity(posts.len());
    for post in posts {
        let href = site.absolute(&post.entry.address);
        entries.push(Entry {
            // Stable for as long as the slug is, whatever the permalink pattern becomes.
            id: site.absolute(&format!("/posts/{}", post.entry.slug)),
            href,
            title: xml_text(&post.entry.title),
            published: dates::machine(&post.date),
            updated: dates::machine(&changed(post)),
            authors: post.authors.iter().map(|name| xml_text(name)).collect(),
            tags: post.tags.iter().map(|tag| xml_text(&tag.name)).collect(),
            summary: xml_text(&post.entry.description),
            content: xml_text(&body::in_feed(&post.entry.body, snapshot, &site.base_url).map_err(WebError::internal)?),
        });
    }
    let template = Atom {
        language: site.language.clone(),
        title: xml_text(title),
        subtitle: xml_text(&site.description),
        feed: site.absolute(feed),
        page: site.absolute(page),
        // An empty feed has never changed.
        updated: newest.map_or_else(|| "1970-01-01T00:00:00+00:00".to_owned(), |date| dates::machine(&date)),
        author: xml_text(&site.author.name),
        icon: site.absolute(&app.assets().address("icons/favicon.svg")),
        entries,
    };
    Page::rendered(&template, Policy::Public(vec![SITE_TAG.to_owned()]), "application/atom+xml; charset=utf-8")
}

#[derive(Template)]
#[template(path = "feeds/sitemap.xml")]
struct Sitemap {
    addresses: Vec<Listed>,
}

struct Listed {
    address: String,
    changed: Option<String>,
}

pub async fn sitemap(State(app): State<App>) -> Result<Page, WebError> {
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

pub async fn robots(State(app): State<App>) -> Page {
    // Pages that differ by who asks carry `noindex`; these would only waste a robot's time.
    let text = format!(
        "User-agent: *\nDisallow: /admin\nDisallow: /me\nDisallow: /search?\nDisallow: /*?reply_to=\n\nSitemap: {}\n",
        app.config.site.absolute("/sitemap.xml")
    );
    Page::text(text, Policy::Public(vec![SITE_TAG.to_owned()]))
}

/// Without the characters that no XML document may hold (XML 1.0, 2.2); escaping is the template's.
fn xml_text(text: &str) -> String {
    let is_allowed = |c: &char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..) && !matches!(c, '\u{7f}'..='\u{84}')
    };
    text.chars().filter(is_allowed).collect()
}
