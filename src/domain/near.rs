//! Fuzzy matching: a slug with a letter missing, a word of a query with two letters swapped.
//!
//! Cost: the edit distance is slow, so it is computed for at most [`COMPARED`] of the known words. They are chosen by a
//! set of letters in 64 bits: two words with a small distance differ in few letters. Filtering 100,000 words that way
//! takes some two milliseconds.

use std::cmp::Reverse;

/// Most words for which the edit distance is computed.
const COMPARED: usize = 400;
/// Longest word that is searched for, in characters; nobody types a longer one.
const LONGEST: usize = 80;

/// Returns the values of the nearest words, nearest first, exact matches included. `known` gives each word with its
/// weight and its value; among equally near words the heavier one comes first, then the earlier one.
pub fn find<'a, T: Copy>(known: impl Iterator<Item = (&'a str, usize, T)>, asked: &str, most: usize) -> Vec<T> {
    let length = asked.chars().count();
    let (reach, asked_letters) = (reach(length), letters(asked.chars()));
    // An edit changes at most two letters of the set: one is removed, another is added.
    let differs = |word: &str| {
        let differs = (letters(word.chars()) ^ asked_letters).count_ones() as usize;
        (differs <= 2 * reach && word.chars().count().abs_diff(length) <= reach).then_some(differs)
    };
    nearest(known, length, most, differs, |word| strsim::damerau_levenshtein(asked, word))
}

/// Returns the values of longer words whose beginning is near, for a word that is still being typed. The first letter
/// must be right: that limits the search, and few get it wrong.
pub fn find_beginnings<'a, T: Copy>(
    known: impl Iterator<Item = (&'a str, usize, T)>,
    asked: &str,
    most: usize,
) -> Vec<T> {
    let length = asked.chars().count();
    let (reach, asked_letters, first) = (reach(length), letters(asked.chars()), asked.chars().next());
    // If a letter was left out, the beginning is one longer.
    let beginning = |word: &str, length: usize| word.chars().take(length).collect::<String>();
    let differs = |word: &str| {
        if word.chars().next() != first || word.chars().nth(length).is_none() {
            return None;
        }
        let differs = (letters(word.chars().take(length + 1)) ^ asked_letters).count_ones() as usize;
        (differs <= 2 * reach + 1).then_some(differs)
    };
    nearest(known, length, most, differs, |word| {
        let distance = |length| strsim::damerau_levenshtein(asked, &beginning(word, length));
        distance(length).min(distance(length + 1))
    })
}

/// Finds the nearest words. `differs` filters words and counts different letters; `distance` is the slow comparison.
fn nearest<'a, T: Copy>(
    known: impl Iterator<Item = (&'a str, usize, T)>,
    length: usize,
    most: usize,
    differs: impl Fn(&str) -> Option<usize>,
    distance: impl Fn(&str) -> usize,
) -> Vec<T> {
    if length > LONGEST || most == 0 {
        return Vec::new();
    }
    let mut words: Vec<(&str, T)> = Vec::new();
    let mut candidates: Vec<(usize, Reverse<usize>, usize)> = Vec::new();
    for (word, weight, value) in known {
        if let Some(differs) = differs(word) {
            candidates.push((differs, Reverse(weight), words.len()));
            words.push((word, value));
        }
    }
    if candidates.len() > COMPARED {
        candidates.select_nth_unstable(COMPARED);
        candidates.truncate(COMPARED);
    }
    let reach = reach(length);
    let compared = candidates.into_iter().map(|(_, weight, at)| (distance(words[at].0), weight, at));
    let mut found: Vec<_> = compared.filter(|(distance, ..)| *distance <= reach).collect();
    found.sort_unstable();
    found.into_iter().take(most).map(|(.., at)| words[at].1).collect()
}

/// Largest edit distance at which a word still matches.
fn reach(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        6..=11 => 2,
        _ => length / 4,
    }
}

/// Set of the letters that occur, one bit each. Letters beyond a to z share the remaining bits.
fn letters(chars: impl Iterator<Item = char>) -> u64 {
    chars.fold(0, |set, c| {
        let bit = match c {
            'a'..='z' => u32::from(c) - u32::from('a'),
            _ => 26 + u32::from(c) % 38,
        };
        set | 1 << bit
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed<'a>(words: &'a [(&'a str, usize)]) -> impl Iterator<Item = (&'a str, usize, &'a str)> {
        words.iter().map(|(word, weight)| (*word, *weight, *word))
    }

    #[test]
    fn words_that_are_nearly_right() {
        let words =
            ["calf", "calves", "half", "stretch", "stretching", "hamstrings", "füße", "foot-and-ankle-stretches"];
        let words = words.map(|word| (word, usize::from(word == "half")));
        for (asked, expected) in [
            ("calf", &["calf", "half"][..]),
            ("clf", &["calf"]),
            ("salf", &["half", "calf"]),
            ("strecth", &["stretch"]),
            ("hamstirngs", &["hamstrings"]),
            ("füse", &["füße"]),
            ("foot-and-ankel-streches", &["foot-and-ankle-stretches"]),
            ("ab", &[]),
            ("", &[]),
            ("xylophone", &[]),
        ] {
            assert_eq!(find(weighed(&words), asked, 3), expected, "{asked:?}");
        }
        assert!(find(weighed(&words), &"calf".repeat(30), 3).is_empty());
    }

    #[test]
    fn words_that_are_still_being_typed() {
        let words = [("hamstring", 9), ("hamstrings", 3), ("handle", 1), ("wall", 5)];
        for (asked, expected) in [
            ("hamtsr", Some("hamstring")),
            ("hmst", Some("hamstring")),
            ("hanlde", None),
            ("handel", None),
            ("amstri", None),
            ("xyl", None),
            ("", None),
        ] {
            assert_eq!(find_beginnings(weighed(&words), asked, 1).first().copied(), expected, "{asked:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_word_within_reach_is_never_passed_over(a in "[a-e\u{e4}-]{3,14}", b in "[a-e\u{e4}-]{3,14}") {
            let is_near = strsim::damerau_levenshtein(&a, &b) <= reach(a.chars().count());
            proptest::prop_assert_eq!(!find(weighed(&[(&b, 0)]), &a, 1).is_empty(), is_near);
        }
    }
}
