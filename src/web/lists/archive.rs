//! The archive: all years, the posts of a year, and the posts of a month.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use jiff::Zoned;

use super::Counted;
use crate::{
    app::App,
    cache::Policy,
    domain::{address, entry::Post},
    texts::Texts,
    web::{
        error::WebError,
        page::{Page, page_number, redirect},
        view::{
            cards::{Pagination, page_path},
            dates,
            layout::Layout,
            stretch::Named,
            tongue::{self, Tongue},
        },
    },
};

#[derive(Template)]
#[template(path = "posts/archive.html")]
struct Archive {
    layout: Layout,
    summary: String,
    years: Vec<Counted>,
    /// Posts without a date.
    undated: Vec<Named>,
}

#[derive(Template)]
#[template(path = "posts/year.html")]
struct YearPage {
    layout: Layout,
    heading: String,
    /// Link to the level above: the archive, or the year.
    above: Named,
    count: String,
    /// Months of a year, first to last; empty on the page of a month.
    by_month: Vec<Counted>,
    months: Vec<Month>,
    pagination: Pagination,
}

struct Month {
    name: String,
    href: String,
    posts: Vec<Dated>,
}

struct Dated {
    date: dates::Moment,
    title: String,
    tongue: Tongue,
    href: String,
}

pub async fn archive(State(app): State<App>) -> Result<Page, WebError> {
    let (snapshot, texts) = (app.snapshot(), app.texts());
    let years = snapshot.years();
    let summary = match years.last() {
        Some((first, _)) => texts.archive.since.of_with(years.iter().map(|(_, count)| count).sum(), first),
        None if snapshot.posts.is_empty() => texts.archive.empty.clone(),
        None => texts.lists.posts.of(snapshot.posts.len()),
    };
    let undated = snapshot.posts.iter().filter(|post| post.date.is_none()).map(|post| Named::of(&post.entry));
    let years = years.into_iter().map(|(year, count)| Counted {
        name: year.to_string(),
        href: format!("/archive/{year}"),
        count: texts.lists.posts.of(count),
    });
    let layout =
        Layout::new(&app, &snapshot, &texts.archive.heading).at(&app, "/archive").described(&texts.archive.described);
    let page = Archive { layout, summary, years: years.collect(), undated: undated.collect() };
    Page::html(&page, Policy::site())
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
    let (snapshot, texts) = (app.snapshot(), app.texts());
    let all: Vec<Arc<Post>> = snapshot.posts.iter().filter(|post| post.year() == Some(year)).cloned().collect();
    // `/archive/02026` parses as a year but is not a valid path.
    if all.is_empty() || year.to_string() != written {
        return Err(WebError::not_found());
    }
    let base = format!("/archive/{year}");
    let pagination = Pagination::new(&base, number, all.len()).ok_or_else(WebError::not_found)?;
    let layout = Layout::new(app, &snapshot, &texts.archive.of_year.with(year))
        .at(app, &page_path(&base, number))
        .described(&texts.archive.year_described.with(year));
    let by_month = months(&all, texts).into_iter().rev().map(|month| Counted {
        name: month.name,
        href: month.href,
        count: month.posts.len().to_string(),
    });
    let page = YearPage {
        layout,
        heading: year.to_string(),
        above: Named::new(&texts.archive.heading, "/archive"),
        count: texts.lists.posts.of(all.len()),
        by_month: by_month.collect(),
        months: months(pagination.slice(&all), texts),
        pagination,
    };
    Page::html(&page, Policy::site())
}

pub async fn month(State(app): State<App>, Path(written): Path<(String, String)>) -> Result<Response, WebError> {
    month_at(&app, &written, 1)
}

pub async fn month_page(
    State(app): State<App>,
    Path((year, month, number)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    match page_number(&number)? {
        1 => Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&format!("/archive/{year}/{month}")))),
        number => month_at(&app, &(year, month), number),
    }
}

fn month_at(app: &App, (year, month): &(String, String), number: usize) -> Result<Response, WebError> {
    let (snapshot, texts) = (app.snapshot(), app.texts());
    let (written_year, written_month) = (year, month);
    let year: i16 = year.parse().map_err(|_| WebError::not_found())?;
    let month: i8 = month.parse().map_err(|_| WebError::not_found())?;
    let is_in = |post: &&Arc<Post>| post.month() == Some((year, month));
    let all: Vec<Arc<Post>> = snapshot.posts.iter().filter(is_in).cloned().collect();
    let first = all.first().and_then(|post| post.date.as_ref()).filter(|_| year.to_string() == *written_year);
    let first = first.ok_or_else(WebError::not_found)?;
    let base = month_path(first);
    if format!("{month:02}") != *written_month {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &page_path(&base, number)));
    }
    let heading = texts.dates.month_of_year(first);
    let pagination = Pagination::new(&base, number, all.len()).ok_or_else(WebError::not_found)?;
    let layout = Layout::new(app, &snapshot, &heading)
        .at(app, &page_path(&base, number))
        .described(&texts.archive.month_described.with(&heading));
    let page = YearPage {
        layout,
        heading,
        above: Named::new(&year.to_string(), &format!("/archive/{year}")),
        count: texts.lists.posts.of(all.len()),
        by_month: Vec::new(),
        months: months(pagination.slice(&all), texts),
        pagination,
    };
    Ok(Page::html(&page, Policy::site())?.into_response())
}

/// Path of a month, with two digits: `/archive/2026/05`.
fn month_path(date: &Zoned) -> String {
    format!("/archive/{}/{:02}", date.year(), date.month())
}

fn months(posts: &[Arc<Post>], texts: &Texts) -> Vec<Month> {
    let mut months: Vec<Month> = Vec::new();
    for (post, date) in posts.iter().filter_map(|post| Some((post, post.date.as_ref()?))) {
        let name = texts.dates.month(date).to_owned();
        if months.last().is_none_or(|month| month.name != name) {
            months.push(Month { name, href: month_path(date), posts: Vec::new() });
        }
        if let Some(month) = months.last_mut() {
            month.posts.push(Dated {
                date: dates::day_of_year(date, texts),
                title: post.entry.title.clone(),
                tongue: tongue::of(&post.entry),
                href: address::encode(&post.entry.address),
            });
        }
    }
    months
}
