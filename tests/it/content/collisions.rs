//! Two files that want one address, and addresses that are the program's own.

use crate::support::{TestSite, site::Builder};

/// Asserts that there is one problem with this start and these words, and that everything else is served.
async fn check(site: Builder, start: &str, words: &str) -> TestSite {
    let site = site.post("calf", "Stretch it.").start().await;
    let problems = site.problems();
    assert!(problems.len() == 1 && problems[0].starts_with(start) && problems[0].contains(words), "{problems:#?}");
    site.get("/posts/calf").await.is(200).says("Stretch it.");
    site
}

#[tokio::test]
async fn the_first_by_name_of_two_files_with_one_slug_has_it() {
    let second = "---\ntitle: Second\nslug: calf\ndate: 2026-05-02\n---\nSecond text.";
    let site = check(TestSite::new().post("other", second), "posts/other.md:3:1: error:", "taken by").await;
    site.get("/posts/other").await.is(404);
    site.get("/").await.does_not_say("Second");
}

#[tokio::test]
async fn pages_with_addresses_of_their_own_may_have_one_slug() {
    let page = |address: &str| format!("---\ntitle: At {address}\nurl: {address}\n---\nText of {address}.");
    let pages = TestSite::new().file("pages/a/install.md", page("/a/install"));
    let site = pages.file("pages/b/install.md", page("/b/install")).start().await;
    assert_eq!(site.problems(), Vec::<String>::new());
    for address in ["/a/install", "/b/install"] {
        site.get(address).await.is(200).says(&format!("Text of {address}."));
    }
}

#[tokio::test]
async fn one_of_a_file_and_a_folder_with_the_same_name_is_published() {
    let folder =
        TestSite::new().file("posts/calf/index.md", "---\ntitle: Folder\ndate: 2026-05-02\n---\nFrom the folder.");
    let site = folder.post("calf", "From the file.").start().await;
    let problems = site.problems();
    assert!(problems.len() == 1 && problems[0].contains("taken by"), "{problems:?}");
    let text = site.get("/posts/calf").await.text();
    assert!(text.contains("From the file.") != text.contains("From the folder."), "one of them");
}

#[tokio::test]
async fn the_programs_own_addresses_are_refused() {
    for word in ["admin", "search", "me", "tags", "static", "healthz", "comments", "posts", "series"] {
        check(TestSite::new().page(word, "Mine."), &format!("pages/{word}.md:"), "belongs to the program").await;
    }
    let admin = "---\ntitle: x\ndate: 2026-05-02\nurl: /admin/x\n---\n";
    check(TestSite::new().post("desk", admin), "posts/desk.md:4:1", "belongs to the program").await;
    for address in ["/rss.xml", "/feed.json", "/sitemap-2.xml"] {
        let page = format!("---\ntitle: x\nurl: {address}\n---\n");
        check(TestSite::new().file("pages/x.md", page), "pages/x.md:3:1", "belongs to the program").await;
    }
    // In their own room they are words like any other.
    TestSite::new()
        .post("search", "About searching.")
        .start()
        .await
        .get("/posts/search")
        .await
        .is(200)
        .says("About searching.");
}

#[tokio::test]
async fn posts_may_be_below_the_lists_of_the_archive() {
    let text = "---\ntitle: Calf\ndate: 2026-05-02\n\
                aliases: [/archive/2006/08/14/calf.aspx, /posts/2006/calf, /archive/2006/calf]\n---\nStretch it.";
    let pattern = "/archive/{year}/{month}/{day}/{slug}/";
    let site = TestSite::new().setting("site.permalink", pattern).post("calf", text).start().await;
    let problems = site.problems();
    assert!(problems.len() == 1 && problems[0].contains("/archive/2006/calf belongs to the program"), "{problems:#?}");
    let address = "/archive/2026/05/02/calf/";
    site.get(address).await.is(200).says("Stretch it.");
    for old in ["/archive/2006/08/14/calf.aspx", "/posts/2006/calf", "/posts/calf", "/archive/2026/05/02/calf"] {
        assert_eq!(site.get(old).await.leads(), format!("301 {address}"), "{old}");
    }
    for list in ["/archive", "/archive/2026", "/archive/2026/05"] {
        site.get(list).await.is(200);
    }
    site.get("/archive/2006/calf").await.is(404);
}

#[tokio::test]
async fn an_alias_is_refused_if_a_page_or_an_alias_has_its_address() {
    let greedy = "---\ntitle: Greedy\ndate: 2026-05-02\naliases: [/posts/calf, /old]\n---\nx";
    let site = check(TestSite::new().post("greedy", greedy), "posts/greedy.md:4:1: warning:", "is taken by").await;
    assert_eq!(site.get("/old").await.leads(), "301 /posts/greedy");
}

#[tokio::test]
async fn posts_in_the_root_take_no_reserved_address() {
    let site = TestSite::new()
        .setting("site.permalink", "/{slug}")
        .post("about", "A post.")
        .page("about", "A page.")
        .post("search", "Reserved.")
        .start()
        .await;
    let problems = site.problems();
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems.iter().any(|told| told.contains("posts/search.md") && told.contains("belongs to the program")));
    site.get("/about").await.is(200);
    site.get("/search").await.is(200).does_not_say("Reserved.");
}
