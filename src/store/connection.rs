//! Connections lent from a pool, transactions on them, and the result of the last write.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Database, Executor, Pool, pool::PoolConnection};

use super::{Ending, Store, StoreError, on_writer};

/// Longest time that work on a PostgreSQL connection may take. For a server that vanished, the wait would last until
/// TCP gives up, which can be never. SQLite needs no such limit: its file is on this machine.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// A connection that returns to its pool only after its work has ended well.
///
/// After an error, or when the caller's future was dropped, its state is unknown: SQLite rolls back by itself on
/// SQLITE_FULL, IOERR, NOMEM, BUSY and INTERRUPT (sqlite.org/lang_transaction.html, 3.1), while sqlx still counts the
/// transaction as open. Such a connection is closed, and the pool opens another.
pub(super) struct Lent<DB: Database> {
    connection: PoolConnection<DB>,
    is_sound: bool,
}

impl<DB: Database> Lent<DB> {
    pub async fn from(pool: &Pool<DB>) -> Result<Self, sqlx::Error> {
        Ok(Self { connection: pool.acquire().await?, is_sound: false })
    }

    /// Returns the connection to its pool: its work has ended well.
    pub fn give_back(mut self) {
        self.is_sound = true;
    }
}

// Used in place of sqlx's transactions, which do not let the connection be closed.
impl<DB: Database> Lent<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    /// Begins a transaction with this statement.
    pub async fn begin(pool: &Pool<DB>, statement: &'static str) -> Result<Self, sqlx::Error> {
        let mut lent = Self::from(pool).await?;
        lent.execute(statement).await?;
        Ok(lent)
    }

    /// Ends the transaction. One of our own errors rolls it back; after a database error the connection is closed.
    pub async fn end<T>(mut self, outcome: Result<Ending<T>, StoreError>) -> Result<T, StoreError> {
        let (last, value) = match outcome {
            Ok(Ending::Commit(value)) => ("COMMIT", Ok(value)),
            Ok(Ending::Rollback(value)) => ("ROLLBACK", Ok(value)),
            Err(error @ StoreError::Database(_)) => return Err(error),
            Err(error) => ("ROLLBACK", Err(error)),
        };
        self.execute(last).await?;
        self.give_back();
        value
    }
}

impl<DB: Database> Deref for Lent<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.connection
    }
}

impl<DB: Database> DerefMut for Lent<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }
}

impl<DB: Database> Drop for Lent<DB> {
    fn drop(&mut self) {
        if !self.is_sound {
            self.connection.close_on_drop();
        }
    }
}

/// Runs work on a connection, for at most [`LONGEST`].
pub(super) async fn limited<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let done = tokio::time::timeout(LONGEST, work).await;
    done.unwrap_or_else(|_| Err(StoreError::Database(sqlx::Error::PoolTimedOut)))
}

/// Time that the result of a successful write, and of a failed one, is taken as still valid.
const GOOD_FOR: Duration = Duration::from_secs(15);
const BAD_FOR: Duration = Duration::from_secs(2);
/// Bytes of a trial write: about as many pages as a comment changes, with its indexes.
const TRIAL: usize = 16 * 1024;

/// Time and result of the last write.
type LastWrite = Option<(Instant, Result<(), String>)>;

/// The result of the last write. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes(Arc<(Mutex<LastWrite>, tokio::sync::Mutex<()>)>);

impl Writes {
    /// Stores how a transaction ended. An error of our own rules does not count against the database.
    pub fn note<T>(&self, outcome: &Result<T, StoreError>) {
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
        let writes = self.writes();
        if let Some(result) = writes.last() {
            return result;
        }
        let _alone = writes.0.1.lock().await;
        match writes.last() {
            Some(result) => result,
            None => self.try_to_write().await.map_err(|error| error.to_string()),
        }
    }

    /// Writes a row and deletes it in one transaction: nobody ever sees it, and it fails if the disk is full.
    async fn try_to_write(&self) -> Result<(), StoreError> {
        on_writer!(self, tx => {
            let id: i64 = sqlx::query_scalar(
                "INSERT INTO refusals (thread_kind, thread_slug, reason, detail, name, text, created_at)
                 VALUES ('', '', 'trial', '', '', $1, 0) RETURNING id",
            )
            .bind("x".repeat(TRIAL))
            .fetch_one(&mut *tx)
            .await?;
            sqlx::query("DELETE FROM refusals WHERE id = $1").bind(id).execute(&mut *tx).await?;
            Ok(Ending::Commit(()))
        })
    }
}
