//! First comments: held, shown to their writers, approved by the author; and commenters who are known.

use instep::domain::comment::Status;
use jiff::SignedDuration;

use super::{approved, judged, site, status_of, stored};
use crate::support::{TestSite, visitor::comment_id};

#[tokio::test]
async fn a_first_comment_waits_and_its_writer_alone_sees_it() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let posted = ana.comment("calf", "My first words").await;
    let id = comment_id(&posted);
    assert_eq!(posted.status, 303);
    assert!(posted.header("location").starts_with("/posts/calf?waiting="), "{}", posted.header("location"));
    assert_eq!(status_of(&site, id).await, Status::Held);

    let own = ana.get(posted.header("location").split('#').next().expect("a path")).await;
    own.is(200).says("My first words");
    assert_eq!(own.header("cache-control"), "private, no-store");
    let html = own.html();
    assert_eq!(html.meta("robots"), Some("noindex"));
    assert_eq!(html.canonical(), Some("http://127.0.0.1:3000/posts/calf"));
    let comment = html.by_id(&format!("comment-{id}")).expect("the comment");
    assert!(comment.has_class("comment-waiting") && comment.text.contains("Waiting"), "{comment:?}");
    // Where the browser lands, however long the thread is.
    assert!(comment.text.contains("waits for the author") && comment.text.contains("your corner"), "{comment:?}");

    site.get("/posts/calf").await.is(200).does_not_say("My first words");
    site.get("/").await.does_not_say("1 comment");
}

#[tokio::test]
async fn an_approved_comment_is_public() {
    let site = site().await;
    let posted = site.visitor("192.0.2.1").comment("calf", "My first words").await;
    let waiting = posted.header("location").split('#').next().expect("a path").to_owned();
    let id = comment_id(&posted);
    site.get("/posts/calf").await.does_not_say("My first words");
    site.approve(id).await;
    let page = site.get("/posts/calf").await;
    page.says("My first words");
    let html = page.html();
    let comment = html.by_id(&format!("comment-{id}")).expect("the comment");
    assert!(!comment.has_class("comment-waiting"));
    assert!(html.find("a", "href", &format!("/comments/{id}")).is_some(), "its permalink");
    site.get("/").await.says("1 comment");
    // The kept link goes on showing it, without the word that it waits.
    site.get(&waiting).await.is(200).says("My first words").does_not_say("comment-waiting");
}

#[tokio::test]
async fn the_page_of_a_waiting_comment_shows_its_status() {
    let site = TestSite::new().post("calf", "x").post("hips", "y").start().await;
    let now = || site.app.clock.now();
    let corner = "<a href=\"/me\">your corner</a>";
    for (act, badge, says, can_edit) in [
        ("wait", "Waiting", "waits for the author", true),
        ("approve", "", "Your comment is online.", true),
        ("spam", "Removed by the author", "The author has removed your comment.", false),
        ("trash", "Removed by the author", "The author has removed your comment.", false),
    ] {
        let ana = site.visitor("192.0.2.1");
        let posted = ana.comment("calf", &format!("Words to {act}")).await;
        let (id, page) = (comment_id(&posted), posted.header("location").split('#').next().expect("a path").to_owned());
        match act {
            "approve" => site.approve(id).await,
            "spam" => drop(site.store().mark_spam(id, "test", now()).await.expect("is spam")),
            "trash" => drop(site.store().trash(id, "test", now()).await.expect("trashes")),
            _ => {}
        }
        let told = ana.get(&page).await;
        told.is(200).says(&format!("Words to {act}"));
        let html = told.html();
        let comment = html.by_id(&format!("comment-{id}")).expect("the comment");
        assert!(comment.text.contains(says) && comment.text.contains(badge), "{act}: {}", comment.words());
        assert_eq!(comment.has_class("comment-waiting"), act == "wait", "{act}");
        assert_eq!(comment.text.contains("Thank you"), can_edit, "{act}");
        told.says(if can_edit { "you can change it in" } else { "You can erase it in" }).says(corner);
        assert_eq!(html.find("a", "href", &format!("/comments/{id}")).is_some(), act == "approve", "{act}");
        // What the corner says of it.
        let own = ana.get("/me").await;
        own.says(if badge.is_empty() { "Shown" } else { badge });
        assert_eq!(own.html().find("a", "href", &format!("/me/comments/{id}/edit")).is_some(), can_edit, "{act}");
        // Later it cannot be changed any more.
        site.turn(SignedDuration::from_mins(16));
        ana.get(&page).await.does_not_say("you can change it in").says("You can erase it in").says(corner);
        // Nothing is left of what its writer has erased.
        ana.form(&format!("/me/comments/{id}/delete")).await.send().await.is(303);
        let gone = ana.get(&page).await;
        assert_eq!(gone.leads(), "303 /posts/calf", "{act}");
    }
}

