//! `instep comments …`: moderation from the shell. A running site shows the change within a second.

mod blocks;

use std::io::Read;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Output, Places, for_each};
use crate::{
    app::Clock,
    config::Config,
    content::comment_markdown,
    domain::{
        comment::{Comment, CommentId, RawComment, Status},
        limits::LISTED_TEXT,
        words::{one_line, parse_word, word_of},
    },
    store::{Filter, Moderated, Store, StoreError},
    texts, web,
};

/// Actor in the moderation log.
const ACTOR: &str = "shell";

#[derive(Debug, Args)]
pub(super) struct Comments {
    /// Print one JSON object per line, with the whole text
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List comments, oldest first
    List {
        /// Only with this status: held, approved, spam, trash, or all
        #[arg(long, default_value = "held", value_parser = ["held", "approved", "spam", "trash", "all"])]
        #[arg(hide_possible_values = true)]
        status: String,
        /// Only approved comments that you have not answered
        #[arg(long, conflicts_with = "status")]
        unanswered: bool,
    },
    /// Approve comments: everyone sees them
    Approve {
        /// Numbers of comments
        #[arg(value_name = "ID", required_unless_present = "all_held", conflicts_with = "all_held")]
        ids: Vec<CommentId>,
        /// All held comments
        #[arg(long)]
        all_held: bool,
    },
    /// Hide comments as spam
    Spam(Ids),
    /// Hide comments; they can be approved again
    Trash(Ids),
    /// Delete the text and the writer of comments for good; replies keep their place
    Erase(Ids),
    /// Answer a comment as the author of site.toml; the text is read from standard input
    Reply {
        /// Number of the comment to answer
        id: CommentId,
    },
    /// List comments that were refused in the last 30 days, oldest first
    Refused,
    /// Refuse comments from an e-mail address, a website or a network
    Block(blocks::Block),
    /// List blocks, oldest first
    Blocks,
    /// Remove blocks
    Unblock(Ids),
}

#[derive(Debug, Args)]
struct Ids {
    /// Numbers as listed
    #[arg(value_name = "ID", required = true)]
    ids: Vec<i64>,
}

impl Comments {
    pub(super) async fn run(self, places: &Places) -> anyhow::Result<()> {
        let (config, store) = places.store().await?;
        let done = self.command.run(&config, &store, Output { json: self.json }).await;
        store.close().await;
        done
    }
}

impl Command {
    async fn run(self, config: &Config, store: &Store, output: Output) -> anyhow::Result<()> {
        let now = Clock::system().now();
        match self {
            Self::List { status, unanswered } => {
                let listed = match unanswered {
                    true => store.unanswered_comments(&Filter::default(), 0, usize::MAX).await?,
                    false => store.list_comments(parse_word(&status)).await?,
                };
                output.list("No comments here.", &listed, |listed| (as_json(listed), as_text(listed)));
                Ok(())
            }
            Self::Approve { mut ids, all_held } => {
                if all_held {
                    let held = store.list_comments(Some(Status::Held)).await?;
                    ids = held.into_iter().map(|comment| comment.id).collect();
                    if ids.is_empty() && !output.json {
                        say!("No comment waits.");
                    }
                }
                moderate(&ids, output, async |id| store.approve(id, ACTOR, now).await).await
            }
            Self::Spam(Ids { ids }) => moderate(&ids, output, async |id| store.mark_spam(id, ACTOR, now).await).await,
            Self::Trash(Ids { ids }) => moderate(&ids, output, async |id| store.trash(id, ACTOR, now).await).await,
            Self::Erase(Ids { ids }) => {
                for_each(&ids, missing, async |id| {
                    let before = store.erase(id, ACTOR, now).await?.before;
                    show_change(output, id, before, "erased");
                    Ok(())
                })
                .await
            }
            Self::Reply { id } => reply(id, config, store, output).await,
            Self::Refused => blocks::list_refused(store, output).await,
            Self::Block(block) => block.run(store, config, output).await,
            Self::Blocks => blocks::list(store, output).await,
            Self::Unblock(Ids { ids }) => blocks::unblock(&ids, store, output).await,
        }
    }
}

async fn reply(id: CommentId, config: &Config, store: &Store, output: Output) -> anyhow::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("the answer cannot be read from standard input")?;
    let author = &config.site.author;
    // The author's text passes the same checks as everyone's.
    let raw = RawComment { name: author.name.clone(), text, ..RawComment::default() };
    let new = comment_markdown::parse(&raw).map_err(|errors| {
        // The command line uses English, whatever the site's language is.
        let errors = texts::of("en").map(|texts| web::answer_errors(&errors, texts)).unwrap_or_default();
        anyhow::anyhow!("the answer was not posted: {errors}")
    })?;
    let now = Clock::system().now();
    let posted = store.reply_as_author(id, &new.name, author.url.as_deref(), &new.text, ACTOR, now).await;
    let answer = posted.map_err(|error| match error {
        StoreError::NotFound => anyhow::anyhow!(missing(id)),
        other => other.into(),
    })?;
    output.line(json!({ "id": answer, "parent": id, "status": "approved" }), format_args!("{answer} answers {id}"));
    Ok(())
}

async fn moderate(
    ids: &[CommentId],
    output: Output,
    act: impl AsyncFn(CommentId) -> Result<Moderated, StoreError>,
) -> anyhow::Result<()> {
    for_each(ids, missing, async |id| {
        let done = act(id).await?;
        show_change(output, id, done.before, &word_of(done.after));
        Ok(())
    })
    .await
}

fn show_change(output: Output, id: CommentId, before: Status, after: &str) {
    let before = word_of(before);
    let text = match before == after {
        true => format!("{id} was {after} already"),
        false => format!("{id} is {after} now (was {before})"),
    };
    output.line(json!({ "id": id, "before": before, "status": after }), text);
}

fn missing(id: CommentId) -> String {
    format!("there is no comment {id}")
}

fn as_json(comment: &Comment) -> serde_json::Value {
    json!({
        "id": comment.id,
        "status": comment.status,
        "reasons": comment.reasons.split_whitespace().collect::<Vec<_>>(),
        "details": comment.reason_details.lines().collect::<Vec<_>>(),
        "thread": format!("post:{}", comment.thread_slug),
        "parent": comment.parent_id,
        "name": comment.name,
        "email": comment.email,
        "site": comment.site,
        "by_author": comment.by_author,
        "created_at": comment.created_at.to_string(),
        "text": comment.text,
    })
}

/// Returns one line for a comment: what a moderator needs to decide, cut to fit.
fn as_text(comment: &Comment) -> String {
    let reasons = comment.explained().join("; ");
    let reasons = if reasons.is_empty() { reasons } else { format!(" ({reasons})") };
    let (id, status, thread, name) = (comment.id, word_of(comment.status), &comment.thread_slug, &comment.name);
    format!("{id}\t{status}{reasons}\t{thread}\t{name}\t{}", one_line(&comment.text, LISTED_TEXT))
}
