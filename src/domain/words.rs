//! Helpers for words and texts that several modules need.

use std::fmt;

use serde::{
    Serialize,
    de::{
        DeserializeOwned,
        value::{Error, StrDeserializer},
    },
};
use unicode_segmentation::UnicodeSegmentation;

use super::characters::is_printable;

/// Word for a value of an enum in the database, in forms and in settings: the name that serde gives to the variant.
pub fn word_of(value: impl Serialize) -> String {
    struct Word<T>(T);
    impl<T: Serialize> fmt::Display for Word<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.serialize(f)
        }
    }
    Word(value).to_string()
}

/// Value of an enum for its word; `None` if it has no such word.
pub fn parse_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    T::deserialize(StrDeserializer::<Error>::new(word)).ok()
}

/// Number with its noun: `1 comment`, `2 comments`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// True for letters of a script without spaces between words: Thai, Lao, Tibetan, Burmese, Khmer, Chinese, Japanese.
pub fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
        && c.is_alphanumeric()
}

/// Number of words between spaces in a text, and of letters of scripts without spaces.
pub fn length(text: &str) -> (usize, usize) {
    let is_word = |word: &&str| word.chars().any(|c| c.is_alphanumeric() && !is_unspaced(c));
    (text.split_whitespace().filter(is_word).count(), text.chars().filter(|c| is_unspaced(*c)).count())
}

/// Start of a text, at most so many characters, cut after a sentence or a word. In a script without spaces it is cut
/// between letters.
pub fn shorten(text: &str, longest: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(longest) else { return text.to_owned() };
    let start = &text[..end];
    let half = start.char_indices().nth(longest / 2).map_or(0, |(at, _)| at);
    let is_end = |(at, c): &(usize, char)| match c {
        '.' | '!' | '?' | '।' | '؟' => text[at + c.len_utf8()..].starts_with(' '),
        c => matches!(c, '。' | '！' | '？'),
    };
    let mut late = start.char_indices().rev().take_while(|(at, _)| *at >= half);
    if let Some((at, mark)) = late.find(is_end) {
        return start[..at + mark.len_utf8()].to_owned();
    }
    let space = start.rfind(' ');
    let last_word = space.map_or(0, |space| space + 1);
    let bounds = || text[last_word..].split_word_bound_indices().map(|(at, _)| last_word + at);
    let cut = match start[last_word..].contains(is_unspaced) {
        true => bounds().take_while(|at| *at <= end).last().filter(|at| *at > 0),
        false => space,
    };
    let open =
        |c: char| matches!(c, ',' | ';' | ':' | ' ' | '、' | '，' | '；' | '：' | '「' | '『' | '（' | '“' | '(');
    format!("{}…", start[..cut.unwrap_or(end)].trim_end_matches(open))
}

/// Text on one line, shortened to so many characters. Control characters and characters that change the direction of text
/// are left out.
pub fn one_line(text: &str, longest: usize) -> String {
    let blank = |c: char| if c.is_whitespace() || c.is_control() { ' ' } else { c };
    let line: String = text.chars().map(blank).filter(|c| is_printable(*c)).collect();
    shorten(&line.split_whitespace().collect::<Vec<_>>().join(" "), longest)
}

/// Text between the brackets of a Markdown link or picture, in one line.
pub fn in_brackets(text: &str) -> String {
    let escaped = |c: char| ['[', ']', '\\', '<', '`'].contains(&c).then_some('\\').into_iter().chain([c]);
    in_one_line(text).chars().flat_map(escaped).collect()
}

/// Escapes text for an HTML element or a double-quoted attribute.
pub fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The words of a text with single spaces between them.
pub fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Removes control characters from a text, and the two noncharacters that XML does not allow (XML 1.0, 2.2): HTML has
/// none of them (13.1.4). A NUL becomes U+FFFD (CommonMark 2.3).
pub fn without_controls(text: String) -> String {
    let is_control = |c: char| match c {
        '\t' | '\n' | '\r' => false,
        c => c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'),
    };
    if !text.contains(is_control) {
        return text;
    }
    text.replace('\0', "\u{FFFD}").replace(is_control, "")
}

/// True if markup (in lower case) has an attribute such as `onclick=…`; a word such as "one" in a description is none.
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
    fn texts_are_cut_after_a_sentence_a_word_or_a_letter() {
        for (text, longest, expected) in [
            ("One two. Three four five six", 14, "One two."),
            ("One two three four", 10, "One two…"),
            ("Short", 10, "Short"),
            ("Oneverylongword", 4, "Onev…"),
            ("跑步之后要拉伸小腿。每条腿三十秒钟就够了。", 15, "跑步之后要拉伸小腿。"),
            ("跑步之后要拉伸小腿和脚踝的肌肉", 8, "跑步之后要拉伸小…"),
            ("Rust 跑步之后要拉伸小腿和脚踝的肌肉", 10, "Rust 跑步之后要…"),
            ("走った後は、「ふくらはぎ」を伸ばす", 7, "走った後は…"),
            ("กล้ามเนื้อน่องและข้อเท้า", 12, "กล้ามเนื้อน่…"),
        ] {
            let short = shorten(text, longest);
            assert_eq!(short, expected, "{text}");
            assert!(short.trim_end_matches('…').chars().count() <= longest);
        }
    }

    #[test]
    fn words_and_letters() {
        for (text, expected) in [
            ("One two-three, 4 – five's", (4, 0)),
            ("跑步之后，要拉伸！", (0, 7)),
            ("Rust言語 で 書く", (1, 5)),
            ("한국어 낱말", (2, 0)),
            ("", (0, 0)),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }

    #[test]
    fn handlers_and_words_that_look_alike() {
        assert!(has_event_handler("<b onclick=x>"));
        assert!(has_event_handler("<svg onload = \"x\">"));
        assert!(!has_event_handler("<desc>stands on one leg</desc>"));
        assert!(!has_event_handler("turn on it=1"));
    }
}
