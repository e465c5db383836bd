//! Reading of settings. The reader knows the declarations in `settings.toml` and the sources (command line, environment,
//! site.toml, default, in this order), and says what is wrong with a value.

use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use serde::{Deserialize, de::DeserializeOwned};
use toml::{Table, Value};

use super::ConfigError;
use crate::domain::problem::{Place, nearest};

/// Declaration of a setting, as in `settings.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setting {
    pub key: String,
    pub default: String,
    pub about: String,
    pub rule: String,
}

/// All settings in the order of the documents.
pub static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    let declared = toml::from_str::<BTreeMap<String, Vec<Setting>>>(include_str!("settings.toml"));
    // A test reads the file, so it is never broken here.
    declared.ok().and_then(|mut declared| declared.remove("setting")).unwrap_or_default()
});

static UNDECLARED: LazyLock<Setting> = LazyLock::new(Setting::default);

impl Setting {
    /// Name of the environment variable: `INSTEP_LISTEN`, `INSTEP_SITE__COMMENTS__GAP_SECONDS`.
    pub fn variable(&self) -> String {
        format!("INSTEP_{}", self.key.replace('.', "__").to_uppercase())
    }

    /// Key in site.toml; `None` for a setting of the machine.
    pub fn key_of_site(&self) -> Option<&str> {
        self.key.strip_prefix("site.")
    }

    pub(super) fn short_key(&self) -> &str {
        self.key_of_site().unwrap_or(&self.key)
    }
}

/// Prefix of the variables that override site.toml.
pub(super) const OF_SITE: &str = "INSTEP_SITE__";

/// Content of site.toml.
#[derive(Default)]
pub(super) struct SiteFile {
    path: PathBuf,
    text: String,
    table: Table,
}

impl SiteFile {
    /// Reads site.toml. Fails if a key in it is no setting.
    pub(super) fn open(content: &Path) -> Result<Self, ConfigError> {
        let path = content.join("site.toml");
        let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => ConfigError::NoSite(content.to_owned()),
            _ => ConfigError::Unreadable { file: path.clone(), source },
        })?;
        let mut file = Self { path, text, table: Table::new() };
        file.table = file.text.parse().map_err(|error: toml::de::Error| {
            let place = error.span().map_or(Place::START, |span| Place::of_byte(&file.text, span.start));
            file.error(place, error.message().replace('\n', " "))
        })?;
        let keys: Vec<&str> = SETTINGS.iter().filter_map(Setting::key_of_site).collect();
        match unknown_key(&file.table, "", &keys) {
            Some(key) => Err(file.error(file.place(&key, ""), unknown(&key, keys).to_string())),
            None => Ok(file),
        }
    }

    /// Value of a key such as `comments.order`.
    fn value(&self, key: &str) -> Option<&Value> {
        let mut parts = key.split('.');
        let first = self.table.get(parts.next()?);
        parts.fold(first, |above, part| above?.as_table()?.get(part))
    }

    fn place(&self, key: &str, value: &str) -> Place {
        let is_header = |line: &str| line.trim_start().starts_with('[') && line.trim_matches(['[', ']', ' ']) == key;
        let header = || self.text.lines().position(is_header).map(|at| Place { line: at + 1, column: 1 });
        Place::in_toml(&self.text, key, value).or_else(header).unwrap_or(Place::START)
    }

    fn error(&self, place: Place, what: String) -> ConfigError {
        ConfigError::SiteToml { file: self.path.clone(), line: place.line, column: place.column, what }
    }
}

/// Returns the first key that is not known, such as `comments.enable`.
fn unknown_key(table: &Table, above: &str, known: &[&str]) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let key = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            _ if known.contains(&key.as_str()) => None,
            Value::Table(inner) if !inner.is_empty() => unknown_key(inner, &key, known),
            Value::Table(_) if known.iter().any(|known| known.starts_with(&format!("{key}."))) => None,
            _ => Some(key),
        }
    })
}

fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> ConfigError {
    let hint = nearest(name, known).map(|name| format!(" Did you mean {name}?")).unwrap_or_default();
    ConfigError::Unknown(name.to_owned(), hint)
}

/// Fails if a variable is meant for site.toml but belongs to no setting.
pub(super) fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), ConfigError> {
    let known: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
    let is_unknown = |name: &&String| name.starts_with(OF_SITE) && !known.contains(name);
    match variables.keys().find(is_unknown) {
        Some(name) => Err(unknown(name, known.iter().map(String::as_str))),
        None => Ok(()),
    }
}

/// Returns sentences about variables whose names are almost ours. Names that are very different may belong to other
/// programs. Unknown variables of site.toml are errors instead.
pub fn unknown_variables(environment: &BTreeMap<String, String>) -> Vec<String> {
    let known: Vec<String> =
        SETTINGS.iter().filter(|setting| setting.key_of_site().is_none()).map(Setting::variable).collect();
    let names = environment.keys().filter(|name| !name.starts_with(OF_SITE) && !known.contains(name));
    let hint = |name: &String| {
        let meant = nearest(name, known.iter().map(String::as_str))?;
        Some(format!("there is no setting {name}, so it changes nothing. Did you mean {meant}?"))
    };
    names.filter_map(hint).collect()
}

