//! Saving, breaking and deleting files while the site runs.

use std::{fs, sync::mpsc};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::support::{TestSite, eventually};

async fn site() -> TestSite {
    TestSite::new().post("calf", "Stretch it.").keeps_current().start().await
}

fn post(title: &str, text: &str) -> String {
    format!("---\ntitle: {title}\ndate: 2026-05-03\ntags: [fresh]\n---\n{text}\n")
}

async fn says(site: &TestSite, path: &str, words: &str) {
    eventually(&format!("{path} says {words:?}"), async || site.get(path).await.text().contains(words).then_some(()))
        .await;
}

async fn does_not_say(site: &TestSite, path: &str, words: &str) {
    let what = format!("{path} does not say {words:?}");
    eventually(&what, async || (!site.get(path).await.text().contains(words)).then_some(())).await;
}

#[tokio::test]
async fn a_saved_file_is_live_everywhere() {
    let site = site().await;
    for path in ["/", "/feed.xml", "/sitemap.xml", "/tags"] {
        site.get(path).await.is(200);
    }
    site.save("posts/hips.md", post("Hips", "Open the xylophone."));
    says(&site, "/posts/hips", "Open the xylophone.").await;
    for path in ["/", "/feed.xml", "/sitemap.xml", "/tags/fresh", "/archive/2026"] {
        site.get(path).await.is(200).says("/posts/hips");
    }
    says(&site, "/search?q=xylophone", "1 result").await;

    site.save("posts/hips.md", post("Hips", "Close the accordion."));
    says(&site, "/posts/hips", "Close the accordion.").await;
    says(&site, "/search?q=accordion", "1 result").await;
    does_not_say(&site, "/search?q=xylophone", "1 result").await;
}

#[tokio::test]
async fn a_large_site_is_served_at_once_and_finished_later() {
    let mut site = TestSite::new();
    let more = "More words. ".repeat(100);
    for number in 0..=1_000 {
        site = site.post(&format!("p{number}"), &format!("Text {number}. [Next](new.md)\n\n{more}"));
    }
    let site = site.keeps_current().start().await;
    site.get("/posts/p500").await.is(200).says("Text 500.");
    eventually("all problems are found", async || (site.problems().len() == 1_001).then_some(())).await;
    says(&site, "/search?q=%22text+700%22", "/posts/p700").await;
    site.save("posts/new.md", post("New", "The xylophone."));
    says(&site, "/posts/new", "The xylophone.").await;
    says(&site, "/posts/p500", "href=\"/posts/new\"").await;
    eventually("the problems are gone", async || site.problems().is_empty().then_some(())).await;
    says(&site, "/search?q=xylophone", "1 result").await;
}

/// A new folder is read once before it is watched. A file that arrives between the two makes no event, so the site has
/// to look again.
#[tokio::test]
async fn a_file_that_arrives_in_a_new_folder_before_it_is_watched_is_live() {
    let site = site().await;
    for number in 0..5 {
        let folder = site.path("posts").canonicalize().expect("is there").join(format!("folder-{number}"));
        let (sender, opened) = mpsc::channel();
        let mut watcher = RecommendedWatcher::new(
            move |event: notify::Result<notify::Event>| {
                if event.is_ok_and(|event| matches!(event.kind, notify::EventKind::Access(_))) {
                    let _ = sender.send(());
                }
            },
            notify::Config::default(),
        )
        .expect("watches");
        // Watched before it has its name, so that its first reading is seen.
        let unnamed = site.path(&format!("../unnamed-{number}"));
        fs::create_dir(&unnamed).expect("makes");
        watcher.watch(&unnamed, RecursiveMode::NonRecursive).expect("watches");
        fs::rename(&unnamed, &folder).expect("renames");
        let late = folder.join(format!("late-{number}.md"));
        tokio::task::spawn_blocking(move || {
            opened.recv().expect("the folder is read");
            while is_open(&folder) {
                std::thread::yield_now();
            }
            fs::write(late, post("Late", "Just in time.")).expect("writes");
        })
        .await
        .expect("ends");
        says(&site, &format!("/posts/late-{number}"), "Just in time.").await;
    }
}

