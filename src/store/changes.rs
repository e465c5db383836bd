//! Revisions: how every running instance learns which of its cached pages are stale.

use std::collections::BTreeSet;

use crate::domain::{comment::COMMENTS_TAG, limits::KEPT_REVISIONS};

use super::{
    Result, Store,
    connection::Connection,
    sql::{Argument, rows},
};

/// Changes since a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Current revision of the database.
    pub revision: i64,
    pub stale: Stale,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stale {
    /// Pages that carry one of these tags.
    Tags(Vec<String>),
    /// All pages: too much has changed to list it.
    Everything,
}

/// Begins a transaction that writes: increases the revision and returns it, for [`record_stale_tags`]. This is the one
/// row that every writer updates first, so that writers run one after the other on every engine.
pub(super) async fn increase_revision(tx: &mut Connection) -> Result<i64> {
    tx.one("UPDATE site SET revision = revision + 1 WHERE id = 1 RETURNING revision", &[]).await
}

/// Begins a transaction that reads before it writes and changes no page. Writers run one after the other on every
/// engine; the revision stays as it is.
pub(super) async fn lock_writers(tx: &mut Connection) -> Result<()> {
    tx.execute("UPDATE site SET revision = revision WHERE id = 1", &[]).await.map(|_| ())
}

/// Records what a revision made stale, for the other instances. A committed revision without a tag makes them drop
/// everything.
pub(super) async fn record_stale_tags<'t>(
    tx: &mut Connection,
    revision: i64,
    tags: impl IntoIterator<Item = &'t String>,
) -> Result<()> {
    let mut arguments: Vec<&dyn Argument> = vec![&revision];
    let rows = rows(tags, &mut arguments, |tag| format!("($1, {tag})"));
    tx.execute(format!("INSERT INTO changes (revision, tag) VALUES {rows}"), &arguments).await?;
    // At every hundredth revision, to keep the delete out of most transactions.
    if revision % 100 == 0 {
        tx.execute("DELETE FROM changes WHERE revision <= $1", &[&(revision - KEPT_REVISIONS)]).await?;
    }
    Ok(())
}

/// Records the thread's tag and the tag of all comments, for a change that readers of a thread see.
pub(super) async fn record_stale_thread(tx: &mut Connection, revision: i64, tag: &str) -> Result<()> {
    record_stale_tags(tx, revision, &[tag.to_owned(), COMMENTS_TAG.to_owned()]).await
}

impl Store {
    /// Returns the current revision.
    ///
    /// # Errors
    /// The database is away.
    pub async fn revision(&self) -> Result<i64> {
        self.one("SELECT revision FROM site", &[]).await
    }

    /// Returns what became stale since a revision; `None` if nothing did.
    ///
    /// # Errors
    /// The database is away.
    pub async fn changes_since(&self, seen: i64) -> Result<Option<Changes>> {
        let revision = self.revision().await?;
        if revision == seen {
            return Ok(None);
        }
        // Only up to the revision that was read, so that no change is skipped or reported twice.
        let sql = "SELECT revision, tag FROM changes WHERE revision > $1 AND revision <= $2 ORDER BY revision";
        let rows: Vec<(i64, String)> = self.all(sql, &[&seen, &revision]).await?;
        let recorded: BTreeSet<i64> = rows.iter().map(|(revision, _)| *revision).collect();
        let is_complete = i64::try_from(recorded.len()).is_ok_and(|count| count == revision - seen);
        let stale = if is_complete {
            let tags: BTreeSet<String> = rows.into_iter().map(|(_, tag)| tag).collect();
            Stale::Tags(tags.into_iter().collect())
        } else {
            // The rows were deleted since, or the database is another one (restored, or older than the revision seen).
            Stale::Everything
        };
        Ok(Some(Changes { revision, stale }))
    }
}
