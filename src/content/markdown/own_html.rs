//! HTML that the author wrote. File names become addresses, pictures get width and height, and elements left open are
//! closed at the end of their block, so that they do not take in the page below. Everything else stays unchanged.

use std::ops::Range;

use super::{pictures::is_remote, writer::Writer};
use crate::content::syntax::{
    events::Events,
    rendered::Reference,
    tags::{self, Attribute, StartTag, Token, VOID, tokens},
};
use crate::domain::{
    address,
    words::{escape_html, without_controls},
};

/// Pairs of an element and its attribute that names a file.
const NAMES: [(&str, &str); 9] = [
    ("img", "src"),
    ("img", "srcset"),
    ("source", "src"),
    ("source", "srcset"),
    ("video", "src"),
    ("video", "poster"),
    ("audio", "src"),
    ("track", "src"),
    ("a", "href"),
];

/// Elements that occur once in a document, outside the text.
const FRAME: [&str; 5] = ["html", "head", "body", "frameset", "plaintext"];

impl Writer<'_, '_> {
    /// Writes a block of HTML; `source` maps a byte of it to its position in the Markdown.
    pub(super) fn block_of_html(&mut self, html: &str, source: impl Fn(usize) -> usize) {
        self.own_html(html, &source, None);
        // A raw text element ends with its block, even if the next block continues it.
        while self.open.innermost().is_some_and(tags::is_raw) {
            self.close_innermost();
        }
    }

    /// Writes an inline tag; `rest` is the remaining text after it.
    pub(super) fn inline_html(&mut self, html: &str, at: usize, rest: &Events) {
        self.own_html(html, &|place| at + place, rest.last().map(|(_, range)| range.end));
    }

    /// Writes HTML. `text_end`: end of the text that contains an inline tag.
    fn own_html(&mut self, html: &str, source: &impl Fn(usize) -> usize, text_end: Option<usize>) {
        let mut written = 0;
        for (token, place) in tokens(html) {
            // Browsers ignore what is between tokens, such as `</>`.
            self.raw(html.get(written..place.start).unwrap_or_default());
            written = place.end;
            let (at, html_of_it) = (source(place.start), &html[place]);
            match token {
                Token::Start(tag) => self.start_tag(html, &tag, written, source, text_end),
                Token::End(name) => self.end_tag(&name, html_of_it, at),
                Token::Text(text) => {
                    self.push_text(&text);
                    self.report_markdown(html_of_it, at);
                    let clean = without_controls(text.clone());
                    // A character reference may produce one: `&#1;`.
                    if clean == text { self.raw(html_of_it) } else { self.raw(&escape_html(&clean)) }
                }
                Token::Comment => {
                    self.raw(html_of_it);
                    let end = if html_of_it.starts_with("<!--") { "-->" } else { ">" };
                    if !html_of_it.ends_with('>') || !html_of_it.ends_with(end) && !html_of_it.ends_with("--!>") {
                        self.raw(end);
                        self.report_open("the comment", at);
                    }
                }
            }
        }
        if written < html.len() {
            self.report_open("a tag", source(written));
            self.visible(&html[written..]);
        }
    }

