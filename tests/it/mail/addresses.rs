//! E-mail addresses: one normal form for comparing, storing, blocking and sending, and no address that mails cannot
//! reach.

use super::{Mailed, mailed_with};
use crate::support::{smtp::Mail, visitor::comment_id};

async fn quiet() -> Mailed {
    mailed_with(|site| {
        site.setting("site.mail.each_comment", "false").setting("site.comments.network_per_10_minutes", "100000")
    })
    .await
}

#[tokio::test]
async fn spellings_of_one_mailbox_are_recognised() {
    let mut mailed = quiet().await;
    let spellings = [
        "bo@victim.example",
        "BO@Victim.Example",
        "bo@ｖｉｃｔｉｍ.example",
        "bo@victim。example",
        "bo@vic\u{AD}tim.example",
        "bo@vict\u{200B}im.example",
        "bo@\u{1D567}ictim.example",
        "bo+1@victim.example",
        "ｂｏ@victim.example",
        "bo@VICTIM.EXAMPLE",
    ];
    for (number, email) in spellings.iter().enumerate() {
        let visitor = mailed.site.visitor(&format!("203.0.{number}.1"));
        let form = visitor.form("/posts/calf").await.set("name", "Mallory").set("email", *email).set("wish", "thread");
        form.set("text", format!("Buy number {number}")).send().await.is(303);
        mailed.worker.send_all().await.expect("answers");
    }
    let mails = mailed.smtp.new_mails();
    assert_eq!(mails.len(), 1, "{:?}", mails.iter().map(Mail::line).collect::<Vec<_>>());
    assert_eq!(mails[0].to, ["bo@victim.example"]);
    // After "never", no spelling is asked any more.
    mailed.site.visitor("192.0.2.99").form(&mails[0].link("/mail/stop")).await.add("what", "all").send().await.is(200);
    mailed.turn(24 * 30);
    for (number, email) in spellings.iter().enumerate() {
        let visitor = mailed.site.visitor(&format!("203.1.{number}.1"));
        let form = visitor.form("/posts/calf").await.set("name", "Mallory").set("email", *email).set("wish", "thread");
        form.set("text", format!("Again number {number}")).send().await.is(303);
    }
    assert_eq!(mailed.lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_international_address_is_the_same_as_its_ascii_form() {
    let mut mailed = quiet().await;
    let ana = mailed.site.visitor("192.0.2.1");
    let send = async |email: &str, text: &str| {
        let form = ana.form("/posts/calf").await.set("name", "Ana").set("email", email).set("wish", "thread");
        comment_id(&form.set("text", text).send().await)
    };
    let first = send("Ana@Bücher.example", "First").await;
    mailed.worker.send_all().await.expect("answers");
    let mail = mailed.smtp.one();
    assert_eq!(mail.to, ["ana@xn--bcher-kva.example"]);
    super::confirm(&ana, &mail).await.is(303);
    let second = send("ana@xn--bcher-kva.example", "Second").await;
    for id in [first, second] {
        let kept = mailed.site.store().comment(id).await.expect("is there").email;
        assert_eq!(kept.as_deref(), Some("ana@xn--bcher-kva.example"));
    }
    drop(ana);
    assert_eq!(mailed.lines().await, Vec::<String>::new(), "it is confirmed already");
}

#[tokio::test]
async fn a_block_by_address_covers_every_spelling() {
    use instep::domain::verdict::blocks::Block;
    let mailed = quiet().await;
    let block = Block::email("Mallory@Bücher.example").expect("an address");
    mailed.site.store().block(&block, "", "test", mailed.site.app.clock.now()).await.expect("blocks");
    for email in [
        "mallory@bücher.example",
        "MALLORY@xn--bcher-kva.example",
        "mallory@bu\u{308}cher.example",
        "mallory@ｂücher。example",
    ] {
        let visitor = mailed.site.visitor("192.0.2.1");
        let form = visitor.form("/posts/calf").await.set("name", "M").set("email", email);
        form.set("text", "Hello").send().await.is(403).says("no comments from this e-mail address");
    }
}

#[tokio::test]
async fn the_form_refuses_addresses_that_no_mail_can_reach() {
    let mailed = quiet().await;
    let long = format!("{}@x.example", "a".repeat(65));
    let longest = format!("ana@{}.example", "a".repeat(64));
    for email in [
        "a..b@x.example",
        ".a@x.example",
        "a.@x.example",
        "🏃@x.example",
        "a\u{20DD}@x.example",
        "bo@vict%69m.example",
        "bo@x_y.example",
        "bo@-x.example",
        "bo@x-.example",
        "bo@x!.example",
        "bo@127.0.0.1",
        "bo@0x7f.1",
        "bo@[127.0.0.1]",
        "bo@x.example.",
        "bo@x.example。",
        "bo@x..example",
        "bo@\u{AD}.example",
        "bo@xn--a.example",
        "bo@xn--.example",
        "bo@x",
        "\"bo\"@x.example",
        "bo@a@x.example",
        "bo:x@x.example",
        "bo@x.example:25",
        "bo@x.example/y",
        "bo@🏃\u{202E}.example",
        &long,
        &longest,
    ] {
        let visitor = mailed.site.visitor("192.0.2.1");
        let form = visitor.form("/posts/calf").await.set("name", "Ana").set("email", email);
        form.set("wish", "thread")
            .set("text", "Hello")
            .send()
            .await
            .is(422)
            .says("This does not look like an e-mail address");
        let asked = mailed.site.visitor("192.0.2.1").form("/me/link").await.set("email", email).send().await;
        asked.is(422);
        assert!(instep::domain::verdict::blocks::Block::email(email).is_err(), "{email}");
    }
    for email in [
        "ünï@x.example",
        "用户@例子.example",
        "a.b-c_d+e@x.example",
        "o'neil@x.example",
        "bo@faß.example",
        "bo@x.рф",
        "\u{75}\u{308}@x.example",
    ] {
        let visitor = mailed.site.visitor("192.0.2.1");
        let form = visitor.form("/posts/calf").await.set("name", "Ana").set("email", email);
        comment_id(&form.set("text", format!("From {email}")).send().await);
    }
}
