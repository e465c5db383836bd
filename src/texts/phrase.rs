//! Sentences with gaps, and sentences with plural forms. The gaps are part of the type, so a caller cannot forget one,
//! and a file whose text has other gaps cannot be read.

use std::{fmt, fmt::Display, marker::PhantomData};

use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use serde::{Deserialize, Deserializer, de::Error};
use unic_langid::LanguageIdentifier;

/// Gaps of a text: their names, in the order in which a caller fills them.
pub trait Gaps {
    const NAMES: &'static [&'static str];
}

/// One gap: `{name}`.
pub trait Gap {
    const NAME: &'static str;
}

impl Gaps for () {
    const NAMES: &'static [&'static str] = &[];
}

impl<A: Gap> Gaps for A {
    const NAMES: &'static [&'static str] = &[A::NAME];
}

impl<A: Gap, B: Gap> Gaps for (A, B) {
    const NAMES: &'static [&'static str] = &[A::NAME, B::NAME];
}

/// Defines all gaps.
pub mod gaps {
    macro_rules! gaps {
        ($($gap:ident $name:literal),+ $(,)?) => {
            $(#[derive(Debug)]
            pub enum $gap {}

            impl super::Gap for $gap {
                const NAME: &'static str = $name;
            })+
        };
    }

    gaps! {
        Corner "corner", Count "count", Date "date", Email "email", Id "id", Last "last", Month "month", Most "most", Name "name",
        Names "names", Number "number", Provider "provider", Question "question", Reasons "reasons", Site "site", Stretch "stretch", Tag "tag",
        Tags "tags", Title "title", Word "word", Words "words", Year "year",
    }
}

/// A text that contains each of its gaps once.
pub struct Phrase<G>(Pieces, PhantomData<fn() -> G>);

/// A text with the plural forms of its language; each form may contain `{count}`.
pub struct Plural<G = ()> {
    rules: PluralRules,
    /// Forms in the order of [`PluralCategory`]; `other` always exists.
    forms: [Option<Pieces>; 6],
    other: Pieces,
    gaps: PhantomData<fn() -> G>,
}

impl<A: Gap> Phrase<A> {
    pub fn with(&self, value: impl Display) -> String {
        self.0.filled(&[&value])
    }

    /// The words before the gap, for a template that fills it with markup.
    pub fn before(&self) -> &str {
        self.0.words(|at, gap| at < gap)
    }

    /// The words after the gap.
    pub fn after(&self) -> &str {
        self.0.words(|at, gap| at > gap)
    }
}

impl<A: Gap, B: Gap> Phrase<(A, B)> {
    pub fn with_both(&self, first: impl Display, second: impl Display) -> String {
        self.0.filled(&[&first, &second])
    }
}

impl Plural {
    pub fn of(&self, count: usize) -> String {
        self.form(count).filled(&[&count])
    }
}

impl<A: Gap> Plural<A> {
    pub fn of_with(&self, count: usize, value: impl Display) -> String {
        self.form(count).filled(&[&count, &value])
    }
}

impl<G> Plural<G> {
    fn form(&self, count: usize) -> &Pieces {
        let category = self.rules.select(count).unwrap_or(PluralCategory::OTHER);
        self.forms[place(&category)].as_ref().unwrap_or(&self.other)
    }
}

fn place(category: &PluralCategory) -> usize {
    match category {
        PluralCategory::ZERO => 0,
        PluralCategory::ONE => 1,
        PluralCategory::TWO => 2,
        PluralCategory::FEW => 3,
        PluralCategory::MANY => 4,
        PluralCategory::OTHER => 5,
    }
}

/// Plural rules of a language, for whole numbers.
pub(super) fn rules(language: &str) -> Option<PluralRules> {
    let language: LanguageIdentifier = language.parse().ok()?;
    PluralRules::create(language, PluralRuleType::CARDINAL).ok()
}

/// A text split at its gaps.
#[derive(Debug, Default)]
pub(super) struct Pieces(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Words(String),
    /// Index of the gap's name.
    Gap(usize),
}

