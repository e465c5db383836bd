//! The reply desk: comments that wait, then those that nobody has answered, oldest first; other lists; search.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use url::form_urlencoded::Serializer;

use super::SignedIn;
use crate::{
    domain::{
        account::Account,
        limits::{DESK_COMMENTS, UNDO_WINDOW},
        verdict::{Reason, blocks::Block},
        words::{shorten, word_of},
    },
    store::{Act, Filter},
    texts::Desk,
    web::{prelude::*, view::cards::thread_keys},
};

/// Longest part of the parent that is shown, in characters.
const PARENT: usize = 300;

/// Most pages of a list.
const MOST_PAGES: usize = 10_000;

/// Script of the page, which works without it.
const SCRIPT: &str = "js/desk.js";

/// Query of the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeskQuery {
    /// List: `approved`, `spam`, `trash`. Otherwise the comments that need the author: `waiting`, `unanswered`, or both.
    pub show: String,
    /// Words in the title or the address of a post.
    pub post: String,
    /// Word of a reason for which comments were held.
    pub reason: String,
    /// Words in the name, the address, the website or the text.
    pub words: String,
    /// Moment of the last action, in milliseconds.
    pub done: Option<i64>,
    /// Number of the page of the list, counted from 0.
    page: usize,
}

impl DeskQuery {
    fn fields(&self) -> [(&'static str, &str); 4] {
        [("show", &self.show), ("post", &self.post), ("reason", &self.reason), ("words", &self.words)]
    }

    /// Path of the same list with one more value.
    pub fn path(&self, name: &str, value: &str) -> String {
        let mut query = Serializer::for_suffix("/desk?".to_owned(), 6);
        query.extend_pairs(self.fields().into_iter().filter(|(_, value)| !value.is_empty()));
        query.append_pair(name, value).finish()
    }

    fn is_filtered(&self) -> bool {
        [&self.post, &self.reason, &self.words].iter().any(|field| !field.trim().is_empty())
    }

    fn filter(&self, snapshot: &Snapshot) -> Filter {
        // PostgreSQL takes no NUL in a text.
        let clean = |text: &str| text.replace('\0', "").trim().to_owned();
        let wanted = clean(&self.post).to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        let found = snapshot.posts.iter().filter(|post| has(&post.entry.title) || has(post.entry.slug.as_str()));
        let slugs = || thread_keys(found.map(AsRef::as_ref)).into_iter().map(|key| key.slug).collect();
        Filter::new((!wanted.is_empty()).then(slugs), &clean(&self.reason), &clean(&self.words))
    }
}

#[derive(Template)]
#[template(path = "desk/comments.html")]
struct DeskPage {
    layout: Layout,
    words: &'static Desk,
    account: Account,
    query: DeskQuery,
    /// Word and name of each reason to hold a comment.
    reasons: [(String, String); 12],
    notice: Option<Notice>,
    sections: Vec<Section>,
    /// Values of `show`, names and numbers of comments.
    lists: [(&'static str, &'static str, i64); 4],
}

/// Result of the last action.
pub struct Notice {
    pub sentence: String,
    pub is_error: bool,
    /// Moment of the action, if it can be undone.
    pub undo: Option<i64>,
}

struct Section {
    heading: &'static str,
    /// Sentence for an empty list.
    empty: &'static str,
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
}

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
    /// Values of further buttons, and what they block.
    blocks: Vec<(&'static str, String)>,
    answer: Typed,
    edit: Typed,
}

/// Content of a text area, and its error.
#[derive(Default)]
pub struct Typed {
    pub text: String,
    pub error: Option<String>,
}

pub async fn show(State(app): State<App>, asks: SignedIn, Query(query): Query<DeskQuery>) -> Result<Page, WebError> {
    let notice = match query.done {
        Some(moment) => done(&app, &asks.account, moment).await?,
        None => None,
    };
    let (store, words) = (&app.store, &app.texts().desk);
    let (from, limit) = (query.page.min(MOST_PAGES) * DESK_COMMENTS, DESK_COMMENTS + 1);
    let filter = query.filter(&app.snapshot());
    let by_status = async |status: Status, newest_first: bool, list: List| {
        section(&app, list, &query, store.comments_with(status, &filter, newest_first, from, limit).await?).await
    };
    let removed = |show, heading| List { show, heading, empty: &words.none };
    let sections = match query.show.as_str() {
        "approved" => vec![by_status(Status::Approved, true, removed("approved", &words.approved)).await?],
        "spam" => vec![by_status(Status::Spam, true, removed("spam", &words.spam)).await?],
        "trash" => vec![by_status(Status::Trash, true, removed("trash", &words.trash)).await?],
        show => {
            let empty = |all| if query.is_filtered() { &words.none } else { all };
            let mut sections = Vec::new();
            if show != "unanswered" {
                let list = List { show: "waiting", heading: &words.waiting, empty: empty(&words.none_waits) };
                sections.push(by_status(Status::Held, false, list).await?);
            }
            if show != "waiting" {
                let list = List { show: "unanswered", heading: &words.unanswered, empty: empty(&words.all_answered) };
                let comments = store.unanswered_comments(&filter, from, limit).await?;
                sections.push(section(&app, list, &query, comments).await?);
            }
            sections
        }
    };
    page(&app, asks, query, notice, sections).await
}

/// The page with one comment and what was typed about it: an answer, or its new text.
pub async fn alone(
    app: &App,
    asks: SignedIn,
    id: CommentId,
    query: DeskQuery,
    notice: Notice,
    typed: Typed,
    is_edit: bool,
) -> Result<Page, WebError> {
    let words = &app.texts().desk;
    let comment = app.store.comment(id).await?;
    let list = List { show: "", heading: &words.answer, empty: &words.none };
    let mut section = section(app, list, &query, vec![comment]).await?;
    if let [view] = section.comments.as_mut_slice() {
        *(if is_edit { &mut view.edit } else { &mut view.answer }) = typed;
    }
    page(app, asks, query, Some(notice), vec![section]).await
}

/// Notice about what the account did at a moment.
pub async fn done(app: &App, account: &Account, moment: i64) -> Result<Option<Notice>, WebError> {
    let words = &app.texts().desk;
    let Ok(at) = Timestamp::from_millisecond(moment) else { return Ok(None) };
    let acts = app.store.acts(&account.actor(), at).await?;
    let undone = acts.iter().filter(|act| act.is_undone).count();
    let has = |word: &str| acts.iter().any(|act| act.word == word);
    let sentence = match () {
        () if acts.is_empty() => return Ok(None),
        () if undone == acts.len() => words.undone.clone(),
        () if undone > 0 => words.undone_partly.of(acts.len() - undone),
        () if has("reply") => words.answered.clone(),
        () if has("approve") => words.was_approved.clone(),
        () if has("spam") => words.was_spam.clone(),
        () if has("trash") => words.was_trash.clone(),
        () if has("settle") => words.was_settled.clone(),
        () if has("edit") => words.was_edited.clone(),
        () => words.was_blocked.clone(),
    };
    let in_time = app.clock.now().duration_since(at) <= UNDO_WINDOW;
    let undo = in_time && undone == 0 && acts.iter().any(Act::can_be_undone);
    Ok(Some(Notice { sentence, is_error: false, undo: undo.then_some(moment) }))
}

async fn page(
    app: &App,
    asks: SignedIn,
    query: DeskQuery,
    notice: Option<Notice>,
    sections: Vec<Section>,
) -> Result<Page, WebError> {
    let (store, words) = (&app.store, &app.texts().desk);
    let asks = SignedIn { waiting: store.count_comments(Status::Held).await?, ..asks };
    let mut layout = super::layout(app, &asks, &words.comments, "/desk").with_script(SCRIPT);
    if notice.as_ref().is_some_and(|notice| notice.is_error) {
        layout = layout.with_error();
    }
    let lists = [
        ("", words.to_do.as_str(), asks.waiting + store.count_unanswered().await?),
        ("approved", words.approved.as_str(), store.count_comments(Status::Approved).await?),
        ("spam", words.spam.as_str(), store.count_comments(Status::Spam).await?),
        ("trash", words.trash.as_str(), store.count_comments(Status::Trash).await?),
    ];
    let reasons = Reason::ALL.map(|reason| (word_of(reason), app.reason_named(reason)));
    let account = asks.account;
    Page::html(&DeskPage { layout, words, account, query, reasons, notice, sections, lists }, Policy::Private)
}

/// Reads what a list of comments shows besides them: parents and histories, with one query each. `comments` has one more
/// than a page if there is a next page.
async fn section(app: &App, list: List, query: &DeskQuery, mut comments: Vec<Comment>) -> Result<Section, WebError> {
    let has_more = comments.len() > DESK_COMMENTS;
    comments.truncate(DESK_COMMENTS);
    let List { show, heading, empty } = list;
    let only = DeskQuery { show: show.to_owned(), ..query.clone() };
    let next = has_more.then(|| only.path("page", &(query.page + 1).to_string()));
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
        let acts = acts(app.texts(), comment.status, show == "unanswered");
        CommentView { acts, ..comment_view(app, &snapshot, comment, parent, history) }
    };
    Ok(Section { heading, empty, comments: comments.into_iter().map(view).collect(), next })
}

