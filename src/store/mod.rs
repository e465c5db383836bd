//! The database. The only module with SQL; it depends on `domain` only.
//!
//! One method is one transaction and one intention (`approve`, not `update`). Each has one SQL text with `$1`
//! placeholders that runs on SQLite and PostgreSQL. `sql` and `connection` are the layer over sqlx.

mod accounts;
mod adding;
mod arrivals;
mod belongings;
mod blocks;
mod changes;
mod comments;
mod connection;
mod corner;
mod judging;
mod learning;
mod lists;
mod moderation;
mod open;
mod outbox;
mod passkeys;
pub mod private;
mod refusals;
mod retention;
mod sent;
mod sql;
mod subscriptions;
mod tokens;
mod undo;
mod writes;

use std::sync::Arc;

use sqlx::{PgPool, SqlitePool};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::domain::limits::{POSTGRES_TIMEOUT, SQLITE_WAIT};
use arrivals::Arrivals;
use connection::{Connection, Pooled};
use sql::{FromRow, List, Sql};
use writes::Writes;

pub use accounts::Session;
pub use adding::Added;
pub use blocks::Blocked;
pub use changes::{Changes, Stale};
pub use corner::{Edited, WRITER};
pub use lists::{Filter, Logged};
pub use moderation::Moderated;
pub use open::OpenError;
pub use outbox::{Outcome, Outgoing};
pub use refusals::Refused;
pub use retention::Forgotten;
pub use sent::{Sender, Sent};
pub use subscriptions::AddressState;
pub use undo::Act;

/// Database of comments and all other data that must survive a restart. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pools: Pools,
    arrivals: Arrivals,
    writes: Writes,
}

/// Connection pools. SQLite: one writer, several read-only readers.
#[derive(Clone, Debug)]
enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres(PgPool),
}