/// Sources of settings.
pub(super) struct Reader<'a> {
    /// Environment variables, with the options of the command line in their place.
    variables: &'a BTreeMap<String, String>,
    pub(super) file: SiteFile,
}

impl<'a> Reader<'a> {
    pub(super) fn new(variables: &'a BTreeMap<String, String>) -> Self {
        Self { variables, file: SiteFile::default() }
    }

    /// Returns a setting with its value, which is still to be checked.
    pub(super) fn get(&self, key: &str) -> Raw<'_> {
        let setting = SETTINGS.iter().find(|setting| setting.key == key).unwrap_or(&UNDECLARED);
        let variable = self.variables.get(&setting.variable()).filter(|value| !value.is_empty());
        let in_file = setting.key_of_site().and_then(|key| self.file.value(key));
        let source = match (variable, in_file) {
            (Some(text), _) => Source::Variable(text),
            (None, Some(value)) => Source::File(value),
            (None, None) => Source::Default,
        };
        Raw { setting, source, file: &self.file }
    }
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Variable(&'a str),
    File(&'a Value),
    Default,
}

/// A setting with its value as written.
pub(super) struct Raw<'a> {
    pub(super) setting: &'static Setting,
    source: Source<'a>,
    file: &'a SiteFile,
}

impl Raw<'_> {
    /// Value as written, for messages.
    pub(super) fn written(&self) -> String {
        match self.source {
            Source::Variable(text) => text.to_owned(),
            Source::File(Value::String(text)) => text.clone(),
            Source::File(value) => value.to_string(),
            Source::Default => self.setting.default.clone(),
        }
    }

    pub(super) fn text(&self) -> Result<String, ConfigError> {
        match self.source {
            Source::File(value) if !value.is_str() => Err(self.wrong_value("write a text in quotes")),
            _ => Ok(self.written()),
        }
    }

    /// Returns a text, `None` if it is not set.
    pub(super) fn optional(&self) -> Result<Option<String>, ConfigError> {
        self.accepted_if_set(|_| true)
    }

    /// Returns what `parse` makes of a text.
    pub(super) fn parsed<T>(&self, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, ConfigError> {
        parse(&self.text()?).ok_or_else(|| self.wrong())
    }

    pub(super) fn parsed_if_set<T>(&self, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, ConfigError> {
        match self.source {
            Source::Default => Ok(None),
            _ => self.parsed(parse).map(Some),
        }
    }

    /// Returns a text for which `is_right` is true.
    pub(super) fn accepted(&self, is_right: impl FnOnce(&str) -> bool) -> Result<String, ConfigError> {
        self.parsed(|text| is_right(text).then(|| text.to_owned()))
    }

    pub(super) fn accepted_if_set(&self, is_right: impl FnOnce(&str) -> bool) -> Result<Option<String>, ConfigError> {
        self.parsed_if_set(|text| is_right(text).then(|| text.to_owned()))
    }

    /// Returns the value that belongs to one of these words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        self.parsed(|text| choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value))
    }

    /// Returns a value of another TOML type. A variable has it in the syntax of site.toml.
    pub(super) fn typed<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let value = match self.source {
            Source::File(value) => Some(value.clone()),
            Source::Variable(text) => in_toml(text),
            Source::Default => in_toml(&self.setting.default),
        };
        value.and_then(|value| value.try_into().ok()).ok_or_else(|| self.wrong())
    }

    /// Returns a list whose texts are all right.
    pub(super) fn list<T: DeserializeOwned>(
        &self,
        text: impl Fn(&T) -> &str,
        is_right: impl Fn(&str) -> bool,
    ) -> Result<Vec<T>, ConfigError> {
        let list: Vec<T> = self.typed()?;
        match list.iter().find(|one| !is_right(text(one))) {
            Some(wrong) => Err(self.wrong_part(text(wrong))),
            None => Ok(list),
        }
    }

    /// Error about the value.
    pub(super) fn wrong(&self) -> ConfigError {
        self.wrong_part(&self.written())
    }

    pub(super) fn wrong_value(&self, rule: &str) -> ConfigError {
        self.wrong_as(&self.written(), rule)
    }

    pub(super) fn wrong_part(&self, part: &str) -> ConfigError {
        self.wrong_as(part, &self.setting.rule)
    }

    /// Error about a part of the value and the rule for it. Names the line of site.toml or the variable.
    pub(super) fn wrong_as(&self, part: &str, rule: &str) -> ConfigError {
        let key = self.setting.short_key();
        let named = match self.source {
            Source::Variable(_) if key != self.setting.key => format!("{key} ({})", self.setting.variable()),
            _ => key.to_owned(),
        };
        let error = ConfigError::Value { key: named, value: part.to_owned(), rule: rule.to_owned() };
        match self.source {
            Source::File(_) => self.file.error(self.file.place(key, part), error.to_string()),
            _ => error,
        }
    }
}

fn in_toml(text: &str) -> Option<Value> {
    format!("value = {text}").parse::<Table>().ok()?.remove("value")
}
