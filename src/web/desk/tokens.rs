//! The tokens of writing apps: the author makes them here, sees when they were last used, and removes them.

use super::SignedIn;
use crate::{
    domain::token::{self, Rights, Scope, Scopes, Token},
    texts::Desk,
    web::{prelude::*, session::visitor::fresh_token},
};

#[derive(Template)]
#[template(path = "desk/tokens.html")]
struct TokensPage {
    layout: Layout,
    words: &'static Desk,
    tokens: Vec<Token>,
    all: Scopes,
    /// A token that was just made: the only time that it is shown.
    made: Option<String>,
    error: Option<&'static str>,
}

impl TokensPage {
    fn minute(&self, at: &jiff::Timestamp) -> String {
        dates::minute(*at, &self.layout.site().time_zone, self.layout.texts).human
    }

    fn rights(&self, scopes: &Scopes) -> String {
        let words: Vec<&str> = scopes.0.iter().map(|scope| label(self.words, *scope)).collect();
        words.join(", ")
    }
}

/// Word of a right in a form, and its name for the author.
pub fn choices(words: &'static Desk, scopes: &Scopes) -> Vec<(String, &'static str)> {
    scopes.0.iter().map(|scope| (Scopes([*scope].into()).words(), label(words, *scope))).collect()
}

fn label(words: &'static Desk, scope: Scope) -> &'static str {
    match scope {
        Scope::Create => &words.may_create,
        Scope::Update => &words.may_update,
        Scope::Delete => &words.may_delete,
        Scope::Media => &words.may_media,
    }
}

pub async fn show(State(app): State<App>, asks: SignedIn) -> Result<Page, WebError> {
    page(&app, &asks, None, None).await
}

/// Makes a token, or removes the one whose button was pressed.
pub async fn act(
    State(app): State<App>,
    asks: SignedIn,
    Posted(fields): Posted<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let values = |name| super::values(&fields, name);
    if let Some(id) = values("remove").next().and_then(|id| id.parse().ok()) {
        return match app.store.remove_token(id).await {
            // Removed meanwhile, by the shell.
            Ok(()) | Err(StoreError::NotFound) => Ok(redirect(StatusCode::SEE_OTHER, "/desk/tokens")),
            Err(error) => Err(error.into()),
        };
    }
    let scopes = Scopes::parse(&values("scope").collect::<Vec<_>>().join(" "));
    let name = token::name(values("name").next().unwrap_or_default());
    let Some(name) = name.filter(|_| !scopes.0.is_empty()) else {
        let page = page(&app, &asks, None, Some(&app.texts().desk.token_wrong)).await?;
        return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
    };
    let secret = fresh_token()?;
    let rights = Rights { name, scopes, client: None, account: Some(asks.account.id) };
    app.store.add_token(&token::hash(&secret), &rights, app.clock.now()).await?;
    Ok(page(&app, &asks, Some(secret), None).await?.into_response())
}

async fn page(app: &App, asks: &SignedIn, made: Option<String>, error: Option<&'static str>) -> Result<Page, WebError> {
    let words = &app.texts().desk;
    let mut layout = super::layout(app, asks, &words.tokens, "/desk/tokens");
    if error.is_some() {
        layout = layout.with_error();
    }
    let (tokens, all) = (app.store.tokens().await?, Scopes::all());
    Page::html(&TokensPage { layout, words, tokens, all, made, error }, Policy::Private)
}
