//! Texts on pages: front matter in YAML and TOML, embeds, stretches, footnotes, excerpts.

use std::fs;

use crate::support::{TestSite, eventually, sample_content};

#[tokio::test]
async fn yaml_and_toml_make_the_same_page() {
    let yaml =
        "---\ntitle: Calf\ndate: 2026-05-02\ntags: [Feet]\ndescription: About it.\nseries: Legs\n---\nStretch it.";
    let toml = "+++\ntitle = 'Calf'\ndate = 2026-05-02\ndescription = 'About it.'\nseries = 'Legs'\n[taxonomies]\ntags = ['Feet']\n+++\nStretch it.";
    let page = async |text: &str| {
        let site = TestSite::new().setting("secret", "the same").post("calf", text).start().await;
        assert_eq!(site.problems(), [] as [String; 0]);
        site.get("/posts/calf").await.text()
    };
    let (yaml, toml) = (page(yaml).await, page(toml).await);
    assert!(yaml.contains("Legs") && yaml.contains("/tags/feet") && yaml.contains("About it."), "{yaml}");
    assert_eq!(yaml, toml);
}

#[tokio::test]
async fn an_unknown_key_is_warned_about_with_the_nearest_one() {
    let site = TestSite::new().post("calf", "---\ntitle: Calf\ndate: 2026-05-02\ndescripton: x\n---\nx").start().await;
    let problems = site.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].starts_with("posts/calf.md:4:1: warning:") && problems[0].ends_with("Did you mean description?")
    );
    site.get("/posts/calf").await.is(200);
}

#[tokio::test]
async fn an_embed_is_a_facade_without_requests_to_its_provider() {
    let text = "https://www.youtube.com/watch?v=aqz-KE-bpKQ\n\n[A film](https://vimeo.com/1084537)\n\n\
                https://www.instagram.com/reel/fA9uwTtkSN/\n";
    let site = TestSite::new().post("calf", text).start().await;
    let page = site.get("/posts/calf").await;
    let html = page.html();
    let players: Vec<_> = html.elements.iter().filter(|element| element.attribute("data-player").is_some()).collect();
    let leads: Vec<(&str, &str)> = players.iter().map(|one| (one.get("href"), one.get("data-player"))).collect();
    assert_eq!(
        leads,
        [
            (
                "https://www.youtube.com/watch?v=aqz-KE-bpKQ",
                "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?autoplay=1"
            ),
            ("https://vimeo.com/1084537", "https://player.vimeo.com/video/1084537?autoplay=1&dnt=1"),
            ("https://www.instagram.com/reel/fA9uwTtkSN/", "https://www.instagram.com/reel/fA9uwTtkSN/embed"),
        ]
    );
    assert!(players.iter().all(|one| one.name == "a"), "a link works without scripts");
    assert!(players[1].text.contains("A film") && players[1].text.contains("Vimeo"));
    assert!(html.all("iframe").is_empty());
    for element in &html.elements {
        for name in ["src", "srcset", "poster"] {
            assert!(!element.get(name).contains("//"), "{element:?}");
        }
        let hints = ["preconnect", "dns-prefetch", "prefetch"].contains(&element.get("rel"));
        assert!(!hints, "{element:?}");
    }
    assert!(html.all("script").iter().any(|script| script.get("src").contains("/embeds-")), "click to load");
    let plain = TestSite::new().post("calf", "x").start().await.get("/posts/calf").await.html();
    assert!(
        plain.all("script").iter().all(|script| !script.get("src").contains("/embeds-")),
        "no script where none is needed"
    );
}

#[tokio::test]
async fn an_own_clip_is_played_by_the_browser_with_its_still_and_captions() {
    let from = sample_content().join("posts/foot-and-ankle-stretches-for-runners");
    let site = TestSite::new()
        .file("posts/calf/index.md", "---\ntitle: Calf\ndate: 2026-05-02\n---\n![Rocking](reel.mp4)")
        .file("posts/calf/reel.mp4", fs::read(from.join("reel.mp4")).expect("reads"))
        .file("posts/calf/reel.jpg", fs::read(from.join("reel.jpg")).expect("reads"))
        .file("posts/calf/reel.vtt", "WEBVTT\n")
        .start()
        .await;
    let html = site.get("/posts/calf").await.html();
    let video = html.all("video")[0];
    // Poster and captions too come when they are near the window.
    assert_eq!((video.get("preload"), video.get("loading")), ("none", "lazy"));
    let (source, track) = (html.all("source")[0], html.all("track")[0]);
    for (address, kind) in
        [(source.get("src"), "video/mp4"), (video.get("poster"), "image/jpeg"), (track.get("src"), "text/vtt")]
    {
        let file = site.get(address).await;
        assert!(file.status == 200 && file.header("content-type").starts_with(kind), "{address}: {:?}", file.headers);
    }
    let part = site.get_with(source.get("src"), &[("range", "bytes=0-99")]).await;
    assert_eq!((part.status, part.body.len()), (206, 100), "a player may jump");
}

