//! The life of a subscription on both engines: requested, confirmed, used, listed, stopped, erased.

use http::Method;
use instep::domain::comment::{Status, ThreadKey};

use super::{Mailed, confirm, mailed_with, subscribe};
use crate::support::{
    database::{Database, on_both_engines},
    visitor::comment_id,
};

on_both_engines!(
    an_address_is_confirmed_gets_a_mail_and_is_stopped,
    an_address_opens_its_corner_and_is_erased,
    expired_mail_data_is_deleted,
    an_answer_sent_four_times_at_once_is_stored_once,
    a_button_pressed_four_times_at_once_acts_once,
    a_corner_link_opened_four_times_at_once_works_once,
);

/// Sends the same answer four times from the page of the author's mail.
async fn an_answer_sent_four_times_at_once_is_stored_once(database: Database) {
    let mut mailed = mailed_with(|site| site.database(&database.url)).await;
    let id = comment_id(&mailed.site.visitor("192.0.2.1").comment("calf", "A question").await);
    let link = mailed.one_mail().await.link("act=answer");
    let author = mailed.site.visitor("192.0.2.99");
    let page = author.get(&link).await.html();
    let send = || author.last_form_in(&page).add("act", "answer").set("text", "An answer").send();
    let (a, b, c, d) = tokio::join!(send(), send(), send(), send());
    for answer in [a, b, c, d] {
        answer.is(303);
    }
    assert_eq!(database.number("SELECT COUNT(*) FROM comments WHERE by_author").await, 1);
    assert_eq!(database.log_of(id).await.len(), 1, "approved once");
    assert_eq!(database.number("SELECT COUNT(*) FROM moderation_log WHERE act = 'reply'").await, 1);
}

async fn a_button_pressed_four_times_at_once_acts_once(database: Database) {
    let mut mailed = mailed_with(|site| site.database(&database.url)).await;
    let ana = mailed.site.visitor("192.0.2.1");
    let id = comment_id(&ana.comment("calf", "A question").await);
    mailed.worker.send_all().await.expect("answers");
    let link = mailed.smtp.one().link("act=approve");
    let author = mailed.site.visitor("192.0.2.99");
    for act in ["approve", "spam", "approve", "trash", "approve"] {
        let before = database.log_of(id).await.len();
        let page = author.get(&link).await.html();
        let press = || author.last_form_in(&page).add("act", act).send();
        tokio::join!(press(), press(), press(), press());
        assert_eq!(database.log_of(id).await.len(), before + 1, "{act}");
    }
    let page = ana.get(&format!("/me/comments/{id}/edit")).await.html();
    let edit = || ana.last_form_in(&page).set("text", "Another question").send();
    tokio::join!(edit(), edit(), edit(), edit());
    let acts = |log: Vec<crate::support::database::LogRow>| log.into_iter().map(|row| row.1).collect::<Vec<_>>();
    assert_eq!(acts(database.log_of(id).await)[5..], ["edit"]);
    let page = ana.get(&format!("/me/comments/{id}/delete")).await.html();
    let erase = || ana.last_form_in(&page).send();
    tokio::join!(erase(), erase(), erase(), erase());
    assert_eq!(acts(database.log_of(id).await)[6..], ["erase"]);
}

async fn a_corner_link_opened_four_times_at_once_works_once(database: Database) {
    let mut mailed = quiet(&database).await;
    subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    let asking = mailed.site.visitor("192.0.2.50");
    let ask = || asking.post("/me/link", "email=ana%40example.org");
    tokio::join!(ask(), ask(), ask(), ask());
    drop(asking);
    let mail = mailed.one_mail().await;
    let (_, key) = mail.link("/me/open").split_once('?').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a key");
    let all: Vec<_> = (60..64).map(|last| mailed.site.visitor(&format!("192.0.2.{last}"))).collect();
    let open = |at: usize| all[at].post("/me/open", &key);
    let (a, b, c, d) = tokio::join!(open(0), open(1), open(2), open(3));
    let mut statuses = [a.status, b.status, c.status, d.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410, 410, 410]);
}

async fn quiet(database: &Database) -> Mailed {
    mailed_with(|site| site.setting("site.mail.each_comment", "false").database(&database.url)).await
}

async fn an_address_is_confirmed_gets_a_mail_and_is_stopped(database: Database) {
    let mut mailed = quiet(&database).await;
    let ana = subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    let bo = subscribe(&mut mailed, "192.0.2.2", "Bo", "answers").await;
    mailed.stranger_answers(bo).await;
    assert_eq!(
        mailed.lines().await,
        ["ana@example.org: Cy commented under “Calves”", "bo@example.org: Cy answered you under “Calves”"]
    );
    mailed.stranger_answers(ana).await;
    mailed.send_all().await;
    let stop = mailed.smtp.one().link("/mail/stop");
    mailed.site.ask(Method::POST, &stop, &[], "List-Unsubscribe=One-Click").await.is(200).says("Stopped");
    mailed.stranger_answers_with(bo, "Once more").await;
    assert_eq!(mailed.lines().await, ["bo@example.org: Cy answered you under “Calves”"]);
    mailed.site.ask(Method::POST, &stop, &[], "what=all").await.is(200).says("No more mails");
    mailed.turn(24);
    let visitor = mailed.site.visitor("192.0.2.1");
    mailed.site.approve(mailed.wish(&visitor, "Ana", "thread").await).await;
    drop(visitor);
    assert_eq!(mailed.lines().await, Vec::<String>::new());
    mailed.site.ask(Method::POST, &stop, &[], "what=allow").await.is(200);
    mailed.turn(24);
    let visitor = mailed.site.visitor("192.0.2.1");
    mailed.wish(&visitor, "Ana", "answers").await;
    drop(visitor);
    assert_eq!(mailed.lines().await, ["ana@example.org: Is this your address? Loose Laces asks"]);
}

