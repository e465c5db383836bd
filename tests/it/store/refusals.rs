//! Refused comments, comments held for their words, and their deletion after thirty days.

use std::sync::Arc;

use instep::{
    domain::{
        comment::{NewComment, Status},
        verdict::{Moderation, Phrases, Rates, Refusal, Rules},
    },
    store::{Added, Forgotten, Sent},
};
use jiff::SignedDuration;

use super::{EASY, add, add_approved, at, by, sent, status_of, under};
use crate::support::database::{Database, on_both_engines};

on_both_engines!(
    a_comment_with_a_refused_word_is_stored_as_a_refusal,
    refusals_stored_in_an_hour_are_limited,
    a_comment_that_was_too_fast_is_no_refusal_when_sent_again,
    suspicious_comments_of_known_writers_are_held_with_reasons,
    the_same_long_text_twice_in_a_day_is_held,
    fingerprints_and_refusals_are_forgotten_in_time,
);

const DAY: i64 = 24 * 60 * 60;

fn phrases(one: &str) -> Phrases {
    Phrases::parse(&[one.to_owned()]).expect("a phrase")
}

fn with(rules: Rules, sent: Sent) -> Sent {
    Sent { rules: Arc::new(rules), ..sent }
}

async fn a_comment_with_a_refused_word_is_stored_as_a_refusal(database: Database) {
    let rules = Rules { refuse_words: phrases("casino"), max_links: 2, ..Rules::default() };
    let long = format!("Casino! {}", "x".repeat(2000));
    let added = database.store.add_comment(&with(rules, under("hips", sent(&long)))).await.expect("answers");
    assert_eq!(added, Added::Refused(Refusal::Word("casino".into())));
    assert_eq!(database.number("SELECT COUNT(*) FROM comments").await, 0);
    let refused = database.store.refusals().await.expect("lists");
    assert_eq!(refused.len(), 1);
    let one = &refused[0];
    assert_eq!((one.reason.as_str(), one.detail.as_str(), one.thread_slug.as_str()), ("refuse-word", "casino", "hips"));
    assert_eq!((one.name.as_str(), one.at), ("Ana", at(0)));
    assert_eq!(one.text, long[..500]);
    // A revision of its own, with a tag: other copies must not drop their whole cache over it.
    let changes = database.store.changes_since(0).await.expect("answers").expect("a revision");
    assert_eq!(changes.stale, instep::store::Stale::Tags(vec!["held".into()]));
}

async fn refusals_stored_in_an_hour_are_limited(database: Database) {
    let rates = Rates { per_window: 0, ..EASY };
    for number in 0..130 {
        let flood = Sent { rates, at: at(number), ..sent(&format!("Flood {number}")) };
        let added = database.store.add_comment(&flood).await.expect("answers");
        assert!(matches!(added, Added::Refused(Refusal::TooFast(_))), "{added:?}");
    }
    let refused = database.store.refusals().await.expect("lists");
    assert_eq!(refused.len(), 100);
    assert!(refused.iter().all(|one| one.reason == "too-fast"));
    let later = Sent { rates, at: at(2 * 3600), ..sent("Later") };
    database.store.add_comment(&later).await.expect("answers");
    assert_eq!(database.store.refusals().await.expect("lists").len(), 101);
}

async fn a_comment_that_was_too_fast_is_no_refusal_when_sent_again(database: Database) {
    let store = &database.store;
    let rates = Rates { gap: SignedDuration::from_secs(15), ..EASY };
    let sent = |slug: &str, text: &str, seconds| Sent { rates, at: at(seconds), ..under(slug, sent(text)) };
    let long = "A long one. ".repeat(100);
    add(store, &sent("calf", "First", 0)).await;
    for (slug, text) in [("calf", long.as_str()), ("calf", "Never again"), ("hips", "Elsewhere")] {
        let added = store.add_comment(&sent(slug, text, 5)).await.expect("answers");
        assert!(matches!(added, Added::Refused(Refusal::TooFast(_))), "{added:?}");
    }
    add(store, &sent("calf", &long, 20)).await;
    add(store, &sent("calf", "Elsewhere", 40)).await;
    let texts: Vec<String> = store.refusals().await.expect("lists").into_iter().map(|one| one.text).collect();
    assert_eq!(texts, ["Never again", "Elsewhere"]);
}

