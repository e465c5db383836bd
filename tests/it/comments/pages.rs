//! Long threads: order, pages, links to them, folded replies.

use instep::domain::comment::{Comment, Status, ThreadKey};
use jiff::Timestamp;

use super::{answer_to, approved, site};
use crate::support::{TestSite, html::Html, visitor::comment_id};

const SECOND: &str = "/posts/calf/comments/page/2";

/// Places an approved comment at this second, and returns its number.
async fn say(site: &TestSite, parent_id: Option<i64>, second: i64) -> i64 {
    let comment = Comment {
        parent_id,
        name: format!("Runner {second}"),
        text: format!("Said in second {second}."),
        status: Status::Approved,
        created_at: Timestamp::from_second(1_790_000_000 + second).expect("in range"),
        ..Comment::default()
    };
    site.store().place_comment(&ThreadKey::post("calf"), &comment, "test").await.expect("places")
}

/// A site with this many comments under `calf`, none with an answer.
async fn with_comments(count: i64, order: &str) -> (TestSite, Vec<i64>) {
    let post = "---\ntitle: Calf\ndate: 2026-05-02\naliases: [/posts/calves]\n---\nThe article itself.";
    let site = TestSite::new().post("calf", post).setting("site.comments.order", order).start().await;
    let mut ids = Vec::new();
    for second in 0..count {
        ids.push(say(&site, None, second).await);
    }
    (site, ids)
}

/// The numbers of the comments on a page, in the order of reading.
fn ids(html: &Html) -> Vec<i64> {
    let id = |id: &str| id.strip_prefix("comment-")?.parse().ok();
    html.elements.iter().filter_map(|element| id(element.get("id"))).collect()
}

/// Links to the pages of the thread before and after this one.
fn ways(html: &Html) -> (Option<&str>, Option<&str>) {
    let nav = html.elements.iter().position(|element| element.has_class("pagination"));
    let way = |rel: &str| {
        let mut links = html.elements.iter().filter(|element| nav.is_some_and(|nav| element.within.contains(&nav)));
        links.find(|link| link.get("rel") == rel).map(|link| link.get("href"))
    };
    (way("prev"), way("next"))
}

async fn leads(site: &TestSite, path: &str) -> String {
    site.get(path).await.leads()
}

#[tokio::test]
async fn the_site_says_which_comments_come_first() {
    for (order, expected) in [("oldest", [0, 2, 3, 1]), ("newest", [1, 0, 2, 3])] {
        let (site, mut said) = with_comments(2, order).await;
        for second in 2..4 {
            said.push(say(&site, Some(said[0]), second).await);
        }
        let html = site.get("/posts/calf").await.html();
        assert_eq!(ids(&html), expected.map(|at| said[at]), "{order}");
        assert_eq!(ways(&html), (None, None));
    }
}

#[tokio::test]
async fn a_thread_past_two_hundred_comments_has_pages() {
    let (site, mut said) = with_comments(200, "oldest").await;
    let html = site.get("/posts/calf").await.html();
    assert_eq!((ids(&html), ways(&html)), (said.clone(), (None, None)));
    site.get(SECOND).await.is(404);

    // A new one opens the second page, and its writer is taken there.
    let ana = site.visitor("192.0.2.1");
    let held = ana.comment("calf", "Number 201").await;
    let id = comment_id(&held);
    let waiting = held.header("location").to_owned();
    assert!(waiting.starts_with(&format!("{SECOND}?waiting=")), "{waiting}");
    let own = ana.get(waiting.split('#').next().expect("a path")).await;
    own.is(200).says("Number 201").says("this page shows it to you alone").does_not_say("The article itself.");
    assert!(own.header("cache-control").contains("no-store"));
    site.get(SECOND).await.is(404);
    site.approve(id).await;
    said.push(id);

    let first = site.get("/posts/calf").await;
    first.says("The article itself.").says("201 comments").does_not_say("Number 201");
    let html = first.html();
    assert_eq!((ids(&html), ways(&html)), (said[..200].to_vec(), (None, Some(SECOND))));
    assert!(html.find("a", "href", SECOND).is_some_and(|link| link.words() == "To the newest comments"));
    let second = site.get(SECOND).await;
    second.is(200).says("201 comments").does_not_say("The article itself.");
    let html = second.html();
    assert_eq!((ids(&html), ways(&html)), (vec![id], (Some("/posts/calf#-comments"), None)));
    assert_eq!(html.canonical(), Some(format!("http://127.0.0.1:3000{SECOND}").as_str()));
    assert_eq!(html.title(), "Comments on Calf, page 2 · Loose Laces");
    assert_eq!(html.meta("robots"), None);
    assert!(html.find("a", "href", "/posts/calf").is_some(), "the way to the article");

    assert_eq!(leads(&site, &format!("/comments/{id}")).await, format!("302 {SECOND}#comment-{id}"));
    assert_eq!(
        leads(&site, &format!("/comments/{}", said[199])).await,
        format!("302 /posts/calf#comment-{}", said[199])
    );
    // Who is known lands on the page as well.
    let location = ana.comment("calf", "Number 202").await.leads();
    assert_eq!(location, format!("303 {SECOND}#comment-{}", id + 1));
    site.get(SECOND).await.says("Number 202").says("202 comments");
    site.get("/posts/calf").await.says("202 comments");
}

