//! Without the database, articles can be read, and typed text is not lost.

use super::{approved, keeps_the_text, site};

#[tokio::test]
async fn a_comment_that_cannot_be_stored_is_returned_in_the_form() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let form = ana.form("/posts/calf").await;
    site.store().close().await;
    let form = form.set("name", "Ana").set("email", "ana@example.org").set("text", "Not lost");
    let refused = form.send().await;
    refused.is(503).says("Send again").says("could not be kept");
    keeps_the_text(&refused, "Not lost");
    assert!(refused.has_header("retry-after") && !refused.has_header("set-cookie"));
    let html = refused.html();
    assert_eq!(html.one("input", "name", "name").get("value"), "Ana");
    assert_eq!(html.one("input", "name", "email").get("value"), "ana@example.org");
}

#[tokio::test]
async fn articles_are_shown_without_their_comments_and_not_cached() {
    let site = site().await;
    approved(&site, "calf", "Said before").await;
    site.app.cache.purge_everything();
    site.store().close().await;
    for _ in 0..2 {
        let page = site.get("/posts/calf").await;
        page.is(200).says("Stretch it.").says("comments cannot be shown").does_not_say("Said before");
        assert!(page.header("cache-control").contains("no-store"), "{}", page.header("cache-control"));
        assert!(page.has_header("x-request-id"), "made anew each time");
    }
    for path in ["/", "/tags"] {
        site.get(path).await.is(200);
    }
    assert!(site.get("/").await.header("cache-control").contains("no-store"), "the counts are not there");
}

#[tokio::test]
async fn cached_pages_are_served_without_the_database() {
    let site = site().await;
    approved(&site, "calf", "Said before").await;
    site.get("/posts/calf").await.says("Said before");
    site.get("/").await.is(200);
    site.store().close().await;
    site.get("/posts/calf").await.is(200).says("Said before");
    site.get("/").await.is(200).says("1 comment");
}

#[tokio::test]
async fn pages_that_need_the_database_are_503_with_a_page_of_the_site() {
    let site = site().await;
    let id = approved(&site, "calf", "Said before").await;
    site.store().close().await;
    let page = site.get(&format!("/comments/{id}")).await;
    page.is(503).says("A short break");
    assert!(page.has_header("retry-after"));
    let request_id = page.header("x-request-id").to_owned();
    page.says(&request_id);
    site.get("/healthz").await.is(200);
    site.get("/readyz").await.is(503);
}
