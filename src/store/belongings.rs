//! Comments, addresses and subscriptions of a commenter. A commenter is known by the fingerprint of their cookie;
//! addresses can be confirmed for it. Two browsers in which the same address is confirmed belong to one person, for the
//! comments signed with that address.

use jiff::Timestamp;

use crate::domain::{
    clock,
    comment::{Comment, CommentId},
    delivery::Kind,
    mail_keys::CornerLink,
    mailbox,
    notices::{self, Wish},
};

use super::{
    Ending::{Commit, Rollback},
    Store, StoreError,
    changes::take_turn,
    comments::{CommentRow, comment_columns, from_millis},
    on_reader, on_writer,
    outbox::queue_mail,
};

/// A comment of the commenter who asks.
#[derive(Clone, Debug)]
pub struct OwnComment {
    pub comment: Comment,
    /// Fingerprint of the cookie that the comment was written under.
    pub writer: String,
}

/// An address that the commenter has confirmed in the browser of this request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAddress {
    pub email: String,
    pub confirmed_at: Timestamp,
}

/// A subscription, confirmed or not, active or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSubscription {
    pub id: i64,
    pub email: String,
    pub wish: Wish,
    pub thread_slug: String,
    pub is_confirmed: bool,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct OwnRow {
    #[sqlx(flatten)]
    comment: CommentRow,
    commenter: String,
}

#[derive(sqlx::FromRow)]
struct SubscriptionRow {
    id: i64,
    email: String,
    wish: String,
    thread_slug: String,
    is_confirmed: bool,
    created_at: i64,
    ended_at: Option<i64>,
}

/// SQL for the addresses that `$1` has confirmed in their own browser.
macro_rules! own_addresses {
    () => {
        "(SELECT address_id FROM confirmations WHERE commenter = $1 AND in_same_browser)"
    };
}

impl Store {
    /// Returns all comments of a commenter, newest first, whatever their status: those under their cookie, and those
    /// signed with an address of theirs in other browsers in which they have confirmed it. Erased comments belong to
    /// nobody.
    ///
    /// # Errors
    /// The database is away.
    pub async fn comments_of(&self, commenter: &str) -> Result<Vec<OwnComment>, StoreError> {
        self.own_comments(commenter, None).await
    }

    /// Returns one comment of a commenter.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is not there or somebody else's, or the database is away.
    pub async fn comment_of(&self, commenter: &str, id: CommentId) -> Result<OwnComment, StoreError> {
        self.own_comments(commenter, Some(id)).await?.pop().ok_or(StoreError::NotFound)
    }

    async fn own_comments(&self, commenter: &str, id: Option<CommentId>) -> Result<Vec<OwnComment>, StoreError> {
        // An address gives access only to comments signed with it, and only where it was confirmed in that browser.
        let opened: Vec<(String, String)> = on_reader!(self, db => {
            sqlx::query_as(concat!(
                "SELECT commenter, email FROM confirmations JOIN addresses ON addresses.id = address_id
                 WHERE in_same_browser AND commenter <> $1 AND address_id IN ", own_addresses!(),
            ))
            .bind(commenter)
            .fetch_all(db)
            .await?
        });
        let rows: Vec<OwnRow> = on_reader!(self, db => {
            sqlx::query_as(concat!(
                "SELECT ", comment_columns!(), ", commenter FROM comments
                 WHERE (id = $2 OR $3)
                   AND commenter IN (
                       SELECT CAST($1 AS TEXT) UNION
                       SELECT commenter FROM confirmations WHERE in_same_browser AND address_id IN ", own_addresses!(), ")
                 ORDER BY created_at DESC, id DESC",
            ))
            .bind(commenter)
            .bind(id.unwrap_or_default())
            .bind(id.is_none())
            .fetch_all(db)
            .await?
        });
        let own = |row: OwnRow| OwnComment { comment: row.comment.into(), writer: row.commenter };
        let mut own: Vec<OwnComment> = rows.into_iter().map(own).collect();
        own.retain(|own| {
            let email = own.comment.email.as_deref().map(mailbox::kept);
            own.writer == commenter
                || opened.iter().any(|(writer, opens)| *writer == own.writer && email.as_ref() == Some(opens))
        });
        Ok(own)
    }