#[tokio::test]
async fn pages_have_one_address_each() {
    let (site, _) = with_comments(201, "oldest").await;
    assert_eq!(leads(&site, "/posts/calf/comments/page/1").await, "303 /posts/calf");
    assert_eq!(leads(&site, "/posts/calves/comments/page/2").await, format!("301 {SECOND}"));
    for none in ["0", "3", "02", "-1", "x", "99999999999999999999999"] {
        site.get(&format!("/posts/calf/comments/page/{none}")).await.is(404);
    }
    site.get("/posts/nobody/comments/page/2").await.is(404);
    assert_eq!(leads(&site, &format!("{SECOND}?waiting=x")).await, "303 /posts/calf");
    site.get(&format!("{SECOND}?utm_source=x")).await.is(200);
    site.store().close().await;
    site.get(SECOND).await.is(200);
    site.app.cache.purge_everything();
    site.get(SECOND).await.is(503);
    site.get("/posts/calf").await.is(200).says("cannot be shown right now");
}

#[tokio::test]
async fn with_the_newest_first_the_article_has_the_newest() {
    let (site, said) = with_comments(401, "newest").await;
    let newest = site.get("/posts/calf").await.html();
    assert_eq!((ids(&newest), ways(&newest)), (vec![said[400]], (None, Some(SECOND))));
    let second = site.get(SECOND).await.html();
    let downwards: Vec<i64> = said[200..400].iter().rev().copied().collect();
    assert_eq!(ids(&second), downwards);
    assert_eq!(ways(&second), (Some("/posts/calf#-comments"), Some("/posts/calf/comments/page/1")));
    assert_eq!(leads(&site, "/posts/calf/comments/page/3").await, "303 /posts/calf");
    assert_eq!(
        leads(&site, &format!("/comments/{}", said[0])).await,
        format!("302 /posts/calf/comments/page/1#comment-{}", said[0])
    );
    assert_eq!(
        leads(&site, &format!("/comments/{}", said[400])).await,
        format!("302 /posts/calf#comment-{}", said[400])
    );
}

#[tokio::test]
async fn a_reply_is_written_on_the_page_of_its_comment() {
    let (site, said) = with_comments(201, "oldest").await;
    let (first, last) = (said[0], said[200]);
    assert_eq!(leads(&site, &format!("/posts/calf?reply_to={last}")).await, format!("303 {SECOND}?reply_to={last}"));
    assert_eq!(leads(&site, &format!("{SECOND}?reply_to={first}")).await, format!("303 /posts/calf?reply_to={first}"));
    let page = site.get(&format!("{SECOND}?reply_to={last}")).await;
    let html = page.is(200).says("Replying to").html();
    assert_eq!(html.meta("robots"), Some("noindex"));
    assert!(html.find("a", "href", &format!("{SECOND}#comment-{last}")).is_some(), "the way back");

    let ana = site.visitor("192.0.2.1");
    let form = ana.form(&format!("{SECOND}?reply_to={last}")).await;
    let again = form.set("name", "").set("text", "An answer").send().await;
    again.is(422).says("Please tell us your name").says("An answer").says("Said in second 200.");
    let sent = ana.form_in(&again.html()).set("name", "Ana").send().await;
    assert!(sent.leads().starts_with(&format!("303 {SECOND}?waiting=")), "{}", sent.leads());
}

#[tokio::test]
async fn the_pages_fit_every_pattern_of_addresses() {
    let site = TestSite::new().setting("site.permalink", "/{year}/{slug}").post("calf", "x").start().await;
    let mut last = 0;
    for second in 0..201 {
        last = say(&site, None, second).await;
    }
    assert_eq!(ways(&site.get("/2026/calf").await.html()), (None, Some(SECOND)));
    assert_eq!(ways(&site.get(SECOND).await.html()), (Some("/2026/calf#-comments"), None));
    assert_eq!(leads(&site, &format!("/comments/{last}")).await, format!("302 {SECOND}#comment-{last}"));
    assert_eq!(leads(&site, "/posts/calf/comments/page/1").await, "303 /2026/calf");
}

