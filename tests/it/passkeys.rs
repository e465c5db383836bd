//! Passkeys of the desk, with an authenticator in this file.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use instep::domain::account::PasswordLink;
use jiff::SignedDuration;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{Answer, TestSite, html::Element, root, visitor::Visitor};

/// Flags: user present, user verified, with a credential.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const CREDENTIAL: u8 = 0x40;

enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

/// An authenticator with one passkey.
#[derive(Clone)]
struct Authenticator {
    key: Arc<Key>,
    id: Vec<u8>,
    counter: u32,
    flags: u8,
    site: String,
    origin: String,
    is_in_frame: bool,
    purpose: Option<&'static str>,
}

impl Authenticator {
    fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).expect("a key");
        Self {
            key: Arc::new(Key::Es256(key)),
            id: id.as_bytes().to_vec(),
            counter: 0,
            flags: PRESENT | VERIFIED,
            site: "localhost".to_owned(),
            origin: "http://localhost:3000".to_owned(),
            is_in_frame: false,
            purpose: None,
        }
    }

    /// SubjectPublicKeyInfo (RFC 5480, 8410, 3279).
    fn public_key(&self) -> Vec<u8> {
        let (head, key): (&[u8], &[u8]) = match &*self.key {
            Key::Es256(pair) => (b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00", pair.public_key().as_ref()),
            Key::EdDsa(pair) => (b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", pair.public_key().as_ref()),
            Key::Rs256(pair) => (b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x01\x0f\x00", pair.public_key().as_ref()),
        };
        [head, key].concat()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &*self.key {
            Key::Es256(pair) => pair.sign(&random, message).expect("signs").as_ref().to_vec(),
            Key::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Key::Rs256(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("signs");
                signature
            }
        }
    }

    fn client_data(&self, purpose: &str, challenge: &str) -> String {
        let purpose = self.purpose.unwrap_or(purpose);
        json!({
            "type": purpose,
            "challenge": BASE64.encode(challenge),
            "origin": self.origin,
            "crossOrigin": self.is_in_frame,
        })
        .to_string()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        [Sha256::digest(&self.site).as_slice(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    /// Answer to the button that makes a passkey.
    fn create(&self, button: &Element) -> String {
        let length = u16::try_from(self.id.len()).expect("is short").to_be_bytes();
        let data = [&self.data(self.flags | CREDENTIAL)[..], &[0; 16], &length, &self.id, b"a key in CBOR"].concat();
        json!({
            "id": BASE64.encode(&self.id),
            "clientDataJSON": BASE64.encode(self.client_data("webauthn.create", button.get("data-challenge"))),
            "authenticatorData": BASE64.encode(data),
            "publicKey": BASE64.encode(self.public_key()),
        })
        .to_string()
    }

    /// Answer to the button that signs in.
    fn get(&self, button: &Element) -> String {
        let client = self.client_data("webauthn.get", button.get("data-challenge"));
        let data = self.data(self.flags);
        let signature = self.sign(&[&data[..], &Sha256::digest(&client)].concat());
        json!({
            "id": BASE64.encode(&self.id),
            "clientDataJSON": BASE64.encode(client),
            "authenticatorData": BASE64.encode(data),
            "signature": BASE64.encode(signature),
        })
        .to_string()
    }
}

async fn site() -> TestSite {
    TestSite::new().post("calf", "Stretch it.").setting("site.base_url", "http://localhost:3000").start().await
}

fn first_link(site: &TestSite) -> String {
    PasswordLink::First.path(&site.app.signer, site.app.clock.now())
}

/// Sends the form around the passkey button of a page.
async fn press(
    browser: &Visitor<'_>,
    path: &str,
    fields: &[(&str, &str)],
    answer: impl FnOnce(&Element) -> String,
) -> Answer {
    let page = browser.get(path).await.is(200).html();
    let button = page.one("div", "class", "desk-passkey");
    let form = page.elements[*button.within.iter().rfind(|at| page.elements[**at].name == "form").expect("a form")]
        .get("action")
        .to_owned();
    let mut sent = browser.form_to(&page, &form).set("passkey", answer(button));
    for (name, value) in fields {
        sent = sent.set(name, *value);
    }
    sent.send().await
}

const JO: [(&str, &str); 2] = [("name", "Jo"), ("email", "jo@example.org")];

async fn make_account(site: &TestSite, browser: &Visitor<'_>, passkey: &Authenticator) {
    press(browser, &first_link(site), &JO, |button| passkey.create(button)).await.is(303);
    browser.get("/desk").await.is(200).says("You are signed in as Jo.");
}

#[tokio::test]
async fn the_first_link_makes_an_account_with_a_passkey_which_signs_in_later() {
    let site = site().await;
    let (browser, other) = (site.visitor("192.0.2.1"), site.visitor("192.0.2.2"));
    let random = SystemRandom::new();
    let ed = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
    let rsa = std::fs::read(root().join("tests/fixtures/passkey-rsa.der")).expect("a file");
    let keys = [
        Authenticator::new("").key,
        Arc::new(Key::EdDsa(Ed25519KeyPair::from_pkcs8(ed.as_ref()).expect("a key"))),
        Arc::new(Key::Rs256(RsaKeyPair::from_pkcs8(&rsa).expect("a key"))),
    ];
    let first = Authenticator::new("first");
    make_account(&site, &browser, &first).await;
    site.turn(SignedDuration::from_secs(1));
    press(&other, "/desk/sign-in", &[], |button| first.get(button)).await.is(303);
    for (number, key) in keys.into_iter().enumerate() {
        let passkey = Authenticator { key, ..Authenticator::new(&format!("passkey {number}")) };
        press(&browser, "/desk/sessions", &[], |button| passkey.create(button)).await.is(303);
        site.turn(SignedDuration::from_secs(1));
        let fresh = site.visitor("192.0.2.3");
        press(&fresh, "/desk/sign-in", &[], |button| passkey.get(button)).await.is(303);
        fresh.get("/desk").await.is(200).says("You are signed in as Jo.");
    }
}

#[tokio::test]
async fn a_wrong_answer_of_the_browser_signs_nobody_in() {
    type Change = fn(&mut Authenticator);
    let wrong: [(&str, Change); 9] = [
        ("another site", |it| it.site = "evil.example".to_owned()),
        ("another origin", |it| it.origin = "http://localhost:3001".to_owned()),
        ("in a frame of another site", |it| it.is_in_frame = true),
        ("for another purpose", |it| it.purpose = Some("payment.get")),
        ("without its user", |it| it.flags = VERIFIED),
        ("without fingerprint or PIN", |it| it.flags = PRESENT),
        ("another key", |it| it.key = Authenticator::new("").key),
        ("an unknown passkey", |it| it.id = b"unknown".to_vec()),
        ("a counter that does not grow", |it| it.counter = 7),
    ];
    let site = site().await;
    let browser = site.visitor("192.0.2.1");
    let passkey = Authenticator { counter: 7, ..Authenticator::new("own") };
    make_account(&site, &browser, &passkey).await;
    site.turn(SignedDuration::from_secs(1));
    for (case, change) in wrong {
        let (mut it, stranger) = (Authenticator { counter: 8, ..passkey.clone() }, site.visitor("192.0.2.9"));
        change(&mut it);
        let refused = press(&stranger, "/desk/sign-in", &[], |button| it.get(button)).await;
        assert_eq!(refused.status, 422, "{case}");
        stranger.get("/desk").await.is(303);
    }
    let right = Authenticator { counter: 8, ..passkey };
    press(&browser, "/desk/sign-in", &[], |button| right.get(button)).await.is(303);
}

#[tokio::test]
async fn a_signed_challenge_is_good_once_and_for_an_hour() {
    let site = site().await;
    let (browser, thief) = (site.visitor("192.0.2.1"), site.visitor("192.0.2.2"));
    let passkey = Authenticator::new("own");
    make_account(&site, &browser, &passkey).await;
    site.turn(SignedDuration::from_secs(1));
    let mut said = String::new();
    let signed_in = press(&browser, "/desk/sign-in", &[], |button| {
        said = passkey.get(button);
        said.clone()
    });
    signed_in.await.is(303);
    press(&thief, "/desk/sign-in", &[], |_| said.clone()).await.is(422).says("Please try again");
    site.turn(SignedDuration::from_secs(1));
    press(&thief, "/desk/sign-in", &[], |button| {
        site.turn(SignedDuration::from_mins(61));
        passkey.get(button)
    })
    .await
    .is(422);
}

#[tokio::test]
async fn a_link_for_an_account_takes_a_passkey_of_this_account_once() {
    let site = site().await;
    let browser = site.visitor("192.0.2.1");
    make_account(&site, &browser, &Authenticator::new("first")).await;
    let jo = site.store().account_of("jo@example.org").await.expect("reads").expect("is there");
    let link = PasswordLink::of(&jo).path(&site.app.signer, site.app.clock.now());
    // A challenge of the list of sessions is for the same account, one of the first link is not.
    let foreign = first_challenge(&site);
    let late = site.visitor("192.0.2.2");
    press(&late, &link, &[], |button| {
        let mut other = button.clone();
        other.attributes.retain(|(name, _)| name != "data-challenge");
        other.attributes.push(("data-challenge".to_owned(), foreign));
        Authenticator::new("second").create(&other)
    })
    .await
    .is(422);
    press(&late, &link, &[], |button| Authenticator::new("second").create(button)).await.is(303);
    browser.get("/desk").await.is(303);
    late.get("/desk").await.is(200);
    site.visitor("192.0.2.3").get(&link).await.is(410);
}

fn first_challenge(site: &TestSite) -> String {
    instep::domain::passkey::challenge(&site.app.signer, 0, site.app.clock.now())
}

#[tokio::test]
async fn passkeys_are_removed_but_not_the_only_way_to_sign_in() {
    let site = site().await;
    let browser = site.visitor("192.0.2.1");
    make_account(&site, &browser, &Authenticator::new("first")).await;
    let remove = async |id: i64| {
        let page = browser.get("/desk/sessions").await.html();
        browser.form_to(&page, "/desk/passkeys").add("remove", &id.to_string()).send().await
    };
    let all = async || site.store().passkeys_of(1).await.expect("reads");
    let first = all().await[0].id;
    remove(first).await.is(409).says("your only way to sign in");
    press(&browser, "/desk/sessions", &[], |button| Authenticator::new("second").create(button)).await.is(303);
    remove(first).await.is(303);
    let left = all().await;
    assert_eq!((left.len(), left[0].new.credential.as_str()), (1, BASE64.encode("second").as_str()));
}

#[tokio::test]
async fn no_passkeys_are_offered_on_an_ip_address_or_without_https() {
    for (url, is_offered) in
        [("http://192.0.2.7:8000", false), ("http://blog.example", false), ("https://blog.example", true)]
    {
        let site = TestSite::new().setting("site.base_url", url).start().await;
        let page = site.get("/desk/sign-in").await.html();
        assert_eq!(page.find("div", "class", "desk-passkey").is_some(), is_offered, "{url}");
    }
}
