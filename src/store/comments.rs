//! Reading comments. Module `adding` adds them.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::comment::{Comment, CommentId, POST_KIND, Status, ThreadKey};

use super::{Store, StoreError, on_reader};

/// Columns of a [`CommentRow`].
macro_rules! comment_columns {
    () => {
        "id, thread_slug, parent_id, name, email, site, text, status, by_author, created_at, edited_at"
    };
}

/// Adds `thread_kind = … AND thread_slug IN (…)`: threads in one query are of one kind.
macro_rules! push_threads {
    ($query:ident, $threads:expr) => {{
        $query
            .push("thread_kind = ")
            .push_bind($threads.first().map_or("", |thread| thread.kind))
            .push(" AND thread_slug IN (");
        let mut list = $query.separated(", ");
        for thread in $threads {
            list.push_bind(thread.slug.as_str());
        }
        $query.push(")");
    }};
}

/// Adds the condition for the comments that [`Store::thread`] reads.
macro_rules! push_thread {
    ($query:ident, $threads:expr, $waiting:expr) => {{
        push_threads!($query, $threads);
        $query.push(
            " AND (status = 'approved' OR EXISTS (
                   SELECT 1 FROM comments AS reply
                   WHERE reply.parent_id = comments.id AND reply.status = 'approved') OR id = ",
        );
        $query.push_bind($waiting.unwrap_or(0)).push(")");
    }};
}

pub(super) use {comment_columns, push_threads};

#[derive(sqlx::FromRow)]
pub(super) struct CommentRow {
    id: i64,
    thread_slug: String,
    parent_id: Option<i64>,
    name: String,
    email: Option<String>,
    site: Option<String>,
    text: String,
    status: String,
    by_author: bool,
    created_at: i64,
    edited_at: Option<i64>,
}

impl From<CommentRow> for Comment {
    fn from(row: CommentRow) -> Self {
        Self {
            id: row.id,
            thread_slug: row.thread_slug,
            parent_id: row.parent_id,
            name: row.name,
            email: row.email,
            site: row.site,
            text: row.text,
            // The column has a CHECK; a comment with an unknown status, from a newer version, is not shown to everyone.
            status: Status::parse(&row.status).unwrap_or(Status::Held),
            by_author: row.by_author,
            created_at: from_millis(row.created_at),
            edited_at: row.edited_at.map(from_millis),
        }
    }
}

/// Converts milliseconds. Times outside of jiff's years come from a damaged row and become 1970, which shows the damage
/// without a crash.
pub(super) fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

impl Store {
    /// Returns the comments under a post, in no order: those approved, those with an approved answer (they leave a
    /// tombstone), and `waiting`, the held one that its own writer may see.
    ///
    /// # Errors
    /// The database is away.
    pub async fn thread(&self, threads: &[ThreadKey], waiting: Option<CommentId>) -> Result<Vec<Comment>, StoreError> {
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
        most: usize,
    ) -> Result<Vec<Comment>, StoreError> {
        // `IN ()` is not valid SQL, though SQLite accepts it.
        if threads.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<CommentRow> = on_reader!(self, db => {
            let mut query = sqlx::QueryBuilder::new(concat!("SELECT ", comment_columns!(), " FROM comments WHERE "));
            push_thread!(query, threads, waiting);
            query.push(" LIMIT ").push_bind(i64::try_from(most).unwrap_or(i64::MAX));
            query.build_query_as().fetch_all(db).await?
        });
        Ok(rows.into_iter().map(Comment::from).collect())
    }

