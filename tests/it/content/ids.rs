//! No page has an id twice, and headings do not use the page's own ids.

use std::collections::{BTreeSet, HashMap};

use crate::support::{TestSite, html::Html};

/// The ids of the headings in a post, in their order.
fn headings(html: &Html) -> Vec<&str> {
    let is_heading = |name: &str| name.len() == 2 && name.starts_with('h') && name != "hr";
    let own = |id: &&str| !id.starts_with('-');
    html.elements.iter().filter(|one| is_heading(&one.name)).filter_map(|one| one.attribute("id")).filter(own).collect()
}

#[track_caller]
fn has_each_id_once(path: &str, html: &Html) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    html.elements.iter().filter_map(|one| one.attribute("id")).for_each(|id| *counts.entry(id).or_insert(0) += 1);
    let twice: BTreeSet<&str> = counts.iter().filter(|(_, count)| **count > 1).map(|(id, _)| *id).collect();
    assert!(twice.is_empty(), "{path} has these ids twice: {twice:?}");
}

#[tokio::test]
async fn headings_get_the_ids_that_github_gives_and_never_one_twice() {
    for (text, expected) in [
        ("## Legs\n## Legs\n## Legs", "legs legs-1 legs-2"),
        ("## Stretch\n## Stretch 2\n## Stretch", "stretch stretch-2 stretch-1"),
        ("## Stretch\n## Stretch 1\n## Stretch", "stretch stretch-1 stretch-2"),
        ("## Stretch\n## Stretch\n## Stretch 1", "stretch stretch-1 stretch-1-1"),
        ("## One {#WarmUp}\n## Two {#warmup}", "WarmUp warmup"),
        ("## Legs\n## Arms {#legs}", "legs-1 legs"),
        ("## Legs {#legs}\n## Arms {#legs}", "legs legs-1"),
        ("<a id=\"legs\"></a>\n\n## Legs", "legs-1"),
        ("## Legs\n\nSee <b id='legs'>here</b>.", "legs-1"),
        ("## Legs\n\n<a name=legs></a>", "legs-1"),
        (
            "## Comment 41\n## Comment 41\n## Comment\n## Comment",
            "section-comment-41 comment-41-1 comment section-comment-1",
        ),
        ("## ???\n## !", "section section-1"),
        ("## -main {#-main}\n## Main", "main main-1"),
        ("## One {#pictogram.calf-t}", "section-pictogram.calf-t"),
        ("## Key/Value", "keyvalue"),
        ("## `scheduler.yield`", "scheduleryield"),
        ("## Smileys & Emotion", "smileys--emotion"),
        ("## 30,000 steps (a month)!", "30000-steps-a-month"),
        ("## One -- two --- three – four", "one----two-----three--four"),
        ("## Types(交叉)", "types交叉"),
        ("## می\u{200c}خواهم", "میخواهم"),
        ("## Don't \"stop\" *here*_now", "dont-stop-here_now"),
        ("## Cafe\u{301} हिन्दी", "café-हिन्दी"),
    ] {
        let site = TestSite::new().post("a", text).start().await;
        let html = site.get("/posts/a").await.html();
        assert_eq!(headings(&html).join(" "), expected, "{text}");
        has_each_id_once(text, &html);
    }
}

#[tokio::test]
async fn a_heading_named_like_a_field_of_the_form_leaves_the_field_its_label() {
    let names = ["Comments", "Text", "Name", "Main", "Site", "Email", "Preview", "Respond", "Series", "Fn 1", "Fax"];
    let text: String = names.iter().map(|name| format!("## {name}\n\nWords.[^1]\n\n")).collect();
    let site = TestSite::new().post("a", &format!("{text}\n\n[^1]: Note.")).start().await;
    let html = site.get("/posts/a").await.html();
    has_each_id_once("/posts/a", &html);
    for name in names {
        let id = name.to_lowercase().replace(' ', "-");
        assert_eq!(html.by_id(&id).map(|heading| heading.name.as_str()), Some("h2"), "{name}");
    }
    for label in html.all("label").iter().filter_map(|label| label.attribute("for")) {
        let field = html.by_id(label).unwrap_or_else(|| panic!("a label leads to {label}"));
        assert!(["input", "textarea", "select"].contains(&field.name.as_str()), "{label} leads to {}", field.name);
    }
    assert_eq!(html.by_id(&html.one("a", "class", "skip-link button").get("href")[1..]).expect("leads").name, "main");
}

