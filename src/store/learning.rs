//! Training data of the spam filter: how often each feature occurred in spam and in ham, and which comments it learned
//! from, so that a decision that is reversed is unlearned exactly.

use std::collections::HashMap;

use crate::domain::verdict::bayes::Counts;

use super::{
    Result,
    connection::Connection,
    sql::{Argument, places, rows},
};

/// Reads the counts of features. Unknown features are left out.
pub(super) async fn read_features(tx: &mut Connection, features: &[String]) -> Result<HashMap<String, Counts>> {
    if features.is_empty() {
        return Ok(HashMap::new());
    }
    let mut arguments: Vec<&dyn Argument> = Vec::new();
    let features = places(features, &mut arguments);
    let sql = format!("SELECT feature, spam, ham FROM learned_features WHERE feature IN ({features})");
    let rows: Vec<(String, i64, i64)> = tx.all(sql, &arguments).await?;
    Ok(rows.into_iter().map(|(feature, spam, ham)| (feature, Counts { spam, ham })).collect())
}

/// Adds one comment with these features, or removes it with negative numbers.
async fn count_features(tx: &mut Connection, features: &[&str], counts: Counts) -> Result<()> {
    let Counts { spam, ham } = counts;
    let total = "UPDATE site SET learned_spam = learned_spam + $1, learned_ham = learned_ham + $2";
    tx.execute(total, &[&spam, &ham]).await?;
    if features.is_empty() {
        return Ok(());
    }
    let mut arguments: Vec<&dyn Argument> = vec![&spam, &ham];
    let rows = rows(features, &mut arguments, |feature| format!("({feature}, $1, $2)"));
    let sql = format!(
        "INSERT INTO learned_features (feature, spam, ham) VALUES {rows}
         ON CONFLICT (feature) DO UPDATE SET spam = learned_features.spam + excluded.spam,
                                             ham = learned_features.ham + excluded.ham"
    );
    tx.execute(sql, &arguments).await.map(|_| ())
}

/// Sets what the filter learns from a comment, in place of what it learned before; `None`: nothing. `lesson` counts the
/// comment as spam or as ham.
pub(super) async fn teach(tx: &mut Connection, id: i64, lesson: Option<Counts>, features: &[String]) -> Result<()> {
    let sql = "SELECT spam, ham, features FROM learned_comments WHERE comment_id = $1";
    let learned: Option<(i64, i64, String)> = tx.optional(sql, &[&id]).await?;
    let before = learned.as_ref().map(|(spam, ham, _)| Counts { spam: *spam, ham: *ham });
    if before == lesson {
        return Ok(());
    }
    if let Some((spam, ham, features)) = learned {
        let features: Vec<&str> = features.lines().collect();
        count_features(tx, &features, Counts { spam: -spam, ham: -ham }).await?;
        forget_lesson(tx, id).await?;
        tx.execute("DELETE FROM learned_features WHERE spam <= 0 AND ham <= 0", &[]).await?;
    }
    if let Some(counts) = lesson {
        let features: Vec<&str> = features.iter().map(String::as_str).collect();
        count_features(tx, &features, counts).await?;
        let sql = "INSERT INTO learned_comments (comment_id, spam, ham, features) VALUES ($1, $2, $3, $4)";
        tx.execute(sql, &[&id, &counts.spam, &counts.ham, &features.join("\n")]).await?;
    }
    Ok(())
}

/// Deletes the record of a comment's features. Their counts stay.
pub(super) async fn forget_lesson(tx: &mut Connection, id: i64) -> Result<()> {
    tx.execute("DELETE FROM learned_comments WHERE comment_id = $1", &[&id]).await.map(|_| ())
}
