//! Unsubscribing. A POST needs neither origin check nor cookie: mail providers send it for their users (RFC 8058).
//! A forged request can only unsubscribe.

use askama::Template;
use axum::extract::{Query, State};
use bytes::Bytes;

use super::{Link, refused, thread};
use crate::{
    app::App,
    cache::Policy,
    domain::{
        comment::ThreadKey,
        mail_keys::{self, NO_COMMENT, Refused, WishKey},
    },
    store::{Standing, StoreError},
    texts::FromMail,
    web::{errors::WebError, page::Page, view::layout::Layout},
};

#[derive(Template)]
#[template(path = "from_mail/stop.html")]
struct StopPage {
    layout: Layout,
    texts: &'static FromMail,
    key: String,
    /// Title of the post; empty if the key belongs to no post.
    post: String,
    /// Current settings of the address; `None` if it is not stored.
    standing: Option<Standing>,
    /// True if a setting has just been changed.
    is_done: bool,
}

/// Data that a key gives access to.
struct Opened {
    wish: WishKey,
    post: String,
    threads: Vec<ThreadKey>,
}

pub async fn show(State(app): State<App>, Query(link): Query<Link>) -> Result<Page, WebError> {
    let opened = opened(&app, &link.key).await?;
    page(&app, &link.key, opened, false).await
}

/// Changes the settings by `what`: `all`, `allow` to undo that, anything else (a provider's one-click request) the
/// thread. Does not redirect, as RFC 8058 asks (3.1).
pub async fn stop(State(app): State<App>, Query(link): Query<Link>, body: Bytes) -> Result<Page, WebError> {
    let opened = opened(&app, &link.key).await?;
    let (address_id, now) = (opened.wish.address_id, app.clock.now());
    // Providers may also send multipart/form-data; it is not parsed.
    let what = url::form_urlencoded::parse(&body).find(|(name, _)| name == "what").map(|(_, what)| what.into_owned());
    match what.as_deref() {
        Some("all") => app.store.stop_all(address_id, now).await?,
        Some("allow") => app.store.allow_mail(address_id).await?,
        _ => app.store.stop_thread(address_id, &opened.threads, now).await?,
    }
    page(&app, &link.key, opened, true).await
}

async fn opened(app: &App, key: &str) -> Result<Opened, WebError> {
    let wish =
        mail_keys::open_stop(&app.signer, key).ok_or_else(|| refused(Refused::Forged, &app.texts().from_mail))?;
    if wish.comment == NO_COMMENT {
        return Ok(Opened { wish, post: String::new(), threads: Vec::new() });
    }
    let comment = app.store.comment(wish.comment).await?;
    let snapshot = app.snapshot();
    let (post, threads) = thread(snapshot.post(&comment.thread_slug).map(AsRef::as_ref), &comment.thread_slug);
    Ok(Opened { wish, post, threads })
}

async fn page(app: &App, key: &str, opened: Opened, is_done: bool) -> Result<Page, WebError> {
    let standing = match app.store.standing(opened.wish.address_id, &opened.threads).await {
        Ok(standing) => Some(standing),
        Err(StoreError::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    let texts = &app.texts().from_mail;
    let layout = Layout::new(app, &app.snapshot(), &texts.stop_heading).not_indexed();
    Page::html(&StopPage { layout, texts, key: key.to_owned(), post: opened.post, standing, is_done }, Policy::Private)
}
