//! `instep embeds`: fetches titles and stills of embeds. Only this command asks providers, never a page.

use anyhow::Error;
use clap::Subcommand;

use super::{Explained, Places};
use crate::providers::{Fetch, Providers};

#[derive(Debug, Subcommand)]
pub(super) enum Embeds {
    /// Get titles and still pictures from the providers, and store them beside the posts
    Fetch {
        /// Slugs or files of posts, pages and stretches [default: all]
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Also replace what was fetched before; your own pictures stay
        #[arg(long)]
        refresh: bool,
        /// Only list what would be requested
        #[arg(long)]
        dry_run: bool,
    },
}

impl Embeds {
    pub(super) fn run(self, places: &Places) -> anyhow::Result<()> {
        let Self::Fetch { names, refresh, dry_run } = self;
        let library = super::load(&places.config(None)?, |loader| loader)?;
        let fetch = Fetch { names, refresh, dry_run };
        let summary = fetch.run(&library, &Providers::public(), |report| say!("{report}")).map_err(Error::msg)?;
        say!("{summary}");
        if summary.failed > 0 { Err(Explained.into()) } else { Ok(()) }
    }
}
