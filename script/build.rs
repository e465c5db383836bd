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
    let mut code = Code::default();
    let by_hand = "#[serde(skip)] pub language: String, pub dates: Dates, ";
    code.add_struct("Texts", by_hand, &texts);
    code.add_gaps();
    fs::write(Path::new(&env::var("OUT_DIR")?).join("texts.rs"), code.rust)?;
    Ok(())
}

#[derive(Default)]
struct Code {
    rust: String,
    /// Names of all gaps, such as `title` in `Comments on {title}`.
    gaps: BTreeSet<String>,
}

impl Code {
    /// Adds a struct with a field for each text of a table, and the structs of the tables in it.
    fn add_struct(&mut self, name: &str, by_hand: &str, table: &Table) {
        let mut fields = by_hand.to_owned();
        for (key, value) in table {
            let kind = match value {
                Value::Table(inner) => self.kind_of_table(&camel(key), inner),
                text => self.kind_of_text("Phrase", "String", text, ""),
            };
            fields += &format!("pub {key}: {kind}, ");
        }
        self.rust += "#[derive(Debug, Deserialize)]\n#[serde(deny_unknown_fields)]\n";
        self.rust += &format!("pub struct {name} {{ {fields}}}\n");
    }

    fn kind_of_table(&mut self, name: &str, table: &Table) -> String {
        let is_plain = |key: &str| table.get(key).and_then(Value::as_str).is_some_and(|text| !text.contains('{'));
        if let Some(other) = table.get("other") {
            return self.kind_of_text("Plural", "Plural", other, "count");
        }
        if table.len() == 2 && is_plain("heading") && is_plain("sentence") {
            return "Said".to_owned();
        }
        self.add_struct(name, "", table);
        name.to_owned()
    }

    /// Returns the type of a text: its gaps in alphabetical order, so that no other wording can change it.
    fn kind_of_text(&mut self, with_gaps: &str, without: &str, text: &Value, known: &str) -> String {
        let parts = text.as_str().unwrap_or_default().split('{').skip(1);
        let names = parts.filter_map(|part| part.split('}').next()).filter(|name| *name != known);
        let names: BTreeSet<String> = names.map(str::to_owned).collect();
        let gaps: Vec<String> = names.iter().map(|name| format!("gaps::{}", camel(name))).collect();
        self.gaps.extend(names);
        match gaps.as_slice() {
            [] => without.to_owned(),
            [gap] => format!("{with_gaps}<{gap}>"),
            gaps => format!("{with_gaps}<({})>", gaps.join(", ")),
        }
    }

    fn add_gaps(&mut self) {
        self.rust += "pub mod gaps {\n";
        for name in &self.gaps {
            let gap = camel(name);
            self.rust += &format!("pub enum {gap} {{}}\n");
            self.rust += &format!("impl super::phrase::Gap for {gap} {{ const NAME: &'static str = {name:?}; }}\n");
        }
        self.rust += "}\n";
    }
}

/// Name of a type: `too_fast` becomes `TooFast`.
fn camel(key: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    key.split('_').map(capital).collect()
}
