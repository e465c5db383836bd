//! Support for tests: a site, visitors, responses, databases, the real program.

pub mod answer;
pub mod database;
pub mod disk;
pub mod html;
pub mod photo;
pub mod program;
pub mod provider;
pub mod running;
pub mod site;
pub mod smtp;
pub mod statements;
pub mod visitor;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub use answer::Answer;
pub use site::{Builder, TestSite};

/// Longest wait for a condition: far more than it takes on a machine that runs several builds at once, so it only ends a
/// test that has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// Calls `ask` until it returns a value; fails if it takes too long.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The sample site.
pub fn sample_content() -> PathBuf {
    root().join("content")
}

pub fn write(path: &Path, text: impl AsRef<[u8]>) {
    let folder = path.parent().expect("a folder");
    std::fs::create_dir_all(folder).expect("makes a folder");
    std::fs::write(path, text).expect("writes a file");
}

pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
