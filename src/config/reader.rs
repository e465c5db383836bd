//! Reading of settings. The reader knows the declarations in `settings.toml` and the sources (command line, environment,
//! site.toml, default, in this order), and says what is wrong with a value.

use std::{
    collections::BTreeMap,
    fmt::Display,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use serde::{Deserialize, de::DeserializeOwned};
use toml::{Table, Value};

use super::ConfigError;
use crate::domain::problem::{Place, nearest};

/// Declaration of a setting, as in `settings.toml`. The type of its default is the type of every value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    pub key: String,
    #[serde(default = "no_text")]
    pub default: Value,
    pub about: String,
    #[serde(default)]
    pub rule: String,
}

fn no_text() -> Value {
    Value::String(String::new())
}

/// All settings in the order of the documents.
pub static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    let declared = toml::from_str::<BTreeMap<String, Vec<Setting>>>(include_str!("settings.toml"));
    // A test reads the file, so it is never broken here.
    declared.ok().and_then(|mut declared| declared.remove("setting")).unwrap_or_default()
});

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
        let folder = content.display();
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                ConfigError(format!("there is no site in {folder} (no site.toml). Make one with: instep init {folder}"))
            }
            _ => ConfigError(format!("{} cannot be read: {error}", path.display())),
        })?;
        let mut file = Self { path, text, table: Table::new() };
        file.table = file.text.parse().map_err(|error: toml::de::Error| {
            let place = error.span().map_or(Place::START, |span| Place::of_byte(&file.text, span.start));
            file.error(place, error.message().replace('\n', " "))
        })?;
        let keys: Vec<&str> = SETTINGS.iter().filter_map(Setting::key_of_site).collect();
        match unknown_key(&file.table, "", &keys) {
            Some(key) => Err(file.error(file.place(&key, ""), unknown(&key, keys))),
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

    fn error(&self, place: Place, what: impl Display) -> ConfigError {
        ConfigError(format!("{}:{}:{}: {what}", self.path.display(), place.line, place.column))
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
    ConfigError(format!("there is no setting {name:?}.{hint}"))
}

/// Names of the variables that belong to the site, or to the machine.
fn known_variables(of_site: bool) -> Vec<String> {
    SETTINGS.iter().filter(|setting| setting.key_of_site().is_some() == of_site).map(Setting::variable).collect()
}

/// Fails if a variable of site.toml belongs to no setting.
pub(super) fn check_variables(of_site: &BTreeMap<String, String>) -> Result<(), ConfigError> {
    let known = known_variables(true);
    let name = of_site.keys().find(|name| !known.contains(name));
    name.map_or(Ok(()), |name| Err(unknown(name, known.iter().map(String::as_str))))
}

/// Returns sentences about variables whose names are almost ours. Names that are very different may belong to other
/// programs. Unknown variables of site.toml are errors instead.
pub fn unknown_variables(environment: &BTreeMap<String, String>) -> Vec<String> {
    let known = known_variables(false);
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

    /// Returns a setting with its value, which has the type of the default and is still to be checked.
    pub(super) fn get(&self, key: &str) -> Result<Raw<'_>, ConfigError> {
        let setting = SETTINGS.iter().find(|setting| setting.key == key).ok_or_else(|| unknown(key, []))?;
        let is_text = setting.default.is_str();
        let variable = self.variables.get(&setting.variable()).filter(|value| !value.is_empty());
        let in_file = setting.key_of_site().and_then(|key| self.file.value(key));
        let (source, value) = match (variable, in_file) {
            (Some(text), _) => {
                // A variable has other types in the syntax of site.toml.
                let typed = if is_text { None } else { in_toml(text) };
                (Source::Variable, typed.unwrap_or_else(|| Value::String(text.clone())))
            }
            (None, Some(value)) => (Source::File, value.clone()),
            (None, None) => (Source::Default, setting.default.clone()),
        };
        let raw = Raw { setting, source, value, file: &self.file };
        if is_text && !raw.value.is_str() { Err(raw.wrong_as(&raw.text(), "write a text in quotes")) } else { Ok(raw) }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Variable,
    File,
    Default,
}

/// A setting with its value.
pub(super) struct Raw<'a> {
    pub(super) setting: &'static Setting,
    source: Source,
    value: Value,
    file: &'a SiteFile,
}

impl Raw<'_> {
    /// Value as written.
    pub(super) fn text(&self) -> String {
        written(&self.value)
    }

    /// The setting, if it is not left out.
    pub(super) fn if_set(&self) -> Option<&Self> {
        (self.source != Source::Default).then_some(self)
    }

    /// Returns what `parse` makes of a text.
    pub(super) fn parsed<T>(&self, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, ConfigError> {
        parse(&self.text()).ok_or_else(|| self.wrong())
    }

    pub(super) fn parsed_if_set<T>(&self, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, ConfigError> {
        self.if_set().map(|set| set.parsed(parse)).transpose()
    }

    /// Returns a value of a type that serde can read.
    pub(super) fn typed<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        self.value.clone().try_into().map_err(|_| self.wrong())
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
        self.wrong_part(&self.text())
    }

    pub(super) fn wrong_part(&self, part: &str) -> ConfigError {
        self.wrong_as(part, &self.setting.rule)
    }

    /// Error about a part of the value and the rule for it. Names the line of site.toml or the variable.
    pub(super) fn wrong_as(&self, part: &str, rule: &str) -> ConfigError {
        let key = self.setting.short_key();
        let named = match self.source {
            Source::Variable if key != self.setting.key => format!("{key} ({})", self.setting.variable()),
            _ => key.to_owned(),
        };
        let what = format!("{named} cannot be {part:?}: {rule}");
        match self.source {
            Source::File => self.file.error(self.file.place(key, part), what),
            _ => ConfigError(what),
        }
    }
}

/// Value as the author writes it, without the quotes of a text.
pub fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn in_toml(text: &str) -> Option<Value> {
    format!("value = {text}").parse::<Table>().ok()?.remove("value")
}
