//! The archive: years, the posts of one, and the posts of a month.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::{Counted, page_number};
use crate::{
    app::App,
    domain::{address, entry::Post, words::counted},
    web::{
        cache::SITE_TAG,
        errors::WebError,
        page::{Page, Policy, redirect},
        view::{
            cards::{Pagination, page_path},
            dates,
            layout::Layout,
            stretch::Named,
        },
    },
};

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
    heading: String,
    /// What it is part of: the archive, or a year of it.
    above: Named,
    count: String,
    /// Of a year: its months, first to last.
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
    href: String,
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
    let by_month = months(&all).into_iter().rev().map(|month| Counted {
        name: month.name,
        href: month.href,
        count: month.posts.len().to_string(),
    });
    let page = YearPage {
        layout,
        heading: year.to_string(),
        above: Named::new("Archive", "/archive"),
        count: counted(all.len(), "post", "posts"),
        by_month: by_month.collect(),
        months: months(pagination.slice(&all)),
        pagination,
    };
    Page::html(&page, Policy::Public(vec![SITE_TAG.to_owned()]))
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
    let snapshot = app.snapshot();
    let (written_year, written_month) = (year, month);
    let year: i16 = year.parse().map_err(|_| WebError::not_found())?;
    let month: i8 = month.parse().map_err(|_| WebError::not_found())?;
    let is_in = |post: &&Arc<Post>| (post.date.year(), post.date.month()) == (year, month);
    let all: Vec<Arc<Post>> = snapshot.posts.iter().filter(is_in).cloned().collect();
    let Some(first) = all.first().filter(|_| year.to_string() == *written_year) else {
        return Err(WebError::not_found());
    };
    let base = month_path(first);
    if format!("{month:02}") != *written_month {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &page_path(&base, number)));
    }
    let heading = first.date.strftime("%B %Y").to_string();
    let pagination = Pagination::new(&base, number, all.len()).ok_or_else(WebError::not_found)?;
    let layout = Layout::new(app, &snapshot, &heading)
        .at(app, &page_path(&base, number))
        .described(&format!("Everything published in {heading}."));
    let page = YearPage {
        layout,
        heading,
        above: Named::new(&year.to_string(), &format!("/archive/{year}")),
        count: counted(all.len(), "post", "posts"),
        by_month: Vec::new(),
        months: months(pagination.slice(&all)),
        pagination,
    };
    Ok(Page::html(&page, Policy::Public(vec![SITE_TAG.to_owned()]))?.into_response())
}

/// `/archive/2026/05`: two digits, as in dates.
fn month_path(post: &Post) -> String {
    format!("/archive/{}/{:02}", post.date.year(), post.date.month())
}

fn months(posts: &[Arc<Post>]) -> Vec<Month> {
    let mut months: Vec<Month> = Vec::new();
    for post in posts {
        let name = post.date.strftime("%B").to_string();
        if months.last().is_none_or(|month| month.name != name) {
            months.push(Month { name, href: month_path(post), posts: Vec::new() });
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
