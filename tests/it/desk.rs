//! The desk: accounts, signing in, and answering comments in the browser.

use http::Method;
use instep::domain::{
    account::{NewAccount, PasswordLink, Role},
    comment::Status,
};
use jiff::SignedDuration;

use crate::support::{
    Answer, TestSite,
    visitor::{Visitor, comment_id},
};

const PASSWORD: &str = "four calm words here";

async fn site() -> TestSite {
    TestSite::new().post("calf", "Stretch it.").setting("site.comments.moderation", "all").start().await
}

/// Path of the link that makes the first account.
fn first_link(site: &TestSite) -> String {
    PasswordLink::First.path(&site.app.signer, site.app.clock.now())
}

/// Makes the first account in this browser, which is then signed in.
async fn make_account(site: &TestSite, author: &Visitor<'_>) {
    let form = author.form(&first_link(site)).await;
    let made = form.set("name", "Jo").set("email", "jo@example.org").set("password", PASSWORD).send().await;
    assert_eq!(made.is(303).header("location"), "/desk");
}

async fn sign_in(browser: &Visitor<'_>, email: &str, password: &str) -> Answer {
    browser.form("/desk/sign-in").await.set("email", email).set("password", password).send().await
}

/// Adds a comment that waits.
async fn waiting(site: &TestSite, address: &str, text: &str) -> i64 {
    comment_id(&site.visitor(address).comment("calf", text).await)
}

async fn status_of(site: &TestSite, id: i64) -> Status {
    site.store().comment(id).await.expect("is there").status
}

/// Presses the undo button of the page that an action leads to.
async fn undo(author: &Visitor<'_>, acted: &Answer) -> Answer {
    let page = author.get(acted.is(303).header("location")).await;
    author.form_to(&page.is(200).html(), "/desk/undo").send().await
}

#[tokio::test]
async fn the_first_link_makes_one_account_and_signs_in() {
    let site = site().await;
    let (author, other) = (site.visitor("192.0.2.1"), site.visitor("192.0.2.2"));
    let (link, second) = (first_link(&site), other.form(&first_link(&site)).await);
    let short = author.form(&link).await.set("name", "Jo").set("email", "jo@example.org").set("password", "short");
    short.send().await.is(422).says("At least 12 characters");
    make_account(&site, &author).await;
    let desk = author.get("/desk").await;
    desk.is(200).says("You are signed in as Jo.").says("No comment waits.");
    assert_eq!(desk.header("cache-control"), "private, no-store");
    assert_eq!(desk.html().meta("robots"), Some("noindex"));
    // A form that was opened before makes no second account.
    let late = second.set("name", "Eve").set("email", "eve@example.org").set("password", PASSWORD).send().await;
    late.is(410);
    other.get(&link).await.is(410).says("works once");
    assert_eq!(site.store().accounts().await.expect("reads").len(), 1);
}

#[tokio::test]
async fn links_expire_after_an_hour_and_cannot_be_changed() {
    let site = site().await;
    let link = first_link(&site);
    site.get(&link.replace("key=0", "key=1")).await.is(403);
    site.turn(SignedDuration::from_mins(61));
    site.get(&link).await.is(410).says("has expired");
}

#[tokio::test]
async fn every_page_of_the_desk_needs_a_session() {
    let site = site().await;
    for path in ["/desk", "/desk?show=spam", "/desk/comments", "/desk/undo", "/desk/sessions", "/desk/sign-out"] {
        let answer = site.get(path).await;
        assert_eq!(answer.is(303).header("location"), "/desk/sign-in", "{path}");
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let posted = site.ask(Method::POST, path, &form, "id=1&act=approve").await;
        assert!([401, 405].contains(&posted.status), "{path}: {}", posted.status);
    }
    assert_eq!(site.get("/admin").await.is(303).header("location"), "/desk");
    site.get("/desk/no-such-page").await.is(404);
}

/// Adds an account of a moderator, and signs it in.
async fn make_moderator(site: &TestSite, browser: &Visitor<'_>) {
    let new = NewAccount::parse("Mia", "mia@example.org", Role::Moderator).expect("is valid");
    let id = site.store().add_account(&new, None, false, site.app.clock.now()).await.expect("adds");
    let account = site.store().account(id).await.expect("is there");
    let link = PasswordLink::of(&account).path(&site.app.signer, site.app.clock.now());
    browser.form(&link).await.set("password", PASSWORD).send().await.is(303);
}

