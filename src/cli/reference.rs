//! `instep reference`: the tables of settings and commands in the documents, printed from the code that declares them.
//! For developers of Instep, so `--help` does not show it.

use std::process::ExitCode;

use clap::{Arg, Args, Command, CommandFactory, ValueEnum};

use super::Cli;
use crate::config::{SETTINGS, Setting};

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
    pub(super) fn run(&self) -> ExitCode {
        say!("{}", self.table.markdown().trim_end());
        ExitCode::SUCCESS
    }
}

impl Table {
    /// Returns the table as Markdown, one line for each row.
    pub fn markdown(self) -> String {
        let (head, rows) = match self {
            Self::Environment => (["variable", "default", "meaning"], settings(false)),
            Self::Site => (["key", "default", "meaning"], settings(true)),
            Self::Commands => (["command", "purpose", "options"], commands()),
        };
        let rule = vec!["---".to_owned(); head.len()];
        let head = head.map(str::to_owned).to_vec();
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        [head, rule].into_iter().chain(rows).map(line).collect()
    }
}

fn settings(of_site: bool) -> Vec<Vec<String>> {
    let row = |setting: &Setting| {
        let key = setting.key_of_site();
        let name = key.map_or_else(|| setting.variable(), str::to_owned);
        let default = if setting.default.is_empty() { "none".to_owned() } else { code(&setting.default) };
        (key.is_some() == of_site).then(|| vec![code(&name), default, cell(&setting.about)])
    };
    SETTINGS.iter().filter_map(row).collect()
}

/// Returns one row for each command without subcommands, in the order of `--help`.
fn commands() -> Vec<Vec<String>> {
    let (mut command, mut rows) = (Cli::command(), Vec::new());
    command.build();
    add_commands(&command, "", &mut rows);
    rows
}

/// Adds a row for each command without subcommands, in the order of `--help`.
fn add_commands(command: &Command, before: &str, rows: &mut Vec<Vec<String>>) {
    let name = format!("{before}{}", command.get_name());
    if !command.has_subcommands() {
        rows.push(command_row(command, &name));
    }
    let is_shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    for subcommand in command.get_subcommands().filter(is_shown) {
        add_commands(subcommand, &format!("{name} "), rows);
    }
}

fn command_row(command: &Command, name: &str) -> Vec<String> {
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
    vec![code(&usage), cell(&about), options.join("; ")]
}

/// Returns inline code for a table cell. A bar would end the cell, in code too.
fn code(text: &str) -> String {
    format!("`{}`", cell(text))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
