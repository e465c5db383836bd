//! Redirects: each page has one address, and similar addresses lead to it.

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
async fn old_addresses_redirect_permanently() {
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
async fn posts_are_at_their_permalink_and_other_addresses_redirect() {
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

/// A site from another system: files of Jekyll and Hugo, pictures in folders.
async fn moved() -> TestSite {
    let png = std::fs::read(crate::support::sample_content().join("media/card.png")).expect("reads");
    let post = "---\ntitle: Calf\ndate: 2019-05-07\ntags: [Feet, C++, three.js]\ncategories: [Legs]\n---\n![A picture](pic.png)";
    TestSite::new()
        .file("posts/2019-05-07-calf/index.md", post)
        .file("posts/2019-05-07-calf/pic.png", &png)
        .post("hips", "---\ntitle: Hips\nurl: /guides/hips\ndate: 2020-01-02\n---\nx")
        .post("plan", "---\ntitle: Plan\ndate: 2020-01-02\ndraft: true\ntags: [secret]\n---\nx")
        .file("posts/secret/index.md", "---\ntitle: Secret\ndate: 2020-01-02\ndraft: true\n---\nx")
        .file("posts/secret/secret.png", &png)
        .page("about", "Who writes.")
        .file("media/images/a.png", &png)
        .file("media/b c.pdf", "%PDF-1.4")
        .start()
        .await
}

#[tokio::test]
async fn old_addresses_of_other_programs_redirect_to_their_pages() {
    let site = moved().await;
    for (path, leads) in [
        ("/posts/calf.html", "/posts/calf"),
        ("/posts/calf/index.html", "/posts/calf"),
        ("/Posts/Calf.HTML", "/posts/calf"),
        ("/calf", "/posts/calf"),
        ("/calf.html", "/posts/calf"),
        ("/blog/calf/", "/posts/calf"),
        ("/post/calf/index.html", "/posts/calf"),
        ("/2019/05/07/calf.html", "/posts/calf"),
        ("/2019/05/calf/", "/posts/calf"),
        ("/legs/2019/05/07/calf.html", "/posts/calf"),
        ("/legs/calf", "/posts/calf"),
        ("/blog/2019/05/07/calf/", "/posts/calf"),
        ("/guides/hips.html", "/guides/hips"),
        ("/hips.htm", "/guides/hips"),
        ("/about.html", "/about"),
        ("/about/index.html", "/about"),
        ("/index.html", "/"),
        ("/index.php", "/"),
        ("/feed", "/feed.xml"),
        ("/feed/", "/feed.xml"),
        ("/feed/atom/", "/feed.xml"),
        ("/atom.xml", "/feed.xml"),
        ("/index.xml", "/rss.xml"),
        ("/rss", "/rss.xml"),
        ("/rss/", "/rss.xml"),
        ("/feed/rss2/", "/rss.xml"),
        ("/index.json", "/feed.json"),
        ("/blog/index.xml", "/rss.xml"),
        ("/blog/feed.xml", "/feed.xml"),
        ("/comments/feed/", "/comments/feed.xml"),
        ("/2019/05/07/calf/feed/", "/posts/calf/comments/feed.xml"),
        ("/tag/feet", "/tags/feet"),
        ("/tag/Feet/", "/tags/feet"),
        ("/tag/c++", "/tags/c-plus-plus"),
        ("/categories/three-js/", "/tags/three.js"),
        ("/tag/threejs/feed/", "/tags/three.js/feed.xml"),
        ("/tags/three-js", "/tags/three.js"),
        ("/tags/feet.html", "/tags/feet"),
        ("/tag/feet/page/2/", "/tags/feet"),
        ("/tag/feet/feed/", "/tags/feet/feed.xml"),
        ("/tags/feet/index.xml", "/tags/feet/rss.xml"),
        ("/category/legs/", "/tags/legs"),
        ("/categories/legs/index.html", "/tags/legs"),
        ("/category/body/legs", "/tags/legs"),
        ("/categories", "/tags"),
        ("/categories/legs/atom.xml", "/tags/legs/feed.xml"),
        ("/author/jo", "/"),
        ("/author/jo/feed/", "/feed.xml"),
        ("/blog", "/archive"),
        ("/blog/page/3/", "/archive"),
        ("/archives/", "/archive"),
        ("/archive.html", "/archive"),
        ("/archive/2019/05/07", "/archive/2019/05"),
        ("/2019/", "/archive/2019"),
        ("/2019/05", "/archive/2019/05"),
        ("/2019/5/7/", "/archive/2019/05"),
    ] {
        check(&site, path, &format!("301 {leads}")).await;
        site.get(leads).await.is(200);
    }
}

#[tokio::test]
async fn old_addresses_without_a_page_are_not_found() {
    let site = moved().await;
    for path in [
        "/nowhere.html",
        "/nowhere/index.html",
        "/tag/nowhere",
        "/tag/secret",
        "/category/nowhere/feed",
        "/posts/plan.html",
        "/plan",
        "/2020/01/02/plan.html",
        "/2018/05/07/calf.html",
        "/2019/06/calf",
        "/recipes/calf",
        "/1999",
        "/2019/13",
        "/images/nowhere.png",
        "/posts/secret/secret.png",
        "/secret.png",
        "/pic.png",
        "/wp-login.php",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.leads());
    }
}

#[tokio::test]
async fn files_answer_at_their_old_addresses() {
    let site = moved().await;
    for (path, end) in [
        ("/images/a.png", "-a.png"),
        ("/media/images/a.png", "-a.png"),
        ("/b%20c.pdf", "-b%20c.pdf"),
        ("/posts/calf/pic.png", "-pic.png"),
        ("/blog/calf/pic.png", "-pic.png"),
    ] {
        let answer = site.get(path).await;
        let to = answer.header("location");
        assert!(answer.status == 302 && to.starts_with("/media/") && to.ends_with(end), "{path}: {}", answer.leads());
        site.get(to).await.is(200);
    }
}

#[tokio::test]
async fn an_address_and_an_alias_win_over_old_forms() {
    let site = TestSite::new()
        .post("calf", "x")
        .post("feed", "---\ntitle: Feed\ndate: 2026-05-02\nurl: /feed\n---\nWhat a feed is.")
        .post("other", "---\ntitle: Other\ndate: 2026-05-02\naliases: [/posts/calf.html, /tag/feet]\n---\nx")
        .post("feet", "---\ntitle: Feet\ndate: 2026-05-02\ntags: [feet]\n---\nx")
        .start()
        .await;
    site.get("/feed").await.is(200).says("What a feed is.");
    check(&site, "/feed/", "301 /feed").await;
    check(&site, "/posts/calf.html", "301 /posts/other").await;
    check(&site, "/tag/feet", "301 /posts/other").await;
}

#[tokio::test]
async fn patterns_may_end_in_html_or_a_slash_and_name_the_category() {
    let text = "---\ntitle: Calf\ndate: 2026-05-02\ncategories: [Lower Legs, Feet]\n---\nStretch it.";
    for (pattern, address, others) in [
        ("/{year}/{month}/{slug}.html", "/2026/05/calf.html", ["/2026/05/calf", "/posts/calf", "/2026/05/calf.html/"]),
        ("/{slug}/", "/calf/", ["/calf", "/posts/calf", "/Calf/"]),
        ("/{category}/{slug}/", "/lower-legs/calf/", ["/lower-legs/calf", "/calf.html", "/posts/calf/"]),
        ("/blog/{category}/{slug}", "/blog/lower-legs/calf", ["/blog/lower-legs/calf/", "/blog/calf", "/posts/calf"]),
        ("/archive/{year}/{month}/{slug}", "/archive/2026/05/calf", ["/archive/2026/05/calf/", "/calf", "/posts/calf"]),
        ("/posts/{year}/{slug}/", "/posts/2026/calf/", ["/posts/2026/calf", "/posts/calf", "/posts/calf/"]),
    ] {
        let plain = "---\ntitle: Plain\ndate: 2026-05-02\n---\n[Calf](calf.md) and [again](/posts/calf).";
        let site =
            TestSite::new().setting("site.permalink", pattern).post("calf", text).post("plain", plain).start().await;
        let page = site.get(address).await;
        page.is(200).says("Stretch it.");
        assert_eq!(page.html().canonical(), Some(format!("http://127.0.0.1:3000{address}").as_str()));
        for path in others {
            check(&site, path, &format!("301 {address}")).await;
        }
        assert_eq!(site.problems(), [] as [String; 0], "{pattern}");
        for path in ["/", "/feed.xml", "/sitemap.xml", "/tags/feet"] {
            assert!(site.get(path).await.text().contains(&format!("{address}\"")) || path.ends_with("xml"), "{path}");
        }
        let category = pattern.replace("/{category}", "").replace("{slug}", "plain");
        let plain = category.replace("{year}", "2026").replace("{month}", "05");
        site.get(&plain).await.is(200).says(&format!("href=\"{address}\""));
    }
}

#[tokio::test]
async fn a_post_and_a_page_cannot_share_an_address_but_for_its_slash() {
    let site = TestSite::new().setting("site.permalink", "/{slug}/").post("calf", "x").page("calf", "y").start().await;
    let problems = site.problems();
    assert!(problems.len() == 1 && problems[0].contains("is taken by"), "{problems:?}");
}

fn with_redirects(lines: &str) -> crate::support::site::Builder {
    TestSite::new()
        .site_toml(&format!("title = \"Loose Laces\"\n[redirects]\n{lines}"))
        .post("calf", "---\ntitle: Calf\ndate: 2026-05-02\naliases: [/older]\n---\nx")
        .page("about", "## Team\n\nWho.")
}

#[tokio::test]
async fn redirects_of_site_toml_cover_the_rest() {
    let site = with_redirects(
        "\"/old/page.php\" = \"/about\"\n\"/über\" = \"/about#team\"\n\"/wiki/*\" = \"https://wiki.example/w/*\"\n\
         \"/diary/*\" = \"/posts/*\"\n\"/diary/2019/*\" = \"/archive\"\n\"/shop\" = \"https://shop.example/?a=b\"\n\
         \"/first\" = \"/second\"\n\"/second\" = \"/older\"\n",
    )
    .start()
    .await;
    assert_eq!(site.problems(), [] as [String; 0]);
    for (path, leads) in [
        ("/old/page.php", "/about"),
        ("/old/page.php/", "/about"),
        ("/Old/Page.php", "/about"),
        ("/%C3%BCber", "/about#team"),
        ("/wiki/a/b%20c", "https://wiki.example/w/a/b%20c"),
        ("/diary/calf", "/posts/calf"),
        ("/diary/calf.html", "/posts/calf"),
        ("/diary/2019/x/y", "/archive"),
        ("/shop", "https://shop.example/?a=b"),
        ("/first", "/posts/calf"),
    ] {
        check(&site, path, &format!("301 {leads}")).await;
    }
    // A line break in the rest is no line break in the answer.
    let answer = site.get("/wiki/%0d%0aSet-Cookie:%20a=b").await;
    assert!(!answer.has_header("set-cookie") && answer.status == 404, "{}", answer.leads());
}

#[tokio::test]
async fn redirects_that_collide_loop_or_lead_nowhere_are_reported_with_their_line() {
    let site = with_redirects(
        "\"/posts/calf\" = \"/about\"\n\"/older\" = \"/about\"\n\"/a\" = \"/b\"\n\"/b\" = \"/a\"\n\
         \"/gone\" = \"/nowhere\"\n\"/tags\" = \"/about\"\n\"/c/*\" = \"/c/c/*\"\n",
    )
    .start()
    .await;
    let problems = site.problems();
    for (line, words) in [
        (3, "\"/posts/calf\" is never used"),
        (4, "\"/older\" is never used"),
        (5, "\"/a\" leads back to itself"),
        (6, "\"/b\" leads back to itself"),
        (7, "\"/nowhere\" leads to no page here"),
        (8, "\"/tags\" is never used"),
    ] {
        let is_told = |problem: &&String| {
            problem.starts_with(&format!("site.toml:{line}:1: warning: ")) && problem.contains(words)
        };
        assert!(problems.iter().any(|problem| is_told(&problem)), "{line} {words}: {problems:#?}");
    }
    assert_eq!(problems.len(), 6, "{problems:#?}");
    // The page wins, and nobody is sent round in a circle.
    site.get("/posts/calf").await.is(200);
    check(&site, "/older", "301 /posts/calf").await;
    for path in ["/a", "/b", "/c/x"] {
        site.get(path).await.is(404);
    }
}
