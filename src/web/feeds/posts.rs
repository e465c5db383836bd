//! Feeds of posts, for the site and for each tag: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1.

use std::sync::Arc;

use jiff::Zoned;

use super::{NEVER, json, xml_text};
use crate::{
    assets::FEED_STYLE,
    domain::{entry::Post, slug::Slug},
    web::{
        prelude::*,
        view::{body, dates, feed_format::Format, tongue},
    },
};

/// Number of posts in a feed: feed readers request it often, and each entry is a whole article.
const ENTRIES: usize = 20;

/// Content of a feed: absolute URLs only, and no character that XML does not allow.
pub struct Feed {
    pub language: String,
    pub title: String,
    pub description: String,
    /// URL of the feed.
    pub address: String,
    /// URL of the page with the same posts.
    pub page: String,
    /// URL of the Atom feed of the same posts: id in all formats.
    pub id: String,
    pub updated: Option<Zoned>,
    pub author: String,
    pub author_page: Option<String>,
    pub icon: Option<String>,
    /// Icon for programs that cannot show SVG.
    pub large_icon: Option<String>,
    pub style: String,
    /// Texts in the site's language.
    pub texts: &'static Texts,
    pub entries: Vec<FeedItem>,
}

pub struct FeedItem {
    pub id: String,
    pub href: String,
    pub title: String,
    pub published: Option<Zoned>,
    pub updated: Option<Zoned>,
    /// Authors; empty for the feed's.
    pub authors: Vec<String>,
    pub tags: Vec<String>,
    pub summary: String,
    pub content: String,
    pub picture: Option<String>,
    /// Language, if it differs from the feed's.
    pub language: Option<String>,
    pub comments: String,
}

#[derive(Template)]
#[template(path = "feeds/atom.xml")]
struct Atom<'a> {
    feed: &'a Feed,
}

/// Date of the last change. It is required (RFC 4287, 4.1.2), so an unknown date has a fixed value.
fn updated(date: &Option<Zoned>) -> String {
    date.as_ref().map_or_else(|| NEVER.to_owned(), dates::machine)
}

#[derive(Template)]
#[template(path = "feeds/rss.xml")]
struct Rss<'a> {
    feed: &'a Feed,
}

pub(super) async fn site(app: App, format: Format) -> Result<Page, WebError> {
    let snapshot = app.snapshot();
    let feed = gather(&app, &snapshot, &app.config.site.title, "/", &snapshot.posts, format)?;
    written(&feed, format)
}

pub(super) async fn tag(app: App, asked: String, format: Format) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let tag = Slug::from_text(&asked).and_then(|slug| snapshot.tags.get(&slug)).ok_or_else(WebError::not_found)?;
    let page = routes::tag(&tag.tag.slug);
    if tag.tag.slug.as_str() != asked {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&format!("{page}/{}", format.name()))));
    }
    let title = format!("{}: {}", app.config.site.title, tag.tag.name);
    Ok(written(&gather(&app, &snapshot, &title, &page, &tag.posts, format)?, format)?.into_response())
}

fn written(feed: &Feed, format: Format) -> Result<Page, WebError> {
    let policy = Policy::site();
    let kind = format.content_type();
    match format {
        Format::Atom => Page::rendered(&Atom { feed }, policy, kind),
        Format::Rss => Page::rendered(&Rss { feed }, policy, kind),
        Format::Json => Ok(Page::text(json::feed(feed).to_string(), policy).of_type(kind)),
    }
}

fn gather(
    app: &App,
    snapshot: &Snapshot,
    title: &str,
    page: &str,
    posts: &[Arc<Post>],
    format: Format,
) -> Result<Feed, WebError> {
    let (site, assets) = (&app.config.site, app.assets());
    let own = |format: Format| site.absolute(&format!("{}/{}", page.trim_end_matches('/'), format.name()));
    let posts = posts.iter().take(ENTRIES);
    let entries = posts.map(|post| item(app, snapshot, post)).collect::<Result<Vec<FeedItem>, WebError>>()?;
    Ok(Feed {
        language: site.language.clone(),
        title: xml_text(title),
        description: xml_text(&site.description),
        address: own(format),
        page: site.absolute(page),
        id: own(Format::Atom),
        updated: entries.iter().filter_map(|entry| entry.updated.as_ref()).max_by_key(|date| date.timestamp()).cloned(),
        author: xml_text(&site.author.name),
        author_page: site.author.url.clone(),
        icon: assets.icons().favicon().map(|icon| site.absolute(&icon.address)),
        large_icon: assets.icons().raster().map(|icon| site.absolute(&icon.address)),
        style: assets.address(FEED_STYLE),
        texts: app.texts(),
        entries,
    })
}

fn item(app: &App, snapshot: &Snapshot, post: &Post) -> Result<FeedItem, WebError> {
    let (site, entry) = (&app.config.site, &post.entry);
    let href = site.absolute(&entry.address);
    let content = body::in_feed(entry, snapshot, site, &href).map_err(WebError::internal)?;
    // Feed readers take the text direction only from the content.
    let content = match &entry.language {
        Some(_) => format!("<div{}>{content}</div>", tongue::of(entry)),
        None => content,
    };
    Ok(FeedItem {
        id: id(app, post),
        title: xml_text(&entry.title),
        published: post.date.clone(),
        updated: post.changed().cloned(),
        authors: post.authors.iter().map(|name| xml_text(name)).collect(),
        tags: post.tags.iter().map(|tag| xml_text(&tag.name)).collect(),
        summary: xml_text(entry.description()),
        content: xml_text(&content),
        picture: entry.image.as_ref().map(|picture| site.absolute(&picture.shared())),
        language: entry.language.clone().filter(|language| *language != site.language),
        comments: site.absolute(&routes::comment_feed(&entry.slug)),
        href,
    })
}

/// Id of a post in every feed: stable as long as the slug, even if the permalink pattern changes.
pub(super) fn id(app: &App, post: &Post) -> String {
    app.config.site.absolute(&format!("/posts/{}", post.entry.slug))
}
