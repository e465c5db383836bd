//! Types and decisions: posts, comments, threads, and the rules for them.
//!
//! Functions here are pure: no disk, no database, no clock, no randomness, no async. All they need is a parameter.

pub mod account;
pub mod address;
pub mod characters;
pub mod clock;
pub mod colour;
pub mod comment;
pub mod delivery;
pub mod embed;
pub mod entry;
pub mod language;
pub mod limits;
pub mod mail_keys;
pub mod mailbox;
pub mod names;
pub mod near;
pub mod notices;
pub mod passkey;
pub mod permalink;
pub mod picture;
pub mod problem;
pub mod redirects;
pub mod related;
pub mod routes;
pub mod search;
pub mod signer;
pub mod slug;
pub mod stamp;
pub mod theme;
pub mod thread;
pub mod token;
pub mod verdict;
pub mod words;
