//! Changes that commenters make to their own comments. A commenter is known by the fingerprint of their cookie.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    clock,
    comment::{Comment, CommentId, NewComment, Status},
    delivery::Kind,
    mailbox,
    stamp::StampState,
    verdict::{self, Circumstances, Reason, Refusal, Rules},
};

use super::{
    Result, Sender, Store,
    changes::{grow_revision, record_stale_thread},
    comments::{COLUMNS, DETAILS, Stored},
    connection::Connection,
    judging::{Candidate, Judgement, judge, read_history},
    moderation::log_act,
    outbox::queue_mail,
};

/// Actor in the moderation log.
pub const WRITER: &str = "its writer";

/// A new version of a comment from its writer.
#[derive(Clone, Debug)]
pub struct Edit {
    pub id: CommentId,
    /// New content. Its parent is ignored: a comment stays in its place.
    pub new: NewComment,
    /// Age of its post; `None` if the post is gone.
    pub post_age: Option<SignedDuration>,
    /// True if the name could be taken for an author's.
    pub poses_as_author: bool,
    /// True if it is signed with the e-mail address of the site's author.
    pub has_authors_email: bool,
    pub sender: Sender,
    /// Shortest time between two edits of one comment.
    pub gap: SignedDuration,
    pub rules: Arc<Rules>,
    pub at: Timestamp,
}

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
    /// Changes a comment after a verdict as for a new one. A held comment stays held, whatever the verdict.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it does not exist or is somebody else's, or the database is away; nothing was
    /// changed.
    pub async fn edit_comment(&self, edit: &Edit) -> Result<Edited> {
        self.write(|mut tx| async move {
            let revision = grow_revision(&mut tx).await?;
            let sql = format!("SELECT {COLUMNS}, {DETAILS} FROM comments WHERE id = $1 AND commenter = $2");
            let before: Stored = tx.one(sql, &[&edit.id, &edit.sender.commenter]).await?;
            let tag = before.tag();
            if let Some(unchanged) = unchanged(edit, &before.comment, &tag) {
                tx.discard();
                return Ok(unchanged);
            }
            let candidate = edit.candidate(&before);
            let mark = verdict::mark(&edit.new.text);
            let known = read_history(&mut tx, &candidate, &mark).await?;
            let judgement = match judge(&mut tx, &candidate, known).await? {
                // It stays as it was judged before.
                Ok(judgement) if judgement.status == Status::Approved => Judgement {
                    status: before.comment.status,
                    reasons: before.reasons.clone(),
                    details: before.details.clone(),
                    ..judgement
                },
                Ok(judgement) => judgement,
                Err(refusal) => {
                    tx.discard();
                    return Ok(Edited::Refused(refusal));
                }
            };
            update(&mut tx, edit, &judgement, &mark).await?;
            let status = judgement.status;
            tell_of_edit(&mut tx, edit, &before.comment, status).await?;
            let was = Some(before.comment.status);
            log_act(&mut tx, edit.id, WRITER, "edit", was, status, edit.at).await?;
            record_stale_thread(&mut tx, revision, &tag).await?;
            Ok(Edited::Stored { tag, status })
        })
        .await
    }
}

/// Result of an edit that changes nothing.
fn unchanged(edit: &Edit, before: &Comment, tag: &str) -> Option<Edited> {
    let Edit { new, gap, at, .. } = edit;
    if before.editable_for(*at).is_none() {
        return Some(Edited::TooLate);
    }
    if (&before.name, &before.email, &before.site, &before.text) == (&new.name, &new.email, &new.site, &new.text) {
        return Some(Edited::Stored { tag: tag.to_owned(), status: before.status });
    }
    let last = before.edited_at.filter(|last| *last <= clock::latest(*at))?;
    let wait = *gap - at.duration_since(last).max(SignedDuration::ZERO);
    wait.is_positive().then_some(Edited::Refused(Refusal::TooFast(wait)))
}

impl Edit {
    fn candidate<'a>(&'a self, before: &'a Stored) -> Candidate<'a> {
        Candidate {
            new: &self.new,
            edited: self.id,
            thread: (&before.thread_kind, &before.comment.thread_slug),
            commenter: Some(&self.sender.commenter),
            address: None,
            network: &self.sender.network,
            ip: self.sender.ip,
            circumstances: Circumstances {
                post_age: self.post_age,
                poses_as_author: self.poses_as_author,
                has_authors_email: self.has_authors_email,
                ..circumstances(&before.reasons)
            },
            rules: &self.rules,
            at: self.at,
        }
    }
}

async fn update(tx: &mut Connection, edit: &Edit, judgement: &Judgement, mark: &Option<String>) -> Result<()> {
    let Edit { id, new, at, .. } = edit;
    let Judgement { status, reasons, details, by_author } = judgement;
    tx.execute(
        "UPDATE comments SET name = $1, email = $2, site = $3, text = $4, status = $5, reasons = $6,
                             reason_details = $7, text_mark = $8, edited_at = $9, by_author = $10
         WHERE id = $11",
        &[&new.name, &new.email, &new.site, &new.text, &status.as_str(), reasons, details, mark, at, by_author, id],
    )
    .await
    .map(|_| ())
}

/// Ends the wish that was for another address, and tells the author of a comment that is held now.
async fn tell_of_edit(tx: &mut Connection, edit: &Edit, before: &Comment, status: Status) -> Result<()> {
    let Edit { id, new, at, .. } = edit;
    if before.email.as_deref().map(mailbox::kept) != new.email.as_deref().map(mailbox::kept) {
        let sql = "UPDATE subscriptions SET ended_at = $1 WHERE comment_id = $2 AND ended_at IS NULL";
        tx.execute(sql, &[at, id]).await?;
    }
    if before.status != Status::Approved || status != Status::Held {
        return Ok(());
    }
    // The author was told of it as an approved comment, unless that mail has not been sent: then the mail will show the
    // edit. The row is updated, so that no sender claims it before this transaction commits.
    let sql = "UPDATE outbox SET next_attempt_at = next_attempt_at
               WHERE comment_id = $1 AND kind = 'author' AND outcome IS NULL
                 AND (leased_until IS NULL OR leased_until <= $2)";
    if tx.execute(sql, &[id, at]).await? == 0 {
        let about = format!("author:{id}:{}", at.as_millisecond());
        queue_mail(tx, &about, Kind::Author, Some(*id), None, *at).await?;
    }
    Ok(())
}

/// Circumstances from when the comment was sent, which still count: the form that edits it does not carry them.
fn circumstances(reasons: &str) -> Circumstances {
    let had = |reason: Reason| reasons.split_whitespace().any(|word| word == reason.as_str());
    let stamp = if had(Reason::StampMissing) {
        StampState::Missing
    } else if had(Reason::StampForged) {
        StampState::Forged
    } else if had(Reason::StampOld) {
        StampState::Old
    } else {
        StampState::Valid
    };
    Circumstances {
        stamp,
        post_age: None,
        honeypot_filled: had(Reason::Honeypot),
        poses_as_author: false,
        has_authors_email: false,
    }
}
