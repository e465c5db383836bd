//! Search: results, their order, and hostile queries.

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
async fn searched_words_are_marked() {
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
    for question in ["café", "cafe", "CAFÉ", "fuße", "uber", "ÜBER", "lauft", "cafe\u{301}"] {
        check(&site, question, &["/posts/cafe"]).await;
    }
}

#[tokio::test]
async fn sharp_s_and_double_s_are_one() {
    let gross = "---\ntitle: Größe\ndate: 2026-05-02\ntags: [Spaß]\n---\nGross ist es, und STRAẞE auch.";
    let site = site().await;
    site.save("posts/gross.md", gross);
    eventually("it is found", async || (!results(&ask(&site, "es").await).is_empty()).then_some(())).await;
    for question in ["fusse", "füsse", "FÜSSE", "Füße", "fusse läuft", "fus"] {
        let answer = ask(&site, question).await;
        assert_eq!(results(&answer), ["/posts/cafe"], "{question}");
        answer.does_not_say("Did you mean").says("<mark>Füße</mark>");
    }
    for question in ["grosse", "Größe", "spass", "strasse", "groß"] {
        let answer = ask(&site, question).await;
        assert_eq!(results(&answer), ["/posts/gross"], "{question}");
        answer.does_not_say("Nothing found");
    }
}

