//! Addresses and their subscriptions: chosen in a form, confirmed from a mail, ended at any time.

use jiff::Timestamp;

use crate::domain::{
    clock,
    comment::{CommentId, ThreadKey},
    mail_keys::WishKey,
    notices::{self, Shown, Subscriber, Wish},
};

use super::{
    Ending::{Commit, Rollback},
    Store, StoreError,
    changes::take_turn,
    comments::push_threads,
    on_reader, on_writer,
};

/// A wish and its address, for its confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wished {
    pub email: String,
    pub wish: Wish,
    /// Thread of the comment that the wish came with.
    pub thread_slug: String,
    pub is_confirmed: bool,
    pub is_ended: bool,
    /// True if no mail may be sent to the address.
    pub is_blocked: bool,
}

/// State of an address: what it is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub email: String,
    pub is_blocked: bool,
    /// True if it is subscribed to one of the threads asked about.
    pub hears_thread: bool,
}

#[derive(sqlx::FromRow)]
struct WishedRow {
    email: String,
    wish: String,
    thread_slug: String,
    is_confirmed: bool,
    is_ended: bool,
    is_blocked: bool,
}

/// Stores the wish that came with a comment, or with the same comment sent again.
macro_rules! note_wish {
    ($tx:ident, $comment:expr, $email:expr, $wish:expr, $now:expr) => {{
        let email: &str = $email;
        let address_id: i64 = sqlx::query_scalar(
            "INSERT INTO addresses (email, mailbox, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (email) DO UPDATE SET mailbox = excluded.mailbox RETURNING id",
        )
        .bind(crate::domain::mailbox::kept(email))
        .bind(crate::domain::mailbox::mailbox(email))
        .bind($now)
        .fetch_one(&mut *$tx)
        .await?;
        sqlx::query(
            "INSERT INTO subscriptions (address_id, comment_id, wish, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (comment_id) DO UPDATE SET wish = excluded.wish
             WHERE subscriptions.address_id = excluded.address_id AND subscriptions.ended_at IS NULL",
        )
        .bind(address_id)
        .bind($comment)
        .bind($wish.as_str())
        .bind($now)
        .execute(&mut *$tx)
        .await?;
    }};
}

/// SQL for the number of confirmation mails since `$2` that the network of `comments` has caused; `$3` is the latest
/// possible time.
macro_rules! asked_by_network {
    () => {
        "(SELECT COUNT(*) FROM outbox JOIN comments AS theirs ON theirs.id = outbox.comment_id
           WHERE kind = 'confirm' AND outbox.created_at > $2 AND outbox.created_at <= $3
             AND theirs.network = comments.network)"
    };
}

/// Asks the holder of a comment's address to confirm its wish, unless it is confirmed, the address is blocked, or it
/// has been asked too often. If a limit is reached, the wish waits.
macro_rules! ask_to_confirm {
    ($tx:ident, $comment:expr, $at:expr) => {{
        use crate::{domain::{clock, delivery::Kind, notices}, store::outbox::queue_mail};
        let (comment, now): (i64, i64) = ($comment, $at.as_millisecond());
        let latest = clock::latest($at).as_millisecond();
        let open: Option<(i64, String, i64)> = sqlx::query_as(concat!(
            "SELECT addresses.id, addresses.mailbox, ", asked_by_network!(), "
             FROM subscriptions
             JOIN addresses ON addresses.id = subscriptions.address_id
             JOIN comments ON comments.id = subscriptions.comment_id
             WHERE subscriptions.comment_id = $1 AND ended_at IS NULL
               AND NOT EXISTS (
                   SELECT 1 FROM addresses AS same WHERE same.mailbox = addresses.mailbox AND same.blocked_at IS NOT NULL)
               AND NOT EXISTS (
                   SELECT 1 FROM confirmations
                   WHERE confirmations.address_id = addresses.id AND confirmations.commenter = comments.commenter)",
        ))
        .bind(comment)
        .bind(now - notices::HOUR)
        .bind(latest)
        .fetch_optional(&mut *$tx)
        .await?;
        let mut waits_since = None;
        if let Some((address_id, mailbox, of_network_this_hour)) = open {
            let (of_mailbox_today, of_mailbox_this_week, of_all_this_hour): (i64, i64, i64) = sqlx::query_as(
                "SELECT
                    (SELECT COUNT(*) FROM outbox JOIN addresses ON addresses.id = outbox.address_id
                      WHERE kind = 'confirm' AND mailbox = $1 AND outbox.created_at > $2 AND outbox.created_at <= $5),
                    (SELECT COUNT(*) FROM outbox JOIN addresses ON addresses.id = outbox.address_id
                      WHERE kind = 'confirm' AND mailbox = $1 AND outbox.created_at > $3 AND outbox.created_at <= $5),
                    (SELECT COUNT(*) FROM outbox WHERE kind = 'confirm' AND created_at > $4 AND created_at <= $5)",
            )
            .bind(mailbox)
            .bind(now - notices::DAY)
            .bind(now - notices::WEEK)
            .bind(now - notices::HOUR)
            .bind(latest)
            .fetch_one(&mut *$tx)
            .await?;
            let asked =
                notices::Asked { of_mailbox_today, of_mailbox_this_week, of_network_this_hour, of_all_this_hour };
            match notices::question(&asked) {
                notices::Question::Now => {
                    let about = format!("confirm:{comment}:{address_id}");
                    queue_mail!($tx, about, Kind::Confirm, Some(comment), Some(address_id), now);
                }
                notices::Question::Later => waits_since = Some(now),
                notices::Question::No => {}
            }
        }
        sqlx::query(
            "UPDATE subscriptions
             SET waits_since = CASE WHEN CAST($2 AS BIGINT) IS NULL THEN NULL ELSE COALESCE(waits_since, $2) END
             WHERE comment_id = $1",
        )
            .bind(comment)
            .bind(waits_since)
            .execute(&mut *$tx)
            .await?;
    }};
}

