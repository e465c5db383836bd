//! JSON Feed 1.1 (jsonfeed.org/version/1.1).

use serde_json::{Value, json};

use super::posts::{Feed, FeedItem};
use crate::web::view::{dates, json_ld::without_nulls};

/// The whole document. Members without a value are omitted, as the specification asks.
pub(super) fn feed(feed: &Feed) -> Value {
    without_nulls(json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": text(&feed.description),
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "icon": feed.large_icon,
        "favicon": feed.icon,
        "authors": [{ "name": feed.author, "url": feed.author_page }],
        "language": feed.language,
        "items": feed.entries.iter().map(item).collect::<Vec<_>>(),
    }))
}

fn item(entry: &FeedItem) -> Value {
    let authors: Vec<Value> = entry.authors.iter().map(|name| json!({ "name": name })).collect();
    json!({
        "id": entry.id,
        "url": entry.href,
        "title": entry.title,
        "content_html": entry.content,
        "date_published": entry.published.as_ref().map(dates::machine),
        "date_modified": entry.updated.as_ref().map(dates::machine),
        "summary": text(&entry.summary),
        "image": entry.picture,
        "authors": Some(authors).filter(|authors| !authors.is_empty()),
        "tags": Some(&entry.tags).filter(|tags| !tags.is_empty()),
        "language": entry.language,
    })
}

fn text(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
