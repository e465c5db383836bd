//! Comments: their rows, and reading them. Module `adding` judges new ones.

use std::collections::HashMap;

use crate::domain::{
    comment::{Comment, CommentId, POST_KIND, ThreadKey},
    words::{parse_word, word_of},
};

use super::{
    Result, Sender, Store,
    connection::Connection,
    sql::{Argument, FromRow, Row, from_millis, places},
};

/// Columns of a [`Comment`].
pub(super) const COLUMNS: &str = "id, thread_kind, thread_slug, parent_id, name, email, site, text, status, reasons,
    reason_details, by_author, commenter, created_at, edited_at";

impl FromRow for Comment {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            thread_kind: row.get("thread_kind")?,
            thread_slug: row.get("thread_slug")?,
            parent_id: row.get("parent_id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            site: row.get("site")?,
            text: row.get("text")?,
            status: row.word("status")?,
            reasons: row.get("reasons")?,
            reason_details: row.get("reason_details")?,
            by_author: row.get("by_author")?,
            commenter: row.get("commenter")?,
            created_at: row.time("created_at")?,
            edited_at: row.optional_time("edited_at")?,
        })
    }
}

/// Adds a comment; returns its number. A comment that no visitor sent has no `sender` and no `mark`.
pub(super) async fn insert(
    tx: &mut Connection,
    comment: &Comment,
    sender: Option<&Sender>,
    mark: Option<&str>,
) -> Result<CommentId> {
    let (address, network) = sender.map(|sender| (sender.address.as_str(), sender.network.as_str())).unzip();
    tx.one(
        "INSERT INTO comments (thread_kind, thread_slug, parent_id, name, email, site, text, status, reasons,
                               reason_details, by_author, commenter, created_at, address, network, text_mark)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id",
        &[
            &comment.thread_kind,
            &comment.thread_slug,
            &comment.parent_id,
            &comment.name,
            &comment.email,
            &comment.site,
            &comment.text,
            &word_of(comment.status),
            &comment.reasons,
            &comment.reason_details,
            &comment.by_author,
            &comment.commenter,
            &comment.created_at,
            &address,
            &network,
            &mark,
        ],
    )
    .await
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
pub(super) fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl Store {
    /// Returns at most `limit` comments under a post, in no order: those approved, those with an approved answer (they
    /// leave a tombstone), and `waiting`, the held one that its own writer may see.
    ///
    /// # Errors
    /// The database is away.
    pub async fn thread(
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

    /// Returns the same comments as [`Self::thread`] without names and texts: only the data that determines their
    /// places.
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
            let (id, parent_id, created_at) = (number()?, number()?, from_millis(number()?));
            let parent_id = Some(parent_id).filter(|id| *id != 0);
            let status = parse_word(words.next()?).unwrap_or_default();
            Some(Comment { id, parent_id, created_at, status, ..Comment::default() })
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
