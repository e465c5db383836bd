//! Decisions of the author about comments. Every act leaves a row in the moderation log.

use jiff::Timestamp;

use crate::domain::{
    comment::{COMMENTS_TAG, Comment, CommentId, Status, ThreadKey},
    verdict::bayes,
};

use super::{
    Ending::{Commit, Rollback},
    Store, StoreError,
    changes::{grow_revision, leave_thread_tags},
    comments::{CommentRow, comment_columns},
    learning::{Lesson, teach},
    on_reader, on_writer,
    outbox::announce,
    retention::nothing_left,
    subscriptions::{ask_to_confirm, asked_by_network, forget_wish},
};

/// A comment with what its moderator needs to know.
#[derive(Clone, Debug)]
pub struct Listed {
    pub comment: Comment,
    /// Reasons why it was held: the words of `domain::verdict::Reason`.
    pub reasons: Vec<String>,
    /// Lines that begin with such a word and give details.
    pub details: Vec<String>,
}

impl Listed {
    /// Each reason with its details: `bayes 0.98: subscribe, channel`.
    pub fn explained(&self) -> Vec<&str> {
        let explained = |reason: &str| self.details.iter().find(|line| line.split(' ').next() == Some(reason));
        self.reasons.iter().map(|reason| explained(reason).unwrap_or(reason).as_str()).collect()
    }
}

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
    /// Tags to purge: all that the revision left.
    pub fn tags(&self) -> [&str; 2] {
        [&self.tag, COMMENTS_TAG]
    }
}

/// An act of a moderator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Approve,
    Spam,
    Trash,
    Erase,
}

impl Act {
    /// Word for the act in the moderation log.
    fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Spam => "spam",
            Self::Trash => "trash",
            Self::Erase => "erase",
        }
    }

    fn status(self) -> Status {
        match self {
            Self::Approve => Status::Approved,
            Self::Spam => Status::Spam,
            Self::Trash | Self::Erase => Status::Trash,
        }
    }

    /// Lesson of the act for the spam filter. Trash teaches nothing: it may be anything.
    fn lesson(self) -> Option<Lesson> {
        match self {
            Self::Approve => Some(Lesson::Ham),
            Self::Spam => Some(Lesson::Spam),
            Self::Trash | Self::Erase => None,
        }
    }
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    comment: CommentRow,
    reasons: String,
    reason_details: String,
}

impl From<ListedRow> for Listed {
    fn from(row: ListedRow) -> Self {
        Self {
            comment: row.comment.into(),
            reasons: row.reasons.split_whitespace().map(str::to_owned).collect(),
            details: row.reason_details.lines().map(str::to_owned).collect(),
        }
    }
}

/// Columns of a comment that an act needs.
#[derive(sqlx::FromRow)]
struct JudgedRow {
    thread_kind: String,
    thread_slug: String,
    status: String,
    name: String,
    site: Option<String>,
    text: String,
    by_author: bool,
}

impl JudgedRow {
    fn tag(&self) -> String {
        format!("{}:{}", self.thread_kind, self.thread_slug)
    }

    fn not_erased(self, id: CommentId) -> Result<Self, StoreError> {
        if self.text.is_empty() {
            return Err(StoreError::Conflict(format!("comment {id} has been erased, and nothing of it is left")));
        }
        Ok(self)
    }
}

