//! `instep comments …` while the site runs.

use super::{calf, comment};
use crate::support::{
    eventually,
    program::{Program, Run},
};

/// JSON objects that a run has printed, one per line.
fn json(run: &Run) -> Vec<serde_json::Value> {
    run.exits(0).out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

async fn page_says(serving: &crate::support::program::Serving, words: &str) {
    eventually(words, async || calf(serving.address).await.text().contains(words).then_some(())).await;
}

#[tokio::test]
async fn a_comment_is_approved_answered_and_erased() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    let id = comment(serving.address, "A question\nin two lines").await;
    calf(serving.address).await.does_not_say("A question");

    let listed = json(&program.run(&["comments", "list", "--json"]));
    assert_eq!(listed.len(), 1);
    for (key, value) in
        [("status", "held"), ("name", "Ana"), ("text", "A question\nin two lines"), ("thread", "post:calf")]
    {
        assert_eq!(listed[0][key], value, "{key}");
    }
    assert_eq!(listed[0]["id"], id);
    assert_eq!(listed[0]["reasons"], serde_json::json!(["first-comment", "stamp-missing"]));

    let id = id.to_string();
    let done = json(&program.run(&["comments", "approve", &id, "--json"]));
    assert_eq!((&done[0]["before"], &done[0]["status"]), (&"held".into(), &"approved".into()));
    page_says(&serving, "A question").await;

    let answered = json(&program.run_with(&["comments", "reply", &id, "--json"], "An *answer*\n"));
    assert_eq!(answered[0]["parent"], id.parse::<i64>().expect("a number"));
    page_says(&serving, "An <em>answer</em>").await;
    let html = calf(serving.address).await.html();
    let answer = html.by_id(&format!("comment-{}", answered[0]["id"])).expect("the answer");
    assert!(answer.has_class("comment-author"), "with the author's badge");

    program.run(&["comments", "trash", &id]).exits(0).says(&format!("{id} is trash now (was approved)"));
    page_says(&serving, "has been removed").await;
    let gone = json(&program.run(&["comments", "list", "--status", "trash", "--json"]));
    assert_eq!(gone.len(), 1);
    program.run(&["comments", "spam", &id]).exits(0).says("spam now");
    assert_eq!(json(&program.run(&["comments", "list", "--status", "all", "--json"])).len(), 2);
}

#[tokio::test]
async fn all_held_comments_are_approved_at_once() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    for text in ["One", "Two", "Three"] {
        comment(serving.address, text).await;
    }
    assert_eq!(json(&program.run(&["comments", "approve", "--all-held", "--json"])).len(), 3);
    page_says(&serving, "3 comments").await;
    program.run(&["comments", "approve", "--all-held"]).exits(0).says("No comment waits.");
    program.run(&["comments", "list"]).exits(0).says("No comments here.");
    assert_eq!(json(&program.run(&["comments", "list", "--json"])).len(), 0);
}

#[tokio::test]
async fn a_wrong_number_does_not_stop_the_others() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    let id = comment(serving.address, "Here").await.to_string();
    let run = program.run(&["comments", "approve", "998", &id, "999"]);
    run.exits(1).complains(&["no comment 998", "no comment 999"]).says(&format!("{id} is approved now"));
    page_says(&serving, "Here").await;
}

#[tokio::test]
async fn a_reply_needs_a_text_and_an_approved_comment() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    let id = comment(serving.address, "Held").await.to_string();
    program.run_with(&["comments", "reply", &id], "An answer").exits(1).complains(&["held", "instep comments approve"]);
    program.run(&["comments", "approve", &id]).exits(0);
    program.run_with(&["comments", "reply", &id], " \n").exits(1).complains(&["was not posted"]);
    program.run_with(&["comments", "reply", "999"], "An answer").exits(1).complains(&["no comment 999"]);
    assert_eq!(json(&program.run(&["comments", "list", "--status", "approved", "--json"])).len(), 1);
}

#[tokio::test]
async fn unanswered_comments_are_listed_until_they_are_answered() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    let list = ["comments", "list", "--unanswered"];
    program.run(&list).exits(0).says("No comments here.");
    let id = comment(serving.address, "How often?").await.to_string();
    program.run(&list).exits(0).says("No comments here.");
    program.run(&["comments", "approve", &id]).exits(0);
    program.run(&list).exits(0).says(&format!("{id}\tapproved (first-comment; stamp-missing)\tcalf\tAna\tHow often?"));
    assert_eq!(json(&program.run(&["comments", "list", "--unanswered", "--json"]))[0]["text"], "How often?");
    program.run_with(&["comments", "reply", &id], "Twice a day.").exits(0);
    program.run(&list).exits(0).says("No comments here.");
    program.run(&["comments", "list", "--unanswered", "--status", "held"]).exits(2);
}

#[tokio::test]
async fn a_list_for_people_is_one_line_a_comment() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    let id = comment(serving.address, &format!("First line\nsecond line {}", "word ".repeat(50))).await;
    let run = program.run(&["comments", "list"]);
    assert_eq!(run.exits(0).out.lines().count(), 1, "{run:?}");
    for words in
        [&format!("{id}\t"), "held (first-comment; stamp-missing)", "calf", "Ana", "First line second line", "…"]
    {
        run.says(words);
    }
}

