//! Lists of posts: home, tags, archive.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;

use super::{
    cache::SITE_TAG,
    errors::{self, WebError},
    page::{Page, Policy, redirect},
    view::{
        cards::{Counts, Pagination, PostCard, page_path, tags_of, thread_keys},
        counted, dates,
        layout::Layout,
    },
};
use crate::{
    app::App,
    domain::{address, entry::Post, slug::Slug},
};

#[derive(Template)]
#[template(path = "posts/home.html")]
struct Home {
    layout: Layout,
    heading: String,
    lead: Option<PostCard>,
    cards: Vec<PostCard>,
    pagination: Pagination,
}

#[derive(Template)]
#[template(path = "posts/tag.html")]
struct TagPage {
    layout: Layout,
    name: String,
    count: String,
    feed: String,
    cards: Vec<PostCard>,
    pagination: Pagination,
}

#[derive(Template)]
#[template(path = "posts/tags.html")]
struct Tags {
    layout: Layout,
    tags: Vec<Counted>,
}

#[derive(Template)]
#[template(path = "posts/archive.html")]
struct Archive {
    layout: Layout,
    summary: String,
    years: Vec<Counted>,
}

#[derive(Template)]
#[template(path = "posts/year.html")]
struct YearPage {
    layout: Layout,
    year: i16,
    count: String,
    months: Vec<Month>,
    pagination: Pagination,
}

/// A tag or a year and how much is in it.
struct Counted {
    name: String,
    href: String,
    count: String,
}

struct Month {
    name: String,
    posts: Vec<Dated>,
}

struct Dated {
    date: dates::Moment,
    title: String,
    href: String,
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

/// The number in an address: as we write it, and nothing else that reads as one.
fn page_number(written: &str) -> Result<usize, WebError> {
    let number: usize = written.parse().map_err(|_| WebError::not_found())?;
    if number.to_string() == written { Ok(number) } else { Err(WebError::not_found()) }
}

async fn home_at(app: &App, number: usize) -> Result<Page, WebError> {
    let (snapshot, site) = (app.snapshot(), &app.config.site);
    let pagination = Pagination::new("/", number, snapshot.posts.len()).ok_or_else(WebError::not_found)?;
    let posts = pagination.slice(&snapshot.posts);
    let (mut cards, policy) = cards(app, posts).await;
    let lead = (number == 1 && !cards.is_empty()).then(|| cards.remove(0));
    let title = if number == 1 { String::new() } else { format!("Page {number}") };
    let layout = Layout::new(app, &snapshot, &title).at(app, &page_path("/", number)).with_json_ld(&json!({
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": site.title,
        "description": site.description,
        "url": site.absolute("/"),
        "potentialAction": {
            "@type": "SearchAction",
            "target": format!("{}/search?q={{search_term_string}}", site.base_url),
            "query-input": "required name=search_term_string",
        },
    }));
    let heading = if site.description.is_empty() { site.title.clone() } else { site.description.clone() };
    Page::html(&Home { layout, heading, lead, cards, pagination }, policy)
}

/// `/posts` by itself is what somebody types who cuts an address short.
pub async fn posts() -> Response {
    redirect(StatusCode::MOVED_PERMANENTLY, "/archive")
}

pub async fn tags(State(app): State<App>) -> Result<Page, WebError> {
    let snapshot = app.snapshot();
    let tags = snapshot.tags.values().map(|tag| Counted {
        name: tag.tag.name.clone(),
        href: address::encode(&format!("/tags/{}", tag.tag.slug)),
        count: counted(tag.posts.len(), "post", "posts"),
    });
    let layout = Layout::new(&app, &snapshot, "Tags").at(&app, "/tags").described("What the articles here are about.");
    Page::html(&Tags { layout, tags: tags.collect() }, Policy::Public(vec![SITE_TAG.to_owned()]))
}

pub async fn tag(State(app): State<App>, Path(tag): Path<String>) -> Result<Response, WebError> {
    tag_at(&app, &tag, 1).await
}

pub async fn tag_page(
    State(app): State<App>,
    Path((tag, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    match page_number(&number)? {
        1 => Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&format!("/tags/{tag}")))),
        number => tag_at(&app, &tag, number).await,
    }
}

