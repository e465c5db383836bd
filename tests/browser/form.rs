//! The comment form with its script: drafts, the form that moves, remembered names, the live preview. The same form
//! with scripts off.

use serde_json::{Value, json};

use super::support::{FLAGSHIP, Scripts, Stage, Visitor, until};

/// Scrolls to the form, and waits for its script, which is loaded then.
async fn go_to_form(reader: &Visitor) {
    reader.run("document.getElementById('-respond').scrollIntoView()").await;
    reader.see(".remember").await;
}

/// Local storage of the browser, without the addresses of comments that wait.
async fn stored(reader: &Visitor) -> Value {
    reader.run("return Object.entries(localStorage).filter(([key]) => !key.startsWith('waiting ')).sort()").await
}

/// A comment that everyone sees.
async fn somebody_commented(stage: &Stage) {
    let writer = stage.visitor(Scripts::Off).await;
    writer.open(FLAGSHIP).await;
    writer.fill("#-name", "Cora").await;
    writer.fill("#-text", "Does a tennis ball do?").await;
    writer.click("form.comment-form button").await;
    writer.see(".comment-waiting").await;
    stage.site.approve(&stage.site.held_comments()[0]["id"]);
    writer.open(FLAGSHIP).await;
    writer.reload_until(".comment-reply").await;
}

#[tokio::test]
async fn a_reader_fetches_no_script_of_the_form() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;
    reader.open(FLAGSHIP).await;
    let fetched = "return performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname) \
                   .filter((path) => path.endsWith('.js')).map((path) => path.split('-')[0])";
    assert_eq!(reader.run(fetched).await, json!(["/static/site"]));
    go_to_form(&reader).await;
    assert_eq!(reader.run(fetched).await, json!(["/static/site", "/static/comments"]));
    assert_eq!(reader.cookies().await, Vec::<String>::new());
    assert_eq!(stored(&reader).await, json!([]), "nothing is kept before something is typed");
    assert_eq!(reader.console().await, Vec::<String>::new());
    stage.trap.assert_empty();
}

#[tokio::test]
async fn a_draft_is_kept_in_the_browser_until_the_comment_is_stored() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::On).await;
    writer.open(FLAGSHIP).await;
    go_to_form(&writer).await;
    writer.fill("#-text", "Half a thought").await;
    writer.open("/").await;
    writer.open(FLAGSHIP).await;
    go_to_form(&writer).await;
    assert_eq!(writer.value("#-text").await, "Half a thought");

    // A form with something to mend is not taken yet.
    writer.click("form.comment-form button").await;
    writer.see("#-error-summary").await;
    writer.open(FLAGSHIP).await;
    go_to_form(&writer).await;
    assert_eq!(writer.value("#-text").await, "Half a thought");

    writer.fill("#-name", "Cora").await;
    writer.click("form.comment-form button").await;
    writer.see(".comment-waiting:target").await;
    go_to_form(&writer).await;
    assert_eq!(writer.value("#-text").await, "");
    assert_eq!(stored(&writer).await, json!([]), "it is forgotten once it is taken");
    assert_eq!(stage.site.held_comments()[0]["text"], "Half a thought");

    // The next one is taken at once, and so is its draft.
    stage.site.approve(&stage.site.held_comments()[0]["id"]);
    writer.open(FLAGSHIP).await;
    writer.reload_until(".comment-reply").await;
    go_to_form(&writer).await;
    writer.fill("#-name", "Cora").await;
    writer.fill("#-text", "A whole one").await;
    writer.click("form.comment-form button").await;
    writer.see(".comment:target").await;
    go_to_form(&writer).await;
    assert_eq!((writer.value("#-text").await.as_str(), stored(&writer).await), ("", json!([])));
}

#[tokio::test]
async fn the_form_moves_below_the_comment_it_answers_and_back() {
    let Some(stage) = Stage::set() else { return };
    somebody_commented(&stage).await;
    let writer = stage.visitor(Scripts::On).await;
    writer.open(FLAGSHIP).await;
    go_to_form(&writer).await;
    writer.fill("#-name", "Dana").await;
    writer.fill("#-text", "For the post").await;

    writer.click(".comment-reply").await;
    writer.finds_focus_on("textarea#-text").await;
    assert_eq!(writer.address().await, FLAGSHIP, "the address stays");
    assert_eq!(writer.count(".comment + #-respond").await, 1);
    assert_eq!(writer.text("#-respond h2").await, "Your reply");
    assert_eq!(writer.text(".replying p").await, "Replying to Cora");
    assert_eq!(writer.value("#-text").await, "", "an answer has a draft of its own");
    assert_eq!(writer.value("#-name").await, "Dana");
    writer.fill("#-text", "It does").await;

    writer.click(".replying > a").await;
    until("the focus is back", async || writer.run("return document.activeElement.className").await == "comment-reply")
        .await;
    assert_eq!(writer.count(".comment + #-respond").await, 0);
    assert_eq!(writer.value("#-text").await, "For the post");
    assert_eq!(writer.value("[name=parent]").await, "");
    assert_eq!(writer.address().await, FLAGSHIP);

    writer.click(".comment-reply").await;
    assert_eq!(writer.value("#-text").await, "It does");
    writer.click("form.comment-form button").await;
    writer.see(".replies .comment-waiting:target").await;
    go_to_form(&writer).await;
    assert_eq!(writer.value("#-text").await, "For the post", "the other draft is still there");
    assert_eq!(writer.console().await, Vec::<String>::new());
}

