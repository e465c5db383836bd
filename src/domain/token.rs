//! Tokens of writing apps, what they allow, and the addresses of apps that ask for one.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::{Host, Url};

use super::{
    comment,
    words::{parse_word, word_of},
};

/// Right of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Create,
    Update,
    /// Delete posts, and restore them.
    Delete,
    /// Add pictures, clips and downloads.
    Media,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Delete, Self::Media];
}

/// Rights of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(pub BTreeSet<Scope>);

impl Scopes {
    pub fn all() -> Self {
        Self(BTreeSet::from(Scope::ALL))
    }

    /// Reads words with spaces between them. Unknown ones, such as `profile`, allow nothing.
    pub fn parse(words: &str) -> Self {
        Self(words.split_whitespace().filter_map(parse_word).collect())
    }

    pub fn words(&self) -> String {
        self.0.iter().map(word_of).collect::<Vec<_>>().join(" ")
    }
}

/// A stored token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub id: i64,
    pub created_at: Timestamp,
    /// Time of the last use, accurate to some minutes.
    pub used_at: Option<Timestamp>,
    pub rights: Rights,
}

/// Facts about a token, or about one that an app may get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    pub name: String,
    pub scopes: Scopes,
    /// Address of the app that asked for it; `None`: the author made it.
    pub client: Option<String>,
    /// Account that made or allowed it; `None`: the command line.
    pub account: Option<i64>,
}

/// Permission to get a token once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Address that identifies the app.
    pub client: String,
    /// Address of the app to which the code was sent.
    pub redirect_uri: String,
    /// Hash of the app's secret.
    pub challenge: String,
    pub scopes: Scopes,
    pub account: i64,
}

impl Code {
    /// True if the app that redeems it is the one that asked for it.
    pub fn is_for(&self, client: &str, redirect_uri: &str, verifier: &str) -> bool {
        self.client == client && self.redirect_uri == redirect_uri && self.challenge == hash(verifier)
    }
}

/// Name of an app or device, on one line; `None` if it is empty or too long.
pub fn name(typed: &str) -> Option<String> {
    comment::parse_name(typed).ok()
}

/// Hash of a random token or code, which needs no salt; also the challenge of a verifier (RFC 7636, 4.2).
pub fn hash(secret: &str) -> String {
    BASE64.encode(Sha256::digest(secret))
}

/// True for the SHA-256 hash that an app sends as its challenge.
pub fn is_challenge(text: &str) -> bool {
    BASE64.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

/// Address of an app (IndieAuth, 3.3): a host or this machine, without user, fragment or dots in its path.
pub fn client(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    let is_host = match url.host()? {
        Host::Domain(_) => true,
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let is_plain = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    let has_dots = text.split(['/', '?']).any(|part| matches!(part, "." | ".."));
    (is_host && is_plain && !has_dots).then_some(url)
}

/// Address to which the answer for an app is sent. It must be on the app's own site: then nobody can have a code sent
/// elsewhere, without a request to the app.
pub fn redirect_uri(client: &Url, text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| url.origin() == client.origin() && url.fragment().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_words() {
        assert_eq!(Scopes::parse("media profile create  email draft").words(), "create media");
        assert_eq!(Scopes::all().words(), "create update delete media");
    }

    #[test]
    fn addresses_of_apps() {
        for right in
            ["https://quill.example/", "https://quill.example/app?x=1", "http://localhost:8080/", "http://[::1]/"]
        {
            assert!(client(right).is_some(), "{right}");
        }
        for wrong in [
            "",
            "quill",
            "javascript:alert(1)",
            "data:text/html,x",
            "com.example.app://x",
            "https://",
            "https://192.0.2.1/",
            "https://jo@quill.example/",
            "https://jo:pass@quill.example/",
            "https://quill.example/#x",
            "https://quill.example/../x",
            "https://quill.example/./x",
        ] {
            assert_eq!(client(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_answer_goes_to_the_site_of_the_app_only() {
        let quill = client("https://quill.example/").expect("an address");
        assert!(redirect_uri(&quill, "https://quill.example/auth/callback?a=b").is_some());
        for wrong in [
            "https://evil.example/",
            "http://quill.example/",
            "https://quill.example:8443/",
            "https://quill.example.evil.example/",
            "https://quill.example@evil.example/",
            "https://quill.example/#x",
            "//quill.example/x",
            "/x",
            "",
        ] {
            assert_eq!(redirect_uri(&quill, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_code_is_for_one_app_and_its_secret() {
        let code = Code {
            client: "https://quill.example/".into(),
            redirect_uri: "https://quill.example/back".into(),
            // RFC 7636, appendix B.
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into(),
            scopes: Scopes::all(),
            account: 1,
        };
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(code.is_for("https://quill.example/", "https://quill.example/back", verifier));
        assert!(!code.is_for("https://evil.example/", "https://quill.example/back", verifier));
        assert!(!code.is_for("https://quill.example/", "https://quill.example/other", verifier));
        assert!(!code.is_for("https://quill.example/", "https://quill.example/back", ""));
        assert!(is_challenge(&code.challenge) && !is_challenge(verifier.get(..20).expect("is longer")));
    }
}
