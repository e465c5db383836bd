//! Decisions of the author about comments. Every act leaves a row in the moderation log.

use jiff::Timestamp;

use crate::domain::{
    comment::{COMMENTS_TAG, Comment, CommentId, Status, ThreadKey},
    verdict::bayes::{self, Counts},
    words::word_of,
};

use super::{
    Result, Store, StoreError,
    changes::{increase_revision, record_stale_thread},
    comments::{COLUMNS, insert},
    connection::Connection,
    learning::teach,
    outbox::{announce, queue_dropped},
    retention::erase_comment,
    sql::from_millis,
    subscriptions::ask_to_confirm,
};

/// A comment whose status was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moderated {
    pub id: CommentId,
    /// Tag of the thread.
    pub tag: String,
    pub before: Status,
    pub after: Status,
    /// Time of the act; for one that was done before, the time of that.
    pub at: Timestamp,
}

impl Moderated {
    /// Tags to purge: all that were recorded for the revision.
    pub fn tags(&self) -> [&str; 2] {
        [&self.tag, COMMENTS_TAG]
    }
}

/// Ruling of a moderator: its word in the moderation log, and the status that it gives; `None`: as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ruling(&'static str, Option<Status>);

const APPROVE: Ruling = Ruling("approve", Some(Status::Approved));
const SPAM: Ruling = Ruling("spam", Some(Status::Spam));
const TRASH: Ruling = Ruling("trash", Some(Status::Trash));
const ERASE: Ruling = Ruling("erase", Some(Status::Trash));
const SETTLE: Ruling = Ruling("settle", None);

/// Adds a row to the moderation log; returns its number.
pub(super) async fn log_act(
    tx: &mut Connection,
    id: CommentId,
    actor: &str,
    act: &str,
    before: Option<Status>,
    after: Status,
    at: Timestamp,
) -> Result<i64> {
    let sql = "INSERT INTO moderation_log (comment_id, actor, act, status_before, status_after, created_at)
               VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    tx.one(sql, &[&id, &actor, &act, &before.map(word_of), &word_of(after), &at]).await
}

/// Time of an actor's last act of this kind with a comment, unless it was undone.
pub(super) async fn standing(tx: &mut Connection, id: CommentId, actor: &str, act: &str) -> Result<Option<Timestamp>> {
    let sql = "SELECT created_at FROM moderation_log
               WHERE comment_id = $1 AND actor = $2 AND act = $3
                 AND NOT EXISTS (SELECT 1 FROM moderation_log AS undo WHERE undo.undoes = moderation_log.id)
               ORDER BY id DESC LIMIT 1";
    Ok(tx.optional::<i64>(sql, &[&id, &actor, &act]).await?.map(from_millis))
}

/// Reads the comment that a moderator acts on.
pub(super) async fn target(tx: &mut Connection, id: CommentId) -> Result<Comment> {
    tx.one(format!("SELECT {COLUMNS} FROM comments WHERE id = $1"), &[&id]).await
}

/// Refuses an act on a comment that has been erased.
pub(super) fn not_erased(comment: &Comment) -> Result<()> {
    if comment.is_erased() {
        return Err(StoreError::Conflict(format!("comment {} has been erased, and nothing of it is left", comment.id)));
    }
    Ok(())
}

/// Sets a comment's status and does all that follows from it.
pub(super) async fn set_status(tx: &mut Connection, comment: &Comment, after: Status, at: Timestamp) -> Result<()> {
    let id = comment.id;
    if comment.status != after {
        tx.execute("UPDATE comments SET status = $1 WHERE id = $2", &[&word_of(after), &id]).await?;
        if after == Status::Approved {
            queue_dropped(tx, id, at).await?;
            // A comment that was announced once is not announced again when it is approved again.
            let sql = "SELECT id FROM moderation_log
                       WHERE comment_id = $1 AND (status_before = 'approved' OR status_after = 'approved') LIMIT 1";
            if tx.optional::<i64>(sql, &[&id]).await?.is_none() {
                announce(tx, id, at).await?;
                ask_to_confirm(tx, id, at).await?;
            }
        }
    }
    // Trash teaches nothing: it may be anything. The author's own comments would teach nothing about strangers.
    let lesson = match after {
        Status::Approved if !comment.by_author => Some(Counts { spam: 0, ham: 1 }),
        Status::Spam if !comment.by_author => Some(Counts { spam: 1, ham: 0 }),
        _ => None,
    };
    teach(tx, id, lesson, &bayes::features(&comment.name, comment.site.as_deref(), &comment.text)).await
}

