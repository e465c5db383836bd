//! Files that writing apps make, and answers that are not in the list of cases.

use http::Method;
use serde_json::json;

use super::{form, made, multipart, post, send, send_json, site, source, started};
use crate::support::{TestSite, photo, read};

#[tokio::test]
async fn a_post_is_a_plain_markdown_file() {
    let site = site().await;
    let new = json!({
        "name": ["Feet: first"], "summary": ["A \"quoted\" word"], "content": ["Text with *stress*.\r\n\r\nMore."],
        "category": ["feet", "a, b"], "published": ["2026-05-02T10:00:00+02:00"], "mp-slug": ["feet"],
        "in-reply-to": ["https://other.example/post"],
    });
    assert_eq!(made(&post(&site, new).await), "/posts/feet");
    let expected = "---\ntitle: \"Feet: first\"\ndate: 2026-05-02 08:00:00\ndescription: A \"quoted\" word\n\
                    tags: [feet, \"a, b\"]\n---\nhttps://other.example/post\n\nText with *stress*.\n\nMore.\n";
    assert_eq!(read(&site.path("posts/feet.md")), expected);
    let page = site.get("/posts/feet").await;
    page.is(200).says("<em>stress</em>").says("href=\"https://other.example/post\"");
    assert!(site.problems().is_empty(), "{:#?}", site.problems());
}

#[tokio::test]
async fn ia_writer_sends_three_requests() {
    let site = site().await;
    // First it asks where pictures go, then it sends them, then the text with their addresses.
    let config = site.get_with("/micropub?q=config", &[("authorization", "Bearer secret")]).await;
    let config: serde_json::Value = serde_json::from_slice(&config.is(200).body).expect("JSON");
    let endpoint = config["media-endpoint"].as_str().expect("an address").replace("https://laces.example", "");
    let jpeg = photo::encoded(&photo::quarters(64, 48), image::ImageFormat::Jpeg);
    let picture = multipart(&site, &endpoint, &[("file", Some("IMG 0001.JPG"), &jpeg)]).await;
    let address = picture.is(201).header("location").to_owned();
    let text = format!("# Blog post title\n\nMarkdown of post\n\n![]({address})");
    let draft = json!({"name": "Blog post title", "content": text, "post-status": "draft"});
    let made = post(&site, draft).await;
    let url = made.is(201).header("location").to_owned();
    assert_eq!(url, "https://laces.example/posts/blog-post-title");
    site.get("/posts/blog-post-title").await.is(404);
    assert!(read(&site.path("posts/blog-post-title.md")).contains("![](/media/img-0001.jpg)"));
    assert_eq!(source(&site, &url).await["post-status"], json!(["draft"]));
    send_json(&site, &json!({"action": "update", "url": url, "replace": {"post-status": ["published"]}})).await.is(204);
    site.get("/posts/blog-post-title").await.is(200).says("-img-0001.jpg\"");
}

#[tokio::test]
async fn names_that_are_taken_get_a_number() {
    let site = started(TestSite::new().post("calf", "Old").setting("site.permalink", "/{slug}")).await;
    let slug = async |slug: &str| made(&post(&site, json!({"content": ["New"], "mp-slug": [slug]})).await);
    assert_eq!(slug("calf").await, "/calf-2");
    assert_eq!(slug("calf").await, "/calf-3");
    assert_eq!(slug("desk").await, "/desk-2");
    assert_eq!(slug("Füße zuerst").await, "/f%C3%BC%C3%9Fe-zuerst");
    site.get("/calf").await.is(200).says("Old");
}

#[tokio::test]
async fn html_stays_one_block() {
    let site = site().await;
    let html = "<p>One *star*.</p>\n\n    <p>Indented.</p>\n<pre>a\n\nb</pre>";
    let path = made(&form(&site, &format!("h=entry&content[html]={}", address(html))).await);
    site.get(&path).await.is(200).says("One *star*.").says("<p>Indented.</p>").does_not_say("<code>");
}

