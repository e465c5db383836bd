//! The corner of a mailbox: a link by mail opens the comments of its address in any browser, and no others.

use http::Method;
use instep::domain::{
    comment::{Status, ThreadKey},
    mail_keys::{self, WishKey},
};
use jiff::SignedDuration;
use serde_json::Value;

use super::{Mailed, confirm, is_personal, mailed_with, subscribe};
use crate::support::{
    Answer,
    smtp::Mail,
    visitor::{Visitor, comment_id},
};

async fn quiet() -> Mailed {
    mailed_with(|site| site.setting("site.mail.each_comment", "false")).await
}

async fn ask(visitor: &Visitor<'_>, email: &str) -> Answer {
    visitor.post("/me/link", &format!("email={email}")).await
}

/// Opens the link of a mail in a browser and presses its button.
async fn open(visitor: &Visitor<'_>, mail: &Mail) -> Answer {
    visitor.form(&mail.link("/me/open")).await.send().await
}

/// Asks for one more link to Ana's corner.
async fn another(mailed: &mut Mailed) -> Mail {
    mailed.site.turn(SignedDuration::from_mins(10));
    ask(&mailed.site.visitor("192.0.2.50"), "ana@example.org").await.is(200);
    mailed.one_mail().await
}

/// Ana's comment of `subscribe`, and a link to her corner.
async fn anas_link() -> (Mailed, i64, Mail) {
    let mut mailed = quiet().await;
    let id = subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    ask(&mailed.site.visitor("192.0.2.50"), "Ana@Example.org").await.is(200);
    let mail = mailed.one_mail().await;
    (mailed, id, mail)
}

#[tokio::test]
async fn a_link_by_mail_opens_the_corner_once_in_any_browser() {
    let (mut mailed, _, mail) = anas_link().await;
    assert_eq!(mail.line(), "ana@example.org: The way into your corner on Loose Laces");
    mail.says("good for an hour").says("do not forward it");
    assert!(mail.html().contains(&mail.link("/me/open")), "{}", mail.html());

    let phone = mailed.site.visitor("192.0.2.50");
    let page = phone.get(&mail.link("/me/open")).await;
    is_personal(&page);
    assert!(!page.has_header("set-cookie"), "opening the link does nothing");
    page.says("ana@example.org");
    phone.get("/me").await.does_not_say("Ana says hello");
    let opened = open(&phone, &mail).await;
    assert_eq!(opened.leads(), "303 /me");
    let corner = phone.get("/me").await;
    is_personal(&corner);
    corner.says("Ana says hello").says("Every new comment under “Calves” goes to ana@example.org.");
    // Whoever finds the mail later.
    let mallory = mailed.site.visitor("192.0.2.9");
    mallory.get(&mail.link("/me/open")).await.is(410).says("works once");
    let key = mail.link("/me/open").split_once('?').expect("a key").1.to_owned();
    for visitor in [&mallory, &phone] {
        visitor.post("/me/open", &key).await.is(410);
    }
    mallory.get("/me").await.does_not_say("Ana says hello");
    drop((mallory, phone));
    // Another browser of hers.
    let mail = another(&mut mailed).await;
    let tablet = mailed.site.visitor("192.0.2.51");
    open(&tablet, &mail).await.is(303);
    tablet.get("/me").await.says("Ana says hello");
}

#[tokio::test]
async fn the_corner_shows_only_comments_signed_with_an_address_confirmed_in_their_browser() {
    let (mut mailed, _, mail) = anas_link().await;
    let second = another(&mut mailed).await;
    // Somebody who types her address, and is even approved.
    let mallory = mailed.site.visitor("192.0.2.9");
    let form = mallory.form("/posts/calf").await.set("name", "Mallory").set("email", "ana@example.org");
    let forged = comment_id(&form.set("text", "As if I were Ana").send().await);
    mailed.site.approve(forged).await;
    let phone = mailed.site.visitor("192.0.2.50");
    let unsigned = comment_id(&phone.comment("hips", "From the phone, without an address").await);
    open(&phone, &mail).await.is(303);
    phone.get("/me").await.says("Ana says hello").says("From the phone").does_not_say("As if I were Ana");
    for path in [format!("/me/comments/{forged}/edit"), format!("/me/comments/{forged}/delete")] {
        phone.get(&path).await.is(404);
        phone.post(&path, "name=Ana&text=Mine+now").await.is(404);
    }
    // Mallory gets nothing of hers by it either, nor does another browser what the phone said without the address.
    mallory.get("/me").await.says("As if I were Ana").does_not_say("Ana says hello");
    let tablet = mailed.site.visitor("192.0.2.51");
    open(&tablet, &second).await.is(303);
    tablet.get("/me").await.says("Ana says hello").does_not_say("From the phone");
    tablet.get(&format!("/me/comments/{unsigned}/delete")).await.is(404);
}

