//! The author's digest of held comments, once a day or once a week, and only if there are any.

use instep::domain::verdict::blocks::Block;
use jiff::SignedDuration;

use super::{Mailed, mailed_with};
use crate::support::visitor::comment_id;

/// A site with digests, at noon on a Sunday in New York.
async fn site(rhythm: &str) -> Mailed {
    mailed_with(|site| {
        site.setting("site.mail.digest", rhythm)
            .setting("site.mail.each_comment", "false")
            .setting("site.time_zone", "America/New_York")
    })
    .await
}

#[tokio::test]
async fn the_digest_is_sent_every_morning() {
    let mut mailed = site("daily").await;
    assert_eq!(mailed.lines().await, Vec::<String>::new(), "nothing waits");
    let visitor = mailed.site.visitor("192.0.2.1");
    let id = comment_id(&visitor.comment("calf", "Has anybody read this?").await);
    drop(visitor);
    mailed.site.turn(SignedDuration::from_mins(20 * 60 - 1));
    assert_eq!(mailed.lines().await, Vec::<String>::new(), "it is 7:59");
    mailed.site.turn(SignedDuration::from_mins(1));
    let mail = mailed.one_mail().await;
    assert_eq!(mail.line(), "jo@laces.example: 1 comment waits for you on Loose Laces");
    mail.says("Ana under “Calves” (you have not approved its writer before): Has anybody read this?");
    mailed.site.get(&mail.link("/mail/comment")).await.is(200).says("Has anybody read this?");
    mailed.turn(23);
    assert_eq!(mailed.lines().await, Vec::<String>::new());
    mailed.turn(1);
    assert_eq!(mailed.lines().await.len(), 1, "it still waits");
    mailed.site.approve(id).await;
    mailed.turn(24);
    assert_eq!(mailed.lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_restart_sends_no_digest_before_its_hour() {
    let mut mailed = site("daily").await;
    mailed.send_all().await;
    mailed.site.visitor("192.0.2.1").comment("calf", "Has anybody read this?").await.is(303);
    for _ in 0..2 {
        mailed.restart();
        assert_eq!(mailed.lines().await, Vec::<String>::new());
    }
    mailed.turn(20);
    assert_eq!(mailed.lines().await.len(), 1, "it is 8:00");
    mailed.restart();
    assert_eq!(mailed.lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_missed_digest_is_sent_late_unless_the_next_is_nearer() {
    let mut mailed = mailed_with(|site| {
        site.setting("site.mail.each_comment", "false")
            .setting("site.mail.digest", "daily")
            .setting("site.time_zone", "America/New_York")
            .setting("site.comments.refuse_words", "['casino']")
    })
    .await;
    mailed.send_all().await;
    mailed.site.visitor("192.0.2.1").comment("calf", "My casino").await.is(422);
    // Off until Monday at 21:00.
    mailed.turn(33);
    mailed.restart();
    assert_eq!(mailed.lines().await, Vec::<String>::new(), "the next comes in eleven hours");
    mailed.turn(11);
    mailed.one_mail().await.says("My casino");
    // Off until Wednesday at 11:00.
    mailed.site.visitor("192.0.2.1").comment("calf", "Has anybody read this?").await.is(303);
    mailed.turn(27);
    mailed.restart();
    let late = mailed.one_mail().await;
    assert_eq!(late.line(), "jo@laces.example: 1 comment waits for you on Loose Laces", "and nothing is told twice");
    mailed.turn(20);
    assert_eq!(mailed.lines().await, Vec::<String>::new(), "it is 7:00");
    mailed.turn(1);
    assert_eq!(mailed.lines().await.len(), 1);
}

#[tokio::test]
async fn a_weekly_digest_is_sent_on_mondays() {
    let mut mailed = site("weekly").await;
    mailed.send_all().await;
    mailed.site.visitor("192.0.2.1").comment("calf", "Has anybody read this?").await.is(303);
    let mut days = Vec::new();
    for day in 0..10 {
        mailed.turn(24);
        if !mailed.lines().await.is_empty() {
            days.push(day);
        }
    }
    assert_eq!(days, [0, 7]);
}

#[tokio::test]
async fn two_instances_send_one_digest() {
    let mut mailed = site("daily").await;
    mailed.site.visitor("192.0.2.1").comment("calf", "Has anybody read this?").await.is(303);
    mailed.turn(24);
    let mut other = instep::mail::OutboxWorker::new(mailed.site.app.state.clone(), super::SHORT).expect("a worker");
    other.send_all().await.expect("answers");
    mailed.send_all().await;
    assert_eq!(mailed.smtp.mails().len(), 1);
}

#[tokio::test]
async fn a_long_digest_shows_the_first_comments_and_counts_the_others() {
    let mut mailed = site("daily").await;
    for number in 0..33 {
        mailed
            .site
            .visitor("192.0.2.1")
            .comment("calf", &format!("Number {number}: {}", "word ".repeat(100)))
            .await
            .is(303);
    }
    mailed.turn(24);
    let mail = mailed.one_mail().await;
    assert_eq!(mail.subject(), "33 comments wait for you on Loose Laces");
    mail.says("And 3 more");
    assert_eq!(mail.text().matches("/mail/comment?key=").count(), 30);
}

#[tokio::test]
async fn refused_comments_are_reported_once() {
    let mut mailed = mailed_with(|site| {
        site.setting("site.mail.each_comment", "false")
            .setting("site.mail.digest", "daily")
            .setting("site.comments.gap_seconds", "600")
            .setting("site.comments.refuse_words", "['cas*no']")
    })
    .await;
    mailed.send_all().await;
    let visitor = mailed.site.visitor("192.0.2.1");
    let id = comment_id(&visitor.comment("calf", "A first one").await);
    visitor.comment("calf", "Too soon after it").await.is(429);
    mailed.site.visitor("203.0.113.9").comment("calf", "My Casino").await.is(422);
    drop(visitor);
    let network = Block::network("198.51.100.0/24").expect("a network");
    let now = mailed.site.app.clock.now();
    mailed.site.store().block(&network, "", "test", now).await.expect("blocks");
    mailed.site.visitor("198.51.100.7").comment("calf", "Me again").await.is(403);
    mailed.site.approve(id).await;
    mailed.turn(24);
    let mail = mailed.one_mail().await;
    assert_eq!(mail.subject(), "3 comments were refused on Loose Laces");
    mail.says("Ana under “Calves” (too soon after another one):").says("Too soon after it");
    mail.says("(a word that you refuse: cas*no)").says("My Casino");
    mail.says("(you have blocked 198.51.100.0/24)").says("Me again").says("instep comments refused");
    assert!(mail.html().contains("Too soon after it"));
    mailed.turn(24);
    assert_eq!(mailed.lines().await, Vec::<String>::new());
}
