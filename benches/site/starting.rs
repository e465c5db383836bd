//! Time from the start to the first page, memory after it and after saves, and the time until a saved or new post is
//! live.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    Plan,
    commenting::{self, RAISED},
    content,
    http::Client,
    process::{self, Server},
    report,
    stats::median,
};

/// Budgets: milliseconds to the first answer, MiB after it and after saves, milliseconds from a saved or new file to its
/// page.
struct Budget {
    start: f64,
    memory: f64,
    change: f64,
}

const SMALL: Budget = Budget { start: 50.0, memory: 30.0, change: 100.0 };
const LARGE: Budget = Budget { start: 1_000.0, memory: 300.0, change: 100.0 };

pub async fn measure(plan: &Plan) {
    report::heading(
        "Starting, memory, a changed and a new post",
        &[
            "site",
            "start to first 200, ms (longest)",
            "memory, MiB (after saves)",
            "saved to live, ms (longest)",
            "new to live, ms (longest)",
            "within budget",
        ],
    );
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    let sample = Folder { label: "sample site", path: copied(&sample, &plan.folder.join("sample")), posts: None };
    one(plan, &sample, 0, Some(&SMALL), plan.rounds).await;
    for (label, posts, comments, budget) in [
        ("100 posts", 100, 0, None),
        ("1,000 posts", 1_000, 0, None),
        ("10,000 posts", 10_000, 0, Some(&LARGE)),
        ("50,000 posts, 100,000 comments", 50_000, 100_000, None),
    ] {
        let path = plan.folder.join(format!("site-{posts}"));
        content::write(&path, posts);
        one(plan, &Folder { label, path, posts: Some(posts) }, comments, budget, plan.rounds.min(5)).await;
    }
    let binary = fs::metadata(env!("CARGO_BIN_EXE_instep")).map_or(0, |file| file.len());
    report::note(&format!("Release binary: {:.1} MiB (budget: 30).", binary as f64 / 1_048_576.0));
}

/// A site that is measured.
struct Folder {
    label: &'static str,
    path: PathBuf,
    /// `None`: the sample site, which was not generated.
    posts: Option<usize>,
}

async fn one(plan: &Plan, folder: &Folder, comments: usize, budget: Option<&Budget>, rounds: usize) {
    let Folder { label, path: folder, posts } = folder;
    report::progress(&format!("starting, {label}"));
    let data = plan.folder.join(format!("data of {label}"));
    let slug = posts.map_or("how-long-to-hold".to_owned(), |posts| content::slug(posts / 2));
    if comments > 0 {
        let site = Server::instep(folder, &data, &[], &RAISED, false);
        commenting::fill(site.address, comments).await;
        process::instep(&["comments", "approve", "--all-held"], folder, &data, None);
    }
    let (mut starts, mut memories, mut changes, mut news) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // The first start makes the database, which is not what is asked here.
    for round in 0..=rounds {
        let began = Instant::now();
        let site = Server::instep(folder, &data, &[], &[], false);
        let mut client = Client::to(site.address).await;
        assert_eq!(client.get(&format!("/posts/{slug}"), "gzip").await.status, 200);
        let start = began.elapsed();
        if round == 0 {
            continue;
        }
        starts.push(start.as_secs_f64() * 1000.0);
        if round == rounds {
            // Related posts and search are made after the first answers; their memory counts.
            client.get("/search?q=calf", "identity").await;
            wait_until_calm(&site).await;
            memories.push(site.memory());
            for edit in 0..rounds {
                changes.push(change(&mut client, folder, &slug, edit).await);
                wait_until_calm(&site).await;
                news.push(change(&mut client, folder, &format!("new-{edit}"), edit).await);
                wait_until_calm(&site).await;
            }
            memories.push(site.memory());
        }
    }
    let longest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let within = budget.map_or("figures only".to_owned(), |budget| {
        let (start, memory, change) = (median(&starts), longest(&memories), median(&changes).max(median(&news)));
        report::kept(start < budget.start && memory < budget.memory && change < budget.change)
    });
    report::row(&[
        (*label).to_owned(),
        format!("{:.0} ({:.0})", median(&starts), longest(&starts)),
        memories.iter().map(|memory| format!("{memory:.0}")).collect::<Vec<_>>().join(" (") + ")",
        format!("{:.0} ({:.0})", median(&changes), longest(&changes)),
        format!("{:.0} ({:.0})", median(&news), longest(&news)),
        within,
    ]);
}

/// Milliseconds from a saved file, which may be a new one, until its page says so.
async fn change(client: &mut Client, folder: &Path, slug: &str, edit: usize) -> f64 {
    let file = folder.join("posts").join(format!("{slug}.md"));
    let text = fs::read_to_string(&file).unwrap_or_else(|_| "---\ntitle: New\ndate: 2026-05-02\n---\n".to_owned());
    let path = format!("/posts/{slug}");
    let words = format!("Changed for the {edit}th time.");
    let began = Instant::now();
    fs::write(&file, format!("{text}\n\n{words}\n")).expect("writes");
    loop {
        if client.get(&path, "identity").await.text().contains(&words) {
            return began.elapsed().as_secs_f64() * 1000.0;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "the change never arrived");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Waits until the site does nothing more in the background.
async fn wait_until_calm(site: &Server) {
    loop {
        let before = site.cpu();
        tokio::time::sleep(Duration::from_millis(500)).await;
        if site.cpu().saturating_sub(before) < Duration::from_millis(10) {
            return;
        }
    }
}

fn copied(from: &Path, to: &Path) -> PathBuf {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the sample").flatten() {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copied(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), &place).expect("copies");
        }
    }
    to.to_owned()
}
