//! The command line: parses arguments, connects the other modules and runs them. It makes no decisions of its own.

/// Prints a line to standard output. If the reader has closed it (`… | head -1`), the error is ignored and the command
/// still runs to its end.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::cli::write_line(format_args!($($words)*))
    };
}

mod author;
mod check;
mod comments;
mod demo;
mod embeds;
mod init;
mod log;
mod mail;
mod new;
mod pictures;
mod reference;
mod serve;
mod token;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Display,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use serde_json::Value;

pub use reference::Table;

use crate::{
    config::{self, Config},
    content::{
        Library, Loader,
        markdown::{highlight, highlighter},
    },
    store::{Store, StoreError, private},
};

/// A blog in one binary: Markdown files in, pages with a conversation under them out.
#[derive(Debug, Parser)]
#[command(name = "instep", version, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    serve: serve::Serve,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Folders and database, for every command.
#[derive(Clone, Debug, Default, Args)]
struct Places {
    /// Folder with site.toml, posts, pages and stretches [default: content]
    #[arg(long, global = true, value_name = "DIR")]
    content: Option<String>,
    /// Folder of the database [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<String>,
    /// sqlite:PATH or postgres://USER@HOST/NAME [default: instep.sqlite in the data folder]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the site (also without a command)
    Serve(serve::Serve),
    /// Create a new site
    Init(init::Init),
    /// Create a new post or stretch
    New(new::New),
    /// List every problem in the content, with file, line and how to fix it
    Check(check::Check),
    /// List, approve, answer and remove comments, also while the site runs
    Comments(comments::Comments),
    /// Add, list and remove the accounts of the desk
    Author(author::Author),
    /// Make, list and remove the tokens of writing apps
    #[command(subcommand)]
    Token(token::Token),
    /// List, retry and test mails
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Get titles and still pictures of embeds
    #[command(subcommand)]
    Embeds(embeds::Embeds),
    /// Make missing smaller versions of photos (a running site makes them by itself)
    Pictures(pictures::Pictures),
    /// Print a table for the documents
    #[command(hide = true)]
    Reference(reference::Reference),
    /// Highlight code blocks for the site that started it
    #[command(hide = true)]
    Highlight,
    /// Print the licences of the syntax definitions in the program
    Licences,
}

impl Places {
    fn config(&self, listen: Option<String>) -> anyhow::Result<Config> {
        for hint in config::unknown_variables(&environment()) {
            complain(hint);
        }
        self.quiet_config(listen)
    }

    /// Reads the settings without warnings about the environment: the site that started a helper has printed them.
    fn quiet_config(&self, listen: Option<String>) -> anyhow::Result<Config> {
        let options = [
            ("INSTEP_LISTEN", listen),
            ("INSTEP_CONTENT", self.content.clone()),
            ("INSTEP_DATA", self.data.clone()),
            ("INSTEP_DATABASE_URL", self.database_url.clone()),
        ];
        let mut variables = environment();
        variables.extend(options.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        Ok(Config::load(&variables)?)
    }

    async fn store(&self) -> anyhow::Result<(Config, Store)> {
        let config = self.config(None)?;
        let store = open(&config).await?;
        Ok((config, store))
    }
}

/// Opens the database. The data folder is created if it is missing; no other folder is, since a wrong path would look
/// like lost comments.
async fn open(config: &Config) -> anyhow::Result<Store> {
    let path = config.database_url.strip_prefix("sqlite:").map(Path::new);
    if path.is_some_and(|path| path.starts_with(&config.data)) {
        private::make_folder(&config.data)
            .with_context(|| format!("the data folder {} cannot be created", config.data.display()))?;
    }
    // If the content is inside the data folder, others may need to write there.
    let is_own = |data: PathBuf| !config.content.canonicalize().is_ok_and(|content| content.starts_with(data));
    if config.data.canonicalize().is_ok_and(is_own) {
        private::close_folder(&config.data);
    }
    Ok(Store::open(&config.database_url).await?)
}

/// Failure that the command has already explained.
#[derive(Debug, thiserror::Error)]
#[error("the command has failed")]
struct Explained;

/// Runs the program. Exit code 0: done; 1: failed, explained in one sentence; 2: wrong usage.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let Err(error) = run(cli) else { return ExitCode::SUCCESS };
    if !error.is::<Explained>() {
        complain(sentence(&error));
    }
    ExitCode::FAILURE
}

/// Prints a line for people to standard error.
fn complain(words: impl Display) {
    let _ = writeln!(io::stderr(), "instep: {words}");
}

/// Implementation of [`say!`].
fn write_line(words: impl Display) {
    if let Err(error) = writeln!(io::stdout(), "{words}")
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        complain(format_args!("cannot write to standard output: {error}"));
    }
}

/// Output of a command: lines for people, or with `--json` one JSON object per line.
#[derive(Clone, Copy)]
struct Output {
    json: bool,
}

impl Output {
    /// Prints one result.
    fn line(self, json: impl Display, text: impl Display) {
        match self.json {
            true => say!("{json}"),
            false => say!("{text}"),
        }
    }

    /// Prints a list, or a sentence if it is empty.
    fn list<T>(self, nothing: &str, items: &[T], line: impl Fn(&T) -> (Value, String)) {
        for item in items {
            let (json, text) = line(item);
            self.line(json, text.trim_end());
        }
        if items.is_empty() && !self.json {
            say!("{nothing}");
        }
    }
}

/// Runs an action for each number, also after one has failed.
async fn for_each(
    ids: &[i64],
    missing: impl Fn(i64) -> String,
    act: impl AsyncFn(i64) -> Result<(), StoreError>,
) -> anyhow::Result<()> {
    let mut errors = Vec::new();
    for &id in ids {
        match act(id).await {
            Ok(()) => {}
            Err(StoreError::NotFound) => errors.push(missing(id)),
            Err(error) => errors.push(error.to_string()),
        }
    }
    anyhow::ensure!(errors.is_empty(), "{}", errors.join("; "));
    Ok(())
}

/// Loads the content. `prepare` sets the options of the loader.
fn load(config: &Config, prepare: impl Fn(Loader) -> Loader) -> anyhow::Result<Library> {
    let loader = Loader::new(config.content.clone(), config.site.rules(), config.site.texts);
    let unreadable = || format!("the content folder {} cannot be read", config.content.display());
    prepare(loader).load().with_context(unreadable)
}

/// Returns the whole error chain in one line. A cause that the error above it contains already is left out.
fn sentence(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !said.contains(&cause) {
            if !said.is_empty() {
                said.push_str(": ");
            }
            said.push_str(&cause);
        }
    }
    said.replace('\n', " ")
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let places = cli.places;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command.unwrap_or(Command::Serve(cli.serve)) {
            Command::Serve(serve) => serve.run(&places).await,
            Command::Init(init) => init.run(),
            Command::New(new) => new.run(&places),
            Command::Check(check) => check.run(&places),
            Command::Comments(comments) => comments.run(&places).await,
            Command::Author(author) => author.run(&places).await,
            Command::Token(token) => token.run(&places).await,
            Command::Mail(mail) => mail.run(&places).await,
            Command::Embeds(embeds) => embeds.run(&places),
            Command::Pictures(pictures) => pictures.run(&places),
            Command::Reference(reference) => {
                reference.run();
                Ok(())
            }
            Command::Highlight => {
                highlighter::work();
                Ok(())
            }
            Command::Licences => {
                say!("{}", highlight::notices().trim_end());
                Ok(())
            }
        }
    })
}

/// Returns the environment variables; names that are not valid text cannot be ours.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("INSTEP_"))
        .collect()
}
