//! Search in a browser: results while typing, and search without scripts.

use fantoccini::key::Key;

use super::support::{Scripts, Stage, Visitor, until};

const FIELD: &str = "main input[name=q]";

/// Opens a search when the index is ready: it is built in the background after the start.
async fn open_when_ready(reader: &Visitor) {
    reader.open("/search?q=calf").await;
    reader.reload_until(".results").await;
}

async fn types(reader: &Visitor, text: &str) {
    reader.see(FIELD).await.send_keys(text).await.expect("typed");
}

async fn shows(reader: &Visitor, sentence: &str) {
    until(&format!("the sentence {sentence:?}"), async || {
        reader.run("return document.getElementById('search-count').textContent").await.as_str() == Some(sentence)
    })
    .await;
}

#[tokio::test]
async fn the_search_icon_focuses_the_search_field() {
    let Some(stage) = Stage::set() else { return };
    for scripts in [Scripts::On, Scripts::Off] {
        let reader = stage.visitor(scripts).await;
        reader.open("/").await;
        reader.click("header a[href='/search']").await;
        reader.arrives_at("/search").await;
        reader.finds_focus_on("input#q").await;
        // Who reads results keeps the focus where it is.
        reader.open("/search?q=calf").await;
        reader.finds_focus_on("body").await;
    }
}

#[tokio::test]
async fn results_appear_while_typing() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;
    open_when_ready(&reader).await;

    reader.open("/search").await;
    let status = "return document.getElementById('search-count')";
    reader.run(&format!("window.before = ({{ status: (() => {{ {status} }})() }})")).await;
    reader.click(FIELD).await;
    types(&reader, "lacrosse bal").await;
    reader.see(".results a[href='/posts/foot-and-ankle-stretches-for-runners']").await;
    until("the address", async || reader.address().await == "/search?q=lacrosse+bal").await;
    assert!(reader.title().await.expect("a title").starts_with("lacrosse bal"));
    // The field is where it was, and so is the caret.
    reader.finds_focus_on("input#q").await;
    types(&reader, "l").await;
    until("the next address", async || reader.address().await == "/search?q=lacrosse+ball").await;
    assert_eq!(reader.value(FIELD).await, "lacrosse ball");
    assert_eq!(reader.run("return document.activeElement.selectionStart").await, 13);
    // What is read out is one element all the time.
    assert_eq!(reader.run("return before.status === document.getElementById('search-count')").await, true);
    assert_eq!(reader.attribute("#search-count", "role").await.as_deref(), Some("status"));
    assert!(reader.text("#search-count").await.contains("for “lacrosse ball”"));

    // In the middle of a word.
    reader.press(Key::Home).await;
    types(&reader, "a ").await;
    until("the caret's address", async || reader.address().await == "/search?q=a+lacrosse+ball").await;
    assert_eq!(reader.run("return document.activeElement.selectionStart").await, 2);
    stage.trap.assert_empty();
}

#[tokio::test]
async fn back_and_forward_keep_what_was_typed() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;
    open_when_ready(&reader).await;

    reader.open("/search").await;
    types(&reader, "hamstirng").await;
    until("the corrected results", async || reader.count(".meant").await == 1 && reader.count(".results li").await > 0)
        .await;
    reader.click(".results h2 a").await;
    until("the way to a result", async || !reader.address().await.starts_with("/search")).await;
    reader.back().await.expect("back");
    reader.arrives_at("/search?q=hamstirng").await;
    reader.see(".results").await;
    assert_eq!(reader.value(FIELD).await, "hamstirng");
    // All of the typing was one step.
    reader.back().await.expect("back");
    reader.arrives_at("/search?q=calf").await;
    assert_eq!(reader.value(FIELD).await, "calf");
    reader.forward().await.expect("forward");
    reader.arrives_at("/search?q=hamstirng").await;
    assert_eq!(reader.value(FIELD).await, "hamstirng");
}

#[tokio::test]
async fn a_filter_works_at_once_and_an_emptied_field_shows_the_start_again() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;
    open_when_ready(&reader).await;

    reader.open("/search").await;
    reader.see("#tag").await.select_by_value("feet").await.expect("a tag");
    reader.see(".chosen a").await;
    until("the address", async || reader.address().await == "/search?tag=feet").await;
    reader.click(".chosen a").await;
    until("the bare address", async || reader.address().await == "/search").await;
    reader.see(".search-hint").await;
    types(&reader, "calf").await;
    reader.see(".results").await;
    reader.fill(FIELD, "").await;
    reader.see(".search-hint").await;
    shows(&reader, "").await;
    until("the bare address again", async || reader.address().await == "/search").await;
}

#[tokio::test]
async fn the_form_works_if_a_response_does_not_arrive() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;
    open_when_ready(&reader).await;

    reader.open("/search").await;
    reader.run("window.fetches = 0; window.fetch = async () => { fetches += 1; throw new TypeError('offline') }").await;
    types(&reader, "lacrosse").await;
    until("a request that fails", async || reader.run("return fetches > 0").await == true).await;
    assert_eq!(reader.count(".results").await, 0);
    assert_eq!(reader.console().await, Vec::<String>::new());
    reader.press(Key::Enter).await;
    reader.arrives_at("/search?q=lacrosse").await;
    reader.see(".results").await;
}

#[tokio::test]
async fn only_the_last_query_shows_results() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;
    open_when_ready(&reader).await;

    reader.open("/search").await;
    // The first answer is held back until the second is there.
    reader
        .run(
            "const own = window.fetch; let first = true; window.late = null; \
             window.fetch = async (wanted, options) => { \
               const answer = await own(wanted); \
               if (first) { first = false; await new Promise((done) => { window.late = done }) } \
               return answer }",
        )
        .await;
    types(&reader, "calf").await;
    until("the first answer is held", async || reader.run("return late !== null").await == true).await;
    types(&reader, " xylophone").await;
    shows(&reader, "Nothing found for “calf xylophone”. Try another word.").await;
    reader.run("late()").await;
    // A task behind the late answer's own.
    reader.run("return new Promise((done) => setTimeout(done))").await;
    shows(&reader, "Nothing found for “calf xylophone”. Try another word.").await;
    assert_eq!(reader.count(".results").await, 0);
}

#[tokio::test]
async fn with_scripts_off_the_button_applies_filters_and_corrections() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::Off).await;
    open_when_ready(&reader).await;

    reader.open("/search").await;
    reader.fill(FIELD, "hamstirng").await;
    reader.click("main form[role=search] button").await;
    reader.arrives_at("/search?q=hamstirng").await;
    assert_eq!(reader.text(".meant em").await, "hamstring");
    assert!(reader.count(".results li").await > 0);
    reader.see("#tag").await.select_by_value("feet").await.expect("a tag");
    reader.fill(FIELD, "").await;
    reader.click("main form[role=search] button").await;
    reader.arrives_at("/search?q=&tag=feet").await;
    assert!(reader.count(".results li").await > 0);
    reader.click(".chosen a").await;
    until("the bare form", async || reader.address().await == "/search").await;
    stage.trap.assert_empty();
}
