//! `/micropub`: writing apps create, change and delete posts (W3C Micropub), and add media. Each request shows a token;
//! cookies and origins do not count. `entry` turns properties into Markdown and back, and `web/editing` writes the files.

mod entry;
mod indieauth;
mod request;

use axum::{
    Extension, Router,
    extract::Request,
    middleware::{self, Next},
    routing::{get, post},
};
use http::{HeaderMap, HeaderName, Method};
use serde_json::{Map, Value, json};
use tokio::task;

use super::{
    editing::{self, address_of, change_files, completed, on_files, shown},
    prelude::*,
};
use crate::{
    content::editing::{EditError, FrontMatterText, Person},
    domain::{
        entry::{Content, Kind},
        token::{self, Scope, Token},
    },
};
pub use request::{Asked, File};

/// Most names that are tried with a number.
const MOST_NUMBERS: usize = 100;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/micropub", get(query).post(act))
        .route("/micropub/media", post(add_media))
        .merge(indieauth::routes())
        .layer(middleware::from_fn(for_every_origin))
}

/// Lets pages of other sites ask: what counts is the token, which browsers do not send by themselves.
async fn for_every_origin(request: Request, next: Next) -> Response {
    let is_question = *request.method() == Method::OPTIONS;
    let answer = (StatusCode::NO_CONTENT, Extension(Policy::Private)).into_response();
    let mut response = if is_question { answer } else { next.run(request).await };
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, POST"),
        ("access-control-allow-headers", "authorization, content-type, accept"),
        ("access-control-expose-headers", "location"),
        ("access-control-max-age", "86400"),
    ] {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// Refused request: a status, a word of the specification, and a sentence for the person who uses the app.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    word: &'static str,
    pub why: String,
}

impl Refusal {
    pub fn new(status: StatusCode, word: &'static str, why: impl Into<String>) -> Self {
        Self { status, word, why: why.into() }
    }

    pub fn invalid(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", why)
    }

    fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is no post with this address")
    }

    fn broken(cause: impl std::fmt::Display) -> Self {
        tracing::error!("{cause}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again later; the log has the reason")
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::broken(error)
    }
}

impl From<EditError> for Refusal {
    fn from(error: EditError) -> Self {
        match &error {
            EditError::NotFound => Self::not_found(),
            EditError::Name(_) | EditError::Refused(_) => Self::invalid(error.to_string()),
            EditError::Exists(_) | EditError::Changed(_) => {
                Self::new(StatusCode::CONFLICT, "conflict", error.to_string())
            }
            EditError::Full | EditError::NoRoom => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "full", error.to_string())
            }
            EditError::NotWritable(_) | EditError::Io(_) => Self::broken(error),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = json_response(&json!({"error": self.word, "error_description": self.why}));
        *response.status_mut() = self.status;
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

pub fn json_response(value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (Extension(Policy::Private), kind, value.to_string()).into_response()
}

/// The token in the header of a request, if there is one.
async fn token_in(app: &App, headers: &HeaderMap) -> Result<Option<Token>, Refusal> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let words = value.to_str().unwrap_or_default().split_once(' ');
    let secret = words.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map_or("", |(_, secret)| secret);
    known(app, secret.trim()).await.map(Some)
}

async fn known(app: &App, secret: &str) -> Result<Token, Refusal> {
    let found = app.store.token(&token::hash(secret), app.clock.now()).await?;
    found.ok_or_else(|| Refusal::new(StatusCode::UNAUTHORIZED, "unauthorized", "the token is not valid any more"))
}

/// The token of a request, in its header or in its form (RFC 6750, 2).
async fn token_of(app: &App, in_header: Option<Token>, in_form: Option<&str>) -> Result<Token, Refusal> {
    match (in_header, in_form) {
        (Some(_), Some(_)) => Err(Refusal::invalid("the token is in the header and in the form")),
        (Some(token), None) => Ok(token),
        (None, Some(secret)) => known(app, secret).await,
        (None, None) => Err(Refusal::new(StatusCode::UNAUTHORIZED, "unauthorized", "the request has no token")),
    }
}

fn check(token: &Token, allowed: &[Scope]) -> Result<(), Refusal> {
    if allowed.iter().any(|scope| token.rights.scopes.0.contains(scope)) {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::FORBIDDEN, "insufficient_scope", "the token does not allow this"))
}

