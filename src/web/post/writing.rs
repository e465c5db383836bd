//! Steps that a new comment and an edited one share: form, checks, and the reasons why the form comes back.

use serde::Deserialize;

use crate::{
    content::comment_markdown,
    domain::{
        comment::{FieldErrors, NewComment, RawComment},
        mailbox,
        names::Names,
        verdict::{Refusal, blocks::Block},
    },
    store::StoreError,
    texts::{Mend, Said, TooFast},
    web::{prelude::*, session::Origin, view::form::Notice},
};

/// Seconds after which a comment that could not be stored may be sent again.
const AWAY_SECONDS: u64 = 60;

/// Fields of the submitted form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CommentForm {
    name: String,
    email: String,
    site: String,
    text: String,
    parent: String,
    wish: String,
    pub stamp: String,
    /// Set by the preview button.
    pub preview: String,
    /// Field that people do not see. Its name is `view::form::HONEYPOT`.
    pub fax_extension: String,
}

impl CommentForm {
    pub fn raw(&self) -> RawComment {
        let Self { name, email, site, text, parent, wish, .. } = self.clone();
        RawComment { name, email, site, text, parent, wish }
    }
}

/// Reason why the form comes back with all its fields.
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

/// Checks origin and fields. `foreign`: text for a form from another site.
///
/// # Errors
/// The form comes from another site, or a field is wrong.
pub fn check(origin: Origin, raw: &RawComment, foreign: &Said, texts: &Mend) -> Result<NewComment, Rejection> {
    if origin == Origin::Foreign {
        return Err(Rejection::new(foreign, StatusCode::FORBIDDEN));
    }
    comment_markdown::parse(raw).map_err(|errors| Rejection::fields(errors, texts))
}

/// True if readers could mistake this name for that of an author.
pub fn poses_as_author(app: &App, snapshot: &Snapshot, new: &NewComment) -> bool {
    let owner = Names::new([app.config.site.author.name.as_str()]);
    owner.has_one_like(&new.name) || snapshot.authors.has_one_like(&new.name)
}

/// True if the comment has the e-mail address of the site's author, which anybody can type.
pub fn has_authors_email(app: &App, new: &NewComment) -> bool {
    let authors = app.config.site.author.email.as_deref().map(mailbox::kept);
    authors.is_some() && authors == new.email.as_deref().map(mailbox::kept)
}

fn wait_sentence(texts: &TooFast, seconds: u64) -> String {
    let seconds = usize::try_from(seconds).unwrap_or(usize::MAX);
    if seconds <= 90 { texts.seconds.of(seconds) } else { texts.minutes.of(seconds.div_ceil(60)) }
}
