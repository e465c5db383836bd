use std::collections::BTreeSet;

use super::*;
use crate::domain::theme::Face;

fn load(site: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("site.toml"), site).expect("writes");
    let content = ("INSTEP_CONTENT", folder.path().to_str().expect("UTF-8"));
    let variables = variables.iter().copied().chain([content]);
    Config::load(&variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[test]
fn an_empty_site_has_every_default() {
    let config = load("", &[]).expect("runs");
    assert_eq!(config.site.base_url, "http://127.0.0.1:3000");
    assert_eq!(config.site.author.name, "A new site");
    assert_eq!(config.database_url, "sqlite:data/instep.sqlite");
    assert_eq!(config.site.comments.rates.gap.as_secs(), 15);
}

#[test]
fn the_environment_overrides_the_file() {
    let config = load(
        "title = 'File'\n[comments]\ngap_seconds = 3",
        &[("INSTEP_SITE__TITLE", "2026"), ("INSTEP_SITE__COMMENTS__GAP_SECONDS", "0"), ("INSTEP_LISTEN", "[::1]:9")],
    )
    .expect("runs");
    assert_eq!(config.site.title, "2026");
    assert_eq!(config.site.comments.rates.gap.as_secs(), 0);
    assert_eq!(config.listen.port(), 9);
}

#[test]
fn words_become_settings() {
    use crate::domain::{delivery::Rhythm, thread::pages::Order, verdict::Moderation};
    for (word, moderation) in [("first", Moderation::First), ("all", Moderation::All), ("none", Moderation::None)] {
        let site = load(&format!("comments.moderation = '{word}'"), &[]).expect("runs").site;
        assert_eq!(site.comments.rules.moderation, moderation);
    }
    for (word, digest) in [("daily", Rhythm::Daily), ("weekly", Rhythm::Weekly), ("never", Rhythm::Never)] {
        assert_eq!(load(&format!("mail.digest = '{word}'"), &[]).expect("runs").site.notices.digest, digest);
    }
    let config =
        load("", &[("INSTEP_SITE__COMMENTS__ORDER", "newest"), ("INSTEP_LOG", "json"), ("INSTEP_WATCH", "poll")]);
    let config = config.expect("runs");
    assert_eq!((config.site.comments.order, config.log, config.watch), (Order::Newest, LogFormat::Json, Watch::Poll));
}

#[test]
fn wrong_values_name_the_key_the_value_and_what_is_right() {
    for (site, variables, words) in [
        ("titel = 'x'", &[][..], &["site.toml:1:1", "titel", "Did you mean title?"][..]),
        ("title = 'x'\n[coments]\nenabled = true", &[], &["site.toml:3:1", "Did you mean comments.enabled?"]),
        ("title = 'x'\n[coments]", &[], &["site.toml:2:1", "coments"]),
        ("title = 'x", &[], &["site.toml:1:"]),
        ("title = 'x'\nlanguage = 3", &[], &["site.toml:2:1", "language", "\"3\"", "in quotes"]),
        ("base_url = 'https://example.org/blog'", &[], &["base_url", "no path"]),
        ("permalink = '/blog'", &[], &["permalink", "{slug}"]),
        ("permalink = '/tags/{slug}'", &[], &["site.toml:1:1", "/tags/{slug}", "belong to the program"]),
        ("time_zone = 'Mars/Base'", &[], &["time_zone", "Europe/Berlin"]),
        ("", &[("INSTEP_SITE__COMENTS__ENABLED", "true")], &["Did you mean INSTEP_SITE__COMMENTS__ENABLED?"]),
        ("", &[("INSTEP_SITE__COMMENTS__ENABLED", "yes")], &["true or false"]),
        ("[comments]\nmoderation = 'some'", &[], &["comments.moderation", "some", "first, all or none"]),
        ("[comments]\norder = 'best'", &[], &["comments.order", "best", "oldest or newest"]),
        ("[comments]\nhold_words = ['x', 'buy *']", &[], &["comments.hold_words", "buy *", "cas*no"]),
        ("", &[("INSTEP_SITE__COMMENTS__REFUSE_WORDS", "['*']")], &["comments.refuse_words", "any text would match"]),
        ("", &[("INSTEP_LISTEN", "3000")], &["listen", "3000", "127.0.0.1:3000"]),
        ("", &[("INSTEP_LISTEN", "0.0.0.0:80")], &["base_url is missing"]),
        ("", &[("INSTEP_LOG", "xml")], &["text or json"]),
        ("", &[("INSTEP_SMTP_URL", "smtps://mail.example.org")], &["mail_from is missing", "INSTEP_MAIL_FROM"]),
        ("", &[("INSTEP_SMTP_URL", "mail:25"), ("INSTEP_MAIL_FROM", "a@b.org")], &["smtp_url", "smtps://USER"]),
        ("", &[("INSTEP_SMTP_URL", "smtp://mail.org"), ("INSTEP_MAIL_FROM", "me")], &["mail_from", "\"me\""]),
        ("[author]\nemail = 'me'", &[], &["author.email", "ana@example.org"]),
        ("[mail]\ndigest = 'hourly'", &[], &["mail.digest", "hourly", "daily, weekly or never"]),
    ] {
        let message = load(site, variables).expect_err(site).to_string();
        for word in words {
            assert!(message.contains(word), "{message:?} does not say {word:?}");
        }
    }
}

#[test]
fn a_password_is_never_shown() {
    for url in ["smtp://ana:hunter2@", "smtp://ana:hunter2@mail.org/x", "ana:hunter2@mail.org", "smtp://ana:hunter2"] {
        let message = load("", &[("INSTEP_SMTP_URL", url)]).expect_err(url).to_string();
        assert!(!message.contains("hunter2"), "{message}");
    }
    let variables = [("INSTEP_SMTP_URL", "smtp://ana:hunter2@mail.org"), ("INSTEP_MAIL_FROM", "ana@mail.org")];
    let config = load("", &variables).expect("runs");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_misspelled_variable_is_reported() {
    let hints = |name: &str| unknown_variables(&BTreeMap::from([(name.to_owned(), String::new())]));
    assert!(hints("INSTEP_LISTN")[0].contains("Did you mean INSTEP_LISTEN?"));
    assert!(hints("INSTEP_LISTEN").is_empty());
    assert!(hints("INSTEP_TEST_BROWSER").is_empty());
}

#[test]
fn every_setting_of_site_toml_is_declared_once_and_read() {
    let keys: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.key.as_str()).collect();
    assert!(keys.len() > 40 && keys.len() == SETTINGS.len());
    for setting in SETTINGS.iter() {
        assert!(!setting.about.is_empty(), "{}", setting.key);
    }
    // A value of a wrong type must be an error that names the key, which proves that the setting is read.
    for setting in SETTINGS.iter().filter(|setting| setting.key_of_site().is_some()) {
        let key = setting.key_of_site().expect("a key of the site");
        let message = load(&format!("{key} = 1979-05-27"), &[]).expect_err(key).to_string();
        assert!(message.contains(&format!("site.toml:1:1: {key} cannot be \"1979-05-27\": ")), "{message}");
        assert!(!message.ends_with(": "), "{message}");
    }
}

#[test]
fn base_urls_have_no_path() {
    assert_eq!(parse_base_url("https://Example.org/").as_deref(), Some("https://example.org"));
    assert_eq!(parse_base_url("http://127.0.0.1:3000").as_deref(), Some("http://127.0.0.1:3000"));
    for wrong in
        ["example.org", "https://example.org/blog", "ftp://example.org", "https://a@example.org", "https://x/?a"]
    {
        assert_eq!(parse_base_url(wrong), None, "{wrong}");
    }
}

#[test]
fn networks_are_separated_by_commas() {
    let networks = parse_networks("127.0.0.1, 10.0.0.0/8,::1").expect("three");
    assert_eq!(networks.iter().map(ToString::to_string).collect::<Vec<_>>(), ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]);
    assert_eq!(parse_networks(""), Some(Vec::new()));
    assert_eq!(parse_networks("localhost"), None);
}

