//! Consent: an app has sent the author here (IndieAuth, 5.2), who decides what it may do.

use axum::http::HeaderMap;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use url::Url;

use super::{SignedIn, tokens};
use crate::{
    domain::{
        limits::CODE_LIFE,
        token::{self, Code, Scopes},
    },
    texts::Desk,
    web::{
        prelude::*,
        session::visitor::{cookies, fresh_token, set_cookie},
    },
};

/// Path of the page.
pub const PATH: &str = "/desk/authorize";
/// Cookie with the request of an app, while the author signs in.
const COOKIE: &str = "instep_app";
/// Longest request that is kept in the cookie: browsers keep 4096 bytes.
const LONGEST: usize = 2900;

/// Request of an app, and the form by which the author answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: String,
    code_challenge: String,
    code_challenge_method: String,
    scope: String,
}

#[derive(Template)]
#[template(path = "desk/authorize.html")]
struct ConsentPage {
    layout: Layout,
    words: &'static Desk,
    asked: Asked,
    scopes: Scopes,
    host: String,
}

impl Asked {
    /// Address of the app and the address for the answer. Without them nothing may be sent anywhere.
    fn checked(&self, words: &Desk) -> Result<(Url, Url), WebError> {
        let is_known = self.response_type == "code"
            && self.code_challenge_method == "S256"
            && token::is_challenge(&self.code_challenge);
        let client = token::client(&self.client_id).filter(|_| is_known);
        let found = client.and_then(|client| Some((client.clone(), token::redirect_uri(&client, &self.redirect_uri)?)));
        found.ok_or_else(|| WebError::said(StatusCode::BAD_REQUEST, &words.app_wrong))
    }
}

/// Keeps the request of an app that is not signed in.
pub fn keep(app: &App, path_and_query: &str, response: Response) -> Response {
    let is_short = path_and_query.len() < LONGEST;
    let seconds = u32::try_from(CODE_LIFE.as_secs()).unwrap_or_default();
    let cookie = is_short.then(|| set_cookie(app, COOKIE, &BASE64.encode(path_and_query), seconds)).flatten();
    with_cookie(response, cookie)
}

/// Leads back to the request of an app that was kept.
pub fn kept(app: &App, headers: &HeaderMap) -> Option<Response> {
    let kept = cookies(headers, COOKIE).find_map(|cookie| String::from_utf8(BASE64.decode(cookie).ok()?).ok())?;
    let path = Some(kept).filter(|path| path.strip_prefix(PATH).is_some_and(|query| query.starts_with('?')))?;
    Some(with_cookie(redirect(StatusCode::SEE_OTHER, &path), set_cookie(app, COOKIE, "", 0)))
}

pub async fn show(State(app): State<App>, asks: SignedIn, Query(asked): Query<Asked>) -> Result<Page, WebError> {
    let words = &app.texts().desk;
    let (client, _) = asked.checked(words)?;
    let page = ConsentPage {
        layout: super::layout(&app, &asks, &words.app_asks, PATH),
        words,
        scopes: Scopes::parse(&asked.scope),
        host: client.host_str().unwrap_or_default().to_owned(),
        asked,
    };
    Page::html(&page, Policy::Private)
}

/// Sends the author back to the app, with a code or with a no. A redirect would be a form that another site gets, which
/// the Content Security Policy forbids; so a page leads there.
pub async fn decide(
    State(app): State<App>,
    asks: SignedIn,
    Posted(fields): Posted<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let words = &app.texts().desk;
    let values = |name| super::values(&fields, name);
    let value = |name| values(name).next().unwrap_or_default().to_owned();
    let asked = Asked {
        response_type: value("response_type"),
        client_id: value("client_id"),
        redirect_uri: value("redirect_uri"),
        state: value("state"),
        code_challenge: value("code_challenge"),
        code_challenge_method: value("code_challenge_method"),
        scope: values("scope").collect::<Vec<_>>().join(" "),
    };
    let (client, mut back) = asked.checked(words)?;
    let is_allowed = value("act") == "allow";
    if is_allowed {
        let secret = fresh_token()?;
        let code = Code {
            client: asked.client_id,
            redirect_uri: asked.redirect_uri,
            challenge: asked.code_challenge,
            scopes: Scopes::parse(&asked.scope),
            account: asks.account.id,
        };
        app.store.add_code(&token::hash(&secret), &code, app.clock.now()).await?;
        back.query_pairs_mut().append_pair("code", &secret);
    } else {
        back.query_pairs_mut().append_pair("error", "access_denied");
    }
    back.query_pairs_mut().append_pair("state", &asked.state).append_pair("iss", &app.config.site.base_url);
    let heading = if is_allowed { &words.app_allowed } else { &words.app_denied };
    let host = client.host_str().unwrap_or_default();
    let page = Question::new(&app, heading, words.app_back.with(host)).with_link(back.as_str(), host).page()?;
    let mut response = page.into_response();
    let refresh = HeaderValue::try_from(format!("0;url={back}")).map_err(WebError::internal)?;
    response.headers_mut().insert(header::REFRESH, refresh);
    Ok(response)
}
