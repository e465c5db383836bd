//! Search: what is found, in which order, and what a question cannot do.

use crate::support::{Answer, TestSite, eventually};

async fn site() -> TestSite {
    TestSite::new()
        .post("in-text", "---\ntitle: Running\ndate: 2026-05-04\n---\nNow and then the soleus is mentioned. And a lot of other words.")
        .post("in-tag", "---\ntitle: Walking\ndate: 2026-05-03\ntags: [soleus]\n---\nSome words that are about something else.")
        .post("in-title", "---\ntitle: The soleus\ndate: 2026-05-02\n---\nWords that do not name it at all, but say more.")
        .post("cafe", "---\ntitle: Café\ndate: 2026-05-01\n---\nÜber die Füße läuft AND OR NOT NEAR \"quoted\" the <b>bold</b> co-op.")
        .page("about", "The soleus is on a page as well, and this page has many words in which it drowns, far away from it.")
        .keeps_current()
        .start()
        .await
}

async fn ask(site: &TestSite, question: &str) -> Answer {
    let question: String = url::form_urlencoded::byte_serialize(question.as_bytes()).collect();
    let answer = site.get(&format!("/search?q={question}")).await;
    answer.is(200);
    answer
}

/// Addresses of the results, best first.
fn results(answer: &Answer) -> Vec<String> {
    let html = answer.html();
    let Some(list) = html.elements.iter().position(|element| element.has_class("results")) else { return Vec::new() };
    let links = html.all("a").into_iter().filter(|link| link.within.contains(&list));
    links.map(|link| link.get("href").to_owned()).collect()
}

async fn check(site: &TestSite, question: &str, found: &[&str]) {
    assert_eq!(results(&ask(site, question).await), found, "{question:?}");
}

#[tokio::test]
async fn titles_come_before_tags_and_tags_before_texts() {
    let site = site().await;
    let found = results(&ask(&site, "soleus").await);
    assert_eq!(found[..2], ["/posts/in-title", "/posts/in-tag"]);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.contains(&"/about".to_owned()) && found.contains(&"/posts/in-text".to_owned()));
}

#[tokio::test]
async fn what_was_asked_for_is_marked() {
    let site = site().await;
    let html = ask(&site, "soleus mentioned").await.html();
    let marked: Vec<String> = html.all("mark").iter().map(|mark| mark.words()).collect();
    assert_eq!(marked, ["soleus", "mentioned"]);
}

#[tokio::test]
async fn all_words_count_and_the_last_may_be_a_beginning() {
    let site = site().await;
    check(&site, "soleus mention", &["/posts/in-text"]).await;
    check(&site, "sol mentioned", &[]).await;
    check(&site, "MENT", &["/posts/in-text"]).await;
    check(&site, "soleus xylophone", &[]).await;
}

#[tokio::test]
async fn accents_and_case_do_not_matter() {
    let site = site().await;
    for question in ["café", "cafe", "CAFÉ", "fusse", "fuße", "uber", "ÜBER", "lauft", "cafe\u{301}"] {
        let found = results(&ask(&site, question).await);
        // ß is a letter of its own.
        let expected: &[&str] = if question == "fusse" { &[] } else { &["/posts/cafe"] };
        assert_eq!(found, expected, "{question}");
    }
}

#[tokio::test]
async fn operators_are_words() {
    let site = site().await;
    // As operators these would find something.
    for question in ["soleus OR bold", "bold NOT soleus", "title:soleus", "bold -xylophone", "NEAR(die bold, 9)"] {
        check(&site, question, &[]).await;
    }
    for question in
        ["bold AND quoted", "quoted OR bold", "\"quoted\"", "quoted\"", "co-op", "(bold", "bold*", "^bold", "+bold"]
    {
        check(&site, question, &["/posts/cafe"]).await;
    }
    for question in ["\"", "'", "*", "()", "''; DROP TABLE docs; --", "{a b}", "\u{0}", "NEAR(", "%", "_", "\\"] {
        ask(&site, question).await;
    }
}

#[tokio::test]
async fn a_question_is_shown_and_never_run() {
    let site = site().await;
    let question = "\"><script>alert(1)</script><mark>";
    let answer = ask(&site, question).await;
    let html = answer.html();
    assert!(html.all("script").iter().all(|script| script.text.is_empty()) && html.all("mark").is_empty());
    assert_eq!(html.by_id("q").expect("the field").get("value"), question);
    answer.says("Nothing found");
    // What was found is shown as text too.
    let found = ask(&site, "bold").await.html();
    assert!(found.all("b").is_empty() && found.all("mark").len() == 1);
}

#[tokio::test]
async fn results_are_not_indexed_and_the_empty_form_may_be() {
    let site = site().await;
    let results = ask(&site, "soleus").await;
    assert_eq!(results.html().meta("robots"), Some("noindex"));
    assert_eq!(results.header("cache-control"), "no-store");
    assert!(results.html().title().starts_with("soleus"));
    assert_eq!(site.get("/search").await.html().meta("robots"), None);
}

#[tokio::test]
async fn without_a_question_there_is_only_the_form() {
    let site = site().await;
    for path in ["/search", "/search?q=", "/search?q=++", "/search?other=x"] {
        let answer = site.get(path).await;
        answer.is(200).does_not_say("Nothing found");
        assert!(results(&answer).is_empty(), "{path}");
        let html = answer.html();
        let form = html.one("form", "action", "/search");
        assert!(["", "get"].contains(&form.get("method")), "a plain GET form");
    }
    for path in ["/search?q=%FF", "/search?q=a&q=b"] {
        let status = site.get(path).await.status;
        assert!(status == 200 || status == 400, "{path}: {status}");
    }
}

#[tokio::test]
async fn stretches_are_found_by_what_they_are_for() {
    let site = TestSite::new().content(crate::support::sample_content()).keeps_current().start().await;
    let found = results(&ask(&site, "toe flexion").await);
    assert!(found.iter().take(2).any(|one| one == "/stretches/toe-flexion"), "{found:?}");
    for address in found {
        site.get(&address).await.is(200);
    }
}

#[tokio::test]
async fn until_the_index_is_made_the_page_says_so() {
    let site = TestSite::new().post("calf", "x").start().await;
    let answer = site.get("/search?q=x").await;
    answer.is(200).says("index is still being made");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn more_than_fit_are_not_counted_as_all() {
    let site = (0..32).fold(TestSite::new(), |site, n| site.post(&format!("p{n}"), "The same accordion."));
    let site = site.keeps_current().start().await;
    let search = "/search?q=accordion";
    eventually("the index is made", async || {
        site.get(search).await.text().contains("The best 30 results").then_some(())
    })
    .await;
    assert_eq!(site.get(search).await.text().matches("<mark>").count(), 30);
}
