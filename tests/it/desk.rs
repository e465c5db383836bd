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
    short.send().await.is(422).says("12 to 200 characters");
    let long = author.form(&link).await.set("name", "x".repeat(200)).set("email", "jo@example.org");
    long.set("password", PASSWORD).send().await.is(422).says("in at most 80 characters");
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
    // Without the account, the link stays void; the next start prints a new one.
    site.store().remove_account(1).await.expect("removes");
    other.get(&link).await.is(410).says("works once");
    site.turn(SignedDuration::from_mins(1));
    other.get(&first_link(&site)).await.is(200);
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
    for path in
        ["/desk", "/desk?show=spam", "/desk/comments", "/desk/undo", "/desk/sessions", "/desk/log", "/desk/sign-out"]
    {
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
    for (path, expected) in [
        ("/desk", 200),
        ("/desk/comments", 303),
        ("/desk/undo", 303),
        ("/desk/sessions", 200),
        ("/desk/log", 200),
        ("/desk/texts", 403),
        ("/desk/texts/edit?path=posts/calf.md", 403),
        ("/desk/texts/versions?path=posts/calf.md", 403),
        ("/desk/texts/trash", 403),
    ] {
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
    let refused = sign_in(&guesser, "jo@example.org", PASSWORD).await;
    assert_eq!(refused.is(429).says("Too many wrong passwords").header("retry-after"), "900");
    sign_in(&site.visitor("203.0.113.4"), "jo@example.org", PASSWORD).await.is(303);
    site.turn(SignedDuration::from_mins(16));
    sign_in(&guesser, "jo@example.org", PASSWORD).await.is(303);
}

#[tokio::test]
async fn a_cookie_of_another_site_on_the_same_domain_keeps_nobody_out() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    let form = author.form(&first_link(&site)).await;
    let made = form.set("name", "Jo").set("email", "jo@example.org").set("password", PASSWORD).send().await;
    let own = made.is(303).header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let cookies = format!("instep_desk=theirs; {own}");
    site.ask(Method::GET, "/desk", &[("cookie", cookies.as_str())], "").await.is(200);
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
    let buttons = html.all("button").into_iter().filter(|button| button.attribute("name") == Some("session"));
    let values: Vec<&str> = buttons.map(|button| button.get("value")).collect();
    let [_, last, "all"] = values[..] else { panic!("two sessions: {values:?}") };
    // Without a choice, none is ended.
    laptop.post("/desk/sessions", "").await.is(422);
    phone.get("/desk").await.is(200);
    laptop.post("/desk/sessions", &format!("session={last}")).await.is(303);
    phone.get("/desk").await.is(303);
    laptop.get("/desk").await.is(200);
    laptop.post("/desk/sign-out", "").await.is(303);
    laptop.get("/desk").await.is(303);
    sign_in(&laptop, "jo@example.org", PASSWORD).await.is(303);
    sign_in(&phone, "jo@example.org", PASSWORD).await.is(303);
    laptop.post("/desk/sessions", "session=all").await.is(303);
    phone.get("/desk").await.is(303);
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
    // Its post has it at once, with the badge.
    let post = site.get("/posts/calf").await;
    post.says("How long should I hold it?").says("Half a minute.").says("<span class=\"badge\">Author</span>");
    let undone = undo(&author, &answered).await;
    author.get(undone.is(303).header("location")).await.is(200).says("Undone.").says("How long should I hold it?");
    site.get("/posts/calf").await.does_not_say("How long should I hold it?").does_not_say("Half a minute.");
    assert_eq!(status_of(&site, id).await, Status::Held);
}

/// Does something with comments, a second after what was done before.
async fn act(site: &TestSite, author: &Visitor<'_>, ids: &[i64], act: &str) -> Answer {
    site.turn(SignedDuration::from_secs(1));
    let ids: String = ids.iter().map(|id| format!("id={id}&")).collect();
    author.post("/desk/comments", &format!("{ids}act={act}")).await
}

