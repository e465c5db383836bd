//! Own comments and their edits.

use std::sync::Arc;

use instep::{
    domain::{
        comment::Status,
        verdict::{Rates, Refusal, Rules, blocks::Block},
    },
    store::{Edited, Sent, StoreError, WRITER},
};
use jiff::SignedDuration;

use super::{EASY, add, add_approved, at, by, sent, status_of, traces, under};
use crate::support::database::{Database, on_both_engines};

on_both_engines!(
    a_commenter_sees_only_own_comments,
    an_edit_is_stored_logged_and_told,
    an_edit_that_changes_nothing_leaves_no_trace,
    a_comment_of_another_writer_or_a_missing_one_cannot_be_edited,
    removed_and_old_comments_cannot_be_edited,
    an_edit_to_a_text_sent_elsewhere_is_held,
    two_edits_need_a_gap,
    an_edit_after_its_mail_was_claimed_queues_another_mail,
);

fn edit(text: &str, seconds: i64) -> Sent {
    Sent { rules: Arc::new(Rules { max_links: 2, ..Rules::default() }), at: at(seconds), ..sent(text) }
}

async fn a_commenter_sees_only_own_comments(database: Database) {
    let store = &database.store;
    let first = add(store, &sent("First")).await;
    let second = add_approved(store, &under("hips", sent("Second"))).await;
    let other = add(store, &by("bo", sent("Bo's"))).await;
    let own = store.comments_of("ana").await.expect("answers");
    assert_eq!(own.iter().map(|own| own.id).collect::<Vec<_>>(), [second, first]);
    assert_eq!(store.comment_of("ana", second).await.expect("is theirs").text, "Second");
    for (who, id) in [("ana", other), ("bo", first), ("", first), ("ana", 999)] {
        assert!(matches!(store.comment_of(who, id).await, Err(StoreError::NotFound)), "{who} {id}");
    }
    store.erase(first, WRITER, at(1)).await.expect("erases");
    assert_eq!(store.comments_of("ana").await.expect("answers").len(), 1);
    assert!(matches!(store.comment_of("ana", first).await, Err(StoreError::NotFound)));
}

async fn an_edit_is_stored_logged_and_told(database: Database) {
    let store = &database.store;
    let id = add_approved(store, &sent("Befor")).await;
    let seen = store.revision().await.expect("answers");
    let edited = store.edit_comment(id, &edit("Before", 60)).await.expect("edits");
    assert_eq!(edited, Edited::Stored { tag: "post:calf".into(), status: Status::Approved });
    let comment = store.comment(id).await.expect("is there");
    assert_eq!((comment.text.as_str(), comment.edited_at, comment.created_at), ("Before", Some(at(60)), at(0)));
    let changes = store.changes_since(seen).await.expect("answers").expect("something changed");
    assert_eq!(
        changes.stale,
        instep::store::Stale::Tags(vec!["comments".to_owned(), "post:calf".to_owned()]),
        "every copy hears of it"
    );
    let acts: Vec<_> = database.log_of(id).await.into_iter().map(|row| (row.0, row.1, row.3)).collect();
    assert_eq!(acts[1], (WRITER.to_owned(), "edit".to_owned(), "approved".to_owned()));

    let suspicious = "http://a.example http://b.example http://c.example";
    let edited = store.edit_comment(id, &edit(suspicious, 61)).await.expect("edits");
    assert_eq!(edited, Edited::Stored { tag: "post:calf".into(), status: Status::Held });
    assert_eq!(store.list_comments(Some(Status::Held)).await.expect("lists")[0].explained(), ["links 3"]);
}

async fn an_edit_that_changes_nothing_leaves_no_trace(database: Database) {
    let id = add_approved(&database.store, &sent("Fine")).await;
    let before = traces(&database).await;
    database.store.edit_comment(id, &edit("Fine", 1)).await.expect("answers");
    assert_eq!(traces(&database).await, before);
    assert_eq!(database.store.comment(id).await.expect("is there").edited_at, None);
}

