//! `instep token …`: tokens of writing apps, also while the site runs.

use anyhow::anyhow;
use clap::{Args, Subcommand};

use super::{Places, for_each};
use crate::{
    app::Clock,
    domain::{
        token::{self, Rights, Scope, Scopes},
        words::parse_word,
    },
    store::Store,
    web::session::visitor::fresh_token,
};

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token for a writing app, and print it
    Add(Add),
    /// List tokens, oldest first
    List,
    /// Remove tokens; their apps cannot publish any more
    Remove {
        /// Number of a token in the list
        #[arg(required = true)]
        ids: Vec<i64>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Name of the app or device, for the list
    name: String,
    /// Rights of the app: create, update, delete, media [default: all of them]
    #[arg(long, value_delimiter = ',', value_parser = scope)]
    scope: Vec<Scope>,
}

impl Token {
    pub(super) async fn run(self, places: &Places) -> anyhow::Result<()> {
        let (_, store) = places.store().await?;
        let done = self.act(&store).await;
        store.close().await;
        done
    }

    async fn act(self, store: &Store) -> anyhow::Result<()> {
        match self {
            Self::Add(Add { name, scope }) => {
                let wrong = || anyhow!("{name:?} is no name; write the name of the app or device, such as phone");
                let name = token::name(&name).ok_or_else(wrong)?;
                let mut scopes = Scopes(scope.into_iter().collect());
                if scopes.0.is_empty() {
                    scopes = Scopes::all();
                }
                let secret = fresh_token().map_err(|_| anyhow!("the system gives no random numbers"))?;
                let new = Rights { name, scopes, ..Rights::default() };
                store.add_token(&token::hash(&secret), &new, Clock::system().now()).await?;
                say!("{secret}");
                Ok(())
            }
            Self::List => {
                let tokens = store.tokens().await?;
                for token in &tokens {
                    let used = token.used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at:.0}"));
                    let Rights { name, scopes, client, .. } = &token.rights;
                    let client = client.as_ref().map_or_else(String::new, |client| format!("\t{client}"));
                    say!("{}\t{name}\t{}\tmade {:.0}\t{used}{client}", token.id, scopes.words(), token.created_at);
                }
                if tokens.is_empty() {
                    say!("No app may publish. Make a token: instep token add NAME");
                }
                Ok(())
            }
            Self::Remove { ids } => {
                let missing = |id| format!("there is no token {id}; list them with: instep token list");
                for_each(&ids, missing, async |id| store.remove_token(id).await).await
            }
        }
    }
}

fn scope(word: &str) -> Result<Scope, String> {
    parse_word(word).ok_or_else(|| "write create, update, delete or media".to_owned())
}
