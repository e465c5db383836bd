//! `instep comments block`, `blocks`, `unblock` and `refused`: blocked senders and refused comments.

use clap::Args;
use serde_json::json;

use super::{
    super::{Output, complain, for_each},
    ACTOR,
};
use crate::{
    app::Clock,
    config::Config,
    domain::{
        limits::LISTED_TEXT,
        verdict::blocks::{Block as Blocked, Doubt},
        words::one_line,
    },
    store::{Refused, Store},
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
    pub(super) async fn run(self, store: &Store, config: &Config, output: Output) -> anyhow::Result<()> {
        let block = match (&self.sender.email, &self.sender.site, &self.sender.network) {
            (Some(email), ..) => Blocked::email(email),
            (_, Some(site), _) => Blocked::site(site),
            (.., network) => Blocked::network(network.as_deref().unwrap_or_default()),
        };
        let block = block.map_err(anyhow::Error::msg)?;
        let (kind, value) = (block.kind(), block.value());
        let id = store.block(&block, self.note.trim(), ACTOR, Clock::system().now()).await?;
        let text = match id {
            Some(id) => format!("{id} blocks {kind} {value}"),
            None => format!("{kind} {value} was blocked already"),
        };
        output.line(json!({ "id": id, "kind": kind, "value": value }), text);
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
            "this is the address of this machine; behind a proxy that is not in trusted_proxies, all visitors have it"
        }
        Doubt::Many => "these are more than 65,536 addresses, and nobody at any of them can comment",
    }
}

pub(super) async fn list(store: &Store, output: Output) -> anyhow::Result<()> {
    output.list("Nobody is blocked.", &store.blocks().await?, |one| {
        let (id, kind, value, note) = (one.id, one.block.kind(), one.block.value(), &one.note);
        let at = one.at.to_string();
        (
            json!({ "id": id, "kind": kind, "value": value, "note": note, "actor": one.actor, "created_at": at }),
            format!("{id}\t{kind}\t{value}\t{note}"),
        )
    });
    Ok(())
}

pub(super) async fn unblock(ids: &[i64], store: &Store, output: Output) -> anyhow::Result<()> {
    let missing = |id| format!("there is no block {id}");
    for_each(ids, missing, async |id| {
        store.unblock(id).await?;
        output.line(json!({ "id": id, "status": "unblocked" }), format_args!("{id} blocks nobody any more"));
        Ok(())
    })
    .await
}

pub(super) async fn list_refused(store: &Store, output: Output) -> anyhow::Result<()> {
    output.list("No comment was refused.", &store.refusals().await?, |one| {
        let Refused { id, reason, detail, thread_slug, name, .. } = one;
        let json = json!({
            "id": id,
            "reason": reason,
            "detail": detail,
            "thread": format!("post:{thread_slug}"),
            "name": name,
            "created_at": one.at.to_string(),
            "text": one.text,
        });
        let (why, text) = (format!("{reason} {detail}"), one_line(&one.text, LISTED_TEXT));
        (json, format!("{id}\t{}\t{thread_slug}\t{name}\t{text}", why.trim()))
    });
    Ok(())
}
