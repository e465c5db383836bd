//! Adding comments: the checks before, the verdict, and the row.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use jiff::Timestamp;

use crate::domain::{
    comment::{COMMENTS_TAG, CommentId, NewComment, Status, ThreadKey},
    delivery::{Kind, is_suspected},
    notices::Wish,
    verdict::{self, Circumstances, Rates, Refusal, Rules, too_fast},
};

use super::{
    Result, Store, StoreError,
    changes::{increase_revision, record_stale_tags},
    comments::in_threads,
    connection::Connection,
    judging::{Judgement, judge, read_history},
    outbox::{announce, queue_mail},
    refusals::{delete_hasty_refusal, store_refusal},
    sql::Argument,
    subscriptions::{ask_to_confirm, store_wish},
};

/// Tag of a comment that only its writer and the author see: it makes no public page stale.
pub(super) const HELD_TAG: &str = "held";

/// Sender of a comment: fingerprints, and an address that is not stored.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Fingerprint of the signed cookie that the comment is stored under; new for a first comment.
    pub commenter: String,
    /// True if the cookie came with the request. Without one, the address is all we know.
    pub is_returning: bool,
    pub address: String,
    /// Fingerprint of the /24 or /48 around the address.
    pub network: String,
    /// Address itself, for the author's blocks: checked, never stored.
    pub ip: IpAddr,
}

/// A comment that has arrived, or a new version of one, with everything that its verdict needs.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Thread that it is posted in.
    pub thread: ThreadKey,
    /// Threads in which its parent may stand: the same thread, and those of the post's older slugs. Never empty.
    pub parent_threads: Vec<ThreadKey>,
    pub new: NewComment,
    pub sender: Sender,
    pub circumstances: Circumstances,
    pub rates: Rates,
    pub rules: Arc<Rules>,
    pub at: Timestamp,
}

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
        return refuse(tx, sent, Refusal::TooFast(wait), refused_lately, stale).await;
    }
    if !is_parent_shown(tx, sent).await? {
        return Ok(Added::ParentGone);
    }
    let judgement = match judge(tx, sent, *circumstances, known).await? {
        Ok(judgement) => judgement,
        Err(refusal) => return refuse(tx, sent, refusal, refused_lately, stale).await,
    };
    let id = insert(tx, sent, &judgement, &mark).await?;
    if refused_lately > 0 {
        delete_hasty_refusal(tx, sent).await?;
    }
    if let (Some(email), Wish::Answers | Wish::Thread) = (&new.email, new.wish) {
        store_wish(tx, id, email, new.wish, *at).await?;
        if !is_suspected(&judgement.reasons) {
            ask_to_confirm(tx, id, *at).await?;
        }
    }
    if !judgement.by_author {
        queue_mail(tx, &format!("author:{id}"), Kind::Author, Some(id), None, *at).await?;
    }
    if judgement.status == Status::Approved {
        announce(tx, id, *at).await?;
        stale.extend([thread.tag(), COMMENTS_TAG.to_owned()]);
    } else {
        stale.insert(HELD_TAG.to_owned());
    }
    Ok(Added::Stored(id, judgement.status))
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
    if new.wish == Wish::Nothing {
        return Ok(());
    }
    store_wish(tx, id, email, new.wish, at).await?;
    // As for a new comment: otherwise the mail is sent when the author approves the comment.
    if status == Status::Approved || !is_suspected(&reasons) {
        ask_to_confirm(tx, id, at).await?;
    }
    Ok(())
}

/// Refuses a comment.
async fn refuse(
    tx: &mut Connection,
    sent: &Sent,
    refusal: Refusal,
    refused_lately: i64,
    stale: &mut BTreeSet<String>,
) -> Result<Added> {
    if store_refusal(tx, sent, &refusal, refused_lately).await? {
        stale.insert(HELD_TAG.to_owned());
    }
    Ok(Added::Refused(refusal))
}

/// True if the comment answers none, or one that readers see.
async fn is_parent_shown(tx: &mut Connection, sent: &Sent) -> Result<bool> {
    let Some(parent) = &sent.new.parent else { return Ok(true) };
    let mut arguments: Vec<&dyn Argument> = vec![parent];
    let threads = in_threads(&sent.parent_threads, &mut arguments);
    let sql = format!("SELECT id FROM comments WHERE status = 'approved' AND id = $1 AND {threads}");
    Ok(tx.optional::<i64>(sql, &arguments).await?.is_some())
}

async fn insert(tx: &mut Connection, sent: &Sent, judgement: &Judgement, mark: &Option<String>) -> Result<CommentId> {
    let Sent { thread, new, sender, at, .. } = sent;
    let Judgement { status, reasons, details, by_author, .. } = judgement;
    tx.one(
        "INSERT INTO comments (thread_kind, thread_slug, parent_id, name, email, site, text, status, reasons,
                               by_author, commenter, address, network, created_at, reason_details, text_mark)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id",
        &[
            &thread.kind,
            &thread.slug,
            &new.parent,
            &new.name,
            &new.email,
            &new.site,
            &new.text,
            &status.as_str(),
            reasons,
            by_author,
            &sender.commenter,
            &sender.address,
            &sender.network,
            at,
            details,
            mark,
        ],
    )
    .await
}

/// Place of a culprit that there is not.
const NOBODY: usize = usize::MAX;

impl Store {
    /// Stores comments in one transaction; returns a result for each, in their order. Each sees those before it, as if
    /// they had come one by one.
    ///
    /// No savepoints: they would cost two statements for each comment, and an error is almost never the fault of one
    /// comment. If it is, the others are written without it.
    pub(super) async fn add_together(&self, sent: &[Sent]) -> Vec<Result<Added>> {
        let mut left: Vec<(usize, &Sent)> = sent.iter().enumerate().collect();
        let mut answers = Vec::with_capacity(sent.len());
        while !left.is_empty() {
            let culprit = AtomicUsize::new(NOBODY);
            match self.try_together(&left, &culprit).await {
                Ok(added) => answers.extend(left.drain(..).zip(added).map(|((place, _), added)| (place, Ok(added)))),
                Err(error) => match culprit.into_inner() {
                    NOBODY if left.len() > 1 => {
                        let error = Arc::new(error);
                        let same = |(place, _)| (place, Err(StoreError::Together(Arc::clone(&error))));
                        answers.extend(left.drain(..).map(same));
                    }
                    NOBODY => answers.push((left.remove(0).0, Err(error))),
                    culprit => answers.push((left.remove(culprit).0, Err(error))),
                },
            }
        }
        answers.sort_unstable_by_key(|(place, _)| *place);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Stores all or none. `culprit`: place of the comment that caused the error, or [`NOBODY`].
    async fn try_together(&self, all: &[(usize, &Sent)], culprit: &AtomicUsize) -> Result<Vec<Added>> {
        self.write(|mut tx| async move {
            culprit.store(NOBODY, Relaxed);
            let revision = increase_revision(&mut tx).await?;
            let mut stale = BTreeSet::new();
            let mut answers = Vec::with_capacity(all.len());
            for (place, (_, sent)) in all.iter().enumerate() {
                culprit.store(place, Relaxed);
                answers.push(add(&mut tx, sent, &mut stale).await?);
            }
            culprit.store(NOBODY, Relaxed);
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
