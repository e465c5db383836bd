//! Public pages: their content, headers and links.

mod addresses;
mod dates;
mod languages;
mod lists;
mod look;
mod media;
mod missing;
mod narrowing;
mod policy;
mod redirects;
mod related;
mod sending;
mod series;

use crate::support::TestSite;

/// A site with a post, a page and a stretch that link to each other.
async fn site() -> TestSite {
    TestSite::new()
        .post("calf", "---\ntitle: Calf stretches\ndate: 2026-05-02\ntags: [Feet, Warm up]\n---\nStretch it.\n\n![[toe-flexion]]\n")
        .page("about", "Who writes.")
        .file("stretches/toe-flexion.md", "---\ntitle: Toe flexion\nareas: [feet]\nhold_seconds: 30\n---\n1. Curl.\n")
        .start()
        .await
}
