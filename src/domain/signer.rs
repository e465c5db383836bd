//! Signatures of values that we hand out and check later. One key, many purposes; each signature is for one of them.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use super::words::word_of;

/// Purpose of a signature. Its word is a part of the signed text, so it must never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Cookie of a commenter.
    Commenter,
    /// Stamp on a comment form.
    Stamp,
    /// Link that shows a held comment to its writer.
    Waiting,
    /// Links by which the author moderates and answers a comment from its mail.
    Moderate,
    /// Link by which the holder of a mailbox confirms a subscription.
    Confirm,
    /// Link that ends mails.
    Stop,
    /// Link that opens the corner (`/me`) of a mailbox.
    Corner,
    /// Link that sets a password of the desk.
    Password,
    /// Challenge that a passkey signs.
    Passkey,
    /// Link that shows a text which is not published.
    Preview,
}

/// Signs with HMAC-SHA-256, cut to 128 bits (RFC 2104, section 5): short enough for an address.
#[derive(Clone)]
pub struct Signer {
    key: Hmac<Sha256>,
}

const MAC_BYTES: usize = 16;

impl Signer {
    pub fn new(secret: &[u8]) -> Self {
        let key = Hmac::new_from_slice(secret).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        Self { key }
    }

    /// Returns `payload.signature`. The payload is readable, not secret.
    pub fn sign(&self, purpose: Purpose, payload: &str) -> String {
        format!("{payload}.{}", BASE64.encode(&self.mac(&word_of(purpose), payload)[..MAC_BYTES]))
    }

    /// Returns the payload if the signature is valid for this purpose.
    pub fn verify<'a>(&self, purpose: Purpose, signed: &'a str) -> Option<&'a str> {
        let (payload, signature) = signed.rsplit_once('.')?;
        let signature = BASE64.decode(signature).ok().filter(|bytes| bytes.len() == MAC_BYTES)?;
        self.keyed(&word_of(purpose), payload).verify_truncated_left(&signature).ok()?;
        Some(payload)
    }

    /// Keyed hash of something that must be recognised but never read back, such as a visitor's address.
    pub fn fingerprint(&self, what: &str, text: &str) -> String {
        BASE64.encode(&self.mac(&format!("fingerprint of {what}"), text)[..MAC_BYTES])
    }

    fn mac(&self, label: &str, text: &str) -> Vec<u8> {
        self.keyed(label, text).finalize().into_bytes().to_vec()
    }

    fn keyed(&self, label: &str, text: &str) -> Hmac<Sha256> {
        let mut mac = self.key.clone();
        mac.update(label.as_bytes());
        // No label has a zero byte, so no other pair of label and text gives these bytes.
        mac.update(&[0]);
        mac.update(text.as_bytes());
        mac
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PURPOSES: [Purpose; 10] = [
        Purpose::Commenter,
        Purpose::Stamp,
        Purpose::Waiting,
        Purpose::Moderate,
        Purpose::Confirm,
        Purpose::Stop,
        Purpose::Corner,
        Purpose::Password,
        Purpose::Passkey,
        Purpose::Preview,
    ];

    proptest! {
        #[test]
        fn a_signature_is_valid_only_for_its_purpose(payload in "\\PC{0,40}", one in 0_usize..10, two in 0_usize..10) {
            let signer = Signer::new(b"secret");
            let signed = signer.sign(PURPOSES[one], &payload);
            let known = signer.verify(PURPOSES[two], &signed);
            prop_assert_eq!(known, (one == two).then_some(payload.as_str()));
            prop_assert_eq!(Signer::new(b"other").verify(PURPOSES[one], &signed), None);
        }

        #[test]
        fn a_changed_letter_breaks_the_signature(at in 0_usize..24) {
            let signer = Signer::new(b"secret");
            let mut signed = signer.sign(Purpose::Waiting, "41").into_bytes();
            let at = at % signed.len();
            signed[at] = if signed[at] == b'A' { b'B' } else { b'A' };
            let signed = String::from_utf8(signed).expect("ASCII");
            prop_assert_eq!(signer.verify(Purpose::Waiting, &signed), None);
        }
    }

    #[test]
    fn signatures_of_older_versions_stay_valid() {
        let words = [
            "commenter",
            "stamp",
            "waiting",
            "moderate",
            "confirm",
            "stop",
            "corner",
            "password",
            "passkey",
            "preview",
        ];
        assert_eq!(PURPOSES.map(word_of), words);
    }

    #[test]
    fn nonsense_is_refused() {
        let signer = Signer::new(b"secret");
        for nonsense in ["", ".", "41", "41.", "41.AA", "41.!!!!", "..", "41.AAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(signer.verify(Purpose::Waiting, nonsense), None, "{nonsense:?}");
        }
    }
}