#[tokio::test]
async fn captions_of_a_clip_name_their_languages() {
    let clip =
        |language: &str| format!("---\ntitle: Calf\nlang: {language}\ndate: 2026-05-02\n---\nclip.mp4\n\nother.mp4\n");
    let site = TestSite::new().file("posts/calf/index.md", clip("en")).file("posts/wade/index.md", clip("de"));
    let names = ["clip.mp4", "clip.vtt", "clip.de.vtt", "clip.pt-BR.vtt", "other.mp4", "other.fr.vtt", "another.vtt"];
    let site = ["calf", "wade"].iter().fold(site, |site, slug| {
        names
            .iter()
            .fold(site, |site, name| site.file(&format!("posts/{slug}/{name}"), format!("WEBVTT {slug} {name}")))
    });
    let site = site.start().await;
    for (slug, own, label) in [("calf", "en", "Captions"), ("wade", "de", "Untertitel")] {
        let html = site.get(&format!("/posts/{slug}")).await.html();
        let tracks = html.all("track").into_iter();
        let tracks: Vec<_> = tracks
            .map(|track| (track.get("srclang"), track.get("label").to_owned(), track.attribute("default").is_some()))
            .collect();
        let with = |language: &str| format!("{label} ({language})");
        let expected = [
            (own, label.to_owned(), true),
            ("de", with("de"), false),
            ("pt-BR", with("pt-BR"), false),
            ("fr", with("fr"), true),
        ];
        assert_eq!(tracks, expected, "{slug}");
        for track in html.all("track") {
            site.get(track.get("src")).await.is(200).says(slug);
        }
    }
}

#[tokio::test]
async fn a_post_shows_a_stretch_and_the_stretch_links_to_the_post() {
    let stretch = "---\ntitle: Toe flexion\nareas: [feet]\nhold_seconds: 30\nrepeats: 2\nsides: each\nstop_if: it tingles\n---\n\
                   1. Curl the toes.\n2. Hold.\n";
    let site = TestSite::new()
        .file("stretches/toe-flexion.md", stretch)
        .post("calf", "First this.\n\n![[toe-flexion]]\n\n![[toe-flexion]]\n\nThen rest.")
        .post("hips", "![[nobody-knows-it]]")
        .start()
        .await;
    let page = site.get("/posts/calf").await;
    page.says("Curl the toes.").says("it tingles").does_not_say("![[");
    let html = page.html();
    assert!(html.find("a", "href", "/stretches/toe-flexion").is_some());
    let mut ids: Vec<&str> = html.elements.iter().filter_map(|element| element.attribute("id")).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "no id twice on a page, though the card is there twice");
    let own = site.get("/stretches/toe-flexion").await;
    own.is(200).says("Curl the toes.");
    assert!(own.html().find("a", "href", "/posts/calf").is_some());
    site.get("/stretches").await.says("Toe flexion").says("Feet");
    assert_eq!(site.problems().len(), 1, "{:?}", site.problems());
    assert!(site.problems()[0].contains("posts/hips.md:5:1: warning: there is no stretch called \"nobody-knows-it\""));
}

#[tokio::test]
async fn footnotes_lead_there_and_back() {
    let site = TestSite::new().post("calf", "Hold it[^a].\n\n[^a]: Thirty seconds.").start().await;
    let html = site.get("/posts/calf").await.html();
    let link = html.all("a").into_iter().find(|a| a.get("href").starts_with("#-fn-")).expect("a footnote");
    let note = html.by_id(link.get("href").trim_start_matches('#')).expect("the note");
    assert!(note.text.contains("Thirty seconds."));
    assert!(html.find("a", "href", &format!("#{}", link.get("id"))).is_some(), "and back");
}

