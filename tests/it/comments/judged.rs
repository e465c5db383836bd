//! The rules of site.toml and the author's blocks, on pages and in lists.

use std::net::IpAddr;

use instep::{app::Clock, domain::verdict::blocks::Block};
use jiff::SignedDuration;

use super::{approved, judged, keeps_the_text, site, stored};
use crate::support::{TestSite, eventually, site::Builder, visitor::comment_id};

fn with(settings: &[(&str, &str)]) -> Builder {
    let builder = TestSite::new().post("calf", "Stretch it.").post("hips", "Open them.");
    settings.iter().fold(builder, |builder, (key, value)| builder.setting(&format!("site.comments.{key}"), value))
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

#[tokio::test]
async fn the_moderation_setting_decides_which_comments_are_held() {
    for (moderation, first, second) in [
        ("first", "held first-comment", "approved"),
        ("all", "held all-held", "held all-held"),
        ("none", "approved", "approved"),
    ] {
        let site = with(&[("moderation", moderation)]).start().await;
        let ana = site.visitor("192.0.2.1");
        let id = comment_id(&ana.comment("calf", "First").await);
        assert_eq!(judged(&site, id).await, first, "{moderation}");
        site.approve(id).await;
        let id = comment_id(&ana.comment("calf", "Second").await);
        assert_eq!(judged(&site, id).await, second, "{moderation}");
    }
}

#[tokio::test]
async fn too_many_links_and_words_to_hold_are_held() {
    let site = with(&[("moderation", "none"), ("max_links", "1"), ("hold_words", "['press', 'cas*no']")]).start().await;
    let ana = site.visitor("192.0.2.1");
    for (text, expected) in [
        ("One link: https://a.example", "approved"),
        ("Two links: https://a.example [b](https://b.example)", "held links"),
        ("I use WordPress", "approved"),
        ("Press here", "held hold-word"),
        ("A CASÍNO, www.a.example and www.b.example", "held links hold-word"),
    ] {
        assert_eq!(judged(&site, comment_id(&ana.comment("calf", text).await)).await, expected, "{text}");
    }
}

#[tokio::test]
async fn a_refused_word_is_named_and_the_text_is_kept() {
    let site = with(&[("refuse_words", "['online casino*', '<b>']")]).start().await;
    let ana = site.visitor("192.0.2.1");
    let refused = ana.comment("calf", "The best Online-Casinos, honestly").await;
    refused.is(422).says("takes no comments with “online casino*” in them").says("Send again");
    keeps_the_text(&refused, "The best Online-Casinos, honestly");
    assert_eq!(stored(&site).await, 0);
    let noted = site.store().refusals().await.expect("lists");
    assert_eq!((noted.len(), noted[0].detail.as_str()), (1, "online casino*"));
    // What the author wrote is no markup either.
    ana.comment("calf", "so b it").await.is(422).says("&#60;b&#62;").does_not_say("“<b>”");
    let mended = ana.form_in(&refused.html()).set("text", "The best stretches, honestly").send().await;
    mended.is(303);
    assert_eq!(stored(&site).await, 1);
}

#[tokio::test]
async fn a_blocked_sender_is_told_and_keeps_the_text() {
    let site = site().await;
    let now = site.app.clock.now();
    for block in [Block::email("bo@example.org"), Block::site("spam.example"), Block::network("198.51.100.0/24")] {
        site.store().block(&block.expect("a block"), "", "test", now).await.expect("blocks");
    }
    for (address, email, website, whom) in [
        ("192.0.2.1", "BO@example.org", "", "this e-mail address"),
        ("192.0.2.1", "", "shop.spam.example", "this website"),
        ("198.51.100.7", "", "", "your network"),
    ] {
        let visitor = site.visitor(address);
        let form = visitor.form("/posts/calf").await.set("name", "Bo").set("text", "Hear me");
        let refused = form.set("email", email).set("site", website).send().await;
        refused.is(403).says(&format!("takes no comments from {whom}"));
        keeps_the_text(&refused, "Hear me");
        assert!(!refused.has_header("set-cookie"));
    }
    assert_eq!(stored(&site).await, 0);
    assert_eq!(site.store().refusals().await.expect("lists").len(), 3);
    site.visitor("192.0.2.1").comment("calf", "Somebody else").await.is(303);
}

#[tokio::test]
async fn a_block_applies_to_the_address_from_our_proxy() {
    let site = with(&[]).setting("trusted_proxies", "127.0.0.1").start().await;
    let block = Block::network("192.0.2.0/24").expect("a block");
    site.store().block(&block, "", "test", site.app.clock.now()).await.expect("blocks");
    let send = async |header: &str, value: &str| {
        let visitor = site.visitor("127.0.0.1");
        let form = visitor.form("/posts/calf").await.set("name", "Bo").set("text", format!("{header}: {value}"));
        form.header(header, value).send().await.status
    };
    assert_eq!(send("x-forwarded-for", "192.0.2.9").await, 403);
    assert_eq!(send("forwarded", "for=203.0.113.5, for=192.0.2.9;proto=https").await, 403);
    assert_eq!(send("forwarded", "for=192.0.2.9, for=203.0.113.5").await, 303);
    assert_eq!(send("forwarded", "for=unknown").await, 303);
    // A proxy that writes the one header hands the other on as the visitor made it up.
    let visitor = site.visitor("127.0.0.1");
    let form = visitor.form("/posts/calf").await.set("name", "Bo").set("text", "Both");
    let form = form.header("x-forwarded-for", "192.0.2.9").header("forwarded", "for=203.0.113.5");
    form.send().await.is(403);
    // And nobody else's word counts.
    let stranger = site.visitor("203.0.113.77");
    let form = stranger.form("/posts/calf").await.set("name", "Bo").set("text", "A stranger's word");
    form.header("forwarded", "for=192.0.2.9").send().await.is(303);
}

/// An unreadable header counts as present, and a hop may have a port.
#[tokio::test]
async fn the_last_hop_from_our_proxy_counts_and_forged_hops_do_not() {
    let plain = "x-forwarded-for";
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[(plain, "192.0.2.9")], "192.0.2.9"),
        (&[(plain, "192.0.2.9:4712")], "192.0.2.9"),
        (&[(plain, "[2001:db8::1]:443")], "2001:db8::1"),
        (&[(plain, "[2001:db8::1]")], "2001:db8::1"),
        (&[(plain, "2001:db8::1")], "2001:db8::1"),
        (&[(plain, "\"192.0.2.9:4712\"")], "192.0.2.9"),
        (&[(plain, "::ffff:192.0.2.9")], "192.0.2.9"),
        (&[(plain, "9.7.1.1, 192.0.2.9")], "192.0.2.9"),
        (&[(plain, "9.7.1.1"), (plain, "192.0.2.9,")], "192.0.2.9"),
        (&[(plain, "ü, 192.0.2.9"), ("forwarded", "for=9.7.1.1")], "192.0.2.9"),
        (&[(plain, "9.7.1.1"), (plain, "ü, 192.0.2.9")], "192.0.2.9"),
        // The proxy's own entry cannot be read: everything before it may be made up.
        (&[(plain, "ü"), ("forwarded", "for=9.7.1.1")], "127.0.0.1"),
        (&[(plain, "9.7.1.1, ü")], "127.0.0.1"),
        (&[(plain, ""), ("forwarded", "for=9.7.1.1")], "127.0.0.1"),
        (&[(plain, "unknown"), ("forwarded", "for=9.7.1.1")], "127.0.0.1"),
        (&[("forwarded", "for=ü, for=192.0.2.9")], "192.0.2.9"),
        (&[("forwarded", "proto=http;host=\"x,for=9.7.1.1\";for=192.0.2.9")], "192.0.2.9"),
        (&[("forwarded", "for=9.7.1.1, for=\"[2001:db8::1]:47011\";proto=https")], "2001:db8::1"),
        (&[], "127.0.0.1"),
    ];
    for (headers, address) in cases {
        let site = with(&[]).setting("trusted_proxies", "127.0.0.1").start().await;
        let block = Block::network(address).expect("a block");
        site.store().block(&block, "", "test", site.app.clock.now()).await.expect("blocks");
        let visitor = site.visitor("127.0.0.1");
        let form = visitor.form("/posts/calf").await.set("name", "Bo").set("text", "Hello");
        let form = headers.iter().fold(form, |form, (name, value)| form.header(name, value));
        assert_eq!(form.send().await.status, 403, "{headers:?} is not {address}");
    }
}

