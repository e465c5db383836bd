//! Preview: the comment is rendered for its writer only, and not stored.

use super::{answer_to, approved, site, stored};

#[tokio::test]
async fn a_preview_shows_the_comment_and_stores_nothing() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let form = ana.form("/posts/calf").await.set("name", "Ana").set("email", "ana@secret.example");
    let answer =
        form.set("site", "ana.example").set("text", "My **calves** <b>thank</b> you").add("preview", "1").send().await;
    answer.is(200);
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert!(!answer.has_header("set-cookie"), "a look makes nobody known");
    let html = answer.html();
    assert!(html.title().starts_with("Preview: "), "{}", html.title());
    assert_eq!(html.meta("robots"), Some("noindex"));
    answer.says("<strong>calves</strong>").does_not_say("<b>thank");
    let preview = html.by_id("-preview").expect("it is there");
    assert!(preview.attribute("autofocus").is_some() && preview.attribute("hidden").is_none(), "{preview:?}");
    let kept = ana.form_in(&html);
    for (name, value) in [
        ("name", "Ana"),
        ("email", "ana@secret.example"),
        ("site", "ana.example"),
        ("text", "My **calves** <b>thank</b> you"),
    ] {
        assert_eq!(kept.field(name), value);
    }
    assert_eq!(stored(&site).await, 0);
    assert!(site.get("/posts/calf").await.html().by_id("-preview").expect("its place").attribute("hidden").is_some());
    kept.send().await.is(303);
    assert_eq!(stored(&site).await, 1);
}

#[tokio::test]
async fn a_preview_of_an_answer_stays_an_answer() {
    let site = site().await;
    let id = approved(&site, "calf", "First").await;
    answer_to(&site, "calf", id, "An answer that is there").await;
    let ana = site.visitor("192.0.2.1");
    let form = ana.form(&format!("/posts/calf?reply_to={id}")).await.set("name", "Bo").set("text", "Second");
    let answer = form.add("preview", "1").send().await;
    answer.is(200).says("Your reply");
    assert_eq!(ana.form_in(&answer.html()).field("parent"), id.to_string());
}

#[tokio::test]
async fn a_preview_shows_errors_first() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let form = ana.form("/posts/calf").await.set("text", "Who am I").add("preview", "1");
    form.send().await.is(422).says("Please tell us your name");
}

#[tokio::test]
async fn the_script_asks_for_the_comment_alone() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let look = async |form: &str| ana.post("/comments/preview", form).await;
    let answer = look("name=Ana&site=ana.example&text=My+**calves**+%3Cscript%3Ealert(1)%3C/script%3E").await;
    answer.is(200).says("<strong>calves</strong>").says("href=\"https://ana.example\"").does_not_say("<script");
    assert!(answer.text().trim_start().starts_with("<article"), "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "private, no-store");
    // While it is typed, fields are missing and half an address is none.
    look("text=Half+a&site=ana").await.is(200).says(">Name<").does_not_say("href");
    look("text=").await.is(422);
    assert_eq!(stored(&site).await, 0);
    let foreign = [("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")];
    site.ask(http::Method::POST, "/comments/preview", &foreign, "text=From+elsewhere").await.is(403);
    site.get("/comments/preview").await.is(405);
}
