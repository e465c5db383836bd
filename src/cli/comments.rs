//! `instep comments …`: moderation from the shell. A running site shows the change within a second.

mod blocks;

use std::{io::Read, process::ExitCode};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::Places;
use crate::{
    app::Clock,
    config::Config,
    content::comment_markdown,
    domain::comment::{CommentId, RawComment, Status},
    store::{Listed, Store, StoreError},
    texts, web,
};

/// Actor in the moderation log.
const ACTOR: &str = "shell";

#[derive(Debug, Subcommand)]
pub(super) enum Comments {
    /// Show comments, oldest first
    List(List),
    /// Show comments to everyone
    Approve(Approve),
    /// Take comments away as spam
    Spam(Ids),
    /// Take comments away; they can be approved again
    Trash(Ids),
    /// Delete what comments say and who said it, for good; answers keep their place
    Erase(Ids),
    /// Answer a comment as the author of site.toml; the text is read from standard input
    Reply(Reply),
    /// Show comments that were not taken in the last 30 days, oldest first
    Refused(blocks::Refused),
    /// Take no more comments from an e-mail address, a website or a network
    Block(blocks::Block),
    /// Show whom you have blocked, oldest first
    Blocks(blocks::Blocks),
    /// Let them comment again
    Unblock(blocks::Unblock),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Which ones
    #[arg(long, value_enum, default_value_t = Which::Held)]
    status: Which,
    /// Those that everyone sees and you have not answered
    #[arg(long, conflicts_with = "status")]
    unanswered: bool,
    /// One JSON object a line, with the whole text
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    Held,
    Approved,
    Spam,
    Trash,
    All,
}

