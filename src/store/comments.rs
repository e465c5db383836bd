//! Comments: adding one, and reading those that are shown.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    comment::{Comment, CommentId, NewComment, POST_KIND, Status, ThreadKey},
    delivery::{Kind, is_suspected},
    notices::Wish,
    verdict::{
        self, Circumstances, Decision, History, RATE_WINDOW, REPEAT_WINDOW, Rates, Reason, Refusal, Rules,
        bayes::{Counts, Learned},
        too_fast, verdict,
    },
};

use super::{
    Ending::{Commit, Rollback},
    Store, StoreError,
    blocks::read_blocks,
    changes::{grow_revision, leave_tag, leave_thread_tags},
    learning::read_features,
    on_reader, on_writer,
    outbox::{announce, queue_mail},
    refusals::refuse,
    subscriptions::{ask_to_confirm, note_wish},
};

/// The tag of a comment that only its writer and the author see: it makes no public page stale.
const HELD_TAG: &str = "held";

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

/// Who sends a comment, as far as we look: fingerprints, never an address.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Of the signed cookie this comment is stored under; new at a first comment.
    pub commenter: String,
    /// The cookie came with the request. Without one, the address is all we know.
    pub is_returning: bool,
    pub address: String,
    /// Of the /24 or /48 around the address.
    pub network: String,
    /// The address itself, for the author's blocks: looked at, never kept.
    pub ip: IpAddr,
}

/// A comment that has arrived, with all that its verdict needs.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Where it is posted.
    pub thread: ThreadKey,
    /// Where the comment it answers may stand: the same thread, and those the post had under older slugs. Never empty.
    pub parent_threads: Vec<ThreadKey>,
    pub new: NewComment,
    pub sender: Sender,
    pub circumstances: Circumstances,
    pub rates: Rates,
    pub rules: Arc<Rules>,
    pub at: Timestamp,
}

/// What became of a comment that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is on disk.
    Stored(CommentId, Status),
    /// The very same was sent a moment ago; it is that one.
    Duplicate(CommentId, Status),
    /// Not stored, and why; the author finds it among the refusals.
    Refused(Refusal),
    /// Not stored: the comment it answers is not there (any more).
    ParentGone,
}

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

