//! The page cache: what it holds, for whom, and until when.

use std::time::Duration;

use axum::body::Body;
use http::StatusCode;
use instep::{
    cache::Encoding,
    store::Store,
    web::server::{Answers, Limits},
};

use crate::support::{Answer, TestSite, eventually, visitor::comment_id};

async fn site() -> TestSite {
    TestSite::new()
        .post("calf", "---\ntitle: Calf\ndate: 2026-05-02\ntags: [feet]\n---\nStretch it.")
        .post("hips", "Open them.")
        .page("about", "Who writes.")
        .start()
        .await
}

/// True if the cache alone answers the request; otherwise the handler of this test does.
async fn holds(site: &TestSite, path: &str) -> bool {
    let request = http::Request::get(path).body(Body::empty()).expect("a request");
    let teapot = |_| async {
        let mut response = http::Response::new(Body::empty());
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response
    };
    site.app.cache.respond(request, teapot).await.status() != StatusCode::IM_A_TEAPOT
}

#[tokio::test]
async fn only_public_pages_are_cached() {
    let site = site().await;
    for path in [
        "/",
        "/posts/calf",
        "/about",
        "/tags",
        "/tags/feet",
        "/archive",
        "/archive/2026",
        "/feed.xml",
        "/tags/feet/feed.xml",
        "/rss.xml",
        "/feed.json",
        "/comments/feed.xml",
        "/posts/calf/comments/feed.xml",
        "/sitemap.xml",
        "/robots.txt",
    ] {
        site.get(path).await;
        assert!(holds(&site, path).await, "{path}");
    }
    for path in [
        "/nowhere",
        "/posts/calf/",
        "/search?q=calf",
        "/healthz",
        "/readyz",
        "/comments/1",
        "/posts/calf/comments",
        "/posts/calf?reply_to=9",
    ] {
        site.get(path).await;
        assert!(!holds(&site, path).await, "{path}");
    }
}

#[tokio::test]
async fn tracking_parameters_share_the_cached_page() {
    let site = site().await;
    site.get("/posts/calf").await;
    for path in ["/posts/calf?utm_source=x", "/posts/calf?fbclid=1&ref=y", "/posts/calf?", "/posts/c%61lf"] {
        assert!(holds(&site, path).await, "{path}");
    }
}

#[tokio::test]
async fn no_spelling_of_an_address_caches_a_page_twice() {
    let site = site().await;
    let id = comment_id(&site.visitor("192.0.2.1").comment("calf", "First").await);
    let held = comment_id(&site.visitor("192.0.2.2").comment("calf", "Held").await);
    let elsewhere = comment_id(&site.visitor("192.0.2.3").comment("hips", "There").await);
    for id in [id, elsewhere] {
        site.approve(id).await;
    }
    let html = site.get("/").await.html();
    let style = html.one("link", "rel", "stylesheet").get("href").to_owned();
    let pages = ["/", "/posts/calf", "/about", "/tags", "/tags/feet", "/archive", "/archive/2026", "/archive/2026/05"];
    let files = ["/feed.xml", "/sitemap.xml", "/robots.txt", "/search", "/posts/calf/comments/feed.xml", &style];
    let reply = format!("/posts/calf?reply_to={id}");
    for path in pages.into_iter().chain(files).chain([reply.as_str()]) {
        site.get(path).await.is(200);
    }
    let (pages_held, _) = site.app.cache.size();
    for path in pages.into_iter().chain(files) {
        for query in [
            "reply_to=1&reply_to=2".to_owned(),
            format!("reply_to={id}&reply_to={id}"),
            format!("reply_to={id}&reply_to=7"),
            "reply_to=7".to_owned(),
            "reply_to=-7".to_owned(),
            "reply_to=9223372036854775807".to_owned(),
            "reply_to=99999999999999999999".to_owned(),
            "reply_to=".to_owned(),
            "reply_to".to_owned(),
            format!("reply_to={elsewhere}"),
            format!("reply_to={held}"),
            format!("reply_to=00{id}"),
            format!("reply_to=%2B{id}"),
            format!("reply_to={id}&utm_source=x"),
            format!("%72eply_to={id}"),
            "utm_source=x&fbclid=y&page=2".to_owned(),
            "waiting=1".to_owned(),
            "q=&tag=&year=".to_owned(),
        ] {
            site.get(&format!("{path}?{query}")).await;
        }
        for spelled in [format!("{path}/"), format!("/{path}"), path.to_uppercase(), path.replacen("s", "%73", 1)] {
            site.get(&spelled).await;
        }
    }
    for path in
        ["/archive/02026", "/archive/+2026", "/archive/2026/5", "/page/1", "/page/01", "/tags/Feet", "/tags/feet%2F"]
    {
        site.get(path).await;
    }
    assert_eq!(site.app.cache.size().0, pages_held);
    // Two comments at once are none, so there is one address for that.
    assert_eq!(site.get("/posts/calf?reply_to=1&reply_to=2").await.leads(), "303 /posts/calf");
    // A page says the same at one address, whether it is held or not.
    for _ in 0..2 {
        site.app.cache.purge_everything();
        assert_eq!(site.get("/%74ags").await.leads(), "301 /tags");
        site.get("/%C3%BC").await.is(404);
    }
}

