//! Settings: flags, environment and site.toml become a validated [`Config`], or one sentence that names the key, the
//! value and what would be right. Nothing here uses the site or the database.

mod smtp;
mod sources;
mod theme;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use ipnet::IpNet;
use jiff::{SignedDuration, tz::TimeZone};
use serde::Deserialize;

use crate::{
    domain::{
        address,
        delivery::Rhythm,
        language, mailbox,
        permalink::{Permalink, Rules},
        redirects::Redirects,
        theme::{Remark, Theme},
        thread::pages::Order,
        verdict::{self, Moderation, Phrases, Rates},
    },
    texts::{self, Texts, TextsError},
};

pub use smtp::{Mail, MailFrom, MailServer, Security};
pub use sources::{SETTINGS, Setting, Typed, unknown_variables};

/// Error of a setting.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{key} is {value:?}, which is not valid: {right}")]
    Value { key: String, value: String, right: String },
    #[error("there is no setting {0:?}.{1}")]
    Unknown(String, String),
    #[error("{file}:{line}:{column}: {what}", file = .file.display())]
    SiteToml { file: PathBuf, line: usize, column: usize, what: String },
    #[error("{file} cannot be read: {source}", file = .file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error(
        "there is no site in {folder} (no site.toml). Make one with: instep init {folder}",
        folder = .0.display()
    )]
    NoSite(PathBuf),
    #[error(
        "base_url is missing. A site that listens on {0} must know its own address: \
         put base_url = \"https://your.domain\" into site.toml"
    )]
    NoBaseUrl(SocketAddr),
    #[error(
        "mail_from is missing. Mails need a sender: set INSTEP_MAIL_FROM to an address that your mail server lets you \
         use, such as blog@example.org"
    )]
    NoMailFrom,
    #[error(transparent)]
    Texts(#[from] TextsError),
}

/// All settings, validated and ready for use.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub content: PathBuf,
    pub data: PathBuf,
    /// URL of the database: `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// Proxies that are trusted to report a visitor's address.
    pub trusted_proxies: Vec<IpNet>,
    /// Key that signs cookies and links instead of the secret in the database.
    pub secret: Option<String>,
    /// Mail settings; `None`: mails wait in the outbox.
    pub mail: Option<Mail>,
    pub log: LogFormat,
    /// Address of `/metrics`; `None`: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    pub watch: Watch,
    pub site: Site,
    /// Environment variables that override site.toml.
    of_site: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// Way in which changed files are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Watch {
    /// Events from the kernel.
    Notify,
    /// A look every second: for network folders, which have no such events.
    Poll,
}

/// Settings of the site rather than of the machine it runs on: site.toml, validated.
#[derive(Clone, Debug)]
pub struct Site {
    pub title: String,
    pub description: String,
    /// Scheme, host and port, without a slash at the end. Every absolute URL starts with it.
    pub base_url: String,
    /// Language tag (BCP 47).
    pub language: String,
    /// Texts of the site in its language; in English if that language is not shipped.
    pub texts: &'static Texts,
    pub time_zone: TimeZone,
    pub author: Author,
    pub navigation: Vec<NavigationLink>,
    pub permalink: Permalink,
    pub redirects: Redirects,
    /// Picture in `content/media/` for the link previews of other sites.
    pub card: Option<String>,
    /// SVG or PNG in the content that replaces the generated icon.
    pub icon: Option<String>,
    pub theme: Theme,
    /// Warnings about settings that work but should be checked.
    pub remarks: Vec<Remark>,
    pub comments: Comments,
    pub notices: Notices,
    /// Seconds that shared caches (a CDN) may keep pages; 0: none.
    pub shared_seconds: u64,
    /// Hosts besides the providers that pages may frame.
    pub frame_hosts: Vec<String>,
}