fn address(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn a_date_ahead_schedules_a_post() {
    let site = site().await;
    let new = json!({"content": ["Later"], "published": ["2026-12-24T18:00:00Z"], "mp-slug": ["later"]});
    assert_eq!(made(&post(&site, new).await), "/posts/later");
    site.get("/posts/later").await.is(404);
}

#[tokio::test]
async fn requests_that_make_no_sense_change_nothing() {
    let site = site().await;
    let url = post(&site, json!({"content": ["Here"], "mp-slug": ["here"]})).await.header("location").to_owned();
    let before = read(&site.path("posts/here.md"));
    let update = |changes: serde_json::Value| {
        let mut asked = json!({"action": "update", "url": url});
        asked.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        asked
    };
    for (asked, status) in [
        (json!({"action": "update", "url": "https://laces.example/posts/none", "delete": ["content"]}), 404),
        (json!({"action": "update", "url": "https://other.example/posts/here", "delete": ["content"]}), 404),
        (
            json!({"action": "update", "url": "https://laces.example.evil.example/posts/here", "delete": ["content"]}),
            404,
        ),
        (json!({"action": "update", "delete": ["content"]}), 404),
        (update(json!({})), 400),
        (update(json!({"replace": {"location": ["x"]}})), 400),
        (update(json!({"replace": {"published": ["tomorrow"]}})), 400),
        (update(json!({"replace": {"post-status": ["hidden"]}})), 400),
        (update(json!({"replace": {"content": [{"markdown": 1}]}})), 400),
        (update(json!({"add": {"photo": ["javascript:alert(1)"]}})), 400),
        (update(json!({"delete": {"photo": ["https://photos.example/a.jpg"]}})), 400),
        (json!({"action": "burn", "url": url}), 400),
        (json!({"type": ["h-event"], "properties": {"name": ["x"]}}), 400),
        (json!({"type": ["h-entry"], "properties": {"content": [7]}}), 400),
        (json!({"type": ["h-entry"], "properties": {"published": ["yesterday"]}}), 400),
        (json!([]), 400),
    ] {
        let answer = send_json(&site, &asked).await;
        assert_eq!(answer.status, status, "{asked}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/json", "{asked}");
    }
    send(&site, "/micropub", "text/plain", "x").await.is(400);
    send(&site, "/micropub", "multipart/form-data", "x").await.is(400);
    send(&site, "/micropub/media", super::FORM, "x=1").await.is(400);
    form(&site, "h=event&name=x").await.is(400);
    assert_eq!(read(&site.path("posts/here.md")), before);
    assert_eq!(std::fs::read_dir(site.path("posts")).expect("a folder").count(), 1);
}

#[tokio::test]
async fn pages_of_other_sites_may_ask() {
    let site = site().await;
    let origin = [("origin", "https://quill.example"), ("access-control-request-method", "POST")];
    for path in ["/micropub", "/micropub/media"] {
        let answer = site.ask(Method::OPTIONS, path, &origin, "").await;
        assert_eq!(answer.is(204).header("access-control-allow-origin"), "*", "{path}");
        assert!(answer.header("access-control-allow-headers").contains("authorization"), "{path}");
    }
    let asked =
        [("origin", "https://quill.example"), ("sec-fetch-site", "cross-site"), ("authorization", "Bearer secret")];
    let answer = site.get_with("/micropub?q=config", &asked).await;
    assert_eq!(answer.is(200).header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-expose-headers"), "location");
}

#[tokio::test]
async fn without_the_desk_no_app_publishes() {
    let site = TestSite::new().post("calf", "x").setting("site.desk.enabled", "false").start().await;
    site.get("/micropub?q=config").await.is(404);
    site.get("/posts/calf").await.does_not_say("micropub");
    let site = TestSite::new().post("calf", "x").start().await;
    site.get("/posts/calf").await.says("<link rel=\"micropub\" href=\"/micropub\">");
}
