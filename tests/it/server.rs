//! The server on a real port: clients that are slow, send too much, or have a running request when it stops.

use std::time::Duration;

use instep::web::server::Limits;
use tokio::net::TcpStream;

use crate::support::{
    TestSite, eventually,
    running::{Running, SHORT},
};

async fn site() -> TestSite {
    TestSite::new().post("calf", "Stretch it.").start().await
}

const GET: &str = "GET /posts/calf HTTP/1.1\r\nhost: x\r\n\r\n";

/// Head of a POST, without the body.
fn post_head(length: usize) -> String {
    format!(
        "POST /posts/calf/comments HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_request_gets_a_response() {
    let site = site().await;
    let running = Running::start(&site, Limits::default()).await;
    let mut client = running.connect().await;
    client.say(GET).await;
    client.hear().await.expect("an answer").is(200).says("Stretch it.");
}

#[tokio::test]
async fn a_client_that_does_not_end_its_headers_is_disconnected() {
    let site = site().await;
    let running = Running::start(&site, SHORT).await;
    for start in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: x\r\n", "GET / HTTP/1.1\r\nhost: x\r\nx-drip: "] {
        let mut client = running.connect().await;
        client.say(start).await;
        client.hears_the_end().await;
    }
    // One that goes on dripping is let go as well.
    let mut dripping = running.connect().await;
    dripping.say("GET / HTTP/1.1\r\nx-drip: ").await;
    eventually("it is let go", async || (!dripping.try_say("x").await).then_some(())).await;
    let mut other = running.connect().await;
    other.say(GET).await;
    other.hear().await.expect("others are served").is(200);
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let site = site().await;
    let running = Running::start(&site, SHORT).await;
    let mut client = running.connect().await;
    client.say(GET).await;
    client.hear().await.expect("an answer").is(200);
    client.hears_the_end().await;
}

#[tokio::test]
async fn a_client_that_sends_its_body_slowly_is_disconnected() {
    let site = site().await;
    let running = Running::start(&site, SHORT).await;
    let mut client = running.connect().await;
    client.say(&post_head(1000)).await;
    client.say("name=Ana&text=").await;
    let answer = client.hear().await.expect("an answer");
    answer.is(408).says("That took too long");
    client.hears_the_end().await;
    assert!(!site.store().has_comments().await.expect("answers"));
}

