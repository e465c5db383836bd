//! Finding what was nearly written: a slug with a letter missing, a word of a question with two of them swapped.
//!
//! Cost: comparing letter by letter is dear, so it is done with at most [`COMPARED`] of the known words. Which ones,
//! a set of letters in 64 bits decides: two words that are few steps apart differ in few letters. Passing over
//! 100,000 words that way takes a fraction of a millisecond.

use std::cmp::Reverse;

/// Most words that are compared letter by letter.
const COMPARED: usize = 400;
/// Longest word that is looked for, in characters; nobody types more than that by heart.
const LONGEST: usize = 80;

/// Words to look among, each with a weight: among equally near ones the heavier is meant.
#[derive(Clone, Debug, Default)]
pub struct Near {
    words: Vec<Word>,
}

#[derive(Clone, Debug)]
struct Word {
    text: Box<str>,
    letters: u64,
    length: usize,
    weight: u32,
}

impl Near {
    pub fn new(words: impl IntoIterator<Item = (String, u32)>) -> Self {
        let word = |(text, weight): (String, u32)| Word {
            letters: letters(&text),
            length: text.chars().count(),
            text: text.into_boxed_str(),
            weight,
        };
        Self { words: words.into_iter().map(word).collect() }
    }

    pub fn word(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(|word| &*word.text)
    }

    /// The places of the nearest words, nearest first, those that are the same included.
    pub fn find(&self, asked: &str, most: usize) -> Vec<usize> {
        let length = asked.chars().count();
        let reach = reach(length);
        if length > LONGEST || most == 0 {
            return Vec::new();
        }
        let asked_letters = letters(asked);
        // A step changes at most two letters of the set: one goes, another comes.
        let differs = |word: &Word| (word.letters ^ asked_letters).count_ones() as usize;
        let may_be = |word: &Word| word.length.abs_diff(length) <= reach && differs(word) <= 2 * reach;
        let mut candidates: Vec<(usize, &Word)> =
            self.words.iter().enumerate().filter(|(_, word)| may_be(word)).collect();
        if candidates.len() > COMPARED {
            candidates.select_nth_unstable_by_key(COMPARED, |(at, word)| (differs(word), Reverse(word.weight), *at));
            candidates.truncate(COMPARED);
        }
        let distance = |word: &Word| strsim::damerau_levenshtein(asked, &word.text);
        let mut found: Vec<(usize, Reverse<u32>, usize)> = candidates
            .into_iter()
            .map(|(at, word)| (distance(word), Reverse(word.weight), at))
            .filter(|(distance, ..)| *distance <= reach)
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(.., at)| at).take(most).collect()
    }
}

/// How many letters of a word may be wrong and it is still meant.
fn reach(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        6..=11 => 2,
        _ => length / 4,
    }
}

/// One bit for each letter that occurs. Letters beyond a to z share the bits that are left.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |set, c| {
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

    #[test]
    fn words_that_are_nearly_right() {
        let words =
            ["calf", "calves", "half", "stretch", "stretching", "hamstrings", "füße", "foot-and-ankle-stretches"];
        let near = Near::new(words.iter().map(|word| ((*word).to_owned(), u32::from(*word == "half"))));
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
            let found: Vec<&str> = near.find(asked, 3).into_iter().filter_map(|at| near.word(at)).collect();
            assert_eq!(found, expected, "{asked:?}");
        }
        assert!(near.find(&"calf".repeat(30), 3).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn a_word_within_reach_is_never_passed_over(a in "[a-e\u{e4}-]{3,14}", b in "[a-e\u{e4}-]{3,14}") {
            let near = Near::new([(b.clone(), 0)]);
            let is_near = strsim::damerau_levenshtein(&a, &b) <= reach(a.chars().count());
            proptest::prop_assert_eq!(!near.find(&a, 1).is_empty(), is_near);
        }
    }
}
