//! The index: for each word, which documents have it and how often. Documents are ranked by BM25 (Robertson and
//! Zaragoza, "The Probabilistic Relevance Framework", 2009): the sum over the words of a query of how rare each is and
//! how large its share of the document is.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Bound,
    sync::Arc,
};

use super::words::{Term, each};
use crate::domain::search_doc::SearchDoc;

/// Weights of a word in the title, in a tag and in the text.
const WEIGHTS: [u32; 3] = [10, 5, 1];
/// BM25's usual values: how soon repetitions of a word stop counting, and how much longer texts need more of them.
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Similar pages: words of a page that are compared, letters of the shortest of them, and how many must be shared.
const TELLING: usize = 24;
const SHORTEST: usize = 4;
const SHARED: usize = 4;
/// Low bits of a [`Hit`] that hold the frequency.
const FREQUENCY_BITS: u32 = 12;
const MOST_FREQUENT: u32 = (1 << FREQUENCY_BITS) - 1;

#[derive(Debug, Default)]
pub(super) struct Index {
    words: BTreeMap<Box<str>, Vec<Hit>>,
    /// Documents; `None` for one that was removed.
    rows: Vec<Option<Row>>,
    addresses: HashMap<String, usize>,
    /// Number of words of all documents, repeated ones too.
    length: u64,
}

/// Document that has a word: its row, then the weighted frequency. Packed, since a site of 10,000 posts has seven
/// million of them; sorted by row.
#[derive(Clone, Copy, Debug)]
struct Hit(u32);

impl Hit {
    fn new(row: usize, frequency: u32) -> Self {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        Self((row << FREQUENCY_BITS) | frequency.min(MOST_FREQUENT))
    }

    fn row(self) -> usize {
        (self.0 >> FREQUENCY_BITS) as usize
    }

    fn frequency(self) -> u32 {
        self.0 & MOST_FREQUENT
    }
}

#[derive(Debug)]
struct Row {
    doc: Arc<SearchDoc>,
    /// Position among all documents, which decides between equal scores.
    place: usize,
    /// Number of its words.
    length: u64,
}

/// Documents that match a query.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// Documents, best first.
    pub docs: Vec<Arc<SearchDoc>>,
    /// Number of words of the query that the best one has. Either all documents have all, or all have more than half.
    pub met: usize,
}

impl Index {
    /// Adds a document to the index, or replaces the one with its address.
    pub fn put(&mut self, place: usize, doc: SearchDoc) {
        let row = match self.addresses.get(&doc.address).copied() {
            Some(row) => {
                if let Some(own) = self.rows[row].as_mut().filter(|own| *own.doc == doc) {
                    own.place = place;
                    return;
                }
                self.take_out(row);
                row
            }
            None => {
                self.rows.push(None);
                self.rows.len() - 1
            }
        };
        let (frequencies, length) = frequencies(&doc);
        for (word, frequency) in frequencies {
            let hits = self.words.entry(word).or_default();
            let at = hits.partition_point(|hit| hit.row() < row);
            hits.insert(at, Hit::new(row, frequency));
        }
        self.length += length;
        self.addresses.insert(doc.address.clone(), row);
        self.rows[row] = Some(Row { doc: Arc::new(doc), place, length });
    }

    /// Removes all documents but those with these addresses.
    pub fn keep(&mut self, addresses: &HashSet<String>) {
        let gone = self.addresses.iter().filter(|(address, _)| !addresses.contains(*address));
        let gone: Vec<usize> = gone.map(|(_, row)| *row).collect();
        gone.into_iter().for_each(|row| self.take_out(row));
    }

    /// Frees the spare capacity of lists.
    pub fn shrink(&mut self) {
        self.words.values_mut().for_each(Vec::shrink_to_fit);
    }

    fn take_out(&mut self, row: usize) {
        let Some(Row { doc, length, .. }) = self.rows[row].take() else { return };
        self.addresses.remove(&doc.address);
        self.length -= length;
        for word in frequencies(&doc).0.into_keys() {
            let Some(hits) = self.words.get_mut(&word) else { continue };
            if let Ok(at) = hits.binary_search_by_key(&row, |hit| hit.row()) {
                hits.remove(at);
            }
            if hits.is_empty() {
                self.words.remove(&word);
            }
        }
    }

    /// Every word and the number of documents that have it, in order.
    pub fn words(&self) -> impl Iterator<Item = (&str, usize)> {
        self.words.iter().map(|(word, hits)| (&**word, hits.len()))
    }

    /// Number of documents that have the most frequent word that the term matches.
    pub fn weight(&self, term: &Term) -> usize {
        self.hits(term).map(Vec::len).max().unwrap_or(0)
    }

