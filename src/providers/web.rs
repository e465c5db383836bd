//! Safe requests to other servers: https only, public addresses only, with limits on time, length of the response and
//! number of redirects.

use std::{
    error::Error as _,
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use http::Uri;
use ureq::{
    Agent, Error,
    config::Config,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

/// Timeout of one request, with redirects and the whole response.
const PATIENCE: Duration = Duration::from_secs(20);
/// Timeout of connecting.
const CONNECT: Duration = Duration::from_secs(5);
const REDIRECTS: u32 = 3;
/// Name of this client, for the logs of the providers.
const USER_AGENT: &str =
    concat!("Instep/", env!("CARGO_PKG_VERSION"), " (a blog's author, asking once for title and still)");

/// Reason why a server gave no usable response, as the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such film there any more, or it is private (answer {0})")]
    Gone(u16),
    #[error("its provider lets nobody embed it, or asks for a password (answer {0})")]
    Forbidden(u16),
    #[error("its provider has had enough questions for now (answer 429). Try again in an hour")]
    TooMany,
    #[error("its provider is not well (answer {0}). Try again later")]
    Status(u16),
    #[error("no answer came within {} seconds. Try again later", PATIENCE.as_secs())]
    TooSlow,
    #[error("the answer is longer than {} kB, so it is none of ours", .0 / 1024)]
    TooLong(u64),
    #[error("the answer sent us on more than {REDIRECTS} times")]
    TooManyRedirects,
    #[error("it leads to {0}, and only https is asked")]
    NotHttps(String),
    #[error("it leads to an address in a private network, which no provider has")]
    Private,
    #[error("the answer is not what oEmbed says it should be")]
    NoAnswer,
    #[error("what came as its picture is no JPEG, PNG or WebP")]
    NoPicture,
    #[error("its picture is {0} by {1} pixels, which cannot be right")]
    OddSize(usize, usize),
    #[error("its provider cannot be reached ({0})")]
    Unreachable(String),
}

/// Servers that requests may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Requests by https, to public addresses.
    Public,
    /// Requests by http, to this machine. For tests, whose servers run here.
    Loopback,
}

#[derive(Debug)]
pub(super) struct Web(Agent);

impl Web {
    pub(super) fn new(reach: Reach) -> Self {
        let config = Agent::config_builder()
            .https_only(reach == Reach::Public)
            // A proxy would resolve names itself, and the addresses would not be checked.
            .proxy(None)
            .user_agent(USER_AGENT)
            .max_redirects(REDIRECTS)
            .timeout_global(Some(PATIENCE))
            .timeout_connect(Some(CONNECT))
            .build();
        Self(Agent::with_parts(
            config,
            DefaultConnector::default(),
            Guarded { reach, names: DefaultResolver::default() },
        ))
    }

    /// Body of the response, at most `longest` bytes.
    pub(super) fn get(&self, address: &str, accept: &str, longest: u64) -> Result<Vec<u8>, Refusal> {
        let refused = |error: Error| refusal(&error, longest);
        let mut response = self.0.get(address).header("accept", accept).call().map_err(refused)?;
        response.body_mut().with_config().limit(longest).read_to_vec().map_err(refused)
    }
}

fn refusal(error: &Error, longest: u64) -> Refusal {
    match error {
        Error::StatusCode(status @ (404 | 410)) => Refusal::Gone(*status),
        Error::StatusCode(status @ (401 | 403)) => Refusal::Forbidden(*status),
        Error::StatusCode(429) => Refusal::TooMany,
        Error::StatusCode(status) => Refusal::Status(*status),
        Error::Timeout(_) => Refusal::TooSlow,
        Error::BodyExceedsLimit(_) => Refusal::TooLong(longest),
        Error::TooManyRedirects => Refusal::TooManyRedirects,
        Error::RequireHttpsOnly(address) => Refusal::NotHttps(address.clone()),
        Error::BadUri(_) => Refusal::NoAnswer,
        Error::Io(error) if is_private(error) => Refusal::Private,
        Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => Refusal::TooSlow,
        other => Refusal::Unreachable(other.source().map_or_else(|| other.to_string(), ToString::to_string)),
    }
}

/// Resolves names and allows only permitted addresses. Used by every connection, also after a redirect, which then
/// connects to exactly the checked addresses.
#[derive(Debug)]
struct Guarded {
    reach: Reach,
    names: DefaultResolver,
}

impl Resolver for Guarded {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut allowed = self.empty();
        for address in &*self.names.resolve(uri, config, timeout)? {
            let ip = address.ip();
            let may = match self.reach {
                Reach::Public => is_public(ip),
                Reach::Loopback => ip.is_loopback(),
            };
            if may {
                allowed.push(*address);
            }
        }
        if allowed.is_empty() { Err(Error::Io(io::Error::other(PrivateAddress))) } else { Ok(allowed) }
    }
}

#[derive(Debug)]
struct PrivateAddress;

fn is_private(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<PrivateAddress>()).is_some()
}

impl fmt::Display for PrivateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the address is in a private network")
    }
}

impl std::error::Error for PrivateAddress {}

/// True if the address is public (IANA's registries of special addresses, RFC 6890).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19));
    !is_special
}

/// True for 2000::/3, except the addresses that contain an IPv4 address (6to4, Teredo) and the examples.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(ip) = ip.to_ipv4_mapped() {
        return is_public_v4(ip);
    }
    let [first, second, ..] = ip.segments();
    (0x2000..0x4000).contains(&first) && first != 0x2002 && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses() {
        for (ip, expected) in [
            ("8.8.8.8", true),
            ("142.250.74.46", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("192.168.0.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("0.0.0.0", false),
            ("192.0.2.1", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2a00:1450:4001:80b::200e", true),
            ("::1", false),
            ("::", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("fe80::1", false),
            ("fd00::1", false),
            ("2002:7f00:1::", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("64:ff9b::a00:1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(ip.parse().expect(ip)), expected, "{ip}");
        }
    }

    #[test]
    fn nobody_is_asked_on_this_machine_or_without_https() {
        let web = Web::new(Reach::Public);
        let get = |address: &str| web.get(address, "*/*", 10);
        for address in [
            "https://127.0.0.1:1/x",
            "https://localhost/x",
            "https://[::1]/x",
            "https://169.254.169.254/x",
            "https://2130706433/",
        ] {
            assert_eq!(get(address), Err(Refusal::Private), "{address}");
        }
        assert!(matches!(get("http://8.8.8.8/x"), Err(Refusal::NotHttps(_))));
        assert!(get("file:///etc/passwd").is_err() && get("x").is_err());
    }
}
