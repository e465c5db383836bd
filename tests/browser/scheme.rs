//! The light and the dark scheme, and printed pages.

use fantoccini::key::Key;
use serde_json::{Value, json};

use super::support::{FLAGSHIP, Scheme, Scripts, Stage, Visitor, until};

/// Script that records the background of every frame, if the scheme was set by then, and how much the layout shifts.
const WATCH_FRAMES: &str = "window.frames_seen = []; window.shifted = 0; \
    new PerformanceObserver((list) => list.getEntries().forEach((one) => { shifted += one.value; })) \
      .observe({ type: 'layout-shift', buffered: true }); \
    const look = () => { const root = document.documentElement; \
      if (document.body) frames_seen.push([root.dataset.scheme ?? '', getComputedStyle(root).backgroundColor]); \
      if (frames_seen.length < 30) requestAnimationFrame(look); }; \
    requestAnimationFrame(look);";

#[tokio::test]
async fn a_chosen_scheme_is_kept_without_a_cookie_and_without_a_flash() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.prefer(Scheme::Light).await;
    reader.open("/").await;
    assert!(paper(&reader).await > 0.9);
    assert_eq!(window_colour(&reader).await, json!(["(prefers-color-scheme: light)", "(prefers-color-scheme: dark)"]));
    choose(&reader, "dark").await;
    assert!(paper(&reader).await < 0.3);
    assert_eq!(window_colour(&reader).await, json!(["not all", "all"]));
    assert_eq!(colour_scheme(&reader).await, "dark");

    reader.run_on_every_page(WATCH_FRAMES).await;
    for page in ["/", FLAGSHIP, "/search", "/no/such/page"] {
        reader.open(page).await;
        until("some frames", async || reader.run("return frames_seen.length > 5").await == true).await;
        let frames = reader.run("return frames_seen").await;
        for frame in frames.as_array().expect("frames") {
            assert_eq!(frame[0], "dark", "{page}: {frames}");
            assert!(lightness(&frame[1]) < 0.3, "{page} flashes: {frames}");
        }
        assert_eq!(reader.run("return shifted").await, json!(0), "{page} shifts");
        assert_eq!(reader.run("return document.querySelector('[name=scheme]:checked').value").await, "dark");
    }
    assert_eq!(reader.cookies().await, Vec::<String>::new());
    let mut console = reader.console().await;
    // The page that is not there.
    console.retain(|line| !line.contains("404"));
    assert_eq!(console, Vec::<String>::new());

    // By day in spite of a system that has night; and back to what the system says.
    reader.prefer(Scheme::Dark).await;
    choose(&reader, "light").await;
    assert!(paper(&reader).await > 0.9);
    assert_eq!(colour_scheme(&reader).await, "light");
    choose(&reader, "auto").await;
    assert!(paper(&reader).await < 0.3);
    reader.prefer(Scheme::Light).await;
    assert!(paper(&reader).await > 0.9);
}

#[tokio::test]
async fn nothing_moves_while_a_page_arrives_slowly() {
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.run_on_every_page(WATCH_FRAMES).await;
    // Style sheet, font and the parts of the page come one after the other.
    reader.on_a_slow_line(30_000).await;
    reader.open(FLAGSHIP).await;
    until("the font is there", async || {
        reader.run("return performance.getEntriesByType('resource').some((one) => one.name.endsWith('.woff2') && one.responseEnd > 0)").await == true
    })
    .await;
    until("some frames", async || reader.run("return frames_seen.length > 20").await == true).await;
    assert_eq!(reader.run("return shifted").await, json!(0));
    // Here the stand-in is as wide as the font, and a scrollbar may lie on the page. Elsewhere, these two would move it.
    let kept = "return [getComputedStyle(document.documentElement).scrollbarGutter, \
                ...[...document.fonts].filter((one) => /Expanded/.test(one.family)).map((one) => one.display)]";
    assert_eq!(reader.run(kept).await, json!(["stable", "optional"]));
    // A page that is too short for a scrollbar has the same width.
    let width = reader.run("return document.documentElement.clientWidth").await;
    reader.open("/no/such/page").await;
    assert_eq!(reader.run("return document.documentElement.clientWidth").await, width);
}

