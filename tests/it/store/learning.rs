//! Spam filter: it learns from the author's decisions, and unlearns when they are taken back.

use instep::{
    domain::{
        comment::{NewComment, Status, ThreadKey},
        verdict::bayes::LEAST_OF_EACH,
    },
    store::Sent,
};

use super::{add, add_approved, at, by, placed, sent, status_of};
use crate::support::database::{Database, on_both_engines};

on_both_engines!(
    approving_and_marking_as_spam_teach_and_nothing_else_does,
    a_decision_that_is_taken_back_is_unlearned,
    the_filter_unlearns_an_erased_comment,
    the_filter_holds_after_twenty_of_each_and_names_the_words,
    words_with_quotes_or_of_any_script_are_learned,
);

/// Numbers of comments learned as spam and as ham, and of features.
async fn learned(database: &Database) -> (i64, i64, i64) {
    (
        database.number("SELECT learned_spam FROM site").await,
        database.number("SELECT learned_ham FROM site").await,
        database.number("SELECT COUNT(*) FROM learned_features").await,
    )
}

async fn approving_and_marking_as_spam_teach_and_nothing_else_does(database: Database) {
    let store = &database.store;
    let held = add(store, &by("stranger", sent("Held and trashed"))).await;
    store.trash(held, "test", at(0)).await.expect("trashes");
    let key = ThreadKey::post("calf");
    let first = store.place_comment(&key, &placed("Lisa", None, false), "demo").await.expect("places");
    let own = store.reply_as_author(first, "Jo", None, "An answer", "shell", at(0)).await.expect("answers");
    store.approve(own, "shell", at(0)).await.expect("approves");
    assert_eq!(learned(&database).await, (0, 0, 0));

    // name:ana, hello, there, "hello there"
    let ham = add(store, &sent("Hello there")).await;
    store.approve(ham, "shell", at(0)).await.expect("approves");
    assert_eq!(learned(&database).await, (0, 1, 4));
    store.approve(ham, "shell", at(0)).await.expect("approves");
    assert_eq!(learned(&database).await, (0, 1, 4), "learned once");
    // Ana is known now, so that this one is let through by the program alone.
    let automatic = add(store, &sent("Hello again")).await;
    assert_eq!(status_of(store, automatic).await, Status::Approved);
    assert_eq!(learned(&database).await, (0, 1, 4));
    let spam = add(store, &by("bot", sent("Hello subscribe"))).await;
    store.mark_spam(spam, "shell", at(0)).await.expect("marks");
    assert_eq!(learned(&database).await, (1, 1, 6));
    let hello = "SELECT spam * 10 + ham FROM learned_features WHERE feature = 'hello'";
    assert_eq!(database.number(hello).await, 11, "one of each");
}

async fn a_decision_that_is_taken_back_is_unlearned(database: Database) {
    let store = &database.store;
    let id = add(store, &sent("Hello there")).await;
    store.approve(id, "shell", at(0)).await.expect("approves");
    store.mark_spam(id, "shell", at(1)).await.expect("marks");
    assert_eq!(learned(&database).await, (1, 0, 4));
    assert_eq!(database.number("SELECT CAST(SUM(ham) AS BIGINT) FROM learned_features").await, 0);
    store.approve(id, "shell", at(2)).await.expect("approves");
    assert_eq!(learned(&database).await, (0, 1, 4));
    store.trash(id, "shell", at(3)).await.expect("trashes");
    assert_eq!(learned(&database).await, (0, 0, 0), "what is thrown out may be anything");
}

async fn the_filter_unlearns_an_erased_comment(database: Database) {
    let store = &database.store;
    let id = add_approved(store, &sent("Please forget me")).await;
    store.erase(id, "shell", at(0)).await.expect("erases");
    assert_eq!(learned(&database).await, (0, 0, 0));
    assert_eq!(database.number("SELECT COUNT(*) FROM learned_comments").await, 0);
    store.mark_spam(id, "shell", at(0)).await.expect_err("it has been erased");
    assert_eq!(learned(&database).await, (0, 0, 0), "there is nothing left to learn from");
}

async fn the_filter_holds_after_twenty_of_each_and_names_the_words(database: Database) {
    let store = &database.store;
    let named = |name: &str, sent: Sent| Sent { new: NewComment { name: name.into(), ..sent.new }, ..sent };
    let spam = |number| named("Bot", by("bot", sent(&format!("Subscribe to my channel, number {number}"))));
    for number in 0..LEAST_OF_EACH {
        add_approved(store, &sent(&format!("My calves feel better after week {number}"))).await;
    }
    for number in 1..LEAST_OF_EACH {
        let id = add(store, &spam(number)).await;
        store.mark_spam(id, "shell", at(0)).await.expect("marks");
    }
    let last = add(store, &named("Ana", sent("Subscribe to my channel, the nineteenth"))).await;
    assert_eq!(status_of(store, last).await, Status::Approved, "nineteen are too few");
    store.mark_spam(last, "shell", at(0)).await.expect("marks");

    let id = add(store, &named("Zoe", sent("Please subscribe to my channel"))).await;
    let listed = store.list_comments(Some(Status::Held)).await.expect("lists");
    assert_eq!((listed.len(), listed[0].id), (1, id));
    assert_eq!(listed[0].reasons, "bayes");
    let said = listed[0].explained()[0].to_owned();
    assert!(said.starts_with("bayes 0.9") || said.starts_with("bayes 1.00"), "{said}");
    assert!(said.contains("subscribe") && said.contains("channel"), "{said}");
    let fine = add(store, &named("Zoe", sent("Week after week my calves thank you"))).await;
    assert_eq!(status_of(store, fine).await, Status::Approved);
}

async fn words_with_quotes_or_of_any_script_are_learned(database: Database) {
    let store = &database.store;
    let text =
        "It's \"quoted\"; DROP TABLE learned_features; -- Überraschung 走る人 https://a.example/?q='x'\n\n_emphasis_";
    let id = add_approved(store, &sent(text)).await;
    let before = learned(&database).await;
    assert!(before.2 > 10, "{before:?}");
    store.trash(id, "shell", at(0)).await.expect("trashes");
    assert_eq!(learned(&database).await, (0, 0, 0));
    let long: String = (0..2000).map(|number| format!("w{number} ")).collect();
    add_approved(store, &sent(&long)).await;
    assert_eq!(learned(&database).await.2, 150);
}