/// Errors of the store, for `web` and `cli`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row.
    #[error("it does not exist")]
    NotFound,
    /// Violation of one of our rules; the text explains it to a person.
    #[error("{0}")]
    Conflict(String),
    /// Stop or panic of the program before the result was there.
    #[error("it was interrupted")]
    Interrupted,
    /// Database away, full, or failing.
    #[error("the database reports an error: {0}")]
    Database(#[from] sqlx::Error),
    /// Error of a transaction with several comments, shared by all of them.
    #[error(transparent)]
    Together(#[from] Arc<Self>),
}

impl StoreError {
    /// True if two transactions conflicted and nothing was written: 40001 (serialization failure) and 40P01 (deadlock
    /// detected) of the SQL standard's class 40.
    fn may_be_tried_again(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        matches!(error.code().as_deref(), Some("40001" | "40P01"))
    }
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A transaction that is open. Functions that are a part of one take its [`Connection`]. It is owned by the work, since
/// the future of an `AsyncFn` that borrows it is not known to be `Send` (Rust 1.95).
type Transaction = OwnedMutexGuard<Connection>;

/// Number of times a transaction is tried before its conflict is an error.
const ATTEMPTS: u32 = 5;

impl Store {
    fn new(pools: Pools) -> Self {
        Self { pools, arrivals: Arrivals::new(), writes: Writes::default() }
    }

    /// Returns the rows of a query.
    async fn all<T: FromRow>(&self, sql: impl Sql, arguments: &List<'_>) -> Result<Vec<T>> {
        let sql = sql.into();
        let reading = async {
            let mut connection = Connection::new(match &self.pools {
                Pools::Sqlite { readers, .. } => Pooled::sqlite(readers).await?,
                Pools::Postgres(pool) => Pooled::Postgres(pool.acquire().await?),
            });
            let rows = connection.all(sql, arguments).await?;
            connection.give_back();
            Ok::<_, StoreError>(rows)
        };
        self.limited(reading).await
    }

    /// Returns the row of a query that has one at most.
    async fn optional<T: FromRow>(&self, sql: impl Sql, arguments: &List<'_>) -> Result<Option<T>> {
        Ok(self.all(sql, arguments).await?.into_iter().next())
    }

    /// Returns the row of a query; [`StoreError::NotFound`] if there is none.
    async fn one<T: FromRow>(&self, sql: impl Sql, arguments: &List<'_>) -> Result<T> {
        self.optional(sql, arguments).await?.ok_or(StoreError::NotFound)
    }

    /// Runs one transaction and commits it; an error rolls it back. After a conflict, the work is done again.
    async fn write<T, W>(&self, work: impl Fn(Transaction) -> W) -> Result<T>
    where
        W: Future<Output = Result<T>>,
    {
        let mut attempt = 1;
        loop {
            match self.limited(self.transaction(&work)).await {
                Err(error) if error.may_be_tried_again() && attempt < ATTEMPTS => attempt += 1,
                outcome => {
                    self.writes.note(&outcome);
                    return outcome;
                }
            }
        }
    }

    /// Runs one statement in a transaction; returns the number of rows that it has changed.
    async fn execute(&self, sql: impl Sql, arguments: &List<'_>) -> Result<u64> {
        let sql = &sql.into();
        self.write(|mut tx| async move { tx.execute(sql.clone(), arguments).await }).await
    }

    /// Runs one statement that changes a row; [`StoreError::NotFound`] if there is none.
    async fn change(&self, sql: impl Sql, arguments: &List<'_>) -> Result<()> {
        if self.execute(sql, arguments).await? == 0 { Err(StoreError::NotFound) } else { Ok(()) }
    }

    async fn transaction<T, W>(&self, work: &impl Fn(Transaction) -> W) -> Result<T>
    where
        W: Future<Output = Result<T>>,
    {
        // IMMEDIATE: a deferred transaction that reads first fails at once if another process wrote in between, whatever
        // `busy_timeout` says.
        let (pooled, begin) = match &self.pools {
            Pools::Sqlite { writer, .. } => (Pooled::sqlite(writer).await?, "BEGIN IMMEDIATE"),
            Pools::Postgres(pool) => (Pooled::Postgres(pool.acquire().await?), "BEGIN"),
        };
        let mut connection = Connection::new(pooled);
        connection.execute(begin, &[]).await?;
        let shared = Arc::new(Mutex::new(connection));
        let outcome = work(Arc::clone(&shared).lock_owned().await).await;
        let connection = Arc::into_inner(shared).ok_or(StoreError::Interrupted)?.into_inner();
        connection.end(outcome).await
    }

    /// Does work on a connection, on PostgreSQL for at most [`POSTGRES_TIMEOUT`].
    async fn limited<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        match self.pools {
            Pools::Sqlite { .. } => work.await,
            Pools::Postgres(_) => {
                let done = tokio::time::timeout(POSTGRES_TIMEOUT, work).await;
                done.unwrap_or_else(|_| Err(StoreError::Database(sqlx::Error::PoolTimedOut)))
            }
        }
    }

    /// Runs a small query to check that the database answers.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn ping(&self) -> Result<()> {
        self.revision().await.map(|_| ())
    }

    /// Returns the signing secret, shared by all instances; the very first start stores `fresh` random bytes as it.
    ///
    /// # Errors
    /// The database is away.
    pub async fn secret(&self, fresh: &[u8]) -> Result<Vec<u8>> {
        self.write(|mut tx| async move {
            tx.execute("UPDATE site SET secret = $1 WHERE secret IS NULL", &[&fresh]).await?;
            tx.one("SELECT secret FROM site", &[]).await
        })
        .await
    }

    /// Empties SQLite's write-ahead log, in which erased data stays until then. If somebody is reading, as a backup
    /// does, it gives up, so that commenters do not wait: [`Self::forget_expired`] tries again later.
    async fn truncate_log(&self) {
        let Pools::Sqlite { writer, .. } = &self.pools else { return };
        let patience = |milliseconds: u128| format!("PRAGMA busy_timeout = {milliseconds}");
        let checkpoint = async {
            let mut connection = Connection::new(Pooled::sqlite(writer).await?);
            connection.execute(patience(200), &[]).await?;
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)", &[]).await?;
            connection.execute(patience(SQLITE_WAIT.as_millis()), &[]).await?;
            connection.give_back();
            Ok::<(), StoreError>(())
        };
        let _ = checkpoint.await;
    }

    /// Closes the connections; SQLite merges its write-ahead log into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                // The last connection merges the log, but a reader cannot. The writer may have been closed after an error
                // or a dropped future, so one is taken until all readers are closed.
                let last = writer.acquire().await;
                readers.close().await;
                drop(last);
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}
