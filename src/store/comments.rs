//! Reading comments. Module `adding` adds them.

use std::collections::HashMap;

use crate::domain::comment::{Comment, CommentId, POST_KIND, Status, ThreadKey};

use super::{
    Result, Store,
    sql::{Argument, FromRow, Row, from_millis, places},
};

/// Columns of a [`Comment`].
pub(super) const COLUMNS: &str =
    "id, thread_slug, parent_id, name, email, site, text, status, by_author, created_at, edited_at";

impl FromRow for Comment {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            thread_slug: row.get("thread_slug")?,
            parent_id: row.get("parent_id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            site: row.get("site")?,
            text: row.get("text")?,
            status: status(&row.get::<String>("status")?),
            by_author: row.get("by_author")?,
            created_at: row.time("created_at")?,
            edited_at: row.optional_time("edited_at")?,
        })
    }
}

/// Columns of a [`Stored`] comment, besides [`COLUMNS`].
pub(super) const DETAILS: &str = "thread_kind, reasons, reason_details";

/// A comment with what its writer and its moderator need to change it.
pub(super) struct Stored {
    pub comment: Comment,
    pub thread_kind: String,
    pub reasons: String,
    pub details: String,
}

impl Stored {
    /// Tag of its thread.
    pub fn tag(&self) -> String {
        format!("{}:{}", self.thread_kind, self.comment.thread_slug)
    }
}

impl FromRow for Stored {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            comment: Comment::from_row(row)?,
            thread_kind: row.get("thread_kind")?,
            reasons: row.get("reasons")?,
            details: row.get("reason_details")?,
        })
    }
}

/// Status of a stored word. The column has a CHECK; a comment with an unknown status, from a newer version, is not shown
/// to everyone.
pub(super) fn status(word: &str) -> Status {
    Status::parse(word).unwrap_or(Status::Held)
}

/// SQL for comments in these threads, which are of one kind; adds its arguments. Without threads, it finds nothing.
pub(super) fn in_threads<'a>(threads: &'a [ThreadKey], arguments: &mut Vec<&'a dyn Argument>) -> String {
    // `IN ()` is not valid SQL, though SQLite accepts it.
    let Some(first) = threads.first() else { return "thread_kind = '' AND thread_slug = ''".to_owned() };
    let kind = places([&first.kind], arguments);
    let slugs = places(threads.iter().map(|thread| &thread.slug), arguments);
    format!("thread_kind = {kind} AND thread_slug IN ({slugs})")
}

/// SQL for the comments that [`Store::thread`] reads; `$1` is the comment that waits.
fn shown_in(threads: &str) -> String {
    format!(
        "{threads} AND (status = 'approved' OR EXISTS (
             SELECT 1 FROM comments AS reply
             WHERE reply.parent_id = comments.id AND reply.status = 'approved') OR id = $1)"
    )
}

