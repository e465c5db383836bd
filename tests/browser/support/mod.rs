//! A running site and a browser for each test.

mod browser;
mod process;
mod site;
mod trap;

use std::{fs, path::Path, time::Duration};

use tempfile::TempDir;

use browser::Driver;
pub use browser::{Scheme, Scripts, Visitor};
use site::Site;
use trap::Trap;

pub const FLAGSHIP: &str = "/posts/foot-and-ankle-stretches-for-runners";
pub const COMPONENTS: &str = "/posts/components";
pub const GUIDE: &str = "/posts/embedding-videos-and-reels";

/// Longest wait for a condition: far more than it takes, so it only ends a test that has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running site and a driver for browsers. Fields are dropped in this order: the browsers first, their folder last.
pub struct Stage {
    driver: Driver,
    pub site: Site,
    pub trap: Trap,
    folder: TempDir,
}

impl Stage {
    /// A site without comments. `None` if browser tests are turned off.
    pub fn set() -> Option<Self> {
        Self::with(&[])
    }

    /// A site with the sample conversation.
    pub fn demo() -> Option<Self> {
        Self::with(&["--demo"])
    }

    /// A site with every component, at [`COMPONENTS`].
    pub fn components() -> Option<Self> {
        Self::themed(&[])
    }

    /// A site with every component and this theme: keys and values of `[theme]`.
    pub fn themed(theme: &[(&str, &str)]) -> Option<Self> {
        Self::on("tests/fixtures/components", &[], theme)
    }

    fn with(arguments: &[&str]) -> Option<Self> {
        Self::on("content", arguments, &[])
    }

    /// A site with a copy of the sample content, which the desk may change.
    pub fn to_write() -> Option<Self> {
        Self::in_folder(tempfile::tempdir().expect("a temporary folder"), None, &[], &[])
    }

    fn on(content: &str, arguments: &[&str], theme: &[(&str, &str)]) -> Option<Self> {
        Self::in_folder(tempfile::tempdir().expect("a temporary folder"), Some(content), arguments, theme)
    }

    /// Starts a site. Without a content folder it is a copy of the sample content.
    fn in_folder(folder: TempDir, content: Option<&str>, arguments: &[&str], theme: &[(&str, &str)]) -> Option<Self> {
        if std::env::var_os("INSTEP_TEST_BROWSER").is_none_or(|value| value != "1") {
            println!("skipped: browser tests run with INSTEP_TEST_BROWSER=1");
            return None;
        }
        let copy = folder.path().join("content");
        if content.is_none() {
            copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("content"), &copy);
        }
        let trap = Trap::set();
        let site =
            Site::start(content.map_or(copy.as_path(), Path::new), &folder.path().join("data"), arguments, theme);
        let driver = Driver::start(folder.path());
        Some(Self { driver, site, trap, folder })
    }

    /// New browser profile of a reader who has never been here.
    pub async fn visitor(&self, scripts: Scripts) -> Visitor {
        let profile = tempfile::tempdir_in(&self.folder).expect("a folder for the profile").keep();
        self.driver.visitor(&self.site.base, &profile, scripts, self.trap.port()).await
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("reads") {
        let path = entry.expect("an entry").path();
        let copy = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &copy);
        } else {
            fs::copy(&path, &copy).expect("copies");
        }
    }
}

/// Waits until a condition is true.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let asked = async {
        let mut beat = tokio::time::interval(Duration::from_millis(50));
        while !is_so().await {
            beat.tick().await;
        }
    };
    if tokio::time::timeout(PATIENCE, asked).await.is_err() {
        panic!("waited in vain: {what}");
    }
}