async fn query(
    State(app): State<App>,
    headers: HeaderMap,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let token = token_of(&app, token_in(&app, &headers).await?, None).await?;
    let value = |name: &str| asked.iter().find(|(asked, _)| asked == name).map_or("", |(_, value)| value.as_str());
    let (base, targets) = (&app.config.site.base_url, json!([]));
    let answer = match value("q") {
        "config" => json!({
            "media-endpoint": format!("{base}/micropub/media"),
            "syndicate-to": targets,
            "q": ["config", "source", "category", "syndicate-to"],
            "post-types": [
                {"type": "article", "name": "Article"},
                {"type": "note", "name": "Note"},
                {"type": "photo", "name": "Photo"},
                {"type": "reply", "name": "Reply"},
            ],
        }),
        "syndicate-to" => json!({"syndicate-to": targets}),
        "category" => {
            let snapshot = app.snapshot();
            let part = value("filter").to_lowercase();
            let names = snapshot.tags.values().map(|tagged| &tagged.tag.name);
            json!({"categories": names.filter(|name| name.to_lowercase().contains(&part)).collect::<Vec<_>>()})
        }
        "source" => {
            // Drafts are for nobody who may only add pictures or delete.
            check(&token, &[Scope::Create, Scope::Update])?;
            let wanted: Vec<&str> = asked
                .iter()
                .filter(|(name, _)| matches!(name.as_str(), "properties" | "properties[]"))
                .map(|(_, value)| value.as_str())
                .collect();
            let (_, path) = find(&app, value("url"))?;
            let (text, _) = read(&app, path).await?;
            let mut properties = entry::properties(&text, &app.config.site);
            if wanted.is_empty() {
                json!({"type": ["h-entry"], "properties": properties})
            } else {
                properties.retain(|name, _| wanted.contains(&name.as_str()));
                json!({"properties": properties})
            }
        }
        _ => return Err(Refusal::invalid("q is config, source, category or syndicate-to")),
    };
    Ok(json_response(&answer))
}

/// Does what the app asks for to its end, even if the app disconnects.
async fn act(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let in_header = token_in(&app, request.headers()).await?;
    let asked = Asked::read(request, in_header.is_some()).await?;
    let token = token_of(&app, in_header, asked.access_token.as_deref()).await?;
    let (url, who) = (asked.url.clone().unwrap_or_default(), editing::person(&app, token.rights.account).await?);
    let task = match asked.action.as_str() {
        "create" => {
            check(&token, &[Scope::Create])?;
            task::spawn(create(app, who, asked))
        }
        "update" => {
            check(&token, &[Scope::Update])?;
            task::spawn(update(app, who, url, asked.changes))
        }
        "delete" => {
            check(&token, &[Scope::Delete])?;
            task::spawn(delete(app, who, url))
        }
        "undelete" => {
            check(&token, &[Scope::Delete])?;
            task::spawn(undelete(app, who, url))
        }
        _ => return Err(Refusal::invalid("the action is update, delete or undelete")),
    };
    completed(task).await
}

async fn create(app: App, who: Person, asked: Asked) -> Result<Response, Refusal> {
    let site = &app.config.site;
    let mut new = entry::New::read(&asked.properties, site, app.clock.now())?;
    for file in &asked.files {
        let (name, bytes) = (file.name.clone(), file.bytes.clone());
        let saved = change_files(&app, who.clone(), move |files| files.save_media("media", &name, &bytes)).await?;
        new.add_media(&saved.name);
    }
    let (snapshot, zoned) = (app.snapshot(), new.date.clone());
    let address = |slug: &Slug| site.permalink.path(slug, Some(&zoned), None);
    let is_free = |slug: &Slug| {
        let address = address(slug);
        let is_taken = snapshot.content(&address).is_some() || snapshot.post(slug.as_str()).is_some();
        !is_taken && !routes::is_reserved(&address, Kind::Post)
    };
    let mut numbers = (1..=MOST_NUMBERS).filter_map(|number| match number {
        1 => Some(new.slug.clone()),
        _ => Slug::from_text(&format!("{}-{number}", new.slug)),
    });
    let (slug, path) = loop {
        let Some(slug) = numbers.find(is_free) else { return Err(EditError::Exists(new.slug.to_string()).into()) };
        let (text, name) = (new.text.as_str().to_owned(), slug.clone());
        match change_files(&app, who.clone(), move |files| files.create(Kind::Post, &name, text.as_bytes())).await {
            Ok(path) => break (slug, path),
            Err(EditError::Exists(_)) => {}
            Err(error) => return Err(error.into()),
        }
    };
    // Apps open the address at once, so the answer waits for the site. A draft has no page to wait for.
    let is_public = !new.text.values().is_draft() && new.date.timestamp() <= app.clock.now();
    let is_there = !is_public || shown(&app, |_| address_of(&app, &path).is_some()).await;
    let address = address_of(&app, &path).unwrap_or_else(|| address(&slug));
    Ok(created(is_there, &site.absolute(&address)))
}

