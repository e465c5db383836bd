//! Deletion of data that is kept for a limited time.

use jiff::{SignedDuration, Timestamp};

use crate::domain::clock;

use super::{
    Ending::{Commit, Rollback},
    Store, StoreError,
    adding::HELD_TAG,
    changes::{grow_revision, leave_tags},
    on_writer,
    subscriptions::forget_wish,
};

/// Time that the fingerprint of a whole address is kept; rate limits use it for ten minutes.
const ADDRESS_KEPT: SignedDuration = SignedDuration::from_hours(1);
/// Time that refusals and fingerprints of networks are kept.
pub(super) const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Time that a comment is kept after it became spam or trash, so that it can be restored.
const SPAM_KEPT: SignedDuration = SignedDuration::from_hours(15 * 24);
const TRASH_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Most comments erased in one transaction: commenters must not wait for it.
const AT_ONCE: u32 = 200;

/// Numbers of rows that were deleted or cleared because they were too old.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Comments that lost the fingerprint of an address.
    pub addresses: u64,
    /// Comments that lost the fingerprint of a network.
    pub networks: u64,
    pub refusals: u64,
    /// Erased spam comments, of which only their numbers are left.
    pub spam: u64,
    pub trash: u64,
}

/// SQL that empties an erased comment. Its number and its place in the thread stay, so that its answers keep their
/// places and no old link opens another comment.
macro_rules! nothing_left {
    () => {
        "name = '', email = NULL, site = NULL, text = '', reasons = '', reason_details = '', text_mark = NULL,
         commenter = NULL, address = NULL, network = NULL, edited_at = NULL"
    };
}

/// Sets times that a wrong clock has stored, in the future or before [`clock::EARLIEST`], to now: such rows would be
/// kept too long, deleted too early, or counted wrongly. For rows kept for a month, the future begins in a month. The
/// times of comments stay, since readers have seen them.
macro_rules! correct_times {
    ($tx:ident, $now:expr) => {
        let now: jiff::Timestamp = $now;
        let (soon, far) = (
            crate::domain::clock::latest(now).as_millisecond(),
            (now + crate::store::retention::KEPT).as_millisecond(),
        );
        let earliest = crate::domain::clock::EARLIEST.as_millisecond();
        for (limit, sql) in [
            (
                far,
                "UPDATE moderation_log SET created_at = $1
                 WHERE created_at > $2 AND comment_id IN (
                     SELECT id FROM comments WHERE status IN ('spam', 'trash') AND text <> '')",
            ),
            // Comments that were placed are as old as they say.
            (
                earliest,
                "UPDATE moderation_log SET created_at = $1
                 WHERE created_at < $2 AND act <> 'place' AND comment_id IN (
                     SELECT id FROM comments WHERE status IN ('spam', 'trash') AND text <> '')",
            ),
            (far, "UPDATE refusals SET created_at = $1 WHERE created_at > $2"),
            (earliest, "UPDATE refusals SET created_at = $1 WHERE created_at < $2"),
            (soon, "UPDATE corner_asked SET created_at = $1 WHERE created_at > $2"),
            (soon, "UPDATE addresses SET created_at = $1 WHERE created_at > $2"),
            (earliest, "UPDATE addresses SET created_at = $1 WHERE created_at < $2"),
            (soon, "UPDATE confirmations SET confirmed_at = $1 WHERE confirmed_at > $2"),
            (earliest, "UPDATE confirmations SET confirmed_at = $1 WHERE confirmed_at < $2"),
            (soon, "UPDATE subscriptions SET created_at = $1 WHERE created_at > $2"),
            (earliest, "UPDATE subscriptions SET created_at = $1 WHERE created_at < $2"),
            (
                soon,
                "UPDATE outbox SET created_at = $1 WHERE kind IN ('confirm', 'corner', 'digest') AND created_at > $2",
            ),
            (earliest, "UPDATE outbox SET created_at = $1 WHERE outcome IS NULL AND created_at < $2"),
            (earliest, "UPDATE outbox SET first_attempt_at = $1 WHERE outcome IS NULL AND first_attempt_at < $2"),
            (soon, "UPDATE outbox SET done_at = $1 WHERE outcome IS NOT NULL AND done_at > $2"),
            (earliest, "UPDATE outbox SET done_at = $1 WHERE outcome IS NOT NULL AND done_at < $2"),
        ] {
            sqlx::query(sql).bind(now.as_millisecond()).bind(limit).execute(&mut *$tx).await?;
        }
    };
}

