//! Listens to the statements that something sends to the database. sqlx tells each to `tracing`, within the span of who asked.

use std::{
    collections::HashMap,
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

/// By the number of the span.
static SENT: Mutex<Option<HashMap<u64, Vec<String>>>> = Mutex::new(None);

struct Listener;

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        if let Some(span) = context.lookup_current().and_then(|span| span.scope().last()) {
            let mut statement = Statement::default();
            event.record(&mut statement);
            // A connection that is opened meanwhile is set up; that is nobody's question.
            if statement.0.contains("PRAGMA") {
                return;
            }
            let mut sent = SENT.lock().expect("nobody broke down");
            sent.get_or_insert_default().entry(span.id().into_u64()).or_default().push(statement.0);
        }
    }
}

/// Its first words.
#[derive(Default)]
struct Statement(String);

impl Visit for Statement {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "summary" {
            self.0 = format!("{value:?}");
        }
    }
}

/// What comes of it, and the statements it took.
pub async fn listened<T>(doing: impl Future<Output = T>) -> (T, Vec<String>) {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        let heard = Targets::new().with_target("sqlx::query", Level::DEBUG).with_target(module_path!(), Level::INFO);
        tracing_subscriber::registry().with(Listener.with_filter(heard)).init();
    });
    let span = tracing::info_span!("listened");
    let id = span.id().expect("somebody listens").into_u64();
    let outcome = doing.instrument(span).await;
    let sent = SENT.lock().expect("nobody broke down").get_or_insert_default().remove(&id);
    (outcome, sent.unwrap_or_default())
}
