//! `instep serve`: runs the site.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use anyhow::Context;
use clap::Args;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    time,
};

use super::{Places, demo, log, pictures};
use crate::domain::limits::{MAIL_SHUTDOWN, PASSWORD_LINK_MINUTES};
use crate::{
    app::{App, Clock, Mode},
    config::LogFormat,
    content::markdown::highlighter,
    domain::{
        account::PasswordLink,
        entry::Kind,
        problem::{self, Severity},
        words::counted,
    },
    live,
    mail::{self, OutboxWorker},
    web::{Site, metrics::MetricsPage, server},
};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Address and port to listen on; port 0 means any free port [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Show sample comments, in a separate database (data/demo.sqlite)
    #[arg(long)]
    demo: bool,
    /// Show drafts, and read static files from the folder static/ if it exists
    #[arg(long)]
    dev: bool,
}

impl Serve {
    pub(super) async fn run(self, places: &Places) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut config = places.config(self.listen)?;
        log::start(config.log);
        // This must come before the listener. Otherwise an early signal would end the program without a log line.
        let stopped = stopped()?;
        // A port that is in use must not cause a migration.
        let listener = listen(config.listen, "--listen ADDR:PORT").await?;
        let metrics = match config.metrics_listen {
            Some(address) => Some(listen(address, "INSTEP_METRICS_LISTEN=ADDR:PORT").await?),
            None => None,
        };
        let address = listener.local_addr()?;
        if config.listen.port() == 0 {
            config.site.base_url = config.site.base_url.replace(&config.listen.to_string(), &address.to_string());
        }
        if self.demo {
            config.database_url = demo::database(&config);
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
            highlighter::leave_to(program.clone());
            app.pictures.leave_to(program, pictures::helper_arguments(&app.config));
        }
        announce(&app, address, began);
        invite(&app).await?;
        let limits = server::Limits::default();
        let limits = server::Limits { connections: server::affordable(limits.connections), ..limits };
        let site = Site::new(app.clone(), limits);
        if let Some(listener) = metrics {
            tracing::info!("metrics are at http://{}/metrics", reachable(listener.local_addr()?));
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
        let _ = keepers.await;
        // A mail that is being sent is finished, so that nobody gets it twice.
        let _ = end_mail.send(());
        if time::timeout(MAIL_SHUTDOWN, &mut worker).await.is_err() {
            worker.abort();
        }
        app.store.close().await;
        tracing::info!("the site has stopped");
        Ok(())
    }
}

async fn listen(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}. Is another program using the port? Choose another with {setting}")
    })
}

/// Tells on standard output, or in a log of JSON lines, that the site is served.
fn announce(app: &App, address: SocketAddr, began: Instant) {
    let snapshot = app.snapshot();
    let (address, ms) = (reachable(address), u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
    if app.config.log == LogFormat::Json {
        live::log(snapshot.problems.iter());
        tracing::info!(%address, posts = snapshot.counts.of(Kind::Post), ms, "the site is served");
        return;
    }
    let counts = snapshot.counts.words().join(", ");
    let folder = app.config.content.display().to_string();
    say!("Instep serves “{}” at http://{address}", app.config.site.title);
    say!("{counts} from {}/ in {ms} ms", folder.trim_end_matches('/'));
    if app.mode.demo {
        say!("The comments are samples, stored in {}", app.config.database_url.trim_start_matches("sqlite:"));
    }
    let (worst, more) = problem::worst(snapshot.problems.iter());
    for line in worst.iter().map(ToString::to_string).chain(more) {
        say!("{line}");
    }
    if !snapshot.problems.is_empty() {
        let errors = snapshot.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        let problems = counted(snapshot.problems.len(), "problem", "problems");
        say!("{problems}, {}; everything else is served", counted(errors, "error", "errors"));
    }
}

/// Prints the link that makes the first account of the desk, as long as there is none.
async fn invite(app: &App) -> anyhow::Result<()> {
    if app.config.site.has_desk && app.store.accounts().await?.is_empty() {
        let link = app.config.site.linked(&PasswordLink::First.path(&app.signer, app.clock.now()));
        let words =
            format!("Nobody can sign in yet. This link makes your account, within {PASSWORD_LINK_MINUTES} minutes");
        match app.config.log {
            LogFormat::Json => tracing::info!(link, "{words}"),
            LogFormat::Text => say!("{words}: {link}"),
        }
    }
    Ok(())
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

/// Waits until the operator (Ctrl-C) or the system (SIGTERM) asks the program to stop, and logs it.
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        let signal = tokio::select! {
            _ = interrupt.recv() => "SIGINT (Ctrl-C)",
            _ = terminate.recv() => "SIGTERM",
        };
        tracing::info!("{signal} asks the site to stop; running requests are finished first");
    })
}
