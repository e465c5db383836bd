//! What was refused, for the author to look at.

use jiff::Timestamp;

use super::{Store, StoreError, comments::from_millis, on_reader};

/// Refusals that are kept within an hour; a flood must not fill the disk.
pub(super) const MOST_AN_HOUR: i64 = 100;
/// How much of a refused text is kept, in characters.
const EXCERPT: usize = 500;
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
        .bind(crate::store::refusals::excerpt(&sent.new.text))
        .bind(sent.at.as_millisecond())
        .execute(&mut *$tx)
        .await?;
        $stale.insert(HELD_TAG.to_owned());
        return Ok(Added::Refused(refusal));
    }};
}

/// What was sent too fast has been sent again and is stored, so nothing was refused.
macro_rules! forget_haste {
    ($tx:ident, $sent:expr) => {{
        let sent: &Sent = $sent;
        sqlx::query(
            "DELETE FROM refusals WHERE reason = 'too-fast' AND thread_kind = $1 AND thread_slug = $2 AND text = $3",
        )
        .bind(sent.thread.kind)
        .bind(&sent.thread.slug)
        .bind(crate::store::refusals::excerpt(&sent.new.text))
        .execute(&mut *$tx)
        .await?;
    }};
}

/// As much of a text as is kept.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT).collect()
}

pub(super) use {forget_haste, refuse};

impl Store {
    /// Oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn refusals(&self) -> Result<Vec<Refused>, StoreError> {
        self.refusals_since(Timestamp::MIN).await
    }

    /// Those of a time and after, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn refusals_since(&self, since: Timestamp) -> Result<Vec<Refused>, StoreError> {
        let rows: Vec<RefusedRow> = on_reader!(self, db => {
            sqlx::query_as(
                "SELECT id, thread_slug, reason, detail, name, text, created_at FROM refusals
                 WHERE created_at >= $1 ORDER BY created_at, id",
            )
            .bind(since.as_millisecond())
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
}