#[tokio::test]
async fn confirming_a_strangers_wish_does_not_show_the_strangers_comments() {
    let mut mailed = quiet().await;
    let mallory = mailed.site.visitor("192.0.2.9");
    mailed.wish(&mallory, "Ana", "thread").await;
    mailed.worker.send_all().await.expect("answers");
    confirm(&mailed.site.visitor("192.0.2.50"), &mailed.smtp.one()).await.is(303);
    let mut links = Vec::new();
    for _ in 0..2 {
        ask(&mallory, "ana@example.org").await.is(200);
        mailed.worker.send_all().await.expect("answers");
        links.push(mailed.smtp.one());
        mailed.site.turn(SignedDuration::from_mins(10));
    }
    let mail = &links[0];
    assert_eq!(mail.to, ["ana@example.org"]);
    let ana = mailed.site.visitor("192.0.2.50");
    open(&ana, mail).await.is(303);
    ana.get("/me").await.does_not_say("Ana says hello");
    // Where the comment was written, it joins: then both are one person's.
    open(&mallory, &links[1]).await.is(303);
    ana.get("/me").await.says("Ana says hello");
}

#[tokio::test]
async fn the_answer_does_not_tell_if_an_address_is_known() {
    let mut mailed = quiet().await;
    subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    subscribe(&mut mailed, "192.0.2.2", "Bo", "thread").await;
    mailed.site.store().stop_all(2, mailed.site.app.clock.now()).await.expect("stops");
    let cy = mailed.site.visitor("192.0.2.3");
    mailed.wish(&cy, "Cy", "thread").await;
    mailed.worker.send_all().await.expect("answers");
    mailed.smtp.new_mails();
    drop(cy);
    let mut pages = Vec::new();
    for email in ["ana@example.org", "bo@example.org", "cy@example.org", "nobody@example.org", "ana%2Bx@example.org"] {
        let answer = ask(&mailed.site.visitor("192.0.2.50"), email).await;
        assert!(!answer.has_header("set-cookie"));
        pages.push(answer.is(200).text());
    }
    pages.dedup();
    assert_eq!(pages.len(), 1);
    assert_eq!(mailed.lines().await, ["ana@example.org: The way into your corner on Loose Laces"]);
}

