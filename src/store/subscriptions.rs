//! Addresses and their subscriptions: chosen in a form, confirmed from a mail, ended at any time.

use jiff::Timestamp;

use crate::domain::{
    clock,
    comment::{CommentId, ThreadKey},
    delivery::Kind,
    mail_keys::WishKey,
    mailbox,
    notices::{self, ConfirmationCounts, Question, Shown, Subscriber, Wish},
};

use super::{
    Result, Store, StoreError,
    changes::lock_writers,
    comments::in_threads,
    connection::Connection,
    outbox::queue_mail,
    sql::{Argument, FromRow, Row},
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

impl FromRow for Wished {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            email: row.get("email")?,
            wish: wish(row)?,
            thread_slug: row.get("thread_slug")?,
            is_confirmed: row.get("is_confirmed")?,
            is_ended: row.get("is_ended")?,
            is_blocked: row.get("is_blocked")?,
        })
    }
}

impl FromRow for Subscriber {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            address_id: row.get("address_id")?,
            email: row.get("email")?,
            wish: wish(row)?,
            comment: row.get("comment_id")?,
            commenter: row.get("commenter")?,
        })
    }
}

pub(super) fn wish(row: &Row) -> Result<Wish> {
    Ok(Wish::parse(&row.get::<String>("wish")?).unwrap_or_default())
}

/// SQL for subscriptions with their addresses and comments.
pub(super) const SUBSCRIPTIONS: &str = "subscriptions
    JOIN addresses ON addresses.id = subscriptions.address_id
    JOIN comments ON comments.id = subscriptions.comment_id";

/// SQL that is true if the commenter of a subscription has confirmed its address.
const IS_CONFIRMED: &str = "EXISTS (
    SELECT 1 FROM confirmations
    WHERE confirmations.address_id = subscriptions.address_id AND confirmations.commenter = comments.commenter)";

/// SQL for the number of confirmation mails since `$2` that the network of `comments` has caused; `$3` is the latest
/// possible time.
const ASKED_BY_NETWORK: &str = "(SELECT COUNT(*) FROM outbox JOIN comments AS theirs ON theirs.id = outbox.comment_id
    WHERE kind = 'confirm' AND outbox.created_at > $2 AND outbox.created_at <= $3
      AND theirs.network = comments.network)";

/// Stores the wish that came with a comment, or with the same comment sent again.
pub(super) async fn store_wish(
    tx: &mut Connection,
    comment: CommentId,
    email: &str,
    wish: Wish,
    at: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO addresses (email, mailbox, created_at) VALUES ($1, $2, $3)
               ON CONFLICT (email) DO UPDATE SET mailbox = excluded.mailbox RETURNING id";
    let address_id: i64 = tx.one(sql, &[&mailbox::kept(email), &mailbox::mailbox(email), &at]).await?;
    let sql = "INSERT INTO subscriptions (address_id, comment_id, wish, created_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (comment_id) DO UPDATE SET wish = excluded.wish
               WHERE subscriptions.address_id = excluded.address_id AND subscriptions.ended_at IS NULL";
    tx.execute(sql, &[&address_id, &comment, &wish.as_str(), &at]).await.map(|_| ())
}

