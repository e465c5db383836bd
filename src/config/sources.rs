//! Sources of settings, and the list of all settings. The table here is the only list; `instep reference` prints it
//! for docs/pages/settings.md, and a test compares the two.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{ConfigError, SiteToml};
use crate::domain::problem::{Place, nearest};

/// A setting with its documentation.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Key: `listen` belongs to the machine; `site.title` is `title` in site.toml.
    pub key: &'static str,
    pub kind: Kind,
    /// Default as it would be typed; empty: none.
    pub default: &'static str,
    /// Description in one sentence.
    pub about: &'static str,
}

impl Setting {
    /// Name of the environment variable: `INSTEP_LISTEN`, `INSTEP_SITE__COMMENTS__GAP_SECONDS`.
    pub fn variable(&self) -> String {
        variable(self.key)
    }
}

fn variable(key: &str) -> String {
    format!("INSTEP_{}", key.replace('.', "__").to_uppercase())
}

/// Type of a setting: how its environment variable is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    /// Boolean: `true` or `false`.
    Switch,
    /// Array in TOML syntax, as in site.toml.
    List,
}

/// List of all settings.
pub const SETTINGS: &[Setting] = {
    const fn setting(key: &'static str, kind: Kind, default: &'static str, about: &'static str) -> Setting {
        Setting { key, kind, default, about }
    }
    use Kind::{List, Number, Switch, Text};
    &[
        setting("listen", Text, "127.0.0.1:3000", "Address and port to listen on; port 0 takes a free one."),
        setting("content", Text, "content", "The folder with site.toml, posts, pages and stretches."),
        setting(
            "data",
            Text,
            "data",
            "The folder of the SQLite database and of what is made of pictures; made where it is missing.",
        ),
        setting(
            "database_url",
            Text,
            "",
            "`sqlite:PATH` or `postgres://USER@HOST/NAME`; `instep.sqlite` in the data folder where unset.",
        ),
        setting(
            "trusted_proxies",
            Text,
            "",
            "Addresses or networks of your own proxies, with commas between: only their `X-Forwarded-For` (or `Forwarded`) is believed.",
        ),
        setting("secret", Text, "", "Signs cookies and links, instead of the secret kept in the database."),
        setting(
            "smtp_url",
            Text,
            "",
            "The mail server: `smtps://USER:PASSWORD@HOST`, or `smtp://…` with STARTTLS. Without one, mails wait.",
        ),
        setting(
            "mail_from",
            Text,
            "",
            "Who mails come from, such as `Loose Laces <blog@example.org>`; needed with `smtp_url`.",
        ),
        setting("log", Text, "text", "`text` or `json`, one line a request that the page cache did not answer."),
        setting(
            "metrics_listen",
            Text,
            "",
            "Address and port for counters at `/metrics`, such as `127.0.0.1:9464`, in the form that Prometheus reads.",
        ),
        setting(
            "watch",
            Text,
            "notify",
            "`notify` lets the kernel tell which files changed; `poll` looks every second, for network folders.",
        ),
        setting("site.title", Text, "A new site", "The name of the site."),
        setting("site.description", Text, "", "One sentence about it, for search engines and feeds."),
        setting(
            "site.base_url",
            Text,
            "",
            "Its own address without a path, such as `https://example.org`; needed unless it listens on loopback.",
        ),
        setting(
            "site.language",
            Text,
            "en",
            "The language you write in, such as `de-AT` (BCP 47); the site speaks it where it has texts in it, else English.",
        ),
        setting("site.time_zone", Text, "UTC", "The zone of dates without one, such as `Europe/Berlin`."),
        setting(
            "site.permalink",
            Text,
            "/posts/{slug}",
            "Where posts live; `{year}`, `{month}`, `{day}`, `{category}` may stand before `{slug}`, `.html` or `/` behind. `/posts/SLUG` redirects there.",
        ),
        setting("site.card", Text, "", "A picture in `content/media/` that other sites show beside a link to yours."),
        setting(
            "site.icon",
            Text,
            "",
            "An SVG or PNG in the content folder for tabs and home screens; else one is drawn in the colours of the theme.",
        ),
        setting("site.theme.paper", Text, "#fbf6ee", "The ground of every page; a CSS colour, as all of these."),
        setting("site.theme.ink", Text, "#2b1f18", "Texts."),
        setting(
            "site.theme.accent",
            Text,
            "#b42f06",
            "Links under the pointer, badges, and what is drawn beside texts.",
        ),
        setting("site.theme.dark.paper", Text, "", "The same by night; made from the other where unset."),
        setting("site.theme.dark.ink", Text, "", "The same by night; made from the other where unset."),
        setting("site.theme.dark.accent", Text, "", "The same by night; made from the other where unset."),
        setting("site.theme.width", Number, "68", "About how many characters a line of text has, 40 to 100."),
        setting(
            "site.theme.display_face",
            Text,
            "Archivo",
            "The face of titles: `Archivo`, `serif`, `sans`, `mono`, or a font of yours such as `fonts/Name.woff2`.",
        ),
        setting(
            "site.theme.text_face",
            Text,
            "serif",
            "The face of texts: `serif`, `sans`, `mono`, or a font of yours such as `fonts/Name.woff2`.",
        ),
        setting("site.theme.header_picture", Text, "", "A picture in `content/media/` at the top of the home page."),
        setting(
            "site.theme.header_picture_alt",
            Text,
            "",
            "What is to be seen on it, for those who do not see it; leave it out where the picture only decorates.",
        ),
        setting("site.author.name", Text, "", "Who writes; the title of the site where unset."),
        setting("site.author.email", Text, "", "Where you are told of comments by mail; never shown."),
        setting("site.author.url", Text, "", "The author's own page."),
        setting("site.navigation", List, "[]", "Links in the header: `{ label = \"About\", href = \"/about\" }`."),
        setting("site.comments.enabled", Switch, "true", "`false` closes every thread and keeps what was said."),
        setting(
            "site.comments.moderation",
            Text,
            "first",
            "Whose comments wait for you: `first`, those of people you have not approved before; `all`; `none`, unless suspicious.",
        ),
        setting(
            "site.comments.close_after_days",
            Number,
            "0",
            "Closes a thread so many days after its post has appeared; 0 never does.",
        ),
        setting(
            "site.comments.hold_after_days",
            Number,
            "0",
            "Holds every comment, but yours, that comes so many days after its post has appeared; 0 does not.",
        ),
        setting(
            "site.comments.order",
            Text,
            "oldest",
            "Which comments come first: `oldest` or `newest`. Replies are always oldest first.",
        ),
        setting("site.comments.max_links", Number, "2", "Comments with more links are held."),
        setting(
            "site.comments.hold_words",
            List,
            "[]",
            "Words that hold a comment: whole words in any case, `*` stands for any letters, as in `[\"casino*\", \"buy now\"]`.",
        ),
        setting(
            "site.comments.refuse_words",
            List,
            "[]",
            "Words with which a comment is not taken; its writer is told.",
        ),
        setting(
            "site.comments.bayes",
            Switch,
            "true",
            "Asks the spam filter that learns from what you approve and mark as spam.",
        ),
        setting(
            "site.comments.gap_seconds",
            Number,
            "15",
            "Seconds between two comments of one commenter (without a cookie yet: of one address).",
        ),
        setting(
            "site.comments.per_10_minutes",
            Number,
            "5",
            "Comments of one commenter (without a cookie yet: of one address) in ten minutes.",
        ),
        setting(
            "site.comments.network_per_10_minutes",
            Number,
            "30",
            "Comments from one network (/24 or /48) in ten minutes.",
        ),
        setting("site.mail.each_comment", Switch, "true", "A mail to the author for each new comment."),
        setting(
            "site.mail.digest",
            Text,
            "daily",
            "`daily`, `weekly` (on Mondays) or `never`: a mail to the author at 8 in the morning with what waits and what was refused, if anything was.",
        ),
        setting("site.cache.shared_seconds", Number, "0", "How long a CDN may keep a page; 0 sends it no permission."),
        setting(
            "site.security.frame_hosts",
            List,
            "[]",
            "Hosts that pages may frame besides the embed providers, such as `[\"https://maps.example.org\"]`.",
        ),
    ]
};

