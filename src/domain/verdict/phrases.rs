//! Phrases that hold or refuse a comment: found as whole words, so that "press" does not match "WordPress".

use super::plain;

/// List of `[comments] hold_words` or `refuse_words`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrases(Vec<Phrase>);

/// One or more words in sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Phrase {
    /// Text as the author wrote it.
    written: String,
    words: Vec<Pattern>,
}

/// Pattern of a word: any letters may be between its parts (`cas*no`).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern(Vec<String>);

impl Phrases {
    /// # Errors
    /// The first phrase with a word that would match any word.
    pub fn parse(written: &[String]) -> Result<Self, String> {
        let parse = |phrase: &String| Phrase::parse(phrase).ok_or_else(|| phrase.clone());
        written.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the first phrase that is in one of the texts, as the author wrote it.
    pub fn find<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        let texts: Vec<Vec<String>> = texts.into_iter().map(plain::words).collect();
        let stands_in = |phrase: &&Phrase| texts.iter().any(|words| phrase.stands_in(words));
        self.0.iter().find(stands_in).map(|phrase| phrase.written.as_str())
    }
}

/// Placeholder for `*` while the text is split into words: a letter of a script that is not in use.
const STAR: char = '\u{1B000}';

impl Phrase {
    fn parse(written: &str) -> Option<Self> {
        let marked = written.replace('*', STAR.encode_utf8(&mut [0; 4]));
        let words: Option<Vec<Pattern>> = plain::words(&marked).iter().map(|word| Pattern::parse(word)).collect();
        let words = words.filter(|words| !words.is_empty())?;
        Some(Self { written: written.trim().to_owned(), words })
    }

    fn stands_in(&self, words: &[String]) -> bool {
        words
            .windows(self.words.len())
            .any(|window| self.words.iter().zip(window).all(|(pattern, word)| pattern.is(word)))
    }
}

impl Pattern {
    /// Parses a word; `None` if it would match any word.
    fn parse(marked: &str) -> Option<Self> {
        let parts: Vec<String> = marked.split(STAR).map(str::to_owned).collect();
        parts.iter().any(|part| !part.is_empty()).then_some(Self(parts))
    }

    fn is(&self, word: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else {
            return self.0.first().is_some_and(|only| only == word);
        };
        let Some(mut rest) = word.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(written: &[&str]) -> Result<Phrases, String> {
        Phrases::parse(&written.iter().map(|phrase| (*phrase).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn phrases_match_whole_words() {
        for (phrase, text, is_found) in [
            ("press", "Press here", true),
            ("press", "I use WordPress", false),
            ("press", "the press's fault", false),
            ("press*", "pressing on", true),
            ("*press", "WordPress!", true),
            ("*press", "pressing", false),
            ("*press*", "expression", true),
            ("cas*no", "a c4sino", false),
            ("cas*no", "CASSSINO", true),
            ("cas*no", "casino", true),
            ("ab*ba", "aba", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "acb", false),
            ("casino", "Casíno", true),
            ("casino", "саsinо", true),
            ("Übung", "ubung", true),
            ("buy now", "BUY... now!", true),
            ("buy now", "buy it now", false),
            ("buy now", "now buy", false),
            ("buy vi*", "Buy Viagra", true),
            ("spam.example", "see https://www.spam.example/x", true),
            ("spam.example", "spam, example", true),
            ("*词*", "这是词语", true),
            ("don't", "dont", true),
        ] {
            let found = phrases(&["nothing of this", phrase]).expect(phrase);
            assert_eq!(found.find(["Ana", text]), is_found.then_some(phrase), "{phrase:?} in {text:?}");
        }
        assert_eq!(Phrases::default().find(["anything"]), None);
    }

    #[test]
    fn a_phrase_that_matches_everything_is_refused() {
        for wrong in ["*", "", " ", "buy *", "...", "**"] {
            assert_eq!(phrases(&["casino", wrong]), Err(wrong.to_owned()), "{wrong:?}");
        }
    }
}
