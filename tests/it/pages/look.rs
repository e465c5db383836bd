//! The theme in site.toml: colours, fonts, width, pictures, icons, manifest.

use image::ImageFormat;
use serde_json::Value;

use crate::support::{Answer, TestSite, photo, root};

/// PNG with metadata that must not be served.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = photo::encoded(&photo::quarters(width, height), ImageFormat::Png);
    let end = png.split_off(png.len() - 12);
    let (kind, said) = (b"tEXt", [b"Author\0", photo::SECRET].concat());
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(&said);
    let length = u32::try_from(said.len()).expect("short").to_be_bytes();
    [png, length.to_vec(), kind.to_vec(), said, crc.sum().to_be_bytes().to_vec(), end].concat()
}

async fn themed(theme: &str) -> TestSite {
    TestSite::new().site_toml(&format!("title = \"Loose Laces\"\n{theme}")).post("calf", "x").start().await
}

async fn style(site: &TestSite) -> String {
    let html = site.get("/").await.html();
    site.get(html.one("link", "rel", "stylesheet").get("href")).await.is(200).text()
}

fn font() -> Vec<u8> {
    std::fs::read(root().join("static/fonts/archivo-expanded.woff2")).expect("a font")
}

fn colours_of_the_window(answer: &Answer) -> Vec<String> {
    let html = answer.html();
    let metas = html.all("meta").into_iter().filter(|meta| meta.get("name") == "theme-color");
    metas.map(|meta| meta.get("content").to_owned()).collect()
}

#[tokio::test]
async fn chosen_colours_are_in_style_sheets_icon_and_browser_window() {
    let plain = themed("").await;
    let own = style(&plain).await;
    assert_eq!(colours_of_the_window(&plain.get("/").await), ["#fbf6ee", "#1b1410"]);

    let site = themed("[theme]\npaper = 'white'\nink = 'rgb(20 30 40)'\naccent = '#0a58ca'\nwidth = 60").await;
    assert_eq!(site.problems(), Vec::<String>::new());
    let css = style(&site).await;
    for words in [
        "--color-paper:var(--by-day,#ffffff)",
        "--measure:calc(30 * var(--size-text))",
        "--color-accent:var(--by-day,#0a58ca)",
    ] {
        assert!(css.contains(words) && !own.contains(words), "{words}");
    }
    let window = colours_of_the_window(&site.get("/posts/calf").await);
    assert_eq!(window[0], "#ffffff");
    assert!(window[1].as_str() < "#333333", "dark by night: {window:?}");
    // The style sheet of feeds and the icon follow.
    let feed = site.get("/feed.xml").await.text();
    let feed_css = feed.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a style sheet");
    site.get(feed_css).await.is(200).says("--paper:#ffffff");
    let icon = site.get("/").await.html().one("link", "rel", "icon").get("href").to_owned();
    site.get(&icon).await.is(200).says("fill=\"#0a58ca\"").says("stroke=\"#ffffff\"");
}

#[tokio::test]
async fn table_columns_are_aligned_as_written() {
    let table = "| a | b | c |\n|---|:-:|--:|\n| 1 | 2 | 3 |";
    let site = TestSite::new().post("table", table).start().await;
    site.get("/posts/table").await.says("<td class=\"align-center\">2</td><td class=\"align-right\">3</td>");
    let css = style(&site).await.replace(' ', "");
    for rule in [".table-scroll.align-center{text-align:center", ".table-scroll.align-right{text-align:end"] {
        assert!(css.contains(rule), "{rule}");
    }
}

#[tokio::test]
async fn dark_colours_can_be_chosen_alone() {
    let site = themed("[theme.dark]\npaper = '#000'\naccent = '#ffb000'").await;
    assert_eq!(site.problems(), Vec::<String>::new());
    assert_eq!(colours_of_the_window(&site.get("/").await), ["#fbf6ee", "#000000"]);
}

#[tokio::test]
async fn colours_that_are_hard_to_read_are_reported_with_their_line() {
    let site = themed("\n[theme]\naccent = '#ff8a00'\nink = '#999'\n").await;
    let problems = site.problems();
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert_eq!(
        problems[0],
        "site.toml:4:1: warning: theme.accent is \"#ff8a00\", which has a contrast of only 1.97 to 1; text needs \
         4.5. Choose a darker colour, or a lighter one for theme.paper."
    );
    assert!(problems[1].starts_with("site.toml:5:1: warning: theme.ink is \"#999\""), "{problems:#?}");
}

