//! Feeds of comments, for the site and for each post: Atom, with replies by RFC 4685.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};

use super::{NEVER, posts};
use crate::{
    assets::Assets,
    cache::SITE_TAG,
    domain::{comment::COMMENTS_TAG, limits::FEED_COMMENTS, words::one_line},
    web::{prelude::*, view::feed_format::FEED_XML},
};

/// Number of comments read: those under deleted posts are not shown and should not leave the feed empty.
const ASKED: usize = 4 * FEED_COMMENTS;
/// Longest summary, in characters.
const SUMMARY: usize = 200;

#[derive(Template)]
#[template(path = "feeds/comments.xml")]
struct CommentFeed<'a> {
    site: &'a Site,
    assets: Arc<Assets>,
    title: String,
    /// URL of the feed, which is also its id.
    url: String,
    /// URL of the page with the same comments.
    page: String,
    /// Comments, each with its post.
    comments: Vec<(&'a Comment, &'a Post)>,
}

impl CommentFeed<'_> {
    fn updated(&self) -> String {
        self.comments.iter().map(|(comment, _)| updated(comment)).max().map_or_else(|| NEVER.to_owned(), utc)
    }

    /// A comment id is never used twice, and this URL redirects to the comment's page of the thread.
    fn permalink(&self, id: CommentId) -> String {
        self.site.absolute(&routes::comment(id))
    }

    /// Id and URL of the comment or post that a comment answers.
    fn answered(&self, comment: &Comment, post: &Post) -> (String, String) {
        match comment.parent_id {
            Some(parent) => (self.permalink(parent), self.permalink(parent)),
            None => (posts::id(self.site, post), self.site.absolute(&post.entry.address)),
        }
    }

    fn html(&self, comment: &Comment, post: &Post) -> String {
        comment_markdown::render_for_elsewhere(&comment.text, &self.site.absolute(&post.entry.address))
    }
}

fn updated(comment: &Comment) -> Timestamp {
    comment.edited_at.unwrap_or(comment.created_at)
}

fn utc(at: Timestamp) -> String {
    dates::machine(&at.to_zoned(TimeZone::UTC))
}

/// Newest comments of the whole site.
pub(super) async fn site(State(app): State<App>) -> Result<Page, WebError> {
    let (snapshot, site) = (app.snapshot(), &app.config.site);
    let comments = app.store.newest_comments(ASKED).await?;
    let title = app.texts().frame.comments_of.with(&site.title);
    let tags = vec![SITE_TAG.to_owned(), COMMENTS_TAG.to_owned()];
    feed(&app, &snapshot, title, "/comments/feed.xml", "/", &comments, tags)
}

/// Newest comments under a post.
pub(super) async fn post(State(app): State<App>, Path(slug): Path<String>) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let post = snapshot.post(&slug).ok_or_else(WebError::not_found)?;
    let path = routes::comment_feed(&post.entry.slug);
    if post.entry.slug.as_str() != slug {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&path)));
    }
    let comments = app.store.newest_of_thread(&cards::thread_keys([post.as_ref()]), FEED_COMMENTS).await?;
    let title = app.texts().feeds.comments_on.with(&post.entry.title);
    let tags = cards::tags_of([post.as_ref()]);
    Ok(feed(&app, &snapshot, title, &path, &post.entry.address, &comments, tags)?.into_response())
}

fn feed(
    app: &App,
    snapshot: &Snapshot,
    title: String,
    path: &str,
    page: &str,
    comments: &[Comment],
    tags: Vec<String>,
) -> Result<Page, WebError> {
    let site = &app.config.site;
    // Comments under a post that readers cannot see are not shown either.
    let shown = comments.iter().filter_map(|comment| Some((comment, snapshot.post(&comment.thread_slug)?.as_ref())));
    let feed = CommentFeed {
        site,
        assets: app.assets(),
        title,
        url: site.absolute(path),
        page: site.absolute(page),
        comments: shown.take(FEED_COMMENTS).collect(),
    };
    Page::rendered(&feed, Policy::Public(tags), FEED_XML)
}
