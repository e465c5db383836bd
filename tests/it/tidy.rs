//! Rules for the code that a program can check.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use instep::{config::Config, content::Loader};

use crate::support::{read, root, sample_content};

/// Longest file, in lines (CONTRIBUTING.md, rule 11).
const LONGEST: usize = 600;

fn files_below(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| path.extension().is_some_and(|own| own == *ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} has none");
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).expect("in the repository").display().to_string()
}

/// Code of a file, without comments and without the part after `#[cfg(test)]`.
fn code(path: &Path) -> String {
    let text = read(path);
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// True if the code names a crate or a module: `axum::`, `use axum`, `#[sqlx(`.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        let after = &code[at + word.len()..];
        let starts = !before.is_alphanumeric() && before != '_' && before != '.';
        starts && (after.starts_with("::") || after.starts_with("!(") || code[..at].ends_with("#["))
    })
}

/// Our modules that a file imports: `crate::store::…`, `use crate::{store::…}`.
fn modules(code: &str) -> BTreeSet<String> {
    let inside = |path: Vec<String>| path.get(1).filter(|_| path[0] == "crate").cloned();
    paths(code).into_iter().filter_map(inside).collect()
}

/// Paths in the code that begin with `crate`, `super` or `self`. `super::{a, b::c}` gives `super::a` and `super::b::c`.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for first in ["crate", "super", "self"] {
        for (at, _) in code.match_indices(&format!("{first}::")) {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            if !before.is_alphanumeric() && before != '_' && before != ':' {
                read_path(&code[at..], &[], &mut found);
            }
        }
    }
    found
}

/// Reads the path at the start of the code, which may end in a list of paths. Returns the code that follows.
fn read_path<'a>(code: &'a str, before: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    if let Some(mut list) = code.strip_prefix('{') {
        loop {
            list = list.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            if list.is_empty() || list.starts_with('}') {
                return list.get(1..).unwrap_or_default();
            }
            // After a name: `as other`.
            list = read_path(list, before, found).trim_start_matches(|c| c != ',' && c != '}');
        }
    }
    let length = code.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len());
    let path = [before, &[code[..length].to_owned()]].concat();
    match code[length..].strip_prefix("::") {
        Some(rest) => read_path(rest, &path, found),
        None => {
            found.push(path);
            &code[length..]
        }
    }
}

#[test]
fn imports_are_read_as_they_are_written() {
    let check = |code: &str, expected: &[&str]| {
        assert_eq!(modules(code), expected.iter().map(|one| (*one).to_owned()).collect(), "{code}");
    };
    check("use crate::app::App;", &["app"]);
    check("use crate::{\n    app::{App, Clock},\n    store::Store,\n    web,\n};", &["app", "store", "web"]);
    check("crate::domain::slug::Slug", &["domain"]);
    let inner = paths("use super::{a::{b, c as d}, e};\nfn f() { self::g::h() }");
    assert_eq!(
        inner.iter().map(|path| path.join("::")).collect::<Vec<_>>(),
        ["super::a::b", "super::a::c", "super::e", "self::g::h"]
    );
    assert!(names("use sqlx::Pool;", "sqlx") && names("#[sqlx(flatten)]", "sqlx") && names("sqlx::query!()", "sqlx"));
    assert!(!names("a.sqlx::b; my_sqlx::c; let sqlx = 1;", "sqlx"));
}

#[test]
fn each_crate_is_used_only_in_its_module() {
    let mut strays = Vec::new();
    for path in files_below("src", &["rs"]) {
        let (name, code) = (name(&path), code(&path));
        for (word, room) in [
            ("axum", "src/web/"),
            ("askama", "src/web/ or src/mail/"),
            ("lettre", "src/mail/"),
            ("tower_http", "src/web/"),
            ("hyper", "src/web/"),
            ("sqlx", "src/store/"),
            ("ureq", "src/providers/"),
            ("clap", "src/cli/"),
            ("intl_pluralrules", "src/texts/"),
            ("anyhow", "src/cli/"),
            ("pulldown_cmark", "src/content/"),
            ("syntect", "src/content/"),
            ("two_face", "src/content/"),
            ("notify", "src/content/"),
            ("image", "src/content/"),
            ("fast_image_resize", "src/content/"),
            ("webp", "src/content/"),
            ("mozjpeg", "src/content/"),
            ("mozjpeg_sys", "src/content/"),
            ("moxcms", "src/content/"),
        ] {
            if names(&code, word) && !room.split(" or ").any(|room| name.starts_with(room)) {
                strays.push(format!("{name} uses {word}, which belongs to {room}"));
            }
        }
    }
    assert!(strays.is_empty(), "{strays:#?}");
}

