//! Web addresses in a text, linked or not.

/// Link to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebLink {
    /// Host without `www.`, in lower case.
    pub host: String,
    /// Text after the host: path, query, fragment.
    pub rest: String,
}

/// Top-level domains that make a link without `https://` or `www.` before it. Those that are words (`it`, `me`, `so`)
/// are not here: a space after a full stop is easily forgotten.
const ENDINGS: &[&str] = &[
    "com", "net", "org", "info", "biz", "ru", "cn", "tk", "ml", "ga", "cf", "gq", "xyz", "vip", "io", "co", "tv", "ly",
    "gl", "gd", "cc", "ua", "pl", "de", "ch", "fr", "nl", "uk", "eu", "br", "jp", "kr", "tr", "app", "dev", "example",
];

/// Links of a text, and the text without them.
pub fn links(text: &str) -> (Vec<WebLink>, String) {
    let mut links = Vec::new();
    let mut left = String::with_capacity(text.len());
    for part in text.split_inclusive(is_around) {
        let word = part.trim_end_matches(is_around);
        match link(word) {
            Some(link) => {
                links.push(link);
                left.push(' ');
            }
            None => left.push_str(part),
        }
    }
    (links, left)
}

/// True for characters that are never part of an address as people write it, also in Markdown and HTML.
fn is_around(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '"' | '`' | '|')
}

fn link(word: &str) -> Option<WebLink> {
    let word = word.trim_matches(|c: char| matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '*' | '_' | '~' | '\''));
    let lower = word.to_lowercase();
    // `to_lowercase` may change lengths, so the rest is taken from its result.
    let address = ["https://", "http://"].iter().find_map(|scheme| Some(&lower[lower.find(scheme)? + scheme.len()..]));
    let is_told = address.is_some() || lower.starts_with("www.");
    let address = address.unwrap_or(&lower);
    let address = address.strip_prefix("www.").unwrap_or(address);
    let end = address.find(['/', '?', '#', ':', '&']).unwrap_or(address.len());
    let (host, rest) = address.split_at(end);
    let ending = host.rsplit_once('.').map(|(_, ending)| ending).filter(|_| host.split('.').all(is_label));
    let is_link = if is_told { !host.is_empty() } else { ending.is_some_and(|ending| ENDINGS.contains(&ending)) };
    is_link.then(|| WebLink { host: host.to_owned(), rest: rest.to_owned() })
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found() {
        for (text, expected) in [
            ("no link. Really", ""),
            ("fine.It is", ""),
            ("e.g. this, 3.5 km", ""),
            ("https://a.example", "a.example"),
            ("see HTTP://WWW.A.example/X?y=1#z, and", "a.example/x?y=1#z"),
            ("[a](https://a.example/b)", "a.example/b"),
            ("<https://a.example>", "a.example"),
            ("<a href=\"https://a.example/\">https://b.example</a>", "a.example/ b.example"),
            ("buy at shop.com!!", "shop.com"),
            ("**www.shop.biz**", "shop.biz"),
            ("adf.ly/KlD3Y", "adf.ly/kld3y"),
            ("me@shop.com", ""),
            ("here:http://a.example:8080/b", "a.example:8080/b"),
        ] {
            let found: Vec<String> = links(text).0.into_iter().map(|link| link.host + &link.rest).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn links_are_cut_out_of_the_text() {
        assert_eq!(
            links("see [my site](https://a.example/b) now").1.split_whitespace().collect::<Vec<_>>(),
            ["see", "[my", "site](", "now"]
        );
    }
}
