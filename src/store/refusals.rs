//! Refused comments, kept for the author to look at.

use jiff::Timestamp;

use super::{Store, StoreError, comments::from_millis, on_reader};

/// Most refusals kept within an hour; a flood must not fill the disk.
pub(super) const MOST_AN_HOUR: i64 = 100;
/// Longest part of a refused text that is kept, in characters.
const EXCERPT: usize = 500;
/// A refused comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub id: i64,
    pub thread_slug: String,
    /// Word of `domain::verdict::Refusal`; `detail` adds to it.
    pub reason: String,
    pub detail: String,
    pub name: String,
    /// Start of the text.
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

/// Ends the adding of a comment with its refusal, which is stored unless there were very many `$lately`.
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

/// Deletes the refusal of a comment that was sent too fast, was sent again and is stored now.
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

/// Start of a text, as long as it is kept.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT).collect()
}

pub(super) use {forget_haste, refuse};

impl Store {
    /// Returns all refusals, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn refusals(&self) -> Result<Vec<Refused>, StoreError> {
        self.refusals_since(Timestamp::MIN).await
    }

    /// Returns the refusals since a time, oldest first.
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
