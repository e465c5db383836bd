//! Full-text search: an FTS5 index in memory, apart from the database of comments, so that search is the same on
//! every engine. What a result shows is cut from the original text, since the index keeps none (contentless).

mod correction;
mod rows;
mod snippet;
mod words;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use super::StoreError;
use crate::domain::{near::Near, search_doc::SearchDoc, slug::Slug};
use rows::Rows;
use snippet::snippet;
use words::{fold, terms, words};

/// An index that follows the content. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SearchIndex {
    rows: Arc<Mutex<Rows>>,
    /// Every word of the index and how many documents have it.
    vocabulary: Arc<ArcSwap<Near>>,
}

/// What somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// As it was typed.
    pub words: String,
    /// Only posts with this tag.
    pub tag: Option<Slug>,
    /// Only posts of this year.
    pub year: Option<i16>,
}

/// One page that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub address: String,
    pub title: String,
    /// The part of the text that says why, in pieces; `true` marks a word that was looked for.
    pub snippet: Vec<(String, bool)>,
}

/// What may have been meant instead, and what that finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The question as this site would write it, in pieces; `true` marks a word that stands for another.
    pub pieces: Vec<(String, bool)>,
    pub found: Vec<Found>,
}

impl Correction {
    pub fn words(&self) -> String {
        joined(&self.pieces)
    }
}

impl Found {
    fn new(doc: &SearchDoc, terms: &[String]) -> Self {
        Self { address: doc.address.clone(), title: doc.title.clone(), snippet: snippet(&doc.text, terms) }
    }
}

fn joined(pieces: &[(String, bool)]) -> String {
    pieces.iter().map(|(piece, _)| piece.as_str()).collect()
}

impl SearchIndex {
    /// Indexes documents.
    ///
    /// # Errors
    /// SQLite has no memory left.
    pub async fn build(docs: Vec<SearchDoc>) -> Result<Self, StoreError> {
        let index = Self { rows: Arc::new(Mutex::new(Rows::empty().await?)), vocabulary: Arc::default() };
        index.follow(docs).await?;
        Ok(index)
    }

    /// Leaves these documents in the index and no others. Costs as much as there are documents that were not in it.
    ///
    /// # Errors
    /// SQLite has no memory left. The index is then as it was.
    pub async fn follow(&self, docs: Vec<SearchDoc>) -> Result<(), StoreError> {
        if self.rows.lock().await.follow(docs).await? {
            // Searches may come in between: all words are many, and are wanted for slips only.
            let vocabulary = self.rows.lock().await.vocabulary().await?;
            self.vocabulary.store(Arc::new(vocabulary));
        }
        Ok(())
    }

    /// Pages with the tag and of the year that have every word of the question, best first. The last word may be a beginning.
    ///
    /// # Errors
    /// SQLite fails; no question can make it.
    pub async fn search(&self, question: &Question, most: usize) -> Result<Vec<Found>, StoreError> {
        let terms = terms(&question.words);
        let docs = self.docs_with(&terms, question, most).await?;
        Ok(docs.iter().map(|doc| Found::new(doc, &terms)).collect())
    }

    /// The question with words that nobody wrote put right, where that finds more than `found`.
    ///
    /// # Errors
    /// As for [`SearchIndex::search`].
    pub async fn correct(
        &self,
        question: &Question,
        found: usize,
        most: usize,
    ) -> Result<Option<Correction>, StoreError> {
        let (vocabulary, words) = (self.vocabulary.load_full(), question.words.clone());
        // Comparing with a hundred thousand words takes milliseconds, which belong away from the threads that answer.
        let doubts = tokio::task::spawn_blocking(move || correction::doubts(&vocabulary, &words));
        let doubts = doubts.await.map_err(|_| StoreError::Interrupted)?;
        let tries = doubts.iter().map(|doubt| doubt.candidates.len()).max().unwrap_or(0);
        for nth in 0..tries {
            let mut pieces = correction::replaced(&question.words, &doubts, nth);
            let terms = terms(&joined(&pieces));
            let docs = self.docs_with(&terms, question, most).await?;
            if docs.len() > found {
                for (word, _) in pieces.iter_mut().filter(|(_, is_changed)| *is_changed) {
                    *word = docs.first().and_then(|doc| spelling(doc, word)).unwrap_or_else(|| word.clone());
                }
                let found = docs.iter().map(|doc| Found::new(doc, &terms)).collect();
                return Ok(Some(Correction { pieces, found }));
            }
        }
        Ok(None)
    }

