//! Reading the longest sample post with its comments from the page cache, beside nginx with the same bytes as files;
//! also while comments arrive.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::net::TcpStream;

use super::{
    Plan,
    commenting::Commenter,
    http::Client,
    nginx::{self, Sendfile},
    process::Server,
    report,
    stats::{median, quantile, spread},
    wrk::{self, Load, Seen},
};

const FLAGSHIP: &str = "/posts/foot-and-ankle-stretches-for-runners";
/// Time after which the cache has the best compression of a page.
const SETTLED: Duration = Duration::from_secs(7);
/// Number of idle connections beside the busy ones in one of the comparisons.
const IDLE: usize = 1_000;

/// Use of a core, in percent, below which the server waited for its client.
const FULL: f64 = 95.0;

/// One server's slices in one comparison.
#[derive(Default)]
struct Turns {
    seen: Vec<Seen>,
    /// Microseconds of CPU for each request.
    cpu: Vec<f64>,
}

impl Turns {
    async fn take(&mut self, server: &Server, url: &str, load: Load, idle: usize) {
        let _idle = idle_connections(server, idle).await;
        let before = server.cpu();
        let seen = wrk::run(url, load).await;
        self.cpu.push(server.cpu().saturating_sub(before).as_secs_f64() * 1e6 / seen.requests);
        self.seen.push(seen);
    }

    fn each(&self, value: impl Fn(&Seen) -> f64) -> Vec<f64> {
        self.seen.iter().map(value).collect()
    }

    /// Use of the server's core, in percent.
    fn in_use(&self) -> Vec<f64> {
        self.seen.iter().zip(&self.cpu).map(|(seen, cpu)| seen.per_second * cpu / 1e4).collect()
    }

    fn errors(&self) -> f64 {
        self.seen.iter().map(|seen| seen.errors).sum()
    }
}

pub async fn measure(plan: &Plan) {
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    let data = plan.folder.join("reading");
    // Limits are raised, never switched off: commenting must not end the reading.
    let settings = super::commenting::RAISED;
    let site = Server::instep(&content, &data, &["--demo"], &settings, true);
    let url = site.url(FLAGSHIP);
    let mut client = Client::to(site.address).await;
    client.get(FLAGSHIP, "br").await;
    tokio::time::sleep(SETTLED).await;
    client.get(FLAGSHIP, "br").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let [plain, gzip, brotli] =
        [client.get(FLAGSHIP, "identity").await, client.get(FLAGSHIP, "gzip").await, client.get(FLAGSHIP, "br").await];
    assert_eq!((plain.status, gzip.header("content-encoding")), (200, Some("gzip")));
    let files = [&plain, &gzip, &brotli];
    let documented = nginx::start(&plan.folder, Sendfile::On, files);
    let best = nginx::start(&plan.folder, Sendfile::Off, files);
    for (server, url) in [&documented, &best] {
        let path = url.trim_start_matches(&server.url("")).to_owned();
        let same = Client::to(server.address).await.get(&path, "gzip").await;
        assert_eq!(same.body, gzip.body, "nginx serves the same bytes");
    }

    report::heading(
        "Reading: the flagship with its conversation",
        &[
            "asked for",
            "connections",
            "requests a second: Instep, nginx as documented, nginx with sendfile off",
            "CPU µs a request",
            "server's core in use, %",
            "p50 ms",
            "p99 ms",
            "requests, to documented",
            "CPU, to documented",
            "requests, to sendfile off",
            "CPU, to sendfile off",
            "within budget",
        ],
    );
    for (encoding, connections, idle) in
        [("gzip", 32, 0), ("gzip", 1, 0), ("gzip", 256, 0), ("gzip", 32, IDLE), ("br", 32, 0), ("identity", 32, 0)]
    {
        report::progress(&format!("reading {encoding} with {connections} connections, {idle} idle beside"));
        let load = Load { connections, encoding };
        let mut turns = [Turns::default(), Turns::default(), Turns::default()];
        let servers = [(&site, &url), (&documented.0, &documented.1), (&best.0, &best.1)];
        for round in 0..plan.rounds {
            // Forwards and backwards, so that nobody always comes after the same neighbour.
            let order = if round % 2 == 0 { [0, 1, 2] } else { [2, 1, 0] };
            for place in order {
                turns[place].take(servers[place].0, servers[place].1, load, idle).await;
            }
        }
        compared(load, idle, &turns);
    }
    drop((documented, best));
    under_comments(plan, &site, &content, &data, &settings).await;
}

