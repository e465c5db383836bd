//! The documents: their tables match the program, docs/ is a site without problems, and links lead to files.

use std::{collections::BTreeMap, path::Path};

use instep::{cli::Table, config::Config, content::Loader};

use crate::support::{read, root};

const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

#[test]
fn the_tables_of_settings_and_commands_are_those_of_the_program() {
    for (page, table, command) in [
        ("docs/pages/settings.md", Table::Environment, "instep reference environment"),
        ("docs/pages/settings.md", Table::Site, "instep reference site"),
        ("docs/pages/commands.md", Table::Commands, "instep reference commands"),
    ] {
        let there = read(&root().join(page));
        assert!(there.contains(&table.markdown()), "{page} is out of date: put in what `{command}` prints");
    }
}

#[test]
fn the_documents_are_a_site_without_problems() {
    let content = root().join("docs");
    let variables = BTreeMap::from([("INSTEP_CONTENT".to_owned(), content.display().to_string())]);
    let config = Config::load(&variables).expect("settings");
    let library = Loader::new(content, config.site.rules(), config.site.texts).load().expect("reads");
    let problems: Vec<String> = library.problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{problems:#?}");
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
fn every_source_folder_is_in_the_code_map() {
    let map = read(&root().join("ARCHITECTURE.md"));
    for entry in std::fs::read_dir(root().join("src")).expect("reads") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let name = name.trim_end_matches(".rs");
        assert!(["main", "lib"].contains(&name) || map.contains(name), "ARCHITECTURE.md does not name src/{name}");
    }
}
