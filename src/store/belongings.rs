//! Comments, addresses and subscriptions of a commenter. A commenter is known by the fingerprint of their cookie;
//! addresses can be confirmed for it. Two browsers in which the same address is confirmed belong to one person, for the
//! comments signed with that address.

use jiff::Timestamp;

use crate::domain::{
    clock,
    comment::{Comment, CommentId},
    delivery::Kind,
    limits::LINKS_ASKED_AN_HOUR,
    mail_keys::CornerLink,
    mailbox,
    notices::{self, Subscription},
};

use super::{
    Result, Store, StoreError,
    changes::lock_writers,
    comments::COLUMNS,
    outbox::queue_mail,
    sql::from_millis,
    subscriptions::{confirm, select_subscriptions},
};

/// SQL for the addresses that `$1` has confirmed in their own browser.
const OWN_ADDRESSES: &str = "(SELECT address_id FROM confirmations WHERE commenter = $1 AND in_same_browser)";

/// SQL for the mail with a corner link that was not used yet: `$1` is its number, `$2` the address.
const UNUSED_LINK: &str = "outbox.id = $1 AND address_id = $2 AND kind = 'corner' AND opened_at IS NULL";

impl Store {
    /// Returns all comments of a commenter, newest first, whatever their status: those under their cookie, and those
    /// signed with an address of theirs in other browsers in which they have confirmed it. Erased comments belong to
    /// nobody.
    ///
    /// # Errors
    /// The database is away.
    pub async fn comments_of(&self, commenter: &str) -> Result<Vec<Comment>> {
        self.own_comments(commenter, None).await
    }

    /// Returns one comment of a commenter.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it does not exist or belongs to somebody else, or the database is away.
    pub async fn comment_of(&self, commenter: &str, id: CommentId) -> Result<Comment> {
        self.own_comments(commenter, Some(id)).await?.pop().ok_or(StoreError::NotFound)
    }