fn compared(load: Load, idle: usize, [own, documented, best]: &[Turns; 3]) {
    let ratio = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a / b).collect() };
    let rate = |turns: &Turns| turns.each(|seen| seen.per_second);
    let three = |value: &dyn Fn(&Turns) -> Vec<f64>, digits: usize| {
        [own, documented, best].map(|turns| format!("{:.digits$}", median(&value(turns)))).join(", ")
    };
    let [to_documented, to_best] = [documented, best].map(|nginx| ratio(&rate(own), &rate(nginx)));
    let [cpu_documented, cpu_best] = [documented, best].map(|nginx| ratio(&own.cpu, &nginx.cpu));
    let p99 = |turns: &Turns| median(&turns.each(|seen| seen.p99));
    // Where our core had time left, the client's had none: more could not be asked for, and what one request costs
    // says how many there would have been.
    let is_held_back = median(&own.in_use()) < FULL;
    let times = |requests: &[f64], cpu: &[f64]| {
        let asked = median(requests);
        if is_held_back { asked.max(1.0 / median(cpu)) } else { asked }
    };
    let within = match load.encoding {
        "gzip" => {
            times(&to_documented, &cpu_documented) >= 1.2
                && median(&cpu_documented) <= 0.8
                && times(&to_best, &cpu_best) >= 1.05
                && median(&cpu_best) <= 0.95
        }
        "identity" => times(&to_documented, &cpu_documented) >= 1.0,
        _ => true,
    } && p99(own) <= p99(documented).max(p99(best));
    let idle = if idle > 0 { format!(" and {idle} idle") } else { String::new() };
    report::row(&[
        load.encoding.to_owned(),
        format!("{}{idle}", load.connections),
        three(&rate, 0),
        three(&|turns| turns.cpu.clone(), 1),
        three(&Turns::in_use, 0),
        three(&|turns| turns.each(|seen| seen.p50), 2),
        three(&|turns| turns.each(|seen| seen.p99), 2),
        spread(&to_documented),
        spread(&cpu_documented),
        spread(&to_best),
        spread(&cpu_best),
        report::kept(within),
    ]);
    let errors = own.errors() + documented.errors() + best.errors();
    assert!(errors < 1.0, "{errors} requests failed");
}

/// Connections that have been used once and are kept.
async fn idle_connections(server: &Server, count: usize) -> Vec<Client> {
    let mut kept = Vec::with_capacity(count);
    for _ in 0..count {
        let mut client = Client::to(server.address).await;
        client.get("/healthz", "identity").await;
        kept.push(client);
    }
    kept
}

/// Slices with a comment every 100 ms beside slices without; the thread grows by ten comments in each of the former,
/// so only neighbours are compared.
async fn under_comments(plan: &Plan, site: &Server, content: &Path, data: &Path, settings: &[(&str, &str)]) {
    report::progress("reading while a comment is shown every 100 ms");
    let _ = settings;
    let database = format!("sqlite:{}", data.join("demo.sqlite").display());
    let mut commenter = Commenter::known(site.address, FLAGSHIP, content, data, Some(&database)).await;
    let load = Load { connections: 32, encoding: "gzip" };
    let url = site.url(FLAGSHIP);
    let (mut quiet, mut busy) = (Turns::default(), Turns::default());
    let mut delays = Vec::new();
    for _ in 0..plan.rounds {
        quiet.take(site, &url, load, 0).await;
        let is_over = Arc::new(AtomicBool::new(false));
        let reader = tokio::spawn(watch(site.address, Arc::clone(&is_over)));
        let over = Arc::clone(&is_over);
        let writing = tokio::spawn(async move {
            let mut shown = Vec::new();
            let mut ticks = tokio::time::interval(Duration::from_millis(100));
            while !over.load(Ordering::Relaxed) {
                ticks.tick().await;
                let id = commenter.comment("Another one arrives.").await;
                shown.push((id, Instant::now()));
            }
            (commenter, shown)
        });
        busy.take(site, &url, load, 0).await;
        is_over.store(true, Ordering::Relaxed);
        let (same, shown) = writing.await.expect("writes");
        commenter = same;
        let seen = reader.await.expect("reads");
        for (id, accepted) in shown {
            // The reader that was on its way when the comment came may miss it; the next one must not.
            let first = seen.iter().find(|(newest, _)| *newest >= id).map(|(_, at)| *at);
            delays.extend(first.map(|at| at.saturating_duration_since(accepted).as_secs_f64() * 1000.0));
        }
    }
    let ratios: Vec<f64> =
        busy.seen.iter().zip(&quiet.seen).map(|(busy, quiet)| busy.per_second / quiet.per_second).collect();
    let longest = quantile(&delays, 1.0);
    report::heading(
        "Reading while a comment is shown every 100 ms",
        &[
            "requests, to a quiet second",
            "answer to a comment until a reader sees it, longest",
            "errors",
            "within budget",
        ],
    );
    report::row(&[
        spread(&ratios),
        format!("{longest:.0} ms of {} comments", delays.len()),
        format!("{:.0}", busy.errors()),
        report::kept(median(&ratios) >= 0.9 && longest < 1000.0 && busy.errors() < 1.0),
    ]);
}

/// Reads the page again and again, and notes when a newer comment is in it.
async fn watch(address: std::net::SocketAddr, is_over: Arc<AtomicBool>) -> Vec<(i64, Instant)> {
    // A connection of its own, as another reader.
    drop(TcpStream::connect(address).await);
    let mut client = Client::to(address).await;
    let mut seen: Vec<(i64, Instant)> = Vec::new();
    // A few more looks after the end, for the last comment.
    let mut left = 3;
    while left > 0 {
        if is_over.load(Ordering::Relaxed) {
            left -= 1;
        }
        let text = client.get(FLAGSHIP, "identity").await.text();
        let ids = text.split("id=\"comment-").skip(1).filter_map(|rest| rest.split('"').next()?.parse::<i64>().ok());
        let newest = ids.max().unwrap_or(0);
        if seen.last().is_none_or(|(before, _)| newest > *before) {
            seen.push((newest, Instant::now()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    seen
}
