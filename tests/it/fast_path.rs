//! The fast path on a real port: its responses and limits are those of hyper.

use std::time::Duration;

use instep::web::server::Limits;
use tokio::net::TcpSocket;

use crate::support::{
    Answer, TestSite,
    running::{Client, Running, SHORT},
    visitor::comment_id,
};

/// Sends a plain GET of `path`.
async fn ask(client: &mut Client, path: &str, accepted: &str) -> Answer {
    client.say(&format!("GET {path} HTTP/1.1\r\nhost: x\r\naccept-encoding: {accepted}\r\n\r\n")).await;
    client.hear().await.expect("an answer")
}

/// Status, headers and body, without the parts that may change every second.
fn parts(answer: &Answer) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let text = |value: &http::HeaderValue| value.to_str().expect("ASCII").to_owned();
    let mut headers: Vec<_> = answer.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    assert!(headers.iter().any(|(name, value)| name == "date" && value.ends_with(" GMT")), "{headers:?}");
    headers.retain(|(name, _)| name != "date");
    headers.sort();
    (answer.status, headers, answer.body.to_vec())
}

#[tokio::test]
async fn a_request_on_the_fast_path_gets_the_same_response() {
    let text = "A long enough text. ".repeat(2000);
    let site = TestSite::new().post("calf", "Short.").post("hips", &text).start().await;
    let running = Running::start(&site, Limits::default()).await;
    let here = httpdate::fmt_http_date(site.app.clock.now().into());
    for path in ["/posts/calf", "/posts/hips", "/robots.txt"] {
        for accepted in ["br, gzip", "gzip", "identity"] {
            // The query makes it a request for hyper, which also makes the page.
            let long_way = parts(&ask(&mut running.connect().await, &format!("{path}?utm_source=x"), accepted).await);
            assert_eq!(long_way.0, 200);
            let mut client = running.connect().await;
            let hits = site.app.cache.hits();
            // The clock stands, so the third and all that follow come from a file.
            for time in 0..20 {
                let answer = ask(&mut client, path, accepted).await;
                assert_eq!(answer.header("date"), here, "hyper would tell the time of the machine");
                let answer = parts(&answer);
                assert!(answer == long_way, "{path} {accepted} {time}: {:?} and {:?}", answer.1, long_way.1);
            }
            assert_eq!(site.app.cache.hits() - hits, 20);
        }
    }
}

#[tokio::test]
async fn a_comment_is_on_the_next_page_of_a_connection_that_stays_open() {
    let site = TestSite::new().post("calf", &"Stretch it. ".repeat(1000)).start().await;
    let running = Running::start(&site, Limits::default()).await;
    let mut client = running.connect().await;
    let visitor = site.visitor("192.0.2.1");
    for number in 0..5 {
        for _ in 0..5 {
            ask(&mut client, "/posts/calf", "identity").await.does_not_say(&format!("Number {number}."));
        }
        site.approve(comment_id(&visitor.comment("calf", &format!("Number {number}.")).await)).await;
        ask(&mut client, "/posts/calf", "identity").await.says(&format!("Number {number}."));
    }
}

#[tokio::test]
async fn any_request_may_follow_one_on_the_fast_path() {
    let site = TestSite::new().post("calf", "Stretch it.").start().await;
    let running = Running::start(&site, Limits::default()).await;
    let mut client = running.connect().await;
    for _ in 0..2 {
        ask(&mut client, "/posts/calf", "identity").await.is(200);
    }
    // In pieces.
    for piece in ["GET /posts/ca", "lf HTTP/1.1\r\nho", "st: x\r\n\r", "\n"] {
        client.say(piece).await;
    }
    client.hear().await.expect("an answer").is(200).says("Stretch it.");
    ask(&mut client, "/nowhere", "identity").await.is(404);
    let body = "name=Ana&text=Hello";
    client
        .say(&format!(
            "POST /posts/calf/comments HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
    client.hear().await.expect("an answer").is(303);
    ask(&mut client, "/posts/calf", "identity").await.is(200);
    // Two at once, and one of them with a body that looks like a third.
    let mut other = running.connect().await;
    ask(&mut other, "/posts/calf", "identity").await.is(200);
    other
        .say(
            "GET /posts/calf HTTP/1.1\r\nhost: x\r\ncontent-length: 31\r\n\r\nGET /robots.txt HTTP/1.1\r\nhos: \
             GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n",
        )
        .await;
    other.hear().await.expect("an answer").is(200).says("Stretch it.");
    other.hear().await.expect("an answer").is(404);
}

/// A site with a page of several megabytes, which does not fit into a socket's buffer.
async fn large() -> TestSite {
    let text = "x".repeat(9_000_000);
    TestSite::new().post("calf", &text).start().await
}

/// A client that reads little at a time.
async fn narrow(running: &Running) -> Client {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 * 1024).expect("a small buffer");
    Client::over(socket.connect(running.address).await.expect("connects"))
}

#[tokio::test]
async fn a_slow_client_gets_the_whole_page() {
    let site = large().await;
    let running = Running::start(&site, Limits::default()).await;
    let first = ask(&mut running.connect().await, "/posts/calf?utm_source=x", "identity").await;
    for _ in 0..3 {
        let answer = ask(&mut narrow(&running).await, "/posts/calf", "identity").await;
        assert!(answer.body == first.body, "{} bytes of {}", answer.body.len(), first.body.len());
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_closed_when_its_connection_is_needed() {
    makes_room(Limits { connections: 1, write: Duration::from_secs(60), ..SHORT }).await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_closed() {
    makes_room(Limits { connections: 1, ..SHORT }).await;
}

/// Requests a large page without reading it. Its connection, the only one, must become free for the next client.
async fn makes_room(limits: Limits) {
    let site = large().await;
    site.get("/posts/calf").await.is(200);
    let running = Running::start(&site, limits).await;
    for _ in 0..2 {
        let mut deaf = narrow(&running).await;
        deaf.say("GET /posts/calf HTTP/1.1\r\nhost: x\r\n\r\n").await;
        deaf.stream.readable().await.expect("it begins to answer");
        let mut next = running.connect().await;
        ask(&mut next, "/robots.txt", "identity").await.is(200);
    }
}
