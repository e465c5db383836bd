//! Links, frames and names that lead nowhere are reported with their place and a similar name.

use crate::support::{TestSite, sample_content};

/// The problems of one file, without its name.
fn of(site: &TestSite, file: &str) -> Vec<String> {
    let prefix = format!("{file}:");
    site.advice().iter().filter_map(|problem| problem.strip_prefix(&prefix)).map(str::to_owned).collect()
}

const CALF: &str = "---\ntitle: Calf\ndate: 2026-05-02\ntags: [feet, Lower legs]\nseries: One part\n\
                    aliases: [/2019/calf.html]\n---\n## Warm up\n\nText.[^1] <b id=\"by-hand\">b</b>\n\n[^1]: Note.\n";

#[tokio::test]
async fn links_to_existing_pages_are_not_reported() {
    let links = [
        "/",
        "/posts/calf",
        "/posts/calf/",
        "/Posts/Calf",
        "/2019/calf.html",
        "/about",
        "/about?a=b#-main",
        "/posts/calf#warm-up",
        "/posts/calf#by-hand",
        "/posts/calf#-fn-1",
        "/posts/calf#-comments",
        "#below",
        "#top",
        "#",
        "/posts/calf#comment-12",
        "/posts/calf#:~:text=Text",
        "/tags",
        "/tags/feet",
        "/tags/feet+lower-legs",
        "/tags/feet/page/2",
        "/tags/feet/feed.xml",
        "/archive",
        "/archive/2026",
        "/archive/2026/05",
        "/series/one-part",
        "/search?q=x",
        "/stretches",
        "/feed.xml",
        "/sitemap-1.xml",
        "/posts/calf/comments/feed.xml",
        "/comments/3",
        "/page/2",
        "calf.md#warm-up",
        "../pages/about.md",
        "plan.pdf",
        "/plan.pdf",
        "mailto:a@b.example",
        "https://elsewhere.example/posts/none",
        "//elsewhere.example/none",
        "https://own.example/posts/calf",
        "http://own.example/posts/none",
        "tel:123",
    ];
    let text: String = links.iter().map(|link| format!("- [x]({link})\n")).collect();
    let html = "\n<a href=\"/about\">a</a> <a href='../about'>b</a> <a href=calf>c</a> <a name=x>d</a> <a href=\"/plan.pdf\">e</a>\n\n## Below\n";
    let site = TestSite::new()
        .setting("site.base_url", "https://own.example")
        .post("calf", CALF)
        .page("about", "Me.")
        .file("media/plan.pdf", "%PDF")
        .post("links", &format!("{text}{html}"))
        .start()
        .await;
    assert_eq!(of(&site, "posts/links.md"), Vec::<String>::new());
}

#[tokio::test]
async fn a_link_is_dead_if_the_site_answers_that_nothing_is_found() {
    for (path, is_dead) in [
        ("/calf", false),
        ("/calf.html", false),
        ("/posts/calf/index.html", false),
        ("/2026/05/02/calf/", false),
        ("/blog/Calf/", false),
        ("/2026/05/", false),
        ("/archive/2026/5", false),
        ("/archive/2026/05/02", false),
        ("/categories/feet/", false),
        ("/categories/lower-legs/page/2/", false),
        ("/category/three-js", false),
        ("/feed/", false),
        ("/tags/feet/index.xml", false),
        ("/about.html", false),
        ("/author/me", false),
        ("/Old/Page/", false),
        ("/2026/05/02/toes/plan.pdf", false),
        ("/blog/plan.pdf", true),
        ("/2025/05/02/calf", true),
        ("/2025", true),
        ("/archive/2026/05/02/calves", true),
        ("/categories/none", true),
        ("/none/feed", true),
        ("/older/page", true),
        ("/posts/calf/none.html", true),
    ] {
        let site = TestSite::new()
            .site_toml("title = \"A\"\n[redirects]\n\"/old/page\" = \"/about\"\n")
            .post("calf", CALF)
            .post("three", "---\ntitle: Three\ndate: 2026-05-02\ntags: [three.js]\n---\nText.")
            .page("about", "Me.")
            .file("posts/toes/index.md", "---\ntitle: Toes\ndate: 2026-05-02\n---\nText.")
            .file("posts/toes/plan.pdf", "%PDF")
            .post("links", &format!("<a href=\"{path}\">x</a>"))
            .start()
            .await;
        let told = of(&site, "posts/links.md");
        assert_eq!(told.iter().any(|told| told.contains("leads to no page here")), is_dead, "{path}: {told:?}");
        assert_eq!(site.get(path).await.status == 404, is_dead, "{path}");
    }
}

