//! Shortcodes and expressions in braces: those with a clear meaning become the equivalent Markdown, the others stay
//! visible and are reported.

use std::ops::Range;

use super::{
    elements::has_only_text,
    meaning::{self, Meaning, Surroundings},
    scan::Scan,
    tag::{self, Form, Tag},
};
use crate::content::syntax::tags::{Token, tokens};

/// Most open shortcodes. Each closing tag is compared with all of them.
const MOST_OPEN: usize = 50;
/// Bytes before a tag that are searched for open HTML elements.
const WINDOW: usize = 2_048;

impl Scan<'_> {
    /// Handles what begins at a brace; returns where to continue.
    pub(super) fn brace(&mut self, at: usize) -> usize {
        let rest = &self.markdown[at..];
        let is_named = |name: &str| name.starts_with(|c: char| c.is_alphabetic() || c == '}');
        if rest.strip_prefix("{::").or_else(|| rest.strip_prefix("{:/")).is_some_and(is_named) {
            return self.instruction(at).unwrap_or(at);
        }
        if rest.starts_with("{:") || rest.starts_with("{.") || rest.starts_with("{#") {
            return self.attributes(at).unwrap_or(at);
        }
        match Tag::read(rest) {
            Some(tag) => self.shortcode(at, &tag),
            None => {
                self.lookup.spend(tag::LONGEST.min(rest.len()));
                at
            }
        }
    }

    /// Leaves out kramdown's `{::options … /}`, `{::nomarkdown}`, and `{::comment}` with its text.
    fn instruction(&mut self, at: usize) -> Option<usize> {
        if self.markdown[at..].starts_with("{::comment}") {
            let end = self.find(at, "{:/")?;
            let end = end + self.markdown[end..].find('}')? + 1;
            return Some(self.replace(at..end, ""));
        }
        let line = &self.markdown[at..self.end_of_line(at)];
        let end = at + line.find('}')? + 1;
        if line.starts_with("{::") {
            let what = format!("{} is an instruction for another system and was left out", &self.markdown[at..end]);
            self.remark(at, what, "Take it away.");
        }
        Some(self.replace(at..end, ""))
    }

    fn shortcode(&mut self, at: usize, tag: &Tag) -> usize {
        let end = at + tag.length;
        if let Some(inner) = tag.escaped() {
            let shown = visible(&tag.form.enclose(inner));
            return self.replace(at..end, shown);
        }
        if tag.is_closing() {
            return self.closing_tag(at..end, tag);
        }
        if let Some(ending) = tag.verbatim_ending() {
            return match self.find_ending(end, tag.form, &ending) {
                Some(closing) => self.verbatim(at..closing.end, end..closing.start, tag),
                None => self.leave(at..end, meaning::unclosed(tag)),
            };
        }
        let meaning = meaning::of(tag, &self.surroundings(at..end), self.lookup);
        match meaning {
            Meaning::Text(text) => self.replace(at..end, text),
            Meaning::Opening(text, closing) => {
                self.opens(tag, Some(closing));
                self.replace(at..end, text)
            }
            Meaning::Unknown(what, mend) => {
                self.opens(tag, None);
                self.leave(at..end, (what, mend))
            }
        }
    }

    /// Finds the closing tag of verbatim text.
    fn find_ending(&mut self, from: usize, form: Form, name: &str) -> Option<Range<usize>> {
        let sign = form.enclose(name);
        if self.missing.contains(&sign) {
            return None;
        }
        let found = tag::find_ending(self.markdown, from, form, name);
        self.note_search(from, &sign, found.as_ref().map(|found| found.end));
        found
    }

    fn opens(&mut self, tag: &Tag, closing: Option<&'static str>) {
        self.open.push_back((tag.name.clone(), closing));
        if self.open.len() > MOST_OPEN {
            self.open.pop_front();
        }
    }

    /// Handles `{{< /details >}}`, `{% end %}`, `{% endfor %}`. An unknown tag was already reported at its opening.
    fn closing_tag(&mut self, range: Range<usize>, tag: &Tag) -> usize {
        let opened = match tag.closed() {
            Some(name) => self.open.iter().rposition(|(own, _)| own == name),
            None => self.open.len().checked_sub(1),
        };
        let closing = opened.and_then(|opened| self.open.drain(opened..).next()?.1);
        let shown = closing.map_or_else(|| visible(&self.markdown[range.clone()]), str::to_owned);
        self.replace(range, shown)
    }

    /// Handles code and other verbatim text, in which no shortcode is expanded.
    fn verbatim(&mut self, range: Range<usize>, inner: Range<usize>, tag: &Tag) -> usize {
        let body = &self.markdown[inner];
        let text = match tag.name.as_str() {
            "raw" => body.to_owned(),
            "comment" => String::new(),
            _ => meaning::code(tag, body, &self.surroundings(range.clone())),
        };
        self.replace(range, text)
    }

    fn leave(&mut self, range: Range<usize>, (what, mend): (String, String)) -> usize {
        self.remark(range.start, what, mend);
        let shown = visible(&self.markdown[range.clone()]);
        self.replace(range, shown)
    }

    /// True if a tag in an HTML block is between words or in an inline element, such as a link. A block of its own
    /// would end the HTML there.
    fn is_inline(&self, block: usize, tag: &Range<usize>) -> bool {
        let block = block.max(self.markdown.floor_char_boundary(tag.start.saturating_sub(WINDOW)));
        let html = &self.markdown[block..tag.start];
        self.lookup.spend(html.len());
        let mut open: Vec<String> = Vec::new();
        for (token, _) in tokens(html) {
            match token {
                Token::Start(start) if has_only_text(&start.name) => open.push(start.name),
                Token::End(name) => open.truncate(open.iter().rposition(|own| *own == name).unwrap_or(open.len())),
                _ => {}
            }
        }
        !open.is_empty()
    }

    fn surroundings(&self, range: Range<usize>) -> Surroundings<'_> {
        let (line, end) = (self.line.min(range.start), self.end_of_line(range.end));
        let above = self.line_before(line);
        let (prefix, suffix) =
            (&self.markdown[line..range.start], self.markdown[range.end..end].trim_end_matches('\n'));
        let has_words = !prefix.trim().is_empty() || !suffix.trim().is_empty();
        Surroundings {
            is_inline: self.blocks.html.is_some_and(|html| has_words || self.is_inline(html, &range)),
            above: &self.markdown[above],
            prefix,
            suffix,
            below: self.markdown[end..].lines().next().unwrap_or_default(),
        }
    }
}

/// A tag as visible text: its `<` must not begin an element.
fn visible(tag: &str) -> String {
    tag.replace('<', "&lt;")
}
