//! The author's files: saved, they are live; broken, they take nothing else down.

mod collisions;
mod commonmark;
mod links;
mod live;
mod texts;
