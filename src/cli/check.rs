//! `instep check`: lists every problem in the content.

use clap::Args;

use super::{Explained, Places};
use crate::{
    app::Clock,
    content::Loader,
    domain::{problem::Severity, words::counted},
};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Treat warnings as errors
    #[arg(long)]
    strict: bool,
}

impl Check {
    pub(super) fn run(self, places: &Places) -> anyhow::Result<()> {
        let config = places.config(None)?;
        let library = super::load(&config, Loader::with_suggestions)?;
        for problem in library.problems.iter() {
            say!("{problem}");
        }
        let errors = library.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        let warnings = library.problems.len() - errors;
        say!(
            "{}: {}, {}",
            library.counts(Clock::system().now()).words().join(", "),
            counted(errors, "error", "errors"),
            counted(warnings, "warning", "warnings")
        );
        let is_bad = errors > 0 || (self.strict && warnings > 0);
        if is_bad { Err(Explained.into()) } else { Ok(()) }
    }
}
