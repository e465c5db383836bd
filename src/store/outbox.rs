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
    Ending::{Commit, Rollback},
    Store, StoreError,
    comments::from_millis,
    on_reader, on_writer,
    retention::correct_times,
};

/// Time that settled rows are kept, and that mails wait for a server that is not set.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

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

#[derive(sqlx::FromRow)]
struct OutgoingRow {
    id: i64,
    about: String,
    kind: String,
    comment_id: Option<i64>,
    address_id: Option<i64>,
    created_at: i64,
    first_attempt_at: i64,
    attempts: i64,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    id: i64,
    kind: String,
    comment_id: Option<i64>,
    email: Option<String>,
    outcome: Option<String>,
    attempts: i64,
    created_at: i64,
    next_attempt_at: i64,
    reason: Option<String>,
}

/// SQL for the rows that are due at `$1` and claimed by nobody. An attempt that is nine hours away, or a lease that
/// lasts ten more minutes, was noted while the clock was wrong: no pause and no lease is so long (`delivery`,
/// `mail::LEASE`).
macro_rules! due {
    () => {
        "outcome IS NULL AND (next_attempt_at <= $1 OR next_attempt_at > $1 + 32400000)
         AND (leased_until IS NULL OR leased_until <= $1 OR leased_until > $1 + 600000)"
    };
}

/// Adds a row to the outbox, in a transaction that is open. An existing row stays as it is.
macro_rules! queue_mail {
    ($tx:ident, $about:expr, $kind:expr, $comment:expr, $address:expr, $now:expr) => {{
        let comment: Option<i64> = $comment;
        let address: Option<i64> = $address;
        sqlx::query(
            "INSERT INTO outbox (about, kind, comment_id, address_id, created_at, next_attempt_at)
             VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (about) DO NOTHING",
        )
        .bind($about)
        .bind($kind.as_str())
        .bind(comment)
        .bind(address)
        .bind($now)
        .execute(&mut *$tx)
        .await?
    }};
}

/// Queues the mails about a comment that readers see for the first time.
macro_rules! announce {
    ($tx:ident, $comment:expr, $now:expr) => {{
        let comment: i64 = $comment;
        crate::store::outbox::queue_mail!(
            $tx,
            format!("announce:{comment}"),
            crate::domain::delivery::Kind::Announce,
            Some(comment),
            None,
            $now
        )
    }};
}

pub(super) use {announce, queue_mail};

