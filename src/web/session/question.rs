//! Page with a heading, a sentence, and at most one form: it asks before something is done, or says that it was done.

use axum::response::{IntoResponse, Response};

use crate::web::{common::*, error::WebError, page::Page, view::layout::Layout};

#[derive(Template)]
#[template(path = "session/question.html")]
pub struct Question {
    layout: Layout,
    heading: String,
    sentence: String,
    alert: Option<String>,
    /// HTML above the form.
    html: Option<String>,
    form: Option<Form>,
    /// Path and text of a link, in the form if there is one.
    link: Option<(String, String)>,
}

struct Form {
    action: String,
    /// Key of a link in a mail.
    key: Option<String>,
    buttons: Vec<Button>,
}

/// Button of the form.
pub struct Button {
    pub label: String,
    /// Value of the field `what`, which shows which of several buttons was pressed.
    pub what: Option<&'static str>,
    pub is_quiet: bool,
}

impl Question {
    pub fn new(app: &App, heading: &str, sentence: impl Into<String>) -> Self {
        Self {
            layout: Layout::new(app, &app.snapshot(), heading).not_indexed(),
            heading: heading.to_owned(),
            sentence: sentence.into(),
            alert: None,
            html: None,
            form: None,
            link: None,
        }
    }

    /// Adds a form with one button. `key`: key of the link in a mail that opened the page.
    pub fn with_button(self, action: &str, key: Option<&str>, label: &str) -> Self {
        self.with_buttons(action, key, vec![Button { label: label.to_owned(), what: None, is_quiet: false }])
    }

    pub fn with_buttons(self, action: &str, key: Option<&str>, buttons: Vec<Button>) -> Self {
        Self { form: Some(Form { action: action.to_owned(), key: key.map(str::to_owned), buttons }), ..self }
    }

    pub fn with_link(self, href: &str, label: &str) -> Self {
        Self { link: Some((href.to_owned(), label.to_owned())), ..self }
    }

    pub fn with_html(self, html: String) -> Self {
        Self { html: Some(html), ..self }
    }

    /// Shows an error above the form.
    pub fn with_alert(self, alert: &str) -> Self {
        Self { alert: Some(alert.to_owned()), ..self.with_error_title() }
    }

    /// Announces an error that the form above shows itself.
    pub fn with_error_title(self) -> Self {
        Self { layout: self.layout.with_error(), ..self }
    }

    /// Response to a form that seems to come from another site: asks once more.
    ///
    /// # Errors
    /// The template failed.
    pub fn once_more(self) -> Result<Response, WebError> {
        let alert = &self.layout.texts.from_mail.foreign;
        Ok(self.with_alert(alert).page()?.with_status(StatusCode::FORBIDDEN).into_response())
    }

    /// # Errors
    /// The template failed.
    pub fn page(&self) -> Result<Page, WebError> {
        Page::html(self, Policy::Private)
    }
}
