//! Generates the types of the texts from `templates/texts/en.toml` (see `src/texts/mod.rs`), and tells cargo which
//! folders are compiled in. (askama does so by itself.)

use std::{collections::BTreeSet, env, error::Error, fs, path::Path};

use toml::{Table, Value};

fn main() -> Result<(), Box<dyn Error>> {
    for folder in ["migrations", "static", "templates/texts"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    let mut texts: Table = fs::read_to_string("templates/texts/en.toml")?.parse()?;
    texts.remove("dates"); // written by hand in src/texts/dates.rs
    let by_hand = "#[serde(skip)] pub language: String, pub dates: Dates, ";
    let mut rust = String::new();
    add_struct(&mut rust, "Texts", by_hand, &texts);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("texts.rs"), rust)?;
    Ok(())
}

/// Adds a struct with a field for each text of a table, and the structs of the tables in it.
fn add_struct(rust: &mut String, name: &str, by_hand: &str, table: &Table) {
    let mut fields = by_hand.to_owned();
    for (key, value) in table {
        let kind = match value {
            Value::Table(inner) => kind_of_table(rust, &camel(key), inner),
            text => match gaps(text).len() {
                0 => "String".to_owned(),
                gaps => format!("Phrase<{gaps}>"),
            },
        };
        fields += &format!("pub {key}: {kind}, ");
    }
    rust.push_str("#[derive(Debug, Deserialize)]\n#[serde(deny_unknown_fields)]\n");
    rust.push_str(&format!("pub struct {name} {{ {fields}}}\n"));
}

fn kind_of_table(rust: &mut String, name: &str, table: &Table) -> String {
    if let Some(other) = table.get("other") {
        let gaps = gaps(other).iter().filter(|name| **name != "count").count();
        return format!("Plural<{gaps}>");
    }
    let is_plain = |key: &str| table.get(key).is_some_and(|text| text.is_str() && gaps(text).is_empty());
    if table.len() == 2 && is_plain("heading") && is_plain("sentence") {
        return "Said".to_owned();
    }
    add_struct(rust, name, "", table);
    name.to_owned()
}

/// Names of the gaps of a text, such as `title` in `Comments on {title}`.
fn gaps(text: &Value) -> BTreeSet<&str> {
    let parts = text.as_str().unwrap_or_default().split('{').skip(1);
    parts.filter_map(|part| part.split('}').next()).collect()
}

/// Name of a type: `too_fast` becomes `TooFast`.
fn camel(key: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    key.split('_').map(capital).collect()
}
