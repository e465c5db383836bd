//! Settings: options, environment and site.toml become a validated [`Config`], or one sentence that names the key, the
//! value and what would be right. `config/settings.toml` declares them; here they are read into fields. Nothing here
//! uses the site or the database.

mod reader;
mod smtp;
mod theme;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
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
        verdict::{self, Phrases, Rates},
    },
    texts::{self, Texts},
};
use reader::{Raw, Reader, SiteFile};

pub use reader::{SETTINGS, Setting, unknown_variables, written};
pub use smtp::{Mail, MailFrom, MailServer, Security};

/// Sentence about a setting that is wrong or missing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

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

impl Config {
    /// Reads site.toml and combines it with environment variables. An option of the command line takes the place of its
    /// variable.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn load(variables: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let is_of_site = |(name, value): &(&String, &String)| name.starts_with(reader::OF_SITE) && !value.is_empty();
        let of_site = variables.iter().filter(is_of_site).map(|(name, value)| (name.clone(), value.clone())).collect();
        reader::check_variables(&of_site)?;
        let mut reader = Reader::new(variables);
        let (content, data) = (PathBuf::from(reader.get("content")?.text()), PathBuf::from(reader.get("data")?.text()));
        let in_data = || format!("sqlite:{}", data.join("instep.sqlite").display());
        let listen = reader.get("listen")?.parsed(parse_address)?;
        reader.file = SiteFile::open(&content)?;
        Ok(Self {
            listen,
            database_url: reader.get("database_url")?.if_set().map_or_else(in_data, Raw::text),
            trusted_proxies: reader.get("trusted_proxies")?.parsed(parse_networks)?,
            secret: reader.get("secret")?.if_set().map(Raw::text),
            mail: Mail::read(&reader)?,
            log: reader.get("log")?.typed()?,
            metrics_listen: reader.get("metrics_listen")?.parsed_if_set(parse_address)?,
            watch: reader.get("watch")?.typed()?,
            site: Site::read(&reader, listen)?,
            of_site,
            content,
            data,
        })
    }

    /// Reads the current site.toml as the next start will read it.
    ///
    /// # Errors
    /// The error that would stop the start.
    pub fn site_by_now(&self) -> Result<Site, ConfigError> {
        let mut reader = Reader::new(&self.of_site);
        reader.file = SiteFile::open(&self.content)?;
        Site::read(&reader, self.listen)
    }
}

fn parse_address(value: &str) -> Option<SocketAddr> {
    value.replacen("localhost:", "127.0.0.1:", 1).parse().ok()
}

fn parse_networks(list: &str) -> Option<Vec<IpNet>> {
    let network = |one: &str| one.parse::<IpNet>().ok().or_else(|| one.parse::<IpAddr>().ok().map(IpNet::from));
    list.split(',').map(str::trim).filter(|one| !one.is_empty()).map(network).collect()
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
    /// SVG or PNG in the content that replaces the default icon.
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
    /// False: there is no desk.
    pub has_desk: bool,
    /// True: changes of the desk and of writing apps are committed with git.
    pub commits: bool,
    /// Most bytes of media with which the desk and writing apps add more; `None`: no limit.
    pub upload_quota: Option<u64>,
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

    /// Makes an absolute URL of a path with a query that is encoded already. On this machine its host is `localhost`:
    /// browsers offer passkeys for host names only (Web Authentication, 5.1.3).
    pub fn linked(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.replacen("http://127.0.0.1", "http://localhost", 1))
    }

    fn read(reader: &Reader, listen: SocketAddr) -> Result<Self, ConfigError> {
        let title = reader.get("site.title")?.parsed(text_if(|title| !title.trim().is_empty()))?;
        let language = reader.get("site.language")?.parsed(text_if(language::is_tag))?;
        let base_url = match reader.get("site.base_url")?.parsed_if_set(parse_base_url)? {
            Some(base_url) => base_url,
            None if listen.ip().is_loopback() => format!("http://{listen}"),
            None => {
                return Err(ConfigError(format!(
                    "base_url is missing. A site that listens on {listen} must know its own address: \
                     put base_url = \"https://your.domain\" into site.toml"
                )));
            }
        };
        let permalink = reader.get("site.permalink")?;
        let permalink =
            Permalink::parse(&permalink.text()).map_err(|rule| permalink.wrong_as(&permalink.text(), &rule))?;
        let redirects = reader.get("site.redirects")?;
        let redirects =
            Redirects::parse(&redirects.typed()?).map_err(|(part, rule)| redirects.wrong_as(&part, &rule))?;
        let (theme, remarks) = theme::read(reader)?;
        Ok(Self {
            description: reader.get("site.description")?.text(),
            base_url,
            texts: texts::for_site(&language).map_err(ConfigError)?,
            language,
            time_zone: reader.get("site.time_zone")?.parsed(|name| TimeZone::get(name).ok())?,
            author: Author::read(reader, &title)?,
            title,
            navigation: reader.get("site.navigation")?.list(|link: &NavigationLink| &link.href, is_link)?,
            permalink,
            redirects,
            card: reader.get("site.card")?.if_set().map(Raw::text),
            icon: reader.get("site.icon")?.parsed_if_set(text_if(theme::is_icon))?,
            theme,
            remarks,
            comments: Comments::read(reader)?,
            notices: Notices::read(reader)?,
            shared_seconds: reader.get("site.cache.shared_seconds")?.typed()?,
            frame_hosts: reader.get("site.security.frame_hosts")?.list(String::as_str, is_frame_host)?,
            has_desk: reader.get("site.desk.enabled")?.typed()?,
            commits: reader.get("site.desk.commit")?.typed()?,
            upload_quota: Some(reader.get("site.desk.upload_quota_mib")?.typed::<u32>()?)
                .filter(|quota| *quota > 0)
                .map(|quota| u64::from(quota) << 20),
        })
    }
}

