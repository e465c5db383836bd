//! A whole site in a temporary folder, with a clock that the test sets.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use axum::body::Body;
use http::{Method, Request};
use instep::{
    app::{App, Clock, Mode},
    config::Config,
    content::Loader,
    live,
    store::Store,
    web::{
        Site,
        server::{Answers, Limits},
    },
};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::{Answer, visitor::Visitor, write};

/// Time of the test clock: noon in New York, on a day after every date in tests.
const NOW: &str = "2026-11-22T17:00:00Z";

/// site.toml of a test site, with rate limits that no test reaches by chance.
const SITE_TOML: &str = "title = \"Loose Laces\"\ndescription = \"Stretches for runners.\"\n\
    [author]\nname = \"Jo\"\n\
    [comments]\ngap_seconds = 0\nper_10_minutes = 1000\nnetwork_per_10_minutes = 1000\n";

/// A running site; its folder is deleted with it.
pub struct TestSite {
    pub app: App,
    pub site: Site,
    _folder: TempDir,
    now: Option<Arc<AtomicI64>>,
    panics_in: Arc<AtomicUsize>,
    keepers: Option<tokio::task::JoinHandle<()>>,
}

pub struct Builder {
    folder: TempDir,
    environment: BTreeMap<String, String>,
    mode: Mode,
    keeps_current: bool,
    real_clock: bool,
}

impl TestSite {
    #[expect(clippy::new_ret_no_self, reason = "a test reads as one sentence that begins with the site")]
    pub fn new() -> Builder {
        let folder = tempfile::tempdir().expect("a folder");
        write(&folder.path().join("content/site.toml"), SITE_TOML);
        let data = folder.path().join("data").display().to_string();
        let content = folder.path().join("content");
        let builder = Builder {
            folder,
            environment: BTreeMap::new(),
            mode: Mode::default(),
            keeps_current: false,
            real_clock: false,
        };
        builder.content(content).setting("data", &data)
    }

    /// The sample site of the repository.
    pub async fn sample() -> Self {
        Self::new().content(super::sample_content()).start().await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(Method::GET, path, headers, Body::empty()).await
    }

    pub async fn head(&self, path: &str) -> Answer {
        self.ask(Method::HEAD, path, &[], Body::empty()).await
    }

    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Answer::of(self.site.respond(request.body(body.into()).expect("a request")).await).await
    }

    /// A visitor with this IP address and a cookie jar.
    pub fn visitor(&self, address: &str) -> Visitor<'_> {
        Visitor::new(self, address.parse().expect("an address"))
    }

    pub fn store(&self) -> &Store {
        &self.app.store
    }

    /// Moves the clock forward.
    pub fn turn(&self, by: SignedDuration) {
        let now = self.now.as_ref().expect("a clock that turns");
        let by = i64::try_from(by.as_millis()).expect("a short time");
        now.fetch_add(by, Ordering::SeqCst);
    }

    /// Makes the program panic when it reads the clock for the `count`th time from now.
    pub fn panic_in(&self, count: usize) {
        self.panics_in.store(count, Ordering::SeqCst);
    }

    /// Path of a file of the content.
    pub fn path(&self, name: &str) -> PathBuf {
        self.app.config.content.join(name)
    }

    /// Saves a file of the content, as an author does.
    pub fn save(&self, name: &str, text: impl AsRef<[u8]>) {
        write(&self.path(name), text);
    }

    /// Approves a comment as another process does, and purges the pages of this instance at once.
    pub async fn approve(&self, id: i64) {
        let done = self.store().approve(id, "test", self.app.clock.now()).await.expect("approves");
        self.app.cache.purge(&done.tags());
    }

    /// Problems of the content, as printed for the author.
    pub fn problems(&self) -> Vec<String> {
        let shown = |problem: &instep::domain::problem::Problem| {
            problem.to_string().replace(&format!("{}/", self.app.config.content.display()), "")
        };
        self.app.snapshot().problems.iter().map(shown).collect()
    }

    /// Problems as `instep check` lists them: with suggestions.
    pub fn advice(&self) -> Vec<String> {
        let config = &self.app.config;
        let loader = Loader::new(config.content.clone(), config.site.rules(), config.site.texts);
        let library = loader.with_suggestions().load().expect("the folder is there");
        let folder = format!("{}/", config.content.display());
        library.problems.iter().map(|problem| problem.to_string().replace(&folder, "")).collect()
    }
}