async fn suspicious_comments_of_known_writers_are_held_with_reasons(database: Database) {
    let store = &database.store;
    add_approved(store, &by("known", sent("Hello"))).await;
    let rules = |moderation| Rules { moderation, hold_words: phrases("cheap*"), max_links: 1, ..Rules::default() };
    let text = "Cheaper: https://a.example and https://b.example";
    let id = add(store, &with(rules(Moderation::First), by("known", sent(text)))).await;
    assert_eq!(status_of(store, id).await, Status::Held);
    let listed = store.list_comments(Some(Status::Held)).await.expect("lists");
    assert_eq!(listed[0].reasons, "links hold-word");
    assert_eq!(listed[0].reason_details, "links 2\nhold-word cheap*");
    assert_eq!(listed[0].explained(), ["links 2", "hold-word cheap*"]);
    for (moderation, who, expected) in [
        (Moderation::All, "known", Status::Held),
        (Moderation::First, "stranger 1", Status::Held),
        (Moderation::None, "stranger 2", Status::Approved),
    ] {
        let id = add(store, &with(rules(moderation), by(who, sent(&format!("As {who}"))))).await;
        assert_eq!(status_of(store, id).await, expected, "{moderation:?} {who}");
    }
}

async fn the_same_long_text_twice_in_a_day_is_held(database: Database) {
    let store = &database.store;
    for who in ["one", "two", "three"] {
        add_approved(store, &by(who, sent(&format!("I am {who}")))).await;
    }
    let text = "What a wonderful article, I shall visit again soon";
    let sent_by =
        |who: &str, slug: &str, text: &str, seconds| Sent { at: at(seconds), ..under(slug, by(who, sent(text))) };
    let first = add(store, &sent_by("one", "calf", text, 0)).await;
    assert_eq!(status_of(store, first).await, Status::Approved);
    for (who, slug, seconds) in [("two", "calf", 60), ("one", "hips", 120), ("three", "knees", DAY - 1)] {
        let shouted = text.to_uppercase();
        let again = add(store, &sent_by(who, slug, &shouted, seconds)).await;
        assert_eq!(status_of(store, again).await, Status::Held, "{who}");
    }
    let listed = store.list_comments(Some(Status::Held)).await.expect("lists");
    let explained: Vec<Vec<&str>> = listed.iter().map(instep::domain::comment::Comment::explained).collect();
    assert_eq!(
        explained,
        [["repeated 2 times in a day"], ["repeated 3 times in a day"], ["repeated 4 times in a day"]]
    );
    let much_later = add(store, &sent_by("one", "elbows", text, 3 * DAY)).await;
    assert_eq!(status_of(store, much_later).await, Status::Approved);
    for slug in ["calf", "hips"] {
        let short = add(store, &sent_by("two", slug, "Thank you!", 3 * DAY)).await;
        assert_eq!(status_of(store, short).await, Status::Approved, "many say that");
    }
}

async fn fingerprints_and_refusals_are_forgotten_in_time(database: Database) {
    let store = &database.store;
    let rules = Rules { refuse_words: phrases("casino"), max_links: 2, ..Rules::default() };
    let new = NewComment { email: Some("ana@example.org".into()), ..sent("").new };
    let send_on = async |day: i64| {
        let on_day =
            |text: &str| Sent { at: at(day * DAY), new: NewComment { text: text.into(), ..new.clone() }, ..sent("") };
        add(store, &on_day(&format!("On day {day}"))).await;
        store.add_comment(&with(rules.clone(), on_day("A casino"))).await.expect("answers");
    };
    let days = |days: i64| at(0) + SignedDuration::from_secs(days * DAY);
    let forgotten = |addresses, networks, refusals| Forgotten { addresses, networks, refusals, ..Forgotten::default() };
    send_on(0).await;
    assert_eq!(store.forget_expired(at(3600)).await.expect("forgets"), forgotten(0, 0, 0));
    assert_eq!(
        store.forget_expired(at(3601)).await.expect("forgets"),
        forgotten(1, 0, 0),
        "an hour for the whole address"
    );
    send_on(10).await;
    assert_eq!(store.forget_expired(days(30)).await.expect("forgets"), forgotten(1, 0, 0));
    let revision = store.revision().await.expect("answers");
    let just_after = days(30) + SignedDuration::from_secs(1);
    assert_eq!(store.forget_expired(just_after).await.expect("forgets"), forgotten(0, 1, 1));
    assert_eq!(store.forget_expired(just_after).await.expect("forgets"), forgotten(0, 0, 0));
    assert_eq!(store.revision().await.expect("answers"), revision, "readers see no difference");
    assert_eq!(database.number("SELECT COUNT(network) FROM comments").await, 1);
    assert_eq!(database.number("SELECT COUNT(address) FROM comments").await, 0);
    assert_eq!(
        database.number("SELECT COUNT(*) FROM comments WHERE commenter IS NOT NULL AND email IS NOT NULL").await,
        2
    );
    assert_eq!(store.refusals().await.expect("lists").len(), 1);
}
