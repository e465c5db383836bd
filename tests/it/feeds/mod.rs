//! Content for programs: feeds of posts and of comments, the sitemap, robots.txt.

pub mod atom;
mod comments;
mod formats;
mod sitemap;

use crate::support::{TestSite, site::Builder};

/// Two posts, and all kinds of addresses in them.
pub fn with_posts() -> Builder {
    TestSite::new()
        .setting("site.base_url", "https://example.org")
        .post("calf", "---\ntitle: Calf & heel\ndate: 2026-05-02T10:00:00Z\nupdated: 2026-06-01T10:00:00Z\ntags: [Feet]\n---\n\
             See [the page](/about) and ![leg](leg.svg).\n\n<!--more-->\n\nThe *whole* text.[^1]\n\n[^1]: Nearly.\n\nhttps://vimeo.com/1084537\n")
        .file("posts/leg.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"5\"/>")
        .post("hips", "---\ntitle: Hips\ndate: 2026-05-03T10:00:00Z\nauthors: [Bo]\n---\nOpen them.")
        .page("about", "Who writes.")
        .file("stretches/toe-flexion.md", "---\ntitle: Toe flexion\n---\n1. Curl.\n")
}
