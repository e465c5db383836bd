//! `/me`: commenters see, change, download and erase their own comments, and nobody else's.

use http::Method;
use instep::domain::comment::{Status, TEXT_MAX};
use jiff::SignedDuration;
use serde_json::Value;

use crate::support::{
    Answer, TestSite,
    visitor::{Visitor, comment_id},
};

async fn site() -> TestSite {
    TestSite::new().post("calf", "Stretch it.").post("hips", "Open them.").start().await
}

/// An approved comment with every field filled in.
async fn approved(site: &TestSite, writer: &Visitor<'_>, text: &str) -> i64 {
    let form = writer.form("/posts/calf").await.set("name", "Ana").set("email", "ana@secret.example");
    let id = comment_id(&form.set("site", "ana.example").set("text", text).send().await);
    site.approve(id).await;
    id
}

async fn edit(writer: &Visitor<'_>, id: i64, text: &str) -> Answer {
    writer.form(&format!("/me/comments/{id}/edit")).await.set("text", text).send().await
}

/// Presses the button of a page that asks for confirmation.
async fn press(writer: &Visitor<'_>, page: &str) -> Answer {
    writer.form(page).await.send().await
}

#[track_caller]
fn is_for_one(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.html().meta("robots"), Some("noindex"));
}

async fn text_of(site: &TestSite, id: i64) -> String {
    site.store().comment(id).await.expect("is there").text
}

#[tokio::test]
async fn the_corner_lists_only_the_visitors_own_comments() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let first = approved(&site, &ana, "My first words").await;
    let posted = ana
        .form("/posts/hips")
        .await
        .set("name", "Ana")
        .set("text", "Held, http://a.example http://b.example http://c.example http://d.example");
    let posted = posted.send().await;
    let held = comment_id(&posted);
    approved(&site, &site.visitor("192.0.2.2"), "Somebody else's").await;

    let corner = ana.get("/me").await;
    corner.is(200).says("My first words").says("Held, ").does_not_say("Somebody else").does_not_say("secret.example");
    is_for_one(&corner);
    let html = corner.html();
    assert!(html.find("a", "href", &format!("/comments/{first}")).is_some());
    assert!(html.find("a", "href", posted.header("location")).is_some(), "the page that shows it while it waits");
    for id in [first, held] {
        assert!(html.find("a", "href", &format!("/me/comments/{id}/edit")).is_some());
        assert!(html.find("a", "href", &format!("/me/comments/{id}/delete")).is_some());
    }
    corner.says("Can be edited for another 15 minutes.").says("Waiting").says("Shown");
    // What the author throws out stays in view, and can still be erased.
    site.store().trash(held, "test", site.app.clock.now()).await.expect("trashes");
    let html = ana.get("/me").await.says("Removed by the author").html();
    // Several under one post differ.
    assert_eq!(html.one("h2", "aria-label", &format!("comment {first}, Under calf")).words(), "Under calf");
    assert!(
        html.one("a", "href", &format!("/me/comments/{first}/delete")).words().ends_with(&format!(", comment {first}"))
    );
    assert!(html.find("a", "href", &format!("/me/comments/{held}/edit")).is_none());
    assert!(html.find("a", "href", &format!("/me/comments/{held}/delete")).is_some());
}

#[tokio::test]
async fn without_a_cookie_the_corner_says_how_to_open_it() {
    let site = site().await;
    let corner = site.get("/me").await;
    corner.is(200).says("The key to it is a cookie").does_not_say("/me/erase");
    is_for_one(&corner);
    assert!(!corner.has_header("set-cookie"), "looking makes nobody known");
    for path in ["/me/data.json", "/me/erase", "/me/comments/1/edit", "/me/comments/1/delete"] {
        assert_eq!(site.get(path).await.leads(), "303 /me", "{path}");
    }
}

