//! Signing in and out, and the links that set a password.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::{
    SignedIn, device,
    passkeys::{self, PASSKEYS_SCRIPT, PasskeyRequest},
    password,
};
use crate::{
    domain::{
        account::{Account, AccountError, NewAccount, PasswordLink, Role, is_password},
        limits::{DESK_COOKIES, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, SESSION_MAX, SIGN_IN_WINDOW},
        mailbox,
    },
    texts::Desk,
    web::{
        prelude::*,
        session::visitor::{cookies, fresh_token, set_cookie},
    },
};

/// Fields of the forms. None of them is shown again, except the name and the address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SignInForm {
    key: String,
    name: String,
    email: String,
    password: String,
    /// Answer of the browser with a passkey, instead of the password.
    passkey: String,
}

#[derive(Template)]
#[template(path = "desk/sign_in.html")]
struct SignInPage {
    layout: Layout,
    words: &'static Desk,
    heading: &'static str,
    sentence: String,
    action: &'static str,
    form: SignInForm,
    /// True if the form asks for a name: for the first account.
    asks_name: bool,
    /// True if the form asks for an address.
    asks_email: bool,
    /// Value of `autocomplete` for the password.
    autocomplete: &'static str,
    passkey: Option<PasskeyRequest>,
    button: &'static str,
    error: Option<String>,
}

impl SignInPage {
    fn to_sign_in(app: &App, form: SignInForm) -> Self {
        let words = &app.texts().desk;
        Self {
            layout: layout(app, &words.sign_in).with_script(PASSKEYS_SCRIPT),
            words,
            heading: &words.sign_in,
            sentence: words.sign_in_hint.clone(),
            action: "/desk/sign-in",
            form,
            asks_name: false,
            asks_email: true,
            autocomplete: "current-password",
            passkey: PasskeyRequest::to_use(app),
            button: &words.sign_in,
            error: None,
        }
    }

    /// Form that sets a password; `account`: `None` for the first one.
    fn to_set(app: &App, form: SignInForm, account: Option<&Account>) -> Self {
        let words = &app.texts().desk;
        let (heading, sentence) = match account {
            Some(account) => (&words.new_password, account.email.clone()),
            None => (&words.first, words.first_hint.clone()),
        };
        Self {
            layout: layout(app, heading).with_script(PASSKEYS_SCRIPT),
            heading,
            sentence,
            action: "/desk/password",
            asks_name: account.is_none(),
            asks_email: account.is_none(),
            autocomplete: "new-password",
            passkey: PasskeyRequest::to_create(app, account.map_or(0, |account| account.id), &words.passkey_create),
            button: &words.set_password,
            ..Self::to_sign_in(app, form)
        }
    }

    fn failed(self, status: StatusCode, error: impl Into<String>) -> Result<Response, WebError> {
        let page = Self { layout: self.layout.with_error(), error: Some(error.into()), ..self };
        Ok(Page::html(&page, Policy::Private)?.with_status(status).into_response())
    }
}

pub async fn show(State(app): State<App>) -> Result<Page, WebError> {
    Page::html(&SignInPage::to_sign_in(&app, SignInForm::default()), Policy::Private)
}

/// Opens a session. An address without an account gets the same answer as a wrong password, after the same time.
pub async fn sign_in(
    State(app): State<App>,
    origin: Origin,
    visitor: Visitor,
    headers: HeaderMap,
    Posted(form): Posted<SignInForm>,
) -> Result<Response, WebError> {
    let words = &app.texts().desk;
    if origin == Origin::Foreign {
        let error = &app.texts().from_mail.foreign;
        return SignInPage::to_sign_in(&app, form).failed(StatusCode::FORBIDDEN, error);
    }
    if !form.passkey.is_empty() {
        return match passkeys::used(&app, &form.passkey).await? {
            Some(account) => open(&app, &account, &headers).await,
            None => SignInPage::to_sign_in(&app, form).failed(StatusCode::UNPROCESSABLE_ENTITY, &words.passkey_wrong),
        };
    }
    // What is no address has no account; it is counted and answered as a wrong password.
    let email = mailbox::parse(&form.email).map_or_else(String::new, |email| mailbox::kept(&email));
    let (fingerprint, network) = (app.signer.fingerprint("account", &email), &visitor.sender.network);
    if !app.store.count_sign_in(&fingerprint, network, app.clock.now()).await? {
        let page = SignInPage::to_sign_in(&app, form).failed(StatusCode::TOO_MANY_REQUESTS, &words.too_many)?;
        return Ok(([(header::RETRY_AFTER, SIGN_IN_WINDOW.as_secs().to_string())], page).into_response());
    }
    let account = app.store.account_of(&email).await?;
    let expected = account.as_ref().and_then(|account| account.password.clone());
    let typed = form.password.chars().take(PASSWORD_MAX + 1).collect();
    match (account, password::is_right(typed, expected).await?) {
        (Some(account), true) => {
            app.store.forget_wrong_passwords(&fingerprint, network).await?;
            open(&app, &account, &headers).await
        }
        _ => SignInPage::to_sign_in(&app, form).failed(StatusCode::UNPROCESSABLE_ENTITY, &words.wrong),
    }
}

