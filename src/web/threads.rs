//! The thread of a post in pages. The page that is read first is below the article; each other page has its own path
//! below `/posts`, like the comment form's, whatever the permalink pattern is.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;

use super::{
    entries::{self, Asked, Conversation, PostRequest},
    errors::{self, WebError},
    feeds, lists,
    page::{Page, redirect},
    view::{
        cards::thread_keys,
        layout::Layout,
        thread_pages::ThreadPages,
        tongue::{self, Tongue},
    },
};
use crate::{
    app::App,
    content::Snapshot,
    domain::{
        address,
        comment::CommentId,
        entry::Post,
        thread::{
            Thread,
            pages::{PAGE, Pages},
        },
    },
};

/// Thread of a post, with a comment that its writer may see; only the outline of a long thread. `None` after a database
/// error, which is logged.
pub async fn read(app: &App, post: &Post, waiting: Option<CommentId>) -> Option<Pages> {
    let keys = thread_keys([post]);
    // One query for most threads. For a long one, only the texts of the shown page are read in addition.
    let comments = match app.store.first_of_thread(&keys, waiting, PAGE + 1).await {
        Ok(comments) if comments.len() > PAGE => app.store.thread_outline(&keys, waiting).await,
        comments => comments,
    };
    let comments = comments.inspect_err(errors::log).ok()?;
    Some(Thread::build(comments, waiting).pages(app.config.site.comments.order))
}

/// A page of a thread with its texts. `None` if there is no such page, or after a database error.
pub async fn page_of(app: &App, pages: Pages, number: usize) -> Option<Thread> {
    let mut thread = pages.take(number)?;
    let outlined = thread.outlined();
    if !outlined.is_empty() {
        thread.fill(app.store.comments(&outlined).await.inspect_err(errors::log).ok()?);
    }
    Some(thread)
}

/// Path of a page of a post's thread.
pub fn path(post: &Post, pages: &Pages, number: usize) -> String {
    if number == pages.first_read() {
        post.entry.address.clone()
    } else {
        format!("/posts/{}/comments/page/{number}", post.entry.slug)
    }
}

/// Path of the page with this comment. A thread of a single page, as most are, is only counted, not read.
pub async fn path_to(app: &App, post: &Post, id: CommentId, waiting: Option<CommentId>) -> String {
    let most = PAGE - usize::from(waiting.is_some());
    let pages = if is_longer(app, post, most).await { read(app, post, waiting).await } else { None };
    let found = pages.and_then(|pages| Some(path(post, &pages, pages.holding(id)?)));
    found.unwrap_or_else(|| post.entry.address.clone())
}

/// True if a post's thread has more than this number of comments.
pub async fn is_longer(app: &App, post: &Post, than: usize) -> bool {
    app.store.is_thread_longer(&thread_keys([post]), than).await.unwrap_or(false)
}

/// Handler of `/posts/SLUG/comments/page/2`.
pub async fn page(
    State(app): State<App>,
    Path((slug, number)): Path<(String, String)>,
    asked: Asked,
) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let number = lists::page_number(&number)?;
    let post = snapshot.post(&slug).ok_or_else(WebError::not_found)?;
    if post.entry.slug.as_str() != slug {
        let path = format!("/posts/{}/comments/page/{number}", post.entry.slug);
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&path)));
    }
    entries::show_post(&app, &snapshot, post, &asked, Some(number)).await
}

#[derive(Template)]
#[template(path = "comments/page.html")]
struct ThreadPage {
    layout: Layout,
    /// Title of the article; `href` is its path.
    title: String,
    tongue: Tongue,
    href: String,
    conversation: Conversation,
}

/// Renders a page of the thread without the article.
///
/// # Errors
/// There is no such page, or a template failed.
pub async fn draw(
    app: &App,
    snapshot: &Snapshot,
    post: &Post,
    request: PostRequest,
    pages: Pages,
    number: usize,
) -> Result<Page, WebError> {
    let (entry, texts) = (&post.entry, app.texts());
    let (path, ways) = (path(post, &pages, number), ThreadPages::new(post, &pages, number));
    if number == 0 || number > pages.last() {
        return Err(WebError::not_found());
    }
    let away = || WebError::status(StatusCode::SERVICE_UNAVAILABLE);
    let thread = page_of(app, pages, number).await.ok_or_else(away)?;
    let layout = Layout::new(app, snapshot, &texts.comments.page.with_both(number, &entry.title))
        .at(app, &path)
        .with_comment_feed(&entry.title, &feeds::comments_path(post));
    let layout = request.framed(layout, post);
    let (policy, status) = (request.policy(post), request.status);
    let conversation = entries::conversation(app, snapshot, post, Some(&thread), request.form, request.own);
    let page = ThreadPage {
        title: entry.title.clone(),
        tongue: tongue::of(entry),
        href: address::encode(&entry.address),
        conversation: conversation.on_page(&path, ways),
        layout,
    };
    Ok(Page::html(&page, policy)?.with_status(status))
}
