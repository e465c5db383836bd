//! Adding a comment: its verdict, its parent, duplicates, its number.

use instep::{
    domain::{
        comment::{Comment, NewComment, Reading, Status, ThreadKey, Wish},
        stamp::StampState,
        verdict::Circumstances,
    },
    store::{Added, Sender, Sent},
};

use super::{FINE, add, add_approved, answer_to, at, by, sent, status_of, traces, under};
use crate::support::database::{Database, on_both_engines};

on_both_engines!(
    a_comment_is_stored_as_it_was_sent,
    a_first_comment_is_held_and_the_next_after_approval_passes,
    a_commenter_is_known_by_the_cookie_alone,
    a_revoked_approval_no_longer_counts,
    every_reason_is_stored_with_the_comment,
    an_identical_comment_is_a_duplicate_of_the_first,
    a_slightly_different_comment_is_no_duplicate,
    a_parent_must_exist_be_approved_and_be_in_the_same_thread,
    a_parent_may_stand_under_an_older_slug_of_the_post,
    a_comment_id_is_never_used_again,
    twenty_comments_at_once_are_all_stored,
);

async fn a_comment_is_stored_as_it_was_sent(database: Database) {
    let parent = add_approved(&database.store, &sent("First")).await;
    let new = NewComment {
        name: "Zoë 🏃 O'Neil".into(),
        email: Some("zoe@example.org".into()),
        site: Some("https://zoe.example".into()),
        text: "Über \"alles\"; DROP TABLE comments; --\nnext line".into(),
        reading: Reading::default(),
        parent: Some(parent),
        wish: Wish::Nothing,
    };
    let id = add(&database.store, &Sent { new: new.clone(), at: at(7), ..by("zoe", sent("")) }).await;
    let expected = Comment {
        id,
        thread_kind: "post".into(),
        thread_slug: "calf".into(),
        parent_id: Some(parent),
        name: new.name,
        email: new.email,
        site: new.site,
        text: new.text,
        status: Status::Held,
        reasons: "first-comment".into(),
        commenter: Some("zoe".into()),
        created_at: at(7),
        ..Comment::default()
    };
    assert_eq!(database.store.comment(id).await.expect("is there"), expected);
}

async fn a_first_comment_is_held_and_the_next_after_approval_passes(database: Database) {
    let store = &database.store;
    let first = store.add_comment(&sent("First")).await.expect("answers");
    let Added::Stored(id, Status::Held) = first else { panic!("{first:?}") };
    let second = store.add_comment(&sent("Second")).await.expect("answers");
    assert!(matches!(second, Added::Stored(_, Status::Held)), "{second:?}: nothing was approved yet");
    store.approve(id, "test", at(0)).await.expect("approves");
    let third = store.add_comment(&under("hips", sent("Third"))).await.expect("answers");
    assert!(matches!(third, Added::Stored(_, Status::Approved)), "{third:?}: known under every post");
}

async fn a_commenter_is_known_by_the_cookie_alone(database: Database) {
    let store = &database.store;
    add_approved(store, &sent("First")).await;
    for stranger in [
        // The same name and address under another cookie.
        by("mallory", sent("Me again")),
        // No cookie came with the request: the fresh one has no history.
        Sent {
            sender: Sender { commenter: "fresh".into(), is_returning: false, ..sent("").sender },
            ..sent("And again")
        },
    ] {
        let added = store.add_comment(&stranger).await.expect("answers");
        assert!(matches!(added, Added::Stored(_, Status::Held)), "{stranger:?}: {added:?}");
    }
}

async fn a_revoked_approval_no_longer_counts(database: Database) {
    let store = &database.store;
    let id = add_approved(store, &sent("First")).await;
    store.mark_spam(id, "test", at(0)).await.expect("marks");
    let next = add(store, &sent("Second")).await;
    assert_eq!(status_of(store, next).await, Status::Held);
}

async fn every_reason_is_stored_with_the_comment(database: Database) {
    let store = &database.store;
    let cases = [
        ("ana", FINE, "first-comment"),
        ("ana", Circumstances { stamp: StampState::Missing, ..FINE }, "first-comment stamp-missing"),
        ("known", FINE, ""),
        ("known", Circumstances { stamp: StampState::Missing, ..FINE }, "stamp-missing"),
        ("known", Circumstances { stamp: StampState::Forged, ..FINE }, "stamp-forged"),
        ("known", Circumstances { stamp: StampState::Old, ..FINE }, "stamp-old"),
        ("known", Circumstances { honeypot_filled: true, ..FINE }, "honeypot"),
        (
            "known",
            Circumstances { stamp: StampState::Old, honeypot_filled: true, poses_as_author: true, ..FINE },
            "stamp-old honeypot author-name",
        ),
    ];
    add_approved(store, &by("known", sent("Hello"))).await;
    for (at, (commenter, circumstances, reasons)) in cases.into_iter().enumerate() {
        let id = add(store, &Sent { circumstances, ..by(commenter, sent(&format!("Case {at}"))) }).await;
        let listed = store.list_comments(None).await.expect("lists");
        let listed = listed.iter().find(|comment| comment.id == id).expect("is listed");
        assert_eq!(listed.reasons, reasons);
        let expected = if reasons.is_empty() { Status::Approved } else { Status::Held };
        assert_eq!(listed.status, expected, "{reasons}");
    }
}