#[tokio::test]
async fn the_form_and_a_new_comment_link_to_the_corner() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    assert!(site.get("/posts/calf").await.html().find("a", "href", "/me").is_some(), "at the foot of the form");
    let posted = ana.comment("calf", "Mine").await;
    let page = ana.get(posted.header("location").split('#').next().expect("a path")).await;
    page.says("For a quarter of an hour you can change it in <a href=\"/me\">your corner</a>");
}

#[tokio::test]
async fn an_edit_is_shown_to_everyone_at_once() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let id = approved(&site, &ana, "Hold it 30 secnods").await;
    site.get("/posts/calf").await.says("secnods").does_not_say("edited");
    site.get("/comments/feed.xml").await.says("secnods");

    let form = ana.form(&format!("/me/comments/{id}/edit")).await;
    let kept = ["name", "email", "site", "text"].map(|name| form.field(name).to_owned());
    assert_eq!(kept, ["Ana", "ana@secret.example", "https://ana.example", "Hold it 30 secnods"]);
    site.turn(SignedDuration::from_mins(14));
    let saved = form.set("text", "Hold it 30 seconds").set("name", "Ana R.").send().await;
    assert_eq!(saved.leads(), format!("303 /posts/calf#comment-{id}"));
    let page = site.get("/posts/calf").await;
    page.says("Hold it 30 seconds").says("Ana R.").says("<span>edited</span>").does_not_say("secnods");
    site.get("/comments/feed.xml")
        .await
        .says("Hold it 30 seconds")
        .says("<updated>2026-11-22T17:14:00+00:00</updated>");
    // Nothing changed is no edit.
    let same = site.visitor("192.0.2.3");
    let other = approved(&site, &same, "As it was").await;
    assert_eq!(edit(&same, other, "As it was").await.status, 303);
    assert_eq!(site.store().comment(other).await.expect("is there").edited_at, None);
}

#[tokio::test]
async fn an_edit_is_judged_like_a_new_comment() {
    let site = TestSite::new()
        .site_toml(
            "title = \"Loose Laces\"\n[author]\nname = \"Jo\"\n[comments]\ngap_seconds = 0\nper_10_minutes = 1000\n\
             network_per_10_minutes = 1000\nhold_words = [\"casino\"]\nrefuse_words = [\"viagra\"]\n",
        )
        .post("calf", "Stretch it.")
        .start()
        .await;
    let ana = site.visitor("192.0.2.1");
    let id = approved(&site, &ana, "Perfectly fine").await;
    site.get("/posts/calf").await.says("Perfectly fine");

    for (text, says) in [
        ("", "Please write your comment here."),
        ("x".repeat(TEXT_MAX + 1).as_str(), "is the most we can keep"),
        ("Cheap viagra", "takes no comments with"),
    ] {
        let answer = edit(&ana, id, text).await;
        answer.is(422).says(says);
        is_for_one(&answer);
        assert_eq!(answer.html().one("textarea", "name", "text").text.trim_start_matches('\n'), text);
        assert_eq!(text_of(&site, id).await, "Perfectly fine");
    }
    let saved = edit(&ana, id, "Come to my casino").await;
    assert!(saved.header("location").starts_with("/posts/calf?waiting="), "{}", saved.leads());
    let listed = site.store().list_comments(Some(Status::Held)).await.expect("lists");
    assert_eq!(listed[0].explained(), ["hold-word casino"]);
    site.get("/posts/calf").await.does_not_say("casino").does_not_say("Perfectly fine");
    // Taking the word out again does not let it through: the author looks first.
    edit(&ana, id, "No such place").await.is(303);
    assert_eq!(site.store().comment(id).await.expect("is there").status, Status::Held);
}

