//! Collects the statements that are sent to the database. sqlx logs each to `tracing`, in the span of its caller.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, OnceLock},
};

use tracing::{
    Event, Instrument, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// Statements by the number of their span.
static SENT: Mutex<Option<HashMap<u64, Vec<String>>>> = Mutex::new(None);

/// All statements of this process, complete, with single spaces.
static EVERY: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

struct Listener;

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut statement = Statement::default();
        event.record(&mut statement);
        let whole = if statement.1.is_empty() { &statement.0 } else { &statement.1 };
        EVERY.lock().expect("nobody broke down").insert(whole.split_whitespace().collect::<Vec<_>>().join(" "));
        if let Some(span) = context.lookup_current().and_then(|span| span.scope().last()) {
            // A connection that is opened meanwhile is set up; that is nobody's question.
            if statement.0.contains("PRAGMA") {
                return;
            }
            let mut sent = SENT.lock().expect("nobody broke down");
            sent.get_or_insert_default().entry(span.id().into_u64()).or_default().push(statement.0);
        }
    }
}

/// First words of a statement, and the whole text if it is longer.
#[derive(Default)]
struct Statement(String, String);

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.0 = value.to_owned(),
            "db.statement" => self.1 = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Every statement that was sent since [`listen`] was called.
pub fn every() -> BTreeSet<String> {
    EVERY.lock().expect("nobody broke down").clone()
}

/// Starts to collect statements.
pub fn listen() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        let heard = Targets::new().with_target("sqlx::query", Level::DEBUG).with_target(module_path!(), Level::INFO);
        tracing_subscriber::registry().with(Listener.with_filter(heard)).init();
    });
}

/// Result of a future, and the statements that it sent.
pub async fn listened<T>(doing: impl Future<Output = T>) -> (T, Vec<String>) {
    listen();
    let span = tracing::info_span!("listened");
    let id = span.id().expect("somebody listens").into_u64();
    let outcome = doing.instrument(span).await;
    let sent = SENT.lock().expect("nobody broke down").get_or_insert_default().remove(&id);
    (outcome, sent.unwrap_or_default())
}
