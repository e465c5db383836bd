//! Mails of the real program: sending, after a `kill -9`, and its commands.

use crate::{
    cli::comment,
    support::{
        eventually,
        program::Program,
        smtp::{Behaviour, SmtpServer},
    },
};

fn program(smtp: &SmtpServer) -> Program {
    let program = Program::with_site().with("INSTEP_SMTP_URL", &smtp.url());
    let program =
        program.with("INSTEP_MAIL_FROM", "Jo <blog@laces.example>").with("INSTEP_SITE__MAIL__DIGEST", "never");
    program.with("INSTEP_SITE__AUTHOR__EMAIL", "jo@laces.example")
}

#[tokio::test]
async fn a_mail_interrupted_by_kill_nine_is_sent_again_under_its_id() {
    let smtp = SmtpServer::start().await;
    let program = program(&smtp);
    let mut serving = program.serve(&[]);
    smtp.behaves(Behaviour::KeepsItAndDrops);
    comment(serving.address, "Said before the end").await;
    eventually("the server has it", async || (!smtp.mails().is_empty()).then_some(())).await;
    serving.kill();
    let first = smtp.new_mails().remove(0);
    smtp.behaves(Behaviour::Takes);
    // Two minutes later, as far as the database can tell.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(program.path("data/instep.sqlite"));
    let pool = sqlx::SqlitePool::connect_with(options).await.expect("opens");
    sqlx::query("UPDATE outbox SET leased_until = 0, next_attempt_at = 0").execute(&pool).await.expect("runs");
    pool.close().await;
    let mut serving = program.serve(&[]);
    eventually("it is sent again", async || (!smtp.mails().is_empty()).then_some(())).await;
    let second = smtp.one();
    second.says("Said before the end");
    assert_eq!(first.header("Message-ID"), second.header("Message-ID"));
    assert_eq!(serving.terminate().await, Some(0));
    program.run(&["mail", "list"]).exits(0).says("No mail waits");
}

// With two threads: while the program is run to its end, the mail server must answer it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_sees_waiting_mails_and_their_reasons() {
    let mut smtp = SmtpServer::start().await;
    let program = program(&smtp);
    let mut serving = program.serve(&[]);
    smtp.behaves(Behaviour::NoSuchMailbox);
    comment(serving.address, "To nobody").await;
    let list = || program.run(&["mail", "list"]).exits(0).out.clone();
    eventually("it is given up", async || list().contains("No such mailbox").then_some(())).await;
    let given_up = list();
    assert!(given_up.contains("given up\tauthor 1\tthe author\t1 attempt"), "{given_up}");
    let json: serde_json::Value =
        serde_json::from_str(program.run(&["mail", "list", "--json"]).exits(0).out.trim()).expect("JSON");
    assert_eq!((&json["status"], &json["kind"]), (&"given up".into(), &"author".into()));
    smtp.behaves(Behaviour::Takes);
    program.run(&["mail", "retry", &json["id"].to_string()]).exits(0).says("is tried again");
    eventually("it arrives", async || (!smtp.mails().is_empty()).then_some(())).await;
    program.run(&["mail", "retry", "99"]).exits(1).complains(&["no mail 99 was given up"]);
    assert_eq!(serving.terminate().await, Some(0));

    smtp.new_mails();
    program.run(&["mail", "test", "op@example.org"]).exits(0).says("has accepted a mail to op@example.org");
    let mail = smtp.one();
    assert_eq!(mail.line(), "op@example.org: A test mail from Loose Laces");
    assert_eq!(mail.header("From"), "Jo <blog@laces.example>");
    assert!(!mail.text().contains("127.0.0.1") && !mail.html().contains("127.0.0.1"), "its address is not known");
    smtp.new_mails();
    let known = program.with("INSTEP_LISTEN", "127.0.0.1:4711");
    known.run(&["mail", "test", "op@example.org"]).exits(0);
    smtp.one().says("Loose Laces, http://127.0.0.1:4711/");
    let known = known.with("INSTEP_SITE__BASE_URL", "https://laces.example");
    known.run(&["mail", "test", "op@example.org"]).exits(0);
    smtp.one().says("Loose Laces, https://laces.example/");
    let program = known;
    smtp.go_away().await;
    let address = smtp.address.to_string();
    program.run(&["mail", "test", "op@example.org"]).exits(1).complains(&["op@example.org", &address]);
}

#[tokio::test]
async fn without_a_mail_server_mails_wait_and_go_out_once_there_is_one() {
    let program = Program::with_site().with("INSTEP_SITE__AUTHOR__EMAIL", "jo@laces.example");
    let mut serving = program.serve(&[]);
    comment(serving.address, "Still to be told").await;
    assert_eq!(serving.terminate().await, Some(0));
    program.run(&["mail", "list"]).exits(0).says("waits\tauthor 1\tthe author\t0 attempts");
    program.run(&["mail", "test", "op@example.org"]).exits(1).complains(&["INSTEP_SMTP_URL"]);
    let mut serving = program.serve(&[]);
    eventually("the log says so", async || {
        serving.logged().contains("1 mail waits in the outbox: INSTEP_SMTP_URL is not set").then_some(())
    })
    .await;
    assert_eq!(serving.terminate().await, Some(0));
    let smtp = SmtpServer::start().await;
    let program = program.with("INSTEP_SMTP_URL", &smtp.url()).with("INSTEP_MAIL_FROM", "blog@laces.example");
    let _serving = program.serve(&[]);
    eventually("it arrives", async || (!smtp.mails().is_empty()).then_some(())).await;
    smtp.one().says("Still to be told");
}

#[test]
fn wrong_mail_settings_are_named_without_the_password() {
    let program = Program::with_site().with("INSTEP_SMTP_URL", "smtps://jo:hunter2@mail:port");
    let run = program.run(&["--listen", "127.0.0.1:0"]);
    run.exits(1).complains(&["smtp_url", "smtps://USER:PASSWORD@"]);
    assert!(!run.err.contains("hunter2"), "{run:?}");
    let program = Program::with_site().with("INSTEP_SMTP_URL", "smtp://127.0.0.1:1");
    program.run(&["--listen", "127.0.0.1:0"]).exits(1).complains(&["INSTEP_MAIL_FROM"]);
    let program = program.with("INSTEP_MAIL_FROM", "a..b@example.org");
    program.run(&["--listen", "127.0.0.1:0"]).exits(1).complains(&["mail_from", "a..b@example.org"]);
}
