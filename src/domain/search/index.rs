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
/// Low bits of a [`Hit`] that hold the frequency. A word that stands 200 times in a text says as much as with 300.
const FREQUENCY_BITS: u32 = 8;
const MOST_FREQUENT: u32 = (1 << FREQUENCY_BITS) - 1;
/// Most documents of an index, 16 million; more are not found.
const MOST_ROWS: usize = 1 << (u32::BITS - FREQUENCY_BITS);

#[derive(Debug, Default)]
pub(super) struct Index {
    words: BTreeMap<Box<str>, Vec<Hit>>,
    /// Documents; `None` for one that was removed.
    rows: Vec<Option<Row>>,
    /// Rows of removed documents, which the next ones take.
    free: Vec<usize>,
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

    /// Raises the frequency.
    fn add(&mut self, weight: u32) {
        *self = Self::new(self.row(), self.frequency() + weight);
    }

    fn row(self) -> usize {
        (self.0 >> FREQUENCY_BITS) as usize
    }

    fn frequency(self) -> u32 {
        self.0 & MOST_FREQUENT
    }
}

/// Words with numbers.
#[derive(Default)]
struct Numbered {
    numbers: HashMap<Box<str>, usize>,
    /// Number of documents that have the word, by its number.
    holders: Vec<usize>,
    /// Place of the word in the hits of the last document that has it.
    places: Vec<usize>,
}

impl Numbered {
    /// Counts a word of a document. The hits of the document are by the number of the word, not by a row.
    fn count(&mut self, word: &str, weight: u32, hits: &mut Vec<Hit>) {
        let number = match self.numbers.get(word) {
            Some(number) => *number,
            None if self.numbers.len() == MOST_ROWS => return,
            None => {
                self.numbers.insert(word.into(), self.holders.len());
                self.holders.push(0);
                self.places.push(0);
                self.holders.len() - 1
            }
        };
        if let Some(hit) = hits.get_mut(self.places[number]).filter(|hit| hit.row() == number) {
            hit.add(weight);
            return;
        }
        self.holders[number] += 1;
        self.places[number] = hits.len();
        hits.push(Hit::new(number, weight));
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
    /// Builds the index of documents with different addresses. Adding them one by one would take several times as long.
    pub fn build(docs: Vec<SearchDoc>) -> Self {
        // Words get numbers and are counted first, so that each list has its size from the start. Lists that grow would
        // leave as much unused memory behind as the index has.
        let mut words = Numbered::default();
        let mut index = Self::default();
        let mut hits_of_docs: Vec<Box<[Hit]>> = Vec::with_capacity(docs.len());
        for (row, doc) in docs.into_iter().enumerate().take(MOST_ROWS) {
            let mut hits: Vec<Hit> = Vec::new();
            let length = each_weighted(&doc, |word, weight| words.count(word, weight, &mut hits));
            index.length += length;
            index.addresses.insert(doc.address.clone(), row);
            index.rows.push(Some(Row { doc: Arc::new(doc), place: row, length }));
            hits_of_docs.push(hits.into());
        }
        let mut lists: Vec<Vec<Hit>> = words.holders.iter().map(|count| Vec::with_capacity(*count)).collect();
        for (row, hits) in hits_of_docs.into_iter().enumerate() {
            for hit in hits {
                lists[hit.row()].push(Hit::new(row, hit.frequency()));
            }
        }
        index.words =
            words.numbers.into_iter().map(|(word, number)| (word, std::mem::take(&mut lists[number]))).collect();
        index
    }

    /// Adds a document to the index, or replaces the one with its address.
    pub fn put(&mut self, place: usize, doc: SearchDoc) {
        if let Some(row) = self.addresses.get(&doc.address).copied() {
            if let Some(own) = self.rows[row].as_mut().filter(|own| *own.doc == doc) {
                own.place = place;
                return;
            }
            self.take_out(row);
        }
        let Some(row) = self.free_row() else { return };
        let (frequencies, length) = frequencies(&doc);
        for (word, frequency) in frequencies {
            let hits = self.words.entry(word).or_default();
            let at = hits.partition_point(|hit| hit.row() < row);
            if hits.len() == hits.capacity() {
                // Doubling would double the memory of the index, since one text has most of the frequent words.
                hits.reserve_exact(hits.len() / 16 + 1);
            }
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

    /// Row for a new document; `None` if there are too many.
    fn free_row(&mut self) -> Option<usize> {
        self.free.pop().or_else(|| {
            self.rows.push(None);
            Some(self.rows.len() - 1).filter(|row| *row < MOST_ROWS)
        })
    }

    fn take_out(&mut self, row: usize) {
        let Some(Row { doc, length, .. }) = self.rows[row].take() else { return };
        self.free.push(row);
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
    let length = each_weighted(doc, |word, weight| match frequencies.get_mut(word) {
        Some(frequency) => *frequency += weight,
        None => drop(frequencies.insert(word.into(), weight)),
    });
    (frequencies, length)
}

/// Calls `tell` with each word of a document and its weight. Returns the number of words.
fn each_weighted(doc: &SearchDoc, mut tell: impl FnMut(&str, u32)) -> u64 {
    let mut length = 0;
    let tags = doc.tags.join(" ");
    for (text, weight) in [&*doc.title, &tags, &doc.text.unpack()].into_iter().zip(WEIGHTS) {
        each(text, |word| {
            length += 1;
            tell(word.text, weight);
        });
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(number: usize) -> SearchDoc {
        SearchDoc { address: format!("/{number}"), text: "calf".into(), ..SearchDoc::default() }
    }

    #[test]
    fn rows_of_removed_documents_are_used_again() {
        let mut index = Index::build((0..3).map(doc).collect());
        for round in 1..100 {
            let addresses = (round..round + 3).map(|number| format!("/{number}")).collect();
            index.keep(&addresses);
            (round..round + 3).for_each(|number| index.put(number, doc(number)));
        }
        assert_eq!((index.rows.len(), index.words["calf"].len()), (3, 3));
    }

    #[test]
    fn a_hit_keeps_its_row_whatever_its_frequency() {
        for (row, frequency) in [(0, 1), (MOST_ROWS - 1, 9), (MOST_ROWS - 1, 255), (70_000, 100_000)] {
            let mut hit = Hit::new(row, frequency);
            hit.add(300);
            assert_eq!((hit.row(), hit.frequency()), (row, MOST_FREQUENT));
        }
    }
}
