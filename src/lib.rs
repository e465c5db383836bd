//! Instep: a self-hosted blog in one binary. Markdown files in, fast pages with a living conversation under them out.
//!
//! - [`cli`]: the command line. Parses, wires, runs; decides nothing.
//! - [`config`]: what was typed becomes checked settings.
//! - [`app`]: what a request needs, built once.
//! - [`domain`]: types and decisions, free of I/O.
//! - [`content`]: Markdown on disk becomes an immutable snapshot.
//! - [`store`]: the database; the only place with SQL.
//! - [`mail`]: the postman, and the mails.
//! - [`providers`]: what others know of the films in posts, asked for by the author's command.
//! - [`texts`]: what the program says to readers, one file a language.
//! - [`web`]: routes, pages, page cache; the only place with HTTP.
//!
//! Imports point down only: `web` uses `store` and `content`, they use `domain`, and neither knows the other.

// They panic where nobody reads on; `cli` has `say!` and `complain`.
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
