//! Rate limits for comments: by cookie, by address, by network.

use instep::{
    domain::verdict::{Rates, Refusal},
    store::{Added, Sender, Sent},
};
use jiff::SignedDuration;

use super::{EASY, add, at, by, sent};
use crate::support::database::{Database, on_both_engines};

on_both_engines!(
    two_comments_of_one_commenter_need_a_gap,
    comments_of_one_commenter_are_limited_in_ten_minutes,
    without_a_cookie_the_address_counts,
    with_a_cookie_the_address_does_not_count,
    comments_of_one_network_are_limited_in_ten_minutes,
    comments_in_spam_and_trash_count_for_rates,
    rates_survive_a_restart,
);

const GAP: Rates = Rates { gap: SignedDuration::from_secs(15), ..EASY };
const THREE: Rates = Rates { per_window: 3, ..EASY };

fn with(rates: Rates, seconds: i64, sent: Sent) -> Sent {
    Sent { rates, at: at(seconds), ..sent }
}

fn without_cookie(fresh: &str, sent: Sent) -> Sent {
    Sent { sender: Sender { commenter: fresh.into(), is_returning: false, ..sent.sender }, ..sent }
}

fn from(address: &str, network: &str, sent: Sent) -> Sent {
    Sent { sender: Sender { address: address.into(), network: network.into(), ..sent.sender }, ..sent }
}

/// Asserts that a comment is refused with this time to wait, and not stored.
#[track_caller]
fn refused(database: &Database, sent: Sent, wait: i64) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    let database = database.clone();
    async move {
        let before = database.number("SELECT COUNT(*) FROM comments").await;
        let added = database.store.add_comment(&sent).await.expect("answers");
        assert_eq!(added, Added::Refused(Refusal::TooFast(SignedDuration::from_secs(wait))), "{caller}");
        assert_eq!(database.number("SELECT COUNT(*) FROM comments").await, before, "{caller}");
    }
}

async fn two_comments_of_one_commenter_need_a_gap(database: Database) {
    add(&database.store, &with(GAP, 0, sent("One"))).await;
    refused(&database, with(GAP, 0, sent("Two")), 15).await;
    refused(&database, with(GAP, 14, sent("Two")), 1).await;
    add(&database.store, &with(GAP, 14, by("bo", sent("Somebody else")))).await;
    add(&database.store, &with(GAP, 15, sent("Two"))).await;
    refused(&database, with(GAP, 20, sent("Three")), 10).await;
}

async fn comments_of_one_commenter_are_limited_in_ten_minutes(database: Database) {
    for number in 0..3 {
        add(&database.store, &with(THREE, number, sent(&format!("Number {number}")))).await;
    }
    refused(&database, with(THREE, 599, sent("Four")), 1).await;
    add(&database.store, &with(THREE, 599, by("bo", sent("Somebody else")))).await;
    // The first of the three has left the window, and the second leaves it a second later.
    add(&database.store, &with(THREE, 600, sent("Four"))).await;
    refused(&database, with(THREE, 600, sent("Five")), 1).await;
}

async fn without_a_cookie_the_address_counts(database: Database) {
    for number in 0..3 {
        let fresh = without_cookie(&format!("fresh {number}"), sent(&format!("Number {number}")));
        add(&database.store, &with(THREE, 0, fresh)).await;
    }
    refused(&database, with(THREE, 1, without_cookie("fresh 3", sent("Four"))), 599).await;
    let next_door = from("another address", "ana's network", without_cookie("fresh 4", sent("Four")));
    add(&database.store, &with(THREE, 1, next_door)).await;
}

async fn with_a_cookie_the_address_does_not_count(database: Database) {
    for number in 0..3 {
        add(&database.store, &with(THREE, 0, by("bo", sent(&format!("Number {number}"))))).await;
    }
    // Two people in one household: the other one may still speak.
    add(&database.store, &with(THREE, 1, by("ana", sent("Four")))).await;
}

async fn comments_of_one_network_are_limited_in_ten_minutes(database: Database) {
    let rates = Rates { network_per_window: 4, ..EASY };
    let one = |number: i64, network: &str| {
        let who = format!("visitor {number}");
        with(rates, number, from(&who, network, by(&who, sent("Hello"))))
    };
    for number in 0..4 {
        add(&database.store, &one(number, "192.0.2.0/24")).await;
    }
    refused(&database, one(4, "192.0.2.0/24"), 596).await;
    add(&database.store, &one(5, "198.51.100.0/24")).await;
    add(&database.store, &one(600, "192.0.2.0/24")).await;
}

async fn comments_in_spam_and_trash_count_for_rates(database: Database) {
    for number in 0..3 {
        let id = add(&database.store, &with(THREE, 0, sent(&format!("Number {number}")))).await;
        database.store.trash(id, "test", at(0)).await.expect("trashes");
    }
    refused(&database, with(THREE, 1, sent("Four")), 599).await;
}

async fn rates_survive_a_restart(database: Database) {
    for number in 0..3 {
        add(&database.store, &with(THREE, 0, sent(&format!("Number {number}")))).await;
    }
    let again = database.again().await;
    let added = again.add_comment(&with(THREE, 1, sent("Four"))).await.expect("answers");
    assert_eq!(added, Added::Refused(Refusal::TooFast(SignedDuration::from_secs(599))));
    again.close().await;
}
