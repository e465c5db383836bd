//! Delivery to a server that is away, refuses, stalls or hangs up. Each mail arrives once.

use std::time::Duration;

use instep::mail::{Limits, OutboxWorker};
use jiff::SignedDuration;

use super::{Mailed, SHORT, confirm, mailed, mailed_with};
use crate::support::{
    TestSite,
    database::{Database, on_both_engines},
    smtp::{Behaviour, SmtpServer},
};

on_both_engines!(two_instances_send_each_mail_once, an_expired_lease_passes_to_another_sender);

async fn comment(mailed: &Mailed, text: &str) {
    mailed.site.visitor("192.0.2.1").comment("calf", text).await.is(303);
}

/// Status and reason of the only mail that is listed.
async fn listed(mailed: &Mailed) -> String {
    let mails = mailed.site.store().list_mails().await.expect("lists");
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let state = if mails[0].is_given_up { "given up" } else { "waits" };
    format!("{state} after {}: {}", mails[0].attempts, mails[0].reason.clone().unwrap_or_default())
}

#[tokio::test]
async fn a_server_that_was_away_for_an_hour_gets_each_mail_once() {
    let mut mailed = mailed().await;
    mailed.smtp.go_away().await;
    comment(&mailed, "One").await;
    comment(&mailed, "Two").await;
    for _ in 0..12 {
        mailed.send_all().await;
        mailed.site.turn(SignedDuration::from_mins(5));
    }
    mailed.smtp.come_back().await;
    for _ in 0..3 {
        mailed.send_all().await;
        mailed.turn(1);
    }
    let mails = mailed.smtp.new_mails();
    let mut ids: Vec<String> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
    ids.dedup();
    assert_eq!((mails.len(), ids.len()), (2, 2));
    assert_eq!(mails[0].header("Date"), "Sun, 22 Nov 2026 17:00:00 +0000", "when it happened");
}

#[tokio::test]
async fn each_kind_of_mail_outlasts_an_hour_without_a_server() {
    let mut mailed = mailed_with(|site| site.setting("site.mail.digest", "daily")).await;
    // Ana and Bo have confirmed their addresses and are approved.
    let mut ids = Vec::new();
    for (address, name, wish) in [("192.0.2.1", "Ana", "thread"), ("192.0.2.2", "Bo", "answers")] {
        let visitor = mailed.site.visitor(address);
        let id = mailed.wish(&visitor, name, wish).await;
        mailed.worker.send_all().await.expect("answers");
        let mails = mailed.smtp.new_mails();
        let question = mails.iter().find(|mail| mail.text().contains("/mail/confirm")).expect("a question");
        confirm(&visitor, question).await.is(303);
        mailed.site.approve(id).await;
        ids.push(id);
    }
    mailed.send_all().await;
    mailed.smtp.new_mails();
    mailed.smtp.go_away().await;
    // Past 8 in the morning, when a digest is due.
    mailed.turn(20);
    mailed.stranger_answers(ids[1]).await;
    let dan = mailed.site.visitor("192.0.2.4");
    mailed.wish(&dan, "Dan", "thread").await;
    drop(dan);
    mailed.site.visitor("192.0.2.50").post("/me/link", "email=ana%40example.org").await.is(200);
    for _ in 0..12 {
        mailed.send_all().await;
        mailed.site.turn(SignedDuration::from_mins(5));
    }
    mailed.smtp.come_back().await;
    let mut lines = Vec::new();
    for _ in 0..4 {
        lines.extend(mailed.lines().await);
        mailed.turn(1);
    }
    lines.sort();
    assert_eq!(
        lines,
        [
            "ana@example.org: Cy commented under “Calves”",
            "ana@example.org: The way into your corner on Loose Laces",
            "bo@example.org: Cy answered you under “Calves”",
            "dan@example.org: Is this your address? Loose Laces asks",
            "jo@laces.example: 1 comment waits for you on Loose Laces",
            "jo@laces.example: Cy commented under “Calves”",
            "jo@laces.example: Waits for you: Dan under “Calves”",
        ]
    );
}

#[tokio::test]
async fn pauses_between_attempts_grow() {
    let mut mailed = mailed().await;
    mailed.smtp.behaves(Behaviour::Later);
    comment(&mailed, "Patience").await;
    mailed.send_all().await;
    mailed.send_all().await;
    assert_eq!(mailed.smtp.connections(), 1);
    for (minutes, attempts) in [(1, 2), (1, 2), (4, 3), (14, 3), (1, 4), (59, 4), (1, 5)] {
        mailed.site.turn(SignedDuration::from_mins(minutes));
        mailed.send_all().await;
        assert!(listed(&mailed).await.starts_with(&format!("waits after {attempts}: ")), "{}", listed(&mailed).await);
    }
    assert!(listed(&mailed).await.contains("Greylisted"), "{}", listed(&mailed).await);
    mailed.smtp.behaves(Behaviour::Takes);
    mailed.turn(2);
    assert_eq!(mailed.lines().await.len(), 1);
}

