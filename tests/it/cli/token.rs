//! `instep token …`: tokens of writing apps while the site runs, without an account.

use super::calf;
use crate::support::program::Program;

#[tokio::test]
async fn tokens_are_made_listed_and_removed() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    calf(serving.address).await;
    program.run(&["token", "list"]).exits(0).says("No app may publish.");
    let made = program.run(&["token", "add", "phone"]);
    let token = made.exits(0).out.trim_end_matches('\n').to_owned();
    assert!(token.len() > 20 && token.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{token:?}");
    program.run(&["token", "add", "camera", "--scope", "media,create"]).exits(0);
    let list = program.run(&["token", "list"]);
    list.exits(0)
        .says("1\tphone\tcreate update delete media\tmade ")
        .says("never used")
        .says("2\tcamera\tcreate media\t");
    assert!(!list.out.contains(&token), "{}", list.out);
    program.run(&["token", "remove", "2"]).exits(0);
    program.run(&["token", "remove", "2"]).exits(1).complains(&["there is no token 2", "token list"]);
}

#[test]
fn wrong_tokens_are_refused_with_the_reason() {
    let program = Program::with_site();
    program.run(&["token", "add", " "]).exits(1).complains(&["\" \" is no name"]);
    let wrong = program.run(&["token", "add", "x", "--scope", "admin"]);
    assert!(wrong.exits(2).err.contains("write create, update, delete or media"), "{}", wrong.err);
}
