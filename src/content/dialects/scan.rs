//! One pass over a text, line by line: finds the constructs of other systems, and skips code and comments.
//!
//! Markdown is parsed later. Here, the start of each line shows where a block of code, of HTML or a list begins and
//! ends. `braces` has the rewrites of `{{ … }}` and `{% … %}`, `attributes` those of `{: … }`, `elements` those of HTML.

use std::{
    collections::{HashSet, VecDeque},
    ops::Range,
};

use super::lines::{Blocks, Line, indent_below};
use crate::content::syntax::{edited::Edited, lookup::Lookup, rendered::Remark, tags::name_of};

/// Replaces the constructs that have a meaning here, and reports the others.
pub(super) fn expand<'a>(markdown: &'a str, lookup: &dyn Lookup) -> Edited<'a> {
    let mut scan = Scan {
        markdown,
        lookup,
        at: 0,
        line: 0,
        prefix: "",
        blocks: Blocks::default(),
        formula: None,
        missing: HashSet::new(),
        elements: Vec::new(),
        open: VecDeque::new(),
        replacements: Vec::new(),
        remarks: Vec::new(),
    };
    scan.run();
    Edited::new(markdown, scan.replacements, scan.remarks)
}

/// Longest code span, in bytes.
const LONGEST_SPAN: usize = 2_000;
/// Advice about a table of contents.
pub(super) const CONTENTS: &str = "Remove it: a long post gets its table of contents without it.";

pub(super) struct Scan<'a> {
    pub markdown: &'a str,
    pub lookup: &'a dyn Lookup,
    /// End of the part that is processed.
    at: usize,
    /// Start of the current line.
    pub line: usize,
    /// Quotes and list signs with which it begins.
    pub prefix: &'a str,
    pub blocks: Blocks<'a>,
    /// Position of the `$$` that opened a formula.
    formula: Option<usize>,
    /// Closing signs and tags that do not occur any more.
    pub missing: HashSet<String>,
    /// Open HTML elements, the outermost with Markdown in it.
    pub(super) elements: Vec<Element>,
    /// Open shortcodes, innermost last: the name and, for a known one, the text that its closing tag becomes.
    pub open: VecDeque<(String, Option<&'static str>)>,
    replacements: Vec<(Range<usize>, String)>,
    pub remarks: Vec<Remark>,
}

/// An element that is open inside one with Markdown.
pub(super) struct Element {
    pub(super) name: String,
    pub(super) is_markdown: bool,
    /// True if it is the first of its HTML block.
    pub(super) begins_block: bool,
    /// Start of its lines: quotes, and the indentation of a list.
    pub(super) prefix: String,
    /// Blanks before its first line, which are taken from all lines.
    pub(super) indent: Option<usize>,
}

impl<'a> Scan<'a> {
    fn run(&mut self) {
        while self.at < self.markdown.len() {
            let start = self.at;
            let end = self.end_of_line(start);
            let before = &self.markdown[..start];
            let is_line = before.is_empty() || before.ends_with('\n');
            if is_line {
                self.line = start;
            } else {
                self.line = before.rfind('\n').map_or(0, |newline| newline + 1);
            }
            if !is_line || self.enter_line(&self.markdown[start..end]) {
                self.read_signs(end);
            }
            self.at = self.at.max(end);
            if !self.lookup.spend(end - start) {
                return;
            }
        }
    }

    pub fn end_of_line(&self, at: usize) -> usize {
        self.markdown[at..].find('\n').map_or(self.markdown.len(), |newline| at + newline + 1)
    }

    /// Reads the start of a line. False if no sign in it has a meaning, because it is code.
    fn enter_line(&mut self, whole: &'a str) -> bool {
        self.take_indent(whole);
        let line = Line::new(whole);
        let is_markup = self.formula.is_some() || !self.elements.is_empty();
        if !self.blocks.enter(&line, self.line, is_markup) || self.skip_raw_element(&line) {
            return false;
        }
        self.join_picture(&line);
        let is_nested = line.quotes > 0 || self.blocks.is_in_list();
        self.prefix = if is_nested { &whole[..line.start] } else { "" };
        self.mark_of_contents(&line);
        self.alert(&line);
        true
    }

    /// Skips an element whose content is no Markdown (CommonMark 4.6, first kind). Its end tag gets small letters, or
    /// pulldown-cmark would not find it.
    fn skip_raw_element(&mut self, line: &Line) -> bool {
        const NAMES: [&str; 4] = ["pre", "script", "style", "textarea"];
        let name_at = |at: usize| name_of(&self.markdown[at..]).to_ascii_lowercase();
        let start = self.line + line.start;
        if self.blocks.html != Some(start) || !NAMES.contains(&name_at(start).as_str()) {
            return false;
        }
        self.blocks.html = None;
        let mut ends = self.markdown[start..].match_indices("</").map(|(at, _)| start + at);
        let end = ends.find_map(|at| Some((at + 2, name_at(at))).filter(|(_, name)| NAMES.contains(&name.as_str())));
        self.at = self.markdown.len();
        if let Some((start, name)) = end {
            self.at = start + name.len();
            if self.markdown[start..self.at] != name {
                self.replace(start..self.at, name);
            }
        }
        true
    }

