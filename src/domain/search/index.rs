//! The index: for each word, which documents have it and how often. Documents are ranked by BM25 (Robertson and
//! Zaragoza, "The Probabilistic Relevance Framework", 2009): the sum over the words of a query of how rare each is and
//! how large its share of the document is.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Bound,
};

use super::words::{Term, each};
use crate::domain::entry::Content;

/// Weights of a word in the title, in a tag and in the text.
const WEIGHTS: [u8; 3] = [10, 5, 1];
/// BM25's usual values: how soon repetitions of a word stop counting, and how much longer texts need more of them.
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Similar pages: words of a page that are compared, letters of the shortest of them, and how many must be shared.
const TELLING: usize = 24;
const SHORTEST: usize = 4;
const SHARED: usize = 4;
/// Bytes of a document in [`Postings`], at most, in an index of two million.
const LONGEST_POSTING: usize = 4;
/// Most rows of removed documents that do not matter, however small the site is.
const SPARE_ROWS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Index {
    words: BTreeMap<Box<str>, Postings>,
    /// Documents; `None` for one that was removed.
    rows: Vec<Option<Row>>,
    addresses: HashMap<String, usize>,
    /// Number of words of all documents, repeated ones too.
    length: u64,
}

/// Documents that have a word, in order of their rows. Each is the distance to the row before, with seven bits in a byte,
/// and the weighted frequency: two bytes for most. A site of 10,000 posts has seven million.
#[derive(Debug, Default)]
struct Postings {
    bytes: Vec<u8>,
    /// Number of documents.
    count: usize,
    last_row: usize,
}

impl Postings {
    /// Adds to the frequency in a document, whose row is the last one or a later one. A word that occurs 200 times in a
    /// text is as significant as one that occurs 300 times.
    fn add(&mut self, row: usize, frequency: u8) {
        if let Some(last) = self.bytes.last_mut().filter(|_| row == self.last_row) {
            *last = last.saturating_add(frequency);
            return;
        }
        push_number(&mut self.bytes, row - self.last_row);
        self.bytes.push(frequency);
        self.count += 1;
        self.last_row = row;
    }

    /// Removes a document. Nothing is moved to other memory, since one text has hundreds of frequent words.
    fn remove(&mut self, row: usize) {
        let (mut at, mut before) = (0, 0);
        while at < self.bytes.len() {
            let start = at;
            let current = before + number(&self.bytes, &mut at);
            at += 1;
            if current != row {
                before = current;
                continue;
            }
            self.count -= 1;
            if at == self.bytes.len() {
                self.bytes.truncate(start);
                self.last_row = before;
            } else {
                let next = current + number(&self.bytes, &mut at);
                let mut distance = Vec::new();
                push_number(&mut distance, next - before);
                self.bytes.splice(start..at, distance);
            }
            return;
        }
    }

    /// Row and weighted frequency of each document.
    fn iter(&self) -> impl Iterator<Item = (usize, u8)> {
        let (mut at, mut row) = (0, 0);
        std::iter::from_fn(move || {
            row += (at < self.bytes.len()).then(|| number(&self.bytes, &mut at))?;
            at += 1;
            Some((row, *self.bytes.get(at - 1)?))
        })
    }
}

/// Appends a number, seven bits in a byte, the lowest first. The highest bit says that more follow.
fn push_number(bytes: &mut Vec<u8>, mut number: usize) {
    #[expect(clippy::cast_possible_truncation, reason = "seven bits fit into a byte")]
    let low = |number: usize| (number & 0x7f) as u8;
    while number > 0x7f {
        bytes.push(0x80 | low(number));
        number >>= 7;
    }
    bytes.push(low(number));
}

