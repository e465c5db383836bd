//! Sentences with gaps, and sentences with plural forms. The number of gaps is part of the type, so a caller cannot
//! forget one, and a file whose text has more or fewer cannot be read. A test compares their names with English.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fmt::Display,
};

use intl_pluralrules::{PluralRuleType, PluralRules};
use serde::{Deserialize, Deserializer, de::Error};
use unic_langid::LanguageIdentifier;

/// A text that contains each of its gaps once. A caller fills them in the alphabetical order of their names.
#[derive(Debug)]
pub struct Phrase<const GAPS: usize>(Pieces);

/// A text with the plural forms of its language; each form may contain `{count}`.
pub struct Plural<const GAPS: usize = 0> {
    rules: PluralRules,
    /// Forms by category.
    forms: BTreeMap<String, Pieces>,
    /// Form for all categories that are not in `forms`.
    other: Pieces,
}

impl Phrase<1> {
    pub fn with(&self, value: impl Display) -> String {
        self.0.filled(&[&value])
    }

    /// The words before the gap, for a template that fills it with markup.
    pub fn before(&self) -> &str {
        &self.0.start
    }

    /// The words after the gap.
    pub fn after(&self) -> &str {
        self.0.gaps.first().map_or("", |(_, words)| words)
    }
}

impl Phrase<2> {
    pub fn with_both(&self, first: impl Display, second: impl Display) -> String {
        self.0.filled(&[&first, &second])
    }
}

impl Plural {
    pub fn of(&self, count: usize) -> String {
        self.form(count).filled(&[&count])
    }
}

impl Plural<1> {
    pub fn of_with(&self, count: usize, value: impl Display) -> String {
        self.form(count).filled(&[&count, &value])
    }
}

impl<const GAPS: usize> Plural<GAPS> {
    fn form(&self, count: usize) -> &Pieces {
        let category = self.rules.select(count).map(|category| format!("{category:?}").to_lowercase());
        category.ok().and_then(|category| self.forms.get(&category)).unwrap_or(&self.other)
    }
}

/// Plural categories of CLDR besides `other`.
const CATEGORIES: [&str; 5] = ["zero", "one", "two", "few", "many"];

/// Plural rules of a language, for whole numbers.
pub(super) fn rules(language: &str) -> Option<PluralRules> {
    let language: LanguageIdentifier = language.parse().ok()?;
    PluralRules::create(language, PluralRuleType::CARDINAL).ok()
}

/// A text split at its gaps.
#[derive(Debug)]
pub(super) struct Pieces {
    /// The words before the first gap.
    start: String,
    /// Index of each gap's name, and the words after the gap.
    gaps: Vec<(usize, String)>,
}

impl Pieces {
    /// # Errors
    /// A gap has an unknown name, or a brace lacks its other half. The error is a sentence.
    pub(super) fn read(text: &str, names: &[&str]) -> Result<Self, String> {
        let mut parts = text.split('{');
        let start = parts.next().unwrap_or_default().to_owned();
        let gap = |part: &str| {
            let (name, words) = part.split_once('}').ok_or_else(|| format!("{text:?} has a {{ without its }}"))?;
            let index = names.iter().position(|known| *known == name).ok_or_else(|| {
                let known = names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
                format!("{text:?} has a gap {{{name}}}; those it may have: {known}")
            })?;
            Ok((index, words.to_owned()))
        };
        Ok(Self { start, gaps: parts.map(gap).collect::<Result<_, String>>()? })
    }

    /// Number of times that it contains the gap.
    fn count(&self, gap: usize) -> usize {
        self.gaps.iter().filter(|(index, _)| *index == gap).count()
    }

    /// Fills each gap with the value of the same index.
    pub(super) fn filled(&self, values: &[&dyn Display]) -> String {
        let mut filled = self.start.clone();
        for (index, words) in &self.gaps {
            if let Some(value) = values.get(*index) {
                filled.push_str(&value.to_string());
            }
            filled.push_str(words);
        }
        filled
    }
}

/// Reads a text with this number of gaps, each once, besides those in `optional`.
fn read_whole(text: &str, optional: &[&str], gaps: usize) -> Result<Pieces, String> {
    let named = text.split('{').filter_map(|part| Some(part.split_once('}')?.0));
    let needed: BTreeSet<&str> = named.filter(|name| !optional.contains(name)).collect();
    let names: Vec<&str> = optional.iter().copied().chain(needed).collect();
    let pieces = Pieces::read(text, &names)?;
    let mut counts = (optional.len()..names.len()).map(|gap| pieces.count(gap));
    if counts.len() == gaps && counts.all(|count| count == 1) {
        Ok(pieces)
    } else {
        Err(format!("{text:?} must have as many gaps as in English ({gaps}), each once"))
    }
}

