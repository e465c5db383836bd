//! `instep reference`: the tables of settings and commands in the documents, printed from the code that declares them.
//! For developers of Instep, so `--help` does not show it.

use clap::{Arg, Args, Command, CommandFactory, ValueEnum};

use super::Cli;
use crate::config::{self, SETTINGS, Setting};

#[derive(Debug, Args)]
pub(super) struct Reference {
    #[arg(value_enum)]
    table: Table,
}

/// A table of the documents.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Table {
    /// Settings of the machine, by environment variable.
    Environment,
    /// Settings of the site, by their keys in site.toml.
    Site,
    Commands,
}

impl Reference {
    pub(super) fn run(&self) {
        say!("{}", self.table.markdown().trim_end());
    }
}

impl Table {
    /// Returns the table as Markdown, one line for each row.
    pub fn markdown(self) -> String {
        let (head, rows) = match self {
            Self::Environment => (["variable", "default", "meaning"], settings(false)),
            Self::Site => (["key", "default", "meaning"], settings(true)),
            Self::Commands => {
                let mut command = Cli::command();
                command.build();
                (["command", "purpose", "options"], commands(&command, ""))
            }
        };
        let head = [head, ["---"; 3]].map(|cells| cells.map(str::to_owned));
        head.into_iter().chain(rows).map(|cells| format!("| {} |\n", cells.join(" | "))).collect()
    }
}

type Row = [String; 3];

fn settings(of_site: bool) -> Vec<Row> {
    let row = |setting: &Setting| {
        let key = setting.key_of_site();
        let name = key.map_or_else(|| setting.variable(), str::to_owned);
        let default = Some(config::written(&setting.default)).filter(|default| !default.is_empty());
        let default = default.map_or_else(|| "none".to_owned(), |default| code(&default));
        (key.is_some() == of_site).then(|| [code(&name), default, cell(&setting.about)])
    };
    SETTINGS.iter().filter_map(row).collect()
}

/// Returns one row for each command without subcommands, in the order of `--help`.
fn commands(command: &Command, before: &str) -> Vec<Row> {
    let name = format!("{before}{}", command.get_name());
    if !command.has_subcommands() {
        return vec![command_row(command, &name)];
    }
    let is_shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    command.get_subcommands().filter(is_shown).flat_map(|below| commands(below, &format!("{name} "))).collect()
}

fn command_row(command: &Command, name: &str) -> Row {
    let (mut usage, mut options) = (name.to_owned(), Vec::new());
    let is_shown =
        |argument: &&Arg| !argument.is_global_set() && !argument.is_hide_set() && argument.get_id() != "help";
    for argument in command.get_arguments().filter(is_shown) {
        if argument.is_positional() {
            usage.push_str(&format!(" {argument}"));
        } else {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            options.push(format!("{}: {}", code(&argument.to_string()), cell(&help)));
        }
    }
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    [code(&usage), cell(&about), options.join("; ")]
}

/// Returns inline code for a table cell. A bar would end the cell, in code too.
fn code(text: &str) -> String {
    format!("`{}`", cell(text))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