    fn start_tag(
        &mut self,
        html: &str,
        tag: &StartTag,
        end: usize,
        source: &impl Fn(usize) -> usize,
        text_end: Option<usize>,
    ) {
        let (name, at) = (tag.name.as_str(), source(tag.at));
        // An inline tag without an end tag is shown as a word (`Vec<T>`, "the <title> tag"), unless it only formats.
        let is_markup = tag.is_self_closing
            || name == "p"
            || VOID.contains(&name)
            || tags::is_inline(name)
            || self.open.innermost().is_some_and(|outer| !tags::is_inline(outer));
        let is_word =
            text_end.is_some_and(|end| FRAME.contains(&name) || !is_markup && !self.ends_between(name, at, end));
        if is_word {
            let what = format!("<{name}> is not closed in its paragraph, so readers see it as text");
            self.remark(at, what, "Close it, or put it in `backticks`.");
            self.visible(&html[tag.at..end]);
            return;
        }
        if FRAME.contains(&name) {
            let what = format!("<{name}> cannot be part of a text, so it is left out");
            self.remark(at, what, "Take it out, or put it in `backticks` if readers should see it.");
            return;
        }
        // Links cannot be nested.
        if name == "a" && self.in_link > 0 {
            return;
        }
        if name == "a" {
            self.close_link();
        }
        self.part_words(name);
        self.note_alt(tag.get("alt").unwrap_or_default());
        self.report_tag(tag, at);
        let Some(changes) = self.changes(tag, source) else {
            // The alternative text says more than a broken picture. In an element: text alone has no place in the grid.
            if let Some(alt) = tag.get("alt").filter(|alt| !alt.trim().is_empty()) {
                self.raw(&format!("<span>{}</span>", escape_html(&without_controls(alt.to_owned()))));
            }
            return;
        };
        let mut written = tag.at;
        for (place, text) in changes {
            self.raw(&html[written..place.start]);
            self.raw(&text);
            written = place.end;
        }
        self.raw(&html[written..end]);
        if VOID.contains(&name) || tag.is_self_closing && self.open.is_foreign() {
            return;
        }
        if tag.is_self_closing {
            self.raw(&format!("</{name}>"));
        } else {
            self.open.push(name, at);
        }
    }

    fn end_tag(&mut self, name: &str, html: &str, at: usize) {
        self.part_words(name);
        if self.open.is_open_here(name) {
            while self.open.innermost().is_some_and(|innermost| innermost != name) {
                self.close_innermost();
            }
            self.open.pop();
            self.raw(html);
        } else if self.open.is_open(name) {
            // The element ends with the block that contains the end tag.
            self.open.late.push((name.to_owned(), at));
        } else if name == "br" {
            // Browsers read `</br>` as `<br>`.
            self.raw("<br>");
        } else if self.open.is_open("pre") {
            // Its start tag was written as text: `&lt;script>`.
            self.visible(html);
        } else if !FRAME.contains(&name) && !VOID.contains(&name) && !matches!(name, "a" | "p") {
            self.remark(
                at,
                format!("</{name}> has no <{name}> before it in its block, so it is left out"),
                format!("Take it out, or write <{name}> before it."),
            );
        }
    }

    /// Closes the element that was opened last and reports it, unless its end tag is optional.
    fn close_innermost(&mut self) {
        let Some(element) = self.open.pop() else { return };
        if !element.ends_by_itself() {
            // A script that contains `<!--<script>` needs `-->` before its end tag (HTML, 13.2.5.27).
            self.raw(if element.name == "script" { "-->" } else { "" });
            self.raw(&format!("</{}>", element.name));
            self.report_open(&format!("<{}>", element.name), element.at);
        }
    }

    /// Closes an open link, since links cannot be nested; browsers do the same.
    pub(super) fn close_link(&mut self) {
        if self.open.is_open("a") {
            self.open.forget("a");
            self.raw("</a>");
        }
    }

    /// Ends a block started by `enter`, and writes its end.
    pub(super) fn leave(&mut self, end: impl FnOnce(&mut Self)) {
        self.close_block();
        end(self);
        self.end_late();
    }

    /// Closes all elements that are open in the block.
    pub(super) fn close_block(&mut self) {
        while self.open.innermost().is_some() {
            self.close_innermost();
        }
        self.open.leave();
    }

    /// Handles, after a block, its end tags of elements that were opened outside it.
    pub(super) fn end_late(&mut self) {
        for (name, at) in std::mem::take(&mut self.open.late) {
            self.end_tag(&name, &format!("</{name}>"), at);
        }
    }

