//! Feeds of comments, for the site and for each post: Atom, and who answers whom as RFC 4685 says it.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use jiff::tz::TimeZone;

use super::{FEED_XML, NEVER, posts, xml_text};
use crate::{
    app::App,
    content::{Snapshot, comment_markdown},
    domain::{
        address,
        comment::{COMMENTS_TAG, Comment, CommentId},
        entry::Post,
    },
    web::{
        assets::FEED_STYLE,
        cache::SITE_TAG,
        errors::WebError,
        page::{Page, Policy, redirect},
        view::{cards, dates},
    },
};

/// Comments in a feed.
const ENTRIES: usize = 30;
/// Comments asked for: those under posts that are gone are not shown, and should not leave the feed empty.
const ASKED: usize = 4 * ENTRIES;
/// Longest summary, in characters.
const SUMMARY: usize = 200;

#[derive(Template)]
#[template(path = "feeds/comments.xml")]
struct CommentFeed {
    language: String,
    title: String,
    /// The feed's own address, which is also its id.
    address: String,
    page: String,
    updated: String,
    author: String,
    icon: Option<String>,
    style: String,
    entries: Vec<Entry>,
}

struct Entry {
    /// Its permalink.
    id: String,
    title: String,
    at: String,
    /// The same for people.
    human: String,
    updated: String,
    name: String,
    site: Option<String>,
    /// Id and address of what it answers: a comment or the post.
    answers: (String, String),
    summary: String,
    content: String,
}

/// The path of a post's comment feed; it stays below `/posts`, where comments are sent, whatever the permalinks are.
pub fn path(post: &Post) -> String {
    format!("/posts/{}/comments/feed.xml", post.entry.slug)
}

/// The newest comments of the whole site.
pub(super) async fn site(State(app): State<App>) -> Result<Page, WebError> {
    let (snapshot, site) = (app.snapshot(), &app.config.site);
    let comments = app.store.newest_comments(ASKED).await?;
    let title = app.texts().frame.comments_of.with(&site.title);
    let tags = vec![SITE_TAG.to_owned(), COMMENTS_TAG.to_owned()];
    feed(&app, &snapshot, &title, "/comments/feed.xml", "/", &comments, tags)
}

/// The newest comments under a post.
pub(super) async fn post(State(app): State<App>, Path(slug): Path<String>) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let post = snapshot.post(&slug).ok_or_else(WebError::not_found)?;
    if post.entry.slug.as_str() != slug {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&path(post))));
    }
    let comments = app.store.newest_of_thread(&cards::thread_keys([post.as_ref()]), ENTRIES).await?;
    let title = app.texts().feeds.comments_on.with(&post.entry.title);
    let tags = cards::tags_of([post.as_ref()]);
    Ok(feed(&app, &snapshot, &title, &path(post), &post.entry.address, &comments, tags)?.into_response())
}

fn feed(
    app: &App,
    snapshot: &Snapshot,
    title: &str,
    path: &str,
    page: &str,
    comments: &[Comment],
    tags: Vec<String>,
) -> Result<Page, WebError> {
    let (site, assets) = (&app.config.site, app.assets());
    // Under a post that readers do not see, nothing that was said is for them either.
    let shown = comments.iter().filter_map(|comment| Some((comment, snapshot.post(&comment.thread_slug)?)));
    let entries: Vec<Entry> = shown.take(ENTRIES).map(|(comment, post)| entry(app, comment, post)).collect();
    let template = CommentFeed {
        language: site.language.clone(),
        title: xml_text(title),
        address: site.absolute(path),
        page: site.absolute(page),
        updated: entries.iter().map(|entry| entry.updated.clone()).max().unwrap_or_else(|| NEVER.to_owned()),
        author: xml_text(&site.author.name),
        icon: assets.icons().favicon().map(|icon| site.absolute(&icon.address)),
        style: assets.address(FEED_STYLE),
        entries,
    };
    Page::rendered(&template, Policy::Public(tags), FEED_XML)
}

fn entry(app: &App, comment: &Comment, post: &Post) -> Entry {
    let site = &app.config.site;
    let article = site.absolute(&post.entry.address);
    // A number is never used twice, and its address knows on which page of the thread the comment stands.
    let permalink = |id: CommentId| site.absolute(&format!("/comments/{id}"));
    Entry {
        id: permalink(comment.id),
        title: xml_text(&app.texts().feeds.comment_title.with_both(&comment.name, &post.entry.title)),
        at: dates::machine(&comment.created_at.to_zoned(TimeZone::UTC)),
        human: dates::minute(comment.created_at, &site.time_zone, app.texts()).human,
        updated: dates::machine(&comment.edited_at.unwrap_or(comment.created_at).to_zoned(TimeZone::UTC)),
        name: xml_text(&comment.name),
        site: comment.site.as_deref().map(xml_text),
        answers: match comment.parent_id {
            Some(parent) => (permalink(parent), permalink(parent)),
            None => (posts::id(app, post), article.clone()),
        },
        summary: xml_text(&beginning(&comment.text)),
        content: xml_text(&comment_markdown::render_for_elsewhere(&comment.text, &article)),
    }
}

/// The start of what was typed, on one line: what a browser shows of it.
fn beginning(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SUMMARY) {
        Some((end, _)) => format!("{} …", line[..end].trim_end()),
        None => line,
    }
}