#[tokio::test]
async fn own_fonts_are_served_and_preloaded() {
    let site = TestSite::new()
        .site_toml("[theme]\ndisplay_face = \"fonts/My \\u00dcber.woff2\"\ntext_face = \"Plain.woff2\"")
        .file("fonts/My Über.woff2", font())
        .file("media/Plain.woff2", font())
        .file("media/Plain-Bold.woff2", font())
        .post("calf", "x")
        .start()
        .await;
    assert_eq!(site.problems(), Vec::<String>::new());
    let css = style(&site).await;
    assert_eq!(css.matches("font-family:\"Own Text\"").count(), 2, "with its bold cut");
    assert!(css.contains("--font-display:\"Own Display\"") && css.contains("--font-text:\"Own Text\""));
    let html = site.get("/").await.html();
    let preloads: Vec<String> = html
        .all("link")
        .into_iter()
        .filter(|link| link.get("rel") == "preload")
        .map(|link| link.get("href").to_owned())
        .collect();
    assert_eq!(preloads.len(), 2, "{preloads:?}");
    assert!(preloads.iter().all(|font| !font.contains("archivo")), "what is not shown is not fetched: {preloads:?}");
    for font in preloads {
        assert!(css.contains(&font), "{font}");
        let answer = site.get(&font).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "font/woff2"));
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    }
}

#[tokio::test]
async fn system_fonts_load_nothing() {
    let site = themed("[theme]\ndisplay_face = 'serif'\ntext_face = 'mono'").await;
    let html = site.get("/").await.html();
    assert!(html.find("link", "rel", "preload").is_none());
    assert!(style(&site).await.contains("--font-text:var(--font-code)"));
}

#[tokio::test]
async fn the_header_picture_is_on_the_home_page_only() {
    let toml = "[theme]\nheader_picture = 'a b.png'\nheader_picture_alt = 'A \"track\"'";
    let site = TestSite::new().site_toml(toml).file("media/a b.png", png(1600, 800)).post("calf", "x").start().await;
    assert_eq!(site.problems(), Vec::<String>::new());
    let html = site.get("/").await.html();
    let picture = html.one("img", "alt", "A \"track\"");
    assert_eq!((picture.get("width"), picture.get("height"), picture.get("fetchpriority")), ("1600", "800", "high"));
    assert_eq!(html.depth_in(picture, "header-picture"), 1);
    assert!(picture.get("srcset").contains(" 800w") && picture.get("sizes").ends_with("100vw"), "{picture:?}");
    site.get(picture.get("src")).await.is(200);
    assert!(site.get("/posts/calf").await.html().find("div", "class", "header-picture").is_none());
}

#[tokio::test]
async fn missing_files_of_a_theme_are_reported_and_left_out() {
    let toml = "card = 'card.png'\nicon = 'icon.svg'\n\n[theme]\ndisplay_face = 'fonts/A.woff2'\n\
                text_face = 'fonts/B.woff2'\nheader_picture = 'top.jpg'\n";
    let site = TestSite::new().site_toml(toml).file("fonts/B.woff2", "no font").post("calf", "x").start().await;
    let problems = site.problems();
    let expected = [
        "site.toml:1:1: warning: there is no file \"card.png\" for card. Put it into ",
        "site.toml:2:1: warning: there is no file \"icon.svg\" for icon. Put it into ",
        "site.toml:5:1: warning: there is no file \"fonts/A.woff2\" for theme.display_face. Put it into ",
        "site.toml:6:1: warning: \"fonts/B.woff2\" for theme.text_face is no WOFF2. Convert ",
        "site.toml:7:1: warning: there is no file \"top.jpg\" for theme.header_picture. Put it into ",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, start) in problems.iter().zip(expected) {
        assert!(problem.starts_with(start), "{problem}");
    }
    let html = site.get("/").await.is(200).html();
    assert!(html.find("link", "rel", "preload").is_none() && html.find("div", "class", "header-picture").is_none());
    assert!(!style(&site).await.contains("Own Text\";src"));
    site.get(html.one("link", "rel", "icon").get("href")).await.is(200);
}

#[tokio::test]
async fn a_missing_file_is_shown_once_it_exists() {
    let toml = "[theme]\nheader_picture = 'top.png'\ntext_face = 'B.woff2'";
    let site = TestSite::new().site_toml(toml).post("calf", "x").keeps_current().real_clock().start().await;
    assert_eq!(site.problems().len(), 2);
    site.save("media/top.png", png(20, 10));
    site.save("fonts-are-elsewhere.txt", "x");
    site.save("B.woff2", font());
    crate::support::eventually("both are shown", async || {
        let html = site.get("/").await.html();
        let is_there =
            html.find("div", "class", "header-picture").is_some() && html.find("link", "as", "font").is_some();
        (is_there && html.all("link").iter().any(|link| link.get("href").contains("/static/text-"))).then_some(())
    })
    .await;
    crate::support::eventually("nothing is missed", async || site.problems().is_empty().then_some(())).await;
}

