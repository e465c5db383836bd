//! The site in a real Chromium, as people meet it: most of it with scripts off.
//!
//! Runs only with `INSTEP_TEST_BROWSER=1`, so that a plain `cargo test` needs nothing but cargo. `script/test` sets
//! it, and names the programs in `INSTEP_TEST_CHROMIUM` and `INSTEP_TEST_CHROMEDRIVER`.
//!
//! Each test sets a stage of its own: the binary on the sample site, a trap for requests to anybody else, and a
//! chromedriver. All of them go with the test, also when it fails. Nothing here waits for time to pass, only for what
//! it wants to see.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why and fails")]

mod attacks;
mod commenting;
mod embeds;
mod folding;
mod form;
mod keyboard;
mod look;
mod pictures;
mod policy;
mod reading;
mod scheme;
mod searching;
mod support;
mod waiting;
