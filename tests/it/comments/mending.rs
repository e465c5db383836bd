//! Wrong input: the same page again, with every field kept and each message beside its field.

use super::{approved, keeps_the_text, site, stored};
use crate::support::{Answer, visitor::comment_id};

/// Asserts that a field is marked, described by its message, and linked from the summary.
#[track_caller]
fn is_marked(answer: &Answer, field: &str) {
    let html = answer.html();
    let control = html.by_id(&format!("-{field}")).expect("the field");
    assert_eq!(control.get("aria-invalid"), "true", "{field}");
    let described = control.get("aria-describedby").split(' ').find(|id| *id == format!("-{field}-error"));
    let message = described.and_then(|id| html.by_id(id)).unwrap_or_else(|| panic!("{field} has no message"));
    assert!(message.words().ends_with('.'), "a sentence: {}", message.words());
    let link = html.one("a", "href", &format!("#-{field}"));
    assert_eq!(link.words(), message.words());
}

#[tokio::test]
async fn each_wrong_field_is_marked_and_every_field_is_kept() {
    let site = site().await;
    let long = "x".repeat(10_001);
    for (wrong, value) in [
        ("name", ""),
        ("name", " \u{a0} "),
        ("name", &"n".repeat(81)),
        ("email", "ana"),
        ("email", "ana@home"),
        ("site", "javascript:alert(1)"),
        ("site", "not a site"),
        ("text", ""),
        ("text", "..."),
        ("text", &long),
    ] {
        let ana = site.visitor("192.0.2.1");
        let fields =
            [("name", "Ana \"Q\" <b>"), ("email", "ana@example.org"), ("site", "a.example"), ("text", "Fine & <b>")];
        let fields: Vec<(&str, &str)> =
            fields.into_iter().map(|(name, fine)| (name, if name == wrong { value } else { fine })).collect();
        let form = fields.iter().fold(ana.form("/posts/calf").await, |form, (name, value)| form.set(name, *value));
        let answer = form.send().await;
        answer.is(422);
        is_marked(&answer, wrong);
        keeps_the_text(&answer, fields[3].1);
        let html = answer.html();
        for (name, value) in &fields[..3] {
            assert_eq!(html.one("input", "name", name).get("value"), *value);
            assert_eq!(html.one("input", "name", name).attribute("aria-invalid").is_some(), *name == wrong, "{name}");
        }
        assert!(!answer.has_header("set-cookie"));
    }
    assert_eq!(stored(&site).await, 0);
}

#[tokio::test]
async fn all_errors_are_shown_together() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let answer = ana.form("/posts/calf").await.set("email", "ana").set("site", "localhost").send().await;
    for field in ["name", "email", "site", "text"] {
        is_marked(&answer, field);
    }
    answer.is(422).says("4 things to mend");
}

#[tokio::test]
async fn a_corrected_form_is_accepted() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let refused = ana.form("/posts/calf").await.set("text", "Only the name is missing").send().await;
    refused.is(422).says("One thing to mend");
    let posted = ana.form_in(&refused.html()).set("name", "Ana").send().await;
    let kept = site.store().comment(comment_id(&posted)).await.expect("is there");
    assert_eq!((kept.name.as_str(), kept.text.as_str()), ("Ana", "Only the name is missing"));
}

#[tokio::test]
async fn typed_text_survives_the_page_letter_by_letter() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    let text = "\nA first empty line\n\n  spaces &amp; <textarea></textarea> \"quotes\" 'n' ünïcödé 🏃\n</form>";
    let refused = ana.form("/posts/calf").await.set("text", text).send().await;
    refused.is(422);
    assert_eq!(ana.form_in(&refused.html()).field("text"), text);
}

#[tokio::test]
async fn a_corrected_reply_stays_a_reply() {
    let site = site().await;
    let parent = approved(&site, "calf", "A question").await;
    let ana = site.visitor("192.0.2.1");
    let refused = ana.form(&format!("/posts/calf?reply_to={parent}")).await.set("text", "An answer").send().await;
    refused.is(422).says("Replying to");
    let posted = ana.form_in(&refused.html()).set("name", "Ana").send().await;
    let kept = site.store().comment(comment_id(&posted)).await.expect("is there");
    assert_eq!(kept.parent_id, Some(parent));
}

#[tokio::test]
async fn a_missing_parent_is_reported_and_the_comment_can_be_sent_without_it() {
    let site = site().await;
    let parent = approved(&site, "calf", "A question").await;
    let ana = site.visitor("192.0.2.1");
    let form = ana.form(&format!("/posts/calf?reply_to={parent}")).await;
    site.store().trash(parent, "test", site.app.clock.now()).await.expect("trashes");
    let refused = form.set("name", "Ana").set("text", "An answer").send().await;
    refused.is(422).says("no longer here");
    assert!(refused.html().find("a", "href", &format!("#comment-{parent}")).is_none(), "it answers nobody now");
    keeps_the_text(&refused, "An answer");
    assert_eq!(refused.html().one("input", "name", "name").get("value"), "Ana");
    let posted = ana.form_in(&refused.html()).send().await;
    let kept = site.store().comment(comment_id(&posted)).await.expect("is there");
    assert_eq!((kept.parent_id, kept.text.as_str()), (None, "An answer"));
}

#[tokio::test]
async fn an_invalid_parent_is_reported() {
    let site = site().await;
    let ana = site.visitor("192.0.2.1");
    for parent in ["x", "1; DROP TABLE comments", "99999999999999999999", "-1"] {
        let form = ana.form("/posts/calf").await.set("name", "Ana").set("text", "An answer").set("parent", parent);
        let refused = form.send().await;
        refused.is(422);
        keeps_the_text(&refused, "An answer");
    }
    assert_eq!(stored(&site).await, 0);
}

#[tokio::test]
async fn windows_line_breaks_are_normalised() {
    let site = site().await;
    let posted = site.visitor("192.0.2.1").comment("calf", "one\r\ntwo\rthree").await;
    assert_eq!(site.store().comment(comment_id(&posted)).await.expect("is there").text, "one\ntwo\nthree");
}
