//! Instep: a self-hosted blog in one binary. It turns Markdown files into fast pages with comments under them.
//!
//! - [`cli`]: the command line. Parses, connects, runs; makes no decisions.
//! - [`config`]: turns flags, environment and site.toml into validated settings.
//! - [`live`]: keeps a running site current: watches files, publishes on schedule, purges, deletes expired data, warms.
//! - [`web`]: routes and their responses; the only place with axum.
//! - [`app`]: the state shared by all requests, built once.
//! - [`cache`]: the page cache and the cache policies of responses.
//! - [`assets`]: style sheet, scripts, fonts and icons.
//! - [`state`]: the part of that state that mails share: settings, database, content, clock, counters.
//! - [`domain`]: types and decisions, without I/O.
//! - [`content`]: turns Markdown on disk into an immutable snapshot.
//! - [`store`]: the database; the only place with SQL.
//! - [`mail`]: the outbox worker, and the mails.
//! - [`providers`]: fetches titles and stills of the films in posts, by the author's command.
//! - [`texts`]: the program's texts for readers, one file for each language.
//!
//! Imports point down only (see ARCHITECTURE.md): `web` uses `store` and `content`, they use `domain`, and neither knows
//! the other.

// The print macros panic if the output is closed; `cli` has `say!` and `complain`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod app;
pub mod assets;
pub mod cache;
pub mod cli;
pub mod config;
pub mod content;
pub mod domain;
pub mod live;
pub mod mail;
pub mod providers;
pub mod state;
pub mod store;
pub mod texts;
pub mod web;
