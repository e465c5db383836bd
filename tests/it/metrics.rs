//! Counters for the operator.

use instep::web::{metrics::MetricsPage, server::Limits};

use crate::support::{
    TestSite,
    running::{Running, fetch},
};

async fn site() -> TestSite {
    TestSite::new().post("calf", "---\ndate: 2026-05-02\n---\nStretch it.").start().await
}

/// Value of a series in the metrics.
async fn value(board: &Running, series: &str) -> f64 {
    let text = fetch(board.address, "/metrics").await.text();
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in:\n{text}")).parse().expect("a number")
}

#[tokio::test]
async fn events_are_counted() {
    let site = site().await;
    let board = Running::answering(MetricsPage::new(site.app.clone()), Limits::default()).await;
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
    let board = Running::answering(MetricsPage::new(site.app.clone()), Limits::default()).await;
    site.get("/posts/calf").await.is(200);
    for path in ["/", "/posts/calf"] {
        fetch(board.address, path).await.is(404);
    }
}
