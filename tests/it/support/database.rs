//! A separate database for each test, on both engines.

use std::{
    env,
    sync::atomic::{AtomicU32, Ordering},
};

use instep::store::Store;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Row, SqlitePool};
use tokio::task::LocalSet;

/// A fresh database, opened once; [`Database::again`] opens it as another process would.
#[derive(Clone)]
pub struct Database {
    pub url: String,
    pub store: Store,
    raw: Raw,
}

#[derive(Clone)]
enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A transaction that keeps all writers waiting.
pub enum Held {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Held {
    pub async fn release(self) {
        match self {
            Self::Sqlite(held) => held.rollback().await,
            Self::Postgres(held) => held.rollback().await,
        }
        .expect("lets go");
    }
}

/// A row of the moderation log: actor, act, status before, status after, milliseconds.
pub type LogRow = (String, String, Option<String>, String, i64);

/// A query for either engine, past the store.
macro_rules! raw {
    ($database:expr, $db:ident => $body:expr) => {
        match &$database.raw {
            Raw::Sqlite($db) => $body,
            Raw::Postgres($db) => $body,
        }
    };
}

impl Database {
    pub async fn again(&self) -> Store {
        Store::open(&self.url).await.expect("opens again")
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        raw!(self, db => sqlx::query_scalar(sql).fetch_one(db).await.expect("a number"))
    }

    pub async fn run(&self, sql: &'static str) {
        raw!(self, db => {
            sqlx::query(sql).execute(db).await.expect("runs");
        });
    }

    /// Runs a statement whose text differs between the engines.
    pub async fn run_on_each(&self, sqlite: &'static str, postgres: &'static str) {
        self.run(match self.raw {
            Raw::Sqlite(_) => sqlite,
            Raw::Postgres(_) => postgres,
        })
        .await;
    }

    /// Words of these that are anywhere in SQLite's file or its log.
    pub fn traces(&self, words: &[&str]) -> Vec<String> {
        let path = self.url.strip_prefix("sqlite:").expect("SQLite");
        let mut bytes = std::fs::read(path).expect("reads");
        bytes.extend(std::fs::read(format!("{path}-wal")).unwrap_or_default());
        let is_there = |word: &&&str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        words.iter().filter(is_there).map(|word| (*word).to_owned()).collect()
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self.raw, Raw::Sqlite(_))
    }

    /// Query plan of a statement for any values, one line for each step. PostgreSQL must use an index wherever it can,
    /// as it would in a big table.
    pub async fn plan(&self, sql: &str) -> Vec<String> {
        match &self.raw {
            Raw::Sqlite(db) => {
                let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
                let rows = sqlx::query(explain).fetch_all(db).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
                rows.iter().map(|row| row.get("detail")).collect()
            }
            Raw::Postgres(db) => {
                let mut session = db.acquire().await.expect("a connection");
                let count = (1..10_000).take_while(|number| sql.contains(&format!("${number}"))).count();
                let values = if count == 0 { String::new() } else { format!("({})", vec!["NULL"; count].join(", ")) };
                for sql in [
                    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
                     SET plan_cache_mode = force_generic_plan"
                        .to_owned(),
                    format!("PREPARE planned AS {sql}"),
                ] {
                    let done = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *session).await;
                    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
                }
                let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) EXECUTE planned{values}"));
                let rows = sqlx::raw_sql(explain).fetch_all(&mut *session).await.expect("a plan");
                sqlx::raw_sql("DEALLOCATE planned").execute(&mut *session).await.expect("forgets it");
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// Blocks all other writers until the returned value is released.
    pub async fn hold_writers(&self) -> Held {
        match &self.raw {
            Raw::Sqlite(db) => Held::Sqlite(db.begin_with("BEGIN IMMEDIATE").await.expect("begins")),
            Raw::Postgres(db) => {
                let mut held = db.begin().await.expect("begins");
                sqlx::query("SELECT revision FROM site FOR UPDATE").execute(&mut *held).await.expect("locks");
                Held::Postgres(held)
            }
        }
    }

    /// Rows of the moderation log about a comment, oldest first.
    pub async fn log_of(&self, id: i64) -> Vec<LogRow> {
        const SQL: &str = "SELECT actor, act, status_before, status_after, created_at FROM moderation_log
             WHERE comment_id = $1 ORDER BY id";
        raw!(self, db => sqlx::query_as(SQL).bind(id).fetch_all(db).await.expect("rows"))
    }
}

pub async fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Database) -> F) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.sqlite");
    let url = format!("sqlite:{}", path.display());
    let store = Store::open(&url).await.expect("opens");
    // One connection: another one may still know a trigger that this one has dropped, and refuse to create it again.
    let one = SqlitePoolOptions::new().max_connections(1);
    let raw = one.connect_with(SqliteConnectOptions::new().filename(&path)).await.expect("opens");
    let database = Database { url, store, raw: Raw::Sqlite(raw.clone()) };
    test(database.clone()).await;
    raw.close().await;
    database.store.close().await;
}

/// Runs a test on PostgreSQL. If no server is set, prints that and returns.
pub async fn on_postgres<F>(test: impl FnOnce(Database) -> F)
where
    F: Future<Output = ()> + 'static,
{
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = env::var("INSTEP_TEST_POSTGRES_URL") else {
        println!("skipped: INSTEP_TEST_POSTGRES_URL is not set");
        return;
    };
    let name = format!("instep_it_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let url = format!("{}/{name}", server.rsplit_once('/').expect("an address with a database").0);
    let mut admin = PgConnection::connect(&server).await.expect("the test server");
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.expect("makes it");
    let store = Store::open(&url).await.expect("opens");
    let raw = PgPool::connect(&url).await.expect("opens");
    let database = Database { url, store, raw: Raw::Postgres(raw) };
    // In a task of its own, so that the database goes when the test fails too.
    let outcome = LocalSet::new().run_until(async { tokio::task::spawn_local(test(database)).await }).await;
    let drop = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
    sqlx::query(drop).execute(&mut admin).await.expect("drops it");
    if let Err(failed) = outcome {
        std::panic::resume_unwind(failed.into_panic());
    }
}

/// `on_both_engines!(a, b)`: makes a test of each `async fn a(database: Database)`, once for each engine.
macro_rules! on_both_engines {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $crate::support::database::on_sqlite(super::$test).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $crate::support::database::on_postgres(super::$test).await;
            })+
        }
    };
}

pub(crate) use on_both_engines;
