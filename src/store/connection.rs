//! Connections from a pool, and statements on them.

use sqlx::{
    AssertSqlSafe, Postgres, Sqlite, SqlitePool, pool::PoolConnection, postgres::PgArguments, sqlite::SqliteArguments,
};

use super::{
    Result, StoreError,
    sql::{FromRow, List, Row, Sql, encoded},
};

/// A connection that returns to its pool only after its work has ended well.
///
/// After an error, or when the caller's future was dropped, its state is unknown: SQLite rolls back by itself on
/// SQLITE_FULL, IOERR, NOMEM, BUSY and INTERRUPT (sqlite.org/lang_transaction.html, 3.1), while sqlx still counts the
/// transaction as open. Such a connection is closed, and the pool opens another.
pub struct Connection {
    pooled: Pooled,
    is_sound: bool,
    is_discarded: bool,
}

pub enum Pooled {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Pooled {
    /// Takes a connection to SQLite. It is opened by a task of its own, which goes on if the caller is dropped: the pool
    /// would not know a half opened one. If that was closed after the writer, the write-ahead log would stay.
    pub async fn sqlite(pool: &SqlitePool) -> Result<Self> {
        if let Some(idle) = pool.try_acquire() {
            return Ok(Self::Sqlite(idle));
        }
        let pool = pool.clone();
        let opened = tokio::spawn(async move { pool.acquire().await }).await;
        Ok(Self::Sqlite(opened.map_err(|_| StoreError::Interrupted)??))
    }
}

impl Connection {
    pub fn new(pooled: Pooled) -> Self {
        Self { pooled, is_sound: false, is_discarded: false }
    }

    /// Runs a statement; returns the number of rows that it has changed.
    pub async fn execute(&mut self, sql: impl Sql, arguments: &List<'_>) -> Result<u64> {
        let sql = AssertSqlSafe(sql.into());
        Ok(match &mut self.pooled {
            Pooled::Sqlite(db) => {
                let arguments: SqliteArguments = encoded(arguments)?;
                sqlx::query_with(sql, arguments).execute(&mut **db).await?.rows_affected()
            }
            Pooled::Postgres(db) => {
                let arguments: PgArguments = encoded(arguments)?;
                sqlx::query_with(sql, arguments).execute(&mut **db).await?.rows_affected()
            }
        })
    }

    /// Returns the rows of a statement.
    pub async fn all<T: FromRow>(&mut self, sql: impl Sql, arguments: &List<'_>) -> Result<Vec<T>> {
        let sql = AssertSqlSafe(sql.into());
        let rows: Vec<Row> = match &mut self.pooled {
            Pooled::Sqlite(db) => {
                let arguments: SqliteArguments = encoded(arguments)?;
                let rows = sqlx::query_with(sql, arguments).fetch_all(&mut **db).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Pooled::Postgres(db) => {
                let arguments: PgArguments = encoded(arguments)?;
                let rows = sqlx::query_with(sql, arguments).fetch_all(&mut **db).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        };
        rows.iter().map(T::from_row).collect()
    }

    /// Returns the row of a statement that has one at most.
    pub async fn optional<T: FromRow>(&mut self, sql: impl Sql, arguments: &List<'_>) -> Result<Option<T>> {
        Ok(self.all(sql, arguments).await?.into_iter().next())
    }

    /// Returns the row of a statement; [`StoreError::NotFound`] if there is none.
    pub async fn one<T: FromRow>(&mut self, sql: impl Sql, arguments: &List<'_>) -> Result<T> {
        self.optional(sql, arguments).await?.ok_or(StoreError::NotFound)
    }

    /// Runs a statement that changes a row; [`StoreError::NotFound`] if there is none.
    pub async fn change(&mut self, sql: impl Sql, arguments: &List<'_>) -> Result<()> {
        if self.execute(sql, arguments).await? == 0 { Err(StoreError::NotFound) } else { Ok(()) }
    }

    /// Makes the transaction end without writing anything.
    pub fn discard(&mut self) {
        self.is_discarded = true;
    }

    /// Ends the transaction. One of our own errors rolls it back; after a database error the connection is closed.
    pub async fn end<T>(mut self, outcome: Result<T>) -> Result<T> {
        let last = match &outcome {
            Err(StoreError::Database(_)) => return outcome,
            Ok(_) if !self.is_discarded => "COMMIT",
            _ => "ROLLBACK",
        };
        self.execute(last, &[]).await?;
        self.give_back();
        outcome
    }

    /// Returns the connection to its pool: its work has ended well.
    pub fn give_back(mut self) {
        self.is_sound = true;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        match &mut self.pooled {
            _ if self.is_sound => {}
            Pooled::Sqlite(db) => db.close_on_drop(),
            Pooled::Postgres(db) => db.close_on_drop(),
        }
    }
}
