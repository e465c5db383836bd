//! Revisions: how every running instance learns which of its cached pages are stale.

use super::{Store, StoreError, on_reader};

/// Number of revisions that an instance may fall behind before it drops its whole cache.
pub(super) const KEPT_REVISIONS: i64 = 10_000;

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

/// Begins a transaction that writes. It updates the one row that every writer updates first, so that writers run one
/// after the other on every engine. An expression: the new revision, for [`leave_tags`].
macro_rules! grow_revision {
    ($tx:ident) => {
        sqlx::query_scalar::<_, i64>("UPDATE site SET revision = revision + 1 WHERE id = 1 RETURNING revision")
            .fetch_one(&mut *$tx)
            .await?
    };
}

/// Begins a transaction that reads before it writes and changes no page. Writers run one after the other on every
/// engine; the revision stays as it is.
macro_rules! take_turn {
    ($tx:ident) => {
        sqlx::query("UPDATE site SET revision = revision WHERE id = 1").execute(&mut *$tx).await?
    };
}

/// Tells the other instances what a revision made stale. A committed revision without a tag makes them drop everything.
macro_rules! leave_tags {
    ($tx:ident, $revision:expr, $tags:expr) => {{
        let revision: i64 = $revision;
        let mut query = sqlx::QueryBuilder::new("INSERT INTO changes (revision, tag) ");
        query.push_values($tags, |mut row, tag| {
            row.push_bind(revision).push_bind(tag.as_str());
        });
        query.build().execute(&mut *$tx).await?;
        crate::store::changes::trim_changes!($tx, revision);
    }};
}

/// Leaves the thread's tag and the tag of all comments, for a change that readers of a thread see.
macro_rules! leave_thread_tags {
    ($tx:ident, $revision:expr, $tag:expr) => {{
        let tags: [String; 2] = [$tag, crate::domain::comment::COMMENTS_TAG.to_owned()];
        crate::store::changes::leave_tags!($tx, $revision, &tags);
    }};
}

/// Deletes old changes at every hundredth revision, to keep the delete out of most transactions.
macro_rules! trim_changes {
    ($tx:ident, $revision:ident) => {
        if $revision % 100 == 0 {
            sqlx::query("DELETE FROM changes WHERE revision <= $1")
                .bind($revision - crate::store::changes::KEPT_REVISIONS)
                .execute(&mut *$tx)
                .await?;
        }
    };
}

pub(super) use {grow_revision, leave_tags, leave_thread_tags, take_turn, trim_changes};

impl Store {
    /// Returns the current revision.
    ///
    /// # Errors
    /// The database is away.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        Ok(on_reader!(self, db => sqlx::query_scalar("SELECT revision FROM site").fetch_one(db).await?))
    }

    /// Returns what became stale since a revision; `None` if nothing did.
    ///
    /// # Errors
    /// The database is away.
    pub async fn changes_since(&self, seen: i64) -> Result<Option<Changes>, StoreError> {
        let revision = self.revision().await?;
        if revision == seen {
            return Ok(None);
        }
        // Only up to the revision that was read, so that no change is skipped or reported twice.
        let rows: Vec<(i64, String)> = on_reader!(self, db => {
            sqlx::query_as("SELECT revision, tag FROM changes WHERE revision > $1 AND revision <= $2 ORDER BY revision")
                .bind(seen)
                .bind(revision)
                .fetch_all(db)
                .await?
        });
        let told: std::collections::BTreeSet<i64> = rows.iter().map(|(revision, _)| *revision).collect();
        let complete = i64::try_from(told.len()).is_ok_and(|told| told == revision - seen);
        let stale = if complete {
            let mut tags: Vec<String> = rows.into_iter().map(|(_, tag)| tag).collect();
            tags.sort_unstable();
            tags.dedup();
            Stale::Tags(tags)
        } else {
            // Deleted since, or the database is another one (restored, or older than the revision seen).
            Stale::Everything
        };
        Ok(Some(Changes { revision, stale }))
    }
}
