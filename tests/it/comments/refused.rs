//! Refused comments: closed threads, unknown posts, too large, too fast, forms of other sites.

use http::Method;

use super::{keeps_the_text, site, stored};
use crate::support::{TestSite, visitor::comment_id};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn post(site: &TestSite, path: &str, body: &str) -> crate::support::Answer {
    site.ask(Method::POST, path, &[FORM], body.to_owned()).await
}

#[tokio::test]
async fn a_closed_thread_says_so_and_shows_no_form() {
    let closed = "---\ntitle: Closed one\ndate: 2026-05-02\ncomments: false\n---\nx";
    let by_post = TestSite::new().post("calf", closed).post("hips", "x").start().await;
    let by_site = TestSite::new().setting("site.comments.enabled", "false").post("calf", closed).start().await;
    for site in [&by_post, &by_site] {
        let page = site.get("/posts/calf").await;
        page.is(200).says("Comments under this article are closed");
        assert!(page.html().find("form", "method", "post").is_none());
        let refused = post(site, "/posts/calf/comments", "name=Ana&text=Hello").await;
        refused.is(403).says("Comments under this article are closed");
        let html = refused.html();
        assert!(html.find("form", "method", "post").is_none());
        let text = html.one("textarea", "name", "text");
        assert!(text.attribute("readonly").is_some() && text.words() == "Hello", "to be copied: {text:?}");
        assert_eq!(stored(site).await, 0);
    }
    by_post.visitor("192.0.2.1").comment("hips", "Open here").await.is(303);
}

#[tokio::test]
async fn a_closed_thread_shows_its_comments_without_a_form() {
    let site = site().await;
    super::approved(&site, "calf", "From better days").await;
    let url = site.app.config.database_url.clone();
    let closed =
        TestSite::new().setting("site.comments.enabled", "false").post("calf", "x").database(&url).start().await;
    let page = closed.get("/posts/calf").await;
    page.says("From better days").does_not_say("reply_to");
}

#[tokio::test]
async fn an_unknown_post_takes_no_comment() {
    let site = TestSite::new().post("calf", "x").page("about", "x").post("draft", "---\ntitle: d\ndraft: true\n---\nx");
    let site = site.start().await;
    for path in ["/posts/nobody/comments", "/posts/about/comments", "/posts/draft/comments"] {
        post(&site, path, "name=Ana&text=Hello").await.is(404);
    }
    post(&site, "/posts/calf", "name=Ana&text=Hello").await.is(405);
    assert_eq!(stored(&site).await, 0);
}

#[tokio::test]
async fn a_form_above_the_size_limit_is_refused() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let letters = "ü".repeat(10_000);
    let posted = ana.form("/posts/calf").await.set("name", "Ana").set("text", letters.clone()).send().await;
    assert_eq!(site.store().comment(comment_id(&posted)).await.expect("is there").text, letters);
    let refused = ana.form("/posts/calf").await.set("name", "Ana").set("text", "x".repeat(300_000)).send().await;
    refused.is(413).says("too much at once");
    assert!(refused.html().find("form", "role", "search").is_some(), "a page of the site");
    assert_eq!(stored(&site).await, 1);
}

#[tokio::test]
async fn a_body_that_is_not_a_form_is_refused() {
    let site = site().await;
    let json = [("content-type", "application/json")];
    site.ask(Method::POST, "/posts/calf/comments", &json, "{\"name\":\"Ana\",\"text\":\"Hello\"}").await.is(415);
    site.ask(Method::POST, "/posts/calf/comments", &[], "name=Ana&text=Hello").await.is(415);
    // An empty form and one that is not UTF-8 are forms with something to mend.
    post(&site, "/posts/calf/comments", "").await.is(422);
    post(&site, "/posts/calf/comments", "name=%FF&text=%FF").await.is(422);
    post(&site, "/posts/calf/comments", "name=Ana&name=Bo&text=Hello").await.is(422);
    assert_eq!(stored(&site).await, 0);
}

#[tokio::test]
async fn a_form_from_elsewhere_is_shown_again_and_not_kept() {
    let site = TestSite::new().setting("site.base_url", "https://example.org").post("calf", "x").start().await;
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let ana = site.visitor("192.0.2.1");
        let form =
            ana.form("/posts/calf").await.set("name", "Ana").set("text", "Was it me?").header("host", "example.org");
        let refused = form.header(header.0, header.1).send().await;
        refused.is(403).says("Send again");
        keeps_the_text(&refused, "Was it me?");
        assert!(!refused.has_header("set-cookie"), "{header:?}");
        assert_eq!(stored(&site).await, 0, "{header:?}");
        // From the page that was shown it goes through.
        ana.form_in(&refused.html()).header("sec-fetch-site", "same-origin").send().await.is(303);
        let id = site.store().list_comments(None).await.expect("lists")[0].id;
        site.store().trash(id, "test", site.app.clock.now()).await.expect("trashes");
        break_the_twin(&site).await;
    }
}

