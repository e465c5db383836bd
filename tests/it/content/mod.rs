//! The author's files: a saved file is live, and a broken file affects no other.

mod bare_urls;
mod collisions;
mod commonmark;
mod costs;
mod dialects;
mod editing;
mod front_matter;
mod ids;
mod links;
mod live;
mod markup;
mod names;
mod problems;
mod symlinks;
mod texts;
