//! How many statements pages and comments cost: exact numbers, so that none is added unseen.

use crate::support::{TestSite, statements::listened};

async fn site() -> TestSite {
    TestSite::new()
        .post("calf", "---\ndate: 2026-05-02\ntags: [feet]\n---\nStretch it.")
        .post("hips", "---\ndate: 2026-05-03\ntags: [feet]\n---\nOpen them.")
        .page("about", "Who writes.")
        .start()
        .await
}

#[tokio::test]
async fn a_page_costs_one_statement_at_most() {
    let site = site().await;
    let mut others = Vec::new();
    for (path, expected) in [
        ("/posts/calf", 1),
        ("/", 1),
        ("/tags/feet", 1),
        ("/archive/2026", 0),
        ("/feed.xml", 0),
        ("/comments/feed.xml", 1),
        ("/posts/calf/comments/feed.xml", 1),
        ("/about", 0),
        ("/tags", 0),
        ("/sitemap.xml", 0),
        ("/search?q=stretch", 0),
        ("/no/such/page", 0),
    ] {
        let (answer, made) = listened(site.get(path)).await;
        assert!([200, 404].contains(&answer.status), "{path}: {}", answer.status);
        if made.len() != expected {
            others.push(format!("{path}: {made:?}"));
        }
        let (_, again) = listened(site.get(path)).await;
        let is_kept = !path.starts_with("/search") && !path.starts_with("/no/");
        assert!(!is_kept || again.is_empty(), "{path}, from the cache: {again:#?}");
    }
    assert!(others.is_empty(), "{others:#?}");
}