/// Moves the clock, so that the same text of another visitor is no duplicate.
async fn break_the_twin(site: &TestSite) {
    site.turn(jiff::SignedDuration::from_mins(11));
    let url = site.app.config.database_url.strip_prefix("sqlite:").expect("SQLite").to_owned();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(url);
    let pool = sqlx::SqlitePool::connect_with(options).await.expect("opens");
    sqlx::query("DELETE FROM comments").execute(&pool).await.expect("deletes");
    pool.close().await;
}

#[tokio::test]
async fn our_own_origin_is_known_behind_a_proxy_too() {
    let site = TestSite::new().setting("site.base_url", "https://example.org").post("calf", "x").start().await;
    for (number, headers) in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://example.org"), ("host", "10.0.0.7:3000")],
        &[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")],
        &[],
    ]
    .iter()
    .enumerate()
    {
        let ana = site.visitor("192.0.2.1");
        let form = ana.form("/posts/calf").await.set("name", "Ana").set("text", format!("Number {number}"));
        let form = headers.iter().fold(form, |form, (name, value)| form.header(name, value));
        form.send().await.is(303);
    }
}

#[tokio::test]
async fn too_fast_names_the_time_to_wait_and_keeps_the_text() {
    let toml = "title = 'x'\n[comments]\ngap_seconds = 15";
    let site = TestSite::new().site_toml(toml).post("calf", "x").start().await;
    let ana = site.visitor("192.0.2.1");
    ana.comment("calf", "One").await.is(303);
    let refused = ana.comment("calf", "Two, at once").await;
    refused.is(429).says("Send again");
    keeps_the_text(&refused, "Two, at once");
    let wait: i64 = refused.header("retry-after").parse().expect("seconds");
    assert!((15..=16).contains(&wait), "{wait}");
    site.turn(jiff::SignedDuration::from_secs(wait));
    ana.form_in(&refused.html()).send().await.is(303);
    assert_eq!(stored(&site).await, 2);
}

#[tokio::test]
async fn each_network_has_its_own_rate_limit() {
    let site = TestSite::new().setting("site.comments.network_per_10_minutes", "2").post("calf", "x").start().await;
    site.visitor("192.0.2.1").comment("calf", "One").await.is(303);
    site.visitor("192.0.2.77").comment("calf", "Two").await.is(303);
    site.visitor("192.0.2.200").comment("calf", "Three").await.is(429);
    site.visitor("192.0.3.1").comment("calf", "Four").await.is(303);
    site.visitor("2001:db8:1::1").comment("calf", "Five").await.is(303);
    site.visitor("2001:db8:1:ffff::2").comment("calf", "Six").await.is(303);
    site.visitor("2001:db8:1:2::3").comment("calf", "Seven").await.is(429);
    site.visitor("2001:db8:2::1").comment("calf", "Eight").await.is(303);
}

#[tokio::test]
async fn a_forwarded_address_counts_from_our_own_proxy_only() {
    let share = |builder: crate::support::site::Builder| {
        builder.setting("site.comments.network_per_10_minutes", "1").post("calf", "x")
    };
    let forwarded = async |site: &TestSite, peer: &str, address: &str, text: &str| {
        let visitor = site.visitor(peer);
        let form = visitor.form("/posts/calf").await.set("name", "Ana").set("text", text);
        form.header("x-forwarded-for", address).send().await.status
    };
    let behind = share(TestSite::new()).setting("trusted_proxies", "127.0.0.1").start().await;
    assert_eq!(forwarded(&behind, "127.0.0.1", "192.0.2.1", "One").await, 303);
    assert_eq!(forwarded(&behind, "127.0.0.1", "198.51.100.1", "Two").await, 303, "somebody else behind the proxy");
    assert_eq!(forwarded(&behind, "127.0.0.1", "10.9.9.9, 192.0.2.1", "Three").await, 429, "made up on the left");
    let direct = share(TestSite::new()).start().await;
    assert_eq!(forwarded(&direct, "203.0.113.1", "192.0.2.1", "One").await, 303);
    assert_eq!(forwarded(&direct, "203.0.113.1", "198.51.100.1", "Two").await, 429, "a stranger's word");
}

#[tokio::test]
async fn refused_words_are_found_despite_markup_and_invisible_characters() {
    let site = TestSite::new().setting("site.comments.refuse_words", "['viagra']").post("calf", "Stretch it.");
    let site = site.setting("site.comments.gap_seconds", "0").start().await;
    let visitor = site.visitor("192.0.2.1");
    for text in [
        "via*gra*",
        "v**i**agra",
        "~~via~~gra",
        "via`gra`",
        "[via](https://a.example)gra",
        "&#118;iagra",
        "via\u{200B}gra",
        "via\u{200E}gra",
        "via\u{3164}gra",
        "> vi*agra*, cheap",
    ] {
        let answer = visitor.comment("calf", text).await;
        answer.is(422).says("takes no comments with “viagra”");
    }
    visitor.comment("calf", "via *gra*").await.is(303);
}
