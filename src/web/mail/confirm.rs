//! The page on which the owner of a mailbox confirms notifications.
//!
//! A link may be opened by others: forwarded, or clicked by mistake by somebody whose address a stranger typed. So a
//! confirmation only allows mails to that mailbox. Only one from the browser with the commenter's cookie shows that
//! commenter and mailbox belong together; that is stored with it (`confirmations.in_same_browser`).

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::{Link, refused, thread};
use crate::{
    app::App,
    cache::Policy,
    domain::{
        mail_keys::{self, WishKey},
        notices::Wish,
    },
    store::{StoreError, Wished},
    texts::FromMail,
    web::{
        errors::WebError,
        guard::{Origin, Posted},
        page::{Page, redirect},
        view::layout::Layout,
        visitor::Visitor,
    },
};

#[derive(Template)]
#[template(path = "from_mail/confirm.html")]
struct ConfirmPage {
    layout: Layout,
    texts: &'static FromMail,
    key: String,
    /// Title of the post.
    post: String,
    wished: Wished,
    stop: String,
    /// True if the form was sent from another site.
    is_foreign: bool,
}

impl ConfirmPage {
    fn hears_all(&self) -> bool {
        self.wished.wish == Wish::Thread
    }
}

pub async fn show(State(app): State<App>, Query(link): Query<Link>) -> Result<Page, WebError> {
    let wish = opened(&app, &link.key)?;
    page(&app, &link.key, wish, false).await
}

pub async fn confirm(
    State(app): State<App>,
    origin: Origin,
    visitor: Visitor,
    Posted(form): Posted<Link>,
) -> Result<Response, WebError> {
    let Link { key, .. } = form;
    let wish = opened(&app, &key)?;
    if origin == Origin::Foreign {
        return Ok(page(&app, &key, wish, true).await?.with_status(StatusCode::FORBIDDEN).into_response());
    }
    let commenter = visitor.sender.is_returning.then_some(visitor.sender.commenter.as_str());
    match app.store.confirm_wish(wish, commenter, app.clock.now()).await {
        // The wish has ended meanwhile: the page says so.
        Ok(()) | Err(StoreError::NotFound) => Ok(redirect(StatusCode::SEE_OTHER, &format!("/mail/confirm?key={key}"))),
        Err(error) => Err(error.into()),
    }
}

fn opened(app: &App, key: &str) -> Result<WishKey, WebError> {
    mail_keys::open_confirmation(&app.signer, key, app.clock.now()).map_err(|why| refused(why, &app.texts().from_mail))
}

async fn page(app: &App, key: &str, wish: WishKey, is_foreign: bool) -> Result<Page, WebError> {
    let texts = &app.texts().from_mail;
    let wished = app.store.wished(wish).await.map_err(|error| match error {
        StoreError::NotFound => WebError::over(&texts.not_known),
        other => other.into(),
    })?;
    let snapshot = app.snapshot();
    let (post, _) = thread(snapshot.post(&wished.thread_slug).map(AsRef::as_ref), &wished.thread_slug);
    let page = ConfirmPage {
        layout: Layout::new(app, &snapshot, &texts.mails).not_indexed(),
        texts,
        key: key.to_owned(),
        post,
        wished,
        stop: format!("/mail/stop?key={}", mail_keys::stop(&app.signer, wish)),
        is_foreign,
    };
    Page::html(&page, Policy::Private)
}