    async fn docs_with(
        &self,
        terms: &[String],
        question: &Question,
        most: usize,
    ) -> Result<Vec<Arc<SearchDoc>>, StoreError> {
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let mut rows = self.rows.lock().await;
        let is_narrowed = question.tag.is_some() || question.year.is_some();
        let limit = if is_narrowed { rows.len() } else { most };
        let docs = rows.matching(match_expression(terms), limit).await?;
        let is_asked_for = |doc: &Arc<SearchDoc>| {
            question.tag.as_ref().is_none_or(|tag| doc.tag_slugs.contains(tag))
                && question.year.is_none_or(|year| doc.year == Some(year))
        };
        Ok(docs.into_iter().filter(is_asked_for).take(most).collect())
    }
}

/// A word of the index as a document writes it, in lower case: the index has no accents.
fn spelling(doc: &SearchDoc, term: &str) -> Option<String> {
    let texts = std::iter::once(doc.title.as_str()).chain(doc.tags.iter().map(String::as_str)).chain([&*doc.text]);
    let written = texts.flat_map(|text| words(text).map(|(at, length)| &text[at..at + length]));
    written.filter(|word| fold(word) == term).map(str::to_lowercase).next()
}

/// `"foot" "stre"*`: all words, the last one as a beginning.
fn match_expression(terms: &[String]) -> String {
    let quoted: Vec<String> = terms.iter().map(|term| format!("\"{term}\"")).collect();
    format!("{}*", quoted.join(" "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn doc(title: &str, text: &str) -> SearchDoc {
        SearchDoc {
            address: format!("/{title}"),
            title: title.into(),
            tags: vec!["feet".into()],
            text: text.into(),
            tag_slugs: Slug::from_text("feet").into_iter().collect(),
            year: Some(2026),
        }
    }

    fn asking(words: &str) -> Question {
        Question { words: words.to_owned(), ..Question::default() }
    }

    #[tokio::test]
    async fn titles_rank_before_texts() {
        let index =
            SearchIndex::build(vec![doc("Running", "about the calf"), doc("Calf", "a muscle")]).await.expect("builds");
        let titles = |found: Vec<Found>| found.into_iter().map(|found| found.title).collect::<Vec<_>>();
        assert_eq!(titles(index.search(&asking("calf"), 10).await.expect("answers")), ["Calf", "Running"]);
        assert_eq!(titles(index.search(&asking("FEET mus"), 10).await.expect("answers")), ["Calf"]);
        assert!(index.search(&asking("  !? "), 10).await.expect("answers").is_empty());
    }

    /// What the index says, whatever it is asked.
    async fn answers(index: &SearchIndex) -> String {
        let mut answers = String::new();
        for words in ["calf", "heel", "feet", "run", "w1", "w2", "w3 calf", "hee", "clf", "w"] {
            answers += &format!("{:?}", index.search(&asking(words), 9).await.expect("answers"));
            answers += &format!("{:?}", index.correct(&asking(words), 0, 9).await.expect("answers"));
        }
        answers + &format!("{:?}", index.rows.lock().await.vocabulary().await.expect("words"))
    }

    #[tokio::test]
    async fn an_index_that_follows_answers_like_a_new_one() {
        let docs = |titles: &[(&str, &str)]| titles.iter().map(|(title, text)| doc(title, text)).collect::<Vec<_>>();
        let index = SearchIndex::build(Vec::new()).await.expect("builds");
        for now in [
            docs(&[("calf", "heel run"), ("heel", "run w1"), ("hip", "calf calf")]),
            docs(&[("calf", "heel run"), ("heel", "run w2"), ("hip", "calf calf")]),
            docs(&[("new", "calf calf"), ("calf", "heel run"), ("heel", "run w2"), ("hip", "calf calf")]),
            docs(&[("hip", "calf calf"), ("new", "calf calf"), ("heel", "run w2")]),
            docs(&[("calf", "w3 calf heel"), ("calf2", "w3 calf heel")]),
            docs(&[]),
            docs(&[("heel", "w1")]),
        ] {
            index.follow(now.clone()).await.expect("follows");
            let new = SearchIndex::build(now).await.expect("builds");
            assert_eq!(answers(&index).await, answers(&new).await);
        }
    }

    #[tokio::test]
    async fn corrections_are_spelt_as_the_site_does() {
        let index = SearchIndex::build(vec![doc("Übungen", "für die Füße")]).await.expect("builds");
        for (words, expected) in [
            ("ubugnen", Some("übungen")),
            ("Füßle fur", Some("füße fur")),
            ("übungen", None),
            ("ubungen xylophone", None),
        ] {
            let correction = index.correct(&asking(words), 0, 10).await.expect("answers");
            assert_eq!(correction.map(|correction| correction.words()).as_deref(), expected, "{words}");
        }
        let narrowed = Question { year: Some(2019), ..asking("ubugnen") };
        assert_eq!(index.correct(&narrowed, 0, 10).await.expect("answers"), None);
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
                index.search(&asking(&question), 10).await.expect("answers");
                index.correct(&asking(&question), 0, 10).await.expect("answers");
            });
        }
    }
}
