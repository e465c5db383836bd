//! Feeds of posts, for the site and for each tag: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1. All URLs are absolute.

use std::sync::Arc;

use jiff::Zoned;
use serde_json::{Value, json};

use super::NEVER;
use crate::{
    assets::Assets,
    domain::limits::FEED_POSTS,
    web::{
        prelude::*,
        view::{body, feed_format::Format, json_ld::without_nulls},
    },
};

/// Content of a feed.
struct Feed<'a> {
    site: &'a Site,
    assets: Arc<Assets>,
    title: String,
    /// Path of the page with the same posts.
    page: &'a str,
    items: Vec<Item<'a>>,
}

struct Item<'a> {
    post: &'a Post,
    /// URL of the post's page.
    href: String,
    /// HTML of the text.
    content: String,
}

#[derive(Template)]
#[template(path = "feeds/atom.xml")]
struct Atom<'a> {
    feed: Feed<'a>,
}

#[derive(Template)]
#[template(path = "feeds/rss.xml")]
struct Rss<'a> {
    feed: Feed<'a>,
}

impl Feed<'_> {
    /// URL of the feed in a format; that of the Atom feed is the id in all formats.
    fn url(&self, format: Format) -> String {
        self.site.absolute(&format!("{}/{}", self.page.trim_end_matches('/'), format.name()))
    }

    fn updated(&self) -> Option<&Zoned> {
        self.items.iter().filter_map(|item| item.post.changed()).max_by_key(|date| date.timestamp())
    }
}

/// Date of the last change. It is required (RFC 4287, 4.1.2), so an unknown date has a fixed value.
fn updated(date: Option<&Zoned>) -> String {
    date.map_or_else(|| NEVER.to_owned(), dates::machine)
}

pub(super) async fn site(app: App, format: Format) -> Result<Page, WebError> {
    let snapshot = app.snapshot();
    feed(&app, &snapshot, app.config.site.title.clone(), "/", &snapshot.posts, format)
}

pub(super) async fn tag(app: App, asked: String, format: Format) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let tag = Slug::from_text(&asked).and_then(|slug| snapshot.tags.get(&slug)).ok_or_else(WebError::not_found)?;
    let page = routes::tag(&tag.tag.slug);
    if tag.tag.slug.as_str() != asked {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&format!("{page}/{}", format.name()))));
    }
    let title = format!("{}: {}", app.config.site.title, tag.tag.name);
    Ok(feed(&app, &snapshot, title, &page, &tag.posts, format)?.into_response())
}

fn feed(
    app: &App,
    snapshot: &Snapshot,
    title: String,
    page: &str,
    posts: &[Arc<Post>],
    format: Format,
) -> Result<Page, WebError> {
    let (site, assets) = (&app.config.site, app.assets());
    let items = posts.iter().take(FEED_POSTS).map(|post| Item::new(site, snapshot, post));
    let items = items.collect::<Result<_, askama::Error>>()?;
    let feed = Feed { site, assets, title, page, items };
    let (policy, kind) = (Policy::site(), format.content_type());
    match format {
        Format::Atom => Page::rendered(&Atom { feed }, policy, kind),
        Format::Rss => Page::rendered(&Rss { feed }, policy, kind),
        Format::Json => Ok(Page::text(json(&feed).to_string(), policy).of_type(kind)),
    }
}

impl<'a> Item<'a> {
    fn new(site: &Site, snapshot: &Snapshot, post: &'a Post) -> Result<Self, askama::Error> {
        let href = site.absolute(&post.entry.address);
        let content = body::in_feed(&post.entry, snapshot, site, &href)?;
        // Feed readers take the text direction only from the content.
        let content = match &post.entry.language {
            Some(_) => format!("<div{}>{content}</div>", lang::of(&post.entry)),
            None => content,
        };
        Ok(Self { post, href, content })
    }

    /// Language, if it differs from the feed's.
    fn language(&self, site: &Site) -> Option<&str> {
        self.post.entry.language.as_deref().filter(|language| *language != site.language)
    }
}

/// Id of a post in every feed: stable as long as the slug, even if the permalink pattern changes.
pub(super) fn id(site: &Site, post: &Post) -> String {
    site.absolute(&format!("/posts/{}", post.entry.slug))
}

/// JSON Feed (jsonfeed.org/version/1.1). Members without a value are omitted, as the specification asks.
fn json(feed: &Feed) -> Value {
    let (site, assets) = (feed.site, &feed.assets);
    without_nulls(json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": text(&site.description),
        "home_page_url": site.absolute(feed.page),
        "feed_url": feed.url(Format::Json),
        "icon": assets.raster_icon().map(|icon| site.absolute(&icon.address)),
        "favicon": assets.icons.first().map(|icon| site.absolute(&icon.address)),
        "authors": [{ "name": site.author.name, "url": site.author.url }],
        "language": site.language,
        "items": feed.items.iter().map(|item| json_item(site, item)).collect::<Vec<_>>(),
    }))
}

fn json_item(site: &Site, item: &Item) -> Value {
    let Item { post, href, content } = item;
    let authors: Vec<Value> = post.authors.iter().map(|name| json!({ "name": name })).collect();
    let tags: Vec<&str> = post.tags.iter().map(|tag| tag.name.as_str()).collect();
    json!({
        "id": id(site, post),
        "url": href,
        "title": post.entry.title,
        "content_html": content,
        "date_published": post.date.as_ref().map(dates::machine),
        "date_modified": post.changed().map(dates::machine),
        "summary": text(post.entry.description()),
        "image": post.entry.image.as_ref().map(|picture| site.absolute(&picture.shared())),
        "authors": Some(authors).filter(|authors| !authors.is_empty()),
        "tags": Some(tags).filter(|tags| !tags.is_empty()),
        "language": item.language(site),
    })
}

fn text(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
