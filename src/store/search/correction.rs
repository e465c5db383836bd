//! A question with words that nobody wrote: which ones may have been meant.

use std::ops::Range;

use super::words::{fold, words};
use crate::domain::near::Near;

/// Most words of a question that are doubted; with more it is another language, not a slip.
const DOUBTED: usize = 3;
/// Most words that are tried in place of one.
pub(super) const CANDIDATES: usize = 3;
/// A word that is in so few documents may be a slip of the author's, if a near one is in [`FAR_MORE`] times as many.
const RARE: u32 = 2;
const FAR_MORE: u32 = 10;

/// A word of a question and what may have been meant, likeliest first; never empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    /// In bytes of the question.
    pub place: Range<usize>,
    /// As the index has them.
    pub candidates: Vec<String>,
}

/// The doubtful words of a question. `vocabulary` has every word of the index, weighed by how many documents have it.
/// The last word may be a beginning.
pub(super) fn doubts(vocabulary: &Near, question: &str) -> Vec<Doubt> {
    let places: Vec<(usize, usize)> = words(question).collect();
    let mut doubts = Vec::new();
    for (nth, (at, length)) in places.iter().enumerate() {
        let place = *at..at + length;
        let word = fold(&question[place.clone()]);
        // A year or a distance is meant as it is written.
        if word.contains(|c: char| c.is_numeric()) {
            continue;
        }
        let is_last = nth + 1 == places.len();
        let weight = if is_last { vocabulary.weight_of_beginning(&word) } else { vocabulary.weight_of(&word) };
        if weight > RARE {
            continue;
        }
        let mut found = vocabulary.find(&word, CANDIDATES + 1);
        if is_last && found.is_empty() {
            found = vocabulary.find_beginnings(&word, CANDIDATES);
        }
        let is_meant = |candidate: u32| weight == 0 || candidate >= FAR_MORE * weight;
        let candidates: Vec<String> = found
            .into_iter()
            .filter(|at| vocabulary.weight(*at).is_some_and(is_meant))
            .filter_map(|at| vocabulary.word(at))
            .filter(|candidate| *candidate != word)
            .take(CANDIDATES)
            .map(str::to_owned)
            .collect();
        if !candidates.is_empty() {
            doubts.push(Doubt { place, candidates });
        }
        if doubts.len() > DOUBTED {
            return Vec::new();
        }
    }
    doubts
}

/// The question in pieces; `true` marks a word that stands for another.
pub(super) fn replaced(question: &str, doubts: &[Doubt], nth: usize) -> Vec<(String, bool)> {
    let mut pieces = Vec::new();
    let mut done = 0;
    for Doubt { place, candidates } in doubts {
        let Some(word) = candidates.get(nth).or(candidates.last()) else { continue };
        pieces.push((question[done..place.start].to_owned(), false));
        pieces.push((word.clone(), true));
        done = place.end;
    }
    pieces.push((question[done..].to_owned(), false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_were_meant() {
        let words =
            [("hamstring", 30), ("stretch", 90), ("strech", 1), ("calf", 12), ("half", 200), ("2025", 40), ("the", 99)];
        let vocabulary = Near::new(words.map(|(word, weight)| (word.to_owned(), weight)));
        for (question, expected) in [
            ("hamstirng", Some("[hamstring]")),
            ("the Hamstirng, STRETHC", Some("the [hamstring], [stretch]")),
            // Not the last word, so no beginning.
            ("hamstrin stretch", Some("[hamstring] stretch")),
            ("hamst", None),
            ("hamtsr", Some("[hamstring]")),
            // The author's own slip.
            ("strech", Some("[stretch]")),
            // A word like any other, however frequent its neighbour is.
            ("calf", None),
            ("2024", None),
            ("xylophone", None),
            ("calv xylophone", Some("[calf] xylophone")),
            ("hamstirng strecth clf haf calfs", None),
            ("", None),
        ] {
            let doubts = doubts(&vocabulary, question);
            let mark = |(piece, changed): (String, bool)| if changed { format!("[{piece}]") } else { piece };
            let shown: String = replaced(question, &doubts, 0).into_iter().map(mark).collect();
            assert_eq!((!doubts.is_empty()).then_some(shown.as_str()), expected, "{question:?}");
        }
    }
}
