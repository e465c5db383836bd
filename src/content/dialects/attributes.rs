//! Attribute lists: `{: #id .class key="value"}` of kramdown, `{#id .class}` of Hugo and Pandoc. They belong to the
//! element before them, or to the block above. An id is kept, everything else is left out.

use std::ops::Range;

use super::{
    lines::{Line, indent_below, is_heading, is_underline},
    scan::{CONTENTS, Scan},
};
use crate::{
    content::syntax::tags::{is_inline, name_of},
    domain::words::in_one_line,
};

/// Longest list, in bytes.
const LONGEST: usize = 1000;

/// A parsed attribute list.
struct AttributeList {
    /// Length in bytes, braces included.
    length: usize,
    id: Option<String>,
    /// True for `{:toc}`, a table of contents.
    is_contents: bool,
}

impl AttributeList {
    /// Reads the list that may begin at a brace. `is_alone`: it is the first on its line.
    fn read(text: &str, is_alone: bool) -> Option<Self> {
        let is_named = |rest: &&str| rest.starts_with(['.', '#']);
        let (inner, may_have_words) = match text.strip_prefix("{:") {
            Some(inner) => (inner, is_alone),
            None => (text.strip_prefix('{').filter(is_named)?, false),
        };
        let mut quote = None;
        let end = inner[..inner.floor_char_boundary(LONGEST)].find(|c: char| {
            let is_end = quote.is_none() && c == '}';
            quote = match quote {
                None => Some(c).filter(|c| matches!(c, '"' | '\'')),
                begun => begun.filter(|begun| *begun != c),
            };
            is_end
        })?;
        // Quoted values may contain blanks.
        let unquoted: String = inner[..end].split(['"', '\'']).step_by(2).collect();
        let is_name = |word: &str| word.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '-'));
        // A word alone is the name of another list: `{:name: .class}`.
        let is_attribute = |word: &str| match word.strip_prefix(['.', '#']) {
            Some(name) => is_name(name),
            None => is_name(word) && (may_have_words || word.contains('=')),
        };
        let words = || unquoted.split_whitespace();
        if inner[..end].contains("\n\n") || words().next().is_none() || !words().all(is_attribute) {
            return None;
        }
        let is_of_id = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.');
        let id = words().find_map(|word| word.strip_prefix('#')).filter(|id| id.chars().all(is_of_id));
        Some(Self {
            length: text.len() - inner.len() + end + 1,
            id: id.map(str::to_owned),
            is_contents: words().any(|word| word == "toc"),
        })
    }
}