#[tokio::test]
async fn roles_are_checked_for_every_route() {
    let site = site().await;
    let (author, moderator) = (site.visitor("192.0.2.1"), site.visitor("192.0.2.3"));
    make_account(&site, &author).await;
    make_moderator(&site, &moderator).await;
    // Route, and the answer to a moderator. Authors may use all of them.
    for (path, expected) in [("/desk", 200), ("/desk/comments", 303), ("/desk/undo", 303), ("/desk/sessions", 200)] {
        assert_eq!(moderator.get(path).await.status, expected, "{path} for a moderator");
        assert!([200, 303].contains(&author.get(path).await.status), "{path} for an author");
    }
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let id = waiting(&site, "192.0.2.9", "Look at this").await;
    let form = author.form_to(&author.get("/desk").await.html(), "/desk/comments");
    form.add("act", "approve").header("sec-fetch-site", "cross-site").send().await.is(403);
    assert_eq!(status_of(&site, id).await, Status::Held);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let site = site().await;
    make_account(&site, &site.visitor("192.0.2.1")).await;
    let stranger = site.visitor("192.0.2.2");
    let wrong = sign_in(&stranger, "jo@example.org", "wrong wrong wrong").await;
    let unknown = sign_in(&stranger, "xo@example.org", "wrong wrong wrong").await;
    assert_eq!(wrong.is(422).text().replace("jo@", "xo@"), unknown.is(422).text());
    stranger.get("/desk").await.is(303);
    sign_in(&stranger, " JO@example.org ", PASSWORD).await.is(303);
    stranger.get("/desk").await.is(200);
}

#[tokio::test]
async fn wrong_passwords_are_limited_for_a_quarter_of_an_hour_only() {
    let site = site().await;
    make_account(&site, &site.visitor("192.0.2.1")).await;
    let guesser = site.visitor("198.51.100.7");
    for _ in 0..10 {
        sign_in(&guesser, "jo@example.org", "wrong wrong wrong").await.is(422);
    }
    sign_in(&guesser, "jo@example.org", PASSWORD).await.is(429).says("Too many wrong passwords");
    sign_in(&site.visitor("203.0.113.4"), "jo@example.org", PASSWORD).await.is(303);
    site.turn(SignedDuration::from_mins(16));
    sign_in(&guesser, "jo@example.org", PASSWORD).await.is(303);
}

#[tokio::test]
async fn a_new_password_ends_all_sessions() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let account = site.store().account_of("jo@example.org").await.expect("reads").expect("is there");
    let link = PasswordLink::of(&account).path(&site.app.signer, site.app.clock.now());
    let other = site.visitor("192.0.2.2");
    other.form(&link).await.set("password", "another four calm words").send().await.is(303);
    author.get("/desk").await.is(303);
    other.get("/desk").await.is(200);
    site.get(&link).await.is(410);
    sign_in(&author, "jo@example.org", PASSWORD).await.is(422);
}

#[tokio::test]
async fn sessions_are_listed_and_can_be_ended() {
    let site = site().await;
    let (phone, laptop) = (site.visitor("192.0.2.1"), site.visitor("192.0.2.2"));
    make_account(&site, &phone).await;
    sign_in(&laptop, "jo@example.org", PASSWORD).await.is(303);
    let html = laptop.get("/desk/sessions").await.is(200).says("this browser").html();
    let mut others = html.all("button").into_iter().filter(|button| button.attribute("name") == Some("session"));
    let last = others.next_back().expect("two sessions").get("value").to_owned();
    laptop.post("/desk/sessions", &format!("session={last}")).await.is(303);
    phone.get("/desk").await.is(303);
    laptop.get("/desk").await.is(200);
    laptop.post("/desk/sign-out", "").await.is(303);
    laptop.get("/desk").await.is(303);
    // A session that is not used ends.
    sign_in(&laptop, "jo@example.org", PASSWORD).await.is(303);
    site.turn(SignedDuration::from_hours(24 * 31));
    laptop.get("/desk").await.is(303);
}

#[tokio::test]
async fn an_answer_approves_the_comment_and_can_be_undone() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let id = waiting(&site, "192.0.2.9", "How long should I hold it?").await;
    let desk = author.get("/desk").await;
    desk.is(200).says("How long should I hold it?").says("No approved comment so far.");
    let form = author.form_to(&desk.html(), "/desk/comments");
    let answered = form.set("text", "Half a minute.").add("act", "answer").send().await;
    author.get(answered.is(303).header("location")).await.is(200).says("Your answer is online.").says("Every comment");
    site.get("/posts/calf").await.says("How long should I hold it?").says("Half a minute.");
    let undone = undo(&author, &answered).await;
    author.get(undone.is(303).header("location")).await.is(200).says("Undone.").says("How long should I hold it?");
    site.get("/posts/calf").await.does_not_say("How long should I hold it?").does_not_say("Half a minute.");
    assert_eq!(status_of(&site, id).await, Status::Held);
}

