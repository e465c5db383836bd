//! Comments through HTTP with every check on: their number a second, their waiting times, and if all answered ones are
//! there after a kill -9.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    Plan, content,
    http::Client,
    process::{self, Server},
    report,
    stats::{median, milliseconds, quantile},
};

/// Rate limits, raised but never switched off.
pub const RAISED: [(&str, &str); 3] = [
    ("INSTEP_SITE__COMMENTS__GAP_SECONDS", "0"),
    ("INSTEP_SITE__COMMENTS__PER_10_MINUTES", "1000000"),
    ("INSTEP_SITE__COMMENTS__NETWORK_PER_10_MINUTES", "1000000"),
];
/// Number of posts over which the comments are spread.
const POSTS: usize = 20;
const CLIENTS: usize = 64;
const SLICE: Duration = Duration::from_secs(5);

/// Somebody who writes comments over one connection.
pub struct Commenter {
    client: Client,
    path: String,
    stamp: String,
    cookie: Option<String>,
    written: usize,
}

impl Commenter {
    pub async fn new(address: SocketAddr, post: &str) -> Self {
        let mut client = Client::to(address).await;
        let page = client.get(post, "identity").await.text();
        let stamp = page.split_once("name=\"stamp\" value=\"").and_then(|(_, rest)| rest.split('"').next());
        let stamp = stamp.expect("the page has a form").to_owned();
        Self { client, path: format!("{post}/comments"), stamp, cookie: None, written: 0 }
    }

    /// Commenter whose comments are shown at once, after a first one was approved.
    pub async fn known(address: SocketAddr, post: &str, content: &Path, data: &Path, database: Option<&str>) -> Self {
        let mut commenter = Self::new(address, post).await;
        let id = commenter.comment("The first one is held.").await;
        process::instep(&["comments", "approve", &id.to_string()], content, data, database);
        commenter
    }

    /// Sends a comment, and returns its id when it is on disk.
    pub async fn comment(&mut self, text: &str) -> i64 {
        self.try_comment(text).await.expect("an answer")
    }

    /// [`Self::comment`]; `None` if the server is gone.
    async fn try_comment(&mut self, text: &str) -> Option<i64> {
        self.written += 1;
        let text = format!("{text} Number {} of {:p}.", self.written, std::ptr::from_ref(&*self.stamp));
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("name", "A reader"), ("text", &text), ("stamp", &self.stamp), ("parent", "")])
            .finish();
        let answer = self.client.post(&self.path, &form, self.cookie.as_deref()).await?;
        assert_eq!(answer.status, 303, "{}", answer.text());
        if let Some(cookie) = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()) {
            self.cookie = Some(cookie.to_owned());
        }
        let place = answer.header("location").and_then(|place| place.rsplit('-').next()?.parse().ok());
        Some(place.expect("the answer leads to the comment"))
    }
}

