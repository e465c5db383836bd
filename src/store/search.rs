//! Full-text search: an FTS5 index in memory, apart from the database of comments, so that search is the same on
//! every engine. What a result shows is cut from the original text, since the index keeps none (contentless).

use std::sync::Arc;

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::Mutex;

use crate::domain::search_doc::SearchDoc;

use super::StoreError;

/// An index over one snapshot. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SearchIndex {
    // One connection, never a pool: the index lives in it, and an idle pool would close it.
    connection: Arc<Mutex<SqliteConnection>>,
    /// The document with rowid n is at n - 1.
    docs: Arc<Vec<SearchDoc>>,
}

/// One page that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub address: String,
    pub title: String,
    /// The part of the text that says why, in pieces; `true` marks a word that was looked for.
    pub snippet: Vec<(String, bool)>,
}

/// Longest snippet, in characters.
const SNIPPET: usize = 220;
/// Most words of a question that count; more only slow it down.
const MAX_TERMS: usize = 12;

impl SearchIndex {
    /// Indexes all documents anew.
    ///
    /// # Errors
    /// SQLite has no memory left.
    pub async fn build(docs: Vec<SearchDoc>) -> Result<Self, StoreError> {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await?;
        sqlx::query(
            "CREATE VIRTUAL TABLE docs USING fts5(
                 title, tags, text, content='', tokenize='unicode61 remove_diacritics 2')",
        )
        .execute(&mut connection)
        .await?;
        let mut tx = connection.begin().await?;
        for (row, doc) in (1_i64..).zip(&docs) {
            sqlx::query("INSERT INTO docs (rowid, title, tags, text) VALUES ($1, $2, $3, $4)")
                .bind(row)
                .bind(&doc.title)
                .bind(doc.tags.join(" "))
                .bind(&doc.text)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), docs: Arc::new(docs) })
    }

    /// Pages that have every word of the question, best first. The last word may be a beginning.
    ///
    /// # Errors
    /// SQLite fails; no question can make it.
    pub async fn search(&self, question: &str, limit: usize) -> Result<Vec<Found>, StoreError> {
        let terms = terms(question);
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<i64> = {
            let mut connection = self.connection.lock().await;
            // Weights: a word in the title says most, one in the tags much.
            sqlx::query_scalar(
                "SELECT rowid FROM docs WHERE docs MATCH $1 ORDER BY bm25(docs, 10.0, 5.0, 1.0) LIMIT $2",
            )
            .bind(match_expression(&terms))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *connection)
            .await?
        };
        let doc = |row: i64| usize::try_from(row - 1).ok().and_then(|at| self.docs.get(at));
        let found = |doc: &SearchDoc| Found {
            address: doc.address.clone(),
            title: doc.title.clone(),
            snippet: snippet(&doc.text, &terms),
        };
        Ok(rows.into_iter().filter_map(doc).map(found).collect())
    }
}

/// The words of a question, as the tokenizer sees them: letters and digits only, so no operator gets through.
fn terms(question: &str) -> Vec<String> {
    words(question).map(|(at, word)| fold(&question[at..at + word])).take(MAX_TERMS).collect()
}

/// `"foot" "stre"*`: all words, the last one as a beginning.
fn match_expression(terms: &[String]) -> String {
    let quoted: Vec<String> = terms.iter().map(|term| format!("\"{term}\"")).collect();
    format!("{}*", quoted.join(" "))
}

/// Where each word of a text begins, and how many bytes it has.
fn words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let is_word = |c: char| c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c);
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(is_word)?;
        let length = rest[start..].find(|c| !is_word(c)).unwrap_or(rest.len() - start);
        let at = text.len() - rest.len() + start;
        rest = &rest[start + length..];
        Some((at, length))
    })
}

