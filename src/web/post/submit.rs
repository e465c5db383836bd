//! Handler that accepts a comment: check, store, answer. After any error the visitor gets the page again with all fields
//! kept.

use std::sync::Arc;

use super::{
    PostContext,
    conversation::is_open,
    page::form_again,
    preview, thread,
    writing::{self, CommentForm, Rejection},
};
use crate::{
    domain::{
        comment::{COMMENTS_TAG, CommentId, Field, FieldError, FieldErrors, NewComment, RawComment, Status, ThreadKey},
        stamp,
        verdict::Circumstances,
    },
    store::{Added, Sender, Sent, StoreError},
    web::{
        prelude::*,
        session::{Origin, Posted, Visitor, finish, with_cookie},
        view::cards::thread_keys,
    },
};

/// A comment on disk.
struct Stored {
    id: CommentId,
    status: Status,
    /// True if it was sent before.
    is_repeated: bool,
}

pub async fn submit(
    State(app): State<App>,
    Path(slug): Path<String>,
    origin: Origin,
    visitor: Visitor,
    Posted(form): Posted<CommentForm>,
) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let post = snapshot.post(&slug).ok_or_else(WebError::not_found)?;
    let context = PostContext { app: &app, snapshot: &snapshot, post };
    let mut raw = form.raw();
    if app.config.mail.is_none() {
        // Not offered without a mail server.
        raw.wish = String::new();
    }
    let stored = match check(context, origin, &raw) {
        Ok(new) if !form.preview.is_empty() => return preview::on_page(context, raw, &new).await,
        Ok(new) => store(context, new, &form, visitor.sender).await,
        Err(rejection) => Err(rejection),
    };
    match stored {
        Ok(stored) => Ok(posted(context, &stored, visitor.new_cookie).await),
        Err(rejection) => {
            if rejection.notice.errors.of(Field::Parent).is_some() {
                // Sent again, it is posted on its own.
                raw.parent = String::new();
            }
            let page = form_again(context, raw, Some(rejection.notice.clone()), None, rejection.status).await?;
            Ok(rejection.respond(page))
        }
    }
}

fn check(context: PostContext<'_>, origin: Origin, raw: &RawComment) -> Result<NewComment, Rejection> {
    let texts = &context.app.texts().mend;
    if !is_open(context) {
        // The form is gone; the page says so.
        return Err(Rejection::new(&texts.closed, StatusCode::FORBIDDEN));
    }
    writing::check(origin, raw, &texts.foreign, texts)
}

async fn store(
    context: PostContext<'_>,
    new: NewComment,
    form: &CommentForm,
    sender: Sender,
) -> Result<Stored, Rejection> {
    let PostContext { app, snapshot, post } = context;
    let (texts, slug, at) = (&app.texts().mend, post.entry.slug.as_str(), app.clock.now());
    let sent = Sent {
        thread: ThreadKey::post(slug),
        parent_threads: thread_keys([post]),
        sender,
        circumstances: Circumstances {
            stamp: stamp::check(&app.signer, slug, &form.stamp, at),
            post_age: post.appeared().map(|appeared| at.duration_since(appeared)),
            honeypot_filled: !form.fax_extension.is_empty(),
            poses_as_author: writing::poses_as_author(app, snapshot, &new),
            has_authors_email: writing::has_authors_email(app, &new),
        },
        new,
        rates: app.config.site.comments.rates,
        rules: Arc::clone(&app.config.site.comments.rules),
        at,
    };
    match add(app.clone(), sent).await {
        Ok(Added::Stored(id, status)) => Ok(Stored { id, status, is_repeated: false }),
        Ok(Added::Duplicate(id, status)) => Ok(Stored { id, status, is_repeated: true }),
        Ok(Added::Refused(refusal)) => Err(Rejection::refused(&refusal, texts)),
        Ok(Added::ParentGone) => Err(Rejection::fields(FieldErrors::one(FieldError::ParentGone), texts)),
        Err(error) => Err(Rejection::not_kept(&error, texts)),
    }
}

/// Stores the comment and purges the pages that show it, even if the visitor disconnects.
async fn add(app: App, sent: Sent) -> Result<Added, StoreError> {
    finish(async move {
        let added = app.store.add_comment(&sent).await?;
        app.metrics.commented(&added);
        if let Added::Stored(_, Status::Approved) = added {
            app.cache.purge(&[sent.thread.tag().as_str(), COMMENTS_TAG]);
        }
        Ok(added)
    })
    .await
}

/// Redirects with 303, so that a reload posts nothing twice. A pending confirmation mail is mentioned at the comment.
async fn posted(context: PostContext<'_>, stored: &Stored, cookie: Option<HeaderValue>) -> Response {
    let PostContext { app, post, .. } = context;
    let Stored { id, status, is_repeated } = *stored;
    let is_asked = status == Status::Approved && thread::is_asked_by_mail(app, id).await;
    let to = thread::place(app, post, id, status, is_asked).await;
    with_cookie(redirect(StatusCode::SEE_OTHER, &to), cookie.filter(|_| !is_repeated))
}
