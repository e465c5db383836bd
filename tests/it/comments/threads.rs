//! Threads: replies up to five levels deep, removed comments, old slugs.

use std::collections::BTreeSet;

use super::{answer_to, approved, site, stored};
use crate::support::{
    TestSite,
    html::{Element, Html},
    visitor::comment_id,
};

/// Depth of a comment, 1 at the first level.
fn depth(html: &Html, id: i64) -> usize {
    let comment = html.by_id(&format!("comment-{id}")).unwrap_or_else(|| panic!("comment {id} is not shown"));
    1 + html.depth_in(comment, "replies")
}

#[tokio::test]
async fn a_reply_stands_under_its_parent() {
    let site = site().await;
    let first = approved(&site, "calf", "First").await;
    let second = approved(&site, "calf", "Second").await;
    let answer = answer_to(&site, "calf", first, "Answer to the first").await;
    let html = site.get("/posts/calf").await.html();
    assert_eq!([first, second, answer].map(|id| depth(&html, id)), [1, 1, 2]);
    let order: Vec<&str> =
        html.elements.iter().filter(|e| e.has_class("comment")).map(|comment| comment.get("id")).collect();
    assert_eq!(order, [first, answer, second].map(|id| format!("comment-{id}")));
    let text = &html.by_id("-comments").expect("the conversation").text;
    assert!(text.trim_start().starts_with("3 comments"), "{text}");
}

#[tokio::test]
async fn every_comment_has_a_link_to_answer_it_without_scripts() {
    let site = site().await;
    let id = approved(&site, "calf", "First").await;
    let html = site.get("/posts/calf").await.html();
    assert!(html.find("a", "href", &format!("?reply_to={id}#-respond")).is_some());
    let page = site.get(&format!("/posts/calf?reply_to={id}")).await;
    page.is(200).says("Replying to");
    let html = page.html();
    assert_eq!(html.one("input", "name", "parent").get("value"), id.to_string());
    assert_eq!(html.meta("robots"), Some("noindex"));
    assert_eq!(html.canonical(), Some("http://127.0.0.1:3000/posts/calf"));
    assert!(html.find("a", "href", &format!("/posts/calf#comment-{id}")).is_some(), "a way back");
}

#[tokio::test]
async fn an_answer_to_a_missing_comment_leads_to_the_post() {
    let site = site().await;
    let elsewhere = approved(&site, "hips", "Elsewhere").await;
    let held = comment_id(&site.visitor("192.0.2.1").comment("calf", "Held").await);
    for id in [elsewhere.to_string(), held.to_string(), "999".to_owned(), "x".to_owned(), String::new()] {
        assert_eq!(site.get(&format!("/posts/calf?reply_to={id}")).await.leads(), "303 /posts/calf", "{id}");
    }
}

#[tokio::test]
async fn below_the_fifth_level_an_answer_stands_beside_its_parent_and_names_it() {
    let site = site().await;
    let mut ids = vec![approved(&site, "calf", "Level 1").await];
    for level in 2..=7 {
        ids.push(answer_to(&site, "calf", ids[level - 2], &format!("Level {level}")).await);
    }
    let html = site.get("/posts/calf").await.html();
    let depths: Vec<usize> = ids.iter().map(|id| depth(&html, *id)).collect();
    assert_eq!(depths, [1, 2, 3, 4, 5, 5, 5]);
    for (at, id) in ids.iter().enumerate() {
        let comment = html.by_id(&format!("comment-{id}")).expect("is shown");
        // Where lines show it, only screen readers are told.
        assert_eq!(comment.text.contains("in reply to"), at >= 1, "{}", comment.words());
        let place = html.elements.iter().position(|e| e.get("id") == format!("comment-{id}")).expect("is shown");
        let told = html.elements.iter().find(|e| e.within.contains(&place) && e.words().starts_with("in reply to"));
        assert_eq!(told.map(|told| told.has_class("visually-hidden")), (at >= 1).then_some(at < 5), "{told:?}");
    }
    let sixth = html.by_id(&format!("comment-{}", ids[5])).expect("is shown");
    assert!(sixth.words().contains("in reply to Bo"), "{}", sixth.words());
    let place = html.elements.iter().position(|e| e.get("id") == format!("comment-{}", ids[5])).expect("is shown");
    let link =
        html.elements.iter().find(|e| e.within.contains(&place) && e.get("href") == format!("#comment-{}", ids[4]));
    assert!(link.is_some(), "the name leads to the parent");
}

#[tokio::test]
async fn headings_and_reply_links_of_one_name_differ() {
    let site = site().await;
    // The clock stands still, so that all are of the same minute.
    let first = approved(&site, "calf", "First").await;
    for text in ["Second", "Third"] {
        approved(&site, "calf", text).await;
        answer_to(&site, "calf", first, &format!("{text} answer")).await;
    }
    let html = site.get("/posts/calf").await.html();
    let named = |of: &str, name: &dyn Fn(&Element) -> String| {
        let names: Vec<String> = html.elements.iter().filter(|e| e.has_class(of)).map(name).collect();
        assert_eq!(names.len(), 5);
        let unique: BTreeSet<&String> = names.iter().collect();
        assert_eq!(unique.len(), names.len(), "{names:?}");
        names
    };
    let headings = named("comment-name", &|heading| heading.get("aria-label").to_owned());
    let links = named("comment-reply", &Element::words);
    assert!(headings.contains(&format!("comment {first}, Ana")), "{headings:?}");
    assert!(links.contains(&format!("Reply to Ana, comment {first}")), "{links:?}");
}