pub(super) use {correct_times, nothing_left};

impl Store {
    /// Deletes what has been kept long enough. Readers see no change.
    ///
    /// # Errors
    /// The database is away.
    pub async fn forget_old(&self, now: Timestamp) -> Result<Forgotten, StoreError> {
        if now < clock::EARLIEST {
            return Ok(Forgotten::default());
        }
        let (before, ahead) = ((now - KEPT).as_millisecond(), clock::latest(now).as_millisecond());
        let forgotten = on_writer!(self, tx => {
            correct_times!(tx, now);
            let addresses = sqlx::query(
                "UPDATE comments SET address = NULL WHERE address IS NOT NULL AND (created_at < $1 OR created_at > $2)",
            )
                .bind((now - ADDRESS_KEPT).as_millisecond())
                .bind(ahead)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            let networks = sqlx::query(
                "UPDATE comments SET network = NULL WHERE network IS NOT NULL AND (created_at < $1 OR created_at > $2)",
            )
                .bind(before)
                .bind(ahead)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            let refusals = sqlx::query("DELETE FROM refusals WHERE created_at < $1")
                .bind(before)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            Ok(Commit(Forgotten { addresses, networks, refusals, ..Forgotten::default() }))
        })?;
        let spam = self.erase_thrown_out("spam", now - SPAM_KEPT, now).await?;
        let trash = self.erase_thrown_out("trash", now - TRASH_KEPT, now).await?;
        self.begin_log_anew().await;
        Ok(Forgotten { spam, trash, ..forgotten })
    }

    /// Erases comments of a status that were removed before a time, some at a time. The filter keeps what it learned
    /// from them.
    async fn erase_thrown_out(&self, status: &str, before: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        let mut erased = 0;
        loop {
            let some = on_writer!(self, tx => {
                // First, as in every transaction that writes comments: an author may be approving one of them right
                // now.
                let revision = grow_revision!(tx);
                // Imported comments may have no row in the log.
                let ids: Vec<i64> = sqlx::query_scalar(
                    "SELECT id FROM comments
                     WHERE status = $1 AND text <> '' AND COALESCE(
                         (SELECT MAX(created_at) FROM moderation_log WHERE comment_id = comments.id), created_at) < $2
                     ORDER BY id LIMIT $3",
                )
                .bind(status)
                .bind(before.as_millisecond())
                .bind(i64::from(AT_ONCE))
                .fetch_all(&mut *tx)
                .await?;
                if ids.is_empty() {
                    return Ok(Rollback(0));
                }
                for id in &ids {
                    forget_wish!(tx, *id, now.as_millisecond());
                    // The counts of the words stay; the link to this comment is deleted.
                    sqlx::query("DELETE FROM learned_comments WHERE comment_id = $1").bind(id).execute(&mut *tx).await?;
                    sqlx::query(concat!("UPDATE comments SET status = 'trash', ", nothing_left!(), " WHERE id = $1"))
                        .bind(id)
                        .execute(&mut *tx)
                        .await?;
                }
                leave_tags!(tx, revision, [HELD_TAG.to_owned()]);
                Ok(Commit(u64::try_from(ids.len()).unwrap_or(0)))
            })?;
            erased += some;
            if some < u64::from(AT_ONCE) {
                return Ok(erased);
            }
        }
    }
}
