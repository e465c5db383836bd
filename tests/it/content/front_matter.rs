//! Front matter: accepted forms, text that only looks like front matter and is never published, and the messages.

use crate::support::TestSite;

async fn with(text: &str) -> TestSite {
    TestSite::new().post("calf", "Stretch it.").file("posts/plan.md", text).start().await
}

#[tokio::test]
async fn a_draft_with_damaged_front_matter_is_not_published_and_reported_with_its_line() {
    for (head, line) in [
        ("—\ntitle: Plan\ndraft: true\n—\n", 1),
        ("–––\ntitle: Plan\ndraft: true\n–––\n", 1),
        ("———\ntitle: Plan\ndraft: true\n———\n", 1),
        ("—-\ntitle: Plan\ndraft: true\n—-\n", 1),
        ("----\ntitle: Plan\ndraft: true\n----\n", 1),
        ("- - -\ntitle: Plan\ndraft: true\n- - -\n", 1),
        ("***\n\ntitle: Plan\ndraft: true\n\n***\n", 1),
        ("++++\ntitle = 'Plan'\ndraft = true\n++++\n", 1),
        ("---\ntitle: Plan\ndraft: true\n—\n", 4),
        ("---\ntitle: Plan\ndraft: true\n", 1),
        ("---\ntitle Plan\ndraft true\n\n", 1),
        ("```yaml\n---\ntitle: Plan\ndraft: true\n---\n```\n", 1),
        ("{\n  \"title\": \"Plan\",\n  \"draft\": true\n}\n\n", 1),
        ("title: Plan\ndate: 2026-05-02\ndraft: true\n\n", 1),
        ("Title: Plan\nDraft: true\n\n", 1),
        ("title = \"Plan\"\ndraft = true\n\n", 1),
        ("\n\n\u{feff}title: Plan\ndraft: true\n---\n", 3),
        ("title： Plan\ndraft： true\n\n", 1),
        ("<!-- prettier-ignore -->\n---\ntitle: Plan\ndraft: true\n---\n", 2),
    ] {
        let site = with(&format!("{head}The secret plan.\n")).await;
        site.get("/posts/plan").await.is(404);
        for path in ["/", "/feed.xml", "/archive", "/sitemap.xml"] {
            assert!(!site.get(path).await.text().to_lowercase().contains("plan"), "{head:?}: {path}");
        }
        let problems = site.problems();
        let [problem] = &problems[..] else { panic!("{head:?}: {problems:?}") };
        assert!(problem.starts_with(&format!("posts/plan.md:{line}:1: error: ")), "{head:?}: {problem}");
        assert!(problem.contains(" with --- alone") || problem.contains(" with +++ alone"), "{head:?}: {problem}");
        site.get("/posts/calf").await.is(200);
    }
}

