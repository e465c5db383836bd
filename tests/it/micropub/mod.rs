//! Writing apps: tokens, Micropub, and signing in by address.

mod attacks;
mod cases;
mod posts;
mod routes;
mod signing_in;
mod tokens;
mod uploads;

use std::fmt::Write;

use axum::body::Body;
use http::Method;
use instep::domain::token::{Rights, Scopes, hash};
use serde_json::{Value, json};

use crate::support::{Answer, Builder, TestSite};

pub const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// A site that reads files as they change, and an app with a token for everything.
pub async fn site() -> TestSite {
    started(TestSite::new()).await
}

pub async fn started(builder: Builder) -> TestSite {
    let site = builder.setting("site.base_url", "https://laces.example").keeps_current().start().await;
    add_token(&site, "secret", "create update delete media").await;
    site
}

pub async fn add_token(site: &TestSite, secret: &str, scopes: &str) {
    let rights = Rights { name: secret.to_owned(), scopes: Scopes::parse(scopes), ..Rights::default() };
    site.store().add_token(&hash(secret), &rights, site.app.clock.now()).await.expect("adds");
}

pub async fn send(site: &TestSite, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
    send_as(site, "secret", path, kind, body).await
}

pub async fn send_as(site: &TestSite, token: &str, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let token = format!("Bearer {token}");
    site.ask(Method::POST, path, &[("authorization", &token), ("content-type", kind)], body).await
}

pub async fn form(site: &TestSite, body: &str) -> Answer {
    send(site, "/micropub", FORM, body.to_owned()).await
}

pub async fn send_json(site: &TestSite, body: &Value) -> Answer {
    send(site, "/micropub", "application/json", body.to_string()).await
}

/// New post with these properties.
pub async fn post(site: &TestSite, properties: Value) -> Answer {
    send_json(site, &json!({"type": ["h-entry"], "properties": properties})).await
}

pub async fn query(site: &TestSite, query: &str) -> Value {
    let answer = site.get_with(&format!("/micropub?{query}"), &[("authorization", "Bearer secret")]).await;
    assert_eq!(answer.is(200).header("content-type"), "application/json");
    serde_json::from_slice(&answer.body).expect("JSON")
}

/// Properties of a post, by its address.
pub async fn source(site: &TestSite, url: &str) -> Value {
    query(site, &format!("q=source&url={url}")).await["properties"].clone()
}

/// Files and fields of a multipart form: name, name of the file if it is one, and bytes.
pub async fn multipart(site: &TestSite, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Answer {
    let mut body = Vec::new();
    for (name, file, bytes) in parts {
        let mut head = format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"");
        if let Some(file) = file {
            write!(head, "; filename=\"{file}\"\r\nContent-Type: application/octet-stream").expect("writes");
        }
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--limit--\r\n");
    send(site, path, "multipart/form-data; boundary=limit", body).await
}

/// Path of the post that an answer leads to. The site has it already.
#[track_caller]
pub fn made(answer: &Answer) -> String {
    let location = answer.is(201).header("location");
    location.strip_prefix("https://laces.example").unwrap_or_else(|| panic!("{location} is no address here")).to_owned()
}

pub fn error_of(answer: &Answer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    body["error"].as_str().unwrap_or_default().to_owned()
}
