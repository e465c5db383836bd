//! `GET /metrics` on a separate port (`INSTEP_METRICS_LISTEN`), in the text format of Prometheus, version 0.0.4. Never
//! on the site's own port: traffic figures are not public.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use axum::body::Body;
use http::{Method, Request};

use super::{prelude::*, server::Answers};
use crate::state::metrics::{ATTEMPTS, BOUNDS, FATES};

/// Service that only serves the counters. Cheap to clone.
#[derive(Clone)]
pub struct MetricsPage(App);

impl MetricsPage {
    pub fn new(app: App) -> Self {
        Self(app)
    }
}

impl Answers for MetricsPage {
    async fn respond(&self, request: Request<Body>) -> Response {
        let (status, text) = match (request.method(), request.uri().path()) {
            (&Method::GET, "/metrics") => (StatusCode::OK, text(&self.0)),
            (&Method::GET, _) => (StatusCode::NOT_FOUND, "the counters are at /metrics\n".to_owned()),
            _ => (StatusCode::METHOD_NOT_ALLOWED, "there is nothing to do here but GET /metrics\n".to_owned()),
        };
        (status, [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
    }
}

/// All metrics in the text format.
fn text(app: &App) -> String {
    let counted = &app.metrics;
    let (pages, bytes) = app.cache.size();
    let snapshot = app.snapshot();
    let answers = each("status", &["1xx", "2xx", "3xx", "4xx", "5xx"], &counted.answers);
    let waits = buckets(&counted.waits, Duration::from_micros(counted.waited_micros.load(Relaxed)));
    let comments = each("became", &FATES, &counted.comments);
    let mails = each("became", &ATTEMPTS, &counted.mails);
    let (posts, problems) = (snapshot.posts.len(), snapshot.problems.len());
    let metrics = [
        ("hits_total", "counter", "Requests that the page cache answered.", one(&app.cache.hits())),
        ("answers_total", "counter", "Requests that were not in the page cache.", answers),
        ("answer_seconds", "histogram", "How long those took.", waits),
        ("comments_total", "counter", "Comments that were sent, by what became of them.", comments),
        ("mails_total", "counter", "Attempts to send a mail, by what became of them.", mails),
        ("cached_pages", "gauge", "Pages in the page cache.", one(&pages)),
        ("cached_bytes", "gauge", "Their bytes, all encodings together.", one(&bytes)),
        ("posts", "gauge", "Posts that readers can see.", one(&posts)),
        ("content_problems", "gauge", "What instep check would say.", one(&problems)),
    ];
    let mut text = String::new();
    for (name, kind, help, lines) in metrics {
        text += &format!("# HELP instep_{name} {help}\n# TYPE instep_{name} {kind}\n");
        for (suffix, value) in lines {
            text += &format!("instep_{name}{suffix} {value}\n");
        }
    }
    text
}

/// Suffix of the metric's name (labels, or the `_sum` of a histogram), and the value.
type Lines = Vec<(String, String)>;

fn one(value: &impl ToString) -> Lines {
    vec![(String::new(), value.to_string())]
}

fn each(label: &str, names: &[&str], values: &[AtomicU64]) -> Lines {
    let line =
        |(name, value): (&&str, &AtomicU64)| (format!("{{{label}=\"{name}\"}}"), value.load(Relaxed).to_string());
    names.iter().zip(values).map(line).collect()
}

/// Lines of a histogram. Buckets are cumulative; the last, without a bound, counts all.
fn buckets(waits: &[AtomicU64], waited: Duration) -> Lines {
    let bounds = BOUNDS.iter().map(|bound| format!("{}", Duration::from_millis(*bound).as_secs_f64()));
    let mut sum = 0;
    let bucket = |(bound, count): (String, &AtomicU64)| {
        sum += count.load(Relaxed);
        (format!("_bucket{{le=\"{bound}\"}}"), sum.to_string())
    };
    let mut lines: Lines = bounds.chain(["+Inf".to_owned()]).zip(waits).map(bucket).collect();
    lines.push(("_sum".to_owned(), waited.as_secs_f64().to_string()));
    lines.push(("_count".to_owned(), sum.to_string()));
    lines
}
