//! Counters for the operator, and lines for what the page cache answered.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use instep::{
    config::LogFormat,
    web::{HitLog, Site, metrics::Board, server::Limits},
};

use crate::support::{
    TestSite, eventually,
    running::{Client, Running, fetch},
};

async fn site() -> TestSite {
    TestSite::new().post("calf", "---\ndate: 2026-05-02\n---\nStretch it.").start().await
}

/// The value of a series, as whoever collects it reads it.
async fn value(board: &Running, series: &str) -> f64 {
    let text = fetch(board.address, "/metrics").await.text();
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in:\n{text}")).parse().expect("a number")
}

#[tokio::test]
async fn what_happens_is_counted() {
    let site = site().await;
    let board = Running::answering(Board::new(site.app.clone()), Limits::default()).await;
    let answers = "instep_answers_total{status=\"2xx\"}";
    let before = value(&board, answers).await;
    for _ in 0..3 {
        site.get("/posts/calf").await.is(200);
    }
    site.get("/nowhere").await.is(404);
    let reader = site.visitor("192.0.2.1");
    reader.comment("calf", "How long?").await;

    assert_eq!(value(&board, "instep_answers_total{status=\"4xx\"}").await, 1.0);
    assert!(value(&board, "instep_hits_total").await >= 2.0, "the second and the third");
    assert!(value(&board, answers).await > before);
    assert_eq!(value(&board, "instep_comments_total{became=\"held\"}").await, 1.0);
    assert_eq!(value(&board, "instep_comments_total{became=\"approved\"}").await, 0.0);
    assert_eq!(value(&board, "instep_posts").await, 1.0);
    assert!(value(&board, "instep_cached_pages").await >= 1.0);
    assert!(value(&board, "instep_cached_bytes").await > 1000.0);
    let all = value(&board, "instep_answer_seconds_count").await;
    assert_eq!(value(&board, "instep_answer_seconds_bucket{le=\"+Inf\"}").await, all);
    assert!(value(&board, "instep_answer_seconds_sum").await > 0.0);
    let text = fetch(board.address, "/metrics").await;
    assert_eq!(text.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
}

#[tokio::test]
async fn the_counters_have_a_port_of_their_own() {
    let site = site().await;
    site.get("/metrics").await.is(404);
    let board = Running::answering(Board::new(site.app.clone()), Limits::default()).await;
    site.get("/posts/calf").await.is(200);
    for path in ["/", "/posts/calf"] {
        fetch(board.address, path).await.is(404);
    }
}

/// What a log was told.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("nobody broke down").clone()).expect("text")
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody broke down").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn lines_of_hits(format: LogFormat) -> Vec<String> {
    let site = site().await;
    let paper = Paper::default();
    let log = HitLog::start(format, site.app.clock.clone(), paper.clone()).expect("a thread");
    let limits = Limits::default();
    let running = Running::answering(Site::new(site.app.clone(), limits).logging_hits(log), limits).await;
    let mut client = Client::connect(running.address).await;
    for _ in 0..3 {
        client.say("GET /posts/calf?from=SECRET HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        client.hear().await.expect("an answer").is(200);
    }
    eventually("two lines", async || {
        let lines: Vec<String> = paper.text().lines().map(str::to_owned).collect();
        (lines.len() == 2).then_some(lines)
    })
    .await
}

#[tokio::test]
async fn a_hit_has_a_line_where_that_is_wished_for() {
    for line in lines_of_hits(LogFormat::Text).await {
        let (time, rest) = line.split_once("  ").expect("a time before the rest");
        time.parse::<jiff::Timestamp>().expect("a time");
        assert_eq!(rest, "INFO instep::request: method=GET path=/posts/calf status=200 from=cache");
    }
}

#[tokio::test]
async fn a_hit_has_a_line_in_json() {
    for line in lines_of_hits(LogFormat::Json).await {
        let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        line["timestamp"].as_str().expect("a text").parse::<jiff::Timestamp>().expect("a time");
        assert_eq!(
            (&line["path"], &line["status"], &line["from"]),
            (&"/posts/calf".into(), &200.into(), &"cache".into())
        );
    }
}
