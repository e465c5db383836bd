//! Decisions of the author: statuses, answers, placed comments, each with its row in the log.

use instep::{
    domain::comment::{Comment, Status, ThreadKey},
    store::{Moderated, Outcome, StoreError},
};

use super::{add, add_approved, answer_to, at, by, placed, sent, status_of, thread_ids, traces, under};
use crate::support::database::{Database, LogRow, on_both_engines};

on_both_engines!(
    every_act_sets_the_status_and_leaves_a_row,
    the_same_act_twice_leaves_one_row,
    an_erased_comment_is_gone_and_keeps_its_place,
    an_act_on_a_missing_comment_changes_nothing,
    an_answer_of_the_author_is_approved_at_once,
    a_comment_that_is_not_approved_cannot_be_answered,
    a_placed_comment_is_stored_unchanged,
    a_mail_that_was_dropped_is_due_when_its_comment_is_approved_again,
);

fn row(actor: &str, act: &str, before: Option<&str>, after: &str, seconds: i64) -> LogRow {
    (actor.into(), act.into(), before.map(str::to_owned), after.into(), at(seconds).as_millisecond())
}

async fn every_act_sets_the_status_and_leaves_a_row(database: Database) {
    let store = &database.store;
    let id = add(store, &under("hips", sent("Judge me"))).await;
    let moderated = |before, after, seconds| Moderated { id, tag: "post:hips".into(), before, after, at: at(seconds) };
    let done = store.approve(id, "ana", at(1)).await.expect("approves");
    assert_eq!(done, moderated(Status::Held, Status::Approved, 1));
    assert_eq!(status_of(store, id).await, Status::Approved);
    let done = store.mark_spam(id, "shell", at(2)).await.expect("marks");
    assert_eq!(done, moderated(Status::Approved, Status::Spam, 2));
    assert_eq!(status_of(store, id).await, Status::Spam);
    let done = store.trash(id, "ana", at(3)).await.expect("trashes");
    assert_eq!(done, moderated(Status::Spam, Status::Trash, 3));
    assert_eq!(status_of(store, id).await, Status::Trash);
    assert_eq!(
        database.log_of(id).await,
        [
            row("ana", "approve", Some("held"), "approved", 1),
            row("shell", "spam", Some("approved"), "spam", 2),
            row("ana", "trash", Some("spam"), "trash", 3),
        ]
    );
}

async fn the_same_act_twice_leaves_one_row(database: Database) {
    let id = add_approved(&database.store, &sent("Once")).await;
    let again = database.store.approve(id, "ana", at(5)).await.expect("answers");
    assert_eq!((again.before, again.after), (Status::Approved, Status::Approved));
    assert_eq!(database.log_of(id).await.len(), 1);
}

async fn an_erased_comment_is_gone_and_keeps_its_place(database: Database) {
    let store = &database.store;
    let new = placed("Lisa", None, false);
    let id = store.place_comment(&ThreadKey::post("calf"), &new, "test").await.expect("places");
    let answer = add_approved(store, &answer_to(id, "An answer")).await;
    let before = store.revision().await.expect("answers");
    let done = store.erase(id, "shell", at(4)).await.expect("erases");
    assert_eq!((done.tag.as_str(), done.before, done.after), ("post:calf", Status::Approved, Status::Trash));
    assert_eq!(store.revision().await.expect("answers"), before + 1);
    let left = store.comment(id).await.expect("its number");
    assert_eq!((left.name.as_str(), left.text.as_str(), left.email, left.site), ("", "", None, None));
    let sql =
        "SELECT COUNT(*) FROM comments WHERE text = '' AND commenter IS NULL AND address IS NULL AND network IS NULL";
    assert_eq!(database.number(sql).await, 1, "no fingerprint is left");
    assert_eq!(thread_ids(store, &["calf"], None).await, [id, answer], "its answer keeps its place");
    assert_eq!(database.log_of(id).await.last(), Some(&row("shell", "erase", Some("approved"), "trash", 4)));
    let again = store.approve(id, "shell", at(5)).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    // Also what was thrown out before.
    store.trash(answer, "shell", at(6)).await.expect("trashes");
    store.erase(answer, "shell", at(7)).await.expect("erases");
    assert_eq!(store.comment(answer).await.expect("its number").text, "");
}

