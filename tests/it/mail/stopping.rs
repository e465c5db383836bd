//! Unsubscribing: by one click through the header, and by the link in a mail.

use http::Method;

use super::{Mailed, is_personal, mailed_with, subscribe};
use crate::support::smtp::Mail;

/// A site on which Ana follows a thread, the number of her comment, and a mail to her.
async fn told() -> (Mailed, i64, Mail) {
    let mut mailed = mailed_with(|site| site.setting("site.mail.each_comment", "false")).await;
    let id = subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    mailed.stranger_answers_with(id, "The first").await;
    let mail = mailed.one_mail().await;
    (mailed, id, mail)
}

#[tokio::test]
async fn one_click_in_the_header_stops_the_thread() {
    let (mut mailed, id, mail) = told().await;
    assert_eq!(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let header = mail.header("List-Unsubscribe");
    let path = header.trim_matches(['<', '>']).strip_prefix("https://laces.example").expect("our address").to_owned();
    is_personal(&mailed.site.get(&path).await);
    mailed.stranger_answers_with(id, "The second").await;
    assert_eq!(mailed.lines().await.len(), 1, "opening it stops nothing");
    // As mail providers send it: from nowhere, without cookies, in either encoding; some say they are a browser.
    let multipart = "--x\r\ncontent-disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    for (kind, body) in [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=x", multipart),
    ] {
        let headers = [("content-type", kind), ("sec-fetch-site", "cross-site"), ("origin", "https://mail.example")];
        let answer = mailed.site.ask(Method::POST, &path, &headers, body).await;
        answer.is(200).says("Stopped");
        assert!(!answer.has_header("set-cookie") && !answer.has_header("location"));
        mailed.stranger_answers_with(id, &format!("After {kind}")).await;
        assert_eq!(mailed.lines().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_link_in_the_mail_stops_the_thread_or_all() {
    let (mut mailed, id, mail) = told().await;
    let link = mail.link("/mail/stop");
    let press = async |mailed: &Mailed, what: &str| {
        let ana = mailed.site.visitor("192.0.2.1");
        let page = ana.get(&link).await.html();
        ana.form_in(&page).add("what", what).send().await
    };
    press(&mailed, "thread").await.is(200).says("gets no more mails about “Calves”");
    mailed.stranger_answers_with(id, "The second").await;
    assert_eq!(mailed.lines().await, Vec::<String>::new());
    press(&mailed, "all").await.is(200).says("No more mails");
    mailed.site.get(&link).await.says("Allow mails again");
}

#[tokio::test]
async fn a_queued_mail_is_not_sent_after_mails_are_stopped() {
    let (mut mailed, id, mail) = told().await;
    mailed.smtp.go_away().await;
    mailed.stranger_answers_with(id, "The second").await;
    mailed.send_all().await;
    mailed.site.ask(Method::POST, &mail.link("/mail/stop"), &[], "List-Unsubscribe=One-Click").await.is(200);
    mailed.smtp.come_back().await;
    mailed.turn(1);
    assert_eq!(mailed.lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_forged_key_does_not_stop_mails() {
    let (mut mailed, id, mail) = told().await;
    let link = mail.link("/mail/stop");
    let (_, key) = link.split_once("key=").expect("a key");
    let signature = key.rsplit_once('.').expect("signed").1;
    for forged in [String::new(), format!("2-1.{signature}"), format!("1-99.{signature}"), "1-1.AAAA".to_owned()] {
        let path = format!("/mail/stop?key={forged}");
        mailed.site.ask(Method::POST, &path, &[], "what=all").await.is(403);
    }
    // Nor does a key for something else.
    let confirmation = instep::domain::mail_keys::confirmation(
        &mailed.site.app.signer,
        instep::domain::mail_keys::WishKey { address_id: 1, comment: id },
        mailed.site.app.clock.now(),
    );
    mailed.site.ask(Method::POST, &format!("/mail/stop?key={confirmation}"), &[], "what=all").await.is(403);
    mailed.stranger_answers_with(id, "Still told").await;
    assert_eq!(mailed.lines().await.len(), 1);
}

#[tokio::test]
async fn without_https_there_is_no_one_click_header() {
    let mut mailed = mailed_with(|site| {
        site.setting("site.mail.each_comment", "false").setting("site.base_url", "http://laces.example")
    })
    .await;
    let id = subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    mailed.stranger_answers_with(id, "The first").await;
    let mail = mailed.one_mail().await;
    assert!(mail.header("List-Unsubscribe").is_empty() && mail.header("List-Unsubscribe-Post").is_empty());
    mailed.site.get(&mail.link("/mail/stop")).await.is(200).says("Stop for this article");
}
