//! Full-text search in posts, pages and stretches. The index is in memory, so that search is the same on every database
//! engine. The snippet of a result is cut from the original text.

mod correction;
mod index;
mod snippet;
mod words;

use std::{
    collections::HashSet,
    sync::{PoisonError, RwLock},
};

use crate::domain::{entry::Content, slug::Slug};
use correction::Doubt;
use index::{Index, Matches, text};
use snippet::snippet;
use words::{Term, each, terms};

/// Most pages that are similar to one.
const SIMILAR: usize = 24;

/// Index that is updated with the content. Searches run in parallel; an update locks the index for the time of one
/// document.
#[derive(Debug, Default)]
pub struct SearchIndex(RwLock<Index>);

/// Query with its filters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Query as it was typed.
    pub words: String,
    /// Tag that the posts must have.
    pub tag: Option<Slug>,
    /// Year that the posts must have.
    pub year: Option<i16>,
}

/// Page that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub address: String,
    pub title: String,
    /// Part of the text with the matches, in pieces; `true` marks a word of the query.
    pub snippet: Vec<(String, bool)>,
}

/// Results of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// Pages that were found, best first.
    pub found: Vec<Found>,
    /// True if no page has all of the words; these have more than half of them.
    pub is_partial: bool,
}

/// Corrected query, and its results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Query in the spelling of this site, in pieces; `true` marks a word that was replaced.
    pub pieces: Vec<(String, bool)>,
    pub results: Results,
}

impl Correction {
    pub fn words(&self) -> String {
        joined(&self.pieces)
    }
}

fn joined(pieces: &[(String, bool)]) -> String {
    pieces.iter().map(|(piece, _)| piece.as_str()).collect()
}

impl Results {
    fn new(matches: &Matches, terms: &[Term]) -> Self {
        let found = |doc: &Content| {
            let (address, title) = (doc.entry().address.clone(), doc.entry().title.clone());
            Found { address, title, snippet: snippet(&text(doc), terms) }
        };
        Self {
            found: matches.docs.iter().map(found).collect(),
            is_partial: matches.met < terms.len() && !matches.docs.is_empty(),
        }
    }
}

impl SearchIndex {
    pub fn build(docs: Vec<Content>) -> Self {
        Self(RwLock::new(Index::build(docs)))
    }

    /// Replaces the documents of the index by these. The cost depends on the number of documents that are new.
    pub fn follow(&self, docs: Vec<Content>) {
        let write = || self.0.write().unwrap_or_else(PoisonError::into_inner);
        if self.0.read().unwrap_or_else(PoisonError::into_inner).is_sparse() {
            let index = Index::build(docs);
            *write() = index;
            return;
        }
        let addresses: HashSet<String> = docs.iter().map(|doc| doc.entry().address.clone()).collect();
        write().keep(&addresses);
        for (place, doc) in docs.into_iter().enumerate() {
            write().put(place, doc);
        }
    }

    /// Addresses of pages whose words are most like those of one page, most similar first.
    pub fn similar(&self, address: &str) -> Vec<String> {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        index.similar(address, SIMILAR)
    }

    /// True if the page of this address is in the index.
    pub fn has(&self, address: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).has(address)
    }

    /// Finds pages with the tag and of the year that have every word of the query, best first, else most of its words.
    /// If fewer than `few` have every word, also returns a correction that finds more.
    pub fn search(&self, question: &Question, few: usize, most: usize) -> (Results, Option<Correction>) {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let terms = terms(&question.words);
        let matches = find(&index, question, &terms, most);
        let results = Results::new(&matches, &terms);
        let is_enough = !results.is_partial && matches.docs.len() >= few;
        let correction = if is_enough { None } else { correct(&index, question, &matches, most) };
        (results, correction)
    }
}

fn find(index: &Index, question: &Question, terms: &[Term], most: usize) -> Matches {
    let is_filtered = question.tag.is_some() || question.year.is_some();
    let is_wanted = |doc: &Content| {
        doc.post().map_or(!is_filtered, |post| {
            question.tag.as_ref().is_none_or(|slug| post.tags.iter().any(|tag| tag.slug == *slug))
                && question.year.is_none_or(|year| post.year() == Some(year))
        })
    };
    index.find(terms, is_wanted, most)
}

