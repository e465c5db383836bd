//! Editing one's own comment, within a quarter of an hour, by the rules for a new one.

use super::{Commenter, own};
use crate::{
    domain::{
        comment::{COMMENTS_TAG, NewComment},
        stamp::StampState,
    },
    store::{Edited, Sender},
    web::{
        post::{
            submit::{self, CommentForm, Rejection},
            thread,
        },
        prelude::*,
        view::form::{FieldsView, Notice},
    },
};

#[derive(Template)]
#[template(path = "corner/edit.html")]
struct EditPage<'a> {
    layout: Layout,
    texts: &'static Texts,
    action: String,
    notice: Option<&'a Notice>,
    fields: FieldsView<'a>,
}

/// Form with the comment in it.
pub async fn show(State(app): State<App>, commenter: Commenter, Path(id): Path<String>) -> Result<Response, WebError> {
    let comment = own(&app, &commenter, &id).await?;
    if comment.editable_for(app.clock.now()).is_none() {
        return Ok(redirect(StatusCode::SEE_OTHER, &in_corner(&comment)));
    }
    let raw = RawComment {
        name: comment.name.clone(),
        email: comment.email.clone().unwrap_or_default(),
        site: comment.site.clone().unwrap_or_default(),
        text: comment.text.clone(),
        ..RawComment::default()
    };
    Ok(page(&app, &comment, &raw, None)?.into_response())
}

/// Stores the edited comment: check, store, answer. After any error all fields are kept.
pub async fn save(
    State(app): State<App>,
    origin: Origin,
    commenter: Commenter,
    Path(id): Path<String>,
    Posted(form): Posted<CommentForm>,
) -> Result<Response, WebError> {
    let comment = own(&app, &commenter, &id).await?;
    let raw = RawComment { parent: String::new(), ..form.raw };
    let texts = app.texts();
    let stored = match submit::check(origin, &raw, &texts.corner.edit_foreign, texts) {
        Ok(new) => store(&app, &comment, new, commenter.0).await,
        Err(rejection) => Err(rejection),
    };
    match stored {
        Ok(status) => {
            let to = match app.snapshot().post(&comment.thread_slug) {
                Some(post) => thread::place(&app, post, comment.id, status, false).await,
                None => in_corner(&comment),
            };
            Ok(redirect(StatusCode::SEE_OTHER, &to))
        }
        Err(rejection) => Ok(rejection.respond(page(&app, &comment, &raw, Some(&rejection.notice))?)),
    }
}

/// Stores the edit and purges the pages that show it, even if the visitor disconnects.
async fn store(app: &App, comment: &Comment, new: NewComment, sender: Sender) -> Result<Status, Rejection> {
    // Checked as the commenter that wrote it, even if this browser has another of their cookies.
    let sender = Sender { commenter: comment.commenter.clone().unwrap_or_default(), ..sender };
    // The store knows stamp and honeypot from when the comment was sent.
    let (id, slug, task_app) = (comment.id, comment.thread_slug.clone(), app.clone());
    let edited = finish(async move {
        let sent = submit::sent(&task_app, &slug, new, sender, StampState::Valid, false).await?;
        let edited = task_app.store.edit_comment(id, &sent).await?;
        if let Edited::Stored { tag, .. } = &edited {
            task_app.cache.purge(&[tag, COMMENTS_TAG]);
        }
        Ok(edited)
    });
    let texts = app.texts();
    match edited.await {
        Ok(Edited::Stored { status, .. }) => Ok(status),
        Ok(Edited::Refused(refusal)) => Err(Rejection::refused(&refusal, &texts.mend)),
        // Erased in the meantime: too late as well.
        Ok(Edited::TooLate) | Err(StoreError::NotFound) => {
            Err(Rejection::new(&texts.corner.too_late, StatusCode::CONFLICT))
        }
        Err(error) => Err(Rejection::not_kept(&error, &texts.mend)),
    }
}

fn page(app: &App, comment: &Comment, values: &RawComment, notice: Option<&Notice>) -> Result<Page, WebError> {
    let texts = app.texts();
    let mut layout = Layout::new(app, &app.snapshot(), &texts.corner.edit_heading).not_indexed();
    if notice.is_some() {
        layout = layout.with_error();
    }
    let fields = FieldsView { values, notice, texts };
    let action = format!("/me/comments/{}/edit", comment.id);
    Page::html(&EditPage { layout, texts, action, notice, fields }, Policy::Private)
}

fn in_corner(comment: &Comment) -> String {
    format!("/me#comment-{}", comment.id)
}
