//! E-mail addresses: their normal form, and which of them are one mailbox.

pub use crate::domain::limits::EMAIL_MAX;
use unicode_normalization::UnicodeNormalization;
use url::Host;

/// Longest part before the @, in bytes (RFC 5321, 4.5.3.1.1).
const LOCAL_MAX: usize = 64;
/// Longest part of a host between two dots, in bytes (RFC 1035, 2.3.4).
const LABEL_MAX: usize = 63;

/// Returns the normal form of an address, for comparing, storing, blocking and sending: in lower case, the host as mail
/// servers get it (UTS 46, A-labels). `None` if no mail can be sent to it; the mail library accepts every address that
/// this accepts. It does not check that the address exists.
pub fn parse(typed: &str) -> Option<String> {
    // Before anything is decoded: the cost of Punycode grows with the square of a label's length.
    let typed = Some(typed.trim()).filter(|typed| typed.len() <= 4 * EMAIL_MAX)?;
    let (local, domain) = typed.rsplit_once('@')?;
    let local: String = local.to_lowercase().nfc().collect();
    // `Host` would decode `%69`, which is not a letter in a mail address.
    let Host::Domain(host) = Host::parse(domain).ok().filter(|_| !domain.contains('%'))? else { return None };
    let is_label = |label: &str| {
        let is_host = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_host && (1..=LABEL_MAX).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    // An unquoted local part (RFC 5322, 3.2.3), with letters of any script (RFC 6531, 3.3).
    let is_atom =
        |atom: &str| !atom.is_empty() && atom.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c));
    let is_one = host.contains('.')
        && host.split('.').all(is_label)
        && local.split('.').all(is_atom)
        && local.len() <= LOCAL_MAX
        && local.len() + 1 + host.len() <= EMAIL_MAX;
    is_one.then(|| format!("{local}@{host}"))
}

/// Returns the normal form of an address that may have been stored before [`parse`] had its rules.
pub fn kept(email: &str) -> String {
    parse(email).unwrap_or_else(|| email.to_lowercase())
}

/// Returns the mailbox of an address: without the part after a plus sign, without dots for Gmail, and with NFKC
/// letters. Many addresses of one person are one mailbox.
pub fn mailbox(email: &str) -> String {
    let email = kept(email);
    let Some((local, domain)) = email.rsplit_once('@') else { return email };
    let local: String = local.nfkc().collect();
    let local = local.split('+').next().filter(|own| !own.is_empty()).unwrap_or(&local);
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
        _ => format!("{local}@{domain}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_every_spelling() {
        for (typed, expected) in [
            (" Ana+Blog@Mail.Example.org ", "ana+blog@mail.example.org"),
            ("ana@BÜCHER.example", "ana@xn--bcher-kva.example"),
            ("u\u{308}@ｅxample。org", "ü@example.org"),
            ("o'neil@x.рф", "o'neil@x.xn--p1ai"),
        ] {
            assert_eq!(parse(typed).as_deref(), Some(expected), "{typed}");
            assert_eq!(parse(expected).as_deref(), Some(expected));
        }
        for wrong in [
            "ana",
            "ana@",
            "@example.org",
            "ana@example",
            "a@b@c.org",
            "a b@c.org",
            "a@c..org",
            "a..b@c.org",
            "<a@b.org>",
            "a@b.org\r\nBcc: c@d.org",
            "bo@vict%69m.org",
            "bo@1.2.3.4",
            "bo@c.org.",
            "🏃@c.org",
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn one_person_has_one_mailbox() {
        for (email, expected) in [
            ("Ana@Example.ORG", "ana@example.org"),
            ("ana+1@example.org", "ana@example.org"),
            ("a.n.a+x@gmail.com", "ana@gmail.com"),
            ("ana@googlemail.com", "ana@gmail.com"),
            ("a.n.a@example.org", "a.n.a@example.org"),
            ("ａｎａ@example.org", "ana@example.org"),
            ("+x@example.org", "+x@example.org"),
        ] {
            assert_eq!(mailbox(email), expected, "{email}");
        }
    }
}
