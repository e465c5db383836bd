//! The reply desk: comments that wait, then those that nobody has answered, oldest first. Each can be answered, approved
//! or hidden in place, several at once too, and what was done can be undone for a day.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::SignedIn;
use crate::{
    domain::{
        account::{Account, Role},
        limits::DESK_COMMENTS,
        words::shorten,
    },
    store::Moderated,
    texts::Desk,
    web::{prelude::*, view::form::answer_errors},
};

/// Longest part of the parent that is shown, in characters.
const PARENT: usize = 300;

/// Query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeskQuery {
    /// Status of the list: `approved`, `spam`, `trash`. Otherwise the comments that need the author.
    show: String,
    /// Moment of the last action, in milliseconds: it can be undone.
    done: Option<i64>,
    /// Number of the page of the list, counted from 0.
    page: usize,
}

#[derive(Template)]
#[template(path = "desk/comments.html")]
struct DeskPage {
    layout: Layout,
    words: &'static Desk,
    account: Account,
    query: DeskQuery,
    notice: Option<Notice>,
    sections: Vec<Section>,
}

impl DeskPage {
    /// Lists of the desk: value of `show`, and name.
    fn lists(&self) -> [(&'static str, &'static str); 4] {
        let words = self.words;
        [("", &words.to_do), ("approved", &words.approved), ("spam", &words.spam), ("trash", &words.trash)]
    }
}

/// Values and labels of the buttons for a comment with this status; for several comments, all.
fn acts(texts: &'static Texts, status: Option<Status>) -> Vec<(&'static str, &'static str)> {
    let words = &texts.mails;
    let acts = [
        (Status::Approved, ("approve", words.approve.as_str())),
        (Status::Spam, ("spam", words.spam.as_str())),
        (Status::Trash, ("trash", words.trash.as_str())),
    ];
    acts.into_iter().filter(|(own, _)| Some(*own) != status).map(|(_, act)| act).collect()
}

/// Result of the last action.
struct Notice {
    sentence: &'static str,
    is_error: bool,
    /// Moment of the action, if it can be undone.
    undo: Option<i64>,
}

struct Section {
    heading: &'static str,
    /// Sentence for an empty list.
    empty: &'static str,
    /// Number of comments in all, if it is known.
    count: Option<i64>,
    comments: Vec<CommentView>,
    /// Path of the next page.
    next: Option<String>,
}

/// Heading and other facts of a list, before its comments are read.
struct List {
    /// Value of `show` for the list alone.
    show: &'static str,
    heading: &'static str,
    empty: &'static str,
    count: Option<i64>,
}

/// Most pages of a list.
const MOST_PAGES: usize = 10_000;

/// A comment with all that a decision needs.
struct CommentView {
    comment: Comment,
    post: TextLink,
    at: dates::Moment,
    html: String,
    why: Option<String>,
    /// Name and text of the comment that it answers.
    parent: Option<(String, String)>,
    history: String,
    /// Values and labels of the buttons.
    acts: Vec<(&'static str, &'static str)>,
    /// Begun answer, and its error.
    text: String,
    error: Option<String>,
}

/// Posted form: numbers of comments, an action, and the text of an answer.
struct ActForm {
    ids: BTreeSet<CommentId>,
    act: String,
    text: String,
    show: String,
}

impl ActForm {
    /// Reads the fields; `id` may be there several times.
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut form = Self { ids: BTreeSet::new(), act: String::new(), text: String::new(), show: String::new() };
        for (name, value) in fields {
            match name.as_str() {
                "id" => form.ids.extend(value.parse::<CommentId>()),
                "act" => form.act = value,
                "text" => form.text = value,
                "show" => form.show = value,
                _ => {}
            }
        }
        form
    }
}

pub async fn show(State(app): State<App>, asks: SignedIn, Query(query): Query<DeskQuery>) -> Result<Page, WebError> {
    let notice = match query.done {
        Some(moment) => done(&app, &asks.account, moment).await?,
        None => None,
    };
    let (store, words) = (&app.store, &app.texts().desk);
    let (from, limit) = (query.page.min(MOST_PAGES) * DESK_COMMENTS, DESK_COMMENTS + 1);
    let by_status = async |status: Status, newest_first: bool, list: List| {
        section(&app, list, &query, store.comments_with(status, newest_first, from, limit).await?).await
    };
    let removed = |heading| List { show: "", heading, empty: &words.none, count: None };
    let sections = match query.show.as_str() {
        "approved" => {
            vec![by_status(Status::Approved, true, List { show: "approved", ..removed(&words.approved) }).await?]
        }
        "spam" => vec![by_status(Status::Spam, true, List { show: "spam", ..removed(&words.spam) }).await?],
        "trash" => vec![by_status(Status::Trash, true, List { show: "trash", ..removed(&words.trash) }).await?],
        show => {
            let count = Some(store.count_comments(Status::Held).await?);
            let waiting = List { show: "waiting", heading: &words.waiting, empty: &words.none_waits, count };
            let unanswered =
                List { show: "unanswered", heading: &words.unanswered, empty: &words.all_answered, count: None };
            let mut sections = Vec::new();
            if show != "unanswered" {
                sections.push(by_status(Status::Held, false, waiting).await?);
            }
            if show != "waiting" {
                sections.push(section(&app, unanswered, &query, store.unanswered_comments(from, limit).await?).await?);
            }
            sections
        }
    };
    page(&app, asks, query, notice, sections)
}