#[tokio::test]
async fn a_link_leads_from_the_start_of_the_comments_to_the_form() {
    let site = site().await;
    assert!(site.get("/posts/calf").await.html().find("a", "href", "#-respond").is_none(), "nothing to skip");
    approved(&site, "calf", "First").await;
    let html = site.get("/posts/calf").await.html();
    let at = |wanted: &dyn Fn(&Element) -> bool| html.elements.iter().position(wanted).expect("is there");
    let (link, comment, form) =
        (at(&|e| e.get("href") == "#-respond"), at(&|e| e.has_class("comment")), at(&|e| e.get("id") == "-respond"));
    assert!(link < comment && comment < form);
    assert_eq!(html.elements[link].words(), "Say something");
}

#[tokio::test]
async fn a_text_browser_shows_no_parts_of_the_form_that_are_not_used() {
    let site = site().await;
    approved(&site, "calf", "First").await;
    let page = site.get("/posts/calf").await;
    let html = page.html();
    // They do not know that word, nor templates.
    assert!(
        html.elements.iter().all(|e| (e.attribute("hidden").is_none() || e.words().is_empty()) && e.name != "template")
    );
    let form = html.by_id("-respond").expect("the form").words();
    for words in ["Replying to", "Cancel reply", "This is how it will look", "Leave this empty"] {
        assert!(!form.contains(words), "{words}: {form}");
    }
    let trap = html.one("label", "for", html.one("input", "name", "fax_extension").get("id"));
    assert_eq!(trap.words(), "A trap for spam programs; people write nothing here");
    let search = html.one("a", "href", "/search");
    assert_eq!(search.words(), "Search");
    let icons: Vec<&Element> = html.all("svg").into_iter().filter(|svg| svg.get("viewbox") == "0 0 18 18").collect();
    assert!(!icons.is_empty() && icons.iter().all(|svg| svg.get("width") == "18" && svg.get("height") == "18"));
}

#[tokio::test]
async fn a_removed_comment_leaves_a_place_for_its_answers() {
    let site = site().await;
    let parent = approved(&site, "calf", "Rude words").await;
    let answer = answer_to(&site, "calf", parent, "A calm answer").await;
    let done = site.store().trash(parent, "test", site.app.clock.now()).await.expect("trashes");
    site.app.cache.purge(&[done.tag]);
    let page = site.get("/posts/calf").await;
    page.says("has been removed").says("A calm answer").does_not_say("Rude words").says("1 comment");
    let html = page.html();
    assert_eq!([parent, answer].map(|id| depth(&html, id)), [1, 2]);
    assert!(html.find("a", "href", &format!("?reply_to={parent}#-respond")).is_none());
}

#[tokio::test]
async fn an_alias_brings_its_thread_along() {
    let old = TestSite::new().post("calves", "Stretch them.").start().await;
    let first = approved(&old, "calves", "Under the old slug").await;
    let renamed =
        "---\ntitle: Calf\ndate: 2026-05-02\naliases: [/posts/calves, /2019/05/old-calf.html]\n---\nStretch it.";
    let site = TestSite::new().post("calf", renamed).database(&old.app.config.database_url).start().await;
    site.get("/posts/calf").await.is(200).says("Under the old slug").says("1 comment");
    site.get("/").await.says("1 comment");
    assert_eq!(site.get(&format!("/comments/{first}")).await.leads(), format!("302 /posts/calf#comment-{first}"));
    // It can be answered where it stands now, and a change of it makes the page new.
    let answer = answer_to(&site, "calf", first, "Under the new slug").await;
    let html = site.get("/posts/calf").await.html();
    assert_eq!([first, answer].map(|id| depth(&html, id)), [1, 2]);
    let done = site.store().trash(first, "test", site.app.clock.now()).await.expect("trashes");
    site.app.cache.purge(&[done.tag]);
    site.get("/posts/calf").await.does_not_say("Under the old slug");
    assert_eq!(stored(&site).await, 2);
}

#[tokio::test]
async fn a_form_of_the_old_address_still_works() {
    let renamed = "---\ntitle: Calf\ndate: 2026-05-02\naliases: [/posts/calves]\n---\nStretch it.";
    let site = TestSite::new().post("calf", renamed).start().await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let posted = site.ask(http::Method::POST, "/posts/calves/comments", &form, "name=Ana&text=From+an+old+page").await;
    assert!(posted.leads().starts_with("303 /posts/calf?waiting="), "{}", posted.leads());
    let kept = site.store().comment(comment_id(&posted)).await.expect("is there");
    assert_eq!(kept.thread_slug, "calf");
}

#[tokio::test]
async fn threads_of_posts_with_other_permalinks_work_alike() {
    let site = TestSite::new().setting("site.permalink", "/{year}/{month}/{slug}").post("calf", "x").start().await;
    let ana = site.visitor("192.0.2.1");
    let form = ana.form("/2026/05/calf").await.set("name", "Ana").set("text", "Hello");
    let posted = form.send().await;
    let id = comment_id(&posted);
    assert!(posted.leads().starts_with("303 /2026/05/calf?waiting="), "{}", posted.leads());
    site.approve(id).await;
    site.get("/2026/05/calf").await.says("Hello");
    assert_eq!(site.get(&format!("/comments/{id}")).await.leads(), format!("302 /2026/05/calf#comment-{id}"));
    assert_eq!(site.get("/posts/calf/comments").await.leads(), "303 /2026/05/calf");
}
