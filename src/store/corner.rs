//! Changes that commenters make to their own comments. A commenter is known by the fingerprint of their cookie.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    clock,
    comment::{Comment, CommentId, NewComment, Status},
    delivery::Kind,
    mailbox,
    stamp::StampState,
    verdict::{
        self, Circumstances, Decision, History, REPEAT_WINDOW, Reason, Refusal, Rules,
        bayes::{Counts, Learned},
        verdict,
    },
};

use super::{
    Ending::{Commit, Rollback},
    Sender, Store, StoreError,
    adding::details,
    blocks::read_blocks,
    changes::{grow_revision, leave_thread_tags},
    comments::{CommentRow, comment_columns, millis},
    learning::read_features,
    moderation::log_act,
    on_writer,
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

#[derive(sqlx::FromRow)]
struct EditedRow {
    #[sqlx(flatten)]
    comment: CommentRow,
    thread_kind: String,
    reasons: String,
    reason_details: String,
}

#[derive(sqlx::FromRow)]
struct HistoryRow {
    approved: i64,
    thrown_out: i64,
    email_is_theirs: bool,
    repeated: i64,
    learned_spam: i64,
    learned_ham: i64,
}

impl Store {
    /// Changes a comment after a verdict as for a new one. A held comment stays held, whatever the verdict.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it does not exist or is somebody else's, or the database is away; nothing was
    /// changed.
    pub async fn edit_comment(&self, edit: &Edit) -> Result<Edited, StoreError> {
        let Edit { id, new, post_age, poses_as_author, has_authors_email, sender, gap, rules, at } = edit;
        let now = at.as_millisecond();
        let mark = verdict::mark(&new.text);
        on_writer!(self, tx => {
            let revision = grow_revision!(tx);
            let found: Option<EditedRow> = sqlx::query_as(concat!(
                "SELECT ", comment_columns!(), ", thread_kind, reasons, reason_details
                 FROM comments WHERE id = $1 AND commenter = $2",
            ))
            .bind(id)
            .bind(&sender.commenter)
            .fetch_optional(&mut *tx)
            .await?;
            let row = found.ok_or(StoreError::NotFound)?;
            let before = Comment::from(row.comment);
            if before.editable_for(*at).is_none() {
                return Ok(Rollback(Edited::TooLate));
            }
            let tag = format!("{}:{}", row.thread_kind, before.thread_slug);
            if is_the_same(&before, new) {
                return Ok(Rollback(Edited::Stored { tag, status: before.status }));
            }
            let last = before.edited_at.filter(|last| *last <= clock::latest(*at));
            let since_last = last.map(|last| at.duration_since(last).max(SignedDuration::ZERO));
            if let Some(wait) = since_last.map(|since| *gap - since).filter(SignedDuration::is_positive) {
                return Ok(Rollback(Edited::Refused(Refusal::TooFast(wait))));
            }

            let known: HistoryRow = sqlx::query_as(
                "SELECT
                    (SELECT COUNT(*) FROM comments WHERE commenter = $1 AND status = 'approved') AS approved,
                    (SELECT COUNT(*) FROM comments WHERE commenter = $1 AND status IN ('spam', 'trash')) AS thrown_out,
                    EXISTS (SELECT 1 FROM confirmations JOIN addresses ON addresses.id = address_id
                            WHERE commenter = $1 AND in_same_browser AND email = $5) AS email_is_theirs,
                    (SELECT COUNT(*) FROM comments
                      WHERE text_mark = $2 AND created_at > $3 AND created_at <= $6 AND id <> $4) AS repeated,
                    learned_spam, learned_ham
                 FROM site",
            )
            .bind(&sender.commenter)
            .bind(&mark)
            .bind(now - millis(REPEAT_WINDOW))
            .bind(id)
            .bind(new.email.as_deref().map(mailbox::kept))
            .bind(clock::latest(*at).as_millisecond())
            .fetch_one(&mut *tx)
            .await?;
            let comments = Counts { spam: known.learned_spam, ham: known.learned_ham };
            let mut history = History {
                approved: known.approved,
                thrown_out: known.thrown_out,
                email_is_theirs: known.email_is_theirs,
                repeated: known.repeated,
                blocks: read_blocks!(tx),
                ..History::default()
            };
            if rules.bayes && comments.are_enough() {
                history.learned = Learned { comments, features: read_features!(tx, verdict::features(new)) };
            }
            let circumstances = Circumstances {
                post_age: *post_age,
                poses_as_author: *poses_as_author,
                has_authors_email: *has_authors_email,
                ..circumstances(&row.reasons)
            };
            let reasons = match verdict(new, sender.ip, circumstances, &history, rules) {
                Decision::Approve => Vec::new(),
                Decision::Hold(reasons) => reasons,
                Decision::Refuse(refusal) => return Ok(Rollback(Edited::Refused(refusal))),
            };
            let status = if reasons.is_empty() { before.status } else { Status::Held };
            let (words, details) = if reasons.is_empty() {
                (row.reasons, row.reason_details)
            } else {
                (reasons.iter().map(Reason::as_str).collect::<Vec<_>>().join(" "), details(&reasons))
            };
            sqlx::query(
                "UPDATE comments SET name = $1, email = $2, site = $3, text = $4, status = $5, reasons = $6,
                                     reason_details = $7, text_mark = $8, edited_at = $9, by_author = $10
                 WHERE id = $11",
            )
            .bind(&new.name)
            .bind(&new.email)
            .bind(&new.site)
            .bind(&new.text)
            .bind(status.as_str())
            .bind(words)
            .bind(details)
            .bind(&mark)
            .bind(now)
            .bind(verdict::is_by_author(circumstances, &history))
            .bind(id)
            .execute(&mut *tx)
            .await?;
            // The wish was for the old address.
            if before.email.as_deref().map(mailbox::kept) != new.email.as_deref().map(mailbox::kept) {
                sqlx::query("UPDATE subscriptions SET ended_at = $1 WHERE comment_id = $2 AND ended_at IS NULL")
                    .bind(now)
                    .bind(id)
                    .execute(&mut *tx)
                    .await?;
            }
            // The author was told of it as an approved comment, unless that mail has not been sent: then the mail will
            // show the edit. The row is updated, so that no sender claims it before this transaction commits.
            if before.status == Status::Approved && status == Status::Held {
                let tells = sqlx::query(
                    "UPDATE outbox SET next_attempt_at = next_attempt_at
                     WHERE comment_id = $1 AND kind = 'author' AND outcome IS NULL
                       AND (leased_until IS NULL OR leased_until <= $2)",
                )
                .bind(id)
                .bind(now)
                .execute(&mut *tx)
                .await?;
                if tells.rows_affected() == 0 {
                    queue_mail!(tx, format!("author:{id}:{now}"), Kind::Author, Some(*id), None, now);
                }
            }
            log_act!(tx, id, WRITER, "edit", Some(before.status.as_str()), status.as_str(), at);
            leave_thread_tags!(tx, revision, tag.clone());
            Ok(Commit(Edited::Stored { tag, status }))
        })
    }
}

fn is_the_same(before: &Comment, new: &NewComment) -> bool {
    (&before.name, &before.email, &before.site, &before.text) == (&new.name, &new.email, &new.site, &new.text)
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
