//! `/me`: what a commenter has said here, for nobody but them. The cookie of the first comment is the key; every page
//! here is for one visitor and kept by nobody.

mod editing;
mod leaving;

use askama::Template;
use axum::{
    Router,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use serde_json::{Value, json};

use super::{
    comments,
    errors::WebError,
    page::{Page, Policy, redirect},
    view::{dates, layout::Layout},
    visitor::Visitor,
};
use crate::{
    app::App,
    content::{Snapshot, comment_markdown},
    domain::{
        address,
        comment::{Comment, CommentId, Status},
    },
    store::Sender,
    texts::Texts,
};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/me", get(corner))
        .route("/me/data.json", get(data))
        .route("/me/comments/{id}/edit", get(editing::show).post(editing::save))
        .route("/me/comments/{id}/delete", get(leaving::ask_one).post(leaving::erase_one))
        .route("/me/erase", get(leaving::ask_all).post(leaving::erase_all))
}

/// Somebody who came with a cookie of ours. Others are sent to `/me`, which says how one gets in.
pub struct Commenter(Sender);

impl FromRequestParts<App> for Commenter {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        if visitor.sender.is_returning { Ok(Self(visitor.sender)) } else { Err(redirect(StatusCode::SEE_OTHER, "/me")) }
    }
}

#[derive(Template)]
#[template(path = "corner/corner.html")]
struct CornerPage {
    layout: Layout,
    /// `None`: nobody we know.
    comments: Option<Vec<OwnView>>,
}

/// A comment as its writer finds it.
#[derive(Template)]
#[template(path = "corner/_own.html")]
struct OwnView {
    id: CommentId,
    title: String,
    /// Its place in the thread; `None` where readers have none to go to.
    href: Option<String>,
    state: &'static str,
    is_shown: bool,
    at: dates::Moment,
    edited: Option<dates::Moment>,
    html: String,
    /// How long it may be edited, in words; `None` where it may not.
    time_left: Option<String>,
    /// Whether what can be done with it is offered.
    has_actions: bool,
    texts: &'static Texts,
}

impl OwnView {
    fn new(app: &App, snapshot: &Snapshot, comment: &Comment) -> Self {
        let (texts, zone) = (app.texts(), &app.config.site.time_zone);
        let state = match comment.status {
            Status::Held => &texts.comments.waiting,
            Status::Approved => &texts.corner.shown,
            Status::Spam | Status::Trash => &texts.corner.removed,
        };
        let left = comment.editable_for(app.clock.now());
        let minutes = left.map(|left| usize::try_from((left.as_secs() + 59) / 60).unwrap_or(0).max(1));
        Self {
            id: comment.id,
            title: title(snapshot, comment),
            href: place(app, snapshot, comment),
            state,
            is_shown: comment.status == Status::Approved,
            at: dates::minute(comment.created_at, zone, texts),
            edited: comment.edited_at.map(|at| dates::minute(at, zone, texts)),
            html: comment_markdown::render(&comment.text),
            time_left: minutes.map(|minutes| texts.corner.time_left.of(minutes)),
            has_actions: true,
            texts,
        }
    }

    /// Where one has been chosen already.
    fn without_actions(self) -> Self {
        Self { has_actions: false, ..self }
    }
}

/// Of the post it stands under; of a post that is gone only its name in addresses is known.
fn title(snapshot: &Snapshot, comment: &Comment) -> String {
    let post = snapshot.post(&comment.thread_slug);
    post.map_or_else(|| comment.thread_slug.clone(), |post| post.entry.title.clone())
}

/// Where its writer sees it.
fn place(app: &App, snapshot: &Snapshot, comment: &Comment) -> Option<String> {
    let post = snapshot.post(&comment.thread_slug)?;
    match comment.status {
        Status::Approved => Some(format!("/comments/{}", comment.id)),
        Status::Held => Some(address::encode(&post.entry.address) + &comments::waiting(app, comment.id)),
        Status::Spam | Status::Trash => None,
    }
}

fn layout(app: &App, snapshot: &Snapshot, title: &str) -> Layout {
    Layout::new(app, snapshot, title).not_indexed()
}

async fn corner(State(app): State<App>, visitor: Visitor) -> Result<Page, WebError> {
    let snapshot = app.snapshot();
    let comments = if visitor.sender.is_returning {
        let comments = app.store.comments_of(&visitor.sender.commenter).await?;
        Some(comments.iter().map(|comment| OwnView::new(&app, &snapshot, comment)).collect())
    } else {
        None
    };
    let layout = layout(&app, &snapshot, &app.texts().corner.heading);
    Page::html(&CornerPage { layout, comments }, Policy::Private)
}

/// The comment at this address, where it is the commenter's own; else there is no such address.
async fn own(app: &App, Commenter(sender): &Commenter, id: &str) -> Result<Comment, WebError> {
    let id = id.parse().map_err(|_| WebError::not_found())?;
    Ok(app.store.comment_of(&sender.commenter, id).await?)
}

/// All that is kept of somebody, to take along.
async fn data(State(app): State<App>, Commenter(sender): Commenter) -> Result<Response, WebError> {
    let (snapshot, site) = (app.snapshot(), &app.config.site);
    let comments = app.store.comments_of(&sender.commenter).await?;
    let one = |comment: &Comment| -> Value {
        json!({
            "id": comment.id,
            "address": site.absolute(&format!("/comments/{}", comment.id)),
            "post": title(&snapshot, comment),
            "post_address": snapshot.post(&comment.thread_slug).map(|post| site.absolute(&post.entry.address)),
            "in_reply_to": comment.parent_id.map(|id| site.absolute(&format!("/comments/{id}"))),
            "status": comment.status.as_str(),
            "name": comment.name,
            "email": comment.email,
            "website": comment.site,
            "text": comment.text,
            "written_at": comment.created_at.to_string(),
            "edited_at": comment.edited_at.map(|at| at.to_string()),
        })
    };
    let data = json!({
        "site": site.absolute("/"),
        "taken_at": app.clock.now().to_string(),
        "comments": comments.iter().map(one).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&data).map_err(WebError::internal)?;
    let mut response = Page::text(text, Policy::Private).of_type("application/json").into_response();
    let disposition = HeaderValue::from_static("attachment; filename=\"my-comments.json\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}
