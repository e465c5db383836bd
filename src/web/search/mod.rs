//! Search, as a plain GET form: words, a tag, a year. `static/js/search.js` requests the same page during typing.

mod filters;
mod query;

use axum::extract::RawQuery;

use super::prelude::*;
use crate::{
    content::TagPosts,
    domain::{
        entry::Content,
        limits::SEARCH_RESULTS,
        search::{Correction, Found, Question, Results},
        words::shorten,
    },
};
use filters::Filters;
use query::SearchQuery;

/// Number of results below which the query is checked for typing errors.
const FEW: usize = 3;
/// Longest excerpt of a post that was found by its tag or year, in characters.
const EXCERPT: usize = 220;

#[derive(Template)]
#[template(path = "search/search.html")]
struct SearchPage<'a> {
    layout: Layout,
    question: String,
    filters: &'a Filters<'a>,
    /// Tags and years that the form offers.
    tags: Vec<&'a TagPosts>,
    years: Vec<(i16, usize)>,
    /// Active filters, each as a link that removes it, with the text of that link for screen readers.
    chosen: Vec<(TextLink, String)>,
    outcome: Outcome,
    /// Suggested tags, before a search.
    suggestions: Vec<TextLink>,
}

/// A corrected query.
struct MeantView {
    /// Parts of the query; `true` marks a corrected word.
    pieces: Vec<(String, bool)>,
    href: String,
    /// Link to the results of the query as typed, if those of the corrected one are shown.
    instead_of: Option<TextLink>,
}

struct ResultView {
    link: TextLink,
    kind: &'static str,
    date: Option<dates::Moment>,
    snippet: Vec<(String, bool)>,
}

/// Result of a search.
#[derive(Default)]
struct Outcome {
    /// Sentence about the results; empty before a search.
    summary: String,
    meant: Option<MeantView>,
    results: Vec<ResultView>,
    /// Link to all posts of a tag or year, if only the newest are shown.
    all: Option<TextLink>,
}

pub async fn search(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Page, WebError> {
    let (snapshot, texts) = (app.snapshot(), app.texts());
    let asked = SearchQuery::read(query.as_deref().unwrap_or_default());
    let filters = Filters::read(&snapshot, &asked, &texts.search);
    let outcome = if asked.is_empty() {
        Outcome::default()
    } else if let Some(complaint) = &filters.complaint {
        Outcome { summary: complaint.clone(), ..Outcome::default() }
    } else if asked.words.is_empty() {
        newest(filters.posts(&snapshot), filters.list(), texts)
    } else {
        matches(&app, &snapshot, &asked, &filters).await?
    };
    let mut layout = Layout::new(&app, &snapshot, &texts.search.heading)
        .at("/search")
        .described(&texts.search.described)
        .with_script("js/search.js");
    let mut policy = Policy::site();
    if !asked.is_empty() {
        policy = Policy::Uncached;
        layout.title = format!("{} · {}", filters.title(&asked), layout.title);
        layout = layout.not_indexed();
    }
    let page = SearchPage {
        layout,
        filters: &filters,
        tags: filters.tags(&snapshot),
        years: filters.years(&snapshot),
        chosen: filters.active(&asked, &texts.search),
        suggestions: suggestions(&snapshot),
        question: asked.words,
        outcome,
    };
    Page::html(&page, policy)
}

/// Pages that match the words or their correction.
async fn matches(
    app: &App,
    snapshot: &Snapshot,
    asked: &SearchQuery,
    filters: &Filters<'_>,
) -> Result<Outcome, WebError> {
    let (texts, said) = (app.texts(), &app.texts().search);
    let Some(index) = app.search() else {
        return Ok(Outcome { summary: said.not_ready.clone(), ..Outcome::default() });
    };
    let tag = filters.tag.map(|tag| tag.tag.slug.clone());
    let question = Question { words: asked.words.clone(), tag, year: filters.year };
    // One more than is shown, to see if there are more. A search takes a few milliseconds: not on the async threads.
    let answered = tokio::task::spawn_blocking(move || index.search(&question, FEW, SEARCH_RESULTS + 1)).await;
    let (mut typed, correction) = answered.map_err(WebError::internal)?;
    if asked.is_exact && typed.is_partial {
        typed = Results::default();
    }
    let (words, Results { found, is_partial }, meant) = match correction {
        Some(correction) => {
            let words = correction.words();
            let is_shown = (typed.found.is_empty() || typed.is_partial) && !asked.is_exact;
            let exactly = SearchQuery { is_exact: true, ..asked.clone() }.address();
            let instead_of = is_shown.then(|| TextLink::to_url(&asked.words, exactly));
            let href = SearchQuery { words: words.clone(), is_exact: false, ..asked.clone() }.address();
            let Correction { pieces, results: better } = correction;
            let meant = Some(MeantView { pieces, href, instead_of });
            if is_shown { (words, better, meant) } else { (asked.words.clone(), typed, meant) }
        }
        None => (asked.words.clone(), typed, None),
    };
    let mut results: Vec<ResultView> = found.into_iter().filter_map(|found| result(snapshot, found, texts)).collect();
    let has_more = results.len() > SEARCH_RESULTS;
    results.truncate(SEARCH_RESULTS);
    let summary = match results.len() {
        0 if asked.is_exact => said.nothing_exactly.with(&words),
        0 if asked.is_narrowed() => said.nothing_here.with(&words),
        0 => said.nothing.with(&words),
        count if is_partial => said.most_words.of_with(count, &words),
        _ if has_more => said.best.of_with(SEARCH_RESULTS, &words),
        count => said.found.of_with(count, &words),
    };
    Ok(Outcome { summary, meant, results, all: None })
}

/// Posts of a tag, a year or both, for a search without words.
fn newest(posts: Vec<&Post>, list: Option<TextLink>, texts: &'static Texts) -> Outcome {
    let has_more = posts.len() > SEARCH_RESULTS;
    let summary = match posts.len() {
        0 => texts.search.nothing_of_both.clone(),
        count if has_more => texts.search.newest_of.with_both(count, SEARCH_RESULTS),
        count => texts.search.newest.of(count),
    };
    let view = |post: &Post| ResultView {
        link: TextLink::to_entry(&post.entry),
        kind: &texts.search.article,
        date: dates::day_of(post, texts),
        snippet: vec![(shorten(post.entry.description(), EXCERPT), false)],
    };
    let results = posts.into_iter().take(SEARCH_RESULTS).map(view).collect();
    Outcome { summary, results, all: list.filter(|_| has_more), meant: None }
}

/// View of a result; `None` if it was removed after indexing.
fn result(snapshot: &Snapshot, found: Found, texts: &'static Texts) -> Option<ResultView> {
    let words = &texts.search;
    let content = snapshot.content(&found.address)?;
    let (kind, date) = match content {
        Content::Post(post) => (&words.article, dates::day_of(post, texts)),
        Content::Stretch(_) => (&words.stretch, None),
        _ => (&words.page, None),
    };
    Some(ResultView { link: TextLink::to_entry(content.entry()), kind, date, snippet: found.snippet })
}

/// Links that search for the names of the most used tags.
fn suggestions(snapshot: &Snapshot) -> Vec<TextLink> {
    let link = |name: &String| {
        let search = SearchQuery { words: name.clone(), ..SearchQuery::default() };
        TextLink::to_url(name, search.address())
    };
    filters::by_posts(snapshot).into_iter().take(4).map(|tag| link(&tag.tag.name)).collect()
}
