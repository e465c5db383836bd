//! Language tags (BCP 47): their form, the direction of their scripts, and their quotation marks.

/// Scripts that run from right to left (ISO 15924).
const RTL_SCRIPTS: &[&str] =
    &["adlm", "arab", "aran", "hebr", "mand", "mend", "nkoo", "rohg", "samr", "sogd", "syrc", "thaa", "yezi"];

/// Languages that use one of these scripts by default (CLDR, likely subtags).
const RTL_LANGUAGES: &[&str] = &[
    "ar", "arc", "arq", "ary", "arz", "azb", "bal", "bqi", "ckb", "dv", "fa", "glk", "he", "iw", "ji", "ks", "lrc",
    "mzn", "nqo", "pnb", "ps", "rhg", "sd", "sdh", "skr", "syr", "ug", "ur", "yi",
];

/// Direction of text in a language, as in the attribute `dir`: `ltr` or `rtl`.
pub fn direction(tag: &str) -> &'static str {
    let tag = tag.to_ascii_lowercase();
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    // The script comes before any extension, which begins with a single letter.
    let script = parts
        .take_while(|part| part.len() > 1)
        .find(|part| part.len() == 4 && part.chars().all(|c| c.is_ascii_alphabetic()));
    let is_rtl = match script {
        Some(script) => RTL_SCRIPTS.contains(&script),
        None => RTL_LANGUAGES.contains(&language),
    };
    if is_rtl { "rtl" } else { "ltr" }
}

/// True if a text has the form of a tag: `de`, `en-US`, `sr-Latn-RS`. It has only letters, digits and hyphens.
pub fn is_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_language = |part: &str| (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphabetic());
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
    parts.next().is_some_and(is_language) && parts.all(is_part)
}

/// Attributes `lang` and `dir` for this language, with a space before them; empty if it is no tag.
pub fn attributes(tag: &str) -> String {
    if is_tag(tag) { format!(" lang=\"{tag}\" dir=\"{}\"", direction(tag)) } else { String::new() }
}

/// True if two tags are of one language, in any country or script.
pub fn is_same(one: &str, other: &str) -> bool {
    let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    language(one) == language(other)
}

/// Quotation marks of a language, with those for a quotation inside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotes {
    pub opening: &'static str,
    pub closing: &'static str,
    pub inner_opening: &'static str,
    pub inner_closing: &'static str,
}

/// Languages that do not quote as English does (CLDR 45, delimiters). French in France has narrow spaces inside.
const QUOTES: &[(&str, [&str; 4])] = &[
    ("de-ch de-li fr-ch it-ch rm", ["«", "»", "‹", "›"]),
    ("de cs sk sl is et lb dsb hsb lt bg mk ka", ["„", "“", "‚", "‘"]),
    ("hr sr bs", ["„", "”", "‚", "’"]),
    ("pl hu ro", ["„", "”", "«", "»"]),
    ("fr", ["«\u{202F}", "\u{202F}»", "“", "”"]),
    ("es it ca gl pt-pt eu ast el hy", ["«", "»", "“", "”"]),
    ("ru uk be kk ky", ["«", "»", "„", "“"]),
    ("no nb nn sq", ["«", "»", "‘", "’"]),
    ("fa", ["«", "»", "‹", "›"]),
    ("sv fi", ["”", "”", "’", "’"]),
    ("he", ["”", "”", "’", "’"]),
    ("ja zh-hant zh-tw zh-hk", ["「", "」", "『", "』"]),
];

impl Quotes {
    /// Quotation marks of the language of a tag; English ones if it is not in the table.
    pub fn of(tag: &str) -> Self {
        let tag = tag.to_ascii_lowercase();
        let language = tag.split('-').next().unwrap_or_default();
        let find = |wanted: &str| QUOTES.iter().find(|(tags, _)| tags.split(' ').any(|one| one == wanted));
        let of_region = || find(tag.get(..language.len() + 3)?).or_else(|| find(tag.get(..language.len() + 5)?));
        let marks = of_region().or_else(|| find(language)).map_or(["“", "”", "‘", "’"], |(_, marks)| *marks);
        let [opening, closing, inner_opening, inner_closing] = marks;
        Self { opening, closing, inner_opening, inner_closing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions() {
        for tag in [
            "ar",
            "AR-EG",
            "he",
            "fa-IR",
            "ur",
            "ckb",
            "yi",
            "dv",
            "ps",
            "ug",
            "sd",
            "az-Arab",
            "ku-Arab-IQ",
            "pa-aran",
        ] {
            assert_eq!(direction(tag), "rtl", "{tag}");
        }
        for tag in ["en", "de-AT", "he-Latn", "az", "sd-Deva-IN", "ja", "", "en-x-arab", "den"] {
            assert_eq!(direction(tag), "ltr", "{tag}");
        }
    }

    #[test]
    fn tags() {
        for tag in ["de", "en-US", "sr-Latn-RS", "de-CH-1996", "es-419", "en-x-arab"] {
            assert!(is_tag(tag), "{tag}");
        }
        for text in ["", "e", "en_US", "en-", "deutsch!", "\"><b>", "123", "de US"] {
            assert!(!is_tag(text), "{text}");
        }
        assert!(is_same("de-AT", "DE") && !is_same("de", "den"));
    }
}
