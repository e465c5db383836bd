//! Statements, commits and futures that end in the middle: the next statement gets a working connection.

use std::future::Future;

use instep::store::Store;
use tokio::task::yield_now;

use super::{add, at, by, sent};
use crate::support::{
    TestSite,
    database::{Database, on_both_engines},
    disk::SmallDisk,
};

on_both_engines!(
    after_a_failed_statement_the_next_comment_is_stored,
    after_a_failed_commit_the_next_comment_is_stored,
    after_a_dropped_future_the_next_comment_is_stored,
    a_site_that_cannot_store_comments_is_not_ready,
);

/// Makes every new comment and trial write fail with a `RAISE` of SQLite. `ROLLBACK` is what SQLite does by itself when
/// the disk is full.
async fn fail(database: &Database, how: &str) {
    let function = "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN RAISE EXCEPTION ''broken''; END'";
    database.run_on_each("SELECT 1", function).await;
    let (of_comments, of_refusals) = match how {
        "ABORT" => (
            "CREATE TRIGGER fails BEFORE INSERT ON comments BEGIN SELECT RAISE(ABORT, 'broken'); END",
            "CREATE TRIGGER fails_too BEFORE INSERT ON refusals BEGIN SELECT RAISE(ABORT, 'broken'); END",
        ),
        "FAIL" => (
            "CREATE TRIGGER fails BEFORE INSERT ON comments BEGIN SELECT RAISE(FAIL, 'broken'); END",
            "CREATE TRIGGER fails_too BEFORE INSERT ON refusals BEGIN SELECT RAISE(FAIL, 'broken'); END",
        ),
        _ => (
            "CREATE TRIGGER fails BEFORE INSERT ON comments BEGIN SELECT RAISE(ROLLBACK, 'broken'); END",
            "CREATE TRIGGER fails_too BEFORE INSERT ON refusals BEGIN SELECT RAISE(ROLLBACK, 'broken'); END",
        ),
    };
    let trigger = "CREATE TRIGGER fails BEFORE INSERT ON comments EXECUTE FUNCTION fail()";
    database.run_on_each(of_comments, trigger).await;
    database
        .run_on_each(of_refusals, "CREATE TRIGGER fails_too BEFORE INSERT ON refusals EXECUTE FUNCTION fail()")
        .await;
}

async fn mend(database: &Database) {
    database.run_on_each("DROP TRIGGER fails", "DROP TRIGGER fails ON comments").await;
    database.run_on_each("DROP TRIGGER fails_too", "DROP TRIGGER fails_too ON refusals").await;
    database.run_on_each("SELECT 1", "DROP FUNCTION fail").await;
}

