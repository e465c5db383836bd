//! Texts as normalised words, so that `CASINO`, `Casíno` and a casino with Cyrillic letters in it are one word.

use unicode_normalization::UnicodeNormalization;

use crate::domain::characters::is_invisible;

/// Words of a text: runs of letters and digits, in lower case, without marks. Apostrophes join, all else separates.
pub fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.nfkd().flat_map(char::to_lowercase) {
        if is_joining(c) {
            continue;
        }
        match (letters(c), words.last_mut()) {
            (Some(letters), Some(word)) => word.push_str(letters),
            (None, Some(word)) if c.is_alphanumeric() => word.push(c),
            (None, Some(word)) if !word.is_empty() => words.push(String::new()),
            _ => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// True for characters that do not separate words: invisible ones and apostrophes.
fn is_joining(c: char) -> bool {
    matches!(c, '\'' | '’') || (is_invisible(c) && !c.is_whitespace())
}

/// Letters that look like a Latin letter and have no decomposition in Unicode; then the Latin ones, in the same order.
const LOOKALIKES: [(&str, &str); 3] = [
    ("øłđı", "oldi"),
    ("авсеѕіјкмнортух", "abcesijkmhoptyx"), // Cyrillic
    ("αεικνορτυχ", "aeikvoptux"),           // Greek
];

/// Latin letters for one that looks like them or replaces them.
fn letters(c: char) -> Option<&'static str> {
    match c {
        'ß' => Some("ss"),
        'æ' => Some("ae"),
        'œ' => Some("oe"),
        c if c.is_ascii() => None,
        c => LOOKALIKES.iter().find_map(|(alike, latin)| {
            let at = alike.chars().position(|other| other == c)?;
            latin.get(at..=at)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word() {
        for text in [
            "casino",
            "CASINO",
            "Casíno",
            "саsinо",
            "ca\u{200B}sino",
            "ｃａｓｉｎｏ",
            "(casino!)",
            "c'asino",
            "ca\u{200F}si\u{61C}no\u{3164}",
        ] {
            assert_eq!(words(text), ["casino"], "{text:?}");
        }
    }

    #[test]
    fn every_lookalike_has_its_latin_letter() {
        for (alike, latin) in LOOKALIKES {
            assert!(latin.is_ascii() && alike.chars().count() == latin.len(), "{alike}");
            assert_eq!(words(alike), [latin]);
        }
    }

    #[test]
    fn texts() {
        for (text, expected) in [
            ("", vec![]),
            (" … 🏃 ", vec![]),
            ("Don't stop, 2 more!", vec!["dont", "stop", "2", "more"]),
            ("Straße/Fuß-Übung", vec!["strasse", "fuss", "ubung"]),
            ("spam.example", vec!["spam", "example"]),
            ("走る人", vec!["走る人"]),
        ] {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }
}
