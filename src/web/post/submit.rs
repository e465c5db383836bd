//! Sending a comment: form, check, store, answer. Editing one (`/me`) takes the same steps. After any error the visitor
//! gets the page again with all fields kept.

use std::sync::Arc;

use super::{PostContext, page::form_again, thread};
use crate::{
    domain::{
        comment::{COMMENTS_TAG, Field, FieldError, FieldErrors, NewComment},
        mailbox,
        names::Names,
        stamp::{self, StampState},
        verdict::{Circumstances, Refusal, blocks::Block},
    },
    store::{Added, Sender, Sent},
    texts::{Mend, Said, TooFast},
    web::{
        prelude::*,
        view::{
            cards::thread_keys,
            form::{FormState, Notice},
            thread::PreviewView,
        },
    },
};

/// Seconds after which a comment that could not be stored may be sent again.
const AWAY_SECONDS: u64 = 60;

/// Fields of the submitted form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CommentForm {
    #[serde(flatten)]
    pub raw: RawComment,
    stamp: String,
    /// Set by the preview button.
    preview: String,
    /// Field that people do not see. Its name is `view::form::HONEYPOT`.
    fax_extension: String,
}

pub(super) async fn submit(
    State(app): State<App>,
    Path(slug): Path<String>,
    origin: Origin,
    visitor: Visitor,
    Posted(form): Posted<CommentForm>,
) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let post = snapshot.post(&slug).ok_or_else(WebError::not_found)?;
    let context = PostContext { app: &app, snapshot: &snapshot, post };
    let stamp = stamp::check(&app.signer, post.entry.slug.as_str(), &form.stamp, app.clock.now());
    let (honeypot_filled, is_preview) = (!form.fax_extension.is_empty(), !form.preview.is_empty());
    let mut raw = form.raw;
    if app.config.mail.is_none() {
        // Not offered without a mail server.
        raw.wish = String::new();
    }
    let stored = match check_open(context).and_then(|()| check(origin, &raw, &app.texts().mend.foreign, app.texts())) {
        Ok(new) if is_preview => {
            // For browsers without scripts.
            let form = FormState { values: raw, preview: Some(new), ..FormState::default() };
            return Ok(form_again(context, form, StatusCode::OK).await?.into_response());
        }
        Ok(new) => {
            let (task_app, slug) = (app.clone(), post.entry.slug.clone());
            let sent = async move { sent(&task_app, slug.as_str(), new, visitor.sender, stamp, honeypot_filled).await };
            store(app.clone(), sent).await
        }
        Err(rejection) => Err(rejection),
    };
    match stored {
        Ok((id, status, is_repeated)) => {
            let cookie = visitor.new_cookie.filter(|_| !is_repeated);
            Ok(with_cookie(posted(context, id, status).await, cookie))
        }
        Err(rejection) => {
            if rejection.notice.errors.of(Field::Parent).is_some() {
                // Sent again, it is posted on its own.
                raw.parent = String::new();
            }
            let form = FormState { values: raw, notice: Some(rejection.notice.clone()), ..FormState::default() };
            let page = form_again(context, form, rejection.status).await?;
            Ok(rejection.respond(page))
        }
    }
}

/// Preview of a comment without a page, for the script that shows it during typing. The name may be missing; errors
/// in the other fields are reported when the comment is sent.
pub(super) async fn preview(
    State(app): State<App>,
    origin: Origin,
    Posted(form): Posted<CommentForm>,
) -> Result<Page, WebError> {
    if origin == Origin::Foreign {
        return Err(StatusCode::FORBIDDEN.into());
    }
    let RawComment { name, site, text, .. } = form.raw;
    let name = if name.trim().is_empty() { app.texts().form.name.clone() } else { name };
    let whole = RawComment { name, site, text, ..RawComment::default() };
    let new = comment_markdown::parse(&whole)
        .or_else(|_| comment_markdown::parse(&RawComment { site: String::new(), ..whole }));
    let new = new.map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
    Page::html(&PreviewView::new(&app.config.site, &new, app.clock.now()), Policy::Private)
}

fn check_open(context: PostContext<'_>) -> Result<(), Rejection> {
    // The thread is closed meanwhile; the page says so.
    let closed = || Rejection::new(&context.app.texts().mend.closed, StatusCode::FORBIDDEN);
    if context.is_open() { Ok(()) } else { Err(closed()) }
}

/// Checks origin and fields. `foreign`: text for a form from another site.
///
/// # Errors
/// The form comes from another site, or a field is wrong.
pub fn check(origin: Origin, raw: &RawComment, foreign: &Said, texts: &Texts) -> Result<NewComment, Rejection> {
    if origin == Origin::Foreign {
        return Err(Rejection::new(foreign, StatusCode::FORBIDDEN));
    }
    comment_markdown::parse(raw).map_err(|errors| Rejection::fields(errors, &texts.mend))
}