/// Carries out a ruling, and logs it once.
async fn act_on(
    tx: &mut Connection,
    comment: &Comment,
    ruling: Ruling,
    actor: &str,
    at: Timestamp,
) -> Result<Moderated> {
    let (Ruling(word, after), before, id) = (ruling, comment.status, comment.id);
    let after = after.unwrap_or(before);
    let mut done = Moderated { id, tag: comment.tag(), before, after, at };
    set_status(tx, comment, after, at).await?;
    let is_new = before != after || ruling == ERASE;
    let first = if is_new { None } else { standing(tx, id, actor, word).await? };
    match first {
        // The button was pressed twice.
        Some(first) => done.at = first,
        None if is_new || ruling == SETTLE => {
            log_act(tx, id, actor, word, Some(before), after, at).await?;
        }
        None => {}
    }
    if ruling == ERASE {
        erase_comment(tx, id, at).await?;
    }
    Ok(done)
}

/// Answer of the author, in a thread that is not known yet.
fn answer(parent: CommentId, name: &str, site: Option<&str>, text: &str, at: Timestamp) -> Comment {
    Comment {
        parent_id: Some(parent),
        name: name.to_owned(),
        site: site.map(str::to_owned),
        text: text.to_owned(),
        status: Status::Approved,
        by_author: true,
        created_at: at,
        ..Comment::default()
    }
}

impl Store {
    /// Returns comments by status (`None`: all), oldest first. Erased comments are left out.
    ///
    /// # Errors
    /// The database is away.
    pub async fn list_comments(&self, status: Option<Status>) -> Result<Vec<Comment>> {
        // Two statements: one for both would not use the index on the status.
        let Some(status) = status else {
            let sql = format!("SELECT {COLUMNS} FROM comments WHERE text <> '' ORDER BY id");
            return self.all(sql, &[]).await;
        };
        let sql = format!("SELECT {COLUMNS} FROM comments WHERE status = $1 AND text <> '' ORDER BY id");
        self.all(sql, &[&word_of(status)]).await
    }

