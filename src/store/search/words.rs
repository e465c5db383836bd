//! Words as the index sees them: cut as its tokenizer cuts, folded as it folds.

use std::borrow::Cow;

/// Most words of a question that count; more only slow it down.
const MAX_TERMS: usize = 12;
const SHARP_S: [char; 2] = ['ß', 'ẞ'];

/// The words of a question, as the tokenizer sees them: letters and digits only, so no operator gets through.
pub(super) fn terms(question: &str) -> Vec<String> {
    words(question).map(|(at, word)| fold(&question[at..at + word])).take(MAX_TERMS).collect()
}

/// Where each word of a text begins, and how many bytes it has.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let is_word = |c: char| c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c);
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(is_word)?;
        let length = rest[start..].find(|c| !is_word(c)).unwrap_or(rest.len() - start);
        let at = text.len() - rest.len() + start;
        rest = &rest[start + length..];
        Some((at, length))
    })
}

/// What the index is told in place of a text: `unicode61` leaves ß as it is, which nobody in Switzerland and few on
/// their phones type.
pub(super) fn without_sharp_s(text: &str) -> Cow<'_, str> {
    if text.contains(SHARP_S) { Cow::Owned(text.replace(SHARP_S, "ss")) } else { Cow::Borrowed(text) }
}

/// Lower case, without accents, ß as ss: as [`without_sharp_s`] and then `unicode61 remove_diacritics 2` fold.
pub(super) fn fold(word: &str) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    without_sharp_s(word).nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}
