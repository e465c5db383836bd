//! Revisions, by which instances of a site learn what became stale; and the secret that they share.

use instep::{
    domain::{comment::ThreadKey, verdict::blocks::Block},
    store::{Changes, Stale, Store},
};

use super::{add, add_approved, at, by, placed, sent, under};
use crate::support::database::{Database, on_both_engines};

on_both_engines!(
    no_change_is_reported_when_nothing_changed,
    every_change_that_readers_see_names_its_thread,
    a_deleted_post_is_told_to_every_instance,
    a_blocked_sender_makes_nothing_stale,
    a_held_comment_makes_no_thread_stale,
    several_changes_are_reported_together,
    an_instance_too_far_behind_purges_everything,
    a_restored_database_makes_everything_stale,
    every_instance_gets_the_first_secret,
);

async fn changes(store: &Store, seen: i64) -> Option<(i64, Stale)> {
    store.changes_since(seen).await.expect("answers").map(|Changes { revision, stale }| (revision, stale))
}

fn tags(tags: &[&str]) -> Stale {
    Stale::Tags(tags.iter().map(|tag| (*tag).to_owned()).collect())
}

async fn no_change_is_reported_when_nothing_changed(database: Database) {
    let store = &database.store;
    let seen = store.revision().await.expect("answers");
    assert_eq!(changes(store, seen).await, None);
    add(store, &sent("New")).await;
    assert_eq!(store.revision().await.expect("answers"), seen + 1);
    assert_eq!(changes(store, seen + 1).await, None);
}

async fn a_deleted_post_is_told_to_every_instance(database: Database) {
    let other = database.again().await;
    let seen = other.revision().await.expect("answers");
    database.store.set_gone("/posts/calf", "1-calf").await.expect("notes");
    assert_eq!(changes(&other, seen).await, Some((seen + 1, tags(&["gone"]))));
    assert_eq!(other.gone_addresses().await.expect("reads"), ["/posts/calf"]);
    database.store.forget_gone("/posts/calf").await.expect("forgets");
    assert_eq!(changes(&other, seen + 1).await, Some((seen + 2, tags(&["gone"]))));
    assert_eq!(other.gone_addresses().await.expect("reads"), [""; 0]);
    other.close().await;
}

async fn every_change_that_readers_see_names_its_thread(database: Database) {
    let store = &database.store;
    let seen = async || store.revision().await.expect("answers");
    let id = add(store, &sent("Held")).await;

    let before = seen().await;
    store.approve(id, "test", at(0)).await.expect("approves");
    assert_eq!(changes(store, before).await, Some((before + 1, tags(&["comments", "post:calf"]))), "approve");

    let before = seen().await;
    add(store, &under("hips", sent("Passes"))).await;
    assert_eq!(
        changes(store, before).await,
        Some((before + 1, tags(&["comments", "post:hips"]))),
        "a comment that passes"
    );

    let before = seen().await;
    store.reply_as_author(id, "Jo", None, "Answer", "test", at(0)).await.expect("answers");
    assert_eq!(changes(store, before).await, Some((before + 1, tags(&["comments", "post:calf"]))), "an answer");

    let before = seen().await;
    store.mark_spam(id, "test", at(0)).await.expect("marks");
    assert_eq!(changes(store, before).await, Some((before + 1, tags(&["comments", "post:calf"]))), "spam");

    let before = seen().await;
    store.trash(id, "test", at(0)).await.expect("trashes");
    assert_eq!(changes(store, before).await, Some((before + 1, tags(&["comments", "post:calf"]))), "trash");

    let before = seen().await;
    store.place_comment(&ThreadKey::post("toes"), &placed("Lisa", None, false), "demo").await.expect("places");
    assert_eq!(changes(store, before).await, Some((before + 1, tags(&["comments", "post:toes"]))), "place");
}

async fn a_blocked_sender_makes_nothing_stale(database: Database) {
    let store = &database.store;
    let id = add(store, &sent("Held")).await;
    let seen = store.revision().await.expect("answers");
    let block = Block::parse("email", "ana@example.org").expect("is valid");
    store.block_because(id, &block, "test", at(0)).await.expect("blocks");
    assert_eq!(changes(store, seen).await, None);
}

async fn a_held_comment_makes_no_thread_stale(database: Database) {
    let before = database.store.revision().await.expect("answers");
    add(&database.store, &sent("Held")).await;
    let Some((_, Stale::Tags(tags))) = changes(&database.store, before).await else { panic!("a tag") };
    assert!(!tags.iter().any(|tag| tag.starts_with("post:") || tag == "comments"), "{tags:?}");
}

async fn several_changes_are_reported_together(database: Database) {
    let store = &database.store;
    add_approved(store, &sent("Known")).await;
    let before = store.revision().await.expect("answers");
    for (slug, text) in [("hips", "One"), ("calf", "Two"), ("hips", "Three")] {
        add(store, &under(slug, sent(text))).await;
    }
    assert_eq!(changes(store, before).await, Some((before + 3, tags(&["comments", "post:calf", "post:hips"]))));
    assert_eq!(changes(store, before + 2).await, Some((before + 3, tags(&["comments", "post:hips"]))));
}

async fn an_instance_too_far_behind_purges_everything(database: Database) {
    let store = &database.store;
    let before = store.revision().await.expect("answers");
    add(store, &sent("One")).await;
    add(store, &sent("Two")).await;
    // As the trimming of old changes leaves it.
    database.run("DELETE FROM changes WHERE revision = (SELECT MIN(revision) FROM changes)").await;
    assert_eq!(changes(store, before).await, Some((before + 2, Stale::Everything)));
    assert!(matches!(changes(store, before + 1).await, Some((_, Stale::Tags(_)))), "who saw the first is not behind");
}

async fn a_restored_database_makes_everything_stale(database: Database) {
    add(&database.store, &by("bo", sent("One"))).await;
    let now = database.store.revision().await.expect("answers");
    assert_eq!(changes(&database.store, now + 5).await, Some((now, Stale::Everything)));
}

async fn every_instance_gets_the_first_secret(database: Database) {
    let second = database.again().await;
    let first = database.store.secret(b"the first").await.expect("answers");
    assert_eq!(first, b"the first");
    assert_eq!(database.store.secret(b"another").await.expect("answers"), first);
    assert_eq!(second.secret(b"a third").await.expect("answers"), first);
    second.close().await;
}