    /// Shows a comment to everyone.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn approve(&self, id: CommentId, actor: &str, at: Timestamp) -> Result<Moderated> {
        self.moderate(id, APPROVE, actor, at).await
    }

    /// Hides a comment as spam.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn mark_spam(&self, id: CommentId, actor: &str, at: Timestamp) -> Result<Moderated> {
        self.moderate(id, SPAM, actor, at).await
    }

    /// Hides a comment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn trash(&self, id: CommentId, actor: &str, at: Timestamp) -> Result<Moderated> {
        self.moderate(id, TRASH, actor, at).await
    }

    /// Takes a comment off the list of those that need an answer.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn settle(&self, id: CommentId, actor: &str, at: Timestamp) -> Result<Moderated> {
        self.moderate(id, SETTLE, actor, at).await
    }

    /// Deletes a comment's text, name and all other data of its writer for good. Its number and its place in the thread
    /// stay, so that its answers keep their places.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn erase(&self, id: CommentId, actor: &str, at: Timestamp) -> Result<Moderated> {
        let erased = self.moderate(id, ERASE, actor, at).await?;
        self.truncate_log().await;
        Ok(erased)
    }

    /// Posts an answer as the author, approved at once. The same answer to the same comment is stored once: sent again,
    /// it returns the first one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the comment does not exist, [`StoreError::Conflict`] if readers do not see it, or
    /// the database is away.
    pub async fn reply_as_author(
        &self,
        parent: CommentId,
        name: &str,
        site: Option<&str>,
        text: &str,
        actor: &str,
        at: Timestamp,
    ) -> Result<CommentId> {
        let (_, id, _) = self.reply(parent, &answer(parent, name, site, text, at), false, actor).await?;
        Ok(id)
    }

    /// Approves a comment and answers it as the author, as [`Self::reply_as_author`] does.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`] where it has been erased, or the database is away.
    pub async fn approve_and_reply(
        &self,
        parent: CommentId,
        name: &str,
        site: Option<&str>,
        text: &str,
        actor: &str,
        at: Timestamp,
    ) -> Result<Moderated> {
        let (before, _, at) = self.reply(parent, &answer(parent, name, site, text, at), true, actor).await?;
        Ok(Moderated { id: parent, tag: before.tag(), before: before.status, after: Status::Approved, at })
    }

    /// Returns the comment as it was, the number of the answer, and its time.
    async fn reply(
        &self,
        parent: CommentId,
        answer: &Comment,
        approves: bool,
        actor: &str,
    ) -> Result<(Comment, CommentId, Timestamp)> {
        let at = answer.created_at;
        self.write(|mut tx| async move {
            let revision = increase_revision(&mut tx).await?;
            let comment = target(&mut tx, parent).await?;
            not_erased(&comment)?;
            if !approves && comment.status != Status::Approved {
                return Err(StoreError::Conflict(format!(
                    "comment {parent} is {}, so nobody would see what is answered. \
                     Approve it first: instep comments approve {parent}",
                    word_of(comment.status)
                )));
            }
            record_stale_thread(&mut tx, revision, &comment.tag()).await?;
            if approves {
                act_on(&mut tx, &comment, APPROVE, actor, at).await?;
            }
            let sql = "SELECT id, created_at FROM comments
                       WHERE parent_id = $1 AND status = 'approved' AND by_author AND text = $2 ORDER BY id LIMIT 1";
            if let Some((duplicate, first)) = tx.optional::<(i64, i64)>(sql, &[&parent, &answer.text]).await? {
                return Ok((comment, duplicate, from_millis(first)));
            }
            let (thread_kind, thread_slug) = (comment.thread_kind.clone(), comment.thread_slug.clone());
            let id = insert(&mut tx, &Comment { thread_kind, thread_slug, ..answer.clone() }, None, None).await?;
            announce(&mut tx, id, at).await?;
            log_act(&mut tx, id, actor, "reply", None, Status::Approved, at).await?;
            Ok((comment, id, at))
        })
        .await
    }

    /// Stores an approved comment that no visitor sent: samples now, imports later.
    ///
    /// # Errors
    /// The database is away.
    pub async fn place_comment(&self, thread: &ThreadKey, comment: &Comment, actor: &str) -> Result<CommentId> {
        let (thread_kind, thread_slug) = (thread.kind.to_owned(), thread.slug.clone());
        let comment = &Comment { thread_kind, thread_slug, ..comment.clone() };
        self.write(|mut tx| async move {
            let revision = increase_revision(&mut tx).await?;
            record_stale_thread(&mut tx, revision, &comment.tag()).await?;
            let id = insert(&mut tx, comment, None, None).await?;
            log_act(&mut tx, id, actor, "place", None, comment.status, comment.created_at).await?;
            Ok(id)
        })
        .await
    }

    async fn moderate(&self, id: CommentId, ruling: Ruling, actor: &str, at: Timestamp) -> Result<Moderated> {
        self.write(|mut tx| async move {
            let revision = increase_revision(&mut tx).await?;
            let comment = target(&mut tx, id).await?;
            if comment.is_erased() && ruling == ERASE {
                // The button was pressed twice.
                tx.discard();
                return Ok(Moderated { id, tag: comment.tag(), before: Status::Trash, after: Status::Trash, at });
            }
            not_erased(&comment)?;
            record_stale_thread(&mut tx, revision, &comment.tag()).await?;
            act_on(&mut tx, &comment, ruling, actor, at).await
        })
        .await
    }
}
