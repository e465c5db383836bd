//! The start tags in a piece of HTML: what an author's HTML names, and where it stands.

use std::ops::Range;

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub struct StartTag {
    /// Bytes from the start of the HTML.
    pub at: usize,
    /// In lower case.
    pub name: String,
    /// Where the name ends.
    pub name_end: usize,
    /// Names in lower case, and where the value stands without its quotes.
    pub attributes: Vec<(String, Range<usize>)>,
}

impl StartTag {
    /// The value of an attribute, with `&amp;` resolved; `html` is what the tag was found in.
    pub fn get(&self, html: &str, attribute: &str) -> Option<String> {
        let (_, place) = self.attributes.iter().find(|(name, _)| name == attribute)?;
        html.get(place.clone()).map(|value| value.trim().replace("&amp;", "&"))
    }
}

/// All of them but those of scripts and styles, whose text is no markup either.
pub fn start_tags(html: &str) -> Vec<StartTag> {
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
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            at = start + 1;
            continue;
        }
        let (attributes, end) = attributes(html, name_end);
        tags.push(StartTag { at: start, name, name_end, attributes });
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

    #[test]
    fn tags_and_what_looks_like_them() {
        for (html, expected) in [
            ("<a href=\"/x?a&amp;b\">y</a>", "a href=/x?a&b"),
            (
                "<IFRAME\n  Src = 'https://a.example/'\n allowfullscreen></IFRAME>",
                "iframe src=https://a.example/ allowfullscreen=",
            ),
            ("a < b <br/><hr /><a href=/x>", "br; hr; a href=/x"),
            ("<!-- <a href=x> --><p id=z>", "p id=z"),
            ("<script>'<a href=x>'</script><b>", "b"),
            ("<a href=\"x", "a href=x"),
            ("<a <img src=x>", "a; img src=x"),
            ("<", ""),
            ("ü<ü><é <b ü=ß>", "b ü=ß"),
        ] {
            let shown = start_tags(html).into_iter().map(|tag| {
                let attribute = |(name, _): &(String, _)| format!(" {name}={}", tag.get(html, name).expect("a value"));
                format!("{}{}", tag.name, tag.attributes.iter().map(attribute).collect::<String>())
            });
            assert_eq!(shown.collect::<Vec<_>>().join("; "), expected, "{html}");
        }
        assert_eq!(start_tags("ü <b>").first().map(|tag| tag.at), Some(3));
    }

    proptest::proptest! {
        #[test]
        fn nothing_breaks_it(html in "[<>a =\"'/!-ü]{0,40}") {
            for tag in start_tags(&html) {
                let all = tag.attributes.iter().all(|(name, _)| tag.get(&html, name).is_some());
                proptest::prop_assert!(all && html[tag.at..].starts_with('<'));
            }
        }
    }
}