    /// True if an inline end tag of that name is between two positions of the Markdown.
    fn ends_between(&self, name: &str, at: usize, end: usize) -> bool {
        let places = self.ends.get(name).map(Vec::as_slice).unwrap_or_default();
        places.get(places.partition_point(|place| *place < at)).is_some_and(|place| *place < end)
    }

    /// Reports lines that are Markdown only outside of HTML: its block ends at a blank line (CommonMark 4.6).
    fn report_markdown(&mut self, text: &str, at: usize) {
        if ["pre", "script", "style", "textarea"].iter().any(|name| self.open.is_open(name)) {
            return;
        }
        let (mut place, mut lines) = (at, text.split_inclusive('\n'));
        // The first line follows a tag.
        place += lines.next().map_or(0, str::len);
        for line in lines {
            let signs = line.trim_start().trim_start_matches('#');
            let count = line.trim_start().len() - signs.len();
            if (1..=6).contains(&count) && signs.starts_with(' ') || line.trim_start().starts_with("```") {
                let what =
                    format!("the line {:?} belongs to the HTML above it, so it is not read as Markdown", line.trim());
                self.remark(place, what, "Leave a blank line between them.");
            }
            place += line.len();
        }
    }

    fn report_open(&mut self, what: &str, at: usize) {
        self.remark(
            at,
            format!("{what} is not closed, so it ends with its block"),
            "Close it, or put it in `backticks` if readers should see it.",
        );
    }

    /// Writes text that readers must see as it is.
    fn visible(&mut self, text: &str) {
        self.push_text(text);
        self.raw(&escape_html(text));
    }

    fn part_words(&mut self, name: &str) {
        if !tags::is_inline(name) {
            self.push_text(" ");
        }
    }

    /// Replacements of bytes in the tag, in order; `None` if the tag only shows a file that is not there.
    fn changes(&mut self, tag: &StartTag, source: &impl Fn(usize) -> usize) -> Option<Vec<(Range<usize>, String)>> {
        let (mut changes, mut is_missing, mut has_remote) = (Vec::new(), false, false);
        let at = source(tag.at);
        match (tag.name.as_str(), tag.get("src"), tag.get("href")) {
            ("iframe", Some(to), _) => self.out.frames.push(Reference { at, to: to.to_owned() }),
            ("a" | "area", _, Some(to)) => self.link_to(at, to),
            _ => {}
        }
        // Ids before names, since both may be equal.
        let mut attributes: Vec<&Attribute> = tag.attributes.iter().collect();
        attributes.sort_by_key(|attribute| attribute.name != "id");
        for Attribute { name, value, place } in attributes {
            let (at, is_file) = (source(place.start), NAMES.contains(&(tag.name.as_str(), name.as_str())));
            let changed = match name.as_str() {
                _ if value.trim().is_empty() => None,
                "id" => self.unique_id(value, at),
                "name" if tag.name == "a" => {
                    self.ids.note(value);
                    None
                }
                _ if !is_file => None,
                "srcset" => {
                    has_remote |= tags::addresses_of_set(value).any(is_remote);
                    let set = self.files_of_set(tag, value, at);
                    is_missing |= set.is_empty() && tag.get("src").is_none();
                    // An empty set, with or without quotes.
                    Some(if set.is_empty() { ",".to_owned() } else { set })
                }
                name => {
                    has_remote |= is_shown(tag, name) && is_remote(value.trim());
                    match self.file_of(tag, name, value.trim(), at) {
                        File::Other => None,
                        File::Found(address) => Some(address),
                        File::Missing => {
                            is_missing |= name == "src";
                            None
                        }
                    }
                }
            };
            changes.extend(changed.map(|value| (place.clone(), tags::value_of_attribute(&value))));
        }
        if has_remote {
            self.report_remote(at, "a picture here");
        }
        if let ("img", Some(size)) = (tag.name.as_str(), self.size_of(tag)) {
            changes.push((tag.name_end..tag.name_end, size));
        }
        changes.sort_by_key(|(place, _)| place.start);
        let is_dropped = is_missing && matches!(tag.name.as_str(), "img" | "source" | "track");
        (!is_dropped).then_some(changes)
    }