#[test]
fn imports_point_down_only() {
    /// Modules in layers, from the top. Each may import those below its layer.
    const LAYERS: [&[&str]; 9] = [
        &["cli"],
        &["live"],
        &["web"],
        &["app"],
        &["cache", "assets", "mail"],
        &["state"],
        &["config", "providers"],
        &["content", "store"],
        &["texts", "domain"],
    ];
    /// Imports that the layers allow and that are still forbidden: the page cache knows no content, the store no texts.
    const APART: [(&str, &str); 5] =
        [("cache", "state"), ("cache", "config"), ("cache", "content"), ("cache", "store"), ("store", "texts")];
    let mut wrong = Vec::new();
    for path in files_below("src", &["rs"]) {
        let name = name(&path);
        let own = name["src/".len()..].split(['/', '.']).next().unwrap_or_default();
        if matches!(own, "main" | "lib") {
            continue;
        }
        let layer_of = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
        let layer = layer_of(own).unwrap_or_else(|| panic!("{name} has no layer"));
        for module in modules(&code(&path)).iter().filter(|module| *module != own) {
            let is_below = layer_of(module).is_some_and(|other| other > layer);
            if !is_below || APART.contains(&(own, module)) {
                wrong.push(format!("{name} imports {module}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn modules_of_one_folder_do_not_import_each_other_in_a_circle() {
    let files: Vec<PathBuf> =
        files_below("src", &["rs"]).into_iter().filter(|path| !path.ends_with("tests.rs")).collect();
    let module = |path: &PathBuf| -> Vec<String> {
        let name = name(path);
        let inner = name.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        inner.split('/').map(str::to_owned).collect()
    };
    let all: BTreeSet<Vec<String>> = files.iter().map(module).collect();
    // For each folder: its modules, and those of the same folder that they import.
    let mut folders: BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for path in &files {
        let own = module(path);
        for named in paths(&code(path)) {
            let ups = named.iter().take_while(|name| *name == "super").count();
            let start = if named[0] == "crate" { &[] } else { &own[..own.len().saturating_sub(ups)] };
            let rest = named.iter().filter(|name| !matches!(name.as_str(), "crate" | "super" | "self"));
            let mut named: Vec<String> = start.iter().chain(rest).cloned().collect();
            while !named.is_empty() && !all.contains(&named) {
                named.pop();
            }
            let shared = own.iter().zip(&named).take_while(|(own, named)| own == named).count();
            if let (Some(from), Some(to)) = (own.get(shared), named.get(shared)) {
                let modules = folders.entry(own[..shared].to_vec()).or_default();
                modules.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    for imports in folders.values_mut() {
        // A module that imports none of those that are left, or is imported by none of them, is in no circle.
        loop {
            let left: BTreeSet<String> = imports.keys().cloned().collect();
            let imported: BTreeSet<String> = imports.values().flatten().cloned().collect();
            imports.values_mut().for_each(|others| others.retain(|other| left.contains(other)));
            imports.retain(|own, others| !others.is_empty() && imported.contains(own));
            if imports.len() == left.len() {
                break;
            }
        }
    }
    folders.retain(|_, imports| !imports.is_empty());
    assert!(folders.is_empty(), "{folders:#?}");
}

#[test]
fn first_segments_of_routes_are_not_for_content() {
    let mut strays = Vec::new();
    for path in files_below("src/web", &["rs"]) {
        for line in code(&path).lines() {
            let Some((_, route)) = line.split_once(".route(\"/") else { continue };
            let segment = route.split(['/', '"']).next().unwrap_or_default();
            if !segment.is_empty() && !instep::domain::routes::is_own(segment) {
                strays.push(format!("{}: {segment}", name(&path)));
            }
        }
    }
    assert!(strays.is_empty(), "put them into domain/routes.rs: {strays:#?}");
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names = |engine: &str| -> Vec<String> {
        let files = files_below(&format!("migrations/{engine}"), &["sql"]);
        files.iter().map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect()
    };
    let sqlite = names("sqlite");
    assert_eq!(sqlite, names("postgres"));
    for (at, name) in sqlite.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", at + 1)), "{name} is number {}", at + 1);
    }
}

#[test]
fn no_file_has_grown_too_long() {
    let mut long = Vec::new();
    let folders: &[(&str, &[&str])] =
        &[("src", &["rs"]), ("tests", &["rs"]), ("static", &["css", "js"]), ("templates", &["html", "txt", "xml"])];
    for (folder, endings) in folders {
        for path in files_below(folder, endings) {
            let lines = read(&path).lines().count();
            if lines > LONGEST {
                long.push(format!("{}: {lines} lines", name(&path)));
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn every_module_begins_with_a_comment() {
    for path in files_below("src", &["rs"]).into_iter().chain(files_below("tests", &["rs"])) {
        let text = read(&path);
        // Inner tests stand beside a file that has said it.
        let is_part = path.file_name().is_some_and(|name| name == "tests.rs") && path.starts_with(root().join("src"));
        assert!(is_part || text.starts_with("//! "), "{} does not open with a line of //!", name(&path));
    }
}

#[test]
fn doc_comments_begin_with_the_name_of_their_subject() {
    let mut wrong = Vec::new();
    for path in ["src", "tests", "benches"].iter().flat_map(|folder| files_below(folder, &["rs"])) {
        let mut is_first_line = true;
        for (at, line) in read(&path).lines().enumerate() {
            let doc = ["/// ", "//! "].iter().find_map(|start| line.trim_start().strip_prefix(start));
            let opens = |word: &str| doc.is_some_and(|doc| doc == word || doc.starts_with(&format!("{word} ")));
            let words = ["What", "Of", "Who", "Whoever", "Whatever", "Whether", "The same"];
            if is_first_line && words.iter().any(|word| opens(word)) {
                wrong.push(format!("{}:{}", name(&path), at + 1));
            }
            is_first_line = doc.is_none() && !line.trim_start().starts_with("//");
        }
    }
    assert!(wrong.is_empty(), "begin with a noun or a verb (CONTRIBUTING.md, rule 6): {wrong:#?}");
}

#[test]
fn test_names_begin_with_their_case() {
    let mut wrong = Vec::new();
    for path in ["tests", "src"].iter().flat_map(|folder| files_below(folder, &["rs"])) {
        for line in read(&path).lines() {
            let line = line.trim_start().trim_start_matches("async ");
            let name = line.strip_prefix("fn ").and_then(|rest| rest.split('(').next()).unwrap_or_default();
            let words = ["what", "whatever", "who", "whose", "whoever", "nobody", "it", "its"];
            if words.contains(&name.split('_').next().unwrap_or_default()) {
                wrong.push(name.to_owned());
            }
        }
    }
    assert!(wrong.is_empty(), "a name states the case and the result: {wrong:#?}");
}

/// Words of a template itself: those outside of its tags and of its own expressions, and in attributes that people
/// read or hear.
fn words_of_template(text: &str) -> Vec<String> {
    // Expressions and comments first; what is left is markup and words.
    let mut markup = String::new();
    let mut rest = text;
    while let Some(start) = ["{{", "{%", "{#"].iter().filter_map(|opening| rest.find(opening)).min() {
        let closing = match &rest[start..start + 2] {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        markup.push_str(&rest[..start]);
        let end = rest[start..].find(closing).map_or(rest.len(), |end| start + end + closing.len());
        rest = &rest[end..];
    }
    markup.push_str(rest);
    let is_word = |text: &str| text.chars().any(char::is_alphabetic);
    let mut words = Vec::new();
    let mut in_tag = false;
    for part in markup.split_inclusive(['<', '>']) {
        let inner = part.trim_end_matches(['<', '>']).trim();
        if in_tag {
            for attribute in ["aria-label", "title", "placeholder", "alt", "label"] {
                for (_, value) in inner
                    .match_indices(&format!(" {attribute}=\""))
                    .map(|(at, found)| inner[at..].split_at(found.len()))
                {
                    words.extend(value.split('"').next().filter(|value| is_word(value)).map(str::to_owned));
                }
            }
        } else if is_word(inner) && !inner.starts_with('#') {
            words.push(inner.to_owned());
        }
        in_tag = part.ends_with('<');
    }
    words
}

#[test]
fn templates_have_no_words_of_their_own() {
    assert_eq!(
        words_of_template("<p class=\"a\" aria-label=\"Main\">{{ x }} of <b>{% if y %}z{% endif %}</b></p>"),
        ["Main", "of", "z"]
    );
    assert!(words_of_template("<a href=\"/search\">{{ words }}</a>{# why #}").is_empty());
    let mut own = Vec::new();
    for path in files_below("templates", &["html", "xml"]) {
        for words in words_of_template(&read(&path)) {
            // The sign of the program in feeds is its name; the page for those who design is none for readers.
            if words != "Instep" && !name(&path).starts_with("templates/components/") {
                own.push(format!("{}: {words}", name(&path)));
            }
        }
    }
    assert!(own.is_empty(), "these belong into templates/texts: {own:#?}");
}

#[test]
fn no_file_has_a_marker_for_later_work() {
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X"].concat()];
    for folder in ["src", "tests", "templates", "static", "migrations"] {
        for path in files_below(folder, &["rs", "html", "txt", "xml", "css", "js", "sql"]) {
            let text = read(&path);
            for word in &words {
                assert!(!text.contains(word.as_str()), "{} has a {word}", name(&path));
            }
        }
    }
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    for path in files_below("src", &["rs"]).into_iter().chain(files_below("tests", &["rs"])) {
        let code = code(&path);
        let is_this = path.ends_with("tests/it/tidy.rs");
        assert!(is_this || !code.contains("#[allow"), "{}: expect, with a reason", name(&path));
    }
}

#[test]
fn the_sample_content_has_no_problems() {
    let variables = BTreeMap::from([("INSTEP_CONTENT".to_owned(), sample_content().display().to_string())]);
    let config = Config::load(&variables).expect("settings");
    let library = Loader::new(config.content.clone(), config.site.rules(), config.site.texts).load().expect("reads");
    let problems: Vec<String> = library.problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    let drafts = library.posts().filter(|post| post.entry.draft).count();
    let articles = library.posts().filter(|post| post.entry.body.words >= 500).count();
    assert!(articles >= 6 && drafts == 0, "{articles} articles of 500 words and more, {drafts} drafts");
}
