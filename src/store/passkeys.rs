//! Passkeys of the accounts.

use jiff::Timestamp;

use crate::domain::{
    clock,
    passkey::{NewPasskey, Passkey},
};

use super::{
    Result, Store,
    sql::{FromRow, Row},
};

const PASSKEY: &str = "id, account_id, device, credential, public_key, counter, created_at, used_at";

impl FromRow for Passkey {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            account_id: row.get("account_id")?,
            device: row.get("device")?,
            new: NewPasskey {
                credential: row.get("credential")?,
                public_key: row.get("public_key")?,
                counter: row.get("counter")?,
            },
            created_at: row.time("created_at")?,
            used_at: row.time("used_at")?,
        })
    }
}

impl Store {
    /// Returns the passkeys of an account, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn passkeys_of(&self, account: i64) -> Result<Vec<Passkey>> {
        self.all(format!("SELECT {PASSKEY} FROM passkeys WHERE account_id = $1 ORDER BY id"), &[&account]).await
    }

    /// Returns the passkey with this id of its credential.
    ///
    /// # Errors
    /// The database is away.
    pub async fn passkey(&self, credential: &str) -> Result<Option<Passkey>> {
        self.optional(format!("SELECT {PASSKEY} FROM passkeys WHERE credential = $1"), &[&credential]).await
    }

    /// Adds a passkey to an account.
    ///
    /// # Errors
    /// [`super::StoreError::NotFound`] if there is no such account, or the passkey is known; or the database is away.
    pub async fn add_passkey(&self, account: i64, new: &NewPasskey, device: &str, at: Timestamp) -> Result<()> {
        self.change(
            "INSERT INTO passkeys (account_id, device, credential, public_key, counter, created_at, used_at)
             SELECT id, $1, $2, $3, $4, $5, $5 FROM accounts WHERE id = $6 ON CONFLICT (credential) DO NOTHING",
            &[&device, &new.credential, &new.public_key, &new.counter, &at, &account],
        )
        .await
    }

    /// Stores that a passkey has signed a challenge. `issued`: moment of the challenge. It must be later than the last use,
    /// so that each challenge is good for one use.
    ///
    /// # Errors
    /// [`super::StoreError::NotFound`] if it was used since, or removed; or the database is away.
    pub async fn use_passkey(&self, id: i64, issued: Timestamp, counter: i64, at: Timestamp) -> Result<()> {
        self.change(
            "UPDATE passkeys SET counter = $1, used_at = $2
             WHERE id = $3 AND (used_at < $4 OR used_at > $5) AND (counter < $1 OR counter = 0)",
            &[&counter, &at, &id, &issued, &clock::latest(at)],
        )
        .await
    }

    /// Removes a passkey of an account that has another one or a password.
    ///
    /// # Errors
    /// [`super::StoreError::NotFound`] if it is the only way to sign in, or not there; or the database is away.
    pub async fn remove_passkey(&self, account: i64, id: i64) -> Result<()> {
        self.change(
            "DELETE FROM passkeys WHERE id = $1 AND account_id = $2 AND
                 (EXISTS (SELECT 1 FROM accounts WHERE id = $2 AND password IS NOT NULL)
                  OR EXISTS (SELECT 1 FROM passkeys AS others WHERE others.account_id = $2 AND others.id <> $1))",
            &[&id, &account],
        )
        .await
    }
}
