//! The verdict on a comment with what the database knows: one function for new comments and for edits.

use jiff::SignedDuration;

use crate::domain::{
    clock,
    comment::{Comment, CommentId, Status},
    mailbox,
    verdict::{
        self, Circumstances, Decision, History, RATE_WINDOW, REPEAT_WINDOW, Refusal,
        bayes::{Counts, Learned},
        verdict,
    },
    words::{parse_word, word_of},
};

use super::{
    Result, Sent,
    blocks::read_blocks,
    connection::Connection,
    learning::read_features,
    sql::{FromRow, Row},
};

/// Facts from the database about a comment that was sent.
pub(super) struct Known {
    pub history: History,
    /// An identical comment that was sent a moment ago.
    pub duplicate: Option<(CommentId, Status)>,
    /// Number of refusals in the last hour.
    pub refused_lately: i64,
    has_blocks: bool,
}

impl FromRow for Known {
    fn from_row(row: &Row) -> Result<Self> {
        let since = |column: &str| -> Result<Option<SignedDuration>> {
            Ok(row.get::<Option<i64>>(column)?.map(SignedDuration::from_millis))
        };
        let (duplicate, status): (Option<i64>, Option<String>) = (row.get("duplicate")?, row.get("duplicate_status")?);
        let comments = Counts { spam: row.get("learned_spam")?, ham: row.get("learned_ham")? };
        let history = History {
            approved: row.get("approved")?,
            thrown_out: row.get("thrown_out")?,
            email_is_theirs: row.get("email_is_theirs")?,
            recent_by_commenter: row.get("recent_by_commenter")?,
            since_last: since("since_last")?,
            since_first: since("since_first")?,
            recent_by_network: row.get("recent_by_network")?,
            since_first_of_network: since("since_first_of_network")?,
            repeated: row.get("repeated")?,
            blocks: Vec::new(),
            learned: Learned { comments, ..Learned::default() },
        };
        Ok(Self {
            history,
            duplicate: duplicate.zip(status.map(|word| parse_word(&word).unwrap_or_default())),
            refused_lately: row.get("refused_lately")?,
            has_blocks: row.get::<i64>("has_blocks")? > 0,
        })
    }
}

/// Reads what is known about the sender of a comment and about similar comments: one statement, since each costs more
/// than its work. `edited` is the number of the version that it replaces, or 0; `mark` is its [`verdict::mark`].
pub(super) async fn read_history(
    tx: &mut Connection,
    sent: &Sent,
    edited: CommentId,
    mark: &Option<String>,
) -> Result<Known> {
    let Sent { thread, new, sender, at, .. } = sent;
    let at = *at;
    let (cookie, address) = (Some(sender.commenter.as_str()), Some(sender.address.as_str()));
    let (cookie, address) = if sender.is_returning { (cookie, None) } else { (None, address) };
    // NULL equals nothing: a returning sender is known by the cookie, a new one by the address.
    let sql = "SELECT
            duplicate.id AS duplicate, duplicate.status AS duplicate_status,
            (SELECT COUNT(*) FROM comments WHERE commenter = $1 AND status = 'approved') AS approved,
            (SELECT COUNT(*) FROM comments WHERE commenter = $1 AND status IN ('spam', 'trash')) AS thrown_out,
            EXISTS (SELECT 1 FROM confirmations JOIN addresses ON addresses.id = address_id
                    WHERE commenter = $1 AND in_same_browser AND email = $13) AS email_is_theirs,
            own.recent_by_commenter, $16 - own.first_at AS since_first, $16 - own.last_at AS since_last,
            near.recent_by_network, $16 - near.first_at AS since_first_of_network,
            (SELECT COUNT(*) FROM comments
              WHERE text_mark = $5 AND created_at > $6 AND created_at <= $14 AND id <> $15) AS repeated,
            (SELECT COUNT(*) FROM (SELECT id FROM blocks LIMIT 1) AS one) AS has_blocks,
            (SELECT COUNT(*) FROM refusals WHERE created_at > $7 AND created_at <= $14) AS refused_lately,
            site.learned_spam, site.learned_ham
         FROM site LEFT JOIN
            (SELECT id, status FROM comments
              WHERE (commenter = $1 OR address = $2) AND created_at > $3
                AND thread_kind = $8 AND thread_slug = $9 AND text = $10 AND name = $11
                AND COALESCE(parent_id, 0) = COALESCE($12, 0)
              ORDER BY id LIMIT 1) AS duplicate ON TRUE,
            (SELECT COUNT(*) AS recent_by_commenter, MIN(created_at) AS first_at, MAX(created_at) AS last_at
               FROM comments
              WHERE (commenter = $1 OR address = $2) AND created_at > $3 AND created_at <= $14) AS own,
            (SELECT COUNT(*) AS recent_by_network, MIN(created_at) AS first_at
               FROM comments WHERE network = $4 AND created_at > $3 AND created_at <= $14) AS near";
    tx.one(
        sql,
        &[
            &cookie,
            &address,
            &(at - RATE_WINDOW),
            &sender.network,
            mark,
            &(at - REPEAT_WINDOW),
            &(at - SignedDuration::from_hours(1)),
            &thread.kind,
            &thread.slug,
            &new.text,
            &new.name,
            &new.parent,
            &new.email.as_deref().map(mailbox::kept),
            &clock::latest(at),
            &edited,
            &at,
        ],
    )
    .await
}

/// Judges a comment; reads the blocks and the counts of its words if they are needed. Returns the comment as it is stored
/// unless it is refused.
pub(super) async fn judge(
    tx: &mut Connection,
    sent: &Sent,
    circumstances: Circumstances,
    known: Known,
) -> Result<Result<Comment, Refusal>> {
    let Sent { thread, new, sender, rules, .. } = sent;
    let Known { mut history, has_blocks, .. } = known;
    if has_blocks {
        history.blocks = read_blocks(tx).await?;
    }
    if rules.bayes && history.learned.comments.are_enough() {
        history.learned.features = read_features(tx, &verdict::features(new)).await?;
    }
    let found = match verdict(new, sender.ip, circumstances, &history, rules) {
        Decision::Approve => Vec::new(),
        Decision::Hold(found) => found,
        Decision::Refuse(refusal) => return Ok(Err(refusal)),
    };
    let detailed = found.iter().filter(|found| !found.details.is_empty());
    Ok(Ok(Comment {
        thread_kind: thread.kind.to_owned(),
        thread_slug: thread.slug.clone(),
        parent_id: new.parent,
        name: new.name.clone(),
        email: new.email.clone(),
        site: new.site.clone(),
        text: new.text.clone(),
        status: if found.is_empty() { Status::Approved } else { Status::Held },
        reasons: found.iter().map(|found| word_of(found.reason)).collect::<Vec<_>>().join(" "),
        reason_details: detailed.map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        by_author: verdict::is_by_author(circumstances, &history),
        commenter: Some(sender.commenter.clone()),
        created_at: sent.at,
        ..Comment::default()
    }))
}