#[tokio::test]
async fn an_erased_comment_is_in_no_list_and_on_no_page() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    let id = comment(serving.address, "Please forget me").await.to_string();
    program.run(&["comments", "approve", &id]).exits(0);
    page_says(&serving, "Please forget me").await;
    program.run(&["comments", "erase", &id]).exits(0).says(&format!("{id} is erased"));
    let what = "the page has forgotten";
    eventually(what, async || (!calf(serving.address).await.text().contains("forget me")).then_some(())).await;
    let all = program.run(&["comments", "list", "--status", "all", "--json"]);
    assert!(!all.exits(0).out.contains("forget me") && !all.out.contains("Ana"), "{all:?}");
    for act in ["approve", "spam", "trash"] {
        program.run(&["comments", act, &id]).exits(1).complains(&["has been erased"]);
    }
    program.run_with(&["comments", "reply", &id], "Too late").exits(1).complains(&["has been erased"]);
    let permalink = crate::support::running::fetch(serving.address, &format!("/comments/{id}")).await;
    permalink.is(410);
}

#[tokio::test]
async fn a_block_is_listed_until_it_is_removed() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    program.run(&["comments", "blocks"]).exits(0).says("Nobody is blocked.");
    program.run(&["comments", "refused"]).exits(0).says("No comment was refused.");
    let block = ["comments", "block", "--network", "127.0.0.1", "--note", "too loud"];
    program.run(&block).exits(0).says("1 blocks network 127.0.0.1/32");
    program.run(&block).exits(0).says("was blocked already");
    program.run(&["comments", "blocks"]).exits(0).says("1\tnetwork\t127.0.0.1/32\ttoo loud");
    let listed = json(&program.run(&["comments", "blocks", "--json"]));
    for (key, value) in [("kind", "network"), ("value", "127.0.0.1/32"), ("note", "too loud"), ("actor", "shell")] {
        assert_eq!(listed[0][key], value, "{key}");
    }

    let refused = super::send(serving.address, "Can you hear me?").await;
    refused.is(403).says("takes no comments from your network").says("Can you hear me?");
    program.run(&["comments", "refused"]).exits(0).says("1\tblocked 127.0.0.1/32\tcalf\tAna\tCan you hear me?");
    let listed = json(&program.run(&["comments", "refused", "--json"]));
    for (key, value) in [("reason", "blocked"), ("detail", "127.0.0.1/32"), ("thread", "post:calf"), ("name", "Ana")] {
        assert_eq!(listed[0][key], value, "{key}");
    }

    program.run(&["comments", "unblock", "7", "1"]).exits(1).complains(&["no block 7"]).says("1 blocks nobody");
    comment(serving.address, "And now?").await;
}

#[tokio::test]
async fn a_wrong_block_is_refused_with_the_right_form() {
    let program = Program::with_site();
    for (flag, value, words) in [
        ("--email", "ana", "ana@example.org"),
        ("--site", "localhost", "spam.example"),
        ("--network", "everybody", "192.0.2.0/24"),
        ("--network", "0.0.0.0/0", "far too many"),
    ] {
        program.run(&["comments", "block", flag, value]).exits(1).complains(&[value, words]);
    }
    program.run(&["comments", "block"]).exits(2);
    program.run(&["comments", "block", "--email", "a@b.example", "--site", "b.example"]).exits(2);
}

#[tokio::test]
async fn a_wide_block_is_made_with_a_warning() {
    let program = Program::with_site();
    program.save("content/site.toml", "title = \"x\"\n[author]\nemail = \"jo@example.org\"\n");
    for (flag, value, words) in [
        ("--email", "Jo@Example.org", "your own"),
        ("--network", "127.0.0.0/24", "this machine"),
        ("--network", "::1", "this machine"),
        ("--network", "10.0.0.0/8", "65,536"),
        ("--network", "2001:db8::/32", "65,536"),
    ] {
        let run = program.run(&["comments", "block", flag, value]);
        run.exits(0).complains(&[words]).says("blocks");
    }
    for (flag, value) in [("--email", "bo@example.org"), ("--network", "10.1.0.0/16"), ("--network", "2001:db8::/48")] {
        assert_eq!(program.run(&["comments", "block", flag, value]).exits(0).err, "");
    }
}

#[tokio::test]
async fn a_reason_is_listed_with_its_details() {
    let program = Program::with_site();
    program.save("content/site.toml", "title = \"x\"\n[comments]\ngap_seconds = 0\nhold_words = [\"cheap shoes\"]\n");
    let serving = program.serve(&[]);
    comment(serving.address, "Cheap shoes: https://a.example https://b.example https://c.example").await;
    program.run(&["comments", "list"]).exits(0).says("(first-comment; stamp-missing; links 3; hold-word cheap shoes)");
    let listed = json(&program.run(&["comments", "list", "--json"]));
    assert_eq!(listed[0]["reasons"], serde_json::json!(["first-comment", "stamp-missing", "links", "hold-word"]));
    assert_eq!(listed[0]["details"], serde_json::json!(["links 3", "hold-word cheap shoes"]));
}

#[tokio::test]
async fn a_closed_standard_output_is_not_a_crash() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    let ids = [comment(serving.address, "One").await.to_string(), comment(serving.address, "Two").await.to_string()];
    for command in [vec!["comments", "list"], vec!["comments", "approve", &ids[0], &ids[1]], vec!["check"]] {
        let run = program.run_unread(&command);
        run.exits(0);
        assert_eq!(run.err, "", "{command:?}");
    }
    page_says(&serving, "2 comments").await;
}
