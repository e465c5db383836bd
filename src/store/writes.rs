//! Result of the last write: whether comments can be stored.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Result, Store, StoreError};

/// Time that the result of a successful write, and of a failed one, is taken as still valid.
const GOOD_FOR: Duration = Duration::from_secs(15);
const BAD_FOR: Duration = Duration::from_secs(2);
/// Bytes of a trial write: about as many pages as a comment changes, with its indexes.
const TRIAL: usize = 16 * 1024;

/// Time and result of the last write.
type LastWrite = Option<(Instant, Result<(), String>)>;

/// The result of the last write, and a lock for the caller that makes a trial write. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes(Arc<(Mutex<LastWrite>, tokio::sync::Mutex<()>)>);

impl Writes {
    /// Stores how a transaction ended. An error of our own rules does not count against the database.
    pub fn note<T>(&self, outcome: &Result<T>) {
        let result = match outcome {
            Err(error @ StoreError::Database(_)) => Err(error.to_string()),
            _ => Ok(()),
        };
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), result));
    }

    /// Result of the last write; `None` if it is too old.
    fn last(&self) -> Option<Result<(), String>> {
        let last = self.0.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (at, result) = last?;
        (at.elapsed() < if result.is_ok() { GOOD_FOR } else { BAD_FOR }).then_some(result)
    }
}

impl Store {
    /// Checks that comments can be stored, by the last write. If that is too old, one caller makes a trial write for
    /// all.
    ///
    /// # Errors
    /// The reason why they cannot.
    pub async fn can_write(&self) -> Result<(), String> {
        if let Some(result) = self.writes.last() {
            return result;
        }
        let _alone = self.writes.0.1.lock().await;
        match self.writes.last() {
            Some(result) => result,
            None => self.try_to_write().await.map_err(|error| error.to_string()),
        }
    }

    /// Writes a row and deletes it in one transaction. The row is never visible, and the transaction fails if the disk
    /// is full.
    async fn try_to_write(&self) -> Result<()> {
        let trial = &"x".repeat(TRIAL);
        self.write(|mut tx| async move {
            let id: i64 = tx
                .one(
                    "INSERT INTO refusals (thread_kind, thread_slug, reason, detail, name, text, created_at)
                     VALUES ('', '', 'trial', '', '', $1, 0) RETURNING id",
                    &[trial],
                )
                .await?;
            tx.execute("DELETE FROM refusals WHERE id = $1", &[&id]).await?;
            Ok(())
        })
        .await
    }
}
