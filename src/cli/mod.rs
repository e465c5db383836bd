//! The command line: parses arguments, wires the rest, runs it. No decisions of its own.

/// A line to standard output. Whoever has closed it (`… | head -1`) does not want to know; what is being done is done to
/// the end all the same.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::cli::write_line(format_args!($($words)*))
    };
}

mod check;
mod comments;
mod demo;
mod embeds;
mod init;
mod mail;
mod new;
mod pictures;
mod serve;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Display,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::{
    config::{self, Config, Typed},
    store::{Store, private},
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

/// Where things are; holds for every command.
#[derive(Clone, Debug, Default, Args)]
struct Places {
    /// The folder with site.toml, posts, pages and stretches [default: content]
    #[arg(long, global = true, value_name = "DIR")]
    content: Option<PathBuf>,
    /// The folder of the database [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// sqlite:PATH or postgres://USER@HOST/NAME [default: instep.sqlite in the data folder]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the site (what instep does without a word)
    Serve(serve::Serve),
    /// Make a new site to start from
    Init(init::Init),
    /// Make a new post, or a stretch
    New(new::New),
    /// Tell every problem in the content, with file, line and what to do
    Check(check::Check),
    /// List, approve, answer and remove comments, also while the site runs
    #[command(subcommand)]
    Comments(comments::Comments),
    /// Look after mails: which wait, which were given up, whether they arrive
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Ask for titles and stills of embeds
    #[command(subcommand)]
    Embeds(embeds::Embeds),
    /// Make the smaller versions of photos that are missing (the site does it by itself)
    Pictures(pictures::Pictures),
    /// Print the notices that come with the definitions of languages in the program
    Licences,
}

impl Places {
    fn config(&self, listen: Option<String>) -> anyhow::Result<Config> {
        for hint in config::unknown_variables(&environment()) {
            complain(hint);
        }
        self.quiet_config(listen)
    }

    /// The settings without hints on the environment: those of a helper have been told by the site that started it.
    fn quiet_config(&self, listen: Option<String>) -> anyhow::Result<Config> {
        let typed = Typed {
            listen,
            content: self.content.clone(),
            data: self.data.clone(),
            database_url: self.database_url.clone(),
        };
        Ok(Config::load(&typed, &environment())?)
    }

    async fn store(&self) -> anyhow::Result<(Config, Store)> {
        let config = self.config(None)?;
        let store = open(&config).await?;
        Ok((config, store))
    }
}

/// Opens the database. The data folder is made where it is missing; no other is, since a slip in a path would look
/// like lost comments.
async fn open(config: &Config) -> anyhow::Result<Store> {
    let path = config.database_url.strip_prefix("sqlite:").map(Path::new);
    if path.is_some_and(|path| path.starts_with(&config.data)) {
        private::make_folder(&config.data)
            .with_context(|| format!("the data folder {} cannot be made", config.data.display()))?;
    }
    // Who keeps the content in the data folder may let others write there.
    let is_own = |data: PathBuf| !config.content.canonicalize().is_ok_and(|content| content.starts_with(data));
    if config.data.canonicalize().is_ok_and(is_own) {
        private::close_folder(&config.data);
    }
    Ok(Store::open(&config.database_url).await?)
}

/// Runs the program. 0: done; 1: it could not be done, said in one sentence; 2: wrong usage.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            complain(sentence(&error));
            ExitCode::FAILURE
        }
    }
}

/// A line to standard error, for people.
fn complain(words: impl Display) {
    let _ = writeln!(io::stderr(), "instep: {words}");
}

/// What [`say!`] does.
fn write_line(words: impl Display) {
    if let Err(error) = writeln!(io::stdout(), "{words}")
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        complain(format_args!("standard output cannot be written to: {error}"));
    }
}

/// The whole chain in one line, without saying twice what a cause repeats.
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

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let places = cli.places;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            None => cli.serve.run(&places).await,
            Some(Command::Serve(serve)) => serve.run(&places).await,
            Some(Command::Init(init)) => init.run(),
            Some(Command::New(new)) => new.run(&places),
            Some(Command::Check(check)) => check.run(&places),
            Some(Command::Comments(comments)) => comments.run(&places).await,
            Some(Command::Mail(mail)) => mail.run(&places).await,
            Some(Command::Embeds(embeds)) => embeds.run(&places),
            Some(Command::Pictures(pictures)) => pictures.run(&places),
            Some(Command::Licences) => {
                say!("{}", crate::content::markdown::highlight::notices().trim_end());
                Ok(ExitCode::SUCCESS)
            }
        }
    })
}

/// Settings that are set outside; names that are not text cannot be ours.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("INSTEP_"))
        .collect()
}

/// The names of all commands, for a test that compares them with the README.
pub fn command_names() -> Vec<String> {
    let names =
        |command: &clap::Command| command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect::<Vec<_>>();
    let cli = Cli::command();
    let mut all = names(&cli);
    for group in cli.get_subcommands() {
        all.extend(names(group).into_iter().map(|name| format!("{} {name}", group.get_name())));
    }
    all
}
