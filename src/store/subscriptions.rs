//! Addresses and their subscriptions: chosen in a form, confirmed from a mail, ended at any time.

use jiff::Timestamp;

use crate::domain::{
    clock,
    comment::{CommentId, NewComment, ThreadKey, Wish},
    delivery::Kind,
    mail_keys::WishKey,
    mailbox,
    notices::{self, ConfirmationCounts, Question, Subscription},
    words::word_of,
};

use super::{
    Result, Store, StoreError,
    changes::lock_writers,
    comments::in_threads,
    connection::Connection,
    outbox::queue_mail,
    sql::{Argument, FromRow, Row},
};

/// State of an address: the mails that it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressState {
    pub email: String,
    pub is_blocked: bool,
    /// True if it is subscribed to one of the threads asked about.
    pub hears_thread: bool,
}

impl FromRow for Subscription {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            address_id: row.get("address_id")?,
            email: row.get("email")?,
            wish: row.word("wish")?,
            comment: row.get("comment_id")?,
            thread_slug: row.get("thread_slug")?,
            commenter: row.get("commenter")?,
            is_confirmed: row.get("is_confirmed")?,
            is_blocked: row.get("is_blocked")?,
            created_at: row.time("created_at")?,
            ended_at: row.optional_time("ended_at")?,
        })
    }
}

/// SQL for subscriptions with their addresses and comments.
const SUBSCRIPTIONS: &str = "subscriptions
    JOIN addresses ON addresses.id = subscriptions.address_id
    JOIN comments ON comments.id = subscriptions.comment_id";

/// SQL that is true if the commenter of a subscription has confirmed its address.
const IS_CONFIRMED: &str = "EXISTS (
    SELECT 1 FROM confirmations
    WHERE confirmations.address_id = subscriptions.address_id AND confirmations.commenter = comments.commenter)";

/// SQL that reads rows of [`Subscription`] under a condition. It joins confirmations, since for [`IS_CONFIRMED`] as a
/// column PostgreSQL may read all of them.
pub(super) fn select_subscriptions(condition: &str) -> String {
    format!(
        "SELECT subscriptions.id, subscriptions.address_id, addresses.email, wish, comment_id, thread_slug,
                comments.commenter, confirmations.address_id IS NOT NULL AS is_confirmed,
                blocked_at IS NOT NULL AS is_blocked, subscriptions.created_at, ended_at
         FROM {SUBSCRIPTIONS}
         LEFT JOIN confirmations ON confirmations.address_id = addresses.id
                                AND confirmations.commenter = comments.commenter
         WHERE {condition}"
    )
}

/// SQL for the number of confirmation mails since `$2` that the network of `comments` has caused; `$3` is the latest
/// possible time.
const ASKED_BY_NETWORK: &str = "(SELECT COUNT(*) FROM outbox JOIN comments AS theirs ON theirs.id = outbox.comment_id
    WHERE kind = 'confirm' AND outbox.created_at > $2 AND outbox.created_at <= $3
      AND theirs.network = comments.network)";

/// SQL for the number of all confirmation mails in this time.
const ASKED_IN_ALL: &str = "(SELECT COUNT(*) FROM outbox
    WHERE kind = 'confirm' AND outbox.created_at > $2 AND outbox.created_at <= $3)";

/// Stores the wish that came with a comment, or with the same comment sent again. If the comment is not `trusted`, its
/// address is asked to confirm when the author approves the comment.
pub(super) async fn store_wish(
    tx: &mut Connection,
    comment: CommentId,
    NewComment { email, wish, .. }: &NewComment,
    trusted: bool,
    at: Timestamp,
) -> Result<()> {
    let (Some(email), Wish::Answers | Wish::Thread) = (email, wish) else { return Ok(()) };
    let sql = "INSERT INTO addresses (email, mailbox, created_at) VALUES ($1, $2, $3)
               ON CONFLICT (email) DO UPDATE SET mailbox = excluded.mailbox RETURNING id";
    let address_id: i64 = tx.one(sql, &[&mailbox::kept(email), &mailbox::mailbox(email), &at]).await?;
    let sql = "INSERT INTO subscriptions (address_id, comment_id, wish, created_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (comment_id) DO UPDATE SET wish = excluded.wish
               WHERE subscriptions.address_id = excluded.address_id AND subscriptions.ended_at IS NULL";
    tx.execute(sql, &[&address_id, &comment, &word_of(wish), &at]).await?;
    if trusted { ask_to_confirm(tx, comment, at).await } else { Ok(()) }
}

