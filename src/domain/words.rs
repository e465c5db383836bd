//! Small things about words that more than one room needs.

/// `1 comment`, `2 comments`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// Text for an HTML element or a double-quoted attribute.
pub fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text without control characters: HTML has none (13.1.4). A NUL becomes U+FFFD (CommonMark 2.3).
pub fn without_controls(text: String) -> String {
    let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if !text.contains(is_control) {
        return text;
    }
    text.replace('\0', "\u{FFFD}").replace(is_control, "")
}

/// Whether markup (in lower case) has `onclick=…` or its kin; a word such as "one" in a description is none.
pub fn has_event_handler(lower: &str) -> bool {
    lower.contains('<')
        && lower.match_indices(" on").any(|(at, _)| {
            let rest = &lower[at + " on".len()..];
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            end > 0 && rest[end..].trim_start().starts_with('=')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_and_words_that_look_alike() {
        assert!(has_event_handler("<b onclick=x>"));
        assert!(has_event_handler("<svg onload = \"x\">"));
        assert!(!has_event_handler("<desc>stands on one leg</desc>"));
        assert!(!has_event_handler("turn on it=1"));
    }
}
