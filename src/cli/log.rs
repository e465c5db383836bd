//! The log on standard error: one line for each event, as text or JSON.

use std::io::{self, Write};

use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{config::LogFormat, domain::characters::is_printable};

pub(super) fn start(format: LogFormat) {
    let targets = Targets::new().with_default(tracing::Level::WARN).with_target("instep", tracing::Level::INFO);
    let registry = tracing_subscriber::registry().with(targets);
    let layer = tracing_subscriber::fmt::layer().with_writer(|| Printable(io::stderr()));
    // It fails only in a process that starts two sites: the first log stays.
    let _ = match format {
        LogFormat::Text => registry.with(layer.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true).with_span_list(false)).try_init(),
    };
}

/// Writer that escapes control characters and characters that change the direction of text as `\u202e`, which JSON reads
/// as well. Names, mails and replies of other servers can contain them.
struct Printable<W>(W);

impl<W: Write> Write for Printable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut line = String::with_capacity(bytes.len());
        for c in String::from_utf8_lossy(bytes).chars() {
            if is_printable(c) || c == '\n' {
                line.push(c);
            } else {
                line.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
        }
        self.0.write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
