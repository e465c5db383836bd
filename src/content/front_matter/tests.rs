use jiff::tz::TimeZone;

use super::{keys::KEYS, *};

fn parse(text: &str) -> Result<Parsed, Fault> {
    super::parse(text, true)
}

fn tags(front_matter: &FrontMatter, at_blanks: bool) -> Vec<String> {
    front_matter.tags(at_blanks).into_iter().map(|(_, name)| name).collect()
}

#[test]
fn yaml_and_toml_say_the_same() {
    let yaml = "---\ntitle: \"A: b\"\ndate: 2026-05-02\ntags: [no, Feet]\ncategories: runs\ndraft: true\n---\nText";
    let toml =
        "+++\ntitle = 'A: b'\ndate = 2026-05-02\ntags = ['no', 'Feet']\ncategories = 'runs'\ndraft = true\n+++\nText";
    for text in [yaml, toml, &yaml.replace('\n', "\r\n"), &format!("\u{feff}{yaml}")] {
        let parsed = parse(text).expect(text);
        let front_matter = parsed.front_matter;
        assert_eq!(front_matter.text("title").as_deref(), Some("A: b"));
        assert_eq!(front_matter.date("date"), Some(("date", RawDate("2026-05-02".to_owned()))));
        assert_eq!(tags(&front_matter, false), ["no", "Feet", "runs"]);
        assert!(front_matter.is_draft());
        assert_eq!(&text[parsed.body_start..], "Text");
        assert!(parsed.warnings.is_empty());
    }
}

#[test]
fn dates() {
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    for (written, moment) in [
        ("2026-05-02", "2026-05-02T00:00:00+02:00"),
        ("2026-05-02 10:30", "2026-05-02T10:30:00+02:00"),
        ("2026-05-02T10:30:05", "2026-05-02T10:30:05+02:00"),
        ("2026-05-02T10:30:00Z", "2026-05-02T12:30:00+02:00"),
        ("2026-05-02 10:30:00 +0000", "2026-05-02T12:30:00+02:00"),
        ("2026-12-02 10:30:00 -05:00", "2026-12-02T16:30:00+01:00"),
        ("2026-05-02T10:30:00.123456+0200", "2026-05-02T10:30:00+02:00"),
        ("2026-05-02 10:30:00.5 -0700", "2026-05-02T19:30:00+02:00"),
        ("2026-05-02 10:30:00 UTC", "2026-05-02T12:30:00+02:00"),
        ("2026-05-02 10:30:00 America/New_York", "2026-05-02T16:30:00+02:00"),
        ("Sat, 02 May 2026 10:30:00 GMT", "2026-05-02T12:30:00+02:00"),
        ("2026-05-02T10:30+02:00", "2026-05-02T10:30:00+02:00"),
        ("2026-05-02T9:05:00+02:00", "2026-05-02T09:05:00+02:00"),
        ("2026-5-2", "2026-05-02T00:00:00+02:00"),
        ("2026-5-2 9:05:00", "2026-05-02T09:05:00+02:00"),
        ("2026/05/02", "2026-05-02T00:00:00+02:00"),
        ("May 2, 2026", "2026-05-02T00:00:00+02:00"),
    ] {
        let read = RawDate(written.to_owned()).read(&zone).expect(written);
        assert_eq!(read.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), moment, "{written}");
    }
    assert!(RawDate("yesterday".to_owned()).read(&zone).is_err());
}

#[test]
fn a_duplicate_key_counts_once_and_is_reported() {
    let parsed = parse("---\ntitle: First\ntags: [a]\ntitle: Last\n---\nText").expect("is read");
    assert_eq!(parsed.front_matter.text("title").as_deref(), Some("First"));
    assert_eq!(tags(&parsed.front_matter, false), ["a"]);
    let [warning] = &parsed.warnings[..] else { panic!("{:?}", parsed.warnings) };
    assert_eq!(warning.place.line, 4);
    assert!(warning.what.contains("the key title is here again"), "{}", warning.what);
}

#[test]
fn empty_lines_above_front_matter_are_skipped() {
    let text = "\u{feff}\n\n---\ntitle: x\ndraft: true\nmoood: odd\ntitle: y\n---\nText";
    let parsed = parse(text).expect("is read");
    assert_eq!((parsed.front_matter.text("title").as_deref(), &text[parsed.body_start..]), (Some("x"), "Text"));
    assert_eq!((parsed.warnings[0].place.line, parsed.unknown_keys[0].place.line), (7, 6));
    let rule = parse("\n---\n\nA text between rules.\n\n---\n").expect("is all Markdown");
    assert_eq!(rule.front_matter.text("title"), None);
}

