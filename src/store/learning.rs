//! What the spam filter has learned: how often a feature stood in spam and elsewhere, and which comments taught it,
//! so that a decision that is taken back is unlearned to the letter.

/// What a moderator's decision teaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lesson {
    Spam,
    Ham,
}

impl Lesson {
    /// One comment of this kind: spam, ham.
    pub(super) fn counts(self) -> (i64, i64) {
        match self {
            Self::Spam => (1, 0),
            Self::Ham => (0, 1),
        }
    }
}

/// What is known about features. An expression; features that are not known are not in it.
macro_rules! read_features {
    ($tx:ident, $features:expr) => {{
        let features: Vec<String> = $features;
        let mut query = sqlx::QueryBuilder::new("SELECT feature, spam, ham FROM learned_features WHERE feature IN (");
        // `IN ()` is no SQL, and no feature is empty.
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

/// Adds (or with negative numbers takes away) one comment with these features.
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

/// Lets a comment teach this and nothing else; `None`: nothing at all. What it taught before is taken back.
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