/// Values and labels of the buttons for a comment with this status.
fn acts(texts: &'static Texts, status: Status, is_unanswered: bool) -> Vec<(&'static str, &'static str)> {
    let words = &texts.mails;
    let acts = [
        (Status::Approved, "approve", words.approve.as_str()),
        (Status::Spam, "spam", words.spam.as_str()),
        (Status::Trash, "trash", words.trash.as_str()),
    ];
    let settle = is_unanswered.then_some(("settle", texts.desk.settle.as_str()));
    let others = acts.into_iter().filter(|(own, ..)| *own != status).map(|(_, act, label)| (act, label));
    settle.into_iter().chain(others).collect()
}

/// Blocks that a comment allows, and the values of their buttons. Nobody blocks an author with a click.
pub fn blocks(app: &App, comment: &Comment) -> Vec<(&'static str, Block)> {
    let email = comment.email.as_deref().and_then(|email| Block::email(email).ok()).map(|block| ("block-email", block));
    let site = comment.site.as_deref().and_then(|site| Block::site(site).ok()).map(|block| ("block-site", block));
    let author = app.config.site.author.email.as_deref();
    let all = email.into_iter().chain(site);
    all.filter(|(_, block)| !comment.by_author && block.doubt(author).is_none()).collect()
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
        acts: Vec::new(),
        blocks: blocks(app, &comment).into_iter().map(|(act, block)| (act, block.value())).collect(),
        answer: Typed::default(),
        edit: Typed { text: comment.text.clone(), error: None },
        comment,
    }
}
