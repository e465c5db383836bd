//! Lists of posts: home, and in submodules tags, the archive, series.

pub mod archive;
pub mod series;
pub mod tags;

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::{
    error::{self, WebError},
    page::{Page, page_number, redirect},
    view::{
        cards::{Counts, Pagination, PostCard, page_path, tags_of, thread_keys},
        json_ld,
        layout::Layout,
    },
};
use crate::{
    app::App,
    cache::Policy,
    content::{
        Snapshot,
        pictures::{self, Place},
    },
    domain::entry::Post,
};

#[derive(Template)]
#[template(path = "posts/home.html")]
struct Home {
    layout: Layout,
    heading: String,
    header_picture: Option<String>,
    lead: Option<PostCard>,
    cards: Vec<PostCard>,
    pagination: Pagination,
}

/// HTML of the picture at the top of the home page.
fn header_picture(app: &App, snapshot: &Snapshot) -> Option<String> {
    let set = app.config.site.theme.header_picture.as_ref()?;
    let file = snapshot.media_named(&set.file)?;
    Some(pictures::html(&file.picture(), Place::Header, &set.alt, "", true))
}

/// A tag, year or month with its number of posts.
struct Counted {
    name: String,
    href: String,
    count: String,
}

pub async fn home(State(app): State<App>) -> Result<Page, WebError> {
    home_at(&app, 1).await
}

pub async fn home_page(State(app): State<App>, Path(number): Path<String>) -> Result<Response, WebError> {
    match page_number(&number)? {
        1 => Ok(redirect(StatusCode::MOVED_PERMANENTLY, "/")),
        number => Ok(home_at(&app, number).await?.into_response()),
    }
}

async fn home_at(app: &App, number: usize) -> Result<Page, WebError> {
    let (snapshot, site) = (app.snapshot(), &app.config.site);
    let pagination = Pagination::new("/", number, snapshot.home.len()).ok_or_else(WebError::not_found)?;
    let posts = pagination.slice(&snapshot.home);
    let (mut cards, policy) = cards(app, posts).await;
    let lead = (number == 1 && !cards.is_empty()).then(|| cards.remove(0));
    let title = if number == 1 { String::new() } else { app.texts().lists.page.with(number) };
    let mut layout = Layout::new(app, &snapshot, &title).at(app, &page_path("/", number));
    if number == 1 {
        layout = layout.with_json_ld(&json_ld::home(site, posts.iter().map(AsRef::as_ref)));
    }
    let heading = if site.description.is_empty() { site.title.clone() } else { site.description.clone() };
    let header_picture = header_picture(app, &snapshot).filter(|_| number == 1);
    Page::html(&Home { layout, heading, header_picture, lead, cards, pagination }, policy)
}

/// Redirects `/posts`, for visitors who shorten a URL.
pub async fn posts() -> Response {
    redirect(StatusCode::MOVED_PERMANENTLY, "/archive")
}

/// Cards of posts, and the page's cache policy: uncached if the counts could not be read.
async fn cards(app: &App, posts: &[Arc<Post>]) -> (Vec<PostCard>, Policy) {
    let (counts, policy) = counts(app, posts).await;
    (posts.iter().map(|post| PostCard::new(post, &counts, app.texts())).collect(), policy)
}

async fn counts(app: &App, posts: &[Arc<Post>]) -> (Counts, Policy) {
    let posts = || posts.iter().map(AsRef::as_ref);
    match app.store.comment_counts(&thread_keys(posts())).await {
        Ok(counts) => (Some(counts), Policy::Public(tags_of(posts()))),
        Err(error) => {
            error::log(&error);
            (None, Policy::Uncached)
        }
    }
}