#[tokio::test]
async fn the_place_of_a_comment_that_is_held_again_does_not_say_that_it_was_removed() {
    let site = TestSite::new().setting("site.comments.hold_words", "[\"casino\"]");
    let site = site.setting("site.comments.gap_seconds", "0").post("calf", "Stretch it.").start().await;
    let ana = site.visitor("192.0.2.1");
    let asked = approved(&site, &ana, "Does it help?").await;
    let ben = site.visitor("192.0.2.2");
    let form = ben.form(&format!("/posts/calf?reply_to={asked}")).await.set("name", "Ben").set("text", "It does.");
    site.approve(comment_id(&form.send().await)).await;
    edit(&ana, asked, "Does my casino help?").await.is(303);
    let page = site.get("/posts/calf").await;
    page.says("It does.").says("it waits for the author").does_not_say("has been removed").does_not_say("casino");
    site.store().trash(asked, "test", site.app.clock.now()).await.expect("trashes");
    site.app.cache.purge(&["post:calf"]);
    site.get("/posts/calf").await.says("It does.").says("has been removed").does_not_say("it waits for the author");
}

#[tokio::test]
async fn the_reasons_for_holding_a_comment_count_for_its_edit() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    approved(&site, &ana, "Known by now").await;
    let form = ana.form("/posts/calf").await.set("name", "Ana").set("text", "From nowhere").set("stamp", "");
    let id = comment_id(&form.send().await);
    edit(&ana, id, "From somewhere").await.is(303);
    let listed = site.store().list_comments(Some(Status::Held)).await.expect("lists");
    assert_eq!((listed[0].text.as_str(), listed[0].explained()), ("From somewhere", vec!["stamp-missing"]));
}

#[tokio::test]
async fn after_fifteen_minutes_an_edit_is_refused_with_its_text_kept() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let id = approved(&site, &ana, "For good").await;
    let form = ana.form(&format!("/me/comments/{id}/edit")).await.set("text", "Too late for this");
    site.turn(SignedDuration::from_mins(15));
    form.send().await.is(409).says("The time for changes is over").says("Too late for this");
    assert_eq!(text_of(&site, id).await, "For good");
    assert_eq!(ana.get(&format!("/me/comments/{id}/edit")).await.leads(), format!("303 /me#comment-{id}"));
    ana.get("/me").await.does_not_say("/edit\"").says("/delete\"");
}

#[tokio::test]
async fn two_edits_need_the_same_gap_as_two_comments() {
    let site = TestSite::new().setting("site.comments.gap_seconds", "15").post("calf", "x").start().await;
    let ana = site.visitor("192.0.2.1");
    let id = approved(&site, &ana, "Once").await;
    edit(&ana, id, "Twice").await.is(303);
    let hasty = edit(&ana, id, "Thrice").await;
    hasty.is(429).says("Thrice");
    assert_eq!(hasty.header("retry-after"), "16");
    site.turn(SignedDuration::from_secs(15));
    edit(&ana, id, "Thrice").await.is(303);
}

#[tokio::test]
async fn a_deleted_comment_leaves_a_placeholder_above_its_answers() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let id = approved(&site, &ana, "Take me back").await;
    let bo = site.visitor("192.0.2.2");
    let answer = bo.form(&format!("/posts/calf?reply_to={id}")).await.set("name", "Bo").set("text", "An answer");
    site.approve(comment_id(&answer.send().await)).await;
    site.get("/posts/calf").await.says("Take me back").says("2 comments");

    let page = format!("/me/comments/{id}/delete");
    let asked = ana.get(&page).await;
    asked.is(200).says("Delete this comment?").says("Take me back");
    is_for_one(&asked);
    assert_eq!(press(&ana, &page).await.leads(), "303 /me");
    ana.get("/me").await.does_not_say("Take me back").says("There is nothing of yours here.");
    let html =
        site.get("/posts/calf").await.says("An answer").does_not_say("Take me back").does_not_say("ana.example").html();
    assert!(html.by_id(&format!("comment-{id}")).expect("a tombstone").has_class("comment-gone"));
    site.get(&format!("/comments/{id}")).await.is(410);
    site.get("/comments/feed.xml").await.does_not_say("Take me back");
    let left = site.store().comment(id).await.expect("its place");
    assert!(left.is_erased() && left.name.is_empty() && left.email.is_none() && left.site.is_none());
}

