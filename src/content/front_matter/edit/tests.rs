use proptest::prelude::*;

use super::*;

fn edited(text: &str, name: &str, value: NewValue) -> String {
    let mut edited = FrontMatterText::new(text.to_owned(), false).expect(text);
    edited.set(name, value).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    edited.as_str().to_owned()
}

#[test]
fn a_title_changes_in_the_way_it_is_written() {
    for (before, after) in [
        ("---\ntitle: Old # why\nmood: x\n---\nText", "---\ntitle: A new one # why\nmood: x\n---\nText"),
        ("---\r\ntitle: \"Old\"\r\n---\r\nText", "---\r\ntitle: \"A new one\"\r\n---\r\nText"),
        ("\u{feff}---\ntitle: 'It''s'\n---", "\u{feff}---\ntitle: 'A new one'\n---"),
        ("---\ntitle:   Old  \ndate: 2020-01-01\n---\n", "---\ntitle:   A new one  \ndate: 2020-01-01\n---\n"),
        ("---\nTitle: Old\n---\n", "---\nTitle: A new one\n---\n"),
        ("---\ntitle:\ntags: [a]\n---\n", "---\ntitle: A new one\ntags: [a]\n---\n"),
        ("---\ntitle: # none yet\n---\n", "---\ntitle: A new one # none yet\n---\n"),
        ("---\ntitle: >-\n  Old\n  words\nx: 1\n---\n", "---\ntitle: A new one\nx: 1\n---\n"),
        ("---\ntitle:\n  Old\nx: 1\n---\n", "---\ntitle:\n  A new one\nx: 1\n---\n"),
        ("---\n{title: Old, x: [1, 2]}\n---\n", "---\n{title: A new one, x: [1, 2]}\n---\n"),
        ("---\n\"title\": Old\n---\n", "---\n\"title\": A new one\n---\n"),
        ("---\n# a comment\nlayout: post\n---\n", "---\n# a comment\ntitle: A new one\nlayout: post\n---\n"),
        ("---\n  layout: post\n---\n", "---\n  title: A new one\n  layout: post\n---\n"),
        ("---\n---\nText", "---\ntitle: A new one\n---\nText"),
        ("Text\n", "---\ntitle: A new one\n---\n\nText\n"),
        ("\u{feff}Text\r\n\r\nmore", "\u{feff}---\r\ntitle: A new one\r\n---\r\n\r\nText\r\n\r\nmore"),
        ("", "---\ntitle: A new one\n---\n"),
        (
            "+++\ntitle = 'Old' # why\n\n[extra]\na = 1\n+++\n",
            "+++\ntitle = 'A new one' # why\n\n[extra]\na = 1\n+++\n",
        ),
        ("+++\r\ntitle = \"Old\"\r\n+++\r\n", "+++\r\ntitle = \"A new one\"\r\n+++\r\n"),
    ] {
        assert_eq!(edited(before, "title", NewValue::Text("A new one")), after);
    }
}

#[test]
fn a_title_that_means_something_else_gets_quotes() {
    for title in ["No", "2026-01-01", "3.10", "a: b", "a #b", "- a", "*a*", "It's \"odd\"", "a\nb", "[a]", "@a", "a:"] {
        for before in ["---\ntitle: Old\n---\n", "---\ntitle: 'Old'\n---\n", "+++\ntitle = 'Old'\n+++\n"] {
            let after = edited(before, "title", NewValue::Text(title));
            assert_eq!(after.lines().count(), 3, "{after}");
            let values = FrontMatterText::new(after.clone(), false).expect(&after).values;
            assert_eq!(values.text("title").as_deref(), Some(title), "{after}");
        }
    }
}