/// Does one thing with one or several comments. One moment for all, by which they can be undone together.
pub async fn act(
    State(app): State<App>,
    asks: SignedIn,
    Posted(fields): Posted<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let form = ActForm::read(fields);
    let (actor, now) = (asks.account.actor(), app.clock.now());
    if form.act == "answer" {
        return answer(&app, asks, form, now).await;
    }
    for &id in form.ids.iter().take(DESK_COMMENTS) {
        let outcome = match form.act.as_str() {
            "approve" => app.store.approve(id, &actor, now).await,
            "spam" => app.store.mark_spam(id, &actor, now).await,
            "trash" => app.store.trash(id, &actor, now).await,
            _ => return Err(StatusCode::BAD_REQUEST.into()),
        };
        match outcome {
            Ok(done) => app.cache.purge(&done.tags()),
            // Erased meanwhile by its writer: nothing is left to decide.
            Err(StoreError::NotFound | StoreError::Conflict(_)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    match form.ids.iter().copied().collect::<Vec<_>>().as_slice() {
        // An answer was begun before this button was pressed. A redirect would lose it; sending it would be worse.
        [id] if !form.text.trim().is_empty() => {
            let notice = Notice { sentence: &app.texts().desk.text_kept, is_error: false, undo: None };
            alone(&app, asks, *id, form, notice, None).await
        }
        _ => Ok(to(&form.show, now)),
    }
}

/// Posts an answer under the account's name, and approves the comment that it answers.
async fn answer(app: &App, asks: SignedIn, form: ActForm, now: Timestamp) -> Result<Response, WebError> {
    let [id] = *form.ids.iter().copied().collect::<Vec<_>>().as_slice() else {
        return Err(StatusCode::BAD_REQUEST.into());
    };
    let (words, account) = (&app.texts().desk, &asks.account);
    let raw = RawComment { name: account.name.clone(), text: form.text.clone(), ..RawComment::default() };
    let failed = |error: String| (Notice { sentence: &words.not_done, is_error: true, undo: None }, Some(error));
    let new = match comment_markdown::parse(&raw) {
        Ok(new) => new,
        Err(errors) => {
            let (notice, error) = failed(answer_errors(&errors, app.texts()));
            let page = alone(app, asks, id, form, notice, error).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let author = &app.config.site.author;
    let site = author.url.as_deref().filter(|_| account.role == Role::Author && author.name == account.name);
    match app.store.approve_and_reply(id, &new.name, site, &new.text, &account.actor(), now).await {
        Ok(done) => {
            app.cache.purge(&done.tags());
            Ok(to(&form.show, now))
        }
        Err(error @ (StoreError::NotFound | StoreError::Conflict(_))) => Err(error.into()),
        Err(error) => {
            error::log(&error);
            let (notice, error) = failed(app.texts().from_mail.not_kept.clone());
            let page = alone(app, asks, id, form, notice, error).await?;
            Ok((StatusCode::SERVICE_UNAVAILABLE, page).into_response())
        }
    }
}

/// Form of the undo button.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UndoForm {
    moment: i64,
    show: String,
}

pub async fn undo(
    State(app): State<App>,
    asks: SignedIn,
    Posted(form): Posted<UndoForm>,
) -> Result<Response, WebError> {
    let (now, words) = (app.clock.now(), &app.texts().desk);
    let moment = Timestamp::from_millisecond(form.moment).map_err(|_| StatusCode::BAD_REQUEST)?;
    let undone = app.store.undo(&asks.account.actor(), moment, now).await.map_err(|error| match error {
        StoreError::NotFound | StoreError::Conflict(_) => WebError::said(StatusCode::CONFLICT, &words.undo_late),
        other => other.into(),
    })?;
    let tags: HashSet<&str> = undone.iter().flat_map(Moderated::tags).collect();
    app.cache.purge(&tags.into_iter().collect::<Vec<_>>());
    Ok(to(&form.show, now))
}

/// Redirect to the list, with the moment of the action.
fn to(show: &str, moment: Timestamp) -> Response {
    let show = if ["approved", "spam", "trash", "waiting", "unanswered"].contains(&show) {
        format!("show={show}&")
    } else {
        String::new()
    };
    redirect(StatusCode::SEE_OTHER, &format!("/desk?{show}done={}", moment.as_millisecond()))
}

/// Notice about what the account did at a moment.
async fn done(app: &App, account: &Account, moment: i64) -> Result<Option<Notice>, WebError> {
    let words = &app.texts().desk;
    let Ok(at) = Timestamp::from_millisecond(moment) else { return Ok(None) };
    let acts = app.store.acts(&account.actor(), at).await?;
    let has = |word: &str| acts.iter().any(|act| act.word == word);
    let sentence = match () {
        () if has("undo") => &words.undone,
        () if has("reply") => &words.answered,
        () if has("approve") => &words.was_approved,
        () if has("spam") => &words.was_spam,
        () if has("trash") => &words.was_trash,
        () => return Ok(None),
    };
    Ok(Some(Notice { sentence, is_error: false, undo: Some(moment).filter(|_| !has("undo")) }))
}

/// The page with one comment and an answer that was begun.
async fn alone(
    app: &App,
    asks: SignedIn,
    id: CommentId,
    form: ActForm,
    notice: Notice,
    error: Option<String>,
) -> Result<Response, WebError> {
    let words = &app.texts().desk;
    let comment = app.store.comment(id).await?;
    let list = List { show: "", heading: &words.answer, empty: &words.none, count: None };
    let mut section = section(app, list, &DeskQuery::default(), vec![comment]).await?;
    for view in &mut section.comments {
        (view.text, view.error) = (form.text.clone(), error.clone());
    }
    let query = DeskQuery { show: form.show, ..DeskQuery::default() };
    Ok(page(app, asks, query, Some(notice), vec![section])?.into_response())
}

fn page(
    app: &App,
    asks: SignedIn,
    query: DeskQuery,
    notice: Option<Notice>,
    sections: Vec<Section>,
) -> Result<Page, WebError> {
    let words = &app.texts().desk;
    let mut layout = super::layout(app, &asks, &words.comments, "/desk");
    if notice.as_ref().is_some_and(|notice| notice.is_error) {
        layout = layout.with_error();
    }
    Page::html(&DeskPage { layout, words, account: asks.account, query, notice, sections }, Policy::Private)
}

/// Reads what a list of comments shows besides them: parents and histories, with one query each. `comments` has one more
/// than a page if there is a next page.
async fn section(app: &App, list: List, query: &DeskQuery, mut comments: Vec<Comment>) -> Result<Section, WebError> {
    let has_more = comments.len() > DESK_COMMENTS;
    comments.truncate(DESK_COMMENTS);
    let List { show, heading, empty, count } = list;
    let next = has_more.then(|| format!("/desk?show={show}&page={}", query.page + 1));
    let parents: Vec<CommentId> = comments.iter().filter_map(|comment| comment.parent_id).collect();
    let parents = app.store.comments(&parents).await?;
    let parents: HashMap<CommentId, Comment> = parents.into_iter().map(|parent| (parent.id, parent)).collect();
    let commenters: HashSet<String> = comments.iter().filter_map(|comment| comment.commenter.clone()).collect();
    let histories = app.store.histories(&commenters.into_iter().collect::<Vec<_>>()).await?;
    let histories: HashMap<String, (i64, Timestamp)> =
        histories.into_iter().map(|(commenter, count, first)| (commenter, (count, first))).collect();
    let snapshot = app.snapshot();
    let view = |comment: Comment| {
        let parent = comment.parent_id.and_then(|id| parents.get(&id));
        let history = comment.commenter.as_ref().and_then(|commenter| histories.get(commenter));
        comment_view(app, &snapshot, comment, parent, history)
    };
    Ok(Section { heading, empty, count, comments: comments.into_iter().map(view).collect(), next })
}

fn comment_view(
    app: &App,
    snapshot: &Snapshot,
    comment: Comment,
    parent: Option<&Comment>,
    history: Option<&(i64, Timestamp)>,
) -> CommentView {
    let (texts, zone) = (app.texts(), &app.config.site.time_zone);
    let words = &texts.desk;
    let since = |first: &Timestamp| dates::day(&first.to_zoned(zone.clone()), texts).human;
    CommentView {
        post: match snapshot.post(&comment.thread_slug) {
            Some(post) => TextLink::to_entry(&post.entry),
            None => TextLink::new(&comment.thread_slug, "/"),
        },
        at: dates::minute(comment.created_at, zone, texts),
        html: comment_markdown::render_for_elsewhere(&comment.text, &app.page_of(&comment)),
        why: app.why_held(&comment),
        parent: parent.map(|parent| (parent.name.clone(), shorten(&parent.text, PARENT))),
        history: match history {
            Some((count, first)) => words.history.of_with(usize::try_from(*count).unwrap_or(0), since(first)),
            None if comment.commenter.is_some() => words.no_history.clone(),
            // Samples and imported comments have no commenter whose others could be counted.
            None => String::new(),
        },
        acts: acts(texts, Some(comment.status)),
        text: String::new(),
        error: None,
        comment,
    }
}