#[tokio::test]
async fn name_and_site_are_remembered_only_if_ticked() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::On).await;
    writer.open(FLAGSHIP).await;
    go_to_form(&writer).await;
    writer.fill("#-name", "Dana").await;
    writer.fill("#-site", "dana.example").await;
    writer.fill("#-email", "dana@secret.example").await;
    writer.open(FLAGSHIP).await;
    go_to_form(&writer).await;
    assert_eq!(writer.value("#-name").await, "");

    writer.fill("#-name", "Dana").await;
    writer.fill("#-site", "dana.example").await;
    writer.fill("#-email", "dana@secret.example").await;
    writer.click(".remember input").await;
    writer.open(FLAGSHIP).await;
    go_to_form(&writer).await;
    assert_eq!(writer.value("#-name").await, "Dana");
    assert_eq!(writer.value("#-site").await, "dana.example");
    assert_eq!(writer.value("#-email").await, "", "never the e-mail address");
    assert!(!stored(&writer).await.to_string().contains("secret.example"));
    let checkbox = writer.see(".remember input").await;
    assert_eq!(writer.spoken_name(&checkbox).await, "Remember my name and site in this browser");

    writer.click(".remember input").await;
    assert_eq!(stored(&writer).await, json!([]));
}

#[tokio::test]
async fn a_preview_follows_what_is_typed() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::On).await;
    writer.open(FLAGSHIP).await;
    go_to_form(&writer).await;
    writer.fill("#-text", "My **arches** thank you").await;
    assert_eq!(writer.run("return document.getElementById('-preview').hidden").await, true, "nobody has asked for it");
    writer.click("[name=preview]").await;
    writer.see("#-preview:not([hidden]) strong").await;
    assert_eq!(writer.address().await, FLAGSHIP);
    assert_eq!(writer.text("#-preview strong").await, "arches");
    writer.finds_focus_on("section#-preview").await;
    let preview = writer.see("#-preview").await;
    assert_eq!(writer.spoken_name(&preview).await, "This is how it will look");
    writer.click("#-text").await;
    writer.see("#-text").await.send_keys(", **calves** too").await.expect("types");
    // Asked in one go: the element that was found may have been replaced before it is read.
    let previewed = "return document.querySelector('#-preview .prose')?.textContent.trim()";
    until("the preview follows", async || writer.run(previewed).await == "My arches thank you, calves too").await;
    assert!(stage.site.held_comments().is_empty(), "nothing is stored");

    // What cannot be shown is told by the page.
    writer.fill("#-text", "").await;
    writer.click("[name=preview]").await;
    writer.see("#-error-summary").await;

    // What was mended is not complained about any longer; the name is still missing.
    writer.see("#-name[aria-invalid]").await;
    writer.fill("#-text", "My **calves** thank you").await;
    writer.click("[name=preview]").await;
    writer.see("#-preview:not([hidden]) strong").await;
    assert_eq!(writer.count("#-error-summary, #-text-error, #-text[aria-invalid]").await, 0);
    assert_eq!(writer.count("#-name-error").await, 1);
    writer.fill("#-name", "Dana").await;
    writer.click("[name=preview]").await;
    until("nothing is left to mend", async || writer.count("[aria-invalid], .field-error").await == 0).await;
}

#[tokio::test]
async fn with_scripts_off_the_form_works() {
    let Some(stage) = Stage::set() else { return };
    somebody_commented(&stage).await;
    let writer = stage.visitor(Scripts::Off).await;
    writer.open(FLAGSHIP).await;
    assert_eq!(writer.count(".remember").await, 0);
    assert!(!writer.see(".replying").await.is_displayed().await.expect("an answer"));
    assert!(!writer.see("#-preview").await.is_displayed().await.expect("an answer"));
    writer.fill("#-name", "Dana").await;
    writer.fill("#-text", "My **arches** thank you").await;
    writer.click("[name=preview]").await;
    writer.see("#-preview:not([hidden]) strong").await;
    assert_eq!(writer.value("#-text").await, "My **arches** thank you");
    writer.finds_in_view("#-preview").await;
    writer.click("form.comment-form button").await;
    writer.see(".comment-waiting:target").await;

    // The way to one's own comments, and an edit there.
    writer.click(".notice-good a[href='/me']").await;
    writer.click(".own-actions a[href$='/edit']").await;
    writer.fill("#-text", "My calves thank you").await;
    writer.click("form.comment-form button").await;
    writer.see(".comment-waiting:target").await;
    assert!(writer.text(".comment-waiting").await.contains("edited"));
    writer.open("/me").await;
    writer.click(".own-actions a[href$='/delete']").await;
    writer.click(".choices button").await;
    // The corner itself; the address of the page before begins like it.
    writer.see(".own-all").await;
    assert!(writer.text("main").await.contains("There is nothing of yours here."));
}

#[tokio::test]
async fn without_a_connection_the_text_is_kept_and_a_message_is_shown() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::On).await;
    writer.open(FLAGSHIP).await;
    go_to_form(&writer).await;
    writer.fill("#-text", "My **arches** thank you").await;
    writer.fill("#-name", "Dana").await;
    writer.go_offline(true).await;
    for button in ["[name=preview]", "form.comment-form button"] {
        writer.click(button).await;
        assert!(writer.text(".comment-form [role=alert]").await.contains("nothing has been sent"), "{button}");
        assert_eq!(writer.count(".comment-form [role=alert]").await, 1);
        assert_eq!(writer.address().await, FLAGSHIP);
        assert_eq!(
            (writer.value("#-text").await.as_str(), writer.value("#-name").await.as_str()),
            ("My **arches** thank you", "Dana")
        );
    }
    writer.go_offline(false).await;
    until("the message goes", async || writer.count(".comment-form [role=alert]").await == 0).await;
    writer.click("[name=preview]").await;
    writer.see("#-preview:not([hidden]) strong").await;
    writer.click("form.comment-form button").await;
    writer.see(".comment-waiting:target").await;
}
