//! Cost of Instep, measured on the running program and beside nginx. `script/bench` runs it; the report, in Markdown,
//! goes to standard output, progress to standard error.
//!
//! Only ratios count: the servers take turns in short slices on the same core, and each round is compared with itself.

#![expect(clippy::expect_used, clippy::cast_precision_loss, reason = "a measurement that cannot be made ends here")]

mod commenting;
mod content;
mod http;
mod nginx;
mod process;
mod reading;
mod report;
mod starting;
mod stats;
mod wrk;

use std::path::PathBuf;

/// Folders and options of a run.
pub struct Plan {
    /// Number of rounds; each server has one turn in each.
    pub rounds: usize,
    /// Folder for the files and databases of this run.
    pub folder: PathBuf,
    /// PostgreSQL server on which databases may be created; without one, its figures are left out.
    pub postgres: Option<String>,
    /// Names of the parts to run; all if it is empty.
    only: Vec<String>,
}

impl Plan {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

fn main() {
    // `cargo bench` hands on what it does not know; names of parts are what is left.
    let only = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let rounds = std::env::var("INSTEP_BENCH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(15);
    let folder = tempfile::tempdir().expect("a folder");
    let postgres = std::env::var("INSTEP_TEST_POSTGRES_URL").ok();
    let plan = Plan { rounds, folder: folder.path().to_owned(), postgres, only };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        report::machine();
        if plan.wants("reading") {
            reading::measure(&plan).await;
        }
        if plan.wants("commenting") {
            commenting::measure(&plan).await;
        }
        if plan.wants("starting") {
            starting::measure(&plan).await;
        }
    });
}
