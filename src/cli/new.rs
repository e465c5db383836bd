//! `instep new "Title"`: creates a Markdown file with its front matter filled in.

use anyhow::{anyhow, bail};
use clap::Args;

use super::Places;
use crate::{
    app::Clock,
    content::editing::{EditError, Workspace},
    domain::{entry::Kind, slug::Slug},
};

#[derive(Debug, Args)]
pub(super) struct New {
    /// Title; the file name is made from it
    #[arg(value_name = "TITLE")]
    title: String,
    /// Create a stretch instead of a post
    #[arg(long)]
    stretch: bool,
}

impl New {
    pub(super) fn run(self, places: &Places) -> anyhow::Result<()> {
        let config = places.config(None)?;
        let title = self.title.trim();
        let Some(slug) = Slug::transliterated(title) else {
            bail!("{title:?} cannot become a file name. Choose a title with letters or digits");
        };
        // The new file is a draft, so that saving an unfinished text does not publish it.
        let (kind, template) = match self.stretch {
            true => (Kind::Stretch, include_str!("starter/new-stretch.md")),
            false => (Kind::Post, include_str!("starter/new-post.md")),
        };
        let now = Clock::system().now().to_zoned(config.site.time_zone.clone());
        let text = template.replace("{date}", &now.strftime("%Y-%m-%d %H:%M").to_string());
        // JSON strings are YAML.
        let text = text.replace("{title}", &serde_json::Value::from(title).to_string());
        let files = Workspace::new(&config.content, &config.data);
        let path = files.create(kind, &slug, text.as_bytes()).map_err(|error| match error {
            EditError::Exists(taken) => {
                let taken = config.content.join(kind.folder()).join(taken);
                anyhow!("{} exists already and was not changed. Choose another title", taken.display())
            }
            error => anyhow!("the file was not written: {error}"),
        })?;
        say!("{}", config.content.join(path).display());
        Ok(())
    }
}
