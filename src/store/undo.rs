//! Acts of the desk: their rows in the moderation log, undoing them, and those that keep something for that.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::{
    comment::{Comment, CommentId, Status},
    limits::UNDO_WINDOW,
    verdict::{blocks::Block, mark},
    words::parse_word,
};

use super::{
    Result, Store, StoreError,
    blocks::insert_block,
    changes::{increase_revision, lock_writers, record_stale_tags, record_stale_thread},
    connection::Connection,
    moderation::{Moderated, log_act, not_erased, set_status, standing, target},
    sql::{FromRow, Row},
};

/// Row of the moderation log: an act that may be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub id: i64,
    pub comment: CommentId,
    /// Word of the act, such as `approve`.
    pub word: String,
    /// Status before; `None` for an answer, which did not exist.
    before: Option<Status>,
    detail: Option<String>,
    pub is_undone: bool,
    /// True if something else was done with the comment since, and was not undone.
    is_over: bool,
}

impl FromRow for Act {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            comment: row.get("comment_id")?,
            word: row.get("act")?,
            before: row.get::<Option<String>>("status_before")?.and_then(|word| parse_word(&word)),
            detail: row.get("detail")?,
            is_undone: row.get::<i64>("undone")? > 0,
            is_over: row.get::<i64>("later")? > 0,
        })
    }
}

impl Act {
    /// True if undoing it would change something, within [`UNDO_WINDOW`].
    pub fn can_be_undone(&self) -> bool {
        let keeps = match self.word.as_str() {
            "approve" | "spam" | "trash" | "reply" | "settle" => true,
            // A sender who was blocked before stays blocked.
            "edit" | "block" => self.detail.is_some(),
            _ => false,
        };
        keeps && !self.is_undone && !self.is_over
    }

    async fn undo(&self, tx: &mut Connection, actor: &str, at: Timestamp) -> Result<Option<Moderated>> {
        let (id, comment) = (self.comment, target(tx, self.comment).await?);
        if comment.is_erased() {
            return Ok(None);
        }
        let (before, detail) = (comment.status, self.detail.as_deref().unwrap_or_default());
        let after = match self.word.as_str() {
            "settle" => before,
            "edit" => {
                set_text(tx, id, detail).await?;
                before
            }
            "block" => {
                let block = detail.parse::<i64>().unwrap_or_default();
                tx.execute("DELETE FROM blocks WHERE id = $1", &[&block]).await?;
                before
            }
            _ => self.before.unwrap_or(Status::Trash),
        };
        set_status(tx, &comment, after, at).await?;
        let row = log_act(tx, id, actor, "undo", Some(before), after, at).await?;
        tx.execute("UPDATE moderation_log SET undoes = $1 WHERE id = $2", &[&self.id, &row]).await?;
        Ok(Some(Moderated { id, tag: comment.tag(), before, after, at }))
    }
}

/// Columns of an [`Act`].
pub(super) const ACT: &str = "moderation_log.id, comment_id, act, status_before, detail,
    (SELECT COUNT(*) FROM moderation_log AS undo WHERE undo.undoes = moderation_log.id) AS undone,
    (SELECT COUNT(*) FROM moderation_log AS later
     WHERE later.comment_id = moderation_log.comment_id AND later.id > moderation_log.id AND later.undoes IS NULL
       AND NOT EXISTS (SELECT 1 FROM moderation_log AS undo WHERE undo.undoes = later.id)) AS later";

/// Acts of an actor at one moment, the last first.
fn acts_sql() -> String {
    format!(
        "SELECT {ACT} FROM moderation_log
         WHERE actor = $1 AND created_at = $2 AND undoes IS NULL ORDER BY moderation_log.id DESC"
    )
}

async fn set_text(tx: &mut Connection, id: CommentId, text: &str) -> Result<()> {
    let sql = "UPDATE comments SET text = $1, text_mark = $2 WHERE id = $3";
    tx.execute(sql, &[&text, &mark(text), &id]).await.map(|_| ())
}