#[tokio::test]
async fn search_operators_are_plain_words() {
    let site = site().await;
    // As operators these would find something.
    for question in ["soleus+OR+bold", "bold+NOT+soleus", "title:soleus", "bold+-xylophone", "NEAR(die+bold,+9)"] {
        let answer = site.get(&format!("/search?q={question}&exact=1")).await;
        assert!(results(answer.is(200)).is_empty(), "{question}");
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
async fn a_query_is_shown_as_text_and_never_executed() {
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
async fn without_a_query_only_the_form_is_shown() {
    let site = site().await;
    for path in ["/search", "/search?q=", "/search?q=++", "/search?other=x"] {
        let answer = site.get(path).await;
        answer.is(200).does_not_say("Nothing found");
        assert!(results(&answer).is_empty(), "{path}");
        let html = answer.html();
        let form = html.one("form", "action", "/search");
        assert!(["", "get"].contains(&form.get("method")), "a plain GET form");
    }
    for path in ["/search?q=%FF", "/search?q=a&q=b", "/search?year=%00", "/search?&&=&q", "/search?tag[]=a"] {
        site.get(path).await.is(200);
    }
}

#[tokio::test]
async fn stretches_are_found_by_their_words() {
    let site = TestSite::new().content(crate::support::sample_content()).keeps_current().start().await;
    let found = results(&ask(&site, "toe flexion").await);
    assert!(found.iter().take(2).any(|one| one == "/stretches/toe-flexion"), "{found:?}");
    for address in found {
        site.get(&address).await.is(200);
    }
}

#[tokio::test]
async fn until_the_index_is_ready_the_page_says_so() {
    let site = TestSite::new().post("calf", "x").start().await;
    let answer = site.get("/search?q=x").await;
    answer.is(200).says("index is still being made");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn more_results_than_fit_are_called_the_best_results() {
    let site = (0..32).fold(TestSite::new(), |site, n| site.post(&format!("p{n}"), "The same accordion."));
    let site = site.keeps_current().start().await;
    let search = "/search?q=accordion";
    eventually("the index is made", async || {
        site.get(search).await.text().contains("The best 30 results").then_some(())
    })
    .await;
    assert_eq!(site.get(search).await.text().matches("<mark>").count(), 30);
}

/// A site with posts of two years, two tags, and a word that is easily mistyped.
async fn narrowed_site() -> TestSite {
    let post = |title: &str, date: &str, tags: &str| {
        format!("---\ntitle: {title}\ndate: {date}\ntags: [{tags}]\n---\nThe hamstring, and {title}.")
    };
    TestSite::new()
        .post("new", &post("New", "2026-05-04", "Lower legs, feet"))
        .post("old", &post("Old", "2025-05-04", "feet"))
        .post("older", &post("Older", "2025-03-04", "Über"))
        .page("about", "The hamstring is on a page as well.")
        .keeps_current()
        .start()
        .await
}

#[tokio::test]
async fn a_tag_and_a_year_narrow_the_results() {
    let site = narrowed_site().await;
    for (query, found) in [
        ("q=hamstring&tag=feet", &["/posts/new", "/posts/old"][..]),
        ("q=hamstring&tag=lower-legs", &["/posts/new"]),
        ("q=hamstring&tag=Lower+legs&year=", &["/posts/new"]),
        ("q=hamstring&tag=%C3%9Cber", &["/posts/older"]),
        ("q=hamstring&year=2025", &["/posts/old", "/posts/older"]),
        ("q=hamstring&year=2025&tag=feet", &["/posts/old"]),
        ("q=hamstring&year=2026&tag=%C3%BCber", &[]),
        ("q=older&tag=feet", &[]),
        // Without words: newest first.
        ("tag=feet", &["/posts/new", "/posts/old"]),
        ("year=2025&q=+", &["/posts/old", "/posts/older"]),
        ("year=2026&tag=%C3%BCber", &[]),
    ] {
        let answer = site.get(&format!("/search?{query}")).await;
        let mut shown = results(answer.is(200));
        if query.contains("q=hamstring") {
            shown.sort();
        }
        assert_eq!(shown, found, "{query}");
        assert_eq!(answer.html().meta("robots"), Some("noindex"), "{query}");
        assert_eq!(answer.header("cache-control"), "no-store", "{query}");
    }
}

#[tokio::test]
async fn chosen_filters_are_shown_with_a_link_that_removes_each() {
    let site = narrowed_site().await;
    let html = site.get("/search?q=ham&tag=feet&year=2025").await.html();
    let chosen: Vec<(String, String)> = html
        .all("a")
        .iter()
        .filter(|link| link.get("aria-label").contains("take away"))
        .map(|link| (link.words(), link.get("href").to_owned()))
        .collect();
    let expected = [("feet", "/search?q=ham&year=2025"), ("2025", "/search?q=ham&tag=feet")];
    assert_eq!(chosen, expected.map(|(words, href)| (words.to_owned(), href.to_owned())));
    let selected: Vec<&str> = html
        .all("option")
        .iter()
        .filter(|one| one.attribute("selected").is_some())
        .map(|one| one.get("value"))
        .collect();
    assert_eq!(selected, ["feet", "2025"]);
    let tags: Vec<String> = html.all("option").iter().map(|one| one.words()).collect();
    assert_eq!(tags, ["Any tag", "feet (2)", "Lower legs (1)", "Über (1)", "Any year", "2026 (1)", "2025 (2)"]);
    let bare = site.get("/search").await.html();
    assert!(bare.all("a").iter().all(|link| !link.get("aria-label").contains("take away")));
}

#[tokio::test]
async fn unknown_tags_and_years_give_a_message() {
    let site = narrowed_site().await;
    for (query, sentence) in [
        ("q=hamstring&tag=feat", "No post has the tag “feat”. The nearest one is “feet”."),
        ("tag=xylophone", "No post has the tag “xylophone”."),
        ("tag=%22%3E%3Cscript%3E", "No post has the tag “&#34;&#62;&#60;script&#62;”."),
        ("q=hamstring&year=2019", "No post is from “2019”."),
        ("year=99999999999999", "No post is from “99999999999999”."),
        ("year=%2B2025x", "No post is from “+2025x”."),
    ] {
        let answer = site.get(&format!("/search?{query}")).await;
        answer.is(200).says(sentence);
        assert!(results(&answer).is_empty(), "{query}");
        assert!(answer.html().all("script").iter().all(|script| script.get("src").starts_with("/static/")));
    }
}

#[tokio::test]
async fn a_typing_error_is_corrected_with_a_message() {
    let site = narrowed_site().await;
    for (typed, meant) in [("hamstirng", "hamstring"), ("teh Hamstrng", "the hamstring"), ("hamtsr", "hamstring")] {
        let answer = ask(&site, typed).await;
        assert_eq!(results(&answer).len(), 4, "{typed}");
        answer.says(&format!("4 results for “{meant}”"));
        let html = answer.html();
        let exact = html.all("a").into_iter().find(|link| link.get("href").ends_with("&exact=1")).expect("a way back");
        assert!(exact.words().contains(typed), "{typed}");
        let exact = site.get(exact.get("href")).await;
        exact.is(200).says("Nothing found for exactly").says("Did you mean");
        assert!(results(&exact).is_empty(), "{typed}");
    }
    // Under a filter as well, and the filter stays.
    let narrowed = site.get("/search?q=hamstirng&year=2026").await;
    assert_eq!(results(&narrowed), ["/posts/new"]);
    narrowed.html().one("a", "href", "/search?q=hamstring&year=2026");
    let html = narrowed.html();
    assert_eq!(html.all("em").iter().map(|em| em.words()).collect::<Vec<_>>(), ["hamstring"]);
}

#[tokio::test]
async fn correct_words_are_not_replaced() {
    let site = narrowed_site().await;
    for question in ["hamstring", "hamst", "older", "xylophone", "2024", "zz", "hamstring xylophone"] {
        ask(&site, question).await.does_not_say("Did you mean").does_not_say("Search for exactly");
    }
}

#[tokio::test]
async fn few_results_come_with_a_correction() {
    let slip = "The hamstirng, once mistyped by the author.";
    let site =
        (0..12).fold(TestSite::new().post("slip", slip), |site, n| site.post(&format!("p{n}"), "The hamstring."));
    let site = site.keeps_current().start().await;
    let answer = ask(&site, "hamstirng").await;
    assert_eq!(results(&answer), ["/posts/slip"]);
    answer.says("1 result for “hamstirng”").says("Did you mean").does_not_say("Search for exactly");
    answer.html().one("a", "href", "/search?q=hamstring");
}

#[tokio::test]
async fn no_search_is_cached() {
    let site = narrowed_site().await;
    site.get("/search").await.is(200);
    site.get("/search?tag=feet").await.does_not_say("Older");
    site.get("/search?year=2025").await.says("Older");
    site.get("/search?utm_source=x").await.does_not_say("2 posts");
    assert_eq!(site.get("/search").await.header("cache-control"), "public, max-age=0, must-revalidate");
}

#[tokio::test]
async fn a_filter_without_words_shows_the_newest_posts_and_a_link_to_all() {
    let post = "---\ntitle: A\ndate: 2026-05-02\ntags: [feet]\n---\nText.";
    let site = (0..31).fold(TestSite::new(), |site, n| site.post(&format!("p{n}"), post)).start().await;
    let answer = site.get("/search?tag=feet").await;
    answer.says("The newest 30 of 31 posts");
    assert_eq!(results(&answer).len(), 30);
    answer.html().one("a", "href", "/tags/feet");
}

/// A site with these texts as posts `p0`, `p1`, …, and the page of a first search in it.
async fn site_of(texts: &[&str]) -> TestSite {
    let posts = texts.iter().enumerate();
    let site = posts.fold(TestSite::new(), |site, (n, text)| site.post(&format!("p{n}"), text));
    let site = site.keeps_current().start().await;
    let is_made = async || (!site.get("/search?q=x").await.text().contains("still being made")).then_some(());
    eventually("the index is made", is_made).await;
    site
}

#[tokio::test]
async fn words_of_every_script_are_found_as_they_are_written_and_marked() {
    let site = site_of(&[
        "Это мой новый пост, ёлка и Йога.",
        "오늘은 게임을 하고 몸을 풀었다.",
        "Είπα καλημέρα στον ΌΜΟΡΦΟΣ κόσμος.",
        "यह हिन्दी में एक लेख है।",
        "日本語の全文検索は難しい。ストレッチをする。",
        "การยืดกล้ามเนื้อน่องช่วยให้วิ่งได้ดี",
        "כּוֹכָב וְשָׁלוֹם, كِتَابٌ مـــهم، می\u{200c}خواهم",
        "Łódź, Ærøskøbing, Đà Nẵng, Işıl, ﬁnal, Dehn\u{ad}übung, ｗｉｄｅ",
        "Cafe\u{301}, \u{1100}\u{1166}\u{110b}\u{1175}\u{11b7} und ｶﾞｽ.",
        "我们跑步以后要拉伸小腿",
        "ခြေသလုံး និង ខ្ញុំរត់ ຂ້ອຍແລ່ນ",
    ])
    .await;
    for (question, found, marked) in [
        ("мой", 0, "мой"),
        ("МОЙ", 0, "мой"),
        ("елка", 0, "ёлка"),
        ("йога", 0, "Йога"),
        ("게임 풀었다", 1, "게임|풀었다"),
        ("몸", 1, "몸을"),
        ("καλημέρα", 2, "καλημέρα"),
        ("ΚΑΛΗΜΕΡΑ", 2, "καλημέρα"),
        ("όμορφος", 2, "ΌΜΟΡΦΟΣ"),
        ("ΚΟΣΜΟΣ", 2, "κόσμος"),
        ("हिन्दी", 3, "हिन्दी"),
        ("हिन्", 3, "हिन्दी"),
        ("検索", 4, "検索"),
        ("全文検索", 4, "全文検索"),
        ("日本語 難", 4, "日本語|難し"),
        ("ストレッチ", 4, "ストレッチ"),
        ("น่อง", 5, "น่อง"),
        ("วิ่ง", 5, "วิ่ง"),
        ("כוכב", 6, "כּוֹכָב"),
        ("كتاب", 6, "كِتَابٌ"),
        ("مهم", 6, "مـــهم"),
        ("می\u{200c}خواهم", 6, "می\u{200c}خواهم"),
        ("lodz", 7, "Łódź"),
        ("ærøskøbing", 7, "Ærøskøbing"),
        ("da nang", 7, "Đà|Nẵng"),
        ("isil", 7, "Işıl"),
        ("final", 7, "ﬁnal"),
        ("dehnübung", 7, "Dehn\u{ad}übung"),
        ("wide", 7, "ｗｉｄｅ"),
        ("café", 8, "Cafe\u{301}"),
        ("게임 café", 8, "Cafe\u{301}|\u{1100}\u{1166}\u{110b}\u{1175}\u{11b7}"),
        ("ガス", 8, "ｶﾞｽ"),
        ("拉伸", 9, "拉伸"),
        ("ခြေသလုံး", 10, "ခြေသလုံး"),
        ("រត់", 10, "រត់"),
        ("ແລ່ນ", 10, "ແລ່ນ"),
    ] {
        let answer = ask(&site, question).await;
        answer.does_not_say("Search for exactly");
        assert_eq!(results(&answer), [format!("/posts/p{found}")], "{question:?}");
        let marks: Vec<String> = answer.html().all("mark").iter().map(|mark| mark.words()).collect();
        assert_eq!(marks.join("|"), marked, "{question:?}");
    }
    // Neighbouring characters of other words are no word.
    for question in ["索全", "語検", "คาย", "한국"] {
        check(&site, question, &[]).await;
    }
}

#[tokio::test]
async fn one_letter_is_a_whole_word_and_two_letters_are_a_beginning() {
    let site = site_of(&["Vitamin C helps.", "Calf and cat.", "Plan b."]).await;
    check(&site, "c", &["/posts/p0"]).await;
    check(&site, "ca", &["/posts/p1"]).await;
    check(&site, "helps c", &["/posts/p0"]).await;
    check(&site, "p", &[]).await;
}

#[tokio::test]
async fn a_partial_match_shows_the_pages_with_most_words_and_says_so() {
    let site = site_of(&[
        "The calf: a stretch that needs no gear.",
        "A stretch of road. No calf here, but equipment for running.",
        "Equipment, alone.",
    ])
    .await;
    // All four are in the second one.
    let all = ask(&site, "calf stretch no equipment").await;
    assert_eq!(results(&all), ["/posts/p1"]);
    all.does_not_say("most of the words");
    let most = ask(&site, "calf stretch no gear road").await;
    assert_eq!(results(&most), ["/posts/p0", "/posts/p1"]);
    most.says("No page has all of “calf stretch no gear road”. These have most of the words.");
    let one = ask(&site, "calf gear trampoline").await;
    assert_eq!(results(&one), ["/posts/p0"]);
    one.says("This one has most of the words.");
    let marks: Vec<String> = one.html().all("mark").iter().map(|mark| mark.words()).collect();
    assert_eq!(marks, ["calf", "gear"]);
    // One of two is not most of them, and neither is half.
    check(&site, "calf trampoline", &[]).await;
    check(&site, "calf trampoline gear unicorn", &[]).await;
    // Asked for exactly, only all of them count; filters hold here as well.
    assert!(results(site.get("/search?q=calf+gear+trampoline&exact=1").await.is(200)).is_empty());
    assert!(results(site.get("/search?q=calf+gear+trampoline&year=1999").await.is(200)).is_empty());
    // A slip among the words is put right first.
    let slip = ask(&site, "calf strecth gear trampoline").await;
    assert_eq!(results(&slip), ["/posts/p0"]);
    slip.says("No page has all of “calf stretch gear trampoline”.");
}

#[tokio::test]
async fn a_partial_match_is_announced_in_german() {
    let site = TestSite::new().site_toml("language = \"de\"").post("p0", "Die Wade dehnen, ohne Geräte.");
    let site = site.keeps_current().start().await;
    let path = "/search?q=wade+dehnen+trampolin";
    eventually("the index is made", async || (!results(&site.get(path).await).is_empty()).then_some(())).await;
    site.get(path).await.says("Keine Seite enthält alle Wörter von „wade dehnen trampolin“.");
}
