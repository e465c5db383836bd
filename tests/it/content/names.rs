//! Names of files: composed and decomposed Unicode, and copies left by sync tools.

use crate::support::TestSite;

/// `é` in two characters, as Macs write it.
const APART: &str = "cafe\u{301}";
const TOGETHER: &str = "caf\u{e9}";

#[tokio::test]
async fn a_name_in_decomposed_unicode_is_the_same_name() {
    let picture = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"5\"/>";
    for (file, written) in [(APART, TOGETHER), (TOGETHER, APART), (APART, APART)] {
        let site = TestSite::new()
            .file(&format!("posts/{file}.md"), "---\ntitle: T\ndate: 2026-05-02\naliases: [/e\u{301}te]\n---\nText.")
            .file(&format!("posts/{file}.svg"), picture)
            .file(&format!("media/clip-{file}.mp4"), "clip")
            .file(&format!("media/clip-{file}.svg"), picture)
            .post("links", &format!("[x]({written}.md) ![p]({written}.svg)\n\nclip-{written}.mp4\n\n[y](/posts/{written})\n\n{{{{< ref \"{written}\" >}}}}\n"))
            .start()
            .await;
        assert_eq!(site.problems(), Vec::<String>::new(), "{file:?} {written:?}");
        let page = site.get("/posts/links").await.is(200).text();
        assert!(page.contains("href=\"/posts/caf%C3%A9\"") && page.contains("width=\"8\""), "{page}");
        site.get("/posts/caf%C3%A9").await.is(200);
        let asked = site.get("/posts/cafe%CC%81").await;
        assert_eq!(asked.is(301).header("location"), "/posts/caf%C3%A9");
        site.get("/%C3%A9te").await.is(301);
    }
}

#[tokio::test]
async fn copies_left_by_sync_tools_are_reported_and_not_published() {
    let copies = [
        "posts/calf.sync-conflict-20261129-101112-ABCDEFG.md",
        "posts/calf (copy).md",
        "posts/calf (1).md",
        "posts/calf copy 2.md",
        "posts/calf - Copy.md",
        "posts/calf (Ana's conflicted copy 2026-11-29).md",
        "posts/heel (conflicted copy 2026-11-29 101112)/index.md",
        "pages/about (SFConflict ana@x.example 2026-11-29-10-11-12).md",
    ];
    let mut site =
        TestSite::new().post("calf", "Stretch it.").post("part (1)", "A title.").page("my-first-copy", "A page.");
    for copy in copies {
        site = site.file(copy, "---\ntitle: Secret draft\ndate: 2026-05-02\n---\nText.");
    }
    let site = site.start().await;
    site.get("/").await.is(200).does_not_say("Secret draft");
    site.get("/posts/part-1").await.is(200);
    site.get("/my-first-copy").await.is(200);
    let problems = site.problems();
    for copy in copies {
        let told =
            problems.iter().filter(|told| told.starts_with(&format!("{copy}:1:1: warning: this looks like a copy")));
        assert_eq!(told.count(), 1, "{copy}: {problems:?}");
    }
    assert_eq!(problems.len(), copies.len(), "{problems:?}");
}