pub async fn measure(plan: &Plan) {
    report::heading(
        "Commenting through HTTP, every check on",
        &[
            "database",
            "64 clients: comments a second",
            "p50 ms",
            "p99 ms",
            "200 a second: p50 ms",
            "p99 ms",
            "after kill -9",
            "within budget",
        ],
    );
    one(plan, "SQLite, synchronous=FULL", None).await;
    if let Some(server) = &plan.postgres {
        let name = format!("instep_bench_{}", std::process::id());
        let base = server.rsplit_once('/').map_or(server.as_str(), |(base, _)| base);
        psql(server, &format!("CREATE DATABASE {name}"));
        one(plan, "PostgreSQL on the same machine", Some(&format!("{base}/{name}"))).await;
        psql(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
    }
}

fn psql(server: &str, statement: &str) {
    let done = std::process::Command::new("psql").args([server, "-qc", statement]).status();
    assert!(done.is_ok_and(|status| status.success()), "{statement}");
}

async fn one(plan: &Plan, label: &str, database: Option<&str>) {
    report::progress(&format!("commenting, {label}"));
    let folder = plan.folder.join(format!("commenting-{}", database.is_some()));
    let (site_folder, data) = (folder.join("content"), folder.join("data"));
    content::write(&site_folder, POSTS);
    let arguments: Vec<&str> = database.map(|url| ["--database-url", url]).into_iter().flatten().collect();
    let mut site = Server::instep(&site_folder, &data, &arguments, &RAISED, false);
    let answered = Arc::new(AtomicUsize::new(0));

    let steady = at_a_rate(site.address, 200, &answered).await;
    let began = Instant::now();
    let rushed = at_once(site.address, &answered).await;
    let per_second = rushed.len() as f64 / began.elapsed().as_secs_f64();

    // Again at full speed, and in the middle of it the power goes.
    let address = site.address;
    let counted = Arc::clone(&answered);
    let rush = tokio::spawn(async move { at_once(address, &counted).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    site.kill();
    rush.abort();
    let _ = rush.await;
    // Answers that were on their way when the power went.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let answered = answered.load(Ordering::SeqCst);
    let listed = process::instep(&["comments", "list", "--status", "all", "--json"], &site_folder, &data, database);
    let there = listed.lines().count();

    let (steady, rushed) = (milliseconds(&steady), milliseconds(&rushed));
    let is_kept = per_second >= 1500.0 && quantile(&steady, 0.99) < 20.0 && there >= answered;
    report::row(&[
        label.to_owned(),
        format!("{per_second:.0}"),
        format!("{:.1}", median(&rushed)),
        format!("{:.1}", quantile(&rushed, 0.99)),
        format!("{:.1}", median(&steady)),
        format!("{:.1}", quantile(&steady, 0.99)),
        format!("{there} there of {answered} answered"),
        if database.is_some() { "figures only".to_owned() } else { report::kept(is_kept) },
    ]);
}

/// Writes this many comments, fifty below one post.
pub async fn fill(address: SocketAddr, comments: usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let clients = (0..CLIENTS).map(|_| {
        let next = Arc::clone(&next);
        tokio::spawn(async move {
            loop {
                let post = next.fetch_add(1, Ordering::SeqCst);
                if post * 50 >= comments {
                    return;
                }
                let mut commenter = Commenter::new(address, &format!("/posts/{}", content::slug(post))).await;
                for number in 0..50 {
                    commenter.comment(&format!("The comment of that number: {number}.")).await;
                }
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("comments");
    }
}

/// Sends comments from all clients as fast as possible.
async fn at_once(address: SocketAddr, answered: &Arc<AtomicUsize>) -> Vec<Duration> {
    let clients = (0..CLIENTS).map(|number| {
        let answered = Arc::clone(answered);
        tokio::spawn(async move {
            let mut commenter = Commenter::new(address, &post(number)).await;
            let (mut waits, end) = (Vec::new(), Instant::now() + SLICE);
            while Instant::now() < end {
                let began = Instant::now();
                // The server is gone where it is killed on purpose.
                let Some(_) = commenter.try_comment("As fast as it goes.").await else { break };
                answered.fetch_add(1, Ordering::SeqCst);
                waits.push(began.elapsed());
            }
            waits
        })
    });
    let mut all = Vec::new();
    for client in clients.collect::<Vec<_>>() {
        all.extend(client.await.expect("comments"));
    }
    all
}

/// Sends this many comments a second, whether or not the previous one is answered: waiting times count from the planned
/// start.
async fn at_a_rate(address: SocketAddr, per_second: u32, answered: &Arc<AtomicUsize>) -> Vec<Duration> {
    let (begin, gap) = (Instant::now() + Duration::from_millis(100), Duration::from_secs(1) / per_second);
    let turns = u32::try_from(CLIENTS).unwrap_or(1);
    let clients = (0..turns).map(|number| {
        let answered = Arc::clone(answered);
        tokio::spawn(async move {
            let mut commenter = Commenter::new(address, &post(number as usize)).await;
            let mut waits = Vec::new();
            let mut turn = number;
            while gap * turn < SLICE {
                let due = begin + gap * turn;
                tokio::time::sleep_until(due.into()).await;
                commenter.comment("At a steady pace.").await;
                answered.fetch_add(1, Ordering::SeqCst);
                waits.push(due.elapsed());
                turn += turns;
            }
            waits
        })
    });
    let mut all = Vec::new();
    for client in clients.collect::<Vec<_>>() {
        all.extend(client.await.expect("comments"));
    }
    all
}

fn post(number: usize) -> String {
    format!("/posts/{}", content::slug(number % POSTS))
}