#[tokio::test]
async fn removed_comments_keep_their_answers_at_the_edge_of_a_page() {
    let (site, said) = with_comments(198, "oldest").await;
    let asked = say(&site, None, 198).await;
    let mut answers = Vec::new();
    for second in 199..202 {
        answers.push(say(&site, Some(asked), second).await);
    }
    let thread = [&[asked][..], &answers[..]].concat();
    // All four begin a page together, though two would fit.
    assert_eq!(ids(&site.get("/posts/calf").await.html()), said);
    assert_eq!(ids(&site.get(SECOND).await.html()), thread);
    let trash = async |id| {
        let done = site.store().trash(id, "test", site.app.clock.now()).await.expect("trashes");
        site.app.cache.purge(&done.tags());
    };
    trash(asked).await;
    let page = site.get(SECOND).await;
    assert_eq!(ids(&page.html()), thread);
    page.says("has been removed").says("201 comments");
    assert_eq!(
        leads(&site, &format!("/comments/{}", answers[2])).await,
        format!("302 {SECOND}#comment-{}", answers[2])
    );
    // With one more gone, two hundred are left, and they are on one page again.
    trash(answers[0]).await;
    let html = site.get("/posts/calf").await.html();
    assert_eq!(ids(&html), [&said[..], &[asked], &answers[1..]].concat());
    site.get(SECOND).await.is(404);
    assert_eq!(
        leads(&site, &format!("/comments/{}", answers[2])).await,
        format!("302 /posts/calf#comment-{}", answers[2])
    );
}

#[tokio::test]
async fn a_thread_longer_than_a_page_goes_on_with_its_name() {
    let (site, said) = with_comments(1, "oldest").await;
    let mut last = 0;
    for second in 1..=250 {
        last = say(&site, Some(said[0]), second).await;
    }
    let page = site.get(SECOND).await;
    page.says("More replies to").says("Said in second 250.").does_not_say("Said in second 0.");
    let html = page.html();
    assert_eq!(ids(&html).len(), 51);
    assert!(html.find("a", "href", &format!("/comments/{}", said[0])).is_some_and(|link| link.words() == "Runner 0"));
    assert_eq!(leads(&site, &format!("/comments/{last}")).await, format!("302 {SECOND}#comment-{last}"));
}

/// Numbers of the folded comments.
fn folded(html: &Html) -> Vec<i64> {
    let id = |id: &str| id.strip_prefix("comment-")?.parse().ok();
    html.elements.iter().filter(|e| html.depth_in(e, "folded") > 0).filter_map(|e| id(e.get("id"))).collect()
}

#[tokio::test]
async fn many_replies_are_folded_and_stay_in_the_page() {
    let site = site().await;
    let asked = say(&site, None, 0).await;
    let mut answers = Vec::new();
    for second in 1..=10 {
        answers.push(say(&site, Some(asked), second).await);
    }
    assert!(folded(&site.get("/posts/calf").await.html()).is_empty());
    answers.push(answer_to(&site, "calf", asked, "One more").await);
    let html = site.get("/posts/calf").await.html();
    assert_eq!(folded(&html), answers[5..]);
    assert_eq!(html.all("summary").iter().map(|summary| summary.words()).collect::<Vec<_>>(), ["6 more replies"]);
    assert_eq!(html.all("details")[0].attribute("open"), None);
    assert_eq!(ids(&html), [&[asked][..], &answers[..]].concat());

    // Its writer finds a waiting one without a click.
    let bo = site.visitor("192.0.2.7");
    let form = bo.form(&format!("/posts/calf?reply_to={asked}")).await;
    let held = form.set("name", "Bo").set("text", "I wait").send().await;
    let own = bo.get(held.header("location").split('#').next().expect("a path")).await.html();
    assert!(own.all("details")[0].attribute("open").is_some());
    assert_eq!(folded(&own).last(), Some(&comment_id(&held)));
}

#[tokio::test]
async fn replies_to_something_removed_say_so() {
    let site = site().await;
    let mut chain = vec![approved(&site, "calf", "Level 1").await];
    for level in 2..=6 {
        chain.push(answer_to(&site, "calf", chain[level - 2], &format!("Level {level}")).await);
    }
    let done = site.store().trash(chain[4], "test", site.app.clock.now()).await.expect("trashes");
    site.app.cache.purge(&done.tags());
    let html = site.get("/posts/calf").await.html();
    let last = html.by_id(&format!("comment-{}", chain[5])).expect("is shown");
    assert!(last.words().contains("in reply to a comment that is not shown"), "{}", last.words());
}
