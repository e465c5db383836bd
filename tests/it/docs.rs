//! Documents: every setting and command has its row in the README, and links lead to files that are there.

use std::{collections::BTreeSet, path::Path};

use instep::config::SETTINGS;

use crate::support::{read, root};

const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// Rows of all tables, each as its cells without the back quotes.
fn table_rows(text: &str) -> Vec<Vec<String>> {
    let row = |line: &str| {
        let line = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        Some(line.split('|').map(|cell| cell.trim().to_owned()).collect())
    };
    text.lines().filter_map(row).collect()
}

/// What stands between back quotes.
fn code_words(cells: &[String]) -> BTreeSet<&str> {
    cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_setting_has_a_row_in_the_readme() {
    let rows = table_rows(&read(&root().join("README.md")));
    let mut missing = Vec::new();
    for setting in SETTINGS {
        let key = setting.key.strip_prefix("site.").unwrap_or(setting.key);
        let variable = setting.variable();
        let is_it = |words: BTreeSet<&str>| {
            words.contains(variable.as_str()) && (words.contains(key) || words.contains(setting.key))
        };
        if !rows.iter().any(|row| is_it(code_words(row))) {
            missing.push(format!("{key} / {variable}"));
        }
    }
    assert!(missing.is_empty(), "no row with both names: {missing:#?}");
}

#[test]
fn every_command_has_a_row_in_the_readme() {
    let rows = table_rows(&read(&root().join("README.md")));
    let mut missing = Vec::new();
    for command in instep::cli::command_names() {
        let start = format!("instep {command}");
        let is_it =
            |word: &&str| word.strip_prefix(&start).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        if !rows.iter().any(|row| code_words(row).iter().any(is_it)) {
            missing.push(start);
        }
    }
    assert!(missing.is_empty(), "no row: {missing:#?}");
}

#[test]
fn links_lead_to_files_that_are_there() {
    let mut broken = Vec::new();
    for document in DOCUMENTS {
        let text = read(&root().join(document));
        for link in links(&text) {
            let path = link.split('#').next().unwrap_or_default();
            if !path.is_empty() && !Path::new(&root()).join(path).exists() {
                broken.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Relative links and pictures, of Markdown and of HTML in it.
fn links(text: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let mut links = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => links.push(dest_url.to_string()),
            Event::Html(html) | Event::InlineHtml(html) => {
                let parsed = crate::support::html::Html::parse(&html);
                let named = |name: &'static str| {
                    parsed.elements.iter().filter_map(move |element| element.attribute(name)).map(str::to_owned)
                };
                links.extend(["href", "src", "srcset"].into_iter().flat_map(named));
            }
            _ => {}
        }
    }
    links.retain(|link| !link.contains("://") && !link.starts_with("mailto:"));
    links
}

#[test]
fn every_folder_of_the_source_is_on_the_map() {
    let map = read(&root().join("ARCHITECTURE.md"));
    for entry in std::fs::read_dir(root().join("src")).expect("reads") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let name = name.trim_end_matches(".rs");
        assert!(["main", "lib"].contains(&name) || map.contains(name), "ARCHITECTURE.md does not name src/{name}");
    }
}
