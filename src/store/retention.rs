//! Deletion of data that is kept for a limited time.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    clock,
    comment::{CommentId, HELD_TAG, Status},
    limits::{ADDRESS_KEPT, ERASED_A_TRANSACTION, MAILS_KEPT, RECORDS_KEPT, SPAM_KEPT, TRASH_KEPT, UNDO_WINDOW},
    notices,
    words::word_of,
};

use super::{
    Result, Store,
    accounts::forget_sessions,
    changes::{increase_revision, record_stale_tags},
    connection::Connection,
    learning::forget_lesson,
    tokens::forget_codes,
};

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
const ERASED: &str = "status = 'trash', name = '', email = NULL, site = NULL, text = '', reasons = '',
    reason_details = '', text_mark = NULL, commenter = NULL, address = NULL, network = NULL, edited_at = NULL";

/// Empties a comment; deletes its wish and the mails about it that were not sent yet.
///
/// The address is deleted later ([`Store::tidy_mail`]), and a confirmation mail that was not sent still counts: otherwise
/// somebody could erase the count and have a mailbox asked again and again.
pub(super) async fn erase_comment(tx: &mut Connection, id: CommentId, at: Timestamp) -> Result<()> {
    let sql = "UPDATE outbox SET outcome = 'dropped', done_at = $2, reason = 'the comment has been erased'
               WHERE comment_id = $1 AND outcome IS NULL";
    tx.execute(sql, &[&id, &at]).await?;
    tx.execute("DELETE FROM subscriptions WHERE comment_id = $1", &[&id]).await?;
    let sql = "UPDATE moderation_log SET detail = NULL WHERE comment_id = $1 AND detail IS NOT NULL";
    tx.execute(sql, &[&id]).await?;
    tx.execute(format!("UPDATE comments SET {ERASED} WHERE id = $1"), &[&id]).await.map(|_| ())
}

/// Rows of the moderation log that decide how long a comment is kept. Comments added by `place_comment` are as old as
/// their dates say.
const REMOVALS: &str = "(act <> 'place' OR created_at > $2)
    AND comment_id IN (SELECT id FROM comments WHERE status IN ('spam', 'trash') AND text <> '')";

/// Mails that were not tried, or tried while the clock was ahead.
const NOT_TRIED: &str = "outcome IS NULL AND (first_attempt_at IS NULL OR first_attempt_at > $2)";

/// Times that a wrong clock may have stored: table, column, rows, and how far ahead a time may be. The times of comments
/// stay, since readers have seen them.
const TIMES: [(&str, &str, &str, SignedDuration); 19] = [
    ("site", "first_account_at", "TRUE", clock::SKEW),
    ("sessions", "created_at", "TRUE", clock::SKEW),
    ("sessions", "used_at", "TRUE", clock::SKEW),
    ("wrong_passwords", "created_at", "TRUE", clock::SKEW),
    ("tokens", "created_at", "TRUE", clock::SKEW),
    ("tokens", "used_at", "TRUE", clock::SKEW),
    ("codes", "created_at", "TRUE", clock::SKEW),
    ("moderation_log", "created_at", REMOVALS, RECORDS_KEPT),
    ("moderation_log", "created_at", "detail IS NOT NULL", clock::SKEW),
    ("refusals", "created_at", "TRUE", RECORDS_KEPT),
    ("corner_asked", "created_at", "TRUE", clock::SKEW),
    ("addresses", "created_at", "TRUE", clock::SKEW),
    ("confirmations", "confirmed_at", "TRUE", clock::SKEW),
    ("subscriptions", "created_at", "TRUE", clock::SKEW),
    ("outbox", "created_at", "kind IN ('confirm', 'corner', 'digest')", clock::SKEW),
    ("outbox", "created_at", "outcome IS NULL", clock::SKEW),
    // Only a mail that was tried waits for a time ahead.
    ("outbox", "next_attempt_at", NOT_TRIED, clock::SKEW),
    ("outbox", "first_attempt_at", "outcome IS NULL", clock::SKEW),
    ("outbox", "done_at", "outcome IS NOT NULL", clock::SKEW),
];

