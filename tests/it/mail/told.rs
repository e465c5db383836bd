//! Mails to commenters about answers and new comments: after confirmation, after approval, never about own comments.

use super::{confirm, mailed_with, subscribe};
use crate::support::visitor::comment_id;

#[tokio::test]
async fn an_answer_is_mailed_once_and_only_after_approval() {
    let mut mailed = mailed_with(|site| site.setting("site.mail.each_comment", "false")).await;
    let id = subscribe(&mut mailed, "192.0.2.1", "Ana", "answers").await;
    let bo = "192.0.2.2";
    let visitor = mailed.site.visitor(bo);
    let form = visitor.form(&format!("/posts/calf?reply_to={id}")).await.set("name", "Bo").set("text", "I *agree*");
    let answer = comment_id(&form.send().await);
    assert_eq!(mailed.lines().await, Vec::<String>::new(), "it waits for the author");
    mailed.site.approve(answer).await;
    let mail = mailed.one_mail().await;
    assert_eq!(mail.line(), "ana@example.org: Bo answered you under “Calves”");
    mail.says("I *agree*").says(&format!("https://laces.example/comments/{answer}"));
    assert!(mail.html().contains("I <em>agree</em>"));
    // Taken away and let through again, it is no news.
    let now = mailed.site.app.clock.now();
    mailed.site.store().trash(answer, "test", now).await.expect("trashes");
    mailed.site.approve(answer).await;
    // Nor is what does not answer her.
    let other = comment_id(&mailed.site.visitor(bo).comment("calf", "By the way").await);
    mailed.site.approve(other).await;
    assert_eq!(mailed.lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_subscriber_of_a_thread_gets_a_mail_for_each_comment_of_others() {
    let mut mailed = mailed_with(|site| site.setting("site.mail.each_comment", "false")).await;
    let ana = subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    let bo = subscribe(&mut mailed, "192.0.2.2", "Bo", "answers").await;
    mailed.stranger_answers(bo).await;
    assert_eq!(
        mailed.lines().await,
        ["ana@example.org: Cy commented under “Calves”", "bo@example.org: Cy answered you under “Calves”"]
    );
    mailed.stranger_answers(ana).await;
    assert_eq!(mailed.lines().await, ["ana@example.org: Cy answered you under “Calves”"], "one mail, not two");
    // The author answers from the shell.
    let now = mailed.site.app.clock.now();
    mailed.site.store().reply_as_author(bo, "Jo", None, "Indeed", "test", now).await.expect("answers");
    assert_eq!(
        mailed.lines().await,
        ["ana@example.org: Jo commented under “Calves”", "bo@example.org: Jo answered you under “Calves”"]
    );
    // Another thread is another matter.
    let hips = comment_id(&mailed.site.visitor("192.0.2.3").comment("hips", "Elsewhere").await);
    mailed.site.approve(hips).await;
    assert_eq!(mailed.lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_commenter_gets_no_mail_about_an_own_comment() {
    let mut mailed = mailed_with(|site| site.setting("site.mail.each_comment", "false")).await;
    let id = subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    // From another browser, where only the address tells.
    let ana = mailed.site.visitor("203.0.113.5");
    let form = ana.form(&format!("/posts/calf?reply_to={id}")).await.set("name", "Ana");
    let again = comment_id(&form.set("email", "Ana@Example.org").set("text", "One more thing").send().await);
    mailed.site.approve(again).await;
    assert_eq!(mailed.lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_mail_about_a_removed_comment_is_not_sent() {
    let mut mailed = mailed_with(|site| site.setting("site.mail.each_comment", "false")).await;
    let id = subscribe(&mut mailed, "192.0.2.1", "Ana", "answers").await;
    mailed.smtp.go_away().await;
    let (first, second) = (mailed.stranger_answers(id).await, mailed.stranger_answers_with(id, "Another").await);
    mailed.send_all().await;
    mailed.turn(1);
    mailed.send_all().await;
    let now = mailed.site.app.clock.now();
    mailed.site.store().trash(first, "test", now).await.expect("trashes");
    mailed.site.store().erase(second, "test", now).await.expect("erases");
    mailed.smtp.come_back().await;
    mailed.turn(24);
    assert_eq!(mailed.lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_thread_under_an_older_slug_is_the_same_thread() {
    let hip = "---\ntitle: Hip\ndate: 2026-05-03\n---\nOpen it.";
    let hips = "---\ntitle: Hips\nslug: hips\ndate: 2026-05-03\naliases: [/posts/hip]\n---\nOpen them.";
    let mut mailed = mailed_with(|site| {
        site.setting("site.mail.each_comment", "false").file("posts/hips.md", hip.replace("title", "slug: hip\ntitle"))
    })
    .await;
    let ana = mailed.site.visitor("192.0.2.1");
    let form = ana.form("/posts/hip").await.set("name", "Ana").set("email", "ana@example.org").set("wish", "thread");
    let id = comment_id(&form.set("text", "Hello").send().await);
    mailed.worker.send_all().await.expect("answers");
    confirm(&ana, &mailed.smtp.one()).await.is(303);
    mailed.site.approve(id).await;
    mailed.worker.send_all().await.expect("answers");
    drop(ana);
    // The author renames the post; its thread comes along.
    let url = mailed.site.app.config.database_url.clone();
    let mut renamed =
        mailed_with(|site| site.setting("site.mail.each_comment", "false").file("posts/hips.md", hips).database(&url))
            .await;
    let bo = comment_id(&renamed.site.visitor("192.0.2.2").comment("hips", "Hello Ana").await);
    renamed.site.approve(bo).await;
    assert_eq!(renamed.lines().await, ["ana@example.org: Ana commented under “Hips”"]);
}