/// Presses the undo button of a page that was opened before, again.
async fn undo_late(site: &TestSite, author: &Visitor<'_>, acted: &Answer) -> Answer {
    site.turn(SignedDuration::from_secs(1));
    let moment = acted.is(303).header("location").split("done=").nth(1).expect("a moment").to_owned();
    author.post("/desk/undo", &format!("moment={moment}")).await
}

#[tokio::test]
async fn several_comments_are_approved_at_once_and_undone_together() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let ids = [waiting(&site, "192.0.2.8", "One thing").await, waiting(&site, "192.0.2.9", "Another thing").await];
    let acted = act(&site, &author, &ids, "approve").await;
    author.get(acted.is(303).header("location")).await.says("Approved: everybody can see it.").says("Not answered");
    site.get("/posts/calf").await.says("One thing").says("Another thing");
    undo(&author, &acted).await.is(303);
    for id in ids {
        assert_eq!(status_of(&site, id).await, Status::Held);
    }
    // Pressed twice, it was done.
    let twice = undo_late(&site, &author, &acted).await;
    author.get(twice.is(303).header("location")).await.says("Undone.");
    // What somebody else changed since is not undone.
    let spam = act(&site, &author, &ids[..1], "spam").await;
    site.approve(ids[0]).await;
    undo_late(&site, &author, &spam).await.is(409).says("cannot be undone any more");
    assert_eq!(status_of(&site, ids[0]).await, Status::Approved);
    // Not even after it has come back to the same status; and then the page offers no undo.
    let again = act(&site, &author, &ids[..1], "spam").await;
    site.approve(ids[0]).await;
    let spam_by_shell = site.store().mark_spam(ids[0], "test", site.app.clock.now()).await;
    spam_by_shell.expect("marks");
    author.get(again.is(303).header("location")).await.says("Moved to spam.").does_not_say("name=\"moment\" value");
    undo_late(&site, &author, &again).await.is(409);
    assert_eq!(status_of(&site, ids[0]).await, Status::Spam);
    // And nothing after a day.
    let trash = act(&site, &author, &ids[1..], "trash").await;
    author.get("/desk?show=trash").await.says("Another thing").does_not_say("One thing");
    site.turn(SignedDuration::from_hours(25));
    author.get(trash.is(303).header("location")).await.does_not_say("name=\"moment\" value");
    undo_late(&site, &author, &trash).await.is(409);
}

#[tokio::test]
async fn of_several_comments_all_are_undone_that_nobody_has_touched_since() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let ids = [waiting(&site, "192.0.2.8", "One thing").await, waiting(&site, "192.0.2.9", "Another thing").await];
    let acted = act(&site, &author, &ids, "spam").await;
    site.approve(ids[1]).await;
    let undone = undo(&author, &acted).await;
    let page = author.get(undone.is(303).header("location")).await;
    page.says("Undone, except for 1 comment").does_not_say("name=\"moment\" value");
    assert_eq!((status_of(&site, ids[0]).await, status_of(&site, ids[1]).await), (Status::Held, Status::Approved));
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
    author.form_to(&approved.html(), "/desk/undo").send().await.is(303);
    assert_eq!(status_of(&site, id).await, Status::Held);
}

#[tokio::test]
async fn an_answer_to_a_comment_that_was_just_erased_is_not_lost() {
    let site = TestSite::new().post("calf", "Stretch it.").setting("site.language", "de").start().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let id = waiting(&site, "192.0.2.9", "Wie lange?").await;
    site.store().erase(id, "its writer", site.app.clock.now()).await.expect("erases");
    for act in ["answer", "edit"] {
        let page = author.post("/desk/comments", &format!("id={id}&act={act}&text=Eine+halbe+Minute.")).await;
        page.is(409).says("Eine halbe Minute.").says("inzwischen gelöscht").does_not_say("has been erased");
    }
    act(&site, &author, &[id], "approve").await.is(303);
    act(&site, &author, &[id], "block-email").await.is(303);
}

