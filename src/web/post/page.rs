//! Pages of a post: the article with the comments that are read first, and the other pages of its thread. Both end with
//! the conversation: comments and the form.

use std::sync::Arc;

use super::{
    PostContext,
    thread::{self, ThreadPages},
};
use crate::{
    app::UNINDEXED_TAG,
    assets::COMMENTS_SCRIPT,
    domain::{
        entry::ContentsLine,
        thread::{Thread, pages::Pages},
    },
    web::{
        prelude::*,
        view::{
            body,
            form::{FormState, FormView},
            onward::{self, SeriesBox},
            thread::{OpenedComment, ThreadView},
        },
    },
};

/// Request for a post.
pub struct PostRequest {
    pub form: FormState,
    /// A comment that its writer may see whatever its status.
    pub own: Option<OpenedComment>,
    /// Status of the response.
    pub status: StatusCode,
}

impl PostRequest {
    /// Id of the comment that the request is about.
    pub fn about(&self) -> Option<CommentId> {
        self.own_id().or(self.form.replying_to.as_ref().map(|comment| comment.id))
    }

    pub fn own_id(&self) -> Option<CommentId> {
        self.own.map(|own| own.id)
    }

    /// Adjusts the page's head if the response is not simply the post.
    fn framed(&self, mut layout: Layout, post: &Post) -> Layout {
        // Only the plain page of a published post may be indexed.
        if self.about().is_some() || self.form.preview.is_some() || post.entry.draft {
            layout = layout.not_indexed();
        }
        if self.form.preview.is_some() {
            layout.title = layout.texts.form.preview_title.with(&layout.title);
        }
        if self.form.notice.is_some() { layout.with_error() } else { layout }
    }

    /// Cache policy of the response.
    fn policy(&self, post: &Post) -> Policy {
        if self.status != StatusCode::OK || self.own.is_some() || self.form.preview.is_some() {
            Policy::Private
        } else if self.form.replying_to.is_some() {
            // The same for everybody, but there is one for each comment.
            Policy::Uncached
        } else {
            Policy::Public(cards::tags_of([post]))
        }
    }
}

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
pub async fn form_again(context: PostContext<'_>, mut form: FormState, status: StatusCode) -> Result<Page, WebError> {
    let PostContext { app, post, .. } = context;
    form.replying_to = thread::replying_to(app, post, &form.values.parent).await;
    let request = PostRequest { form, own: None, status };
    let pages = thread::read(app, post, None).await;
    let number = request.about().and_then(|id| pages.as_ref()?.holding(id));
    draw(context, request, pages, number).await
}

