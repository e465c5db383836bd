//! The 36 cases of micropub.rocks for servers, by their numbers.

use image::ImageFormat;
use serde_json::json;

use super::{FORM, add_token, error_of, form, made, multipart, post, query, send_as, send_json, site, source};
use crate::support::{Answer, TestSite, photo, read};

/// The smallest GIF.
const GIF: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\
                     \x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

async fn page(site: &TestSite, answer: &Answer) -> Answer {
    let page = site.get(&made(answer)).await;
    page.is(200);
    page
}

fn picture(format: ImageFormat) -> Vec<u8> {
    photo::encoded(&photo::quarters(64, 48), format)
}

#[tokio::test]
async fn cases_100_to_107_posts_from_forms() {
    let site = site().await;
    let plain = form(&site, "h=entry&content=Micropub+test+of+creating+a+basic+h-entry").await;
    page(&site, &plain).await.says("Micropub test of creating a basic h-entry");
    let two = form(&site, "h=entry&content=Two+categories&category[]=test1&category[]=test2").await;
    page(&site, &two).await.says("/tags/test1\"").says("/tags/test2\"");
    let photo = form(&site, "h=entry&content=A+photo&photo=https%3A%2F%2Fphotos.example%2Fsunset.jpg").await;
    page(&site, &photo).await.says("src=\"https://photos.example/sunset.jpg\"");
    let one = form(&site, "h=entry&content=One+category&category=test1").await;
    page(&site, &one).await.says("/tags/test1\"").does_not_say("/tags/test2\"");
}

#[tokio::test]
async fn cases_200_to_206_posts_from_json() {
    let site = site().await;
    let plain = post(&site, json!({"content": ["A basic h-entry as JSON"]})).await;
    page(&site, &plain).await.says("A basic h-entry as JSON");
    let two = post(&site, json!({"content": ["Two categories as JSON"], "category": ["test1", "test2"]})).await;
    page(&site, &two).await.says("/tags/test1\"").says("/tags/test2\"");
    let html = "<p>This post has <b>bold</b> and <i>italic</i> text.</p>";
    let html = post(&site, json!({"content": [{"html": html}]})).await;
    page(&site, &html).await.says("<b>bold</b> and <i>italic</i> text.");
    let photo = post(&site, json!({"content": ["Photo"], "photo": ["https://photos.example/sunset.jpg"]})).await;
    page(&site, &photo).await.says("src=\"https://photos.example/sunset.jpg\"");
    let checkin =
        json!({"type": ["h-card"], "properties": {"name": ["Los Gorditos"], "url": ["https://foursquare.example"]}});
    let nested = post(&site, json!({"content": ["Lunch meeting"], "checkin": [checkin]})).await;
    page(&site, &nested).await.says("Lunch meeting").does_not_say("h-card");
    let with_alt = json!({"value": "https://photos.example/sunset.jpg", "alt": "A [red] sunset"});
    let with_alt = post(&site, json!({"content": ["With alt text"], "photo": [with_alt]})).await;
    page(&site, &with_alt).await.says("alt=\"A [red] sunset\"");
    let photos = json!(["https://photos.example/sunset.jpg", "https://photos.example/city.jpg"]);
    let both = post(&site, json!({"content": ["Two photos"], "photo": photos})).await;
    page(&site, &both).await.says("https://photos.example/sunset.jpg").says("https://photos.example/city.jpg");
}

#[tokio::test]
async fn cases_300_and_301_posts_with_files() {
    let site = site().await;
    let (jpeg, png) = (picture(ImageFormat::Jpeg), picture(ImageFormat::Png));
    let fields = [("h", None, &b"entry"[..]), ("content", None, b"Nice sunset tonight")];
    let one = [fields[0], fields[1], ("photo", Some("sunset.jpg"), &jpeg[..])];
    let one = multipart(&site, "/micropub", &one).await;
    page(&site, &one).await.says("Nice sunset tonight").says("-sunset.jpg\"");
    let two = [fields[0], fields[1], ("photo[]", Some("day.jpg"), &jpeg[..]), ("photo[]", Some("night.png"), &png[..])];
    let two = multipart(&site, "/micropub", &two).await;
    page(&site, &two).await.says("-day.jpg\"").says("-night.png\"");
}

#[tokio::test]
async fn cases_400_to_405_updates() {
    let site = site().await;
    let first = post(&site, json!({"content": ["Before"], "category": ["test1"], "mp-slug": ["changing"]})).await;
    let url = first.is(201).header("location").to_owned();
    let change = async |changes: serde_json::Value| {
        let mut asked = json!({"action": "update", "url": url});
        asked.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        send_json(&site, &asked).await
    };
    change(json!({"replace": {"content": ["This is the updated text."]}})).await.is(204);
    site.get("/posts/changing").await.is(200).says("This is the updated text.").does_not_say("Before");
    change(json!({"add": {"category": ["test2"]}})).await.is(204);
    assert_eq!(source(&site, &url).await["category"], json!(["test1", "test2"]));
    let bare = post(&site, json!({"content": ["Without categories"]})).await.header("location").to_owned();
    send_json(&site, &json!({"action": "update", "url": bare, "add": {"category": ["test1"]}})).await.is(204);
    assert_eq!(source(&site, &bare).await["category"], json!(["test1"]));
    change(json!({"delete": {"category": ["test1"]}})).await.is(204);
    assert_eq!(source(&site, &url).await["category"], json!(["test2"]));
    site.get("/posts/changing").await.is(200).says("/tags/test2\"").does_not_say("/tags/test1\"");
    change(json!({"delete": ["category"]})).await.is(204);
    assert!(source(&site, &url).await.get("category").is_none());
    let before = read(&site.path("posts/changing.md"));
    let refused = change(json!({"replace": "This is not a valid update request."})).await;
    assert_eq!(error_of(refused.is(400)), "invalid_request");
    let refused = change(json!({"replace": {"content": "no list"}})).await;
    assert_eq!(error_of(refused.is(400)), "invalid_request");
    assert_eq!(read(&site.path("posts/changing.md")), before);
}

