//! One canonical address each: everything near it leads there, and nowhere else.

use super::site;
use crate::support::TestSite;

async fn check(site: &TestSite, path: &str, leads: &str) {
    assert_eq!(site.get(path).await.leads(), leads, "{path}");
}

#[tokio::test]
async fn slashes_and_upper_case_lead_to_the_one_address() {
    let site = site().await;
    for (path, leads) in [
        ("/posts/calf/", "301 /posts/calf"),
        ("/posts/calf//", "301 /posts/calf"),
        ("//posts//calf", "301 /posts/calf"),
        ("/Posts/Calf", "301 /posts/calf"),
        ("/POSTS/CALF/", "301 /posts/calf"),
        ("/posts/%63alf/", "301 /posts/calf"),
        ("/about/", "301 /about"),
        ("/About", "301 /about"),
        ("/tags/", "301 /tags"),
        ("/tags/feet/", "301 /tags/feet"),
        ("/tags/Feet", "301 /tags/feet"),
        ("/tags/Warm%20up", "301 /tags/warm-up"),
        ("/archive/2026/", "301 /archive/2026"),
        ("/stretches/toe-flexion/", "301 /stretches/toe-flexion"),
        ("/feed.xml/", "301 /feed.xml"),
        ("/posts", "301 /archive"),
        ("/page/1", "301 /"),
        ("/tags/feet/page/1", "301 /tags/feet"),
        ("/archive/2026/page/1", "301 /archive/2026"),
    ] {
        check(&site, path, leads).await;
    }
}

#[tokio::test]
async fn no_path_leads_away_from_the_site() {
    let site = site().await;
    for path in [
        "//evil.example/",
        "//evil.example",
        "///evil.example/",
        "//evil.example/posts/calf",
        "/%2F/evil.example/",
        "/%2Fevil.example/",
        "/%5Cevil.example/",
        "/\\evil.example/",
        "/https://evil.example/",
        "/posts/https:%2F%2Fevil.example/",
        "/%0d%0aLocation:%20https://evil.example/",
        "/posts/calf%0d%0aSet-Cookie:%20a=b/",
        "/tags/%2F%2Fevil.example",
        "/tags/%0d%0ax",
        "//evil.example/page/1",
        "/tags/%2F%2Fevil.example/page/1",
        "/archive/%2F%2Fevil.example/page/1",
        "/tags/..%2F..%2F%2Fevil.example/page/1",
        "/page/1?x=//evil.example",
    ] {
        let answer = site.get(path).await;
        let location = answer.header("location");
        assert!([301, 404].contains(&answer.status), "{path}: {}", answer.leads());
        if answer.status == 301 {
            let inside = location.starts_with('/') && !location.starts_with("//") && !location.starts_with("/\\");
            assert!(inside && !location.contains(['\r', '\n', '\\']), "{path}: {location:?}");
        }
        assert!(!answer.has_header("set-cookie"), "{path}");
    }
}

#[tokio::test]
async fn old_addresses_lead_to_the_post_for_good() {
    let text = "---\ntitle: Calf\ndate: 2026-05-02\naliases: [/2019/05/old-calf.html, calves/, /Upper/Case, '/ein/schöner pfad']\n---\nx";
    let site = TestSite::new().post("calf", text).start().await;
    for path in ["/2019/05/old-calf.html", "/calves", "/calves/", "/Calves", "/Upper/Case", "/ein/sch%C3%B6ner%20pfad"]
    {
        check(&site, path, "301 /posts/calf").await;
    }
}

#[tokio::test]
async fn an_alias_wins_over_the_upper_case_redirect() {
    let other = "---\ntitle: Other\ndate: 2026-05-02\naliases: [/posts/Calf]\n---\nx";
    let site = TestSite::new().post("calf", "x").post("other", other).start().await;
    check(&site, "/posts/Calf", "301 /posts/other").await;
    check(&site, "/posts/CALF", "301 /posts/calf").await;
}

#[tokio::test]
async fn posts_live_where_the_pattern_says_and_the_others_lead_there() {
    for (pattern, address) in
        [("/{slug}", "/calf"), ("/{year}/{month}/{slug}", "/2026/05/calf"), ("/blog/{year}/{slug}", "/blog/2026/calf")]
    {
        let site = TestSite::new().setting("site.permalink", pattern).post("calf", "Stretch it.").start().await;
        let page = site.get(address).await;
        page.is(200).says("Stretch it.");
        assert_eq!(page.html().canonical(), Some(format!("http://127.0.0.1:3000{address}").as_str()));
        for path in ["/posts/calf", "/posts/Calf", "/posts/calf/", &format!("{address}/")] {
            check(&site, path, &format!("301 {address}")).await;
        }
        let home = site.get("/").await.html();
        assert!(home.find("a", "href", address).is_some() && home.find("a", "href", "/posts/calf").is_none());
        // Readers' forms do not depend on the pattern.
        assert_eq!(page.html().one("form", "method", "post").get("action"), "/posts/calf/comments");
    }
}

#[tokio::test]
async fn the_pattern_goes_by_the_sites_own_day() {
    let text = "---\ntitle: Late\ndate: 2026-05-01T01:00:00Z\n---\nx";
    let site = TestSite::new()
        .setting("site.permalink", "/{year}/{month}/{day}/{slug}")
        .setting("site.time_zone", "America/New_York")
        .post("late", text)
        .start()
        .await;
    site.get("/2026/04/30/late").await.is(200);
    site.get("/2026/05/01/late").await.is(404);
}

#[tokio::test]
async fn an_address_of_its_own_is_kept() {
    let text = "---\ntitle: Calf\ndate: 2026-05-02\nurl: /guides/calf.html\n---\nStretch it.";
    let site = TestSite::new().post("calf", text).start().await;
    site.get("/guides/calf.html").await.is(200).says("Stretch it.");
    check(&site, "/posts/calf", "301 /guides/calf.html").await;
}
