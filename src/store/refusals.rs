//! Refused comments, kept for the author to look at.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::{
    comment::HELD_TAG,
    limits::{REFUSAL_TEXT, REFUSALS_AN_HOUR},
    verdict::Refusal,
};

use super::{
    Result, Sent, Store,
    connection::Connection,
    sql::{FromRow, Row},
};

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

impl FromRow for Refused {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            thread_slug: row.get("thread_slug")?,
            reason: row.get("reason")?,
            detail: row.get("detail")?,
            name: row.get("name")?,
            text: row.get("text")?,
            at: row.time("created_at")?,
        })
    }
}

/// Stores a refusal and returns it. It is not stored if there were very many in the last hour.
pub(super) async fn refuse(
    tx: &mut Connection,
    sent: &Sent,
    refusal: Refusal,
    in_last_hour: i64,
    stale: &mut BTreeSet<String>,
) -> Result<Refusal> {
    if in_last_hour < REFUSALS_AN_HOUR {
        let Sent { thread, new, at, .. } = sent;
        tx.execute(
            "INSERT INTO refusals (thread_kind, thread_slug, reason, detail, name, text, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[&thread.kind, &thread.slug, &refusal.as_str(), &refusal.detail(), &new.name, &excerpt(&new.text), at],
        )
        .await?;
        stale.insert(HELD_TAG.to_owned());
    }
    Ok(refusal)
}

/// Deletes the refusal of a comment that was sent too fast, was sent again and is stored now.
pub(super) async fn delete_hasty_refusal(tx: &mut Connection, sent: &Sent) -> Result<()> {
    let sql = "DELETE FROM refusals WHERE reason = $1 AND thread_kind = $2 AND thread_slug = $3 AND text = $4";
    let Sent { thread, new, .. } = sent;
    tx.execute(sql, &[&Refusal::TOO_FAST, &thread.kind, &thread.slug, &excerpt(&new.text)]).await.map(|_| ())
}

/// Start of a text, as long as it is kept.
fn excerpt(text: &str) -> String {
    text.chars().take(REFUSAL_TEXT).collect()
}

impl Store {
    /// Returns all refusals, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn refusals(&self) -> Result<Vec<Refused>> {
        self.refusals_since(Timestamp::MIN).await
    }

    /// Returns the refusals since a time, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn refusals_since(&self, since: Timestamp) -> Result<Vec<Refused>> {
        let sql = "SELECT id, thread_slug, reason, detail, name, text, created_at FROM refusals
                   WHERE created_at >= $1 ORDER BY created_at, id";
        self.all(sql, &[&since]).await
    }
}