#[derive(sqlx::FromRow)]
struct HistoryRow {
    approved: i64,
    recent_by_commenter: i64,
    first_at: Option<i64>,
    last_at: Option<i64>,
    recent_by_network: i64,
    first_of_network_at: Option<i64>,
    repeated: i64,
    has_blocks: i64,
    refused_lately: i64,
    learned_spam: i64,
    learned_ham: i64,
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
    /// Stores a comment after its verdict. On disk when this returns [`Added::Stored`].
    ///
    /// # Errors
    /// The database is away or full; nothing was stored.
    pub async fn add_comment(&self, sent: &Sent) -> Result<Added, StoreError> {
        let Sent { thread, parent_threads, new, sender, circumstances, rates, rules, at } = sent;
        let now = at.as_millisecond();
        let window_start = now - millis(RATE_WINDOW);
        let mark = verdict::mark(&new.text);
        // One of the two is NULL, and NULL equals nothing: who returns is known by the cookie, who does not by the address.
        let (by_cookie, by_address) =
            if sender.is_returning { (Some(&sender.commenter), None) } else { (None, Some(&sender.address)) };
        on_writer!(self, tx => {
            let revision = grow_revision!(tx);

            let twin: Option<(i64, String)> = sqlx::query_as(
                "SELECT id, status FROM comments
                 WHERE (commenter = $1 OR address = $2) AND created_at > $3
                   AND thread_kind = $4 AND thread_slug = $5 AND text = $6 AND name = $7
                   AND COALESCE(parent_id, 0) = COALESCE($8, 0)
                 ORDER BY id LIMIT 1",
            )
            .bind(by_cookie)
            .bind(by_address)
            .bind(window_start)
            .bind(thread.kind)
            .bind(&thread.slug)
            .bind(&new.text)
            .bind(&new.name)
            .bind(new.parent)
            .fetch_optional(&mut *tx)
            .await?;
            if let Some((id, status)) = twin {
                return Ok(Rollback(Added::Duplicate(id, Status::parse(&status).unwrap_or(Status::Held))));
            }

            let row: HistoryRow = sqlx::query_as(
                "SELECT
                    (SELECT COUNT(*) FROM comments WHERE commenter = $1 AND status = 'approved') AS approved,
                    own.recent_by_commenter, own.first_at, own.last_at,
                    near.recent_by_network, near.first_of_network_at,
                    (SELECT COUNT(*) FROM comments WHERE text_mark = $5 AND created_at > $6) AS repeated,
                    (SELECT COUNT(*) FROM (SELECT id FROM blocks LIMIT 1) AS one) AS has_blocks,
                    (SELECT COUNT(*) FROM refusals WHERE created_at > $7) AS refused_lately,
                    site.learned_spam, site.learned_ham
                 FROM site,
                    (SELECT COUNT(*) AS recent_by_commenter, MIN(created_at) AS first_at, MAX(created_at) AS last_at
                       FROM comments WHERE (commenter = $1 OR address = $2) AND created_at > $3) AS own,
                    (SELECT COUNT(*) AS recent_by_network, MIN(created_at) AS first_of_network_at
                       FROM comments WHERE network = $4 AND created_at > $3) AS near",
            )
            .bind(by_cookie)
            .bind(by_address)
            .bind(window_start)
            .bind(&sender.network)
            .bind(&mark)
            .bind(now - millis(REPEAT_WINDOW))
            .bind(now - millis(SignedDuration::from_hours(1)))
            .fetch_one(&mut *tx)
            .await?;
            let since = |at: i64| SignedDuration::from_millis(now - at);
            let mut history = History {
                approved: row.approved,
                recent_by_commenter: row.recent_by_commenter,
                since_last: row.last_at.map(since),
                since_first: row.first_at.map(since),
                recent_by_network: row.recent_by_network,
                since_first_of_network: row.first_of_network_at.map(since),
                repeated: row.repeated,
                ..History::default()
            };
            if let Some(wait) = too_fast(rates, &history) {
                refuse!(tx, revision, sent, Refusal::TooFast(wait), row.refused_lately);
            }

            if let Some(parent) = new.parent {
                let mut query = sqlx::QueryBuilder::new("SELECT id FROM comments WHERE status = 'approved' AND id = ");
                query.push_bind(parent).push(" AND ");
                push_threads!(query, parent_threads);
                let found: Option<i64> = query.build_query_scalar().fetch_optional(&mut *tx).await?;
                if found.is_none() {
                    return Ok(Rollback(Added::ParentGone));
                }
            }

            if row.has_blocks > 0 {
                history.blocks = read_blocks!(tx);
            }
            let comments = Counts { spam: row.learned_spam, ham: row.learned_ham };
            if rules.bayes && comments.are_enough() {
                history.learned = Learned { comments, features: read_features!(tx, verdict::features(new)) };
            }
            let reasons = match verdict(new, sender.ip, *circumstances, &history, rules) {
                Decision::Approve => Vec::new(),
                Decision::Hold(reasons) => reasons,
                Decision::Refuse(refusal) => refuse!(tx, revision, sent, refusal, row.refused_lately),
            };
            let status = if reasons.is_empty() { Status::Approved } else { Status::Held };
            let words: Vec<&str> = reasons.iter().map(Reason::as_str).collect();
            let id: i64 = sqlx::query_scalar(
                "INSERT INTO comments (thread_kind, thread_slug, parent_id, name, email, site, text, status, reasons,
                                       by_author, commenter, address, network, created_at, reason_details, text_mark)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id",
            )
            .bind(thread.kind)
            .bind(&thread.slug)
            .bind(new.parent)
            .bind(&new.name)
            .bind(&new.email)
            .bind(&new.site)
            .bind(&new.text)
            .bind(status.as_str())
            .bind(words.join(" "))
            .bind(false)
            .bind(&sender.commenter)
            .bind(&sender.address)
            .bind(&sender.network)
            .bind(now)
            .bind(details(&reasons))
            .bind(&mark)
            .fetch_one(&mut *tx)
            .await?;
            if let (Some(email), Wish::Answers | Wish::Thread) = (&new.email, new.wish) {
                note_wish!(tx, id, email, new.wish, now);
                if !is_suspected(&reasons) {
                    ask_to_confirm!(tx, id, now);
                }
            }
            queue_mail!(tx, format!("author:{id}"), Kind::Author, Some(id), None, now);
            if status == Status::Approved {
                announce!(tx, id, now);
                leave_thread_tags!(tx, revision, thread.tag());
            } else {
                leave_tag!(tx, revision, HELD_TAG);
            }
            Ok(Commit(Added::Stored(id, status)))
        })
    }

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

/// One line for each reason that has more to say than its word, which the line begins with.
pub(super) fn details(reasons: &[Reason]) -> String {
    let line = |reason: &Reason| Some(format!("{} {}", reason.as_str(), reason.detail()?));
    reasons.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

pub(super) fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
