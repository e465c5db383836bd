//! A page of a thread without the article.

use super::{
    Conversation, PostContext,
    conversation::{PostRequest, conversation},
    thread::{self, ThreadPages},
};
use crate::{
    domain::thread::pages::Pages,
    web::{
        prelude::*,
        view::tongue::{self, Tongue},
    },
};

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

/// # Errors
/// There is no such page, the database does not answer, or a template failed.
pub async fn thread_page(
    context: PostContext<'_>,
    request: PostRequest,
    pages: Pages,
    number: usize,
) -> Result<Page, WebError> {
    let PostContext { app, snapshot, post } = context;
    let entry = &post.entry;
    if number == 0 || number > pages.last() {
        return Err(WebError::not_found());
    }
    let (path, links) = (thread::path(post, &pages, number), ThreadPages::new(post, &pages, number));
    let thread = thread::page_of(app, pages, number).await.ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    let layout = Layout::new(app, snapshot, &app.texts().comments.page.with_both(number, &entry.title))
        .at(app, &path)
        .with_comment_feed(entry);
    let layout = request.framed(layout, post);
    let (policy, status) = (request.policy(post), request.status);
    let page = ThreadPage {
        title: entry.title.clone(),
        tongue: tongue::of(entry),
        href: address::encode(&entry.address),
        conversation: conversation(context, Some(&thread), request.form, request.own).on_page(&path, links),
        layout,
    };
    Ok(Page::html(&page, policy)?.with_status(status))
}
