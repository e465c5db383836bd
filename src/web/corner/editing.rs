//! Editing one's own comment, within a quarter of an hour, by the rules for a new one.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use super::{
    super::{
        comments::{self, CommentForm},
        errors::{self, WebError},
        guard::{Origin, Posted},
        page::{Page, redirect},
        view::{
            form::{FieldsView, Notice},
            layout::Layout,
        },
    },
    Commenter, layout, own,
};
use crate::{
    app::App,
    cache::Policy,
    content::comment_markdown,
    domain::comment::{COMMENTS_TAG, Comment, RawComment},
    store::{Edit, Edited, OwnComment, Sender, StoreError},
    texts::Texts,
};

#[derive(Template)]
#[template(path = "corner/edit.html")]
struct EditPage {
    layout: Layout,
    texts: &'static Texts,
    action: String,
    notice: Option<Notice>,
    fields: FieldsView,
}

/// Form with the comment in it.
pub async fn show(State(app): State<App>, commenter: Commenter, Path(id): Path<String>) -> Result<Response, WebError> {
    let OwnComment { comment, .. } = own(&app, &commenter, &id).await?;
    if comment.editable_for(app.clock.now()).is_none() {
        return Ok(redirect(StatusCode::SEE_OTHER, &in_corner(&comment)));
    }
    let raw = RawComment {
        name: comment.name.clone(),
        email: comment.email.clone().unwrap_or_default(),
        site: comment.site.clone().unwrap_or_default(),
        text: comment.text.clone(),
        parent: String::new(),
        ..RawComment::default()
    };
    page(&app, &comment, raw, None, StatusCode::OK)
}

/// Stores the edited comment. After any error all fields are kept.
pub async fn save(
    State(app): State<App>,
    origin: Origin,
    commenter: Commenter,
    Path(id): Path<String>,
    Posted(form): Posted<CommentForm>,
) -> Result<Response, WebError> {
    let OwnComment { comment, writer } = own(&app, &commenter, &id).await?;
    let raw = RawComment { parent: String::new(), ..form.into_raw() };
    let texts = app.texts();
    let again = |raw, notice, status| page(&app, &comment, raw, Some(notice), status);
    if origin == Origin::Foreign {
        return again(raw, Notice::said(&texts.corner.edit_foreign), StatusCode::FORBIDDEN);
    }
    let new = match comment_markdown::parse(&raw) {
        Ok(new) => new,
        Err(errors) => {
            return again(raw, Notice::fields(errors, &texts.mend), StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    let site = &app.config.site.comments;
    let (snapshot, at) = (app.snapshot(), app.clock.now());
    let post = snapshot.post(&comment.thread_slug);
    let edit = Edit {
        id: comment.id,
        post_age: post.and_then(|post| Some(at.duration_since(post.appeared()?))),
        poses_as_author: comments::is_like_an_author(&app, &snapshot, &new.name),
        has_authors_email: comments::has_authors_email(&app, &new),
        new,
        // Checked as the commenter that wrote it, even if this browser has another of their cookies.
        sender: Sender { commenter: writer, ..commenter.0 },
        gap: site.rates.gap,
        rules: Arc::clone(&site.rules),
        at,
    };
    match store(&app, edit).await {
        Ok(Edited::Stored { status, .. }) => {
            let to = match post {
                Some(post) => comments::place(&app, post, comment.id, status, false).await,
                None => in_corner(&comment),
            };
            Ok(redirect(StatusCode::SEE_OTHER, &to))
        }
        Ok(Edited::TooLate) => again(raw, Notice::said(&texts.corner.too_late), StatusCode::CONFLICT),
        Ok(Edited::Refused(refusal)) => {
            let (status, notice, seconds) = comments::refused(&refusal, &texts.mend);
            let mut response = again(raw, notice, status)?;
            if let Some(seconds) = seconds {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            Ok(response)
        }
        Err(StoreError::NotFound) => Err(WebError::not_found()),
        Err(error) => {
            errors::log(&error);
            let mut response = again(raw, Notice::said(&texts.mend.not_kept), StatusCode::SERVICE_UNAVAILABLE)?;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            Ok(response)
        }
    }
}

/// Stores the edit in its own task, like a new comment: it is stored even if the visitor disconnects.
async fn store(app: &App, edit: Edit) -> Result<Edited, StoreError> {
    let app = app.clone();
    let task = tokio::spawn(async move {
        let edited = app.store.edit_comment(&edit).await;
        if let Ok(Edited::Stored { tag, .. }) = &edited {
            app.cache.purge(&[tag, COMMENTS_TAG]);
        }
        edited
    });
    task.await.unwrap_or(Err(StoreError::Interrupted))
}

fn page(
    app: &App,
    comment: &Comment,
    values: RawComment,
    notice: Option<Notice>,
    status: StatusCode,
) -> Result<Response, WebError> {
    let texts = app.texts();
    let mut layout = layout(app, &app.snapshot(), &texts.corner.edit_heading);
    if notice.is_some() {
        layout = layout.with_error();
    }
    let fields = FieldsView::new(values, notice.as_ref(), texts);
    let action = format!("/me/comments/{}/edit", comment.id);
    let page = Page::html(&EditPage { layout, texts, action, notice, fields }, Policy::Private)?;
    Ok(page.with_status(status).into_response())
}

fn in_corner(comment: &Comment) -> String {
    format!("/me#comment-{}", comment.id)
}
