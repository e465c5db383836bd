//! The outbox: mails to send. A row is written in the transaction of its cause, claimed by one sender at a time, and
//! settled with its outcome.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    clock,
    comment::CommentId,
    delivery::Kind,
    notices::{self, Why},
};

use super::{
    Result, Store,
    connection::Connection,
    retention::correct_times,
    sql::{FromRow, Row, from_millis},
};
use crate::domain::limits::MAILS_KEPT;

/// A claimed row: ours to send until the lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub id: i64,
    /// Permanent name of the row, unique for all time.
    pub about: String,
    pub kind: Kind,
    pub comment: Option<CommentId>,
    /// Recipient; `None`: the author, or nobody in particular.
    pub address_id: Option<i64>,
    pub created_at: Timestamp,
    pub first_attempt_at: Timestamp,
    /// Number of attempts, with this one.
    pub attempts: i64,
}

/// Outcome of a claimed row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// Nothing to tell any more, with the reason.
    Dropped(String),
    /// Retry at a later time.
    Again {
        at: Timestamp,
        reason: String,
    },
    GivenUp(String),
}

/// A mail that waits or was given up, as shown to the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMail {
    pub id: i64,
    pub kind: String,
    pub comment: Option<CommentId>,
    /// Recipient; `None`: the author.
    pub to: Option<String>,
    pub is_given_up: bool,
    pub attempts: i64,
    pub created_at: Timestamp,
    pub next_attempt_at: Timestamp,
    /// Error of the last attempt.
    pub reason: Option<String>,
}

/// SQL for the rows that are due at `$1` and claimed by nobody. An attempt that is nine hours away, or a lease that
/// lasts twenty more minutes, was stored while the clock was wrong: no pause and no lease is so long (`delivery`,
/// `mail`).
const DUE: &str = "outcome IS NULL AND (next_attempt_at <= $1 OR next_attempt_at > $1 + 32400000)
    AND (leased_until IS NULL OR leased_until <= $1 OR leased_until > $1 + 1200000)";

/// SQL for columns of a row that begins anew at `$2`.
const ANEW: &str = "outcome = NULL, done_at = NULL, reason = NULL, attempts = 0, first_attempt_at = NULL,
    lease = NULL, leased_until = NULL, next_attempt_at = $2";

impl FromRow for Outgoing {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            about: row.get("about")?,
            // The column has a CHECK; an unknown word, from a newer version, has no recipients.
            kind: Kind::parse(&row.get::<String>("kind")?).unwrap_or(Kind::Announce),
            comment: row.get("comment_id")?,
            address_id: row.get("address_id")?,
            created_at: row.time("created_at")?,
            first_attempt_at: row.time("first_attempt_at")?,
            attempts: row.get("attempts")?,
        })
    }
}

impl FromRow for ListedMail {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            kind: row.get("kind")?,
            comment: row.get("comment_id")?,
            to: row.get("email")?,
            is_given_up: row.get::<Option<String>>("outcome")?.is_some(),
            attempts: row.get("attempts")?,
            created_at: row.time("created_at")?,
            next_attempt_at: row.time("next_attempt_at")?,
            reason: row.get("reason")?,
        })
    }
}

/// Adds a row to the outbox. An existing row stays as it is.
pub(super) async fn queue_mail(
    tx: &mut Connection,
    about: &str,
    kind: Kind,
    comment: Option<CommentId>,
    address: Option<i64>,
    at: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO outbox (about, kind, comment_id, address_id, created_at, next_attempt_at)
               VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (about) DO NOTHING";
    tx.execute(sql, &[&about, &kind.as_str(), &comment, &address, &at]).await.map(|_| ())
}

/// Queues the mails about a comment that readers see for the first time.
pub(super) async fn announce(tx: &mut Connection, comment: CommentId, at: Timestamp) -> Result<()> {
    queue_mail(tx, &format!("announce:{comment}"), Kind::Announce, Some(comment), None, at).await
}

/// Queues the mails again that were not sent because readers did not see the comment. Each is checked again when it is
/// sent.
pub(super) async fn queue_dropped(tx: &mut Connection, comment: CommentId, at: Timestamp) -> Result<()> {
    let sql = format!("UPDATE outbox SET {ANEW} WHERE comment_id = $1 AND outcome = 'dropped' AND kind <> 'author'");
    tx.execute(sql, &[&comment, &at]).await.map(|_| ())
}

impl Store {
    /// Claims the next due row, so that no other sender takes it before `until`.
    ///
    /// # Errors
    /// The database is away.
    pub async fn claim_mail(&self, lease: &str, at: Timestamp, until: Timestamp) -> Result<Option<Outgoing>> {
        let is_due = format!("SELECT id FROM outbox WHERE {DUE} LIMIT 1");
        // The check takes no lock; another sender may claim the row before we do.
        while self.optional::<i64>(is_due.clone(), &[&at]).await?.is_some() {
            let claimed = self.write(|mut tx| async move {
                let sql = format!(
                    "UPDATE outbox SET lease = $2, leased_until = $3, attempts = attempts + 1,
                                       first_attempt_at = COALESCE(first_attempt_at, $1)
                     WHERE id = (SELECT id FROM outbox WHERE {DUE} ORDER BY next_attempt_at, id LIMIT 1) AND {DUE}
                     RETURNING id, about, kind, comment_id, address_id, created_at, first_attempt_at, attempts"
                );
                tx.optional(sql, &[&at, &lease, &until]).await
            });
            if let Some(mail) = claimed.await? {
                return Ok(Some(mail));
            }
        }
        Ok(None)
    }