#[tokio::test]
async fn the_manifest_has_what_a_home_screen_needs() {
    let site = themed("description = 'About \"it\".'\nlanguage = 'de'\n[theme]\npaper = '#fff'").await;
    let path = site.get("/posts/calf").await.html().one("link", "rel", "manifest").get("href").to_owned();
    let answer = site.get(&path).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/manifest+json"));
    assert_eq!(answer.header("cache-control"), "public, max-age=0, must-revalidate");
    assert_eq!(site.get_with(&path, &[("if-none-match", answer.header("etag"))]).await.status, 304);
    let manifest: Value = serde_json::from_str(&answer.text()).expect("JSON");
    for (member, value) in [
        ("name", "Loose Laces"),
        ("short_name", "Loose Laces"),
        ("description", "About \"it\"."),
        ("lang", "de"),
        ("start_url", "/"),
        ("scope", "/"),
        ("display", "minimal-ui"),
        ("theme_color", "#ffffff"),
        ("background_color", "#ffffff"),
    ] {
        assert_eq!(manifest[member], value, "{member}");
    }
    let icons = manifest["icons"].as_array().expect("icons");
    let has =
        |sizes: &str, purpose: &str| icons.iter().any(|icon| icon["sizes"] == sizes && icon["purpose"] == purpose);
    assert!(
        has("any", "any") && has("192x192", "any") && has("512x512", "any") && has("512x512", "maskable"),
        "{icons:?}"
    );
    for icon in icons {
        let answer = site.get(icon["src"].as_str().expect("an address")).await;
        assert_eq!(answer.header("content-type"), icon["type"].as_str().expect("a type"));
        if icon["sizes"] != "any" {
            let size = imagesize::blob_size(&answer.is(200).body).expect("a picture");
            assert_eq!(icon["sizes"], format!("{}x{}", size.width, size.height));
        }
    }
}

#[tokio::test]
async fn an_own_icon_replaces_the_default_one() {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"/>";
    let site = TestSite::new()
        .site_toml("icon = 'me.svg'")
        .file("me.svg", svg)
        .file("me.png", png(300, 300))
        .post("calf", "x")
        .start()
        .await;
    assert_eq!(site.problems(), Vec::<String>::new());
    let html = site.get("/").await.html();
    let icon = html.one("link", "rel", "icon");
    assert_eq!((icon.get("type"), icon.get("sizes")), ("image/svg+xml", "any"));
    assert_eq!(site.get(icon.get("href")).await.text(), svg);
    let touch = html.one("link", "rel", "apple-touch-icon").get("href").to_owned();
    let sent = site.get(&touch).await.is(200).body.to_vec();
    assert_eq!(imagesize::blob_size(&sent).expect("a picture").width, 300);
    assert!(!sent.windows(6).any(|word| word == photo::SECRET), "it tells who made it");
    for path in ["/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png"] {
        assert_eq!(site.get(path).await.leads(), format!("302 {touch}"), "{path}");
    }
    let small = TestSite::new().site_toml("icon = 'me.png'").file("me.png", png(2, 1)).start().await;
    assert!(
        small.problems()[0].contains("\"me.png\" for icon has 2 by 1 pixels. Make it square"),
        "{:?}",
        small.problems()
    );
}

#[tokio::test]
async fn the_script_of_the_colour_switch_runs_before_the_first_paint() {
    let site = themed("").await;
    let html = site.get("/posts/calf").await.html();
    let at = |name: &str, attribute: &str, value: &str| {
        let is_it = |one: &crate::support::html::Element| one.name == name && one.get(attribute).contains(value);
        html.elements.iter().position(is_it).unwrap_or_else(|| panic!("no {name} {attribute}={value}"))
    };
    // A script behind a style sheet waits for it, and one that is deferred comes after the first paint.
    let script = at("script", "src", "/static/site-");
    assert!(script < at("link", "rel", "stylesheet") && script > at("meta", "name", "theme-color"));
    let script = &html.elements[script];
    assert!(["async", "defer", "type"].iter().all(|name| script.attribute(name).is_none()), "{script:?}");
    let answer = site.get_with(script.get("src"), &[("accept-encoding", "br")]).await;
    assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(answer.body.len() < 1000, "{} bytes", answer.body.len());
    let choices: Vec<&str> =
        html.all("input").iter().filter(|one| one.get("name") == "scheme").map(|one| one.get("value")).collect();
    assert_eq!(choices, ["auto", "light", "dark"]);
}
