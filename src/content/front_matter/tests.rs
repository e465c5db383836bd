use jiff::tz::TimeZone;

use super::{
    keys::{KNOWN, OF_STRETCHES},
    *,
};

fn parse(text: &str) -> Result<Parsed, Fault> {
    super::parse(text, true)
}

#[test]
fn yaml_and_toml_say_the_same() {
    let yaml = "---\ntitle: \"A: b\"\ndate: 2026-05-02\ntags: [no, Feet]\ncategories: runs\ndraft: true\n---\nText";
    let toml =
        "+++\ntitle = 'A: b'\ndate = 2026-05-02\ntags = ['no', 'Feet']\ncategories = 'runs'\ndraft = true\n+++\nText";
    for text in [yaml, toml, &yaml.replace('\n', "\r\n"), &format!("\u{feff}{yaml}")] {
        let parsed = parse(text).expect(text);
        let front_matter = parsed.front_matter;
        assert_eq!(front_matter.title.as_deref(), Some("A: b"));
        assert_eq!(front_matter.date, Some(RawDate("2026-05-02".to_owned())));
        assert_eq!(front_matter.tags.words, ["no", "Feet"]);
        assert_eq!(front_matter.categories.words, ["runs"]);
        assert!(front_matter.draft.0);
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
fn a_key_that_stands_twice_counts_once_and_is_told() {
    let parsed = parse("---\ntitle: First\ntags: [a]\ntitle: Last\n---\nText").expect("is read");
    assert_eq!(parsed.front_matter.title.as_deref(), Some("First"));
    assert_eq!(parsed.front_matter.tags.words, ["a"]);
    let [warning] = &parsed.warnings[..] else { panic!("{:?}", parsed.warnings) };
    assert_eq!(warning.place.line, 4);
    assert!(warning.what.contains("the key title stands here again"), "{}", warning.what);
}

#[test]
fn empty_lines_may_stand_above_a_head() {
    let text = "\u{feff}\n\n---\ntitle: x\ndraft: true\nmoood: odd\ntitle: y\n---\nText";
    let parsed = parse(text).expect("is read");
    assert_eq!((parsed.front_matter.title.as_deref(), &text[parsed.body_start..]), (Some("x"), "Text"));
    assert_eq!((parsed.warnings[0].place.line, parsed.unknown_keys[0].place.line), (7, 6));
    let rule = parse("\n---\n\nA text between rules.\n\n---\n").expect("is all Markdown");
    assert_eq!(rule.front_matter.title, None);
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
fn unknown_keys_are_kept_and_told() {
    let parsed = parse("---\ntitle: a\ntitel: b\nmood: post\n---\n").expect("parses");
    assert_eq!(parsed.front_matter.unknown.len(), 2);
    let warnings: Vec<(usize, &str)> =
        parsed.unknown_keys.iter().map(|fault| (fault.place.line, fault.mend.as_str())).collect();
    assert!(warnings.contains(&(3, "Did you mean title?")), "{warnings:?}");
    assert!(warnings.iter().any(|(line, mend)| *line == 4 && mend.contains("below extra: to")), "{warnings:?}");
    let parsed = parse("+++\nmood = 'post'\n+++\n").expect("parses");
    assert!(parsed.unknown_keys[0].mend.contains("below [extra] to"), "{:?}", parsed.unknown_keys);
}

#[test]
fn what_other_systems_write_is_understood() {
    let parse = |head: &str| {
        parse(&format!("---\n{head}\n---\n")).unwrap_or_else(|fault| panic!("{head}: {fault:?}")).front_matter
    };
    assert_eq!(parse("description: a\nsummary: b").any_description(), Some("a"));
    assert_eq!(parse("description:\nsummary: b").any_description(), Some("b"));
    assert_eq!(
        parse("lastmod: 2026-05-02\nupdated: 2026-05-03").any_updated(),
        Some(("updated", &RawDate("2026-05-03".to_owned())))
    );
    assert_eq!(parse("author: {name: Ana, email: x}").any_authors(), ["Ana"]);
    assert_eq!(parse("authors: [{name: Ana}, Jo]").any_authors(), ["Ana", "Jo"]);
    assert!(!parse("draft:").draft.0);
    assert_eq!(parse("tags:\nseries:\naliases:").tags, Words::default());
    assert_eq!(parse("tags: [no, 1.10, 007]").tags.words, ["no", "1.10", "007"]);
    assert_eq!(parse("comments: no").comments, CommentsFlag::Closed);
}

#[test]
fn the_list_of_known_keys_is_complete() {
    // A key that is in the list but not in the type would land in `unknown`.
    for key in KNOWN.iter().chain(OF_STRETCHES) {
        let value = match *key {
            "draft" | "featured" | "published" | "comments" => "true",
            "hold_seconds" | "hold" | "repeats" | "sets" => "3",
            "sides" => "each",
            "level" => "easy",
            "taxonomies" | "extra" => "{}",
            _ => "x",
        };
        let parsed = parse(&format!("---\n{key}: {value}\n---\n")).unwrap_or_else(|fault| panic!("{key}: {fault:?}"));
        assert!(parsed.unknown_keys.is_empty(), "{key}");
    }
}

#[test]
fn nothing_usual_takes_a_post_down() {
    for key in KNOWN {
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
        ("featuredImage: a.jpg", Some(("featured_image", "a.jpg"))),
        ("header: {teaser: b.jpg, image: a.jpg, caption: x}", Some(("header", "a.jpg"))),
        ("header: {overlay_image: a.jpg}", Some(("header", "a.jpg"))),
        ("images: [a.jpg, b.jpg]", Some(("images", "a.jpg"))),
        ("cover: {image: ''}", None),
    ] {
        let parsed = parse(&format!("---\n{head}\n---\n")).expect(head);
        assert_eq!(parsed.front_matter.any_image(), image, "{head}");
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
        let tags = parse(&format!("---\n{head}\n---\n")).expect(head).front_matter.tags;
        assert_eq!(
            (tags.split(false), tags.split(true)),
            (hugo.into_iter().map(str::to_owned).collect(), jekyll.into_iter().map(str::to_owned).collect()),
            "{head}"
        );
    }
}