#[tokio::test]
async fn stored_data_can_be_downloaded_as_json() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let id = approved(&site, &ana, "Words of mine").await;
    approved(&site, &site.visitor("192.0.2.2"), "Somebody else's").await;
    edit(&ana, id, "Better words").await.is(303);
    let data = ana.get("/me/data.json").await;
    data.is(200);
    assert_eq!(data.header("content-type"), "application/json");
    assert_eq!(data.header("content-disposition"), "attachment; filename=\"my-comments.json\"");
    assert_eq!(data.header("cache-control"), "private, no-store");
    let data: Value = serde_json::from_str(&data.text()).expect("JSON");
    let comments = data["comments"].as_array().expect("a list");
    assert_eq!(comments.len(), 1);
    for (key, value) in [
        ("text", "Better words"),
        ("name", "Ana"),
        ("email", "ana@secret.example"),
        ("website", "https://ana.example"),
        ("status", "approved"),
        ("post", "calf"),
        ("written_at", "2026-11-22T17:00:00Z"),
        ("edited_at", "2026-11-22T17:00:00Z"),
    ] {
        assert_eq!(comments[0][key], value, "{key}");
    }
    assert_eq!(comments[0]["address"], format!("http://127.0.0.1:3000/comments/{id}"));
}

#[tokio::test]
async fn all_times_in_the_download_have_the_stored_precision() {
    let site = TestSite::new().post("calf", "Stretch it.").real_clock().start().await;
    let ana = site.visitor("192.0.2.1");
    comment_id(&ana.form("/posts/calf").await.set("name", "Ana").set("text", "Hello there").send().await);
    let data: Value = serde_json::from_str(&ana.get("/me/data.json").await.text()).expect("JSON");
    for time in [&data["taken_at"], &data["comments"][0]["written_at"]] {
        let time: jiff::Timestamp = time.as_str().expect("a text").parse().expect("a time");
        assert_eq!(time.subsec_nanosecond() % 1_000_000, 0, "{time}");
    }
}

#[tokio::test]
async fn everything_can_be_erased() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let shown = approved(&site, &ana, "Shown").await;
    let held =
        comment_id(&ana.form("/posts/hips").await.set("name", "Ana").set("text", "Held").set("stamp", "").send().await);
    let stays = approved(&site, &site.visitor("192.0.2.2"), "Somebody else's").await;

    is_for_one(&ana.get("/me/erase").await);
    let done = press(&ana, "/me/erase").await;
    done.is(200).says("Everything is erased");
    is_for_one(&done);
    let cookie = done.header("set-cookie");
    assert!(cookie.starts_with("instep_commenter=; ") && cookie.contains("Max-Age=0"), "{cookie}");
    for id in [shown, held] {
        assert!(site.store().comment(id).await.expect("its place").is_erased());
        site.get(&format!("/comments/{id}")).await.is(410);
    }
    assert_eq!(text_of(&site, stays).await, "Somebody else's");
    site.get("/posts/calf").await.says("Somebody else").does_not_say("Shown");
    ana.get("/me").await.says("The key to it is a cookie");
    // The next comment is a first one.
    let next = comment_id(&ana.comment("calf", "Back again").await);
    assert_eq!(site.store().comment(next).await.expect("is there").status, Status::Held);
}

