//! Words as search compares them. Documents and queries are read by the same function, so that equal words match.
//!
//! Case and compatibility forms (NFKC) never matter; accents and vowel points do not matter in Latin, Greek, Cyrillic,
//! Hebrew and Arabic. Text without spaces between words (Chinese, Japanese, Korean, Thai …) is cut into pairs of
//! neighbouring characters. ICU's dictionaries would cut it at words, but take megabytes and cut a query differently
//! than the text around it.

use std::ops::Range;

use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_script::{Script, UnicodeScript};
use unicode_segmentation::UnicodeSegmentation;

/// Scripts without spaces between words, by ISO 15924: Han, Hiragana … Thai, Lao, Khmer, Myanmar … Javanese, Balinese.
const UNSPACED: [&str; 16] = [
    "Hani", "Hira", "Kana", "Bopo", "Hang", "Yiii", "Thai", "Laoo", "Khmr", "Mymr", "Tale", "Talu", "Lana", "Tavt",
    "Java", "Bali",
];

/// Most words of a query that count; more only slow it down.
const MAX_TERMS: usize = 32;

/// Word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// Byte range in the text.
    pub place: Range<usize>,
    /// Folded word.
    pub text: &'a str,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters between spaces or punctuation.
    Whole,
    /// Two neighbouring characters.
    Pair,
    /// Last character before a space or punctuation, so that every character begins some word.
    Last,
}

/// Word of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub text: String,
    /// True if it matches longer words that begin so, too.
    pub is_beginning: bool,
}

impl Term {
    pub fn finds(&self, word: &str) -> bool {
        if self.is_beginning { word.starts_with(&self.text) } else { word == self.text }
    }
}

/// Words of a query, each once. The last one may be the beginning of a word, if it has two letters or more.
pub(super) fn terms(question: &str) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    let mut last = 0..0;
    each(question, |word| {
        // If a query ends in a pair, its last character is in the pair already.
        let is_alone = word.kind == Kind::Last && word.place.end != last.end;
        if word.kind != Kind::Last || is_alone {
            terms.push(Term { text: word.text.to_owned(), is_beginning: is_alone });
        }
        last = word.place;
    });
    if let Some(term) = terms.last_mut() {
        term.is_beginning |= term.text.chars().nth(1).is_some();
    }
    let mut known = std::collections::HashSet::new();
    terms.retain(|term| known.insert(term.text.clone()));
    terms.truncate(MAX_TERMS);
    terms
}

/// Calls `tell` with each word of a text.
pub(super) fn each(text: &str, mut tell: impl FnMut(Word<'_>)) {
    let mut word = Pending::default();
    // Last character of a script without spaces.
    let mut character = Pending::default();
    for (at, cluster) in clusters(text) {
        let end = at + cluster.len();
        match class(cluster) {
            Class::Letter => {
                character.tell(Kind::Last, &mut tell);
                word.add(at..end, cluster);
            }
            Class::Character => {
                word.tell(Kind::Whole, &mut tell);
                let mut next = Pending::default();
                next.add(at..end, cluster);
                if next.text.is_empty() {
                    continue;
                }
                if !character.text.is_empty() {
                    character.text.push_str(&next.text);
                    character.place.end = end;
                    character.tell(Kind::Pair, &mut tell);
                }
                character = next;
            }
            Class::Separator => {
                word.tell(Kind::Whole, &mut tell);
                character.tell(Kind::Last, &mut tell);
            }
            Class::Invisible => {}
        }
    }
    word.tell(Kind::Whole, &mut tell);
    character.tell(Kind::Last, &mut tell);
}

/// Word that may continue.
#[derive(Default)]
struct Pending {
    place: Range<usize>,
    text: String,
}

impl Pending {
    fn add(&mut self, place: Range<usize>, cluster: &str) {
        if self.text.is_empty() {
            self.place.start = place.start;
        }
        self.place.end = place.end;
        fold(cluster, &mut self.text);
    }

    fn tell(&mut self, kind: Kind, tell: &mut impl FnMut(Word<'_>)) {
        if !self.text.is_empty() {
            tell(Word { place: self.place.clone(), text: &self.text, kind });
            self.text.clear();
        }
    }
}

/// Characters with their marks (grapheme clusters, UAX 29), so that decomposed letters (`e` and an accent, the parts of
/// a Korean syllable) are compared whole.
fn clusters(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let length = match ascii_letters(rest.as_bytes()) {
            0 => rest.graphemes(true).next().map_or(rest.len(), str::len),
            length => length,
        };
        let found = (at, &rest[..length]);
        at += length;
        Some(found)
    })
}