/// Options typed on the command line.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub listen: Option<String>,
    pub content: Option<PathBuf>,
    pub data: Option<PathBuf>,
    pub database_url: Option<String>,
}

/// Sources of settings: flags before environment before default.
pub(super) struct Sources<'a> {
    typed: BTreeMap<&'static str, String>,
    environment: &'a BTreeMap<String, String>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(typed: &Typed, environment: &'a BTreeMap<String, String>) -> Self {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let typed = [
            ("listen", typed.listen.clone()),
            ("content", path(&typed.content)),
            ("data", path(&typed.data)),
            ("database_url", typed.database_url.clone()),
        ];
        Self { typed: typed.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(), environment }
    }

    /// Returns the value of a setting of the machine, or its default.
    pub(super) fn text(&self, key: &str) -> String {
        self.optional(key).unwrap_or_else(|| default_of(key).to_owned())
    }

    pub(super) fn optional(&self, key: &str) -> Option<String> {
        let variable = format!("INSTEP_{}", key.to_uppercase());
        let set = self.typed.get(key).or_else(|| self.environment.get(&variable));
        set.filter(|value| !value.is_empty()).cloned()
    }

    pub(super) fn parse<T>(&self, key: &str, right: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        let value = self.text(key);
        parse(&value).ok_or_else(|| ConfigError::Value {
            key: key.to_owned(),
            value: value.clone(),
            right: right.to_owned(),
        })
    }

    /// Returns the environment variables that override site.toml.
    pub(super) fn of_site(&self) -> BTreeMap<String, String> {
        let is_set =
            |(variable, value): &(&String, &String)| variable.starts_with("INSTEP_SITE__") && !value.is_empty();
        let set = self.environment.iter().filter(is_set);
        set.map(|(variable, value)| (variable.clone(), value.clone())).collect()
    }

    /// Adds the place in site.toml to an error about a value, if the value stands there.
    pub(super) fn placed(&self, error: ConfigError, content: &Path) -> ConfigError {
        let ConfigError::Value { key, value, .. } = &error else { return error };
        if self.of_site().contains_key(&variable(&format!("site.{key}"))) {
            return error;
        }
        let file = content.join("site.toml");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        match Place::in_toml(&text, key, value) {
            Some(Place { line, column }) => ConfigError::SiteToml { file, line, column, what: error.to_string() },
            None => error,
        }
    }

    /// Reads site.toml, overridden by the environment.
    pub(super) fn site(&self, content: &Path) -> Result<SiteToml, ConfigError> {
        let file = content.join("site.toml");
        let text = std::fs::read_to_string(&file).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ConfigError::NoSite(content.to_owned()),
            _ => ConfigError::Unreadable { file: file.clone(), source },
        })?;
        let at = |error: toml::de::Error| {
            let place = error.span().map_or(Place::START, |span| Place::of_byte(&text, span.start));
            let what = error.message().replace('\n', " ");
            ConfigError::SiteToml { file: file.clone(), line: place.line, column: place.column, what }
        };
        // Parsed once without the environment: errors then point into the file.
        toml::from_str::<SiteToml>(&text).map_err(at)?;
        let mut table: toml::Table = toml::from_str(&text).map_err(at)?;
        for (variable, value) in &self.of_site() {
            lay_over(&mut table, variable, value)?;
        }
        toml::Value::Table(table).try_into().map_err(|error: toml::de::Error| ConfigError::SiteToml {
            file,
            line: 1,
            column: 1,
            what: error.message().to_owned(),
        })
    }
}

