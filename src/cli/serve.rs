//! `instep serve`: runs the site.

use std::{
    ffi::OsString,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Args;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    time,
};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use super::{Places, demo, pictures};
use crate::{
    app::{App, Clock, Mode},
    config::LogFormat,
    domain::{
        problem::{self, Severity},
        words::counted,
    },
    live,
    mail::{self, OutboxWorker},
    web::{Site, metrics::MetricsPage, server},
};

/// Longest time that a mail being sent may delay the end of the program.
const MAIL_PATIENCE: Duration = Duration::from_secs(4);

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Show the sample conversation, in a database of its own (data/demo.sqlite)
    #[arg(long)]
    demo: bool,
    /// For writing and designing: show drafts, and take static files from static/ where it is there
    #[arg(long)]
    dev: bool,
}

impl Serve {
    pub(super) async fn run(self, places: &Places) -> anyhow::Result<ExitCode> {
        let began = Instant::now();
        let mut config = places.config(self.listen)?;
        log_to_stderr(config.log);
        // Before the site can be reached, or an early signal would end it without a log line.
        let stopped = stopped()?;
        // A port that is in use must not cause a migration.
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| cannot_listen(config.listen, "--listen ADDR:PORT"))?;
        let metrics = match config.metrics_listen {
            Some(address) => Some(
                TcpListener::bind(address)
                    .await
                    .with_context(|| cannot_listen(address, "INSTEP_METRICS_LISTEN=ADDR:PORT"))?,
            ),
            None => None,
        };
        let address = listener.local_addr()?;
        if config.listen.port() == 0 {
            config.site.base_url = config.site.base_url.replace(&config.listen.to_string(), &address.to_string());
        }
        if self.demo {
            config.database_url = format!("sqlite:{}", config.data.join("demo.sqlite").display());
        }
        let store = super::open(&config).await?;
        let clock = Clock::system();
        if self.demo {
            demo::fill(&store, &config, clock.now()).await?;
        }
        let mode = Mode { dev: self.dev, demo: self.demo };
        let (app, keepers) = live::build(config, mode, store, clock).await?;
        let worker = OutboxWorker::new(Arc::clone(&app.state), mail::Limits::default())?;
        if let Ok(program) = std::env::current_exe() {
            let places = [("--content", &app.config.content), ("--data", &app.config.data)];
            let places = places.into_iter().flat_map(|(flag, path)| [OsString::from(flag), path.into()]);
            let command = ["pictures", pictures::HELPING].map(OsString::from);
            app.pictures.leave_to(program, command.into_iter().chain(places).collect());
        }
        match app.config.log {
            LogFormat::Text => greet(&app, address, began),
            LogFormat::Json => log_start(&app, address, began),
        }

        let limits = server::Limits::default();
        let limits = server::Limits { connections: server::affordable(limits.connections), ..limits };
        let site = Site::new(app.clone(), limits);
        if let Some(listener) = metrics {
            tracing::info!("counters are at http://{}/metrics", reachable(listener.local_addr()?));
            let limits = server::Limits { connections: 16, ..limits };
            tokio::spawn(server::serve(listener, MetricsPage::new(app.clone()), limits, std::future::pending()));
        }
        let keepers = tokio::spawn(keepers.run(site.clone()));
        let (end_mail, mail_ends) = oneshot::channel::<()>();
        let mut worker = tokio::spawn(worker.run(async {
            let _ = mail_ends.await;
        }));
        server::serve(listener, site, limits, stopped).await;
        keepers.abort();
        // A mail that is being sent is finished, so that nobody gets it twice.
        let _ = end_mail.send(());
        if time::timeout(MAIL_PATIENCE, &mut worker).await.is_err() {
            worker.abort();
        }
        app.store.close().await;
        tracing::info!("the site has stopped");
        Ok(ExitCode::SUCCESS)
    }
}

fn cannot_listen(address: SocketAddr, other: &str) -> String {
    format!("{address} cannot be listened on. Is something else using the port? Choose another with {other}")
}

/// Prints what somebody who has just started the site wants to know.
fn greet(app: &App, address: SocketAddr, began: Instant) {
    let snapshot = app.snapshot();
    let [posts, pages, stretches] = snapshot.counts.words();
    let mut out = io::stdout().lock();
    // An error means that the reader has closed the pipe.
    let _ = writeln!(
        out,
        "Instep serves “{}” at http://{}\n{posts}, {pages} and {stretches} from {} in {} ms",
        app.config.site.title,
        reachable(address),
        display(&app.config.content),
        began.elapsed().as_millis(),
    );
    if app.mode.demo {
        let _ =
            writeln!(out, "The comments are samples; they live in {}", app.config.data.join("demo.sqlite").display());
    }
    let (worst, more) = problem::worst(snapshot.problems.iter());
    for problem in worst {
        let _ = writeln!(out, "{problem}");
    }
    if let Some(more) = more {
        let _ = writeln!(out, "{more}");
    }
    let errors = snapshot.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    if !snapshot.problems.is_empty() {
        let _ = writeln!(
            out,
            "{}, {errors} of them serious; the rest of the site is served",
            counted(snapshot.problems.len(), "problem", "problems")
        );
    }
    let _ = out.flush();
}

/// Logs the same for a program that reads the log: every line is JSON.
fn log_start(app: &App, address: SocketAddr, began: Instant) {
    let snapshot = app.snapshot();
    live::log(snapshot.problems.iter());
    tracing::info!(
        address = %reachable(address),
        posts = snapshot.counts.posts,
        ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "the site is served"
    );
}

/// Returns an address that can be opened on this machine: 0.0.0.0 cannot.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn display(path: &Path) -> String {
    format!("{}/", path.display().to_string().trim_end_matches('/'))
}

pub(super) fn log_to_stderr(format: LogFormat) {
    let targets = Targets::new().with_default(tracing::Level::WARN).with_target("instep", tracing::Level::INFO);
    let registry = tracing_subscriber::registry().with(targets);
    let layer = tracing_subscriber::fmt::layer().with_writer(|| Printable(io::stderr()));
    // It fails only in a process that starts two sites: the first log stays.
    let _ = match format {
        LogFormat::Text => registry.with(layer.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true).with_span_list(false)).try_init(),
    };
}

/// Writer of log lines that escapes what a terminal does not show as plain text: control characters, characters that
/// change the text direction and line ends of Unicode become `\u202e`, which JSON reads as well. Names, mails and
/// replies of other servers can contain them.
struct Printable<W>(W);

impl<W: Write> Write for Printable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut line = String::with_capacity(bytes.len());
        for letter in String::from_utf8_lossy(bytes).chars() {
            match letter {
                '\n' | '\t' => line.push(letter),
                '\0'..='\x1f'
                | '\x7f'..='\u{9f}'
                | '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}' => line.push_str(&format!("\\u{:04x}", u32::from(letter))),
                _ => line.push(letter),
            }
        }
        self.0.write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Waits until the operator (Ctrl-C) or the system (SIGTERM) asks the program to stop, and logs it.
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        let signal = tokio::select! {
            _ = interrupt.recv() => "SIGINT (Ctrl-C)",
            _ = terminate.recv() => "SIGTERM",
        };
        tracing::info!("{signal} asks the site to stop; what is under way is finished first");
    })
}
