//! Passkeys on the pages of the desk: what the script needs to ask the browser for one, making, using and removing one.

use http::HeaderMap;

use super::{SignedIn, device};
use crate::{
    domain::{
        account::Account,
        passkey::{self, BrowserAnswer, NewPasskey, RelyingParty},
    },
    web::prelude::*,
};

pub const PASSKEYS_SCRIPT: &str = "js/passkeys.js";

/// Facts for the script of a page with a passkey button.
pub struct PasskeyRequest {
    /// `create` or `get`.
    pub purpose: &'static str,
    /// Words of the button.
    pub label: &'static str,
    pub site: RelyingParty,
    pub challenge: String,
    /// Ids of passkeys that the account has already, with blanks between.
    pub known: String,
}

impl PasskeyRequest {
    /// Request to sign in with a passkey; `None` where browsers offer none.
    pub fn to_use(app: &App) -> Option<Self> {
        let (site, words) = (site(app)?, &app.texts().desk);
        let challenge = passkey::challenge(&app.signer, 0, app.clock.now());
        Some(Self { purpose: "get", label: &words.passkey_use, site, challenge, known: String::new() })
    }

    /// Request to make one for an account (0: the first one); `None` where browsers offer none.
    pub fn to_create(app: &App, account: i64, label: &'static str) -> Option<Self> {
        let challenge = passkey::challenge(&app.signer, account, app.clock.now());
        Some(Self { purpose: "create", label, challenge, ..Self::to_use(app)? })
    }
}

fn site(app: &App) -> Option<RelyingParty> {
    RelyingParty::of(&app.config.site.linked(""))
}

/// Reads the passkey that was made on a page for an account.
pub fn made(app: &App, field: &str, account: i64) -> Option<NewPasskey> {
    BrowserAnswer::read(field)?.made(&site(app)?, &app.signer, account, app.clock.now())
}

/// Returns the account whose passkey has signed the challenge of the page; `None` if any check fails.
pub async fn used(app: &App, field: &str) -> Result<Option<Account>, WebError> {
    let (Some(answer), Some(site)) = (BrowserAnswer::read(field), site(app)) else { return Ok(None) };
    let (Some(known), now) = (app.store.passkey(&answer.id).await?, app.clock.now()) else { return Ok(None) };
    let Some((issued, counter)) = answer.used(&known.new, &site, &app.signer, now) else { return Ok(None) };
    match app.store.use_passkey(known.id, issued, counter, now).await {
        Ok(()) => Ok(Some(app.store.account(known.account_id).await?)),
        Err(StoreError::NotFound) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Form of the list of passkeys.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PasskeyForm {
    /// Answer of the browser that has made one.
    passkey: String,
    /// Number of the one to remove.
    remove: Option<i64>,
}

/// Adds or removes a passkey of the account that is signed in.
pub async fn change(
    State(app): State<App>,
    asks: SignedIn,
    headers: HeaderMap,
    Posted(form): Posted<PasskeyForm>,
) -> Result<Response, WebError> {
    let (account, words) = (asks.account.id, &app.texts().desk);
    let done = match (form.remove, made(&app, &form.passkey, account)) {
        (Some(id), _) => app.store.remove_passkey(account, id).await,
        (None, Some(new)) => app.store.add_passkey(account, &new, device(&headers), app.clock.now()).await,
        (None, None) => return Err(WebError::said(StatusCode::UNPROCESSABLE_ENTITY, &words.passkey_wrong)),
    };
    match done {
        Err(StoreError::NotFound) if form.remove.is_some() => {
            Err(WebError::said(StatusCode::CONFLICT, &words.passkey_last))
        }
        // A new one that is known already is in the list.
        Ok(()) | Err(StoreError::NotFound) => Ok(redirect(StatusCode::SEE_OTHER, "/desk/sessions")),
        Err(other) => Err(other.into()),
    }
}
