//! Safe requests to other servers: https only, public addresses only, with limits on time, length of the response and
//! number of redirects.

use std::{error::Error as _, io, net::IpAddr};

use crate::domain::limits::{PROVIDER_CONNECT, PROVIDER_REDIRECTS, PROVIDER_TIMEOUT};
use http::Uri;
use ipnet::IpNet;
use ureq::{
    Agent, Error,
    config::Config,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

/// Name of this client, for the logs of the providers.
const USER_AGENT: &str =
    concat!("Instep/", env!("CARGO_PKG_VERSION"), " (asks for a title and a picture, once for each embed)");

#[derive(Debug)]
pub(super) struct Client(Agent);

impl Client {
    /// Makes a client for public servers, or for a test server on this machine.
    pub(super) fn new(is_public: bool) -> Self {
        let config = Agent::config_builder()
            .https_only(is_public)
            // A proxy would resolve names itself, and the addresses would not be checked.
            .proxy(None)
            .user_agent(USER_AGENT)
            .max_redirects(PROVIDER_REDIRECTS)
            .timeout_global(Some(PROVIDER_TIMEOUT))
            .timeout_connect(Some(PROVIDER_CONNECT))
            .build();
        let resolver = CheckedResolver { is_public, resolver: DefaultResolver::default() };
        Self(Agent::with_parts(config, DefaultConnector::default(), resolver))
    }

    /// Returns the body of the response, at most `longest` bytes, or the reason why there is none.
    pub(super) fn get(&self, address: &str, accept: &str, longest: u64) -> Result<Vec<u8>, String> {
        let response = self.0.get(address).header("accept", accept).call();
        let body = response.and_then(|mut response| response.body_mut().with_config().limit(longest).read_to_vec());
        body.map_err(|error| explain(&error, longest))
    }
}

/// Explains an error to the author, as the end of a sentence.
fn explain(error: &Error, longest: u64) -> String {
    let is_late = match error {
        Error::Timeout(_) => true,
        Error::Io(error) => error.kind() == io::ErrorKind::TimedOut,
        _ => false,
    };
    match error {
        _ if is_late => format!("no response came within {} seconds. Try again later", PROVIDER_TIMEOUT.as_secs()),
        Error::StatusCode(status @ (404 | 410)) => {
            format!("it does not exist any more, or is private (status {status})")
        }
        Error::StatusCode(status @ (401 | 403)) => format!("its provider does not allow embedding (status {status})"),
        Error::StatusCode(429) => "its provider limits requests (status 429). Try again in an hour".to_owned(),
        Error::StatusCode(status) => format!("its provider has failed (status {status}). Try again later"),
        Error::BodyExceedsLimit(_) => format!("the response is longer than {} kB", longest / 1024),
        Error::TooManyRedirects => format!("the provider redirects more than {PROVIDER_REDIRECTS} times"),
        Error::RequireHttpsOnly(address) => format!("it leads to {address}, which is not https"),
        Error::BadUri(_) => "the response contains an address that is not valid".to_owned(),
        other => format!(
            "its provider cannot be reached ({})",
            other.source().map_or_else(|| other.to_string(), ToString::to_string)
        ),
    }
}

/// Resolves names, and refuses addresses in private networks. Used by every connection, also after a redirect, which
/// then connects to exactly the checked addresses.
#[derive(Debug)]
struct CheckedResolver {
    is_public: bool,
    resolver: DefaultResolver,
}

impl Resolver for CheckedResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let may_reach = |ip: IpAddr| if self.is_public { is_public(ip) } else { ip.is_loopback() };
        let mut allowed = self.empty();
        for address in &*self.resolver.resolve(uri, config, timeout)? {
            if may_reach(address.ip()) {
                allowed.push(*address);
            }
        }
        let private = || Error::Io(io::Error::other("the address is in a private network"));
        if allowed.is_empty() { Err(private()) } else { Ok(allowed) }
    }
}

/// Networks without public servers (IANA's registries of special addresses, RFC 6890), and those of IPv6 that contain
/// an IPv4 address (Teredo, 6to4).
const SPECIAL: &str = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 \
    192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 \
    ::/3 4000::/2 8000::/1 2001::/23 2001:db8::/32 2002::/16";

fn is_public(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    !SPECIAL.split_whitespace().filter_map(|network| network.parse::<IpNet>().ok()).any(|network| network.contains(&ip))
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
    fn every_special_network_is_parsed() {
        assert!(SPECIAL.split_whitespace().all(|network| network.parse::<IpNet>().is_ok()));
    }

    #[test]
    fn nothing_is_requested_from_this_machine_or_without_https() {
        let client = Client::new(true);
        let get = |address: &str| client.get(address, "*/*", 10).expect_err(address);
        for address in [
            "https://127.0.0.1:1/x",
            "https://localhost/x",
            "https://[::1]/x",
            "https://169.254.169.254/x",
            "https://2130706433/",
        ] {
            assert!(get(address).contains("private network"), "{address}");
        }
        assert!(get("http://8.8.8.8/x").contains("not https"));
        get("file:///etc/passwd");
        get("x");
    }
}