#[tokio::test]
async fn buttons_that_are_pressed_twice_do_it_once_and_say_so_again() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let id = waiting(&site, "192.0.2.9", "A question").await;
    let rows =
        [("approve", "Approved:"), ("settle", "needs no answer"), ("answer&text=Yes.", "Your answer is online.")];
    for (pressed, notice) in rows {
        let first = act(&site, &author, &[id], pressed).await;
        let second = act(&site, &author, &[id], pressed).await;
        assert_eq!(first.is(303).header("location"), second.is(303).header("location"), "{pressed}");
        author.get(second.header("location")).await.says(notice).says("name=\"moment\" value");
    }
    assert_eq!(site.store().answers_of_author(id).await.expect("reads").len(), 1);
    assert_eq!(site.store().log(99, 99).await.expect("reads").len(), 3);
}

#[tokio::test]
async fn a_comment_that_needs_no_answer_leaves_the_list_until_that_is_undone() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let id = waiting(&site, "192.0.2.9", "Thank you!").await;
    act(&site, &author, &[id], "approve").await.is(303);
    author.get("/desk").await.says("Thank you!").says("value=\"settle\"");
    let settled = act(&site, &author, &[id], "settle").await;
    author
        .get(settled.is(303).header("location"))
        .await
        .says("Every comment has an answer.")
        .does_not_say("Thank you!");
    site.get("/posts/calf").await.says("Thank you!");
    undo(&author, &settled).await.is(303);
    author.get("/desk").await.says("Thank you!");
}

#[tokio::test]
async fn actions_with_one_comment_are_undone_one_after_another() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let id = waiting(&site, "192.0.2.9", "A question").await;
    let acted = [
        act(&site, &author, &[id], "edit&text=Another+question").await,
        act(&site, &author, &[id], "approve").await,
        act(&site, &author, &[id], "spam").await,
    ];
    undo_late(&site, &author, &acted[0]).await.is(409);
    undo_late(&site, &author, &acted[2]).await.is(303);
    assert_eq!(status_of(&site, id).await, Status::Approved);
    undo_late(&site, &author, &acted[1]).await.is(303);
    // The log has the button of the first one.
    let log = author.get("/desk/log").await;
    author.form_to(&log.html(), "/desk/undo").send().await.is(303);
    assert_eq!(site.store().comment(id).await.expect("is there").text, "A question");
    author.get("/desk/log").await.does_not_say("name=\"moment\" value");
}

#[tokio::test]
async fn the_text_of_a_comment_is_edited_in_place_and_comes_back() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let id = waiting(&site, "192.0.2.9", "Call me: 555 0100").await;
    act(&site, &author, &[id], "approve").await.is(303);
    let edited = act(&site, &author, &[id], "edit&text=Call+me").await;
    author.get(edited.is(303).header("location")).await.says("The text is changed.");
    site.get("/posts/calf").await.says("Call me").does_not_say("555 0100");
    author.get("/desk/log").await.says("edited it.").does_not_say("555 0100");
    undo(&author, &edited).await.is(303);
    site.get("/posts/calf").await.says("555 0100");
    author.get("/desk/log").await.says("took back the last action.");
    act(&site, &author, &[id], "edit&text=+").await.is(422).says("aria-invalid");
}

#[tokio::test]
async fn a_sender_is_blocked_until_that_is_undone() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let comment = async |address: &str, text: &str| {
        let visitor = site.visitor(address);
        let form = visitor.form("/posts/calf").await.set("name", "Mallory").set("text", text);
        form.set("email", "mallory@example.org").set("site", "https://mallory.example/").send().await
    };
    let id = comment_id(&comment("192.0.2.8", "Buy this").await);
    author.get("/desk").await.says("Block mallory@example.org").says("Block mallory.example");
    for pressed in ["block-email", "block-site"] {
        let blocked = act(&site, &author, &[id], pressed).await;
        author.get(blocked.is(303).header("location")).await.says("nothing more is taken from this sender");
        comment("192.0.2.9", "Buy that").await.is(403);
        undo(&author, &blocked).await.is(303);
        assert_eq!(site.store().blocks().await.expect("reads").len(), 0);
    }
    // A block that was there before stays.
    act(&site, &author, &[id], "block-email").await.is(303);
    let again = act(&site, &author, &[id], "block-email").await;
    author.get(again.is(303).header("location")).await.does_not_say("name=\"moment\" value");
    assert_eq!(site.store().blocks().await.expect("reads").len(), 1);
}