/// A checked comment with all that the store needs to judge it. `slug`: slug of the thread.
///
/// # Errors
/// The database is away.
pub async fn sent(
    app: &App,
    slug: &str,
    new: NewComment,
    sender: Sender,
    stamp: StampState,
    honeypot_filled: bool,
) -> Result<Sent, StoreError> {
    let accounts = app.store.accounts().await?;
    let (site, snapshot, at) = (&app.config.site, app.snapshot(), app.clock.now());
    let post = snapshot.post(slug);
    let emails = site.author.email.as_deref().into_iter().chain(accounts.iter().map(|account| account.email.as_str()));
    let email = new.email.as_deref().map(mailbox::kept);
    let own = Names::new(accounts.iter().map(|account| account.name.as_str()).chain([site.author.name.as_str()]));
    Ok(Sent {
        thread: ThreadKey::post(slug),
        parent_threads: post.map(|post| thread_keys([post.as_ref()])).unwrap_or_default(),
        sender,
        circumstances: Circumstances {
            stamp,
            post_age: post.and_then(|post| Some(at.duration_since(post.appeared()?))),
            honeypot_filled,
            poses_as_author: own.has_one_like(&new.name) || snapshot.authors.has_one_like(&new.name),
            has_authors_email: email.is_some_and(|email| emails.map(mailbox::kept).any(|own| own == email)),
        },
        new,
        rates: site.comments.rates,
        rules: Arc::clone(&site.comments.rules),
        at,
    })
}

/// Stores the comment and purges the pages that show it, even if the visitor disconnects. Returns its id and status, and
/// true if it was sent before.
async fn store(
    app: App,
    sent: impl Future<Output = Result<Sent, StoreError>> + Send + 'static,
) -> Result<(CommentId, Status, bool), Rejection> {
    let texts = &app.texts().mend;
    let added = finish(async move {
        let sent = sent.await?;
        let added = app.store.add_comment(&sent).await?;
        app.metrics.commented(&added);
        if let Added::Stored(_, Status::Approved) = added {
            app.cache.purge(&[sent.thread.tag().as_str(), COMMENTS_TAG]);
        }
        Ok(added)
    });
    match added.await {
        Ok(Added::Stored(id, status)) => Ok((id, status, false)),
        Ok(Added::Duplicate(id, status)) => Ok((id, status, true)),
        Ok(Added::Refused(refusal)) => Err(Rejection::refused(&refusal, texts)),
        Ok(Added::ParentGone) => Err(Rejection::fields(FieldErrors::one(FieldError::ParentGone), texts)),
        Err(error) => Err(Rejection::not_kept(&error, texts)),
    }
}

/// Redirects to the comment with 303, so that a reload posts nothing twice. A pending confirmation mail is mentioned at
/// the comment.
async fn posted(context: PostContext<'_>, id: CommentId, status: Status) -> Response {
    let PostContext { app, post, .. } = context;
    let is_asked = status == Status::Approved && thread::is_asked_by_mail(app, id).await;
    redirect(StatusCode::SEE_OTHER, &thread::place(app, post, id, status, is_asked).await)
}

/// Reason why the form is shown again with all its fields.
pub struct Rejection {
    pub notice: Notice,
    pub status: StatusCode,
    /// Seconds until a retry may be accepted.
    retry_after: Option<u64>,
}

impl Rejection {
    pub fn new(said: &Said, status: StatusCode) -> Self {
        Self { notice: Notice::said(said), status, retry_after: None }
    }

    pub fn fields(errors: FieldErrors, texts: &Mend) -> Self {
        Self { notice: Notice::fields(errors, texts), status: StatusCode::UNPROCESSABLE_ENTITY, retry_after: None }
    }

    /// Rejection after a database error, which is logged.
    pub fn not_kept(error: &StoreError, texts: &Mend) -> Self {
        error::log(error);
        Self { retry_after: Some(AWAY_SECONDS), ..Self::new(&texts.not_kept, StatusCode::SERVICE_UNAVAILABLE) }
    }

    pub fn refused(refusal: &Refusal, texts: &Mend) -> Self {
        let (heading, sentence, status) = match refusal {
            Refusal::TooFast(wait) => {
                let seconds = wait.as_secs().max(0).unsigned_abs() + 1;
                let notice = Notice::sentence(&texts.too_fast.heading, wait_sentence(&texts.too_fast, seconds));
                return Self { notice, status: StatusCode::TOO_MANY_REQUESTS, retry_after: Some(seconds) };
            }
            Refusal::Word(phrase) => {
                (&texts.word.heading, texts.word.sentence.with(phrase), StatusCode::UNPROCESSABLE_ENTITY)
            }
            Refusal::Blocked(block) => {
                let sentence = match block {
                    Block::Email(_) => &texts.blocked.email,
                    Block::Site(_) => &texts.blocked.site,
                    Block::Network(_) => &texts.blocked.network,
                };
                (&texts.blocked.heading, sentence.clone(), StatusCode::FORBIDDEN)
            }
        };
        Self { notice: Notice::sentence(heading, sentence), status, retry_after: None }
    }

    /// Response with the page that shows the form again.
    pub fn respond(&self, page: Page) -> Response {
        let mut response = page.with_status(self.status).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

fn wait_sentence(texts: &TooFast, seconds: u64) -> String {
    let seconds = usize::try_from(seconds).unwrap_or(usize::MAX);
    if seconds <= 90 { texts.seconds.of(seconds) } else { texts.minutes.of(seconds.div_ceil(60)) }
}
