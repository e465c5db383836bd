//! From the start of the program to the first page, the memory it then holds, and how soon a saved post is live.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{Plan, content, http::Client, process::Server, report, stats::median};

/// Budgets: milliseconds to the first answer, MiB after it, milliseconds from a saved file to its page.
struct Budget {
    start: f64,
    memory: f64,
    change: f64,
}

const SMALL: Budget = Budget { start: 50.0, memory: 30.0, change: 100.0 };
const LARGE: Budget = Budget { start: 2_000.0, memory: 300.0, change: 100.0 };

pub async fn measure(plan: &Plan) {
    report::heading(
        "Starting, memory, and a changed post",
        &["site", "start to first 200, ms (longest)", "memory, MiB", "saved to live, ms (longest)", "within budget"],
    );
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    one(plan, "sample site", &copied(&sample, &plan.folder.join("sample")), None, Some(&SMALL), plan.rounds).await;
    for (posts, budget) in [(100, None), (1_000, None), (10_000, Some(&LARGE))] {
        let folder = plan.folder.join(format!("site-{posts}"));
        content::write(&folder, posts);
        one(plan, &format!("{posts} posts"), &folder, Some(posts), budget, plan.rounds.min(5)).await;
    }
    let binary = fs::metadata(env!("CARGO_BIN_EXE_instep")).map_or(0, |file| file.len());
    report::note(&format!("Release binary: {:.1} MiB (budget: 30).", binary as f64 / 1_048_576.0));
}

async fn one(plan: &Plan, label: &str, folder: &Path, posts: Option<usize>, budget: Option<&Budget>, rounds: usize) {
    report::progress(&format!("starting, {label}"));
    let data = plan.folder.join(format!("data of {label}"));
    let slug = posts.map_or("how-long-to-hold".to_owned(), |posts| content::slug(posts / 2));
    let path = format!("/posts/{slug}");
    let (mut starts, mut memories, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    // The first start makes the database, which is not what is asked here.
    for round in 0..=rounds {
        let began = Instant::now();
        let site = Server::instep(folder, &data, &[], &[], false);
        let mut client = Client::to(site.address).await;
        assert_eq!(client.get(&path, "gzip").await.status, 200);
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
                changes.push(change(&mut client, folder, &slug, &path, edit).await);
                wait_until_calm(&site).await;
            }
        }
    }
    let longest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let within = budget.map_or("figures only".to_owned(), |budget| {
        let (start, memory, change) = (median(&starts), median(&memories), median(&changes));
        report::kept(start < budget.start && memory < budget.memory && change < budget.change)
    });
    report::row(&[
        label.to_owned(),
        format!("{:.0} ({:.0})", median(&starts), longest(&starts)),
        format!("{:.0}", median(&memories)),
        format!("{:.0} ({:.0})", median(&changes), longest(&changes)),
        within,
    ]);
}

/// Milliseconds from a saved file until its page says so.
async fn change(client: &mut Client, folder: &Path, slug: &str, path: &str, edit: usize) -> f64 {
    let file = folder.join("posts").join(format!("{slug}.md"));
    let text = fs::read_to_string(&file).expect("the post is there");
    let words = format!("Changed for the {edit}th time.");
    let began = Instant::now();
    fs::write(&file, format!("{text}\n\n{words}\n")).expect("writes");
    loop {
        if client.get(path, "identity").await.text().contains(&words) {
            return began.elapsed().as_secs_f64() * 1000.0;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "the change never arrived");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Until it does nothing more in the background.
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
