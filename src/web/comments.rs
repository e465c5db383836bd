//! Handlers that accept a comment, and find one by its number.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;

use super::{
    entries::{self, PostRequest},
    errors::{self, WebError},
    guard::{Origin, Posted},
    page::{Page, redirect},
    threads,
    view::{
        cards::thread_keys,
        form::{FormState, Notice},
        thread::PreviewView,
    },
    visitor::Visitor,
};
use crate::{
    app::App,
    cache::Policy,
    content::{Snapshot, comment_markdown},
    domain::{
        address,
        comment::{COMMENTS_TAG, CommentId, FieldError, FieldErrors, NewComment, RawComment, Status},
        entry::Post,
        mailbox,
        names::Names,
        signer::Purpose,
        stamp,
        verdict::{Circumstances, Refusal, blocks::Block},
    },
    store::{Added, Sent, StoreError},
    texts::{Mend, TooFast},
};

/// Fields of the submitted form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CommentForm {
    name: String,
    email: String,
    site: String,
    text: String,
    parent: String,
    wish: String,
    stamp: String,
    /// Set by the preview button.
    preview: String,
    // Its name is `view::form::HONEYPOT`.
    fax_extension: String,
}

impl CommentForm {
    pub fn into_raw(self) -> RawComment {
        let Self { name, email, site, text, parent, wish, .. } = self;
        RawComment { name, email, site, text, parent, wish }
    }
}

