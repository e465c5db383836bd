//! `/me`: a commenter's own comments, for that commenter only. The key is the cookie of the first comment, or one that
//! a link by mail has set. Every page here is private and never cached.

mod editing;
mod leaving;
mod link;

use axum::{Router, extract::FromRequestParts, routing::get};
use http::request::Parts;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{post::thread::waiting, prelude::*, view::thread};
use crate::{
    domain::{comment::Wish, notices::Subscription},
    store::Sender,
};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/me", get(corner))
        .route("/me/data.json", get(data))
        .route("/me/comments/{id}/edit", get(editing::show).post(editing::save))
        .route("/me/comments/{id}/delete", get(leaving::ask_one).post(leaving::erase_one))
        .route("/me/erase", get(leaving::ask_all).post(leaving::erase_all))
        .route("/me/leave", get(to_corner).post(leaving::leave))
        .route("/me/link", get(link::show).post(link::ask))
        .route("/me/open", get(link::show_open).post(link::open))
        .route("/me/subscriptions/{id}/end", get(to_corner).post(end_subscription))
}

/// A visitor with our cookie. Others are redirected to `/me`, which tells how to get in.
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
struct CornerPage<'a> {
    layout: Layout,
    /// Comments of the visitor; `None` without our cookie.
    comments: Option<Vec<OwnView<'a>>>,
    subscriptions: Vec<SubscriptionView>,
    /// True if mails can be sent, or if there are subscriptions from when they could.
    has_mails: bool,
    /// True if a mail can open this page again, so that the browser may forget the cookie.
    can_leave: bool,
    /// Form that asks for a link by mail; `None` if no mail can be sent.
    ask: Option<link::AskView>,
}

/// A subscription to mails.
struct SubscriptionView {
    id: i64,
    title: String,
    said: String,
    is_confirmed: bool,
}

impl SubscriptionView {
    fn new(app: &App, snapshot: &Snapshot, one: &Subscription) -> Self {
        let words = &app.texts().by_mail;
        let title = title(snapshot, &one.thread_slug);
        let said = match (one.wish, one.is_confirmed) {
            (Wish::Thread, true) => &words.thread,
            (Wish::Thread, false) => &words.thread_wished,
            (Wish::Answers | Wish::Nothing, true) => &words.answers,
            (Wish::Answers | Wish::Nothing, false) => &words.answers_wished,
        };
        let said = said.with_both(&one.email, &title);
        Self { id: one.id, title, said, is_confirmed: one.is_confirmed }
    }
}

/// A comment as its writer sees it.
#[derive(Template)]
#[template(path = "corner/_own.html")]
struct OwnView<'a> {
    comment: &'a Comment,
    title: String,
    /// Path to the comment in the thread; `None` if it is not shown there.
    href: Option<String>,
    state: &'static str,
    at: dates::Moment,
    edited: Option<dates::Moment>,
    html: String,
    /// Text with the time left for editing; `None` if it cannot be edited.
    time_left: Option<String>,
    /// True if the buttons for its actions are shown.
    has_actions: bool,
    texts: &'static Texts,
}

impl<'a> OwnView<'a> {
    fn new(app: &App, snapshot: &Snapshot, comment: &'a Comment) -> Self {
        let (texts, zone) = (app.texts(), &app.config.site.time_zone);
        let left = comment.editable_for(app.clock.now());
        let minutes = left.map(|left| usize::try_from((left.as_secs() + 59) / 60).unwrap_or(0).max(1));
        Self {
            comment,
            title: title(snapshot, &comment.thread_slug),
            href: place(app, snapshot, comment),
            state: thread::state(comment.status, texts),
            at: dates::minute(comment.created_at, zone, texts),
            edited: comment.edited_at.map(|at| dates::minute(at, zone, texts)),
            html: comment_markdown::render_for_elsewhere(&comment.text, &app.page_of(comment)),
            time_left: minutes.map(|minutes| texts.corner.time_left.of(minutes)),
            has_actions: true,
            texts,
        }
    }
}

/// Title of the post with this slug; the slug if the post is gone.
fn title(snapshot: &Snapshot, slug: &str) -> String {
    snapshot.post(slug).map_or_else(|| slug.to_owned(), |post| post.entry.title.clone())
}

/// Path where its writer sees the comment.
fn place(app: &App, snapshot: &Snapshot, comment: &Comment) -> Option<String> {
    let post = snapshot.post(&comment.thread_slug)?;
    match comment.status {
        Status::Approved => Some(routes::comment(comment.id)),
        Status::Held => Some(address::encode(&post.entry.address) + &waiting(app, comment.id)),
        Status::Spam | Status::Trash => None,
    }
}

