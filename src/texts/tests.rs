use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn files() -> BTreeMap<String, String> {
    let read = |name: &str| String::from_utf8(Files::get(name).expect("is there").data.into_owned()).expect("UTF-8");
    Files::iter().map(|name| (name.trim_end_matches(".toml").to_owned(), read(&name))).collect()
}

/// Every text by key, such as `form.send` and `lists.posts.one`.
fn keys(file: &str) -> BTreeMap<String, String> {
    fn gather(table: &toml::Table, above: &str, found: &mut BTreeMap<String, String>) {
        for (key, value) in table {
            let key = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
            match value {
                toml::Value::Table(inner) => gather(inner, &key, found),
                value => _ = found.insert(key, value.as_str().map_or_else(|| format!("{value:?}"), str::to_owned)),
            }
        }
    }
    let mut found = BTreeMap::new();
    gather(&file.parse().expect("TOML"), "", &mut found);
    found
}

#[test]
fn every_file_has_every_text() {
    assert!(files().len() >= 2 && files().contains_key(FALLBACK), "{:?}", files().keys());
    for (language, text) in files() {
        if let Err(error) = Texts::read(&language, &text) {
            panic!("{error}");
        }
    }
    assert_eq!(shipped(), files().keys().map(String::as_str).collect::<Vec<_>>());
}

/// Checks the error for a translator who left something out.
#[test]
fn a_text_that_is_missing_is_named_with_its_file() {
    let english = &files()[FALLBACK];
    for (change, file, key) in [
        ("send_again = \"Send again\"\n", "nl.toml", "send_again"),
        ("month_of_year = \"{month} {year}\"\n", "nl.toml", "month_of_year"),
    ] {
        let error = Texts::read("nl", &english.replace(change, "")).expect_err("it is missing");
        assert!(error.contains(file) && error.contains(key), "{error}");
    }
    let strange =
        Texts::read("nl", &english.replace("[form]", "[form]\nsned = \"x\"")).expect_err("nobody asks for it");
    assert!(strange.contains("sned"), "{strange}");
    let gap = Texts::read("nl", &english.replace("by {names}", "by somebody")).expect_err("no gap");
    assert!(gap.contains("post.by") && gap.contains("by somebody"), "{gap}");
    assert_eq!(with_other_gaps(english, &english.replace("by {names}", "by {name}")), ["post.by"]);
}

#[test]
fn every_language_has_the_same_gaps() {
    let english = &files()[FALLBACK];
    for (language, text) in files() {
        assert_eq!(with_other_gaps(english, &text), Vec::<String>::new(), "{language}");
        for (key, text) in keys(&text) {
            assert!(!text.trim().is_empty(), "{language}: {key} is empty");
        }
    }
}

/// Keys of texts whose gaps, besides `{count}`, have other names than in English.
fn with_other_gaps(english: &str, text: &str) -> Vec<String> {
    let gaps = |text: &str| -> BTreeSet<String> {
        let names = text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned()));
        names.filter(|name| name != "count").collect()
    };
    let english = keys(english);
    let texts = keys(text).into_iter().filter(|(key, _)| !key.starts_with("dates."));
    let has_others = |key: &str, text: &str| {
        // A plural form that English lacks has the gaps of its `other`.
        let twin = english.get(key).or_else(|| english.get(&format!("{}.other", key.rsplit_once('.')?.0)));
        gaps(text) != gaps(twin.unwrap_or_else(|| panic!("English has no {key}")))
    };
    texts.filter(|(key, text)| has_others(key, text)).map(|(key, _)| key).collect()
}

#[test]
fn plurals_have_a_form_for_every_number() {
    for (language, text) in files() {
        let rules = phrase::rules(&language).unwrap_or_else(|| panic!("nothing is known of {language}"));
        let needed: BTreeSet<String> = (0_usize..=200)
            .map(|count| format!("{:?}", rules.select(count).expect("a category")).to_lowercase())
            .collect();
        let keys = keys(&text);
        for plural in keys.keys().filter_map(|key| key.strip_suffix(".other")) {
            for category in &needed {
                assert!(keys.contains_key(&format!("{plural}.{category}")), "{language}: {plural} has no {category}");
            }
        }
    }
}

#[test]
fn a_country_has_the_texts_of_its_language() {
    for (tag, language) in [
        ("de", Some("de")),
        ("de-AT", Some("de")),
        ("DE-ch-1996", Some("de")),
        ("en-US", Some("en")),
        ("fr", None),
        ("", None),
        ("den", None),
    ] {
        assert_eq!(of(tag).map(|texts| texts.language.as_str()), language, "{tag}");
    }
    assert_eq!(for_site("fr").expect("English").language, "en");
    assert!(of("de").is_some_and(|german| german.speaks("de-AT") && !german.speaks("fr") && !german.speaks("en")));
}
