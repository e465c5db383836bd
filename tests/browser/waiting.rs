//! A held comment is shown to the browser that sent it, at its place in the thread, until the author has decided.

use serde_json::{Value, json};

use super::support::{FLAGSHIP, Scripts, Stage, Visitor, until};

/// Addresses in this browser's storage, one for each comment that waits.
async fn kept(writer: &Visitor) -> Vec<String> {
    let script = "return Object.entries(localStorage).filter(([key]) => key.startsWith('waiting ')).flatMap(([, value]) => value.split(' '))";
    let kept: Value = writer.run(script).await;
    kept.as_array().expect("a list").iter().map(|one| one.as_str().expect("an address").to_owned()).collect()
}

async fn keeps(writer: &Visitor, count: usize) {
    until(&format!("{count} addresses are kept"), async || kept(writer).await.len() == count).await;
}

/// Sends the form of the page with this text, and returns the id of the comment's element.
async fn send(writer: &Visitor, text: &str) -> String {
    let before = kept(writer).await.len();
    writer.run("document.getElementById('-respond').scrollIntoView()").await;
    writer.see(".remember").await;
    writer.fill("#-name", "Cora").await;
    writer.fill("#-text", text).await;
    writer.click("form.comment-form button").await;
    let id = writer.attribute(".comment-waiting:target", "id").await.expect("an id");
    keeps(writer, before + 1).await;
    id
}

#[tokio::test]
async fn a_first_comment_is_shown_again_until_it_is_approved() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::On).await;
    writer.open(FLAGSHIP).await;
    let first = send(&writer, "My first words").await;

    writer.open("/").await;
    writer.open(FLAGSHIP).await;
    writer.see(&format!(".thread > li > #{first}.comment-waiting")).await;
    assert_eq!(writer.address().await, FLAGSHIP);
    let text = writer.text(&format!("#{first}")).await;
    assert!(text.contains("My first words") && text.contains("Waiting"), "{text}");
    assert!(!writer.text("#-comments").await.contains("Nobody has said anything yet."));

    // Another one, beside it; and nobody else sees either, or fetches a script for it.
    let second = send(&writer, "My second words").await;
    writer.open(FLAGSHIP).await;
    writer.see(&format!("#{first}.comment-waiting")).await;
    writer.see(&format!("#{second}.comment-waiting")).await;
    let stranger = stage.visitor(Scripts::On).await;
    stranger.open(FLAGSHIP).await;
    stranger.run("document.getElementById('-respond').scrollIntoView()").await;
    stranger.see(".remember").await;
    assert_eq!(stranger.count(".comment").await, 0);
    let fetched = "return performance.getEntriesByType('resource').some((one) => one.name.includes('/waiting-'))";
    assert_eq!(stranger.run(fetched).await, json!(false));

    // The author decides: one is public, the other is gone.
    let held = stage.site.held_comments();
    stage.site.approve(&json!(first[8..].parse::<i64>().expect("a number")));
    stage.site.shell(&["comments", "trash", &second[8..]]);
    assert_eq!(held.len(), 2);
    stranger.reload_until(".comment").await;
    writer.open(FLAGSHIP).await;
    keeps(&writer, 0).await;
    assert_eq!(writer.count(".comment").await, 1);
    assert_eq!(writer.count(".comment-waiting").await, 0);
    assert_eq!(writer.console().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_held_reply_is_shown_below_its_parent() {
    let Some(stage) = Stage::demo() else { return };
    let writer = stage.visitor(Scripts::On).await;
    // The first has answers, the last has none; one answers an answer.
    writer.open(FLAGSHIP).await;
    let find = "const all = [...document.querySelectorAll('.comment')]; \
                const bare = all.findLast((one) => !one.parentElement.querySelector('ol')); \
                return [all[0].id, document.querySelector('.replies .comment').id, bare.id]";
    for parent in writer.run(find).await.as_array().expect("three ids") {
        let parent = parent.as_str().expect("an id");
        writer.open(&format!("{FLAGSHIP}?reply_to={}", &parent[8..])).await;
        let answer = send(&writer, &format!("To {parent}")).await;
        let place = "const item = document.getElementById(arguments[0]).parentElement; \
                     const id = (one) => one?.querySelector('.comment').id; \
                     return [id(item.previousElementSibling) ?? null, id(item.parentElement.closest('li')), \
                             item.nextElementSibling === null]";
        let id = || vec![json!(answer)];
        let own = writer.execute(place, id()).await.expect("its place");
        writer.open(FLAGSHIP).await;
        writer.see(&format!("#{answer}.comment-waiting")).await;
        assert_eq!(writer.execute(place, id()).await.expect("its place"), own, "{parent}");
        assert_eq!(own[1], parent);
    }
    assert_eq!(kept(&writer).await.len(), 3);
    writer.open(FLAGSHIP).await;
    until("all three", async || writer.count(".comment-waiting").await == 3).await;
}

#[tokio::test]
async fn an_edited_comment_that_is_held_again_keeps_its_place() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::On).await;
    writer.open(FLAGSHIP).await;
    let id = send(&writer, "My first words").await;
    stage.site.approve(&json!(id[8..].parse::<i64>().expect("a number")));
    let answer = stage.site.reply(&json!(id[8..].parse::<i64>().expect("a number")), "An answer");

    writer.open(&format!("/me/comments/{}/edit", &id[8..])).await;
    let links = (1..9).map(|at| format!("https://a{at}.example")).collect::<Vec<_>>().join(" ");
    writer.fill("#-text", &format!("Changed {links}")).await;
    writer.click("form.comment-form button").await;
    writer.see(".comment-waiting:target").await;
    keeps(&writer, 1).await;
    writer.open(FLAGSHIP).await;
    writer.see(&format!("#{id}.comment-waiting")).await;
    assert_eq!(writer.count(&format!("#{id}")).await, 1);
    assert_eq!(writer.count(&format!("#{id} + .replies #comment-{answer}")).await, 1);
}
