//! The database. The only module with SQL; it depends on `domain` only.
//!
//! One method is one transaction and one intention (`approve`, not `update`). Each has one SQL text with `$1`
//! placeholders that runs on SQLite and PostgreSQL; where the engines must differ, the two texts stand side by side.

mod adding;
mod arrivals;
mod belongings;
mod blocks;
mod changes;
mod comments;
mod connection;
mod corner;
mod learning;
mod moderation;
mod open;
mod outbox;
pub mod private;
mod refusals;
mod retention;
mod secret;
mod subscriptions;

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Pool, Postgres, Sqlite};

use arrivals::Arrivals;
use connection::{Lent, Writes};
use open::BUSY;

pub use adding::{Added, Sender, Sent};
pub use belongings::{OwnAddress, OwnComment, OwnSubscription};
pub use blocks::Blocked;
pub use changes::{Changes, Stale};
pub use corner::{Edit, Edited, WRITER};
pub use moderation::{Listed, Moderated};
pub use open::OpenError;
pub use outbox::{ListedMail, Outcome, Outgoing};
pub use refusals::Refused;
pub use retention::Forgotten;
pub use subscriptions::{Standing, Wished};

/// Database of comments and all other data that must survive a restart. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Store {
    Sqlite(Pools<Sqlite>),
    Postgres(Pools<Postgres>),
}

/// Connection pools. SQLite: one writer, several read-only readers. PostgreSQL: the same pool twice.
#[derive(Debug)]
pub struct Pools<DB: sqlx::Database> {
    writer: Pool<DB>,
    readers: Pool<DB>,
    arrivals: Arrivals,
    writes: Writes,
}

// A derived Clone would require `DB: Clone`.
impl<DB: sqlx::Database> Clone for Pools<DB> {
    fn clone(&self) -> Self {
        let Self { writer, readers, arrivals, writes } = self;
        Self { writer: writer.clone(), readers: readers.clone(), arrivals: arrivals.clone(), writes: writes.clone() }
    }
}

/// Errors of the store, for `web` and `cli`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row.
    #[error("it is not there")]
    NotFound,
    /// Violation of one of our rules; the text explains it to a person.
    #[error("{0}")]
    Conflict(String),
    /// Stop or panic of the program before the result was there.
    #[error("it was interrupted")]
    Interrupted,
    /// Database away, full, or failing.
    #[error("the database does not answer as it should: {0}")]
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

/// Number of times a transaction is tried before its conflict is an error.
const ATTEMPTS: u32 = 5;

/// Runs an expression for either engine on a connection of the readers: `on_reader!(self, db =>
/// query.fetch_all(db).await?)`.
macro_rules! on_reader {
    ($store:expr, $db:ident => $body:expr) => {
        match $store {
            crate::store::Store::Sqlite(pools) => on_reader!(@ pools, $db => $body).await?,
            crate::store::Store::Postgres(pools) => {
                crate::store::connection::limited(on_reader!(@ pools, $db => $body)).await?
            }
        }
    };
    (@ $pools:ident, $db:ident => $body:expr) => {
        async {
            let mut lent = crate::store::connection::Lent::from(&$pools.readers).await?;
            let $db = &mut *lent;
            let value = $body;
            lent.give_back();
            Ok::<_, crate::store::StoreError>(value)
        }
    };
}

/// End of a transaction without errors.
enum Ending<T> {
    Commit(T),
    /// A value, and nothing to write.
    Rollback(T),
}

/// Runs one transaction; an error rolls it back: `on_writer!(self, tx => { …; Ok(Commit(value)) })`.
///
/// SQLite's BEGIN IMMEDIATE: a deferred transaction that reads first fails at once if another process wrote in between,
/// whatever `busy_timeout` says. The block may run again after a conflict.
macro_rules! on_writer {
    ($store:expr, $tx:ident => $body:block) => {
        match $store {
            crate::store::Store::Sqlite(pools) => {
                on_writer!(@ pools, on_writer!(@ once pools, "BEGIN IMMEDIATE", $tx => $body))
            }
            crate::store::Store::Postgres(pools) => {
                on_writer!(@ pools, crate::store::connection::limited(on_writer!(@ once pools, "BEGIN", $tx => $body)))
            }
        }
    };
    (@ $pools:ident, $transaction:expr) => {{
        let mut attempt = 1;
        loop {
            let outcome = $transaction.await;
            match outcome {
                Err(error) if error.may_be_tried_again() && attempt < crate::store::ATTEMPTS => attempt += 1,
                outcome => {
                    $pools.writes.note(&outcome);
                    break outcome;
                }
            }
        }
    }};
    (@ once $pools:ident, $begin:expr, $tx:ident => $body:block) => {
        async {
            let mut $tx = crate::store::connection::Lent::begin(&$pools.writer, $begin).await?;
            let outcome: Result<_, crate::store::StoreError> = async { $body }.await;
            $tx.end(outcome).await
        }
    };
}

use {on_reader, on_writer};

impl Store {
    fn arrivals(&self) -> &Arrivals {
        match self {
            Self::Sqlite(pools) => &pools.arrivals,
            Self::Postgres(pools) => &pools.arrivals,
        }
    }

    fn writes(&self) -> &Writes {
        match self {
            Self::Sqlite(pools) => &pools.writes,
            Self::Postgres(pools) => &pools.writes,
        }
    }

    /// Runs a small query to check that the database answers.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        on_reader!(self, db => {
            sqlx::query_scalar::<_, i64>("SELECT revision FROM site").fetch_one(db).await?;
        });
        Ok(())
    }

    /// Empties SQLite's write-ahead log, in which erased data stays until then. If somebody is reading, as a backup
    /// does, it gives up, so that commenters do not wait: [`Self::forget_old`] tries again later.
    async fn begin_log_anew(&self) {
        let Self::Sqlite(pools) = self else { return };
        let patience = |milliseconds: u128| AssertSqlSafe(format!("PRAGMA busy_timeout = {milliseconds}"));
        let checkpoint = async {
            let mut writer = Lent::from(&pools.writer).await?;
            sqlx::query(patience(200)).execute(&mut *writer).await?;
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *writer).await?;
            sqlx::query(patience(BUSY.as_millis())).execute(&mut *writer).await?;
            writer.give_back();
            Ok::<(), sqlx::Error>(())
        };
        let _ = checkpoint.await;
    }

    /// Closes the connections; SQLite merges its write-ahead log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pools) => {
                pools.readers.close().await;
                pools.writer.close().await;
            }
            Self::Postgres(pools) => pools.writer.close().await,
        }
    }
}
