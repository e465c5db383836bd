//! `instep author …`: accounts of the desk, also while the site runs.

use std::io::Read;

use anyhow::{Context, anyhow, ensure};
use clap::{Args, Subcommand};

use super::{Places, demo, sentence};
use crate::{
    app::{self, Clock},
    config::Config,
    domain::{
        account::{Account, AccountError, NewAccount, PasswordLink, Role, is_password},
        limits::{PASSWORD_LINK_MINUTES, PASSWORD_MAX, PASSWORD_MIN},
        words::{parse_word, word_of},
    },
    store::Store,
    web,
};

#[derive(Debug, Args)]
pub(super) struct Author {
    /// Accounts of `instep serve --demo`
    #[arg(long, global = true)]
    demo: bool,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Add an account; prints a link that sets its password
    Add {
        /// Name that answers are signed with
        name: String,
        /// Address to sign in with
        #[arg(long)]
        email: String,
        /// Rights: author (all of the desk) or moderator (comments only)
        #[arg(long, value_parser = role, default_value = "author")]
        role: Role,
        /// Read the password from standard input instead
        #[arg(long)]
        password_stdin: bool,
    },
    /// List accounts, oldest first
    List,
    /// Print a link that sets a new password
    Passwd {
        /// Name or e-mail address
        name: String,
        /// Read the password from standard input instead
        #[arg(long)]
        password_stdin: bool,
    },
    /// Remove an account and end its sessions; its answers stay
    Remove {
        /// Name or e-mail address
        name: String,
    },
}

fn role(word: &str) -> Result<Role, String> {
    parse_word(word).ok_or_else(|| "a role is author or moderator".to_owned())
}

impl Author {
    pub(super) async fn run(self, places: &Places) -> anyhow::Result<()> {
        let mut config = places.config(None)?;
        if self.demo {
            config.database_url = demo::database(&config);
        }
        let store = super::open(&config).await?;
        let done = self.act.run(&config, &store).await;
        store.close().await;
        done
    }
}

impl Act {
    async fn run(self, config: &Config, store: &Store) -> anyhow::Result<()> {
        match self {
            Self::Add { name, email, role, password_stdin } => {
                let new = NewAccount::parse(&name, &email, role).map_err(|error| match error {
                    AccountError::Name => anyhow!("{name:?} is no name; write the name that readers see, such as Jo"),
                    AccountError::Email => anyhow!("{email:?} is no e-mail address; write it like jo@example.org"),
                })?;
                let password = if password_stdin { Some(typed().await?) } else { None };
                let id = store.add_account(&new, password.as_deref(), false, Clock::system().now()).await?;
                say!("{} may sign in with {} as {}", new.name, new.email, word_of(new.role));
                if password_stdin { Ok(()) } else { show_link(config, store, &store.account(id).await?).await }
            }
            Self::List => {
                let accounts = store.accounts().await?;
                for Account { name, email, role, password, .. } in &accounts {
                    let state = if password.is_some() { "" } else { "\tno password yet" };
                    say!("{name}\t{email}\t{}{state}", word_of(*role));
                }
                if accounts.is_empty() {
                    say!("Nobody may sign in. Add an account: instep author add NAME --email ADDRESS");
                }
                Ok(())
            }
            Self::Passwd { name, password_stdin } => {
                let account = named(store, &name).await?;
                if !password_stdin {
                    return show_link(config, store, &account).await;
                }
                store.set_password(&account, &typed().await?).await?;
                say!("{} has a new password; all sessions have ended", account.name);
                Ok(())
            }
            Self::Remove { name } => {
                let account = named(store, &name).await?;
                store.remove_account(account.id).await?;
                say!("{} may not sign in any more", account.name);
                Ok(())
            }
        }
    }
}

async fn named(store: &Store, name: &str) -> anyhow::Result<Account> {
    let accounts = store.accounts().await?;
    let found = accounts.into_iter().find(|account| account.name == name || account.email == name.to_lowercase());
    found.ok_or_else(|| anyhow!("there is no account {name:?}; list them with: instep author list"))
}

/// Hash of the password on standard input, without the line end.
async fn typed() -> anyhow::Result<String> {
    let mut typed = String::new();
    std::io::stdin().read_to_string(&mut typed).context("the password cannot be read from standard input")?;
    let typed = typed.trim_end_matches(['\r', '\n']);
    ensure!(
        is_password(typed),
        "the password is too short or too long: it needs {PASSWORD_MIN} to {PASSWORD_MAX} characters"
    );
    web::hash_password(typed.to_owned()).await.map_err(|_| anyhow!("the password could not be hashed"))
}

async fn show_link(config: &Config, store: &Store, account: &Account) -> anyhow::Result<()> {
    if !config.site.has_desk {
        say!("Nobody can sign in: below [desk] in site.toml, enabled is false");
        return Ok(());
    }
    let signer = app::signer(config, store).await.map_err(|error| anyhow!(sentence(&error.into())))?;
    let path = PasswordLink::of(account).path(&signer, Clock::system().now());
    say!("This link sets the password, once, within {PASSWORD_LINK_MINUTES} minutes: {}", config.site.linked(&path));
    Ok(())
}
