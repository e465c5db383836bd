//! `/comments/ID`: the address of a comment that people share.

use instep::domain::comment::Status;

use super::{approved, site};
use crate::support::visitor::comment_id;

#[tokio::test]
async fn a_permalink_leads_to_the_comment_while_it_is_public() {
    let site = site().await;
    let id = approved(&site, "calf", "Share me").await;
    let permalink = format!("/comments/{id}");
    assert_eq!(site.get(&permalink).await.leads(), format!("302 /posts/calf#comment-{id}"));
    assert_eq!(site.head(&permalink).await.leads(), format!("302 /posts/calf#comment-{id}"));
    for status in [Status::Spam, Status::Trash] {
        let now = site.app.clock.now();
        match status {
            Status::Spam => site.store().mark_spam(id, "test", now).await,
            _ => site.store().trash(id, "test", now).await,
        }
        .expect("is done");
        site.get(&permalink).await.is(410).does_not_say("Share me");
    }
}

#[tokio::test]
async fn a_held_comment_has_no_permalink_yet() {
    let site = site().await;
    let id = comment_id(&site.visitor("192.0.2.1").comment("calf", "Held").await);
    site.get(&format!("/comments/{id}")).await.is(404).does_not_say("Held");
    site.approve(id).await;
    site.get(&format!("/comments/{id}")).await.is(302);
}

#[tokio::test]
async fn invalid_comment_numbers_are_not_found() {
    let site = site().await;
    for id in ["999", "0", "-1", "x", "99999999999999999999", "1.0"] {
        site.get(&format!("/comments/{id}")).await.is(404);
    }
}

#[tokio::test]
async fn the_address_of_the_form_leads_to_the_post() {
    let site = site().await;
    assert_eq!(site.get("/posts/calf/comments").await.leads(), "303 /posts/calf");
    site.get("/posts/nobody/comments").await.is(404);
}
