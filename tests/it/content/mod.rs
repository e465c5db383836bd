//! The author's files: saved, they are live; broken, they take nothing else down.

mod bare_urls;
mod collisions;
mod commonmark;
mod costs;
mod dialects;
mod front_matter;
mod ids;
mod links;
mod live;
mod markup;
mod names;
mod problems;
mod symlinks;
mod texts;
