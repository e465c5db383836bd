//! Names of commenters: with a blog, like the author's, or with an address that nobody should see.

use super::{approved, judged, site};
use crate::support::{TestSite, visitor::comment_id};

/// Sends a comment as somebody whom the author has approved before.
async fn sent_as(site: &TestSite, name: &str) -> i64 {
    let visitor = site.visitor("192.0.2.1");
    site.approve(comment_id(&visitor.comment("hips", "First").await)).await;
    comment_id(&visitor.form("/posts/calf").await.set("name", name).set("text", "Second").send().await)
}

#[tokio::test]
async fn a_name_like_an_authors_is_held() {
    let by = "---\ntitle: Hips\ndate: 2026-05-02\nauthors: [Lisa Loop, Jo]\n---\nOpen them.";
    for (name, expected) in [
        ("Jo", "held author-name"),
        ("J0", "held author-name"),
        ("\u{408}\u{43E} \u{1F3C3}", "held author-name"),
        ("jo @ Mile by Mile", "held author-name"),
        ("LISA  LOOP", "held author-name"),
        ("Lisa Lооp", "held author-name"),
        ("Joan", "approved"),
        ("Lisa", "approved"),
    ] {
        let site = TestSite::new().post("calf", "Stretch it.").post("hips", by).start().await;
        let id = sent_as(&site, name).await;
        assert_eq!(judged(&site, id).await, expected, "{name}");
        // A name alone never gets the author's badge, not even after approval.
        site.approve(id).await;
        let html = site.get("/posts/calf").await.html();
        let comment = html.by_id(&format!("comment-{id}")).expect("is shown");
        assert!(!comment.has_class("comment-author") && !comment.words().contains("Author"), "{name}");
    }
}

#[tokio::test]
async fn an_edit_to_an_authors_name_is_held() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let id = comment_id(&ana.comment("calf", "First").await);
    site.approve(id).await;
    ana.form(&format!("/me/comments/{id}/edit")).await.set("name", "J\u{43E}").send().await.is(303);
    assert_eq!(judged(&site, id).await, "held author-name");
    site.get("/posts/calf").await.does_not_say("First");
}

#[tokio::test]
async fn a_blog_in_the_name_carries_the_link() {
    let site = site().await;
    for (name, address, shown, linked) in [
        ("Lisa @ Mile by Mile", "milebymile.example", "Lisa @ Mile by Mile", Some("Mile by Mile")),
        ("Lisa@Mile by Mile", "milebymile.example/blog", "Lisa @ Mile by Mile", Some("Mile by Mile")),
        ("Lisa @ Mile by Mile", "", "Lisa @ Mile by Mile", None),
        ("Lisa", "//milebymile.example", "Lisa", Some("Lisa")),
        ("@lisa@runs.example", "", "@lisa@runs.example", None),
    ] {
        let visitor = site.visitor("192.0.2.1");
        let form = visitor
            .form("/posts/calf")
            .await
            .set("name", name)
            .set("site", address)
            .set("text", format!("{name} {address}"));
        let id = comment_id(&form.send().await);
        site.approve(id).await;
        let html = site.get("/posts/calf").await.html();
        let comment = html.elements.iter().position(|e| e.get("id") == format!("comment-{id}")).expect("is shown");
        let inside = |name: &str| {
            html.elements.iter().filter(|e| e.within.contains(&comment) && e.name == name).collect::<Vec<_>>()
        };
        assert_eq!(inside("h3")[0].words(), shown, "{name}");
        let link = inside("a").into_iter().find(|link| link.get("rel").contains("ugc"));
        assert_eq!(link.map(crate::support::html::Element::words).as_deref(), linked, "{name}");
        assert!(link.is_none_or(|link| link.get("href").starts_with("https://milebymile.example")), "{name}");
    }
}

#[tokio::test]
async fn an_email_address_is_not_published_as_a_name() {
    let site = site().await;
    let visitor = site.visitor("192.0.2.1");
    let form = visitor.form("/posts/calf").await.set("name", "ana@example.org").set("text", "Hello you");
    let answer = form.send().await;
    answer.is(422).says("names are shown to everyone").says("Hello you");
    let sent = visitor.form_in(&answer.html()).set("name", "Ana").send().await;
    sent.is(303);
}

#[tokio::test]
async fn names_of_any_direction_are_isolated_and_have_initials() {
    let site = site().await;
    for (name, letters) in [("🏃🏽‍♀️👟", "🏃🏽‍♀️"), ("ليلى حداد", "لح"), ("Ana Reyes @ Runs", "AR")]
    {
        let visitor = site.visitor("192.0.2.1");
        let form = visitor.form("/posts/calf").await.set("name", name).set("text", "Hello you");
        let id = comment_id(&form.send().await);
        site.approve(id).await;
        let html = site.get("/posts/calf").await.html();
        let comment = html.elements.iter().position(|e| e.get("id") == format!("comment-{id}")).expect("is shown");
        let inside = |class: &str| {
            html.elements.iter().find(|e| e.within.contains(&comment) && e.has_class(class)).expect("is there").words()
        };
        assert_eq!(inside("avatar"), letters);
        assert_eq!(inside("comment-name"), name);
        assert!(html.elements.iter().any(|e| e.within.contains(&comment) && e.name == "bdi" && e.words() == name));
    }
    approved(&site, "calf", "مرحبا").await;
    let html = site.get("/posts/calf").await.html();
    let body = html.elements.iter().find(|e| e.has_class("prose") && e.words() == "مرحبا").expect("is shown");
    assert_eq!(body.get("dir"), "auto");
}