/// Lower case and without accents, as `unicode61 remove_diacritics 2` folds.
fn fold(word: &str) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    word.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// The stretch of text with the most different words of the question, cut at words, its hits marked.
fn snippet(text: &str, terms: &[String]) -> Vec<(String, bool)> {
    let (last, whole) = terms.split_last().map_or(("", terms), |(last, whole)| (last.as_str(), whole));
    let term_of = |word: &str| {
        let folded = fold(word);
        whole.iter().position(|term| *term == folded).or_else(|| folded.starts_with(last).then_some(whole.len()))
    };
    let hits: Vec<(usize, usize, usize)> =
        words(text).filter_map(|(at, length)| Some((at, length, term_of(&text[at..at + length])?))).collect();

    let start = best_start(text, &hits);
    let end = text[start..].char_indices().nth(SNIPPET).map_or(text.len(), |(at, _)| start + at);
    let end = if end == text.len() { end } else { text[start..end].rfind(' ').map_or(end, |at| start + at) };

    let mut pieces = Vec::new();
    let mut done = start;
    if start > 0 {
        pieces.push(("… ".to_owned(), false));
    }
    for (at, length, _) in hits.iter().copied().filter(|(at, length, _)| *at >= start && at + length <= end) {
        pieces.push((text[done..at].to_owned(), false));
        pieces.push((text[at..at + length].to_owned(), true));
        done = at + length;
    }
    pieces.push((text[done..end].to_owned(), false));
    if end < text.len() {
        pieces.push((" …".to_owned(), false));
    }
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

/// A little before the hit that has the most different words of the question within reach after it.
fn best_start(text: &str, hits: &[(usize, usize, usize)]) -> usize {
    const LEAD: usize = 40;
    let reach = |from: usize| {
        let near = hits[from..].iter().take_while(|(at, ..)| *at < hits[from].0 + SNIPPET - LEAD);
        near.map(|(.., term)| term).collect::<std::collections::BTreeSet<_>>().len()
    };
    let Some(best) = (0..hits.len()).max_by_key(|from| (reach(*from), std::cmp::Reverse(*from))) else { return 0 };
    let lead = text.floor_char_boundary(hits[best].0.saturating_sub(LEAD));
    if lead == 0 { 0 } else { text[lead..hits[best].0].find(' ').map_or(hits[best].0, |space| lead + space + 1) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn doc(title: &str, text: &str) -> SearchDoc {
        SearchDoc { address: format!("/{title}"), title: title.into(), tags: vec!["feet".into()], text: text.into() }
    }

    fn marked(text: &str, question: &str) -> String {
        snippet(text, &terms(question))
            .into_iter()
            .map(|(piece, hit)| if hit { format!("[{piece}]") } else { piece })
            .collect()
    }

    #[test]
    fn snippets_mark_words_and_beginnings() {
        assert_eq!(marked("Stretch the calf, then the Café.", "calf cafe"), "Stretch the [calf], then the [Café].");
        assert_eq!(marked("Stretching stretches", "stretch"), "[Stretching] [stretches]");
        assert_eq!(marked("Stretching", "stretch more"), "Stretching");
        let long = format!("{} the soleus lies below {}", "word ".repeat(100), "more ".repeat(100));
        let shown = marked(&long, "soleus");
        assert!(shown.starts_with("… ") && shown.contains("the [soleus] lies") && shown.ends_with(" …"), "{shown}");
    }

    #[tokio::test]
    async fn titles_rank_before_texts() {
        let index =
            SearchIndex::build(vec![doc("Running", "about the calf"), doc("Calf", "a muscle")]).await.expect("builds");
        let titles = |found: Vec<Found>| found.into_iter().map(|found| found.title).collect::<Vec<_>>();
        assert_eq!(titles(index.search("calf", 10).await.expect("answers")), ["Calf", "Running"]);
        assert_eq!(titles(index.search("FEET mus", 10).await.expect("answers")), ["Calf"]);
        assert!(index.search("  !? ", 10).await.expect("answers").is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_question_and_no_text_breaks_it(text in "\\PC{0,400}", question in "\\PC{0,40}") {
            let shown: String = snippet(&text, &terms(&question)).into_iter().map(|(piece, _)| piece).collect();
            prop_assert!(text.contains(shown.trim_start_matches("… ").trim_end_matches(" …")));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let index = SearchIndex::build(vec![doc("title", &text)]).await.expect("builds");
                index.search(&question, 10).await.expect("answers");
            });
        }
    }
}
