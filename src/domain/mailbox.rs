//! E-mail addresses: how they are kept, and which of them are the same person's.

/// Longest address, in characters (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const EMAIL_MAX: usize = 254;

/// Looks only for slips of the fingers: whether an address exists, a mail to it tells.
pub fn is_plausible(email: &str) -> bool {
    email.chars().count() <= EMAIL_MAX
        && !email.contains(['<', '>', ',', ';', '"', '(', ')', '\\'])
        && !email.contains(|c: char| c.is_whitespace() || c.is_control())
        && email.rsplit_once('@').is_some_and(|(local, domain)| {
            let labels: Vec<&str> = domain.split('.').collect();
            !local.is_empty() && !local.contains('@') && labels.len() > 1 && labels.iter().all(|l| !l.is_empty())
        })
}

/// How an address is kept: `Ana@Example.org` and `ana@example.org` are one.
pub fn kept(email: &str) -> String {
    email.to_lowercase()
}

/// Whose mail it is: without what follows a plus sign, and without the dots that Gmail does not see. Many addresses of
/// one person are one mailbox.
pub fn mailbox(email: &str) -> String {
    let email = kept(email);
    let Some((local, domain)) = email.rsplit_once('@') else { return email };
    let local = local.split('+').next().filter(|own| !own.is_empty()).unwrap_or(local);
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
        _ => format!("{local}@{domain}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_fingers() {
        for good in ["ana@example.org", "ana+blog@mail.example.org", "ünï@example.org"] {
            assert!(is_plausible(good), "{good}");
        }
        for wrong in [
            "ana",
            "ana@",
            "@example.org",
            "ana@example",
            "a@b@c.org",
            "a b@c.org",
            "a@c..org",
            "<a@b.org>",
            "a@b.org\r\nBcc: c@d.org",
        ] {
            assert!(!is_plausible(wrong), "{wrong:?}");
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
            ("+x@example.org", "+x@example.org"),
        ] {
            assert_eq!(mailbox(email), expected, "{email}");
        }
    }
}