/// Adds a row to the moderation log. An expression.
macro_rules! log_act {
    ($tx:ident, $id:expr, $actor:expr, $act:expr, $before:expr, $after:expr, $at:expr) => {
        sqlx::query(
            "INSERT INTO moderation_log (comment_id, actor, act, status_before, status_after, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind($id)
        .bind($actor)
        .bind($act)
        .bind($before)
        .bind($after)
        .bind($at.as_millisecond())
        .execute(&mut *$tx)
        .await?
    };
}

/// Reads the comment that a moderator acts on. An expression.
macro_rules! judged {
    ($tx:ident, $id:expr) => {{
        let found: Option<JudgedRow> = sqlx::query_as(
            "SELECT thread_kind, thread_slug, status, name, site, text, by_author FROM comments WHERE id = $1",
        )
        .bind($id)
        .fetch_optional(&mut *$tx)
        .await?;
        found.ok_or(StoreError::NotFound)?
    }};
}

/// Sets a comment's status and does all that follows from it. An expression.
macro_rules! moderate {
    ($tx:ident, $id:expr, $comment:expr, $act:expr, $actor:expr, $at:expr) => {{
        let (id, comment, act, now): (CommentId, &JudgedRow, Act, i64) = ($id, &$comment, $act, $at.as_millisecond());
        let (before, after) = (Status::parse(&comment.status).unwrap_or(Status::Held), act.status());
        if before != after || act == Act::Erase {
            sqlx::query("UPDATE comments SET status = $1 WHERE id = $2")
                .bind(after.as_str())
                .bind(id)
                .execute(&mut *$tx)
                .await?;
            if act == Act::Approve {
                // Mails that were not sent because readers did not see the comment. Each is checked again when it is
                // sent.
                sqlx::query(
                    "UPDATE outbox SET outcome = NULL, done_at = NULL, reason = NULL, attempts = 0,
                                       first_attempt_at = NULL, next_attempt_at = $2
                     WHERE comment_id = $1 AND outcome = 'dropped' AND kind <> 'author'",
                )
                .bind(id)
                .bind(now)
                .execute(&mut *$tx)
                .await?;
                // A comment that was announced once is not announced again when it is approved again.
                let was_shown: Option<i64> = sqlx::query_scalar(
                    "SELECT id FROM moderation_log
                     WHERE comment_id = $1 AND (status_before = 'approved' OR status_after = 'approved') LIMIT 1",
                )
                .bind(id)
                .fetch_optional(&mut *$tx)
                .await?;
                if was_shown.is_none() {
                    announce!($tx, id, now);
                    ask_to_confirm!($tx, id, $at);
                }
            }
            log_act!($tx, id, $actor, act.as_str(), Some(before.as_str()), after.as_str(), $at);
        }
        // The author's own comments would teach the filter nothing about strangers.
        let lesson = act.lesson().filter(|_| !comment.by_author);
        teach!($tx, id, lesson, bayes::features(&comment.name, comment.site.as_deref(), &comment.text));
        if act == Act::Erase {
            forget_wish!($tx, id, now);
            sqlx::query(concat!("UPDATE comments SET ", nothing_left!(), " WHERE id = $1"))
                .bind(id)
                .execute(&mut *$tx)
                .await?;
        }
        Moderated { id, tag: comment.tag(), before, after }
    }};
}

/// Adds the author's answer to a comment, unless it exists. An expression: the number of the answer.
macro_rules! answer {
    ($tx:ident, $parent:expr, $comment:expr, $name:expr, $site:expr, $text:expr, $actor:expr, $at:expr) => {{
        let (parent, comment): (CommentId, &JudgedRow) = ($parent, &$comment);
        let twin: Option<i64> = sqlx::query_scalar(
            "SELECT id FROM comments
             WHERE parent_id = $1 AND status = 'approved' AND by_author AND text = $2 ORDER BY id LIMIT 1",
        )
        .bind(parent)
        .bind($text)
        .fetch_optional(&mut *$tx)
        .await?;
        if let Some(id) = twin {
            id
        } else {
            let id: i64 = sqlx::query_scalar(
                "INSERT INTO comments (thread_kind, thread_slug, parent_id, name, site, text, status, reasons, by_author,
                                       created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, 'approved', '', $7, $8) RETURNING id",
            )
            .bind(&comment.thread_kind)
            .bind(&comment.thread_slug)
            .bind(parent)
            .bind($name)
            .bind($site)
            .bind($text)
            .bind(true)
            .bind($at.as_millisecond())
            .fetch_one(&mut *$tx)
            .await?;
            announce!($tx, id, $at.as_millisecond());
            log_act!($tx, id, $actor, "reply", None::<&str>, Status::Approved.as_str(), $at);
            id
        }
    }};
}

pub(super) use log_act;