    /// Documents that pass `is_wanted` and have all words, else those that have most of them, best first.
    pub fn find(&self, terms: &[Term], is_wanted: impl Fn(&SearchDoc) -> bool, most: usize) -> Matches {
        let scores = self.scores(terms);
        let candidates = self.rows.iter().zip(scores).filter_map(|(row, score)| Some((row.as_ref()?, score)));
        let mut found: Vec<(&Row, Score)> =
            candidates.filter(|(row, score)| score.met * 2 > terms.len() && is_wanted(&row.doc)).collect();
        let met = found.iter().map(|(_, score)| score.met).max().unwrap_or(0);
        if met == terms.len() {
            found.retain(|(_, score)| score.met == met);
        }
        found.sort_unstable_by(|(a, a_score), (b, b_score)| {
            let by_score = b_score.met.cmp(&a_score.met).then(b_score.sum.total_cmp(&a_score.sum));
            by_score.then(a.place.cmp(&b.place))
        });
        Matches { docs: found.into_iter().take(most).map(|(row, _)| Arc::clone(&row.doc)).collect(), met }
    }

    pub fn has(&self, address: &str) -> bool {
        self.addresses.contains_key(address)
    }

    /// Documents that share at least [`SHARED`] telling words with the document of this address, most similar first.
    pub fn similar(&self, address: &str, most: usize) -> Vec<&SearchDoc> {
        let own = self.addresses.get(address).copied();
        let Some(Row { doc, .. }) = own.and_then(|row| self.rows[row].as_ref()) else { return Vec::new() };
        let mut telling: Vec<(f32, &Vec<Hit>)> = Vec::new();
        for (word, frequency) in frequencies(doc).0 {
            let hits = self.words.get(&word).filter(|_| word.chars().count() >= SHORTEST);
            // A word that only one page has matches nothing, and one that every third has says little.
            let hits = hits.filter(|hits| (2..=(self.addresses.len() / 3).max(2)).contains(&hits.len()));
            telling
                .extend(hits.map(|hits| (self.rareness(hits.len()) * (frequency as f32).min(WEIGHTS[0] as f32), hits)));
        }
        telling.sort_by(|(a, a_hits), (b, b_hits)| b.total_cmp(a).then(a_hits.len().cmp(&b_hits.len())));
        let mut scores = vec![Score::default(); self.rows.len()];
        for (_, hits) in telling.iter().take(TELLING) {
            for hit in *hits {
                scores[hit.row()].met += 1;
                scores[hit.row()].sum += self.rareness(hits.len()) * self.share(hit.row(), hit.frequency());
            }
        }
        let others = self.rows.iter().enumerate().zip(scores).filter(|((row, _), _)| Some(*row) != own);
        let mut found: Vec<(&Row, Score)> = others
            .filter(|(_, score)| score.met >= SHARED)
            .filter_map(|((_, row), score)| Some((row.as_ref()?, score)))
            .collect();
        found.sort_by(|(a, a_score), (b, b_score)| b_score.sum.total_cmp(&a_score.sum).then(a.place.cmp(&b.place)));
        found.into_iter().take(most).map(|(row, _)| &*row.doc).collect()
    }

    /// Weight of a word that so many documents have.
    fn rareness(&self, holders: usize) -> f32 {
        let (all, holders) = (self.addresses.len() as f32, holders as f32);
        (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln()
    }

    /// Weight of a word of this frequency in a document.
    fn share(&self, row: usize, frequency: u32) -> f32 {
        let average = (self.length as f32 / self.addresses.len() as f32).max(1.0);
        let length = self.rows[row].as_ref().map_or(0.0, |row| row.length as f32);
        let frequency = frequency as f32;
        frequency * (K1 + 1.0) / (frequency + K1 * (1.0 - B + B * length / average))
    }

    /// Score of each row. A word in all of 50,000 documents costs a fraction of a millisecond.
    fn scores(&self, terms: &[Term]) -> Vec<Score> {
        let mut scores = vec![Score::default(); self.rows.len()];
        let mut frequencies = vec![0_u32; self.rows.len()];
        let mut having: Vec<usize> = Vec::new();
        for term in terms {
            for hit in self.hits(term).flatten() {
                if frequencies[hit.row()] == 0 {
                    having.push(hit.row());
                }
                frequencies[hit.row()] += hit.frequency();
            }
            let rareness = self.rareness(having.len());
            for row in having.drain(..) {
                let frequency = std::mem::take(&mut frequencies[row]);
                scores[row].met += 1;
                scores[row].sum += rareness * self.share(row, frequency);
            }
        }
        scores
    }

    fn hits(&self, term: &Term) -> impl Iterator<Item = &Vec<Hit>> {
        let from = (Bound::Included(&*term.text), Bound::Unbounded);
        self.words.range::<str, _>(from).take_while(|(word, _)| term.finds(word)).map(|(_, hits)| hits)
    }
}

#[derive(Clone, Copy, Default)]
struct Score {
    /// Number of words of the query that the document has.
    met: usize,
    sum: f32,
}

/// Weighted frequency of each word in a document, and its number of words.
fn frequencies(doc: &SearchDoc) -> (HashMap<Box<str>, u32>, u64) {
    let mut frequencies: HashMap<Box<str>, u32> = HashMap::new();
    let mut length = 0;
    let tags = doc.tags.join(" ");
    for (text, weight) in [&*doc.title, &tags, &doc.text.unpack()].into_iter().zip(WEIGHTS) {
        each(text, |word| {
            length += 1;
            match frequencies.get_mut(word.text) {
                Some(frequency) => *frequency += weight,
                None => drop(frequencies.insert(word.text.into(), weight)),
            }
        });
    }
    (frequencies, length)
}
