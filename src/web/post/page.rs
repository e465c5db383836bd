//! The page of a post: the article with the first page of its thread; or another page of the thread, if the request is
//! about that.

use std::sync::Arc;

use super::{
    Conversation, PostContext,
    conversation::{PostRequest, conversation},
    thread::{self, ThreadPages},
    thread_page::thread_page,
};
use crate::{
    app::UNINDEXED_TAG,
    domain::{
        comment::RawComment,
        entry::{ContentsLine, Post},
        thread::pages::Pages,
    },
    web::{
        prelude::*,
        view::{
            body,
            cards::{self, PictureView, PostCard},
            dates,
            form::{FormState, Notice},
            json_ld,
            link::TextLink,
            onward::{self, SeriesBox},
            thread::PreviewView,
            tongue::{self, Tongue},
        },
    },
};

/// Renders a page. `number`: page of the thread; `None` for the one that is read first.
///
/// # Errors
/// There is no such page, or a template failed. A database that does not answer is no error: the article is shown, with
/// a message.
pub async fn draw(
    context: PostContext<'_>,
    request: PostRequest,
    pages: Option<Pages>,
    number: Option<usize>,
) -> Result<Page, WebError> {
    match (pages, number) {
        (Some(pages), Some(number)) if number != pages.first_read() => {
            thread_page(context, request, pages, number).await
        }
        (pages, _) => article(context, request, pages).await,
    }
}

/// Renders the page again with the form as it was sent, and an error or a preview.
///
/// # Errors
/// As for [`draw`].
pub async fn form_again(
    context: PostContext<'_>,
    values: RawComment,
    notice: Option<Notice>,
    preview: Option<PreviewView>,
    status: StatusCode,
) -> Result<Page, WebError> {
    let PostContext { app, post, .. } = context;
    let replying_to = thread::replying_to(app, post, &values.parent).await;
    let request = PostRequest { form: FormState { values, notice, replying_to, preview }, own: None, status };
    let pages = thread::read(app, post, None).await;
    let number = request.about().and_then(|id| pages.as_ref()?.holding(id));
    draw(context, request, pages, number).await
}

#[derive(Template)]
#[template(path = "posts/post.html")]
struct PostPage {
    layout: Layout,
    /// Link above the title: the series, and which part of it this is.
    series_label: Option<TextLink>,
    series: Option<SeriesBox>,
    title: String,
    /// Attributes `lang` and `dir` of the article, and of the site's texts in it.
    tongue: Tongue,
    words: Tongue,
    dek: Option<String>,
    date: Option<dates::Moment>,
    updated: Option<dates::Moment>,
    reading: String,
    comments: Option<String>,
    authors: String,
    is_draft: bool,
    cover: Option<PictureView>,
    contents: Vec<ContentsLine>,
    body: String,
    tags: Vec<TextLink>,
    older: Option<TextLink>,
    newer: Option<TextLink>,
    related: Vec<PostCard>,
    conversation: Conversation,
}

async fn article(context: PostContext<'_>, request: PostRequest, pages: Option<Pages>) -> Result<Page, WebError> {
    let PostContext { app, snapshot, post } = context;
    let (site, entry, texts) = (&app.config.site, &post.entry, app.texts());
    let links = pages.as_ref().and_then(|pages| ThreadPages::new(post, pages, pages.first_read()));
    let thread = match pages {
        Some(pages) => {
            let first = pages.first_read();
            thread::page_of(app, pages, first).await
        }
        None => None,
    };
    body::colour(&entry.body).await;
    let place = snapshot.series_of(post);
    let mut policy = if thread.is_some() { request.policy(post) } else { Policy::Private };
    let index = app.search();
    if let Policy::Public(tags) = &mut policy
        && index.as_ref().is_none_or(|index| !index.has(&entry.address))
    {
        tags.push(UNINDEXED_TAG.to_owned());
    }

    let json_ld = json_ld::post(site, post, place.map(|(series, _)| series), thread.as_ref());
    let mut layout = Layout::of_entry(app, snapshot, entry).with_comment_feed(entry).with_json_ld(&json_ld);
    layout.kind = "article";
    layout.published = post.date.as_ref().map(dates::machine);
    layout.modified = post.updated.as_ref().map(dates::machine);
    layout = request.framed(layout, post);

    let series = place.and_then(|(series, at)| SeriesBox::new(series, at, texts));
    // A series has its own links to the next and previous part; more would be too many.
    let (older, newer) = if series.is_some() { (None, None) } else { snapshot.neighbours(post) };
    let named = |post: Option<&Arc<Post>>| post.map(|post| TextLink::to_entry(&post.entry));
    let comments = thread.as_ref().map(|thread| thread.count).filter(|count| *count > 0);
    let conversation = conversation(context, thread.as_ref(), request.form, request.own);
    let page = PostPage {
        series_label: place.map(|(whole, _)| onward::series_label(whole, series.as_ref())),
        related: onward::related(snapshot, index.as_deref(), post, series.as_ref(), texts),
        series,
        title: entry.title.clone(),
        tongue: tongue::of(entry),
        words: tongue::of_words(entry.language.as_deref(), texts),
        dek: entry.dek.clone(),
        date: dates::day_of(post, texts),
        updated: post.updated.as_ref().map(|date| dates::day(date, texts)),
        reading: cards::reading(post, texts),
        comments: comments.map(|count| texts.comments.count.of(count)),
        authors: post.authors.join(", "),
        is_draft: entry.draft,
        cover: entry.image.as_ref().map(PictureView::new),
        contents: entry.body.listed(),
        body: body::on_page(&entry.body, entry.language.as_deref(), snapshot, site).map_err(WebError::internal)?,
        tags: cards::tag_links(post),
        older: named(older),
        newer: named(newer),
        conversation: conversation.on_page(&entry.address, links),
        layout,
    };
    Ok(Page::html(&page, policy)?.with_status(request.status))
}