/// Number of letters, or one other character, at the start of a text that are ASCII and followed by ASCII or the end.
/// Such a character is a cluster of its own, and letters of a word are folded alike, so they are taken together.
fn ascii_letters(text: &[u8]) -> usize {
    let letters = text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let length = letters.max(usize::from(text.first().is_some_and(u8::is_ascii)));
    if text.get(length).is_none_or(u8::is_ascii) { length } else { length.saturating_sub(1) }
}

enum Class {
    Letter,
    /// Character of a script without spaces between words.
    Character,
    Separator,
    /// Soft hyphens, joiners, marks of direction: the word continues after them.
    Invisible,
}

fn class(cluster: &str) -> Class {
    let Some(first) = cluster.chars().next() else { return Class::Invisible };
    match first {
        _ if first.is_ascii() => {
            if first.is_ascii_alphanumeric() {
                Class::Letter
            } else {
                Class::Separator
            }
        }
        _ if is_invisible(first) => Class::Invisible,
        _ if !first.is_alphanumeric() && !is_combining_mark(first) => Class::Separator,
        _ if is_unspaced(first) => Class::Character,
        _ => Class::Letter,
    }
}

/// True in a script without spaces between words. Korean has spaces, but particles (을, 에서) are joined to the word.
fn is_unspaced(c: char) -> bool {
    // Thai is the first of them; looking up a script takes long. ー and its like are of no one script.
    c >= '\u{e00}'
        && (UNSPACED.contains(&c.script().short_name())
            || matches!(c, '\u{3000}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9f}'))
}

/// True for characters that only control how others are shown, and for the stroke that stretches Arabic words.
fn is_invisible(c: char) -> bool {
    c == '\u{640}' || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Appends a folded character.
fn fold(cluster: &str, folded: &mut String) {
    if cluster.is_ascii() {
        let start = folded.len();
        folded.push_str(cluster);
        return folded[start..].make_ascii_lowercase();
    }
    // Some vowel signs are clusters of their own (UAX 29, table 2).
    let mut base = cluster.chars().next().map_or(Script::Common, |first| first.script());
    let plain = cluster.nfkd().filter(|c| {
        if is_combining_mark(*c) {
            use Script::*;
            return !is_invisible(*c)
                && !matches!(base, Latin | Greek | Cyrillic | Hebrew | Arabic | Common | Inherited);
        }
        base = c.script();
        !is_invisible(*c)
    });
    for c in plain.flat_map(char::to_lowercase).nfc() {
        let latin = if c.script() == Script::Latin && !c.is_ascii() { deunicode::deunicode_char(c) } else { None };
        match latin {
            // ß, ø, ł, ı, æ: letters that do not decompose into a letter and a mark.
            Some(letters) if letters.bytes().all(|byte| byte.is_ascii_alphabetic()) => folded.push_str(letters),
            _ if c == 'ς' => folded.push('σ'),
            _ => folded.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let mut words = Vec::new();
        each(text, |word| words.push(word.text.to_owned()));
        words.join(" ")
    }

    #[test]
    fn texts_are_cut_and_folded() {
        for (text, expected) in [
            ("Don't STOP, 3.10!", "don t stop 3 10"),
            ("Straße STRAẞE Ærø Łódź İ ı", "strasse strasse aero lodz i i"),
            ("Ёлка Й, ΌΜΟΡΦΟΣ κόσμος", "елка и ομορφοσ κοσμοσ"),
            ("हिन्दी में", "हिन्दी में"),
            ("全文検索は、CSS設計", "全文 文検 検索 索は は css 設計 計"),
            ("가나다 라", "가나 나다 다 라"),
            ("ﬁ ｗ ① m² ™ ½x", "fi w 1 m2 1⁄2x"),
            ("a\u{ad}b\u{200d}c \u{fe0f}d", "abc d"),
            ("", ""),
            (" \u{301} ´ \u{feff}", ""),
        ] {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }

    #[test]
    fn questions_are_read_like_texts() {
        let shown = |question: &str| -> String {
            let shown = |term: Term| term.text + if term.is_beginning { "*" } else { "" };
            terms(question).into_iter().map(shown).collect::<Vec<_>>().join(" ")
        };
        for (question, expected) in [
            ("Calf stre", "calf stre*"),
            ("calf s", "calf s"),
            ("calf CALF", "calf"),
            ("全文検索", "全文 文検 検索*"),
            ("肩 痛", "肩* 痛*"),
            ("!?", ""),
        ] {
            assert_eq!(shown(question), expected, "{question:?}");
        }
    }
}
