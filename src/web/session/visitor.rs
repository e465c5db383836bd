//! Identity of a visitor: the cookie of an earlier comment, and the IP address. Only keyed hashes of both are stored.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::{extract::FromRequestParts, response::Response};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use http::{HeaderMap, HeaderValue, header, request::Parts};

use crate::domain::limits::COOKIE_SECONDS;
use crate::{app::App, domain::signer::Purpose, store::Sender, web::error::WebError};

/// IP address of the connection's peer.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The sender of a form.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub sender: Sender,
    /// Cookie to set with the response, if the visitor has none yet.
    pub new_cookie: Option<HeaderValue>,
}

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
            new_cookie: if known.is_some() { None } else { fresh_cookie(app, &token) },
        })
    }
}

/// Name of the cookie. `__Host-` binds it to this host and to https; plain http does not support that.
fn cookie_name(app: &App) -> &'static str {
    if app.config.site.is_https() { "__Host-instep_commenter" } else { "instep_commenter" }
}

fn fresh_cookie(app: &App, token: &str) -> Option<HeaderValue> {
    set_cookie(app, cookie_name(app), &app.signer.sign(Purpose::Commenter, token), COOKIE_SECONDS)
}

/// Header that deletes the cookie.
pub fn deleted_cookie(app: &App) -> Option<HeaderValue> {
    set_cookie(app, cookie_name(app), "", 0)
}

/// Response that also sets the cookie, if there is one to set.
pub fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Header that sets a cookie which scripts cannot read and which forms of other sites do not send.
pub fn set_cookie(app: &App, name: &str, value: &str, seconds: u32) -> Option<HeaderValue> {
    let secure = if app.config.site.is_https() { "; Secure" } else { "" };
    HeaderValue::try_from(format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")).ok()
}

/// Values of the cookies with this name. A Cookie header is bytes (RFC 6265, 5.4): another script's `theme=größe` must
/// not hide our cookie beside it.
pub fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(header::COOKIE).iter();
    let pairs = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let value = pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        str::from_utf8(value).ok()
    })
}

/// Random token.
///
/// # Errors
/// The system has no randomness: a token that can be guessed would be worse than none.
pub fn fresh_token() -> Result<String, WebError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(WebError::internal)?;
    Ok(BASE64.encode(bytes))
}

/// IP address of the visitor: the peer's, or the one that our proxies report. Goes from right to left up to the first
/// address that is not one of our proxies, or to a hop that cannot be parsed: anything left of it may be forged.
/// `Forwarded` counts only in a request without `X-Forwarded-For`, valid or not: a proxy that writes one of the headers
/// passes the other on as the visitor sent it.
fn address(parts: &Parts, app: &App) -> IpAddr {
    let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.to_canonical());
    let is_ours = |address: &IpAddr| app.config.trusted_proxies.iter().any(|network| network.contains(address));
    if !is_ours(&peer) {
        return peer;
    }
    let is_told = parts.headers.contains_key("x-forwarded-for");
    let values = parts.headers.get_all(if is_told { "x-forwarded-for" } else { "forwarded" }).iter();
    let read = if is_told { node } else { forwarded_for };
    let hops = values.flat_map(|value| pieces(value.as_bytes(), b',')).map(<[u8]>::trim_ascii);
    // A list may have empty elements (RFC 9110, 5.6.1).
    let mut hops: Vec<&[u8]> = hops.filter(|hop| !hop.is_empty()).collect();
    let mut nearest = peer;
    while let Some(hop) = hops.pop().and_then(|hop| read(str::from_utf8(hop).ok()?)) {
        nearest = hop.to_canonical();
        if !is_ours(&nearest) {
            break;
        }
    }
    nearest
}

/// IP address in an element of `Forwarded` (RFC 7239, 4 and 6): `for=192.0.2.1`, `For="[2001:db8::1]:4711";proto=http`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let node = pieces(element.as_bytes(), b';').into_iter().find_map(|pair| {
        let (name, value) = str::from_utf8(pair).ok()?.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    })?;
    self::node(node)
}

/// Parts of a list between separators that are not in quotes. Quotes are counted from the right, because the part of a
/// visitor, on the left, may have a quote without an end.
fn pieces(list: &[u8], separator: u8) -> Vec<&[u8]> {
    let mut is_quoted = false;
    let parts = list.rsplit(|byte| {
        is_quoted ^= *byte == b'"';
        *byte == separator && !is_quoted
    });
    let mut parts: Vec<&[u8]> = parts.collect();
    parts.reverse();
    parts
}

/// IP address with or without a port: `192.0.2.1:4711` (Azure), `[2001:db8::1]:443` (AWS), also in quotes.
fn node(written: &str) -> Option<IpAddr> {
    let written = written.trim().trim_matches('"');
    match written.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0.parse().ok(),
        None => written.parse().ok().or_else(|| written.split_once(':')?.0.parse().ok().map(IpAddr::V4)),
    }
}

/// The /24 or /48 network of an address, as one household or company usually has.
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
            ("for=2001:db8::1", Some("2001:db8::1")),
            ("for=\"192.0.2.1:_hidden\"", Some("192.0.2.1")),
            ("by=192.0.2.1", None),
            ("proto=http;host=\"x;for=6.6.6.6\";for=192.0.2.1", Some("192.0.2.1")),
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
        let octets = HeaderValue::from_bytes(b"theme=gr\xc3\xb6\xc3\x9fe; x=\xff; instep=2").expect("octets");
        let headers = HeaderMap::from_iter([(header::COOKIE, octets)]);
        assert_eq!(cookies(&headers, "instep").collect::<Vec<_>>(), ["2"]);
    }
}
