//! Tests through the front door: the whole service, the real program, real databases. One binary, so that all of it
//! links once.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that fails may fail loudly, its helpers too")]

mod allocations;
mod cache;
mod cli;
mod comments;
mod content;
mod corner;
mod docs;
mod embeds;
mod fast_path;
mod feeds;
mod mail;
mod metrics;
mod pages;
mod pictures;
mod queries;
mod search;
mod server;
mod store;
mod support;
mod tidy;