#[test]
fn an_empty_site_toml_has_the_default_theme() {
    let site = load("", &[]).expect("runs").site;
    assert_eq!((site.theme, site.remarks), (Theme::default(), vec![]));
    let default = |key: &str| SETTINGS.iter().find(|setting| setting.key == key).expect("a setting").default.as_str();
    let light = Theme::default().light;
    for (key, colour) in
        [("site.theme.paper", light.paper), ("site.theme.ink", light.ink), ("site.theme.accent", light.accent)]
    {
        assert_eq!(default(key), Some(colour.hex().as_str()), "{key}");
    }
}

#[test]
fn wrong_themes_name_the_key_the_value_and_what_is_right() {
    for (site, words) in [
        ("[theme]\naccent = 'orangey'", &["site.toml:2:1", "theme.accent", "orangey", "#0a58ca"][..]),
        ("[theme]\npaper = '#fff8'", &["theme.paper", "#fff8", "opaque"]),
        ("[theme.dark]\nink = ''", &["theme.dark.ink", "\"\""]),
        ("[theme]\nwidth = 20", &["theme.width", "20", "40 to 100"]),
        ("[theme]\nwidth = 'wide'", &["theme.width", "wide", "whole number"]),
        ("[theme]\ndisplay_face = 'Comic Sans'", &["theme.display_face", "Comic Sans", "Archivo, serif, sans or mono"]),
        ("[theme]\ntext_face = 'Archivo'", &["theme.text_face", "write serif"]),
        ("[theme]\ntext_face = 'fonts/a.ttf'", &["theme.text_face", "WOFF2"]),
        ("[theme]\ntext_face = '../a.woff2'", &["theme.text_face", "../a.woff2"]),
        ("[theme]\nheader_picture = '/etc/passwd'", &["theme.header_picture", "content/media"]),
        ("[theme]\nacent = 'red'", &["site.toml:2:1", "theme.acent", "Did you mean theme.accent?"]),
        ("icon = 'icon.ico'", &["icon", "icon.ico", "icon.svg"]),
        ("icon = '../icon.svg'", &["icon", "../icon.svg"]),
    ] {
        let message = load(site, &[]).expect_err(site).to_string();
        for word in words {
            assert!(message.contains(word), "{message:?} does not say {word:?}");
        }
    }
    assert_eq!(load("icon = 'a/Icon.PNG'", &[]).expect("runs").site.icon.as_deref(), Some("a/Icon.PNG"));
}

