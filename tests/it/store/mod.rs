//! Every method of the store, on SQLite and, if a server is set, on PostgreSQL, with the same assertions.

mod adding;
mod blocks;
mod broken;
mod clocks;
mod corner;
mod learning;
mod moderating;
mod opening;
mod plans;
mod rates;
mod reading;
mod refusals;
mod retention;
mod revisions;
mod together;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use instep::{
    domain::{
        comment::{Comment, NewComment, Reading, Status, ThreadKey, Wish},
        stamp::StampState,
        verdict::{Circumstances, Rates, Rules},
    },
    store::{Added, Sender, Sent, Store},
};
use jiff::{SignedDuration, Timestamp};

use crate::support::database::Database;

const FINE: Circumstances = Circumstances {
    stamp: StampState::Valid,
    post_age: None,
    honeypot_filled: false,
    poses_as_author: false,
    has_authors_email: false,
};

/// Rate limits that no test reaches by chance.
const EASY: Rates = Rates { gap: SignedDuration::ZERO, per_window: 1000, network_per_window: 1000 };

/// Time: noon and this many seconds.
fn at(seconds: i64) -> Timestamp {
    let noon: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
    noon + SignedDuration::from_secs(seconds)
}

/// First comment of Ana, under `calf`, at noon, from an address of her own.
fn sent(text: &str) -> Sent {
    Sent {
        thread: ThreadKey::post("calf"),
        parent_threads: vec![ThreadKey::post("calf")],
        new: NewComment {
            name: "Ana".into(),
            email: None,
            site: None,
            text: text.into(),
            reading: Reading { words: text.into(), unlinked: text.into(), ..Reading::default() },
            parent: None,
            wish: Wish::Nothing,
        },
        sender: Sender {
            commenter: "ana".into(),
            is_returning: true,
            address: "ana's address".into(),
            network: "ana's network".into(),
            ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 77)),
        },
        circumstances: FINE,
        rates: EASY,
        rules: Arc::new(Rules { max_links: 2, bayes: true, ..Rules::default() }),
        at: at(0),
    }
}

fn answer_to(parent: i64, text: &str) -> Sent {
    let sent = sent(text);
    Sent { new: NewComment { parent: Some(parent), ..sent.new }, ..sent }
}

fn under(slug: &str, sent: Sent) -> Sent {
    let thread = ThreadKey::post(slug);
    Sent { parent_threads: vec![thread.clone()], thread, ..sent }
}

fn by(commenter: &str, sent: Sent) -> Sent {
    let sender = Sender { commenter: commenter.into(), ..sent.sender };
    Sent { sender, ..sent }
}

/// Stores a comment, and returns its number.
async fn add(store: &Store, sent: &Sent) -> i64 {
    match store.add_comment(sent).await.expect("answers") {
        Added::Stored(id, _) => id,
        other => panic!("not stored: {other:?}"),
    }
}

/// Stores a comment and approves it.
async fn add_approved(store: &Store, sent: &Sent) -> i64 {
    let id = add(store, sent).await;
    store.approve(id, "test", at(0)).await.expect("approves");
    id
}

async fn status_of(store: &Store, id: i64) -> Status {
    store.comment(id).await.expect("is there").status
}

/// The numbers of a thread's comments, in order.
async fn thread_ids(store: &Store, slugs: &[&str], waiting: Option<i64>) -> Vec<i64> {
    let keys: Vec<ThreadKey> = slugs.iter().map(|slug| ThreadKey::post(*slug)).collect();
    let mut ids: Vec<i64> = store.thread(&keys, waiting, 999).await.expect("answers").iter().map(|c| c.id).collect();
    ids.sort_unstable();
    ids
}

/// Numbers that change whenever something is stored: comments, changes, the revision.
async fn traces(database: &Database) -> (i64, i64, i64) {
    (
        database.number("SELECT COUNT(*) FROM comments").await,
        database.number("SELECT COUNT(*) FROM changes").await,
        database.store.revision().await.expect("answers"),
    )
}

/// An approved comment of the past, like a sample or an imported one.
fn placed(name: &str, parent_id: Option<i64>, by_author: bool) -> Comment {
    Comment {
        thread_kind: "post".into(),
        thread_slug: "calf".into(),
        parent_id,
        name: name.into(),
        email: Some("lisa@example.org".into()),
        site: Some("https://mile.example".into()),
        text: "From before".into(),
        status: Status::Approved,
        by_author,
        created_at: at(-86_400),
        ..Comment::default()
    }
}
