//! What was refused, for the author to look at; and what is forgotten after a while.

use jiff::{SignedDuration, Timestamp};

use super::{Ending::Commit, Store, StoreError, comments::from_millis, on_reader, on_writer};

/// Refusals that are kept within an hour; a flood must not fill the disk.
pub(super) const MOST_AN_HOUR: i64 = 100;
/// How much of a refused text is kept, in characters.
pub(super) const EXCERPT: usize = 500;
/// How long the fingerprint of a whole address is kept; it counts for the ten minutes of a rate.
const ADDRESS_KEPT: SignedDuration = SignedDuration::from_hours(1);
/// How long refusals are kept, and fingerprints of networks.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A comment that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub id: i64,
    pub thread_slug: String,
    /// The word of `domain::verdict::Refusal`, and what it does not say.
    pub reason: String,
    pub detail: String,
    pub name: String,
    /// Its start.
    pub text: String,
    pub at: Timestamp,
}

/// What was forgotten because its time is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Comments without the fingerprint of an address now.
    pub addresses: u64,
    /// Comments without that of a network.
    pub networks: u64,
    pub refusals: u64,
}

#[derive(sqlx::FromRow)]
struct RefusedRow {
    id: i64,
    thread_slug: String,
    reason: String,
    detail: String,
    name: String,
    text: String,
    created_at: i64,
}

/// Ends the adding of a comment with its refusal, which is noted unless very many were `$lately`.
macro_rules! refuse {
    ($tx:ident, $stale:ident, $sent:expr, $refusal:expr, $lately:expr) => {{
        let (sent, refusal): (&Sent, Refusal) = ($sent, $refusal);
        if $lately >= crate::store::refusals::MOST_AN_HOUR {
            return Ok(Added::Refused(refusal));
        }
        sqlx::query(
            "INSERT INTO refusals (thread_kind, thread_slug, reason, detail, name, text, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(sent.thread.kind)
        .bind(&sent.thread.slug)
        .bind(refusal.as_str())
        .bind(refusal.detail())
        .bind(&sent.new.name)
        .bind(sent.new.text.chars().take(crate::store::refusals::EXCERPT).collect::<String>())
        .bind(sent.at.as_millisecond())
        .execute(&mut *$tx)
        .await?;
        $stale.insert(HELD_TAG.to_owned());
        return Ok(Added::Refused(refusal));
    }};
}

pub(super) use refuse;

impl Store {
    /// Oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn refusals(&self) -> Result<Vec<Refused>, StoreError> {
        let rows: Vec<RefusedRow> = on_reader!(self, db => {
            sqlx::query_as("SELECT id, thread_slug, reason, detail, name, text, created_at FROM refusals ORDER BY id")
                .fetch_all(db)
                .await?
        });
        let refused = |row: RefusedRow| Refused {
            id: row.id,
            thread_slug: row.thread_slug,
            reason: row.reason,
            detail: row.detail,
            name: row.name,
            text: row.text,
            at: from_millis(row.created_at),
        };
        Ok(rows.into_iter().map(refused).collect())
    }

    /// Forgets what has been kept long enough. Readers see none of it, so no revision grows.
    ///
    /// # Errors
    /// The database is away.
    pub async fn forget_old(&self, now: Timestamp) -> Result<Forgotten, StoreError> {
        let before = (now - KEPT).as_millisecond();
        on_writer!(self, tx => {
            let addresses = sqlx::query("UPDATE comments SET address = NULL WHERE address IS NOT NULL AND created_at < $1")
                .bind((now - ADDRESS_KEPT).as_millisecond())
                .execute(&mut *tx)
                .await?
                .rows_affected();
            let networks = sqlx::query("UPDATE comments SET network = NULL WHERE network IS NOT NULL AND created_at < $1")
                .bind(before)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            let refusals = sqlx::query("DELETE FROM refusals WHERE created_at < $1")
                .bind(before)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            Ok(Commit(Forgotten { addresses, networks, refusals }))
        })
    }
}