/// Sets times in the future or before [`clock::EARLIEST`] to now: such rows would be kept too long, deleted too early, or
/// counted wrongly.
async fn correct_times(tx: &mut Connection, now: Timestamp) -> Result<()> {
    for (table, column, rows, ahead) in TIMES {
        for (side, limit) in [(">", now + ahead), ("<", clock::EARLIEST)] {
            let sql = format!("UPDATE {table} SET {column} = $1 WHERE {rows} AND {column} {side} $2");
            tx.execute(sql, &[&now, &limit]).await?;
        }
    }
    Ok(())
}

/// Gives up mails that have waited since before `$1` without an attempt.
const NEVER_SENT: &str = "UPDATE outbox
    SET outcome = CASE WHEN kind = 'announce' THEN 'dropped' ELSE 'given-up' END, done_at = $2,
        reason = 'nobody sent it for a month'
    WHERE outcome IS NULL AND first_attempt_at IS NULL AND created_at < $1 AND next_attempt_at < $1";

/// Drops the mails about single comments to an author who wants none.
const NOT_WANTED: &str = "UPDATE outbox SET outcome = 'dropped', done_at = $1, reason = 'the author wants no such mail'
    WHERE outcome IS NULL AND kind = 'author'";

/// Deletes subscriptions that were not confirmed since `$1`. That of a held comment stays: its confirmation mail may not
/// have been sent.
const NOT_CONFIRMED: &str = "DELETE FROM subscriptions
    WHERE created_at < $1
      AND (SELECT status <> 'held' AND (waits_since IS NULL OR status <> 'approved')
           FROM comments WHERE comments.id = subscriptions.comment_id)
      AND NOT EXISTS (
          SELECT 1 FROM comments JOIN confirmations ON confirmations.commenter = comments.commenter
          WHERE comments.id = subscriptions.comment_id AND confirmations.address_id = subscriptions.address_id)
      AND NOT EXISTS (
          SELECT 1 FROM outbox
          WHERE outbox.address_id = subscriptions.address_id AND kind = 'confirm' AND outbox.created_at >= $1)";

/// Deletes confirmations from before `$1` of commenters without a comment.
const WITHOUT_COMMENTS: &str = "DELETE FROM confirmations
    WHERE confirmed_at < $1
      AND NOT EXISTS (
          SELECT 1 FROM confirmations AS theirs JOIN comments ON comments.commenter = theirs.commenter
          WHERE theirs.address_id = confirmations.address_id)";

/// Deletes addresses from before `$1` that nothing needs.
const WITHOUT_USE: &str = "DELETE FROM addresses
    WHERE blocked_at IS NULL AND created_at < $1
      AND NOT EXISTS (SELECT 1 FROM subscriptions WHERE subscriptions.address_id = addresses.id)
      AND NOT EXISTS (SELECT 1 FROM confirmations WHERE confirmations.address_id = addresses.id)
      AND NOT EXISTS (
          SELECT 1 FROM outbox
          WHERE outbox.address_id = addresses.id AND kind IN ('confirm', 'corner') AND outbox.created_at >= $1)";

