//! Files that other systems would read and this one does not: told once, never lost in silence.

use std::path::Path;

use super::{Place, Problem, Severity, problem};
use crate::content::source::Tree;

pub(super) fn all(tree: &Tree) -> Vec<Problem> {
    let warning = |file: &Path, what: String, mend: &str| problem(Severity::Warning, file, Place::START, what, mend);
    let mut problems = Vec::new();
    if let Some(first) = tree.sections.first() {
        let others = match tree.sections.len() - 1 {
            0 => String::new(),
            others => format!(" (and {others} more like it)"),
        };
        let what =
            format!("_index.md{others} describes a section and is no post; lists of posts are made by the program");
        problems.push(warning(first, what, "Take it away, or move its text into a page: pages/NAME.md."));
    }
    for path in &tree.other_markup {
        let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
        let mend = match ending.as_str() {
            "html" | "htm" => "Rename it to .md: HTML in Markdown is passed on.",
            _ => "Turn it into Markdown (.md).",
        };
        problems.push(warning(path, format!("a .{ending} file is no post, only a download"), mend));
    }
    for (folder, count) in &tree.unread {
        let files =
            if *count == 1 { "1 Markdown file here is".to_owned() } else { format!("{count} Markdown files here are") };
        let mend = "Move posts into posts/ and pages such as about.md into pages/ of the content folder.";
        problems.push(warning(folder, format!("{files} not read"), mend));
    }
    problems
}
