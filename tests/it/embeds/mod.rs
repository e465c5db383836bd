//! Embeds: what the author's errand brings home, and what search engines are told.

mod components;
mod fetching;
mod json_ld;
