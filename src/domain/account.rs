//! Accounts of the desk: their roles, the rules for names and passwords, and the links that set a password.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    comment,
    limits::{PASSWORD_LINK_MINUTES, PASSWORD_MAX, PASSWORD_MIN},
    mail_keys::{self, Refused, minute},
    mailbox,
    signer::{Purpose, Signer},
};

/// Rights of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// All of the desk.
    Author,
    /// Comments only. The default for a role of a later version.
    #[default]
    Moderator,
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: i64,
    /// Name that answers are signed with.
    pub name: String,
    /// Address to sign in with, as [`mailbox::kept`] writes it.
    pub email: String,
    pub role: Role,
    /// Password hashed with Argon2id, in the PHC format; `None` until it is set.
    pub password: Option<String>,
    /// Number of the newest passkey.
    pub newest_passkey: Option<i64>,
    pub created_at: Timestamp,
}

/// Account that is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    pub name: String,
    pub email: String,
    pub role: Role,
}

/// Field with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountError {
    Name,
    Email,
}

impl Account {
    /// Actor in the moderation log. Numbers are never used twice, names may be.
    pub fn actor(&self) -> String {
        format!("account:{}", self.id)
    }
}

impl NewAccount {
    /// # Errors
    /// The first wrong field: a name that is empty or too long, or something that is no e-mail address.
    pub fn parse(name: &str, email: &str, role: Role) -> Result<Self, AccountError> {
        let name = comment::parse_name(name).map_err(|_| AccountError::Name)?;
        let email = mailbox::parse(email).map(|email| mailbox::kept(&email)).ok_or(AccountError::Email)?;
        Ok(Self { name, email, role })
    }
}

/// True if the length is allowed. Rules about kinds of characters make passwords worse (NIST SP 800-63B, 3.1.1.2).
pub fn is_password(typed: &str) -> bool {
    (PASSWORD_MIN..=PASSWORD_MAX).contains(&typed.chars().count())
}

/// Link that sets a password: of an account, or of the first one, which it also makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordLink {
    First,
    Of { account: i64, state: i64 },
}

impl PasswordLink {
    /// Link for an account. It is void once the account has another password or passkey.
    pub fn of(account: &Account) -> Self {
        Self::Of { account: account.id, state: state(account) }
    }

    /// True if the account has the password and passkeys that it had when the link was made.
    pub fn is_for(self, account: &Account) -> bool {
        self == Self::of(account)
    }

    /// Path with the signed key.
    pub fn path(self, signer: &Signer, now: Timestamp) -> String {
        let (account, state) = match self {
            Self::First => (0, 0),
            Self::Of { account, state } => (account, state),
        };
        let key = mail_keys::sign(signer, Purpose::Password, &[account, state, minute(now)]);
        format!("/desk/password?key={key}")
    }

    /// Reads a key: the link, and the minute in which it was made.
    ///
    /// # Errors
    /// The reason if the key is invalid.
    pub fn open(signer: &Signer, key: &str, now: Timestamp) -> Result<(Self, Timestamp), Refused> {
        let [account, state, issued] = mail_keys::open(signer, Purpose::Password, key).ok_or(Refused::Forged)?;
        if minute(now).saturating_sub(issued).saturating_abs() > PASSWORD_LINK_MINUTES {
            return Err(Refused::Old);
        }
        let made = Timestamp::from_second(issued.saturating_mul(60)).map_err(|_| Refused::Forged)?;
        Ok((if account == 0 { Self::First } else { Self::Of { account, state } }, made))
    }
}

/// Number that changes with the password and the passkeys; it tells nothing about them.
fn state(account: &Account) -> i64 {
    let (password, passkey) = (account.password.as_deref().unwrap_or_default(), account.newest_passkey.unwrap_or(0));
    let hash = Sha256::digest(format!("{password}\n{passkey}"));
    hash.iter().take(7).fold(0, |number, byte| number << 8 | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(password: Option<&str>) -> Account {
        Account {
            id: 7,
            name: "Jo".into(),
            email: "jo@example.org".into(),
            role: Role::Author,
            password: password.map(str::to_owned),
            newest_passkey: None,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn fields_of_an_account() {
        let parse = |name, email| NewAccount::parse(name, email, Role::Author).map(|new| (new.name, new.email));
        assert_eq!(parse(" Jo\n Runner ", "Jo@Example.org"), Ok(("Jo Runner".into(), "jo@example.org".into())));
        for name in ["", " \n ", "jo@example.org"] {
            assert_eq!(parse(name, "jo@example.org"), Err(AccountError::Name), "{name:?}");
        }
        assert_eq!(parse("Jo", "jo"), Err(AccountError::Email));
        assert!(!is_password("too short"));
        assert!(is_password("пароль длинный"), "letters are counted, not bytes");
        assert!(!is_password(&"x".repeat(PASSWORD_MAX + 1)));
    }

    #[test]
    fn a_link_is_void_after_an_hour_and_after_a_new_password_or_passkey() {
        let (signer, now) = (Signer::new(b"secret"), Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(9));
        let link = PasswordLink::of(&account(None));
        let path = link.path(&signer, now);
        let key = path.split_once('=').expect("a key").1;
        assert_eq!(PasswordLink::open(&signer, key, now), Ok((link, now)));
        assert!(link.is_for(&account(None)));
        assert!(!link.is_for(&account(Some("$argon2id$…"))));
        assert!(!link.is_for(&Account { newest_passkey: Some(1), ..account(None) }));
        let later = now + jiff::SignedDuration::from_mins(PASSWORD_LINK_MINUTES + 1);
        assert_eq!(PasswordLink::open(&signer, key, later), Err(Refused::Old));
        assert_eq!(PasswordLink::open(&Signer::new(b"other"), key, now), Err(Refused::Forged));
        let first = PasswordLink::First.path(&signer, now);
        let first = first.split_once('=').expect("a key").1;
        assert_eq!(PasswordLink::open(&signer, first, now), Ok((PasswordLink::First, now)));
    }
}
