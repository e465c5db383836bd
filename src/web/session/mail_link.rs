//! Links in our mails: their parameters, and keys that do not open anything (any more).

use http::StatusCode;
use serde::Deserialize;

use crate::{domain::mail_keys::Refused, texts::FromMail, web::error::WebError};

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
