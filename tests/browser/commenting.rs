//! Commenting and replying with scripts off.

use fantoccini::Locator;

use super::support::{FLAGSHIP, Scripts, Stage, Visitor};

#[tokio::test]
async fn a_comment_waits_for_its_writer_alone_until_it_is_approved() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::Off).await;

    writer.open(FLAGSHIP).await;
    fill_form(&writer, "Lisa @ Mile by Mile", "My arches **thank** you.").await;
    writer.fill("#-site", "milebymile.example").await;
    writer.fill("#-email", "lisa@milebymile.example").await;
    writer.click("form.comment-form button").await;

    let comment = writer.see(".comment-waiting:target").await;
    let address = writer.address().await;
    assert!(address.starts_with(&format!("{FLAGSHIP}?waiting=")), "{address}");
    let text = comment.text().await.expect("its text");
    assert!(text.contains("Lisa @ Mile by Mile") && text.contains("Waiting"), "{text}");
    assert_eq!(writer.text(".comment-waiting strong").await, "thank");
    assert_eq!(writer.count(".comment-waiting a[href^='https://milebymile.example']").await, 1, "a link to her site");
    assert!(!writer.source().await.expect("the page").contains("lisa@milebymile"), "an e-mail address is never shown");
    writer.finds_in_view(".comment-waiting .notice-good").await;
    assert!(writer.text(".notice-good").await.contains("waits for the author"));

    let stranger = stage.visitor(Scripts::Off).await;
    stranger.open(FLAGSHIP).await;
    assert!(stranger.text("#-comments").await.contains("Nobody has said anything yet."));
    assert_eq!(stranger.count(".comment").await, 0, "nobody else sees it");

    let held = stage.site.held_comments();
    assert_eq!(held.len(), 1);
    stage.site.approve(&held[0]["id"]);
    stranger.reload_until(".comment").await;
    assert!(stranger.text(".comment").await.contains("My arches thank you."));
    assert_eq!(stranger.count(".comment-waiting").await, 0);
    stranger.open("/").await;
    stranger.reload_until(&format!("a[href='{FLAGSHIP}#-comments']")).await;
    assert!(stranger.text(&format!("a[href='{FLAGSHIP}#-comments']")).await.contains('1'), "home counts it");
    stage.trap.assert_empty();
}

#[tokio::test]
async fn a_known_commenter_answers_and_the_answer_stands_under_its_comment_at_once() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::Off).await;

    writer.open(FLAGSHIP).await;
    fill_form(&writer, "Cora", "Does a tennis ball do?").await;
    writer.click("form.comment-form button").await;
    writer.see(".comment-waiting").await;
    stage.site.approve(&stage.site.held_comments()[0]["id"]);

    writer.open(FLAGSHIP).await;
    writer.reload_until(".comment-reply").await;
    let first = writer.attribute(".comment", "id").await.expect("an id");
    writer.click(".comment-reply").await;
    writer.arrives_at(&format!("{FLAGSHIP}?reply_to=")).await;
    writer.see("#-respond:target").await;
    assert_eq!(writer.text(".replying p").await, "Replying to Cora");
    writer.finds_in_view("#-respond").await;

    fill_form(&writer, "Cora", "Never mind, it does.").await;
    writer.click("form.comment-form button").await;
    let answer = writer.see(".replies .comment:target").await;
    assert!(answer.text().await.expect("its text").contains("Never mind, it does."));
    assert!(writer.address().await.starts_with(&format!("{FLAGSHIP}#comment-")), "it is public at once");
    let nested = format!("#{first} + .replies .comment");
    assert_eq!(writer.count(&nested).await, 1, "it stands under the comment it answers");

    let stranger = stage.visitor(Scripts::Off).await;
    stranger.open(FLAGSHIP).await;
    assert!(stranger.text(&nested).await.contains("Never mind, it does."));
}

#[tokio::test]
async fn a_reply_can_be_cancelled() {
    let Some(stage) = Stage::demo() else { return };
    let visitor = stage.visitor(Scripts::Off).await;

    visitor.open(FLAGSHIP).await;
    visitor.click(".comment-reply").await;
    visitor.see(".replying").await;
    visitor.find(Locator::LinkText("Cancel reply")).await.expect("a way back").click().await.expect("a click");
    visitor.see(".comment:target").await;
    assert_eq!(visitor.count(".replying:not([hidden])").await, 0);
    assert_eq!(visitor.value("input[name=parent]").await, "");
}

#[tokio::test]
async fn wrong_input_is_kept_and_each_error_is_explained() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::Off).await;
    let text = "Line one & <two>\n\n    indented “three”";

    writer.open(FLAGSHIP).await;
    fill_form(&writer, "", text).await;
    writer.fill("#-email", "lisa at home").await;
    writer.fill("#-site", "not a site").await;
    writer.click("form.comment-form button").await;

    writer.see("#-error-summary").await;
    assert!(writer.title().await.expect("a title").starts_with("Error:"));
    assert_eq!(writer.text("h1").await, "Foot and ankle stretches for runners", "it is the same page");
    writer.finds_focus_on("div#-error-summary").await;
    writer.finds_in_view("#-error-summary").await;
    assert_eq!(writer.value("#-text").await, text);
    assert_eq!(writer.value("#-name").await, "");
    assert_eq!(writer.value("#-email").await, "lisa at home");
    assert_eq!(writer.value("#-site").await, "not a site");
    for wrong in ["#-name", "#-email", "#-site"] {
        assert_eq!(writer.attribute(wrong, "aria-invalid").await.as_deref(), Some("true"), "{wrong}");
        let described = writer.attribute(wrong, "aria-describedby").await.expect("a description");
        let message = described.split(' ').next().expect("an id");
        assert!(!writer.text(&format!("p#{message}")).await.is_empty(), "{wrong} has its message beside it");
    }
    assert_eq!(writer.attribute("#-text", "aria-invalid").await, None, "the text is fine");
    assert_eq!(writer.count("#-error-summary li a").await, 3);

    writer.click("#-error-summary a[href='#-name']").await;
    writer.finds_focus_on("input#-name").await;
    writer.active_element().await.expect("the field").send_keys("Lisa").await.expect("a name");
    writer.click("#-error-summary a[href='#-email']").await;
    writer.finds_focus_on("input#-email").await;
    writer.fill("#-email", "").await;
    writer.fill("#-site", "milebymile.example").await;
    writer.click("form.comment-form button").await;
    assert!(writer.text(".comment-waiting:target").await.contains("Line one & <two>"));
    assert_eq!(stage.site.held_comments().len(), 1, "sent once");
}

#[tokio::test]
async fn a_reply_with_an_error_stays_a_reply() {
    let Some(stage) = Stage::demo() else { return };
    let writer = stage.visitor(Scripts::Off).await;

    writer.open(FLAGSHIP).await;
    writer.click(".comment-reply").await;
    let to = writer.text(".replying p").await;
    let parent = writer.value("input[name=parent]").await;
    fill_form(&writer, "", "I second that.").await;
    writer.click("form.comment-form button").await;
    writer.see("#-error-summary").await;
    assert_eq!(writer.text(".replying p").await, to);
    assert_eq!(writer.value("input[name=parent]").await, parent);
    writer.fill("#-name", "Cora").await;
    writer.click("form.comment-form button").await;
    writer.see(&format!("#comment-{parent} + .replies .comment-waiting:target")).await;
}

async fn fill_form(visitor: &Visitor, name: &str, text: &str) {
    visitor.fill("#-text", text).await;
    visitor.fill("#-name", name).await;
}