/// Converts a limit.
fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl Store {
    /// Returns the comments under a post, in no order: those approved, those with an approved answer (they leave a
    /// tombstone), and `waiting`, the held one that its own writer may see.
    ///
    /// # Errors
    /// The database is away.
    pub async fn thread(&self, threads: &[ThreadKey], waiting: Option<CommentId>) -> Result<Vec<Comment>> {
        self.first_of_thread(threads, waiting, usize::MAX).await
    }

    /// Returns at most so many of these comments, in no order.
    ///
    /// # Errors
    /// The database is away.
    pub async fn first_of_thread(
        &self,
        threads: &[ThreadKey],
        waiting: Option<CommentId>,
        limit: usize,
    ) -> Result<Vec<Comment>> {
        let (waiting, limit) = (waiting.unwrap_or(0), most(limit));
        let mut arguments: Vec<&dyn Argument> = vec![&waiting, &limit];
        let shown = shown_in(&in_threads(threads, &mut arguments));
        self.all(format!("SELECT {COLUMNS} FROM comments WHERE {shown} LIMIT $2"), &arguments).await
    }

    /// Returns the same comments as [`Self::thread`] without names and texts: only what decides their places.
    ///
    /// In one row, read from the index `comments_by_thread` alone: 20,000 comments as rows cost ten times as much.
    ///
    /// # Errors
    /// The database is away.
    pub async fn thread_outline(&self, threads: &[ThreadKey], waiting: Option<CommentId>) -> Result<Vec<Comment>> {
        let waiting = waiting.unwrap_or(0);
        let mut arguments: Vec<&dyn Argument> = vec![&waiting];
        let shown = shown_in(&in_threads(threads, &mut arguments));
        let sql = format!(
            "SELECT string_agg(id || ' ' || COALESCE(parent_id, 0) || ' ' || created_at || ' ' || status, ' ')
             FROM comments WHERE {shown}"
        );
        let outline: Option<String> = self.one(sql, &arguments).await?;
        let mut words = outline.as_deref().unwrap_or_default().split(' ');
        let next = || {
            let mut number = || words.next()?.parse::<i64>().ok();
            let (id, parent, created_at) = (number()?, number()?, from_millis(number()?));
            let parent = Some(parent).filter(|id| *id != 0);
            Some(Comment::outlined(id, parent, created_at, status(words.next()?)))
        };
        Ok(std::iter::from_fn(next).collect())
    }

    /// True if a thread has more than this number of approved comments.
    ///
    /// # Errors
    /// The database is away.
    pub async fn is_thread_longer(&self, threads: &[ThreadKey], than: usize) -> Result<bool> {
        let limit = most(than).saturating_add(1);
        let mut arguments: Vec<&dyn Argument> = vec![&limit];
        let threads = in_threads(threads, &mut arguments);
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT id FROM comments WHERE status = 'approved' AND {threads} LIMIT $1) AS counted"
        );
        Ok(self.one::<i64>(sql, &arguments).await? == limit)
    }

    /// Returns these comments, in no order. Missing ones are left out.
    ///
    /// # Errors
    /// The database is away.
    pub async fn comments(&self, ids: &[CommentId]) -> Result<Vec<Comment>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut arguments: Vec<&dyn Argument> = Vec::new();
        let ids = places(ids, &mut arguments);
        self.all(format!("SELECT {COLUMNS} FROM comments WHERE id IN ({ids})"), &arguments).await
    }

    /// Returns the author's approved answers to a comment, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn answers_of_author(&self, to: CommentId) -> Result<Vec<Comment>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM comments
             WHERE parent_id = $1 AND status = 'approved' AND by_author ORDER BY id"
        );
        self.all(sql, &[&to]).await
    }

    /// Returns the newest approved comments of a thread, newest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn newest_of_thread(&self, threads: &[ThreadKey], limit: usize) -> Result<Vec<Comment>> {
        let limit = most(limit);
        let mut arguments: Vec<&dyn Argument> = vec![&limit];
        let threads = in_threads(threads, &mut arguments);
        let sql = format!(
            "SELECT {COLUMNS} FROM comments WHERE status = 'approved' AND {threads}
             ORDER BY created_at DESC, id DESC LIMIT $1"
        );
        self.all(sql, &arguments).await
    }

    /// Returns the newest approved comments, newest first, by their creation time, since old ones may be imported.
    ///
    /// # Errors
    /// The database is away.
    pub async fn newest_comments(&self, limit: usize) -> Result<Vec<Comment>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM comments WHERE status = 'approved' AND thread_kind = $1
             ORDER BY created_at DESC, id DESC LIMIT $2"
        );
        self.all(sql, &[&POST_KIND, &most(limit)]).await
    }

    /// Returns the number of approved comments of each thread. Threads without any are left out.
    ///
    /// # Errors
    /// The database is away.
    pub async fn comment_counts(&self, threads: &[ThreadKey]) -> Result<HashMap<String, usize>> {
        let mut arguments: Vec<&dyn Argument> = Vec::new();
        let threads = in_threads(threads, &mut arguments);
        let sql = format!(
            "SELECT thread_slug, COUNT(*) FROM comments WHERE status = 'approved' AND {threads} GROUP BY thread_slug"
        );
        let rows: Vec<(String, i64)> = self.all(sql, &arguments).await?;
        Ok(rows.into_iter().map(|(slug, count)| (slug, usize::try_from(count).unwrap_or(0))).collect())
    }

    /// Returns one comment, whatever its status.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn comment(&self, id: CommentId) -> Result<Comment> {
        self.one(format!("SELECT {COLUMNS} FROM comments WHERE id = $1"), &[&id]).await
    }

    /// True if the database has ever held a comment.
    ///
    /// # Errors
    /// The database is away.
    pub async fn has_comments(&self) -> Result<bool> {
        let newest: Option<i64> = self.one("SELECT MAX(id) FROM comments", &[]).await?;
        Ok(newest.is_some())
    }
}