async fn a_comment_of_another_writer_or_a_missing_one_cannot_be_edited(database: Database) {
    let store = &database.store;
    let other = add_approved(store, &by("bo", sent("Bo's"))).await;
    let before = traces(&database).await;
    for id in [other, 999] {
        assert!(matches!(store.edit_comment(id, &edit("Mine now", 1)).await, Err(StoreError::NotFound)));
    }
    assert_eq!(store.comment(other).await.expect("is there").text, "Bo's");
    assert_eq!(traces(&database).await, before);
}

async fn removed_and_old_comments_cannot_be_edited(database: Database) {
    let store = &database.store;
    let old = add_approved(store, &sent("Old")).await;
    let last = store.edit_comment(old, &edit("Just in time", 15 * 60 - 1)).await.expect("answers");
    assert!(matches!(last, Edited::Stored { .. }));
    assert_eq!(store.edit_comment(old, &edit("Late", 15 * 60)).await.expect("answers"), Edited::TooLate);
    let spam = add(store, &under("hips", sent("Spam"))).await;
    store.mark_spam(spam, "test", at(1)).await.expect("marks");
    assert_eq!(store.edit_comment(spam, &edit("Not spam", 2)).await.expect("answers"), Edited::TooLate);
    assert_eq!(status_of(store, spam).await, Status::Spam);
}

async fn an_edit_to_a_text_sent_elsewhere_is_held(database: Database) {
    let store = &database.store;
    let long = "A text that is long enough to be known again wherever it stands";
    let id = add_approved(store, &sent(long)).await;
    let punctuated = format!("{long}!");
    let edited = store.edit_comment(id, &edit(&punctuated, 1)).await.expect("edits");
    assert!(matches!(edited, Edited::Stored { status: Status::Approved, .. }), "{edited:?}");
    let other = add_approved(store, &under("hips", sent("Quite another"))).await;
    store.edit_comment(other, &edit(long, 2)).await.expect("edits");
    assert_eq!(status_of(store, other).await, Status::Held);
}

async fn two_edits_need_a_gap(database: Database) {
    let store = &database.store;
    let id = add_approved(store, &sent("One")).await;
    let rates = Rates { gap: SignedDuration::from_secs(15), ..EASY };
    let hurried = |text, seconds| Sent { rates, ..edit(text, seconds) };
    store.edit_comment(id, &hurried("Two", 1)).await.expect("edits");
    let refused = store.edit_comment(id, &hurried("Three", 6)).await.expect("answers");
    assert_eq!(refused, Edited::Refused(Refusal::TooFast(SignedDuration::from_secs(10))));
    assert_eq!(store.comment(id).await.expect("is there").text, "Two");
    store.block(&network(), "", "test", at(7)).await.expect("blocks");
    let refused = store.edit_comment(id, &hurried("Three", 16)).await.expect("answers");
    assert!(matches!(refused, Edited::Refused(Refusal::Blocked(_))), "{refused:?}");
}

/// Network of all commenters in these tests.
fn network() -> Block {
    Block::network(&sent("").sender.ip.to_string()).expect("a network")
}

async fn an_edit_after_its_mail_was_claimed_queues_another_mail(database: Database) {
    let store = &database.store;
    let id = add_approved(store, &sent("Fine")).await;
    let links = "http://a.example http://b.example http://c.example";
    let mails = async || database.number("SELECT COUNT(*) FROM outbox WHERE kind = 'author'").await;
    store.edit_comment(id, &edit(links, 1)).await.expect("edits");
    assert_eq!((status_of(store, id).await, mails().await), (Status::Held, 1), "the first has not left");
    store.approve(id, "test", at(2)).await.expect("approves");
    let claimed = store.claim_mail("worker", at(3), at(120)).await.expect("answers").expect("a mail");
    assert_eq!(claimed.about, format!("author:{id}"));
    store.edit_comment(id, &edit(&format!("{links} http://d.example"), 4)).await.expect("edits");
    assert_eq!(mails().await, 2, "what is written already cannot tell of it");
}
