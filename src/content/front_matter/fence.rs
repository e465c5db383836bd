//! Where the fence of a head is looked for, and heads whose first one was lost. Such a file would be all Markdown: its
//! keys would be shown as a heading, and what says that it is a draft would say nothing.

use super::{
    Fault,
    keys::{KNOWN, is_silent},
};
use crate::domain::problem::Place;

/// A head is short. Whoever has a rule far below a line with a colon has written a text.
const MOST_LINES: usize = 50;

/// How many bytes of empty lines stand above a head, which may have some, as in Hugo. A rule that begins a text is none.
pub(super) fn empty_lines_above(text: &str) -> usize {
    let below = text.trim_start();
    let fence = below.lines().next().unwrap_or_default().trim_end();
    let is_fence = matches!(fence, "---" | "+++") && is_head(below.lines().skip(1), fence);
    if is_fence { text.len() - below.len() } else { 0 }
}

/// What is wrong with a text that has no fence in its first line but begins as a head does.
pub(super) fn lost(text: &str) -> Option<Fault> {
    let fence = ["---", "+++"].into_iter().find(|fence| is_head(text.lines(), fence))?;
    Some(Fault {
        place: Place::START,
        what: format!("this looks like front matter whose first line, {fence}, is missing"),
        mend: format!("Put a line with {fence} above its first key."),
    })
}

/// Whether lines are nothing but what stands in a head, from a key that we know to the fence.
///
/// A heading that is underlined with `---` is written the same way: `Summary: what I have learned`. So a key counts that
/// is written as ours are, in lower case, or else two of them.
fn is_head<'a>(lines: impl Iterator<Item = &'a str>, fence: &str) -> bool {
    let sign = if fence == "+++" { '=' } else { ':' };
    let (mut is_first, mut known, mut as_ours) = (true, 0, 0);
    for line in lines.take(MOST_LINES).map(str::trim_end) {
        if line == fence {
            return as_ours > 0 || known > 1;
        }
        let key = key(line, sign);
        let is_known = key.is_some_and(|key| KNOWN.contains(&key.to_ascii_lowercase().as_str()));
        let may_be_first = is_known || key.is_some_and(|key| is_silent(key, false));
        if !line.is_empty() && !line.starts_with('#') && std::mem::take(&mut is_first) && !may_be_first {
            return false;
        }
        known += usize::from(is_known);
        as_ours += usize::from(is_known && key.is_some_and(|key| !key.contains(char::is_uppercase)));
        let continues = line.starts_with([' ', '\t', '#', ']', '}']) || line == "-" || line.starts_with("- ");
        let is_table = sign == '=' && line.starts_with('[');
        if !line.is_empty() && key.is_none() && !continues && !is_table {
            return false;
        }
    }
    false
}

/// The key of `key: value` or `key = value`.
fn key(line: &str, sign: char) -> Option<&str> {
    let (key, value) = line.split_once(sign)?;
    let key = key.trim_end();
    let is_word = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    // `https://…` is no key.
    let is_apart = sign == '=' || value.is_empty() || value.starts_with([' ', '\t']);
    (is_word && is_apart).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_without_their_first_fence() {
        for text in [
            "title: My secret plan\ndate: 2026-01-01\ndraft: true\n---\n\nText",
            "title: x\r\ndraft: true\r\n---\r\nText",
            "\n\ntitle: x\n\n# a comment\ntags:\n- a\n  - b\nmood: odd\n---\nText",
            "draft: true\n---\nText",
            "layout: post\ntitle: x\n---\nText",
            "Title: x\nDraft: true\n---\nText",
            "title = 'x'\ntags = [\n  'a',\n]\n[extra]\na = 1\n+++\nText",
        ] {
            let fault = lost(text).unwrap_or_else(|| panic!("{text:?} is a head"));
            assert_eq!(fault.place, Place::START, "{text:?}");
        }
    }

    #[test]
    fn empty_lines_above_a_head() {
        for (text, expected) in [
            ("---\ntitle: x\n---\n", 0),
            ("\n---\ntitle: x\n---\n", 1),
            ("\r\n \n+++\ntitle = 'x'\n+++\n", 4),
            ("\n---\n\nA text between rules.\n\n---\n", 0),
            ("\n\ntitle: x\n---\n", 0),
            ("\n", 0),
        ] {
            assert_eq!(empty_lines_above(text), expected, "{text:?}");
        }
    }

    #[test]
    fn texts_that_are_none() {
        for text in [
            "",
            "Text\n",
            "A heading\n---\n\nText",
            "Note: a heading\n---\n\nText",
            "Summary: what I have learned\n---\n\nText",
            "title: x\nand a sentence\n---\n",
            "title: x\n\nA text with a rule.\n\n---\n",
            "title: x\ndraft: true\n",
            "title = x\n---\n",
            "https://example.org\n---\n",
            "\n---\n\nA text between rules.\n\n---\n",
            "- title: x\n---\n",
            "# title: x\n---\n",
        ] {
            assert_eq!(lost(text), None, "{text:?}");
        }
        let far = format!("title: x\n{}---\n", "a: b\n".repeat(MOST_LINES));
        assert_eq!(lost(&far), None);
    }
}
