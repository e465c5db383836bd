//! Erasing one's own comments, one or all. It cannot be undone, so a page asks for confirmation first.

use super::{Commenter, OwnView, own};
use crate::{
    store::WRITER,
    web::{prelude::*, session::deleted_cookie},
};

pub async fn ask_one(State(app): State<App>, commenter: Commenter, Path(id): Path<String>) -> Result<Page, WebError> {
    let comment = own(&app, &commenter, &id).await?;
    question_of_one(&app, &comment)?.page()
}

pub async fn erase_one(
    State(app): State<App>,
    origin: Origin,
    commenter: Commenter,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let comment = own(&app, &commenter, &id).await?;
    if origin == Origin::Foreign {
        return question_of_one(&app, &comment)?.once_more();
    }
    erase(&app, vec![comment.id], None).await?;
    Ok(redirect(StatusCode::SEE_OTHER, "/me"))
}

pub async fn ask_all(State(app): State<App>, _commenter: Commenter) -> Result<Page, WebError> {
    question_of_all(&app).page()
}

pub async fn erase_all(
    State(app): State<App>,
    origin: Origin,
    Commenter(sender): Commenter,
) -> Result<Response, WebError> {
    if origin == Origin::Foreign {
        return question_of_all(&app).once_more();
    }
    let comments = app.store.comments_of(&sender.commenter).await?;
    erase(&app, comments.iter().map(|comment| comment.id).collect(), Some(sender.commenter)).await?;
    let said = &app.texts().corner.erased;
    let page = Question::new(&app, &said.heading, &said.sentence).page()?;
    Ok(with_cookie(page.into_response(), deleted_cookie(&app)))
}

/// Removes the cookie from this browser and changes nothing else. Refused from another site: a visitor who has only
/// the cookie could never get in again.
pub async fn leave(State(app): State<App>, origin: Origin) -> Response {
    let back = redirect(StatusCode::SEE_OTHER, "/me");
    if origin == Origin::Foreign { back } else { with_cookie(back, deleted_cookie(&app)) }
}

/// Erases the comments, even if the visitor disconnects. The caller has checked whose they are; a comment never changes
/// its writer. `with_addresses_of`: also deletes the mail addresses of that commenter.
async fn erase(app: &App, ids: Vec<CommentId>, with_addresses_of: Option<String>) -> Result<(), StoreError> {
    let app = app.clone();
    finish(async move {
        for id in ids {
            let erased = app.store.erase(id, WRITER, app.clock.now()).await?;
            app.cache.purge(&erased.tags());
        }
        if let Some(commenter) = with_addresses_of {
            app.store.forget_addresses_of(&commenter).await?;
        }
        Ok(())
    })
    .await
}

fn question_of_one(app: &App, comment: &Comment) -> Result<Question, WebError> {
    let texts = &app.texts().corner;
    let view = OwnView { has_actions: false, ..OwnView::new(app, &app.snapshot(), comment) };
    Ok(Question::new(app, &texts.delete_one.heading, &texts.delete_one.sentence)
        .with_html(view.render()?)
        .with_button(&format!("/me/comments/{}/delete", comment.id), None, &texts.delete_send)
        .with_link("/me", &texts.keep))
}

fn question_of_all(app: &App) -> Question {
    let texts = &app.texts().corner;
    Question::new(app, &texts.erase.heading, &texts.erase.sentence)
        .with_button("/me/erase", None, &texts.erase_send)
        .with_link("/me", &texts.keep)
}
