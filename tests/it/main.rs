//! Tests through the public interface: the whole service, the real program, real databases. All are in one binary, so
//! that it is linked once.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that fails may fail loudly, its helpers too")]

mod allocations;
mod cache;
mod cli;
mod comments;
mod committing;
mod content;
mod corner;
mod desk;
mod docs;
mod embeds;
mod fast_path;
mod feeds;
mod mail;
mod metrics;
mod micropub;
mod pages;
mod passkeys;
mod pictures;
mod queries;
mod search;
mod server;
mod store;
mod support;
mod tidy;
mod writing;
