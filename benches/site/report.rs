//! The report: what it was measured on, tables, and each figure beside its budget (DESIGN: budgets).

use std::{fs, process::Command};

/// Prints the machine, the programs and the version, so that only comparable figures are compared.
pub fn machine() {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("| | |\n| --- | --- |");
    println!("| date | {} |", said("date", &["-u", "+%F %H:%M UTC"]));
    println!("| processor | {}, {cores} cores |", model.trim_start_matches([' ', '\t', ':']));
    println!("| system | {} |", said("uname", &["-sr"]));
    println!("| compiler | {} |", said("rustc", &["--version"]));
    println!("| nginx | {} |", said("nginx", &["-v"]).trim_start_matches("nginx version: "));
    println!("| wrk | {} |", said("wrk", &["-v"]).lines().next().unwrap_or_default());
    println!("| commit | {} |", said("git", &["describe", "--always", "--dirty"]));
}

pub fn heading(title: &str, columns: &[&str]) {
    println!("\n## {title}\n\n| {} |\n|{}", columns.join(" | "), " --- |".repeat(columns.len()));
}

pub fn row(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

/// Prints a sentence below a table.
pub fn note(text: &str) {
    println!("\n{text}");
}

/// `yes` where a figure keeps its budget.
pub fn kept(is_kept: bool) -> String {
    (if is_kept { "yes" } else { "**no**" }).to_owned()
}

/// Prints progress to standard error.
pub fn progress(text: &str) {
    eprintln!("bench: {text}");
}

fn said(program: &str, arguments: &[&str]) -> String {
    let Ok(output) = Command::new(program).args(arguments).output() else { return "not there".to_owned() };
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&text).trim().to_owned()
}
