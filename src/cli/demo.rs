//! `instep serve --demo`: the sample comments of the content folder, in a separate database.

use std::{collections::HashMap, path::Path};

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::{
    config::Config,
    domain::comment::{Comment, CommentId, Status, ThreadKey},
    store::Store,
};

/// Name of the file in the content folder.
const FILE: &str = "demo-comments.toml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conversation {
    comment: Vec<Sample>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    post: String,
    /// Key that answers use as their `parent`.
    key: String,
    parent: Option<String>,
    name: Option<String>,
    site: Option<String>,
    #[serde(default)]
    author: bool,
    hours_ago: f64,
    text: String,
}

/// URL of the database of the samples.
pub(super) fn database(config: &Config) -> String {
    format!("sqlite:{}", config.data.join("demo.sqlite").display())
}

/// Adds the sample comments to an empty database.
pub(super) async fn fill(store: &Store, config: &Config, now: Timestamp) -> anyhow::Result<()> {
    if store.has_comments().await? {
        return Ok(());
    }
    let file = config.content.join(FILE);
    let conversation = read(&file)?;
    let mut ids: HashMap<&str, CommentId> = HashMap::new();
    for sample in &conversation.comment {
        let parent = sample.parent.as_deref().map(|key| {
            let wrong = || format!("{}: {:?} answers {key:?}, which is not above it", file.display(), sample.key);
            ids.get(key).copied().with_context(wrong)
        });
        let author = &config.site.author;
        let comment = Comment {
            parent_id: parent.transpose()?,
            name: sample.name.clone().unwrap_or_else(|| author.name.clone()),
            site: if sample.author { author.url.clone() } else { sample.site.clone() },
            text: sample.text.trim().to_owned(),
            status: Status::Approved,
            by_author: sample.author,
            created_at: now - SignedDuration::from_secs_f64(sample.hours_ago * 3600.0),
            ..Comment::default()
        };
        let id = store.place_comment(&ThreadKey::post(sample.post.as_str()), &comment, "demo").await?;
        ids.insert(&sample.key, id);
    }
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<Conversation> {
    let text = std::fs::read_to_string(file).with_context(|| {
        format!("there is no sample conversation: {} cannot be read. Start without --demo", file.display())
    })?;
    toml::from_str(&text).with_context(|| format!("{} is not valid", file.display()))
}
