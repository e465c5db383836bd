//! Copies that a program for syncing or a file manager leaves beside a file, by their names.

use std::path::Path;

/// Words that only names of copies have.
const MARKS: [&str; 5] =
    [".sync-conflict-", "conflicted copy", "(sfconflict", "(case conflict", "in konflikt stehende kopie"];
/// Parts of words; every copy's name has one. Checked first, since a site may have ten thousand names.
const SIGNS: [&str; 5] = ["(", "onflict", "opy", "opie", "~syncthing~"];

/// True if a file (or the folder of an `index.md`) is such a copy. `is_there` is true for a name beside it.
pub(super) fn is_copy(name: &str, is_there: impl Fn(&str) -> bool) -> bool {
    if !SIGNS.iter().any(|sign| name.contains(sign)) {
        return false;
    }
    let lower = name.to_lowercase();
    if MARKS.iter().any(|mark| lower.contains(mark)) || lower.starts_with("~syncthing~") || lower.ends_with(".conflict")
    {
        return true;
    }
    // `hello (copy)`, `hello (2nd copy)`, `hello (Kopie)`.
    let in_brackets = lower.strip_suffix(')').and_then(|start| start.rsplit_once(" ("));
    if in_brackets.is_some_and(|(_, inner)| inner.split(' ').any(|word| matches!(word, "copy" | "kopie"))) {
        return true;
    }
    // `hello copy 2` and `hello (1)` may be titles, unless there is a `hello`.
    let numbered = in_brackets.filter(|(_, inner)| inner.bytes().all(|byte| byte.is_ascii_digit()));
    let rest = numbered.map_or(lower.as_str(), |(rest, _)| rest);
    let rest = rest.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
    let copied = [" - copy", " - kopie", " copy", " kopie"].iter().find_map(|ending| rest.strip_suffix(ending));
    let original = copied.or(numbered.map(|(rest, _)| rest));
    original.is_some_and(|original| is_there(&name[..name.floor_char_boundary(original.len())]))
}

/// Name that is checked: of the file, or of the folder of an `index.md`.
pub(super) fn name_of(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_string_lossy();
    let is_index = stem == "index" || stem.starts_with("index.");
    let folder = path.parent().and_then(Path::file_name).filter(|_| is_index);
    Some(folder.map_or(stem, |folder| folder.to_string_lossy()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_titles_that_look_like_them() {
        for (name, expected) in [
            ("hello.sync-conflict-20261129-101112-ABCDEFG", true),
            ("hello (conflicted copy 2026-11-29)", true),
            ("hello (Ana's conflicted copy 2026-11-29 101112)", true),
            ("hello (SFConflict ana@x.example 2026-11-29-10-11-12)", true),
            ("hello (copy)", true),
            ("hello (3rd copy)", true),
            ("hello (Kopie)", true),
            ("hello copy", true),
            ("hello copy 2", true),
            ("hello - Copy", true),
            ("hello - Copy (2)", true),
            ("hello (1)", true),
            ("Hello (1)", false),
            ("my first copy", false),
            ("part (1)", false),
            ("hello", false),
            ("hello 2", false),
            ("copy", false),
            ("conflict", false),
            ("hello.Conflict", true),
            ("a.conflict-of-interest", false),
            ("über (1)", false),
        ] {
            assert_eq!(is_copy(name, |other| other == "hello"), expected, "{name}");
        }
    }
}
