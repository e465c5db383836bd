//! The clock was two days ahead for a while: times stored then are not trusted.

use instep::{
    domain::{
        comment::Wish,
        verdict::{Rates, Refusal},
    },
    store::{Added, Edited, Outcome, Sent},
};
use jiff::{SignedDuration, Timestamp};

use super::{EASY, add, at, by, sent};
use crate::support::database::{Database, on_both_engines};

on_both_engines!(
    comments_from_the_future_do_not_count_for_rates,
    an_edit_from_the_future_does_not_prevent_edits,
    leases_and_pauses_from_the_future_do_not_count,
    confirmation_mails_and_links_from_the_future_do_not_count,
    trash_from_the_future_is_kept_as_long_as_other_trash,
    a_digest_made_before_its_day_is_made_again,
    rows_stored_in_1970_are_as_old_as_the_correct_clock,
    fingerprints_from_the_future_are_deleted,
    a_mail_queued_hours_ahead_is_due_after_a_correction,
);

fn days(days: i64) -> Timestamp {
    at(0) + SignedDuration::from_hours(24 * days)
}

async fn comments_from_the_future_do_not_count_for_rates(database: Database) {
    let rates = Rates { gap: SignedDuration::from_secs(15), per_window: 2, network_per_window: 3 };
    for number in 0..3 {
        let ahead = by(&format!("visitor {number}"), sent(&format!("Ahead {number}")));
        add(&database.store, &Sent { rates: EASY, at: days(2), ..ahead }).await;
    }
    add(&database.store, &Sent { rates: EASY, at: days(2), ..sent("Ahead") }).await;
    add(&database.store, &Sent { rates, at: at(0), ..sent("One") }).await;
    add(&database.store, &Sent { rates, at: at(20), ..sent("Two") }).await;
    // Those of the present count.
    let third = Sent { rates, at: at(40), ..sent("Three") };
    let refused = database.store.add_comment(&third).await.expect("answers");
    assert_eq!(refused, Added::Refused(Refusal::TooFast(SignedDuration::from_secs(560))));
}

async fn an_edit_from_the_future_does_not_prevent_edits(database: Database) {
    let id = add(&database.store, &sent("First")).await;
    let rates = Rates { gap: SignedDuration::from_secs(15), ..EASY };
    let edit = |text: &str, at: Timestamp| Sent { rates, at, ..sent(text) };
    database.run("UPDATE comments SET edited_at = created_at + 172800000").await;
    let edited = database.store.edit_comment(id, &edit("Second", at(60))).await.expect("answers");
    assert!(matches!(edited, Edited::Stored { .. }), "{edited:?}");
    // Nobody knows how old it is, so it is not open for days.
    database.run("UPDATE comments SET created_at = created_at + 172800000").await;
    let edited = database.store.edit_comment(id, &edit("Third", at(120))).await.expect("answers");
    assert_eq!(edited, Edited::TooLate);
}

async fn leases_and_pauses_from_the_future_do_not_count(database: Database) {
    let store = &database.store;
    let minutes = |minutes: i64| SignedDuration::from_mins(minutes);
    add(store, &Sent { at: days(2), ..sent("Ahead") }).await;
    let mail = store.claim_mail("ahead", days(2), days(2) + minutes(2)).await.expect("answers").expect("is due");
    // The copy that had it is gone; now the clock is right again.
    let again = store.claim_mail("now", at(0), at(120)).await.expect("answers").expect("is free");
    assert_eq!((again.id, again.attempts), (mail.id, 2));
    assert_eq!(store.claim_mail("other", at(1), at(121)).await.expect("answers"), None, "a lease of now holds");
    let put_off = Outcome::Again { at: days(2), reason: "later".into() };
    store.settle_mail(mail.id, "now", &put_off, at(1)).await.expect("settles");
    assert!(store.claim_mail("now", at(2), at(122)).await.expect("answers").is_some());
}

async fn confirmation_mails_and_links_from_the_future_do_not_count(database: Database) {
    let store = &database.store;
    let wished = |number: i64, at: Timestamp| {
        let mut sent = by(&format!("visitor {number}"), sent(&format!("Number {number}")));
        sent.new.email = Some("ana@example.org".into());
        sent.new.wish = Wish::Thread;
        Sent { at, ..sent }
    };
    let questions = "SELECT COUNT(*) FROM outbox WHERE kind = 'confirm'";
    add(store, &wished(1, days(2))).await;
    assert_eq!(database.number(questions).await, 1);
    add(store, &wished(2, at(0))).await;
    add(store, &wished(3, at(1))).await;
    assert_eq!(database.number(questions).await, 2, "the one of today counts");
    for number in 0..10 {
        store
            .ask_for_corner("jo@example.org", true, "network", days(2) + SignedDuration::from_mins(11 * number))
            .await
            .expect("answers");
    }
    assert!(store.ask_for_corner("jo@example.org", true, "network", at(0)).await.expect("answers"));
    let links =
        format!("SELECT COUNT(*) FROM outbox WHERE kind = 'corner' AND created_at = {}", at(0).as_millisecond());
    assert_eq!(database.number(Box::leak(links.into_boxed_str())).await, 1);
}

