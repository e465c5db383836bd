//! Problems in the author's files: the place, the error, and how to fix it.

use std::{cell::OnceCell, cmp::Reverse, collections::HashMap, fmt, path::Path, sync::Arc};

use super::words::counted;

/// Severity of a problem: an error leaves the file out (or keeps its last good version), a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Warning,
    Error,
}

/// Problem that the author should fix. Shown as `file:line:column: error: what. mend`. Cheap to clone: a large site has
/// tens of thousands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    pub severity: Severity,
    /// Path as the author would type it, relative to the folder in which the program was started.
    pub file: Arc<Path>,
    /// Line, counted from 1.
    pub line: usize,
    /// Column, counted from 1, in characters.
    pub column: usize,
    /// Description: a sentence without its full stop.
    pub what: Arc<str>,
    /// Instruction to fix it: a whole sentence.
    pub mend: Arc<str>,
}

impl Problem {
    pub fn error(file: &Path, place: Place, what: impl Into<Arc<str>>, mend: impl Into<Arc<str>>) -> Self {
        Self { severity: Severity::Error, ..Self::warning(file, place, what, mend) }
    }

    pub fn warning(file: &Path, place: Place, what: impl Into<Arc<str>>, mend: impl Into<Arc<str>>) -> Self {
        let Place { line, column } = place;
        Self { severity: Severity::Warning, file: file.into(), line, column, what: what.into(), mend: mend.into() }
    }

    /// First part of the description in quotes or braces, with them.
    fn named(&self) -> Option<&str> {
        let start = self.what.find(['"', '{'])?;
        if self.what[start..].starts_with('{') {
            return self.what.get(start..=self.what.rfind('}')?);
        }
        let end = self.what[start + 1..].find('"')?;
        self.what.get(start..start + end + 2)
    }

    /// Description without expressions in braces, quoted parts and addresses: equal for all problems of a kind.
    fn kind(&self) -> String {
        let expression = self.named().filter(|named| named.starts_with('{')).unwrap_or_default();
        let unquoted = self.what.replacen(expression, "", 1).replace("\\\"", "");
        let words = unquoted.split('"').step_by(2).flat_map(str::split_whitespace);
        let is_of_kind = |word: &&str| !word.contains(['/', '#', '=']);
        words.filter(is_of_kind).collect::<Vec<_>>().join(" ")
    }
}

/// Returns the problems of one file in order of place, with one warning of each kind, which says how many more there
/// are, where, and about what.
pub fn merged(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| (problem.line, problem.column));
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut merged: Vec<(Problem, Vec<String>)> = Vec::with_capacity(problems.len());
    for problem in problems {
        let at = match problem.severity {
            Severity::Warning => *places.entry(problem.kind()).or_insert(merged.len()),
            Severity::Error => merged.len(),
        };
        match merged.get_mut(at) {
            Some((first, others)) => {
                let named = problem.named().filter(|named| first.named() != Some(named));
                others.push(format!("line {}{}{}", problem.line, named.map_or("", |_| " "), named.unwrap_or_default()));
            }
            None => merged.push((problem, Vec::new())),
        }
    }
    let told = |(problem, mut others): (Problem, Vec<String>)| {
        let count = others.len();
        if count == 0 {
            return problem;
        }
        others.dedup();
        let more = if others.len() > MOST_OTHERS { ", …" } else { "" };
        others.truncate(MOST_OTHERS);
        let what = format!("{} (and {count} more like it: {}{more})", problem.what, others.join(", "));
        Problem { what: what.into(), ..problem }
    };
    merged.into_iter().map(told).collect()
}

/// Most places that are named where a file has many problems of a kind.
const MOST_OTHERS: usize = 10;
/// Most problems that are listed unless all are requested.
const MOST_TOLD: usize = 10;

/// Returns the worst problems, and a sentence about the others.
pub fn worst<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> (Vec<&'a Problem>, Option<String>) {
    let mut worst: Vec<&Problem> = problems.into_iter().collect();
    worst.sort_by_key(|problem| Reverse(problem.severity));
    let more = worst.len().saturating_sub(MOST_TOLD);
    worst.truncate(MOST_TOLD);
    (worst, (more > 0).then(|| format!("{} more; instep check lists all", counted(more, "problem", "problems"))))
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

/// Place in a file: line and column, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    pub const START: Self = Self { line: 1, column: 1 };

    /// Returns the place of a byte in a text.
    pub fn of_byte(text: &str, byte: usize) -> Self {
        Self::START.after(&text[..text.floor_char_boundary(byte)])
    }

    /// Returns the place behind some text that begins here.
    fn after(self, text: &str) -> Self {
        match text.rfind('\n') {
            Some(last) => {
                let column = text[last + 1..].chars().count() + 1;
                Self { line: self.line + text.matches('\n').count(), column }
            }
            None => Self { column: self.column + text.chars().count(), ..self },
        }
    }

    /// Place of a key such as `theme.dark.accent` in TOML: the first with that value, else the first.
    pub fn in_toml(text: &str, key: &str, value: &str) -> Option<Self> {
        let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
        let (mut current, mut found) = ("", None);
        for (at, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if let Some(header) = trimmed.strip_prefix('[') {
                current = header.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
            } else if current == key && line.contains(value) {
                // In this table the author chooses the keys.
                return Some(Self { line: at + 1, column: 1 });
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

/// Places in one text. Each look-up costs the same, since a text may have thousands of links.
#[derive(Debug)]
pub struct Places<'a> {
    text: &'a str,
    /// Place of each byte that is a multiple of [`Places::STEP`], or of the character that it is a part of.
    marks: OnceCell<Vec<Place>>,
}

impl<'a> Places<'a> {
    const STEP: usize = 1_024;

    pub fn of(text: &'a str) -> Self {
        Self { text, marks: OnceCell::new() }
    }

    /// Returns the place of a byte.
    pub fn at(&self, byte: usize) -> Place {
        let marks = self.marks.get_or_init(|| {
            let parts = 0..self.text.len() / Self::STEP;
            let next = |place: &mut Place, nth: usize| {
                *place = place.after(self.between(nth * Self::STEP, (nth + 1) * Self::STEP));
                Some(*place)
            };
            std::iter::once(Place::START).chain(parts.scan(Place::START, next)).collect()
        });
        let nth = byte.min(self.text.len()) / Self::STEP;
        marks.get(nth).map_or(Place::START, |mark| mark.after(self.between(nth * Self::STEP, byte)))
    }

    fn between(&self, from: usize, to: usize) -> &str {
        &self.text[self.text.floor_char_boundary(from)..self.text.floor_char_boundary(to)]
    }
}

/// Known word nearest to a mistyped one, if any is near enough.
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
        let text = "aé\nüb\n\n".repeat(400) + &"é".repeat(3_000) + "\nx";
        let places = Places::of(&text);
        for byte in (0..text.len() + 3).step_by(7) {
            assert_eq!(places.at(byte), Place::of_byte(&text, byte), "{byte}");
        }
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
            ("theme", "#fff", Some((4, 1))),
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