    fn read_signs(&mut self, end: usize) {
        while self.at < end {
            let Some(found) = self.markdown[self.at..end].find(['\\', '`', '<', '{', '$']) else { return };
            let at = self.at + found;
            let rest = &self.markdown[at..];
            let next = match rest.as_bytes()[0] {
                b'\\' => at + if rest.starts_with("\\`") { 2 } else { 1 },
                b'`' => self.code_span(at),
                b'$' if rest.starts_with("$$") => self.formula(at),
                b'{' => self.brace(at),
                b'<' if rest.starts_with("<!--") => self.comment(at),
                b'<' => self.tag(at),
                _ => at + 1,
            };
            self.at = next.max(at + 1);
        }
    }

    /// Returns where the code span ends that may begin here: at a run of as many backticks (CommonMark 6.1).
    fn code_span(&self, at: usize) -> usize {
        let ticks = run_of_ticks(&self.markdown[at..]);
        let start = at + ticks;
        let rest = &self.markdown[start..self.markdown.floor_char_boundary(start + LONGEST_SPAN)];
        let mut next = 0;
        while self.blocks.html.is_none()
            && let Some(found) = rest[next..].find('`').map(|found| next + found)
            && !rest[next..found].contains("\n\n")
        {
            next = found + run_of_ticks(&rest[found..]);
            if next - found == ticks {
                return start + next;
            }
        }
        start
    }

    fn comment(&mut self, at: usize) -> usize {
        match self.find(at, "-->") {
            Some(end) => end + "-->".len(),
            // A block without its end is all that follows (CommonMark 4.6).
            None if self.markdown[self.line..at].trim().is_empty() => self.markdown.len(),
            None => at + 1,
        }
    }

    /// Position of a sign. If it is missing, the text is not searched for it again.
    pub fn find(&mut self, from: usize, sign: &str) -> Option<usize> {
        if self.missing.contains(sign) {
            return None;
        }
        let found = self.markdown[from..].find(sign).map(|found| from + found);
        self.note_search(from, sign, found);
        found
    }

    /// Counts the work of a search, and remembers what was not found.
    pub fn note_search(&mut self, from: usize, sign: &str, found: Option<usize>) {
        self.lookup.spend(found.unwrap_or(self.markdown.len()) - from);
        if found.is_none() {
            self.missing.insert(sign.to_owned());
        }
    }

    /// Reports formulas: text between two `$$`.
    fn formula(&mut self, at: usize) -> usize {
        match self.formula.take() {
            None => self.formula = Some(at),
            Some(start) => self.remark(
                start,
                "text between two $$ is a formula in other systems, but readers see it as text",
                "Write it in words or as a picture; if readers should see it, put it in `backticks`.",
            ),
        }
        at + 2
    }

    fn mark_of_contents(&mut self, line: &Line) {
        let is_mark = |mark: &str| line.text.eq_ignore_ascii_case(mark);
        if ["[toc]", "[[toc]]", "[[_toc_]]"].into_iter().any(is_mark) {
            let what = format!("{:?} is a table of contents in other systems, but readers see it as text", line.text);
            self.remark(self.line, what, CONTENTS);
        }
    }

    /// Gives `> [!NOTE] Title` its title as a first paragraph: GitHub allows no words on that line.
    fn alert(&mut self, line: &Line) {
        let Some((kind, rest)) = line.text.strip_prefix("[!").and_then(|marker| marker.split_once(']')) else { return };
        let start = self.line + line.start;
        let (before, end) = (&self.markdown[self.line..start], start + line.text.len());
        let is_kind = ["note", "tip", "important", "warning", "caution"].contains(&&*kind.to_ascii_lowercase());
        if !is_kind || rest.is_empty() || !before.contains('>') {
            return;
        }
        let title = rest.trim_start_matches(['+', '-']).trim_start();
        let marks = if title.contains('*') { "" } else { "**" };
        let next_line: String = std::iter::once('\n').chain(indent_below(before)).collect();
        if title.is_empty() {
            self.replace(end - rest.len()..end, "");
        } else {
            self.replace(end - rest.len()..end - title.len(), format!("{next_line}{marks}"));
            self.replace(end..end, format!("{marks}{next_line}"));
        }
    }

    pub fn remark(&mut self, at: usize, what: impl Into<String>, mend: impl Into<String>) {
        self.remarks.push(Remark { at, what: what.into(), mend: mend.into() });
    }

    /// Replaces a part of the text unless it was replaced before; returns its end.
    pub fn replace(&mut self, old: Range<usize>, new: impl Into<String>) -> usize {
        let end = old.end;
        let nth = self.replacements.partition_point(|(own, _)| own.start <= old.start);
        let is_free = nth.checked_sub(1).is_none_or(|before| self.replacements[before].0.end <= old.start);
        if is_free {
            self.replacements.insert(nth, (old, new.into()));
        }
        end
    }
}

fn run_of_ticks(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'`').count()
}
