//! Rights of a confirmed address: its commenter is known, and the author has the badge. Typing an address gives no
//! rights.

use instep::domain::{comment::Status, words::word_of};

use super::{Mailed, confirm, mailed, mailed_with, subscribe};
use crate::support::visitor::{Visitor, comment_id};

/// Sends a comment signed with an address, and returns its verdict, such as `held first-comment`.
async fn judged(mailed: &Mailed, visitor: &Visitor<'_>, email: &str, text: &str) -> String {
    let form = visitor.form("/posts/calf").await.set("name", "Ana").set("email", email).set("text", text);
    let id = comment_id(&form.send().await);
    let all = mailed.site.store().list_comments(None).await.expect("lists");
    let one = all.iter().find(|comment| comment.id == id).expect("is there");
    let badge = one.by_author.then_some("badge");
    let words = [word_of(one.status), one.reasons.clone(), badge.unwrap_or_default().to_owned()];
    words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Sends a comment and confirms its address in the browser `confirming`, without an approval.
async fn confirmed_in(mailed: &mut Mailed, writer: &str, confirming: Option<&str>) -> (i64, String) {
    let visitor = mailed.site.visitor(writer);
    let id = mailed.wish(&visitor, "Ana", "thread").await;
    mailed.worker.send_all().await.expect("answers");
    let mails = mailed.smtp.new_mails();
    let mail = mails.iter().find(|mail| mail.to == ["ana@example.org"]).expect("a question");
    match confirming {
        Some(other) => confirm(&mailed.site.visitor(other), mail).await.is(303),
        None => confirm(&visitor, mail).await.is(303),
    };
    let said = judged(mailed, &visitor, "Ana@Example.org", "A second time").await;
    (id, said)
}

#[tokio::test]
async fn an_address_confirmed_in_the_same_browser_is_approved_at_once() {
    let mut mailed = mailed().await;
    let (_, said) = confirmed_in(&mut mailed, "192.0.2.1", None).await;
    assert_eq!(said, "approved");
}

#[tokio::test]
async fn a_confirmation_in_another_browser_does_not_make_a_commenter_known() {
    // Somebody typed Ana's address, and she said yes by mistake.
    let mut mailed = mailed().await;
    let (_, said) = confirmed_in(&mut mailed, "192.0.2.1", Some("192.0.2.50")).await;
    assert_eq!(said, "held first-comment");
}

#[tokio::test]
async fn typing_a_confirmed_address_does_not_make_a_commenter_known() {
    let mut mailed = mailed().await;
    let ana = mailed.site.visitor("192.0.2.1");
    mailed.wish(&ana, "Ana", "thread").await;
    mailed.worker.send_all().await.expect("answers");
    let mails = mailed.smtp.new_mails();
    let question = mails.iter().find(|mail| mail.to == ["ana@example.org"]).expect("a question");
    confirm(&ana, question).await.is(303);
    // From her own network, even.
    let mallory = mailed.site.visitor("192.0.2.1");
    assert_eq!(judged(&mailed, &mallory, "ana@example.org", "It is me").await, "held first-comment");
    assert_eq!(judged(&mailed, &mallory, "ana@example.org", "Once more").await, "held first-comment");
    // Ana under another address is who she was before.
    assert_eq!(judged(&mailed, &ana, "other@example.org", "Elsewhere").await, "held first-comment");
    assert_eq!(judged(&mailed, &ana, "", "Nowhere").await, "held first-comment");
    assert_eq!(judged(&mailed, &ana, "ana@example.org", "Here").await, "approved");
}

#[tokio::test]
async fn a_commenter_whose_comment_was_removed_is_held_again() {
    let mut mailed = mailed().await;
    let ana = mailed.site.visitor("192.0.2.1");
    let id = mailed.wish(&ana, "Ana", "thread").await;
    mailed.worker.send_all().await.expect("answers");
    let mails = mailed.smtp.new_mails();
    let question = mails.iter().find(|mail| mail.to == ["ana@example.org"]).expect("a question");
    confirm(&ana, question).await.is(303);
    mailed.site.store().mark_spam(id, "test", mailed.site.app.clock.now()).await.expect("marks");
    assert_eq!(judged(&mailed, &ana, "ana@example.org", "Again").await, "held first-comment");
}

#[tokio::test]
async fn an_edit_to_a_strangers_address_does_not_make_a_commenter_known() {
    let mut mailed =
        mailed_with(|site| site.setting("site.mail.each_comment", "false").setting("site.comments.moderation", "all"))
            .await;
    subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    let mallory = mailed.site.visitor("192.0.2.2");
    let id = comment_id(&mallory.comment("calf", "Hello").await);
    let form = mallory.form(&format!("/me/comments/{id}/edit")).await;
    form.set("email", "ana@example.org").send().await.is(303);
    assert_eq!(mailed.site.store().comment(id).await.expect("is there").status, Status::Held);
    assert_eq!(judged(&mailed, &mallory, "ana@example.org", "And now?").await, "held all-held");
}

#[tokio::test]
async fn the_badge_is_for_the_authors_confirmed_address_only() {
    let mut mailed = mailed().await;
    let author = mailed.site.visitor("192.0.2.1");
    let form = author.form("/posts/calf").await.set("name", "Captain").set("email", "jo@laces.example");
    let id = comment_id(&form.set("wish", "thread").set("text", "It is me").send().await);
    let first = &mailed.site.store().list_comments(Some(Status::Held)).await.expect("lists")[0];
    assert_eq!(first.reasons, "first-comment author-name", "an address can be typed by anyone");
    assert!(!first.by_author);
    mailed.site.approve(id).await;
    mailed.worker.send_all().await.expect("answers");
    let mails = mailed.smtp.new_mails();
    let question = mails.iter().find(|mail| mail.text().contains("/mail/confirm")).expect("a question");
    confirm(&author, question).await.is(303);
    assert_eq!(judged(&mailed, &author, "JO@laces.example", "It is me indeed").await, "approved badge");
    let page = mailed.site.get("/posts/calf").await.html();
    assert_eq!(page.elements.iter().filter(|element| element.has_class("comment-author")).count(), 1);
    assert_eq!(mailed.lines().await, Vec::<String>::new(), "nobody is told of their own words");
    // Others stay out, whoever let them through before.
    let mallory = mailed.site.visitor("192.0.2.9");
    mailed.site.approve(comment_id(&mallory.comment("calf", "Hello").await)).await;
    assert_eq!(judged(&mailed, &mallory, "jo@laces.example", "Me too").await, "held author-name");
}

#[tokio::test]
async fn an_edit_that_removes_the_authors_address_removes_the_badge() {
    let mut mailed = mailed().await;
    let author = mailed.site.visitor("192.0.2.1");
    let form = author.form("/posts/calf").await.set("name", "Captain").set("email", "jo@laces.example");
    mailed.site.approve(comment_id(&form.set("wish", "thread").set("text", "It is me").send().await)).await;
    mailed.worker.send_all().await.expect("answers");
    let mails = mailed.smtp.new_mails();
    let question = mails.iter().find(|mail| mail.text().contains("/mail/confirm")).expect("a question");
    confirm(&author, question).await.is(303);
    let form = author.form("/posts/calf").await.set("name", "Captain").set("email", "jo@laces.example");
    let id = comment_id(&form.set("text", "With the badge").send().await);
    let by_author = async || mailed.site.store().comment(id).await.expect("is there").by_author;
    assert!(by_author().await);
    author.form(&format!("/me/comments/{id}/edit")).await.set("email", "").send().await.is(303);
    assert!(!by_author().await);
}

#[tokio::test]
async fn the_author_is_told_when_an_edit_has_to_wait() {
    let mut mailed = mailed_with(|site| site.setting("site.comments.max_links", "0")).await;
    let ana = mailed.site.visitor("192.0.2.1");
    mailed.site.approve(comment_id(&ana.comment("calf", "Known by now").await)).await;
    let id = comment_id(&ana.comment("calf", "Shown at once").await);
    mailed.worker.send_all().await.expect("answers");
    mailed.smtp.new_mails();
    let edit = async |text: &str| {
        ana.form(&format!("/me/comments/{id}/edit")).await.set("text", text).send().await.is(303);
        mailed.site.turn(jiff::SignedDuration::from_mins(1));
    };
    edit("Shown still").await;
    edit("Look: https://pills.example").await;
    edit("Look there: https://pills.example").await;
    mailed.worker.send_all().await.expect("answers");
    let mail = mailed.smtp.one();
    assert_eq!(mail.line(), "jo@laces.example: Edited, waits for you: Ana under “Calves”");
    mail.says("Look there: https://pills.example").says("Its writer has changed it").says("nobody else sees it");
    mail.says("It waits because: a link.");
}

#[tokio::test]
async fn a_held_edit_is_part_of_a_mail_that_was_not_sent_yet() {
    let mut mailed = mailed_with(|site| site.setting("site.comments.hold_words", "['pills']")).await;
    let ana = mailed.site.visitor("192.0.2.1");
    mailed.site.approve(comment_id(&ana.comment("calf", "First").await)).await;
    let second = comment_id(&ana.comment("calf", "Second").await);
    ana.form(&format!("/me/comments/{second}/edit")).await.set("text", "Second, with pills").send().await.is(303);
    drop(ana);
    mailed.send_all().await;
    let mut subjects: Vec<String> = mailed.smtp.new_mails().iter().map(|mail| mail.subject().to_owned()).collect();
    subjects.sort();
    assert_eq!(subjects, ["Ana commented under “Calves”", "Edited, waits for you: Ana under “Calves”"]);
}
