//! The table of keys. It is part of the documents, `docs/pages/front-matter.md`: reading, the check of values and
//! "did you mean" use its rows. A new key is a new row there.

use std::sync::LazyLock;

use serde_json::Value;

use super::values;

/// A key of front matter.
#[derive(Debug)]
pub(super) struct Key {
    /// Name, and other spellings in lower case, most important first.
    pub spellings: Vec<&'static str>,
    /// Description of a right value, for messages.
    pub expected: &'static str,
    /// True if only stretches have it. Other files may use the same word for other things, as themes do.
    pub is_of_stretches: bool,
    pub(super) form: Form,
}

/// Form of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// Text or list of texts; of tables, such as authors, their names.
    Texts,
    /// File name, however a theme writes it.
    Picture,
    Date,
    Flag,
    Comments,
    Number,
    Table,
    /// One of these words.
    Choice(Vec<&'static str>),
}

impl Form {
    /// Form for a description in the table.
    fn named(words: &'static str) -> Self {
        match words {
            "text" => Self::Text,
            "text or list" => Self::Texts,
            "picture" => Self::Picture,
            "date" => Self::Date,
            "true or false" => Self::Flag,
            "true, false, open or closed" => Self::Comments,
            "whole number" => Self::Number,
            "table" => Self::Table,
            choice => Self::Choice(choice.split(" or ").flat_map(|words| words.split(", ")).collect()),
        }
    }

    /// True if the value can be read. An empty value always can.
    pub fn fits(&self, value: &Value) -> bool {
        match self {
            _ if value.is_null() => true,
            Self::Text | Self::Date => values::text(value).is_some() || !value.is_array() && !value.is_object(),
            Self::Texts | Self::Picture => true,
            Self::Flag => values::flag(value).is_some(),
            Self::Comments => values::comments(value).is_some(),
            Self::Number => values::text(value).is_none_or(|text| text.parse::<u32>().is_ok()),
            Self::Choice(words) => values::text(value).is_none_or(|text| words.contains(&&*text)),
            Self::Table => value.is_object(),
        }
    }

    /// True if there is something in the value.
    pub fn is_filled(&self, value: &Value) -> bool {
        match self {
            Self::Texts => !values::texts(value).is_empty(),
            Self::Picture => !values::picture(value).is_empty(),
            Self::Flag | Self::Comments | Self::Table => !value.is_null(),
            _ => values::text(value).is_some(),
        }
    }
}

/// All keys, in the order of the documents.
pub(super) static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let page = include_str!("../../../docs/pages/front-matter.md");
    let (all, stretches) = page.split_once("## Stretches").unwrap_or((page, ""));
    let of_all = all.lines().filter_map(|line| key(line, false));
    of_all.chain(stretches.lines().filter_map(|line| key(line, true))).collect()
});

/// Key of a row of the documents.
fn key(row: &'static str, is_of_stretches: bool) -> Option<Key> {
    let mut cells = row.strip_prefix("| `")?.strip_suffix(" |")?.split(" | ");
    let (names, expected) = (cells.next()?, cells.next()?);
    // Names are between backticks.
    let spellings = names.split('`').step_by(2).collect();
    Some(Key { spellings, expected, is_of_stretches, form: Form::named(expected) })
}

/// Keys that a file may have.
pub(super) fn of_kind(is_stretch: bool) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| is_stretch || !key.is_of_stretches)
}

/// Key of this spelling, and the spelling.
pub(super) fn find(spelling: &str, is_stretch: bool) -> Option<(&'static Key, &'static str)> {
    of_kind(is_stretch).find_map(|key| Some((key, *key.spellings.iter().find(|own| **own == spelling)?)))
}
