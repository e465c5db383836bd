//! Photos: cleaned of personal metadata, and resized.
//!
//! A picture is checked when the content is read (its head only, never its pixels), cleaned when it is first sent, and
//! resized in the background. [`Pictures`] stores the results in `data/pictures`.

mod clip;
mod colour;
mod decoding;
mod exif;
mod file;
mod gif;
mod head;
mod jpeg;
mod markup;
mod png;
pub(super) mod variants;
mod webp;

pub use clip::tells_a_place;
pub(super) use decoding::Failed;
pub(super) use file::head;
pub use file::{Refusal, clean, hash, look, too_large, unknown};
pub use markup::{Place, html};

#[cfg(test)]
mod tests;