pub async fn sign_out(State(app): State<App>, asks: SignedIn) -> Result<Response, WebError> {
    app.store.end_session(asks.account.id, Some(asks.session.id)).await?;
    Ok(with_cookie(redirect(StatusCode::SEE_OTHER, "/"), set_cookie(&app, cookie_name(&app), "", 0)))
}

/// Page that a link of the command line opens. Opening it changes nothing.
pub async fn show_password(State(app): State<App>, Query(form): Query<SignInForm>) -> Result<Page, WebError> {
    let account = opened(&app, &form.key).await?;
    let form = SignInForm { key: form.key, ..SignInForm::default() };
    Page::html(&SignInPage::to_set(&app, form, account.as_ref()), Policy::Private)
}

/// Sets the password or adds a passkey, makes the first account if it is for that, and signs in.
pub async fn set_password(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    Posted(mut form): Posted<SignInForm>,
) -> Result<Response, WebError> {
    let words = &app.texts().desk;
    let known = opened(&app, &form.key).await?;
    let typed = std::mem::take(&mut form.password);
    let again = |form, status, error: &str| SignInPage::to_set(&app, form, known.as_ref()).failed(status, error);
    if origin == Origin::Foreign {
        return again(form, StatusCode::FORBIDDEN, &app.texts().from_mail.foreign);
    }
    let new = match &known {
        Some(_) => None,
        None => match NewAccount::parse(&form.name, &form.email, Role::Author) {
            Ok(new) => Some(new),
            Err(AccountError::Name) => {
                return again(form, StatusCode::UNPROCESSABLE_ENTITY, &words.name_wrong.with(NAME_MAX));
            }
            Err(AccountError::Email) => {
                return again(form, StatusCode::UNPROCESSABLE_ENTITY, &app.texts().by_mail.wrong);
            }
        },
    };
    let passkey = passkeys::made(&app, &form.passkey, known.as_ref().map_or(0, |account| account.id));
    if !form.passkey.is_empty() && passkey.is_none() {
        return again(form, StatusCode::UNPROCESSABLE_ENTITY, &words.passkey_wrong);
    }
    if passkey.is_none() && !is_password(&typed) {
        return again(
            form,
            StatusCode::UNPROCESSABLE_ENTITY,
            &words.password_wrong.with_both(PASSWORD_MIN, PASSWORD_MAX),
        );
    }
    let hash = if passkey.is_none() { Some(password::hash(typed).await?) } else { None };
    let gone = |error| match error {
        StoreError::NotFound | StoreError::Conflict(_) => WebError::said(StatusCode::GONE, &words.link_used),
        other => other.into(),
    };
    let id = match (&known, &new) {
        (Some(account), _) => match &hash {
            Some(hash) => app.store.set_password(account, hash).await,
            None => app.store.end_session(account.id, None).await,
        }
        .map(|()| account.id),
        (None, Some(new)) => app.store.add_account(new, hash.as_deref(), true, app.clock.now()).await,
        (None, None) => Err(StoreError::NotFound),
    }
    .map_err(gone)?;
    if let Some(passkey) = passkey {
        app.store.add_passkey(id, &passkey, device(&headers), app.clock.now()).await.map_err(gone)?;
    }
    let account = app.store.account(id).await?;
    open(&app, &account, &headers).await
}

/// The account whose password a link sets; `None` for the first one.
async fn opened(app: &App, key: &str) -> Result<Option<Account>, WebError> {
    let words = &app.texts().desk;
    let (link, made) = PasswordLink::open(&app.signer, key, app.clock.now())
        .map_err(|why| refused(why, &words.link_old, &app.texts().from_mail))?;
    let used = || WebError::said(StatusCode::GONE, &words.link_used);
    match link {
        PasswordLink::First if app.store.has_had_no_account_since(made).await? => Ok(None),
        PasswordLink::First => Err(used()),
        PasswordLink::Of { account, .. } => match app.store.account(account).await {
            Ok(account) if link.is_for(&account) => Ok(Some(account)),
            Ok(_) | Err(StoreError::NotFound) => Err(used()),
            Err(other) => Err(other.into()),
        },
    }
}

/// Opens a session with a fresh token, so that nobody can prepare one for somebody else.
async fn open(app: &App, account: &Account, headers: &HeaderMap) -> Result<Response, WebError> {
    let token = fresh_token()?;
    app.store.open_session(account, &hash(&token), device(headers), app.clock.now()).await?;
    let seconds = u32::try_from(SESSION_MAX.as_secs()).unwrap_or(u32::MAX);
    let cookie = set_cookie(app, cookie_name(app), &token, seconds);
    Ok(with_cookie(redirect(StatusCode::SEE_OTHER, "/desk"), cookie))
}

/// Hashes of the tokens in the request's cookies, as the database has them. Another site on the same domain may have set
/// a cookie with this name, too.
pub fn tokens(app: &App, headers: &HeaderMap) -> Vec<String> {
    cookies(headers, cookie_name(app)).map(hash).take(DESK_COOKIES).collect()
}

fn cookie_name(app: &App) -> &'static str {
    if app.config.site.is_https() { "__Host-instep_desk" } else { "instep_desk" }
}

/// Layout of a page that needs no session: with the navigation of the site.
fn layout(app: &App, title: &str) -> Layout {
    Layout::new(app, &app.snapshot(), title).not_indexed()
}

/// Hash of a token. It is random, so it needs no salt.
fn hash(token: &str) -> String {
    BASE64.encode(Sha256::digest(token))
}
