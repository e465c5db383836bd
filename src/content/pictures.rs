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
mod variants;
mod webp;
mod worker;
mod workshop;

pub use clip::tells_a_place;
pub use file::{Refusal, clean, hash, look, too_large, unknown};
pub use markup::{Place, html};
pub use worker::Working;
pub use workshop::{Cleaned, Pictures};

#[cfg(test)]
mod tests;