#[tokio::test]
async fn the_excerpt_ends_where_the_author_says() {
    let site = TestSite::new()
        .post("calf", "The *start*.\n\n<!--more-->\n\nThe rest.")
        .post("hips", &format!("{} The end.", "Words to skip over. ".repeat(30)))
        .post("feet", "---\ndescription: Three for the feet.\n---\nMy feet are long.")
        .post("toes", "---\ndescription: Ten of them.\n---\nThe teaser.\n\n<!--more-->\n\nAnd all of it.")
        .start()
        .await;
    let home = site.get("/").await;
    home.says("The start.").does_not_say("The rest.").says("Words to skip over.").does_not_say("The end.");
    home.says("Three for the feet.").does_not_say("My feet are long.");
    home.says("The teaser.").does_not_say("Ten of them.").does_not_say("And all of it.");
    site.get("/posts/calf").await.says("The rest.").does_not_say("<!--more-->").does_not_say("&lt;!--more");
}

#[tokio::test]
async fn tables_tasks_alerts_and_contents_stand_on_the_page() {
    let text = "## One\n\n> [!TIP]\n> A tip.\n\n## Two\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n## Three\n\n- [x] done\n";
    let site = TestSite::new().post("calf", text).start().await;
    let html = site.get("/posts/calf").await.html();
    for id in ["one", "two", "three"] {
        assert_eq!(html.by_id(id).map(|heading| heading.name.as_str()), Some("h2"));
        assert!(html.find("a", "href", &format!("#{id}")).is_some(), "{id} in the contents");
    }
    assert_eq!((html.all("table").len(), html.all("aside").len()), (1, 1));
    assert!(html.one("input", "type", "checkbox").attribute("disabled").is_some());
}

#[tokio::test]
async fn a_violation_of_the_policy_is_reported_with_its_line() {
    let text =
        "---\ntitle: Calf\ndate: 2026-05-02\n---\nFine.\n\n<script>alert(1)</script>\n\n<p style=\"color:red\">x</p>\n";
    let site = TestSite::new().post("calf", text).start().await;
    let problems = site.problems();
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(
        problems[0].starts_with("posts/calf.md:7:1: warning:") && problems[0].contains("inline script"),
        "{problems:#?}"
    );
    assert!(
        problems[1].starts_with("posts/calf.md:9:1: warning:") && problems[1].contains("inline style"),
        "{problems:#?}"
    );
}

#[tokio::test]
async fn code_is_in_colours_on_a_page_and_plain_in_a_feed() {
    let text = "---\ntitle: Code\ndate: 2026-05-02\n---\n```rust,linenos\nlet a = \"<b>\"; // c\n```\n\n```klingon\n<d>\n```\n\n```\ne\n```\n";
    let site = TestSite::new().post("code", text).start().await;
    assert_eq!(site.problems(), [] as [String; 0]);
    let coloured = async || Some(site.get("/posts/code").await.text()).filter(|page| page.contains("syn-"));
    let page = eventually("the code has colours", coloured).await;
    assert!(
        page.contains("<pre tabindex=\"0\"><code class=\"language-rust\"><span class=\"syn-keyword\">let</span> a "),
        "{page}"
    );
    assert!(page.contains("<span class=\"syn-comment\">// c\n</span></code></pre>"), "{page}");
    assert!(page.contains("<pre tabindex=\"0\"><code class=\"language-klingon\">&lt;d&gt;\n</code></pre>"), "{page}");
    assert!(page.contains("<pre tabindex=\"0\"><code>e\n</code></pre>"), "{page}");
    let feed = site.get("/feed.xml").await.text();
    assert!(feed.contains("language-rust") && !feed.contains("syn-"), "{feed}");
}

#[tokio::test]
async fn a_heading_has_a_link_to_itself_on_a_page_and_none_in_a_feed() {
    let text = "---\ntitle: Calf\ndate: 2026-05-02\n---\n## Heel & *toe*\n\nDown.\n\n###### Last\n";
    let site = TestSite::new().post("calf", text).start().await;
    let page = site.get("/posts/calf").await;
    let html = page.html();
    let link = html.one("a", "href", "#heel--toe");
    assert_eq!((link.get("aria-label"), link.get("class")), ("Link to this section: Heel & toe", "heading-link"));
    assert_eq!(html.one("h2", "id", "heel--toe").words(), "Heel & toe");
    assert_eq!(html.one("a", "href", "#last").get("aria-label"), "Link to this section: Last");
    let feed = site.get("/feed.xml").await.text();
    assert!(feed.contains("heel--toe") && !feed.contains("heading-link"), "{feed}");
    assert!(!site.get("/search?q=section").await.text().contains("Link to this"));
}

