//! Problems in the author's files: where, what is wrong, how to mend it.

use std::{fmt, path::PathBuf};

/// Whether a file is left out (or kept at its last good version), or only deserves a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Warning,
    Error,
}

/// One thing the author should mend. Shown as `file:line:column: error: what. mend`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    pub severity: Severity,
    /// As the author would type it, seen from where the program was started.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// What is wrong: a sentence without its full stop.
    pub what: String,
    /// What to do about it: a whole sentence.
    pub mend: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, what, mend, .. } = self;
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}:{line}:{column}: {severity}: {what}. {mend}", file.display())
    }
}

/// A place in a file: line and column, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    pub const START: Self = Self { line: 1, column: 1 };

    /// The place of a byte in a text.
    pub fn of_byte(text: &str, byte: usize) -> Self {
        let before = &text[..text.floor_char_boundary(byte.min(text.len()))];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }

    /// Where a key such as `theme.dark.accent` stands in TOML: the first time with that value, else the first time.
    pub fn in_toml(text: &str, key: &str, value: &str) -> Option<Self> {
        let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
        let (mut current, mut found) = ("", None);
        for (at, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if let Some(header) = trimmed.strip_prefix('[') {
                current = header.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
            } else if current == table
                && let Some((key, written)) = trimmed.split_once('=')
                && key.trim() == name
            {
                let column = line.chars().take_while(|c| c.is_whitespace()).count() + 1;
                let place = Self { line: at + 1, column };
                if written.contains(value) {
                    return Some(place);
                }
                found = found.or(Some(place));
            }
        }
        found
    }
}

/// The known word nearest to a mistyped one, if any is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        assert_eq!(Place::of_byte("ab\ncdé f", 8), Place { line: 2, column: 5 });
        assert_eq!(Place::of_byte("", 9), Place::START);
    }

    #[test]
    fn where_keys_stand_in_toml() {
        let text = "title = 'x'\naccent = 'not this'\n[theme]\n  accent = '#fff'\n[theme.dark] # by night\naccent='#000'\n\
                    [[navigation]]\nhref = '/'\n[[navigation]]\nhref = 'a'\n";
        for (key, value, place) in [
            ("title", "x", Some((1, 1))),
            ("theme.accent", "", Some((4, 3))),
            ("theme.dark.accent", "other", Some((6, 1))),
            ("navigation.href", "a", Some((10, 1))),
            ("theme.ink", "", None),
        ] {
            let place = place.map(|(line, column)| Place { line, column });
            assert_eq!(Place::in_toml(text, key, value), place, "{key}");
        }
    }

    #[test]
    fn the_nearest_word_is_suggested_only_when_near() {
        let known = ["title", "tags", "description", "date"];
        assert_eq!(nearest("titel", known), Some("title"));
        assert_eq!(nearest("descripton", known), Some("description"));
        assert_eq!(nearest("colour", known), None);
    }
}
