//! Adding comments: the checks before, the verdict, and the row.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    clock,
    comment::{COMMENTS_TAG, CommentId, NewComment, Status, ThreadKey},
    delivery::{Kind, is_suspected},
    mailbox,
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
    changes::{grow_revision, leave_tags},
    comments::{millis, push_threads},
    learning::read_features,
    on_writer,
    outbox::{announce, queue_mail},
    refusals::{forget_haste, refuse},
    subscriptions::{ask_to_confirm, asked_by_network, note_wish},
};

/// Tag of a comment that only its writer and the author see: it makes no public page stale.
pub(super) const HELD_TAG: &str = "held";

/// Sender of a comment: fingerprints, and an address that is not stored.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Fingerprint of the signed cookie that the comment is stored under; new for a first comment.
    pub commenter: String,
    /// True if the cookie came with the request. Without one, the address is all we know.
    pub is_returning: bool,
    pub address: String,
    /// Fingerprint of the /24 or /48 around the address.
    pub network: String,
    /// Address itself, for the author's blocks: checked, never stored.
    pub ip: IpAddr,
}

/// A comment that has arrived, with everything that its verdict needs.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Thread that it is posted in.
    pub thread: ThreadKey,
    /// Threads in which its parent may stand: the same thread, and those of the post's older slugs. Never empty.
    pub parent_threads: Vec<ThreadKey>,
    pub new: NewComment,
    pub sender: Sender,
    pub circumstances: Circumstances,
    pub rates: Rates,
    pub rules: Arc<Rules>,
    pub at: Timestamp,
}

/// Result of sending a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// On disk.
    Stored(CommentId, Status),
    /// Identical to this comment, which was sent a moment ago.
    Duplicate(CommentId, Status),
    /// Not stored, with the reason; the author finds it among the refusals.
    Refused(Refusal),
    /// Not stored: its parent does not (or no longer) exist.
    ParentGone,
}

