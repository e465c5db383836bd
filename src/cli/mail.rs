//! `instep mail …`: lists the mails that wait or were given up and why, and tests if mails arrive.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::json;

use super::Places;
use crate::{
    app::{Clock, Mode},
    live, mail,
    store::{ListedMail, StoreError},
};

#[derive(Debug, Subcommand)]
pub(super) enum Mail {
    /// Show mails that wait or were given up, oldest first
    List(List),
    /// Let mails that were given up try again
    Retry(Retry),
    /// Send a mail to an address now, to see whether mails arrive
    Test(Test),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Retry {
    /// Numbers of mails
    #[arg(value_name = "ID", required = true)]
    ids: Vec<i64>,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// Address to send it to
    #[arg(value_name = "ADDRESS")]
    address: String,
}

impl Mail {
    pub(super) async fn run(self, places: &Places) -> anyhow::Result<ExitCode> {
        let (config, store) = places.store().await?;
        let clock = Clock::system();
        match self {
            Self::List(List { json }) => {
                let mails = store.list_mails().await?;
                for mail in &mails {
                    say!("{}", if json { as_json(mail) } else { as_text(mail) });
                }
                if mails.is_empty() && !json {
                    say!("No mail waits, and none was given up.");
                }
            }
            Self::Retry(Retry { ids }) => {
                for id in ids {
                    match store.retry_mail(id, clock.now()).await {
                        Ok(()) => say!("{id} is tried again"),
                        Err(StoreError::NotFound) => bail!("no mail {id} was given up"),
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            Self::Test(Test { address }) => {
                let (app, _) = live::build(config, Mode::default(), store.clone(), clock).await?;
                match mail::send_test(&app.state, &address).await {
                    Ok(()) => say!("The mail server has taken a mail to {address}"),
                    Err(reason) => bail!("no mail to {address}: {reason}"),
                }
            }
        }
        store.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

fn as_json(mail: &ListedMail) -> String {
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
    .to_string()
}

fn as_text(mail: &ListedMail) -> String {
    let to = mail.to.as_deref().unwrap_or("the author");
    let about = mail.comment.map(|comment| format!(" {comment}")).unwrap_or_default();
    let reason = mail.reason.as_deref().unwrap_or_default();
    format!("{}\t{}\t{}{about}\t{to}\t{} tries\t{reason}", mail.id, state(mail), mail.kind, mail.attempts)
        .trim_end()
        .to_owned()
}

fn state(mail: &ListedMail) -> &'static str {
    if mail.is_given_up { "given up" } else { "waits" }
}
