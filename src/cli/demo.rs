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

/// Adds the sample comments to an empty database.
pub(super) async fn fill(store: &Store, config: &Config, now: Timestamp) -> anyhow::Result<()> {
    if store.has_comments().await? {
        return Ok(());
    }
    let file = config.content.join(FILE);
    let conversation = read(&file)?;
    let mut ids: HashMap<&str, CommentId> = HashMap::new();
    for sample in &conversation.comment {
        let parent_id = match &sample.parent {
            Some(key) => Some(*ids.get(key.as_str()).with_context(|| {
                format!("{}: {:?} answers {key:?}, which does not stand above it", file.display(), sample.key)
            })?),
            None => None,
        };
        let author = &config.site.author;
        #[expect(clippy::cast_possible_truncation, reason = "hours since a sample comment are few")]
        let ago = SignedDuration::from_secs((sample.hours_ago * 3600.0) as i64);
        let comment = Comment {
            parent_id,
            name: sample.name.clone().unwrap_or_else(|| author.name.clone()),
            site: if sample.author { author.url.clone() } else { sample.site.clone() },
            text: sample.text.trim().to_owned(),
            status: Status::Approved,
            by_author: sample.author,
            created_at: now - ago,
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