/// Asks the holder of a comment's address to confirm its wish, unless it is confirmed, the address is blocked, or it
/// has been asked too often. If a limit is reached, the wish waits.
pub(super) async fn ask_to_confirm(tx: &mut Connection, comment: CommentId, at: Timestamp) -> Result<()> {
    let (hour_ago, latest) = (at - notices::HOUR, clock::latest(at));
    let sql = format!(
        "SELECT addresses.id, addresses.mailbox, {ASKED_BY_NETWORK} FROM {SUBSCRIPTIONS}
         WHERE subscriptions.comment_id = $1 AND ended_at IS NULL AND NOT {IS_CONFIRMED}
           AND NOT EXISTS (
               SELECT 1 FROM addresses AS same WHERE same.mailbox = addresses.mailbox AND same.blocked_at IS NOT NULL)"
    );
    let unconfirmed: Option<(i64, String, i64)> = tx.optional(sql, &[&comment, &hour_ago, &latest]).await?;
    let mut waits_since = None;
    if let Some((address_id, mailbox, of_network_this_hour)) = unconfirmed {
        let sql = "SELECT
                (SELECT COUNT(*) FROM outbox JOIN addresses ON addresses.id = outbox.address_id
                  WHERE kind = 'confirm' AND mailbox = $1 AND outbox.created_at > $2 AND outbox.created_at <= $5),
                (SELECT COUNT(*) FROM outbox JOIN addresses ON addresses.id = outbox.address_id
                  WHERE kind = 'confirm' AND mailbox = $1 AND outbox.created_at > $3 AND outbox.created_at <= $5),
                (SELECT COUNT(*) FROM outbox WHERE kind = 'confirm' AND created_at > $4 AND created_at <= $5)";
        let (day_ago, week_ago) = (at - notices::DAY, at - notices::WEEK);
        let (of_mailbox_today, of_mailbox_this_week, of_all_this_hour) =
            tx.one(sql, &[&mailbox, &day_ago, &week_ago, &hour_ago, &latest]).await?;
        match notices::question(&ConfirmationCounts {
            of_mailbox_today,
            of_mailbox_this_week,
            of_network_this_hour,
            of_all_this_hour,
        }) {
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

/// Deletes the wish of an erased comment and the mails about the comment that were not sent yet.
///
/// The address is deleted later (`Store::tidy_mail`), and a confirmation mail that was not sent still counts: otherwise
/// somebody could erase the count and have a mailbox asked again and again.
pub(super) async fn forget_wish(tx: &mut Connection, comment: CommentId, at: Timestamp) -> Result<()> {
    let sql = "UPDATE outbox SET outcome = 'dropped', done_at = $2, reason = 'the comment has been erased'
               WHERE comment_id = $1 AND outcome IS NULL";
    tx.execute(sql, &[&comment, &at]).await?;
    tx.execute("DELETE FROM subscriptions WHERE comment_id = $1", &[&comment]).await.map(|_| ())
}

/// Stores that an address is confirmed for a commenter. A confirmation in the commenter's own browser stays one.
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
    /// Returns a comment and the active wishes in its threads. `None` if the comment is not (or no longer) approved.
    ///
    /// # Errors
    /// The database is away.
    pub async fn listeners(
        &self,
        comment: CommentId,
        threads: &[ThreadKey],
    ) -> Result<Option<(Shown, Vec<Subscriber>)>> {
        let sql = "SELECT parent_id, email, commenter FROM comments WHERE id = $1 AND status = 'approved'";
        let Some((parent, email, commenter)) = self.optional(sql, &[&comment]).await? else { return Ok(None) };
        let mut arguments: Vec<&dyn Argument> = Vec::new();
        let threads = in_threads(threads, &mut arguments);
        let sql = format!(
            "SELECT subscriptions.address_id, addresses.email, wish, comment_id, comments.commenter FROM {SUBSCRIPTIONS}
             JOIN confirmations ON confirmations.address_id = addresses.id
                               AND confirmations.commenter = comments.commenter
             WHERE ended_at IS NULL AND blocked_at IS NULL AND status = 'approved' AND {threads}"
        );
        let subscribers = self.all(sql, &arguments).await?;
        Ok(Some((Shown { id: comment, parent, email, commenter }, subscribers)))
    }

    /// Returns a wish by its key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is gone (erased, or not confirmed in time), or the database is away.
    pub async fn wished(&self, key: WishKey) -> Result<Wished> {
        let sql = format!(
            "SELECT addresses.email, wish, thread_slug, ended_at IS NOT NULL AS is_ended,
                    blocked_at IS NOT NULL AS is_blocked, {IS_CONFIRMED} AS is_confirmed
             FROM {SUBSCRIPTIONS} WHERE address_id = $1 AND comment_id = $2"
        );
        self.one(sql, &[&key.address_id, &key.comment]).await
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

    /// Asks about the wishes that wait, longest wait first, as far as the limits allow now.
    ///
    /// # Errors
    /// The database is away.
    pub async fn ask_those_who_wait(&self, at: Timestamp) -> Result<()> {
        let sql = format!(
            "SELECT comments.id FROM subscriptions JOIN comments ON comments.id = subscriptions.comment_id
             WHERE waits_since IS NOT NULL AND status IN ('approved', 'held')
               AND (SELECT COUNT(*) FROM outbox
                     WHERE kind = 'confirm' AND created_at > $2 AND created_at <= $3) < $4
               AND {ASKED_BY_NETWORK} < $1
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

    /// Returns what an address is told of.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the address is not (or no longer) stored, or the database is away.
    pub async fn standing(&self, address_id: i64, threads: &[ThreadKey]) -> Result<Standing> {
        let sql = "SELECT email, blocked_at IS NOT NULL FROM addresses WHERE id = $1";
        let (email, is_blocked) = self.one(sql, &[&address_id]).await?;
        let mut arguments: Vec<&dyn Argument> = vec![&address_id];
        let threads = in_threads(threads, &mut arguments);
        let sql = format!(
            "SELECT subscriptions.id FROM subscriptions JOIN comments ON comments.id = subscriptions.comment_id
             WHERE ended_at IS NULL AND address_id = $1 AND {threads} LIMIT 1"
        );
        let wish: Option<i64> = self.optional(sql, &arguments).await?;
        Ok(Standing { email, is_blocked, hears_thread: wish.is_some() })
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
