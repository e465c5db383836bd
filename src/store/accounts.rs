//! Accounts of the desk, their sessions, and the count of wrong passwords.

use jiff::Timestamp;

use crate::domain::{
    account::{Account, NewAccount},
    clock,
    limits::{SESSION_IDLE, SESSION_MAX, SESSION_USE, SIGN_IN_WINDOW, WRONG_FOR_ACCOUNT, WRONG_FROM_NETWORK},
    names::Names,
    words::word_of,
};

use super::{
    Result, Store, StoreError,
    changes::lock_writers,
    connection::Connection,
    sql::{FromRow, Row},
};

const ACCOUNT: &str = "accounts.id, accounts.name, accounts.email, accounts.role, accounts.password,
    (SELECT MAX(passkeys.id) FROM passkeys WHERE passkeys.account_id = accounts.id) AS newest_passkey,
    accounts.created_at";

impl FromRow for Account {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            role: row.word("role")?,
            password: row.get("password")?,
            newest_passkey: row.get("newest_passkey")?,
            created_at: row.time("created_at")?,
        })
    }
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: i64,
    /// Browser and system.
    pub device: String,
    pub created_at: Timestamp,
    pub used_at: Timestamp,
}

impl FromRow for Session {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("session_id")?,
            device: row.get("device")?,
            created_at: row.time("session_created_at")?,
            used_at: row.time("used_at")?,
        })
    }
}

/// A session and its account, from one row.
impl FromRow for (Session, Account) {
    fn from_row(row: &Row) -> Result<Self> {
        Ok((Session::from_row(row)?, Account::from_row(row)?))
    }
}

const SESSION: &str = "sessions.id AS session_id, device, sessions.created_at AS session_created_at, used_at";

