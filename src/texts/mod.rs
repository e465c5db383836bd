//! Texts of the program for readers: one file per language in `templates/texts`, embedded and typed. `script/build.rs`
//! makes the types from the English file: a struct for each table, a field for each text. The compiler finds a text that
//! does not exist, and a test finds one that is missing in another language.
//!
//! Depends on no other module. The command line, the log and `instep check` do not use it; they speak English.

mod dates;
pub mod phrase;

use std::{collections::BTreeMap, sync::LazyLock};

use rust_embed::RustEmbed;
use serde::Deserialize;

pub use dates::Dates;
use phrase::{Phrase, Plural};

// `Texts` and the structs of its tables.
include!(concat!(env!("OUT_DIR"), "/texts.rs"));

#[derive(RustEmbed)]
#[folder = "templates/texts/"]
#[include = "*.toml"]
struct Files;

/// A heading and the sentence below it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub heading: String,
    pub sentence: String,
}

/// Language for sites whose language has no file.
const FALLBACK: &str = "en";

/// All texts by language, or what is wrong with a file. A test reads all files, so nothing should be.
static LANGUAGES: LazyLock<Result<BTreeMap<String, Texts>, String>> = LazyLock::new(|| {
    let files = Files::iter().filter_map(|name| Some((name.strip_suffix(".toml")?.to_owned(), Files::get(&name)?)));
    files
        .map(|(language, file)| Ok((language.clone(), Texts::read(&language, &String::from_utf8_lossy(&file.data))?)))
        .collect()
});

/// Texts for a language, if there are any: `de-AT` uses those of `de`.
pub fn of(tag: &str) -> Option<&'static Texts> {
    let languages = LANGUAGES.as_ref().ok()?;
    let mut tag = tag;
    loop {
        if let Some((_, texts)) = languages.iter().find(|(language, _)| language.eq_ignore_ascii_case(tag)) {
            return Some(texts);
        }
        tag = tag.rsplit_once('-')?.0;
    }
}

/// Texts for a site in this language; English if there are none.
///
/// # Errors
/// A text file in the program is broken.
pub fn for_site(tag: &str) -> Result<&'static Texts, String> {
    LANGUAGES.as_ref().map_err(Clone::clone)?;
    of(tag).or_else(|| of(FALLBACK)).ok_or_else(|| format!("templates/texts/{FALLBACK}.toml is missing"))
}

/// Available languages.
pub fn shipped() -> Vec<&'static str> {
    LANGUAGES.as_ref().map(|languages| languages.keys().map(String::as_str).collect()).unwrap_or_default()
}

impl Texts {
    fn read(language: &str, text: &str) -> Result<Self, String> {
        let broken = |error: toml::de::Error| {
            let what = error.to_string().trim().replace('\n', " ");
            format!("the interface texts templates/texts/{language}.toml cannot be read: {what}")
        };
        let mut table: toml::Table = text.parse().map_err(broken)?;
        name_language(&mut table, language);
        let texts: Self = toml::Value::Table(table).try_into().map_err(broken)?;
        Ok(Self { language: language.to_owned(), ..texts })
    }

    /// True if these texts are in that language, for any country.
    pub fn speaks(&self, tag: &str) -> bool {
        of(tag).is_some_and(|own| own.language == self.language)
    }
}

/// Adds the language to each plural, which is deserialised alone and needs it.
fn name_language(table: &mut toml::Table, language: &str) {
    if table.contains_key("other") {
        table.insert("language".to_owned(), language.into());
    }
    for inner in table.iter_mut().filter_map(|(_, value)| value.as_table_mut()) {
        name_language(inner, language);
    }
}

#[cfg(test)]
mod tests;
