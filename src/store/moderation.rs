//! Decisions of the author about comments. Every act leaves a row in the moderation log.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::{
    comment::{COMMENTS_TAG, Comment, CommentId, Status, ThreadKey},
    limits::UNDO_WINDOW,
    verdict::bayes::{self, Counts},
    words::{parse_word, word_of},
};

use super::{
    Result, Store, StoreError,
    changes::{increase_revision, record_stale_tags, record_stale_thread},
    comments::{COLUMNS, insert, most},
    connection::Connection,
    learning::teach,
    outbox::{announce, queue_dropped},
    retention::erase_comment,
    sql::{Argument, FromRow, Row, from_millis, places},
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
}

impl Moderated {
    /// Tags to purge: all that were recorded for the revision.
    pub fn tags(&self) -> [&str; 2] {
        [&self.tag, COMMENTS_TAG]
    }
}

/// Ruling of a moderator: its word in the moderation log, and the status that it gives.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ruling(&'static str, Status);

const APPROVE: Ruling = Ruling("approve", Status::Approved);
const SPAM: Ruling = Ruling("spam", Status::Spam);
const TRASH: Ruling = Ruling("trash", Status::Trash);
const ERASE: Ruling = Ruling("erase", Status::Trash);

/// Adds a row to the moderation log.
pub(super) async fn log_act(
    tx: &mut Connection,
    id: CommentId,
    actor: &str,
    act: &str,
    before: Option<Status>,
    after: Status,
    at: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO moderation_log (comment_id, actor, act, status_before, status_after, created_at)
               VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(sql, &[&id, &actor, &act, &before.map(word_of), &word_of(after), &at]).await.map(|_| ())
}

/// Reads the comment that a moderator acts on.
async fn target(tx: &mut Connection, id: CommentId) -> Result<Comment> {
    tx.one(format!("SELECT {COLUMNS} FROM comments WHERE id = $1"), &[&id]).await
}

/// Refuses an act on a comment that has been erased.
fn not_erased(comment: &Comment) -> Result<()> {
    if comment.is_erased() {
        return Err(StoreError::Conflict(format!("comment {} has been erased, and nothing of it is left", comment.id)));
    }
    Ok(())
}

/// Sets a comment's status and does all that follows from it.
async fn act_on(
    tx: &mut Connection,
    comment: &Comment,
    ruling: Ruling,
    actor: &str,
    at: Timestamp,
) -> Result<Moderated> {
    let (Ruling(word, after), before, id) = (ruling, comment.status, comment.id);
    if before != after || ruling == ERASE {
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
        log_act(tx, id, actor, word, Some(before), after, at).await?;
    }
    // Trash teaches nothing: it may be anything. The author's own comments would teach nothing about strangers.
    let lesson = match after {
        Status::Approved if !comment.by_author => Some(Counts { spam: 0, ham: 1 }),
        Status::Spam if !comment.by_author => Some(Counts { spam: 1, ham: 0 }),
        _ => None,
    };
    teach(tx, id, lesson, &bayes::features(&comment.name, comment.site.as_deref(), &comment.text)).await?;
    if ruling == ERASE {
        erase_comment(tx, id, at).await?;
    }
    Ok(Moderated { id, tag: comment.tag(), before, after })
}

/// Row of the moderation log: an act that may be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    id: i64,
    pub comment: CommentId,
    /// Word of the act, such as `approve`.
    pub word: String,
    /// Status before; `None` for an answer, which did not exist.
    pub before: Option<Status>,
    pub after: Status,
}

impl FromRow for Act {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            comment: row.get("comment_id")?,
            word: row.get("act")?,
            before: row.get::<Option<String>>("status_before")?.and_then(|word| parse_word(&word)),
            after: row.word("status_after")?,
        })
    }
}

