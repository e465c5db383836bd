//! Text that comes back from a form, and the differences between two texts. A form changes line ends and leaves out
//! characters that no page can show; lines that were not edited get theirs back.

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use crate::domain::words::without_controls;

/// Number of equal lines that are shown around a difference.
const AROUND: usize = 2;

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    pub is: Is,
    pub text: String,
}

/// Text that has a line: both, or one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Same,
    /// Line of the first text.
    Gone,
    /// Line of the second text.
    New,
    /// Place of equal lines that are left out.
    Gap,
}

/// Text as it is saved: the lines that are the same as in `before` have its bytes.
pub fn as_written(before: &str, typed: &str) -> String {
    let (old, new) = (lines(before), lines(typed));
    let default = old.first().map(|(_, end)| *end).filter(|end| !end.is_empty()).unwrap_or("\n");
    let shown = |lines: &[(&str, &str)]| -> Vec<String> {
        lines.iter().map(|(text, _)| without_controls((*text).to_owned())).collect()
    };
    let mut written = String::with_capacity(typed.len());
    for op in capture_diff_slices(Algorithm::Myers, &shown(&old), &shown(&new)) {
        let is_same = op.tag() == DiffTag::Equal;
        for (at, index) in op.new_range().enumerate() {
            let (text, end) = if is_same { old[op.old_range().start + at] } else { (new[index].0, "") };
            written.push_str(text);
            if index + 1 < new.len() {
                written.push_str(if end.is_empty() { default } else { end });
            }
        }
    }
    written
}

/// Lines that differ, with a few around them.
pub fn differences(before: &str, after: &str) -> Vec<Compared> {
    let texts = |text| lines(text).into_iter().map(|(text, _)| text).collect::<Vec<&str>>();
    let (old, new) = (texts(before), texts(after));
    let mut compared = Vec::new();
    for group in group_diff_ops(capture_diff_slices(Algorithm::Myers, &old, &new), AROUND) {
        if !compared.is_empty() {
            compared.push(Compared { is: Is::Gap, text: String::new() });
        }
        let mut add = |is, lines: &[&str]| {
            compared.extend(lines.iter().map(|line| Compared { is, text: (*line).to_owned() }));
        };
        for op in group {
            if let DiffOp::Equal { new_index, len, .. } = op {
                add(Is::Same, &new[new_index..new_index + len]);
            } else {
                add(Is::Gone, &old[op.old_range()]);
                add(Is::New, &new[op.new_range()]);
            }
        }
    }
    compared
}

/// Lines with their ends. The last has none.
fn lines(text: &str) -> Vec<(&str, &str)> {
    let (mut lines, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['\n', '\r']) {
        let length = if rest[at..].starts_with("\r\n") { 2 } else { 1 };
        lines.push((&rest[..at], &rest[at..at + length]));
        rest = &rest[at + length..];
    }
    lines.push((rest, ""));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_were_not_edited_keep_their_bytes() {
        for (before, typed, expected) in [
            ("a\nb\n", "a\r\nb\r\n", "a\nb\n"),
            ("a\r\nb\nc", "a\r\nx\r\nb\r\nc", "a\r\nx\r\nb\nc"),
            ("\u{feff}a\rb", "\u{feff}a\r\nb\r\n", "\u{feff}a\rb\r"),
            ("a\u{1}\nb \n", "a\r\nc \r\n", "a\u{1}\nc \n"),
            ("", "a\r\nb", "a\nb"),
            ("a\nb\n", "", ""),
        ] {
            assert_eq!(as_written(before, typed), expected);
        }
    }

    #[test]
    fn differences_have_lines_around_them() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";
        let compared = differences(before, &before.replace('5', "five"));
        let shown: Vec<String> = compared.iter().map(|line| format!("{:?} {}", line.is, line.text)).collect();
        assert_eq!(shown, ["Same 3", "Same 4", "Gone 5", "New five", "Same 6", "Same 7"]);
        assert_eq!(differences("a\r\nb", "a\nb"), []);
    }
}
