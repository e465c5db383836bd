//! Lines for what the page cache answered, where the operator wants them (`INSTEP_LOG_HITS=1`).
//!
//! A hit hands over what is to be said and goes on; a thread writes, many lines at a time. Where that cannot keep up,
//! lines are left out and counted, since no reader shall wait for a log.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

use http::Method;
use jiff::Timestamp;

use crate::{app::Clock, config::LogFormat, domain::address};

/// Lines that wait to be written; more are left out.
const WAITING: usize = 16 * 1024;
/// Bytes written at once, about.
const CHUNK: usize = 64 * 1024;

/// Where hits are handed over. Cheap to clone.
#[derive(Clone)]
pub struct HitLog {
    hits: SyncSender<Hit>,
    left_out: Arc<AtomicU64>,
    clock: Clock,
}

struct Hit {
    at: Timestamp,
    method: Method,
    path: String,
    status: u16,
}

impl HitLog {
    /// Writes to `out`, in the form of the other lines of the log, until the last copy of this is dropped.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(format: LogFormat, clock: Clock, out: impl Write + Send + 'static) -> std::io::Result<Self> {
        let (hits, waiting) = sync_channel(WAITING);
        let left_out = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&left_out);
        std::thread::Builder::new().name("hit log".to_owned()).spawn(move || write(&waiting, &counted, format, out))?;
        Ok(Self { hits, left_out, clock })
    }

    /// One line about a request, which was answered without waiting. No query: a link's secret is nobody's business.
    pub fn note(&self, method: &Method, path: &str, status: u16) {
        let (method, path) = (method.clone(), path.to_owned());
        let hit = Hit { at: self.clock.now(), method, path, status };
        if let Err(TrySendError::Full(_)) = self.hits.try_send(hit) {
            self.left_out.fetch_add(1, Relaxed);
        }
    }
}

fn write(waiting: &Receiver<Hit>, left_out: &AtomicU64, format: LogFormat, mut out: impl Write) {
    let mut lines = String::with_capacity(CHUNK);
    while let Ok(first) = waiting.recv() {
        push(&mut lines, &first, format);
        while lines.len() < CHUNK
            && let Ok(hit) = waiting.try_recv()
        {
            push(&mut lines, &hit, format);
        }
        // Whoever closed the log does not want to know.
        let _ = out.write_all(lines.as_bytes());
        lines.clear();
        let missing = left_out.swap(0, Relaxed);
        if missing > 0 {
            tracing::warn!("{missing} hits have no line: the log is slower than the site");
        }
    }
}

/// As `tracing` writes the lines of the requests that were made.
fn push(lines: &mut String, hit: &Hit, format: LogFormat) {
    use std::fmt::Write;
    let Hit { at, method, path, status } = hit;
    let path = address::printable(path);
    // Writing to a String does not fail.
    let _ = match format {
        LogFormat::Text => {
            writeln!(lines, "{at:.6}  INFO instep::request: method={method} path={path} status={status} from=cache")
        }
        LogFormat::Json => writeln!(
            lines,
            r#"{{"timestamp":"{at:.6}","level":"INFO","method":"{method}","path":{},"status":{status},"from":"cache","target":"instep::request"}}"#,
            serde_json::Value::from(path.to_string()),
        ),
    };
}
