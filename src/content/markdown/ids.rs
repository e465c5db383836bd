//! Ids of a text: unique, and different from the ids of the page around it.
//!
//! Ids of the page begin with `-`, which no id of a text does. Two kinds differ: `#comment-41` is an address that people
//! share, and an id inside an SVG must begin as a name of XML does.

use std::collections::{HashMap, HashSet};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Beginning of the ids in pictograms.
pub(in crate::content) const PICTOGRAM_ID: &str = "pictogram.";

/// Ids that are used so far.
#[derive(Debug, Default)]
pub(super) struct Ids {
    taken: HashSet<String>,
    /// Number of requests for each id.
    wanted: HashMap<String, usize>,
}

impl Ids {
    /// Records the name of an `<a name=…>`, which is a link target like an id.
    pub fn note(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    /// Takes an id; returns false if it is used already or not for texts.
    pub fn take_free(&mut self, id: &str) -> bool {
        !id.is_empty() && !id.starts_with('-') && !is_of_the_page(id) && self.taken.insert(id.to_owned())
    }

    /// Returns the wanted id, or a unique one made from it: the second `legs` becomes `legs-1`, as on GitHub.
    pub fn take(&mut self, wanted: &str) -> String {
        let wanted = Some(wanted.trim_start_matches('-')).filter(|id| !id.is_empty()).unwrap_or("section");
        let count = self.wanted.entry(wanted.to_owned()).or_insert(0);
        loop {
            let id = if *count == 0 { wanted.to_owned() } else { format!("{wanted}-{count}") };
            let id = if is_of_the_page(&id) { format!("section-{id}") } else { id };
            *count += 1;
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }
}

/// Letters and digits of an id: systems differ in what they make of other characters.
pub(super) fn letters_of(id: &str) -> String {
    id.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Id of a heading, as GitHub and Hugo make it from its title: lower case, without punctuation, with `-` for each blank.
pub(super) fn of_title(title: &str) -> String {
    let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ') || is_combining_mark(*c);
    let blanks = title.nfc().map(|c| if c.is_whitespace() { ' ' } else { c });
    blanks.flat_map(char::to_lowercase).filter(is_kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn is_of_the_page(id: &str) -> bool {
    let is_of_a_comment = id.strip_prefix("comment-").is_some_and(|end| end.bytes().all(|byte| byte.is_ascii_digit()));
    is_of_a_comment || id.starts_with(PICTOGRAM_ID)
}