    /// Returns the same comments as [`Self::thread`] without names and texts: only what decides their places.
    ///
    /// In one row, read from the index `comments_by_thread` alone: 20,000 comments as rows cost ten times as much.
    ///
    /// # Errors
    /// The database is away.
    pub async fn thread_outline(
        &self,
        threads: &[ThreadKey],
        waiting: Option<CommentId>,
    ) -> Result<Vec<Comment>, StoreError> {
        if threads.is_empty() {
            return Ok(Vec::new());
        }
        let outline: Option<String> = on_reader!(self, db => {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT string_agg(id || ' ' || COALESCE(parent_id, 0) || ' ' || created_at || ' ' || status, ' ')
                 FROM comments WHERE ",
            );
            push_thread!(query, threads, waiting);
            query.build_query_scalar().fetch_one(db).await?
        });
        let mut words = outline.as_deref().unwrap_or_default().split(' ');
        let next = || {
            let mut number = || words.next()?.parse::<i64>().ok();
            let (id, parent_id, created_at) = (number()?, number()?, number()?);
            Some(Comment::outlined(id, Some(parent_id).filter(|id| *id != 0), from_millis(created_at), words.next()?))
        };
        Ok(std::iter::from_fn(next).collect())
    }

    /// True if a thread has more than this number of approved comments.
    ///
    /// # Errors
    /// The database is away.
    pub async fn is_thread_longer(&self, threads: &[ThreadKey], than: usize) -> Result<bool, StoreError> {
        if threads.is_empty() {
            return Ok(false);
        }
        let than = i64::try_from(than).unwrap_or(i64::MAX - 1);
        let counted: i64 = on_reader!(self, db => {
            let mut query =
                sqlx::QueryBuilder::new("SELECT COUNT(*) FROM (SELECT id FROM comments WHERE status = 'approved' AND ");
            push_threads!(query, threads);
            query.push(" LIMIT ").push_bind(than + 1).push(") AS counted");
            query.build_query_scalar().fetch_one(db).await?
        });
        Ok(counted > than)
    }

    /// Returns these comments, in no order. Missing ones are left out.
    ///
    /// # Errors
    /// The database is away.
    pub async fn comments(&self, ids: &[CommentId]) -> Result<Vec<Comment>, StoreError> {
        let rows: Vec<CommentRow> = on_reader!(self, db => {
            let mut query = sqlx::QueryBuilder::new(concat!("SELECT ", comment_columns!(), " FROM comments WHERE id IN (0"));
            for id in ids {
                query.push(", ").push_bind(*id);
            }
            query.push(")");
            query.build_query_as().fetch_all(db).await?
        });
        Ok(rows.into_iter().map(Comment::from).collect())
    }

    /// Returns the author's approved answers to a comment, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn answers_of_author(&self, to: CommentId) -> Result<Vec<Comment>, StoreError> {
        let rows: Vec<CommentRow> = on_reader!(self, db => {
            sqlx::query_as(concat!(
                "SELECT ", comment_columns!(), " FROM comments
                 WHERE parent_id = $1 AND status = 'approved' AND by_author ORDER BY id",
            ))
            .bind(to)
            .fetch_all(db)
            .await?
        });
        Ok(rows.into_iter().map(Comment::from).collect())
    }

    /// Returns the newest approved comments of a thread, newest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn newest_of_thread(&self, threads: &[ThreadKey], limit: usize) -> Result<Vec<Comment>, StoreError> {
        if threads.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<CommentRow> = on_reader!(self, db => {
            let mut query = sqlx::QueryBuilder::new(concat!(
                "SELECT ", comment_columns!(), " FROM comments WHERE status = 'approved' AND ",
            ));
            push_threads!(query, threads);
            query.push(" ORDER BY created_at DESC, id DESC LIMIT ");
            query.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
            query.build_query_as().fetch_all(db).await?
        });
        Ok(rows.into_iter().map(Comment::from).collect())
    }

    /// Returns the newest approved comments, newest first, by their creation time, since old ones may be imported.
    ///
    /// # Errors
    /// The database is away.
    pub async fn newest_comments(&self, limit: usize) -> Result<Vec<Comment>, StoreError> {
        let rows: Vec<CommentRow> = on_reader!(self, db => {
            sqlx::query_as(concat!(
                "SELECT ", comment_columns!(), " FROM comments WHERE status = 'approved' AND thread_kind = $1
                 ORDER BY created_at DESC, id DESC LIMIT $2",
            ))
            .bind(POST_KIND)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(db)
            .await?
        });
        Ok(rows.into_iter().map(Comment::from).collect())
    }

    /// Returns the number of approved comments of each thread. Threads without any are left out.
    ///
    /// # Errors
    /// The database is away.
    pub async fn comment_counts(&self, threads: &[ThreadKey]) -> Result<HashMap<String, usize>, StoreError> {
        if threads.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<(String, i64)> = on_reader!(self, db => {
            let mut query = sqlx::QueryBuilder::new("SELECT thread_slug, COUNT(*) FROM comments WHERE status = 'approved' AND ");
            push_threads!(query, threads);
            query.push(" GROUP BY thread_slug");
            query.build_query_as().fetch_all(db).await?
        });
        Ok(rows.into_iter().map(|(slug, count)| (slug, usize::try_from(count).unwrap_or(0))).collect())
    }

    /// Returns one comment, whatever its status.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn comment(&self, id: CommentId) -> Result<Comment, StoreError> {
        let row: Option<CommentRow> = on_reader!(self, db => {
            sqlx::query_as(concat!("SELECT ", comment_columns!(), " FROM comments WHERE id = $1"))
                .bind(id)
                .fetch_optional(db)
                .await?
        });
        row.map(Comment::from).ok_or(StoreError::NotFound)
    }

    /// True if the database has ever held a comment.
    ///
    /// # Errors
    /// The database is away.
    pub async fn has_comments(&self) -> Result<bool, StoreError> {
        let any: Option<i64> =
            on_reader!(self, db => sqlx::query_scalar("SELECT MAX(id) FROM comments").fetch_one(db).await?);
        Ok(any.is_some())
    }
}

pub(super) fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