    /// Stores the outcome of a row, unless another sender has the lease now.
    ///
    /// # Errors
    /// The database is away.
    pub async fn settle_mail(&self, id: i64, lease: &str, outcome: &Outcome, at: Timestamp) -> Result<()> {
        let (word, next, done, reason) = match outcome {
            Outcome::Sent => (Some("sent"), None, Some(at), None),
            Outcome::Dropped(reason) => (Some("dropped"), None, Some(at), Some(reason.as_str())),
            Outcome::Again { at, reason } => (None, Some(*at), None, Some(reason.as_str())),
            Outcome::GivenUp(reason) => (Some("given-up"), None, Some(at), Some(reason.as_str())),
        };
        let sql = "UPDATE outbox SET outcome = $3, next_attempt_at = COALESCE($4, next_attempt_at), done_at = $5,
                                     reason = $6, lease = NULL, leased_until = NULL
                   WHERE id = $1 AND lease = $2";
        self.execute(sql, &[&id, &lease, &word, &next, &done, &reason]).await.map(|_| ())
    }

    /// Replaces a claimed announcement by one row for each recipient.
    ///
    /// # Errors
    /// The database is away.
    pub async fn tell_audience(
        &self,
        announcement: &Outgoing,
        lease: &str,
        audience: &BTreeMap<i64, Why>,
        at: Timestamp,
    ) -> Result<()> {
        let comment = announcement.comment.unwrap_or_default();
        self.write(|mut tx| async move {
            let sql = "UPDATE outbox SET outcome = 'sent', done_at = $3, lease = NULL, leased_until = NULL
                       WHERE id = $1 AND lease = $2";
            if tx.execute(sql, &[&announcement.id, &lease, &at]).await? == 0 {
                return Ok(());
            }
            for (address_id, why) in audience {
                let kind = match why {
                    Why::Answered => Kind::Answer,
                    Why::ThreadGoesOn => Kind::Thread,
                };
                let about = format!("comment:{comment}:{address_id}");
                queue_mail(&mut tx, &about, kind, Some(comment), Some(*address_id), at).await?;
            }
            Ok(())
        })
        .await
    }

    /// Adds the digest that was due at `due` to the outbox. There is one a day, however many instances add it; one that
    /// was made before it was due was made while the clock was wrong, and is replaced.
    ///
    /// # Errors
    /// The database is away.
    pub async fn queue_digest(&self, day: &str, due: Timestamp, at: Timestamp) -> Result<()> {
        let sql = format!(
            "INSERT INTO outbox (about, kind, created_at, next_attempt_at) VALUES ($1, 'digest', $2, $2)
             ON CONFLICT (about) DO UPDATE SET created_at = $2, {ANEW}
             WHERE outbox.created_at < $3 OR outbox.created_at > $4"
        );
        self.execute(sql, &[&format!("digest:{day}"), &at, &due, &clock::latest(at)]).await.map(|_| ())
    }

    /// Time at which the digest before this one was made; digests that were given up do not count.
    ///
    /// # Errors
    /// The database is away.
    pub async fn digest_before(&self, id: i64) -> Result<Option<Timestamp>> {
        let sql = "SELECT MAX(created_at) FROM outbox
                   WHERE kind = 'digest' AND created_at < (SELECT created_at FROM outbox WHERE id = $1)
                     AND (outcome IS NULL OR outcome <> 'given-up')";
        Ok(self.one::<Option<i64>>(sql, &[&id]).await?.map(from_millis))
    }

    /// Number of mails that wait. Those to the author count if the author has an address.
    ///
    /// # Errors
    /// The database is away.
    pub async fn count_waiting_mails(&self, author_is_told: bool) -> Result<i64> {
        let sql = "SELECT COUNT(*) FROM outbox
                   WHERE outcome IS NULL AND kind <> 'announce' AND (address_id IS NOT NULL OR $1)";
        self.one(sql, &[&author_is_told]).await
    }

    /// Mails that wait and mails that were given up, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn list_mails(&self) -> Result<Vec<ListedMail>> {
        let sql =
            "SELECT outbox.id, kind, comment_id, email, outcome, attempts, outbox.created_at, next_attempt_at, reason
                   FROM outbox LEFT JOIN addresses ON addresses.id = outbox.address_id
                   WHERE (outcome IS NULL AND kind <> 'announce') OR outcome = 'given-up' ORDER BY outbox.id";
        self.all(sql, &[]).await
    }

    /// Lets a mail that was given up be tried again from the start.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no mail of this number was given up, or the database is away.
    pub async fn retry_mail(&self, id: i64, at: Timestamp) -> Result<()> {
        let sql = format!("UPDATE outbox SET {ANEW} WHERE id = $1 AND outcome = 'given-up'");
        self.change(sql, &[&id, &at]).await
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
}

/// Gives up mails that nobody has sent since `$1`.
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