#[tokio::test]
async fn comments_are_found_by_list_post_reason_and_person() {
    let site = TestSite::new().post("calf", "Stretch it.").post("hips", "Turn them.").start().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let comment = async |slug: &str, name: &str, text: &str| {
        let visitor = site.visitor("192.0.2.9");
        comment_id(&visitor.form(&format!("/posts/{slug}")).await.set("name", name).set("text", text).send().await)
    };
    comment("calf", "Ana", "First thing").await;
    comment("hips", "Bo", "Second 100% thing").await;
    comment("hips", "Jo Author", "Third thing").await;
    let spam = comment("calf", "Spammer", "Fourth thing").await;
    act(&site, &author, &[spam], "spam").await.is(303);
    let texts = ["First thing", "Second 100% thing", "Third thing", "Fourth thing"];
    for (query, expected) in [
        ("words=ana", &[0_usize][..]),
        ("words=SECOND", &[1]),
        ("words=100%25", &[1]),
        ("words=1%25thing", &[]),
        ("words=%00thing", &[0, 1, 2]),
        ("post=HIP", &[1, 2]),
        ("post=nothing", &[]),
        ("post=hips&words=bo", &[1]),
        ("reason=first-comment", &[0, 1, 2]),
        ("reason=links", &[]),
        ("show=spam&words=thing", &[3]),
        ("show=waiting&words=fourth", &[]),
    ] {
        let page = author.get(&format!("/desk?{query}")).await;
        page.is(200);
        for (at, text) in texts.iter().enumerate() {
            assert_eq!(page.text().contains(text), expected.contains(&at), "{query}: {text}");
        }
    }
    // An action returns to the same list.
    let page = author.get("/desk?post=hips&words=bo").await.html();
    let done = author.form_to(&page, "/desk/comments").add("act", "approve").send().await;
    assert!(done.is(303).header("location").starts_with("/desk?post=hips&words=bo&done="));
    // Numbers in the navigation, and beside the lists: two wait, one has no answer.
    let page = author.get("/desk").await;
    page.says("Comments (2)").says("To do <span class=\"count\">3</span>").says("Spam <span class=\"count\">1</span>");
}

#[tokio::test]
async fn the_log_says_who_did_what_and_has_pages() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    make_account(&site, &author).await;
    let id = waiting(&site, "192.0.2.9", "A question").await;
    site.store().mark_spam(id, "shell", site.app.clock.now()).await.expect("marks");
    act(&site, &author, &[id], "approve").await.is(303);
    let log = author.get("/desk/log").await;
    log.is(200)
        .says("<b>Jo</b> approved it.")
        .says("<b>The command line</b> moved it to spam.")
        .says("A comment by Ana");
    log.does_not_say("Earlier");
    for _ in 0..25 {
        act(&site, &author, &[id], "trash").await.is(303);
        act(&site, &author, &[id], "approve").await.is(303);
    }
    let log = author.get("/desk/log").await;
    log.says("Earlier").does_not_say("The command line");
    let next = log.html().one("a", "href", "/desk/log?before=3").get("href").to_owned();
    author.get(&next).await.says("The command line").does_not_say("moved it to the trash.");
}

#[tokio::test]
async fn a_comment_under_the_name_or_the_address_of_an_account_waits() {
    let site = TestSite::new().post("calf", "Stretch it.").setting("site.comments.moderation", "none").start().await;
    make_moderator(&site, &site.visitor("192.0.2.3")).await;
    for (name, email, expected) in [
        ("Ana", "ana@example.org", Status::Approved),
        ("mia", "", Status::Held),
        ("Ana", "Mia@example.org", Status::Held),
    ] {
        let visitor = site.visitor("192.0.2.9");
        let form = visitor.form("/posts/calf").await.set("name", name).set("email", email);
        let id = comment_id(&form.set("text", format!("I am {name} {email}")).send().await);
        assert_eq!(status_of(&site, id).await, expected, "{name} {email}");
    }
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
