//! Lists of the desk: comments by status and without an answer, what is known of their writers, and the log.

use jiff::Timestamp;

use crate::domain::{
    comment::{Comment, Status},
    words::word_of,
};

use super::{
    Result, Store,
    comments::{COLUMNS, most},
    sql::{Argument, FromRow, Row, from_millis, places},
    undo::{ACT, Act},
};

/// Conditions of a list. By default it has none.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Slugs of threads.
    posts: Option<Vec<String>>,
    /// Patterns of LIKE.
    reason: Option<String>,
    words: Option<String>,
}

impl Filter {
    /// Comments under these posts, held for this reason, and with these words in name, address, website or text.
    pub fn new(posts: Option<Vec<String>>, reason: &str, words: &str) -> Self {
        let pattern = |text: &str, edge: &str| {
            let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            (!text.is_empty()).then(|| format!("%{edge}{escaped}{edge}%"))
        };
        Self { posts, reason: pattern(reason, " "), words: pattern(words, "") }
    }

    /// SQL of the conditions; adds their arguments.
    fn sql<'a>(&'a self, arguments: &mut Vec<&'a dyn Argument>) -> String {
        let mut sql = String::new();
        if let Some(posts) = &self.posts {
            let listed = if posts.is_empty() { "NULL".to_owned() } else { places(posts, arguments) };
            sql += &format!(" AND thread_slug IN ({listed})");
        }
        if let Some(reason) = &self.reason {
            let reason = places([reason], arguments);
            sql += &format!(" AND ' ' || reasons || ' ' LIKE {reason} ESCAPE '!'");
        }
        if let Some(words) = &self.words {
            let all = "name || ' ' || COALESCE(email, '') || ' ' || COALESCE(site, '') || ' ' || text";
            let words = places([words], arguments);
            sql += &format!(" AND LOWER({all}) LIKE LOWER({words}) ESCAPE '!'");
        }
        sql
    }
}

/// Comments with an answer of the author, directly or further down. UNION, not UNION ALL: a comment found twice is
/// followed once, so a loop of replies ends too.
const ANSWERED: &str = "answered (id) AS (
    SELECT parent_id FROM comments WHERE by_author AND status = 'approved' AND parent_id IS NOT NULL
    UNION
    SELECT comments.parent_id FROM comments JOIN answered ON comments.id = answered.id
    WHERE comments.parent_id IS NOT NULL)";

const UNANSWERED: &str = "status = 'approved' AND NOT by_author AND id NOT IN (SELECT answered.id FROM answered)
    AND id NOT IN (
        SELECT settled.comment_id FROM moderation_log AS settled
        WHERE settled.act = 'settle'
          AND NOT EXISTS (SELECT 1 FROM moderation_log AS undo WHERE undo.undoes = settled.id))";

/// Row of the moderation log, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    pub act: Act,
    /// Name of the comment's writer; empty if it was erased.
    pub writer: String,
    /// Status of the comment now.
    pub status: Status,
    pub actor: String,
    /// Name of the account that acted.
    pub account: Option<String>,
    pub at: Timestamp,
}

impl FromRow for Logged {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            act: Act::from_row(row)?,
            writer: row.get("writer")?,
            status: row.word("status")?,
            actor: row.get("actor")?,
            account: row.get("account")?,
            at: row.time("created_at")?,
        })
    }
}

impl Store {
    /// Returns the oldest or the newest comments with a status, at most `limit` after the first `skipped`.
    /// Erased comments are left out.
    ///
    /// # Errors
    /// The database is away.
    pub async fn comments_with(
        &self,
        status: Status,
        filter: &Filter,
        newest_first: bool,
        skipped: usize,
        limit: usize,
    ) -> Result<Vec<Comment>> {
        let (status, limit, skipped) = (word_of(status), most(limit), most(skipped));
        let order = if newest_first { "DESC" } else { "ASC" };
        let mut arguments: Vec<&dyn Argument> = vec![&status, &limit, &skipped];
        let and = filter.sql(&mut arguments);
        let sql = format!(
            "SELECT {COLUMNS} FROM comments WHERE status = $1 AND text <> ''{and} ORDER BY id {order}
             LIMIT $2 OFFSET $3"
        );
        self.all(sql, &arguments).await
    }

    /// Counts the comments with a status, without erased ones.
    ///
    /// # Errors
    /// The database is away.
    pub async fn count_comments(&self, status: Status) -> Result<i64> {
        self.one("SELECT COUNT(*) FROM comments WHERE status = $1 AND text <> ''", &[&word_of(status)]).await
    }

    /// Returns approved comments that the author has not answered, neither directly nor further down, and that need an
    /// answer; oldest first, at most `limit` after the first `skipped`.
    ///
    /// # Errors
    /// The database is away.
    pub async fn unanswered_comments(&self, filter: &Filter, skipped: usize, limit: usize) -> Result<Vec<Comment>> {
        let (limit, skipped) = (most(limit), most(skipped));
        let mut arguments: Vec<&dyn Argument> = vec![&limit, &skipped];
        let and = filter.sql(&mut arguments);
        let sql = format!(
            "WITH RECURSIVE {ANSWERED} SELECT {COLUMNS} FROM comments WHERE {UNANSWERED}{and}
             ORDER BY created_at, id LIMIT $1 OFFSET $2"
        );
        self.all(sql, &arguments).await
    }

    /// Counts the comments of [`Self::unanswered_comments`].
    ///
    /// # Errors
    /// The database is away.
    pub async fn count_unanswered(&self) -> Result<i64> {
        self.one(format!("WITH RECURSIVE {ANSWERED} SELECT COUNT(*) FROM comments WHERE {UNANSWERED}"), &[]).await
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

    /// Returns rows of the moderation log before this one, the last first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn log(&self, before: i64, limit: usize) -> Result<Vec<Logged>> {
        let sql = format!(
            "SELECT {ACT}, comments.name AS writer, comments.status, actor, accounts.name AS account,
                    moderation_log.created_at
             FROM moderation_log JOIN comments ON comments.id = comment_id
             LEFT JOIN accounts ON actor = 'account:' || accounts.id
             WHERE moderation_log.id < $1 ORDER BY moderation_log.id DESC LIMIT $2"
        );
        self.all(sql, &[&before, &most(limit)]).await
    }
}