#[tokio::test]
async fn an_erased_comment_that_was_answered_has_no_page_of_its_own() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let posted = ana.comment("calf", "My first words").await;
    let (id, page) = (comment_id(&posted), posted.header("location").split('#').next().expect("a path").to_owned());
    site.approve(id).await;
    super::answer_to(&site, "calf", id, "An answer").await;
    ana.form(&format!("/me/comments/{id}/delete")).await.send().await.is(303);
    assert_eq!(ana.get(&page).await.leads(), "303 /posts/calf");
    ana.get("/posts/calf").await.says("A comment stood here").says("An answer").does_not_say("Thank you");
}

#[tokio::test]
async fn the_corner_is_mentioned_only_to_a_browser_that_kept_the_cookie() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let posted = ana.comment("calf", "My first words").await;
    let page = posted.header("location").split('#').next().expect("a path").to_owned();
    let comment = format!("comment-{}", comment_id(&posted));
    let promise = async |visitor: &crate::support::visitor::Visitor<'_>| {
        let html = visitor.get(&page).await.html();
        let shown = html.by_id(&comment).expect("the comment");
        assert!(shown.text.contains("waits for the author"), "{}", shown.words());
        shown.text.contains("your corner")
    };
    assert!(promise(&ana).await);
    // Somebody else with a cookie of ours has another corner.
    let bo = site.visitor("192.0.2.2");
    bo.comment("calf", "Somebody else's").await;
    assert!(!promise(&bo).await);
    ana.forget_cookies();
    assert!(!promise(&ana).await);
}

#[tokio::test]
async fn posts_link_to_the_corner_with_and_without_a_form() {
    let site = TestSite::new()
        .post("calf", "x")
        .post("hips", "---\ntitle: Hips\ndate: 2026-05-02\ncomments: false\n---\ny")
        .start()
        .await;
    for path in ["/posts/calf", "/posts/hips"] {
        let html = site.get(path).await.html();
        let told = html.elements.iter().find(|e| e.name == "p" && e.words().contains("are in your corner."));
        let told = told.unwrap_or_else(|| panic!("nothing is told on {path}"));
        assert!(!told.has_class("hint") && !told.has_class("meta"), "in small letters: {told:?}");
        assert!(html.find("a", "href", "/me").is_some());
    }
}

#[tokio::test]
async fn a_forged_waiting_link_shows_nothing() {
    let site = site().await;
    let id = comment_id(&site.visitor("192.0.2.1").comment("calf", "My first words").await);
    for forged in [format!("{id}"), format!("{id}.AAAAAAAAAAAAAAAAAAAAAA"), "x".to_owned(), String::new()] {
        let answer = site.get(&format!("/posts/calf?waiting={forged}")).await;
        assert_eq!(answer.leads(), "303 /posts/calf", "{forged}");
    }
    // A true signature opens one comment, under its own post.
    let other = site.visitor("192.0.2.2").comment("hips", "Elsewhere").await;
    let (_, signed) = other.header("location").split_once('?').expect("a query");
    let signed = signed.split('#').next().expect("a query");
    site.get(&format!("/posts/calf?{signed}")).await.does_not_say("Elsewhere").does_not_say("My first words");
}

#[tokio::test]
async fn a_commenter_with_an_approved_comment_is_approved_at_once() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let first = comment_id(&ana.comment("calf", "First").await);
    let second = comment_id(&ana.comment("calf", "Still a stranger").await);
    assert_eq!(judged(&site, second).await, "held first-comment");
    site.approve(first).await;
    site.get("/posts/hips").await.does_not_say("Known by now");
    let posted = ana.comment("hips", "Known by now").await;
    let id = comment_id(&posted);
    assert_eq!(posted.leads(), format!("303 /posts/hips#comment-{id}"));
    assert!(!posted.has_header("set-cookie"), "the cookie is there already");
    site.get("/posts/hips").await.says("Known by now");
    site.get("/").await.says("1 comment");
}

#[tokio::test]
async fn a_known_name_and_address_without_the_cookie_are_held() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let form = ana.form("/posts/calf").await.set("name", "Ana").set("email", "ana@example.org").set("text", "First");
    site.approve(comment_id(&form.send().await)).await;
    // Same name, same mail, even the same address; no cookie, or one that somebody made up.
    let mallory = site.visitor("192.0.2.1");
    for (number, cookie) in
        ["", "instep_commenter=ana.AAAAAAAAAAAAAAAAAAAAAA", "instep_commenter=ana"].iter().enumerate()
    {
        mallory.forget_cookies();
        let form = mallory.form("/posts/calf").await.set("name", "Ana").set("email", "ana@example.org");
        let form = form.set("text", format!("I am Ana, number {number}"));
        let form = if cookie.is_empty() { form } else { form.header("cookie", cookie) };
        let posted = form.send().await;
        assert_eq!(judged(&site, comment_id(&posted)).await, "held first-comment", "{cookie}");
        assert!(posted.has_header("set-cookie"), "a cookie that is not ours is replaced: {cookie}");
    }
}