/// True if this process has the folder open.
fn is_open(folder: &std::path::Path) -> bool {
    let open = fs::read_dir("/proc/self/fd").expect("reads");
    open.flatten().any(|open| fs::read_link(open.path()).is_ok_and(|target| target == folder))
}

#[tokio::test]
async fn a_deleted_file_is_gone_everywhere() {
    let site = site().await;
    site.save("posts/hips.md", post("Hips", "Open the xylophone."));
    says(&site, "/search?q=xylophone", "1 result").await;
    fs::remove_file(site.path("posts/hips.md")).expect("removes");
    eventually("the post is gone", async || (site.get("/posts/hips").await.status == 404).then_some(())).await;
    for path in ["/", "/feed.xml", "/sitemap.xml", "/archive/2026"] {
        site.get(path).await.does_not_say("/posts/hips");
    }
    site.get("/tags/fresh").await.is(404);
    does_not_say(&site, "/search?q=xylophone", "1 result").await;
    site.get("/posts/calf").await.is(200);
}

#[tokio::test]
async fn a_deleted_text_does_not_return_after_another_save() {
    let site = site().await;
    for broken in [&b"---\ntitle: \"Regret\ndate: 2026-05-03\n---\nNew."[..], b"", b"\xff\xfe"] {
        site.save("posts/regret.md", post("Regret", "I wish I had not."));
        says(&site, "/posts/regret", "I wish I had not.").await;
        fs::remove_file(site.path("posts/regret.md")).expect("removes");
        eventually("the post is gone", async || (site.get("/posts/regret").await.status == 404).then_some(())).await;
        site.save("posts/regret.md", broken);
        let problem = eventually("the problem is told", async || site.problems().first().cloned()).await;
        assert!(
            problem.starts_with("posts/regret.md:") && problem.contains("It is not published until then."),
            "{problem}"
        );
        site.get("/posts/regret").await.is(404);
        site.get("/").await.does_not_say("/posts/regret");
    }
}

#[tokio::test]
async fn a_file_that_is_renamed_moves() {
    let site = site().await;
    fs::rename(site.path("posts/calf.md"), site.path("posts/calves.md")).expect("renames");
    says(&site, "/posts/calves", "Stretch it.").await;
    site.get("/posts/calf").await.is(404);
}

#[tokio::test]
async fn a_broken_file_keeps_its_last_good_version_and_takes_nothing_down() {
    let site = site().await;
    site.save("posts/calf.md", "---\ntitle: Calf\ntags: [a\ndate: 2026-05-02\n---\nBroken words.");
    site.save("posts/hips.md", post("Hips", "Open them."));
    says(&site, "/posts/hips", "Open them.").await;
    let problems =
        eventually("the problem is told", async || Some(site.problems()).filter(|told| !told.is_empty())).await;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("posts/calf.md:"), "{problems:?}");
    let line: u32 = problems[0].split(':').nth(1).and_then(|line| line.parse().ok()).expect("a line");
    assert!((3..=4).contains(&line), "{problems:?}");
    assert!(
        problems[0].contains(": error: ") && problems[0].contains("last good version stays online"),
        "{problems:?}"
    );
    site.get("/posts/calf").await.is(200).says("Stretch it.").does_not_say("Broken words");
    site.get("/").await.says("/posts/calf");

    site.save("posts/calf.md", "---\ntitle: Calf\ndate: 2026-05-02\n---\nMended words.");
    says(&site, "/posts/calf", "Mended words.").await;
    assert_eq!(site.problems(), [] as [String; 0]);
}

