//! Every route of the desk and of Micropub, asked by everybody who may not use it.

use http::Method;
use instep::domain::{
    account::{NewAccount, PasswordLink, Role},
    token::hash,
};
use jiff::SignedDuration;
use serde_json::json;

use super::{FORM, add_token, error_of, post, send_as, site};
use crate::support::{TestSite, read, root, visitor::Visitor};

const PASSWORD: &str = "four calm words here";

/// Paths of the routes behind the guard of the desk, and those that a moderator may use, from the source.
fn routes_of_the_desk() -> (Vec<String>, Vec<String>) {
    let source = read(&root().join("src/web/desk/mod.rs"));
    let paths = |part: &str| -> Vec<String> {
        part.split('"').filter(|text| text.starts_with("/desk")).map(|path| path.replace(['{', '}', '*'], "")).collect()
    };
    let guarded = source.split("pub fn routes").nth(1).and_then(|rest| rest.split(".route_layer(").next());
    let of_all = source.split("FOR_EVERY_ACCOUNT").nth(1).and_then(|rest| rest.split("];").next());
    (paths(guarded.expect("routes")), paths(of_all.expect("a list")))
}

async fn account(site: &TestSite, browser: &Visitor<'_>, name: &str, role: Role) {
    let new = NewAccount::parse(name, &format!("{name}@example.org"), role).expect("is valid");
    let id = site.store().add_account(&new, None, false, site.app.clock.now()).await.expect("adds");
    let account = site.store().account(id).await.expect("is there");
    let link = PasswordLink::of(&account).path(&site.app.signer, site.app.clock.now());
    browser.form(&link).await.set("password", PASSWORD).send().await.is(303);
}

#[tokio::test]
async fn every_route_of_the_desk_checks_who_asks() {
    let site = site().await;
    let [nobody, author, moderator, late] =
        ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"].map(|address| site.visitor(address));
    account(&site, &late, "Lea", Role::Author).await;
    site.turn(SignedDuration::from_hours(24 * 31));
    account(&site, &author, "Jo", Role::Author).await;
    account(&site, &moderator, "Mia", Role::Moderator).await;
    let (paths, of_all) = routes_of_the_desk();
    assert!(paths.len() > 7 && of_all.len() > 4, "{paths:?} {of_all:?}");
    for path in &paths {
        // One of the routes ends all sessions.
        for (browser, email) in [(&author, "jo@example.org"), (&moderator, "mia@example.org")] {
            let form = browser.form("/desk/sign-in").await.set("email", email).set("password", PASSWORD);
            form.send().await.is(303);
        }
        // An app sends its code there, without a session.
        let is_for_apps = path == "/desk/authorize";
        for stranger in [&nobody, &late] {
            let answer = stranger.get(path).await;
            assert!(answer.leads() == "303 /desk/sign-in" || answer.status == 405, "{path}: {}", answer.leads());
            let answer = stranger.post(path, "x=1").await;
            assert!([401, 405].contains(&answer.status) || is_for_apps, "{path}: {}", answer.status);
        }
        let answers = [moderator.get(path).await, moderator.post(path, "x=1").await];
        for answer in answers.iter().filter(|answer| answer.status != 405 && !(is_for_apps && answer.status == 400)) {
            let is_refused = answer.status == 403;
            assert_eq!(is_refused, !of_all.contains(path), "{path} for a moderator: {}", answer.status);
        }
        let opened = author.get(path).await;
        // Pages of a text need its name.
        let is_opened = ![401, 403, 404].contains(&opened.status) || (opened.status == 404 && path.contains("/texts/"));
        assert!(is_opened, "{path} for the author: {}", opened.status);
        let foreign = author.post_from_elsewhere(path, "x=1").await;
        assert!([403, 405].contains(&foreign.status) || is_for_apps, "{path} from another site: {}", foreign.status);
    }
}

#[tokio::test]
async fn every_request_of_an_app_needs_its_scope() {
    let site = site().await;
    let url = post(&site, json!({"content": ["Here"], "mp-slug": ["here"]})).await.header("location").to_owned();
    for scope in ["create", "update", "delete", "media"] {
        add_token(&site, scope, scope).await;
    }
    add_token(&site, "revoked", "create update delete media").await;
    site.store().revoke_token(&hash("revoked")).await.expect("revokes");
    let file = "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nx\r\n--limit--\r\n";
    let (json_type, multipart) = ("application/json", "multipart/form-data; boundary=limit");
    let update = json!({"action": "update", "url": url, "replace": {"content": ["Changed"]}}).to_string();
    let (delete, undelete) = (format!("action=delete&url={url}"), format!("action=undelete&url={url}"));
    for (path, kind, body, allowed) in [
        ("/micropub", FORM, "h=entry&content=New", &["create"][..]),
        ("/micropub", json_type, &update, &["update"]),
        ("/micropub", FORM, &delete, &["delete"]),
        ("/micropub", FORM, &undelete, &["delete"]),
        // A text is no medium, which only who may add media is told.
        ("/micropub/media", multipart, file, &["create", "media"]),
    ] {
        let anonymous = site.ask(Method::POST, path, &[("content-type", kind)], body.to_owned()).await;
        assert_eq!(error_of(anonymous.is(401)), "unauthorized", "{path} {body}");
        for token in ["revoked", "unknown", "", "create update"] {
            let answer = send_as(&site, token, path, kind, body.to_owned()).await;
            assert_eq!(error_of(answer.is(401)), "unauthorized", "{path} {body} with {token:?}");
        }
        for scope in ["create", "update", "delete", "media"] {
            let answer = send_as(&site, scope, path, kind, body.to_owned()).await;
            let is_allowed = !["insufficient_scope", "unauthorized"].contains(&&*error_of(&answer));
            assert_eq!(is_allowed, allowed.contains(&scope), "{path} {body} with {scope}: {}", answer.status);
        }
    }
    for asked in ["q=config", "q=syndicate-to", "q=category", &format!("q=source&url={url}")] {
        let path = format!("/micropub?{asked}");
        assert_eq!(error_of(site.get(&path).await.is(401)), "unauthorized", "{asked}");
        let revoked = site.get_with(&path, &[("authorization", "Bearer revoked")]).await;
        assert_eq!(error_of(revoked.is(401)), "unauthorized", "{asked}");
        for (scope, reads) in [("create", true), ("update", true), ("delete", false), ("media", false)] {
            let answer = site.get_with(&path, &[("authorization", &format!("Bearer {scope}"))]).await;
            let is_allowed = reads || !asked.starts_with("q=source");
            assert_eq!(answer.status, if is_allowed { 200 } else { 403 }, "{asked} with {scope}");
        }
    }
}

#[tokio::test]
async fn a_session_of_the_desk_is_no_token() {
    let site = site().await;
    let author = site.visitor("192.0.2.2");
    account(&site, &author, "Jo", Role::Author).await;
    author.get("/desk").await.is(200);
    author.post("/micropub", "h=entry&content=From+a+page+of+another+site").await.is(401);
    author.get("/micropub?q=config").await.is(401);
}
