//! The comment form, empty or with the errors of a rejected comment.

use super::thread::PreviewView;
use crate::{
    domain::{
        comment::{Field, FieldError, FieldErrors, NewComment},
        limits::{EMAIL_MAX, NAME_MAX, SITE_MAX, TEXT_MAX},
        stamp,
    },
    texts::{Mend, Said},
    web::common::*,
};

/// Hidden field: only bots fill it in. Not a name that a browser fills in automatically.
pub const HONEYPOT: &str = "fax_extension";

/// Content of the form.
#[derive(Default)]
pub struct FormState {
    pub values: RawComment,
    /// Message above the form: the errors of all fields, or an error that belongs to no field.
    pub notice: Option<Notice>,
    /// The comment that the new one replies to.
    pub replying_to: Option<Comment>,
    /// The comment, if a preview of it is shown.
    pub preview: Option<NewComment>,
}

#[derive(Clone, Debug)]
pub struct Notice {
    pub heading: String,
    pub errors: FieldErrors,
    /// The message if no field is wrong.
    pub sentence: Option<String>,
    /// True if the button says "send again".
    pub send_again: bool,
}

impl Notice {
    pub fn fields(errors: FieldErrors, texts: &Mend) -> Self {
        Self { heading: texts.heading.of(errors.iter().count()), errors, sentence: None, send_again: false }
    }

    pub fn said(said: &Said) -> Self {
        Self::sentence(&said.heading, said.sentence.clone())
    }

    pub fn sentence(heading: &str, sentence: String) -> Self {
        Self { heading: heading.to_owned(), errors: FieldErrors::default(), sentence: Some(sentence), send_again: true }
    }

    /// Lines of the error summary: id of the field, and message.
    pub fn lines(&self, texts: &Mend) -> Vec<(&'static str, String)> {
        let id = |field| match field {
            Field::Name => "name",
            Field::Email => "email",
            Field::Site => "site",
            Field::Text => "text",
            Field::Parent => "respond-title",
        };
        self.errors.iter().map(|error| (id(error.field()), field_error(error, texts))).collect()
    }
}

/// Errors in a reply of the author, as sentences.
pub fn answer_errors(errors: &FieldErrors, texts: &Texts) -> String {
    let sentence = |error| match error {
        FieldError::TextMissing => texts.from_mail.answer_missing.clone(),
        other => field_error(other, &texts.mend),
    };
    errors.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

fn field_error(error: FieldError, texts: &Mend) -> String {
    match error {
        FieldError::NameMissing => texts.name_missing.clone(),
        FieldError::NameLong(count) => texts.name_long.with_both(count, NAME_MAX),
        FieldError::NameIsEmail => texts.name_is_email.clone(),
        FieldError::Email => texts.email.clone(),
        FieldError::EmailMissing => texts.email_missing.clone(),
        FieldError::Site => texts.site.clone(),
        FieldError::SiteLong => texts.site_long.with(SITE_MAX),
        FieldError::TextMissing => texts.text_missing.clone(),
        FieldError::TextWordless => texts.text_wordless.clone(),
        FieldError::TextLong(count) => texts.text_long.with_both(count, TEXT_MAX),
        FieldError::TextHeavy => texts.text_heavy.clone(),
        FieldError::ParentGone => texts.parent_gone.clone(),
    }
}

/// Template of the form.
#[derive(Template)]
#[template(path = "comments/_form.html")]
pub struct FormView<'a> {
    app: &'a App,
    action: String,
    /// Path of the page that the form is on, to cancel a reply.
    page: String,
    stamp: String,
    privacy: Option<String>,
    state: FormState,
    texts: &'static Texts,
}

impl<'a> FormView<'a> {
    /// `page`: path of the page that the form is on.
    pub fn new(app: &'a App, snapshot: &Snapshot, post: &Post, page: &str, state: FormState) -> Self {
        let slug = &post.entry.slug;
        Self {
            app,
            action: address::encode(&routes::comments(slug)),
            page: address::encode(page),
            stamp: stamp::issue(&app.signer, slug.as_str(), app.clock.now()),
            privacy: snapshot.privacy_page().map(|page| address::encode(&page.entry.address)),
            state,
            texts: app.texts(),
        }
    }

    fn fields(&self) -> FieldsView<'_> {
        FieldsView { values: &self.state.values, notice: self.state.notice.as_ref(), texts: self.texts }
    }

    fn preview(&self) -> Option<PreviewView<'_>> {
        Some(PreviewView::new(&self.app.config.site, self.state.preview.as_ref()?, self.app.clock.now()))
    }
}

/// Template of the fields of a comment, new or edited.
#[derive(Template)]
#[template(path = "comments/_fields.html")]
pub struct FieldsView<'a> {
    pub values: &'a RawComment,
    pub notice: Option<&'a Notice>,
    pub texts: &'static Texts,
}

impl FieldsView<'_> {
    fn error(&self, field: Field) -> Option<String> {
        Some(field_error(self.notice?.errors.of(field)?, &self.texts.mend))
    }
}
