//! The outbox: mails to send. A row is written in the transaction of its cause, claimed by one sender at a time, and
//! settled with its outcome.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::{clock, comment::CommentId, delivery::Kind, notices::Why, words::word_of};

use super::{
    Result, Store,
    connection::Connection,
    sql::{FromRow, Row, from_millis},
};

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub id: i64,
    /// Permanent name of the row, unique for all time.
    pub about: String,
    pub kind: Kind,
    pub comment: Option<CommentId>,
    /// Recipient; `None`: the author, or nobody in particular.
    pub address_id: Option<i64>,
    /// E-mail address of the recipient.
    pub to: Option<String>,
    pub created_at: Timestamp,
    /// Number of attempts, with the current one.
    pub attempts: i64,
    pub first_attempt_at: Option<Timestamp>,
    pub next_attempt_at: Timestamp,
    pub is_given_up: bool,
    /// Error of the last attempt.
    pub reason: Option<String>,
}

/// Outcome of a claimed row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// Not needed any more, with the reason.
    Dropped(String),
    /// Retry at a later time.
    Again {
        at: Timestamp,
        reason: String,
    },
    GivenUp(String),
}

/// SQL for the rows that are due at `$1` and claimed by nobody. An attempt that is nine hours away, or a lease that
/// lasts twenty more minutes, was stored while the clock was wrong: no pause and no lease is so long (`delivery`,
/// `mail`).
const DUE: &str = "outcome IS NULL AND (next_attempt_at <= $1 OR next_attempt_at > $1 + 32400000)
    AND (leased_until IS NULL OR leased_until <= $1 OR leased_until > $1 + 1200000)";

/// SQL that resets the columns of a row to begin again at `$2`.
const ANEW: &str = "outcome = NULL, done_at = NULL, reason = NULL, attempts = 0, first_attempt_at = NULL,
    lease = NULL, leased_until = NULL, next_attempt_at = $2";

/// SQL for the columns of [`Outgoing`].
const COLUMNS: &str =
    "id, about, kind, comment_id, address_id, created_at, attempts, first_attempt_at, next_attempt_at,
    COALESCE(outcome, '') = 'given-up' AS is_given_up, reason,
    (SELECT email FROM addresses WHERE addresses.id = address_id) AS email";

impl FromRow for Outgoing {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            about: row.get("about")?,
            kind: row.word("kind")?,
            comment: row.get("comment_id")?,
            address_id: row.get("address_id")?,
            to: row.get("email")?,
            created_at: row.time("created_at")?,
            attempts: row.get("attempts")?,
            first_attempt_at: row.optional_time("first_attempt_at")?,
            next_attempt_at: row.time("next_attempt_at")?,
            is_given_up: row.get("is_given_up")?,
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
    tx.execute(sql, &[&about, &word_of(kind), &comment, &address, &at]).await.map(|_| ())
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
                     RETURNING {COLUMNS}"
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

    /// Adds the digest that was due at `due` to the outbox. There is one a day, however many instances add it. A digest
    /// from before `due` was made while the clock was wrong, and is replaced.
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
    pub async fn list_mails(&self) -> Result<Vec<Outgoing>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox
             WHERE (outcome IS NULL AND kind <> 'announce') OR outcome = 'given-up' ORDER BY id"
        );
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
}
