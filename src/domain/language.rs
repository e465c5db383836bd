//! Language tags (BCP 47): whether one is well-formed, and in which direction its script runs.

/// Scripts that run from right to left (ISO 15924).
const RTL_SCRIPTS: &[&str] =
    &["adlm", "arab", "aran", "hebr", "mand", "mend", "nkoo", "rohg", "samr", "sogd", "syrc", "thaa", "yezi"];

/// Languages that are written in one of them where no script is named (CLDR, likely subtags).
const RTL_LANGUAGES: &[&str] = &[
    "ar", "arc", "arq", "ary", "arz", "azb", "bal", "bqi", "ckb", "dv", "fa", "glk", "he", "iw", "ji", "ks", "lrc",
    "mzn", "nqo", "pnb", "ps", "rhg", "sd", "sdh", "skr", "syr", "ug", "ur", "yi",
];

/// For the attribute `dir`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    LeftToRight,
    RightToLeft,
}

impl Direction {
    /// The direction of what is written in a language.
    pub fn of(tag: &str) -> Self {
        let tag = tag.to_ascii_lowercase();
        let mut parts = tag.split('-');
        let language = parts.next().unwrap_or_default();
        // The script stands before any extension, which a single letter begins.
        let script = parts
            .take_while(|part| part.len() > 1)
            .find(|part| part.len() == 4 && part.chars().all(|c| c.is_ascii_alphabetic()));
        let is_rtl = match script {
            Some(script) => RTL_SCRIPTS.contains(&script),
            None => RTL_LANGUAGES.contains(&language),
        };
        if is_rtl { Self::RightToLeft } else { Self::LeftToRight }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

/// Whether a text has the form of a tag: `de`, `en-US`, `sr-Latn-RS`. Only letters, digits and hyphens are in one.
pub fn is_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_language = |part: &str| (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphabetic());
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
    parts.next().is_some_and(is_language) && parts.all(is_part)
}

/// Whether two tags are of one language, in whatever country or script.
pub fn is_same(one: &str, other: &str) -> bool {
    let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    language(one) == language(other)
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
            assert_eq!(Direction::of(tag), Direction::RightToLeft, "{tag}");
        }
        for tag in ["en", "de-AT", "he-Latn", "az", "sd-Deva-IN", "ja", "", "en-x-arab", "den"] {
            assert_eq!(Direction::of(tag), Direction::LeftToRight, "{tag}");
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
