//! `instep embeds fetch`: titles and stills are fetched once, and the author's files are kept.

use std::{fs, path::Path};

use instep::{
    content::Loader,
    domain::permalink::Rules,
    providers::{Fetch, Outcome, Providers, Report, Summary},
};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    TestSite,
    program::Program,
    provider::{Provider, Reply},
    read, root, write,
};

const REEL: &str = "content/posts/foot-and-ankle-stretches-for-runners/reel.jpg";
const BALL: &str = "content/posts/foot-and-ankle-stretches-for-runners/ball-roll.jpg";

/// A content folder and a provider that knows its films.
struct Embeds {
    folder: TempDir,
    provider: Provider,
}

impl Embeds {
    fn new(posts: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        write(&folder.path().join("site.toml"), "title = \"Loose Laces\"\n");
        for (slug, text) in posts {
            let head = format!("---\ntitle: {slug}\ndate: 2026-05-02\n---\n");
            write(&folder.path().join(format!("posts/{slug}.md")), format!("{head}{text}\n"));
        }
        let provider = Provider::start();
        provider.on("/still.jpg", Reply::Body(picture(REEL)));
        Self { folder, provider }
    }

    fn tells(&self, class: &str, title: &str, still: &str) {
        let still = format!("{}{still}", self.provider.base);
        self.provider.tells(class, &json!({ "title": title, "thumbnail_url": still }));
    }

    fn run(&self, fetch: &Fetch) -> (Vec<Report>, Summary) {
        let rules = Rules::default();
        let library = Loader::new(self.folder.path().to_owned(), rules, instep::texts::of("en").expect("is shipped"))
            .load()
            .expect("reads");
        let providers = Providers::at_test_server(&self.provider.base);
        let mut lines = Vec::new();
        let summary = fetch.run(&library, &providers, |line| lines.push(line.clone())).expect("known names");
        (lines, summary)
    }

    fn all(&self) -> (Vec<Report>, Summary) {
        self.run(&Fetch::default())
    }

    fn refresh(&self) -> (Vec<Report>, Summary) {
        self.run(&Fetch { refresh: true, ..Fetch::default() })
    }

    fn posts(&self) -> std::path::PathBuf {
        self.folder.path().join("posts")
    }

    /// Names of all files beside the posts, hidden ones too.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.posts()).expect("reads");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
        names.retain(|name| Path::new(name).extension().is_none_or(|ending| ending != "md"));
        names.sort();
        names
    }
}

fn picture(path: &str) -> Vec<u8> {
    fs::read(root().join(path)).expect("a picture")
}

#[tokio::test]
async fn title_and_still_are_fetched_and_shown() {
    let embeds = Embeds::new(&[("a", "https://youtu.be/abc?t=5\n\n[Mine](https://vimeo.com/12)")]);
    embeds.tells("youtube", "Toes & <b>feet</b>", "/vi/abc/hqdefault.jpg");
    embeds.provider.on("/vi/abc/hqdefault.jpg", Reply::Body(picture(BALL)));
    embeds.provider.on("/vi/abc/maxresdefault.jpg", Reply::Body(picture(REEL)));
    let still = format!("{}/still.jpg", embeds.provider.base);
    let vimeo =
        json!({ "title": "Theirs", "thumbnail_url": still, "duration": 63, "upload_date": "2008-05-25 18:06:31" });
    embeds.provider.tells("vimeo", &vimeo);

    let (lines, summary) = embeds.all();
    assert_eq!((summary.stored, summary.failed), (2, 0), "{lines:#?}");
    assert_eq!(embeds.files(), ["vimeo-12.jpg", "vimeo-12.toml", "youtube-abc.jpg", "youtube-abc.toml"]);
    assert!(lines[1].to_string().contains("youtube-abc.jpg") || lines[0].to_string().contains("youtube-abc.jpg"));
    assert_eq!(fs::read(embeds.posts().join("youtube-abc.jpg")).expect("reads"), picture(REEL), "the larger one");
    let asked = embeds.provider.asked();
    assert!(
        asked.iter().all(|one| one.user_agent.starts_with(concat!("Instep/", env!("CARGO_PKG_VERSION")))),
        "{asked:?}"
    );
    let film = "/youtube?format=json&url=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3Dabc%26t%3D5s";
    assert!(asked.iter().any(|one| one.address == film), "{asked:?}");

    let site = TestSite::new().content(embeds.folder.path()).start().await;
    assert_eq!(site.problems(), Vec::<String>::new());
    let page = site.get("/posts/a").await;
    page.is(200).says("Toes &#38; &#60;b&#62;feet").says("Mine").does_not_say("Theirs");
    let stills = page.html().all("img").into_iter().filter(|one| one.get("src").starts_with("/media/")).count();
    assert_eq!(stills, 2);
    assert!(embeds.provider.asked().is_empty(), "no page asks");

    let told = read(&embeds.posts().join("vimeo-12.toml"));
    assert!(told.contains("seconds = 63") && told.contains("uploaded = \"2008-05-25\""), "{told}");

    let (_, again) = embeds.all();
    assert_eq!((again.complete, again.stored), (2, 0));
    assert!(embeds.provider.asked().is_empty(), "asked once");
}