/// Returns sentences about variables whose names are almost ours. Names that are very different may belong to other
/// programs.
pub fn unknown_variables(environment: &BTreeMap<String, String>) -> Vec<String> {
    let known: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
    let hint = |name: &String| {
        // Unknown variables of the site cause an error when they are merged with site.toml.
        if known.contains(name) || name.starts_with("INSTEP_SITE__") {
            return None;
        }
        let meant =
            nearest(name, known.iter().map(String::as_str).filter(|known| !known.starts_with("INSTEP_SITE__")))?;
        Some(format!("there is no setting {name}, so it changes nothing. Did you mean {meant}?"))
    };
    environment.keys().filter_map(hint).collect()
}

fn default_of(key: &str) -> &'static str {
    SETTINGS.iter().find(|setting| setting.key == key).map_or("", |setting| setting.default)
}

fn lay_over(table: &mut toml::Table, variable: &str, value: &str) -> Result<(), ConfigError> {
    let setting = SETTINGS.iter().find(|setting| setting.variable() == variable).ok_or_else(|| {
        let names: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
        let meant = nearest(variable, names.iter().map(String::as_str));
        let hint = meant.map(|name| format!(" Did you mean {name}?")).unwrap_or_default();
        ConfigError::Unknown(variable.to_owned(), hint)
    })?;
    let wrong =
        |right: &str| ConfigError::Value { key: variable.to_owned(), value: value.to_owned(), right: right.to_owned() };
    let value = match setting.kind {
        Kind::Text => toml::Value::String(value.to_owned()),
        Kind::Number => toml::Value::Integer(value.parse().map_err(|_| wrong("write a whole number"))?),
        Kind::Switch => toml::Value::Boolean(value.parse().map_err(|_| wrong("write true or false"))?),
        Kind::List => parse_list(value).ok_or_else(|| wrong("write a TOML array, as in site.toml"))?,
    };
    let keys: Vec<&str> = setting.key.split('.').skip(1).collect();
    let Some((last, tables)) = keys.split_last() else { return Ok(()) };
    let mut table = table;
    for key in tables {
        let entry = table.entry(*key).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        let Some(inner) = entry.as_table_mut() else { return Ok(()) };
        table = inner;
    }
    table.insert((*last).to_owned(), value);
    Ok(())
}

