//! The page on which the author moderates and answers a comment, opened from its mail.

use serde::Deserialize;

use super::thread;
use crate::{
    content::comment_markdown,
    domain::{
        comment::{Comment, RawComment, Status},
        mail_keys,
    },
    texts::FromMail,
    web::{
        prelude::*,
        session::{Origin, Posted, refused},
        view::{dates, form::answer_errors},
    },
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
struct CommentPage {
    layout: Layout,
    texts: &'static FromMail,
    key: String,
    /// Title of the post.
    post: String,
    name: String,
    site: Option<String>,
    at: dates::Moment,
    html: String,
    /// Sentence about the comment's status.
    standing: &'static str,
    /// The reason why it is held, if it is.
    why: Option<String>,
    /// Path of the comment on the site, if it is approved.
    here: Option<String>,
    acts: Vec<Act>,
    /// Answers of the author, oldest first.
    answered: Vec<Answered>,
    /// True if the newest answer has just been sent.
    is_answered: bool,
    answer: Answer,
}

impl CommentPage {
    /// True for the main button: the action of the link, else "approve". Removing a public comment is never suggested.
    fn is_first_choice(&self, act: &Act) -> bool {
        act.is_asked
            || (act.word == "approve" && !self.answer.is_asked && !self.acts.iter().any(|other| other.is_asked))
    }
}

/// A moderation button.
#[derive(Clone, Copy)]
struct Act {
    word: &'static str,
    label: &'static str,
    /// True if the link asked for it.
    is_asked: bool,
}

/// A public answer.
struct Answered {
    html: String,
    at: dates::Moment,
    href: String,
}

/// The field for an answer, with its content.
struct Answer {
    text: String,
    error: Option<String>,
    /// True if the link asked for it.
    is_asked: bool,
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
    let (post, _) = thread(&snapshot, &comment.thread_slug);
    let texts = app.texts();
    let (words, said) = (&texts.mails, &texts.from_mail);
    let act = |word, label| Act { word, label, is_asked: word == form.act };
    let acts = [
        (Status::Approved, act("approve", words.approve.as_str())),
        (Status::Spam, act("spam", words.spam.as_str())),
        (Status::Trash, act("trash", words.trash.as_str())),
    ];
    let mut acts: Vec<Act> =
        acts.into_iter().filter(|(status, _)| *status != comment.status).map(|(_, act)| act).collect();
    acts.sort_by_key(|act| !act.is_asked);
    let mut layout = Layout::new(app, &snapshot, &said.comment_by.with(&comment.name)).not_indexed();
    if error.is_some() {
        layout = layout.with_error();
    }
    let answered = answered(app, comment).await;
    let page = CommentPage {
        layout,
        texts: said,
        post,
        name: comment.name.clone(),
        site: comment.site.clone(),
        at: dates::minute(comment.created_at, &app.config.site.time_zone, texts),
        html: comment_markdown::render_for_elsewhere(&comment.text, &app.page_of(comment)),
        standing: match comment.status {
            Status::Held => &said.held,
            Status::Approved => &said.approved,
            Status::Spam => &said.spam,
            Status::Trash => &said.trash,
        },
        why: app.why_held(comment),
        here: (comment.status == Status::Approved).then(|| routes::comment(comment.id)),
        acts,
        is_answered: form.act == ANSWERED && !answered.is_empty(),
        answered,
        answer: Answer { text: form.text, error, is_asked: form.act == "answer" },
        key: form.key,
    };
    Page::html(&page, Policy::Private)
}

/// Answers of the author. A database error is only logged: the page is useful without them.
async fn answered(app: &App, comment: &Comment) -> Vec<Answered> {
    let answers = app.store.answers_of_author(comment.id).await.inspect_err(error::log).unwrap_or_default();
    let shown = answers.into_iter().map(|answer| Answered {
        html: comment_markdown::render(&answer.text),
        at: dates::minute(answer.created_at, &app.config.site.time_zone, app.texts()),
        href: routes::comment(answer.id),
    });
    shown.collect()
}
