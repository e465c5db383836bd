//! The browsers in which the account is signed in, and its passkeys; each can be ended.

use super::{
    SignedIn,
    passkeys::{PASSKEYS_SCRIPT, PasskeyRequest},
};
use crate::{
    domain::{account::Account, passkey::Passkey},
    store::Session,
    texts::Desk,
    web::prelude::*,
};

/// The session to end.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EndForm {
    /// Number of the session, or `all`.
    session: String,
}

#[derive(Template)]
#[template(path = "desk/sessions.html")]
struct SessionsPage {
    layout: Layout,
    words: &'static Desk,
    account: Account,
    /// Number of this browser's session.
    own: i64,
    sessions: Vec<Session>,
    passkeys: Vec<Passkey>,
    passkey: Option<PasskeyRequest>,
}

impl SessionsPage {
    fn minute(&self, at: &jiff::Timestamp) -> dates::Moment {
        dates::minute(*at, &self.layout.site().time_zone, self.layout.texts)
    }
}

pub async fn show(State(app): State<App>, asks: SignedIn) -> Result<Page, WebError> {
    let words = &app.texts().desk;
    let passkeys = app.store.passkeys_of(asks.account.id).await?;
    let known: Vec<&str> = passkeys.iter().map(|passkey| passkey.new.credential.as_str()).collect();
    let known = known.join(" ");
    let page = SessionsPage {
        layout: super::layout(&app, &asks, &words.sessions, "/desk/sessions").with_script(PASSKEYS_SCRIPT),
        passkey: PasskeyRequest::to_create(&app, asks.account.id, &words.passkey_add)
            .map(|request| PasskeyRequest { known, ..request }),
        passkeys,
        words,
        sessions: app.store.sessions_of(asks.account.id).await?,
        own: asks.session.id,
        account: asks.account,
    };
    Page::html(&page, Policy::Private)
}

pub async fn end(State(app): State<App>, asks: SignedIn, Posted(form): Posted<EndForm>) -> Result<Response, WebError> {
    let session = match form.session.as_str() {
        "all" => None,
        number => Some(number.parse().map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?),
    };
    app.store.end_session(asks.account.id, session).await?;
    Ok(redirect(StatusCode::SEE_OTHER, "/desk/sessions"))
}