/// Replaces words of the query that no document has, if that finds more.
fn correct(index: &Index, question: &Question, found: &Matches, most: usize) -> Option<Correction> {
    let doubts = correction::doubts(index, &question.words);
    let tries = doubts.iter().map(|doubt: &Doubt| doubt.candidates.len()).max().unwrap_or(0);
    for nth in 0..tries {
        let mut pieces = correction::replaced(&question.words, &doubts, nth);
        let terms = terms(&joined(&pieces));
        let better = find(index, question, &terms, most);
        if (better.met, better.docs.len()) > (found.met, found.docs.len()) {
            for (word, _) in pieces.iter_mut().filter(|(_, is_changed)| *is_changed) {
                *word = better.docs.iter().find_map(|doc| spelling(doc, word)).unwrap_or_else(|| word.clone());
            }
            return Some(Correction { pieces, results: Results::new(&better, &terms) });
        }
    }
    None
}

/// Spelling of an index word in a document, in lower case: the index has no accents.
fn spelling(doc: &Content, folded: &str) -> Option<String> {
    let text = text(doc);
    let mut texts = std::iter::once(doc.entry().title.as_str()).chain(doc.keywords()).chain([text.as_str()]);
    texts.find_map(|text| {
        let mut written = None;
        each(text, |word| {
            if written.is_none() && word.text == folded {
                written = Some(text[word.place].to_lowercase());
            }
        });
        written
    })
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, sync::Arc};

    use proptest::prelude::*;

    use super::*;
    use crate::domain::entry::{Body, Entry, Page, Post, Tag};

    fn entry(title: &str, text: &str) -> Entry {
        Entry {
            slug: Slug::from_text("x").expect("a slug"),
            address: format!("/{title}"),
            aliases: Vec::new(),
            title: title.to_owned(),
            dek: None,
            image: None,
            body: Body { text: text.into(), main: text.len(), ..Body::default() }.into(),
            draft: false,
            publish_at: None,
            expire_at: None,
            language: None,
            file: PathBuf::new(),
        }
    }

    pub(super) fn page(title: &str, text: &str) -> Content {
        Content::Page(Arc::new(Page { entry: entry(title, text), updated: None }))
    }

    fn doc(title: &str, text: &str) -> Content {
        let slug = Slug::from_text("feet").expect("a slug");
        Content::Post(Arc::new(Post {
            entry: entry(title, text),
            date: Some("2026-05-02T00:00:00[UTC]".parse().expect("a date")),
            updated: None,
            tags: vec![Tag { slug, name: "feet".to_owned() }],
            series: None,
            authors: Vec::new(),
            comments_open: true,
            comments_until: None,
            featured: false,
            threads: Vec::new(),
        }))
    }

    fn asking(words: &str) -> Question {
        Question { words: words.to_owned(), ..Question::default() }
    }

    #[test]
    fn titles_rank_before_texts() {
        let index = SearchIndex::build(vec![doc("Running", "about the calf"), doc("Calf", "a muscle")]);
        let titles = |words: &str| -> Vec<String> {
            let found = index.search(&asking(words), 0, 10).0.found;
            found.into_iter().map(|found| found.title).collect()
        };
        assert_eq!(titles("calf"), ["Calf", "Running"]);
        assert_eq!(titles("FEET mus"), ["Calf"]);
        assert!(titles("  !? ").is_empty());
    }

    /// Answers of the index to fixed queries.
    fn answers(index: &SearchIndex) -> String {
        let mut answers = String::new();
        for words in ["calf", "heel", "feet", "run", "w1", "w2", "w3 calf", "hee", "clf", "w", "heel run clf"] {
            answers += &format!("{:?}", index.search(&asking(words), 3, 9));
        }
        let index = index.0.read().expect("a lock");
        answers + &format!("{:?}", index.words().collect::<Vec<_>>())
    }

    #[test]
    fn searches_run_beside_each_other() {
        let index = SearchIndex::build(vec![doc("Calf", "a muscle")]);
        let _another_is_reading = index.0.read().expect("a lock");
        let found = std::thread::scope(|scope| scope.spawn(|| index.search(&asking("calf"), 3, 9)).join());
        assert_eq!(found.expect("answers").0.found.len(), 1);
    }

    #[test]
    fn an_index_that_follows_answers_like_a_new_one() {
        let docs = |titles: &[(&str, &str)]| titles.iter().map(|(title, text)| doc(title, text)).collect::<Vec<_>>();
        let index = SearchIndex::build(Vec::new());
        for now in [
            docs(&[("calf", "heel run"), ("heel", "run w1"), ("hip", "calf calf")]),
            docs(&[("calf", "heel run"), ("heel", "run w2"), ("hip", "calf calf")]),
            docs(&[("new", "calf calf"), ("calf", "heel run"), ("heel", "run w2"), ("hip", "calf calf")]),
            docs(&[("hip", "calf calf"), ("new", "calf calf"), ("heel", "run w2")]),
            docs(&[("calf", "w3 calf heel"), ("calf2", "w3 calf heel")]),
            docs(&[]),
            docs(&[("heel", "w1")]),
        ] {
            index.follow(now.clone());
            let new = SearchIndex::build(now);
            assert_eq!(answers(&index), answers(&new));
        }
    }

    #[test]
    fn pages_with_the_same_rare_words_are_similar() {
        let far = |title: &str| doc(title, "nothing alike");
        let docs = vec![
            doc("a", "The soleus, gastrocnemius and Achilles tendon lift your heel on stairs"),
            doc("b", "SOLEUS, gastrocnemius, achilles, TENDON: heel, lift, stairs"),
            doc("c", "the soleus, gastrocnemius and Achilles tendon"),
            doc("d", "the soleus and the heel"),
            doc("e", "Überbein Füße Dehnübung Länge Knöchel Öl-Bürste"),
            doc("f", "ÜBERBEIN füße dehnübung länge knöchel bürste"),
            far("g"),
            far("h"),
            far("i"),
            far("j"),
            far("k"),
            far("l"),
        ];
        let index = SearchIndex::build(docs);
        for (address, similar) in [("/a", vec!["/b", "/c"]), ("/e", vec!["/f"]), ("/g", vec![]), ("/none", vec![])] {
            assert_eq!(index.similar(address), similar, "{address}");
        }
    }

    #[test]
    fn corrections_are_spelt_as_the_site_does() {
        let index = SearchIndex::build(vec![doc("Übungen", "für die Füße")]);
        let correct = |question: &Question| index.search(question, 1, 10).1;
        for (words, expected) in [
            ("ubugnen", Some("übungen")),
            ("Füßle fur", Some("füße fur")),
            ("übungen", None),
            ("ubungen xylophone", None),
        ] {
            let correction = correct(&asking(words));
            assert_eq!(correction.map(|correction| correction.words()).as_deref(), expected, "{words}");
        }
        assert_eq!(correct(&Question { year: Some(2019), ..asking("ubugnen") }), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_query_and_no_text_makes_the_search_panic(text in "\\PC{0,400}", question in "\\PC{0,40}") {
            let shown: String = snippet(&text, &terms(&question)).into_iter().map(|(piece, _)| piece).collect();
            prop_assert!(text.contains(shown.trim_start_matches("… ").trim_end_matches(" …")));
            SearchIndex::build(vec![doc("title", &text)]).search(&asking(&question), 3, 10);
        }

        #[test]
        fn every_word_of_a_text_is_found_and_marked(text in "[a-cé ñйёが漢がгीहन्देุ่ทกß\u{ad}\u{200d}.-]{1,40}") {
            let index = SearchIndex::build(vec![doc("title", &text)]);
            let mut words = Vec::new();
            each(&text, |word| words.push(text[word.place].to_owned()));
            for word in words {
                let (results, _) = index.search(&asking(&word), 0, 10);
                prop_assert!(results.found.len() == 1 && !results.is_partial, "{word:?} in {text:?}");
                prop_assert!(results.found[0].snippet.iter().any(|(_, hit)| *hit), "{word:?} in {text:?}");
            }
        }
    }
}
