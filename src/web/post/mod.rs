//! A post's page: article, thread, comments and form, and what is sent from it.
//!
//! Calls go down only: this file and `submit` use `page`, and all of them `thread`.

mod page;
pub mod submit;
pub mod thread;

use axum::{
    Router,
    extract::FromRequestParts,
    routing::{get, post},
};
use http::request::Parts;

use super::{
    prelude::*,
    view::{form::FormState, thread::OpenedComment},
};
use crate::domain::signer::Purpose;
use page::PostRequest;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/posts/{slug}/comments", post(submit::submit).get(to_post))
        .route("/posts/{slug}/comments/page/{number}", get(show_thread_page))
        .route("/comments/{id}", get(permalink))
        .route("/comments/preview", post(submit::preview))
}

/// A post, and what its pages are made from.
#[derive(Clone, Copy)]
pub struct PostContext<'a> {
    pub app: &'a App,
    pub snapshot: &'a Snapshot,
    pub post: &'a Post,
}

impl PostContext<'_> {
    /// True if new comments are accepted under this post.
    fn is_open(self) -> bool {
        self.post.takes_comments(self.app.clock.now()) && self.app.config.site.comments.enabled
    }
}

/// Query parameters of a post's URL.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PostQuery {
    /// Id of the comment to reply to; the form shows it.
    reply_to: Option<String>,
    /// A signed comment id: its writer sees the comment although nobody else does.
    waiting: Option<String>,
    /// The whole query string, with its question mark.
    #[serde(skip)]
    written: String,
    /// The visitor by our cookie; read only with `waiting`, since the page is then for one visitor.
    #[serde(skip)]
    commenter: Option<String>,
}

impl FromRequestParts<App> for PostQuery {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        let mut query = match Query::<Self>::from_request_parts(parts, app).await {
            Ok(Query(query)) => query,
            // A parameter given twice is treated like a comment that does not exist.
            Err(_) => Self { reply_to: Some(String::new()), ..Self::default() },
        };
        query.written = parts.uri.query().map(|written| format!("?{written}")).unwrap_or_default();
        if query.waiting.is_some() {
            let sender = Visitor::from_request_parts(parts, app).await?.sender;
            query.commenter = sender.is_returning.then_some(sender.commenter);
        }
        Ok(query)
    }
}

/// Responds with a post, or with a page of its thread by its number.
pub async fn show(context: PostContext<'_>, query: &PostQuery, number: Option<usize>) -> Result<Response, WebError> {
    let PostContext { app, post, .. } = context;
    let canonical = || redirect(StatusCode::SEE_OTHER, &address::encode(&post.entry.address));
    let own = own(app, query).await;
    if query.waiting.is_some() && own.is_none() {
        return Ok(canonical());
    }
    let mut form = FormState::default();
    if let Some(id) = &query.reply_to {
        // A page for a comment that does not exist would be a duplicate of the post.
        let Some(replying_to) = thread::replying_to(app, post, id).await else { return Ok(canonical()) };
        form.values.parent = replying_to.id.to_string();
        form.replying_to = Some(replying_to);
    }
    let request = PostRequest { form, own, status: StatusCode::OK };
    let pages = thread::read(app, post, request.own_id()).await;
    if let Some(pages) = &pages {
        if request.own_id().is_some_and(|id| pages.holding(id).is_none()) {
            // The comment belongs to another post.
            return Ok(canonical());
        }
        let right = request.about().and_then(|id| pages.holding(id)).or(number).unwrap_or(pages.first_read());
        // The page that is read first is at the post's path. A request about a comment belongs on that comment's page.
        if number.unwrap_or(pages.first_read()) != right || number == Some(pages.first_read()) {
            let to = address::encode(&thread::path(post, pages, right));
            return Ok(redirect(StatusCode::SEE_OTHER, &format!("{to}{}", query.written)));
        }
    } else if number.is_some() {
        return Err(StatusCode::SERVICE_UNAVAILABLE.into());
    }
    Ok(page::draw(context, request, pages, number).await?.into_response())
}

/// Looks up the comment of the `waiting` parameter for its writer; `None` if it was erased. `/me` is mentioned only to a
/// browser that has kept its cookie.
async fn own(app: &App, query: &PostQuery) -> Option<OpenedComment> {
    let id = app.signer.verify(Purpose::Waiting, query.waiting.as_deref()?)?.parse().ok()?;
    let is_gone = match app.store.comment(id).await {
        Ok(comment) => comment.is_erased(),
        Err(error) => matches!(error, StoreError::NotFound),
    };
    if is_gone {
        return None;
    }
    let texts = &app.texts().comments;
    let in_corner = match &query.commenter {
        Some(commenter) => app.store.comment_of(commenter, id).await.ok(),
        None => None,
    };
    let corner = in_corner.map(|comment| match comment.editable_for(app.clock.now()) {
        Some(_) => &texts.corner,
        None => &texts.corner_erase,
    });
    Some(OpenedComment { id, is_asked: thread::is_asked_by_mail(app, id).await, corner })
}

/// Handler of `/posts/SLUG/comments/page/2`.
async fn show_thread_page(
    State(app): State<App>,
    Path((slug, number)): Path<(String, String)>,
    query: PostQuery,
) -> Result<Response, WebError> {
    let (snapshot, number) = (app.snapshot(), super::page::number(&number)?);
    let post = snapshot.post(&slug).ok_or_else(WebError::not_found)?;
    if post.entry.slug.as_str() != slug {
        let path = routes::thread_page(&post.entry.slug, number);
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&path)));
    }
    show(PostContext { app: &app, snapshot: &snapshot, post }, &query, Some(number)).await
}

/// GET of `/posts/x/comments`, for example after a reload of an error page: redirects to the post.
async fn to_post(State(app): State<App>, Path(slug): Path<String>) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let post = snapshot.post(&slug).ok_or_else(WebError::not_found)?;
    Ok(redirect(StatusCode::SEE_OTHER, &address::encode(&post.entry.address)))
}

/// Permalink of a comment: `/comments/41`.
async fn permalink(State(app): State<App>, Path(id): Path<String>) -> Result<Response, WebError> {
    let id: CommentId = id.parse().map_err(|_| WebError::not_found())?;
    let comment = app.store.comment(id).await?;
    match comment.status {
        Status::Approved => {}
        Status::Held => return Err(WebError::not_found()),
        Status::Spam | Status::Trash => return Err(StatusCode::GONE.into()),
    }
    let snapshot = app.snapshot();
    let post = snapshot.post(&comment.thread_slug).ok_or_else(WebError::not_found)?;
    let path = address::encode(&thread::path_to(&app, post, id, None).await);
    Ok(redirect(StatusCode::FOUND, &format!("{path}#comment-{id}")))
}