#[tokio::test]
async fn headers_that_are_too_large_are_refused() {
    let site = site().await;
    let running = Running::start(&site, SHORT).await;
    let mut client = running.connect().await;
    client.say(&format!("GET / HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "x".repeat(SHORT.header_bytes + 1))).await;
    assert_eq!(client.hear().await.map(|answer| answer.status), Some(431));
    client.hears_the_end().await;
}

#[tokio::test]
async fn a_malformed_request_is_refused_and_others_are_served() {
    let site = site().await;
    let running = Running::start(&site, SHORT).await;
    for nonsense in ["\0\0\0\0\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  HTTP/1.1\r\n\r\n"] {
        let mut client = running.connect().await;
        client.say(nonsense).await;
        let answer = client.hear().await;
        assert!(answer.as_ref().is_none_or(|answer| answer.status == 400), "{nonsense:?}: {answer:?}");
    }
    let mut client = running.connect().await;
    client.say(GET).await;
    client.hear().await.expect("an answer").is(200);
}

#[tokio::test]
async fn a_request_names_one_host() {
    let site = site().await;
    let running = Running::start(&site, Limits::default()).await;
    for (hosts, version, status) in [
        ("", "1.1", 400),
        ("host: x\r\nHost: y\r\n", "1.1", 400),
        ("host: x\r\nhost: x\r\n", "1.1", 400),
        ("host: x\r\n", "1.1", 200),
        ("host: a b\r\n", "1.1", 400),
        ("host: a b\r\n", "1.0", 400),
        ("host: a/b\r\n", "1.1", 400),
        ("host: u@a\r\n", "1.1", 400),
        ("host: a:b\r\n", "1.1", 400),
        ("host: ü\r\n", "1.1", 400),
        ("host: [::1\r\n", "1.1", 400),
        ("host: [::1]:80\r\n", "1.1", 200),
        ("host: example.org:80\r\n", "1.1", 200),
        ("host: \r\n", "1.1", 200),
        ("", "1.0", 200),
    ] {
        // Asked twice: once it is made, the page takes another way.
        for _ in 0..2 {
            let mut client = running.connect().await;
            client.say(&format!("GET /posts/calf HTTP/{version}\r\n{hosts}\r\n")).await;
            assert_eq!(client.hear().await.map(|answer| answer.status), Some(status), "{hosts:?}");
        }
    }
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_gets_its_response() {
    use tokio::io::AsyncWriteExt;
    let site = site().await;
    let running = Running::start(&site, Limits::default()).await;
    let body = "name=Ana&text=Hello";
    let post = format!("{}{body}", post_head(body.len()));
    // The second time the page is finished.
    for (request, status) in [(GET, 200), (GET, 200), ("GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n", 404), (&post, 303)] {
        let mut client = running.connect().await;
        client.say(request).await;
        client.stream.shutdown().await.expect("closes its half");
        client.hear().await.expect("an answer").is(status);
        client.hears_the_end().await;
    }
}

#[tokio::test]
async fn several_requests_at_once_are_answered_in_their_order() {
    let site = site().await;
    let running = Running::start(&site, Limits::default()).await;
    let mut client = running.connect().await;
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    let head = "HEAD /posts/calf HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    client.say(&[request("/robots.txt"), request("/nowhere"), request("/posts/calf"), head.to_owned()].concat()).await;
    client.hear().await.expect("the first").is(200).says("User-agent");
    client.hear().await.expect("the second").is(404);
    client.hear().await.expect("the third").is(200).says("Stretch it.");
    client.hears_the_end().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read_to_its_end() {
    let site = site().await;
    let running = Running::start(&site, Limits::default()).await;
    let mut client = running.connect().await;
    client.say(&post_head(100_000_000)).await;
    client.say(&"x".repeat(300_000)).await;
    client.hear().await.expect("an answer").is(413).says("too much at once");
    client.hears_the_end().await;
}

#[tokio::test]
async fn a_client_that_stops_reading_is_disconnected() {
    // More than both kernels' buffers hold.
    let large = vec![b'x'; 64 * 1024 * 1024];
    let site = TestSite::new().post("calf", "[Download](large.bin)").file("posts/large.bin", large).start().await;
    let html = site.get("/posts/calf").await.html();
    let file = html.all("a").into_iter().find(|link| link.words() == "Download").expect("the link").get("href");
    // It takes the only place, so that the next one tells when it is gone.
    let running = Running::start(&site, Limits { connections: 1, ..SHORT }).await;
    let mut deaf = running.connect().await;
    deaf.say(&format!("GET {file} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    deaf.stream.readable().await.expect("it begins to answer");
    let mut next = running.connect().await;
    next.say(GET).await;
    next.hear().await.expect("an answer").is(200);
}

#[tokio::test]
async fn more_connections_than_allowed_wait_their_turn() {
    let site = site().await;
    let limits = Limits { connections: 1, ..SHORT };
    let running = Running::start(&site, limits).await;
    let mut first = running.connect().await;
    first.say("GET / HTTP/1.1\r\n").await;
    let mut second = running.connect().await;
    second.say(GET).await;
    // The first is let go for its headers, and then it is the second's turn.
    second.hear().await.expect("an answer").is(200);
}

#[tokio::test]
async fn an_idle_connection_is_closed_for_a_new_one_and_one_in_use_is_not() {
    let site = site().await;
    site.get("/posts/calf").await.is(200);
    // Nothing ends by itself in this test.
    let limits = Limits {
        connections: 3,
        header_read: Duration::from_secs(60),
        idle: Duration::from_millis(50),
        ..Limits::default()
    };
    let running = Running::start(&site, limits).await;
    let body = "name=Ana&text=Hello";
    let mut busy = running.connect().await;
    busy.say(&format!("{}{}", post_head(body.len()), &body[..10])).await;
    // Idle on the long way, and on the short one.
    let mut idle = Vec::new();
    for (request, status) in [("GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n", 404), (GET, 200)] {
        let mut client = running.connect().await;
        client.say(request).await;
        client.hear().await.expect("an answer").is(status);
        idle.push(client);
    }
    for _ in 0..10 {
        let mut other = running.connect().await;
        other.say(GET).await;
        other.hear().await.expect("an answer").is(200);
        // Stays open.
        idle.push(other);
    }
    for client in &mut idle[..2] {
        client.hears_the_end().await;
    }
    busy.say(&body[10..]).await;
    busy.hear().await.expect("an answer").is(303);
}

#[tokio::test]
async fn a_request_that_is_not_finished_is_cut_off_when_its_connection_is_needed() {
    let site = site().await;
    // Only the need of another client ends a connection in this test.
    let minute = Duration::from_secs(60);
    let limits = Limits { connections: 1, header_read: minute, request: minute, write: minute, ..SHORT };
    let running = Running::start(&site, limits).await;
    let half_head = format!("POST / HTTP/1.1\r\nhost: x\r\nx-long: {}", "x".repeat(5000));
    for beginning in [post_head(1000), half_head] {
        let mut unfinished = running.connect().await;
        unfinished.say(&beginning).await;
        let mut next = running.connect().await;
        next.say(GET).await;
        next.hear().await.expect("an answer").is(200);
        unfinished.hears_the_end().await;
    }
}

#[tokio::test]
async fn unfinished_bodies_share_a_limit() {
    let site = site().await;
    let running = Running::start(&site, Limits { body_bytes: 100 * 1024, ..Limits::default() }).await;
    let large = format!("name=Ana&text={}", "x".repeat(80 * 1024));
    let mut holding = Vec::new();
    for _ in 0..2 {
        let mut client = running.connect().await;
        client.say(&format!("{}{large}", post_head(large.len() + 1))).await;
        holding.push(client);
    }
    let [one, other] = &mut holding[..] else { unreachable!("there are two") };
    let refused = tokio::select! {
        answer = one.hear() => answer,
        answer = other.hear() => answer,
    };
    refused.expect("an answer").is(503).says("More is being sent to this site right now than it can read");
    // A comment of a usual size finds its way meanwhile.
    let small = "name=Ana&text=Hello";
    let mut client = running.connect().await;
    client.say(&format!("{}{small}", post_head(small.len()))).await;
    client.hear().await.expect("an answer").is(303);
    // And a large one, when the others have gone.
    drop(holding);
    eventually("there is room again", async || {
        let mut client = running.connect().await;
        client.say(&format!("{}{large}", post_head(large.len()))).await;
        (client.hear().await.expect("an answer").status == 422).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_that_reads_very_slowly_is_disconnected() {
    use tokio::io::AsyncReadExt;
    let large = vec![b'x'; 64 * 1024 * 1024];
    let site = TestSite::new().post("calf", "[Download](large.bin)").file("posts/large.bin", large).start().await;
    let html = site.get("/posts/calf").await.html();
    let file = html.all("a").into_iter().find(|link| link.words() == "Download").expect("the link").get("href");
    let limits = Limits { write: Duration::from_millis(300), write_rate: 1024 * 1024 * 1024, ..Limits::default() };
    let running = Running::start(&site, limits).await;
    let mut slow = running.connect().await;
    slow.say(&format!("GET {file} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    let mut buffer = vec![0; 256 * 1024];
    let mut taken = 0;
    // It never stops for as long as `write`, but takes far less in a second than `write_rate`.
    let ended = crate::support::running::within("it is let go", async {
        loop {
            match slow.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(read) => taken += read,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    ended.await;
    assert!(taken < 64 * 1024 * 1024, "it got all of it");
}

#[tokio::test]
async fn a_stop_lets_a_request_in_flight_finish_and_takes_no_new_one() {
    let site = site().await;
    let limits = Limits { shutdown: Duration::from_secs(15), ..Limits::default() };
    let mut running = Running::start(&site, limits).await;
    let address = running.address;
    let body = "name=Ana&text=Sent+while+it+stops";
    let mut client = running.connect().await;
    client.say(&format!("{}{}", post_head(body.len()), &body[..10])).await;
    // It is being answered: another on a connection that was accepted after it is.
    let mut other = running.connect().await;
    other.say(GET).await;
    other.hear().await.expect("an answer").is(200);
    running.stop();
    eventually("no new connection is taken", async || TcpStream::connect(address).await.is_err().then_some(())).await;
    other.hears_the_end().await;
    client.say(&body[10..]).await;
    client.hear().await.expect("an answer").is(303);
    running.stopped().await;
    assert!(site.store().has_comments().await.expect("answers"));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_incomplete_headers() {
    let site = site().await;
    let limits =
        Limits { shutdown: Duration::from_secs(60), header_read: Duration::from_secs(60), ..Limits::default() };
    let mut running = Running::start(&site, limits).await;
    let mut client = running.connect().await;
    client.say("GET / HTTP/1.1\r\nho").await;
    // It has been accepted: another that was accepted after it is answered.
    let mut other = running.connect().await;
    other.say(GET).await;
    other.hear().await.expect("an answer").is(200);
    running.stop();
    running.stopped().await;
    client.hears_the_end().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let site = site().await;
    let limits = Limits { shutdown: Duration::from_millis(100), ..Limits::default() };
    let mut running = Running::start(&site, limits).await;
    let mut client = running.connect().await;
    client.say(&post_head(1000)).await;
    let mut other = running.connect().await;
    other.say(GET).await;
    other.hear().await.expect("an answer").is(200);
    running.stop();
    running.stopped().await;
}

#[tokio::test]
async fn rates_use_the_address_of_the_connection() {
    let site = TestSite::new().setting("site.comments.per_10_minutes", "1").post("calf", "x").start().await;
    let running = Running::start(&site, Limits::default()).await;
    for (text, status) in [("text=One", 303), ("text=Two", 429)] {
        let mut client = running.connect().await;
        let body = format!("name=Ana&{text}");
        client.say(&post_head(body.len())).await;
        client.say(&body).await;
        client.hear().await.expect("an answer").is(status);
    }
}