impl Store {
    /// Returns the accounts, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        self.all(format!("SELECT {ACCOUNT} FROM accounts ORDER BY id"), &[]).await
    }

    /// Returns the account with this e-mail address, as [`crate::domain::mailbox::kept`] writes it.
    ///
    /// # Errors
    /// The database is away.
    pub async fn account_of(&self, email: &str) -> Result<Option<Account>> {
        self.optional(format!("SELECT {ACCOUNT} FROM accounts WHERE email = $1"), &[&email]).await
    }

    /// Returns an account by its number.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn account(&self, id: i64) -> Result<Account> {
        self.one(format!("SELECT {ACCOUNT} FROM accounts WHERE id = $1"), &[&id]).await
    }

    /// True if nobody has an account, nor has had the first one since this time.
    ///
    /// # Errors
    /// The database is away.
    pub async fn has_had_no_account_since(&self, time: Timestamp) -> Result<bool> {
        let sql = "SELECT COUNT(*) FROM site
                   WHERE COALESCE(first_account_at, 0) < $1 AND NOT EXISTS (SELECT 1 FROM accounts)";
        Ok(self.one::<i64>(sql, &[&time]).await? > 0)
    }

    /// Adds an account; `password` is a hash. `is_first`: only if there is none yet.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the name or the address has an account, or if there is one and it must be the first;
    /// or the database is away.
    pub async fn add_account(
        &self,
        new: &NewAccount,
        password: Option<&str>,
        is_first: bool,
        at: Timestamp,
    ) -> Result<i64> {
        self.write(|mut tx| async move {
            lock_writers(&mut tx).await?;
            let others: Vec<(String, String)> = tx.all("SELECT name, email FROM accounts", &[]).await?;
            // Names that look alike would pass for each other.
            let is_taken = |name: &str| Names::new([name]).has_one_like(&new.name);
            let taken = others.iter().find(|(name, email)| is_first || is_taken(name) || *email == new.email);
            if let Some((name, email)) = taken {
                return Err(StoreError::Conflict(format!("there is an account {name} <{email}> already")));
            }
            if others.is_empty() {
                tx.execute("UPDATE site SET first_account_at = $1", &[&at]).await?;
            }
            tx.one(
                "INSERT INTO accounts (name, email, role, password, created_at)
                 VALUES ($1, $2, $3, $4, $5) RETURNING id",
                &[&new.name, &new.email, &word_of(new.role), &password, &at],
            )
            .await
        })
        .await
    }

    /// Sets the password of an account, by its hash, and ends all its sessions. `before`: the hash that it must have.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it has another password, or does not exist; or the database is away.
    pub async fn set_password(&self, account: &Account, hash: &str) -> Result<()> {
        let (id, before) = (account.id, account.password.as_deref().unwrap_or_default());
        self.write(|mut tx| async move {
            let sql = "UPDATE accounts SET password = $1 WHERE id = $2 AND COALESCE(password, '') = $3";
            tx.change(sql, &[&hash, &id, &before]).await?;
            tx.execute("DELETE FROM sessions WHERE account_id = $1", &[&id]).await.map(|_| ())
        })
        .await
    }

    /// Removes an account with its sessions. What it did stays in the moderation log.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn remove_account(&self, id: i64) -> Result<()> {
        self.change("DELETE FROM accounts WHERE id = $1", &[&id]).await
    }

    /// Counts an attempt to sign in as a wrong password until [`Self::open_session`] takes it back. False if there were
    /// too many for the account or from the network: then the password must not be checked.
    ///
    /// # Errors
    /// The database is away.
    pub async fn count_sign_in(&self, account: &str, network: &str, at: Timestamp) -> Result<bool> {
        self.write(|mut tx| async move {
            lock_writers(&mut tx).await?;
            let (from, to) = (at - SIGN_IN_WINDOW, clock::latest(at));
            let for_account = count(&mut tx, "account", account, from, to).await?;
            let from_network = count(&mut tx, "network", network, from, to).await?;
            if for_account >= WRONG_FOR_ACCOUNT || from_network >= WRONG_FROM_NETWORK {
                return Ok(false);
            }
            let sql = "INSERT INTO wrong_passwords (account, network, created_at) VALUES ($1, $2, $3)";
            tx.execute(sql, &[&account, &network, &at]).await?;
            Ok(true)
        })
        .await
    }

    /// Forgets the wrong passwords for an account from a network: the right one has come.
    ///
    /// # Errors
    /// The database is away.
    pub async fn forget_wrong_passwords(&self, account: &str, network: &str) -> Result<()> {
        let sql = "DELETE FROM wrong_passwords WHERE account = $1 AND network = $2";
        self.execute(sql, &[&account, &network]).await.map(|_| ())
    }

    /// Opens a session. `token`: hash of the token in the cookie.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the account has been removed or has another password by now, or the database is away.
    pub async fn open_session(&self, account: &Account, token: &str, device: &str, at: Timestamp) -> Result<()> {
        let password = account.password.as_deref().unwrap_or_default();
        self.change(
            "INSERT INTO sessions (token, account_id, device, created_at, used_at)
             SELECT $1, accounts.id, $2, $3, $3 FROM accounts WHERE accounts.id = $4 AND COALESCE(accounts.password, '') = $5",
            &[&token, &device, &at, &account.id, &password],
        )
        .await
    }

    /// Returns the session of a token and its account, unless it has expired; notes that it was used.
    ///
    /// # Errors
    /// The database is away.
    pub async fn session(&self, token: &str, at: Timestamp) -> Result<Option<(Session, Account)>> {
        let sql = format!(
            "SELECT {SESSION}, {ACCOUNT} FROM sessions JOIN accounts ON accounts.id = sessions.account_id
             WHERE token = $1 AND used_at > $2 AND sessions.created_at > $3"
        );
        let found: Option<(Session, Account)> =
            self.optional(sql, &[&token, &(at - SESSION_IDLE), &(at - SESSION_MAX)]).await?;
        if let Some((session, _)) = &found
            && at.duration_since(session.used_at).abs() > SESSION_USE
        {
            self.execute("UPDATE sessions SET used_at = $1 WHERE id = $2", &[&at, &session.id]).await?;
        }
        Ok(found)
    }

    /// Returns the sessions of an account, the last used first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn sessions_of(&self, account: i64) -> Result<Vec<Session>> {
        let sql = format!("SELECT {SESSION} FROM sessions WHERE account_id = $1 ORDER BY used_at DESC, id DESC");
        self.all(sql, &[&account]).await
    }

    /// Ends a session of an account, or with `None` all of them. One that has ended already is no error.
    ///
    /// # Errors
    /// The database is away.
    pub async fn end_session(&self, account: i64, session: Option<i64>) -> Result<()> {
        let sql = "DELETE FROM sessions WHERE account_id = $1 AND (id = $2 OR $2 IS NULL)";
        self.execute(sql, &[&account, &session]).await.map(|_| ())
    }
}

/// Number of wrong passwords in a time, by a column.
async fn count(tx: &mut Connection, column: &str, value: &str, from: Timestamp, to: Timestamp) -> Result<i64> {
    let sql =
        format!("SELECT COUNT(*) FROM wrong_passwords WHERE {column} = $1 AND created_at > $2 AND created_at <= $3");
    tx.one(sql, &[&value, &from, &to]).await
}

/// Deletes sessions that have expired, and wrong passwords that are not counted any more.
pub(super) async fn forget_sessions(tx: &mut Connection, now: Timestamp) -> Result<()> {
    tx.execute("DELETE FROM sessions WHERE used_at <= $1", &[&(now - SESSION_IDLE)]).await?;
    tx.execute("DELETE FROM sessions WHERE created_at <= $1", &[&(now - SESSION_MAX)]).await?;
    tx.execute("DELETE FROM wrong_passwords WHERE created_at <= $1", &[&(now - SIGN_IN_WINDOW)]).await.map(|_| ())
}