    fn unique_id(&mut self, wanted: &str, at: usize) -> Option<String> {
        let id = self.ids.take(wanted);
        if id == wanted {
            return None;
        }
        let what = format!("the id {wanted:?} is on this page already, so it became {id:?}");
        self.remark(at, what, "Give it another id.");
        Some(id)
    }

    /// Looks up the file that an attribute names; also updates the noted link.
    fn file_of(&mut self, tag: &StartTag, attribute: &str, named: &str, at: usize) -> File {
        if !is_ours(named) {
            return File::Other;
        }
        if tag.name == "a"
            && let Some(entry) = self.lookup.entry(named)
        {
            return self.leads_to(named, address::encode_with_fragment(&entry));
        }
        let Some(linked) = self.lookup.media(named) else { return self.missing(tag, named, at) };
        self.forget_link(named);
        if let Some(refusal) = &linked.refusal {
            self.report_refusal(at, named, refusal);
            return File::Missing;
        }
        let picture = linked.picture;
        File::Found(address::encode(&if is_shown(tag, attribute) { picture.shared() } else { picture.address }))
    }

    /// Rewrites the addresses in a `srcset`; each is followed by its width or density. Missing files are left out.
    fn files_of_set(&mut self, tag: &StartTag, set: &str, at: usize) -> String {
        tags::each_of_set(set, |named| match self.file_of(tag, "srcset", named, at) {
            File::Other => Some(named.to_owned()),
            File::Found(address) => Some(address),
            File::Missing => None,
        })
    }

    /// Width and height attributes for a picture whose tag has neither.
    fn size_of(&self, tag: &StartTag) -> Option<String> {
        let named = tag.get("src").filter(|named| is_ours(named))?;
        let has_size = tag.attributes.iter().any(|one| one.name == "width" || one.name == "height");
        let linked = self.lookup.media(named).filter(|linked| !has_size && linked.refusal.is_none())?;
        let (width, height) = linked.picture.size?;
        Some(format!(" width=\"{width}\" height=\"{height}\""))
    }

    /// Removes the link noted last, if it names a file: that needs no further check.
    fn forget_link(&mut self, named: &str) -> Option<Reference> {
        self.out.links.pop_if(|link| link.to == named)
    }

    /// Makes the link noted last lead to a page.
    fn leads_to(&mut self, named: &str, page: String) -> File {
        if let Some(link) = self.forget_link(named) {
            self.link_to(link.at, page.as_str());
        }
        File::Found(page)
    }

    /// Reports a missing file. A link may lead to a page, but what is shown must be a file.
    fn missing(&mut self, tag: &StartTag, named: &str, at: usize) -> File {
        let is_link = tag.name == "a";
        let may_be_page = named.starts_with('/') || !named.rsplit('/').next().is_some_and(|last| last.contains('.'));
        if let Some(page) = is_link.then(|| self.lookup.relative(named)).flatten() {
            return self.leads_to(named, page);
        }
        // Addresses of the program itself, as they are on its pages.
        if is_link && may_be_page || named.starts_with("/static/") || named.starts_with("/media/") {
            return File::Other;
        }
        self.forget_link(named);
        self.report_missing(at, "file", named);
        File::Missing
    }

    /// Reports what the page's Content-Security-Policy refuses.
    fn report_tag(&mut self, tag: &StartTag, at: usize) {
        let is_data = tag.get("type").is_some_and(|kind| kind.ends_with("json"));
        let has = |wanted: fn(&str) -> bool| tag.attributes.iter().any(|one| wanted(&one.name));
        let refused = [
            (tag.name == "script" && tag.get("src").is_none() && !is_data, "an inline script"),
            (tag.name == "style" || has(|name| name == "style"), "an inline style"),
            (has(|name| name.starts_with("on")), "an inline event handler"),
        ];
        for (_, what) in refused.into_iter().filter(|(is_there, _)| *is_there) {
            self.remark(
                at,
                format!("there is {what} here, which the security policy of the page forbids"),
                "Put styles into content/custom.css, and leave scripts out.",
            );
        }
    }
}