    /// Returns the addresses that a commenter has confirmed in their own browser.
    ///
    /// # Errors
    /// The database is away.
    pub async fn addresses_of(&self, commenter: &str) -> Result<Vec<OwnAddress>, StoreError> {
        let rows: Vec<(String, i64)> = on_reader!(self, db => {
            sqlx::query_as(
                "SELECT email, confirmed_at FROM confirmations JOIN addresses ON addresses.id = address_id
                 WHERE commenter = $1 AND in_same_browser ORDER BY email",
            )
            .bind(commenter)
            .fetch_all(db)
            .await?
        });
        let own = |(email, at)| OwnAddress { email, confirmed_at: from_millis(at) };
        Ok(rows.into_iter().map(own).collect())
    }

    /// Returns the subscriptions of a commenter's comments and of their confirmed addresses, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn subscriptions_of(&self, commenter: &str) -> Result<Vec<OwnSubscription>, StoreError> {
        let rows: Vec<SubscriptionRow> = on_reader!(self, db => {
            sqlx::query_as(concat!(
                "SELECT subscriptions.id, addresses.email, wish, thread_slug, subscriptions.created_at, ended_at,
                        confirmations.address_id IS NOT NULL AS is_confirmed
                 FROM subscriptions
                 JOIN addresses ON addresses.id = subscriptions.address_id
                 JOIN comments ON comments.id = subscriptions.comment_id
                 LEFT JOIN confirmations ON confirmations.address_id = addresses.id
                                        AND confirmations.commenter = comments.commenter
                 WHERE subscriptions.id IN (
                     SELECT theirs.id FROM comments AS mine JOIN subscriptions AS theirs ON theirs.comment_id = mine.id
                     WHERE mine.commenter = $1
                     UNION
                     SELECT theirs.id FROM subscriptions AS theirs WHERE theirs.address_id IN ", own_addresses!(), ")
                 ORDER BY subscriptions.id",
            ))
            .bind(commenter)
            .fetch_all(db)
            .await?
        });
        let own = |row: SubscriptionRow| OwnSubscription {
            id: row.id,
            email: row.email,
            wish: Wish::parse(&row.wish).unwrap_or_default(),
            thread_slug: row.thread_slug,
            is_confirmed: row.is_confirmed,
            created_at: from_millis(row.created_at),
            ended_at: row.ended_at.map(from_millis),
        };
        Ok(rows.into_iter().map(own).collect())
    }

    /// Ends one of these subscriptions.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is not there or somebody else's, or the database is away.
    pub async fn end_subscription_of(&self, commenter: &str, id: i64, at: Timestamp) -> Result<(), StoreError> {
        on_writer!(self, tx => {
            let ended = sqlx::query(concat!(
                "UPDATE subscriptions SET ended_at = COALESCE(ended_at, $3)
                 WHERE id = $2 AND (comment_id IN (SELECT id FROM comments WHERE commenter = $1)
                                    OR address_id IN ", own_addresses!(), ")",
            ))
            .bind(commenter)
            .bind(id)
            .bind(at.as_millisecond())
            .execute(&mut *tx)
            .await?;
            if ended.rows_affected() == 0 { Err(StoreError::NotFound) } else { Ok(Commit(())) }
        })
    }

    /// Queues a mail with a link to the corner of an address, if the address is confirmed or is the author's. The
    /// result does not tell the visitor which. `false`: too many links were requested from this network.
    ///
    /// # Errors
    /// The database is away.
    pub async fn ask_for_corner(
        &self,
        email: &str,
        is_authors: bool,
        network: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let now = at.as_millisecond();
        on_writer!(self, tx => {
            take_turn!(tx);
            let latest = clock::latest(at).as_millisecond();
            let asked: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM corner_asked WHERE network = $1 AND created_at > $2 AND created_at <= $3",
            )
            .bind(network)
            .bind(now - notices::HOUR)
            .bind(latest)
            .fetch_one(&mut *tx)
            .await?;
            if !notices::may_ask_for_link(asked) {
                return Ok(Rollback(false));
            }
            sqlx::query("INSERT INTO corner_asked (network, created_at) VALUES ($1, $2)")
                .bind(network)
                .bind(now)
                .execute(&mut *tx)
                .await?;
            if is_authors {
                // The operator has written this address into site.toml, so it needs no confirmation.
                sqlx::query("INSERT INTO addresses (email, mailbox, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                    .bind(mailbox::kept(email))
                    .bind(mailbox::mailbox(email))
                    .bind(now)
                    .execute(&mut *tx)
                    .await?;
            }
            let found: Option<(i64, i64, Option<i64>)> = sqlx::query_as(
                "SELECT id,
                        (SELECT COUNT(*) FROM outbox JOIN addresses AS same ON same.id = outbox.address_id
                          WHERE kind = 'corner' AND same.mailbox = addresses.mailbox
                            AND outbox.created_at > $3 AND outbox.created_at <= $4),
                        (SELECT MAX(outbox.created_at) FROM outbox JOIN addresses AS same ON same.id = outbox.address_id
                          WHERE kind = 'corner' AND same.mailbox = addresses.mailbox AND outbox.created_at <= $4)
                 FROM addresses
                 WHERE email = $1 AND blocked_at IS NULL
                   AND ($2 OR EXISTS (SELECT 1 FROM confirmations WHERE address_id = addresses.id))",
            )
            .bind(mailbox::kept(email))
            .bind(is_authors)
            .bind(now - notices::DAY)
            .bind(latest)
            .fetch_optional(&mut *tx)
            .await?;
            let may_get_it = |(_, today, last): &(i64, i64, Option<i64>)| {
                notices::may_get_link(*today, last.map(|last| now - last))
            };
            if let Some((address_id, ..)) = found.filter(may_get_it) {
                let about = format!("corner:{address_id}:{}", now / notices::LINK_SLOT);
                queue_mail!(tx, about, Kind::Corner, None, Some(address_id), now);
            }
            Ok(Commit(true))
        })
    }

    /// Returns the address whose corner a link opens.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the link was used, or the address is not kept any more; or the database is away.
    pub async fn corner_of(&self, link: CornerLink) -> Result<String, StoreError> {
        let email: Option<String> = on_reader!(self, db => {
            sqlx::query_scalar(
                "SELECT email FROM outbox JOIN addresses ON addresses.id = address_id
                 WHERE outbox.id = $1 AND address_id = $2 AND kind = 'corner' AND opened_at IS NULL",
            )
            .bind(link.mail)
            .bind(link.address_id)
            .fetch_optional(db)
            .await?
        });
        email.ok_or(StoreError::NotFound)
    }

    /// Confirms an address for the cookie of the browser in which its link was opened. A link works once.
    ///
    /// # Errors
    /// As for [`Self::corner_of`].
    pub async fn open_corner(&self, link: CornerLink, commenter: &str, at: Timestamp) -> Result<(), StoreError> {
        on_writer!(self, tx => {
            let opened = sqlx::query(
                "UPDATE outbox SET opened_at = $3
                 WHERE id = $1 AND address_id = $2 AND kind = 'corner' AND opened_at IS NULL",
            )
            .bind(link.mail)
            .bind(link.address_id)
            .bind(at.as_millisecond())
            .execute(&mut *tx)
            .await?;
            if opened.rows_affected() == 0 {
                return Err(StoreError::NotFound);
            }
            sqlx::query(
                "INSERT INTO confirmations (address_id, commenter, in_same_browser, confirmed_at)
                 VALUES ($1, $2, $3, $4)
                 ON CONFLICT (address_id, commenter) DO UPDATE SET in_same_browser = excluded.in_same_browser",
            )
            .bind(link.address_id)
            .bind(commenter)
            .bind(true)
            .bind(at.as_millisecond())
            .execute(&mut *tx)
            .await?;
            Ok(Commit(()))
        })
    }

    /// Deletes the confirmed addresses of a commenter, with their subscriptions and all mails to them. An address whose
    /// holder wants no mail stays, so that it stays blocked.
    ///
    /// # Errors
    /// The database is away.
    pub async fn forget_addresses_of(&self, commenter: &str) -> Result<(), StoreError> {
        on_writer!(self, tx => {
            for sql in [
                concat!("DELETE FROM outbox WHERE address_id IN ", own_addresses!()),
                concat!("DELETE FROM subscriptions WHERE address_id IN ", own_addresses!()),
                concat!("DELETE FROM addresses WHERE blocked_at IS NULL AND id IN ", own_addresses!()),
                "DELETE FROM confirmations WHERE commenter = $1",
            ] {
                sqlx::query(sql).bind(commenter).execute(&mut *tx).await?;
            }
            Ok(Commit(()))
        })?;
        self.begin_log_anew().await;
        Ok(())
    }
}
