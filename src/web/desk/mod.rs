//! `/desk`: the place of the author and of moderators. Every page needs a session, except those of `sign_in` and the link
//! for a friend. Nothing here is cached or indexed.

mod acting;
mod authorize;
mod comments;
mod log;
mod passkeys;
mod password;
mod sessions;
mod sign_in;
mod tokens;
mod upload;
mod writing;

use std::convert::Infallible;

use axum::{
    Router,
    extract::{FromRequestParts, MatchedPath, Request},
    middleware::{self, Next},
    routing::get,
};
use http::{HeaderMap, request::Parts};

use super::{prelude::*, view::link::TextLink};
use crate::{
    content::editing::Person,
    domain::account::{Account, Role},
    store::Session,
};

pub use password::hash as hash_password;

/// Routes that every account may use. All others behind [`guard`] are for authors only.
const FOR_EVERY_ACCOUNT: [&str; 7] =
    ["/desk", "/desk/comments", "/desk/undo", "/desk/log", "/desk/sessions", "/desk/passkeys", "/desk/sign-out"];

pub fn routes(app: &App) -> Router<App> {
    Router::new()
        .route("/desk", get(comments::show))
        .route("/desk/comments", get(to_desk).post(acting::act))
        .route("/desk/undo", get(to_desk).post(acting::undo))
        .route("/desk/log", get(log::show))
        .route("/desk/sessions", get(sessions::show).post(sessions::end))
        .route("/desk/passkeys", get(to_desk).post(passkeys::change))
        .route("/desk/authorize", get(authorize::show))
        .route("/desk/consent", get(to_desk).post(authorize::decide))
        .route("/desk/tokens", get(tokens::show).post(tokens::act))
        .route("/desk/upload", get(upload::show).post(upload::receive))
        .route("/desk/upload/apply", get(to_desk).post(upload::apply))
        .route("/desk/sign-out", get(to_desk).post(sign_in::sign_out))
        .route("/desk/texts", get(writing::list).post(writing::create))
        .route("/desk/texts/edit", get(writing::show).post(writing::save))
        .route("/desk/texts/versions", get(writing::versions).post(writing::restore))
        .route("/desk/texts/trash", get(writing::trash).post(writing::change_trash))
        .route_layer(middleware::from_fn_with_state(app.clone(), guard))
        .route("/desk/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/desk/password", get(sign_in::show_password).post(sign_in::set_password))
        .route("/desk/friend", get(writing::show_friend))
        .route("/admin", get(to_desk))
}

/// The account that asks, and its session. Only behind [`guard`].
#[derive(Clone)]
pub struct SignedIn {
    account: Account,
    session: Session,
    /// Number of comments that wait, for the navigation.
    waiting: i64,
}

impl SignedIn {
    fn person(&self) -> Person {
        Person { name: self.account.name.clone(), email: self.account.email.clone() }
    }
}

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let found = parts.extensions.get::<Self>().cloned();
        Ok(found.unwrap_or_else(|| unreachable!("a page of the desk is behind its guard")))
    }
}

/// The one check of every page that needs a session: who asks, whether the account has the right role, and whether a
/// form comes from this site.
async fn guard(
    State(app): State<App>,
    origin: Origin,
    route: MatchedPath,
    mut request: Request,
    next: Next,
) -> Result<Response, WebError> {
    let words = &app.texts().desk;
    let mut found = None;
    for token in sign_in::tokens(&app, request.headers()) {
        found = found.or(app.store.session(&token, app.clock.now()).await?);
    }
    let Some((session, account)) = found else {
        if request.method().is_safe() {
            let response = redirect(StatusCode::SEE_OTHER, "/desk/sign-in");
            return Ok(match request.uri().path_and_query() {
                Some(asked) if route.as_str() == authorize::PATH => authorize::keep(&app, asked.as_str(), response),
                _ => response,
            });
        }
        // The form is not lost: the browser sends it again when this page is reloaded.
        let question = Question::new(&app, &words.signed_out, &words.sign_in_and_reload);
        let page = question.with_link("/desk/sign-in", &words.sign_in).page()?;
        return Ok(page.with_status(StatusCode::UNAUTHORIZED).into_response());
    };
    if account.role != Role::Author && !FOR_EVERY_ACCOUNT.contains(&route.as_str()) {
        return Err(WebError::said(StatusCode::FORBIDDEN, &words.authors_only));
    }
    if !request.method().is_safe() && origin == Origin::Foreign {
        return Err(WebError::said(StatusCode::FORBIDDEN, &app.texts().from_mail.foreign));
    }
    if route.as_str() == "/desk"
        && let Some(response) = authorize::kept(&app, request.headers())
    {
        return Ok(response);
    }
    let waiting = if request.method().is_safe() { app.store.count_comments(Status::Held).await? } else { 0 };
    request.extensions_mut().insert(SignedIn { account, session, waiting });
    Ok(next.run(request).await)
}

/// Values of a field that a form may have several times.
fn values<'a>(fields: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
}

async fn to_desk() -> Response {
    redirect(StatusCode::SEE_OTHER, "/desk")
}

/// Layout of a page of the desk, with the navigation that the account may use.
fn layout(app: &App, asks: &SignedIn, title: &str, path: &str) -> Layout {
    let words = &app.texts().desk;
    let mut layout = Layout::new(app, &app.snapshot(), title).not_indexed();
    let comments = match asks.waiting {
        0 => words.comments.clone(),
        waiting => format!("{} ({waiting})", words.comments),
    };
    layout.navigation = vec![TextLink::new(&comments, "/desk")];
    if asks.account.role == Role::Author {
        layout.navigation.push(TextLink::new(&app.texts().writing.texts, "/desk/texts"));
        layout.navigation.push(TextLink::new(&words.upload, "/desk/upload"));
        layout.navigation.push(TextLink::new(&words.tokens, "/desk/tokens"));
    }
    layout.navigation.push(TextLink::new(&words.log, "/desk/log"));
    layout.navigation.push(TextLink::new(&words.sessions, "/desk/sessions"));
    layout.feeds.clear();
    layout.description.clear();
    layout.at(path)
}

/// Browser and system by the User-Agent header, for the list of sessions.
fn device(headers: &HeaderMap) -> &'static str {
    const DEVICES: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Macintosh", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    DEVICES.iter().find(|(word, _)| agent.contains(word)).map_or("?", |(_, name)| name)
}
