//! Opening a database: connections, migrations, and errors that say why it cannot be opened.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    str::FromStr,
    sync::LazyLock,
    time::Duration,
};

use rust_embed::RustEmbed;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Database, Pool, SqlSafeStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    pool::PoolOptions,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous},
};

use super::{
    Pools, Store,
    private::{self, Unwritable},
};
use crate::domain::limits::{CONNECTION_WAIT, OPEN_ATTEMPTS, POSTGRES_CONNECTIONS, SQLITE_READERS, SQLITE_WAIT};

static SQLITE: LazyLock<Migrator> = LazyLock::new(|| migrator("sqlite/"));
static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| migrator("postgres/"));

/// Files of the folder `migrations`. They are embedded with rust-embed, because sqlx's macro would compile both drivers
/// a second time.
#[derive(RustEmbed)]
#[folder = "migrations"]
struct Migrations;

/// Number of attempts at the migrations while other processes migrate too.
const MIGRATION_ATTEMPTS: u32 = 20;

/// Reason why a database cannot be used. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0:?} is not a database URL. Write sqlite:PATH or postgres://USER@HOST/NAME")]
    Address(String),
    #[error("the folder {} of the database does not exist. Create it, or correct the path", .0.display())]
    NoFolder(PathBuf),
    #[error("the database {name} cannot be opened: {source}. Does it exist, and can this user write to it?")]
    Connect { name: String, source: sqlx::Error },
    #[error("{0}")]
    Unwritable(Box<Unwritable>),
    #[error(
        "the database {name} was made by a newer Instep (its migration {version} is unknown here). \
         Start that version, or a newer one"
    )]
    Newer { name: String, version: i64 },
    #[error("the database {name} cannot be migrated: {source}")]
    Migrate { name: String, source: MigrateError },
    #[error("{name} cannot be copied before its migration: {source}. Is the disk full?")]
    Copy { name: String, source: sqlx::Error },
}

impl Store {
    /// Opens `sqlite:PATH` (made where it is missing) or `postgres://…` and brings it up to date.
    ///
    /// # Errors
    /// The message is one sentence for the operator; the database was not changed.
    pub async fn open(address: &str) -> Result<Self, OpenError> {
        let (scheme, rest) = address.split_once(':').ok_or_else(|| OpenError::Address(address.to_owned()))?;
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                open_sqlite(Path::new(path), &SQLITE).await
            }
            "postgres" | "postgresql" => open_postgres(address).await,
            _ => Err(OpenError::Address(address.to_owned())),
        }
    }
}

async fn open_sqlite(path: &Path, migrator: &Migrator) -> Result<Store, OpenError> {
    // A wrong path must not look like a site without comments.
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        return Err(OpenError::NoFolder(folder.to_owned()));
    }
    private::create(path);
    if let Some(unwritable) = private::unwritable(path) {
        return Err(OpenError::Unwritable(Box::new(unwritable)));
    }
    let name = path.display().to_string();
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A stored comment survives a power cut; NORMAL would lose the last ones.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Without it, erased or changed data stays readable in the free space of the file. No measurable cost: only
        // deleted data is overwritten.
        .pragma("secure_delete", "ON")
        .busy_timeout(SQLITE_WAIT);
    let connect = |source| OpenError::Connect { name: name.clone(), source };
    let writer: SqlitePool = pool(1, options.clone()).await.map_err(connect)?;
    keep_copy(&writer, path, migrator).await?;
    run_migrations(&name, || migrator.run(&writer)).await?;
    // Only now: a wrong path may lead to a file that is no database.
    private::close_database(path);
    let readers = pool(SQLITE_READERS, options.create_if_missing(false).read_only(true)).await.map_err(connect)?;
    Ok(Store::new(Pools::Sqlite { writer, readers }))
}

/// Keeps a copy of a file that holds data as `NAME.before-NNNN` before migrations change it.
async fn keep_copy(writer: &SqlitePool, path: &Path, migrator: &Migrator) -> Result<(), OpenError> {
    let name = path.display().to_string();
    let applied: Vec<i64> = sqlx::query_scalar("SELECT version FROM _sqlx_migrations ORDER BY version")
        .fetch_all(writer)
        .await
        .unwrap_or_default(); // no such table: a new file
    let Some(first_new) = migrator.iter().map(|migration| migration.version).find(|v| !applied.contains(v)) else {
        return Ok(());
    };
    let is_known = |version: &i64| migrator.version_exists(*version);
    if applied.is_empty() || !applied.iter().all(is_known) {
        return Ok(());
    }
    let copy = PathBuf::from(format!("{name}.before-{first_new:04}"));
    if copy.exists() {
        return Ok(()); // an earlier try was interrupted after its copy; that one is the older truth
    }
    // The copy gets its name when it is complete: an interrupted one must not pass for a copy.
    let begun = PathBuf::from(format!("{name}.copy-{:08x}", getrandom::u32().unwrap_or_else(|_| std::process::id())));
    private::create(&begun);
    let quoted = begun.display().to_string().replace('\'', "''");
    let written = sqlx::query(AssertSqlSafe(format!("VACUUM INTO '{quoted}'"))).execute(writer).await;
    let kept = written.and_then(|_| {
        // If another process was faster, the file may have changed since, and the copy of that process is the right
        // one.
        if !copy.exists() {
            std::fs::File::open(&begun)?.sync_all()?;
            std::fs::rename(&begun, &copy)?;
        }
        Ok(())
    });
    let _ = std::fs::remove_file(&begun); // gone already where all went well
    kept.map_err(|source| OpenError::Copy { name, source })
}