async fn update(app: App, who: Person, url: String, changes: Map<String, Value>) -> Result<Response, Refusal> {
    let (address, path) = find(&app, &url)?;
    let (mut text, version) = read(&app, path.clone()).await?;
    let before = text.as_str().to_owned();
    entry::change(&mut text, &changes, &app.config.site)?;
    let (after, now, file) = (text.as_str().to_owned(), app.clock.now(), path.clone());
    if after != before {
        let old = app.snapshot().content(&address).cloned();
        let is_draft = text.values().is_draft();
        change_files(&app, who, move |files| files.save(&path, after.as_bytes(), &version, now)).await?;
        if old.is_some() || !is_draft {
            shown(&app, |snapshot| differs(old.as_ref(), snapshot.content(&address))).await;
        }
    }
    match address_of(&app, &file).filter(|new| *new != address) {
        Some(new) => Ok(created(true, &app.config.site.absolute(&new))),
        None => Ok(done()),
    }
}

async fn delete(app: App, who: Person, url: String) -> Result<Response, Refusal> {
    let (address, path) = find(&app, &url)?;
    let (_, version) = read(&app, path.clone()).await?;
    editing::trash(&app, who, path, version, Some(address)).await??;
    Ok(done())
}

async fn undelete(app: App, who: Person, url: String) -> Result<Response, Refusal> {
    let address = address_in(&app, &url)?;
    let place = app.store.gone(&address).await?.ok_or_else(Refusal::not_found)?;
    change_files(&app, who, move |files| files.restore(&place)).await?;
    app.set_gone(&address, None).await?;
    shown(&app, |snapshot| snapshot.content(&address).is_some()).await;
    Ok(done())
}

/// Adds a picture, clip or download; its address leads to it at once, and stays the same if the file changes.
async fn add_media(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let in_header = token_in(&app, request.headers()).await?;
    let mut asked = Asked::read(request, in_header.is_some()).await?;
    let token = token_of(&app, in_header, asked.access_token.as_deref()).await?;
    check(&token, &[Scope::Media, Scope::Create])?;
    let who = editing::person(&app, token.rights.account).await?;
    let file = asked.files.pop().ok_or_else(|| Refusal::invalid("the request has no file"))?;
    let saved = change_files(&app, who, move |files| files.save_media("media", &file.name, &file.bytes)).await?;
    let is_there = shown(&app, |snapshot| snapshot.media_named(&saved.name).is_some()).await;
    Ok(created(is_there, &app.config.site.absolute(&format!("/media/{}", saved.name))))
}

fn created(is_there: bool, url: &str) -> Response {
    let status = if is_there { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let location = HeaderValue::try_from(url).unwrap_or(HeaderValue::from_static("/"));
    (status, Extension(Policy::Private), [(header::LOCATION, location)]).into_response()
}

fn done() -> Response {
    (StatusCode::NO_CONTENT, Extension(Policy::Private)).into_response()
}

fn differs(old: Option<&Content>, new: Option<&Content>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => !old.is_same(new),
        (old, new) => old.is_some() || new.is_some(),
    }
}

/// Address of this site in a URL, decoded.
fn address_in(app: &App, url: &str) -> Result<String, Refusal> {
    let below = url.strip_prefix(&app.config.site.base_url).and_then(|rest| rest.split(['?', '#']).next());
    below.filter(|path| path.starts_with('/')).and_then(address::decode).ok_or_else(Refusal::not_found)
}

/// Address of a post, and the path of its file. A draft or a post with a date ahead has no page, but a file of its name.
fn find(app: &App, url: &str) -> Result<(String, String), Refusal> {
    let (address, snapshot, content) = (address_in(app, url)?, app.snapshot(), &app.config.content);
    let path = match snapshot.content(&address) {
        Some(Content::Post(post)) => {
            post.entry.file.strip_prefix(content).ok().and_then(|path| path.to_str()).map(str::to_owned)
        }
        Some(_) => None,
        None => {
            let name = address.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            let slug = Slug::from_text(name.trim_end_matches(".html"));
            let path = slug.map(|slug| format!("{}/{slug}.md", Kind::Post.folder()));
            path.filter(|path| !snapshot.posts.iter().any(|post| post.entry.file == content.join(path)))
        }
    };
    Ok((address, path.ok_or_else(Refusal::not_found)?))
}

/// Text of a post, and its version.
async fn read(app: &App, path: String) -> Result<(FrontMatterText, String), Refusal> {
    let opened = on_files(app, move |files| files.read(&path)).await?;
    let text = String::from_utf8(opened.bytes).map_err(|_| Refusal::invalid("the file of this post is not UTF-8"))?;
    let text = FrontMatterText::new(text, false).map_err(|unfit| Refusal::invalid(unfit.to_string()))?;
    Ok((text, opened.version))
}
