//! The thread of a post: reads it in pages, and knows the paths of its pages and comments. The page that is read first is
//! below the article; each other page has its own path below `/posts`, whatever the permalink pattern is.

use crate::{
    domain::{
        signer::Purpose,
        thread::{
            Thread,
            pages::{COMMENTS_PER_PAGE, Pages},
        },
    },
    web::{prelude::*, view::cards::thread_keys},
};

/// Number of comments above which the page of a comment is looked up only when its link is opened.
const FAR: usize = 1000;

/// Thread of a post, with a comment that its writer may see; only the outline of a long thread. `None` after a database
/// error, which is logged.
pub async fn read(app: &App, post: &Post, waiting: Option<CommentId>) -> Option<Pages> {
    let keys = thread_keys([post]);
    // One query for most threads. For a long one, only the texts of the shown page are read in addition.
    let comments = match app.store.thread(&keys, waiting, COMMENTS_PER_PAGE + 1).await {
        Ok(comments) if comments.len() > COMMENTS_PER_PAGE => app.store.thread_outline(&keys, waiting).await,
        comments => comments,
    };
    let comments = comments.inspect_err(error::log).ok()?;
    Some(Thread::build(comments, waiting).pages(app.config.site.comments.order))
}

/// A page of a thread with its texts. `None` if there is no such page, or after a database error.
pub async fn page_of(app: &App, pages: Pages, number: usize) -> Option<Thread> {
    let mut thread = pages.take(number)?;
    let outlined = thread.outlined();
    if !outlined.is_empty() {
        thread.fill(app.store.comments(&outlined).await.inspect_err(error::log).ok()?);
    }
    Some(thread)
}

/// The comment that a reply answers: approved, and under this post. `None` too if the database does not answer.
pub async fn replying_to(app: &App, post: &Post, id: &str) -> Option<Comment> {
    let comment = app.store.comment(id.trim().parse().ok()?).await.ok()?;
    let is_here = post.threads.iter().any(|slug| slug.as_str() == comment.thread_slug);
    (is_here && comment.status == Status::Approved).then_some(comment)
}

/// True if the writer of a comment asked for mails and has not confirmed. Always false without a mail server.
pub async fn is_asked_by_mail(app: &App, id: CommentId) -> bool {
    app.config.mail.is_some() && app.store.is_unconfirmed(id).await.inspect_err(error::log).unwrap_or_default()
}

/// Path of a page of a post's thread.
pub fn path(post: &Post, pages: &Pages, number: usize) -> String {
    if number == pages.first_read() {
        post.entry.address.clone()
    } else {
        routes::thread_page(&post.entry.slug, number)
    }
}

/// Path of the page with this comment. A thread of a single page, as most are, is only counted, not read.
pub async fn path_to(app: &App, post: &Post, id: CommentId, waiting: Option<CommentId>) -> String {
    let most = COMMENTS_PER_PAGE - usize::from(waiting.is_some());
    let pages = if is_longer(app, post, most).await { read(app, post, waiting).await } else { None };
    let found = pages.and_then(|pages| Some(path(post, &pages, pages.holding(id)?)));
    found.unwrap_or_else(|| post.entry.address.clone())
}

/// True if a post's thread has more than this number of comments.
async fn is_longer(app: &App, post: &Post, than: usize) -> bool {
    app.store.is_thread_longer(&thread_keys([post]), than).await.unwrap_or(false)
}

/// URL where its writer sees a comment: its place in the thread, or a page for the writer only if it is held or
/// `is_asked`.
pub async fn place(app: &App, post: &Post, id: CommentId, status: Status, is_asked: bool) -> String {
    let held = (status != Status::Approved).then_some(id);
    let is_personal = held.is_some() || is_asked;
    let path = if !is_longer(app, post, FAR).await {
        path_to(app, post, id, held).await
    } else if is_personal {
        // The post redirects to the right page.
        post.entry.address.clone()
    } else {
        routes::comment(id)
    };
    let path = address::encode(&path);
    if is_personal { format!("{path}{}", waiting(app, id)) } else { format!("{path}#comment-{id}") }
}

/// Query and fragment that lead a writer to their comment, after the post's path; the page shows its status.
pub fn waiting(app: &App, id: CommentId) -> String {
    format!("?waiting={}#comment-{id}", app.signer.sign(Purpose::Waiting, &id.to_string()))
}

/// Position of a page in its thread. Pages are numbered from the oldest.
#[derive(Clone, Debug)]
pub struct ThreadPages {
    pub number: usize,
    pub last: usize,
    /// Links to the pages before and after it, in reading order.
    pub before: Option<PageLink>,
    pub after: Option<PageLink>,
    /// Path of the page with the newest comments, unless this is it.
    pub newest: Option<String>,
}

#[derive(Clone, Debug)]
pub struct PageLink {
    pub href: String,
    /// True if its comments are newer than those here.
    pub is_newer: bool,
}

impl ThreadPages {
    /// Returns `None` if there is only one page.
    pub fn new(post: &Post, pages: &Pages, number: usize) -> Option<Self> {
        let (last, is_oldest_first) = (pages.last(), pages.first_read() == 1);
        if last == 1 {
            return None;
        }
        let href = |to: usize| {
            // On the article's page the comments are far down.
            let place = if to == pages.first_read() { "#-comments" } else { "" };
            format!("{}{place}", address::encode(&path(post, pages, to)))
        };
        let older = (number > 1).then(|| PageLink { href: href(number - 1), is_newer: false });
        let newer = (number < last).then(|| PageLink { href: href(number + 1), is_newer: true });
        let (before, after) = if is_oldest_first { (older, newer) } else { (newer, older) };
        Some(Self { number, last, before, after, newest: (number < last).then(|| href(last)) })
    }
}
