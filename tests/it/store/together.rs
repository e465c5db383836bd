//! Comments that arrive while others are being written: they share a transaction, and get the same verdicts as one by
//! one.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

use instep::{
    domain::{
        comment::Status,
        verdict::{Rates, Refusal},
    },
    store::{Added, Sent, Store, StoreError},
};
use jiff::Timestamp;

use super::{EASY, answer_to, by, sent};
use crate::support::database::{Database, on_both_engines};

on_both_engines!(
    simultaneous_comments_share_a_transaction,
    each_comment_of_a_transaction_sees_those_before_it,
    one_failed_comment_does_not_harm_the_others,
    a_database_error_is_reported_to_all_waiting_comments,
    a_comment_is_stored_after_its_client_has_gone,
    after_a_panic_the_comments_that_wait_are_stored,
);

type Answer = Result<Added, StoreError>;

/// Adds all comments at once while writers are blocked, so that those after the first wait together.
async fn add_together(database: &Database, all: &[Sent]) -> Vec<Answer> {
    let held = database.hold_writers().await;
    let mut adding: Vec<Pin<Box<dyn Future<Output = Answer> + '_>>> = Vec::new();
    for sent in all {
        adding.push(Box::pin(database.store.add_comment(sent)));
    }
    have_begun(&mut adding).await;
    held.release().await;
    let mut answers = Vec::new();
    for one in adding {
        answers.push(one.await);
    }
    answers
}

/// Polls each future once, so that all comments are in the queue.
async fn have_begun(adding: &mut [Pin<Box<dyn Future<Output = Answer> + '_>>]) {
    poll_fn(|context| {
        for one in &mut *adding {
            assert!(one.as_mut().poll(context).is_pending(), "nobody can write");
        }
        Poll::Ready(())
    })
    .await;
}

async fn simultaneous_comments_share_a_transaction(database: Database) {
    let before = database.store.revision().await.expect("answers");
    let all: Vec<Sent> = (0..200).map(|number| by(&format!("visitor {number}"), sent("At once"))).collect();
    let mut ids = Vec::new();
    for answer in add_together(&database, &all).await {
        match answer.expect("answers") {
            Added::Stored(id, Status::Held) => ids.push(id),
            other => panic!("{other:?}"),
        }
    }
    assert!(ids.is_sorted(), "first come, first served: {ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), 200);
    // The first few, taken while the others were still arriving, and three times 64 or the rest.
    let transactions = database.store.revision().await.expect("answers") - before;
    assert!((4..=5).contains(&transactions), "{transactions} transactions");
    let told = "SELECT COUNT(DISTINCT revision) FROM changes";
    assert_eq!(database.number(told).await, transactions, "each revision leaves a tag");
}

async fn each_comment_of_a_transaction_sees_those_before_it(database: Database) {
    let rates = Rates { per_window: 3, ..EASY };
    let all: Vec<Sent> = ["One", "One", "Two", "One", "Three", "Four", "Two"]
        .into_iter()
        .map(|text| Sent { rates, ..sent(text) })
        .collect();
    let answers: Vec<Added> =
        add_together(&database, &all).await.into_iter().map(|answer| answer.expect("answers")).collect();
    let [Added::Stored(one, _), same, Added::Stored(two, _), again, Added::Stored(..), refused, last] = &answers[..]
    else {
        panic!("{answers:?}")
    };
    assert_eq!(*same, Added::Duplicate(*one, Status::Held));
    assert_eq!(*again, Added::Duplicate(*one, Status::Held));
    assert!(matches!(refused, Added::Refused(Refusal::TooFast(_))), "{refused:?}");
    assert_eq!(*last, Added::Duplicate(*two, Status::Held));
    assert_eq!(database.number("SELECT COUNT(*) FROM comments").await, 3);
}

async fn one_failed_comment_does_not_harm_the_others(database: Database) {
    database
        .run_on_each(
            "CREATE TRIGGER no_poison BEFORE INSERT ON comments WHEN new.text = 'Poison'
             BEGIN SELECT RAISE(ABORT, 'poison'); END",
            "ALTER TABLE comments ADD CHECK (text <> 'Poison')",
        )
        .await;
    let all = [
        by("ana", sent("Fine")),
        by("bo", sent("Poison")),
        by("cleo", answer_to(999, "To nobody")),
        by("dan", sent("Poison")),
        by("eve", sent("Fine as well")),
    ];
    let answers = add_together(&database, &all).await;
    let [Ok(Added::Stored(..)), Err(_), Ok(Added::ParentGone), Err(_), Ok(Added::Stored(..))] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!(database.number("SELECT COUNT(*) FROM comments").await, 2);
}

async fn a_database_error_is_reported_to_all_waiting_comments(database: Database) {
    let all: Vec<Sent> = (0..10).map(|number| by(&format!("visitor {number}"), sent("Lost?"))).collect();
    database.run("ALTER TABLE site RENAME TO mislaid").await;
    let mut adding: Vec<_> = all.iter().map(|sent| Box::pin(database.store.add_comment(sent))).collect();
    for one in &mut adding {
        let error = one.await.expect_err("cannot be written").to_string();
        assert!(error.contains("the database reports an error"), "{error}");
    }
    database.run("ALTER TABLE mislaid RENAME TO site").await;
    assert_eq!(database.number("SELECT COUNT(*) FROM comments").await, 0);
    drop(adding);
    let added = database.store.add_comment(&all[0]).await.expect("is back");
    assert!(matches!(added, Added::Stored(..)), "{added:?}");
}

async fn a_comment_is_stored_after_its_client_has_gone(database: Database) {
    let held = database.hold_writers().await;
    let (first, second) = (by("ana", sent("Gone before the answer")), by("bo", sent("Waits")));
    {
        let mut adding = pin!(database.store.add_comment(&first));
        poll_fn(|context| {
            assert!(adding.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    }
    let store: Store = database.store.clone();
    let waiting = tokio::spawn(async move { store.add_comment(&second).await });
    held.release().await;
    // First come, first served: when this one has its answer, the one before it is on disk.
    waiting.await.expect("does not panic").expect("answers");
    assert_eq!(database.number("SELECT COUNT(*) FROM comments").await, 2);
}

async fn after_a_panic_the_comments_that_wait_are_stored(database: Database) {
    // No time is later than the last one, so the limits for its comment cannot be computed. Those in its transaction are
    // lost with it, at most 64; the others are not.
    let mut all = vec![Sent { at: Timestamp::MAX, ..by("bo", sent("Panics")) }];
    all.extend((0..100).map(|number| by(&format!("visitor {number}"), sent("Waits"))));
    let answers = add_together(&database, &all).await;
    assert!(matches!(answers[0], Err(StoreError::Interrupted)));
    let stored = answers.iter().filter(|answer| matches!(answer, Ok(Added::Stored(..)))).count();
    assert!(stored >= 101 - 64, "{stored} are stored");
    assert!(matches!(answers[100], Ok(Added::Stored(..))));
}
