//! Double opt-in: at most one confirmation mail a day, without any text of the form, and no other mail before the
//! confirmation.

use jiff::SignedDuration;

use super::{Mailed, confirm, is_personal, mailed_with, subscribe};
use crate::support::{smtp::Mail, visitor::comment_id};

async fn quiet() -> Mailed {
    mailed_with(|site| site.setting("site.mail.each_comment", "false")).await
}

/// Sends a form with a wish for mails from a new browser and a new address.
async fn flood(mailed: &Mailed, number: usize, email: &str) -> i64 {
    let visitor = mailed.site.visitor(&format!("203.0.{}.1", number % 250));
    let form = visitor.form("/posts/calf").await.set("name", "Mallory").set("email", email).set("wish", "thread");
    comment_id(&form.set("text", format!("Buy number {number}")).send().await)
}

#[tokio::test]
async fn the_confirmation_mail_has_no_typed_text() {
    let mut mailed = quiet().await;
    let visitor = mailed.site.visitor("192.0.2.1");
    let form = visitor.form("/posts/calf").await.set("name", "Cheap Pills").set("site", "pills.example");
    let form = form.set("email", "Victim@example.org").set("wish", "thread").set("text", "Buy cheap pills now");
    form.send().await.is(303);
    let mail = mailed.one_mail().await;
    assert_eq!(mail.line(), "victim@example.org: Is this your address? Loose Laces asks");
    mail.says("under “Calves” on Loose Laces").says("of every new comment there");
    let whole = format!("{}{}{}", mail.subject(), mail.text(), mail.html()).to_lowercase();
    assert!(!whole.contains("pills"), "{whole}");
}

#[tokio::test]
async fn opening_the_link_does_nothing_and_its_button_confirms() {
    let mut mailed = quiet().await;
    let ana = mailed.site.visitor("192.0.2.1");
    let id = mailed.wish(&ana, "Ana", "answers").await;
    mailed.site.approve(id).await;
    mailed.worker.send_all().await.expect("answers");
    let mail = mailed.smtp.one();
    let link = mail.link("/mail/confirm");
    let page = mailed.site.get(&link).await;
    is_personal(&page);
    page.says("Is this you?").says("ana@example.org");
    drop(ana);
    mailed.stranger_answers_with(id, "Too early").await;
    assert_eq!(mailed.lines().await, Vec::<String>::new(), "nobody has said yes");
    confirm(&mailed.site.visitor("192.0.2.50"), &mail).await.is(303);
    mailed.site.get(&link).await.says("Thank you");
    mailed.stranger_answers_with(id, "In time").await;
    assert_eq!(mailed.lines().await, ["ana@example.org: Cy answered you under “Calves”"]);
}

#[tokio::test]
async fn the_page_tells_of_the_confirmation_mail() {
    const ASKED: &str = "We send a mail to your address";
    let mut mailed = quiet().await;
    let ana = mailed.site.visitor("192.0.2.1");
    let send = async |wish: &str, text: &str, stamp: bool| {
        let form = ana.form("/posts/calf").await.set("name", "Ana").set("email", "ana@example.org").set("wish", wish);
        let form = if stamp { form } else { form.without("stamp") };
        let posted = form.set("text", text).send().await;
        posted.header("location").split('#').next().expect("a path").to_owned()
    };
    ana.get(&send("", "No wish", true).await).await.does_not_say(ASKED);
    // Whether a mail goes out, and when, says something of the address to whoever typed it: so the same is said always.
    ana.get(&send("answers", "Suspected, so nobody is asked yet", false).await).await.says(ASKED);
    let waiting = send("answers", "A wish", true).await;
    let page = ana.get(&waiting).await;
    page.says(ASKED).does_not_say("ana@example.org");
    assert_eq!(page.header("cache-control"), "private, no-store");
    mailed.site.get("/posts/calf").await.does_not_say(ASKED);
    mailed.worker.send_all().await.expect("answers");
    let mail = mailed.smtp.one();
    ana.get(&waiting).await.says(ASKED);
    // The mailbox has been asked today, so no other mail comes.
    ana.get(&send("thread", "Another wish", true).await).await.says(ASKED);
    mailed.worker.send_all().await.expect("answers");
    assert!(mailed.smtp.new_mails().is_empty());
    confirm(&ana, &mail).await.is(303);
    ana.get(&waiting).await.does_not_say(ASKED);
}

