//! Data for templates: plain structs made from domain types. Other modules decide which content may be shown.

pub mod body;
pub mod cards;
pub mod dates;
pub mod feed_format;
pub mod form;
pub mod json_ld;
pub mod lang;
pub mod layout;
pub mod link;
pub mod onward;
pub mod pieces;
pub mod stretch;
pub mod thread;

/// Makes the first letter upper-case: `toes` to `Toes`.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