/// Logs an act that leaves the status as it is, with what undoing it needs.
async fn log_with(
    tx: &mut Connection,
    comment: &Comment,
    actor: &str,
    act: &str,
    detail: Option<&str>,
    at: Timestamp,
) -> Result<Moderated> {
    let (id, status) = (comment.id, comment.status);
    let row = log_act(tx, id, actor, act, Some(status), status, at).await?;
    tx.execute("UPDATE moderation_log SET detail = $1 WHERE id = $2", &[&detail, &row]).await?;
    Ok(Moderated { id, tag: comment.tag(), before: status, after: status, at })
}

impl Store {
    /// Changes the text of a comment for its moderator. The writer's own time of editing stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`] where it has been erased, or the database is away.
    pub async fn edit_text(&self, id: CommentId, text: &str, actor: &str, at: Timestamp) -> Result<Moderated> {
        self.write(|mut tx| async move {
            let revision = increase_revision(&mut tx).await?;
            let comment = target(&mut tx, id).await?;
            not_erased(&comment)?;
            if comment.text == text {
                // Sent twice.
                let at = standing(&mut tx, id, actor, "edit").await?.unwrap_or(at);
                tx.discard();
                return Ok(Moderated { id, tag: comment.tag(), before: comment.status, after: comment.status, at });
            }
            record_stale_thread(&mut tx, revision, &comment.tag()).await?;
            set_text(&mut tx, id, text).await?;
            log_with(&mut tx, &comment, actor, "edit", Some(&comment.text), at).await
        })
        .await
    }

    /// Blocks a sender because of a comment, which stays as it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`] where it has been erased, or the database is away.
    pub async fn block_because(&self, id: CommentId, block: &Block, actor: &str, at: Timestamp) -> Result<Moderated> {
        self.write(|mut tx| async move {
            lock_writers(&mut tx).await?;
            let comment = target(&mut tx, id).await?;
            not_erased(&comment)?;
            let block = insert_block(&mut tx, block, "", actor, at).await?;
            log_with(&mut tx, &comment, actor, "block", block.map(|id| id.to_string()).as_deref(), at).await
        })
        .await
    }

    /// Returns what an actor did at one moment, the last first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn acts(&self, actor: &str, moment: Timestamp) -> Result<Vec<Act>> {
        self.all(acts_sql(), &[&actor, &moment]).await
    }

    /// Undoes what an actor did at one moment, except for comments with which something else was done since: comments
    /// get the status or the text that they had, and an answer goes to the trash. Mails that have left are not called
    /// back. Returns nothing if it was undone before.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if nothing can be undone, [`StoreError::Conflict`] if it was more than a day ago, or the
    /// database is away.
    pub async fn undo(&self, actor: &str, moment: Timestamp, at: Timestamp) -> Result<Vec<Moderated>> {
        if at.duration_since(moment) > UNDO_WINDOW {
            return Err(StoreError::Conflict("an action can be undone for a day".to_owned()));
        }
        self.write(|mut tx| async move {
            let revision = increase_revision(&mut tx).await?;
            let acts: Vec<Act> = tx.all(acts_sql(), &[&actor, &moment]).await?;
            let mut undone = Vec::new();
            for act in acts.iter().filter(|act| act.can_be_undone()) {
                undone.extend(act.undo(&mut tx, actor, at).await?);
            }
            if undone.is_empty() {
                tx.discard();
                let was_undone = acts.iter().any(|act| act.is_undone);
                return if was_undone { Ok(undone) } else { Err(StoreError::NotFound) };
            }
            let tags: BTreeSet<String> = undone.iter().flat_map(Moderated::tags).map(str::to_owned).collect();
            record_stale_tags(&mut tx, revision, &tags).await?;
            Ok(undone)
        })
        .await
    }
}
