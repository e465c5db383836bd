//! The start tags in a piece of HTML, as far as they are whole: what an author's HTML refers to.

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub struct StartTag {
    /// Bytes from the start of the HTML.
    pub at: usize,
    /// In lower case.
    pub name: String,
    /// Names in lower case, values with `&amp;` resolved.
    attributes: Vec<(String, String)>,
}

impl StartTag {
    pub fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == attribute).map(|(_, value)| value.as_str())
    }
}

/// Elements whose text is no markup.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

pub fn start_tags(html: &str) -> Vec<StartTag> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(found) = html[at..].find('<') {
        at += found;
        let rest = &html[at..];
        if rest.starts_with("<!--") {
            at += rest.find("-->").unwrap_or(rest.len());
        } else if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            let Some((tag, length)) = start_tag(at, rest) else { break };
            at += length;
            if RAW.contains(&tag.name.as_str()) {
                let end = format!("</{}", tag.name);
                at += html[at..].to_ascii_lowercase().find(&end).unwrap_or(html.len() - at);
            }
            tags.push(tag);
        } else {
            at += 1;
        }
    }
    tags
}

/// The tag that a text begins with, and its length; `None` where it does not end.
fn start_tag(at: usize, text: &str) -> Option<(StartTag, usize)> {
    let is_space = |c: char| c.is_ascii_whitespace() || c == '/';
    let name_end = text[1..].find(|c| is_space(c) || c == '>')? + 1;
    let mut tag = StartTag { at, name: text[1..name_end].to_ascii_lowercase(), attributes: Vec::new() };
    let mut rest = &text[name_end..];
    loop {
        rest = rest.trim_start_matches(is_space);
        if let Some(behind) = rest.strip_prefix('>') {
            return Some((tag, text.len() - behind.len()));
        }
        // An equals sign at the very start belongs to the name, so that each round takes something.
        let first = rest.chars().next()?.len_utf8();
        let end = first + rest[first..].find(|c| is_space(c) || matches!(c, '=' | '>'))?;
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start_matches(|c: char| c.is_ascii_whitespace());
        let mut value = "";
        if let Some(behind) = rest.strip_prefix('=') {
            let behind = behind.trim_start_matches(|c: char| c.is_ascii_whitespace());
            (value, rest) = match behind.chars().next()? {
                quote @ ('"' | '\'') => behind[1..].split_once(quote)?,
                _ => behind.split_at(behind.find(|c: char| c.is_ascii_whitespace() || c == '>')?),
            };
        }
        tag.attributes.push((name, value.replace("&amp;", "&")));
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
            ("<script>'<a href=x>'</script><b>", "script; b"),
            ("<a href=\"x", ""),
            ("<a =x>", "a =x="),
            ("<", ""),
            ("ü<ü><é <b ü=ß>", "b ü=ß"),
        ] {
            let shown = start_tags(html).into_iter().map(|tag| {
                let attributes: String =
                    tag.attributes.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                format!("{}{attributes}", tag.name)
            });
            assert_eq!(shown.collect::<Vec<_>>().join("; "), expected, "{html}");
        }
        assert_eq!(start_tags("ü <b>").first().map(|tag| tag.at), Some(3));
    }

    proptest::proptest! {
        #[test]
        fn nothing_breaks_it(html in "[<>a =\"'/!-ü]{0,40}") {
            start_tags(&html);
        }
    }
}