#[tokio::test]
async fn a_mail_is_given_up_after_two_days_and_can_be_retried() {
    let mut mailed = mailed().await;
    mailed.smtp.behaves(Behaviour::Later);
    comment(&mailed, "Patience").await;
    for _ in 0..48 {
        mailed.send_all().await;
        assert!(listed(&mailed).await.starts_with("waits"), "{}", listed(&mailed).await);
        mailed.turn(1);
    }
    mailed.send_all().await;
    assert!(listed(&mailed).await.starts_with("given up"), "{}", listed(&mailed).await);
    assert!(listed(&mailed).await.contains("Greylisted"));
    mailed.smtp.behaves(Behaviour::Takes);
    mailed.turn(10);
    assert_eq!(mailed.lines().await, Vec::<String>::new());
    let id = mailed.site.store().list_mails().await.expect("lists")[0].id;
    mailed.site.store().retry_mail(id, mailed.site.app.clock.now()).await.expect("is there");
    assert_eq!(mailed.lines().await.len(), 1);
}

#[tokio::test]
async fn a_mail_to_a_missing_mailbox_is_given_up_and_the_next_is_sent() {
    let mut mailed = mailed().await;
    mailed.smtp.behaves(Behaviour::NoSuchMailbox);
    comment(&mailed, "To nobody").await;
    mailed.send_all().await;
    let listed = listed(&mailed).await;
    assert!(listed.starts_with("given up after 1") && listed.contains("No such mailbox"), "{listed}");
    mailed.smtp.behaves(Behaviour::Takes);
    comment(&mailed, "To somebody").await;
    mailed.one_mail().await.says("To somebody");
}

#[tokio::test]
async fn a_mail_waits_until_the_operator_has_fixed_the_settings() {
    for (behaviour, words) in
        [(Behaviour::RefusesRelaying, "Relay access denied"), (Behaviour::RefusesSender, "Authentication")]
    {
        let mut mailed = mailed().await;
        mailed.smtp.behaves(behaviour);
        comment(&mailed, "Wait for it").await;
        mailed.send_all().await;
        let listed = listed(&mailed).await;
        assert!(listed.starts_with("waits after 1") && listed.contains(words), "{listed}");
        mailed.smtp.behaves(Behaviour::Takes);
        mailed.turn(1);
        assert_eq!(mailed.lines().await.len(), 1);
    }
}

#[tokio::test]
async fn a_permanent_refusal_of_the_sender_delays_no_other_mail() {
    for said in [
        "550 5.1.8 Sender rejected",
        "553 5.6.7 Addresses with such letters are not permitted",
        "501 5.1.7 Bad sender",
        "555 5.5.4 Unsupported option: SMTPUTF8",
    ] {
        let mut mailed = mailed().await;
        comment(&mailed, "One").await;
        comment(&mailed, "Two").await;
        mailed.smtp.behaves(Behaviour::Says(said));
        assert_eq!(mailed.lines().await.len(), 1, "{said}");
        let listed = listed(&mailed).await;
        assert!(listed.starts_with("waits after 1") && listed.contains(&said[4..]), "{listed}");
        mailed.turn(1);
        assert_eq!(mailed.lines().await.len(), 1, "the other goes out later: {said}");
    }
}

#[tokio::test]
async fn a_temporary_refusal_of_the_sender_delays_all_mails() {
    for said in ["451 4.7.1 Greylisted, come back later", "452 4.3.1 No room", "421 4.3.2 Shutting down"] {
        let mut mailed = mailed().await;
        comment(&mailed, "One").await;
        comment(&mailed, "Two").await;
        mailed.smtp.behaves(Behaviour::Says(said));
        assert_eq!(mailed.lines().await, Vec::<String>::new(), "{said}");
        mailed.turn(1);
        assert_eq!(mailed.lines().await.len(), 2, "{said}");
    }
}

#[tokio::test]
async fn a_mail_is_sent_again_to_a_server_that_stalled_or_hung_up() {
    for (behaviour, words) in [(Behaviour::Stalls, "has not answered"), (Behaviour::DropsIt, "")] {
        let mut mailed = mailed().await;
        mailed.smtp.behaves(behaviour);
        comment(&mailed, "Again").await;
        mailed.send_all().await;
        let listed = listed(&mailed).await;
        assert!(listed.starts_with("waits after 1") && listed.contains(words), "{listed}");
        mailed.smtp.behaves(Behaviour::Takes);
        mailed.turn(1);
        assert_eq!(mailed.lines().await.len(), 1, "{behaviour:?}");
    }
}

