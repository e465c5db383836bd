//! `instep mail …`: lists the mails that wait or were given up and why, and tests if mails arrive.

use anyhow::anyhow;
use clap::Subcommand;
use serde_json::json;

use super::{Output, Places, for_each};
use crate::{
    app::{Clock, Mode},
    domain::words::{counted, word_of},
    live, mail,
    store::Outgoing,
};

#[derive(Debug, Subcommand)]
pub(super) enum Mail {
    /// List mails that wait or were given up, oldest first
    List {
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Send mails again that were given up
    Retry {
        /// Numbers of mails
        #[arg(value_name = "ID", required = true)]
        ids: Vec<i64>,
    },
    /// Send a mail to an address now, to see if mails arrive
    Test {
        /// Recipient
        address: String,
    },
}

impl Mail {
    pub(super) async fn run(self, places: &Places) -> anyhow::Result<()> {
        let (config, store) = places.store().await?;
        let clock = Clock::system();
        match self {
            Self::List { json } => {
                let mails = store.list_mails().await?;
                let nothing = "No mail waits, and none was given up.";
                Output { json }.list(nothing, &mails, |mail| (as_json(mail), as_text(mail)));
            }
            Self::Retry { ids } => {
                for_each(
                    &ids,
                    |id| format!("no mail {id} was given up"),
                    async |id| {
                        store.retry_mail(id, clock.now()).await?;
                        say!("{id} is tried again");
                        Ok(())
                    },
                )
                .await?;
            }
            Self::Test { address } => {
                let (app, _) = live::build(config, Mode::default(), store.clone(), clock).await?;
                mail::send_test(&app.state, &address)
                    .await
                    .map_err(|reason| anyhow!("no mail was sent to {address}: {reason}"))?;
                say!("The mail server has accepted a mail to {address}");
            }
        }
        store.close().await;
        Ok(())
    }
}

fn as_json(mail: &Outgoing) -> serde_json::Value {
    json!({
        "id": mail.id,
        "status": state(mail),
        "kind": mail.kind,
        "comment": mail.comment,
        "to": mail.to,
        "attempts": mail.attempts,
        "created_at": mail.created_at.to_string(),
        "next_attempt_at": (!mail.is_given_up).then(|| mail.next_attempt_at.to_string()),
        "reason": mail.reason,
    })
}

fn as_text(mail: &Outgoing) -> String {
    let to = mail.to.as_deref().unwrap_or("the author");
    let about = mail.comment.map(|comment| format!(" {comment}")).unwrap_or_default();
    let reason = mail.reason.as_deref().unwrap_or_default();
    let attempts = counted(usize::try_from(mail.attempts).unwrap_or(0), "attempt", "attempts");
    format!("{}\t{}\t{}{about}\t{to}\t{attempts}\t{reason}", mail.id, state(mail), word_of(mail.kind))
}

fn state(mail: &Outgoing) -> &'static str {
    if mail.is_given_up { "given up" } else { "waits" }
}