#[tokio::test]
async fn several_comments_are_approved_at_once_and_undone_together() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let ids = [waiting(&site, "192.0.2.8", "One thing").await, waiting(&site, "192.0.2.9", "Another thing").await];
    let acted = author.post("/desk/comments", &format!("id={}&id={}&act=approve", ids[0], ids[1])).await;
    author.get(acted.is(303).header("location")).await.says("Approved: everybody can see it.").says("Not answered");
    site.get("/posts/calf").await.says("One thing").says("Another thing");
    undo(&author, &acted).await.is(303);
    for id in ids {
        assert_eq!(status_of(&site, id).await, Status::Held);
    }
    // What somebody else changed since is not undone.
    let spam = author.post("/desk/comments", &format!("id={}&act=spam", ids[0])).await;
    site.approve(ids[0]).await;
    undo(&author, &spam).await.is(409);
    assert_eq!(status_of(&site, ids[0]).await, Status::Approved);
    // Not even after it has come back to the same status.
    let again = author.post("/desk/comments", &format!("id={}&act=spam", ids[0])).await;
    site.approve(ids[0]).await;
    let spam_by_shell = site.store().mark_spam(ids[0], "test", site.app.clock.now()).await;
    spam_by_shell.expect("marks");
    undo(&author, &again).await.is(409);
    assert_eq!(status_of(&site, ids[0]).await, Status::Spam);
    // And nothing after a day.
    let trash = author.post("/desk/comments", &format!("id={}&act=trash", ids[1])).await;
    author.get("/desk?show=trash").await.says("Another thing").does_not_say("One thing");
    site.turn(SignedDuration::from_hours(25));
    undo(&author, &trash).await.is(409);
}

#[tokio::test]
async fn a_begun_answer_is_kept_when_another_button_is_pressed_or_an_error_occurs() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let id = waiting(&site, "192.0.2.9", "A question").await;
    let approved = author.post("/desk/comments", &format!("id={id}&act=approve&text=I+began")).await;
    approved.is(200).says("I began").says("still here");
    assert_eq!(status_of(&site, id).await, Status::Approved);
    author.post("/desk/comments", &format!("id={id}&act=answer&text=+")).await.is(422).says("Please write your answer");
}

#[tokio::test]
async fn an_account_undoes_only_its_own_actions() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    let form = author.form(&first_link(&site)).await.set("name", "account:1").set("email", "jo@example.org");
    form.set("password", PASSWORD).send().await.is(303);
    let id = waiting(&site, "192.0.2.9", "A question").await;
    let now = site.app.clock.now();
    site.store().approve(id, "shell", now).await.expect("approves");
    author.post("/desk/undo", &format!("moment={}", now.as_millisecond())).await.is(409);
    assert_eq!(status_of(&site, id).await, Status::Approved);
}

#[tokio::test]
async fn a_moderator_answers_under_the_own_name() {
    let site = site().await;
    let mia = site.visitor("192.0.2.3");
    make_moderator(&site, &mia).await;
    mia.post("/desk/sign-out", "").await.is(303);
    sign_in(&mia, "mia@example.org", "").await.is(422);
    sign_in(&mia, "mia@example.org", PASSWORD).await.is(303);
    let question = waiting(&site, "192.0.2.9", "A question").await;
    mia.post("/desk/comments", &format!("id={question}&act=answer&text=An+answer")).await.is(303);
    site.get("/posts/calf").await.says("An answer").says("Mia");
}

#[tokio::test]
async fn without_the_setting_there_is_no_desk() {
    let site = TestSite::new().setting("site.desk.enabled", "false").start().await;
    for path in ["/desk", "/desk/sign-in", "/admin"] {
        site.get(path).await.is(404);
    }
}

#[tokio::test]
async fn a_long_list_has_pages() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    for number in 0..52 {
        waiting(&site, "192.0.2.9", &format!("Comment number {number}.")).await;
    }
    let first = author.get("/desk").await;
    first.says("Comment number 0.").says("Comment number 49.").does_not_say("Comment number 50.");
    let html = first.html();
    let next = html.one("a", "href", "/desk?show=waiting&page=1").get("href").to_owned();
    author.get(&next).await.says("Comment number 50.").says("Comment number 51.").does_not_say("More comments");
}

#[tokio::test]
async fn two_accounts_have_no_names_that_look_alike() {
    let site = site().await;
    let add = async |name: &str, email: &str| {
        let new = NewAccount::parse(name, email, Role::Moderator).expect("is valid");
        site.store().add_account(&new, None, false, site.app.clock.now()).await
    };
    add("Mia", "mia@example.org").await.expect("adds");
    add("mia", "other@example.org").await.expect_err("looks alike");
    add("Leo", "mia@example.org").await.expect_err("has the same address");
    add("Leo", "leo@example.org").await.expect("adds");
}

#[tokio::test]
async fn odd_input_is_no_error_of_the_program() {
    let site = site().await;
    let stranger = site.visitor("192.0.2.2");
    for email in ["%00", "jo%00@example.org", "x%3Fbcc=a@example.org", ""] {
        stranger.post("/desk/sign-in", &format!("email={email}&password=wrong")).await.is(422);
    }
}
