//! Feeds of comments, for the site and for each post: Atom, with replies by RFC 4685.

use jiff::tz::TimeZone;

use super::{NEVER, posts, xml_text};
use crate::{
    assets::FEED_STYLE,
    cache::SITE_TAG,
    content::comment_markdown,
    domain::{
        comment::{COMMENTS_TAG, Comment, CommentId},
        entry::Post,
    },
    web::{
        prelude::*,
        view::{cards, dates, feed_format::FEED_XML},
    },
};

/// Number of comments in a feed.
const ENTRIES: usize = 30;
/// Number of comments read: those under deleted posts are not shown and should not leave the feed empty.
const ASKED: usize = 4 * ENTRIES;
/// Longest summary, in characters.
const SUMMARY: usize = 200;

#[derive(Template)]
#[template(path = "feeds/comments.xml")]
struct CommentFeed {
    language: String,
    title: String,
    /// URL of the feed, which is also its id.
    address: String,
    page: String,
    updated: String,
    author: String,
    icon: Option<String>,
    style: String,
    entries: Vec<CommentItem>,
}

struct CommentItem {
    /// Permalink of the comment.
    id: String,
    title: String,
    at: String,
    /// Date for readers.
    human: String,
    updated: String,
    name: String,
    site: Option<String>,
    /// Id and URL of the comment or post that it answers.
    answers: (String, String),
    summary: String,
    content: String,
}

/// Newest comments of the whole site.
pub(super) async fn site(State(app): State<App>) -> Result<Page, WebError> {
    let (snapshot, site) = (app.snapshot(), &app.config.site);
    let comments = app.store.newest_comments(ASKED).await?;
    let title = app.texts().frame.comments_of.with(&site.title);
    let tags = vec![SITE_TAG.to_owned(), COMMENTS_TAG.to_owned()];
    feed(&app, &snapshot, &title, "/comments/feed.xml", "/", &comments, tags)
}

/// Newest comments under a post.
pub(super) async fn post(State(app): State<App>, Path(slug): Path<String>) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let post = snapshot.post(&slug).ok_or_else(WebError::not_found)?;
    if post.entry.slug.as_str() != slug {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&routes::comment_feed(&post.entry.slug))));
    }
    let comments = app.store.newest_of_thread(&cards::thread_keys([post.as_ref()]), ENTRIES).await?;
    let title = app.texts().feeds.comments_on.with(&post.entry.title);
    let tags = cards::tags_of([post.as_ref()]);
    Ok(feed(&app, &snapshot, &title, &routes::comment_feed(&post.entry.slug), &post.entry.address, &comments, tags)?
        .into_response())
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
    // Comments under a post that readers cannot see are not shown either.
    let shown = comments.iter().filter_map(|comment| Some((comment, snapshot.post(&comment.thread_slug)?)));
    let entries: Vec<CommentItem> = shown.take(ENTRIES).map(|(comment, post)| item(app, comment, post)).collect();
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

fn item(app: &App, comment: &Comment, post: &Post) -> CommentItem {
    let site = &app.config.site;
    let article = site.absolute(&post.entry.address);
    // A comment id is never used twice, and this URL redirects to the comment's page of the thread.
    let permalink = |id: CommentId| site.absolute(&routes::comment(id));
    CommentItem {
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

/// Beginning of the text on one line, for browsers' view of the feed.
fn beginning(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SUMMARY) {
        Some((end, _)) => format!("{} …", line[..end].trim_end()),
        None => line,
    }
}
