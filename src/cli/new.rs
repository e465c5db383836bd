//! `instep new "Title"`: creates a Markdown file with its front matter filled in.

use std::{fs, io::Write, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;

use super::Places;
use crate::{
    app::Clock,
    domain::{kind::Kind, slug::Slug},
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
    pub(super) fn run(self, places: &Places) -> anyhow::Result<ExitCode> {
        let config = places.config(None)?;
        let title = self.title.trim();
        let Some(slug) = Slug::transliterated(title) else {
            bail!("{title:?} cannot become a file name. Choose a title with letters or digits");
        };
        let kind = if self.stretch { Kind::Stretch } else { Kind::Post };
        let folder = config.content.join(kind.folder());
        let taken = [folder.join(format!("{slug}.md")), folder.join(slug.as_str())];
        if let Some(taken) = taken.iter().find(|path| path.exists()) {
            bail!("{} exists already and was not changed. Choose another title", taken.display());
        }
        let now = Clock::system().now().to_zoned(config.site.time_zone.clone());
        let text = if self.stretch { stretch(title) } else { post(title, &now.strftime("%Y-%m-%d %H:%M").to_string()) };
        let path = create(&folder, &format!("{slug}.md"), &text)?;
        say!("{}", path.display());
        Ok(ExitCode::SUCCESS)
    }
}

fn create(folder: &std::path::Path, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be created", folder.display()))?;
    let written = fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}

/// Text of a new post. It is a draft, so that saving an unfinished text does not publish it.
fn post(title: &str, date: &str) -> String {
    format!(
        "---\ntitle: {}\ndate: {date}\ndescription: \"\"\ntags: []\ndraft: true\n---\n\nWrite here. \
         Remove `draft: true` to publish.\n",
        yaml(title)
    )
}

fn stretch(title: &str) -> String {
    format!(
        "---\ntitle: {}\ndescription: \"\"\nareas: []\nequipment: []\nposition: standing\nhold_seconds: 30\nrepeats: 2\n\
         sides: each\nsets: 1\nlevel: easy\nstop_if: \"\"\ndraft: true\n---\n\n1. The first step.\n2. The second step.\n",
        yaml(title)
    )
}

/// Returns a text as a YAML string (JSON strings are YAML).
fn yaml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