impl Pieces {
    /// # Errors
    /// A gap has an unknown name, or a brace lacks its other half. The error is a sentence.
    pub(super) fn read(text: &str, names: &[&str]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((words, behind)) = rest.split_once('{') {
            let (name, behind) = behind.split_once('}').ok_or_else(|| format!("{text:?} has a {{ without its }}"))?;
            let gap = names.iter().position(|known| *known == name).ok_or_else(|| {
                let known = names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
                format!("{text:?} has a gap {{{name}}}; those it may have: {known}")
            })?;
            if !words.is_empty() {
                pieces.push(Piece::Words(words.to_owned()));
            }
            pieces.push(Piece::Gap(gap));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Words(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Number of times that it contains the gap.
    fn count(&self, gap: usize) -> usize {
        self.0.iter().filter(|piece| matches!(piece, Piece::Gap(own) if *own == gap)).count()
    }

    pub(super) fn filled(&self, values: &[&dyn Display]) -> String {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => filled.push_str(words),
                Piece::Gap(gap) => {
                    if let Some(value) = values.get(*gap) {
                        filled.push_str(&value.to_string());
                    }
                }
            }
        }
        filled
    }

    /// The words on one side of the only gap.
    fn words(&self, is_there: impl Fn(usize, usize) -> bool) -> &str {
        let gap = self.0.iter().position(|piece| matches!(piece, Piece::Gap(_))).unwrap_or(self.0.len());
        let found = self.0.iter().enumerate().find_map(|(at, piece)| match piece {
            Piece::Words(words) if is_there(at, gap) => Some(words.as_str()),
            _ => None,
        });
        found.unwrap_or_default()
    }
}

/// Reads a text that must contain each of these gaps exactly once.
fn read_whole(text: &str, names: &[&str], needed: std::ops::Range<usize>) -> Result<Pieces, String> {
    let pieces = Pieces::read(text, names)?;
    for gap in needed {
        if pieces.count(gap) != 1 {
            return Err(format!("{text:?} must have the gap {{{}}} once", names[gap]));
        }
    }
    Ok(pieces)
}

impl<'de, G: Gaps> Deserialize<'de> for Phrase<G> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let pieces = read_whole(&text, G::NAMES, 0..G::NAMES.len()).map_err(Error::custom)?;
        Ok(Self(pieces, PhantomData))
    }
}

/// A plural as in a file, plus the language, which the reader of the file adds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    language: String,
    zero: Option<String>,
    one: Option<String>,
    two: Option<String>,
    few: Option<String>,
    many: Option<String>,
    other: String,
}

impl<'de, G: Gaps> Deserialize<'de> for Plural<G> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let names: Vec<&str> = std::iter::once("count").chain(G::NAMES.iter().copied()).collect();
        // Forms may omit the number: "Eine Sache".
        let read = |text: &str| read_whole(text, &names, 1..names.len()).map_err(Error::custom);
        let read_any = |text: Option<String>| text.as_deref().map(read).transpose();
        let rules = rules(&written.language)
            .ok_or_else(|| Error::custom(format!("nothing is known of the plurals of {:?}", written.language)))?;
        let Written { zero, one, two, few, many, other, .. } = written;
        let forms = [read_any(zero)?, read_any(one)?, read_any(two)?, read_any(few)?, read_any(many)?, None];
        Ok(Self { rules, forms, other: read(&other)?, gaps: PhantomData })
    }
}

impl<G> fmt::Debug for Phrase<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<G> fmt::Debug for Plural<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Plural").field(&self.forms).field(&self.other).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{gaps::*, *};

    fn read<T: for<'a> Deserialize<'a>>(value: &str) -> Result<T, String> {
        let table: toml::Table = format!("text = {value}").parse().expect("TOML");
        table["text"].clone().try_into().map_err(|error: toml::de::Error| error.message().to_owned())
    }

    #[test]
    fn gaps_are_filled_wherever_they_stand() {
        let both: Phrase<(Number, Last)> = read("\"{last} Seiten, dies ist {number}\"").expect("reads");
        assert_eq!(both.with_both(2, 5), "5 Seiten, dies ist 2");
        let one: Phrase<Name> = read("\"by {name}, you know\"").expect("reads");
        assert_eq!((one.before(), one.after(), one.with("Ana").as_str()), ("by ", ", you know", "by Ana, you know"));
        let bare: Phrase<Name> = read("\"{name}\"").expect("reads");
        assert_eq!((bare.before(), bare.after(), bare.with("{last}").as_str()), ("", "", "{last}"));
    }

    #[test]
    fn a_text_with_other_gaps_cannot_be_read() {
        for (text, said) in [
            ("\"by {nmae}\"", "has a gap {nmae}"),
            ("\"by nobody\"", "must have the gap {name} once"),
            ("\"{name} and {name}\"", "must have the gap {name} once"),
            ("\"by {name\"", "without its }"),
        ] {
            let error = read::<Phrase<Name>>(text).expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
        let plural = "{ language = \"en\", one = \"one\", other = \"{count} of {last}\" }";
        assert!(read::<Plural>(plural).expect_err("a stranger").contains("{last}"));
        assert!(read::<Plural<Last>>(plural).expect_err("none in one").contains("must have the gap {last} once"));
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