impl Drop for TestSite {
    fn drop(&mut self) {
        if let Some(keepers) = &self.keepers {
            keepers.abort();
        }
    }
}

impl Builder {
    /// A file below the content folder.
    pub fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        write(&self.folder.path().join("content").join(name), text);
        self
    }

    /// Adds a post: a whole file, or only its text (its title is then the slug and its date 2 May 2026).
    pub fn post(self, slug: &str, text: &str) -> Self {
        let whole = text.starts_with("---") || text.starts_with("+++");
        let head = if whole { String::new() } else { format!("---\ntitle: {slug}\ndate: 2026-05-02\n---\n") };
        self.file(&format!("posts/{slug}.md"), format!("{head}{text}"))
    }

    pub fn page(self, slug: &str, text: &str) -> Self {
        self.file(&format!("pages/{slug}.md"), format!("---\ntitle: {slug}\n---\n{text}"))
    }

    pub fn site_toml(self, text: &str) -> Self {
        self.file("site.toml", text)
    }

    /// A setting by its key: `site.base_url`.
    pub fn setting(mut self, key: &str, value: &str) -> Self {
        let variable = format!("INSTEP_{}", key.replace('.', "__").to_uppercase());
        self.environment.insert(variable, value.to_owned());
        self
    }

    pub fn content(self, folder: impl AsRef<Path>) -> Self {
        self.setting("content", &folder.as_ref().display().to_string())
    }

    pub fn database(self, url: &str) -> Self {
        self.setting("database_url", url)
    }

    pub fn dev(mut self) -> Self {
        self.mode.dev = true;
        self
    }

    /// Runs the tasks that keep a site current: files, dates, comments of other processes, search.
    pub fn keeps_current(mut self) -> Self {
        self.keeps_current = true;
        self
    }

    /// Uses the system's clock instead of the test clock.
    pub fn real_clock(mut self) -> Self {
        self.real_clock = true;
        self
    }

    pub async fn start(self) -> TestSite {
        let config = Config::load(&self.environment).expect("settings");
        std::fs::create_dir_all(&config.data).expect("a data folder");
        let store = Store::open(&config.database_url).await.expect("a database");
        let start: Timestamp = NOW.parse().expect("a time");
        let now = Arc::new(AtomicI64::new(start.as_millisecond()));
        let panics_in = Arc::new(AtomicUsize::new(0));
        let clock = if self.real_clock { Clock::system() } else { turnable(&now, &panics_in) };
        let now = (!self.real_clock).then_some(now);
        let (app, keepers) = live::build(config, self.mode, store, clock).await.expect("a site");
        let site = Site::new(app.clone(), Limits::default());
        let keepers = self.keeps_current.then(|| tokio::spawn(keepers.run(site.clone())));
        if keepers.is_some() {
            super::eventually("the search index is there", async || app.search()).await;
        }
        TestSite { app, site, _folder: self.folder, now, panics_in, keepers }
    }
}

fn turnable(now: &Arc<AtomicI64>, panics_in: &Arc<AtomicUsize>) -> Clock {
    let (now, panics_in) = (Arc::clone(now), Arc::clone(panics_in));
    Clock::new(move || {
        let before = panics_in.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1));
        assert_ne!(before, Ok(1), "a fault of the program, as the test wants");
        Timestamp::from_millisecond(now.load(Ordering::SeqCst)).expect("a time")
    })
}
