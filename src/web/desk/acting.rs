//! Actions of the reply desk, for one or several comments, and undoing them for a day.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use super::{
    SignedIn,
    comments::{DeskQuery, Notice, Typed, alone, blocks, done},
};
use crate::{
    domain::{account::Role, limits::DESK_COMMENTS},
    store::Moderated,
    web::{prelude::*, view::form::answer_errors},
};

/// Posted form: numbers of comments, an action, and a text; or the moment of an action to undo.
#[derive(Default)]
struct ActForm {
    ids: BTreeSet<CommentId>,
    act: String,
    /// Answer, or new text of the comment.
    text: String,
    moment: i64,
    /// List to return to.
    list: DeskQuery,
}

impl ActForm {
    /// Reads the fields; `id` may be there several times.
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "id" => form.ids.extend(value.parse::<CommentId>()),
                "act" => form.act = value,
                "text" => form.text = value,
                "moment" => form.moment = value.parse().unwrap_or_default(),
                "show" => form.list.show = value,
                "post" => form.list.post = value,
                "reason" => form.list.reason = value,
                "words" => form.list.words = value,
                _ => {}
            }
        }
        form
    }

    /// The only comment, if it is about one.
    fn only(&self) -> Option<CommentId> {
        self.ids.first().copied().filter(|_| self.ids.len() == 1)
    }
}

/// Does one thing with one or several comments. One moment for all, by which they can be undone together.
pub async fn act(
    State(app): State<App>,
    asks: SignedIn,
    Posted(fields): Posted<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let form = ActForm::read(fields);
    let (actor, now) = (asks.account.actor(), app.clock.now());
    if ["answer", "edit"].contains(&form.act.as_str()) {
        return write(&app, asks, form, now).await;
    }
    let mut moment = None;
    for &id in form.ids.iter().take(DESK_COMMENTS) {
        let outcome = match form.act.as_str() {
            "approve" => app.store.approve(id, &actor, now).await,
            "spam" => app.store.mark_spam(id, &actor, now).await,
            "trash" => app.store.trash(id, &actor, now).await,
            "settle" => app.store.settle(id, &actor, now).await,
            act => match blocks(&app, &app.store.comment(id).await?).iter().find(|(own, _)| *own == act) {
                Some((_, block)) => app.store.block_because(id, block, &actor, now).await,
                None if act.starts_with("block-") => continue,
                None => return Err(StatusCode::BAD_REQUEST.into()),
            },
        };
        match outcome {
            Ok(done) => {
                app.cache.purge(&done.tags());
                moment = moment.max(Some(done.at));
            }
            // Erased meanwhile by its writer: nothing is left to decide.
            Err(StoreError::NotFound | StoreError::Conflict(_)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    let moment = moment.unwrap_or(now);
    let Some(id) = form.only().filter(|_| !form.text.trim().is_empty()) else {
        return Ok(to(&form.list, moment));
    };
    // An answer was begun before this button was pressed. A redirect would lose it; sending it would be worse.
    let notice = done(&app, &asks.account, moment.as_millisecond()).await?;
    let sentence = app.texts().desk.text_kept.clone();
    let notice = Notice { sentence, is_error: false, undo: notice.and_then(|notice| notice.undo) };
    Ok(alone(&app, asks, id, form.list, notice, Typed { text: form.text, error: None }, false).await?.into_response())
}

/// Posts an answer under the account's name and approves the comment that it answers; or changes the comment's text.
async fn write(app: &App, asks: SignedIn, form: ActForm, now: Timestamp) -> Result<Response, WebError> {
    let id = form.only().ok_or(StatusCode::BAD_REQUEST)?;
    let (texts, account) = (app.texts(), asks.account.clone());
    let raw = RawComment { name: account.name.clone(), text: form.text.clone(), ..RawComment::default() };
    let new = match comment_markdown::parse(&raw) {
        Ok(new) => new,
        Err(errors) => {
            let error = answer_errors(&errors, texts);
            return failed(app, asks, id, form, StatusCode::UNPROCESSABLE_ENTITY, error).await;
        }
    };
    let (author, actor) = (&app.config.site.author, account.actor());
    let site = author.url.as_deref().filter(|_| account.role == Role::Author && author.name == account.name);
    let done = match form.act.as_str() {
        "edit" => app.store.edit_text(id, &new.text, &actor, now).await,
        _ => app.store.approve_and_reply(id, &new.name, site, &new.text, &actor, now).await,
    };
    match done {
        Ok(done) => {
            app.cache.purge(&done.tags());
            Ok(to(&form.list, done.at))
        }
        Err(StoreError::NotFound) => Err(WebError::not_found()),
        Err(StoreError::Conflict(_)) => {
            failed(app, asks, id, form, StatusCode::CONFLICT, texts.desk.erased_meanwhile.clone()).await
        }
        Err(error) => {
            error::log(&error);
            failed(app, asks, id, form, StatusCode::SERVICE_UNAVAILABLE, texts.from_mail.not_kept.clone()).await
        }
    }
}

/// The page with the text that could not be used.
async fn failed(
    app: &App,
    asks: SignedIn,
    id: CommentId,
    form: ActForm,
    status: StatusCode,
    error: String,
) -> Result<Response, WebError> {
    let notice = Notice { sentence: app.texts().desk.not_done.clone(), is_error: true, undo: None };
    let (typed, is_edit) = (Typed { text: form.text, error: Some(error) }, form.act == "edit");
    Ok(alone(app, asks, id, form.list, notice, typed, is_edit).await?.with_status(status).into_response())
}

pub async fn undo(
    State(app): State<App>,
    asks: SignedIn,
    Posted(fields): Posted<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let (form, now) = (ActForm::read(fields), app.clock.now());
    let moment = Timestamp::from_millisecond(form.moment).map_err(|_| StatusCode::BAD_REQUEST)?;
    let undone = app.store.undo(&asks.account.actor(), moment, now).await.map_err(|error| match error {
        StoreError::NotFound | StoreError::Conflict(_) => {
            WebError::said(StatusCode::CONFLICT, &app.texts().desk.undo_late)
        }
        other => other.into(),
    })?;
    let tags: HashSet<&str> = undone.iter().flat_map(Moderated::tags).collect();
    app.cache.purge(&tags.into_iter().collect::<Vec<_>>());
    Ok(to(&form.list, moment))
}

/// Redirect to the list, with the moment of the action.
fn to(list: &DeskQuery, moment: Timestamp) -> Response {
    redirect(StatusCode::SEE_OTHER, &list.path("done", &moment.as_millisecond().to_string()))
}