#[tokio::test]
async fn an_approved_commenter_is_told_of_the_confirmation_mail() {
    const ASKED: &str = "We send a mail to your address";
    let mut mailed = quiet().await;
    let ana = mailed.site.visitor("192.0.2.1");
    let first = comment_id(&ana.comment("calf", "The first").await);
    mailed.site.approve(first).await;
    let send = async |wish: &str, text: &str| {
        let form = ana.form("/posts/calf").await.set("name", "Ana").set("email", "ana@example.org").set("wish", wish);
        form.set("text", text).send().await.is(303).header("location").to_owned()
    };
    assert!(send("", "No wish").await.starts_with("/posts/calf#comment-"));
    let location = send("answers", "A wish").await;
    let (path, fragment) = location.split_once('#').expect("its place");
    let page = ana.get(path).await;
    page.does_not_say("waits for the author").does_not_say("ana@example.org");
    let comment = page.html().by_id(fragment).expect("the comment").text.clone();
    assert!(comment.contains("A wish") && comment.contains("is online") && comment.contains(ASKED), "{comment}");
    assert_eq!(page.header("cache-control"), "private, no-store");
    mailed.site.get("/posts/calf").await.says("A wish").does_not_say(ASKED);
    mailed.worker.send_all().await.expect("answers");
    confirm(&ana, &mailed.smtp.one()).await.is(303);
    ana.get(path).await.is(200).does_not_say(ASKED);
    assert!(send("thread", "Confirmed already").await.starts_with("/posts/calf#comment-"));
}

#[tokio::test]
async fn a_form_from_another_site_does_not_confirm() {
    let mut mailed = quiet().await;
    let ana = mailed.site.visitor("192.0.2.1");
    mailed.wish(&ana, "Ana", "answers").await;
    mailed.worker.send_all().await.expect("answers");
    let link = mailed.smtp.one().link("/mail/confirm");
    let form = ana.form(&link).await.header("sec-fetch-site", "cross-site").header("origin", "https://evil.example");
    form.send().await.is(403).says("Press once more").says("Is this you?");
    ana.get(&link).await.says("Is this you?");
}

#[tokio::test]
async fn a_mailbox_gets_one_confirmation_mail_a_day() {
    let mut mailed = quiet().await;
    // Many spellings of one mailbox.
    for (number, email) in
        ["victim@gmail.com", "Victim+1@gmail.com", "v.i.c.t.i.m@gmail.com", "victim+2@googlemail.com"]
            .iter()
            .enumerate()
    {
        flood(&mailed, number, email).await;
    }
    assert_eq!(mailed.lines().await.len(), 1);
    let mut asked = 0;
    for day in 1..=6 {
        mailed.turn(24);
        for number in 0..5 {
            flood(&mailed, 10 * day + number, "victim@gmail.com").await;
        }
        asked += mailed.lines().await.len();
    }
    assert_eq!(asked, 2, "three in a week are enough");
}

#[tokio::test]
async fn confirmation_mails_above_the_hourly_limit_are_sent_later() {
    let mut mailed = quiet().await;
    for number in 0..45 {
        flood(&mailed, number, &format!("victim{number}@example.org")).await;
    }
    let mut asked = mailed.lines().await;
    assert_eq!(asked.len(), 20);
    for expected in [20, 5, 0] {
        mailed.site.turn(SignedDuration::from_mins(30));
        assert_eq!(mailed.lines().await, Vec::<String>::new());
        mailed.site.turn(SignedDuration::from_mins(31));
        let lines = mailed.lines().await;
        assert_eq!(lines.len(), expected);
        asked.extend(lines);
    }
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), 45, "each is asked once");
}

