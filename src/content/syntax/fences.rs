//! Closing fences of code with a tab behind them: CommonMark allows that (4.5), but pulldown-cmark 0.13 takes all text
//! below for code.

use std::ops::Range;

use super::edited::Edited;

/// Returns the text without blanks behind fences if a tab is among them.
pub fn without_tabs(markdown: &str) -> Edited<'_> {
    let mut at = 0;
    let blanks = |line: &str| {
        let start = at;
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let text = line.trim_end_matches([' ', '\t']);
        let is_fence = text.ends_with("```") || text.ends_with("~~~");
        let has_tab = line[text.len()..].contains('\t');
        (is_fence && has_tab).then(|| (start + text.len()..start + line.len(), String::new()))
    };
    let blanks: Vec<(Range<usize>, String)> = markdown.split_inclusive('\n').filter_map(blanks).collect();
    Edited::new(markdown, blanks, Vec::new())
}
