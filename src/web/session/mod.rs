//! Code common to all pages that visitors act on: who they are, their forms, the keys of links in mails, and the page with
//! one sentence and one button.

pub mod forms;
mod question;
pub mod visitor;

use http::StatusCode;
use serde::Deserialize;

use super::error::WebError;
use crate::{domain::mail_keys::Refused, store::StoreError, texts::FromMail};

pub use forms::{Origin, Posted};
pub use question::{Button, Question};
pub use visitor::{Visitor, deleted_cookie, with_cookie};

/// Does the work to its end, even if the visitor disconnects.
///
/// # Errors
/// Those of the work.
pub async fn finish<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(work).await.unwrap_or(Err(StoreError::Interrupted))
}

/// Query parameters of a link in a mail, and fields of the form on its page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MailLink {
    pub key: String,
}

/// Error for a key that was changed, or is too old. `over`: sentence for the latter.
pub fn refused(why: Refused, over: &str, texts: &FromMail) -> WebError {
    match why {
        Refused::Forged => WebError::said(StatusCode::FORBIDDEN, &texts.incomplete),
        Refused::Old => WebError::said(StatusCode::GONE, over),
    }
}
