//! Retention: spam and trash are erased when their time is over, and nothing else is.

use instep::{
    domain::comment::{Status, Wish},
    store::{Forgotten, Store},
};
use jiff::{SignedDuration, Timestamp};

use super::{add, add_approved, answer_to, at, by, sent, status_of, thread_ids};
use crate::support::database::{Database, on_both_engines, on_sqlite};

on_both_engines!(
    spam_goes_after_15_days_and_trash_after_30,
    learned_words_stay_after_their_comment_is_deleted,
    more_comments_than_one_batch_are_erased,
    the_text_before_an_edit_is_kept_for_a_day_and_not_longer_than_its_comment,
);

fn days(days: i64) -> Timestamp {
    at(0) + SignedDuration::from_hours(24 * days)
}

/// Comments that were erased: spam, trash.
async fn forget(store: &Store, now: Timestamp) -> (u64, u64) {
    let Forgotten { spam, trash, .. } = store.forget_expired(now).await.expect("forgets");
    (spam, trash)
}

async fn is_erased(store: &Store, id: i64) -> bool {
    store.comment(id).await.expect("its place").is_erased()
}

async fn spam_goes_after_15_days_and_trash_after_30(database: Database) {
    let store = &database.store;
    let shown = add_approved(store, &sent("Shown")).await;
    let held = add(store, &by("stranger", sent("Held"))).await;
    let mut wished = by("bot", sent("Spam"));
    wished.new.email = Some("bot@example.org".into());
    wished.new.wish = Wish::Thread;
    let spam = add(store, &wished).await;
    let trash = add_approved(store, &sent("Trash")).await;
    let answer = add_approved(store, &answer_to(trash, "An answer")).await;
    // Sent long before it is judged: the time counts from when it was thrown out.
    store.mark_spam(spam, "test", days(5)).await.expect("marks");
    store.trash(trash, "test", days(5)).await.expect("trashes");
    // Taken back in time.
    store.trash(shown, "test", days(1)).await.expect("trashes");
    store.approve(shown, "test", days(29)).await.expect("approves");

    assert_eq!(forget(store, days(20)).await, (0, 0));
    let second = SignedDuration::from_secs(1);
    assert_eq!(forget(store, days(20) + second).await, (1, 0));
    assert!(is_erased(store, spam).await && !is_erased(store, trash).await);
    assert_eq!(database.number("SELECT COUNT(*) FROM subscriptions").await, 0);
    assert_eq!(database.number("SELECT COUNT(*) FROM outbox WHERE comment_id = 3 AND outcome IS NULL").await, 0);
    assert_eq!(forget(store, days(35)).await, (0, 0));
    assert_eq!(forget(store, days(35) + second).await, (0, 1));
    assert_eq!(forget(store, days(400)).await, (0, 0), "the others stay for good");
    assert!(is_erased(store, trash).await);
    for id in [spam, trash] {
        assert_eq!(status_of(store, id).await, Status::Trash);
        assert!(store.approve(id, "test", days(400)).await.is_err(), "nothing is left to show");
    }
    let whole = "SELECT COUNT(*) FROM comments WHERE text <> '' AND name <> '' AND commenter IS NOT NULL";
    assert_eq!(database.number(whole).await, 3);
    assert_eq!(status_of(store, held).await, Status::Held);
    // The answer keeps its place, below the number that is left.
    assert_eq!(thread_ids(store, &["calf"], None).await, [shown, trash, answer]);
    let listed = store.list_comments(None).await.expect("lists");
    assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [shown, held, answer]);
}

async fn learned_words_stay_after_their_comment_is_deleted(database: Database) {
    let store = &database.store;
    let spam = add(store, &by("bot", sent("Subscribe to my channel"))).await;
    store.mark_spam(spam, "test", at(0)).await.expect("marks");
    let words = "SELECT COUNT(*) FROM learned_features WHERE spam = 1";
    let learned = database.number(words).await;
    assert!(learned > 0);
    assert_eq!(forget(store, days(16)).await, (1, 0));
    assert_eq!(database.number("SELECT learned_spam FROM site").await, 1);
    assert_eq!(database.number(words).await, learned);
    assert_eq!(database.number("SELECT COUNT(*) FROM learned_comments").await, 0, "who said them is forgotten");
    store.trash(spam, "test", days(17)).await.expect_err("nothing is left of it");
    assert_eq!(database.number(words).await, learned);
}

async fn more_comments_than_one_batch_are_erased(database: Database) {
    let store = &database.store;
    for number in 0..210 {
        let id = add(store, &by("bot", sent(&format!("Number {number}")))).await;
        store.mark_spam(id, "test", at(0)).await.expect("marks");
    }
    assert_eq!(forget(store, days(16)).await, (210, 0));
}

/// By default, SQLite frees space without overwriting it, and its log contains earlier data.
#[tokio::test]
async fn an_erased_comment_is_not_in_the_database_files() {
    on_sqlite(async |database| {
        let store = &database.store;
        let signed = |commenter: &str, text: &str| {
            let mut sent = by(commenter, sent(text));
            sent.new.email = Some(format!("{commenter}@secret.example"));
            sent
        };
        let short = add_approved(store, &signed("lisa", "secret word")).await;
        // Too long for one page of the file.
        let long = add_approved(store, &signed("bo", &"secret words and more of them ".repeat(300))).await;
        let stays = add_approved(store, &sent("What stays")).await;
        let thrown_out = add(store, &signed("bot", "secret spam, a whole line")).await;
        store.mark_spam(thrown_out, "test", at(0)).await.expect("marks");

        for id in [short, long] {
            store.erase(id, "test", at(0)).await.expect("erases");
        }
        let traces = database.traces(&["secret word", "lisa@secret.example", "bo@secret.example"]);
        assert_eq!(traces, Vec::<String>::new());
        assert_eq!(database.traces(&["secret spam, a", "What stays"]).len(), 2);
        assert_eq!(forget(store, days(20)).await, (1, 0));
        // Its words and pairs of words are what the filter has learned.
        assert_eq!(database.traces(&["secret spam, a", "bot@secret.example"]), Vec::<String>::new());
        assert_eq!(store.comment(stays).await.expect("is there").text, "What stays");
    })
    .await;
}

async fn the_text_before_an_edit_is_kept_for_a_day_and_not_longer_than_its_comment(database: Database) {
    let store = &database.store;
    let kept = "SELECT COUNT(*) FROM moderation_log WHERE detail IS NOT NULL";
    let id = add_approved(store, &sent("With a telephone number")).await;
    store.edit_text(id, "Without it", "account:1", days(1)).await.expect("edits");
    forget(store, days(2)).await;
    assert_eq!(database.number(kept).await, 1);
    forget(store, days(2) + SignedDuration::from_secs(1)).await;
    assert_eq!(database.number(kept).await, 0);
    store.edit_text(id, "Other words", "account:1", days(3)).await.expect("edits");
    store.erase(id, "its writer", days(3)).await.expect("erases");
    assert_eq!(database.number(kept).await, 0);
    assert!(store.undo("account:1", days(3), days(3)).await.is_err(), "nothing is left to bring back");
    assert!(is_erased(store, id).await);
}