#[tokio::test]
async fn ids_in_html_of_the_author_are_there_once_each() {
    let text =
        "<div id=\"a\">x</div>\n<p id=\"a\">y</p>\n\nz <b id=a>b</b> <i id=\"-main\">c</i> <u id=\"comment-3\">d</u>";
    let site = TestSite::new().post("a", text).start().await;
    let html = site.get("/posts/a").await.html();
    has_each_id_once("/posts/a", &html);
    for (name, id) in [("div", "a"), ("p", "a-1"), ("b", "a-2"), ("i", "main"), ("u", "section-comment-3")] {
        assert!(html.find(name, "id", id).is_some(), "{name} {id}");
    }
    let problems = site.problems();
    assert!(problems.len() == 1 && problems[0].contains("the id \"a\" is on this page already"), "{problems:?}");
    assert!(problems[0].contains("3 more like it: line 8, line 8 \"-main\", line 8 \"comment-3\""), "{problems:?}");
}

#[tokio::test]
async fn a_card_of_a_stretch_in_a_post_takes_none_of_its_ids() {
    let stretch =
        "---\ntitle: Calf\n---\n1. Stand <b id=\"legs\">up</b>, as <a href=\"#legs\">here</a>.[^1]\n\n[^1]: Note.\n";
    let text = "## Legs\n\n![[calf]]\n\n## Stretch calf\n\nNote.[^1]\n\n[^1]: Note.\n";
    let site = TestSite::new().file("stretches/calf.md", stretch).post("a", text).start().await;
    let html = site.get("/posts/a").await.html();
    has_each_id_once("/posts/a", &html);
    assert!(html.find("b", "id", "-stretch-calf-legs").is_some());
    assert!(html.find("a", "href", "#-stretch-calf-legs").is_some());
    has_each_id_once("/stretches/calf", &site.get("/stretches/calf").await.html());
}

#[tokio::test]
async fn no_page_of_the_sample_site_has_an_id_twice() {
    let site = TestSite::sample().await;
    let (mut known, mut waiting) = (BTreeSet::from(["/".to_owned()]), vec!["/".to_owned()]);
    while let Some(path) = waiting.pop() {
        let answer = site.get(&path).await;
        if !answer.header("content-type").starts_with("text/html") {
            continue;
        }
        let html = answer.html();
        has_each_id_once(&path, &html);
        // An id in an SVG is a name of XML, and such a name does not begin with `-` (XML 1.0, 2.3).
        for id in html.all("desc").iter().filter_map(|desc| desc.attribute("id")) {
            assert!(id.starts_with(char::is_alphabetic), "{path}: {id}");
        }
        for link in html.all("a").iter().filter_map(|link| link.attribute("href")) {
            let path = link.split(['#', '?']).next().unwrap_or_default().to_owned();
            if path.starts_with('/') && !path.starts_with("/media") && known.insert(path.clone()) {
                waiting.push(path);
            }
        }
    }
    assert!(known.len() > 20, "{known:?}");
}

#[tokio::test]
async fn a_link_that_spells_the_id_of_a_heading_in_another_way_leads_there() {
    for (title, link) in [
        ("`Cargo.toml`", "cargo-toml"),
        ("What's next?", "what-s-next"),
        ("rustc_codegen", "rustc-codegen"),
        ("Contributors to 1.31.0", "contributors-to-1-31-0"),
        ("Flatten the curve", "Flatten-the-curve"),
        ("Café au lait!", "Caf%C3%A9-au-lait"),
    ] {
        for written in [format!("[x](#{link})"), format!("<a href=\"#{link}\">x</a>")] {
            let text = format!("{written} {written}\n\n## {title}\n\n## {title}");
            let site = TestSite::new().post("a", &text).start().await;
            let html = site.get("/posts/a").await.html();
            has_each_id_once(&text, &html);
            let id = link.replace("%C3%A9", "é");
            let target = html.by_id(&id).unwrap_or_else(|| panic!("{text}"));
            let heading = target.within.last().map(|at| &html.elements[*at]).expect("a heading");
            assert_eq!(heading.name, "h2", "{text}");
            assert_eq!(site.problems(), [] as [String; 0], "{text}");
        }
    }
    let site = TestSite::new().post("a", "[x](#cargo-tom)\n\n## Cargo.toml").start().await;
    assert!(site.problems()[0].contains("leads to #cargo-tom"), "{:?}", site.problems());
}