#[test]
fn other_keys() {
    let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let (two, three) = (list(&["a", "b c"]), list(&["a", "b", "x, y"]));
    for (before, name, value, after) in [
        ("---\ntags: [a]\n---\n", "tags", NewValue::List(&two), "---\ntags: [a, b c]\n---\n"),
        ("---\ntags: a\n---\n", "tags", NewValue::List(&two), "---\ntags: [a, b c]\n---\n"),
        (
            "---\ntags:\n  - a # x\n  - b\nz: 1\n---\n",
            "tags",
            NewValue::List(&two),
            "---\ntags:\n  - a # x\n  - b c\nz: 1\n---\n",
        ),
        (
            "---\ntags:\n- 'a'\n- 'b'\n---\n",
            "tags",
            NewValue::List(&three),
            "---\ntags:\n- 'a'\n- 'b'\n- 'x, y'\n---\n",
        ),
        ("---\ntags:\n  - a\n  - b c\n  - d\n---\n", "tags", NewValue::List(&two), "---\ntags:\n  - a\n  - b c\n---\n"),
        ("+++\ntags = ['a']\n+++\n", "tags", NewValue::List(&three), "+++\ntags = ['a', 'b', 'x, y']\n+++\n"),
        ("---\ntitle: x\n\n---\n", "draft", NewValue::Flag(true), "---\ntitle: x\ndraft: true\n\n---\n"),
        (
            "---\ntitle: x\nlong: |\n  a\n---\n",
            "draft",
            NewValue::Flag(true),
            "---\ntitle: x\nlong: |\n  a\ndraft: true\n---\n",
        ),
        (
            "+++\ntitle = 'x'\n\n# about y\n[extra]\ny = 1\n+++\n",
            "draft",
            NewValue::Flag(true),
            "+++\ntitle = 'x'\ndraft = true\n\n# about y\n[extra]\ny = 1\n+++\n",
        ),
        ("---\ndraft: yes\n---\n", "draft", NewValue::Flag(false), "---\ndraft: false\n---\n"),
        (
            "---\ndate: 2020-01-01\n---\n",
            "date",
            NewValue::Date("2021-02-03 10:00"),
            "---\ndate: 2021-02-03 10:00\n---\n",
        ),
        ("+++\ndate = 2020-01-01\n+++\n", "date", NewValue::Date("2021-02-03"), "+++\ndate = 2021-02-03\n+++\n"),
        (
            "+++\ndate = 2020-01-01\n+++\n",
            "date",
            NewValue::Date("2021-02-03 10:00"),
            "+++\ndate = \"2021-02-03 10:00\"\n+++\n",
        ),
        ("---\ntitle: x\n---\n", "aliases", NewValue::List(&two), "---\ntitle: x\naliases: [a, b c]\n---\n"),
    ] {
        assert_eq!(edited(before, name, value), after);
    }
}

#[test]
fn a_key_is_removed_with_its_lines() {
    for (before, after) in [
        ("---\ntags: [a]\ntitle: x\n---\n", "---\ntitle: x\n---\n"),
        ("---\ntags:\n  - a\n  - b\n# about the title\ntitle: x\n---\n", "---\n# about the title\ntitle: x\n---\n"),
        ("---\ntitle: x\ntags: |\n  a\n  b\n\n---\n", "---\ntitle: x\n\n---\n"),
        ("+++\ntags = [\n 'a',\n]\ntitle = 'x'\n+++\n", "+++\ntitle = 'x'\n+++\n"),
        ("---\ntitle: x\n---\n", "---\ntitle: x\n---\n"),
    ] {
        let mut edited = FrontMatterText::new(before.to_owned(), false).expect(before);
        edited.remove("tags").expect(before);
        assert_eq!(edited.as_str(), after);
    }
}

#[test]
fn drafts_are_published() {
    for (before, after) in [
        ("---\ntitle: x\ndraft: true\n---\n", "---\ntitle: x\ndraft: false\n---\n"),
        ("---\npublished: false\n---\n", "---\npublished: true\n---\n"),
        ("---\ntitle: x\n---\n", "---\ntitle: x\n---\n"),
    ] {
        let mut edited = FrontMatterText::new(before.to_owned(), false).expect(before);
        edited.set_draft(false).expect(before);
        assert_eq!(edited.as_str(), after);
        edited.set_draft(true).expect(before);
        assert!(edited.values().is_draft());
    }
}

#[test]
fn a_change_that_would_change_more_is_refused() {
    for (before, name) in
        [("---\nbase: &base x\ntitle: *base\nother: *base\n---\n", "base"), ("---\n{title: x}\n---\n", "draft")]
    {
        let mut edited = FrontMatterText::new(before.to_owned(), false).expect(before);
        assert!(edited.set(name, NewValue::Text("new")).is_err(), "{before}: {}", edited.as_str());
        assert_eq!(edited.as_str(), before);
    }
    assert!(FrontMatterText::new("---\ntitle: [\n---\n".to_owned(), false).is_err());
}

proptest! {
    /// Any title in any file: it is read back, and all other lines are as before.
    #[test]
    fn any_title_is_read_back(title in "\\PC{1,30}", ending in "(\n|\r\n)", tags in "[a-z]{1,5}", quote in "['\"]?") {
        let title = title.trim();
        prop_assume!(!title.is_empty());
        let before = format!("---\nmood: {tags}\ntitle: {quote}Old{quote} # c\nx: [1, 2]\n---\nText\n").replace('\n', &ending);
        let mut edited = FrontMatterText::new(before.clone(), false).expect("is read");
        edited.set("title", NewValue::Text(title)).expect("is set");
        let text = edited.values().text("title");
        prop_assert_eq!(text.as_deref(), Some(title));
        let others = |text: &str| text.split('\n').filter(|line| !line.starts_with("title")).map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(others(edited.as_str()), others(&before));
    }
}
