//! `instep embeds`: titles and stills of other people's films, fetched by the author's command and never by a page.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::Places;
use crate::{
    content::Loader,
    providers::{Errand, Providers, Reach, Ways},
};

#[derive(Debug, Subcommand)]
pub(super) enum Embeds {
    /// Ask the providers of embeds for titles and stills, and store them beside the texts
    Fetch(Fetch),
}

#[derive(Debug, Args)]
pub(super) struct Fetch {
    /// Slugs or files of posts, pages and stretches [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Ask again for what was stored before; pictures of your own stay
    #[arg(long)]
    refresh: bool,
    /// Only say what would be asked
    #[arg(long)]
    dry_run: bool,
}

impl Embeds {
    pub(super) fn run(self, places: &Places) -> anyhow::Result<ExitCode> {
        let Self::Fetch(fetch) = self;
        let config = places.config(None)?;
        let library = Loader::new(config.content.clone(), config.site.rules(), config.site.texts)
            .load()
            .with_context(|| format!("the content folder {} cannot be read", config.content.display()))?;
        let errand = Errand { names: fetch.names, refresh: fetch.refresh, dry_run: fetch.dry_run };
        let providers = Providers::new(Ways::default(), Reach::Public);
        let summary = errand.run(&library, &providers, |line| say!("{line}"))?;
        say!("{summary}");
        Ok(if summary.failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