const ACTS: &str = "SELECT id, comment_id, act, status_before, status_after FROM moderation_log
                    WHERE actor = $1 AND created_at = $2 ORDER BY id DESC";

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

    /// Returns the oldest or the newest comments with a status, at most `limit` after the first `skipped`.
    /// Erased comments are left out.
    ///
    /// # Errors
    /// The database is away.
    pub async fn comments_with(
        &self,
        status: Status,
        newest_first: bool,
        skipped: usize,
        limit: usize,
    ) -> Result<Vec<Comment>> {
        let order = if newest_first { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT {COLUMNS} FROM comments WHERE status = $1 AND text <> '' ORDER BY id {order} LIMIT $2 OFFSET $3"
        );
        self.all(sql, &[&word_of(status), &most(limit), &most(skipped)]).await
    }

    /// Counts the comments with a status, without erased ones.
    ///
    /// # Errors
    /// The database is away.
    pub async fn count_comments(&self, status: Status) -> Result<i64> {
        self.one("SELECT COUNT(*) FROM comments WHERE status = $1 AND text <> ''", &[&word_of(status)]).await
    }

    /// Returns the number of approved comments of each of these commenters, and the time of the first one.
    ///
    /// # Errors
    /// The database is away.
    pub async fn histories(&self, commenters: &[String]) -> Result<Vec<(String, i64, Timestamp)>> {
        if commenters.is_empty() {
            return Ok(Vec::new());
        }
        let mut arguments: Vec<&dyn Argument> = Vec::new();
        let listed = places(commenters, &mut arguments);
        let sql = format!(
            "SELECT commenter, COUNT(*), MIN(created_at) FROM comments
             WHERE commenter IN ({listed}) AND status = 'approved' GROUP BY commenter"
        );
        let rows: Vec<(String, i64, i64)> = self.all(sql, &arguments).await?;
        Ok(rows.into_iter().map(|(commenter, count, first)| (commenter, count, from_millis(first))).collect())
    }

    /// Returns approved comments that the author has not answered, neither directly nor further down; oldest first, at
    /// most `limit` after the first `skipped`.
    ///
    /// # Errors
    /// The database is away.
    pub async fn unanswered_comments(&self, skipped: usize, limit: usize) -> Result<Vec<Comment>> {
        // UNION, not UNION ALL: a comment found twice is followed once, so a loop of replies ends too.
        let sql = format!(
            "WITH RECURSIVE answered (id) AS (
                 SELECT parent_id FROM comments WHERE by_author AND status = 'approved' AND parent_id IS NOT NULL
                 UNION
                 SELECT comments.parent_id FROM comments JOIN answered ON comments.id = answered.id
                 WHERE comments.parent_id IS NOT NULL)
             SELECT {COLUMNS} FROM comments
             WHERE status = 'approved' AND NOT by_author AND id NOT IN (SELECT answered.id FROM answered)
             ORDER BY created_at, id LIMIT $1 OFFSET $2"
        );
        self.all(sql, &[&most(limit), &most(skipped)]).await
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
        let (_, id) = self.reply(parent, &answer(parent, name, site, text, at), false, actor).await?;
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
        let (before, _) = self.reply(parent, &answer(parent, name, site, text, at), true, actor).await?;
        Ok(Moderated { id: parent, tag: before.tag(), before: before.status, after: Status::Approved })
    }

    /// Returns the comment as it was, and the number of the answer.
    async fn reply(
        &self,
        parent: CommentId,
        answer: &Comment,
        approves: bool,
        actor: &str,
    ) -> Result<(Comment, CommentId)> {
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
            let sql = "SELECT id FROM comments
                       WHERE parent_id = $1 AND status = 'approved' AND by_author AND text = $2 ORDER BY id LIMIT 1";
            if let Some(duplicate) = tx.optional(sql, &[&parent, &answer.text]).await? {
                return Ok((comment, duplicate));
            }
            let (thread_kind, thread_slug) = (comment.thread_kind.clone(), comment.thread_slug.clone());
            let id = insert(&mut tx, &Comment { thread_kind, thread_slug, ..answer.clone() }, None, None).await?;
            announce(&mut tx, id, at).await?;
            log_act(&mut tx, id, actor, "reply", None, Status::Approved, at).await?;
            Ok((comment, id))
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

    /// Returns what an actor did at one moment, the last first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn acts(&self, actor: &str, moment: Timestamp) -> Result<Vec<Act>> {
        self.all(ACTS, &[&actor, &moment]).await
    }

    /// Undoes what an actor did at one moment: comments get the status that they had, and an answer goes to the trash.
    /// Mails that have left are not called back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if nothing was done then, [`StoreError::Conflict`] if it was more than a day ago or a
    /// comment has been changed since, or the database is away.
    pub async fn undo(&self, actor: &str, moment: Timestamp, at: Timestamp) -> Result<Vec<Moderated>> {
        if at.duration_since(moment) > UNDO_WINDOW {
            return Err(StoreError::Conflict("an action can be undone for a day".to_owned()));
        }
        self.write(|mut tx| async move {
            let revision = increase_revision(&mut tx).await?;
            let acts: Vec<Act> = tx.all(ACTS, &[&actor, &moment]).await?;
            let mut undone = Vec::new();
            for act in acts.iter().filter(|act| ["approve", "spam", "trash", "reply"].contains(&act.word.as_str())) {
                let comment = target(&mut tx, act.comment).await?;
                not_erased(&comment)?;
                let sql = "SELECT id FROM moderation_log WHERE comment_id = $1 AND id > $2 LIMIT 1";
                if tx.optional::<i64>(sql, &[&act.comment, &act.id]).await?.is_some() {
                    return Err(StoreError::Conflict(format!("comment {} has been changed since", act.comment)));
                }
                let ruling = Ruling("undo", act.before.unwrap_or(Status::Trash));
                undone.push(act_on(&mut tx, &comment, ruling, actor, at).await?);
            }
            let tags: BTreeSet<String> = undone.iter().flat_map(Moderated::tags).map(str::to_owned).collect();
            if tags.is_empty() {
                return Err(StoreError::NotFound);
            }
            record_stale_tags(&mut tx, revision, &tags).await?;
            Ok(undone)
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
                return Ok(Moderated { id, tag: comment.tag(), before: Status::Trash, after: Status::Trash });
            }
            not_erased(&comment)?;
            record_stale_thread(&mut tx, revision, &comment.tag()).await?;
            act_on(&mut tx, &comment, ruling, actor, at).await
        })
        .await
    }
}
