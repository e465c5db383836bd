//! Mails, from a comment on a page to a mail server, and their links.

mod addresses;
mod attacks;
mod author;
mod confirming;
mod corner;
mod delivering;
mod digest;
mod engines;
mod known;
mod languages;
mod program;
mod stopping;
mod told;

use std::time::Duration;

use instep::mail::{Limits, OutboxWorker};
use jiff::SignedDuration;

use crate::support::{
    Answer, TestSite,
    site::Builder,
    smtp::{Mail, SmtpServer},
    visitor::{Visitor, comment_id},
};

/// Short time limits, for short tests, but long enough for a slow machine.
const SHORT: Limits = Limits {
    connect: Duration::from_millis(1500),
    commands: Duration::from_millis(1500),
    acceptance: Duration::from_millis(4500),
};

/// A site whose mails go to a server of the test.
struct Mailed {
    site: TestSite,
    smtp: SmtpServer,
    worker: OutboxWorker,
}

/// A site with two posts, and mails to the author for each comment, but no digest.
async fn mailed() -> Mailed {
    mailed_with(|builder| builder).await
}

async fn mailed_with(more: impl FnOnce(Builder) -> Builder) -> Mailed {
    let smtp = SmtpServer::start().await;
    let builder = TestSite::new()
        .post("calf", "---\ntitle: Calves\ndate: 2026-05-02\n---\nStretch them.")
        .post("hips", "---\ntitle: Hips\ndate: 2026-05-03\naliases: [/posts/hip]\n---\nOpen them.")
        .setting("smtp_url", &smtp.url())
        .setting("mail_from", "blog@laces.example")
        .setting("site.base_url", "https://laces.example")
        .setting("site.author.email", "jo@laces.example")
        .setting("site.mail.digest", "never");
    let site = more(builder).start().await;
    let worker = OutboxWorker::new(site.app.state.clone(), SHORT).expect("a worker");
    Mailed { site, smtp, worker }
}

impl Mailed {
    /// Sends all due mails.
    async fn send_all(&mut self) {
        self.worker.send_all().await.expect("the database answers");
    }

    /// Replaces the worker by a new one on the same database.
    fn restart(&mut self) {
        self.worker = OutboxWorker::new(self.site.app.state.clone(), SHORT).expect("a worker");
    }

    /// The one mail that is due.
    async fn one_mail(&mut self) -> Mail {
        self.send_all().await;
        self.smtp.one()
    }

    /// All due mails, each as `recipient: subject`, in no order.
    async fn lines(&mut self) -> Vec<String> {
        self.send_all().await;
        let mut lines: Vec<String> = self.smtp.new_mails().iter().map(Mail::line).collect();
        lines.sort();
        lines
    }

    /// Sends a comment with an address and a wish for mails.
    async fn wish(&self, visitor: &Visitor<'_>, name: &str, wish: &str) -> i64 {
        let email = format!("{}@example.org", name.to_lowercase());
        let form = visitor.form("/posts/calf").await.set("name", name).set("email", email).set("wish", wish);
        comment_id(&form.set("text", format!("{name} says hello")).send().await)
    }

    /// Adds an approved answer of a commenter without mails.
    async fn stranger_answers(&self, parent: i64) -> i64 {
        self.stranger_answers_with(parent, &format!("Cy answers {parent}")).await
    }

    async fn stranger_answers_with(&self, parent: i64, text: &str) -> i64 {
        let cy = self.site.visitor("198.51.100.7");
        let form = cy.form(&format!("/posts/calf?reply_to={parent}")).await;
        let id = comment_id(&form.set("name", "Cy").set("text", text).send().await);
        self.site.approve(id).await;
        id
    }

    fn turn(&self, hours: i64) {
        self.site.turn(SignedDuration::from_hours(hours));
    }
}

/// Opens the link of a confirmation and presses its button.
async fn confirm(visitor: &Visitor<'_>, mail: &Mail) -> Answer {
    visitor.form(&mail.link("/mail/confirm")).await.send().await
}

/// Sends a comment, confirms its address and approves it; mails to others about it are dropped.
async fn subscribe(mailed: &mut Mailed, address: &str, name: &str, wish: &str) -> i64 {
    let visitor = mailed.site.visitor(address);
    let id = mailed.wish(&visitor, name, wish).await;
    mailed.worker.send_all().await.expect("answers");
    confirm(&visitor, &mailed.smtp.one()).await.is(303);
    mailed.site.approve(id).await;
    mailed.worker.send_all().await.expect("answers");
    mailed.smtp.new_mails();
    id
}

/// Asserts that a response is private and not indexed.
#[track_caller]
fn is_personal(answer: &Answer) {
    answer.is(200);
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.html().meta("robots"), Some("noindex"));
}
