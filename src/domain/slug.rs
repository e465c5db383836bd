//! Slugs: the last part of an address, as readers see and type it.

use std::fmt;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Unicode letters, digits, `-`, `_` and inner dots, in NFC and lower case; never empty.
///
/// Letters keep their script: `über-uns` stays `über-uns`, because that is the name of the author's file and the old
/// address. Only [`Slug::transliterated`] turns letters into ASCII.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

impl Slug {
    /// Slug of a file name, a tag or a title; `None` if it has no letter or digit.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut slug = String::with_capacity(text.len());
        for c in text.nfc().flat_map(char::to_lowercase) {
            let keeps = c.is_alphanumeric() || c == '_' || is_combining_mark(c);
            if keeps {
                slug.push(c);
            } else if c == '.' && !slug.is_empty() && !slug.ends_with(['-', '.']) {
                slug.push('.');
            } else if !matches!(c, '\'' | '’') && !slug.is_empty() && !slug.ends_with(['-', '.']) {
                slug.push('-');
            }
        }
        // Lower case can be a decomposed letter (İ), so normalise once more.
        let slug: String = slug.trim_end_matches(['-', '.']).nfc().collect();
        slug.contains(char::is_alphanumeric).then_some(Self(slug))
    }

    /// Slug of a tag: C, C# and C++ are three languages, while `food+drink` is two words.
    pub fn of_tag(name: &str) -> Option<Self> {
        let name = name.trim();
        let words = name.trim_end_matches(['+', '#']);
        let signs = name[words.len()..].replace('#', "-sharp").replace('+', "-plus");
        Self::from_text(&format!("{words}{signs}"))
    }

    /// ASCII slug for a new file (`instep new "Straße & Füße"` makes `strasse-fusse`).
    pub fn transliterated(title: &str) -> Option<Self> {
        Self::from_text(&deunicode::deunicode(title).replace('.', " "))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Slug {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_a_slug() {
        for (text, slug) in [
            ("Foot and ankle stretches", "foot-and-ankle-stretches"),
            ("Don't stop", "dont-stop"),
            ("  --A  B--", "a-b"),
            ("Über uns", "über-uns"),
            ("Cafe\u{301}", "café"),
            ("हिन्दी", "हिन्दी"),
            ("release 1.2.", "release-1.2"),
            ("İstanbul", "i\u{307}stanbul"),
            ("snake_case", "snake_case"),
            ("../../etc", "etc"),
        ] {
            assert_eq!(Slug::from_text(text).as_ref().map(Slug::as_str), Some(slug), "{text:?}");
        }
        assert_eq!(Slug::from_text("!?"), None);
        assert_eq!(Slug::from_text(""), None);
    }

    #[test]
    fn a_slug_is_its_own_slug() {
        for text in ["a.-b", "A..B", "İİ", "x_-_y", "ǅ-a", "1.-2"] {
            let slug = Slug::from_text(text).expect("has letters");
            assert_eq!(Slug::from_text(slug.as_str()), Some(slug));
        }
    }

    #[test]
    fn tags_of_programmers_differ() {
        let slug = |name| Slug::of_tag(name).map(|slug| slug.to_string());
        for (name, expected) in [("C", "c"), ("C#", "c-sharp"), ("C++ ", "c-plus-plus"), ("Food+Drink", "food-drink")] {
            assert_eq!(slug(name).as_deref(), Some(expected));
        }
    }

    #[test]
    fn new_files_get_plain_letters() {
        let slug = Slug::transliterated("Straße & Füße No. 5").expect("has letters");
        assert_eq!(slug.as_str(), "strasse-fusse-no-5");
    }
}
