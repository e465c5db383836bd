//! Search, as a plain GET form.

use askama::Template;
use axum::extract::{Query, State, rejection::QueryRejection};
use serde::Deserialize;

use super::{
    cache::SITE_TAG,
    errors::WebError,
    page::{Page, Policy},
    view::{
        cards, dates,
        layout::Layout,
        tongue::{self, Tongue},
    },
};
use crate::{
    app::App,
    content::{Snapshot, Target},
    domain::address,
    store::Found,
    texts::Texts,
};

/// Most results shown; who needs more needs another word.
const MOST: usize = 30;
/// Longest question, in characters.
const LONGEST: usize = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
}

#[derive(Template)]
#[template(path = "search/search.html")]
struct SearchPage {
    layout: Layout,
    question: String,
    /// What was found, in a sentence; empty before a question.
    summary: String,
    results: Vec<ResultView>,
    /// Tags to try, before a question.
    suggestions: Vec<cards::TagLink>,
}

struct ResultView {
    title: String,
    tongue: Tongue,
    href: String,
    kind: &'static str,
    date: Option<dates::Moment>,
    snippet: Vec<(String, bool)>,
}

pub async fn search(State(app): State<App>, asked: Result<Query<Asked>, QueryRejection>) -> Result<Page, WebError> {
    let (snapshot, texts) = (app.snapshot(), app.texts());
    let question: String = asked.map(|Query(asked)| asked.q).unwrap_or_default().trim().chars().take(LONGEST).collect();
    let index = app.search();
    let found = match &index {
        // One more than is shown tells whether there are more.
        Some(index) => index.search(&question, MOST + 1).await?,
        None => Vec::new(),
    };
    let mut results: Vec<ResultView> = found.into_iter().filter_map(|found| result(&snapshot, found, texts)).collect();
    let has_more = results.len() > MOST;
    results.truncate(MOST);
    let summary = match (&index, question.is_empty()) {
        (_, true) => String::new(),
        (None, _) => texts.search.not_ready.clone(),
        _ if results.is_empty() => texts.search.nothing.with(&question),
        _ if has_more => texts.search.best.of_with(MOST, &question),
        _ => texts.search.found.of_with(results.len(), &question),
    };
    let mut layout =
        Layout::new(&app, &snapshot, &texts.search.heading).at(&app, "/search").described(&texts.search.described);
    if !question.is_empty() {
        layout.title = format!("{question} · {}", layout.title);
        layout = layout.not_indexed();
    }
    let mut tags: Vec<_> = snapshot.tags.values().collect();
    tags.sort_by_key(|tag| std::cmp::Reverse(tag.posts.len()));
    let suggestions = tags.into_iter().take(4).map(|tag| cards::TagLink {
        name: tag.tag.name.clone(),
        href: format!(
            "/search?q={}",
            url::form_urlencoded::byte_serialize(tag.tag.name.as_bytes()).collect::<String>()
        ),
    });
    let policy = if question.is_empty() && index.is_some() {
        Policy::Public(vec![SITE_TAG.to_owned()])
    } else {
        Policy::Uncached
    };
    let page = SearchPage { layout, suggestions: suggestions.collect(), question, summary, results };
    Page::html(&page, policy)
}

/// `None` for what has gone since the index was made.
fn result(snapshot: &Snapshot, found: Found, texts: &'static Texts) -> Option<ResultView> {
    let words = &texts.search;
    let (kind, entry, date) = match snapshot.target(&found.address)? {
        Target::Post(post) => (&words.article, &post.entry, Some(dates::day(&post.date, texts))),
        Target::Page(page) => (&words.page, &page.entry, None),
        Target::Stretch(stretch) => (&words.stretch, &stretch.entry, None),
        Target::Redirect(_) => return None,
    };
    let href = address::encode(&found.address);
    Some(ResultView { title: found.title, tongue: tongue::of(entry), href, kind, date, snippet: found.snippet })
}