async fn an_identical_comment_is_a_duplicate_of_the_first(database: Database) {
    let store = &database.store;
    let id = add(store, &sent("Twice")).await;
    let before = traces(&database).await;
    let again = |seconds| Sent { at: at(seconds), ..sent("Twice") };
    assert_eq!(store.add_comment(&again(599)).await.expect("answers"), Added::Duplicate(id, Status::Held));
    store.approve(id, "test", at(0)).await.expect("approves");
    assert_eq!(store.add_comment(&again(599)).await.expect("answers"), Added::Duplicate(id, Status::Approved));
    assert_eq!(traces(&database).await.0, before.0);
    // Ten minutes later it may be meant.
    assert!(matches!(store.add_comment(&again(600)).await.expect("answers"), Added::Stored(other, _) if other != id));
}

async fn a_slightly_different_comment_is_no_duplicate(database: Database) {
    let store = &database.store;
    let parent = add_approved(store, &by("lisa", sent("Parent"))).await;
    let id = add(store, &sent("Same")).await;
    let renamed = NewComment { name: "Bo".into(), ..sent("Same").new };
    for other in [
        by("bo", sent("Same")),
        under("hips", sent("Same")),
        sent("same"),
        answer_to(parent, "Same"),
        Sent { new: renamed, ..sent("") },
    ] {
        assert_ne!(add(store, &other).await, id, "{other:?}");
    }
}

async fn a_parent_must_exist_be_approved_and_be_in_the_same_thread(database: Database) {
    let store = &database.store;
    let elsewhere = add_approved(store, &under("hips", sent("Elsewhere"))).await;
    let held = add(store, &by("stranger", sent("Held"))).await;
    let spam = add_approved(store, &sent("Spam")).await;
    store.mark_spam(spam, "test", at(0)).await.expect("marks");
    let gone = add_approved(store, &sent("Gone")).await;
    store.trash(gone, "test", at(0)).await.expect("trashes");
    let before = traces(&database).await;
    for (parent, why) in [
        (999_999, "never there"),
        (-1, "no number"),
        (elsewhere, "another thread"),
        (held, "held"),
        (spam, "spam"),
        (gone, "trash"),
    ] {
        let added = store.add_comment(&answer_to(parent, "An answer")).await.expect("answers");
        assert_eq!(added, Added::ParentGone, "{why}");
    }
    assert_eq!(traces(&database).await, before, "what is refused leaves no trace");
    let parent = add_approved(store, &sent("Parent")).await;
    let id = add(store, &answer_to(parent, "An answer")).await;
    assert_eq!(store.comment(id).await.expect("is there").parent_id, Some(parent));
}

async fn a_parent_may_stand_under_an_older_slug_of_the_post(database: Database) {
    let old = add_approved(&database.store, &under("calves", sent("Under the old slug"))).await;
    let answer = answer_to(old, "An answer");
    let both = vec![answer.thread.clone(), ThreadKey::post("calves")];
    let id = add(&database.store, &Sent { parent_threads: both, ..answer }).await;
    let kept = database.store.comment(id).await.expect("is there");
    assert_eq!((kept.parent_id, kept.thread_slug.as_str()), (Some(old), "calf"));
}

async fn a_comment_id_is_never_used_again(database: Database) {
    let first = add(&database.store, &sent("First")).await;
    let last = add(&database.store, &sent("Last")).await;
    database.run("DELETE FROM comments").await;
    let next = add(&database.store, &sent("Next")).await;
    assert!(first < last && last < next, "{first}, {last}, {next}");
}

async fn twenty_comments_at_once_are_all_stored(database: Database) {
    let second = database.again().await;
    let before = database.store.revision().await.expect("answers");
    let adding: Vec<_> = (0..20)
        .map(|number| {
            let store = if number % 2 == 0 { database.store.clone() } else { second.clone() };
            tokio::spawn(async move { store.add_comment(&by(&format!("visitor {number}"), sent("At once"))).await })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for added in adding {
        match added.await.expect("does not panic").expect("answers") {
            Added::Stored(id, Status::Held) => assert!(ids.insert(id), "{id} twice"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ids.len(), 20);
    let transactions = database.store.revision().await.expect("answers") - before;
    assert!((1..=20).contains(&transactions), "{transactions}: those who arrive together share one");
    let told = "SELECT COUNT(DISTINCT revision) FROM changes";
    assert_eq!(database.number(told).await, transactions, "each revision leaves a tag");
    second.close().await;
}
