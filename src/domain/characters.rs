//! Properties of characters, by the Unicode Character Database: which are invisible, which have a meaning of their own.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, Emoji, GeneralCategory, GeneralCategoryGroup as Group, TerminalPunctuation},
};

fn is_in(group: Group, c: char) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// True for characters that may be on a page: not for control characters, those that turn the direction of the text
/// around them (UAX 9, 2.1 to 2.3), line separators, and noncharacters (which XML does not allow in feeds).
pub fn is_printable(c: char) -> bool {
    let turns_text = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let is_separator = matches!(c, '\u{2028}' | '\u{2029}');
    let is_no_character = matches!(c, '\u{FDD0}'..='\u{FDEF}') || u32::from(c) & 0xFFFE == 0xFFFE;
    (!c.is_control() || c == '\t') && !turns_text && !is_separator && !is_no_character
}

/// True for characters that show nothing by themselves: white space, code points that programs ignore by default, marks
/// (which need a base character), and the blank of Braille.
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || is_in(Group::Mark, c)
        || c == '\u{2800}'
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// True if a text has a letter, a digit, an emoji (UTS 51) or another symbol in it: a thumbs-up alone is an answer.
pub fn say_something(text: &str) -> bool {
    let is_symbol = |c: char| {
        !c.is_ascii()
            && !matches!(c, '\u{FFFC}' | '\u{FFFD}')
            && (is_in(Group::OtherSymbol.union(Group::MathSymbol), c) || CodePointSetData::new::<Emoji>().contains(c))
    };
    let says = |c: char| !is_invisible(c) && (c.is_alphanumeric() || is_symbol(c));
    // The two keycaps without a digit.
    text.chars().any(says) || ["#\u{FE0F}\u{20E3}", "*\u{FE0F}\u{20E3}"].iter().any(|keycap| text.contains(keycap))
}

/// True for punctuation outside ASCII, in any script.
pub fn is_foreign_punctuation(c: char) -> bool {
    !c.is_ascii() && is_in(Group::Punctuation, c)
}

/// True for characters outside ASCII that end a sentence or a part of one, and for quotes and brackets.
pub fn is_foreign_break(c: char) -> bool {
    let around = Group::OpenPunctuation
        .union(Group::ClosePunctuation)
        .union(Group::InitialPunctuation)
        .union(Group::FinalPunctuation);
    !c.is_ascii() && (is_in(around, c) || CodePointSetData::new::<TerminalPunctuation>().contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_say_something() {
        for text in ["👍", "谢谢", "ok", "7", "!?a", "❤\u{FE0F}", "👍🏽", "☺", "#\u{FE0F}\u{20E3}", "‼", "㊗", "→"]
        {
            assert!(say_something(text), "{text:?}");
        }
        for text in [
            "...", "?!", "*", "#", "\u{200B}", "\u{3164}", "\u{2800}", "> -", "\u{301}", "\u{20E3}", "\u{FE0F}",
            "\u{FFFD}",
        ] {
            assert!(!say_something(text), "{text:?}");
        }
    }

    #[test]
    fn texts_that_show_nothing() {
        for c in
            ['\u{34F}', '\u{17B4}', '\u{FE0F}', '\u{E0061}', '\u{301}', '\u{115F}', '\u{2800}', '\u{3000}', '\u{FFF0}']
        {
            assert!(is_invisible(c), "{c:?}");
        }
        assert!(['a', 'ß', '字', '🏃', '.', 'ก'].into_iter().all(|c| !is_invisible(c)));
    }
}