impl<'de, const GAPS: usize> Deserialize<'de> for Phrase<GAPS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        read_whole(&text, &[], GAPS).map(Self).map_err(Error::custom)
    }
}

impl<'de, const GAPS: usize> Deserialize<'de> for Plural<GAPS> {
    /// Reads the table of a plural, to which the reader of the file has added the language.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut written = BTreeMap::<String, String>::deserialize(deserializer)?;
        let language = written.remove("language").unwrap_or_default();
        let rules = rules(&language)
            .ok_or_else(|| Error::custom(format!("nothing is known of the plurals of {language:?}")))?;
        // Forms may omit the number: "Eine Sache".
        let read = |text: String| read_whole(&text, &["count"], GAPS).map_err(Error::custom);
        let other = read(written.remove("other").ok_or_else(|| Error::missing_field("other"))?)?;
        if let Some(key) = written.keys().find(|key| !CATEGORIES.contains(&key.as_str())) {
            return Err(Error::custom(format!("{key:?} is no plural category of CLDR")));
        }
        let forms = written.into_iter().map(|(key, text)| Ok((key, read(text)?))).collect::<Result<_, D::Error>>()?;
        Ok(Self { rules, forms, other })
    }
}

impl<const GAPS: usize> fmt::Debug for Plural<GAPS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Plural").field(&self.forms).field(&self.other).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'a> Deserialize<'a>>(value: &str) -> Result<T, String> {
        let table: toml::Table = format!("text = {value}").parse().expect("TOML");
        table["text"].clone().try_into().map_err(|error: toml::de::Error| error.message().to_owned())
    }

    #[test]
    fn gaps_are_filled_wherever_they_stand() {
        let both: Phrase<2> = read("\"{last} Seiten, dies ist {number}\"").expect("reads");
        assert_eq!(both.with_both(5, 2), "5 Seiten, dies ist 2");
        let one: Phrase<1> = read("\"by {name}, you know\"").expect("reads");
        assert_eq!((one.before(), one.after(), one.with("Ana").as_str()), ("by ", ", you know", "by Ana, you know"));
        let bare: Phrase<1> = read("\"{name}\"").expect("reads");
        assert_eq!((bare.before(), bare.after(), bare.with("{last}").as_str()), ("", "", "{last}"));
    }

    #[test]
    fn a_text_with_more_or_fewer_gaps_cannot_be_read() {
        for (text, said) in [
            ("\"by {name} of {site}\"", "as many gaps as in English (1)"),
            ("\"by nobody\"", "as many gaps as in English (1)"),
            ("\"{name} and {name}\"", "each once"),
            ("\"by {name\"", "without its }"),
        ] {
            let error = read::<Phrase<1>>(text).expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
        let plural = "{ language = \"en\", one = \"one\", other = \"{count} of {last}\" }";
        assert!(read::<Plural>(plural).expect_err("a stranger").contains("{last}"));
        assert!(read::<Plural<1>>(plural).expect_err("none in one").contains("\"one\" must have"));
        assert!(read::<Plural>("{ language = \"en\", single = \"one\", other = \"{count}\" }").is_err());
    }

    #[test]
    fn plurals_go_by_the_rules_of_their_language() {
        let check = |language: &str, forms: &str, expected: &[(usize, &str)]| {
            let plural: Plural = read(&format!("{{ language = \"{language}\", {forms} }}")).expect("reads");
            for (count, text) in expected {
                assert_eq!(plural.of(*count), *text, "{language}");
            }
        };
        let two = "one = \"a day\", other = \"{count} days\"";
        check("en", two, &[(0, "0 days"), (1, "a day"), (2, "2 days"), (21, "21 days")]);
        check("fr", two, &[(0, "a day"), (1, "a day"), (2, "2 days")]);
        let polish =
            "one = \"{count} dzień\", few = \"{count} dni\", many = \"{count} dni!\", other = \"{count} dnia\"";
        check("pl", polish, &[(1, "1 dzień"), (3, "3 dni"), (5, "5 dni!"), (22, "22 dni")]);
        check("ar", "zero = \"none\", two = \"both\", other = \"{count}\"", &[(0, "none"), (2, "both"), (1, "1")]);
        assert!(read::<Plural>("{ language = \"tlh\", other = \"{count}\" }").is_err());
    }
}