#[tokio::test]
async fn cases_500_to_503_deleted_and_back() {
    let site = site().await;
    for (name, is_json) in [("by-form", false), ("by-json", true)] {
        let new = post(&site, json!({"content": ["Deleted soon"], "mp-slug": [name]})).await;
        let (path, url) = (made(&new), new.header("location").to_owned());
        let act = async |action: &str| match is_json {
            true => send_json(&site, &json!({"action": action, "url": url})).await,
            false => form(&site, &format!("action={action}&url={url}")).await,
        };
        act("delete").await.is(204);
        site.get(&path).await.is(410);
        assert!(!site.path(&format!("posts/{name}.md")).exists());
        act("delete").await.is(404);
        act("undelete").await.is(204);
        site.get(&path).await.is(200).says("Deleted soon");
        assert_eq!(error_of(act("undelete").await.is(404)), "not_found");
    }
}

#[tokio::test]
async fn cases_600_to_603_questions() {
    let site = site().await;
    let config = query(&site, "q=config").await;
    assert_eq!(config["media-endpoint"], "https://laces.example/micropub/media");
    assert_eq!(config["syndicate-to"], json!([]));
    assert_eq!(query(&site, "q=syndicate-to").await, json!({"syndicate-to": []}));
    let new = json!({"content": ["Test of **querying**"], "category": ["micropub", "test"], "name": ["Asked"]});
    let new = post(&site, new).await;
    let url = new.is(201).header("location");
    let whole = query(&site, &format!("q=source&url={url}")).await;
    assert_eq!(whole["type"], json!(["h-entry"]));
    assert_eq!(whole["properties"]["content"], json!(["Test of **querying**"]));
    assert_eq!(whole["properties"]["category"], json!(["micropub", "test"]));
    assert_eq!(whole["properties"]["name"], json!(["Asked"]));
    assert_eq!(whole["properties"]["post-status"], json!(["published"]));
    assert_eq!(whole["properties"]["published"], json!(["2026-11-22T17:00:00+00:00"]));
    let some = query(&site, &format!("q=source&properties[]=content&properties[]=category&url={url}")).await;
    let expected = json!({"content": ["Test of **querying**"], "category": ["micropub", "test"]});
    assert_eq!(some, json!({"properties": expected}));
    assert_eq!(query(&site, "q=category").await, json!({"categories": ["micropub", "test"]}));
    assert_eq!(query(&site, "q=category&filter=MIC").await, json!({"categories": ["micropub"]}));
}

#[tokio::test]
async fn cases_700_to_702_media() {
    let site = site().await;
    let (jpeg, png) = (picture(ImageFormat::Jpeg), picture(ImageFormat::Png));
    for (name, bytes, kind) in [
        ("sunset.jpg", &jpeg[..], "image/jpeg"),
        ("w3c-socialwg.png", &png, "image/png"),
        ("mickey.gif", GIF, "image/gif"),
    ] {
        let added = multipart(&site, "/micropub/media", &[("file", Some(name), bytes)]).await;
        let short = made(&added);
        assert_eq!(short, format!("/media/{name}"));
        let led = site.get(&short).await;
        let file = site.get(led.is(302).header("location")).await;
        assert_eq!(file.is(200).header("content-type"), kind);
    }
    // A post that names the address has the picture, whatever the address becomes.
    let photo = post(&site, json!({"content": ["Sunset"], "photo": ["https://laces.example/media/sunset.jpg"]})).await;
    page(&site, &photo).await.says("-sunset.jpg\"").does_not_say("src=\"https://laces.example");
}

#[tokio::test]
async fn cases_800_to_805_tokens() {
    let site = site().await;
    form(&site, "h=entry&content=Token+in+the+header").await.is(201);
    let anonymous =
        async |body: &str| site.ask(http::Method::POST, "/micropub", &[("content-type", FORM)], body.to_owned()).await;
    let in_body = anonymous("h=entry&content=Token+in+the+body&access_token=secret").await;
    let path = made(&in_body);
    assert!(!read(&site.path(&format!("{}.md", &path[1..]))).contains("secret"), "the token is in no file");
    let refused = anonymous("h=entry&content=No+token").await;
    assert_eq!(error_of(refused.is(401)), "unauthorized");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    let refused = anonymous("h=entry&content=x&access_token=wrong").await;
    assert_eq!(error_of(refused.is(401)), "unauthorized");
    add_token(&site, "reader", "").await;
    let refused = send_as(&site, "reader", "/micropub", FORM, "h=entry&content=x").await;
    assert_eq!(error_of(refused.is(403)), "insufficient_scope");
    let twice = form(&site, "h=entry&content=Twice&access_token=secret").await;
    assert_eq!(error_of(twice.is(400)), "invalid_request");
}