#[tokio::test]
async fn a_mailbox_and_a_network_have_their_limits() {
    let mut mailed = quiet().await;
    subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    let mut sent = Vec::new();
    for round in 0..12 {
        for one in 0..3 {
            let network = format!("203.0.{}.1", 3 * round + one);
            ask(&mailed.site.visitor(&network), "ana@example.org").await.is(200);
        }
        sent.push(mailed.lines().await.len());
        mailed.site.turn(SignedDuration::from_mins(10));
    }
    // Whoever asks for more: its holder can always have one that is good for an hour.
    assert_eq!(sent, [1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    mailed.turn(24);
    let visitor = mailed.site.visitor("192.0.2.77");
    for _ in 0..10 {
        ask(&visitor, "nobody@example.org").await.is(200);
    }
    ask(&mailed.site.visitor("192.0.2.78"), "ana@example.org")
        .await
        .is(429)
        .says("from your network")
        .says("ana@example");
    ask(&mailed.site.visitor("198.51.100.1"), "ana@example.org").await.is(200);
    mailed.turn(2);
    ask(&mailed.site.visitor("192.0.2.78"), "ana@example.org").await.is(200);
}

#[tokio::test]
async fn a_wrong_or_foreign_form_for_a_link_is_refused() {
    let mailed = quiet().await;
    let ana = mailed.site.visitor("192.0.2.1");
    let wrong = ask(&ana, "ana").await;
    wrong.is(422).says("does not look like an e-mail address");
    assert_eq!(wrong.html().one("input", "name", "email").get("value"), "ana");
    let form = ana.form("/me/link").await.set("email", "ana@example.org");
    form.header("sec-fetch-site", "cross-site").header("origin", "https://evil.example").send().await.is(403);
    is_personal(&ana.get("/me/link").await);
    let without = crate::support::TestSite::new().start().await;
    without.get("/me").await.does_not_say("/me/link");
    without.get("/me/link").await.is(404);
}

#[tokio::test]
async fn a_corner_link_works_only_for_its_address_and_purpose_within_an_hour() {
    let (mailed, id, mail) = anas_link().await;
    let (signer, now) = (&mailed.site.app.signer, mailed.site.app.clock.now());
    let link = mail.link("/me/open");
    let (_, key) = link.split_once("key=").expect("a key");
    let wish = WishKey { address_id: 1, comment: id };
    let others = [
        mail_keys::moderation(signer, id, now),
        mail_keys::confirmation(signer, wish, now),
        mail_keys::stop(signer, wish),
        key.replacen("1-", "2-", 1),
        String::new(),
        "1-1.AAAA".to_owned(),
    ];
    let phone = mailed.site.visitor("192.0.2.50");
    for other in &others {
        phone.get(&format!("/me/open?key={other}")).await.is(403);
        phone.post("/me/open", &format!("key={other}")).await.is(403);
    }
    phone.get("/me").await.says("The key to it is a cookie");
    for path in ["/mail/comment", "/mail/confirm", "/mail/stop"] {
        mailed.site.get(&format!("{path}?key={key}")).await.is(403);
        mailed.site.ask(Method::POST, &format!("{path}?key={key}"), &[], format!("key={key}")).await;
    }
    assert_eq!(mailed.site.store().comment(id).await.expect("is there").status, Status::Approved);
    // Pressed on a page of somebody else's.
    let form = phone.form(&link).await.header("sec-fetch-site", "cross-site").header("origin", "https://evil.example");
    form.send().await.is(403);
    phone.get("/me").await.says("The key to it is a cookie");
    mailed.site.turn(SignedDuration::from_mins(62));
    phone.get(&link).await.is(410).says("within an hour");
    phone.post("/me/open", &format!("key={key}")).await.is(410);
}

#[tokio::test]
async fn subscriptions_are_listed_ended_and_in_the_download() {
    let (mut mailed, id, mail) = anas_link().await;
    let phone = mailed.site.visitor("192.0.2.50");
    open(&phone, &mail).await.is(303);
    let data = phone.get("/me/data.json").await;
    let data: Value = serde_json::from_str(&data.is(200).text()).expect("JSON");
    assert_eq!(data["comments"][0]["text"], "Ana says hello");
    assert_eq!(data["confirmed_addresses"][0]["email"], "ana@example.org");
    let told = &data["mails"][0];
    assert_eq!((&told["of"], &told["post"], &told["is_confirmed"]), (&"thread".into(), &"Calves".into(), &true.into()));
    assert!(told["ended_at"].is_null());
    // Nobody else ends it.
    let mallory = mailed.site.visitor("192.0.2.9");
    comment_id(&mallory.comment("calf", "Hello").await);
    mallory.post("/me/subscriptions/1/end", "").await.is(404);
    assert_eq!(mailed.site.visitor("192.0.2.9").post("/me/subscriptions/1/end", "").await.leads(), "303 /me");
    let html = phone.get("/me").await.html();
    assert!(html.find("form", "action", "/me/subscriptions/1/end").is_some());
    assert_eq!(phone.post("/me/subscriptions/1/end", "").await.leads(), "303 /me#mails");
    phone.get("/me").await.says("You get no mails from here").does_not_say("/me/subscriptions");
    mailed.stranger_answers(id).await;
    mailed.worker.send_all().await.expect("answers");
    assert!(mailed.smtp.new_mails().is_empty());
}

#[tokio::test]
async fn a_comment_can_be_edited_from_another_browser() {
    let (mut mailed, _, mail) = anas_link().await;
    let second = another(&mut mailed).await;
    let phone = mailed.site.visitor("192.0.2.50");
    open(&phone, &mail).await.is(303);
    let form = phone.form("/posts/hips").await.set("name", "Ana").set("email", "ana@example.org");
    let id = comment_id(&form.set("text", "From the fone").send().await);
    let tablet = mailed.site.visitor("192.0.2.51");
    open(&tablet, &second).await.is(303);
    let saved = tablet.form(&format!("/me/comments/{id}/edit")).await.set("text", "From the phone").send().await;
    assert_eq!(saved.leads(), format!("303 /posts/hips#comment-{id}"), "her address is known, so it need not wait");
    assert_eq!(mailed.site.store().comment(id).await.expect("is there").text, "From the phone");
}

#[tokio::test]
async fn erasing_everything_deletes_the_address_and_its_mails() {
    let (mut mailed, id, mail) = anas_link().await;
    let phone = mailed.site.visitor("192.0.2.50");
    open(&phone, &mail).await.is(303);
    let second = comment_id(&phone.comment("hips", "From the phone").await);
    // A mail that waits for her.
    mailed.smtp.go_away().await;
    let answer = mailed.stranger_answers(id).await;
    mailed.worker.send_all().await.expect("answers");
    mailed.site.turn(SignedDuration::from_mins(2));
    mailed.worker.send_all().await.expect("answers");
    assert_eq!(mailed.site.store().list_mails().await.expect("lists").len(), 1);
    phone.form("/me/erase").await.send().await.is(200).says("Everything is erased");
    for id in [id, second] {
        assert!(mailed.site.store().comment(id).await.expect("its place").is_erased());
    }
    assert!(!mailed.site.store().comment(answer).await.expect("is there").is_erased());
    assert!(mailed.site.store().list_mails().await.expect("lists").is_empty());
    let standing = mailed.site.store().standing(1, &[ThreadKey::post("calf")]).await;
    assert!(matches!(standing, Err(instep::store::StoreError::NotFound)), "{standing:?}");
    // The link of before is nobody's, and a new one is not sent.
    phone.get(&mail.link("/me/open")).await.is(410);
    mailed.smtp.come_back().await;
    mailed.site.turn(SignedDuration::from_hours(24));
    ask(&mailed.site.visitor("192.0.2.50"), "ana@example.org").await.is(200);
    mailed.worker.send_all().await.expect("answers");
    assert!(mailed.smtp.new_mails().is_empty());
}

#[tokio::test]
async fn the_corner_can_be_closed_in_a_shared_browser() {
    let (mailed, _, mail) = anas_link().await;
    let library = mailed.site.visitor("192.0.2.50");
    open(&library, &mail).await.is(303);
    library.get("/me").await.says("Close it in this browser");
    let page = library.get("/me").await.html();
    let button = || library.last_form_in(&page);
    let pushed = button().header("sec-fetch-site", "cross-site").header("origin", "https://evil.example").send().await;
    assert!(!pushed.has_header("set-cookie"), "who has nothing but the cookie would be shut out");
    library.get("/me").await.says("Close it in this browser");
    let left = button().send().await;
    assert_eq!(left.leads(), "303 /me");
    assert!(left.header("set-cookie").contains("Max-Age=0"), "{}", left.header("set-cookie"));
    library.get("/me").await.says("The key to it is a cookie");
}

#[tokio::test]
async fn the_author_needs_no_confirmation_and_gets_the_badge() {
    let mut mailed = quiet().await;
    ask(&mailed.site.visitor("192.0.2.1"), "Jo@laces.example").await.is(200);
    let mail = mailed.one_mail().await;
    assert_eq!(mail.to, ["jo@laces.example"]);
    let author = mailed.site.visitor("192.0.2.1");
    open(&author, &mail).await.is(303);
    let form = author.form("/posts/calf").await.set("name", "Jo").set("email", "jo@laces.example");
    let id = comment_id(&form.set("text", "It is me").send().await);
    let comment = mailed.site.store().comment(id).await.expect("is there");
    assert!(comment.by_author && comment.status == Status::Approved, "{comment:?}");
}

#[tokio::test]
async fn mails_with_corner_links_can_be_stopped() {
    let (mut mailed, _, mail) = anas_link().await;
    let link = mail.link("/mail/stop");
    let page = mailed.site.get(&link).await;
    page.is(200).says("To ana@example.org.").says("Never write to me again").does_not_say("Stop for this article");
    mailed.site.ask(Method::POST, &link, &[], "what=all").await.is(200).says("No more mails");
    mailed.turn(24);
    ask(&mailed.site.visitor("192.0.2.50"), "ana@example.org").await.is(200);
    assert_eq!(mailed.lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_unconfirmed_address_gets_no_mail_and_the_corner_says_so() {
    let mut mailed = quiet().await;
    let ana = mailed.site.visitor("192.0.2.1");
    mailed.wish(&ana, "Ana", "thread").await;
    mailed.worker.send_all().await.expect("answers");
    let mail = mailed.smtp.one();
    let unconfirmed = async |visitor: &Visitor<'_>| {
        let corner = visitor.get("/me").await;
        corner.says("You asked for every new comment under “Calves”, at ana@example.org.").says("Nothing is sent");
        corner.says("the link at the foot of an earlier mail from here takes it back").does_not_say("goes to");
    };
    unconfirmed(&ana).await;
    confirm(&ana, &mail).await.is(303);
    ana.get("/me").await.says("goes to ana@example.org").does_not_say("Nothing is sent");
    // Said by the holder of the mailbox; a stranger who types the address must not learn that.
    ana.form(&mail.link("/mail/stop")).await.add("what", "all").send().await.is(200);
    let stranger = mailed.site.visitor("192.0.2.2");
    mailed.wish(&stranger, "Ana", "thread").await;
    unconfirmed(&stranger).await;
}