#[tokio::test]
async fn a_server_that_accepts_a_mail_slowly_gets_it_once() {
    let limits = Limits::default();
    assert!(limits.acceptance >= Duration::from_mins(10), "RFC 5321, 4.5.3.2.6");
    assert!(limits.lease() > 2 * limits.commands + limits.acceptance, "no other copy takes it meanwhile");
    let mut mailed = mailed().await;
    mailed.smtp.behaves(Behaviour::Checks(SHORT.commands * 3 / 2));
    comment(&mailed, "Once").await;
    mailed.one_mail().await.says("Once");
    mailed.turn(1);
    assert_eq!(mailed.lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_endless_reply_of_the_server_is_cut_off() {
    let mut mailed = mailed().await;
    mailed.smtp.behaves(Behaviour::Drips);
    comment(&mailed, "Patience").await;
    mailed.send_all().await;
    let listed = listed(&mailed).await;
    assert!(listed.starts_with("waits after 1") && listed.contains("has not answered"), "{listed}");
}

#[tokio::test]
async fn a_panic_delays_its_mail_and_no_other() {
    for readings in 1..=4 {
        let mut mailed = mailed().await;
        comment(&mailed, "One").await;
        comment(&mailed, "Two").await;
        mailed.site.panic_in(readings);
        mailed.send_all().await;
        let mut mails = mailed.smtp.new_mails();
        assert!(readings != 3 || mails.len() == 1, "the first cannot be composed, and the second goes out");
        mailed.turn(1);
        mailed.send_all().await;
        mails.extend(mailed.smtp.new_mails());
        let mut ids: Vec<String> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 2, "both arrive after a panic at reading {readings} of the clock");
    }
}

#[tokio::test]
async fn a_mail_without_a_reply_is_sent_again_under_the_same_id() {
    let mut mailed = mailed().await;
    mailed.smtp.behaves(Behaviour::KeepsItAndDrops);
    comment(&mailed, "Twice, knowingly").await;
    mailed.send_all().await;
    mailed.smtp.behaves(Behaviour::Takes);
    mailed.turn(1);
    mailed.send_all().await;
    let ids: Vec<String> = mailed.smtp.new_mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "so that a mail program shows it once");
}

#[tokio::test]
async fn mails_that_go_out_together_share_a_connection() {
    let mut mailed = mailed().await;
    for number in 0..5 {
        comment(&mailed, &format!("Number {number}")).await;
    }
    mailed.send_all().await;
    assert_eq!((mailed.smtp.mails().len(), mailed.smtp.connections()), (5, 1));
}

async fn two_instances_send_each_mail_once(database: Database) {
    let smtp = SmtpServer::start().await;
    let (one, two) = (copy(&database, &smtp).await, copy(&database, &smtp).await);
    for number in 0..20 {
        one.visitor("192.0.2.1").comment("calf", &format!("Number {number}")).await.is(303);
    }
    let round = async |site: &TestSite| {
        OutboxWorker::new(site.app.state.clone(), SHORT).expect("a worker").send_all().await.expect("answers");
    };
    tokio::join!(round(&one), round(&two));
    let mut ids: Vec<String> = smtp.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 20);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}

/// An instance of a site on a database that other instances use too.
async fn copy(database: &Database, smtp: &SmtpServer) -> TestSite {
    TestSite::new()
        .post("calf", "Stretch it.")
        .setting("smtp_url", &smtp.url())
        .setting("mail_from", "blog@laces.example")
        .setting("site.author.email", "jo@laces.example")
        .setting("site.mail.digest", "never")
        .database(&database.url)
        .start()
        .await
}

async fn an_expired_lease_passes_to_another_sender(database: Database) {
    let store = &database.store;
    let smtp = SmtpServer::start().await;
    let site = copy(&database, &smtp).await;
    site.visitor("192.0.2.1").comment("calf", "Take me").await.is(303);
    let now = site.app.clock.now();
    let later = |minutes| now + SignedDuration::from_mins(minutes);
    let first = store.claim_mail("one", now, later(2)).await.expect("answers").expect("is due");
    assert_eq!(store.claim_mail("two", later(1), later(3)).await.expect("answers"), None);
    let second = store.claim_mail("two", later(2), later(4)).await.expect("answers").expect("is due again");
    assert_eq!((first.id, first.attempts, second.attempts), (second.id, 1, 2));
    let lease = SignedDuration::try_from(Limits::default().lease()).expect("a short time");
    store.claim_mail("three", later(4), later(4) + lease).await.expect("answers").expect("is due again");
    assert_eq!(store.claim_mail("four", later(5), later(6)).await.expect("answers"), None, "the longest lease holds");
    assert_eq!(
        store.claim_mail("two", later(20), later(22)).await.expect("answers").map(|mail| mail.attempts),
        Some(4)
    );
    // What the first says now comes too late.
    store.settle_mail(first.id, "one", &instep::store::Outcome::Sent, later(2)).await.expect("answers");
    assert_eq!(store.count_waiting_mails(true).await.expect("counts"), 1);
    store.settle_mail(first.id, "two", &instep::store::Outcome::Sent, later(2)).await.expect("answers");
    assert_eq!(store.count_waiting_mails(true).await.expect("counts"), 0);
}