#[test]
fn faults_point_at_the_line() {
    for (text, line, words) in [
        ("---\ntitle: x", 1, "does not end"),
        ("---\ntitle: x\ntags: [x\n---\n", 3, "YAML"),
        ("---\ntitle: a\ndraft: 7\n---\n", 3, "YAML"),
        ("+++\ntitle = a\n+++\n", 2, "TOML"),
        ("\n\n---\ntitle: a\ndraft: 7\n---\n", 5, "YAML"),
    ] {
        let fault = parse(text).expect_err(text);
        assert!(fault.what.contains(words), "{fault:?}");
        assert_eq!(fault.place.line, line, "{fault:?}");
    }
}

#[test]
fn only_a_slip_in_the_spelling_gets_advice_on_spelling() {
    for (head, is_slip) in [
        ("title: a: b", true),
        ("title: \"a", true),
        ("tags: [a", true),
        ("draft: ja", false),
        ("draft: 7", false),
        ("title: [a, b]", false),
        ("repeats: many", false),
        ("level: odd", false),
    ] {
        let fault = parse(&format!("---\n{head}\n---\n")).expect_err(head);
        assert_eq!(fault.mend.contains("in quotes"), is_slip, "{fault:?}");
    }
}

#[test]
fn unknown_keys_are_reported() {
    let parsed = parse("---\ntitle: a\ntitel: b\nmood: post\n---\n").expect("parses");
    assert_eq!(parsed.unknown_keys.len(), 2);
    let warnings: Vec<(usize, &str)> =
        parsed.unknown_keys.iter().map(|fault| (fault.place.line, fault.mend.as_str())).collect();
    assert!(warnings.contains(&(3, "Did you mean title?")), "{warnings:?}");
    assert!(warnings.iter().any(|(line, mend)| *line == 4 && mend.contains("below extra: to")), "{warnings:?}");
    let parsed = parse("+++\nmood = 'post'\n+++\n").expect("parses");
    assert!(parsed.unknown_keys[0].mend.contains("below [extra] to"), "{:?}", parsed.unknown_keys);
}

#[test]
fn front_matter_of_other_systems_is_read() {
    let parse = |head: &str| {
        parse(&format!("---\n{head}\n---\n")).unwrap_or_else(|fault| panic!("{head}: {fault:?}")).front_matter
    };
    assert_eq!(parse("description: a\nsummary: b").text("description").as_deref(), Some("a"));
    assert_eq!(parse("description:\nsummary: b").text("description").as_deref(), Some("b"));
    assert_eq!(
        parse("lastmod: 2026-05-02\nupdated: 2026-05-03").date("updated"),
        Some(("updated", RawDate("2026-05-03".to_owned())))
    );
    assert_eq!(parse("lastmod: 2026-05-02").date("updated"), Some(("lastmod", RawDate("2026-05-02".to_owned()))));
    assert_eq!(parse("author: {name: Ana, email: x}").texts("authors"), ["Ana"]);
    assert_eq!(parse("authors: [{name: Ana}, Jo]").texts("authors"), ["Ana", "Jo"]);
    assert_eq!(parse("aliases: /a\nredirect_from: [/b]").aliases(), ["/a", "/b"]);
    assert!(!parse("draft:").is_draft());
    assert!(parse("published: false").is_draft());
    assert_eq!(parse("tags:\nseries:\naliases:").tags(true), []);
    assert_eq!(tags(&parse("tags: [no, 1.10, 007]"), true), ["no", "1.10", "007"]);
    assert_eq!(
        parse("tags: a\ncategory: b\ntaxonomies: {tags: [c]}").tags(false),
        [("tags", "a".to_owned()), ("category", "b".to_owned()), ("tags", "c".to_owned())]
    );
    assert_eq!(parse("comments: no").comments(), CommentsFlag::Closed);
    assert_eq!(parse("comments: {id: 1}").comments(), CommentsFlag::AsSite);
}

#[test]
fn a_spelling_in_capitals_counts_where_there_is_no_other() {
    for (head, title) in [("Title: a", "a"), ("Title: a\ntitle: b", "b"), ("title: b\nTITLE: a", "b")] {
        let parsed = parse(&format!("---\n{head}\n---\n")).expect(head);
        assert_eq!(parsed.front_matter.text("title").as_deref(), Some(title), "{head}");
        assert!(parsed.unknown_keys.is_empty(), "{head}");
    }
}