#[tokio::test]
async fn the_same_text_on_two_threads_is_held() {
    let site = with(&[("moderation", "none")]).start().await;
    let text = "Such a helpful article, thanks for sharing it with us";
    let first = comment_id(&site.visitor("192.0.2.1").comment("calf", text).await);
    assert_eq!(judged(&site, first).await, "approved");
    let again = comment_id(&site.visitor("198.51.100.1").comment("hips", text).await);
    assert_eq!(judged(&site, again).await, "held repeated");
}

#[tokio::test]
async fn on_an_old_post_a_known_commenter_is_held() {
    let dated = |date: &str| format!("---\ntitle: A post\ndate: {date}\n---\nx");
    let site = with(&[("hold_after_days", "30")])
        .post("young", &dated("2026-10-23T17:00:01Z"))
        .post("old", &dated("2026-10-23T17:00:00Z"))
        .post("late", "---\ntitle: Late\ndate: 2020-01-01\npublish_date: 2026-11-01\n---\nx")
        .start()
        .await;
    let ana = site.visitor("192.0.2.1");
    site.approve(comment_id(&ana.comment("young", "First").await)).await;
    for (slug, expected) in [("young", "approved"), ("late", "approved"), ("old", "held old-post")] {
        let id = comment_id(&ana.comment(slug, &format!("On the {slug} one")).await);
        assert_eq!(judged(&site, id).await, expected, "{slug}");
    }
    // What is approved there and edited afterwards waits again.
    let id = comment_id(&ana.comment("old", "How long do I hold it?").await);
    site.approve(id).await;
    ana.form(&format!("/me/comments/{id}/edit")).await.set("text", "How long?").send().await.is(303);
    assert_eq!(judged(&site, id).await, "held old-post");
    let held = site.store().comment(id).await.expect("reads");
    assert_eq!(held.explained(), ["old-post 30 days"]);
}

