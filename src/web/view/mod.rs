//! What templates see: plain structs made from domain types. No decisions about what may be seen; those are made before.

pub mod body;
pub mod cards;
pub mod dates;
pub mod form;
pub mod json_ld;
pub mod layout;
pub mod onward;
pub mod stretch;
pub mod thread;
pub mod thread_pages;
pub mod tongue;

/// `toes` to `Toes`, for words that begin a line.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
