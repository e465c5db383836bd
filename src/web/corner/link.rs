//! Access to `/me` by mail. The response is the same for every mail address; only the mail differs. Its link shows a
//! page, whose button connects this browser with the mailbox.

use crate::{
    domain::{
        mail_keys::{self, CornerLink},
        mailbox,
    },
    web::prelude::*,
};

/// Fields of the form that asks for a link.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AskForm {
    email: String,
}

/// Form that asks for a link.
#[derive(Template)]
#[template(path = "corner/_ask.html")]
pub struct AskView {
    email: String,
    max: usize,
    error: Option<&'static str>,
    texts: &'static Texts,
}

impl AskView {
    /// Returns `None` if no mail can be sent.
    pub fn new(app: &App) -> Option<Self> {
        app.config.mail.as_ref()?;
        Some(Self { email: String::new(), max: mailbox::EMAIL_MAX, error: None, texts: app.texts() })
    }

    fn question(&self, app: &App) -> Result<Question, WebError> {
        let words = &app.texts().by_mail;
        let form = self.render()?;
        Ok(Question::new(app, &words.heading, &words.stranger).with_html(form))
    }
}

pub async fn show(State(app): State<App>) -> Result<Page, WebError> {
    AskView::new(&app).ok_or_else(WebError::not_found)?.question(&app)?.page()
}

pub async fn ask(
    State(app): State<App>,
    origin: Origin,
    visitor: Visitor,
    Posted(AskForm { email }): Posted<AskForm>,
) -> Result<Response, WebError> {
    let words = &app.texts().by_mail;
    let mut form = AskView::new(&app).ok_or_else(WebError::not_found)?;
    form.email = email.trim().to_owned();
    if origin == Origin::Foreign {
        return form.question(&app)?.once_more();
    }
    let Some(address) = mailbox::parse(&form.email) else {
        form.error = Some(&words.wrong);
        let page = form.question(&app)?.with_error_title().page()?;
        return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
    };
    let is_authors = app.config.site.author.email.as_deref().map(mailbox::kept).as_ref() == Some(&address);
    let asked = app.store.ask_for_corner(&address, is_authors, &visitor.sender.network, app.clock.now()).await;
    let (alert, status) = match asked.inspect_err(error::log) {
        Ok(true) => {
            let said = &words.asked;
            let page = Question::new(&app, &said.heading, &said.sentence).with_link("/me/link", &words.asked_again);
            return Ok(page.page()?.into_response());
        }
        Ok(false) => (&words.too_many, StatusCode::TOO_MANY_REQUESTS),
        Err(_) => (&words.away, StatusCode::SERVICE_UNAVAILABLE),
    };
    Ok(form.question(&app)?.with_alert(alert).page()?.with_status(status).into_response())
}

/// Page that the mail's link opens. Opening it changes nothing.
pub async fn show_open(State(app): State<App>, Query(link): Query<MailLink>) -> Result<Page, WebError> {
    let opened = opened(&app, &link.key)?;
    question_of_opening(&app, &link.key, opened).await?.page()
}

pub async fn open(
    State(app): State<App>,
    origin: Origin,
    visitor: Visitor,
    Posted(MailLink { key, .. }): Posted<MailLink>,
) -> Result<Response, WebError> {
    let link = opened(&app, &key)?;
    if origin == Origin::Foreign {
        return question_of_opening(&app, &key, link).await?.once_more();
    }
    app.store.open_corner(link, &visitor.sender.commenter, app.clock.now()).await.map_err(|error| gone(&app, error))?;
    Ok(with_cookie(redirect(StatusCode::SEE_OTHER, "/me"), visitor.new_cookie))
}

fn opened(app: &App, key: &str) -> Result<CornerLink, WebError> {
    let texts = app.texts();
    mail_keys::open_corner(&app.signer, key, app.clock.now())
        .map_err(|why| refused(why, &texts.by_mail.over, &texts.from_mail))
}

fn gone(app: &App, error: StoreError) -> WebError {
    match error {
        StoreError::NotFound => WebError::said(StatusCode::GONE, &app.texts().by_mail.over),
        other => other.into(),
    }
}

async fn question_of_opening(app: &App, key: &str, link: CornerLink) -> Result<Question, WebError> {
    let email = app.store.corner_of(link).await.map_err(|error| gone(app, error))?;
    let words = &app.texts().by_mail;
    Ok(Question::new(app, &words.open, words.opens.with(&email)).with_button("/me/open", Some(key), &words.open_send))
}
