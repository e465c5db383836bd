//! Blocked commenters: by e-mail address, website or network.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Url;

use crate::domain::mailbox;

/// Rule that blocks a commenter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// E-mail address in the form of `mailbox::parse`.
    Email(String),
    /// Host without `www.`; its subdomains are blocked too.
    Site(String),
    Network(IpNet),
}

/// Possible mistake in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Address of the author.
    Author,
    /// Address of this machine, from which all requests come if the program does not know of a proxy.
    Loopback,
    /// Network of more than 65,536 addresses; in IPv6, of more than 65,536 home networks (/64).
    Many,
}

/// Widest networks without [`Doubt::Many`].
const WIDE_V4: u8 = 16;
const WIDE_V6: u8 = 48;

/// Widest networks that may be blocked: a typing error could block the whole internet.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 16;

impl Block {
    /// # Errors
    /// A message with the right form.
    pub fn email(typed: &str) -> Result<Self, String> {
        let none = || format!("{typed:?} is no e-mail address. Write it like ana@example.org");
        mailbox::parse(typed).map(Self::Email).ok_or_else(none)
    }

    /// # Errors
    /// A message with the right form.
    pub fn site(typed: &str) -> Result<Self, String> {
        let typed = typed.trim();
        let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
        host_of(&whole)
            .filter(|host| host.contains('.'))
            .map(Self::Site)
            .ok_or_else(|| format!("{typed:?} is no website. Write its host, such as spam.example"))
    }

    /// # Errors
    /// A message with the right form.
    pub fn network(typed: &str) -> Result<Self, String> {
        let typed = typed.trim();
        let address = || typed.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
        let network = typed.parse::<IpNet>().ok().or_else(address).map(|network| network.trunc());
        let network = network.ok_or_else(|| {
            format!("{typed:?} is no network. Write an address, or a range such as 192.0.2.0/24 or 2001:db8::/48")
        })?;
        let widest = if network.addr().is_ipv4() { WIDEST_V4 } else { WIDEST_V6 };
        if network.prefix_len() < widest {
            return Err(format!("{network} is wider than /{widest}, which would block far too many people"));
        }
        Ok(Self::Network(network))
    }

    /// Possible mistake in this block, if the author has this e-mail address.
    pub fn doubt(&self, author: Option<&str>) -> Option<Doubt> {
        match self {
            Self::Email(email) => author.is_some_and(|author| mailbox::kept(author) == *email).then_some(Doubt::Author),
            Self::Site(_) => None,
            Self::Network(network) if network.addr().is_loopback() => Some(Doubt::Loopback),
            Self::Network(network) => {
                let wide = if network.addr().is_ipv4() { WIDE_V4 } else { WIDE_V6 };
                (network.prefix_len() < wide).then_some(Doubt::Many)
            }
        }
    }

    /// Parses a stored block; `None` for a kind of a later version.
    pub fn parse(kind: &str, value: &str) -> Option<Self> {
        match kind {
            "email" => Some(Self::Email(mailbox::kept(value))),
            "site" => Self::site(value).ok(),
            "network" => Self::network(value).ok(),
            _ => None,
        }
    }

    /// Name of the kind in the database.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Site(_) => "site",
            Self::Network(_) => "network",
        }
    }

    /// Value that is blocked.
    pub fn value(&self) -> String {
        match self {
            Self::Email(value) | Self::Site(value) => value.clone(),
            Self::Network(network) => network.to_string(),
        }
    }

    /// True if it blocks a comment with this e-mail address and website, sent from this IP address.
    pub fn covers(&self, email: Option<&str>, site: Option<&str>, address: IpAddr) -> bool {
        match self {
            Self::Email(blocked) => email.is_some_and(|email| mailbox::kept(email) == *blocked),
            Self::Site(blocked) => site.and_then(host_of).is_some_and(|host| {
                host == *blocked || host.strip_suffix(blocked.as_str()).is_some_and(|start| start.ends_with('.'))
            }),
            Self::Network(network) => network.contains(&address.to_canonical()),
        }
    }
}

/// Host of an address, in lower case (and in ASCII, as the URL standard has it), without `www.`.
fn host_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?.trim_end_matches('.');
    Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_covers_every_spelling_of_its_value() {
        let from: IpAddr = "192.0.2.77".parse().expect("an address");
        let check = |block: Result<Block, String>, email: &str, site: &str, is_meant: bool| {
            let block = block.expect("a block");
            assert_eq!(block.covers(Some(email), Some(site), from), is_meant, "{block:?} {email} {site}");
            assert_eq!(Block::parse(block.kind(), &block.value()).as_ref(), Some(&block));
        };
        check(Block::email(" Ana@Example.org"), "ana@example.ORG", "https://a.example", true);
        check(Block::email("ana@example.org"), "bana@example.org", "https://a.example", false);
        check(Block::site("https://www.Spam.example/x"), "a@b.example", "https://spam.example", true);
        check(Block::site("spam.example"), "a@b.example", "https://buy.now.spam.example/y", true);
        check(Block::site("spam.example"), "a@b.example", "https://notspam.example", false);
        check(Block::site("bücher.example"), "a@b.example", "https://xn--bcher-kva.example", true);
        check(Block::network("192.0.2.0/24"), "a@b.example", "https://a.example", true);
        check(Block::network("192.0.2.77"), "a@b.example", "https://a.example", true);
        check(Block::network("::ffff:192.0.2.77"), "a@b.example", "https://a.example", true);
        check(Block::network("198.51.100.0/24"), "a@b.example", "https://a.example", false);
        check(Block::network("2001:db8::/48"), "a@b.example", "https://a.example", false);
    }

    #[test]
    fn wrong_blocks_are_refused() {
        for wrong in ["", "ana", "ana@b", "a b@c.org", "@c.org"] {
            assert!(Block::email(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "localhost", "https://", "not a site"] {
            assert!(Block::site(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "here", "0.0.0.0/0", "10.0.0.0/7", "::/0", "192.0.2.0/33"] {
            assert!(Block::network(wrong).is_err(), "{wrong}");
        }
    }
}
