//! Expands shortcodes before the Markdown is parsed: text becomes text.
//!
//! A shortcode with a clear meaning becomes the equivalent Markdown; the others stay visible and are reported. Code
//! blocks, code spans and HTML comments are not touched. Every byte of the new text maps to a position in the old one,
//! so that remarks point to what the author wrote.

mod meaning;
mod tag;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
};

use pulldown_cmark::{Event, Parser};

use super::expanded::{Edit, Expanded};
use crate::content::markdown::{
    Lookup, Remark, extensions,
    tags::{self, Token},
};
use meaning::{Meaning, Surroundings};
use tag::{Form, Tag};

/// Replaces shortcodes by their Markdown.
pub fn expand<'a>(markdown: &'a str, lookup: &dyn Lookup) -> Expanded<'a> {
    let may_have_some = ["{{", "{%", "{:"].iter().any(|opening| markdown.contains(opening));
    if !may_have_some {
        return Expanded::with(markdown, Vec::new(), Vec::new());
    }
    let line_starts = std::iter::once(0).chain(markdown.match_indices('\n').map(|(at, _)| at + 1));
    let mut scan = Scan {
        markdown,
        lookup,
        found: Found::in_text(markdown, 0),
        looked: 0..markdown.len(),
        lines: line_starts.collect(),
        endless: HashSet::new(),
        new: String::with_capacity(markdown.len() + 256),
        copied: 0,
        edits: Vec::new(),
        remarks: Vec::new(),
        open: BTreeMap::new(),
        open_by_name: HashMap::new(),
    };
    scan.run();
    scan.new.push_str(&markdown[scan.copied..]);
    Expanded::new(Cow::Owned(scan.new), scan.remarks, scan.edits)
}

struct Scan<'a> {
    markdown: &'a str,
    lookup: &'a dyn Lookup,
    /// Code and HTML in the range `looked`.
    found: Found,
    /// Range that was searched for code.
    looked: Range<usize>,
    /// Start of each line.
    lines: Vec<usize>,
    /// Closing tags of verbatim text that do not occur any more.
    endless: HashSet<(Form, String)>,
    new: String,
    /// Number of bytes of the old text that are processed.
    copied: usize,
    edits: Vec<Edit>,
    remarks: Vec<Remark>,
    /// Open tags by position: the name and, for a known tag, the text that its closing tag becomes.
    open: BTreeMap<usize, (String, Option<&'static str>)>,
    /// Keys of `open` by name, the innermost last.
    open_by_name: HashMap<String, Vec<usize>>,
}

/// Bytes that are searched for code after a removed code block; doubled if needed.
const WINDOW: usize = 2_048;