impl Store {
    /// Returns the reasons why a comment was held, as [`Listed::explained`] words them.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn why_held(&self, id: CommentId) -> Result<Vec<String>, StoreError> {
        let row: Option<ListedRow> = on_reader!(self, db => {
            sqlx::query_as(concat!("SELECT ", comment_columns!(), ", reasons, reason_details FROM comments WHERE id = $1"))
                .bind(id)
                .fetch_optional(db)
                .await?
        });
        let listed = Listed::from(row.ok_or(StoreError::NotFound)?);
        Ok(listed.explained().into_iter().map(str::to_owned).collect())
    }

    /// Returns comments by status (`None`: all), oldest first. Erased comments are left out.
    ///
    /// # Errors
    /// The database is away.
    pub async fn list_comments(&self, status: Option<Status>) -> Result<Vec<Listed>, StoreError> {
        let rows: Vec<ListedRow> = on_reader!(self, db => {
            // Two statements: one for both would not use the index on the status.
            let query = match status {
                Some(status) => sqlx::query_as(concat!(
                    "SELECT ", comment_columns!(), ", reasons, reason_details FROM comments
                     WHERE status = $1 AND text <> '' ORDER BY id",
                ))
                .bind(status.as_str()),
                None => sqlx::query_as(concat!(
                    "SELECT ", comment_columns!(), ", reasons, reason_details FROM comments WHERE text <> '' ORDER BY id",
                )),
            };
            query.fetch_all(db).await?
        });
        Ok(rows.into_iter().map(Listed::from).collect())
    }

    /// Returns approved comments that the author has not answered, neither directly nor further down; oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn unanswered_comments(&self) -> Result<Vec<Listed>, StoreError> {
        let rows: Vec<ListedRow> = on_reader!(self, db => {
            // UNION, not UNION ALL: a comment found twice is followed once, so a loop of replies ends too.
            sqlx::query_as(concat!(
                "WITH RECURSIVE answered (id) AS (
                     SELECT parent_id FROM comments WHERE by_author AND status = 'approved' AND parent_id IS NOT NULL
                     UNION
                     SELECT comments.parent_id FROM comments JOIN answered ON comments.id = answered.id
                     WHERE comments.parent_id IS NOT NULL)
                 SELECT ", comment_columns!(), ", reasons, reason_details FROM comments
                 WHERE status = 'approved' AND NOT by_author AND id NOT IN (SELECT answered.id FROM answered)
                 ORDER BY created_at, id",
            ))
            .fetch_all(db)
            .await?
        });
        Ok(rows.into_iter().map(Listed::from).collect())
    }

    /// Shows a comment to everyone.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn approve(&self, id: CommentId, actor: &str, at: Timestamp) -> Result<Moderated, StoreError> {
        self.moderate(id, Act::Approve, actor, at).await
    }

    /// Hides a comment as spam.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn mark_spam(&self, id: CommentId, actor: &str, at: Timestamp) -> Result<Moderated, StoreError> {
        self.moderate(id, Act::Spam, actor, at).await
    }

    /// Hides a comment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn trash(&self, id: CommentId, actor: &str, at: Timestamp) -> Result<Moderated, StoreError> {
        self.moderate(id, Act::Trash, actor, at).await
    }

    /// Deletes a comment's text, name and all other data of its writer for good. Its number and its place in the thread
    /// stay, so that its answers keep their places.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn erase(&self, id: CommentId, actor: &str, at: Timestamp) -> Result<Moderated, StoreError> {
        let erased = self.moderate(id, Act::Erase, actor, at).await?;
        self.begin_log_anew().await;
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
    ) -> Result<CommentId, StoreError> {
        on_writer!(self, tx => {
            let revision = grow_revision!(tx);
            let comment = judged!(tx, parent).not_erased(parent)?;
            if comment.status != Status::Approved.as_str() {
                return Err(StoreError::Conflict(format!(
                    "comment {parent} is {}, so nobody would see what is answered. \
                     Approve it first: instep comments approve {parent}",
                    comment.status
                )));
            }
            leave_thread_tags!(tx, revision, comment.tag());
            Ok(Commit(answer!(tx, parent, comment, name, site, text, actor, at)))
        })
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
    ) -> Result<Moderated, StoreError> {
        on_writer!(self, tx => {
            let revision = grow_revision!(tx);
            let comment = judged!(tx, parent).not_erased(parent)?;
            leave_thread_tags!(tx, revision, comment.tag());
            let done = moderate!(tx, parent, comment, Act::Approve, actor, at);
            answer!(tx, parent, comment, name, site, text, actor, at);
            Ok(Commit(done))
        })
    }

    /// Stores an approved comment that no visitor sent: samples now, imports later.
    ///
    /// # Errors
    /// The database is away.
    pub async fn place_comment(
        &self,
        thread: &ThreadKey,
        comment: &Comment,
        actor: &str,
    ) -> Result<CommentId, StoreError> {
        on_writer!(self, tx => {
            let revision = grow_revision!(tx);
            leave_thread_tags!(tx, revision, thread.tag());
            let id: i64 = sqlx::query_scalar(
                "INSERT INTO comments (thread_kind, thread_slug, parent_id, name, email, site, text, status, reasons,
                                       by_author, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10) RETURNING id",
            )
            .bind(thread.kind)
            .bind(&thread.slug)
            .bind(comment.parent_id)
            .bind(&comment.name)
            .bind(&comment.email)
            .bind(&comment.site)
            .bind(&comment.text)
            .bind(comment.status.as_str())
            .bind(comment.by_author)
            .bind(comment.created_at.as_millisecond())
            .fetch_one(&mut *tx)
            .await?;
            log_act!(tx, id, actor, "place", None::<&str>, comment.status.as_str(), comment.created_at);
            Ok(Commit(id))
        })
    }

    async fn moderate(&self, id: CommentId, act: Act, actor: &str, at: Timestamp) -> Result<Moderated, StoreError> {
        on_writer!(self, tx => {
            let revision = grow_revision!(tx);
            let comment = judged!(tx, id);
            if comment.text.is_empty() && act == Act::Erase {
                // The button was pressed twice.
                let tag = comment.tag();
                return Ok(Rollback(Moderated { id, tag, before: Status::Trash, after: Status::Trash }));
            }
            let comment = comment.not_erased(id)?;
            leave_thread_tags!(tx, revision, comment.tag());
            Ok(Commit(moderate!(tx, id, comment, act, actor, at)))
        })
    }
}
