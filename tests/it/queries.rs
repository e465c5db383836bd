//! Number of SQL statements for pages and comments: exact numbers, so that a new one is noticed.

use instep::domain::comment::{Comment, Status, ThreadKey};
use jiff::SignedDuration;

use crate::support::{TestSite, statements::listened};

async fn site() -> TestSite {
    TestSite::new()
        .post("calf", "---\ndate: 2026-05-02\ntags: [feet]\n---\nStretch it.")
        .post("hips", "---\ndate: 2026-05-03\ntags: [feet]\n---\nOpen them.")
        .page("about", "Who writes.")
        .start()
        .await
}

/// Adds comments that answer each other, so that most of them name another.
async fn say(site: &TestSite, count: i64) {
    let mut last = None;
    for number in 0..count {
        let comment = Comment {
            name: format!("Runner {number}"),
            text: format!("Said as number {number}."),
            parent_id: last,
            created_at: site.app.clock.now() + SignedDuration::from_secs(number),
            status: Status::Approved,
            ..Comment::default()
        };
        let key = ThreadKey::post("calf");
        last = Some(site.store().place_comment(&key, &comment, "test").await.expect("places"));
    }
}

#[tokio::test]
async fn a_page_of_a_long_thread_costs_three_statements_however_long_it_is() {
    let site = site().await;
    say(&site, 450).await;
    for (path, number, other) in
        [("/posts/calf", 7, 300), ("/posts/calf/comments/page/2", 300, 7), ("/posts/calf/comments/page/3", 440, 7)]
    {
        let (answer, made) = listened(site.get(path)).await;
        assert_eq!(made.len(), 3, "{path}: {made:#?}");
        answer.is(200).says(&format!("Said as number {number}.")).says("450 comments");
        answer.says(&format!("Runner {}", number - 1)).does_not_say(&format!("Said as number {other}."));
    }
    let (_, made) = listened(site.get("/posts/calf/comments/feed.xml")).await;
    assert_eq!(made.len(), 1, "{made:#?}");
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
