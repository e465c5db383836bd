//! The comment form, empty or with the errors of a rejected comment.

use askama::Template;

use super::thread::PreviewView;
use crate::{
    app::App,
    content::Snapshot,
    domain::{
        address,
        comment::{Field, FieldError, FieldErrors, NAME_MAX, RawComment, SITE_MAX, TEXT_MAX},
        entry::Post,
        mailbox::EMAIL_MAX,
        stamp,
    },
    texts::{Mend, Said, Texts},
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
    pub replying_to: Option<Replying>,
    /// Preview of the comment.
    pub preview: Option<PreviewView>,
}

#[derive(Clone, Debug)]
pub struct Replying {
    pub id: i64,
    pub name: String,
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
pub struct FormView {
    action: String,
    /// Path of the page that the form is on, to cancel a reply.
    page: String,
    stamp: String,
    honeypot: &'static str,
    parent: String,
    notice: Option<Notice>,
    replying_to: Option<Replying>,
    fields: FieldsView,
    /// The chosen kind of notification mail; `None` if no mail can be sent.
    wish: Option<String>,
    preview: Option<PreviewView>,
    privacy: Option<String>,
    texts: &'static Texts,
}

/// Template of the fields of a comment, new or edited.
#[derive(Template)]
#[template(path = "comments/_fields.html")]
pub struct FieldsView {
    values: RawComment,
    text: FieldView,
    name: FieldView,
    site: FieldView,
    email: FieldView,
    texts: &'static Texts,
}

/// Limit of a field, and its error.
struct FieldView {
    max: usize,
    error: Option<String>,
}

impl FormView {
    pub fn new(app: &App, snapshot: &Snapshot, post: &Post, state: FormState) -> Self {
        let texts = app.texts();
        let slug = post.entry.slug.as_str();
        let privacy = snapshot.pages.iter().find(|page| page.entry.slug.as_str() == "privacy");
        Self {
            action: address::encode(&format!("/posts/{slug}/comments")),
            page: address::encode(&post.entry.address),
            stamp: stamp::issue(&app.signer, slug, app.clock.now()),
            honeypot: HONEYPOT,
            parent: state.values.parent.clone(),
            wish: app.config.mail.is_some().then(|| state.values.wish.clone()),
            fields: FieldsView::new(state.values, state.notice.as_ref(), texts),
            privacy: privacy.map(|page| address::encode(&page.entry.address)),
            notice: state.notice,
            replying_to: state.replying_to,
            preview: state.preview,
            texts,
        }
    }
}

impl FieldsView {
    pub fn new(values: RawComment, notice: Option<&Notice>, texts: &'static Texts) -> Self {
        let error = |field| Some(field_error(notice?.errors.of(field)?, &texts.mend));
        let field = |field, max| FieldView { max, error: error(field) };
        Self {
            values,
            text: field(Field::Text, TEXT_MAX),
            name: field(Field::Name, NAME_MAX),
            site: field(Field::Site, SITE_MAX),
            email: field(Field::Email, EMAIL_MAX),
            texts,
        }
    }
}

impl FormView {
    /// Sets the page that the form is on, if it is not the post's own.
    #[must_use]
    pub fn on_page(self, path: &str) -> Self {
        Self { page: address::encode(path), ..self }
    }
}

impl Notice {
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