/// Tries every address of a comment with every key except its writer's.
#[tokio::test]
async fn only_the_writers_own_cookie_gives_access_to_a_comment() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let id = approved(&site, &ana, "Ana's own").await;
    let waiting =
        ana.form("/posts/calf").await.set("name", "Ana").set("text", "Ana's too").set("stamp", "").send().await;
    let held = comment_id(&waiting);
    let link =
        waiting.header("location").split("waiting=").nth(1).expect("a link").split('#').next().expect("it").to_owned();
    let stamp = ana.form("/posts/calf").await.field("stamp").to_owned();
    let bo = site.visitor("192.0.2.1");
    approved(&site, &bo, "Bo's own").await;
    let cookie = |value: &str| format!("instep_commenter={value}");
    let keys = [
        ("nobody", String::new()),
        ("a forged signature", cookie("AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA")),
        ("none", cookie("AAAAAAAAAAAAAAAAAAAAAA")),
        ("a waiting link", cookie(&link)),
        ("a stamp", cookie(&stamp)),
        ("a link to a corner's comment", cookie(&id.to_string())),
    ];
    let before = (text_of(&site, id).await, text_of(&site, held).await);
    let form = "name=Mallory&text=Mine+now";
    let typed = ("content-type", "application/x-www-form-urlencoded");
    for id in [id, held] {
        for path in [format!("/me/comments/{id}/edit"), format!("/me/comments/{id}/delete")] {
            for (what, key) in &keys {
                let headers = [("cookie", key.as_str()), typed];
                for method in [Method::GET, Method::POST] {
                    let answer = site.ask(method.clone(), &path, &headers, form).await;
                    assert_eq!(answer.leads(), "303 /me", "{method} {path} with {what}");
                }
            }
            // Bo is somebody, but not Ana, even from the same address.
            bo.get(&path).await.is(404).does_not_say("Ana");
            bo.post(&path, form).await.is(404).does_not_say("Ana");
        }
    }
    for (what, key) in &keys {
        for path in ["/me/erase", "/me/data.json"] {
            assert_eq!(site.get_with(path, &[("cookie", key)]).await.leads(), "303 /me", "{path} with {what}");
        }
        let answer = site.ask(Method::POST, "/me/erase", &[("cookie", key.as_str()), typed], "").await;
        assert_eq!(answer.leads(), "303 /me", "{what}");
        site.get_with("/me", &[("cookie", key)]).await.is(200).does_not_say("Ana");
    }
    bo.get("/me").await.says("Bo").does_not_say("Ana's");
    bo.get("/me/data.json").await.does_not_say("Ana's");
    bo.post("/me/erase", "").await.is(200);
    assert_eq!((text_of(&site, id).await, text_of(&site, held).await), before);
    // And no number is a door.
    for path in [
        "/me/comments/0/edit",
        "/me/comments/x/edit",
        "/me/comments/-1/delete",
        "/me/comments/99999999999999999999/edit",
    ] {
        ana.get(path).await.is(404);
    }
}

#[tokio::test]
async fn a_form_from_another_site_changes_nothing_and_keeps_its_text() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let id = approved(&site, &ana, "Mine").await;
    let foreign = ("sec-fetch-site", "cross-site");
    let form =
        ana.form(&format!("/me/comments/{id}/edit")).await.set("text", "Typed here").header(foreign.0, foreign.1);
    form.send().await.is(403).says("nothing has been changed").says("Typed here");
    for page in [format!("/me/comments/{id}/delete"), "/me/erase".to_owned()] {
        let answer = ana.form(&page).await.header(foreign.0, foreign.1).send().await;
        answer.is(403).says("nothing has been done");
        is_for_one(&answer);
        assert!(!answer.has_header("set-cookie"));
    }
    assert_eq!(text_of(&site, id).await, "Mine");
}

#[tokio::test]
async fn a_comment_under_a_post_that_is_gone_is_still_ones_own() {
    let site = TestSite::new().post("calf", "Stretch it.").post("hips", "x").keeps_current().start().await;
    let ana = site.visitor("192.0.2.1");
    let id = approved(&site, &ana, "Left behind").await;
    std::fs::remove_file(site.path("posts/calf.md")).expect("removes");
    crate::support::eventually("the post is gone", async || {
        (site.get("/posts/calf").await.status == 404).then_some(())
    })
    .await;
    ana.get("/me").await.is(200).says("Left behind").does_not_say("href=\"/posts/calf");
    assert_eq!(edit(&ana, id, "Left behind, better").await.leads(), format!("303 /me#comment-{id}"));
    assert_eq!(press(&ana, &format!("/me/comments/{id}/delete")).await.leads(), "303 /me");
}

#[tokio::test]
async fn a_get_of_an_action_redirects_to_the_corner() {
    let site = site().await;
    for path in ["/me/leave", "/me/subscriptions/1/end"] {
        assert_eq!(site.get(path).await.leads(), "303 /me", "{path}");
    }
}