async fn an_act_on_a_missing_comment_changes_nothing(database: Database) {
    let store = &database.store;
    let id = add(store, &sent("Here")).await;
    let before = traces(&database).await;
    assert!(matches!(store.approve(id + 1, "ana", at(0)).await, Err(StoreError::NotFound)));
    assert!(matches!(store.mark_spam(id + 1, "ana", at(0)).await, Err(StoreError::NotFound)));
    assert!(matches!(store.trash(id + 1, "ana", at(0)).await, Err(StoreError::NotFound)));
    assert!(matches!(store.erase(id + 1, "ana", at(0)).await, Err(StoreError::NotFound)));
    let answered = store.reply_as_author(id + 1, "Jo", None, "Hm", "ana", at(0)).await;
    assert!(matches!(answered, Err(StoreError::NotFound)), "{answered:?}");
    assert_eq!(traces(&database).await, before);
    assert_eq!(database.number("SELECT COUNT(*) FROM moderation_log").await, 0);
}

async fn an_answer_of_the_author_is_approved_at_once(database: Database) {
    let store = &database.store;
    let parent = add_approved(store, &under("hips", sent("A question"))).await;
    let site = Some("https://jo.example");
    let id = store.reply_as_author(parent, "Jo", site, "An answer", "shell", at(9)).await.expect("answers");
    let expected = Comment {
        id,
        thread_kind: "post".into(),
        thread_slug: "hips".into(),
        parent_id: Some(parent),
        name: "Jo".into(),
        site: site.map(str::to_owned),
        text: "An answer".into(),
        status: Status::Approved,
        by_author: true,
        created_at: at(9),
        ..Comment::default()
    };
    assert_eq!(store.comment(id).await.expect("is there"), expected);
    assert_eq!(thread_ids(store, &["hips"], None).await, [parent, id]);
    assert_eq!(database.log_of(id).await, [row("shell", "reply", None, "approved", 9)]);
}

async fn a_comment_that_is_not_approved_cannot_be_answered(database: Database) {
    let store = &database.store;
    let held = add(store, &by("stranger", sent("Held"))).await;
    let gone = add_approved(store, &sent("Gone")).await;
    store.trash(gone, "test", at(0)).await.expect("trashes");
    let before = traces(&database).await;
    for (id, words) in [(held, "held"), (gone, "trash")] {
        let answered = store.reply_as_author(id, "Jo", None, "An answer", "shell", at(0)).await;
        let Err(StoreError::Conflict(sentence)) = answered else { panic!("{answered:?}") };
        let help = format!("instep comments approve {id}");
        assert!(sentence.contains(words) && sentence.contains(&help), "{sentence}");
    }
    assert_eq!(traces(&database).await, before);
}

async fn a_placed_comment_is_stored_unchanged(database: Database) {
    let store = &database.store;
    let key = ThreadKey::post("calf");
    let first = store.place_comment(&key, &placed("Lisa", None, false), "demo").await.expect("places");
    let answer = store.place_comment(&key, &placed("Jo", Some(first), true), "demo").await.expect("places");
    assert_eq!(store.comment(first).await.expect("is there"), Comment { id: first, ..placed("Lisa", None, false) });
    assert_eq!(
        store.comment(answer).await.expect("is there"),
        Comment { id: answer, ..placed("Jo", Some(first), true) }
    );
    assert_eq!(database.log_of(answer).await, [row("demo", "place", None, "approved", -86_400)]);
    assert_eq!(thread_ids(store, &["calf"], None).await, [first, answer]);
}

async fn a_mail_that_was_dropped_is_due_when_its_comment_is_approved_again(database: Database) {
    let store = &database.store;
    let id = add_approved(store, &sent("Announce me")).await;
    let settle = async |seconds: i64, outcome: Outcome| {
        let mut announced = 0;
        while let Some(mail) = store.claim_mail("me", at(seconds), at(seconds + 120)).await.expect("answers") {
            announced += i32::from(mail.about == format!("announce:{id}"));
            store.settle_mail(mail.id, "me", &outcome, at(seconds)).await.expect("settles");
        }
        announced
    };
    // The outbox worker found it hidden.
    assert_eq!(settle(1, Outcome::Dropped("readers do not see it".into())).await, 1);
    store.mark_spam(id, "test", at(2)).await.expect("marks");
    assert_eq!(settle(3, Outcome::Sent).await, 0);
    store.approve(id, "test", at(4)).await.expect("approves");
    assert_eq!(settle(5, Outcome::Sent).await, 1, "it is announced after all");
    store.trash(id, "test", at(6)).await.expect("trashes");
    store.approve(id, "test", at(7)).await.expect("approves");
    assert_eq!(settle(8, Outcome::Sent).await, 0, "it is announced once");
}
