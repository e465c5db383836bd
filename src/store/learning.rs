//! Training data of the spam filter: how often each feature occurred in spam and in ham, and which comments it learned
//! from, so that a decision that is reversed is unlearned exactly.

/// Lesson of a moderator's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lesson {
    Spam,
    Ham,
}

impl Lesson {
    /// Counts of one such comment: spam, ham.
    pub(super) fn counts(self) -> (i64, i64) {
        match self {
            Self::Spam => (1, 0),
            Self::Ham => (0, 1),
        }
    }
}

/// Reads the counts of features. An expression; unknown features are left out.
macro_rules! read_features {
    ($tx:ident, $features:expr) => {{
        let features: Vec<String> = $features;
        let mut query = sqlx::QueryBuilder::new("SELECT feature, spam, ham FROM learned_features WHERE feature IN (");
        // `IN ()` is not valid SQL, and no feature is empty.
        query.push_bind("");
        for feature in &features {
            query.push(", ").push_bind(feature.as_str());
        }
        query.push(")");
        let rows: Vec<(String, i64, i64)> = query.build_query_as().fetch_all(&mut *$tx).await?;
        let counted = |(feature, spam, ham)| (feature, crate::domain::verdict::bayes::Counts { spam, ham });
        rows.into_iter().map(counted).collect()
    }};
}

/// Adds one comment with these features, or removes it with negative numbers.
macro_rules! count_features {
    ($tx:ident, $features:expr, $spam:expr, $ham:expr) => {{
        let features: &[String] = $features;
        let (spam, ham): (i64, i64) = ($spam, $ham);
        sqlx::query("UPDATE site SET learned_spam = learned_spam + $1, learned_ham = learned_ham + $2")
            .bind(spam)
            .bind(ham)
            .execute(&mut *$tx)
            .await?;
        if !features.is_empty() {
            let mut query = sqlx::QueryBuilder::new("INSERT INTO learned_features (feature, spam, ham) ");
            query.push_values(features, |mut row, feature| {
                row.push_bind(feature.as_str()).push_bind(spam).push_bind(ham);
            });
            query.push(
                " ON CONFLICT (feature) DO UPDATE SET spam = learned_features.spam + excluded.spam,
                                                      ham = learned_features.ham + excluded.ham",
            );
            query.build().execute(&mut *$tx).await?;
        }
    }};
}

/// Sets what a comment teaches, in place of what it taught before; `None`: nothing.
macro_rules! teach {
    ($tx:ident, $id:expr, $lesson:expr, $features:expr) => {{
        let id: i64 = $id;
        let lesson: Option<crate::store::learning::Lesson> = $lesson;
        let taught: Option<(i64, i64, String)> =
            sqlx::query_as("SELECT spam, ham, features FROM learned_comments WHERE comment_id = $1")
                .bind(id)
                .fetch_optional(&mut *$tx)
                .await?;
        let is_taught = match (&taught, lesson) {
            (Some((spam, ham, _)), Some(lesson)) => lesson.counts() == (*spam, *ham),
            (taught, lesson) => taught.is_none() && lesson.is_none(),
        };
        if !is_taught {
            if let Some((spam, ham, features)) = taught {
                let features: Vec<String> = features.lines().map(str::to_owned).collect();
                crate::store::learning::count_features!($tx, &features, -spam, -ham);
                sqlx::query("DELETE FROM learned_comments WHERE comment_id = $1").bind(id).execute(&mut *$tx).await?;
                sqlx::query("DELETE FROM learned_features WHERE spam <= 0 AND ham <= 0").execute(&mut *$tx).await?;
            }
            if let Some(lesson) = lesson {
                let features: Vec<String> = $features;
                let (spam, ham) = lesson.counts();
                crate::store::learning::count_features!($tx, &features, spam, ham);
                sqlx::query("INSERT INTO learned_comments (comment_id, spam, ham, features) VALUES ($1, $2, $3, $4)")
                    .bind(id)
                    .bind(spam)
                    .bind(ham)
                    .bind(features.join("\n"))
                    .execute(&mut *$tx)
                    .await?;
            }
        }
    }};
}

pub(super) use {count_features, read_features, teach};
