//! Suspicious comments (honeypot, stamps) are held, and the moderator sees the reasons.

use jiff::SignedDuration;

use super::{judged, site};
use crate::support::{
    TestSite,
    visitor::{Form, Visitor, comment_id},
};

/// A visitor whose comments are approved at once.
async fn known(site: &TestSite) -> Visitor<'_> {
    let ana = site.visitor("192.0.2.1");
    site.approve(comment_id(&ana.comment("hips", "First").await)).await;
    ana
}

async fn sent(form: Form<'_>) -> i64 {
    comment_id(&form.set("name", "Ana").set("text", "Second").send().await)
}

#[tokio::test]
async fn an_unchanged_form_is_not_suspicious() {
    let site = site().await;
    let ana = known(&site).await;
    assert_eq!(judged(&site, sent(ana.form("/posts/calf").await).await).await, "approved");
}

#[tokio::test]
async fn a_filled_honeypot_holds_the_comment() {
    let site = site().await;
    let ana = known(&site).await;
    let id = sent(ana.form("/posts/calf").await.set("fax_extension", "12")).await;
    assert_eq!(judged(&site, id).await, "held honeypot");
    // The field is there for machines and hidden from everyone else.
    let html = site.get("/posts/calf").await.html();
    let field = html.one("input", "name", "fax_extension");
    assert_eq!((field.get("tabindex"), field.get("autocomplete")), ("-1", "off"));
    assert!(field.within.iter().any(|at| html.elements[*at].get("aria-hidden") == "true"));
}

#[tokio::test]
async fn a_stamp_must_be_ours_for_this_post_and_not_too_old() {
    let site = site().await;
    let ana = known(&site).await;
    assert_eq!(judged(&site, sent(ana.form("/posts/calf").await.without("stamp")).await).await, "held stamp-missing");
    let of_another = ana.form("/posts/hips").await.field("stamp").to_owned();
    for forged in ["x", "20000.AAAAAAAAAAAAAAAAAAAAAA", of_another.as_str()] {
        site.turn(SignedDuration::from_mins(11));
        let id = sent(ana.form("/posts/calf").await.set("stamp", forged)).await;
        assert_eq!(judged(&site, id).await, "held stamp-forged", "{forged}");
    }
}

#[tokio::test]
async fn a_form_may_lie_open_for_thirty_days() {
    let site = site().await;
    let ana = known(&site).await;
    let (in_time, too_late) = (ana.form("/posts/calf").await, ana.form("/posts/calf").await);
    site.turn(SignedDuration::from_hours(30 * 24));
    assert_eq!(judged(&site, sent(in_time).await).await, "approved");
    site.turn(SignedDuration::from_hours(24));
    assert_eq!(judged(&site, sent(too_late).await).await, "held stamp-old");
}
