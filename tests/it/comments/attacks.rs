//! Hundreds of attempts to get a script or a foreign tag into a page or a feed, posted and approved.

use http::Method;
use instep::domain::comment::Status;

use super::markup::{Vocabulary, elements_of, is_harmless, vocabulary};
use crate::support::{
    Answer, TestSite,
    html::{Element, Html},
    visitor::comment_id,
};

/// One attempt a line; `\n` is a line break.
const ATTACKS: &str = include_str!("../../fixtures/attacks.txt");
/// Attempts for each post: as many as a feed shows.
const A_POST: usize = 30;
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Hostile input for name, site and text.
pub struct Attempt {
    name: String,
    site: String,
    text: String,
}

/// Each attack in each field; as a site, also after a valid address, which is accepted more often.
pub fn attempts() -> Vec<Attempt> {
    let mut all = Vec::new();
    for line in ATTACKS.lines() {
        let attack = line.replace("\\n", "\n");
        let short: String = attack.chars().take(60).collect();
        let texts = [format!("{attack} "), format!("In a line {attack} and on\n\n{attack}")];
        let sites = [attack.clone(), format!("https://a.example/{short}"), format!("a.example/?q={short}#{short}")];
        let name = attack.chars().take(80).collect();
        // Numbered, or the second would be taken for the first, sent twice.
        let text = |number| format!("Attempt {number}");
        all.extend(texts.map(|text| Attempt { name: "Ana".into(), site: String::new(), text }));
        all.push(Attempt { name, site: String::new(), text: text(all.len()) });
        for site in sites {
            all.push(Attempt { name: "Ana".into(), site, text: text(all.len()) });
        }
    }
    all
}

pub async fn send(site: &TestSite, slug: &str, attempt: &Attempt) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("name", &attempt.name), ("site", &attempt.site), ("text", &attempt.text)])
        .finish();
    site.ask(Method::POST, &format!("/posts/{slug}/comments"), &[FORM], body).await
}

/// Asserts that a form is shown again with exactly the typed text, which is nowhere else on the page.
#[track_caller]
fn is_shown_again(answer: &Answer, attempt: &Attempt, ours: &[Html]) {
    answer.is(422);
    let html = answer.html();
    let value = |name: &str| html.one("input", "name", name).get("value").to_owned();
    assert_eq!((value("name"), value("site")), (attempt.name.clone(), attempt.site.clone()));
    assert_eq!(html.all("script").len(), ours[0].all("script").len(), "{}", attempt.site);
    assert!(!has_handler(&html), "{}", attempt.site);
}

fn has_handler(html: &Html) -> bool {
    html.elements.iter().any(|element| element.attributes.iter().any(|(name, _)| name.starts_with("on")))
}

/// Asserts that a page contains only elements and attributes of our pages and of harmless comments.
#[track_caller]
fn has_nothing_foreign(html: &Html, vocabulary: &Vocabulary, ours: &[Html], what: &str) {
    for element in &html.elements {
        let alike: Vec<&Element> = ours.iter().flat_map(|html| html.all(&element.name)).collect();
        let is_ours = |own: &str| alike.iter().any(|ours| ours.attribute(own).is_some());
        let known = vocabulary.get(&element.name);
        let is_known = known.is_some() || !alike.is_empty();
        assert!(is_known, "<{}> is on {what}", element.name);
        for (name, value) in &element.attributes {
            let may = is_ours(name) || known.is_some_and(|known| known.contains(name));
            assert!(may, "<{} {name}={value:?}> is on {what}", element.name);
            assert!(!value.trim_start().to_lowercase().starts_with("javascript:"), "{name}={value:?} is on {what}");
        }
    }
    assert!(!has_handler(html), "{what}");
    assert_eq!(html.all("script").len(), ours[0].all("script").len(), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_injected_markup_reaches_a_page_or_a_feed() {
    let all = attempts();
    let posts = all.len().div_ceil(A_POST);
    let builder = (0..posts).fold(TestSite::new(), |builder, post| builder.post(&format!("attacked-{post}"), "x"));
    let site = builder
        .post("calf", "Stretch it.")
        .setting("site.comments.network_per_10_minutes", "100000")
        .setting("site.comments.per_10_minutes", "100000")
        .start()
        .await;
    let empty = site.get("/posts/attacked-0").await.html();
    let vocabulary = vocabulary(&site).await;
    // With nothing below it, and with the words of somebody who means no harm.
    let ours = [empty, site.get("/posts/calf").await.html()];

    let (mut approved, mut again) = (0, 0);
    for (post, attempts) in all.chunks(A_POST).enumerate() {
        let slug = format!("attacked-{post}");
        let mut ids = Vec::new();
        for attempt in attempts {
            let answer = send(&site, &slug, attempt).await;
            if answer.status == 422 {
                is_shown_again(&answer, attempt, &ours);
                again += 1;
                continue;
            }
            let id = comment_id(&answer);
            let done = site.store().approve(id, "test", site.app.clock.now()).await.expect("approves");
            assert_eq!(done.after, Status::Approved);
            ids.push((id, attempt));
        }
        approved += ids.len();
        site.app.cache.purge_everything();
        let html = site.get(&format!("/posts/{slug}")).await.html();
        has_nothing_foreign(&html, &vocabulary, &ours, &slug);
        for (id, attempt) in &ids {
            is_harmless(
                &elements_of(&html, *id),
                &vocabulary,
                &format!("{} {} {}", attempt.name, attempt.site, attempt.text),
            );
        }
        for path in [format!("/posts/{slug}/comments/feed.xml"), "/comments/feed.xml".to_owned()] {
            let feed = crate::feeds::atom::parse(&site.get(&path).await);
            for entry in &feed.entries {
                let content = entry.content.as_ref().and_then(|content| content.value.as_deref()).unwrap_or_default();
                is_harmless(&Html::parse(content).elements, &vocabulary, content);
                let uri = entry.authors[0].uri.as_deref().unwrap_or("https://");
                assert!(uri.starts_with("https://") || uri.starts_with("http://"), "{uri}");
            }
            assert!(path.starts_with("/comments") || feed.entries.len() == ids.len(), "all of them are in {path}");
        }
        // What answers such a comment names it.
        if let Some((id, _)) = ids.last() {
            let page = site.get(&format!("/posts/{slug}?reply_to={id}")).await;
            assert!(!has_handler(&page.is(200).html()));
        }
    }
    println!("{} attempts: {approved} approved, {again} shown again", all.len());
    assert!(approved >= 600, "{approved} approved, {again} shown again");
}