/// An address, and the confirmation mails to it.
impl FromRow for (i64, ConfirmationCounts) {
    fn from_row(row: &Row) -> Result<Self> {
        let counts = ConfirmationCounts {
            of_mailbox_today: row.get("of_mailbox_today")?,
            of_mailbox_this_week: row.get("of_mailbox_this_week")?,
            of_network_this_hour: row.get("of_network_this_hour")?,
            of_all_this_hour: row.get("of_all_this_hour")?,
        };
        Ok((row.get("address_id")?, counts))
    }
}

/// Asks the holder of a comment's address to confirm its wish, unless it is confirmed, the address is blocked, or it
/// has been asked too often. If a limit is reached, the wish waits.
pub(super) async fn ask_to_confirm(tx: &mut Connection, comment: CommentId, at: Timestamp) -> Result<()> {
    let asked_mailbox = |since: &str| {
        format!(
            "(SELECT COUNT(*) FROM outbox JOIN addresses AS same ON same.id = outbox.address_id
              WHERE kind = 'confirm' AND same.mailbox = addresses.mailbox
                AND outbox.created_at > {since} AND outbox.created_at <= $3)"
        )
    };
    let (today, this_week) = (asked_mailbox("$4"), asked_mailbox("$5"));
    let sql = format!(
        "SELECT subscriptions.address_id, {today} AS of_mailbox_today, {this_week} AS of_mailbox_this_week,
                {ASKED_BY_NETWORK} AS of_network_this_hour, {ASKED_IN_ALL} AS of_all_this_hour
         FROM {SUBSCRIPTIONS}
         WHERE subscriptions.comment_id = $1 AND ended_at IS NULL AND NOT {IS_CONFIRMED}
           AND NOT EXISTS (
               SELECT 1 FROM addresses AS same WHERE same.mailbox = addresses.mailbox AND same.blocked_at IS NOT NULL)"
    );
    let times = [at - notices::HOUR, clock::latest(at), at - notices::DAY, at - notices::WEEK];
    let [hour_ago, latest, day_ago, week_ago] = &times;
    let unconfirmed = tx.optional(sql, &[&comment, hour_ago, latest, day_ago, week_ago]).await?;
    let mut waits_since = None;
    if let Some((address_id, asked)) = unconfirmed {
        match notices::question(&asked) {
            Question::Now => {
                let about = format!("confirm:{comment}:{address_id}");
                queue_mail(tx, &about, Kind::Confirm, Some(comment), Some(address_id), at).await?;
            }
            Question::Later => waits_since = Some(at),
            Question::No => {}
        }
    }
    let sql = "UPDATE subscriptions
               SET waits_since = CASE WHEN CAST($2 AS BIGINT) IS NULL THEN NULL ELSE COALESCE(waits_since, $2) END
               WHERE comment_id = $1";
    tx.execute(sql, &[&comment, &waits_since]).await.map(|_| ())
}

