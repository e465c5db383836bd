//! Who sends a comment: the cookie of an earlier one, and the address. Both leave this file as fingerprints only.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::extract::FromRequestParts;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use http::{HeaderMap, HeaderValue, header, request::Parts};

use super::errors::WebError;
use crate::{app::App, domain::signer::Purpose, store::Sender};

/// The other end of the connection, as the server saw it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The one who sends a form.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub sender: Sender,
    /// To be set with the answer where the visitor has none yet.
    pub new_cookie: Option<HeaderValue>,
}

/// Browsers keep no cookie longer (RFC 6265bis, 5.5).
const COOKIE_SECONDS: u32 = 400 * 24 * 60 * 60;

impl FromRequestParts<App> for Visitor {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        let name = cookie_name(app);
        let known = cookies(&parts.headers, name).find_map(|cookie| app.signer.verify(Purpose::Commenter, cookie));
        let token = known.map_or_else(fresh_token, |known| Ok(known.to_owned()))?;
        let address = address(parts, app);
        Ok(Self {
            sender: Sender {
                commenter: app.signer.fingerprint("commenter", &token),
                is_returning: known.is_some(),
                address: app.signer.fingerprint("address", &address.to_string()),
                network: app.signer.fingerprint("network", &network(address)),
                ip: address,
            },
            new_cookie: if known.is_some() { None } else { cookie(app, name, &token) },
        })
    }
}

/// `__Host-` binds a cookie to this host and to https; plain http has no such thing.
fn cookie_name(app: &App) -> &'static str {
    if app.config.site.is_https() { "__Host-instep_commenter" } else { "instep_commenter" }
}

fn cookie(app: &App, name: &str, token: &str) -> Option<HeaderValue> {
    set_cookie(app, name, &app.signer.sign(Purpose::Commenter, token), COOKIE_SECONDS)
}

/// Lets the browser forget the cookie.
pub fn taken_back(app: &App) -> Option<HeaderValue> {
    set_cookie(app, cookie_name(app), "", 0)
}

fn set_cookie(app: &App, name: &str, value: &str, seconds: u32) -> Option<HeaderValue> {
    let secure = if app.config.site.is_https() { "; Secure" } else { "" };
    HeaderValue::try_from(format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")).ok()
}

fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(move |pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// # Errors
/// The system has no randomness, and a token that can be guessed would be worse than none.
fn fresh_token() -> Result<String, WebError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(WebError::internal)?;
    Ok(BASE64.encode(bytes))
}

/// The visitor's address: the peer's, or what our own proxies say it is. Going from right to left, the first address
/// that is not a proxy of ours; everything left of it could be made up. `Forwarded` is asked only where nothing stands
/// in `X-Forwarded-For`: proxies that write the one hand the other on as the visitor sent it.
fn address(parts: &Parts, app: &App) -> IpAddr {
    let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.to_canonical());
    let is_ours = |address: &IpAddr| app.config.trusted_proxies.iter().any(|network| network.contains(address));
    if !is_ours(&peer) {
        return peer;
    }
    let told = |name: &str| -> Vec<&str> {
        let values = parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).collect()
    };
    let mut hops: Vec<Option<IpAddr>> =
        told("x-forwarded-for").into_iter().map(|hop| hop.trim().parse().ok()).collect();
    if hops.is_empty() {
        hops = told("forwarded").into_iter().map(forwarded_for).collect();
    }
    let mut nearest = peer;
    while let Some(Some(hop)) = hops.pop() {
        nearest = hop.to_canonical();
        if !is_ours(&nearest) {
            break;
        }
    }
    nearest
}

/// The address in an element of `Forwarded` (RFC 7239, 4 and 6): `for=192.0.2.1`, `For="[2001:db8::1]:4711";proto=http`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let node = element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })?;
    if let Some((address, _)) = node.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse().ok();
    }
    let address = node.split_once(':').map_or(node, |(address, _port)| address);
    address.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// The /24 or /48 around an address: what one household or company usually has.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let of = |address: &str| network(address.parse().expect("an address"));
        assert_eq!(of("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("2001:db8:1:2::3"), "2001:db8:1::/48");
    }

    #[test]
    fn elements_of_forwarded() {
        for (element, address) in [
            ("for=192.0.2.1", Some("192.0.2.1")),
            (" For=\"192.0.2.1:4711\" ; proto=http;by=10.0.0.1", Some("192.0.2.1")),
            ("proto=https; for=\"[2001:db8::1]:4711\"", Some("2001:db8::1")),
            ("for=\"[2001:db8::1]\"", Some("2001:db8::1")),
            ("for=unknown", None),
            ("for=_hidden", None),
            ("for=2001:db8::1", None),
            ("by=192.0.2.1", None),
            ("", None),
        ] {
            assert_eq!(forwarded_for(element), address.map(|one| one.parse().expect("an address")), "{element}");
        }
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let headers =
            HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static("a=1; instep=2; xinstep=3; instep=4"))]);
        assert_eq!(cookies(&headers, "instep").collect::<Vec<_>>(), ["2", "4"]);
    }
}