#[tokio::test]
async fn dead_links_are_reported_with_the_nearest_address() {
    for (link, place, what, mend) in [
        ("[x](/posts/clf)", "5:1", "leads to no page here", "The nearest one is /posts/calf:"),
        ("Text [x](/clf)", "5:6", "leads to no page here", "The nearest one is /posts/calf:"),
        ("[x](/archive/2026/05/calves)", "5:1", "leads to no page here", ""),
        ("[x](/calf.html#warm-pu)", "5:1", "#warm-pu, which is not on that page", "The nearest one is #warm-up:"),
        ("[x](/later.html)", "5:1", "leads to a draft", "Publish the draft"),
        ("a\n<https://own.example/abuot>", "6:1", "\"https://own.example/abuot\"", "The nearest one is /about:"),
        ("[x][1]\n\n[1]: /xylophone", "5:1", "\"/xylophone\" leads to no page", "Correct it, or remove the link."),
        ("> <a\n> class=x href=\"/nowhere/at/all\">x</a>", "5:3", "/nowhere/at/all", "Correct it"),
        ("<div>\n<p>\n<a href=\"about\">x</a></p></div>", "7:1", "\"about\"", "The nearest one is /about:"),
        ("[x](/tags/feat)", "5:1", "leads to no page here", "The nearest one is /tags/feet:"),
        ("[x](/tags/feet+xylophone)", "5:1", "leads to no page here", ""),
        ("[x](/archive/2019)", "5:1", "leads to no page here", ""),
        ("[x](/series/none)", "5:1", "leads to no page here", ""),
        ("[x](/stretches/none)", "5:1", "leads to no page here", ""),
        ("[x](/media/0000-none.pdf)", "5:1", "leads to no page here", ""),
        ("[x](/posts/calf#warm-pu)", "5:1", "#warm-pu, which is not on that page", "The nearest one is #warm-up:"),
        ("[x](calf.md#xylophone)", "5:1", "#xylophone, which is not", "{#warm}"),
        ("## Below\n\n[x](#belwo)", "7:1", "#belwo", "The nearest one is #below:"),
        ("Text <a href=\"calf.md#warm-pu\">x</a>", "5:6", "#warm-pu, which is not", "The nearest one is #warm-up:"),
        ("[x](/posts/later)", "5:1", "leads to a draft", "Publish the draft"),
    ] {
        let site = TestSite::new()
            .setting("site.base_url", "https://own.example")
            .post("calf", CALF)
            .post("later", "---\ntitle: Later\ndate: 2026-05-02\ndraft: true\n---\n[x](later.md)")
            .page("about", "Me.")
            .file("media/plan.pdf", "%PDF")
            .post("links", link)
            .start()
            .await;
        let told = of(&site, "posts/links.md");
        let [told] = told.as_slice() else { panic!("{link}: {told:?}") };
        assert!(told.starts_with(&format!("{place}: warning: the link ")), "{link}: {told}");
        assert!(told.contains(what) && told.contains(mend), "{link}: {told}");
        assert_eq!(of(&site, "posts/later.md"), Vec::<String>::new(), "a draft may link to drafts");
    }
}