#[tokio::test]
async fn front_matter_with_unusual_fences_is_read() {
    let lines = "title: The plan\ndate: 2026-05-02\ntags: [feet]";
    for (before, after) in [
        ("\u{feff}---\n", "\n---\n"),
        (" ---\n", "\n ---\n"),
        ("\n\n  ---\n", "\n---\n"),
        ("\u{200b}---\n", "\n---\n"),
        ("---yaml\n", "\n---\n"),
        ("--- yaml\n", "\n---\n"),
        ("---\t\n", "\n---   \n"),
        ("---\n\n", "\n\n---\n"),
    ] {
        for (draft, status) in [("", 200), ("\ndraft: true", 404)] {
            let text = format!("{before}{lines}{draft}{after}The text.\n");
            for text in [text.clone(), text.replace('\n', "\r\n"), text.replace('\n', "\r")] {
                let site = with(&text).await;
                assert_eq!(site.problems(), [] as [String; 0], "{text:?}");
                let page = site.get("/posts/plan").await;
                assert_eq!(page.status, status, "{text:?}");
                if status == 200 {
                    page.says("<h1>The plan</h1>").says("<p>The text.</p>").says("/tags/feet").does_not_say("title:");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_text_that_begins_with_a_rule_or_a_word_and_a_colon_is_published() {
    for text in [
        "---\n\nThe text.\n",
        "---\nThe text.\n\nMore.\n\n---\n",
        "---\n\nNote: The text.\n\n---\n\nMore.\n",
        "***\n\nThe text.\n",
        "Note: The text.\n",
        "Summary: The text.\n\nAuthor: me.\n",
        "— The text.\n",
        "```\ntags: none\n```\n\nThe text.\n",
        "# A heading\n\nDate: The text.\n",
        "https://example.org: The text.\n",
        "Heading: new\n---\n\nThe text.\n",
    ] {
        let site = with(text).await;
        site.get("/posts/plan").await.is(200).says("The text.");
        assert!(site.problems().iter().all(|problem| problem.contains("warning")), "{text:?}: {:?}", site.problems());
    }
}

#[tokio::test]
async fn values_of_any_type_keep_their_spelling() {
    let site = TestSite::new()
        .post("python", "---\ntitle: 2026\ndate: 2026-05-02\nslug: 007\ntags: 3.10\nauthor: 42\nseries: 1.0\n---\nx")
        .post("norway", "---\ntitle: no\ndate: 2026-05-02\ntags: no\ncategories:\n  - 1.10\n  - 1e3\n  - True\n---\nx")
        .post(
            "yes",
            "---\ntitle: 1_000\ndate: 2026-05-02\ntags: [yes, 0x1F, 010, 3.10]\nauthors: [7, {name: 8}]\n---\nx",
        )
        .post("toml", "+++\ntitle = 'T'\ndate = 2026-05-02\nauthor = 43\ntags = [2020, 'x']\n+++\nx")
        .start()
        .await;
    assert_eq!(site.problems(), [] as [String; 0]);
    site.get("/posts/007").await.is(200).says("<h1>2026</h1>").says("by 42").says("/tags/3.10").says("1.0");
    let norway = site.get("/posts/norway").await;
    norway.is(200).says("<h1>no</h1>").says("/tags/no\"").says("/tags/1.10").says("/tags/1e3").says("/tags/true");
    let yes = site.get("/posts/yes").await;
    yes.says("<h1>1_000</h1>").says("/tags/yes").says("/tags/0x1f").says("/tags/010").says("by 7, 8");
    site.get("/posts/toml").await.is(200).says("by 43").says("/tags/2020");
    site.get("/tags/3.10").await.is(200).says("/posts/007").says("/posts/yes");
}

#[tokio::test]
async fn a_tag_without_letters_is_reported() {
    let site = with("---\ntitle: Plan\ndate: 2026-05-02\ncategories: [legs]\ntags: [feet, '!!', '?']\n---\nx").await;
    let problems = site.problems();
    assert!(problems.len() == 1 && problems[0].contains("and 1 more like it"), "{problems:?}");
    assert!(problems[0].starts_with("posts/plan.md:5:1: warning: the tag \"!!\" has no letter"), "{problems:?}");
    site.get("/posts/plan").await.is(200).says("/tags/feet");
}

#[tokio::test]
async fn faults_of_yaml_and_toml_are_reported_in_sentences() {
    let deep = format!("x: {}{}", "[".repeat(3_000), "]".repeat(3_000));
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n\
                c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n\
                e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n\
                g: [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]";
    let many = "- x\n".repeat(300_000);
    for (head, words) in [
        (deep.as_str(), "nested too deeply"),
        (bomb, "repeats itself too often"),
        (&format!("x:\n{many}"), "longer than 256 KB"),
        ("tags: *feet", "begins with *"),
        ("draft: 7", "expected true or false"),
        ("repeats: [a", "YAML"),
    ] {
        let site = with(&format!("---\ntitle: Plan\n{head}\n---\nx")).await;
        let problems = site.problems();
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert!(problem.contains(words), "{problem}");
        for internal in ["budget", "Nodes", "breached", "{ ", "anchor id", "::", "max_", "events"] {
            assert!(!problem.contains(internal), "{internal}: {problem}");
        }
    }
}

#[tokio::test]
async fn updated_before_date_is_reported_and_ignored() {
    for (dates, is_told) in [
        ("date: 2026-05-02\nupdated: 2026-05-01", true),
        ("date: 2026-05-02 10:00\nlastmod: 2026-05-02 09:00", true),
        ("date: 2026-05-02 10:00\nupdated: 2026-05-02", false),
        ("date: 2026-05-02\nupdated: 2026-05-02", false),
        ("updated: 2026-05-01", false),
    ] {
        let site = with(&format!("---\ntitle: Plan\n{dates}\n---\nx")).await;
        let problems = site.problems().join("\n");
        assert_eq!(problems.contains("is before date"), is_told, "{dates}: {problems}");
        assert!(!is_told || problems.starts_with("posts/plan.md:4:1: warning: "), "{problems}");
        let feed = site.get("/feed.xml").await.text();
        assert!(!is_told || !feed.contains("2026-05-01"), "{feed}");
    }
}

#[tokio::test]
async fn character_references_in_title_and_description_are_resolved() {
    for (written, shown) in [
        ("Haci&eacute;ndote", "Haciéndote".to_owned()),
        ("A &amp; B &#8212; C &lt;dialog&gt;", "A & B — C <dialog>".to_owned()),
        ("AT&T, Q&A and Vec<T> &zzz;", "AT&T, Q&A and Vec<T> &zzz;".to_owned()),
    ] {
        let text = format!("---\ntitle: \"{written}\"\ndescription: \"{written}\"\ndate: 2026-05-02\n---\nText.");
        let site = TestSite::new().post("a", &text).start().await;
        let html = site.get("/posts/a").await.html();
        assert_eq!(html.all("h1").iter().map(|one| one.words()).collect::<String>(), shown, "{written}");
        assert_eq!(html.meta("description"), Some(&*shown), "{written}");
        let feed: serde_json::Value = serde_json::from_str(&site.get("/feed.json").await.text()).expect("JSON");
        assert_eq!(feed["items"][0]["title"].as_str(), Some(&*shown), "{written}");
    }
}