async fn an_address_opens_its_corner_and_is_erased(database: Database) {
    let mut mailed = quiet(&database).await;
    let id = subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    for email in ["ana@example.org", "nobody@example.org", "jo@laces.example"] {
        mailed.site.visitor("192.0.2.50").post("/me/link", &format!("email={email}")).await.is(200);
    }
    mailed.send_all().await;
    let mails = mailed.smtp.new_mails();
    assert_eq!(mails.len(), 2);
    let link = |to: &str| mails.iter().find(|mail| mail.to == [to]).expect("a mail").link("/me/open");
    let author = mailed.site.visitor("192.0.2.60");
    author.form(&link("jo@laces.example")).await.send().await.is(303);
    let form = author.form("/posts/calf").await.set("name", "Jo").set("email", "jo@laces.example");
    let by_author = comment_id(&form.set("text", "It is me").send().await);
    assert!(mailed.site.store().comment(by_author).await.expect("is there").by_author);

    let phone = mailed.site.visitor("192.0.2.50");
    phone.form(&link("ana@example.org")).await.send().await.is(303);
    phone.get("/me").await.says("Ana says hello").says("/me/subscriptions/1/end");
    let form = phone.form("/posts/hips").await.set("name", "Ana").set("email", "ana@example.org");
    let second = comment_id(&form.set("text", "Known by the address").send().await);
    assert_eq!(mailed.site.store().comment(second).await.expect("is there").status, Status::Approved);
    let form = phone.form(&format!("/me/comments/{second}/edit")).await;
    form.set("text", "Changed in time").send().await.is(303);
    phone.get("/me/data.json").await.is(200).says("\"confirmed_addresses\"").says("\"ended_at\": null");
    phone.post("/me/subscriptions/1/end", "").await.is(303);
    phone.post("/me/subscriptions/99/end", "").await.is(404);
    phone.get("/me").await.does_not_say("/me/subscriptions/1/end");
    phone.form("/me/erase").await.send().await.is(200);
    assert!(mailed.site.store().comment(id).await.expect("its place").is_erased());
    assert_eq!(database.number("SELECT COUNT(*) FROM addresses WHERE email = 'ana@example.org'").await, 0);
    assert_eq!(database.number("SELECT COUNT(*) FROM subscriptions").await, 0);
    assert_eq!(database.number("SELECT COUNT(*) FROM confirmations").await, 1, "the author's");
}

async fn expired_mail_data_is_deleted(database: Database) {
    let mut mailed = quiet(&database).await;
    let kept = subscribe(&mut mailed, "192.0.2.1", "Ana", "thread").await;
    let erased = subscribe(&mut mailed, "192.0.2.2", "Bo", "thread").await;
    let cy = mailed.site.visitor("192.0.2.3");
    let unconfirmed = mailed.wish(&cy, "Cy", "thread").await;
    drop(cy);
    mailed.site.approve(unconfirmed).await;
    mailed.site.visitor("192.0.2.50").post("/me/link", "email=ana%40example.org").await.is(200);
    mailed.site.store().erase(erased, "test", mailed.site.app.clock.now()).await.expect("erases");
    mailed.send_all().await;
    let addresses = "SELECT COUNT(*) FROM addresses";
    assert_eq!(database.number(addresses).await, 3);
    assert_eq!(database.number("SELECT COUNT(*) FROM corner_asked").await, 1);
    mailed.turn(24 * 8);
    mailed.send_all().await;
    assert_eq!(database.number(addresses).await, 1, "Ana's");
    assert_eq!(database.number("SELECT COUNT(*) FROM corner_asked").await, 0);
    let standing = mailed.site.store().standing(1, &[ThreadKey::post("calf")]).await.expect("is there");
    assert!(standing.hears_thread);
    mailed.turn(24 * 30);
    mailed.send_all().await;
    assert_eq!(database.number("SELECT COUNT(*) FROM outbox").await, 0, "what was sent is forgotten");
    // Her next mail is a mail again, by an address that went on all the time.
    mailed.smtp.new_mails();
    mailed.stranger_answers(kept).await;
    assert_eq!(mailed.lines().await, ["ana@example.org: Cy answered you under “Calves”"]);
    // A yes to a wish that is confirmed anew.
    let visitor = mailed.site.visitor("192.0.2.7");
    mailed.wish(&visitor, "Dan", "answers").await;
    mailed.worker.send_all().await.expect("answers");
    confirm(&visitor, &mailed.smtp.one()).await.is(303);
}
