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

use crate::content::markdown::{Lookup, Remark, extensions};
use meaning::{Meaning, Surroundings};
use tag::{Form, Tag};

/// A text after expansion.
pub struct Expanded<'a> {
    pub text: Cow<'a, str>,
    /// Remarks, with positions in the old text.
    pub remarks: Vec<Remark>,
    edits: Vec<Edit>,
}

/// A part of the new text and the part of the old text that it replaces.
struct Edit {
    new: Range<usize>,
    old: Range<usize>,
}

impl Expanded<'_> {
    /// Position in the old text for a byte of the new one. An inserted part maps to the start of what it replaced.
    pub fn origin(&self, at: usize) -> usize {
        let behind = self.edits.partition_point(|edit| edit.new.start <= at);
        match behind.checked_sub(1).and_then(|last| self.edits.get(last)) {
            None => at,
            Some(edit) if at < edit.new.end => edit.old.start,
            Some(edit) => edit.old.end + (at - edit.new.end),
        }
    }
}

/// Replaces shortcodes by their Markdown.
pub fn expand<'a>(markdown: &'a str, lookup: &dyn Lookup) -> Expanded<'a> {
    let may_have_some = ["{{", "{%", "{:"].iter().any(|opening| markdown.contains(opening));
    if !may_have_some {
        return Expanded { text: Cow::Borrowed(markdown), remarks: Vec::new(), edits: Vec::new() };
    }
    let line_starts = std::iter::once(0).chain(markdown.match_indices('\n').map(|(at, _)| at + 1));
    let mut scan = Scan {
        markdown,
        lookup,
        untouched: untouched(markdown, 0),
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
    Expanded { text: Cow::Owned(scan.new), remarks: scan.remarks, edits: scan.edits }
}

struct Scan<'a> {
    markdown: &'a str,
    lookup: &'a dyn Lookup,
    /// Code and comments in the range `looked`, in order.
    untouched: Vec<Range<usize>>,
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
        let behind = self.untouched.partition_point(|code| code.start <= at);
        let code = self.untouched.get(behind.checked_sub(1)?)?;
        code.contains(&at).then_some(code.end)
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
        self.untouched = untouched(&self.markdown[self.looked.clone()], from);
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

    fn surroundings(&self, range: Range<usize>) -> Surroundings<'_> {
        let nth = |at: usize| self.lines.partition_point(|start| *start <= at);
        let (first, last) = (nth(range.start), nth(range.end));
        let start = |nth: usize| {
            nth.checked_sub(1).map_or(0, |nth| self.lines.get(nth).copied().unwrap_or(self.markdown.len()))
        };
        let line = |nth: usize| self.markdown[start(nth)..start(nth + 1)].trim_end_matches('\n');
        Surroundings {
            above: line(first - 1),
            prefix: &self.markdown[start(first)..range.start],
            suffix: self.markdown[range.end..start(last + 1)].trim_end_matches('\n'),
            below: line(last + 1),
        }
    }
}

/// Ranges of code blocks, code spans, and HTML whose content browsers do not show.
fn untouched(markdown: &str, offset: usize) -> Vec<Range<usize>> {
    let is_silent = |html: &str| {
        let html = html.trim_start().to_ascii_lowercase();
        ["<!--", "<pre", "<script", "<style"].iter().any(|opening| html.starts_with(opening))
    };
    let events = Parser::new_ext(markdown, extensions()).into_offset_iter();
    let ranges = events.filter_map(|(event, range)| match event {
        Event::Start(pulldown_cmark::Tag::CodeBlock(_)) | Event::Code(_) => Some(range),
        Event::Start(pulldown_cmark::Tag::HtmlBlock) => is_silent(&markdown[range.clone()]).then_some(range),
        Event::InlineHtml(html) => html.starts_with("<!--").then_some(range),
        _ => None,
    });
    ranges.map(|range| range.start + offset..range.end + offset).collect()
}

/// A tag as visible text: its `<` must not begin an element.
fn visible(tag: &str) -> String {
    tag.replace('<', "&lt;")
}

#[cfg(test)]
mod tests;