#[tokio::test]
async fn one_network_does_not_use_up_the_limit_of_confirmation_mails() {
    let mut mailed = quiet().await;
    for number in 0..25 {
        let mallory = mailed.site.visitor(&format!("192.0.2.{number}"));
        let form = mallory.form("/posts/calf").await.set("name", "Mallory").set("wish", "thread");
        let form = form.set("email", format!("victim{number}@example.org"));
        comment_id(&form.set("text", format!("Number {number}")).send().await);
    }
    assert_eq!(mailed.lines().await.len(), 5);
    flood(&mailed, 7, "ana@example.org").await;
    assert_eq!(mailed.lines().await, ["ana@example.org: Is this your address? Loose Laces asks"]);
    mailed.turn(2);
    assert_eq!(mailed.lines().await.len(), 5, "those who were not asked are asked later");
}

#[tokio::test]
async fn a_waiting_wish_gets_its_confirmation_mail_after_a_restart() {
    let mut mailed = quiet().await;
    for number in 0..21 {
        flood(&mailed, number, &format!("victim{number}@example.org")).await;
    }
    assert_eq!(mailed.lines().await.len(), 20);
    mailed.site.approve(21).await;
    assert_eq!(mailed.lines().await.len(), 0, "there is no room yet");
    mailed.restart();
    mailed.turn(24 * 8);
    assert_eq!(mailed.lines().await, ["victim20@example.org: Is this your address? Loose Laces asks"]);
}

#[tokio::test]
async fn a_suspicious_comment_causes_no_confirmation_mail_before_approval() {
    let mut mailed = quiet().await;
    let visitor = mailed.site.visitor("192.0.2.1");
    let form = visitor.form("/posts/calf").await.set("name", "Ana").set("email", "ana@example.org");
    let id = comment_id(&form.set("wish", "thread").set("text", "Hello").without("stamp").send().await);
    assert_eq!(mailed.worker.send_all().await.map(|()| mailed.smtp.mails().len()).expect("answers"), 0);
    mailed.site.approve(id).await;
    assert_eq!(mailed.lines().await.len(), 1);
}

#[tokio::test]
async fn a_confirmed_commenter_gets_no_second_confirmation_mail_but_a_stranger_does() {
    let mut mailed = quiet().await;
    let ana = mailed.site.visitor("192.0.2.1");
    let id = mailed.wish(&ana, "Ana", "thread").await;
    mailed.worker.send_all().await.expect("answers");
    confirm(&ana, &mailed.smtp.one()).await.is(303);
    mailed.site.approve(id).await;
    mailed.site.turn(SignedDuration::from_hours(30));
    let form = ana.form("/posts/hips").await.set("name", "Ana").set("email", "ana@example.org").set("wish", "thread");
    comment_id(&form.set("text", "Here too").send().await);
    drop(ana);
    assert_eq!(mailed.lines().await, Vec::<String>::new(), "she is known by her cookie");
    // Somebody else who types her address, and is even approved.
    let other = flood(&mailed, 1, "ana@example.org").await;
    mailed.site.approve(other).await;
    let lines = mailed.lines().await;
    assert_eq!(lines[0], "ana@example.org: Is this your address? Loose Laces asks");
}

#[tokio::test]
async fn a_blocked_mailbox_gets_no_mail_until_it_allows_mails() {
    let mut mailed = quiet().await;
    flood(&mailed, 1, "victim@example.org").await;
    let mail: Mail = mailed.one_mail().await;
    let stop = mail.link("/mail/stop");
    let victim = mailed.site.visitor("192.0.2.77");
    let page = victim.get(&stop).await.html();
    victim.form_in(&page).add("what", "all").send().await.is(200).says("No more mails");
    victim.get(&mail.link("/mail/confirm")).await.says("No mails");
    drop(victim);
    for day in 2..5 {
        mailed.turn(24);
        let id = flood(&mailed, day, &format!("victim+{day}@example.org")).await;
        mailed.site.approve(id).await;
    }
    assert_eq!(mailed.lines().await, Vec::<String>::new());
    let page = mailed.site.visitor("192.0.2.77").get(&stop).await;
    page.says("Nothing is sent from here to victim@example.org");
    let victim = mailed.site.visitor("192.0.2.77");
    victim.form_in(&page.html()).add("what", "allow").send().await.is(200);
    drop(victim);
    mailed.turn(24);
    flood(&mailed, 9, "victim@example.org").await;
    assert_eq!(mailed.lines().await.len(), 1);
}