#[tokio::test]
async fn a_file_that_was_never_good_stays_out_and_says_so() {
    let site = TestSite::new()
        .post("calf", "Stretch it.")
        .post("broken", "+++\ntitle = unquoted\n+++\nx")
        .post("dated", "---\ntitle: Dated\ndate: yesterday\n---\nx")
        .post("endless", "---\ntitle: Endless\n")
        .file("posts/binary.md", [0x2d, 0xff, 0xfe, 0x00])
        .start()
        .await;
    let problems = site.problems();
    for start in [
        "posts/binary.md:1:2: error:",
        "posts/broken.md:2:",
        "posts/dated.md:3:1: error:",
        "posts/endless.md:1:1: error:",
    ] {
        assert!(problems.iter().any(|told| told.starts_with(start)), "{start} in {problems:#?}");
    }
    assert_eq!(problems.len(), 4, "{problems:#?}");
    assert!(problems.iter().all(|told| told.contains("It is not published until then.")), "{problems:#?}");
    for path in ["/posts/broken", "/posts/dated", "/posts/endless", "/posts/binary"] {
        site.get(path).await.is(404);
    }
    site.get("/posts/calf").await.is(200);
}

#[tokio::test]
async fn a_draft_without_its_first_fence_stays_out() {
    let plan = "title: My secret plan\ndate: 2026-01-01\ndraft: true\n---\n\nText\n";
    let site = site().await;
    site.save("posts/plan.md", plan);
    let problem = eventually("the problem is told", async || site.problems().first().cloned()).await;
    assert!(problem.starts_with("posts/plan.md:1:1: error:"), "{problem}");
    assert!(
        problem.contains(
            "Put a line with --- alone above its first key, and another below its last. It is not published until then."
        ),
        "{problem}"
    );
    site.get("/posts/plan").await.is(404);
    site.save("posts/calf.md", plan);
    eventually("both are told", async || (site.problems().len() == 2).then_some(())).await;
    site.get("/posts/calf").await.is(200).says("Stretch it.").does_not_say("secret");
}

#[tokio::test]
async fn pictures_and_styles_are_followed_too() {
    let site = TestSite::new()
        .file("posts/calf/index.md", "---\ntitle: Calf\ndate: 2026-05-02\n---\n![A leg](leg.svg)")
        .file("posts/calf/leg.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"5\"/>")
        .keeps_current()
        .start()
        .await;
    let picture = async || site.get("/posts/calf").await.html().one("img", "alt", "A leg").get("src").to_owned();
    let style = async || site.get("/").await.html().one("link", "rel", "stylesheet").get("href").to_owned();
    let (first, first_style) = (picture().await, style().await);
    site.save("posts/calf/leg.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"6\"/>");
    site.save("custom.css", ".mine { color: teal }");
    let second =
        eventually("the picture has another address", async || Some(picture().await).filter(|now| *now != first)).await;
    site.get(&second).await.is(200).says("width=\"9\"");
    let second_style =
        eventually("the style has another address", async || Some(style().await).filter(|now| *now != first_style))
            .await;
    site.get(&second_style).await.says(".mine { color: teal }");
}

#[tokio::test]
async fn a_new_post_does_not_take_the_address_of_another() {
    let site = site().await;
    // First by name, and still second.
    site.save("posts/aaa.md", "---\ntitle: Intruder\nslug: calf\ndate: 2026-05-03\n---\nMine now.\n");
    let told = "the problem is told";
    let problem =
        eventually(told, async || site.problems().into_iter().find(|told| told.contains("is taken by"))).await;
    assert!(problem.starts_with("posts/aaa.md:3:1"), "{problem}");
    site.get("/posts/calf").await.says("Stretch it.").does_not_say("Mine now.");
}

#[tokio::test]
async fn an_empty_file_is_no_post_yet() {
    let site = site().await;
    site.save("posts/empty.md", "");
    eventually("the problem is told", async || {
        site.problems().into_iter().find(|told| told.contains("the file is empty"))
    })
    .await;
    site.get("/posts/empty").await.is(404);
}