/// Reads the number at a place, and moves the place behind it.
fn number(bytes: &[u8], at: &mut usize) -> usize {
    let (mut number, mut shift) = (0, 0);
    while let Some(byte) = bytes.get(*at) {
        *at += 1;
        number |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

#[derive(Debug)]
struct Row {
    content: Content,
    /// Position among all documents, which decides between equal scores.
    place: usize,
    /// Number of its words.
    length: u64,
}

/// Documents that match a query.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// Documents, best first.
    pub docs: Vec<Content>,
    /// Number of words of the query that the best one has. Either all documents have all, or all have more than half.
    pub met: usize,
}

impl Index {
    /// Builds the index of documents with different addresses.
    pub fn build(docs: Vec<Content>) -> Self {
        let mut index = Self::default();
        // Collected in a map without order, which takes a third of the time.
        let mut words: HashMap<Box<str>, Postings> = HashMap::new();
        for (row, doc) in docs.into_iter().enumerate() {
            let length = each_weighted(&doc, |word, weight| match words.get_mut(word) {
                Some(postings) => postings.add(row, weight),
                None => words.entry(word.into()).or_default().add(row, weight),
            });
            index.push(row, doc, length);
        }
        // Copied: a vector that is made smaller keeps up to half of its memory with mimalloc.
        let exact = |postings: Postings| Postings { bytes: postings.bytes.as_slice().to_vec(), ..postings };
        index.words = words.into_iter().map(|(word, postings)| (word, exact(postings))).collect();
        index
    }

    /// Adds a document to the index, or replaces the one with its address.
    pub fn put(&mut self, place: usize, doc: Content) {
        if let Some(row) = self.addresses.get(&doc.entry().address).copied() {
            if let Some(own) = self.rows[row].as_mut().filter(|own| own.content.is_same(&doc)) {
                own.place = place;
                return;
            }
            self.take_out(row);
        }
        let (frequencies, length) = frequencies(&doc);
        for (word, frequency) in frequencies {
            let postings = self.words.entry(word).or_default();
            if postings.bytes.capacity() - postings.bytes.len() < LONGEST_POSTING {
                // Doubling would double the memory of the index, since one text has most of the frequent words.
                postings.bytes.reserve_exact(postings.bytes.len() / 16 + LONGEST_POSTING);
            }
            postings.add(self.rows.len(), frequency);
        }
        self.push(place, doc, length);
    }

    fn push(&mut self, place: usize, doc: Content, length: u64) {
        self.length += length;
        self.addresses.insert(doc.entry().address.clone(), self.rows.len());
        self.rows.push(Some(Row { content: doc, place, length }));
    }

    /// True if most rows are of removed documents: a new index is smaller.
    pub fn is_sparse(&self) -> bool {
        self.rows.len() > 2 * self.addresses.len() + SPARE_ROWS
    }

    /// Removes all documents but those with these addresses.
    pub fn keep(&mut self, addresses: &HashSet<String>) {
        let gone = self.addresses.iter().filter(|(address, _)| !addresses.contains(*address));
        let gone: Vec<usize> = gone.map(|(_, row)| *row).collect();
        gone.into_iter().for_each(|row| self.take_out(row));
    }

    fn take_out(&mut self, row: usize) {
        let Some(Row { content, length, .. }) = self.rows[row].take() else { return };
        self.addresses.remove(&content.entry().address);
        self.length -= length;
        for word in frequencies(&content).0.into_keys() {
            let Some(postings) = self.words.get_mut(&word) else { continue };
            postings.remove(row);
            if postings.count == 0 {
                self.words.remove(&word);
            }
        }
    }

    /// Every word and the number of documents that have it, in order.
    pub fn words(&self) -> impl Iterator<Item = (&str, usize)> {
        self.words.iter().map(|(word, postings)| (&**word, postings.count))
    }

    /// Number of documents that have the most frequent word that the term matches.
    pub fn weight(&self, term: &Term) -> usize {
        self.postings(term).map(|postings| postings.count).max().unwrap_or(0)
    }

    /// Documents that pass `is_wanted` and have all words, else those that have most of them, best first.
    pub fn find(&self, terms: &[Term], is_wanted: impl Fn(&Content) -> bool, most: usize) -> Matches {
        let scores = self.scores(terms);
        let candidates = self.rows.iter().zip(scores).filter_map(|(row, score)| Some((row.as_ref()?, score)));
        let mut found: Vec<(&Row, Score)> =
            candidates.filter(|(row, score)| score.met * 2 > terms.len() && is_wanted(&row.content)).collect();
        let met = found.iter().map(|(_, score)| score.met).max().unwrap_or(0);
        if met == terms.len() {
            found.retain(|(_, score)| score.met == met);
        }
        found.sort_unstable_by(|(a, a_score), (b, b_score)| {
            let by_score = b_score.met.cmp(&a_score.met).then(b_score.sum.total_cmp(&a_score.sum));
            by_score.then(a.place.cmp(&b.place))
        });
        Matches { docs: found.into_iter().take(most).map(|(row, _)| row.content.clone()).collect(), met }
    }

    pub fn has(&self, address: &str) -> bool {
        self.addresses.contains_key(address)
    }

    /// Addresses of documents that share at least [`SHARED`] telling words with the document of this address, most
    /// similar first.
    pub fn similar(&self, address: &str, most: usize) -> Vec<String> {
        let own = self.addresses.get(address).copied();
        let Some(Row { content, .. }) = own.and_then(|row| self.rows[row].as_ref()) else { return Vec::new() };
        let mut telling: Vec<(f32, &Postings)> = Vec::new();
        for (word, frequency) in frequencies(content).0 {
            let postings = self.words.get(&word).filter(|_| word.chars().count() >= SHORTEST);
            // A word that only one page has matches nothing, and one that every third has says little.
            let postings = postings.filter(|own| (2..=(self.addresses.len() / 3).max(2)).contains(&own.count));
            let weight = |own: &Postings| self.rareness(own.count) * f32::from(frequency.min(WEIGHTS[0]));
            telling.extend(postings.map(|own| (weight(own), own)));
        }
        telling
            .sort_by(|(a, a_postings), (b, b_postings)| b.total_cmp(a).then(a_postings.count.cmp(&b_postings.count)));
        let mut scores = vec![Score::default(); self.rows.len()];
        for (_, postings) in telling.iter().take(TELLING) {
            for (row, frequency) in postings.iter() {
                scores[row].met += 1;
                scores[row].sum += self.rareness(postings.count) * self.share(row, u32::from(frequency));
            }
        }
        let others = self.rows.iter().enumerate().zip(scores).filter(|((row, _), _)| Some(*row) != own);
        let mut found: Vec<(&Row, Score)> = others
            .filter(|(_, score)| score.met >= SHARED)
            .filter_map(|((_, row), score)| Some((row.as_ref()?, score)))
            .collect();
        found.sort_by(|(a, a_score), (b, b_score)| b_score.sum.total_cmp(&a_score.sum).then(a.place.cmp(&b.place)));
        found.into_iter().take(most).map(|(row, _)| row.content.entry().address.clone()).collect()
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
            for (row, frequency) in self.postings(term).flat_map(Postings::iter) {
                if frequencies[row] == 0 {
                    having.push(row);
                }
                frequencies[row] += u32::from(frequency);
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

    fn postings(&self, term: &Term) -> impl Iterator<Item = &Postings> {
        let from = (Bound::Included(&*term.text), Bound::Unbounded);
        self.words.range::<str, _>(from).take_while(|(word, _)| term.finds(word)).map(|(_, postings)| postings)
    }
}

#[derive(Clone, Copy, Default)]
struct Score {
    /// Number of words of the query that the document has.
    met: usize,
    sum: f32,
}

/// Weighted frequency of each word in a document, and its number of words.
fn frequencies(doc: &Content) -> (HashMap<Box<str>, u8>, u64) {
    let mut frequencies: HashMap<Box<str>, u8> = HashMap::new();
    let length = each_weighted(doc, |word, weight| match frequencies.get_mut(word) {
        Some(frequency) => *frequency = frequency.saturating_add(weight),
        None => drop(frequencies.insert(word.into(), weight)),
    });
    (frequencies, length)
}

/// Calls `tell` with each word of a document and its weight. Returns the number of words.
fn each_weighted(doc: &Content, mut tell: impl FnMut(&str, u8)) -> u64 {
    let mut length = 0;
    let (title, tags, text) = (&doc.entry().title, doc.keywords().join(" "), text(doc));
    for (text, weight) in [title, &tags, &text].into_iter().zip(WEIGHTS) {
        each(text, |word| {
            length += 1;
            tell(word.text, weight);
        });
    }
    length
}

/// Plain text of a document.
pub(super) fn text(doc: &Content) -> String {
    let entry = doc.entry();
    let text = entry.body.plain().unpack();
    if doc.stretch().is_some() { format!("{} {text}", entry.description()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::page, *};

    fn doc(number: usize) -> Content {
        page(&number.to_string(), "calf")
    }

    #[test]
    fn removed_documents_leave_nothing_in_the_words() {
        let mut index = Index::build((0..3).map(doc).collect());
        for round in 1..100 {
            let addresses = (round..round + 3).map(|number| format!("/{number}")).collect();
            index.keep(&addresses);
            (round..round + 3).for_each(|number| index.put(number, doc(number)));
        }
        assert_eq!((index.words["calf"].count, index.words["calf"].iter().count()), (3, 3));
        assert!(index.is_sparse());
    }

    #[test]
    fn postings_keep_rows_and_frequencies() {
        let all = [(0, 1), (1, 255), (127, 9), (255, 2), (256, 3), (70_000, 7), (3_000_000, 1), (3_000_000_000, 4)];
        let mut postings = Postings::default();
        all.iter().for_each(|(row, frequency)| postings.add(*row, *frequency));
        postings.add(3_000_000_000, 1);
        assert_eq!(postings.iter().take(7).collect::<Vec<_>>(), all[..7]);
        assert_eq!(postings.iter().last(), Some((3_000_000_000, 5)));
        for (nth, (row, _)) in all.iter().enumerate() {
            postings.remove(*row);
            assert_eq!(
                (postings.count, postings.iter().next().map(|(row, _)| row)),
                (7 - nth, all.get(nth + 1).map(|one| one.0))
            );
        }
    }
}
