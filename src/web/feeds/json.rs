//! JSON Feed 1.1 (jsonfeed.org/version/1.1).

use serde_json::{Value, json};

use super::posts::{Entry, Feed};
use crate::web::view::dates;

/// The whole document. Members without a value are omitted, as the specification asks.
pub(super) fn feed(feed: &Feed) -> Value {
    let mut author = person(&feed.author);
    if let Some(page) = &feed.author_page {
        author["url"] = json!(page);
    }
    let mut document = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "authors": [author],
        "language": feed.language,
        "items": feed.entries.iter().map(item).collect::<Vec<_>>(),
    });
    for (member, icon) in [("icon", &feed.large_icon), ("favicon", &feed.icon)] {
        if let Some(icon) = icon {
            document[member] = json!(icon);
        }
    }
    if !feed.description.is_empty() {
        document["description"] = json!(feed.description);
    }
    document
}

fn item(entry: &Entry) -> Value {
    let mut item = json!({
        "id": entry.id,
        "url": entry.href,
        "title": entry.title,
        "content_html": entry.content,
    });
    for (member, date) in [("date_published", &entry.published), ("date_modified", &entry.updated)] {
        if let Some(date) = date {
            item[member] = json!(dates::machine(date));
        }
    }
    if !entry.summary.is_empty() {
        item["summary"] = json!(entry.summary);
    }
    if let Some(picture) = &entry.picture {
        item["image"] = json!(picture);
    }
    if !entry.authors.is_empty() {
        item["authors"] = entry.authors.iter().map(|name| person(name)).collect();
    }
    if !entry.tags.is_empty() {
        item["tags"] = json!(entry.tags);
    }
    if let Some(language) = &entry.language {
        item["language"] = json!(language);
    }
    item
}

fn person(name: &str) -> Value {
    json!({ "name": name })
}
