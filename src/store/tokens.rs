//! Tokens of writing apps, the codes with which apps get them, and the addresses of posts that apps have deleted.

use jiff::Timestamp;

use crate::domain::{
    clock,
    entry::GONE_TAG,
    limits::{CODE_LIFE, SESSION_USE},
    token::{Code, Rights, Scopes, Token},
};

use super::{
    Result, Store,
    changes::{increase_revision, record_stale_tags},
    connection::Connection,
    sql::{FromRow, List, Row},
};

const TOKEN: &str = "id, name, scopes, client, account_id, created_at, used_at";

impl FromRow for Token {
    fn from_row(row: &Row) -> Result<Self> {
        let rights = Rights {
            name: row.get("name")?,
            scopes: Scopes::parse(&row.get::<String>("scopes")?),
            client: row.get("client")?,
            account: row.get("account_id")?,
        };
        Ok(Self {
            id: row.get("id")?,
            created_at: row.time("created_at")?,
            used_at: row.optional_time("used_at")?,
            rights,
        })
    }
}

/// A code, and the time at which it was made.
impl FromRow for (Code, Timestamp) {
    fn from_row(row: &Row) -> Result<Self> {
        let code = Code {
            client: row.get("client")?,
            redirect_uri: row.get("redirect_uri")?,
            challenge: row.get("challenge")?,
            scopes: Scopes::parse(&row.get::<String>("scopes")?),
            account: row.get("account_id")?,
        };
        Ok((code, row.time("created_at")?))
    }
}

impl Store {
    /// Returns the tokens, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn tokens(&self) -> Result<Vec<Token>> {
        self.all(format!("SELECT {TOKEN} FROM tokens ORDER BY id"), &[]).await
    }

    /// Adds a token by its hash.
    ///
    /// # Errors
    /// The database is away.
    pub async fn add_token(&self, hash: &str, new: &Rights, at: Timestamp) -> Result<()> {
        let sql = "INSERT INTO tokens (token, name, scopes, client, account_id, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        self.change(sql, &[&hash, &new.name, &new.scopes.words(), &new.client, &new.account, &at]).await
    }

    /// Returns a token by its hash, and notes that it was used.
    ///
    /// # Errors
    /// The database is away.
    pub async fn token(&self, hash: &str, at: Timestamp) -> Result<Option<Token>> {
        let sql = format!("SELECT {TOKEN} FROM tokens WHERE token = $1");
        let found: Option<Token> = self.optional(sql, &[&hash]).await?;
        let is_fresh = |used: Timestamp| at.duration_since(used).abs() <= SESSION_USE;
        if let Some(token) = found.as_ref().filter(|token| !token.used_at.is_some_and(is_fresh)) {
            self.execute("UPDATE tokens SET used_at = $1 WHERE id = $2", &[&at, &token.id]).await?;
        }
        Ok(found)
    }

    /// Removes a token by its number.
    ///
    /// # Errors
    /// [`super::StoreError::NotFound`], or the database is away.
    pub async fn remove_token(&self, id: i64) -> Result<()> {
        self.change("DELETE FROM tokens WHERE id = $1", &[&id]).await
    }

    /// Removes a token by its hash. One that does not exist is no error.
    ///
    /// # Errors
    /// The database is away.
    pub async fn revoke_token(&self, hash: &str) -> Result<()> {
        self.execute("DELETE FROM tokens WHERE token = $1", &[&hash]).await.map(|_| ())
    }

    /// Adds a code by its hash.
    ///
    /// # Errors
    /// The database is away.
    pub async fn add_code(&self, hash: &str, code: &Code, at: Timestamp) -> Result<()> {
        let sql = "INSERT INTO codes (code, client, redirect_uri, challenge, scopes, account_id, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let Code { client, redirect_uri, challenge, scopes, account } = code;
        self.change(sql, &[&hash, client, redirect_uri, challenge, &scopes.words(), account, &at]).await
    }

    /// Takes a code by its hash, so that nobody can use it again. `None` if there is none, or it is too old.
    ///
    /// # Errors
    /// The database is away.
    pub async fn take_code(&self, hash: &str, at: Timestamp) -> Result<Option<Code>> {
        let taken: Option<(Code, Timestamp)> = self
            .write(|mut tx| async move {
                let sql = "DELETE FROM codes WHERE code = $1
                           RETURNING client, redirect_uri, challenge, scopes, account_id, created_at";
                Ok(tx.all(sql, &[&hash]).await?.into_iter().next())
            })
            .await?;
        let is_valid = |made: &Timestamp| *made > at - CODE_LIFE && *made <= clock::latest(at);
        Ok(taken.filter(|(_, made)| is_valid(made)).map(|(code, _)| code))
    }

    /// Notes that the post at an address (decoded) was deleted; `place`: its place in the trash.
    ///
    /// # Errors
    /// The database is away.
    pub async fn set_gone(&self, address: &str, place: &str) -> Result<()> {
        let sql = "INSERT INTO gone (address, place) VALUES ($1, $2)
                   ON CONFLICT (address) DO UPDATE SET place = excluded.place";
        self.change_gone(sql, &[&address, &place]).await
    }

    /// Returns the place in the trash of the post that was at an address.
    ///
    /// # Errors
    /// The database is away.
    pub async fn gone(&self, address: &str) -> Result<Option<String>> {
        self.optional("SELECT place FROM gone WHERE address = $1", &[&address]).await
    }

    /// Returns the addresses of all deleted posts.
    ///
    /// # Errors
    /// The database is away.
    pub async fn gone_addresses(&self) -> Result<Vec<String>> {
        self.all("SELECT address FROM gone", &[]).await
    }

    /// Notes that the post at an address is back.
    ///
    /// # Errors
    /// The database is away.
    pub async fn forget_gone(&self, address: &str) -> Result<()> {
        self.change_gone("DELETE FROM gone WHERE address = $1", &[&address]).await
    }

    /// Changes the deleted posts, and tells all instances.
    async fn change_gone(&self, sql: &'static str, arguments: &List<'_>) -> Result<()> {
        self.write(|mut tx| async move {
            let revision = increase_revision(&mut tx).await?;
            tx.execute(sql, arguments).await?;
            record_stale_tags(&mut tx, revision, &[GONE_TAG.to_owned()]).await
        })
        .await
    }
}

/// Deletes codes that are too old.
pub(super) async fn forget_codes(tx: &mut Connection, now: Timestamp) -> Result<()> {
    tx.execute("DELETE FROM codes WHERE created_at <= $1", &[&(now - CODE_LIFE)]).await.map(|_| ())
}