/// Accepts a comment. After any error the visitor gets the page again with all fields kept.
pub async fn submit(
    State(app): State<App>,
    Path(slug): Path<String>,
    origin: Origin,
    visitor: Visitor,
    Posted(form): Posted<CommentForm>,
) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let post = snapshot.post(&slug).ok_or_else(WebError::not_found)?;
    let texts = &app.texts().mend;
    let (stamp, honeypot_filled) = (form.stamp.clone(), !form.fax_extension.is_empty());
    let is_preview = !form.preview.is_empty();
    let mut raw = form.into_raw();
    if app.config.mail.is_none() {
        // Not offered without a mail server.
        raw.wish = String::new();
    }
    if !entries::is_open(&app, post) {
        // The form is gone; the page says so.
        let notice = Notice::said(&texts.closed);
        return again(&app, &snapshot, post, raw, notice, StatusCode::FORBIDDEN).await;
    }
    if origin == Origin::Foreign {
        let notice = Notice::said(&texts.foreign);
        return again(&app, &snapshot, post, raw, notice, StatusCode::FORBIDDEN).await;
    }
    let new = match comment_markdown::parse(&raw) {
        Ok(new) => new,
        Err(errors) => {
            let notice = Notice::fields(errors, texts);
            return again(&app, &snapshot, post, raw, notice, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let at = app.clock.now();
    if is_preview {
        return previewed(&app, &snapshot, post, raw, &new).await;
    }
    let poses_as_author = is_like_an_author(&app, &snapshot, &new.name);
    let has_authors_email = has_authors_email(&app, &new);
    let sent = Sent {
        thread: entries::thread_of(post),
        parent_threads: thread_keys([post.as_ref()]),
        new,
        sender: visitor.sender,
        circumstances: Circumstances {
            stamp: stamp::check(&app.signer, post.entry.slug.as_str(), &stamp, at),
            post_age: post.appeared().map(|appeared| at.duration_since(appeared)),
            honeypot_filled,
            poses_as_author,
            has_authors_email,
        },
        rates: app.config.site.comments.rates,
        rules: Arc::clone(&app.config.site.comments.rules),
        at,
    };
    match add(&app, sent).await {
        Ok(Added::Stored(id, status)) => Ok(posted(&app, post, id, status, visitor.new_cookie).await),
        Ok(Added::Duplicate(id, status)) => Ok(posted(&app, post, id, status, None).await),
        Ok(Added::Refused(refusal)) => {
            let (status, notice, seconds) = refused(&refusal, texts);
            let mut response = again(&app, &snapshot, post, raw, notice, status).await?;
            if let Some(seconds) = seconds {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            Ok(response)
        }
        Ok(Added::ParentGone) => {
            let raw = RawComment { parent: String::new(), ..raw };
            let notice = Notice::fields(FieldErrors::one(FieldError::ParentGone), texts);
            again(&app, &snapshot, post, raw, notice, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => {
            errors::log(&error);
            let notice = Notice::said(&texts.not_kept);
            let mut response = again(&app, &snapshot, post, raw, notice, StatusCode::SERVICE_UNAVAILABLE).await?;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            Ok(response)
        }
    }
}

/// True if readers could mistake this name for that of an author.
pub fn is_like_an_author(app: &App, snapshot: &Snapshot, name: &str) -> bool {
    let owner = Names::new([app.config.site.author.name.as_str()]);
    owner.has_one_like(name) || snapshot.authors.has_one_like(name)
}

/// True if the comment has the e-mail address of the site's author, which anybody can type.
pub fn has_authors_email(app: &App, new: &NewComment) -> bool {
    let authors = app.config.site.author.email.as_deref().map(mailbox::kept);
    authors.is_some() && authors == new.email.as_deref().map(mailbox::kept)
}

/// Status and message of a refusal, and the seconds until a retry is allowed.
pub fn refused(refusal: &Refusal, texts: &Mend) -> (StatusCode, Notice, Option<u64>) {
    match refusal {
        Refusal::TooFast(wait) => {
            let seconds = wait.as_secs().max(0).unsigned_abs() + 1;
            let notice = Notice::sentence(&texts.too_fast.heading, wait_sentence(&texts.too_fast, seconds));
            (StatusCode::TOO_MANY_REQUESTS, notice, Some(seconds))
        }
        Refusal::Word(phrase) => {
            let notice = Notice::sentence(&texts.word.heading, texts.word.sentence.with(phrase));
            (StatusCode::UNPROCESSABLE_ENTITY, notice, None)
        }
        Refusal::Blocked(block) => {
            let sentence = match block {
                Block::Email(_) => &texts.blocked.email,
                Block::Site(_) => &texts.blocked.site,
                Block::Network(_) => &texts.blocked.network,
            };
            (StatusCode::FORBIDDEN, Notice::sentence(&texts.blocked.heading, sentence.clone()), None)
        }
    }
}

/// Stores the comment in its own task, so that pages are purged even if the visitor disconnects.
async fn add(app: &App, sent: Sent) -> Result<Added, StoreError> {
    let task_app = app.clone();
    let task = tokio::spawn(async move {
        let added = task_app.store.add_comment(&sent).await;
        if let Ok(added) = &added {
            task_app.metrics.commented(added);
        }
        if let Ok(Added::Stored(_, Status::Approved)) = added {
            task_app.cache.purge(&[sent.thread.tag().as_str(), COMMENTS_TAG]);
        }
        added
    });
    task.await.unwrap_or(Err(StoreError::Interrupted))
}

/// Number of comments above which the page of a comment is looked up only when its link is opened.
const FAR: usize = 1000;

/// URL where its writer sees a comment: its place in the thread, or a page for the writer only if it is held or
/// `is_asked`.
pub async fn place(app: &App, post: &Post, id: CommentId, status: Status, is_asked: bool) -> String {
    let held = (status != Status::Approved).then_some(id);
    let is_personal = held.is_some() || is_asked;
    let path = if !threads::is_longer(app, post, FAR).await {
        threads::path_to(app, post, id, held).await
    } else if is_personal {
        // The post redirects to the right page.
        post.entry.address.clone()
    } else {
        format!("/comments/{id}")
    };
    let path = address::encode(&path);
    if is_personal { format!("{path}{}", waiting(app, id)) } else { format!("{path}#comment-{id}") }
}

/// Query and fragment that lead a writer to their comment, after the post's path; the page shows its status.
pub fn waiting(app: &App, id: CommentId) -> String {
    format!("?waiting={}#comment-{id}", app.signer.sign(Purpose::Waiting, &id.to_string()))
}

/// Redirects with 303, so that a reload posts nothing twice. A pending confirmation mail is mentioned at the comment.
async fn posted(app: &App, post: &Post, id: CommentId, status: Status, cookie: Option<HeaderValue>) -> Response {
    let is_asked = status == Status::Approved && entries::is_asked_by_mail(app, id).await;
    let to = place(app, post, id, status, is_asked).await;
    let mut response = redirect(StatusCode::SEE_OTHER, &to);
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// The page again, with all fields kept and the errors.
async fn again(
    app: &App,
    snapshot: &Snapshot,
    post: &Post,
    values: RawComment,
    notice: Notice,
    status: StatusCode,
) -> Result<Response, WebError> {
    let replying_to = entries::replying_to(app, post, &values.parent).await;
    let form = FormState { values, notice: Some(notice), replying_to, preview: None };
    let request = PostRequest { form, own: None, status };
    Ok(entries::post_page(app, snapshot, post, request).await?.into_response())
}

/// The page again, with a preview of the comment. Nothing is stored.
async fn previewed(
    app: &App,
    snapshot: &Snapshot,
    post: &Post,
    values: RawComment,
    new: &NewComment,
) -> Result<Response, WebError> {
    let replying_to = entries::replying_to(app, post, &values.parent).await;
    let form = FormState { values, notice: None, replying_to, preview: Some(PreviewView::new(app, new)) };
    let request = PostRequest { form, own: None, status: StatusCode::OK };
    Ok(entries::post_page(app, snapshot, post, request).await?.into_response())
}

/// Preview of a comment without a page, for the script that shows it during typing. The name may be missing; errors
/// in the other fields are reported when the comment is sent.
pub async fn preview(
    State(app): State<App>,
    origin: Origin,
    Posted(form): Posted<CommentForm>,
) -> Result<Page, WebError> {
    if origin == Origin::Foreign {
        return Err(WebError::status(StatusCode::FORBIDDEN));
    }
    let name = if form.name.trim().is_empty() { app.texts().form.name.clone() } else { form.name };
    let whole = RawComment { name, site: form.site, text: form.text, ..RawComment::default() };
    let new = comment_markdown::parse(&whole)
        .or_else(|_| comment_markdown::parse(&RawComment { site: String::new(), ..whole }));
    let new = new.map_err(|_| WebError::status(StatusCode::UNPROCESSABLE_ENTITY))?;
    Page::html(&PreviewView::new(&app, &new), Policy::Private)
}

/// GET of `/posts/x/comments`, for example after a reload of an error page: redirects to the post.
pub async fn show(State(app): State<App>, Path(slug): Path<String>) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let post = snapshot.post(&slug).ok_or_else(WebError::not_found)?;
    Ok(redirect(StatusCode::SEE_OTHER, &address::encode(&post.entry.address)))
}

/// Permalink of a comment: `/comments/41`.
pub async fn permalink(State(app): State<App>, Path(id): Path<String>) -> Result<Response, WebError> {
    let id: CommentId = id.parse().map_err(|_| WebError::not_found())?;
    let comment = app.store.comment(id).await?;
    match comment.status {
        Status::Approved => {}
        Status::Held => return Err(WebError::not_found()),
        Status::Spam | Status::Trash => return Err(WebError::gone()),
    }
    let snapshot = app.snapshot();
    let post = snapshot.post(&comment.thread_slug).ok_or_else(WebError::not_found)?;
    let path = address::encode(&threads::path_to(&app, post, id, None).await);
    Ok(redirect(StatusCode::FOUND, &format!("{path}#comment-{id}")))
}

fn wait_sentence(texts: &TooFast, seconds: u64) -> String {
    let seconds = usize::try_from(seconds).unwrap_or(usize::MAX);
    if seconds <= 90 { texts.seconds.of(seconds) } else { texts.minutes.of(seconds.div_ceil(60)) }
}
