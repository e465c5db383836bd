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

    pub fn weight(&self, at: usize) -> Option<u32> {
        self.words.get(at).map(|word| word.weight)
    }

    /// The weight of a word that is written exactly so; 0 where there is none.
    pub fn weight_of(&self, asked: &str) -> u32 {
        self.words.iter().find(|word| *word.text == *asked).map_or(0, |word| word.weight)
    }

    /// The weight of the heaviest word that begins so; 0 where none does.
    pub fn weight_of_beginning(&self, asked: &str) -> u32 {
        self.words.iter().filter(|word| word.text.starts_with(asked)).map(|word| word.weight).max().unwrap_or(0)
    }

    /// The places of the nearest words, nearest first, those that are the same included.
    pub fn find(&self, asked: &str, most: usize) -> Vec<usize> {
        let length = asked.chars().count();
        let (reach, asked_letters) = (reach(length), letters(asked));
        // A step changes at most two letters of the set: one goes, another comes.
        let differs = |word: &Word| {
            let differs = (word.letters ^ asked_letters).count_ones() as usize;
            (word.length.abs_diff(length) <= reach && differs <= 2 * reach).then_some(differs)
        };
        self.nearest(length, most, differs, |word| strsim::damerau_levenshtein(asked, &word.text))
    }

    /// The places of longer words whose beginning is near, for a word that is still being typed. The first letter
    /// must be right: that bounds the search, and few get it wrong.
    pub fn find_beginnings(&self, asked: &str, most: usize) -> Vec<usize> {
        let length = asked.chars().count();
        let (reach, asked_letters, first) = (reach(length), letters(asked), asked.chars().next());
        // A letter left out makes the beginning one longer.
        let beginning = |word: &'_ Word, length: usize| word.text.chars().take(length).collect::<String>();
        let differs = |word: &Word| {
            if word.length <= length || word.text.chars().next() != first {
                return None;
            }
            let differs = (letters_of(word.text.chars().take(length + 1)) ^ asked_letters).count_ones() as usize;
            (differs <= 2 * reach + 1).then_some(differs)
        };
        self.nearest(length, most, differs, |word| {
            let distance = |length| strsim::damerau_levenshtein(asked, &beginning(word, length));
            distance(length).min(distance(length + 1))
        })
    }

    /// `differs` passes words over or says in how many letters they differ; `distance` is the dear comparison.
    fn nearest(
        &self,
        length: usize,
        most: usize,
        differs: impl Fn(&Word) -> Option<usize>,
        distance: impl Fn(&Word) -> usize,
    ) -> Vec<usize> {
        let reach = reach(length);
        if length > LONGEST || most == 0 {
            return Vec::new();
        }
        let candidate = |(at, word)| differs(word).map(|differs| (differs, Reverse(word.weight), at));
        let mut candidates: Vec<(usize, Reverse<u32>, usize)> =
            self.words.iter().enumerate().filter_map(candidate).collect();
        if candidates.len() > COMPARED {
            candidates.select_nth_unstable(COMPARED);
            candidates.truncate(COMPARED);
        }
        let mut found: Vec<(usize, Reverse<u32>, usize)> = candidates
            .into_iter()
            .filter_map(|(_, weight, at)| Some((distance(self.words.get(at)?), weight, at)))
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
    letters_of(word.chars())
}

fn letters_of(chars: impl Iterator<Item = char>) -> u64 {
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

    #[test]
    fn words_that_are_still_being_typed() {
        let near = Near::new(
            [("hamstring", 9), ("hamstrings", 3), ("handle", 1), ("wall", 5)]
                .map(|(word, weight)| (word.to_owned(), weight)),
        );
        for (asked, expected) in [
            ("hamtsr", Some("hamstring")),
            ("hmst", Some("hamstring")),
            ("hanlde", None),
            ("handel", None),
            ("amstri", None),
            ("xyl", None),
            ("", None),
        ] {
            let found = near.find_beginnings(asked, 1).first().and_then(|at| near.word(*at));
            assert_eq!(found, expected, "{asked:?}");
        }
        assert_eq!((near.weight_of("hamstring"), near.weight_of("hamst")), (9, 0));
        assert_eq!((near.weight_of_beginning("hamst"), near.weight_of_beginning("x")), (9, 0));
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