fn parse_list(value: &str) -> Option<toml::Value> {
    let mut table: toml::Table = toml::from_str(&format!("list = {value}")).ok()?;
    table.remove("list").filter(toml::Value::is_array)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn load(site: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("site.toml"), site).expect("writes");
        let environment = variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Config::load(&Typed { content: Some(folder.path().to_owned()), ..Typed::default() }, &environment)
    }

    #[test]
    fn an_empty_site_has_every_default() {
        let config = load("", &[]).expect("runs");
        assert_eq!(config.site.base_url, "http://127.0.0.1:3000");
        assert_eq!(config.site.author.name, "A new site");
        assert_eq!(config.database_url, "sqlite:data/instep.sqlite");
        assert_eq!(config.site.comments.rates.gap.as_secs(), 15);
    }

    #[test]
    fn the_environment_is_stronger_than_the_file_and_weaker_than_a_flag() {
        let config = load(
            "title = 'File'\n[comments]\ngap_seconds = 3",
            &[
                ("INSTEP_SITE__TITLE", "2026"),
                ("INSTEP_SITE__COMMENTS__GAP_SECONDS", "0"),
                ("INSTEP_LISTEN", "[::1]:9"),
            ],
        )
        .expect("runs");
        assert_eq!(config.site.title, "2026");
        assert_eq!(config.site.comments.rates.gap.as_secs(), 0);
        assert_eq!(config.listen.port(), 9);
        let environment = BTreeMap::from([("INSTEP_LISTEN".to_owned(), "127.0.0.1:1".to_owned())]);
        let typed = Typed { listen: Some("127.0.0.1:2".to_owned()), ..Typed::default() };
        assert_eq!(Sources::new(&typed, &environment).text("listen"), "127.0.0.1:2");
    }

    #[test]
    fn wrong_values_name_the_key_the_value_and_what_is_right() {
        for (site, variables, words) in [
            ("titel = 'x'", &[][..], &["site.toml:1:1", "titel"][..]),
            ("title = 'x'\nlanguage = 3", &[], &["site.toml:2:12", "string"]),
            ("base_url = 'https://example.org/blog'", &[], &["base_url", "no path"]),
            ("permalink = '/blog'", &[], &["permalink", "{slug}"]),
            ("time_zone = 'Mars/Base'", &[], &["time_zone", "Europe/Berlin"]),
            ("", &[("INSTEP_SITE__COMENTS__ENABLED", "true")], &["Did you mean INSTEP_SITE__COMMENTS__ENABLED?"]),
            ("", &[("INSTEP_SITE__COMMENTS__ENABLED", "yes")], &["true or false"]),
            ("[comments]\nmoderation = 'some'", &[], &["comments.moderation", "some", "first, all or none"]),
            ("[comments]\norder = 'best'", &[], &["comments.order", "best", "oldest or newest"]),
            ("[comments]\nhold_words = ['x', 'buy *']", &[], &["comments.hold_words", "buy *", "cas*no"]),
            (
                "",
                &[("INSTEP_SITE__COMMENTS__REFUSE_WORDS", "['*']")],
                &["comments.refuse_words", "any text would match"],
            ),
            ("", &[("INSTEP_LISTEN", "3000")], &["listen", "3000", "127.0.0.1:3000"]),
            ("", &[("INSTEP_LISTEN", "0.0.0.0:80")], &["base_url is missing"]),
            ("", &[("INSTEP_LOG", "xml")], &["text or json"]),
            ("", &[("INSTEP_SMTP_URL", "smtps://mail.example.org")], &["mail_from is missing", "INSTEP_MAIL_FROM"]),
            ("", &[("INSTEP_SMTP_URL", "mail:25"), ("INSTEP_MAIL_FROM", "a@b.org")], &["smtp_url", "smtps://USER"]),
            ("", &[("INSTEP_SMTP_URL", "smtp://mail.org"), ("INSTEP_MAIL_FROM", "me")], &["mail_from", "\"me\""]),
            ("[author]\nemail = 'me'", &[], &["author.email", "ana@example.org"]),
            ("[mail]\ndigest = 'hourly'", &[], &["mail.digest", "hourly", "daily, weekly or never"]),
        ] {
            let message = load(site, variables).expect_err(site).to_string();
            for word in words {
                assert!(message.contains(word), "{message:?} does not say {word:?}");
            }
        }
    }

    #[test]
    fn a_password_is_never_told() {
        for url in
            ["smtp://ana:hunter2@", "smtp://ana:hunter2@mail.org/x", "ana:hunter2@mail.org", "smtp://ana:hunter2"]
        {
            let message = load("", &[("INSTEP_SMTP_URL", url)]).expect_err(url).to_string();
            assert!(!message.contains("hunter2"), "{message}");
        }
        let variables = [("INSTEP_SMTP_URL", "smtp://ana:hunter2@mail.org"), ("INSTEP_MAIL_FROM", "ana@mail.org")];
        let config = load("", &variables).expect("runs");
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn a_variable_that_is_nearly_ours_is_told() {
        let hints = |name: &str| unknown_variables(&BTreeMap::from([(name.to_owned(), String::new())]));
        assert!(hints("INSTEP_LISTN")[0].contains("Did you mean INSTEP_LISTEN?"));
        assert!(hints("INSTEP_LISTEN").is_empty());
        assert!(hints("INSTEP_TEST_BROWSER").is_empty());
    }

    #[test]
    fn the_table_has_every_key_of_site_toml() {
        // A key that is in the table but not in the file's type fails here.
        for setting in SETTINGS.iter().filter(|setting| setting.key.starts_with("site.")) {
            let value = match (setting.kind, setting.key) {
                (_, "site.theme.width") => "70",
                (Kind::Number, _) => "7",
                (Kind::Switch, _) => "false",
                (Kind::List, _) => "[]",
                (_, "site.base_url" | "site.author.url") => "https://example.org",
                (_, "site.language") => "de",
                (_, "site.time_zone") => "Europe/Berlin",
                (_, "site.comments.moderation") => "all",
                (_, "site.comments.order") => "newest",
                (_, "site.permalink") => "/{slug}",
                (_, "site.author.email") => "ana@example.org",
                (_, "site.mail.digest") => "weekly",
                (_, "site.icon") => "icon.svg",
                (_, "site.theme.display_face" | "site.theme.text_face") => "mono",
                (_, key) if key.ends_with(".paper") || key.ends_with(".ink") || key.ends_with(".accent") => "navy",
                _ => "x",
            };
            load("", &[(setting.variable().as_str(), value)])
                .unwrap_or_else(|error| panic!("{}: {error}", setting.key));
        }
    }
}