impl Scan<'_> {
    /// Reads the attribute list that may begin at a brace; returns its end.
    pub(super) fn attributes(&mut self, at: usize) -> Option<usize> {
        let markdown = self.markdown;
        let before = &markdown[self.line..at];
        let own = Line::new(before);
        let is_picture = |html: usize| name_of(&markdown[html..]) == "img";
        let is_first = own.text.is_empty() && self.blocks.html.is_none_or(is_picture);
        let list = AttributeList::read(&markdown[at..], is_first)?;
        let range = at..at + list.length;
        let is_last = markdown[range.end..self.end_of_line(range.end)].trim().is_empty();
        let is_of_block = is_first && (is_last || own.is_item);
        let is_of_heading = is_last && is_heading(own.text);
        let is_of_element = before.ends_with([')', ']', '*', '_', '`', '>']);
        let has_colon = markdown[at..].starts_with("{:");
        let is_last_in_cell = markdown[range.end..].trim_start_matches(' ').starts_with('|');
        let is_behind_words =
            has_colon && before.ends_with(' ') && !own.text.is_empty() && (is_last || is_last_in_cell);
        // The parser reads `## Title {#id}` itself.
        let is_parsed = is_of_heading && !has_colon;
        if is_parsed || !is_of_block && !is_of_heading && !is_of_element && !is_behind_words {
            return None;
        }
        let new = match &list.id {
            _ if list.is_contents && self.contents(&range) => return Some(range.end),
            Some(id) if is_of_heading => format!("{{#{id}}}"),
            Some(id) if is_of_block && self.give_id(&range, &own, id) => String::new(),
            // A picture or a link may be alone on its line, where nothing may stand beside it.
            Some(id) if !is_of_block && (!own.text.starts_with(['!', '[']) || begins_with_words(own.text)) => {
                format!("<a id=\"{id}\"></a>")
            }
            _ => {
                let what = format!("{} is an attribute list and was left out", in_one_line(&markdown[range.clone()]));
                self.remark(at, what, "Take it away, or write the element as HTML with its attributes.");
                String::new()
            }
        };
        // A blank line between two items would make paragraphs of them.
        let next = self.end_of_line(range.end);
        if is_of_block && is_last && !own.is_item && Line::new(&markdown[next..self.end_of_line(next)]).is_item {
            return Some(self.replace(self.line..next, new));
        }
        if is_of_block && !own.is_item {
            self.blocks.inner = None;
            if own.quotes + own.indent == 0 {
                self.blocks.end();
            }
        }
        Some(self.replace(range, new))
    }

    /// Takes out `* TOC` above `{:toc}`. False if there is no such list.
    fn contents(&mut self, list: &Range<usize>) -> bool {
        let Some(start) = self.blocks.outer.filter(|start| *start < self.line) else { return false };
        let above = self.markdown[start..self.line].trim_end();
        if above.contains('\n') || !Line::new(above).is_item {
            return false;
        }
        let what = format!("{} is a table of contents in other systems and was left out", &self.markdown[list.clone()]);
        self.remark(list.start, what, CONTENTS);
        self.replace(start..list.end, "");
        self.blocks.end();
        true
    }

    /// Gives an id to the block above an attribute list, or to the block below if there is none above.
    fn give_id(&mut self, list: &Range<usize>, own: &Line, id: &str) -> bool {
        let markdown = self.markdown;
        let text_of = |line: &Range<usize>| Line::new(&markdown[line.clone()]).text;
        let above = self.line_before(self.line);
        let title = if is_underline(text_of(&above)) { self.line_before(above.start) } else { above.clone() };
        if is_heading(text_of(&above)) || title != above && !title.is_empty() {
            self.replace(title.end..title.end, format!(" {{#{id}}}"));
            return true;
        }
        let block = if own.quotes + own.indent == 0 { self.blocks.outer } else { self.blocks.inner };
        let start = match block.filter(|start| *start < self.line) {
            _ if own.is_item => list.end,
            Some(start) => start,
            None if above.is_empty() => self.end_of_line(list.end),
            None => return false,
        };
        let line = markdown[start..self.end_of_line(start)].trim_end();
        let text = Line::new(line).text;
        if is_heading(text) {
            self.replace(start + line.len()..start + line.len(), format!(" {{#{id}}}"));
            return true;
        }
        let words = text.trim_start_matches(['|', ' ']);
        if words.is_empty() {
            return false;
        }
        let target = if text.starts_with('|') || begins_with_words(words) {
            format!("<a id=\"{id}\"></a>")
        } else {
            // Nothing may stand beside a picture, an embed or HTML.
            let before = if own.is_item { &markdown[self.line..list.start] } else { &line[..line.len() - text.len()] };
            let indent: String = indent_below(before).collect();
            format!("<div id=\"{id}\"></div>\n{indent}\n{indent}")
        };
        let place = start + line.len() - words.len();
        self.replace(place..place, target);
        true
    }

    /// Place of the line that ends before a position, without its end.
    pub(super) fn line_before(&self, at: usize) -> Range<usize> {
        let start = self.markdown[..at.saturating_sub(1)].rfind('\n').map_or(0, |newline| newline + 1);
        start..start + self.markdown[start..at].trim_end().len()
    }
}

/// True if a block begins with words that stay a paragraph when something stands before them.
fn begins_with_words(text: &str) -> bool {
    let text = &text[..text.floor_char_boundary(LONGEST)];
    let is_word = text.starts_with(|c: char| c.is_alphanumeric() || "\"“„«'‘(*_`[".contains(c));
    let is_tag = is_inline(name_of(text)) && !text.ends_with('>');
    let is_other = text.starts_with("```") || text.contains("://") || text.contains("]:");
    (is_word || is_tag) && !is_other
}
