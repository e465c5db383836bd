//! Search, as a plain GET form: words, a tag, a year. `static/js/search.js` asks for the same page while one types.

mod asked;
mod filters;

use askama::Template;
use axum::extract::{RawQuery, State};

use super::{
    cache::SITE_TAG,
    errors::WebError,
    page::{Page, Policy},
    view::{cards, dates, layout::Layout, stretch::Named},
};
use crate::{
    app::App,
    content::{Snapshot, Target, shorten},
    domain::{address, entry::Post, words::counted},
    store::{Correction, Found, Question},
};
use asked::Asked;
pub(super) use asked::FIELDS;
use filters::{Choice, Chosen, Filters};

/// Most results shown; who needs more needs another word.
const MOST: usize = 30;
/// With fewer results than this a question is looked at for slips.
const FEW: usize = 3;
/// Longest excerpt of a post that was found by its tag or year, in characters.
const EXCERPT: usize = 220;

#[derive(Template)]
#[template(path = "search/search.html")]
struct SearchPage {
    layout: Layout,
    question: String,
    tags: Vec<Choice>,
    years: Vec<Choice>,
    chosen: Vec<Chosen>,
    /// What was found, in a sentence; empty before a question.
    summary: String,
    meant: Option<MeantView>,
    results: Vec<ResultView>,
    /// The list with all posts of a tag or year, where only the newest are shown.
    all: Option<Named>,
    /// Tags to try, before a question.
    suggestions: Vec<cards::TagLink>,
}

/// Words that may have been meant.
struct MeantView {
    /// `true` marks a word that stands for another.
    pieces: Vec<(String, bool)>,
    href: String,
    /// What is shown are their results, and this is the way to those of the question as it was typed.
    instead_of: Option<Named>,
}

struct ResultView {
    title: String,
    href: String,
    kind: &'static str,
    date: Option<dates::Moment>,
    snippet: Vec<(String, bool)>,
}

/// What a search comes to.
#[derive(Default)]
struct Outcome {
    summary: String,
    meant: Option<MeantView>,
    results: Vec<ResultView>,
    all: Option<Named>,
}

pub async fn search(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Page, WebError> {
    let snapshot = app.snapshot();
    let asked = Asked::read(query.as_deref().unwrap_or_default());
    let filters = Filters::read(&snapshot, &asked);
    let Outcome { summary, meant, results, all } = if asked.is_empty() {
        Outcome::default()
    } else if let Some(complaint) = filters.complaint() {
        Outcome { summary: complaint, ..Outcome::default() }
    } else if asked.words.is_empty() {
        newest(filters.posts(&snapshot), filters.list())
    } else {
        matches(&app, &snapshot, &asked, &filters).await?
    };
    let mut layout = Layout::new(&app, &snapshot, "Search")
        .at(&app, "/search")
        .described("Look for a word in every article, page and stretch.")
        .with_script(&app, "js/search.js");
    let mut policy = Policy::Public(vec![SITE_TAG.to_owned()]);
    if !asked.is_empty() {
        policy = Policy::Uncached;
        layout.title = format!("{} · {}", filters.title(&asked), layout.title);
        layout = layout.not_indexed();
    }
    let page = SearchPage {
        layout,
        tags: filters.tags(&snapshot),
        years: filters.years(&snapshot),
        chosen: filters.chosen(&asked),
        suggestions: suggestions(&snapshot),
        question: asked.words,
        summary,
        meant,
        results,
        all,
    };
    Page::html(&page, policy)
}

/// Pages with the words, or with those that may have been meant.
async fn matches(app: &App, snapshot: &Snapshot, asked: &Asked, filters: &Filters) -> Result<Outcome, WebError> {
    let Some(index) = app.search() else {
        let summary = "The index is still being made. Please try again in a moment.".to_owned();
        return Ok(Outcome { summary, ..Outcome::default() });
    };
    let question = Question { words: asked.words.clone(), tag: filters.tag_slug(), year: filters.year() };
    // One more than is shown tells whether there are more.
    let found = index.search(&question, MOST + 1).await?;
    let correction = if found.len() < FEW { index.correct(&question, found.len(), MOST + 1).await? } else { None };
    let (words, found, meant) = match correction {
        Some(correction) => {
            let words = correction.words();
            let is_shown = found.is_empty() && !asked.is_exact;
            let instead_of = is_shown.then(|| Named { title: asked.words.clone(), href: asked.exactly().address() });
            let href = asked.with_words(words.as_str()).address();
            let Correction { pieces, found: better } = correction;
            let meant = Some(MeantView { pieces, href, instead_of });
            if is_shown { (words, better, meant) } else { (asked.words.clone(), found, meant) }
        }
        None => (asked.words.clone(), found, None),
    };
    let mut results: Vec<ResultView> = found.into_iter().filter_map(|found| result(snapshot, found)).collect();
    let has_more = results.len() > MOST;
    results.truncate(MOST);
    let summary = match results.len() {
        0 if asked.is_exact => format!("Nothing found for exactly “{words}”."),
        0 if asked.is_narrowed() => format!("Nothing found for “{words}” here. Look in more than one tag or year."),
        0 => format!("Nothing found for “{words}”. Try fewer letters, or another word."),
        _ if has_more => format!("The best {MOST} results for “{words}”. Another word finds fewer."),
        count => format!("{} for “{words}”", counted(count, "result", "results")),
    };
    Ok(Outcome { summary, meant, results, all: None })
}

/// Posts of a tag, of a year or of both, when no words are asked for.
fn newest(posts: Vec<&Post>, list: Option<Named>) -> Outcome {
    let has_more = posts.len() > MOST;
    let summary = match posts.len() {
        0 => "No post has this tag and is of this year.".to_owned(),
        count if has_more => format!("The newest {MOST} of {count} posts"),
        1 => "1 post".to_owned(),
        count => format!("{count} posts, newest first"),
    };
    let view = |post: &Post| ResultView {
        title: post.entry.title.clone(),
        href: address::encode(&post.entry.address),
        kind: "Article",
        date: Some(dates::day(&post.date)),
        snippet: vec![(shorten(&post.entry.description, EXCERPT), false)],
    };
    let results = posts.into_iter().take(MOST).map(view).collect();
    Outcome { summary, results, all: list.filter(|_| has_more), meant: None }
}

/// `None` for what has gone since the index was made.
fn result(snapshot: &Snapshot, found: Found) -> Option<ResultView> {
    let (kind, date) = match snapshot.target(&found.address)? {
        Target::Post(post) => ("Article", Some(dates::day(&post.date))),
        Target::Page(_) => ("Page", None),
        Target::Stretch(_) => ("Stretch", None),
        Target::Redirect(_) => return None,
    };
    Some(ResultView { title: found.title, href: address::encode(&found.address), kind, date, snippet: found.snippet })
}

/// The tags that most posts have, as words to look for.
fn suggestions(snapshot: &Snapshot) -> Vec<cards::TagLink> {
    let link = |name: &str| cards::TagLink { name: name.to_owned(), href: Asked::default().with_words(name).address() };
    filters::by_posts(snapshot).into_iter().take(4).map(|tag| link(&tag.tag.name)).collect()
}
