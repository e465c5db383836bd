//! Comments, from the form in the page to the conversation under it.

pub mod attacks;
mod away;
mod bare_urls;
mod engines;
mod filtered;
mod judged;
mod learning;
mod links;
mod load;
mod markup;
mod mending;
mod names;
mod pages;
mod preview;
mod refused;
mod suspected;
mod threads;
mod waiting;
mod youtube;

use instep::domain::{comment::Status, words::word_of};

use crate::support::{Answer, TestSite, visitor::comment_id};

/// A site with two posts that take comments.
async fn site() -> TestSite {
    TestSite::new().post("calf", "Stretch it.").post("hips", "Open them.").start().await
}

/// Adds an approved comment of a new commenter.
pub async fn approved(site: &TestSite, slug: &str, text: &str) -> i64 {
    let id = comment_id(&site.visitor("203.0.113.9").comment(slug, text).await);
    site.approve(id).await;
    id
}

/// An approved answer to a comment.
async fn answer_to(site: &TestSite, slug: &str, parent: i64, text: &str) -> i64 {
    let visitor = site.visitor("203.0.113.9");
    let form = visitor.form(&format!("/posts/{slug}?reply_to={parent}")).await;
    let id = comment_id(&form.set("name", "Bo").set("text", text).send().await);
    site.approve(id).await;
    id
}

/// Status and reasons of a comment, in one line.
async fn judged(site: &TestSite, id: i64) -> String {
    let listed = site.store().list_comments(None).await.expect("lists");
    let listed = listed.iter().find(|comment| comment.id == id).expect("is listed");
    format!("{} {}", word_of(listed.status), listed.reasons).trim().to_owned()
}

async fn stored(site: &TestSite) -> usize {
    site.store().list_comments(None).await.expect("lists").len()
}

async fn status_of(site: &TestSite, id: i64) -> Status {
    site.store().comment(id).await.expect("is there").status
}

/// Asserts that the response is private and has the form with this text.
#[track_caller]
fn keeps_the_text(answer: &Answer, text: &str) {
    let html = answer.html();
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert!(html.title().starts_with("Error: "), "{}", html.title());
    assert_eq!(html.meta("robots"), Some("noindex"));
    assert_eq!(html.one("textarea", "name", "text").text.trim_start_matches('\n'), text);
    assert!(html.by_id("-error-summary").is_some_and(|summary| summary.attribute("autofocus").is_some()));
    let action = html.one("form", "method", "post").get("action");
    assert!(!action.contains('#'), "the summary has the focus, not a fragment: {action}");
}