impl Store {
    /// Claims the next due row, so that no other sender takes it before `until`.
    ///
    /// # Errors
    /// The database is away.
    pub async fn claim_mail(
        &self,
        lease: &str,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Outgoing>, StoreError> {
        // The check takes no lock; another sender may claim the row before we do.
        while self.is_mail_due(at).await? {
            let row: Option<OutgoingRow> = on_writer!(self, tx => {
                let row = sqlx::query_as(concat!(
                    "UPDATE outbox SET lease = $2, leased_until = $3, attempts = attempts + 1,
                                       first_attempt_at = COALESCE(first_attempt_at, $1)
                     WHERE id = (SELECT id FROM outbox WHERE ", due!(), " ORDER BY next_attempt_at, id LIMIT 1)
                       AND ", due!(), "
                     RETURNING id, about, kind, comment_id, address_id, created_at, first_attempt_at, attempts",
                ))
                .bind(at.as_millisecond())
                .bind(lease)
                .bind(until.as_millisecond())
                .fetch_optional(&mut *tx)
                .await?;
                Ok(Commit(row))
            })?;
            if let Some(row) = row {
                return Ok(Some(outgoing(row)));
            }
        }
        Ok(None)
    }

    async fn is_mail_due(&self, at: Timestamp) -> Result<bool, StoreError> {
        let due: Option<i64> = on_reader!(self, db => {
            sqlx::query_scalar(concat!("SELECT id FROM outbox WHERE ", due!(), " LIMIT 1"))
                .bind(at.as_millisecond())
                .fetch_optional(db)
                .await?
        });
        Ok(due.is_some())
    }

    /// Stores the outcome of a row, unless another sender has the lease now.
    ///
    /// # Errors
    /// The database is away.
    pub async fn settle_mail(&self, id: i64, lease: &str, outcome: &Outcome, at: Timestamp) -> Result<(), StoreError> {
        let at = at.as_millisecond();
        let (word, next, done, reason) = match outcome {
            Outcome::Sent => (Some("sent"), None, Some(at), None),
            Outcome::Dropped(reason) => (Some("dropped"), None, Some(at), Some(reason)),
            Outcome::Again { at, reason } => (None, Some(at.as_millisecond()), None, Some(reason)),
            Outcome::GivenUp(reason) => (Some("given-up"), None, Some(at), Some(reason)),
        };
        on_writer!(self, tx => {
            sqlx::query(
                "UPDATE outbox SET outcome = $3, next_attempt_at = COALESCE($4, next_attempt_at), done_at = $5,
                                   reason = $6, lease = NULL, leased_until = NULL
                 WHERE id = $1 AND lease = $2",
            )
            .bind(id)
            .bind(lease)
            .bind(word)
            .bind(next)
            .bind(done)
            .bind(reason)
            .execute(&mut *tx)
            .await?;
            Ok(Commit(()))
        })
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
    ) -> Result<(), StoreError> {
        let comment = announcement.comment.unwrap_or_default();
        on_writer!(self, tx => {
            let settled = sqlx::query(
                "UPDATE outbox SET outcome = 'sent', done_at = $3, lease = NULL, leased_until = NULL
                 WHERE id = $1 AND lease = $2",
            )
            .bind(announcement.id)
            .bind(lease)
            .bind(at.as_millisecond())
            .execute(&mut *tx)
            .await?;
            if settled.rows_affected() == 0 {
                return Ok(Rollback(()));
            }
            for (address_id, why) in audience {
                let kind = match why {
                    Why::Answered => Kind::Answer,
                    Why::ThreadGoesOn => Kind::Thread,
                };
                let about = format!("comment:{comment}:{address_id}");
                queue_mail!(tx, about, kind, Some(comment), Some(*address_id), at.as_millisecond());
            }
            Ok(Commit(()))
        })
    }

    /// Adds the digest that was due at `due` to the outbox. There is one a day, however many instances add it; one that
    /// was made before it was due was made while the clock was wrong, and is replaced.
    ///
    /// # Errors
    /// The database is away.
    pub async fn queue_digest(&self, day: &str, due: Timestamp, at: Timestamp) -> Result<(), StoreError> {
        on_writer!(self, tx => {
            sqlx::query(
                "INSERT INTO outbox (about, kind, created_at, next_attempt_at) VALUES ($1, 'digest', $2, $2)
                 ON CONFLICT (about) DO UPDATE
                 SET created_at = $2, next_attempt_at = $2, attempts = 0, first_attempt_at = NULL, lease = NULL,
                     leased_until = NULL, done_at = NULL, outcome = NULL, reason = NULL
                 WHERE outbox.created_at < $3 OR outbox.created_at > $4",
            )
            .bind(format!("digest:{day}"))
            .bind(at.as_millisecond())
            .bind(due.as_millisecond())
            .bind(clock::latest(at).as_millisecond())
            .execute(&mut *tx)
            .await?;
            Ok(Commit(()))
        })
    }

    /// Time at which the digest before this one was made; digests that were given up do not count.
    ///
    /// # Errors
    /// The database is away.
    pub async fn digest_before(&self, id: i64) -> Result<Option<Timestamp>, StoreError> {
        let made: Option<i64> = on_reader!(self, db => {
            sqlx::query_scalar(
                "SELECT MAX(created_at) FROM outbox
                 WHERE kind = 'digest' AND created_at < (SELECT created_at FROM outbox WHERE id = $1)
                   AND (outcome IS NULL OR outcome <> 'given-up')",
            )
            .bind(id)
            .fetch_one(db)
            .await?
        });
        Ok(made.map(from_millis))
    }

    /// Number of mails that wait. Those to the author count if the author has an address.
    ///
    /// # Errors
    /// The database is away.
    pub async fn count_waiting_mails(&self, author_is_told: bool) -> Result<i64, StoreError> {
        Ok(on_reader!(self, db => {
            sqlx::query_scalar(
                "SELECT COUNT(*) FROM outbox
                 WHERE outcome IS NULL AND kind <> 'announce' AND (address_id IS NOT NULL OR $1)",
            )
            .bind(author_is_told)
            .fetch_one(db)
            .await?
        }))
    }

    /// Mails that wait and mails that were given up, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn list_mails(&self) -> Result<Vec<ListedMail>, StoreError> {
        let rows: Vec<ListedRow> = on_reader!(self, db => {
            sqlx::query_as(
                "SELECT outbox.id, kind, comment_id, email, outcome, attempts, outbox.created_at, next_attempt_at, reason
                 FROM outbox LEFT JOIN addresses ON addresses.id = outbox.address_id
                 WHERE (outcome IS NULL AND kind <> 'announce') OR outcome = 'given-up' ORDER BY outbox.id",
            )
            .fetch_all(db)
            .await?
        });
        let listed = |row: ListedRow| ListedMail {
            id: row.id,
            kind: row.kind,
            comment: row.comment_id,
            to: row.email,
            is_given_up: row.outcome.is_some(),
            attempts: row.attempts,
            created_at: from_millis(row.created_at),
            next_attempt_at: from_millis(row.next_attempt_at),
            reason: row.reason,
        };
        Ok(rows.into_iter().map(listed).collect())
    }