impl Store {
    /// Deletes expired data. Readers see no change.
    ///
    /// # Errors
    /// The database is away.
    pub async fn forget_expired(&self, now: Timestamp) -> Result<Forgotten> {
        if now < clock::EARLIEST {
            return Ok(Forgotten::default());
        }
        let forgotten = self.write(|mut tx| async move {
            correct_times(&mut tx, now).await?;
            let (an_hour_ago, a_month_ago, latest) = (now - ADDRESS_KEPT, now - RECORDS_KEPT, clock::latest(now));
            let sql = "UPDATE comments SET address = NULL
                       WHERE address IS NOT NULL AND (created_at < $1 OR created_at > $2)";
            let addresses = tx.execute(sql, &[&an_hour_ago, &latest]).await?;
            let sql = "UPDATE comments SET network = NULL
                       WHERE network IS NOT NULL AND (created_at < $1 OR created_at > $2)";
            let networks = tx.execute(sql, &[&a_month_ago, &latest]).await?;
            let refusals = tx.execute("DELETE FROM refusals WHERE created_at < $1", &[&a_month_ago]).await?;
            let sql = "UPDATE moderation_log SET detail = NULL WHERE detail IS NOT NULL AND created_at < $1";
            tx.execute(sql, &[&(now - UNDO_WINDOW)]).await?;
            forget_sessions(&mut tx, now).await?;
            forget_codes(&mut tx, now).await?;
            Ok(Forgotten { addresses, networks, refusals, ..Forgotten::default() })
        });
        let forgotten = forgotten.await?;
        let spam = self.erase_removed(Status::Spam, now - SPAM_KEPT, now).await?;
        let trash = self.erase_removed(Status::Trash, now - TRASH_KEPT, now).await?;
        self.truncate_log().await;
        Ok(Forgotten { spam, trash, ..forgotten })
    }

    /// Deletes old data: settled rows after a month, mails that nobody sent for a month or that the author does not
    /// want, addresses not confirmed in time, and addresses whose last comment is gone.
    ///
    /// # Errors
    /// The database is away.
    pub async fn tidy_mail(&self, at: Timestamp, confirmation: SignedDuration, author_is_told: bool) -> Result<()> {
        if at < clock::EARLIEST {
            return Ok(());
        }
        let (before, unconfirmed) = (at - MAILS_KEPT, at - confirmation);
        self.write(|mut tx| async move {
            correct_times(&mut tx, at).await?;
            tx.execute("DELETE FROM outbox WHERE outcome IS NOT NULL AND done_at < $1", &[&before]).await?;
            tx.execute(NEVER_SENT, &[&before, &at]).await?;
            if !author_is_told {
                tx.execute(NOT_WANTED, &[&at]).await?;
            }
            tx.execute("DELETE FROM corner_asked WHERE created_at < $1", &[&(at - notices::HOUR)]).await?;
            for sql in [NOT_CONFIRMED, WITHOUT_COMMENTS, WITHOUT_USE] {
                tx.execute(sql, &[&unconfirmed]).await?;
            }
            Ok(())
        })
        .await
    }

    /// Erases comments of a status that were removed before a time, some at a time. The filter keeps what it learned
    /// from them.
    async fn erase_removed(&self, status: Status, before: Timestamp, now: Timestamp) -> Result<u64> {
        // Imported comments may have no row in the log.
        let sql = "SELECT id FROM comments
                   WHERE status = $1 AND text <> '' AND COALESCE(
                       (SELECT MAX(created_at) FROM moderation_log WHERE comment_id = comments.id), created_at) < $2
                   ORDER BY id LIMIT $3";
        let mut erased = 0;
        loop {
            let some = self.write(|mut tx| async move {
                // First, as in every transaction that writes comments: an author may be approving one of them right
                // now.
                let revision = increase_revision(&mut tx).await?;
                let ids: Vec<CommentId> = tx.all(sql, &[&word_of(status), &before, &ERASED_A_TRANSACTION]).await?;
                for id in &ids {
                    // The counts of the words stay.
                    forget_lesson(&mut tx, *id).await?;
                    erase_comment(&mut tx, *id, now).await?;
                }
                if ids.is_empty() {
                    tx.discard();
                } else {
                    record_stale_tags(&mut tx, revision, [&HELD_TAG.to_owned()]).await?;
                }
                Ok(ids.len())
            });
            match some.await? {
                0 => return Ok(erased),
                some => erased += some as u64,
            }
        }
    }
}