async fn tag_at(app: &App, written: &str, number: usize) -> Result<Response, WebError> {
    let snapshot = app.snapshot();
    let slug = Slug::from_text(written).ok_or_else(WebError::not_found)?;
    let tag = snapshot.tags.get(&slug).ok_or_else(WebError::not_found)?;
    let base = format!("/tags/{slug}");
    if slug.as_str() != written {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&page_path(&base, number))));
    }
    let pagination = Pagination::new(&base, number, tag.posts.len()).ok_or_else(WebError::not_found)?;
    let (cards, policy) = cards(app, pagination.slice(&tag.posts)).await;
    let name = tag.tag.name.clone();
    let feed = address::encode(&format!("{base}/feed.xml"));
    let layout = Layout::new(app, &snapshot, &name)
        .at(app, &page_path(&base, number))
        .described(&format!("Articles about {name}."))
        .with_feeds(&format!("{}: {name}", app.config.site.title), &base);
    let count = counted(tag.posts.len(), "post", "posts");
    Ok(Page::html(&TagPage { layout, name, count, feed, cards, pagination }, policy)?.into_response())
}

pub async fn archive(State(app): State<App>) -> Result<Page, WebError> {
    let snapshot = app.snapshot();
    let years = snapshot.years();
    let posts = counted(snapshot.posts.len(), "post", "posts");
    let summary = match years.last() {
        Some((first, _)) => format!("{posts} since {first}."),
        None => "Nothing has been published yet.".to_owned(),
    };
    let years = years.into_iter().map(|(year, count)| Counted {
        name: year.to_string(),
        href: format!("/archive/{year}"),
        count: counted(count, "post", "posts"),
    });
    let layout =
        Layout::new(&app, &snapshot, "Archive").at(&app, "/archive").described("Everything published here, by year.");
    Page::html(&Archive { layout, summary, years: years.collect() }, Policy::Public(vec![SITE_TAG.to_owned()]))
}

pub async fn year(State(app): State<App>, Path(year): Path<String>) -> Result<Page, WebError> {
    year_at(&app, &year, 1)
}

pub async fn year_page(
    State(app): State<App>,
    Path((year, number)): Path<(String, String)>,
) -> Result<Response, WebError> {
    match page_number(&number)? {
        1 => Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&format!("/archive/{year}")))),
        number => Ok(year_at(&app, &year, number)?.into_response()),
    }
}

fn year_at(app: &App, written: &str, number: usize) -> Result<Page, WebError> {
    let year: i16 = written.parse().map_err(|_| WebError::not_found())?;
    let snapshot = app.snapshot();
    let all: Vec<Arc<Post>> = snapshot.posts.iter().filter(|post| post.date.year() == year).cloned().collect();
    // `/archive/02026` reads as a year but is none of our addresses.
    if all.is_empty() || year.to_string() != written {
        return Err(WebError::not_found());
    }
    let base = format!("/archive/{year}");
    let pagination = Pagination::new(&base, number, all.len()).ok_or_else(WebError::not_found)?;
    let layout = Layout::new(app, &snapshot, &format!("Archive {year}"))
        .at(app, &page_path(&base, number))
        .described(&format!("Everything published in {year}."));
    let count = counted(all.len(), "post", "posts");
    let months = months(pagination.slice(&all));
    let page = YearPage { layout, year, count, months, pagination };
    Page::html(&page, Policy::Public(vec![SITE_TAG.to_owned()]))
}

fn months(posts: &[Arc<Post>]) -> Vec<Month> {
    let mut months: Vec<Month> = Vec::new();
    for post in posts {
        let name = post.date.strftime("%B").to_string();
        if months.last().is_none_or(|month| month.name != name) {
            months.push(Month { name, posts: Vec::new() });
        }
        if let Some(month) = months.last_mut() {
            month.posts.push(Dated {
                date: dates::day_of_year(&post.date),
                title: post.entry.title.clone(),
                href: address::encode(&post.entry.address),
            });
        }
    }
    months
}

/// Posts as cards, and how long a page with them may be kept: not at all where the counts could not be read.
async fn cards(app: &App, posts: &[Arc<Post>]) -> (Vec<PostCard>, Policy) {
    let (counts, policy) = counts(app, posts).await;
    (posts.iter().map(|post| PostCard::new(post, &counts)).collect(), policy)
}

async fn counts(app: &App, posts: &[Arc<Post>]) -> (Counts, Policy) {
    let posts = || posts.iter().map(AsRef::as_ref);
    match app.store.comment_counts(&thread_keys(posts())).await {
        Ok(counts) => (Some(counts), Policy::Public(tags_of(posts()))),
        Err(error) => {
            errors::log(&error);
            (None, Policy::Uncached)
        }
    }
}
