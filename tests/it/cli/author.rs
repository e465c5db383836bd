//! `instep author …`: accounts of the desk while the site runs.

use super::calf;
use crate::support::{eventually, program::Program};

#[tokio::test]
async fn accounts_are_added_listed_given_passwords_and_removed() {
    let program = Program::with_site();
    let serving = program.serve(&[]);
    calf(serving.address).await;
    eventually("a link for the first account", async || {
        serving.said().contains("/desk/password?key=0-0-").then_some(())
    })
    .await;
    program.run(&["author", "list"]).exits(0).says("Nobody may sign in.");
    let added = program.run(&["author", "add", "Jo", "--email", "Jo@Example.org"]);
    added.exits(0).says("Jo may sign in with jo@example.org as author").says("/desk/password?key=1-");
    let moderator = ["author", "add", "Mia", "--email", "mia@example.org", "--role", "moderator", "--password-stdin"];
    program.run_with(&moderator, "four calm words here\n").exits(0).says("as moderator");
    program.run(&["author", "list"]).exits(0).says("Jo\tjo@example.org\tauthor\tno password yet\nMia\tmia@example.org");
    program.run_with(&["author", "passwd", "mia@example.org", "--password-stdin"], "short").exits(1);
    program.run(&["author", "passwd", "Mia"]).exits(0).says("/desk/password?key=2-");
    program.run(&["author", "remove", "Mia"]).exits(0).says("Mia may not sign in any more");
    program.run(&["author", "remove", "Mia"]).exits(1).complains(&["there is no account \"Mia\"", "author list"]);
}

#[test]
fn wrong_accounts_are_refused_with_the_reason() {
    let program = Program::with_site();
    program.run(&["author", "add", "Jo", "--email", "jo@example.org"]).exits(0);
    program.run(&["author", "add", "Jo", "--email", "other@example.org"]).exits(1).complains(&["Jo <jo@example.org>"]);
    program.run(&["author", "add", "Jo", "--email", "jo"]).exits(1).complains(&["\"jo\" is no e-mail address"]);
    program.run(&["author", "add", " ", "--email", "x@example.org"]).exits(1).complains(&["\" \" is no name"]);
}

#[test]
fn accounts_of_the_samples_are_kept_apart() {
    let program = Program::with_site();
    program.run(&["author", "--demo", "add", "Jo", "--email", "jo@example.org"]).exits(0).says("/desk/password?key=");
    program.run(&["author", "list", "--demo"]).exits(0).says("jo@example.org");
    program.run(&["author", "list"]).exits(0).says("Nobody may sign in.");
}

#[test]
fn without_the_desk_no_link_is_printed() {
    let program = Program::with_site();
    program.save("content/site.toml", "title = \"x\"\n[desk]\nenabled = false\n");
    let added = program.run(&["author", "add", "Jo", "--email", "jo@example.org"]);
    added.exits(0).says("below [desk] in site.toml, enabled is false");
    assert!(!added.out.contains("/desk/password"));
}
