//! The site in a real Chromium, mostly with scripts off.
//!
//! Runs only with `INSTEP_TEST_BROWSER=1`, so that a plain `cargo test` needs nothing but cargo. `script/test` sets
//! it, and names the programs in `INSTEP_TEST_CHROMIUM` and `INSTEP_TEST_CHROMEDRIVER`.
//!
//! Each test has a [`Stage`](support::Stage) of its own: the binary on the sample site, a trap for requests to other
//! sites, and a chromedriver. All of them end with the test, also when it fails. Tests wait for conditions, never for
//! time.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why and fails")]

mod attacks;
mod commenting;
mod desk;
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
