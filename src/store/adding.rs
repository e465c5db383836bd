//! Adding comments: the checks before, the verdict, and the row.

use std::{collections::BTreeSet, slice, sync::Arc};

use jiff::Timestamp;

use crate::domain::{
    comment::{COMMENTS_TAG, CommentId, HELD_TAG, NewComment, Status},
    delivery::{Kind, is_suspected},
    verdict::{self, Refusal, too_fast},
};

use super::{
    Result, Sent, Store, StoreError,
    changes::{increase_revision, record_stale_tags},
    comments::{in_threads, insert},
    connection::Connection,
    judging::{judge, read_history},
    outbox::{announce, queue_mail},
    refusals::{delete_hasty_refusal, refuse},
    sql::Argument,
    subscriptions::store_wish,
};

/// Result of sending a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// On disk.
    Stored(CommentId, Status),
    /// Identical to this comment, which was sent a moment ago.
    Duplicate(CommentId, Status),
    /// Not stored, with the reason; the author finds it among the refusals.
    Refused(Refusal),
    /// Not stored: its parent does not (or no longer) exist.
    ParentGone,
}

/// Judges one comment and stores it; adds the tags of what became stale.
async fn add(tx: &mut Connection, sent: &Sent, stale: &mut BTreeSet<String>) -> Result<Added> {
    let Sent { thread, new, circumstances, rates, at, .. } = sent;
    let mark = verdict::mark(&new.text);
    let known = read_history(tx, sent, 0, &mark).await?;
    if let Some((id, status)) = known.duplicate {
        if matches!(status, Status::Held | Status::Approved) {
            complete_duplicate(tx, (id, status), new, *at, stale).await?;
        }
        return Ok(Added::Duplicate(id, status));
    }
    let refused_lately = known.refused_lately;
    if let Some(wait) = too_fast(rates, &known.history) {
        return refuse(tx, sent, Refusal::TooFast(wait), refused_lately, stale).await.map(Added::Refused);
    }
    if !is_parent_shown(tx, sent).await? {
        return Ok(Added::ParentGone);
    }
    let comment = match judge(tx, sent, *circumstances, known).await? {
        Ok(comment) => comment,
        Err(refusal) => return refuse(tx, sent, refusal, refused_lately, stale).await.map(Added::Refused),
    };
    let id = insert(tx, &comment, Some(&sent.sender), mark.as_deref()).await?;
    if refused_lately > 0 {
        delete_hasty_refusal(tx, sent).await?;
    }
    store_wish(tx, id, new, !is_suspected(&comment.reasons), *at).await?;
    if !comment.by_author {
        queue_mail(tx, &format!("author:{id}"), Kind::Author, Some(id), None, *at).await?;
    }
    if comment.status == Status::Approved {
        announce(tx, id, *at).await?;
        stale.extend([thread.tag(), COMMENTS_TAG.to_owned()]);
    } else {
        stale.insert(HELD_TAG.to_owned());
    }
    Ok(Added::Stored(id, comment.status))
}

/// Stores the address and the wish that came when the same comment was sent again. A comment has one address, so that
/// nobody can use it to send confirmation mails to many.
async fn complete_duplicate(
    tx: &mut Connection,
    (id, status): (CommentId, Status),
    new: &NewComment,
    at: Timestamp,
    stale: &mut BTreeSet<String>,
) -> Result<()> {
    let Some(email) = &new.email else { return Ok(()) };
    let sql = "UPDATE comments SET email = $2 WHERE id = $1 AND (email IS NULL OR email = $2) RETURNING reasons";
    let Some(reasons) = tx.optional::<String>(sql, &[&id, email]).await? else { return Ok(()) };
    stale.insert(HELD_TAG.to_owned());
    store_wish(tx, id, new, status == Status::Approved || !is_suspected(&reasons), at).await
}

/// True if the comment answers none, or one that readers see.
async fn is_parent_shown(tx: &mut Connection, sent: &Sent) -> Result<bool> {
    let Some(parent) = &sent.new.parent else { return Ok(true) };
    let mut arguments: Vec<&dyn Argument> = vec![parent];
    let threads = in_threads(&sent.parent_threads, &mut arguments);
    let sql = format!("SELECT id FROM comments WHERE status = 'approved' AND id = $1 AND {threads}");
    Ok(tx.optional::<i64>(sql, &arguments).await?.is_some())
}

impl Store {
    /// Stores comments in one transaction; returns a result for each, in their order. Each sees those before it, as if
    /// they had come one by one.
    ///
    /// No savepoints: they would cost two statements for each comment, and an error is almost never the fault of one
    /// comment. If it may be, each is written alone.
    pub(super) async fn add_together(&self, sent: &[Sent]) -> Vec<Result<Added>> {
        let error = match self.try_together(sent).await {
            Ok(added) => return added.into_iter().map(Ok).collect(),
            Err(error) if sent.len() == 1 => return vec![Err(error)],
            Err(error) => error,
        };
        let mut answers = Vec::with_capacity(sent.len());
        if matches!(error, StoreError::Database(sqlx::Error::Database(_))) {
            for one in sent {
                answers.push(self.try_together(slice::from_ref(one)).await.map(|mut added| added.remove(0)));
            }
        } else {
            let error = Arc::new(error);
            answers.resize_with(sent.len(), || Err(StoreError::Together(Arc::clone(&error))));
        }
        answers
    }

    /// Stores all or none.
    async fn try_together(&self, all: &[Sent]) -> Result<Vec<Added>> {
        self.write(|mut tx| async move {
            let revision = increase_revision(&mut tx).await?;
            let mut stale = BTreeSet::new();
            let mut answers = Vec::with_capacity(all.len());
            for sent in all {
                answers.push(add(&mut tx, sent, &mut stale).await?);
            }
            if stale.is_empty() {
                tx.discard();
            } else {
                record_stale_tags(&mut tx, revision, &stale).await?;
            }
            Ok(answers)
        })
        .await
    }
}
