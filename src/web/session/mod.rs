//! Code common to all pages that visitors act on: who they are, where their form comes from, and the page with one
//! sentence and one button.

mod mail_link;
mod origin;
mod question;
pub mod visitor;

pub use mail_link::{MailLink, refused};
pub use origin::{Origin, Posted};
pub use question::{Button, Question};
pub use visitor::{Visitor, deleted_cookie, with_cookie};

use crate::store::StoreError;

/// Does the work to its end, even if the visitor disconnects.
///
/// # Errors
/// Those of the work.
pub async fn finish<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(work).await.unwrap_or(Err(StoreError::Interrupted))
}
