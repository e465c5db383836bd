//! Passkeys: the answers of a browser that has made or used one, checked as Web Authentication Level 3 asks (7.1, 7.2).
//! An attestation is not asked for, so that any authenticator can be used; then nothing vouches for the public key, and it
//! is taken as the browser gives it (6.5.1.1). Signatures are verified by webpki, as for TLS.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jiff::Timestamp;
use rustls_pki_types::{SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::{Host, Url};
use webpki::{
    RawPublicKeyEntity,
    ring::{ECDSA_P256_SHA256, ED25519, RSA_PKCS1_2048_8192_SHA256},
};

use super::{
    limits::{CREDENTIAL_MAX, PASSWORD_LINK_MINUTES},
    mail_keys,
    signer::{Purpose, Signer},
};

/// Algorithms of passkeys: ES256 and EdDSA (phones, keys), RS256 (older Windows). The script asks for the same ones.
static ALGORITHMS: [&dyn SignatureVerificationAlgorithm; 3] = [ECDSA_P256_SHA256, ED25519, RSA_PKCS1_2048_8192_SHA256];

/// Flags of authenticator data (6.1).
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

/// Passkey of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    pub id: i64,
    pub account_id: i64,
    /// Browser and system in which it was made.
    pub device: String,
    pub new: NewPasskey,
    pub created_at: Timestamp,
    pub used_at: Timestamp,
}

/// Passkey that is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPasskey {
    /// Id of the credential, in base64url.
    pub credential: String,
    /// SubjectPublicKeyInfo in DER, in base64url.
    pub public_key: String,
    /// Count of signatures; 0 if the authenticator does not count.
    pub counter: i64,
}

/// Site for which passkeys are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// Host name.
    pub id: String,
    pub origin: String,
}

impl RelyingParty {
    /// Site with this URL. `None` if browsers offer no passkeys there: on an IP address, and without https outside of this
    /// machine (5.1.3, 13.4.9).
    pub fn of(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let Some(Host::Domain(host)) = url.host() else { return None };
        let is_safe = url.scheme() == "https" || host == "localhost";
        is_safe.then(|| Self { id: host.to_owned(), origin: url.origin().ascii_serialization() })
    }
}

/// Challenge for an account, or with 0 for whoever signs in. It is signed and dated, so it need not be stored.
pub fn challenge(signer: &Signer, account: i64, now: Timestamp) -> String {
    mail_keys::sign(signer, Purpose::Passkey, &[account, now.as_millisecond()])
}

/// Answer of the browser, as the script puts it into a field of the form. All but `id` is base64url.
#[derive(Debug, Deserialize)]
pub struct BrowserAnswer {
    /// Id of the credential, in base64url.
    pub id: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "authenticatorData")]
    authenticator_data: String,
    /// Key of a new passkey.
    #[serde(rename = "publicKey", default)]
    public_key: String,
    /// Signature of a passkey that was used.
    #[serde(default)]
    signature: String,
}

/// Data that the browser collects (5.8.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

impl BrowserAnswer {
    /// Reads the field of the form. `None` if it has another form.
    pub fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Returns the passkey that was made for an account (0: the first one); `None` if any check fails.
    pub fn made(&self, site: &RelyingParty, signer: &Signer, account: i64, now: Timestamp) -> Option<NewPasskey> {
        self.issued("webauthn.create", site, signer, account, now)?;
        let data = self.authenticator_data(site)?;
        // The id follows the flags, the counter, 16 bytes for the model, and its length in two bytes (6.5.1).
        let (length, rest) = data.get(53..)?.split_first_chunk()?;
        let credential = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        let is_this = data[32] & HAS_CREDENTIAL != 0 && BASE64.encode(credential) == self.id;
        let (public_key, counter) = (self.public_key.clone(), counter(&data)?);
        let is_usable = credential.len() <= CREDENTIAL_MAX && is_usable(&BASE64.decode(&public_key).ok()?);
        (is_this && is_usable).then(|| NewPasskey { credential: self.id.clone(), public_key, counter })
    }

    /// Moment at which the challenge was issued, and the new counter, if the passkey's holder has signed it; `None` if any
    /// check fails.
    pub fn used(
        &self,
        passkey: &NewPasskey,
        site: &RelyingParty,
        signer: &Signer,
        now: Timestamp,
    ) -> Option<(Timestamp, i64)> {
        let issued = self.issued("webauthn.get", site, signer, 0, now)?;
        let data = self.authenticator_data(site)?;
        let counter = counter(&data)?;
        // A counter that does not grow is the sign of a copied authenticator (6.1.1).
        let is_copy = (counter, passkey.counter) != (0, 0) && counter <= passkey.counter;
        let signed = [data, Sha256::digest(BASE64.decode(&self.client_data).ok()?).to_vec()].concat();
        let (key, signature) = (BASE64.decode(&passkey.public_key).ok()?, BASE64.decode(&self.signature).ok()?);
        let is_right = results(&key, &signed, &signature)?.iter().any(Result::is_ok);
        (is_right && !is_copy && self.id == passkey.credential).then_some((issued, counter))
    }

    /// Moment at which the challenge was issued, if the browser has answered it for this site and purpose.
    fn issued(
        &self,
        r#type: &str,
        site: &RelyingParty,
        signer: &Signer,
        account: i64,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let client: ClientData = serde_json::from_slice(&BASE64.decode(&self.client_data).ok()?).ok()?;
        let key = String::from_utf8(BASE64.decode(&client.challenge).ok()?).ok()?;
        let [of, issued] = mail_keys::open(signer, Purpose::Passkey, &key)?;
        let issued = Timestamp::from_millisecond(issued).ok()?;
        let is_in_time = now.duration_since(issued).abs().as_mins() < PASSWORD_LINK_MINUTES;
        let is_here = client.origin == site.origin && !client.cross_origin && client.r#type == r#type;
        (of == account && is_in_time && is_here).then_some(issued)
    }

    /// Authenticator data, if it is for this site, and its user was there and was verified.
    fn authenticator_data(&self, site: &RelyingParty) -> Option<Vec<u8>> {
        let data = BASE64.decode(&self.authenticator_data).ok()?;
        let (hash, rest) = data.split_at_checked(32)?;
        let is_here = hash == Sha256::digest(&site.id).as_slice();
        let is_verified = rest.first()? & (USER_PRESENT | USER_VERIFIED) == USER_PRESENT | USER_VERIFIED;
        (is_here && is_verified).then_some(data)
    }
}

fn counter(data: &[u8]) -> Option<i64> {
    data.get(33..)?.first_chunk().map(|bytes| i64::from(u32::from_be_bytes(*bytes)))
}

/// Results of verifying a signature with each algorithm; `None` for what is no public key.
fn results(key: &[u8], signed: &[u8], signature: &[u8]) -> Option<Vec<Result<(), webpki::Error>>> {
    let key = SubjectPublicKeyInfoDer::from(key);
    let key = RawPublicKeyEntity::try_from(&key).ok()?;
    Some(ALGORITHMS.iter().map(|algorithm| key.verify_signature(*algorithm, signed, signature)).collect())
}

/// True if a public key is for one of the algorithms: only that one finds the empty signature wrong.
fn is_usable(key: &[u8]) -> bool {
    let wrong = Err(webpki::Error::InvalidSignatureForPublicKey);
    results(key, &[], &[]).is_some_and(|results| results.contains(&wrong))
}