async fn after_a_failed_statement_the_next_comment_is_stored(database: Database) {
    let store = &database.store;
    for how in ["ABORT", "FAIL", "ROLLBACK"] {
        fail(&database, how).await;
        // More often than there are connections.
        for _ in 0..20 {
            store.add_comment(&sent("Lost")).await.expect_err("cannot be stored");
        }
        store.reply_as_author(1, "Jo", None, "Lost", "test", at(0)).await.expect_err("cannot be stored");
        mend(&database).await;
        let id = add(store, &by(how, sent(how))).await;
        store.approve(id, "test", at(0)).await.expect("approves");
        assert_eq!(store.comment(id).await.expect("is there").text, how);
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM comments").await, 3);
}

async fn after_a_failed_commit_the_next_comment_is_stored(database: Database) {
    let store = &database.store;
    database.run("CREATE TABLE strict (id BIGINT REFERENCES comments (id) DEFERRABLE INITIALLY DEFERRED)").await;
    let insert = "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                  'BEGIN INSERT INTO strict VALUES (-1); RETURN NEW; END'";
    database.run_on_each("SELECT 1", insert).await;
    database
        .run_on_each(
            "CREATE TRIGGER fails AFTER INSERT ON comments BEGIN INSERT INTO strict VALUES (-1); END",
            "CREATE TRIGGER fails AFTER INSERT ON comments FOR EACH ROW EXECUTE FUNCTION fail()",
        )
        .await;
    for _ in 0..20 {
        store.add_comment(&sent("Lost")).await.expect_err("cannot be committed");
    }
    database.run_on_each("DROP TRIGGER fails", "DROP TRIGGER fails ON comments").await;
    database.run_on_each("SELECT 1", "DROP FUNCTION fail").await;
    add(store, &sent("Kept")).await;
    assert_eq!(database.number("SELECT COUNT(*) FROM comments").await, 1);
    assert_eq!(database.number("SELECT COUNT(*) FROM strict").await, 0);
}

/// Drops the future after it was polled this many times.
async fn given_up<T>(doing: impl Future<Output = T>, after: usize) {
    let patience = async {
        for _ in 0..after {
            yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = doing => {}
        () = patience => {}
    }
}

async fn after_a_dropped_future_the_next_comment_is_stored(database: Database) {
    let store = &database.store;
    let id = add(store, &sent("Again and again")).await;
    for turns in (0..40).chain([100, 200, 400, 800]) {
        given_up(store.approve(id, "test", at(0)), turns).await;
        given_up(store.trash(id, "test", at(0)), turns).await;
        given_up(store.list_comments(None), turns).await;
        given_up(store.forget_expired(at(0)), turns).await;
    }
    add(store, &by("bo", sent("And now?"))).await;
    assert_eq!(store.list_comments(None).await.expect("reads").len(), 2);
}

#[tokio::test]
async fn after_a_dropped_future_a_closed_sqlite_file_is_complete() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("blog.sqlite");
    let log = folder.path().join("blog.sqlite-wal");
    for turns in (0..100).map(|round| round % 20) {
        let store = Store::open(&format!("sqlite:{}", path.display())).await.expect("opens");
        store.secret(b"a secret").await.expect("writes");
        assert!(log.exists());
        // The second of them opens a connection.
        given_up(async { tokio::join!(store.revision(), store.list_comments(None)) }, turns).await;
        given_up(store.forget_expired(at(0)), turns).await;
        store.close().await;
        assert!(!log.exists(), "a part of the database is in its log after {turns} turns");
    }
}

async fn a_site_that_cannot_store_comments_is_not_ready(database: Database) {
    let site = TestSite::new().post("calf", "Stretch it.").database(&database.url).start().await;
    let writes = "SELECT revision FROM site";
    for _ in 0..5 {
        site.get("/readyz").await.is(200);
    }
    fail(&database, "ROLLBACK").await;
    let before = database.number(writes).await;
    site.visitor("192.0.2.1").comment("calf", "Lost").await.is(503);
    for _ in 0..3 {
        site.get("/readyz").await.is(503).says("comments cannot be stored").says("broken");
        site.get("/healthz").await.is(200);
    }
    mend(&database).await;
    site.visitor("192.0.2.1").comment("calf", "Kept").await.is(303);
    site.get("/readyz").await.is(200);
    assert_eq!(database.number(writes).await, before + 1);
}

/// Writes comments until the disk is full, and checks that all acknowledged ones are stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_takes_comments_again_as_soon_as_there_is_room() {
    let Some(disk) = SmallDisk::mount(4) else { return };
    let url = format!("sqlite:{}", disk.path("test.sqlite").display());
    let site = TestSite::new().post("calf", "Stretch it about.").database(&url).keeps_current().start().await;
    let ana = site.visitor("192.0.2.1");
    ana.comment("calf", "Before").await.is(303);
    for round in 0..3 {
        disk.fill();
        let mut number = 0;
        loop {
            let answer = ana.comment("calf", &format!("Round {round}, number {number}")).await;
            if answer.status == 503 {
                break;
            }
            answer.is(303);
            number += 1;
            assert!(number < 1000, "the disk is never full");
        }
        site.get("/readyz").await.is(503).says("comments cannot be stored").says("full");
        site.get("/posts/calf").await.is(200);
        site.get("/search?q=stretch").await.is(200).says("calf");
        site.store().forget_expired(site.app.clock.now()).await.ok();
        disk.free();
        ana.comment("calf", &format!("After round {round}")).await.is(303);
        site.get("/readyz").await.is(200);
        site.store().forget_expired(site.app.clock.now()).await.expect("forgets");
        let listed = site.store().list_comments(None).await.expect("reads");
        let own = listed.iter().filter(|one| one.text.starts_with(&format!("Round {round}"))).count();
        assert_eq!(own, number, "all that was acknowledged, and no more");
    }
}

/// Without comments, the site must notice by itself that there is room again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_and_its_end_are_noticed_without_comments() {
    let Some(disk) = SmallDisk::mount(2) else { return };
    let address = format!("sqlite:{}", disk.path("test.sqlite").display());
    let store = Store::open(&address).await.expect("opens");
    let without_comments = Store::open(&address).await.expect("opens");
    disk.fill();
    let mut number = 0;
    while store.add_comment(&sent(&format!("Number {number}"))).await.is_ok() {
        number += 1;
    }
    store.can_write().await.expect_err("is full");
    without_comments.can_write().await.expect_err("a trial shows that the disk is full");
    disk.free();
    crate::support::eventually("the store can write", async || store.can_write().await.ok()).await;
    add(&store, &sent("After")).await;
}
