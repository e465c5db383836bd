//! Opening a database: twice, at the same time, too new, missing. Each error is one sentence.

use std::fs;

use instep::store::Store;

use super::{add, sent};
use crate::support::{
    database::{Database, on_both_engines},
    write,
};

on_both_engines!(
    a_newer_database_is_left_alone,
    stored_comments_are_there_after_reopening,
    eight_processes_can_open_an_empty_database_at_once,
);

/// Error for an address of a database.
async fn refusal(address: &str) -> String {
    let Err(error) = Store::open(address).await else { panic!("{address:?} was opened") };
    let sentence = error.to_string();
    assert!(!sentence.contains('\n'), "one sentence: {sentence}");
    sentence
}

async fn a_newer_database_is_left_alone(database: Database) {
    let id = add(&database.store, &sent("Kept")).await;
    database
        .run(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT 9000, 'from the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        )
        .await;
    let sentence = refusal(&database.url).await;
    assert!(sentence.contains("newer Instep") && sentence.contains("9000"), "{sentence}");
    assert_eq!(database.number("SELECT COUNT(*) FROM comments").await, 1);
    assert_eq!(database.store.comment(id).await.expect("is there").text, "Kept");
}

async fn stored_comments_are_there_after_reopening(database: Database) {
    let id = add(&database.store, &sent("Kept")).await;
    let second = database.again().await;
    assert_eq!(second.comment(id).await.expect("is there").text, "Kept");
    let third = database.again().await;
    second.close().await;
    assert_eq!(third.revision().await.expect("answers"), 1);
    third.close().await;
}

async fn eight_processes_can_open_an_empty_database_at_once(database: Database) {
    for table in [
        "DROP TABLE corner_asked",
        "DROP TABLE outbox",
        "DROP TABLE passkeys",
        "DROP TABLE sessions",
        "DROP TABLE gone",
        "DROP TABLE codes",
        "DROP TABLE tokens",
        "DROP TABLE accounts",
        "DROP TABLE wrong_passwords",
        "DROP TABLE subscriptions",
        "DROP TABLE confirmations",
        "DROP TABLE addresses",
        "DROP TABLE refusals",
        "DROP TABLE blocks",
        "DROP TABLE learned_comments",
        "DROP TABLE learned_features",
        "DROP TABLE moderation_log",
        "DROP TABLE comments",
        "DROP TABLE changes",
        "DROP TABLE site",
        "DROP TABLE _sqlx_migrations",
    ] {
        database.run(table).await;
    }
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let url = database.url.clone();
            tokio::spawn(async move { Store::open(&url).await })
        })
        .collect();
    for store in opening {
        store.await.expect("does not panic").expect("opens").close().await;
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM site").await, 1);
}

#[tokio::test]
async fn a_wrong_address_is_refused_with_the_right_form() {
    for address in ["", "blog.sqlite", "mysql://db/blog", "http://example.org", "redis:x"] {
        let sentence = refusal(address).await;
        assert!(sentence.contains("sqlite:PATH") && sentence.contains("postgres://"), "{sentence}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_unchanged() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("notes.txt");
    write(&file, "These are my notes, and no database. ".repeat(100));
    let before = fs::read(&file).expect("reads");
    let sentence = refusal(&format!("sqlite:{}", file.display())).await;
    assert!(sentence.contains("notes.txt"), "{sentence}");
    assert_eq!(fs::read(&file).expect("reads"), before);

    // A folder where the file should be, and a file where its folder should be.
    assert!(refusal(&format!("sqlite:{}", folder.path().display())).await.contains("cannot be opened"));
    assert!(refusal(&format!("sqlite:{}/x.sqlite", file.display())).await.contains("does not exist"));
}

#[tokio::test]
async fn an_error_does_not_show_the_password() {
    // Port 1 is nobody's.
    let sentence = refusal("postgres://ana:s3cret@127.0.0.1:1/blog").await;
    assert!(sentence.contains("postgres://ana@127.0.0.1:1/blog") && !sentence.contains("s3cret"), "{sentence}");
}

#[tokio::test]
async fn a_wrong_path_makes_no_new_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/down/blog.sqlite");
    assert!(refusal(&format!("sqlite:{}", path.display())).await.contains("deep/down of the database does not exist"));
    assert!(!folder.path().join("deep").exists());
}

#[tokio::test]
async fn a_new_database_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("blog.sqlite");
    for address in [format!("sqlite:{}", path.display()), format!("sqlite://{}", path.display())] {
        let store = Store::open(&address).await.expect("opens");
        assert_eq!(store.revision().await.expect("answers"), 0);
        store.close().await;
    }
    assert_eq!(fs::metadata(&path).expect("is there").permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_restored_database_is_closed_to_other_users() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("blog.sqlite");
    let address = format!("sqlite:{}", path.display());
    Store::open(&address).await.expect("opens").close().await;
    let copies = ["blog.sqlite.before-0003", "blog.sqlite.copy-0a", "blog.sqlite-notes.txt"]
        .map(|name| folder.path().join(name));
    copies.iter().for_each(|copy| write(copy, "x"));
    let mode = |path: &std::path::Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    for file in [&path, &copies[0], &copies[1], &copies[2]] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).expect("may");
    }
    let store = Store::open(&address).await.expect("opens");
    store.revision().await.expect("answers");
    let beside = ["blog.sqlite-wal", "blog.sqlite-shm"].map(|name| folder.path().join(name));
    for file in [&path, &copies[0], &copies[1], &beside[0], &beside[1]] {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    assert_eq!(mode(&copies[2]), 0o644, "what is not the database's stays as it is");
    store.close().await;
}
