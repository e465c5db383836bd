//! `instep comments block`, `blocks`, `unblock` and `refused`: blocked senders and refused comments.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::{super::complain, ACTOR, start_of};
use crate::{
    app::Clock,
    config::Config,
    domain::verdict::blocks::{Block as Blocked, Doubt},
    store::{Store, StoreError},
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Block {
    #[command(flatten)]
    whom: Whom,
    /// A note for yourself
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// Everyone who gives this e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Everyone who gives a website on this host or below it
    #[arg(long, value_name = "HOST")]
    site: Option<String>,
    /// Everyone at this address, or in this range of addresses, such as 192.0.2.0/24
    #[arg(long, value_name = "RANGE")]
    network: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Blocks {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Unblock {
    /// Numbers of blocks, as in instep comments blocks
    #[arg(value_name = "ID", required = true)]
    ids: Vec<i64>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Refused {
    /// One JSON object a line, with as much of the text as was kept
    #[arg(long)]
    json: bool,
}

impl Whom {
    fn block(&self) -> Result<Blocked, String> {
        match (&self.email, &self.site, &self.network) {
            (Some(email), ..) => Blocked::email(email),
            (_, Some(site), _) => Blocked::site(site),
            (.., network) => Blocked::network(network.as_deref().unwrap_or_default()),
        }
    }
}

impl Block {
    pub(super) async fn run(self, store: &Store, config: &Config) -> anyhow::Result<ExitCode> {
        let block = self.whom.block().map_err(anyhow::Error::msg)?;
        let id = store.block(&block, self.note.trim(), ACTOR, Clock::system().now()).await?;
        match id {
            _ if self.json => say!("{}", json!({ "id": id, "kind": block.kind(), "value": block.value() })),
            Some(id) => say!("{id} blocks {} {}", block.kind(), block.value()),
            None => say!("{} {} was blocked already", block.kind(), block.value()),
        }
        if let Some(doubt) = block.doubt(config.site.author.email.as_deref()) {
            complain(format_args!("{}: {}", block.value(), warning(doubt)));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn warning(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Author => "this is your own address, so your comments are refused too",
        Doubt::Loopback => {
            "this machine is refused; behind a proxy that trusted_proxies does not name, that is everybody"
        }
        Doubt::Many => "these are more than 65,536 addresses, and nobody at any of them can comment",
    }
}

impl Blocks {
    pub(super) async fn run(self, store: &Store) -> anyhow::Result<ExitCode> {
        let blocks = store.blocks().await?;
        for one in &blocks {
            let (kind, value) = (one.block.kind(), one.block.value());
            if self.json {
                let at = one.at.to_string();
                let (id, note, actor) = (one.id, &one.note, &one.actor);
                say!(
                    "{}",
                    json!({ "id": id, "kind": kind, "value": value, "note": note, "actor": actor, "created_at": at })
                );
            } else {
                say!("{}", format!("{}\t{kind}\t{value}\t{}", one.id, one.note).trim_end());
            }
        }
        if blocks.is_empty() && !self.json {
            say!("Nobody is blocked.");
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Unblock {
    pub(super) async fn run(self, store: &Store) -> anyhow::Result<ExitCode> {
        let mut failed = Vec::new();
        for id in self.ids {
            match store.unblock(id).await {
                Ok(()) if self.json => say!("{}", json!({ "id": id, "status": "unblocked" })),
                Ok(()) => say!("{id} blocks nobody any more"),
                Err(StoreError::NotFound) => failed.push(format!("there is no block {id}")),
                Err(error) => failed.push(error.to_string()),
            }
        }
        if !failed.is_empty() {
            bail!("{}", failed.join("; "));
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Refused {
    pub(super) async fn run(self, store: &Store) -> anyhow::Result<ExitCode> {
        let refused = store.refusals().await?;
        for one in &refused {
            if self.json {
                let object = json!({
                    "id": one.id,
                    "reason": one.reason,
                    "detail": one.detail,
                    "thread": format!("post:{}", one.thread_slug),
                    "name": one.name,
                    "created_at": one.at.to_string(),
                    "text": one.text,
                });
                say!("{object}");
            } else {
                let reason = format!("{} {}", one.reason, one.detail);
                say!("{}\t{}\t{}\t{}\t{}", one.id, reason.trim(), one.thread_slug, one.name, start_of(&one.text));
            }
        }
        if refused.is_empty() && !self.json {
            say!("No comment was refused.");
        }
        Ok(ExitCode::SUCCESS)
    }
}