async fn corner(State(app): State<App>, visitor: Visitor) -> Result<Page, WebError> {
    let snapshot = app.snapshot();
    let Sender { commenter, is_returning, .. } = &visitor.sender;
    let comments = if *is_returning { Some(app.store.comments_of(commenter).await?) } else { None };
    let mut page = CornerPage {
        layout: Layout::new(&app, &snapshot, &app.texts().corner.heading).not_indexed(),
        comments: comments
            .as_ref()
            .map(|all| all.iter().map(|comment| OwnView::new(&app, &snapshot, comment)).collect()),
        subscriptions: Vec::new(),
        has_mails: false,
        can_leave: false,
        ask: link::AskView::new(&app),
    };
    if *is_returning {
        let subscriptions = app.store.subscriptions_of(commenter).await?;
        let lasting = subscriptions.iter().filter(|one| one.ended_at.is_none());
        page.subscriptions = lasting.map(|one| SubscriptionView::new(&app, &snapshot, one)).collect();
        page.has_mails = page.ask.is_some() || !page.subscriptions.is_empty();
        page.can_leave = page.ask.is_some() && !app.store.addresses_of(commenter).await?.is_empty();
    }
    Page::html(&page, Policy::Private)
}

/// GET of a URL that only takes POST, for example after a reload: redirects to `/me`.
async fn to_corner() -> Response {
    redirect(StatusCode::SEE_OTHER, "/me")
}

/// Ends a subscription. No origin check: a forged request can only unsubscribe.
async fn end_subscription(
    State(app): State<App>,
    Commenter(sender): Commenter,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let id = id.parse().map_err(|_| WebError::not_found())?;
    app.store.end_subscription_of(&sender.commenter, id, app.clock.now()).await?;
    Ok(redirect(StatusCode::SEE_OTHER, "/me#mails"))
}

/// The comment with this id, if it is the commenter's own; otherwise not found.
async fn own(app: &App, Commenter(sender): &Commenter, id: &str) -> Result<Comment, WebError> {
    let id = id.parse().map_err(|_| WebError::not_found())?;
    Ok(app.store.comment_of(&sender.commenter, id).await?)
}

/// Download of all data stored about the commenter.
async fn data(State(app): State<App>, Commenter(sender): Commenter) -> Result<Response, WebError> {
    let (snapshot, site) = (app.snapshot(), &app.config.site);
    let comments = app.store.comments_of(&sender.commenter).await?;
    let one = |comment: &Comment| -> Value {
        json!({
            "id": comment.id,
            "address": site.absolute(&routes::comment(comment.id)),
            "post": title(&snapshot, &comment.thread_slug),
            "post_address": snapshot.post(&comment.thread_slug).map(|post| site.absolute(&post.entry.address)),
            "in_reply_to": comment.parent_id.map(|id| site.absolute(&routes::comment(id))),
            "status": comment.status,
            "name": comment.name,
            "email": comment.email,
            "website": comment.site,
            "text": comment.text,
            "written_at": comment.created_at.to_string(),
            "edited_at": comment.edited_at.map(|at| at.to_string()),
        })
    };
    let address = |(email, at): &(String, Timestamp)| json!({ "email": email, "confirmed_at": at.to_string() });
    let subscription = |one: &Subscription| -> Value {
        json!({
            "email": one.email,
            "of": one.wish,
            "post": title(&snapshot, &one.thread_slug),
            "is_confirmed": one.is_confirmed,
            "asked_at": one.created_at.to_string(),
            "ended_at": one.ended_at.map(|at| at.to_string()),
        })
    };
    let addresses = app.store.addresses_of(&sender.commenter).await?;
    let subscriptions = app.store.subscriptions_of(&sender.commenter).await?;
    let data = json!({
        "site": site.absolute("/"),
        "taken_at": app.clock.now().to_string(),
        "comments": comments.iter().map(one).collect::<Vec<_>>(),
        "confirmed_addresses": addresses.iter().map(address).collect::<Vec<_>>(),
        "mails": subscriptions.iter().map(subscription).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&data).map_err(WebError::internal)?;
    let disposition = [(header::CONTENT_DISPOSITION, "attachment; filename=\"my-comments.json\"")];
    Ok((disposition, Page::text(text, Policy::Private).of_type("application/json")).into_response())
}