#[test]
fn fonts_and_files_of_a_theme() {
    let text = "icon = 'icon.svg'\n[theme]\ndisplay_face = 'fonts/Big.woff2'\ntext_face = 'sans'\n\
                header_picture = 'top.jpg'\nwidth = 60";
    let site = load(text, &[]).expect("runs").site;
    assert_eq!(site.theme.display_face, Face::File("fonts/Big.woff2".to_owned()));
    assert_eq!((&site.theme.text_face, site.theme.width), (&Face::Sans, 60));
    let keys: Vec<&str> = site.rules().named_files.iter().map(|file| file.key).collect();
    assert_eq!(keys, ["icon", "theme.display_face", "theme.header_picture"]);
}

#[test]
fn colours_that_are_hard_to_read_are_remarked_upon() {
    let remarks = |site: &str| load(site, &[]).expect("runs").site.remarks;
    let keys = |site: &str| remarks(site).iter().map(|remark| remark.key).collect::<Vec<_>>();
    let accent = remarks("[theme]\naccent = '#ff8a00'");
    assert_eq!(accent.len(), 1);
    assert!(
        accent[0].what.contains("contrast of only 1.97 to 1") && accent[0].what.ends_with("text needs 4.5"),
        "{accent:?}"
    );
    assert_eq!(accent[0].mend, "Choose a darker colour, or a lighter one for theme.paper.");
    for (site, expected) in [
        ("accent = '#0a58ca'", &[][..]),
        ("paper = '#fff'\nink = '#111'\naccent = '#0a58ca'", &[]),
        ("ink = '#999'", &["theme.ink"]),
        ("paper = '#fdf6e3'\nink = '#93a1a1'\naccent = '#b58900'", &["theme.ink", "theme.accent"]),
        // A light scheme that is dark, with enough contrast.
        ("paper = '#101418'\nink = '#e8ecf0'\naccent = '#7cb7ff'", &[]),
        ("paper = '#101418'\nink = '#333'\naccent = '#7cb7ff'", &["theme.ink"]),
        // If only the paper was chosen, the warning names the paper.
        ("paper = '#777'", &["theme.paper", "theme.paper"]),
        // A blue for white paper is too dark in the dark scheme, unless that derives it.
        ("accent = '#0a58ca'\n[theme.dark]\naccent = '#0a58ca'", &["theme.dark.accent"]),
        ("[theme.dark]\npaper = '#222'\nink = '#555'", &["theme.dark.ink"]),
    ] {
        assert_eq!(keys(&format!("[theme]\n{site}")), expected, "{site}");
    }
}
