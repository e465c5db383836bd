//! Reports files that other systems would read and this one does not.

use std::{collections::BTreeMap, path::Path};

use super::{Place, Problem, Severity, problem};
use crate::content::source::Tree;

pub(super) fn all(content: &Path, tree: &Tree) -> Vec<Problem> {
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
        // A folder of unread posts is an error; a CONTRIBUTING.md beside the folders is not.
        let severity = if folder.as_path() == content { Severity::Warning } else { Severity::Error };
        problems.push(problem(severity, folder, Place::START, format!("{files} not read"), mend));
    }
    for copy in &tree.copies {
        let what = "this looks like a copy that a program for syncing has left, so it is not published".to_owned();
        let mend = "Take from it what is missing in the other file and delete it, or give it a name of its own.";
        problems.push(warning(copy, what, mend));
    }
    for (link, why) in &tree.dead_links {
        problems.push(warning(link, format!("this link {why}, so it is not followed"), "Correct it, or take it away."));
    }
    // On some systems every file is a link, so one line per target folder is enough.
    let mut outward: BTreeMap<Option<&Path>, (&Path, &Path, usize)> = BTreeMap::new();
    for (link, target) in &tree.outward {
        outward.entry(target.parent()).or_insert((link, target, 0)).2 += 1;
    }
    for (link, target, count) in outward.into_values() {
        let more = if count == 1 { String::new() } else { format!(", as do {} more", count - 1) };
        let what = format!("this link leads out of the content folder, to {:?}{more}", target.display());
        let mend = "Readers see what is there. If they should not, take the link away.";
        problems.push(warning(link, what, mend));
    }
    problems
}
