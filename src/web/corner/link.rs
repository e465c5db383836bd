//! Access to `/me` by mail. The response is the same for every mail address; only the mail differs. Its link shows a
//! page, whose button connects this browser with the mailbox.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Deserialize;

use super::{
    super::{
        errors::{self, WebError},
        guard::{Origin, Posted},
        page::{Page, redirect},
        view::layout::Layout,
        visitor::Visitor,
    },
    layout,
};
use crate::{
    app::App,
    cache::Policy,
    domain::{
        mail_keys::{self, CornerLink, Refused},
        mailbox,
    },
    store::StoreError,
    texts::Texts,
};

/// Fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    email: String,
}

/// Parameters of the mail's link and of its page's button.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    key: String,
}

/// Form that asks for a link.
#[derive(Template)]
#[template(path = "corner/_ask.html")]
pub struct AskView {
    email: String,
    max: usize,
    error: Option<String>,
    texts: &'static Texts,
}

impl AskView {
    /// Returns `None` if no mail can be sent.
    pub fn new(app: &App) -> Option<Self> {
        app.config.mail.as_ref()?;
        Some(Self { email: String::new(), max: mailbox::EMAIL_MAX, error: None, texts: app.texts() })
    }
}

#[derive(Template)]
#[template(path = "corner/link.html")]
struct LinkPage {
    layout: Layout,
    heading: &'static str,
    sentence: String,
    /// Error that belongs to no field.
    notice: Option<String>,
    step: Step,
}

enum Step {
    Ask(AskView),
    Asked,
    /// Page of the mail's link, with its key.
    Open(String),
}

pub async fn show(State(app): State<App>) -> Result<Page, WebError> {
    ask_page(&app, AskView::new(&app).ok_or_else(WebError::not_found)?, None)
}

pub async fn ask(
    State(app): State<App>,
    origin: Origin,
    visitor: Visitor,
    Posted(Asked { email }): Posted<Asked>,
) -> Result<Response, WebError> {
    let email = email.trim().to_owned();
    let words = &app.texts().by_mail;
    let empty = AskView::new(&app).ok_or_else(WebError::not_found)?;
    let again = |notice: Option<&str>, error: Option<&str>, status| {
        let form = AskView { email: email.clone(), error: error.map(str::to_owned), ..empty };
        Ok(ask_page(&app, form, notice)?.with_status(status).into_response())
    };
    if origin == Origin::Foreign {
        return again(Some(&words.foreign), None, StatusCode::FORBIDDEN);
    }
    let Some(address) = mailbox::parse(&email) else {
        return again(None, Some(&words.wrong), StatusCode::UNPROCESSABLE_ENTITY);
    };
    let is_authors = app.config.site.author.email.as_deref().map(mailbox::kept).as_ref() == Some(&address);
    match app.store.ask_for_corner(&address, is_authors, &visitor.sender.network, app.clock.now()).await {
        Ok(true) => {
            let page = LinkPage {
                layout: layout(&app, &app.snapshot(), &words.asked.heading),
                heading: &words.asked.heading,
                sentence: words.asked.sentence.clone(),
                notice: None,
                step: Step::Asked,
            };
            Ok(Page::html(&page, Policy::Private)?.into_response())
        }
        Ok(false) => again(Some(&words.too_many), None, StatusCode::TOO_MANY_REQUESTS),
        Err(error) => {
            errors::log(&error);
            again(Some(&words.away), None, StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// Page that the mail's link opens. Opening it changes nothing.
pub async fn show_open(State(app): State<App>, Query(link): Query<Link>) -> Result<Page, WebError> {
    let opened = opened(&app, &link.key)?;
    open_page(&app, link.key, opened, None).await
}

pub async fn open(
    State(app): State<App>,
    origin: Origin,
    visitor: Visitor,
    Posted(Link { key }): Posted<Link>,
) -> Result<Response, WebError> {
    let link = opened(&app, &key)?;
    if origin == Origin::Foreign {
        let notice = app.texts().by_mail.foreign.clone();
        return Ok(open_page(&app, key, link, Some(notice)).await?.with_status(StatusCode::FORBIDDEN).into_response());
    }
    app.store.open_corner(link, &visitor.sender.commenter, app.clock.now()).await.map_err(|error| gone(&app, error))?;
    let mut response = redirect(StatusCode::SEE_OTHER, "/me");
    if let Some(cookie) = visitor.new_cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn opened(app: &App, key: &str) -> Result<CornerLink, WebError> {
    let texts = app.texts();
    mail_keys::open_corner(&app.signer, key, app.clock.now()).map_err(|why| match why {
        Refused::Forged => WebError::forbidden(&texts.from_mail.incomplete),
        Refused::Old => WebError::over(&texts.by_mail.over),
    })
}

fn gone(app: &App, error: StoreError) -> WebError {
    match error {
        StoreError::NotFound => WebError::over(&app.texts().by_mail.over),
        other => other.into(),
    }
}

fn ask_page(app: &App, form: AskView, notice: Option<&str>) -> Result<Page, WebError> {
    let words = &app.texts().by_mail;
    let mut layout = layout(app, &app.snapshot(), &words.heading);
    if notice.is_some() || form.error.is_some() {
        layout = layout.with_error();
    }
    let page = LinkPage {
        layout,
        heading: &words.heading,
        sentence: words.stranger.clone(),
        notice: notice.map(str::to_owned),
        step: Step::Ask(form),
    };
    Page::html(&page, Policy::Private)
}

async fn open_page(app: &App, key: String, link: CornerLink, notice: Option<String>) -> Result<Page, WebError> {
    let email = app.store.corner_of(link).await.map_err(|error| gone(app, error))?;
    let words = &app.texts().by_mail;
    let page = LinkPage {
        layout: layout(app, &app.snapshot(), &words.open),
        heading: &words.open,
        sentence: words.opens.with(&email),
        notice,
        step: Step::Open(key),
    };
    Page::html(&page, Policy::Private)
}