/// Deletes the wish of an erased comment and the mails about the comment that were not sent yet.
///
/// The address is deleted later (`Store::tidy_mail`), and a confirmation mail that was not sent still counts: otherwise
/// somebody could erase the count and have a mailbox asked again and again.
macro_rules! forget_wish {
    ($tx:ident, $comment:expr, $now:expr) => {{
        let (comment, now): (i64, i64) = ($comment, $now);
        sqlx::query(
            "UPDATE outbox SET outcome = 'dropped', done_at = $2, reason = 'the comment has been erased'
             WHERE comment_id = $1 AND outcome IS NULL",
        )
        .bind(comment)
        .bind(now)
        .execute(&mut *$tx)
        .await?;
        sqlx::query("DELETE FROM subscriptions WHERE comment_id = $1").bind(comment).execute(&mut *$tx).await?;
    }};
}

pub(super) use {ask_to_confirm, asked_by_network, forget_wish, note_wish};

impl Store {
    /// Returns a comment and the active wishes in its threads. `None` if the comment is not (or no longer) approved.
    ///
    /// # Errors
    /// The database is away.
    pub async fn listeners(
        &self,
        comment: CommentId,
        threads: &[ThreadKey],
    ) -> Result<Option<(Shown, Vec<Subscriber>)>, StoreError> {
        let found: Option<(Option<i64>, Option<String>, Option<String>)> = on_reader!(self, db => {
            sqlx::query_as("SELECT parent_id, email, commenter FROM comments WHERE id = $1 AND status = 'approved'")
                .bind(comment)
                .fetch_optional(db)
                .await?
        });
        let Some((parent, email, commenter)) = found else { return Ok(None) };
        let rows: Vec<(i64, String, String, i64, Option<String>)> = on_reader!(self, db => {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT addresses.id, addresses.email, wish, comments.id, comments.commenter
                 FROM subscriptions
                 JOIN addresses ON addresses.id = subscriptions.address_id
                 JOIN comments ON comments.id = subscriptions.comment_id
                 JOIN confirmations ON confirmations.address_id = addresses.id
                                   AND confirmations.commenter = comments.commenter
                 WHERE ended_at IS NULL AND blocked_at IS NULL AND status = 'approved' AND ",
            );
            push_threads!(query, threads);
            query.build_query_as().fetch_all(db).await?
        });
        let subscriber = |(address_id, email, wish, comment, commenter): (i64, String, String, i64, Option<String>)| {
            Subscriber { address_id, email, wish: Wish::parse(&wish).unwrap_or_default(), comment, commenter }
        };
        let shown = Shown { id: comment, parent, email, commenter };
        Ok(Some((shown, rows.into_iter().map(subscriber).collect())))
    }

    /// Returns a wish by its key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is gone (erased, or not confirmed in time), or the database is away.
    pub async fn wished(&self, key: WishKey) -> Result<Wished, StoreError> {
        let row: Option<WishedRow> = on_reader!(self, db => {
            sqlx::query_as(
                "SELECT addresses.email, wish, thread_slug, ended_at IS NOT NULL AS is_ended,
                        blocked_at IS NOT NULL AS is_blocked,
                        EXISTS (SELECT 1 FROM confirmations
                                WHERE confirmations.address_id = addresses.id
                                  AND confirmations.commenter = comments.commenter) AS is_confirmed
                 FROM subscriptions
                 JOIN addresses ON addresses.id = subscriptions.address_id
                 JOIN comments ON comments.id = subscriptions.comment_id
                 WHERE address_id = $1 AND comment_id = $2",
            )
            .bind(key.address_id)
            .bind(key.comment)
            .fetch_optional(db)
            .await?
        });
        let row = row.ok_or(StoreError::NotFound)?;
        Ok(Wished {
            email: row.email,
            wish: Wish::parse(&row.wish).unwrap_or_default(),
            thread_slug: row.thread_slug,
            is_confirmed: row.is_confirmed,
            is_ended: row.is_ended,
            is_blocked: row.is_blocked,
        })
    }

    /// True if a comment has a wish and its writer has not confirmed the address. It makes no difference if the address
    /// has been asked or is blocked: anybody can type it.
    ///
    /// # Errors
    /// The database is away.
    pub async fn is_unconfirmed(&self, comment: CommentId) -> Result<bool, StoreError> {
        let wish: Option<i64> = on_reader!(self, db => {
            sqlx::query_scalar(
                "SELECT subscriptions.id FROM subscriptions JOIN comments ON comments.id = comment_id
                 WHERE comment_id = $1
                   AND NOT EXISTS (SELECT 1 FROM confirmations
                                   WHERE confirmations.address_id = subscriptions.address_id
                                     AND confirmations.commenter = comments.commenter)",
            )
            .bind(comment)
            .fetch_optional(db)
            .await?
        });
        Ok(wish.is_some())
    }

    /// Asks about the wishes that wait, longest wait first, as far as the limits allow now.
    ///
    /// # Errors
    /// The database is away.
    pub async fn ask_those_who_wait(&self, at: Timestamp) -> Result<(), StoreError> {
        let comments: Vec<i64> = on_reader!(self, db => {
            sqlx::query_scalar(concat!(
                "SELECT comments.id FROM subscriptions JOIN comments ON comments.id = subscriptions.comment_id
                 WHERE waits_since IS NOT NULL AND status IN ('approved', 'held')
                   AND (SELECT COUNT(*) FROM outbox
                         WHERE kind = 'confirm' AND created_at > $2 AND created_at <= $3) < $4
                   AND ", asked_by_network!(), " < $1
                 ORDER BY waits_since, comments.id LIMIT $4",
            ))
            .bind(notices::ASKED_A_NETWORK)
            .bind(at.as_millisecond() - notices::HOUR)
            .bind(clock::latest(at).as_millisecond())
            .bind(notices::ASKED_AN_HOUR)
            .fetch_all(db)
            .await?
        });
        if comments.is_empty() {
            return Ok(());
        }
        on_writer!(self, tx => {
            take_turn!(tx);
            for comment in &comments {
                ask_to_confirm!(tx, *comment, at);
            }
            Ok(Commit(()))
        })
    }

    /// Confirms a wish, and with it later ones of the same commenter with this address. `visitor` is the fingerprint of
    /// the cookie in the request.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the wish is gone or ended or its address is blocked, or the database is away.
    pub async fn confirm_wish(&self, key: WishKey, visitor: Option<&str>, at: Timestamp) -> Result<(), StoreError> {
        on_writer!(self, tx => {
            let commenter: Option<Option<String>> = sqlx::query_scalar(
                "SELECT commenter FROM subscriptions
                 JOIN addresses ON addresses.id = subscriptions.address_id
                 JOIN comments ON comments.id = subscriptions.comment_id
                 WHERE address_id = $1 AND comment_id = $2 AND ended_at IS NULL AND blocked_at IS NULL",
            )
            .bind(key.address_id)
            .bind(key.comment)
            .fetch_optional(&mut *tx)
            .await?;
            let commenter = commenter.flatten().ok_or(StoreError::NotFound)?;
            sqlx::query(
                "INSERT INTO confirmations (address_id, commenter, in_same_browser, confirmed_at)
                 VALUES ($1, $2, $3, $4)
                 ON CONFLICT (address_id, commenter)
                 DO UPDATE SET in_same_browser = confirmations.in_same_browser OR excluded.in_same_browser",
            )
            .bind(key.address_id)
            .bind(&commenter)
            .bind(visitor == Some(commenter.as_str()))
            .bind(at.as_millisecond())
            .execute(&mut *tx)
            .await?;
            Ok(Commit(()))
        })
    }

    /// Returns what an address is told of.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the address is not (or no longer) stored, or the database is away.
    pub async fn standing(&self, address_id: i64, threads: &[ThreadKey]) -> Result<Standing, StoreError> {
        let found: Option<(String, bool)> = on_reader!(self, db => {
            sqlx::query_as("SELECT email, blocked_at IS NOT NULL FROM addresses WHERE id = $1")
                .bind(address_id)
                .fetch_optional(db)
                .await?
        });
        let (email, is_blocked) = found.ok_or(StoreError::NotFound)?;
        if threads.is_empty() {
            return Ok(Standing { email, is_blocked, hears_thread: false });
        }
        let wish: Option<i64> = on_reader!(self, db => {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT subscriptions.id FROM subscriptions JOIN comments ON comments.id = subscriptions.comment_id
                 WHERE ended_at IS NULL AND address_id = ",
            );
            query.push_bind(address_id).push(" AND ");
            push_threads!(query, threads);
            query.push(" LIMIT 1");
            query.build_query_scalar().fetch_optional(db).await?
        });
        Ok(Standing { email, is_blocked, hears_thread: wish.is_some() })
    }

    /// Ends the subscriptions of an address in a thread. Does nothing if the address is not stored.
    ///
    /// # Errors
    /// The database is away.
    pub async fn stop_thread(&self, address_id: i64, threads: &[ThreadKey], at: Timestamp) -> Result<(), StoreError> {
        if threads.is_empty() {
            return Ok(());
        }
        on_writer!(self, tx => {
            let mut query = sqlx::QueryBuilder::new("UPDATE subscriptions SET ended_at = ");
            query.push_bind(at.as_millisecond());
            query.push(" WHERE ended_at IS NULL AND address_id = ").push_bind(address_id);
            query.push(" AND comment_id IN (SELECT id FROM comments WHERE ");
            push_threads!(query, threads);
            query.push(")");
            query.build().execute(&mut *tx).await?;
            Ok(Commit(()))
        })
    }

    /// Blocks all mails to an address, also confirmation mails; mails that wait are deleted.
    ///
    /// # Errors
    /// The database is away.
    pub async fn stop_all(&self, address_id: i64, at: Timestamp) -> Result<(), StoreError> {
        on_writer!(self, tx => {
            let at = at.as_millisecond();
            let blocked = sqlx::query("UPDATE addresses SET blocked_at = COALESCE(blocked_at, $2) WHERE id = $1")
                .bind(address_id)
                .bind(at)
                .execute(&mut *tx)
                .await?;
            if blocked.rows_affected() == 0 {
                return Ok(Rollback(()));
            }
            for sql in [
                "UPDATE subscriptions SET ended_at = $2 WHERE address_id = $1 AND ended_at IS NULL",
                "DELETE FROM confirmations WHERE address_id = $1 AND confirmed_at <= $2",
                "DELETE FROM outbox WHERE address_id = $1 AND outcome IS NULL AND created_at <= $2",
            ] {
                sqlx::query(sql).bind(address_id).bind(at).execute(&mut *tx).await?;
            }
            Ok(Commit(()))
        })
    }

    /// Allows confirmation mails to an address again. Ended subscriptions stay ended.
    ///
    /// # Errors
    /// The database is away.
    pub async fn allow_mail(&self, address_id: i64) -> Result<(), StoreError> {
        on_writer!(self, tx => {
            sqlx::query("UPDATE addresses SET blocked_at = NULL WHERE id = $1")
                .bind(address_id)
                .execute(&mut *tx)
                .await?;
            Ok(Commit(()))
        })
    }
}
