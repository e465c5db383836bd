//! Instep: a self-hosted blog in one binary. It turns Markdown files into fast pages with comments under them.
//!
//! - [`cli`]: the command line. Parses, connects, runs; makes no decisions.
//! - [`config`]: turns flags, environment and site.toml into validated settings.
//! - [`app`]: the state shared by all requests, built once.
//! - [`domain`]: types and decisions, without I/O.
//! - [`content`]: turns Markdown on disk into an immutable snapshot.
//! - [`store`]: the database; the only place with SQL.
//! - [`mail`]: the postman, and the mails.
//! - [`providers`]: fetches titles and stills of the films in posts, by the author's command.
//! - [`texts`]: the program's texts for readers, one file for each language.
//! - [`web`]: routes, pages, page cache; the only place with HTTP.
//!
//! Imports point down only: `web` uses `store` and `content`, they use `domain`, and neither knows the other.

// The print macros panic if the output is closed; `cli` has `say!` and `complain`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod app;
pub mod cli;
pub mod config;
pub mod content;
pub mod domain;
pub mod mail;
pub mod providers;
pub mod store;
pub mod texts;
pub mod web;
