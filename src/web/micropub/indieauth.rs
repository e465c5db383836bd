//! IndieAuth for apps that sign in with the address of the site: where its parts are, and codes that become tokens. The
//! author allows an app in the desk (`desk/authorize.rs`).

use axum::{
    Router,
    routing::{get, post},
};
use serde_json::json;

use super::{Refusal, json_response};
use crate::{
    domain::token::{self, Code, Rights, Scope, Scopes},
    web::{prelude::*, session::visitor::fresh_token},
};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .route("/desk/authorize", post(tell))
        .route("/micropub/token", post(exchange))
        .route("/micropub/revoke", post(revoke))
}

/// Address of the site as it identifies its author.
pub fn me(app: &App) -> String {
    app.config.site.absolute("/")
}

async fn metadata(State(app): State<App>) -> Response {
    let url = |path: &str| app.config.site.absolute(path);
    json_response(&json!({
        "issuer": app.config.site.base_url,
        "authorization_endpoint": url("/desk/authorize"),
        "token_endpoint": url("/micropub/token"),
        "revocation_endpoint": url("/micropub/revoke"),
        "revocation_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": Scope::ALL.map(|scope| Scopes([scope].into()).words()),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

/// Form of an app that has got a code.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Exchange {
    grant_type: String,
    code: String,
    client_id: String,
    redirect_uri: String,
    code_verifier: String,
}

/// Takes the code of a form. A wrong form uses it up, too.
async fn redeemed(app: &App, form: &Exchange) -> Result<Code, Refusal> {
    if form.grant_type != "authorization_code" {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "send grant_type=authorization_code",
        ));
    }
    let code = app.store.take_code(&token::hash(&form.code), app.clock.now()).await?;
    let code = code.filter(|code| code.is_for(&form.client_id, &form.redirect_uri, &form.code_verifier));
    code.ok_or_else(|| invalid_grant("the code was used, is too old, or is for another app"))
}

fn invalid_grant(why: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "invalid_grant", why)
}

/// Tells an app whose site this is.
async fn tell(State(app): State<App>, Posted(form): Posted<Exchange>) -> Result<Response, Refusal> {
    redeemed(&app, &form).await?;
    Ok(json_response(&json!({"me": me(&app)})))
}

async fn exchange(State(app): State<App>, Posted(form): Posted<Exchange>) -> Result<Response, Refusal> {
    let Code { client, scopes, account, .. } = redeemed(&app, &form).await?;
    if scopes.0.is_empty() {
        return Err(invalid_grant("the code allows nothing that needs a token"));
    }
    let host = token::client(&client).and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let secret = fresh_token().map_err(|_| Refusal::broken("the system gives no random numbers"))?;
    let rights = Rights { name: host, scopes: scopes.clone(), client: Some(client), account: Some(account) };
    app.store.add_token(&token::hash(&secret), &rights, app.clock.now()).await?;
    let answer = json!({"access_token": secret, "token_type": "Bearer", "scope": scopes.words(), "me": me(&app)});
    Ok(json_response(&answer))
}

/// Form of an app that gives a token back.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Revocation {
    token: String,
}

/// Removes a token. The answer does not tell if there was one (RFC 7009, 2.2).
async fn revoke(State(app): State<App>, Posted(form): Posted<Revocation>) -> Result<Response, Refusal> {
    app.store.revoke_token(&token::hash(&form.token)).await?;
    Ok(json_response(&json!({})))
}