#[tokio::test]
async fn cookies_do_not_change_a_cached_page() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let id = comment_id(&ana.comment("calf", "First").await);
    site.approve(id).await;
    for path in ["/", "/posts/calf", "/feed.xml", "/about"] {
        site.app.cache.purge_everything();
        // Made for somebody with a cookie, and given to everybody.
        let with: Answer = ana.get(path).await;
        assert!(holds(&site, path).await, "{path}: kept although a cookie came along");
        let without = site.get(path).await;
        assert_eq!(with.body, without.body, "{path}");
        site.app.cache.purge_everything();
        assert_eq!(site.get(path).await.body, without.body, "{path}: made for a stranger");
        for answer in [&with, &without] {
            assert!(!answer.has_header("set-cookie"), "{path}");
            assert!(!answer.header("vary").to_lowercase().contains("cookie"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_comment_purges_the_pages_that_show_it_and_no_others() {
    const STRANGERS: [&str; 4] = ["/posts/hips", "/posts/hips/comments/feed.xml", "/about", "/feed.xml"];
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    site.approve(comment_id(&ana.comment("calf", "First").await)).await;
    let showing = ["/posts/calf", "/", "/tags/feet", "/comments/feed.xml", "/posts/calf/comments/feed.xml"];
    for path in showing.into_iter().chain(STRANGERS) {
        site.get(path).await;
    }
    ana.comment("calf", "Second, and passes").await.is(303);
    for path in showing {
        assert!(!holds(&site, path).await, "{path} shows the comment or counts it");
    }
    for path in STRANGERS {
        assert!(holds(&site, path).await, "{path} has nothing to do with it");
    }
    site.get("/posts/calf").await.says("Second, and passes");
    site.get("/").await.says("2 comments");
}

#[tokio::test]
async fn a_held_comment_purges_nothing() {
    let site = site().await;
    let pages = ["/posts/calf", "/", "/comments/feed.xml", "/posts/calf/comments/feed.xml"];
    for path in pages {
        site.get(path).await;
    }
    site.visitor("192.0.2.1").comment("calf", "Held").await.is(303);
    for path in pages {
        assert!(holds(&site, path).await, "{path}");
    }
}

#[tokio::test]
async fn a_decision_in_another_process_purges_the_page() {
    let site = TestSite::new().post("calf", "x").keeps_current().start().await;
    let id = comment_id(&site.visitor("192.0.2.1").comment("calf", "From outside").await);
    site.get("/posts/calf").await.does_not_say("From outside");
    site.get("/comments/feed.xml").await.does_not_say("From outside");
    let shell = Store::open(&site.app.config.database_url).await.expect("opens");
    let now = site.app.clock.now();
    shell.approve(id, "shell", now).await.expect("approves");
    let shown = async |words: &str| {
        eventually(words, async || site.get("/posts/calf").await.text().contains(words).then_some(())).await;
    };
    shown("From outside").await;
    site.get("/comments/feed.xml").await.says("From outside");
    assert!(holds(&site, "/posts/calf").await, "kept again");
    shell.reply_as_author(id, "Jo", None, "An answer from the shell", "shell", now).await.expect("answers");
    shown("An answer from the shell").await;
    shell.trash(id, "shell", now).await.expect("trashes");
    shown("has been removed").await;
    site.get("/").await.says("1 comment");
    shell.close().await;
}

#[tokio::test]
async fn a_reply_page_is_made_for_each_request() {
    let site = site().await;
    let id = comment_id(&site.visitor("192.0.2.1").comment("calf", "First").await);
    site.approve(id).await;
    let path = format!("/posts/calf?reply_to={id}");
    let (pages, _) = site.app.cache.size();
    let answer = site.get(&path).await;
    answer.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(site.app.cache.size().0, pages, "there would be a page for each comment");
    let done = site.store().trash(id, "test", site.app.clock.now()).await.expect("trashes");
    site.app.cache.purge(&done.tags());
    assert_eq!(site.get(&path).await.leads(), "303 /posts/calf");
}

#[tokio::test]
async fn a_request_does_not_wait_long_for_a_page_that_another_one_makes() {
    let site = site().await;
    let cache = site.app.cache.clone();
    let request = || http::Request::get("/slow").body(Body::empty()).expect("a request");
    let first = cache.clone();
    let making =
        tokio::spawn(async move { first.respond(request(), |_| std::future::pending::<http::Response<Body>>()).await });
    tokio::task::yield_now().await;
    let second = cache.respond(request(), |_| async { http::Response::new(Body::empty()) });
    tokio::time::timeout(Limits::default().request / 2, second).await.expect("it renders its own");
    making.abort();
}

#[tokio::test]
async fn a_health_check_does_not_wait_for_another_one() {
    let site = site().await;
    let cache = site.app.cache.clone();
    for path in ["/healthz", "/readyz"] {
        let request = move || http::Request::get(path).body(Body::empty()).expect("a request");
        let first = cache.clone();
        let making =
            tokio::spawn(
                async move { first.respond(request(), |_| std::future::pending::<http::Response<Body>>()).await },
            );
        tokio::task::yield_now().await;
        let second = cache.respond(request(), |_| async { http::Response::new(Body::empty()) });
        tokio::time::timeout(Duration::from_secs(2), second).await.expect("it does not wait");
        making.abort();
    }
}

#[tokio::test]
async fn pages_that_are_sent_slowly_do_not_use_up_the_open_files() {
    let site = TestSite::new().post("calf", &"Stretch it. ".repeat(1000)).start().await;
    site.get("/posts/calf").await.is(200);
    let finished = |second: i64| {
        let now = site.app.clock.now() + jiff::SignedDuration::from_secs(second);
        site.app.cache.finished("/posts/calf", Encoding::Identity, now).expect("is in the cache")
    };
    // Each is still being sent when the next second begins.
    let mut sending = Vec::new();
    for second in 0..300 {
        for _ in 0..3 {
            sending.push(finished(second));
        }
    }
    let mut files: Vec<_> = sending.iter().filter_map(|page| page.file()).map(std::ptr::from_ref).collect();
    files.dedup();
    assert!((64..=128).contains(&files.len()), "{} files are open", files.len());
    assert!(finished(300).file().is_none() && !finished(300).body().is_empty(), "the rest is sent from memory");
    sending.clear();
    finished(301);
    assert!(finished(301).file().is_some());
}

#[tokio::test]
async fn a_hundred_readers_at_once_get_one_page() {
    let site = site().await;
    let asking = (0..100).map(|_| {
        let inner = site.site.clone();
        let request = http::Request::get("/posts/calf").body(Body::empty()).expect("a request");
        tokio::spawn(async move { Answer::of(inner.respond(request).await).await })
    });
    let mut bodies = std::collections::BTreeSet::new();
    for answer in asking.collect::<Vec<_>>() {
        let answer = answer.await.expect("answers");
        assert_eq!(answer.status, 200);
        bodies.insert(answer.body);
    }
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn the_newest_posts_are_rendered_before_the_first_request() {
    let post = |day: u32, text: &str| format!("---\ntitle: Day {day}\ndate: 2026-05-{day:02}\n---\n{text}");
    let mut site = TestSite::new().keeps_current();
    for day in 1..=22 {
        let text = if day == 21 { "```rust\nlet code = 1;\n```" } else { "Words." };
        site = site.post(&format!("day-{day}"), &post(day, text));
    }
    let site = site.start().await;
    let is_there = |path: &str| {
        let request = http::Request::get(path).body(()).expect("a request");
        site.app.cache.holds(&request).then_some(())
    };
    // The last one that is made; those before it are there as well.
    eventually("twenty posts are made", async || is_there("/posts/day-3")).await;
    for path in ["/", "/posts/day-22", "/posts/day-20"] {
        assert!(is_there(path).is_some(), "{path}");
        let before = site.app.cache.hits();
        site.get(path).await.is(200);
        assert_eq!(site.app.cache.hits(), before + 1, "{path}");
    }
    for path in ["/posts/day-2", "/posts/day-21"] {
        assert!(is_there(path).is_none(), "{path}: older than twenty others, or with code to colour");
    }

    site.save("posts/day-22.md", post(22, "Other words."));
    eventually("the change is made", async || {
        let request = http::Request::get("/posts/day-22").body(()).expect("a request");
        let page = Answer::of(site.site.hit(&request)?).await;
        page.text().contains("Other words.").then_some(())
    })
    .await;
}
