//! A comment from the form to its answer, on both engines.

use crate::support::{
    TestSite,
    database::{Database, on_both_engines},
    eventually,
    visitor::comment_id,
};

on_both_engines!(a_comment_is_held_approved_and_shown, two_copies_of_the_site_show_the_same);

async fn site_on(database: &Database) -> TestSite {
    TestSite::new().post("calf", "Stretch it.").database(&database.url).keeps_current().start().await
}

async fn a_comment_is_held_approved_and_shown(database: Database) {
    let site = site_on(&database).await;
    let ana = site.visitor("192.0.2.1");
    let posted = ana.comment("calf", "My first words").await;
    let id = comment_id(&posted);
    ana.get(posted.header("location").split('#').next().expect("a path")).await.is(200).says("My first words");
    site.get("/posts/calf").await.does_not_say("My first words");
    site.approve(id).await;
    site.get("/posts/calf").await.says("My first words");
    site.get("/").await.says("1 comment");
    assert_eq!(site.get(&format!("/comments/{id}")).await.leads(), format!("302 /posts/calf#comment-{id}"));
    let answer = ana.form(&format!("/posts/calf?reply_to={id}")).await.set("name", "Ana").set("text", "And more");
    let answer = comment_id(&answer.send().await);
    site.get("/posts/calf").await.says("2 comments").says(&format!("id=\"comment-{answer}\""));
    site.store().close().await;
}

async fn two_copies_of_the_site_show_the_same(database: Database) {
    let (one, two) = (site_on(&database).await, site_on(&database).await);
    let ana = one.visitor("192.0.2.1");
    let first = comment_id(&ana.comment("calf", "To the first copy").await);
    two.get("/posts/calf").await.does_not_say("To the first copy");
    one.approve(first).await;
    let shown = "the other copy shows it";
    eventually(shown, async || two.get("/posts/calf").await.text().contains("To the first copy").then_some(())).await;
    // One secret for both: a form that one copy made, the other takes for its own.
    let of_one = ana.form("/posts/calf").await.field("stamp").to_owned();
    let of_two = two.visitor("192.0.2.1").form("/posts/calf").await.field("stamp").to_owned();
    assert_eq!(of_one, of_two);
    for site in [one, two] {
        site.store().close().await;
    }
}