#[derive(Clone, Debug)]
pub struct Author {
    pub name: String,
    pub email: Option<String>,
    pub url: Option<String>,
}

impl Author {
    fn read(reader: &Reader, title: &str) -> Result<Self, ConfigError> {
        let name = reader.get("site.author.name")?.text();
        Ok(Self {
            name: if name.is_empty() { title.to_owned() } else { name },
            email: reader.get("site.author.email")?.parsed_if_set(text_if(|email| mailbox::parse(email).is_some()))?,
            url: reader.get("site.author.url")?.parsed_if_set(text_if(address::is_web))?,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NavigationLink {
    pub label: String,
    /// Path of this site, or an absolute URL.
    pub href: String,
}

fn is_link(href: &str) -> bool {
    ["/", "https://", "http://"].iter().any(|start| href.starts_with(start))
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

impl Comments {
    fn read(reader: &Reader) -> Result<Self, ConfigError> {
        let rules = verdict::Rules {
            moderation: reader.get("site.comments.moderation")?.typed()?,
            hold_after: days(&reader.get("site.comments.hold_after_days")?)?,
            max_links: reader.get("site.comments.max_links")?.typed()?,
            hold_words: words(&reader.get("site.comments.hold_words")?)?,
            refuse_words: words(&reader.get("site.comments.refuse_words")?)?,
            bayes: reader.get("site.comments.bayes")?.typed()?,
        };
        Ok(Self {
            enabled: reader.get("site.comments.enabled")?.typed()?,
            close_after: days(&reader.get("site.comments.close_after_days")?)?,
            order: reader.get("site.comments.order")?.typed()?,
            rates: Rates {
                gap: SignedDuration::from_secs(reader.get("site.comments.gap_seconds")?.typed::<u32>()?.into()),
                per_window: reader.get("site.comments.per_10_minutes")?.typed::<u32>()?.into(),
                network_per_window: reader.get("site.comments.network_per_10_minutes")?.typed::<u32>()?.into(),
            },
            rules: Arc::new(rules),
        })
    }
}

/// Reads a number of days; 0 means never.
fn days(raw: &Raw) -> Result<Option<SignedDuration>, ConfigError> {
    let count: u32 = raw.typed()?;
    Ok((count > 0).then(|| SignedDuration::from_hours(24 * i64::from(count))))
}

fn words(raw: &Raw) -> Result<Phrases, ConfigError> {
    let words: Vec<String> = raw.typed()?;
    Phrases::parse(&words).map_err(|word| raw.wrong_part(&word))
}

/// Mails to the author, if `author.email` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notices {
    /// True: one mail for each comment.
    pub of_each: bool,
    /// Rhythm of the digest of held and refused comments.
    pub digest: Rhythm,
}

impl Notices {
    fn read(reader: &Reader) -> Result<Self, ConfigError> {
        Ok(Self {
            of_each: reader.get("site.mail.each_comment")?.typed()?,
            digest: reader.get("site.mail.digest")?.typed()?,
        })
    }
}

/// Returns a parser that accepts a text as it is if it is right.
fn text_if(is_right: impl Fn(&str) -> bool) -> impl FnOnce(&str) -> Option<String> {
    move |text| is_right(text).then(|| text.to_owned())
}

/// Parses a base URL. It has no path: every absolute URL is made by appending a path to it.
fn parse_base_url(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let origin = url.origin().ascii_serialization();
    (url.as_str() == format!("{origin}/")).then_some(origin)
}

/// True if it is a host that is valid in a header without changes.
fn is_frame_host(text: &str) -> bool {
    text.starts_with("https://") && parse_base_url(text).as_deref() == Some(text)
}

#[cfg(test)]
mod tests;