#[tokio::test]
async fn heading_links_are_no_tab_stops_where_a_table_of_contents_has_them() {
    let long = "## One\n\nText.\n\n## Two\n\nText.\n\n### Three\n\nText.\n\n#### Four\n\nText.\n";
    let site = TestSite::new()
        .post("calf", long)
        .page("about", long)
        .post("short", "## One\n\nText.\n\n#### Two\n\n#### Three\n")
        .start()
        .await;
    for (path, has_table) in [("/posts/calf", true), ("/about", true), ("/posts/short", false)] {
        let html = site.get(path).await.html();
        let links: Vec<_> = html.elements.iter().filter(|e| e.has_class("heading-link")).collect();
        assert!(links.len() > 2, "{path}");
        assert!(links.iter().all(|link| link.attribute("tabindex") == has_table.then_some("-1")), "{path}: {links:?}");
        let table = html.elements.iter().position(|e| e.has_class("toc"));
        assert_eq!(table.is_some(), has_table, "{path}");
        let listed = html.all("a").into_iter().filter(|a| table.is_some_and(|table| a.within.contains(&table)));
        let listed: Vec<&str> = listed.map(|link| link.get("href")).collect();
        assert_eq!(listed, if has_table { vec!["#one", "#two", "#three"] } else { vec![] }, "{path}");
    }
}

#[tokio::test]
async fn a_link_to_a_file_may_have_an_anchor() {
    let site = TestSite::new()
        .post("calf", "## Heel\n\nStretch it.")
        .post("hips", "See [the heel](calf.md#heel).")
        .start()
        .await;
    site.get("/posts/hips").await.says("<a href=\"/posts/calf#heel\">");
}

#[tokio::test]
async fn without_a_description_the_start_of_the_text_is_not_repeated() {
    let site = TestSite::new().post("calf", "Stretch it well.").start().await;
    let text = site.get("/posts/calf").await.text();
    let article = text.split("<article").nth(1).expect("an article");
    assert_eq!(article.matches("Stretch it well.").count(), 1);
    assert!(text.contains("<meta name=\"description\" content=\"Stretch it well.\">"));
}

/// Some 3,200 letters in a script without spaces.
fn long(sentence: &str) -> String {
    sentence.repeat(3_200 / sentence.chars().count())
}

#[tokio::test]
async fn texts_without_spaces_are_counted_by_letters_and_cut_between_them() {
    for (language, sentence) in [
        ("zh", "跑步之后请慢慢地拉伸小腿和脚踝的肌肉，"),
        ("ja", "走った後はふくらはぎと足首をゆっくり伸ばしてください、"),
        ("th", "หลังวิ่งให้ยืดกล้ามเนื้อน่องและข้อเท้าช้าๆ"),
    ] {
        let text = format!("---\ntitle: T\ndate: 2026-05-02\nlanguage: {language}\n---\nRust {}", long(sentence));
        let site = TestSite::new().post("calf", &text).start().await;
        let page = site.get("/posts/calf").await;
        let minutes = page.text().split(" min read").next().and_then(|before| before.rsplit('>').next()?.parse().ok());
        let minutes: usize = minutes.expect("minutes");
        assert!((5..=7).contains(&minutes), "{language}: {minutes}");
        let html = page.html();
        let description = html.meta("description").expect("a description").to_owned();
        let length = description.chars().count();
        assert!((100..=156).contains(&length) && description.ends_with('…'), "{language}: {description}");
        let cut = description.trim_end_matches('…');
        let whole = format!("Rust {}", long(sentence));
        let next = whole.strip_prefix(cut).and_then(|rest| rest.chars().next()).expect("the start of the text");
        // Not between a letter and what stands above or below it.
        assert!(!('\u{e31}'..='\u{e3a}').contains(&next) && !('\u{e47}'..='\u{e4e}').contains(&next), "{description}");
    }
    let english = format!("---\ntitle: T\ndate: 2026-05-02\n---\n{}", "calf ".repeat(461));
    TestSite::new().post("calf", &english).start().await.get("/posts/calf").await.says("3 min read");
    let mixed = format!("---\ntitle: T\ndate: 2026-05-02\n---\n{} {}", "calf ".repeat(230), "腿".repeat(500));
    let site = TestSite::new().post("calf", &mixed).start().await;
    site.get("/posts/calf").await.says("2 min read").says("\"wordCount\":730");
}