impl Scan<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while let Some(brace) = self.markdown[at..].find('{').map(|found| at + found) {
            let end = self.untouched_until(brace).unwrap_or_else(|| self.read(brace));
            at = end.max(brace + 1);
            if !self.lookup.spend(at - brace) {
                return;
            }
        }
    }

    /// Handles what begins at a brace; returns where to continue.
    fn read(&mut self, brace: usize) -> usize {
        match Tag::read(self.markdown, brace) {
            Some(tag) => self.tag(brace, &tag),
            None => {
                self.lookup.spend(tag::LONGEST.min(self.markdown.len() - brace));
                brace
            }
        }
    }

    /// End of the code around a position.
    fn untouched_until(&mut self, at: usize) -> Option<usize> {
        // Code may cross the end of the searched range, so only its first half is certain.
        while self.looked.end < self.markdown.len() && at >= self.looked.start + self.looked.len() / 2 {
            self.look(self.looked.start, self.looked.len() * 2);
        }
        around(&self.found.untouched, at).map(|code| code.end)
    }

    /// Handles a tag; returns where to continue.
    fn tag(&mut self, at: usize, tag: &Tag) -> usize {
        let end = at + tag.length;
        if let Some(inner) = &tag.escaped {
            let shown = visible(&tag.form.enclose(inner));
            return self.replace(at..end, &shown);
        }
        if tag.is_closing() {
            return self.closing(at..end, tag);
        }
        if let Some(ending) = tag.verbatim_ending() {
            return match self.find_ending(end, (tag.form, ending)) {
                Some(closing) => self.verbatim(at..closing.end, end..closing.start, tag),
                None => self.leave(at..end, meaning::unclosed(tag)),
            };
        }
        match meaning::of(tag, &self.surroundings(at..end), self.lookup) {
            Meaning::Same => at + 1,
            Meaning::Text(text) => self.replace(at..end, &text),
            Meaning::Opening(text, closing) => {
                self.opens(at, tag, Some(closing));
                self.replace(at..end, &text)
            }
            Meaning::Id(id) => self.give_id(at..end, &id),
            Meaning::Nothing(what, mend) => {
                self.remarks.push(Remark { at, what, mend });
                self.replace(at..end, "")
            }
            Meaning::Unknown(what, mend) => {
                self.opens(at, tag, None);
                self.leave(at..end, (what, mend))
            }
        }
    }

    /// Finds the closing tag of verbatim text. If one is missing, the text is not searched for it again.
    fn find_ending(&mut self, from: usize, ending: (Form, String)) -> Option<Range<usize>> {
        if self.endless.contains(&ending) {
            return None;
        }
        let found = tag::find_ending(self.markdown, from, ending.0, &ending.1);
        self.lookup.spend(found.as_ref().map_or(self.markdown.len(), |found| found.end) - from);
        if found.is_none() {
            self.endless.insert(ending);
        }
        found
    }

    fn opens(&mut self, at: usize, tag: &Tag, closing: Option<&'static str>) {
        self.open.insert(at, (tag.name.clone(), closing));
        self.open_by_name.entry(tag.name.clone()).or_default().push(at);
    }

    /// Handles `{{< /details >}}`, `{% end %}`, `{% endfor %}`. An unknown tag was already reported at its opening.
    fn closing(&mut self, range: Range<usize>, tag: &Tag) -> usize {
        let last = || self.open.last_key_value().map(|(_, (name, _))| name.as_str());
        let name = tag.closed().or_else(last);
        let opening = name.and_then(|name| self.open_by_name.get_mut(name)?.pop());
        let closing = opening.and_then(|opening| self.open.remove(&opening)?.1);
        match closing {
            Some(text) => self.replace(range, text),
            None => {
                let shown = visible(&self.markdown[range.clone()]);
                self.replace(range, &shown)
            }
        }
    }

    /// Handles code and other verbatim text, in which no shortcode is expanded.
    fn verbatim(&mut self, range: Range<usize>, inner: Range<usize>, tag: &Tag) -> usize {
        let body = &self.markdown[inner];
        let text = match tag.name.as_str() {
            "raw" => body.to_owned(),
            "comment" => String::new(),
            _ => meaning::code(tag, body, &self.surroundings(range.clone())),
        };
        // A fence in it would make all text after it look like code.
        if body.contains(['`', '~']) {
            self.look(range.end, WINDOW);
        }
        self.replace(range, &text)
    }

    /// Searches for code from a position on.
    fn look(&mut self, from: usize, length: usize) {
        self.looked = from..self.markdown.ceil_char_boundary(from + length);
        self.lookup.spend(self.looked.len());
        self.found = Found::in_text(&self.markdown[self.looked.clone()], from);
    }

    fn leave(&mut self, range: Range<usize>, (what, mend): (String, String)) -> usize {
        self.remarks.push(Remark { at: range.start, what, mend });
        let shown = visible(&self.markdown[range.clone()]);
        self.replace(range, &shown)
    }

    fn replace(&mut self, old: Range<usize>, text: &str) -> usize {
        let end = old.end;
        self.new.push_str(&self.markdown[self.copied..old.start]);
        let start = self.new.len();
        self.new.push_str(text);
        self.edits.push(Edit { new: start..self.new.len(), old });
        self.copied = end;
        end
    }

    /// True if a tag in an HTML block stands between words or in an inline element, such as a link. A block of its own
    /// would end the HTML there. `suffix`: rest of its last line.
    fn is_inline(&self, block: usize, tag: &Range<usize>, suffix: &str) -> bool {
        let block = block.max(self.markdown.floor_char_boundary(tag.start.saturating_sub(WINDOW)));
        let html = &self.markdown[block..tag.start];
        self.lookup.spend(html.len());
        let mut open: Vec<String> = Vec::new();
        for (token, _) in tags::tokens(html) {
            match token {
                Token::Start(start) if has_only_text(&start.name) => open.push(start.name),
                Token::End(name) => open.truncate(open.iter().rposition(|own| *own == name).unwrap_or(open.len())),
                _ => {}
            }
        }
        let prefix = html.rsplit('\n').next().unwrap_or_default();
        !open.is_empty() || !suffix.is_empty() || !prefix.trim().is_empty()
    }

    /// Moves the id of an attribute list to the heading or paragraph above it.
    fn give_id(&mut self, list: Range<usize>, id: &str) -> usize {
        let line_of = |nth: usize| {
            let start = *self.lines.get(nth)?;
            let end = self.lines.get(nth + 1).map_or(self.markdown.len(), |next| next - 1);
            Some((start, self.markdown[start..end].trim_end()))
        };
        let own = self.lines.partition_point(|start| *start <= list.start).saturating_sub(1);
        let above = |nth: usize| nth.checked_sub(1).and_then(line_of);
        let is_heading = |line: &str| line.starts_with('#') && line.trim_start_matches('#').starts_with(' ');
        let is_underline =
            |line: &str| !line.is_empty() && (line.trim_matches('=').is_empty() || line.trim_matches('-').is_empty());
        let heading = match above(own) {
            Some((start, line)) if is_heading(line) => Some((start, line)),
            Some((_, line)) if is_underline(line) => above(own - 1).filter(|(_, line)| !line.is_empty()),
            _ => None,
        };
        let begins = (0..own)
            .rev()
            .map_while(line_of)
            .take_while(|(_, line)| !line.is_empty() && !line.starts_with('{') && !is_heading(line))
            .last();
        let is_of_words = |line: &str| {
            line.starts_with(|c: char| c.is_alphabetic() || matches!(c, '"' | '“' | '(')) && !line.contains("://")
        };
        let (place, text) = match (heading, begins) {
            (Some((start, line)), _) => (start + line.len(), format!(" {{#{id}}}")),
            (None, Some((start, line))) if is_of_words(line) => (start, format!("<a id=\"{id}\"></a>")),
            _ => (0, String::new()),
        };
        if place < self.copied || text.is_empty() {
            self.remarks.push(meaning::without_attributes(list.start, &self.markdown[list.clone()]));
        } else {
            self.replace(place..place, &text);
        }
        self.replace(list, "")
    }

    fn surroundings(&self, range: Range<usize>) -> Surroundings<'_> {
        let nth = |at: usize| self.lines.partition_point(|start| *start <= at);
        let (first, last) = (nth(range.start), nth(range.end));
        let start = |nth: usize| {
            nth.checked_sub(1).map_or(0, |nth| self.lines.get(nth).copied().unwrap_or(self.markdown.len()))
        };
        let line = |nth: usize| self.markdown[start(nth)..start(nth + 1)].trim_end_matches('\n');
        let is_inline = around(&self.found.html, range.start)
            .is_some_and(|html| self.is_inline(html.start, &range, self.markdown[range.end..start(last + 1)].trim()));
        Surroundings {
            is_inline,
            above: line(first - 1),
            prefix: &self.markdown[start(first)..range.start],
            suffix: self.markdown[range.end..start(last + 1)].trim_end_matches('\n'),
            below: line(last + 1),
        }
    }
}