#[tokio::test]
async fn a_suggestion_has_the_same_first_part_or_most_of_the_words() {
    let dated = |url: &str| format!("---\ntitle: A\ndate: 2026-05-02\nurl: {url}\n---\nText.");
    for (link, near) in [
        ("/es/about/logo/", None),
        ("/es/news/logo/", Some("/es/news/old-logo-drafts")),
        ("/es/downloads/", Some("/es/downloads")),
        ("/es/download", Some("/es/downloads")),
        ("/de/download", Some("/de/downloads")),
        ("/de/logo-contest", Some("/en/news/2026/ruby-logo-contest")),
    ] {
        let mut site = TestSite::new().setting("site.base_url", "https://own.example");
        let known = ["/en/news/2026/ruby-logo-contest", "/en/downloads", "/de/downloads", "/es/downloads"];
        for (number, url) in known.into_iter().chain(near.filter(|near| near.contains("old"))).enumerate() {
            site = site.file(&format!("posts/{number}.md"), dated(url));
        }
        let site = site.post("links", &format!("[x]({link})")).start().await;
        let told = of(&site, "posts/links.md");
        match near {
            None => assert!(told.len() == 1 && !told[0].contains("nearest"), "{link}: {told:?}"),
            Some(near) if near == link.trim_end_matches('/') => assert_eq!(told, Vec::<String>::new(), "{link}"),
            Some(near) => {
                assert!(told[0].contains(&format!("The nearest one is {near}:")), "{link}: {told:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_link_is_checked_again_when_its_target_appears_or_disappears() {
    let site = TestSite::new().post("links", "[x](/about)").keeps_current().start().await;
    assert_eq!(site.problems().len(), 1);
    site.save("pages/about.md", "---\ntitle: About\n---\nMe.");
    crate::support::eventually("the link is alive", async || site.problems().is_empty().then_some(())).await;
}

/// Every id that an author sees on a page may be linked to.
#[tokio::test]
async fn every_id_of_a_page_may_be_linked_to() {
    let sample = TestSite::new().content(sample_content()).start().await;
    let page = "/posts/foot-and-ankle-stretches-for-runners";
    let ids: Vec<String> = sample.get(page).await.html().elements.iter().map(|one| one.get("id").to_owned()).collect();
    // Those of drawings and of what a form says belong to their own page.
    let is_ours = |id: &&String| !id.is_empty() && !["-t", "-d", "-hint"].iter().any(|end| id.ends_with(end));
    let post = std::fs::read_to_string(sample.path("posts/foot-and-ankle-stretches-for-runners/index.md")).expect("it");
    let links: String = ids.iter().filter(is_ours).map(|id| format!("[x](#{id})\n")).collect();
    let mut site = TestSite::new().post("foot", &format!("{post}\n\n{links}"));
    for name in ["ball-roll", "toe-flexion", "bear-squat-to-downward-dog"] {
        let stretch = std::fs::read_to_string(sample.path(&format!("stretches/{name}.md"))).expect("a stretch");
        site = site.file(&format!("stretches/{name}.md"), stretch);
    }
    let site = site.start().await;
    let told: Vec<String> =
        of(&site, "posts/foot.md").into_iter().filter(|told| told.contains("not on that page")).collect();
    assert_eq!(told, Vec::<String>::new());
}

#[tokio::test]
async fn frames_that_browsers_refuse_are_reported() {
    for (source, mend) in [
        ("https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ", None),
        ("https://maps.example.org/a?b&amp;c", None),
        ("//maps.example.org/a", None),
        ("about:blank", None),
        ("https://www.youtube.com/embed/aqz-KE-bpKQ", Some("Write its address alone on a line instead")),
        (
            "https://other.example/a",
            Some("Write frame_hosts = [\"https://other.example\"] below [security] in site.toml"),
        ),
        ("http://maps.example.org/a", Some("Link to it instead.")),
        ("/about", Some("Link to it instead.")),
        ("maps.html", Some("Link to it instead.")),
        ("data:text/html,x", Some("Link to it instead.")),
    ] {
        let site = TestSite::new()
            .setting("site.security.frame_hosts", "[\"https://maps.example.org\"]")
            .post("a", &format!("Text.\n\n<iframe width=\"1\"\n  src=\"{source}\"></iframe>"))
            .start()
            .await;
        let told = of(&site, "posts/a.md");
        let Some(mend) = mend else {
            assert_eq!(told, Vec::<String>::new(), "{source}");
            continue;
        };
        let [told] = told.as_slice() else { panic!("{source}: {told:?}") };
        assert!(told.starts_with("7:1: warning: pages may not show a frame of "), "{told}");
        assert!(told.contains(mend), "{told}");
    }
}

#[tokio::test]
async fn links_of_the_header_are_checked() {
    let site_toml = "title = \"A\"\n\n[[navigation]]\nlabel = \"Me\"\nhref = \"/abuot\"\n\n\
                     [[navigation]]\nlabel = \"Out\"\nhref = \"https://elsewhere.example/x\"\n";
    let site = TestSite::new().site_toml(site_toml).page("about", "Me.").start().await;
    assert_eq!(
        of(&site, "site.toml"),
        ["5:1: warning: the link \"/abuot\" leads to no page here. The nearest one is /about: write that, or \
             remove the link.",]
    );
    let site = TestSite::new().site_toml(&site_toml.replace("abuot", "about")).page("about", "Me.").start().await;
    assert_eq!(of(&site, "site.toml"), Vec::<String>::new());
}

#[tokio::test]
async fn a_missing_stretch_named_by_another_is_reported() {
    let stretch = "---\ntitle: Toes\neasier: ball-rol\nharder: \"\"\n---\n1. Sit.";
    let site = TestSite::new().file("stretches/toes.md", stretch).start().await;
    let told = of(&site, "stretches/toes.md");
    assert!(
        told.len() == 1 && told[0].starts_with("3:1: warning: there is no stretch called \"ball-rol\""),
        "{told:?}"
    );
}
