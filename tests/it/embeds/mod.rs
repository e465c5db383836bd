//! Embeds: fetched titles and stills, and data for search engines.

mod components;
mod fetching;
mod json_ld;
