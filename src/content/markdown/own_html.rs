//! The author's own HTML: files that it names by the name the author sees get their address, pictures their size.
//! Everything else in it stays as it was written.

use std::ops::Range;

use super::Writer;
use crate::domain::{address, words::escape_html};

/// Which attribute of which element names a file.
const NAMES: [(&str, &str); 7] = [
    ("img", "src"),
    ("source", "src"),
    ("video", "src"),
    ("video", "poster"),
    ("audio", "src"),
    ("track", "src"),
    ("a", "href"),
];

/// A start tag of one of these elements.
#[derive(Debug, PartialEq)]
struct Tag {
    /// In lower case.
    name: String,
    /// Where the name ends.
    name_end: usize,
    /// Names in lower case, and where the value stands without its quotes.
    attributes: Vec<(String, Range<usize>)>,
}

impl Writer<'_> {
    /// Writes HTML that begins at this byte of the Markdown.
    pub(super) fn own_html(&mut self, html: &str, at: usize) {
        let mut written = String::with_capacity(html.len());
        let mut copied = 0;
        for tag in tags(html) {
            for (place, text) in self.changes(html, &tag, at) {
                written.push_str(&html[copied..place.start]);
                written.push_str(&text);
                copied = place.end;
            }
        }
        written.push_str(&html[copied..]);
        self.raw(&written);
    }

    /// What to put in place of which bytes, in order.
    fn changes(&mut self, html: &str, tag: &Tag, at: usize) -> Vec<(Range<usize>, String)> {
        let mut changes = Vec::new();
        for (attribute, place) in &tag.attributes {
            let names_a_file = NAMES.contains(&(tag.name.as_str(), attribute.as_str()));
            let named = html[place.clone()].trim().replace("&amp;", "&");
            if !names_a_file || !is_ours(&named) {
                continue;
            }
            let entry = if tag.name == "a" { self.lookup.entry(&named) } else { None };
            if let Some(entry) = entry {
                changes.push((place.clone(), escape_html(&address::encode_with_fragment(&entry))));
                continue;
            }
            let Some(linked) = self.lookup.media(&named) else {
                self.report_missing(tag, &named, at + place.start);
                continue;
            };
            if let Some(refusal) = linked.refusal {
                let what = format!("the picture {named:?} is left out: {}", refusal.what);
                self.remark(at + place.start, what, refusal.mend);
                continue;
            }
            let is_shown = tag.name == "img" || attribute == "poster";
            let picture = &linked.picture;
            let address = if is_shown { picture.shared() } else { picture.address.clone() };
            changes.push((place.clone(), escape_html(&address::encode(&address))));
            let has_size = tag.attributes.iter().any(|(name, _)| name == "width" || name == "height");
            if let (true, false, Some((width, height))) = (tag.name == "img", has_size, picture.size) {
                let size = format!(" width=\"{width}\" height=\"{height}\"");
                changes.insert(0, (tag.name_end..tag.name_end, size));
            }
        }
        changes
    }

    /// Links may lead to pages; what is shown must be a file.
    fn report_missing(&mut self, tag: &Tag, named: &str, at: usize) {
        let is_file = tag.name != "a" || named.rsplit('/').next().is_some_and(|last| last.contains('.'));
        if is_file && !named.starts_with('/') {
            self.remark(
                at,
                format!("there is no file {named:?}"),
                "Put it beside the Markdown file or into content/media, or correct the name.",
            );
        }
    }
}

/// No address of somebody else's, no part of this page.
fn is_ours(named: &str) -> bool {
    let scheme = named.split(['/', '?', '#']).next().is_some_and(|start| start.contains(':'));
    !named.is_empty() && !scheme && !named.starts_with("//") && !named.starts_with(['#', '?'])
}

fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = html[at..].find('<').map(|found| at + found) {
        if html[start..].starts_with("<!--") {
            at = html[start..].find("-->").map_or(html.len(), |end| start + end + 3);
            continue;
        }
        let name_end = start + 1 + html[start + 1..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        let name = html[start + 1..name_end].to_ascii_lowercase();
        if matches!(name.as_str(), "script" | "style") {
            let end = html[name_end..].to_ascii_lowercase().find(&format!("</{name}"));
            at = end.map_or(html.len(), |end| name_end + end);
            continue;
        }
        let (attributes, end) = attributes(html, name_end);
        if NAMES.iter().any(|(known, _)| *known == name) {
            tags.push(Tag { name, name_end, attributes });
        }
        at = end.max(start + 1);
    }
    tags
}

/// Attributes up to the end of a tag (HTML, 13.1.2.3), and where that is.
fn attributes(html: &str, mut at: usize) -> (Vec<(String, Range<usize>)>, usize) {
    let bytes = html.as_bytes();
    let skip =
        |at: usize, wanted: &dyn Fn(u8) -> bool| at + bytes[at..].iter().take_while(|byte| wanted(**byte)).count();
    let is_space = |byte: u8| byte.is_ascii_whitespace();
    let mut found = Vec::new();
    loop {
        at = skip(at, &|byte| is_space(byte) || byte == b'/');
        let name_end = skip(at, &|byte| !is_space(byte) && !matches!(byte, b'=' | b'>' | b'/' | b'<'));
        if name_end == at {
            return (found, at);
        }
        let name = html[at..name_end].to_ascii_lowercase();
        let equals = skip(name_end, &is_space);
        if bytes.get(equals) != Some(&b'=') {
            at = name_end;
            found.push((name, name_end..name_end));
            continue;
        }
        let value = skip(equals + 1, &is_space);
        let place = match bytes.get(value) {
            Some(quote @ (b'"' | b'\'')) => value + 1..skip(value + 1, &|byte| byte != *quote),
            _ => value..skip(value, &|byte| !is_space(byte) && byte != b'>'),
        };
        at = if place.start > value { (place.end + 1).min(html.len()) } else { place.end };
        found.push((name, place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::markdown::tests::shape;

    #[test]
    fn files_are_found_by_the_name_that_the_author_sees() {
        for (written, expected) in [
            ("<img src=\"a.jpg\" alt=\"A\">", "<img width=\"4\" height=\"3\" src=\"/media/1-a.jpg\" alt=\"A\">"),
            ("<IMG SRC=a.jpg>", "<IMG width=\"4\" height=\"3\" SRC=/media/1-a.jpg>"),
            ("<img width='9' src='a.jpg'/>", "<img width='9' src='/media/1-a.jpg'/>"),
            (
                "<div>\n<video src=\"a.mp4\" poster=a.jpg></video>\n</div>",
                "<div><video src=\"/media/1-a.mp4\" poster=/media/1-a.jpg></video></div>",
            ),
            ("see <a class=x href=\"a.mp4\">it</a>", "<p>see <a class=x href=\"/media/1-a.mp4\">it</a></p>"),
            ("<a href=\"calf.md#x\">it</a>", "<p><a href=\"/posts/calf#x\">it</a></p>"),
            ("<a href=\"#x\">it</a> <a href>b</a>", "<p><a href=\"#x\">it</a> <a href>b</a></p>"),
            ("<img src=\"data:image/png;base64,xx\">", "<img src=\"data:image/png;base64,xx\">"),
            ("<!-- <img src=\"a.jpg\"> -->", "<!-- <img src=\"a.jpg\"> -->"),
            ("<script src=x>\"<img src='a.jpg'>\"</script>", "<script src=x>\"<img src='a.jpg'>\"</script>"),
            ("<div data-x=\"<img src='a.jpg'>\"></div>", "<div data-x=\"<img src='a.jpg'>\"></div>"),
        ] {
            assert_eq!(shape(written), expected, "{written}");
        }
    }

    #[test]
    fn whatever_is_written_is_read_to_its_end() {
        for html in [
            "<",
            "<img",
            "<img src",
            "<img src=",
            "<img src=\"",
            "<img src='x",
            "< img>",
            "<a<b>",
            "<é src=x>",
            "<!--",
            "<script>",
        ] {
            let _ = tags(html);
        }
        assert_eq!(tags("<a <img src=x>").len(), 2);
    }
}