    /// Lets a mail that was given up be tried again from the start.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no mail of this number was given up, or the database is away.
    pub async fn retry_mail(&self, id: i64, at: Timestamp) -> Result<(), StoreError> {
        on_writer!(self, tx => {
            let retried = sqlx::query(
                "UPDATE outbox SET outcome = NULL, done_at = NULL, attempts = 0, first_attempt_at = NULL,
                                   next_attempt_at = $2
                 WHERE id = $1 AND outcome = 'given-up'",
            )
            .bind(id)
            .bind(at.as_millisecond())
            .execute(&mut *tx)
            .await?;
            if retried.rows_affected() == 0 { Err(StoreError::NotFound) } else { Ok(Commit(())) }
        })
    }

    /// Deletes old data: settled rows after a month, mails that nobody sent for a month or that the author does not
    /// want, addresses not confirmed in time, and addresses whose last comment is gone.
    ///
    /// # Errors
    /// The database is away.
    pub async fn tidy_mail(
        &self,
        at: Timestamp,
        confirmation: SignedDuration,
        author_is_told: bool,
    ) -> Result<(), StoreError> {
        if at < clock::EARLIEST {
            return Ok(());
        }
        let before = (at - KEPT).as_millisecond();
        let unconfirmed = (at - confirmation).as_millisecond();
        on_writer!(self, tx => {
            correct_times!(tx, at);
            sqlx::query("DELETE FROM outbox WHERE outcome IS NOT NULL AND done_at < $1")
                .bind(before)
                .execute(&mut *tx)
                .await?;
            sqlx::query(
                "UPDATE outbox SET outcome = CASE WHEN kind = 'announce' THEN 'dropped' ELSE 'given-up' END, done_at = $2,
                                   reason = 'nobody sent it for a month'
                 WHERE outcome IS NULL AND first_attempt_at IS NULL AND created_at < $1 AND next_attempt_at < $1",
            )
            .bind(before)
            .bind(at.as_millisecond())
            .execute(&mut *tx)
            .await?;
            if !author_is_told {
                sqlx::query(
                    "UPDATE outbox SET outcome = 'dropped', done_at = $1, reason = 'the author wants no such mail'
                     WHERE outcome IS NULL AND kind = 'author'",
                )
                .bind(at.as_millisecond())
                .execute(&mut *tx)
                .await?;
            }
            sqlx::query("DELETE FROM corner_asked WHERE created_at < $1")
                .bind(at.as_millisecond() - notices::HOUR)
                .execute(&mut *tx)
                .await?;
            // The wish of a held comment stays: its confirmation mail may not have been sent.
            sqlx::query(
                "DELETE FROM subscriptions
                 WHERE created_at < $1
                   AND (SELECT status <> 'held' AND (waits_since IS NULL OR status <> 'approved')
                        FROM comments WHERE comments.id = subscriptions.comment_id)
                   AND NOT EXISTS (
                       SELECT 1 FROM comments JOIN confirmations ON confirmations.commenter = comments.commenter
                       WHERE comments.id = subscriptions.comment_id
                         AND confirmations.address_id = subscriptions.address_id)
                   AND NOT EXISTS (
                       SELECT 1 FROM outbox
                       WHERE outbox.address_id = subscriptions.address_id AND kind = 'confirm'
                         AND outbox.created_at >= $1)",
            )
            .bind(unconfirmed)
            .execute(&mut *tx)
            .await?;
            // A confirmation is deleted with the last comment of its commenter.
            sqlx::query(
                "DELETE FROM confirmations
                 WHERE confirmed_at < $1
                   AND NOT EXISTS (
                       SELECT 1 FROM confirmations AS theirs JOIN comments ON comments.commenter = theirs.commenter
                       WHERE theirs.address_id = confirmations.address_id)",
            )
            .bind(unconfirmed)
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "DELETE FROM addresses
                 WHERE blocked_at IS NULL AND created_at < $1
                   AND NOT EXISTS (SELECT 1 FROM subscriptions WHERE subscriptions.address_id = addresses.id)
                   AND NOT EXISTS (SELECT 1 FROM confirmations WHERE confirmations.address_id = addresses.id)
                   AND NOT EXISTS (
                       SELECT 1 FROM outbox
                       WHERE outbox.address_id = addresses.id AND kind IN ('confirm', 'corner') AND outbox.created_at >= $1)",
            )
            .bind(unconfirmed)
            .execute(&mut *tx)
            .await?;
            Ok(Commit(()))
        })
    }
}

fn outgoing(row: OutgoingRow) -> Outgoing {
    Outgoing {
        id: row.id,
        // The column has a CHECK; an unknown word, from a newer version, has no recipients.
        kind: Kind::parse(&row.kind).unwrap_or(Kind::Announce),
        about: row.about,
        comment: row.comment_id,
        address_id: row.address_id,
        created_at: from_millis(row.created_at),
        first_attempt_at: from_millis(row.first_attempt_at),
        attempts: row.attempts,
    }
}
