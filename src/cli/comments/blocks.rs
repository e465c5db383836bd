//! `instep comments block`, `blocks`, `unblock` and `refused`: blocked senders and refused comments.

use clap::Args;
use serde_json::json;

use super::{
    super::{complain, for_each, print_list},
    ACTOR, LINE_MAX,
};
use crate::{
    app::Clock,
    config::Config,
    domain::{
        verdict::blocks::{Block as Blocked, Doubt},
        words::one_line,
    },
    store::Store,
};

#[derive(Debug, Args)]
pub(super) struct Block {
    #[command(flatten)]
    sender: Sender,
    /// A note for yourself
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Sender {
    /// Everyone who gives this e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Everyone who gives a website on this host or below it
    #[arg(long, value_name = "HOST")]
    site: Option<String>,
    /// Everyone at this IP address, or in this range, such as 192.0.2.0/24
    #[arg(long, value_name = "RANGE")]
    network: Option<String>,
}

impl Block {
    pub(super) async fn run(self, store: &Store, config: &Config, json: bool) -> anyhow::Result<()> {
        let block = match (&self.sender.email, &self.sender.site, &self.sender.network) {
            (Some(email), ..) => Blocked::email(email),
            (_, Some(site), _) => Blocked::site(site),
            (.., network) => Blocked::network(network.as_deref().unwrap_or_default()),
        };
        let block = block.map_err(anyhow::Error::msg)?;
        let (kind, value) = (block.kind(), block.value());
        match store.block(&block, self.note.trim(), ACTOR, Clock::system().now()).await? {
            id if json => say!("{}", json!({ "id": id, "kind": kind, "value": value })),
            Some(id) => say!("{id} blocks {kind} {value}"),
            None => say!("{kind} {value} was blocked already"),
        }
        if let Some(doubt) = block.doubt(config.site.author.email.as_deref()) {
            complain(format_args!("{value}: {}", warning(doubt)));
        }
        Ok(())
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

pub(super) async fn list(store: &Store, json: bool) -> anyhow::Result<()> {
    print_list(
        &store.blocks().await?,
        json,
        "Nobody is blocked.",
        |one| {
            json!({
                "id": one.id,
                "kind": one.block.kind(),
                "value": one.block.value(),
                "note": one.note,
                "actor": one.actor,
                "created_at": one.at.to_string(),
            })
        },
        |one| format!("{}\t{}\t{}\t{}", one.id, one.block.kind(), one.block.value(), one.note),
    );
    Ok(())
}

pub(super) async fn unblock(ids: &[i64], store: &Store, json: bool) -> anyhow::Result<()> {
    let missing = |id| format!("there is no block {id}");
    for_each(ids, missing, async |id| {
        store.unblock(id).await?;
        if json {
            say!("{}", json!({ "id": id, "status": "unblocked" }));
        } else {
            say!("{id} blocks nobody any more");
        }
        Ok(())
    })
    .await
}

pub(super) async fn list_refused(store: &Store, json: bool) -> anyhow::Result<()> {
    print_list(
        &store.refusals().await?,
        json,
        "No comment was refused.",
        |one| {
            json!({
                "id": one.id,
                "reason": one.reason,
                "detail": one.detail,
                "thread": format!("post:{}", one.thread_slug),
                "name": one.name,
                "created_at": one.at.to_string(),
                "text": one.text,
            })
        },
        |one| {
            let reason = format!("{} {}", one.reason, one.detail);
            format!(
                "{}\t{}\t{}\t{}\t{}",
                one.id,
                reason.trim(),
                one.thread_slug,
                one.name,
                one_line(&one.text, LINE_MAX)
            )
        },
    );
    Ok(())
}
