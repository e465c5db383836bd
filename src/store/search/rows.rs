//! The table of the index: one row for each document, put in and taken out as documents come and go.

use std::{collections::HashMap, sync::Arc};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{StoreError, words::without_sharp_s};
use crate::domain::{near::Near, search_doc::SearchDoc};

/// The rows and the connection that they live in.
#[derive(Debug)]
pub(super) struct Rows {
    // One connection, never a pool: an idle pool would close it, and the table with it.
    connection: SqliteConnection,
    docs: HashMap<i64, Placed>,
    next: i64,
}

/// A document and its place among all of them, which decides between two that answer equally well.
#[derive(Debug)]
struct Placed {
    place: usize,
    doc: Arc<SearchDoc>,
}

impl Rows {
    pub async fn empty() -> Result<Self, StoreError> {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await?;
        sqlx::query(
            "CREATE VIRTUAL TABLE docs USING fts5(
                 title, tags, text, content='', tokenize='unicode61 remove_diacritics 2')",
        )
        .execute(&mut connection)
        .await?;
        sqlx::query("CREATE VIRTUAL TABLE vocabulary USING fts5vocab(docs, 'row')").execute(&mut connection).await?;
        Ok(Self { connection, docs: HashMap::new(), next: 1 })
    }

    pub fn len(&self) -> usize {
        self.docs.len()
    }

    /// Leaves these documents and no others. Whether anything was different.
    pub async fn follow(&mut self, docs: Vec<SearchDoc>) -> Result<bool, StoreError> {
        let mut rows: HashMap<String, i64> =
            self.docs.iter().map(|(row, placed)| (placed.doc.address.clone(), *row)).collect();
        let mut is_other = false;
        let mut tx = self.connection.begin().await?;
        let mut followed = HashMap::with_capacity(docs.len());
        for (place, doc) in docs.into_iter().enumerate() {
            let known = rows.remove(&doc.address).and_then(|row| Some((row, self.docs.get(&row)?)));
            let (row, doc) = match known {
                Some((row, before)) if *before.doc == doc => (row, Arc::clone(&before.doc)),
                known => {
                    if let Some((row, before)) = &known {
                        run(&mut tx, DELETE, *row, &before.doc).await?;
                    }
                    let row = known.map_or(self.next, |(row, _)| row);
                    self.next = self.next.max(row + 1);
                    run(&mut tx, INSERT, row, &doc).await?;
                    is_other = true;
                    (row, Arc::new(doc))
                }
            };
            followed.insert(row, Placed { place, doc });
        }
        for row in rows.into_values() {
            if let Some(gone) = self.docs.get(&row) {
                run(&mut tx, DELETE, row, &gone.doc).await?;
                is_other = true;
            }
        }
        tx.commit().await?;
        self.docs = followed;
        Ok(is_other)
    }

    /// Documents for an expression of FTS5, best first.
    pub async fn matching(&mut self, expression: String, most: usize) -> Result<Vec<Arc<SearchDoc>>, StoreError> {
        // Weights: a word in the title says most, one in the tags much.
        let mut found: Vec<(i64, f64)> = sqlx::query_as(
            "SELECT rowid, bm25(docs, 10.0, 5.0, 1.0) AS rank FROM docs WHERE docs MATCH $1 ORDER BY rank LIMIT $2",
        )
        .bind(expression)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        let place = |row: i64| self.docs.get(&row).map(|placed| placed.place);
        found.sort_by(|(a, a_rank), (b, b_rank)| a_rank.total_cmp(b_rank).then_with(|| place(*a).cmp(&place(*b))));
        Ok(found.into_iter().filter_map(|(row, _)| Some(Arc::clone(&self.docs.get(&row)?.doc))).collect())
    }

    /// Every word of the index, weighed by how many documents have it.
    pub async fn vocabulary(&mut self) -> Result<Near, StoreError> {
        let words: Vec<(String, i64)> =
            sqlx::query_as("SELECT term, doc FROM vocabulary").fetch_all(&mut self.connection).await?;
        Ok(Near::new(words.into_iter().map(|(word, docs)| (word, u32::try_from(docs).unwrap_or(u32::MAX)))))
    }
}

const INSERT: &str = "INSERT INTO docs (rowid, title, tags, text) VALUES ($1, $2, $3, $4)";
/// The table keeps no texts, so it has to be told what stood in the row.
const DELETE: &str = "INSERT INTO docs (docs, rowid, title, tags, text) VALUES ('delete', $1, $2, $3, $4)";

/// Puts a document into its row, or takes it out.
async fn run(db: &mut SqliteConnection, sql: &'static str, row: i64, doc: &SearchDoc) -> Result<(), StoreError> {
    sqlx::query(sql)
        .bind(row)
        .bind(without_sharp_s(&doc.title))
        .bind(without_sharp_s(&doc.tags.join(" ")))
        .bind(without_sharp_s(&doc.text))
        .execute(db)
        .await?;
    Ok(())
}