#[test]
fn every_example_of_the_table_is_right() {
    let page = include_str!("../../../docs/pages/front-matter.md");
    assert!(KEYS.iter().filter(|key| key.is_of_stretches).count() > 10 && KEYS.len() > 30, "{KEYS:?}");
    for key in KEYS.iter() {
        let name = key.spellings[0];
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}`"))).expect("a row");
        let example = row.trim_end_matches("` |").rsplit("| `").next().expect("an example");
        let value = example.strip_prefix(name).expect("an example begins with its key");
        for spelling in &key.spellings {
            let head = format!("---\n{spelling}{value}\n---\n");
            let parsed = parse(&head).unwrap_or_else(|fault| panic!("{head}: {fault:?}"));
            assert!(parsed.unknown_keys.is_empty() && parsed.warnings.is_empty(), "{head}");
            assert!(parsed.front_matter.find(name).is_some(), "{head}");
        }
    }
}

#[test]
fn usual_values_of_themes_do_not_hide_a_post() {
    for key in keys::of_kind(false).flat_map(|key| &key.spellings) {
        for head in [format!("---\n{key}:\n---\n"), format!("---\n{key}: ~\n---\n"), format!("---\n{key}: \"\"\n---\n")]
        {
            if !(head.contains('"') && matches!(*key, "taxonomies" | "extra")) {
                super::parse(&head, false).unwrap_or_else(|fault| panic!("{head}: {fault:?}"));
            }
        }
    }
    for head in [
        "layout: post\ntype: docs\nweight: 10\nmenu: {main: {weight: 1}}\ntoc: true\nmath: true\nShowToc: false",
        "level: 3\nvideo: {id: 1}\nposition: [1]\npicture: false",
        "url: /a\npermalink: /b\npath: c\nlang: de\nlanguage: en\ncategory: a\ncategories: [b]",
        "image: {caption: x, focal_point: \"\"}\ncover: false\nheader: true\nthumbnail: [a.jpg]",
        "author: {twitter: ana}\nauthors: [~, {name: ~}]\ncomments: {host: a.example, id: 1}\ntags: [~, a]",
        "params: {a: {c: [1, {d: ~}]}}\nresources: [{src: a}]\ncascade: ~",
    ] {
        let parsed =
            super::parse(&format!("---\n{head}\n---\n"), false).unwrap_or_else(|fault| panic!("{head}: {fault:?}"));
        assert!(parsed.warnings.is_empty() && parsed.unknown_keys.is_empty(), "{parsed:?}");
    }
    let toml = "+++\ntitle = 'a'\nweight = 3\n[extra]\na = 2020-01-01\n[taxonomies]\ntags = ['a']\n[params.b]\nc = 1\n[[resources]]\nsrc = 'x'\n+++\n";
    let parsed = super::parse(toml, false).expect("parses");
    assert!(parsed.warnings.is_empty() && parsed.unknown_keys.is_empty(), "{parsed:?}");
}

#[test]
fn pictures_of_many_themes() {
    for (head, image) in [
        ("image: a.jpg", Some(("image", "a.jpg"))),
        ("image: {path: a.jpg, alt: x}", Some(("image", "a.jpg"))),
        ("image:\nthumbnail: a.jpg", Some(("thumbnail", "a.jpg"))),
        ("cover: {image: a.jpg, relative: true}", Some(("cover", "a.jpg"))),
        ("featuredImage: a.jpg", Some(("featuredimage", "a.jpg"))),
        ("header: {teaser: b.jpg, image: a.jpg, caption: x}", Some(("header", "a.jpg"))),
        ("header: {overlay_image: a.jpg}", Some(("header", "a.jpg"))),
        ("images: [a.jpg, b.jpg]", Some(("images", "a.jpg"))),
        ("cover: {image: ''}", None),
        ("header: |\n  <h1>Feet</h1>\n  <p>first.jpg</p>", None),
        ("header: \"Feet first. Then calves.\"", None),
        ("header: Feet first", None),
        ("header: <b>Feet</b>\nthumbnail: a.jpg", Some(("thumbnail", "a.jpg"))),
        ("image: \"IMG 0001.JPG\"", Some(("image", "IMG 0001.JPG"))),
        ("image: https://a.example/picture?id=1", Some(("image", "https://a.example/picture?id=1"))),
        ("image: /img/feet", Some(("image", "/img/feet"))),
        ("image: a.avif?v=2", Some(("image", "a.avif?v=2"))),
    ] {
        let parsed = parse(&format!("---\n{head}\n---\n")).expect(head);
        let image = image.map(|(key, name): (&'static str, &str)| (key, name.to_owned()));
        assert_eq!(parsed.front_matter.image(), image, "{head}");
    }
}

#[test]
fn one_text_may_hold_several_tags() {
    for (head, hugo, jekyll) in [
        ("tags: a, b c", vec!["a", "b c"], vec!["a", "b c"]),
        ("tags: a b", vec!["a b"], vec!["a", "b"]),
        ("tags: [a b, c]", vec!["a b", "c"], vec!["a b", "c"]),
        ("Tags: a", vec!["a"], vec!["a"]),
    ] {
        let parsed = parse(&format!("---\n{head}\n---\n")).expect(head).front_matter;
        assert_eq!((tags(&parsed, false), tags(&parsed, true)), (owned(&hugo), owned(&jekyll)), "{head}");
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
