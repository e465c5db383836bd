//! Unsubscribing. A POST needs neither origin check nor cookie: mail providers send it for their users (RFC 8058).
//! A forged request can only unsubscribe.

use bytes::Bytes;

use super::thread;
use crate::{
    domain::mail_keys::{self, NO_COMMENT, Refused, WishKey},
    web::{prelude::*, session::Button},
};

/// Data that a key gives access to.
struct Opened {
    wish: WishKey,
    /// Title of the post; empty if the key belongs to no post.
    post: String,
    threads: Vec<ThreadKey>,
}

pub async fn show(State(app): State<App>, Query(link): Query<MailLink>) -> Result<Page, WebError> {
    let opened = opened(&app, &link.key).await?;
    page(&app, &link.key, opened, false).await
}

/// Changes the settings by `what`: `all`, `allow` to undo that, anything else (a provider's one-click request) the
/// thread. Does not redirect, as RFC 8058 asks (3.1).
pub async fn stop(State(app): State<App>, Query(link): Query<MailLink>, body: Bytes) -> Result<Page, WebError> {
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
    let texts = &app.texts().from_mail;
    let wish = mail_keys::open_stop(&app.signer, key).ok_or_else(|| refused(Refused::Forged, &texts.over, texts))?;
    if wish.comment == NO_COMMENT {
        return Ok(Opened { wish, post: String::new(), threads: Vec::new() });
    }
    let comment = app.store.comment(wish.comment).await?;
    let (post, threads) = thread(&app.snapshot(), &comment.thread_slug);
    Ok(Opened { wish, post, threads })
}

/// `is_done`: true if a setting has just been changed.
async fn page(app: &App, key: &str, opened: Opened, is_done: bool) -> Result<Page, WebError> {
    let texts = &app.texts().from_mail;
    let standing = match app.store.standing(opened.wish.address_id, &opened.threads).await {
        Ok(standing) => standing,
        Err(StoreError::NotFound) => return Question::new(app, &texts.no_mails, &texts.not_known).page(),
        Err(error) => return Err(error.into()),
    };
    let (email, post) = (&standing.email, &opened.post);
    let button = |label: &String, what, is_quiet| Button { label: label.clone(), what: Some(what), is_quiet };
    let (heading, sentence) = if standing.is_blocked {
        (&texts.never, texts.never_to.with(email))
    } else if standing.hears_thread {
        (&texts.stop_heading, texts.stop_both.with_both(email, post))
    } else if is_done && !post.is_empty() {
        (&texts.stopped, texts.stopped_thread.with_both(email, post))
    } else {
        (&texts.stop_heading, texts.stop_all.with(email))
    };
    let buttons = if standing.is_blocked {
        vec![button(&texts.allow, "allow", true)]
    } else {
        let for_article = standing.hears_thread.then(|| button(&texts.for_article, "thread", false));
        for_article.into_iter().chain([button(&texts.for_good, "all", true)]).collect()
    };
    Question::new(app, heading, sentence).with_buttons(&format!("/mail/stop?key={key}"), None, buttons).page()
}
