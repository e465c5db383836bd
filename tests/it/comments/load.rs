//! Many comments at once: accepted ones are stored, also after a `kill -9`.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use instep::store::Store;
use tokio::sync::Barrier;

use crate::support::{
    TestSite,
    database::{Database, on_both_engines},
    program::Program,
    running::{Client, Running},
    visitor::comment_id,
};
use instep::web::server::Limits;

on_both_engines!(a_thousand_comments_sent_at_once_are_all_stored, acknowledged_comments_survive_kill_nine_under_load);

const CLIENTS: usize = 50;
const EACH: usize = 20;

/// Rate limits so high that the check runs and refuses nobody.
const RAISED: [(&str, &str); 3] =
    [("gap_seconds", "0"), ("per_10_minutes", "100000"), ("network_per_10_minutes", "100000")];

/// Sends a comment on an open connection, and returns its number if it was accepted.
async fn send(client: &mut Client, address: SocketAddr, text: &str) -> Option<i64> {
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("name", "Ana")
        .append_pair("text", text)
        .finish();
    let head = format!(
        "POST /posts/calf/comments HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    if !client.try_say(&head).await {
        return None;
    }
    let answer = client.hear().await?;
    answer.is(303);
    Some(comment_id(&answer))
}

/// Sends comments from all clients at once, and returns the number and text of the accepted ones.
async fn everybody(address: SocketAddr, after: impl Fn(usize) + Send + Sync + 'static) -> BTreeMap<i64, String> {
    let barrier = Arc::new(Barrier::new(CLIENTS));
    let after = Arc::new(after);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (barrier, after) = (Arc::clone(&barrier), Arc::clone(&after));
            tokio::spawn(async move {
                let mut connection = Client::connect(address).await;
                barrier.wait().await;
                let mut answered = Vec::new();
                for number in 0..EACH {
                    let text = format!("Client {client} says number {number} of its comments");
                    let Some(id) = send(&mut connection, address, &text).await else { break };
                    answered.push((id, text));
                    after(client);
                }
                answered
            })
        })
        .collect();
    let mut all = BTreeMap::new();
    for client in clients {
        for (id, text) in client.await.expect("does not panic") {
            assert!(all.insert(id, text).is_none(), "{id} twice");
        }
    }
    all
}

async fn are_there(store: &Store, answered: &BTreeMap<i64, String>) {
    let listed = store.list_comments(None).await.expect("lists");
    let kept: BTreeMap<i64, &str> = listed.iter().map(|one| (one.id, one.text.as_str())).collect();
    for (id, text) in answered {
        assert_eq!(kept.get(id), Some(&text.as_str()), "{id} was answered");
    }
}

async fn a_thousand_comments_sent_at_once_are_all_stored(database: Database) {
    let builder = RAISED
        .iter()
        .fold(TestSite::new(), |builder, (key, value)| builder.setting(&format!("site.comments.{key}"), value));
    let site = builder.post("calf", "x").database(&database.url).start().await;
    let mut running = Running::start(&site, Limits::default()).await;
    let answered = everybody(running.address, |_| {}).await;
    assert_eq!(answered.len(), CLIENTS * EACH);
    are_there(&database.store, &answered).await;
    assert_eq!(database.number("SELECT COUNT(*) FROM comments").await, 1000);
    running.stop();
    running.stopped().await;
    site.store().close().await;
}

async fn acknowledged_comments_survive_kill_nine_under_load(database: Database) {
    let program = Program::with_site();
    let raised = RAISED.map(|(key, value)| format!("{key} = {value}\n")).concat();
    program.save("content/site.toml", &format!("title = \"x\"\n[comments]\n{raised}"));
    let serving = program.serve(&["--database-url", &database.url]);
    let address = serving.address;
    // In the midst of it: each client has had a few answers and waits for the next.
    let (count, serving) = (std::sync::atomic::AtomicUsize::new(0), std::sync::Mutex::new(serving));
    let answered = everybody(address, move |_| {
        if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == CLIENTS * 4 {
            serving.lock().expect("nobody panics with it").kill();
        }
    })
    .await;
    assert!((CLIENTS * 4..CLIENTS * EACH).contains(&answered.len()), "{} were answered", answered.len());
    let again = database.again().await;
    are_there(&again, &answered).await;
    let kept = again.list_comments(None).await.expect("lists").len();
    // Each client may have had one more on its way that was kept and not answered.
    assert!(kept <= answered.len() + CLIENTS, "{kept} kept, {} answered", answered.len());
    again.close().await;
}