#[tokio::test]
async fn cookies_of_other_scripts_do_not_hide_ours() {
    let site = site().await;
    let posted = site.visitor("192.0.2.1").comment("calf", "First").await;
    let cookie = posted.header("set-cookie").split(';').next().expect("a pair").to_owned();
    site.approve(comment_id(&posted)).await;
    for (number, others) in
        [format!("theme=größe; {cookie}"), format!("{cookie}; theme=größe"), format!("a=1;{cookie};b=\u{202e}; c=\"")]
            .iter()
            .enumerate()
    {
        let ana = site.visitor("192.0.2.1");
        let form = ana.form("/posts/calf").await.set("name", "Ana").set("text", format!("Number {number}"));
        let posted = form.header("cookie", others).send().await;
        assert!(!posted.has_header("set-cookie"), "{others}");
        site.get("/posts/calf").await.says(&format!("Number {number}"));
    }
}

#[tokio::test]
async fn the_cookie_is_http_only_and_for_this_site() {
    let site = site().await;
    assert!(!site.get("/posts/calf").await.has_header("set-cookie"), "none before the first comment");
    let posted = site.visitor("192.0.2.1").comment("calf", "First").await;
    let cookie = posted.header("set-cookie");
    assert!(cookie.starts_with("instep_commenter="), "{cookie}");
    for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=34560000"] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    assert_eq!(posted.headers.get_all("set-cookie").iter().count(), 1);
}

#[tokio::test]
async fn on_https_the_cookie_is_bound_to_host_and_scheme() {
    let site = TestSite::new().setting("site.base_url", "https://example.org").post("calf", "x").start().await;
    let ana = site.visitor("192.0.2.1");
    let posted = ana.comment("calf", "First").await;
    let cookie = posted.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-instep_commenter="), "{cookie}");
    for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Secure"] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }
    site.approve(comment_id(&posted)).await;
    assert_eq!(judged(&site, comment_id(&ana.comment("calf", "Second").await)).await, "approved");
}

#[tokio::test]
async fn the_same_comment_sent_twice_is_stored_once() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let first = ana.comment("calf", "Sent twice").await;
    let again = ana.comment("calf", "Sent twice").await;
    assert_eq!(again.leads(), first.leads());
    assert_eq!(stored(&site).await, 1);
    site.turn(SignedDuration::from_mins(11));
    assert_ne!(comment_id(&ana.comment("calf", "Sent twice").await), comment_id(&first));
}

#[tokio::test]
async fn the_mail_address_is_never_shown() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let form = ana.form("/posts/calf").await.set("name", "Ana").set("email", "ana@secret.example");
    let form = form.set("site", "milebymile.example").set("text", "With everything");
    let posted = form.send().await;
    let id = comment_id(&posted);
    ana.get(posted.header("location").split('#').next().expect("a path")).await.does_not_say("secret.example");
    site.approve(id).await;
    let page = site.get("/posts/calf").await;
    page.says("With everything").does_not_say("secret.example");
    let html = page.html();
    let link = html.one("a", "href", "https://milebymile.example");
    assert_eq!(link.get("rel"), "nofollow ugc noopener");
    assert_eq!(site.store().comment(id).await.expect("is there").email.as_deref(), Some("ana@secret.example"));
}

#[tokio::test]
async fn only_comments_of_the_author_have_the_badge() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let form = ana.form("/posts/calf").await.set("name", "Jo").set("text", "I am the author, honestly");
    let id = comment_id(&form.send().await);
    site.approve(id).await;
    let badge = async |id: i64| {
        let html = site.get("/posts/calf").await.html();
        html.by_id(&format!("comment-{id}")).expect("the comment").has_class("comment-author")
    };
    assert!(!badge(id).await);
    let now = site.app.clock.now();
    let answer = site.store().reply_as_author(id, "Jo", None, "I am", "test", now).await.expect("answers");
    site.app.cache.purge(&["post:calf"]);
    assert!(badge(answer).await && !badge(id).await);
}

#[tokio::test]
async fn a_comment_is_stored_after_its_client_has_hung_up() {
    let site = site().await;
    approved(&site, "calf", "Somebody was here").await;
    let visitor = site.visitor("192.0.2.1");
    let form = visitor.form("/posts/calf").await.set("name", "Ana").set("text", "And gone");
    // The first poll starts the work; then the connection is gone.
    let mut sending = Box::pin(form.send());
    let polled = std::future::poll_fn(|context| std::task::Poll::Ready(sending.as_mut().poll(context))).await;
    drop(sending);
    if polled.is_pending() {
        crate::support::eventually("it is kept", async || (stored(&site).await == 2).then_some(())).await;
    }
    assert_eq!(stored(&site).await, 2);
}
