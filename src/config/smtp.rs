//! The mail server: validates `smtp://` and `smtps://` URLs, and hides passwords.

use std::{fmt, net::IpAddr};

use percent_encoding::percent_decode_str;
use url::Url;

use super::{
    ConfigError,
    reader::{Raw, Reader},
};
use crate::domain::mailbox;

/// Settings for sending mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub server: MailServer,
    pub from: MailFrom,
}

#[derive(Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Host name, or an IP address without brackets.
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// User and password.
    pub credentials: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (`smtps://`).
    Tls,
    /// STARTTLS before any mail or password is sent.
    StartTls,
    /// No encryption: for a server on the same machine or in a private network.
    Plain,
}

/// Sender of mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailFrom {
    /// Name of the sender; the site's title if unset.
    pub name: Option<String>,
    pub email: String,
}

impl Mail {
    pub(super) fn read(reader: &Reader) -> Result<Option<Self>, ConfigError> {
        let url = reader.get("smtp_url")?;
        let Some(text) = url.if_set().map(Raw::text) else { return Ok(None) };
        let server = MailServer::parse(&text).ok_or_else(|| url.wrong_part(&without_password(&text)))?;
        let from = reader.get("mail_from")?.parsed_if_set(MailFrom::parse)?.ok_or_else(|| {
            ConfigError(
                "mail_from is missing. Mails need a sender: set INSTEP_MAIL_FROM to an address that your mail server \
                 lets you use, such as blog@example.org"
                    .to_owned(),
            )
        })?;
        Ok(Some(Self { server, from }))
    }
}

impl MailServer {
    /// Parses a server; `None` if it is not the URL of a mail server.
    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let is_near = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let wants_none = match url.query() {
            None => false,
            Some("tls=off") => true,
            Some(_) => return None,
        };
        let (security, port) = match url.scheme() {
            "smtps" if !wants_none => (Security::Tls, 465),
            "smtp" if wants_none || is_near => (Security::Plain, 25),
            "smtp" => (Security::StartTls, 587),
            _ => return None,
        };
        let plain = |text: &str| percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned);
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return None,
            (user, Some(password)) => Some((plain(user)?, plain(password)?)),
        };
        let is_bare = matches!(url.path(), "" | "/") && url.fragment().is_none() && !host.is_empty();
        is_bare.then(|| Self { host, port: url.port().unwrap_or(port), security, credentials })
    }
}

impl MailFrom {
    /// Parses a sender; `None` if it is not an address.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, email) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, email)) => (Some(name.trim().trim_matches('"').trim()), email.trim()),
            None => (None, text),
        };
        let name = name.filter(|name| !name.is_empty()).map(str::to_owned);
        Some(Self { name, email: mailbox::parse(email)? })
    }
}

/// Shows host and port only, for a log.
impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.credentials.as_ref().map(|(user, _)| user);
        write!(f, "MailServer({self}, {:?}, {user:?})", self.security)
    }
}

/// Returns an address as typed, without anything that may be a password: errors quote invalid addresses, which may be
/// wrong in any place.
fn without_password(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, host)) => format!("{}://…@{host}", text.split("://").next().filter(|s| s.len() < 6).unwrap_or("…")),
        // Without an @ there may still be a password, with the @ forgotten.
        None if text.matches(':').count() > 1 => format!("{}:…", text.split(':').next().unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        use Security::{Plain, StartTls, Tls};
        for (text, host, port, security) in [
            ("smtp://mail.example.org", "mail.example.org", 587, StartTls),
            ("smtps://mail.example.org", "mail.example.org", 465, Tls),
            ("smtps://mail.example.org:4650/", "mail.example.org", 4650, Tls),
            ("smtp://localhost", "localhost", 25, Plain),
            ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, Plain),
            ("smtp://[::1]:1025", "::1", 1025, Plain),
            ("smtp://mail:25?tls=off", "mail", 25, Plain),
        ] {
            let server = MailServer::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((server.host.as_str(), server.port, server.security), (host, port, security), "{text}");
            assert_eq!(server.credentials, None);
        }
        for wrong in [
            "",
            "mail.example.org",
            "mail.example.org:25",
            "http://mail.example.org",
            "smtp://",
            "smtp://a/b",
            "smtp://a?tls=maybe",
            "smtps://a?tls=off",
            "smtp://user@a",
            "smtp://a#b",
        ] {
            assert_eq!(MailServer::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn passwords_are_decoded_and_never_shown() {
        let server = MailServer::parse("smtps://blog%40example.org:p%3As%2Fs%40@mail.example.org").expect("a server");
        assert_eq!(server.credentials, Some(("blog@example.org".to_owned(), "p:s/s@".to_owned())));
        assert_eq!(server.to_string(), "mail.example.org:465");
        assert!(!format!("{server:?}").contains("p:s/s"));
        for (text, shown) in [
            ("smtps://blog:secret@mail:port", "smtps://…@mail:port"),
            ("smtp://blog:sec@ret@mail", "smtp://…@mail"),
            ("blog:secret@mail", "…://…@mail"),
            ("smtp:secret:mail", "smtp:…"),
            ("mail.example.org", "mail.example.org"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }

    #[test]
    fn senders() {
        let from = |text: &str| MailFrom::parse(text).map(|from| (from.name.unwrap_or_default(), from.email));
        let is = |name: &str, email: &str| Some((name.to_owned(), email.to_owned()));
        assert_eq!(from("blog@example.org"), is("", "blog@example.org"));
        assert_eq!(from("Loose Laces <blog@example.org>"), is("Loose Laces", "blog@example.org"));
        assert_eq!(from("\"Laces, Loose\" <blog@example.org>"), is("Laces, Loose", "blog@example.org"));
        for wrong in ["", "blog", "<blog>", "a@b.org, c@d.org", "Loose <blog@example.org", "a@b.org\nx: y"] {
            assert_eq!(from(wrong), None, "{wrong}");
        }
    }
}
