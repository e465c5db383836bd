//! IndieAuth: an app signs in with the address of the site, the author allows it, and a code becomes a token.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use http::Method;
use instep::domain::{
    account::{NewAccount, PasswordLink, Role},
    token::hash,
};
use jiff::SignedDuration;
use serde_json::Value;

use super::{FORM, error_of, send_as, site};
use crate::support::{Answer, TestSite, visitor::Visitor};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CLIENT: &str = "https://quill.example/";
const BACK: &str = "https://quill.example/auth?x=1";

fn query(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Address to which an app sends its user.
fn asked(scope: &str) -> String {
    let challenge = hash(VERIFIER);
    let pairs = [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", BACK),
        ("state", "a b&c"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("scope", scope),
    ];
    format!("/desk/authorize?{}", query(&pairs))
}

async fn author(site: &TestSite) -> Visitor<'_> {
    let author = site.visitor("192.0.2.1");
    let link = PasswordLink::First.path(&site.app.signer, site.app.clock.now());
    let form = author.form(&link).await.set("name", "Jo").set("email", "jo@example.org");
    form.set("password", "four calm words here").send().await.is(303);
    author
}

/// Query of the address to which the author is led back.
fn led_back(answer: &Answer) -> Vec<(String, String)> {
    let refresh = answer.is(200).header("refresh");
    let url: url::Url = refresh.strip_prefix("0;url=").expect("an address").parse().expect("an address");
    assert_eq!((url.host_str(), url.path()), (Some("quill.example"), "/auth"));
    assert!(answer.html().all("a").iter().any(|link| link.get("href") == url.as_str()), "a link for those who wait");
    url.query_pairs().into_owned().collect()
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
}

async fn code(author: &Visitor<'_>, scope: &str) -> String {
    let page = author.get(&asked(scope)).await;
    let allowed = author.form_in(&page.is(200).html()).add("act", "allow").send().await;
    let pairs = led_back(&allowed);
    assert_eq!((value(&pairs, "state"), value(&pairs, "x")), ("a b&c", "1"));
    assert_eq!(value(&pairs, "iss"), "https://laces.example");
    value(&pairs, "code").to_owned()
}

async fn redeem(site: &TestSite, path: &str, changes: &[(&str, &str)]) -> Answer {
    let mut pairs = vec![
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    pairs.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    pairs.extend(changes);
    site.ask(Method::POST, path, &[("content-type", FORM), ("origin", "https://quill.example")], query(&pairs)).await
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("JSON")
}

#[tokio::test]
async fn an_app_finds_everything_from_the_address_of_the_site() {
    let site = site().await;
    let home = site.get("/").await.html();
    let link = |rel: &str| home.one("link", "rel", rel).get("href").to_owned();
    let metadata = body(site.get(&link("indieauth-metadata")).await.is(200));
    assert_eq!(metadata["issuer"], "https://laces.example");
    let absolute = |rel: &str| format!("https://laces.example{}", link(rel));
    assert_eq!(metadata["authorization_endpoint"], absolute("authorization_endpoint"));
    assert_eq!(metadata["token_endpoint"], absolute("token_endpoint"));
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
}

#[tokio::test]
async fn a_code_becomes_a_token_that_publishes_until_it_is_given_back() {
    let site = site().await;
    let author = author(&site).await;
    let page = author.get(&asked("create media profile")).await;
    page.is(200).says("quill.example").says("write posts").does_not_say("delete posts");
    let code = code(&author, "create media profile").await;
    let answer = redeem(&site, "/micropub/token", &[("code", &code)]).await;
    assert_eq!(answer.is(200).header("cache-control"), "private, no-store");
    let answer = body(&answer);
    assert_eq!((&answer["me"], &answer["scope"]), (&"https://laces.example/".into(), &"create media".into()));
    assert_eq!(answer["token_type"], "Bearer");
    let token = answer["access_token"].as_str().expect("a token");
    send_as(&site, token, "/micropub", FORM, "h=entry&content=From+an+app").await.is(201);
    let refused = send_as(&site, token, "/micropub", FORM, "action=delete&url=https://laces.example/x").await;
    assert_eq!(error_of(refused.is(403)), "insufficient_scope");
    author.get("/desk/tokens").await.is(200).says("https://quill.example/");
    redeem(&site, "/micropub/revoke", &[("token", token)]).await.is(200);
    send_as(&site, token, "/micropub", FORM, "h=entry&content=Late").await.is(401);
    redeem(&site, "/micropub/revoke", &[("token", token)]).await.is(200);
}

#[tokio::test]
async fn a_code_is_for_one_use_one_app_and_ten_minutes() {
    let site = site().await;
    let author = author(&site).await;
    let used = code(&author, "create").await;
    redeem(&site, "/micropub/token", &[("code", &used)]).await.is(200);
    for (changed, value) in [
        ("code", used.as_str()),
        ("code_verifier", "another-verifier-that-is-long-enough-to-be-one"),
        ("code_verifier", ""),
        ("client_id", "https://evil.example/"),
        ("redirect_uri", "https://quill.example/other"),
    ] {
        let fresh = code(&author, "create").await;
        let fresh = if changed == "code" { value } else { &fresh };
        let mut form = vec![("code", fresh), (changed, value)];
        form.dedup();
        let answer = redeem(&site, "/micropub/token", &form).await;
        assert_eq!(error_of(answer.is(400)), "invalid_grant", "{changed}");
        // A wrong attempt uses the code up.
        redeem(&site, "/micropub/token", &[("code", fresh)]).await.is(400);
    }
    let old = code(&author, "create").await;
    site.turn(SignedDuration::from_mins(10));
    assert_eq!(error_of(redeem(&site, "/micropub/token", &[("code", &old)]).await.is(400)), "invalid_grant");
    let fresh = code(&author, "create").await;
    let refreshed = redeem(&site, "/micropub/token", &[("code", &fresh), ("grant_type", "refresh_token")]).await;
    assert_eq!(error_of(refreshed.is(400)), "unsupported_grant_type");
}

#[tokio::test]
async fn an_app_may_ask_only_whose_site_this_is() {
    let site = site().await;
    let author = author(&site).await;
    let code_for_name = code(&author, "profile email").await;
    let answer = redeem(&site, "/desk/authorize", &[("code", &code_for_name)]).await;
    assert_eq!(body(answer.is(200)), serde_json::json!({"me": "https://laces.example/"}));
    let code_for_name = code(&author, "").await;
    let answer = redeem(&site, "/micropub/token", &[("code", &code_for_name)]).await;
    assert_eq!(error_of(answer.is(400)), "invalid_grant");
    assert_eq!(site.store().tokens().await.expect("reads").len(), 1, "no token was made");
}

#[tokio::test]
async fn a_no_leads_back_without_a_code() {
    let site = site().await;
    let author = author(&site).await;
    let page = author.get(&asked("create")).await;
    let denied = author.form_in(&page.html()).add("act", "deny").send().await;
    let pairs = led_back(&denied);
    assert_eq!((value(&pairs, "error"), value(&pairs, "code")), ("access_denied", ""));
}

#[tokio::test]
async fn requests_that_could_send_a_code_elsewhere_are_refused() {
    let site = site().await;
    let author = author(&site).await;
    let good = asked("create");
    for (part, changed) in [
        ("redirect_uri=https%3A%2F%2Fquill.example%2F", "redirect_uri=https%3A%2F%2Fevil.example%2F"),
        ("redirect_uri=https%3A%2F%2Fquill.example%2F", "redirect_uri=http%3A%2F%2Fquill.example%2F"),
        ("redirect_uri=https%3A%2F%2Fquill.example%2F", "redirect_uri=https%3A%2F%2Fquill.example%40evil.example%2F"),
        ("client_id=https%3A%2F%2Fquill.example%2F", "client_id=javascript%3Aalert(1)"),
        ("client_id=https%3A%2F%2Fquill.example%2F", "client_id=quill"),
        ("response_type=code", "response_type=id"),
        ("code_challenge_method=S256", "code_challenge_method=plain"),
        (&*format!("code_challenge={}", hash(VERIFIER)), "code_challenge=short"),
        (&*format!("code_challenge={}", hash(VERIFIER)), ""),
    ] {
        assert!(good.contains(part), "{part}");
        author.get(&good.replace(part, changed)).await.is(400).says("PKCE");
    }
    // The form is checked again.
    let page = author.get(&good).await;
    let form = author.form_in(&page.html()).set("redirect_uri", "https://evil.example/").add("act", "allow");
    let answer = form.send().await;
    assert!(!answer.is(400).has_header("refresh"));
}

#[tokio::test]
async fn an_author_who_is_not_signed_in_comes_back_to_the_question() {
    let site = site().await;
    author(&site).await;
    let browser = site.visitor("192.0.2.7");
    assert_eq!(browser.get(&asked("create")).await.is(303).header("location"), "/desk/sign-in");
    let form = browser.form("/desk/sign-in").await.set("email", "jo@example.org");
    assert_eq!(form.set("password", "four calm words here").send().await.is(303).header("location"), "/desk");
    let led = browser.get("/desk").await;
    assert_eq!(led.is(303).header("location"), asked("create"));
    browser.get("/desk").await.is(200);
    // A cookie with another address leads nowhere.
    let other = site.visitor("192.0.2.8");
    let form = other.form("/desk/sign-in").await.set("email", "jo@example.org");
    form.set("password", "four calm words here").send().await.is(303);
    for address in ["https://evil.example/", "/desk/authorized?", "//evil.example/desk/authorize?"] {
        other.set_cookie("instep_app", &BASE64.encode(address));
        other.get("/desk").await.is(200);
    }
}

#[tokio::test]
async fn only_the_author_allows_apps() {
    let site = site().await;
    let new = NewAccount::parse("Mia", "mia@example.org", Role::Moderator).expect("is valid");
    let id = site.store().add_account(&new, None, false, site.app.clock.now()).await.expect("adds");
    let account = site.store().account(id).await.expect("is there");
    let mia = site.visitor("192.0.2.3");
    let link = PasswordLink::of(&account).path(&site.app.signer, site.app.clock.now());
    mia.form(&link).await.set("password", "four calm words here").send().await.is(303);
    mia.get(&asked("create")).await.is(403);
    mia.post("/desk/consent", &asked("create")["/desk/authorize?".len()..]).await.is(403);
}
