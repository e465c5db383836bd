//! The author's own HTML: files that it names by the name the author sees get their address, pictures their size.
//! Everything else in it stays as it was written.

use std::ops::Range;

use super::{
    Reference, Writer,
    tags::{StartTag, start_tags},
};
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

impl Writer<'_> {
    /// Writes HTML, and notes where it leads; `place` says where a byte of it stands in the Markdown.
    pub(super) fn own_html(&mut self, html: &str, place: impl Fn(usize) -> usize) {
        let mut written = String::with_capacity(html.len());
        let mut copied = 0;
        for tag in start_tags(html) {
            if let ("iframe", Some(source)) = (tag.name.as_str(), tag.get(html, "src")) {
                self.out.frames.push(Reference { at: place(tag.at), to: source });
            }
            if let ("a" | "area", Some(to)) = (tag.name.as_str(), tag.get(html, "href")) {
                self.out.links.push(Reference { at: place(tag.at), to });
            }
            for (place, text) in self.changes(html, &tag, &place) {
                written.push_str(&html[copied..place.start]);
                written.push_str(&text);
                copied = place.end;
            }
        }
        written.push_str(&html[copied..]);
        self.raw(&written);
    }

    /// What to put in place of which bytes, in order.
    fn changes(&mut self, html: &str, tag: &StartTag, source: &impl Fn(usize) -> usize) -> Vec<(Range<usize>, String)> {
        let mut changes = Vec::new();
        for (attribute, place) in &tag.attributes {
            let names_a_file = NAMES.contains(&(tag.name.as_str(), attribute.as_str()));
            let named = html[place.clone()].trim().replace("&amp;", "&");
            if !names_a_file || !is_ours(&named) {
                continue;
            }
            let entry = if tag.name == "a" { self.lookup.entry(&named) } else { None };
            if let Some(entry) = entry {
                let entry = address::encode_with_fragment(&entry);
                changes.push((place.clone(), escape_html(&entry)));
                self.leads_to(&named, Some(entry));
                continue;
            }
            let Some(linked) = self.lookup.media(&named) else {
                self.report_missing(tag, &named, source(place.start));
                continue;
            };
            self.leads_to(&named, None);
            if let Some(refusal) = linked.refusal {
                let what = format!("the picture {named:?} is left out: {}", refusal.what);
                self.remark(source(place.start), what, refusal.mend);
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

    /// The link that was noted last leads to this page, or to a file or nowhere, which needs no more judging.
    fn leads_to(&mut self, named: &str, entry: Option<String>) {
        let Some(link) = self.out.links.pop_if(|link| link.to == named) else { return };
        self.out.links.extend(entry.map(|to| Reference { to, ..link }));
    }

    /// Links may lead to pages; what is shown must be a file.
    fn report_missing(&mut self, tag: &StartTag, named: &str, at: usize) {
        let is_file = tag.name != "a" || named.rsplit('/').next().is_some_and(|last| last.contains('.'));
        if is_file && !named.starts_with('/') {
            self.leads_to(named, None);
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

#[cfg(test)]
mod tests {
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
            shape(html);
        }
    }
}