async fn open_postgres(address: &str) -> Result<Store, OpenError> {
    let options = PgConnectOptions::from_str(address).map_err(|_| OpenError::Address(without_password(address)))?;
    let name = without_password(address);
    // One connection without the pool first, since the pool's only error would be a timeout.
    let connect = |source| OpenError::Connect { name: name.clone(), source };
    options.connect().await.map_err(connect)?.close().await.map_err(connect)?;
    let pool = pool(POSTGRES_CONNECTIONS, options).await.map_err(connect)?;
    // No advisory lock: engines that speak PostgreSQL's protocol often lack it.
    let mut migrator = Migrator { migrations: POSTGRES.migrations.clone(), ..Migrator::DEFAULT };
    migrator.set_locking(false);
    run_migrations(&name, || migrator.run(&pool)).await?;
    Ok(Store::new(Pools::Postgres(pool)))
}

/// Opens connections. On a very busy machine, the first one may take longer than a request may wait.
async fn pool<DB: Database>(
    connections: u32,
    options: <DB::Connection as Connection>::Options,
) -> sqlx::Result<Pool<DB>> {
    let mut attempt = 1;
    loop {
        let pool = PoolOptions::new().max_connections(connections).acquire_timeout(CONNECTION_WAIT);
        match pool.connect_with(options.clone()).await {
            Err(sqlx::Error::PoolTimedOut) if attempt < OPEN_ATTEMPTS => attempt += 1,
            opened => return opened,
        }
    }
}

/// Runs the migrations. Several processes may start at once on an empty database: for each migration, all but one of
/// them fail, roll back and try again.
async fn run_migrations<F>(name: &str, run: impl Fn() -> F) -> Result<(), OpenError>
where
    F: Future<Output = Result<(), MigrateError>>,
{
    let mut attempt = 1;
    loop {
        match run().await {
            Ok(()) => return Ok(()),
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) if attempt < MIGRATION_ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                attempt += 1;
            }
            Err(MigrateError::VersionMissing(version)) => {
                return Err(OpenError::Newer { name: name.to_owned(), version });
            }
            Err(source) => return Err(OpenError::Migrate { name: name.to_owned(), source }),
        }
    }
}

/// Migrations in a folder: `0007_erased.sql` has the version 7.
fn migrator(folder: &str) -> Migrator {
    let migration = |path: Cow<'static, str>| {
        let (version, name) = path.strip_prefix(folder)?.strip_suffix(".sql")?.split_once('_')?;
        let sql = String::from_utf8(Migrations::get(&path)?.data.into_owned()).ok()?;
        let (version, name) = (version.parse().ok()?, name.replace('_', " ").into());
        Some(Migration::new(version, name, MigrationType::Simple, AssertSqlSafe(sql).into_sql_str(), false))
    };
    Migrator::with_migrations(Migrations::iter().filter_map(migration).collect())
}

/// Address without its password, for a log.
fn without_password(address: &str) -> String {
    match address.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?))) {
        Some((scheme, (user, host))) => {
            format!("{scheme}://{}@{host}", user.split(':').next().unwrap_or_default())
        }
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_stay_out_of_messages() {
        assert_eq!(without_password("postgres://ana:s:e@cret@db/blog"), "postgres://ana@db/blog");
        assert_eq!(without_password("postgres://db/blog"), "postgres://db/blog");
    }

    #[tokio::test]
    async fn a_copy_is_kept_before_a_migration_changes_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("it's.sqlite");
        let copy = folder.path().join("it's.sqlite.before-9000");
        let now = open_sqlite(&path, &SQLITE).await.expect("opens");
        now.write(|mut tx| async move { tx.execute("UPDATE site SET revision = 41", &[]).await })
            .await
            .expect("writes");
        now.close().await;
        assert!(!copy.exists());
        // Left by a copy that was interrupted.
        std::fs::write(folder.path().join("it's.sqlite.copy-00000000"), "half").expect("writes");

        let next = Migration::new(
            9000,
            Cow::Borrowed("later"),
            MigrationType::Simple,
            sqlx::SqlStr::from_static("UPDATE site SET revision = 42"),
            false,
        );
        let migrations: Vec<Migration> = SQLITE.migrations.iter().cloned().chain([next]).collect();
        let migrator = Migrator { migrations: Cow::Owned(migrations), ..Migrator::DEFAULT };
        let changed = open_sqlite(&path, &migrator).await.expect("opens");
        assert_eq!(changed.revision().await.expect("reads"), 42);
        let kept = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&copy)).await.expect("opens");
        let revision = sqlx::query_scalar::<_, i64>("SELECT revision FROM site").fetch_one(&kept).await;
        assert_eq!(revision.expect("reads"), 41);
        let names = std::fs::read_dir(folder.path()).expect("a folder").flatten().map(|file| file.file_name());
        let copies: Vec<_> = names.filter(|name| name.to_string_lossy().contains(".copy-")).collect();
        assert_eq!(copies, ["it's.sqlite.copy-00000000"], "nothing is left beside the copy");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&copy).expect("is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "e-mail addresses and the signing secret are in it too");
        }

        // This version refuses the newer file with a clear message.
        let error = open_sqlite(&path, &SQLITE).await.expect_err("is newer").to_string();
        assert!(error.contains("newer Instep"), "{error}");
    }
}
