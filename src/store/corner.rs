//! Changes that commenters make to their own comments. A commenter is known by the fingerprint of their cookie.

use jiff::SignedDuration;

use crate::domain::{
    clock,
    comment::{Comment, CommentId, Status},
    delivery::Kind,
    mailbox,
    stamp::StampState,
    verdict::{self, Circumstances, Reason, Refusal, STAMP_REASONS},
    words::word_of,
};

use super::{
    Result, Sent, Store,
    changes::{increase_revision, record_stale_thread},
    comments::COLUMNS,
    connection::Connection,
    judging::{judge, read_history},
    moderation::log_act,
    outbox::queue_mail,
};

/// Actor in the moderation log.
pub const WRITER: &str = "its writer";

/// Result of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edited {
    /// On disk, with its current status; `tag` is the thread's.
    Stored { tag: String, status: Status },
    /// Not changed: the time for edits is over, or the author has removed the comment.
    TooLate,
    /// Not changed, with the reason.
    Refused(Refusal),
}

impl Store {
    /// Changes a comment after a verdict as for a new one. A held comment stays held, whatever the verdict. The thread,
    /// the parent, the stamp and the honeypot of the new version are ignored: they are as they were.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it does not exist or is somebody else's, or the database is away; nothing was
    /// changed.
    pub async fn edit_comment(&self, id: CommentId, sent: &Sent) -> Result<Edited> {
        self.write(|mut tx| async move {
            let revision = increase_revision(&mut tx).await?;
            let sql = format!("SELECT {COLUMNS} FROM comments WHERE id = $1 AND commenter = $2");
            let before: Comment = tx.one(sql, &[&id, &sent.sender.commenter]).await?;
            let tag = before.tag();
            if let Some(unchanged) = unchanged(sent, &before, &tag) {
                tx.discard();
                return Ok(unchanged);
            }
            let mark = verdict::mark(&sent.new.text);
            let known = read_history(&mut tx, sent, id, &mark).await?;
            let circumstances = circumstances(&before.reasons, sent.circumstances);
            let after = match judge(&mut tx, sent, circumstances, known).await? {
                // It stays as it was judged before.
                Ok(after) if after.status == Status::Approved => Comment {
                    status: before.status,
                    reasons: before.reasons.clone(),
                    reason_details: before.reason_details.clone(),
                    ..after
                },
                Ok(after) => after,
                Err(refusal) => {
                    tx.discard();
                    return Ok(Edited::Refused(refusal));
                }
            };
            let Comment { name, email, site, text, status, reasons, reason_details, by_author, .. } = &after;
            let (word, status) = (word_of(status), *status);
            tx.execute(
                "UPDATE comments SET name = $1, email = $2, site = $3, text = $4, status = $5, reasons = $6,
                                     reason_details = $7, text_mark = $8, edited_at = $9, by_author = $10
                 WHERE id = $11",
                &[name, email, site, text, &word, reasons, reason_details, &mark, &sent.at, by_author, &id],
            )
            .await?;
            tell_of_edit(&mut tx, sent, &before, status).await?;
            log_act(&mut tx, id, WRITER, "edit", Some(before.status), status, sent.at).await?;
            record_stale_thread(&mut tx, revision, &tag).await?;
            Ok(Edited::Stored { tag, status })
        })
        .await
    }
}

/// Result of an edit that changes nothing.
fn unchanged(sent: &Sent, before: &Comment, tag: &str) -> Option<Edited> {
    let Sent { new, rates, at, .. } = sent;
    if before.editable_for(*at).is_none() {
        return Some(Edited::TooLate);
    }
    if (&before.name, &before.email, &before.site, &before.text) == (&new.name, &new.email, &new.site, &new.text) {
        return Some(Edited::Stored { tag: tag.to_owned(), status: before.status });
    }
    let last = before.edited_at.filter(|last| *last <= clock::latest(*at))?;
    let wait = rates.gap - at.duration_since(last).max(SignedDuration::ZERO);
    wait.is_positive().then_some(Edited::Refused(Refusal::TooFast(wait)))
}

/// Ends the wish that was for another address, and tells the author of a comment that is held now.
async fn tell_of_edit(tx: &mut Connection, sent: &Sent, before: &Comment, status: Status) -> Result<()> {
    let (Sent { new, at, .. }, id) = (sent, before.id);
    if before.email.as_deref().map(mailbox::kept) != new.email.as_deref().map(mailbox::kept) {
        let sql = "UPDATE subscriptions SET ended_at = $1 WHERE comment_id = $2 AND ended_at IS NULL";
        tx.execute(sql, &[at, &id]).await?;
    }
    if before.status != Status::Approved || status != Status::Held {
        return Ok(());
    }
    // The author was told of it as an approved comment, unless that mail has not been sent: then the mail will show the
    // edit. The row is updated, so that no sender claims it before this transaction commits.
    let sql = "UPDATE outbox SET next_attempt_at = next_attempt_at
               WHERE comment_id = $1 AND kind = 'author' AND outcome IS NULL
                 AND (leased_until IS NULL OR leased_until <= $2)";
    if tx.execute(sql, &[&id, at]).await? == 0 {
        let about = format!("author:{id}:{}", at.as_millisecond());
        queue_mail(tx, &about, Kind::Author, Some(id), None, *at).await?;
    }
    Ok(())
}

/// Circumstances of an edit: the form does not carry the stamp and the honeypot of the comment, which still count.
fn circumstances(reasons: &str, now: Circumstances) -> Circumstances {
    let had = |reason: Reason| reasons.split_whitespace().any(|word| word == word_of(reason));
    let stamp =
        STAMP_REASONS.into_iter().find(|(_, reason)| had(*reason)).map_or(StampState::Valid, |(state, _)| state);
    Circumstances { stamp, honeypot_filled: had(Reason::Honeypot), ..now }
}
