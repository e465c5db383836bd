//! Comments and comment form below a post.

use http::StatusCode;

use super::{PostContext, thread::ThreadPages};
use crate::{
    assets::COMMENTS_SCRIPT,
    cache::Policy,
    domain::{comment::CommentId, entry::Post, thread::Thread},
    web::view::{
        cards,
        form::{FormState, FormView},
        layout::Layout,
        thread::{self, CommentView, OpenedComment},
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
        self.own_id().or(self.form.replying_to.as_ref().map(|replying| replying.id))
    }

    pub fn own_id(&self) -> Option<CommentId> {
        self.own.map(|own| own.id)
    }

    /// Adjusts the page's head if the response is not simply the post.
    pub fn framed(&self, mut layout: Layout, post: &Post) -> Layout {
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
    pub fn policy(&self, post: &Post) -> Policy {
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

/// Comments and comment form below a post.
pub struct Conversation {
    pub heading: String,
    /// Comments; `None` if the database did not answer.
    pub comments: Option<Vec<CommentView>>,
    /// Form; `None` if the thread is closed.
    pub form: Option<FormView>,
    /// Text that was sent after the thread had closed, shown to be copied.
    pub unsent: Option<String>,
    pub is_demo: bool,
    /// Slug of the post; scripts identify the thread by it on each of its pages.
    pub thread: String,
    /// URL of the form's script, if there is a form.
    pub script: Option<String>,
    /// Links to the other pages of the thread.
    pub pages: Option<ThreadPages>,
}

impl Conversation {
    /// Sets the path and the links of a page of the thread.
    #[must_use]
    pub fn on_page(self, path: &str, pages: Option<ThreadPages>) -> Self {
        Self { form: self.form.map(|form| form.on_page(path)), pages, ..self }
    }
}

/// Comments and form of a page of the thread; `thread` is `None` if it could not be read.
pub fn conversation(
    context: PostContext<'_>,
    thread: Option<&Thread>,
    form: FormState,
    own: Option<OpenedComment>,
) -> Conversation {
    let PostContext { app, snapshot, post } = context;
    let (is_open, texts) = (is_open(context), app.texts());
    Conversation {
        heading: match thread.map_or(0, |thread| thread.count) {
            0 => texts.comments.heading.clone(),
            count => texts.comments.count.of(count),
        },
        comments: thread.map(|thread| thread::comments(thread, own, &app.config.site.time_zone, is_open, texts)),
        unsent: Some(form.values.text.clone()).filter(|text| !is_open && !text.is_empty()),
        form: is_open.then(|| FormView::new(app, snapshot, post, form)),
        is_demo: app.mode.demo,
        thread: post.entry.slug.to_string(),
        script: is_open.then(|| app.assets().address(COMMENTS_SCRIPT)),
        pages: None,
    }
}

/// True if new comments are accepted under this post.
pub fn is_open(context: PostContext<'_>) -> bool {
    context.post.takes_comments(context.app.clock.now()) && context.app.config.site.comments.enabled
}