    async fn own_comments(&self, commenter: &str, id: Option<CommentId>) -> Result<Vec<Comment>> {
        // An address gives access only to comments signed with it, and only where it was confirmed in that browser.
        let sql = format!(
            "SELECT commenter, email FROM confirmations JOIN addresses ON addresses.id = address_id
             WHERE in_same_browser AND commenter <> $1 AND address_id IN {OWN_ADDRESSES}"
        );
        let opened: Vec<(String, String)> = self.all(sql, &[&commenter]).await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM comments
             WHERE (id = $2 OR $3)
               AND commenter IN (
                   SELECT CAST($1 AS TEXT) UNION
                   SELECT commenter FROM confirmations WHERE in_same_browser AND address_id IN {OWN_ADDRESSES})
             ORDER BY created_at DESC, id DESC"
        );
        let mut own: Vec<Comment> = self.all(sql, &[&commenter, &id.unwrap_or_default(), &id.is_none()]).await?;
        own.retain(|comment| {
            let writer = comment.commenter.as_deref().unwrap_or_default();
            let email = comment.email.as_deref().map(mailbox::kept).unwrap_or_default();
            writer == commenter || opened.iter().any(|(other, opens)| other == writer && *opens == email)
        });
        Ok(own)
    }

    /// Returns the addresses that a commenter has confirmed in their own browser, each with the time of that.
    ///
    /// # Errors
    /// The database is away.
    pub async fn addresses_of(&self, commenter: &str) -> Result<Vec<(String, Timestamp)>> {
        let sql = "SELECT email, confirmed_at FROM confirmations JOIN addresses ON addresses.id = address_id
                   WHERE commenter = $1 AND in_same_browser ORDER BY email";
        let rows: Vec<(String, i64)> = self.all(sql, &[&commenter]).await?;
        Ok(rows.into_iter().map(|(email, at)| (email, from_millis(at))).collect())
    }

    /// Returns the subscriptions of a commenter's comments and of their confirmed addresses, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn subscriptions_of(&self, commenter: &str) -> Result<Vec<Subscription>> {
        let are_own = format!(
            "subscriptions.id IN (
                 SELECT theirs.id FROM comments AS mine JOIN subscriptions AS theirs ON theirs.comment_id = mine.id
                 WHERE mine.commenter = $1
                 UNION
                 SELECT theirs.id FROM subscriptions AS theirs WHERE theirs.address_id IN {OWN_ADDRESSES})
             ORDER BY subscriptions.id"
        );
        self.all(select_subscriptions(&are_own), &[&commenter]).await
    }

    /// Ends one of these subscriptions.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it does not exist or belongs to somebody else, or the database is away.
    pub async fn end_subscription_of(&self, commenter: &str, id: i64, at: Timestamp) -> Result<()> {
        let sql = format!(
            "UPDATE subscriptions SET ended_at = COALESCE(ended_at, $3)
             WHERE id = $2 AND (comment_id IN (SELECT id FROM comments WHERE commenter = $1)
                                OR address_id IN {OWN_ADDRESSES})"
        );
        self.change(sql, &[&commenter, &id, &at]).await
    }

    /// Queues a mail with a link to the corner of an address, if the address is confirmed or is the author's. The
    /// result does not tell the visitor which. `false`: too many links were requested from this network.
    ///
    /// # Errors
    /// The database is away.
    pub async fn ask_for_corner(&self, email: &str, is_authors: bool, network: &str, at: Timestamp) -> Result<bool> {
        let (kept, latest) = (&mailbox::kept(email), clock::latest(at));
        self.write(|mut tx| async move {
            lock_writers(&mut tx).await?;
            let sql = "SELECT COUNT(*) FROM corner_asked WHERE network = $1 AND created_at > $2 AND created_at <= $3";
            let asked: i64 = tx.one(sql, &[&network, &(at - notices::HOUR), &latest]).await?;
            if asked >= LINKS_ASKED_AN_HOUR {
                return Ok(false);
            }
            let sql = "INSERT INTO corner_asked (network, created_at) VALUES ($1, $2)";
            tx.execute(sql, &[&network, &at]).await?;
            if is_authors {
                // The operator has written this address into site.toml, so it needs no confirmation.
                let sql =
                    "INSERT INTO addresses (email, mailbox, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
                tx.execute(sql, &[kept, &mailbox::mailbox(email), &at]).await?;
            }
            let sql = "SELECT id,
                        (SELECT COUNT(*) FROM outbox JOIN addresses AS same ON same.id = outbox.address_id
                          WHERE kind = 'corner' AND same.mailbox = addresses.mailbox
                            AND outbox.created_at > $3 AND outbox.created_at <= $4),
                        (SELECT MAX(outbox.created_at) FROM outbox JOIN addresses AS same ON same.id = outbox.address_id
                          WHERE kind = 'corner' AND same.mailbox = addresses.mailbox AND outbox.created_at <= $4)
                 FROM addresses
                 WHERE email = $1 AND blocked_at IS NULL
                   AND ($2 OR EXISTS (SELECT 1 FROM confirmations WHERE address_id = addresses.id))";
            let found: Option<(i64, i64, Option<i64>)> =
                tx.optional(sql, &[kept, &is_authors, &(at - notices::DAY), &latest]).await?;
            let Some((address_id, today, last)) = found else { return Ok(true) };
            if notices::may_get_link(today, last.map(|last| at.duration_since(from_millis(last)))) {
                let about = format!("corner:{address_id}:{}", at.as_millisecond() / notices::LINK_SLOT);
                queue_mail(&mut tx, &about, Kind::Corner, None, Some(address_id), at).await?;
            }
            Ok(true)
        })
        .await
    }

    /// Returns the address whose corner a link opens.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the link was used, or the address is not kept any more; or the database is away.
    pub async fn corner_of(&self, link: CornerLink) -> Result<String> {
        let sql = format!("SELECT email FROM outbox JOIN addresses ON addresses.id = address_id WHERE {UNUSED_LINK}");
        self.one(sql, &[&link.mail, &link.address_id]).await
    }

    /// Confirms an address for the cookie of the browser in which its link was opened. A link works once.
    ///
    /// # Errors
    /// As for [`Self::corner_of`].
    pub async fn open_corner(&self, link: CornerLink, commenter: &str, at: Timestamp) -> Result<()> {
        self.write(|mut tx| async move {
            let sql = format!("UPDATE outbox SET opened_at = $3 WHERE {UNUSED_LINK}");
            tx.change(sql, &[&link.mail, &link.address_id, &at]).await?;
            confirm(&mut tx, link.address_id, commenter, true, at).await
        })
        .await
    }

    /// Deletes the confirmed addresses of a commenter, with their subscriptions and all mails to them. An address whose
    /// holder wants no mail stays, so that it stays blocked.
    ///
    /// # Errors
    /// The database is away.
    pub async fn forget_addresses_of(&self, commenter: &str) -> Result<()> {
        self.write(|mut tx| async move {
            for sql in [
                format!("DELETE FROM outbox WHERE address_id IN {OWN_ADDRESSES}"),
                format!("DELETE FROM subscriptions WHERE address_id IN {OWN_ADDRESSES}"),
                format!("DELETE FROM addresses WHERE blocked_at IS NULL AND id IN {OWN_ADDRESSES}"),
                "DELETE FROM confirmations WHERE commenter = $1".to_owned(),
            ] {
                tx.execute(sql, &[&commenter]).await?;
            }
            Ok(())
        })
        .await?;
        self.truncate_log().await;
        Ok(())
    }
}
