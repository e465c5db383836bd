//! Lines of Markdown and the blocks around them: quotes, lists, code and HTML.

use crate::content::syntax::nesting::behind_sign;
use crate::content::syntax::tags::{is_inline, name_of};

/// A line: its quotes, its indentation, and its text behind the signs of quotes and list items.
pub(super) struct Line<'a> {
    pub quotes: usize,
    /// Columns before the first sign or word, inside the quotes.
    pub indent: usize,
    pub is_item: bool,
    pub text: &'a str,
    /// Start of the text in the line.
    pub start: usize,
}

impl<'a> Line<'a> {
    pub fn new(line: &'a str) -> Self {
        let (mut rest, mut quotes) = (line, 0);
        let indent = loop {
            let inner = rest.trim_start_matches([' ', '\t']);
            let blanks = &rest[..rest.len() - inner.len()];
            rest = inner;
            let Some(quoted) = inner.strip_prefix('>') else {
                break blanks.len() + 3 * blanks.matches('\t').count();
            };
            rest = quoted.strip_prefix(' ').unwrap_or(quoted);
            quotes += 1;
        };
        let mut text = rest;
        while let Some(behind) = behind_sign(text) {
            text = behind.trim_start_matches([' ', '\t']);
        }
        let (is_item, start) = (text.len() < rest.len(), line.len() - text.len());
        Self { quotes, indent, is_item, text: text.trim_end(), start }
    }
}

/// Blocks around the current line.
#[derive(Default)]
pub(super) struct Blocks<'a> {
    /// Start of the outermost list, quote, table or paragraph.
    pub outer: Option<usize>,
    /// Start of the paragraph or list item.
    pub inner: Option<usize>,
    /// Start of the HTML block.
    pub html: Option<usize>,
    /// True if the line above is not blank.
    has_words_above: bool,
    /// Column at which the text of the list item begins; 0 outside of lists.
    list: usize,
    /// Opening fence of the code block, and the number of quotes around it.
    fence: Option<(&'a str, usize)>,
    /// True in an indented code block.
    is_code: bool,
}

impl<'a> Blocks<'a> {
    /// Reads the line that begins at a position. False if it is code.
    pub fn enter(&mut self, line: &Line<'a>, at: usize, may_be_indented: bool) -> bool {
        if let Some((signs, quotes)) = self.fence {
            let is_end = line.text.starts_with(signs) && line.text.trim_start_matches(&signs[..1]).is_empty();
            self.fence = self.fence.filter(|_| !is_end && line.quotes >= quotes);
            if line.quotes >= quotes {
                return false;
            }
        }
        let is_blank = line.text.is_empty() && !line.is_item;
        let is_heading = is_heading(line.text) || is_underline(line.text);
        let has_words_above = std::mem::replace(&mut self.has_words_above, !is_blank && !is_heading);
        self.is_code = !may_be_indented && line.indent >= self.list + 4 && (self.is_code || !has_words_above);
        if self.is_code {
            return false;
        }
        if is_blank {
            (self.html, self.inner) = (None, None);
            self.outer = self.outer.filter(|_| self.list > 0);
            return true;
        }
        if !has_words_above && !line.is_item && line.indent < self.list {
            self.list = line.indent;
            self.outer = self.outer.filter(|_| self.list > 0);
        }
        if line.is_item {
            self.outer = self.outer.filter(|_| self.list > 0);
            self.list = line.indent + 2;
            self.inner = None;
        }
        self.outer = self.outer.or(Some(at));
        self.inner = self.inner.or(Some(at));
        self.fence = fence_of(line.text).map(|signs| (signs, line.quotes));
        if is_heading || self.fence.is_some() {
            (self.outer, self.inner) = (None, None);
        }
        self.enter_html(line, at, has_words_above);
        self.fence.is_none()
    }

    /// Notes where a block of HTML begins (CommonMark 4.6).
    fn enter_html(&mut self, line: &Line, at: usize, has_words_above: bool) {
        let name = name_of(line.text).to_ascii_lowercase();
        let is_alone = line.text.ends_with('>') && line.text.matches('<').count() == 1 && !has_words_above;
        if self.html.is_none() && !name.is_empty() && (is_alone || !is_inline(&name)) {
            self.html = Some(at + line.start);
        }
    }

    /// Ends all blocks.
    pub fn end(&mut self) {
        *self = Self::default();
    }

    /// Ends a block of HTML.
    pub fn end_html(&mut self) {
        (self.html, self.has_words_above) = (None, false);
    }

    pub fn is_in_list(&self) -> bool {
        self.list > 0
    }
}

/// Start of a further line in the quotes and lists that begin with this.
pub(super) fn indent_below(prefix: &str) -> impl Iterator<Item = char> {
    prefix.chars().map(|c| if c == '>' || c.is_whitespace() { c } else { ' ' })
}

pub(super) fn is_heading(text: &str) -> bool {
    let signs = text.len() - text.trim_start_matches('#').len();
    (1..=6).contains(&signs) && text[signs..].starts_with(' ')
}

/// True for a line that makes a heading of the line above.
pub(super) fn is_underline(text: &str) -> bool {
    !text.is_empty() && (text.trim_matches('=').is_empty() || text.trim_matches('-').is_empty())
}

/// Opening fence of a code block.
fn fence_of(text: &str) -> Option<&str> {
    let sign = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = text.len() - text.trim_start_matches(sign).len();
    let is_fence = length >= 3 && (sign == '~' || !text[length..].contains('`'));
    is_fence.then(|| &text[..length])
}