/// Parts of a text where a shortcode has no or another meaning, in order.
#[derive(Default)]
struct Found {
    /// Code blocks, code spans, and HTML whose content browsers do not show.
    untouched: Vec<Range<usize>>,
    /// Other HTML blocks.
    html: Vec<Range<usize>>,
}

impl Found {
    fn in_text(markdown: &str, offset: usize) -> Self {
        let is_silent = |html: &str| {
            let html = html.trim_start().to_ascii_lowercase();
            ["<!--", "<pre", "<script", "<style"].iter().any(|opening| html.starts_with(opening))
        };
        let mut found = Self::default();
        for (event, range) in Parser::new_ext(markdown, extensions()).into_offset_iter() {
            let place = range.start + offset..range.end + offset;
            match event {
                Event::Start(pulldown_cmark::Tag::CodeBlock(_)) | Event::Code(_) => found.untouched.push(place),
                Event::Start(pulldown_cmark::Tag::HtmlBlock) if is_silent(&markdown[range]) => {
                    found.untouched.push(place);
                }
                Event::Start(pulldown_cmark::Tag::HtmlBlock) => found.html.push(place),
                Event::InlineHtml(html) if html.starts_with("<!--") => found.untouched.push(place),
                _ => {}
            }
        }
        found
    }
}

/// The range that contains a position.
fn around(ranges: &[Range<usize>], at: usize) -> Option<&Range<usize>> {
    let behind = ranges.partition_point(|range| range.start <= at);
    ranges.get(behind.checked_sub(1)?).filter(|range| range.contains(&at))
}

/// True if an element cannot contain blocks.
fn has_only_text(name: &str) -> bool {
    tags::is_inline(name) || matches!(name, "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "summary")
}

/// A tag as visible text: its `<` must not begin an element.
fn visible(tag: &str) -> String {
    tag.replace('<', "&lt;")
}

#[cfg(test)]
mod tests;