async fn trash_from_the_future_is_kept_as_long_as_other_trash(database: Database) {
    let store = &database.store;
    let parent = add(store, &Sent { at: days(700), ..sent("Ahead by years") }).await;
    store.trash(parent, "test", days(700)).await.expect("trashes");
    let fingerprints = "SELECT COUNT(*) FROM comments WHERE address IS NOT NULL OR network IS NOT NULL";
    assert_eq!(database.number(fingerprints).await, 1);
    // The clock is right again.
    assert_eq!(store.forget_expired(at(0)).await.expect("forgets").trash, 0);
    assert_eq!(database.number(fingerprints).await, 0);
    assert_eq!(store.forget_expired(days(29)).await.expect("forgets").trash, 0);
    assert_eq!(store.forget_expired(days(31)).await.expect("forgets").trash, 1);
    // A board without a battery starts in 1970; that erases nothing when it learns what day it is.
    let id = add(store, &Sent { at: days(31), ..by("bo", sent("Thrown out today")) }).await;
    store.mark_spam(id, "test", days(31)).await.expect("marks");
    store.forget_expired(Timestamp::UNIX_EPOCH).await.expect("forgets nothing");
    assert_eq!(store.forget_expired(days(31)).await.expect("forgets").spam, 0);
}

async fn a_digest_made_before_its_day_is_made_again(database: Database) {
    let store = &database.store;
    let sent = async |now: Timestamp| {
        let mut count = 0;
        while let Some(mail) = store.claim_mail("me", now, now + SignedDuration::from_mins(2)).await.expect("answers") {
            store.settle_mail(mail.id, "me", &Outcome::Sent, now).await.expect("settles");
            count += 1;
        }
        count
    };
    store.queue_digest("day 2", days(2), days(2)).await.expect("queues");
    assert_eq!(sent(days(2)).await, 1);
    // The clock is set back, and the days come again.
    for (day, due) in [("day 0", days(0)), ("day 1", days(1)), ("day 2", days(2))] {
        store.forget_expired(due).await.expect("corrects the times");
        store.queue_digest(day, due, due).await.expect("queues");
        assert_eq!(sent(due).await, 1, "{day}");
        store.queue_digest(day, due, due + SignedDuration::from_mins(5)).await.expect("is there");
        assert_eq!(sent(due + SignedDuration::from_mins(5)).await, 0, "{day}");
    }
}

async fn rows_stored_in_1970_are_as_old_as_the_correct_clock(database: Database) {
    let store = &database.store;
    let (start, week) = (Timestamp::UNIX_EPOCH, SignedDuration::from_hours(24 * 7));
    let mut wished = sent("From 1970");
    wished.new.email = Some("ana@example.org".into());
    wished.new.wish = Wish::Thread;
    add(store, &Sent { at: start, ..wished }).await;
    let trash = add(store, &Sent { at: start, ..by("bo", sent("Thrown out in 1970")) }).await;
    store.trash(trash, "test", start).await.expect("trashes");
    let refused = Sent { rates: Rates { per_window: 0, ..EASY }, at: start, ..by("cy", sent("Too fast")) };
    assert!(matches!(store.add_comment(&refused).await, Ok(Added::Refused(_))));
    let mail = store.claim_mail("me", start, start + SignedDuration::from_mins(2)).await;
    let mail = mail.expect("answers").expect("one is due");
    let again = Outcome::Again { at: start + SignedDuration::from_mins(5), reason: "busy".into() };
    store.settle_mail(mail.id, "me", &again, start).await.expect("settles");
    let waiting = "SELECT COUNT(*) FROM outbox WHERE outcome IS NULL";
    let before = database.number(waiting).await;
    // The clock is right now.
    for now in [at(0), days(6)] {
        store.tidy_mail(now, week, true).await.expect("tidies");
        let forgotten = store.forget_expired(now).await.expect("forgets");
        assert_eq!((forgotten.trash, forgotten.refusals), (0, 0));
        assert_eq!(database.number(waiting).await, before);
        assert_eq!(database.number("SELECT COUNT(*) FROM subscriptions").await, 1);
        assert_eq!(database.number("SELECT COUNT(*) FROM addresses").await, 1);
    }
    let mut first = Vec::new();
    while let Some(mail) =
        store.claim_mail("me", days(6), days(6) + SignedDuration::from_mins(2)).await.expect("answers")
    {
        first.push(mail.first_attempt_at);
    }
    assert!(first.iter().all(|first| *first >= Some(at(0))), "{first:?}");
    // From then on, everything is kept as long as usual.
    assert_eq!(store.forget_expired(days(31)).await.expect("forgets").trash, 1);
}

async fn fingerprints_from_the_future_are_deleted(database: Database) {
    let store = &database.store;
    add(store, &Sent { at: days(10), ..sent("Ten days ahead") }).await;
    store.forget_expired(at(0)).await.expect("forgets");
    let left = "SELECT COUNT(*) FROM comments WHERE address IS NOT NULL OR network IS NOT NULL";
    assert_eq!(database.number(left).await, 0);
}

async fn a_mail_queued_hours_ahead_is_due_after_a_correction(database: Database) {
    let store = &database.store;
    let ahead = at(5 * 3600);
    add(store, &Sent { at: ahead, ..sent("Five hours ahead") }).await;
    store.forget_expired(at(0)).await.expect("corrects the times");
    let mail = store.claim_mail("me", at(1), at(121)).await.expect("answers").expect("is due");
    // The pause of a mail that was tried is kept.
    let again = Outcome::Again { at: at(3600), reason: "busy".into() };
    store.settle_mail(mail.id, "me", &again, at(2)).await.expect("settles");
    store.forget_expired(at(3)).await.expect("corrects the times");
    assert_eq!(store.claim_mail("me", at(3), at(123)).await.expect("answers"), None);
}
