//! The desk on a phone, with scripts off: the first link, an answer, undo, signing out.

use super::support::{FLAGSHIP, Scripts, Stage, until};

#[tokio::test]
async fn on_a_phone_without_scripts_the_author_signs_in_answers_and_undoes() {
    let Some(stage) = Stage::set() else { return };
    let writer = stage.visitor(Scripts::Off).await;
    writer.open(FLAGSHIP).await;
    writer.fill("#-name", "Cora").await;
    writer.fill("#-text", "Does a tennis ball do?").await;
    writer.click("form.comment-form button").await;
    writer.see(".comment-waiting").await;

    let told = stage.site.shell(&["author", "add", "Jo", "--email", "jo@example.org"]);
    let link = told.find("/desk/password?key=").map(|at| told[at..].trim()).expect("a link");
    let author = stage.visitor(Scripts::Off).await;
    author.hold_phone(360).await;
    author.open(link).await;
    author.fill("#-password", "four calm words here").await;
    author.click(".desk-sign-in .form-foot button").await;
    assert!(author.text(".desk-comments").await.contains("Does a tennis ball do?"));
    let width = author.run("return document.documentElement.scrollWidth").await;
    assert_eq!(width, 360, "nothing is wider than the phone");

    author.fill(".desk-comments textarea", "It does, and a cold can too.").await;
    author.click(".desk-comments button[value=answer]").await;
    author.see(".desk-notice button").await;
    assert!(author.text("main").await.contains("Every comment has an answer."));
    writer.open(FLAGSHIP).await;
    writer.reload_until(".comment-author").await;
    assert!(writer.text(".comment-author").await.contains("a cold can too"));

    author.click(".desk-notice button").await;
    author.see(".desk-comments textarea").await;
    assert!(author.text(".desk-notice").await.contains("Undone."));
    author.click(".desk-foot button").await;
    until("the home page", async || author.count(".desk-foot").await == 0).await;
    author.open("/desk").await;
    author.arrives_at("/desk/sign-in").await;
}

#[tokio::test]
async fn on_a_phone_the_first_link_makes_a_passkey_which_signs_in_again() {
    let Some(stage) = Stage::set() else { return };
    let link = stage.site.first_link();
    let author = stage.visitor(Scripts::On).await;
    author.hold_phone(360).await;
    author.has_authenticator().await;
    author.go_to(&link).await;
    author.fill("#-name", "Jo").await;
    author.fill("#-email", "jo@example.org").await;
    author.click(".desk-passkey button").await;
    author.see(".desk-foot").await;
    assert!(author.text(".desk-foot").await.contains("You are signed in as Jo."));

    author.click(".desk-foot button").await;
    until("the home page", async || author.count(".desk-foot").await == 0).await;
    let origin = link.split_once("/desk").expect("a link of the desk").0;
    author.go_to(&format!("{origin}/desk/sign-in")).await;
    author.click(".desk-passkey button").await;
    author.see(".desk-foot").await;
    author.go_to(&format!("{origin}/desk/sessions")).await;
    assert_eq!(author.count("button[name=remove]").await, 1);
    assert!(author.attribute(".desk-passkey", "hidden").await.is_none(), "one more can be added");
}