impl Site {
    pub fn is_https(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// Returns the settings that content needs.
    pub fn rules(&self) -> Rules {
        Rules {
            zone: self.time_zone.clone(),
            permalink: self.permalink.clone(),
            language: self.language.clone(),
            redirects: self.redirects.clone(),
            base_url: self.base_url.clone(),
            frame_hosts: self.frame_hosts.clone(),
            navigation: self.navigation.iter().map(|link| link.href.clone()).collect(),
            named_files: theme::named_files(&self.theme, self.icon.as_deref(), self.card.as_deref()),
            remarks: self.remarks.clone(),
            close_after: self.comments.close_after,
        }
    }

    /// Makes an absolute URL of a path of this site. Characters that a URL must not have are percent-encoded.
    pub fn absolute(&self, path: &str) -> String {
        format!("{}{}", self.base_url, address::encode(path))
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Author {
    pub name: String,
    pub email: Option<String>,
    pub url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NavigationLink {
    pub label: String,
    /// Path of this site, or an absolute URL.
    pub href: String,
}

#[derive(Clone, Debug)]
pub struct Comments {
    pub enabled: bool,
    /// Time that a thread accepts comments after its post has appeared; `None`: for ever.
    pub close_after: Option<SignedDuration>,
    /// Order of comments.
    pub order: Order,
    pub rates: Rates,
    pub rules: Arc<verdict::Rules>,
}

/// Mails to the author, if `author.email` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notices {
    /// True: one mail for each comment.
    pub of_each: bool,
    /// Rhythm of the digest of held and refused comments.
    pub digest: Option<Rhythm>,
}

/// Content of site.toml as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SiteToml {
    title: String,
    description: String,
    base_url: Option<String>,
    language: String,
    time_zone: String,
    permalink: Option<String>,
    redirects: BTreeMap<String, String>,
    card: Option<String>,
    icon: Option<String>,
    theme: theme::ThemeToml,
    author: Author,
    navigation: Vec<NavigationLink>,
    comments: CommentsToml,
    mail: MailToml,
    cache: CacheToml,
    security: SecurityToml,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CommentsToml {
    enabled: bool,
    moderation: String,
    close_after_days: u32,
    hold_after_days: u32,
    order: String,
    max_links: u32,
    hold_words: Vec<String>,
    refuse_words: Vec<String>,
    bayes: bool,
    gap_seconds: u32,
    per_10_minutes: u32,
    network_per_10_minutes: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MailToml {
    each_comment: bool,
    digest: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CacheToml {
    shared_seconds: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SecurityToml {
    frame_hosts: Vec<String>,
}

impl Default for SiteToml {
    fn default() -> Self {
        Self {
            title: "A new site".to_owned(),
            description: String::new(),
            base_url: None,
            language: "en".to_owned(),
            time_zone: "UTC".to_owned(),
            permalink: None,
            redirects: BTreeMap::new(),
            card: None,
            icon: None,
            theme: theme::ThemeToml::default(),
            author: Author::default(),
            navigation: Vec::new(),
            comments: CommentsToml::default(),
            mail: MailToml::default(),
            cache: CacheToml::default(),
            security: SecurityToml::default(),
        }
    }
}

impl Default for CommentsToml {
    fn default() -> Self {
        Self {
            enabled: true,
            moderation: "first".to_owned(),
            close_after_days: 0,
            hold_after_days: 0,
            order: "oldest".to_owned(),
            max_links: 2,
            hold_words: Vec::new(),
            refuse_words: Vec::new(),
            bayes: true,
            gap_seconds: 15,
            per_10_minutes: 5,
            network_per_10_minutes: 30,
        }
    }
}

impl Default for MailToml {
    fn default() -> Self {
        Self { each_comment: true, digest: "daily".to_owned() }
    }
}

impl Config {
    /// Reads site.toml and combines it with flags and environment.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn load(typed: &Typed, environment: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let raw = sources::Sources::new(typed, environment);
        let content = PathBuf::from(raw.text("content"));
        let data = PathBuf::from(raw.text("data"));
        let listen: SocketAddr = raw.parse("listen", ADDRESS, parse_address)?;
        let site = check_site_toml(&raw, &content, listen)?;
        Ok(Self {
            listen,
            database_url: raw
                .optional("database_url")
                .unwrap_or_else(|| format!("sqlite:{}", data.join("instep.sqlite").display())),
            trusted_proxies: raw.parse(
                "trusted_proxies",
                "write addresses or networks with commas between, such as 127.0.0.1, 10.0.0.0/8",
                parse_networks,
            )?,
            secret: raw.optional("secret"),
            mail: check_mail(&raw)?,
            log: raw.parse("log", "write text or json", |value| match value {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            })?,
            metrics_listen: raw.parse("metrics_listen", ADDRESS, |value| {
                if value.is_empty() { Some(None) } else { parse_address(value).map(Some) }
            })?,
            watch: raw.parse("watch", "write notify or poll", |value| match value {
                "notify" => Some(Watch::Notify),
                "poll" => Some(Watch::Poll),
                _ => None,
            })?,
            of_site: raw.of_site(),
            site,
            content,
            data,
        })
    }

    /// Reads the current site.toml as the next start will read it.
    ///
    /// # Errors
    /// The error that would stop the start.
    pub fn site_by_now(&self) -> Result<Site, ConfigError> {
        let raw = sources::Sources::new(&Typed::default(), &self.of_site);
        check_site_toml(&raw, &self.content, self.listen)
    }
}

fn check_site_toml(raw: &sources::Sources, content: &Path, listen: SocketAddr) -> Result<Site, ConfigError> {
    check_site(raw.site(content)?, listen).map_err(|error| raw.placed(error, content))
}

const ADDRESS: &str = "write an address and a port, such as 127.0.0.1:3000";

fn parse_address(value: &str) -> Option<SocketAddr> {
    value.replacen("localhost:", "127.0.0.1:", 1).parse().ok()
}

fn check_mail(raw: &sources::Sources) -> Result<Option<Mail>, ConfigError> {
    let Some(url) = raw.optional("smtp_url") else { return Ok(None) };
    let server = MailServer::parse(&url).ok_or_else(|| ConfigError::Value {
        key: "smtp_url".to_owned(),
        value: smtp::without_password(&url),
        right: smtp::SERVER_RULE.to_owned(),
    })?;
    if raw.optional("mail_from").is_none() {
        return Err(ConfigError::NoMailFrom);
    }
    Ok(Some(Mail { server, from: raw.parse("mail_from", smtp::FROM_RULE, MailFrom::parse)? }))
}

fn parse_networks(list: &str) -> Option<Vec<IpNet>> {
    let network = |one: &str| one.parse::<IpNet>().ok().or_else(|| one.parse::<IpAddr>().ok().map(IpNet::from));
    list.split(',').map(str::trim).filter(|one| !one.is_empty()).map(network).collect()
}

fn check_site(raw: SiteToml, listen: SocketAddr) -> Result<Site, ConfigError> {
    let wrong = |key: &str, value: &str, right: &str| ConfigError::Value {
        key: key.to_owned(),
        value: value.to_owned(),
        right: right.to_owned(),
    };
    let base_url = match &raw.base_url {
        Some(base_url) => parse_base_url(base_url).ok_or_else(|| {
            wrong("base_url", base_url, "write scheme and host and no path, such as https://example.org")
        })?,
        None if listen.ip().is_loopback() => format!("http://{listen}"),
        None => return Err(ConfigError::NoBaseUrl(listen)),
    };
    let permalink = match &raw.permalink {
        Some(pattern) => Permalink::parse(pattern).map_err(|rule| wrong("permalink", pattern, &rule))?,
        None => Permalink::default(),
    };
    let redirects = Redirects::parse(&raw.redirects).map_err(|(part, rule)| wrong("redirects", &part, &rule))?;
    let time_zone = TimeZone::get(&raw.time_zone)
        .map_err(|_| wrong("time_zone", &raw.time_zone, "write a name such as Europe/Berlin or UTC"))?;
    if raw.title.trim().is_empty() {
        return Err(wrong("title", &raw.title, "a site needs a name"));
    }
    if !language::is_tag(&raw.language) {
        return Err(wrong("language", &raw.language, "write a tag such as en, de or pt-BR"));
    }
    for host in &raw.security.frame_hosts {
        if !is_frame_host(host) {
            return Err(wrong(
                "security.frame_hosts",
                host,
                "write https:// and a host, such as https://maps.example.org",
            ));
        }
    }
    if let Some(url) = raw.author.url.as_deref().filter(|url| !address::is_web(url)) {
        return Err(wrong("author.url", url, "write a whole address, such as https://example.org/me"));
    }
    if let Some(email) = raw.author.email.as_deref().filter(|email| mailbox::parse(email).is_none()) {
        return Err(wrong("author.email", email, "write an address, such as ana@example.org"));
    }
    let digest = match raw.mail.digest.as_str() {
        "daily" => Some(Rhythm::Daily),
        "weekly" => Some(Rhythm::Weekly),
        "never" => None,
        other => return Err(wrong("mail.digest", other, "write daily, weekly or never")),
    };
    for link in &raw.navigation {
        let leads_somewhere =
            link.href.starts_with('/') || link.href.starts_with("https://") || link.href.starts_with("http://");
        if !leads_somewhere {
            return Err(wrong("navigation.href", &link.href, "write a path such as /about, or a whole address"));
        }
    }
    let (look, remarks) = theme::check(raw.theme)?;
    let comments = check_comments(&raw.comments)?;
    Ok(Site {
        author: Author {
            name: if raw.author.name.is_empty() { raw.title.clone() } else { raw.author.name },
            ..raw.author
        },
        title: raw.title,
        description: raw.description,
        base_url,
        texts: texts::for_site(&raw.language)?,
        language: raw.language,
        time_zone,
        navigation: raw.navigation,
        permalink,
        redirects,
        card: raw.card,
        notices: Notices { of_each: raw.mail.each_comment, digest },
        icon: theme::icon(raw.icon)?,
        theme: look,
        remarks,
        comments,
        shared_seconds: raw.cache.shared_seconds.into(),
        frame_hosts: raw.security.frame_hosts,
    })
}

/// Converts a number of days; 0 means never.
fn days(count: u32) -> Option<SignedDuration> {
    (count > 0).then(|| SignedDuration::from_hours(24 * i64::from(count)))
}

fn check_comments(raw: &CommentsToml) -> Result<Comments, ConfigError> {
    let wrong = |key: &str, value: &str, right: &str| ConfigError::Value {
        key: format!("comments.{key}"),
        value: value.to_owned(),
        right: right.to_owned(),
    };
    let phrases = |key: &str, written: &[String]| {
        Phrases::parse(written).map_err(|phrase| {
            wrong(key, &phrase, "every word needs a letter besides the stars, as in cas*no, or any text would match")
        })
    };
    let moderation = Moderation::parse(&raw.moderation)
        .ok_or_else(|| wrong("moderation", &raw.moderation, "write first, all or none"))?;
    let order = Order::parse(&raw.order).ok_or_else(|| wrong("order", &raw.order, "write oldest or newest"))?;
    Ok(Comments {
        enabled: raw.enabled,
        close_after: days(raw.close_after_days),
        order,
        rates: Rates {
            gap: SignedDuration::from_secs(raw.gap_seconds.into()),
            per_window: raw.per_10_minutes.into(),
            network_per_window: raw.network_per_10_minutes.into(),
        },
        rules: Arc::new(verdict::Rules {
            moderation,
            hold_after: days(raw.hold_after_days),
            max_links: usize::try_from(raw.max_links).unwrap_or(usize::MAX),
            hold_words: phrases("hold_words", &raw.hold_words)?,
            refuse_words: phrases("refuse_words", &raw.refuse_words)?,
            bayes: raw.bayes,
        }),
    })
}

/// Parses a base URL. It has no path: every absolute URL is made by appending a path to it.
fn parse_base_url(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    plain.then(|| url.origin().ascii_serialization())
}

/// True if it is a host that may stand in a header unchanged.
fn is_frame_host(text: &str) -> bool {
    text.starts_with("https://") && parse_base_url(text).as_deref() == Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        assert_eq!(parse_base_url("https://Example.org/").as_deref(), Some("https://example.org"));
        assert_eq!(parse_base_url("http://127.0.0.1:3000").as_deref(), Some("http://127.0.0.1:3000"));
        for wrong in
            ["example.org", "https://example.org/blog", "ftp://example.org", "https://a@example.org", "https://x/?a"]
        {
            assert_eq!(parse_base_url(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn networks() {
        let networks = parse_networks("127.0.0.1, 10.0.0.0/8,::1").expect("three");
        assert_eq!(
            networks.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]
        );
        assert_eq!(parse_networks(""), Some(Vec::new()));
        assert_eq!(parse_networks("localhost"), None);
    }
}