#[tokio::test]
async fn an_unconfirmed_address_is_deleted_when_its_link_expires() {
    let mut mailed = quiet().await;
    let ana = mailed.site.visitor("192.0.2.1");
    let id = mailed.wish(&ana, "Ana", "thread").await;
    mailed.site.approve(id).await;
    mailed.worker.send_all().await.expect("answers");
    let link = mailed.smtp.one().link("/mail/confirm");
    drop(ana);
    mailed.turn(24 * 9);
    mailed.send_all().await;
    mailed.site.get(&link).await.is(410);
    let standing = mailed.site.store().standing(1, &[instep::domain::comment::ThreadKey::post("calf")]).await;
    assert!(matches!(standing, Err(instep::store::StoreError::NotFound)), "{standing:?}");
}

#[tokio::test]
async fn a_form_that_asks_for_mails_needs_an_address_and_keeps_the_choice() {
    let mailed = quiet().await;
    let ana = mailed.site.visitor("192.0.2.1");
    let answer =
        ana.form("/posts/calf").await.set("name", "Ana").set("text", "Kept").set("wish", "thread").send().await;
    answer.is(422).says("we need your address");
    let form = ana.form_in(&answer.html());
    assert_eq!((form.field("wish"), form.field("text")), ("thread", "Kept"));
    form.set("email", "ana@example.org").send().await.is(303);
}

#[tokio::test]
async fn a_site_without_a_mail_server_offers_no_mails() {
    let site = crate::support::TestSite::new().post("calf", "Stretch it.").start().await;
    site.get("/posts/calf").await.does_not_say("Tell me by mail");
    let ana = site.visitor("192.0.2.1");
    let form = ana.form("/posts/calf").await.set("name", "Ana").set("text", "Hello").add("wish", "thread");
    form.send().await.is(303);
}

#[tokio::test]
async fn an_erased_commenter_leaves_no_address_after_a_week() {
    let mut mailed = quiet().await;
    let id = subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    mailed.site.store().erase(id, "test", mailed.site.app.clock.now()).await.expect("erases");
    let other = comment_id(&mailed.site.visitor("192.0.2.9").comment("calf", "Anybody here?").await);
    mailed.site.approve(other).await;
    assert_eq!(mailed.lines().await, Vec::<String>::new());
    mailed.turn(24 * 8);
    mailed.send_all().await;
    let standing = mailed.site.store().standing(1, &[instep::domain::comment::ThreadKey::post("calf")]).await;
    assert!(matches!(standing, Err(instep::store::StoreError::NotFound)), "{standing:?}");
}

#[tokio::test]
async fn erasing_a_comment_does_not_cause_another_confirmation_mail() {
    let mut mailed = quiet().await;
    let mut asked = 0;
    for number in 0..10 {
        let visitor = mailed.site.visitor(&format!("203.0.{number}.1"));
        let form = visitor.form("/posts/calf").await.set("name", "Mallory").set("email", "victim@example.org");
        let id = comment_id(&form.set("wish", "thread").set("text", format!("Number {number}")).send().await);
        // Every second one before it is sent.
        if number % 2 == 0 {
            mailed.worker.send_all().await.expect("answers");
        }
        visitor.form(&format!("/me/comments/{id}/delete")).await.send().await.is(303);
        visitor.form("/me/erase").await.send().await.is(200);
        mailed.worker.send_all().await.expect("answers");
        asked += mailed.smtp.new_mails().len();
    }
    assert_eq!(asked, 1);
}