#[derive(Debug, Args)]
pub(super) struct Approve {
    /// Numbers of comments
    #[arg(value_name = "ID", required_unless_present = "all_held", conflicts_with = "all_held")]
    ids: Vec<CommentId>,
    /// Every comment that waits
    #[arg(long)]
    all_held: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Ids {
    /// Numbers of comments
    #[arg(value_name = "ID", required = true)]
    ids: Vec<CommentId>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Reply {
    /// The number of the comment to answer
    #[arg(value_name = "ID")]
    id: CommentId,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// An act on comments, given by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Approve,
    Spam,
    Trash,
    Erase,
}

impl Comments {
    pub(super) async fn run(self, places: &Places) -> anyhow::Result<ExitCode> {
        let (config, store) = places.store().await?;
        let done = match self {
            Self::List(list) => list.run(&store).await,
            Self::Approve(approve) => {
                let ids = if approve.all_held { held(&store).await? } else { approve.ids };
                moderate(&store, Act::Approve, &ids, approve.json).await
            }
            Self::Spam(Ids { ids, json }) => moderate(&store, Act::Spam, &ids, json).await,
            Self::Trash(Ids { ids, json }) => moderate(&store, Act::Trash, &ids, json).await,
            Self::Erase(Ids { ids, json }) => moderate(&store, Act::Erase, &ids, json).await,
            Self::Reply(reply) => reply.run(&store, &config).await,
            Self::Refused(refused) => refused.run(&store).await,
            Self::Block(block) => block.run(&store, &config).await,
            Self::Blocks(blocks) => blocks.run(&store).await,
            Self::Unblock(unblock) => unblock.run(&store).await,
        };
        store.close().await;
        done
    }
}

impl List {
    async fn run(self, store: &Store) -> anyhow::Result<ExitCode> {
        let status = match self.status {
            Which::Held => Some(Status::Held),
            Which::Approved => Some(Status::Approved),
            Which::Spam => Some(Status::Spam),
            Which::Trash => Some(Status::Trash),
            Which::All => None,
        };
        let listed =
            if self.unanswered { store.unanswered_comments().await? } else { store.list_comments(status).await? };
        for one in &listed {
            say!("{}", if self.json { as_json(one) } else { as_text(one) });
        }
        if listed.is_empty() && !self.json {
            say!("No comments here.");
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Reply {
    async fn run(self, store: &Store, config: &Config) -> anyhow::Result<ExitCode> {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("the answer cannot be read from standard input")?;
        let author = &config.site.author;
        // The author's text passes the same checks as everyone's.
        let raw = RawComment { name: author.name.clone(), text, ..RawComment::default() };
        let new = comment_markdown::parse(&raw).map_err(|errors| {
            // The command line uses English, whatever the site's language is.
            let said = texts::of("en").map(|texts| web::answer_errors(&errors, texts)).unwrap_or_default();
            anyhow::anyhow!("the answer was not posted: {said}")
        })?;
        let now = Clock::system().now();
        let id = store
            .reply_as_author(self.id, &new.name, author.url.as_deref(), &new.text, ACTOR, now)
            .await
            .map_err(|error| about(self.id, error))?;
        if self.json {
            say!("{}", json!({ "id": id, "parent": self.id, "status": "approved" }));
        } else {
            say!("{id} answers {}", self.id);
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn held(store: &Store) -> anyhow::Result<Vec<CommentId>> {
    Ok(store.list_comments(Some(Status::Held)).await?.into_iter().map(|listed| listed.comment.id).collect())
}

/// Moderates each comment by itself: a wrong number does not stop the others.
async fn moderate(store: &Store, act: Act, ids: &[CommentId], as_json: bool) -> anyhow::Result<ExitCode> {
    let now = Clock::system().now();
    let mut failed = Vec::new();
    for &id in ids {
        let done = match act {
            Act::Approve => store.approve(id, ACTOR, now).await,
            Act::Spam => store.mark_spam(id, ACTOR, now).await,
            Act::Trash => store.trash(id, ACTOR, now).await,
            Act::Erase => store.erase(id, ACTOR, now).await,
        };
        match done {
            Ok(done) if as_json && act == Act::Erase => {
                say!("{}", json!({ "id": id, "before": done.before.as_str(), "status": "erased" }));
            }
            Ok(done) if as_json => {
                say!("{}", json!({ "id": id, "before": done.before.as_str(), "status": done.after.as_str() }));
            }
            Ok(_) if act == Act::Erase => say!("{id} is erased"),
            Ok(done) if done.before == done.after => say!("{id} was {} already", done.after.as_str()),
            Ok(done) => say!("{id} is {} now (was {})", done.after.as_str(), done.before.as_str()),
            Err(error) => failed.push(about(id, error).to_string()),
        }
    }
    if !failed.is_empty() {
        bail!("{}", failed.join("; "));
    }
    if ids.is_empty() && !as_json {
        say!("No comment waits.");
    }
    Ok(ExitCode::SUCCESS)
}

fn about(id: CommentId, error: StoreError) -> anyhow::Error {
    match error {
        StoreError::NotFound => anyhow::anyhow!("there is no comment {id}"),
        other => other.into(),
    }
}

fn as_json(listed: &Listed) -> String {
    let comment = &listed.comment;
    json!({
        "id": comment.id,
        "status": comment.status.as_str(),
        "reasons": listed.reasons,
        "details": listed.details,
        "thread": format!("post:{}", comment.thread_slug),
        "parent": comment.parent_id,
        "name": comment.name,
        "email": comment.email,
        "site": comment.site,
        "by_author": comment.by_author,
        "created_at": comment.created_at.to_string(),
        "text": comment.text,
    })
    .to_string()
}

/// Returns one line for a comment: what a moderator needs to decide, cut to fit.
fn as_text(listed: &Listed) -> String {
    let comment = &listed.comment;
    let reasons =
        if listed.reasons.is_empty() { String::new() } else { format!(" ({})", listed.explained().join("; ")) };
    format!(
        "{}\t{}{reasons}\t{}\t{}\t{}",
        comment.id,
        comment.status.as_str(),
        comment.thread_slug,
        comment.name,
        start_of(&comment.text)
    )
}

/// Returns the start of a text, on one line.
fn start_of(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let start: String = line.chars().take(100).collect();
    let cut = if start.len() < line.len() { "…" } else { "" };
    format!("{start}{cut}")
}
