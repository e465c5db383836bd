//! Embeds: what the author's errand brings home.

mod fetching;
