//! The page on which the author moderates and answers a comment, opened from its mail.

use jiff::Timestamp;

use super::thread;
use crate::{
    domain::mail_keys,
    texts::FromMail,
    web::{prelude::*, view::form::answer_errors},
};

/// Name of the actor in the moderation log.
const ACTOR: &str = "mail";
/// Value of `act` in the redirect after an accepted answer.
const ANSWERED: &str = "answered";

/// Link to the page, or its form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ActForm {
    key: String,
    /// Action that the author wants.
    act: String,
    /// Text of an answer.
    text: String,
}

#[derive(Template)]
#[template(path = "from_mail/comment.html")]
struct CommentPage<'a> {
    layout: Layout,
    texts: &'static FromMail,
    comment: &'a Comment,
    /// Title of the post.
    post: String,
    html: String,
    /// Sentence about the comment's status.
    standing: &'static str,
    /// The reason why it is held, if it is.
    why: Option<String>,
    /// Values and labels of the moderation buttons, that of the link first.
    acts: Vec<(&'static str, &'static str)>,
    /// Answers of the author, oldest first.
    answers: Vec<Comment>,
    form: ActForm,
    /// Error of the answer.
    error: Option<String>,
}

impl CommentPage<'_> {
    /// True for the main button: the action of the link, else "approve". Removing a public comment is never suggested.
    fn is_first_choice(&self, act: &str) -> bool {
        let asked = self.form.act.as_str();
        let is_other = asked == "answer" || self.acts.iter().any(|(word, _)| *word == asked);
        if is_other { act == asked } else { act == "approve" }
    }

    fn minute(&self, at: &Timestamp) -> dates::Moment {
        dates::minute(*at, &self.layout.site().time_zone, self.layout.texts)
    }
}

pub async fn show(State(app): State<App>, Query(form): Query<ActForm>) -> Result<Page, WebError> {
    let comment = opened(&app, &form.key).await?;
    page(&app, form, &comment, None).await
}

/// Moderates or answers the comment.
pub async fn act(
    State(app): State<App>,
    origin: Origin,
    Posted(mut form): Posted<ActForm>,
) -> Result<Response, WebError> {
    let comment = opened(&app, &form.key).await?;
    if origin == Origin::Foreign {
        let error = app.texts().from_mail.foreign.clone();
        return again(&app, form, &comment, error, StatusCode::FORBIDDEN).await;
    }
    let now = app.clock.now();
    let done = match form.act.as_str() {
        "approve" => app.store.approve(comment.id, ACTOR, now).await?,
        "spam" => app.store.mark_spam(comment.id, ACTOR, now).await?,
        "trash" => app.store.trash(comment.id, ACTOR, now).await?,
        "answer" => return answer(&app, form, &comment).await,
        _ => return Err(StatusCode::BAD_REQUEST.into()),
    };
    app.cache.purge(&done.tags());
    if form.text.trim().is_empty() {
        return Ok(redirect(StatusCode::SEE_OTHER, &format!("/mail/comment?key={}", form.key)));
    }
    // The author had begun an answer before pressing this button. A redirect would lose it; sending it would be worse.
    let comment = opened(&app, &form.key).await?;
    form.act = "answer".to_owned();
    Ok(page(&app, form, &comment, None).await?.into_response())
}

/// Posts the answer as the author, and approves the comment that it answers.
async fn answer(app: &App, form: ActForm, comment: &Comment) -> Result<Response, WebError> {
    let author = &app.config.site.author;
    let raw = RawComment { name: author.name.clone(), text: form.text.clone(), ..RawComment::default() };
    let new = match comment_markdown::parse(&raw) {
        Ok(new) => new,
        Err(errors) => {
            let error = answer_errors(&errors, app.texts());
            return again(app, form, comment, error, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let (site, now) = (author.url.as_deref(), app.clock.now());
    match app.store.approve_and_reply(comment.id, &new.name, site, &new.text, ACTOR, now).await {
        Ok(done) => {
            app.cache.purge(&done.tags());
            Ok(redirect(StatusCode::SEE_OTHER, &format!("/mail/comment?key={}&act={ANSWERED}", form.key)))
        }
        Err(error) => {
            error::log(&error);
            let error = app.texts().from_mail.not_kept.clone();
            again(app, form, comment, error, StatusCode::SERVICE_UNAVAILABLE).await
        }
    }
}

/// The comment that a key gives access to.
async fn opened(app: &App, key: &str) -> Result<Comment, WebError> {
    let texts = &app.texts().from_mail;
    let id = mail_keys::open_moderation(&app.signer, key, app.clock.now())
        .map_err(|why| refused(why, &texts.over, texts))?;
    let comment = app.store.comment(id).await?;
    if comment.text.is_empty() { Err(StatusCode::GONE.into()) } else { Ok(comment) }
}

async fn again(
    app: &App,
    form: ActForm,
    comment: &Comment,
    error: String,
    status: StatusCode,
) -> Result<Response, WebError> {
    Ok(page(app, form, comment, Some(error)).await?.with_status(status).into_response())
}

async fn page(app: &App, form: ActForm, comment: &Comment, error: Option<String>) -> Result<Page, WebError> {
    let snapshot = app.snapshot();
    let (words, texts) = (&app.texts().mails, &app.texts().from_mail);
    let acts = [
        (Status::Approved, ("approve", words.approve.as_str())),
        (Status::Spam, ("spam", words.spam.as_str())),
        (Status::Trash, ("trash", words.trash.as_str())),
    ];
    let mut acts: Vec<_> =
        acts.into_iter().filter(|(status, _)| *status != comment.status).map(|(_, act)| act).collect();
    acts.sort_by_key(|(word, _)| *word != form.act);
    let mut layout = Layout::new(app, &snapshot, &texts.comment_by.with(&comment.name)).not_indexed();
    if error.is_some() {
        layout = layout.with_error();
    }
    let page = CommentPage {
        layout,
        texts,
        comment,
        post: thread(&snapshot, &comment.thread_slug).0,
        html: comment_markdown::render_for_elsewhere(&comment.text, &app.page_of(comment)),
        standing: match comment.status {
            Status::Held => &texts.held,
            Status::Approved => &texts.approved,
            Status::Spam => &texts.spam,
            Status::Trash => &texts.trash,
        },
        why: app.why_held(comment),
        // After a database error the page is useful without them.
        answers: app.store.answers_of_author(comment.id).await.inspect_err(error::log).unwrap_or_default(),
        acts,
        form,
        error,
    };
    Page::html(&page, Policy::Private)
}
