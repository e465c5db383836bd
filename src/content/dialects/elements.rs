//! Markdown in HTML elements: `markdown="1"` of kramdown and others. Blank lines around it make the rest of the program
//! read it as Markdown (CommonMark 4.6).

use std::ops::Range;

use super::{
    inline_html,
    lines::{Line, indent_below},
    scan::{Element, Scan},
};
use crate::content::syntax::tags::{StartTag, VOID, is_inline, name_of, start_tags};

/// Longest tag, in bytes.
const LONGEST_TAG: usize = 500;
/// Longest inline Markdown in an element, in bytes.
const LONGEST: usize = 4000;
/// Most open elements. Each end tag is compared with all of them.
const DEEPEST: usize = 50;

impl Scan<'_> {
    /// Removes blanks from the start of a line in an indented element, which would make the line code.
    pub(super) fn take_indent(&mut self, line: &str) {
        let Some(element) = self.elements.iter_mut().rfind(|element| element.is_markdown) else { return };
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        let blanks = blanks.saturating_sub(element.prefix.len());
        if !line.trim().is_empty() {
            let indent = (*element.indent.get_or_insert(blanks)).min(blanks);
            if indent > 0 {
                self.replace(self.line..self.line + indent, "");
            }
        }
    }

    /// Joins a line that is only a picture with the text below, which would belong to its block of HTML otherwise.
    pub(super) fn join_picture(&mut self, line: &Line) {
        let start = self.line + line.start;
        let (end, next) = (start + line.text.len(), self.end_of_line(start));
        let below = self.markdown[next..self.end_of_line(next)].trim();
        let is_alone = self.blocks.html == Some(start) && matches!(name_of(line.text), "img" | "br");
        if is_alone && !self.elements.is_empty() && !below.is_empty() && !below.starts_with('<') {
            self.replace(end..next, " ");
            self.blocks.html = None;
        }
    }

    /// Reads the tag that may begin here; returns where to continue.
    pub(super) fn tag(&mut self, at: usize) -> usize {
        let rest = &self.markdown[at..self.markdown.floor_char_boundary(at + LONGEST_TAG)];
        let Some(end) = rest.find('>').filter(|_| !name_of(rest).is_empty()) else { return at + 1 };
        let html = &rest[..=end];
        if html.starts_with("</") {
            self.end_tag(at..at + html.len(), name_of(html));
        } else if !self.elements.is_empty() || html.contains("markdown") {
            return self.start_tag(at, html);
        }
        at + 1
    }

    fn start_tag(&mut self, at: usize, html: &str) -> usize {
        let Some(tag) = start_tags(html).next() else { return at + 1 };
        let end = at + html.len();
        let prefix: String = indent_below(self.prefix).collect();
        let (mut is_markdown, mut next) = (false, at + 1);
        if let Some((attribute, value)) = markdown_of(html, &tag) {
            self.replace(at + attribute.start..at + attribute.end, "");
            let is_inline = value == "span" || value != "block" && has_only_text(&tag.name);
            if matches!(value, "0" | "false") {
                return next;
            } else if is_inline {
                let Some(inner_end) = self.inline(end, &tag.name) else { return next };
                next = inner_end;
            } else {
                is_markdown = true;
                self.replace(end..end, blank_line(&prefix));
            }
        }
        let has_end = !tag.is_self_closing && !VOID.contains(&&*tag.name);
        if has_end && self.elements.len() < DEEPEST {
            let begins_block = self.blocks.html == Some(at);
            self.elements.push(Element { name: tag.name, is_markdown, begins_block, prefix, indent: None });
        }
        if is_markdown {
            self.blocks.html = None;
        }
        next
    }

    /// Renders the inline Markdown in an element; returns where it ends.
    fn inline(&mut self, from: usize, name: &str) -> Option<usize> {
        let rest = &self.markdown[from..self.markdown.floor_char_boundary(from + LONGEST)];
        let end = rest.to_ascii_lowercase().find(&format!("</{name}"))?;
        Some(self.replace(from..from + end, inline_html(&rest[..end], self.lookup)))
    }

    /// Puts blank lines around the end tag of an element with Markdown, and below HTML inside one.
    fn end_tag(&mut self, tag: Range<usize>, name: &str) {
        let is_it = |element: &Element| element.name.eq_ignore_ascii_case(name);
        let Some(opened) = self.elements.iter().rposition(is_it) else { return };
        let Some(Element { is_markdown, begins_block, prefix, .. }) = self.elements.drain(opened..).next() else {
            return;
        };
        if is_markdown {
            self.replace(tag.start..tag.start, blank_line(&prefix));
        }
        let is_child = begins_block || self.elements.last().is_some_and(|outer| outer.is_markdown);
        if is_markdown || is_child && !is_inline(name) {
            self.replace(tag.end..tag.end, blank_line(&prefix));
            self.blocks.end_html();
        }
    }
}

/// A blank line, and the start of the next.
fn blank_line(prefix: &str) -> String {
    format!("\n{prefix}\n{prefix}")
}

/// True if an element contains only inline Markdown: with blank lines in it, it would get paragraphs.
pub(super) fn has_only_text(name: &str) -> bool {
    const BLOCKS: [&str; 13] =
        ["caption", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "label", "legend", "p", "summary", "th"];
    is_inline(name) || BLOCKS.contains(&name)
}

/// Range of the attribute `markdown` in a tag, with the blanks before it, and its value.
fn markdown_of<'t>(html: &str, tag: &'t StartTag) -> Option<(Range<usize>, &'t str)> {
    let attribute = tag.attributes.iter().find(|attribute| attribute.name == "markdown")?;
    let name = html[..attribute.place.start].to_ascii_lowercase().rfind("markdown")?;
    let start = html[..name].trim_end().len();
    let is_quoted = html[attribute.place.end..].starts_with(['"', '\'']);
    Some((start..attribute.place.end + usize::from(is_quoted), attribute.value.trim()))
}
