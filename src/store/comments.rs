//! Reading comments: those that are shown. How one is added is told in `adding`.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::comment::{Comment, CommentId, POST_KIND, Status, ThreadKey};

use super::{Store, StoreError, on_reader};

/// The columns of a [`CommentRow`].
macro_rules! comment_columns {
    () => {
        "id, thread_slug, parent_id, name, email, site, text, status, by_author, created_at, edited_at"
    };
}

/// `thread_kind = … AND thread_slug IN (…)`: threads asked for together are of one kind.
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
            // The column has a CHECK; a word from the future is not for everyone's eyes.
            status: Status::parse(&row.status).unwrap_or(Status::Held),
            by_author: row.by_author,
            created_at: from_millis(row.created_at),
            edited_at: row.edited_at.map(from_millis),
        }
    }
}

/// Times outside of jiff's years come from a damaged row; 1970 shows that without a crash.
pub(super) fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

impl Store {
    /// The comments under a post, in no order: those approved, those that an approved one answers (they leave a
    /// tombstone), and `waiting`, the one that its own writer may see.
    ///
    /// # Errors
    /// The database is away.
    pub async fn thread(&self, threads: &[ThreadKey], waiting: Option<CommentId>) -> Result<Vec<Comment>, StoreError> {
        // `IN ()` is no SQL, though SQLite lets it pass.
        if threads.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<CommentRow> = on_reader!(self, db => {
            let mut query = sqlx::QueryBuilder::new(concat!("SELECT ", comment_columns!(), " FROM comments WHERE "));
            push_threads!(query, threads);
            query.push(
                " AND (status = 'approved' OR EXISTS (
                       SELECT 1 FROM comments AS reply
                       WHERE reply.parent_id = comments.id AND reply.status = 'approved') OR id = ",
            );
            query.push_bind(waiting.unwrap_or(0)).push(")");
            query.build_query_as().fetch_all(db).await?
        });
        Ok(rows.into_iter().map(Comment::from).collect())
    }

    /// The newest comments that everyone sees, newest first: by when they were made, since old ones may be brought
    /// along from elsewhere.
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

    /// How many approved comments each thread has. Threads without any are not in the answer.
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

    /// One comment, whatever its status.
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

    /// Whether anything was ever said here.
    ///
    /// # Errors
    /// The database is away.
    pub async fn has_comments(&self) -> Result<bool, StoreError> {
        let any: Option<i64> =
            on_reader!(self, db => sqlx::query_scalar("SELECT id FROM comments LIMIT 1").fetch_optional(db).await?);
        Ok(any.is_some())
    }
}

pub(super) fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
