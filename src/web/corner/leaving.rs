//! Erasing one's own comments, one or all. It cannot be undone, so a page asks for confirmation first.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use super::{
    super::{
        errors::WebError,
        guard::Origin,
        page::{Page, redirect},
        view::layout::Layout,
        visitor,
    },
    Commenter, OwnView, layout, own,
};
use crate::{
    app::App,
    cache::Policy,
    domain::comment::{Comment, CommentId},
    store::{StoreError, WRITER},
    texts::Said,
};

#[derive(Template)]
#[template(path = "corner/leaving.html")]
struct LeavingPage {
    layout: Layout,
    said: &'static Said,
    /// True if the request seems to come from another site.
    is_foreign: bool,
    /// The comment to be erased.
    comment: Option<OwnView>,
    /// Path that the form is sent to, and text of its button; `None` once all is done.
    form: Option<(String, &'static str)>,
}

pub async fn ask_one(State(app): State<App>, commenter: Commenter, Path(id): Path<String>) -> Result<Page, WebError> {
    let comment = own(&app, &commenter, &id).await?.comment;
    page_of_one(&app, &comment, false)
}

pub async fn erase_one(
    State(app): State<App>,
    origin: Origin,
    commenter: Commenter,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let comment = own(&app, &commenter, &id).await?.comment;
    if origin == Origin::Foreign {
        return Ok(page_of_one(&app, &comment, true)?.with_status(StatusCode::FORBIDDEN).into_response());
    }
    erase(&app, vec![comment.id], None).await?;
    Ok(redirect(StatusCode::SEE_OTHER, "/me"))
}

pub async fn ask_all(State(app): State<App>, _commenter: Commenter) -> Result<Page, WebError> {
    page_of_all(&app, false)
}

pub async fn erase_all(
    State(app): State<App>,
    origin: Origin,
    Commenter(sender): Commenter,
) -> Result<Response, WebError> {
    if origin == Origin::Foreign {
        return Ok(page_of_all(&app, true)?.with_status(StatusCode::FORBIDDEN).into_response());
    }
    let comments = app.store.comments_of(&sender.commenter).await?;
    erase(&app, comments.iter().map(|own| own.comment.id).collect(), Some(sender.commenter)).await?;
    let said = &app.texts().corner.erased;
    let layout = layout(&app, &app.snapshot(), &said.heading);
    let page = LeavingPage { layout, said, is_foreign: false, comment: None, form: None };
    Ok(without_cookie(&app, Page::html(&page, Policy::Private)?.into_response()))
}

/// Removes the cookie from this browser and changes nothing else. Refused from another site: a visitor who has only
/// the cookie could never get in again.
pub async fn leave(State(app): State<App>, origin: Origin) -> Response {
    let back = redirect(StatusCode::SEE_OTHER, "/me");
    if origin == Origin::Foreign { back } else { without_cookie(&app, back) }
}

fn without_cookie(app: &App, mut response: Response) -> Response {
    if let Some(cookie) = visitor::taken_back(app) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Erases the comments, even if the visitor disconnects. The caller has checked whose they are; a comment never changes
/// its writer. `with_addresses_of`: also deletes the mail addresses of that commenter.
async fn erase(app: &App, ids: Vec<CommentId>, with_addresses_of: Option<String>) -> Result<(), StoreError> {
    let app = app.clone();
    let task = tokio::spawn(async move {
        for id in ids {
            let erased = app.store.erase(id, WRITER, app.clock.now()).await?;
            app.cache.purge(&erased.tags());
        }
        if let Some(commenter) = with_addresses_of {
            app.store.forget_addresses_of(&commenter).await?;
        }
        Ok(())
    });
    task.await.unwrap_or(Err(StoreError::Interrupted))
}

fn page_of_one(app: &App, comment: &Comment, is_foreign: bool) -> Result<Page, WebError> {
    let (snapshot, texts) = (app.snapshot(), &app.texts().corner);
    let page = LeavingPage {
        layout: layout(app, &snapshot, &texts.delete_one.heading),
        said: &texts.delete_one,
        is_foreign,
        comment: Some(OwnView::new(app, &snapshot, comment).without_actions()),
        form: Some((format!("/me/comments/{}/delete", comment.id), &texts.delete_send)),
    };
    Page::html(&page, Policy::Private)
}

fn page_of_all(app: &App, is_foreign: bool) -> Result<Page, WebError> {
    let texts = &app.texts().corner;
    let page = LeavingPage {
        layout: layout(app, &app.snapshot(), &texts.erase.heading),
        said: &texts.erase,
        is_foreign,
        comment: None,
        form: Some(("/me/erase".to_owned(), &texts.erase_send)),
    };
    Page::html(&page, Policy::Private)
}