#[tokio::test]
async fn a_failed_embed_does_not_stop_the_others() {
    let posts = [
        ("a", "https://youtu.be/gone"),
        ("b", "https://vimeo.com/1"),
        ("c", "https://www.tiktok.com/@a/video/2"),
        ("d", "https://open.spotify.com/track/x"),
        ("e", "https://soundcloud.com/a/b"),
        ("f", "https://www.instagram.com/p/x/"),
        ("g", "https://www.strava.com/activities/1"),
    ];
    let embeds = Embeds::new(&posts);
    let provider = &embeds.provider;
    provider.on("/youtube", Reply::Status(404));
    embeds.tells("vimeo", "A script", "/script.jpg");
    provider.on("/script.jpg", Reply::Body(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>".to_vec()));
    provider.on("/tiktok", Reply::Endless);
    provider.on("/spotify", Reply::To(format!("{}/spotify", provider.base)));
    embeds.tells("soundcloud", "A track", "/still.jpg");

    let (lines, summary) = embeds.all();
    assert_eq!(summary, Summary { stored: 1, would_ask: 0, complete: 0, closed: 2, failed: 4 }, "{lines:#?}");
    for (line, words) in lines.iter().zip([
        "does not exist any more",
        "not a JPEG, PNG or WebP file; stored its title “A script”",
        "longer than 256 kB",
        "more than 3 times",
        "stored soundcloud-a-b.jpg",
        "token from Meta. Put a picture instagram-x.jpg beside",
        "strava-1.jpg",
    ]) {
        assert!(line.to_string().contains(words), "{words:?} is not in {line}");
    }
    assert_eq!(embeds.files(), ["soundcloud-a-b.jpg", "soundcloud-a-b.toml", "vimeo-1.toml"]);
    // The title is here, the still is not: the next run asks for it again.
    provider.on("/script.jpg", Reply::Body(picture(BALL)));
    embeds.all();
    assert!(embeds.files().contains(&"vimeo-1.jpg".to_owned()));
}

#[test]
fn a_dry_run_sends_no_request_and_writes_nothing() {
    let embeds = Embeds::new(&[("a", "https://youtu.be/abc\n\nhttps://www.instagram.com/p/x/")]);
    let (lines, summary) = embeds.run(&Fetch { dry_run: true, ..Fetch::default() });
    assert_eq!((summary.would_ask, summary.closed, lines.len()), (1, 1, 2));
    assert!(embeds.provider.asked().is_empty());
    assert!(embeds.files().is_empty());
}

#[test]
fn refresh_replaces_fetched_files_and_keeps_the_authors() {
    let embeds = Embeds::new(&[("a", "https://youtu.be/abc"), ("b", "https://vimeo.com/12")]);
    write(&embeds.posts().join("vimeo-12.png"), picture("README.png"));
    embeds.tells("youtube", "First", "/still.jpg");
    embeds.tells("vimeo", "Film", "/still.jpg");
    embeds.all();
    assert_eq!(embeds.files(), ["vimeo-12.png", "vimeo-12.toml", "youtube-abc.jpg", "youtube-abc.toml"]);

    embeds.tells("youtube", "Second", "/still.png");
    embeds.provider.on("/still.png", Reply::Body(picture("README.png")));
    let (_, summary) = embeds.refresh();
    assert_eq!((summary.stored, summary.failed), (2, 0));
    assert_eq!(embeds.files(), ["vimeo-12.png", "vimeo-12.toml", "youtube-abc.png", "youtube-abc.toml"]);
    assert!(read(&embeds.posts().join("youtube-abc.toml")).contains("Second"));

    // A picture in the place of the fetched one is the author's from then on.
    write(&embeds.posts().join("youtube-abc.png"), "mine");
    embeds.tells("youtube", "Third", "/still.jpg");
    embeds.refresh();
    assert_eq!(read(&embeds.posts().join("youtube-abc.png")), "mine");
    assert!(read(&embeds.posts().join("youtube-abc.toml")).contains("Third"));

    // So is one under the name that a fetched one would get.
    fs::remove_file(embeds.posts().join("youtube-abc.png")).expect("removes");
    embeds.all();
    assert!(embeds.files().contains(&"youtube-abc.jpg".to_owned()));
    write(&embeds.posts().join("youtube-abc.png"), "mine too");
    embeds.tells("youtube", "Third", "/still.png");
    let (lines, summary) = embeds.refresh();
    assert_eq!(summary.failed, 1);
    assert!(lines[0].to_string().contains("youtube-abc.png exists already"), "{}", lines[0]);
    assert_eq!(read(&embeds.posts().join("youtube-abc.png")), "mine too");
    assert!(embeds.files().contains(&"youtube-abc.jpg".to_owned()));

    // A provider that is away takes nothing.
    embeds.provider.on("/youtube", Reply::Status(500));
    let (_, summary) = embeds.refresh();
    assert_eq!((summary.stored, summary.failed), (1, 1));
    assert!(read(&embeds.posts().join("youtube-abc.toml")).contains("Third"));
}

#[test]
fn an_edited_title_stays_until_refresh() {
    let embeds = Embeds::new(&[("a", "https://youtu.be/abc")]);
    write(&embeds.posts().join("youtube-abc.toml"), "title = \"Edited\"\n");
    embeds.tells("youtube", "Theirs", "/still.jpg");
    embeds.all();
    assert_eq!(embeds.files(), ["youtube-abc.jpg", "youtube-abc.toml"]);
    assert!(read(&embeds.posts().join("youtube-abc.toml")).contains("Edited"));
}

#[test]
fn a_file_that_cannot_be_read_is_not_written_over() {
    let embeds = Embeds::new(&[("a", "https://youtu.be/abc")]);
    let file = embeds.posts().join("youtube-abc.toml");
    write(&file, "title = \"Half\n");
    let (lines, summary) = embeds.refresh();
    assert_eq!(summary.failed, 1);
    assert!(lines[0].to_string().contains("Correct it, or delete it"), "{}", lines[0]);
    assert_eq!(read(&file), "title = \"Half\n");
    assert!(embeds.provider.asked().is_empty());
}

#[test]
fn a_film_without_a_still_is_requested_once() {
    let embeds = Embeds::new(&[("a", "https://soundcloud.com/a/b")]);
    embeds.provider.tells("soundcloud", &json!({ "title": "A track", "thumbnail_url": null }));
    let (lines, _) = embeds.all();
    assert!(lines[0].to_string().contains("SoundCloud has no still of it"), "{}", lines[0]);
    embeds.provider.asked();
    let (lines, summary) = embeds.all();
    assert_eq!((lines[0].outcome.clone(), summary.complete), (Outcome::Complete, 1));
    assert!(embeds.provider.asked().is_empty());
}

#[test]
fn posts_are_chosen_by_name_and_an_embed_is_fetched_once() {
    let film = "https://youtu.be/abc";
    let embeds = Embeds::new(&[("a", film), ("b", film), ("c", "https://youtu.be/other")]);
    embeds.tells("youtube", "Film", "/still.jpg");
    let by = |name: &str| embeds.run(&Fetch { names: vec![name.to_owned()], ..Fetch::default() }).1;
    assert_eq!(by("a").stored, 1);
    assert_eq!(by("./posts/b.md").complete, 1, "it lies beside this one too");
    assert_eq!(embeds.files(), ["youtube-abc.jpg", "youtube-abc.toml"]);
    assert_eq!(embeds.all().1, Summary { stored: 1, complete: 1, ..Summary::default() });
}

#[tokio::test]
async fn an_error_in_a_stored_response_is_reported() {
    let site = TestSite::new()
        .post("a", "https://youtu.be/abc")
        .file("posts/youtube-abc.toml", "# Edited\ntitel = \"Toes\"\n")
        .start()
        .await;
    site.get("/posts/a").await.is(200);
    let problems = site.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("posts/youtube-abc.toml:2:1: warning: ") && problems[0].contains("titel"));
}

#[test]
fn embeds_fetch_runs_from_the_shell() {
    let program = Program::with_site();
    program.run(&["embeds", "fetch"]).exits(0).says("0 embeds: ");
    program.run(&["embeds", "fetch", "calv"]).exits(1).complains(&["calv", "no post"]);
    program.run(&["embeds", "fetch", "--all"]).exits(2);
    program.save(
        "content/posts/reel.md",
        "---\ntitle: Reel\ndate: 2026-05-02\n---\nhttps://www.instagram.com/p/x/\n\nhttps://youtu.be/abc\n",
    );
    program
        .run(&["embeds", "fetch", "--dry-run", "reel"])
        .exits(0)
        .says("content/posts/reel.md: Instagram x: Instagram gives nothing without a token")
        .says("would be requested from YouTube")
        .says("2 embeds: 1 to request, 0 stored");
}