#[derive(sqlx::FromRow)]
struct HistoryRow {
    twin: Option<i64>,
    twin_status: Option<String>,
    approved: i64,
    thrown_out: i64,
    email_is_theirs: bool,
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

/// Reads what is known about a comment's sender and about similar comments, and if an identical one was sent a moment
/// ago. An expression: one statement, since each costs more than its work.
macro_rules! read_history {
    ($tx:ident, $sent:expr, $mark:expr) => {{
        let Sent { thread, new, sender, at, .. } = $sent;
        let now = at.as_millisecond();
        // One of the two is NULL, and NULL equals nothing: a returning sender is known by the cookie, a new one by the
        // address.
        let (by_cookie, by_address) =
            if sender.is_returning { (Some(&sender.commenter), None) } else { (None, Some(&sender.address)) };
        sqlx::query_as::<_, HistoryRow>(
            "SELECT
                twin.id AS twin, twin.status AS twin_status,
                (SELECT COUNT(*) FROM comments WHERE commenter = $1 AND status = 'approved') AS approved,
                (SELECT COUNT(*) FROM comments WHERE commenter = $1 AND status IN ('spam', 'trash')) AS thrown_out,
                EXISTS (SELECT 1 FROM confirmations JOIN addresses ON addresses.id = address_id
                        WHERE commenter = $1 AND in_same_browser AND email = $13) AS email_is_theirs,
                own.recent_by_commenter, own.first_at, own.last_at,
                near.recent_by_network, near.first_of_network_at,
                (SELECT COUNT(*) FROM comments
                  WHERE text_mark = $5 AND created_at > $6 AND created_at <= $14) AS repeated,
                (SELECT COUNT(*) FROM (SELECT id FROM blocks LIMIT 1) AS one) AS has_blocks,
                (SELECT COUNT(*) FROM refusals WHERE created_at > $7 AND created_at <= $14) AS refused_lately,
                site.learned_spam, site.learned_ham
             FROM site LEFT JOIN
                (SELECT id, status FROM comments
                  WHERE (commenter = $1 OR address = $2) AND created_at > $3
                    AND thread_kind = $8 AND thread_slug = $9 AND text = $10 AND name = $11
                    AND COALESCE(parent_id, 0) = COALESCE($12, 0)
                  ORDER BY id LIMIT 1) AS twin ON TRUE,
                (SELECT COUNT(*) AS recent_by_commenter, MIN(created_at) AS first_at, MAX(created_at) AS last_at
                   FROM comments
                  WHERE (commenter = $1 OR address = $2) AND created_at > $3 AND created_at <= $14) AS own,
                (SELECT COUNT(*) AS recent_by_network, MIN(created_at) AS first_of_network_at
                   FROM comments WHERE network = $4 AND created_at > $3 AND created_at <= $14) AS near",
        )
        .bind(by_cookie)
        .bind(by_address)
        .bind(now - millis(RATE_WINDOW))
        .bind(&sender.network)
        .bind($mark)
        .bind(now - millis(REPEAT_WINDOW))
        .bind(now - millis(SignedDuration::from_hours(1)))
        .bind(thread.kind)
        .bind(&thread.slug)
        .bind(&new.text)
        .bind(&new.name)
        .bind(new.parent)
        .bind(new.email.as_deref().map(mailbox::kept))
        .bind(clock::latest(*at).as_millisecond())
        .fetch_one(&mut *$tx)
        .await?
    }};
}

/// Stores the address and the wish that came when the same comment was sent again. A comment has one address, so that
/// nobody can use it to send confirmation mails to many.
macro_rules! complete_twin {
    ($tx:ident, $stale:ident, $id:expr, $is_held:expr, $new:expr, $at:expr) => {{
        let (id, new): (i64, &NewComment) = ($id, $new);
        if let Some(email) = &new.email {
            let reasons: Option<String> = sqlx::query_scalar(
                "UPDATE comments SET email = $2 WHERE id = $1 AND (email IS NULL OR email = $2) RETURNING reasons",
            )
            .bind(id)
            .bind(email)
            .fetch_optional(&mut *$tx)
            .await?;
            if let Some(reasons) = reasons {
                $stale.insert(HELD_TAG.to_owned());
                if new.wish != Wish::Nothing {
                    note_wish!($tx, id, email, new.wish, $at.as_millisecond());
                    let is_odd = |word| !matches!(Reason::read(word), Some(Reason::FirstComment | Reason::AllHeld));
                    // As for a new comment: otherwise the mail is sent when the author approves the comment.
                    if !$is_held || !reasons.split_whitespace().any(is_odd) {
                        ask_to_confirm!($tx, id, $at);
                    }
                }
            }
        }
    }};
}

/// Judges one comment and stores it. An expression, in an `async` block of its own.
macro_rules! add {
    ($tx:ident, $sent:expr, $stale:ident) => {{
        let sent: &Sent = $sent;
        let Sent { thread, parent_threads, new, sender, circumstances, rates, rules, at } = sent;
        let now = at.as_millisecond();
        let mark = verdict::mark(&new.text);
        let row = read_history!($tx, sent, &mark);
        if let (Some(id), Some(status)) = (row.twin, &row.twin_status) {
            let status = Status::parse(status).unwrap_or(Status::Held);
            if matches!(status, Status::Held | Status::Approved) {
                complete_twin!($tx, $stale, id, status == Status::Held, new, *at);
            }
            return Ok(Added::Duplicate(id, status));
        }
        let since = |at: i64| SignedDuration::from_millis(now - at);
        let mut history = History {
            approved: row.approved,
            thrown_out: row.thrown_out,
            email_is_theirs: row.email_is_theirs,
            recent_by_commenter: row.recent_by_commenter,
            since_last: row.last_at.map(since),
            since_first: row.first_at.map(since),
            recent_by_network: row.recent_by_network,
            since_first_of_network: row.first_of_network_at.map(since),
            repeated: row.repeated,
            ..History::default()
        };
        if let Some(wait) = too_fast(rates, &history) {
            refuse!($tx, $stale, sent, Refusal::TooFast(wait), row.refused_lately);
        }

        if let Some(parent) = new.parent {
            let mut query = sqlx::QueryBuilder::new("SELECT id FROM comments WHERE status = 'approved' AND id = ");
            query.push_bind(parent).push(" AND ");
            push_threads!(query, parent_threads);
            let found: Option<i64> = query.build_query_scalar().fetch_optional(&mut *$tx).await?;
            if found.is_none() {
                return Ok(Added::ParentGone);
            }
        }

        if row.has_blocks > 0 {
            history.blocks = read_blocks!($tx);
        }
        let comments = Counts { spam: row.learned_spam, ham: row.learned_ham };
        if rules.bayes && comments.are_enough() {
            history.learned = Learned { comments, features: read_features!($tx, verdict::features(new)) };
        }
        let reasons = match verdict(new, sender.ip, *circumstances, &history, rules) {
            Decision::Approve => Vec::new(),
            Decision::Hold(reasons) => reasons,
            Decision::Refuse(refusal) => refuse!($tx, $stale, sent, refusal, row.refused_lately),
        };
        let status = if reasons.is_empty() { Status::Approved } else { Status::Held };
        let by_author = verdict::is_by_author(*circumstances, &history);
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
        .bind(by_author)
        .bind(&sender.commenter)
        .bind(&sender.address)
        .bind(&sender.network)
        .bind(now)
        .bind(details(&reasons))
        .bind(&mark)
        .fetch_one(&mut *$tx)
        .await?;
        if row.refused_lately > 0 {
            forget_haste!($tx, sent);
        }
        if let (Some(email), Wish::Answers | Wish::Thread) = (&new.email, new.wish) {
            note_wish!($tx, id, email, new.wish, now);
            if !is_suspected(&reasons) {
                ask_to_confirm!($tx, id, *at);
            }
        }
        if !by_author {
            queue_mail!($tx, format!("author:{id}"), Kind::Author, Some(id), None, now);
        }
        if status == Status::Approved {
            announce!($tx, id, now);
            $stale.extend([thread.tag(), COMMENTS_TAG.to_owned()]);
        } else {
            $stale.insert(HELD_TAG.to_owned());
        }
        Ok(Added::Stored(id, status))
    }};
}

impl Store {
    /// Stores comments in one transaction; returns a result for each, in their order. Each sees those before it, as if
    /// they had come one by one.
    ///
    /// No savepoints: they would cost two statements for each comment, and an error is almost never the fault of one
    /// comment. If it is, the others are written without it.
    pub(super) async fn add_together(&self, sent: &[Sent]) -> Vec<Result<Added, StoreError>> {
        let mut left: Vec<(usize, &Sent)> = sent.iter().enumerate().collect();
        let mut answers = Vec::with_capacity(sent.len());
        while !left.is_empty() {
            let mut culprit = None;
            match self.try_together(&left, &mut culprit).await {
                Ok(added) => answers.extend(left.drain(..).zip(added).map(|((place, _), added)| (place, Ok(added)))),
                Err(error) => match culprit.or((left.len() == 1).then_some(0)) {
                    Some(culprit) => answers.push((left.remove(culprit).0, Err(error))),
                    None => {
                        let error = Arc::new(error);
                        let same = |(place, _)| (place, Err(StoreError::Together(Arc::clone(&error))));
                        answers.extend(left.drain(..).map(same));
                    }
                },
            }
        }
        answers.sort_unstable_by_key(|(place, _)| *place);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Stores all or none. `culprit`: place of the comment that caused the error, if one did.
    async fn try_together(
        &self,
        all: &[(usize, &Sent)],
        culprit: &mut Option<usize>,
    ) -> Result<Vec<Added>, StoreError> {
        on_writer!(self, tx => {
            *culprit = None;
            let revision = grow_revision!(tx);
            let mut stale = BTreeSet::new();
            let mut answers = Vec::with_capacity(all.len());
            for (place, (_, sent)) in all.iter().enumerate() {
                let added: Result<Added, StoreError> = async { add!(tx, sent, stale) }.await;
                answers.push(added.inspect_err(|_| *culprit = Some(place))?);
            }
            if stale.is_empty() {
                return Ok(Rollback(answers));
            }
            leave_tags!(tx, revision, &stale);
            Ok(Commit(answers))
        })
    }
}

/// Returns one line for each reason with details; the line begins with the reason's word.
pub(super) fn details(reasons: &[Reason]) -> String {
    let line = |reason: &Reason| Some(format!("{} {}", reason.as_str(), reason.detail()?));
    reasons.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}