#[tokio::test]
async fn a_thread_closes_by_itself_and_its_cached_page_with_it() {
    // The clock runs, since closing waits for it.
    let closing = Clock::system().now() - DAY * 30 + SignedDuration::from_secs(3);
    let site = with(&[("close_after_days", "30")]).real_clock().keeps_current();
    let soon = format!("---\ntitle: Soon\ndate: {closing}\n---\nx");
    const OPEN: &str = "---\ntitle: Open\ndate: 2020-01-01\ncomments: open\n---\nx";
    let site = site.post("soon", &soon).post("open", OPEN).start().await;
    let ana = site.visitor("192.0.2.1");
    let form = ana.form("/posts/soon").await.set("name", "Ana").set("text", "Just too late");
    eventually("the cached page closes", async || {
        site.get("/posts/soon").await.text().contains("are closed").then_some(())
    })
    .await;
    let refused = form.send().await;
    refused.is(403).says("closed before yours arrived");
    assert_eq!(refused.html().one("textarea", "name", "text").words(), "Just too late");
    ana.comment("open", "Never closes").await.is(303);
    assert_eq!(stored(&site).await, 1);
}

#[tokio::test]
async fn a_thread_closes_by_date_unless_the_post_says_open() {
    let dated = |date: &str, extra: &str| format!("---\ntitle: A post\ndate: {date}\n{extra}---\nx");
    let site = with(&[("close_after_days", "30")])
        .post("young", &dated("2026-10-23T17:00:01Z", ""))
        .post("old", &dated("2026-10-23T17:00:00Z", ""))
        .post("as-themes-ship-it", &dated("2026-10-23T17:00:00Z", "comments: true\n"))
        .post("late", &dated("2020-01-01", "publish_date: 2026-11-01\n"))
        .post("closed", &dated("2026-11-20", "comments: closed\n"))
        .post("open", &dated("2020-01-01", "comments: open\n"))
        .start()
        .await;
    let is_open = async |slug: &str| {
        let page = site.get(&format!("/posts/{slug}")).await;
        page.is(200).html().find("form", "method", "post").is_some()
    };
    for (slug, expected) in [
        ("young", true),
        ("old", false),
        ("as-themes-ship-it", false),
        ("late", true),
        ("closed", false),
        ("open", true),
    ] {
        assert_eq!(is_open(slug).await, expected, "{slug}");
    }
    let ana = site.visitor("192.0.2.1");
    let form = ana.form("/posts/young").await.set("name", "Ana").set("text", "A second too late");
    site.turn(SignedDuration::from_secs(1));
    form.send().await.is(403).says("A second too late");
    assert_eq!(stored(&site).await, 0);
}

#[tokio::test]
async fn a_site_deletes_old_data_by_itself() {
    let old = site().await;
    approved(&old, "calf", "Said long ago").await;
    let url = old.app.config.database_url.clone();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(url.strip_prefix("sqlite:").expect("SQLite"));
    let pool = sqlx::SqlitePool::connect_with(options).await.expect("opens");
    let fingerprints = async || {
        let sql = "SELECT COUNT(address) + COUNT(network) FROM comments";
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.expect("a number")
    };
    assert_eq!(fingerprints().await, 2);
    let a_month = 31 * 24 * 60 * 60 * 1000_i64;
    let ages = sqlx::query("UPDATE comments SET created_at = created_at - $1").bind(a_month);
    ages.execute(&pool).await.expect("ages");
    let new = TestSite::new().post("calf", "x").database(&url).keeps_current().start().await;
    eventually("they are forgotten", async || (fingerprints().await == 0).then_some(())).await;
    new.get("/posts/calf").await.says("Said long ago");
    pool.close().await;
}

#[tokio::test]
async fn no_ip_address_is_stored_in_the_database() {
    let site = site().await;
    let address: IpAddr = "198.51.100.77".parse().expect("an address");
    site.visitor(&address.to_string()).comment("calf", "Where am I?").await.is(303);
    let file = site.app.config.database_url.strip_prefix("sqlite:").expect("SQLite").to_owned();
    site.store().close().await;
    let bytes = crate::support::program::bytes(std::path::Path::new(&file));
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("Where am I?") && !text.contains("198.51.100"));
}