/// Result of the look-up of a file that the author's HTML names.
enum File {
    /// Not a file of this site.
    Other,
    /// Address of the file.
    Found(String),
    Missing,
}

/// True if readers see the file that an attribute names.
fn is_shown(tag: &StartTag, attribute: &str) -> bool {
    tag.name == "img" || matches!(attribute, "poster" | "srcset")
}

/// True for a relative path to a file of this site.
fn is_ours(named: &str) -> bool {
    let scheme = named.split(['/', '?', '#']).next().is_some_and(|start| start.contains(':'));
    !named.is_empty() && !scheme && !named.starts_with("//") && !named.starts_with(['#', '?'])
}

#[cfg(test)]
mod tests {
    use crate::content::markdown::{
        render,
        tests::{Site, shape},
    };

    #[test]
    fn names_of_files_in_html_become_addresses() {
        for (written, expected) in [
            ("<img src=\"a.jpg\" alt=\"A\">", "<img width=\"4\" height=\"3\" src=\"/media/1-a.jpg\" alt=\"A\">"),
            ("<IMG SRC=a.jpg>", "<IMG width=\"4\" height=\"3\" SRC=/media/1-a.jpg>"),
            ("<img width='9' src='a.jpg'/>", "<img width='9' src='/media/1-a.jpg'/>"),
            (
                "<img src=\"https://x.example/i.jpg\" srcset=\"a.jpg 1x,b.jpg 2x, https://x.example/i,j.jpg 3x\">",
                "<img src=\"https://x.example/i.jpg\" srcset=\"/media/1-a.jpg 1x, /media/1-b.jpg 2x, https://x.example/i,j.jpg 3x\">",
            ),
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
    fn a_picture_without_its_file_is_its_alternative_text() {
        for (written, expected) in [
            ("see <img src=\"none.jpg\" alt=\"A &amp; B\"> it", "<p>see <span>A &amp; B</span> it</p>"),
            ("<img src=none.jpg>", ""),
            ("<img src=\"/none.jpg\" alt=\"A\" srcset=\"a.jpg 2x\">", "<span>A</span>"),
            ("<img alt=A srcset=\"none.jpg 1x, none2.jpg 2x\">", "<span>A</span>"),
            ("<img src=a.jpg width=1 srcset=none.jpg>", "<img src=/media/1-a.jpg width=1 srcset=,>"),
            (
                "<img src=\"a.jpg\" width=1 srcset=\"none.jpg 1x, b.jpg 2x\">",
                "<img src=\"/media/1-a.jpg\" width=1 srcset=\"/media/1-b.jpg 2x\">",
            ),
            (
                "<picture><source srcset=\"none.webp\"><img src=\"a.jpg\" width=1></picture>",
                "<p><picture><img src=\"/media/1-a.jpg\" width=1></picture></p>",
            ),
            (
                "<figure>\n<a href=\"a.jpg\"><img src=\"none.jpg\" alt=\"A\"/></a>\n<figcaption>B</figcaption>\n</figure>",
                "<figure><a href=\"/media/1-a.jpg\"><span>A</span></a><figcaption>B</figcaption></figure>",
            ),
            (
                "<video><source src=none.mp4><source src=a.mp4><track src=none.vtt></video>",
                "<p><video><source src=/media/1-a.mp4></video></p>",
            ),
            ("<img src=\"/static/mark.svg\" alt=A>", "<img src=\"/static/mark.svg\" alt=A>"),
        ] {
            assert_eq!(shape(written), expected, "{written}");
        }
    }

    #[test]
    fn pictures_of_other_servers_are_reported() {
        for (written, is_remote) in [
            ("<img src=\"https://x.example/a.jpg\">", true),
            ("<img src=a.jpg srcset=\"//x.example/a.jpg 2x\">", true),
            ("<picture><source srcset=\"https://x.example/a.webp\"><img src=a.jpg></picture>", true),
            ("<video src=a.mp4 poster=\"https://x.example/a.jpg\"></video>", true),
            ("<img src=a.jpg srcset=\"b.jpg 2x\">", false),
        ] {
            let rendered = render(written, &Site);
            assert_eq!(
                (rendered.has_remote_picture, rendered.remarks.len()),
                (is_remote, usize::from(is_remote)),
                "{written}"
            );
        }
    }

    #[test]
    fn open_elements_are_closed_where_their_block_ends() {
        for (written, expected) in [
            ("Use the <title> tag.\n\nb", "<p>Use the &lt;title&gt; tag.</p><p>b</p>"),
            ("Use <textarea rows=2> or <select>.", "<p>Use &lt;textarea rows=2&gt; or &lt;select&gt;.</p>"),
            ("A Vec<T> of <li> or <b>c <path>", "<p>A Vec&lt;T&gt; of &lt;li&gt; or <b>c &lt;path&gt;</b></p>"),
            ("<ul><li>a<li>b</ul>c", "<ul><li>a<li>b</ul>c"),
            ("a <select><option>b<option>c</select>", "<p>a <select><option>b<option>c</select></p>"),
            ("Set <title>A *b*</title> so.", "<p>Set <title>A <em>b</em></title> so.</p>"),
            ("a <b>c *d\n\ne*", "<p>a <b>c *d</b></p><p>e*</p>"),
            ("*a <b>c* d</b>", "<p><em>a <b>c</b></em> d</p>"),
            ("<b><i>x</b></i>", "<p><b><i>x</i></b></p>"),
            ("<div>\n\na\n\n</div>\n\nb", "<div><p>a</p></div><p>b</p>"),
            ("<div>\n\na </div>\n\nb", "<div><p>a </p></div><p>b</p>"),
            ("a\n\n</div></div>\n\nb", "<p>a</p><p>b</p>"),
            ("- <div>\n\n  a\n\nb", "<ul><li><div><p>a</p></div></li></ul><p>b</p>"),
            ("> <table><tr><td>\n\nb", "<blockquote><table><tr><td></table></blockquote><p>b</p>"),
            ("<!-- a\n\nb", "<!-- ab-->"),
            ("<title>a\n\nb", "<title>a</title><p>b</p>"),
            ("<div class=\"a\n\nb", "&lt;div class=&quot;a<p>b</p>"),
            ("<a name=\"x\"/>b", "<p><a name=\"x\"/></a>b</p>"),
            ("<svg><path d='M0'/></svg>", "<p><svg><path d='M0'/></svg></p>"),
            ("<form>\n\n[x](/y)", "<form><p><a href=\"/y\">x</a></p></form>"),
            ("<body onload=\"x\"><p>a", "<p>a"),
            ("a </br> b </p> c", "<p>a <br> b  c</p>"),
            ("<a href=\"/x\">y [z](/w) v</a>", "<p><a href=\"/x\">y </a><a href=\"/w\">z</a> v</p>"),
            ("[y <a href=\"/w\">z</a> v](/x)", "<p><a href=\"/x\">y z v</a></p>"),
            (
                "|a|b|\n|-|-|\n|<b>c|d</b>|",
                "<div class=\"table-scroll\" role=\"region\" aria-label=\"Table\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr></thead><tbody><tr><td><b>c</b></td><td>d</td></tr></tbody></table></div>",
            ),
        ] {
            assert_eq!(shape(written), expected, "{written}");
        }
    }

    #[test]
    fn any_html_is_read_to_its_end() {
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
