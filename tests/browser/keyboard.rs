//! The site without a mouse.

use fantoccini::key::Key;
use serde_json::{Value, json};

use super::support::{FLAGSHIP, GUIDE, Scripts, Stage, Visitor};

#[tokio::test]
async fn the_first_tab_stop_skips_the_header() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::Off).await;

    reader.open("/").await;
    let top = "return document.querySelector('.skip-link').getBoundingClientRect().top";
    assert!(reader.run(top).await.as_f64().expect("a number") < 0.0, "it is out of sight at first");
    reader.press(Key::Tab).await;
    let link = reader.active_element().await.expect("an active element");
    assert_eq!(link.attr("href").await.expect("an answer").as_deref(), Some("#-main"));
    assert!(reader.run(top).await.as_f64().expect("a number") >= 0.0, "it shows when it has the focus");
    reader.press(Key::Enter).await;
    reader.finds_focus_on("main#-main").await;
    reader.press(Key::Tab).await;
    assert_eq!(reader.run("return document.activeElement.closest('main') !== null").await, true);
}

#[tokio::test]
async fn every_link_button_and_field_is_a_tab_stop_with_visible_focus() {
    let Some(stage) = Stage::demo() else { return };
    let reader = stage.visitor(Scripts::On).await;

    for page in ["/", FLAGSHIP, GUIDE, "/search?q=calf"] {
        reader.open(page).await;
        reader.run("window.stops = new Set()").await;
        let mut left = 500;
        while let Some(stop) = next_stop(&reader).await {
            assert_eq!(stop["shows"], true, "{page}: no visible focus on {}", stop["what"]);
            left -= 1;
            assert_ne!(left, 0, "{page}: the tab key finds no end; it is on {}", stop["what"]);
        }
        // Of radio buttons that belong together the chosen one is a stop; the arrow keys reach the others.
        let passed_by = "const kinds = 'a[href], button:enabled, input:enabled:not([type=radio]:not(:checked)), select:enabled, textarea:enabled, summary'; \
                         return [...document.querySelectorAll(kinds)] \
                           .filter((one) => one.tabIndex >= 0 && one.checkVisibility() && !stops.has(one)) \
                           .map((one) => one.outerHTML.slice(0, 120))";
        assert_eq!(reader.run(passed_by).await, json!([]), "{page}: the tab key passes these by");
    }
}

/// Moves the focus to the next tab stop; `None` after the last one.
async fn next_stop(reader: &Visitor) -> Option<Value> {
    reader.press(Key::Tab).await;
    // Inside a clip the browser's own buttons have the focus, and show it themselves.
    let script = "const one = document.activeElement; \
                  if (!one || one === document.body || one === document.documentElement) return null; \
                  stops.add(one); \
                  const style = getComputedStyle(one), box = one.getBoundingClientRect(); \
                  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; \
                  const in_view = box.width > 0 && box.bottom > 0 && box.top < innerHeight; \
                  const shows = in_view && (outlined || one.tagName === 'VIDEO'); \
                  return { shows, what: one.outerHTML.slice(0, 120) }";
    let stop = reader.run(script).await;
    (!stop.is_null()).then_some(stop)
}