/// Stores that an address is confirmed for a commenter. If it was ever confirmed in the commenter's own browser, that
/// stays stored.
pub(super) async fn confirm(
    tx: &mut Connection,
    address_id: i64,
    commenter: &str,
    in_same_browser: bool,
    at: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO confirmations (address_id, commenter, in_same_browser, confirmed_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (address_id, commenter)
               DO UPDATE SET in_same_browser = confirmations.in_same_browser OR excluded.in_same_browser";
    tx.execute(sql, &[&address_id, &commenter, &in_same_browser, &at]).await.map(|_| ())
}

impl Store {
    /// Returns the active subscriptions in threads: confirmed, not ended, and of approved comments.
    ///
    /// # Errors
    /// The database is away.
    pub async fn active_subscriptions(&self, threads: &[ThreadKey]) -> Result<Vec<Subscription>> {
        let mut arguments: Vec<&dyn Argument> = Vec::new();
        let threads = in_threads(threads, &mut arguments);
        let is_active = format!(
            "confirmations.address_id IS NOT NULL AND ended_at IS NULL AND blocked_at IS NULL AND status = 'approved'
             AND {threads}"
        );
        self.all(select_subscriptions(&is_active), &arguments).await
    }

    /// Returns a subscription by its key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it is gone (erased, or not confirmed in time), or the database is away.
    pub async fn wished(&self, key: WishKey) -> Result<Subscription> {
        let is_it = "subscriptions.address_id = $1 AND comment_id = $2";
        self.one(select_subscriptions(is_it), &[&key.address_id, &key.comment]).await
    }

    /// True if a comment has a wish and its writer has not confirmed the address. It makes no difference if the address
    /// has been asked or is blocked: anybody can type it.
    ///
    /// # Errors
    /// The database is away.
    pub async fn is_unconfirmed(&self, comment: CommentId) -> Result<bool> {
        let sql = format!(
            "SELECT subscriptions.id FROM subscriptions JOIN comments ON comments.id = comment_id
             WHERE comment_id = $1 AND NOT {IS_CONFIRMED}"
        );
        Ok(self.optional::<i64>(sql, &[&comment]).await?.is_some())
    }

    /// Queues confirmation mails for the wishes that wait, the longest wait first, as far as the limits allow now.
    ///
    /// # Errors
    /// The database is away.
    pub async fn ask_those_who_wait(&self, at: Timestamp) -> Result<()> {
        let sql = format!(
            "SELECT comments.id FROM subscriptions JOIN comments ON comments.id = subscriptions.comment_id
             WHERE waits_since IS NOT NULL AND status IN ('approved', 'held')
               AND {ASKED_IN_ALL} < $4 AND {ASKED_BY_NETWORK} < $1
             ORDER BY waits_since, comments.id LIMIT $4"
        );
        let (hour_ago, latest) = (at - notices::HOUR, clock::latest(at));
        let comments: Vec<CommentId> =
            self.all(sql, &[&notices::ASKED_A_NETWORK, &hour_ago, &latest, &notices::ASKED_AN_HOUR]).await?;
        if comments.is_empty() {
            return Ok(());
        }
        let comments = &comments;
        self.write(|mut tx| async move {
            lock_writers(&mut tx).await?;
            for comment in comments {
                ask_to_confirm(&mut tx, *comment, at).await?;
            }
            Ok(())
        })
        .await
    }

    /// Confirms a wish, and with it later ones of the same commenter with this address. `visitor` is the fingerprint of
    /// the cookie in the request.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the wish is gone or ended or its address is blocked, or the database is away.
    pub async fn confirm_wish(&self, key: WishKey, visitor: Option<&str>, at: Timestamp) -> Result<()> {
        self.write(|mut tx| async move {
            let sql = format!(
                "SELECT commenter FROM {SUBSCRIPTIONS}
                 WHERE address_id = $1 AND comment_id = $2 AND ended_at IS NULL AND blocked_at IS NULL"
            );
            let commenter: Option<String> = tx.one(sql, &[&key.address_id, &key.comment]).await?;
            let commenter = commenter.ok_or(StoreError::NotFound)?;
            confirm(&mut tx, key.address_id, &commenter, visitor == Some(commenter.as_str()), at).await
        })
        .await
    }

    /// Returns the mails that an address gets.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the address is not (or no longer) stored, or the database is away.
    pub async fn standing(&self, address_id: i64, threads: &[ThreadKey]) -> Result<AddressState> {
        let mut arguments: Vec<&dyn Argument> = vec![&address_id];
        let threads = in_threads(threads, &mut arguments);
        let sql = format!(
            "SELECT email, blocked_at IS NOT NULL, EXISTS (
                 SELECT 1 FROM subscriptions JOIN comments ON comments.id = comment_id
                 WHERE ended_at IS NULL AND address_id = $1 AND {threads})
             FROM addresses WHERE id = $1"
        );
        let (email, is_blocked, hears_thread) = self.one(sql, &arguments).await?;
        Ok(AddressState { email, is_blocked, hears_thread })
    }

    /// Ends the subscriptions of an address in a thread. Does nothing if the address is not stored.
    ///
    /// # Errors
    /// The database is away.
    pub async fn stop_thread(&self, address_id: i64, threads: &[ThreadKey], at: Timestamp) -> Result<()> {
        let mut arguments: Vec<&dyn Argument> = vec![&address_id, &at];
        let threads = in_threads(threads, &mut arguments);
        let sql = format!(
            "UPDATE subscriptions SET ended_at = $2 WHERE ended_at IS NULL AND address_id = $1
             AND comment_id IN (SELECT id FROM comments WHERE {threads})"
        );
        self.execute(sql, &arguments).await.map(|_| ())
    }

    /// Blocks all mails to an address, also confirmation mails; mails that wait are deleted.
    ///
    /// # Errors
    /// The database is away.
    pub async fn stop_all(&self, address_id: i64, at: Timestamp) -> Result<()> {
        self.write(|mut tx| async move {
            for sql in [
                "UPDATE addresses SET blocked_at = COALESCE(blocked_at, $2) WHERE id = $1",
                "UPDATE subscriptions SET ended_at = COALESCE(ended_at, $2) WHERE address_id = $1",
            ] {
                tx.execute(sql, &[&address_id, &at]).await?;
            }
            tx.execute("DELETE FROM confirmations WHERE address_id = $1", &[&address_id]).await?;
            tx.execute("DELETE FROM outbox WHERE address_id = $1 AND outcome IS NULL", &[&address_id]).await?;
            Ok(())
        })
        .await
    }

    /// Allows confirmation mails to an address again. Ended subscriptions stay ended.
    ///
    /// # Errors
    /// The database is away.
    pub async fn allow_mail(&self, address_id: i64) -> Result<()> {
        self.execute("UPDATE addresses SET blocked_at = NULL WHERE id = $1", &[&address_id]).await.map(|_| ())
    }
}