#[derive(Template)]
#[template(path = "posts/post.html")]
struct PostPage<'a> {
    layout: Layout,
    post: &'a Post,
    /// Attributes `lang` and `dir` of the article, and of the site's texts in it.
    lang: LangAttributes,
    site_lang: LangAttributes,
    /// Link above the title: the series, and which part of it this is.
    series_label: Option<TextLink>,
    series: Option<SeriesBox>,
    date: Option<dates::Moment>,
    updated: Option<dates::Moment>,
    comments: Option<String>,
    contents: Vec<ContentsLine>,
    body: String,
    older: Option<TextLink>,
    newer: Option<TextLink>,
    related: Vec<PostCard<'a>>,
    conversation: Conversation<'a>,
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
    let place = snapshot.series_of(post);
    let mut policy = if thread.is_some() { request.policy(post) } else { Policy::Private };
    let index = app.search();
    if index.as_ref().is_none_or(|index| !index.has(&entry.address)) {
        policy.add_tag(UNINDEXED_TAG);
    }
    body::colour(app, &entry.body, &mut policy).await;

    let json_ld = json_ld::post(site, post, place.map(|(series, _)| series), thread.as_ref());
    let mut layout = Layout::of_entry(app, snapshot, entry).with_comment_feed(entry).with_json_ld(&json_ld);
    layout.kind = "article";
    layout.published = post.date.as_ref().map(dates::machine);
    layout.modified = post.updated.as_ref().map(dates::machine);

    let series = place.and_then(|(series, at)| SeriesBox::new(series, at, texts));
    // A series has its own links to the next and previous part; more would be too many.
    let (older, newer) = if series.is_some() { (None, None) } else { snapshot.neighbours(post) };
    let link = |post: Option<&Arc<Post>>| post.map(|post| TextLink::to_entry(&post.entry));
    let comments = thread.as_ref().map(|thread| thread.count).filter(|count| *count > 0);
    let page = PostPage {
        layout: request.framed(layout, post),
        post,
        lang: lang::of(entry),
        site_lang: lang::of_site_texts(entry, texts),
        series_label: place.map(|(whole, _)| onward::series_label(whole, series.as_ref())),
        related: onward::related(snapshot, index.as_deref(), post, series.as_ref(), texts),
        series,
        date: dates::day_of(post, texts),
        updated: post.updated.as_ref().map(|date| dates::day(date, texts)),
        comments: comments.map(|count| texts.comments.count.of(count)),
        contents: entry.body.listed(),
        body: body::on_page(entry, snapshot, site)?,
        older: link(older),
        newer: link(newer),
        conversation: Conversation::new(context, thread.as_ref(), request.form, request.own, &entry.address, links),
    };
    Ok(Page::html(&page, policy)?.with_status(request.status))
}

#[derive(Template)]
#[template(path = "comments/page.html")]
struct ThreadPage<'a> {
    layout: Layout,
    /// Link to the article.
    article: TextLink,
    conversation: Conversation<'a>,
}

/// # Errors
/// There is no such page, the database does not answer, or a template failed.
async fn thread_page(
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
    let title = app.texts().comments.page.with_both(number, &entry.title);
    let layout = Layout::new(app, snapshot, &title).at(&path).with_comment_feed(entry);
    let (layout, policy) = (request.framed(layout, post), request.policy(post));
    let page = ThreadPage {
        layout,
        article: TextLink::to_entry(entry),
        conversation: Conversation::new(context, Some(&thread), request.form, request.own, &path, links),
    };
    Ok(Page::html(&page, policy)?.with_status(request.status))
}

/// Comments and comment form below a post.
struct Conversation<'a> {
    heading: String,
    /// Comments; `None` if the database did not answer.
    thread: Option<ThreadView<'a>>,
    /// Form; `None` if the thread is closed.
    form: Option<FormView<'a>>,
    /// Text that was sent after the thread had closed, shown to be copied.
    unsent: Option<String>,
    is_demo: bool,
    /// Slug of the post; scripts identify the thread by it on each of its pages.
    slug: &'a str,
    /// URL of the form's script, if there is a form.
    script: Option<String>,
    /// Links to the other pages of the thread.
    pages: Option<ThreadPages>,
}

impl<'a> Conversation<'a> {
    /// `thread`: comments of this page; `None` if they could not be read. `path`: path of this page.
    fn new(
        context: PostContext<'a>,
        thread: Option<&'a Thread>,
        form: FormState,
        own: Option<OpenedComment>,
        path: &str,
        pages: Option<ThreadPages>,
    ) -> Self {
        let PostContext { app, snapshot, post } = context;
        let (is_open, texts) = (context.is_open(), app.texts());
        Self {
            heading: match thread.map_or(0, |thread| thread.count) {
                0 => texts.comments.heading.clone(),
                count => texts.comments.count.of(count),
            },
            thread: thread.map(|thread| ThreadView { thread, own, site: &app.config.site, can_reply: is_open }),
            unsent: Some(form.values.text.clone()).filter(|text| !is_open && !text.is_empty()),
            form: is_open.then(|| FormView::new(app, snapshot, post, path, form)),
            is_demo: app.mode.demo,
            slug: post.entry.slug.as_str(),
            script: is_open.then(|| app.assets().address(COMMENTS_SCRIPT)),
            pages,
        }
    }
}
