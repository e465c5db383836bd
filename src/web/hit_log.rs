//! Log lines for hits of the page cache, if the operator wants them (`INSTEP_LOG_HITS=1`).
//!
//! A hit sends its data to a thread, which writes many lines at a time. If the thread is too slow, lines are dropped
//! and counted: no request waits for the log.

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

/// Most lines in the queue; more are dropped.
const WAITING: usize = 16 * 1024;
/// Approximate number of bytes per write.
const CHUNK: usize = 64 * 1024;

/// Sender of hits. Cheap to clone.
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
    /// Starts writing to `out`, in the format of the other log lines, until the last clone is dropped.
    ///
    /// # Errors
    /// The system cannot start a thread.
    pub fn start(format: LogFormat, clock: Clock, out: impl Write + Send + 'static) -> std::io::Result<Self> {
        let (hits, waiting) = sync_channel(WAITING);
        let left_out = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&left_out);
        std::thread::Builder::new().name("hit log".to_owned()).spawn(move || write(&waiting, &counted, format, out))?;
        Ok(Self { hits, left_out, clock })
    }

    /// Logs a hit without waiting. No query: it may contain a secret.
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
        // If the log is closed, there is nobody to tell.
        let _ = out.write_all(lines.as_bytes());
        lines.clear();
        let missing = left_out.swap(0, Relaxed);
        if missing > 0 {
            tracing::warn!("{missing} hits have no line: the log is slower than the site");
        }
    }
}

/// Adds a line in the format that `tracing` uses for other requests.
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
