//! `instep init DIR`: creates a new site.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Init {
    /// New folder, or an empty one
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Files of a new site. The sample post has an old date, so that the author's own posts stand above it, imported ones
/// too.
const FILES: [(&str, &str); 4] = [
    ("site.toml", include_str!("starter/site.toml")),
    ("posts/hello.md", include_str!("starter/hello.md")),
    ("pages/about.md", include_str!("starter/about.md")),
    ("pages/privacy.md", include_str!("starter/privacy.md")),
];

impl Init {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let folder = &self.folder;
        let is_used = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        if is_used {
            bail!("{} is not empty, so nothing was written there. Name another folder", folder.display());
        }
        for (name, text) in FILES {
            write(&folder.join(name), text)?;
        }
        fs::create_dir_all(folder.join("media")).with_context(|| cannot_write(folder))?;
        let place = folder.display();
        // `content` is the default folder of the program.
        let flag = if folder == Path::new("content") { String::new() } else { format!(" --content {place}") };
        say!(
            "The new site is in {place}.\n\n\
             1. Start it:          instep{flag}\n\
             2. Set its title:     {place}/site.toml\n\
             3. Write a post:      instep{flag} new \"My first post\"\n\n\
             A saved post is published at once. Restart after a change to site.toml."
        );
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| cannot_write(folder))?;
    }
    fs::write(path, text).with_context(|| cannot_write(path))
}

fn cannot_write(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}