#[tokio::test]
async fn other_tabs_follow() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.open("/").await;
    let first = reader.window().await.expect("a tab");
    let second = reader.new_window(true).await.expect("another tab").handle;
    reader.switch_to_window(second).await.expect("goes there");
    reader.open("/about").await;
    choose(&reader, "dark").await;
    reader.switch_to_window(first).await.expect("goes back");
    until("the first tab is dark", async || paper(&reader).await < 0.3).await;
}

#[tokio::test]
async fn the_switch_works_by_keyboard_and_says_what_it_is() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.open("/about").await;
    reader.run("document.querySelector('[name=scheme]:checked').focus()").await;
    reader.press(Key::Right).await;
    reader.press(Key::Right).await;
    until("dark by keyboard", async || paper(&reader).await < 0.3).await;
    let chosen = reader.active_element().await.expect("the focus");
    assert_eq!(reader.spoken_name(&chosen).await, "Dark");
    let group = reader.see("fieldset.scheme").await;
    assert_eq!(reader.spoken_name(&group).await, "Colours");
    let small = "return [...document.querySelectorAll('.scheme label')].map((one) => one.getBoundingClientRect()) \
                 .filter((box) => box.width < 44 || box.height < 44).length";
    assert_eq!(reader.run(small).await, 0, "smaller than a finger");
}

#[tokio::test]
async fn without_scripts_there_is_no_switch() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::Off).await;

    for page in ["/", FLAGSHIP] {
        reader.open(page).await;
        assert!(!reader.see("fieldset.scheme").await.is_displayed().await.expect("an answer"), "{page}");
    }
}

#[tokio::test]
async fn printed_pages_are_light_and_have_only_texts_and_addresses() {
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.prefer(Scheme::Dark).await;
    reader.open(FLAGSHIP).await;
    choose(&reader, "dark").await;
    reader.print(Scheme::Dark).await;
    assert_eq!(
        reader.run("return getComputedStyle(document.documentElement).backgroundColor").await,
        "rgb(255, 255, 255)"
    );
    let ink = reader.run("return getComputedStyle(document.querySelector('.prose p')).color").await;
    assert_eq!(ink, "rgb(0, 0, 0)");
    assert_eq!(colour_scheme(&reader).await, "light");
    let unwanted = "return ['.site-nav', '.site-footer', '.skip-link', '.scheme', '.toc', '.respond', '.comment-actions', '.related'] \
                    .filter((css) => [...document.querySelectorAll(css)].some((one) => one.checkVisibility()))";
    assert_eq!(reader.run(unwanted).await, json!([]));
    let wanted = "return ['h1', '.prose', '.stretch-card', '.comment'].filter((css) => !document.querySelector(css).checkVisibility())";
    assert_eq!(reader.run(wanted).await, json!([]));
    // The address stands behind a link that leads elsewhere, without what nobody types.
    let behind = "const link = document.querySelector('.prose p').appendChild(document.createElement('a')); \
                  link.href = arguments[0]; return getComputedStyle(link, '::after').content";
    let shown = reader.execute(behind, vec![json!("https://example.org/plan")]).await.expect("an answer");
    assert_eq!(shown, "\" (https://example.org/plan)\"");
    let shown = reader.execute(behind, vec![json!("/about")]).await.expect("an answer");
    assert_eq!(shown, "none");
}

async fn choose(reader: &Visitor, scheme: &str) {
    reader.click(&format!(".scheme label:has([value={scheme}])")).await;
}

async fn paper(reader: &Visitor) -> f64 {
    lightness(&reader.run("return getComputedStyle(document.documentElement).backgroundColor").await)
}

async fn colour_scheme(reader: &Visitor) -> Value {
    reader.run("return getComputedStyle(document.documentElement).colorScheme").await
}

async fn window_colour(reader: &Visitor) -> Value {
    reader.run("return [...document.querySelectorAll('meta[name=theme-color]')].map((one) => one.media)").await
}

/// Brightness from 0 to 1 of a colour such as `rgb(27, 20, 16)`: the mean of its channels.
fn lightness(colour: &Value) -> f64 {
    let text = colour.as_str().unwrap_or_default();
    let channels = text.strip_prefix("rgb(").and_then(|text| text.strip_suffix(')')).unwrap_or_default();
    let channels: Vec<f64> = channels.split(", ").filter_map(|channel| channel.parse().ok()).collect();
    assert_eq!(channels.len(), 3, "{colour} is no rgb()");
    channels.iter().sum::<f64>() / 3.0 / 255.0
}
