//! Corrections of queries with words that no document has.

use std::ops::Range;

use super::{
    index::Index,
    words::{Kind, Term, each},
};
use crate::domain::near;

/// Most words of a query that are corrected; with more it is in another language, not mistyped.
const DOUBTED: usize = 3;
/// Most candidates for one word.
pub(super) const CANDIDATES: usize = 3;
/// Most documents of a word that may be the author's typing error, if a near one is in [`FAR_MORE`] times as many.
const RARE: usize = 2;
const FAR_MORE: usize = 10;

/// Word of a query and its candidates, likeliest first; never empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    /// Byte range in the query.
    pub place: Range<usize>,
    /// Words as in the index.
    pub candidates: Vec<String>,
}

/// Words of a query that may be mistyped. The last word may be a beginning.
pub(super) fn doubts(index: &Index, question: &str) -> Vec<Doubt> {
    let mut words = Vec::new();
    each(question, |word| words.push((word.place, word.text.to_owned(), word.kind)));
    let count = words.len();
    // A year or a distance is meant as it is typed, and a single letter has too many candidates.
    let is_doubtful = |word: &str| word.chars().nth(1).is_some() && !word.contains(char::is_numeric);
    let mut doubts = Vec::new();
    for (nth, (place, word, _)) in
        words.into_iter().enumerate().filter(|(_, (_, word, kind))| *kind == Kind::Whole && is_doubtful(word))
    {
        let candidates = candidates(index, word, nth + 1 == count);
        if !candidates.is_empty() {
            doubts.push(Doubt { place, candidates });
        }
        if doubts.len() > DOUBTED {
            return Vec::new();
        }
    }
    doubts
}

/// Candidates for a word.
fn candidates(index: &Index, word: String, is_last: bool) -> Vec<String> {
    let term = Term { text: word, is_beginning: is_last };
    let (word, weight) = (&term.text, index.weight(&term));
    if weight > RARE {
        return Vec::new();
    }
    let known = || index.words().map(|(known, weight)| (known, weight, (known, weight)));
    let mut found = near::find(known(), word, CANDIDATES + 1);
    if is_last && found.is_empty() {
        found = near::find_beginnings(known(), word, CANDIDATES);
    }
    let is_meant = |(candidate, own): &(&str, usize)| candidate != word && (weight == 0 || *own >= FAR_MORE * weight);
    found.into_iter().filter(is_meant).take(CANDIDATES).map(|(candidate, _)| candidate.to_owned()).collect()
}

/// Query in pieces; `true` marks a word that was replaced.
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
    use super::{super::tests::page, *};

    #[test]
    fn corrections_of_typing_errors() {
        let words =
            [("hamstring", 30), ("stretch", 90), ("strech", 1), ("calf", 12), ("half", 200), ("2025", 40), ("the", 99)];
        let mut index = Index::default();
        for (word, weight) in words {
            for nth in 0..weight {
                index.put(0, page(&format!("{word}-{nth}"), word));
            }
        }
        for (question, expected) in [
            ("hamstirng", Some("[hamstring]")),
            ("the Hamstirng, STRETHC", Some("the [hamstring], [stretch]")),
            // It is not the last word, so it is no beginning.
            ("hamstrin stretch", Some("[hamstring] stretch")),
            ("hamst", None),
            ("hamtsr", Some("[hamstring]")),
            // The author's own typing error.
            ("strech", Some("[stretch]")),
            // A correct word, however frequent its neighbour is.
            ("calf", None),
            ("2024", None),
            ("xylophone", None),
            ("calv xylophone", Some("[calf] xylophone")),
            ("hamstirng strecth clf haf calfs", None),
            ("", None),
        ] {
            let doubts = doubts(&index, question);
            let mark = |(piece, changed): (String, bool)| if changed { format!("[{piece}]") } else { piece };
            let shown: String = replaced(question, &doubts, 0).into_iter().map(mark).collect();
            assert_eq!((!doubts.is_empty()).then_some(shown.as_str()), expected, "{question:?}");
        }
    }
}
