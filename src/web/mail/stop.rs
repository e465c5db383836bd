//! Ending mails. A POST acts without asking where it comes from, and without a cookie: mail providers send it on behalf
//! of their users (RFC 8058). The worst that anybody can do with a key is to bring peace.

use askama::Template;
use axum::extract::{Query, State};
use bytes::Bytes;

use super::{Link, refused, thread};
use crate::{
    app::App,
    domain::{
        comment::ThreadKey,
        mail_keys::{self, NO_COMMENT, Refused, WishKey},
    },
    store::{Standing, StoreError},
    texts::FromMail,
    web::{
        errors::WebError,
        page::{Page, Policy},
        view::layout::Layout,
    },
};

#[derive(Template)]
#[template(path = "from_mail/stop.html")]
struct StopPage {
    layout: Layout,
    texts: &'static FromMail,
    key: String,
    /// The title of the post; empty where the key is about none.
    post: String,
    /// `None`: the address is not kept.
    standing: Option<Standing>,
    /// Something has just been changed.
    is_done: bool,
}

/// What a key opens.
struct Opened {
    wish: WishKey,
    post: String,
    threads: Vec<ThreadKey>,
}

pub async fn show(State(app): State<App>, Query(link): Query<Link>) -> Result<Page, WebError> {
    let opened = opened(&app, &link.key).await?;
    page(&app, &link.key, opened, false).await
}

/// `what`: `all`, `allow` to take that back, anything else (a provider's one click) the thread. No redirect follows,
/// as RFC 8058 asks (3.1).
pub async fn stop(State(app): State<App>, Query(link): Query<Link>, body: Bytes) -> Result<Page, WebError> {
    let opened = opened(&app, &link.key).await?;
    let (address_id, now) = (opened.wish.address_id, app.clock.now());
    // Providers may also send multipart/form-data, in which nothing of ours is looked for.
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
