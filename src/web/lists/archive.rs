//! The archive: all years, the posts of a year, and the posts of a month.

use std::sync::Arc;

use super::{Counted, ListPath};
use crate::web::{
    page,
    prelude::*,
    view::cards::{Pagination, page_path},
};

#[derive(Template)]
#[template(path = "posts/archive.html")]
struct Archive {
    layout: Layout,
    summary: String,
    years: Vec<Counted>,
    /// Posts without a date.
    undated: Vec<TextLink>,
}

#[derive(Template)]
#[template(path = "posts/year.html")]
struct PeriodPage {
    layout: Layout,
    heading: String,
    /// Link to the level above: the archive, or the year.
    above: TextLink,
    count: String,
    /// Months of a year, first to last; empty on the page of a month.
    by_month: Vec<Counted>,
    months: Vec<Month>,
    pagination: Pagination,
}

struct Month {
    link: TextLink,
    /// Day and link of each post.
    posts: Vec<(dates::Moment, TextLink)>,
}

pub async fn archive(State(app): State<App>) -> Result<Page, WebError> {
    let (snapshot, texts) = (app.snapshot(), app.texts());
    let years = snapshot.years();
    let summary = match years.last() {
        Some((first, _)) => texts.archive.since.of_with(years.iter().map(|(_, count)| count).sum(), first),
        None if snapshot.posts.is_empty() => texts.archive.empty.clone(),
        None => texts.lists.posts.of(snapshot.posts.len()),
    };
    let undated = snapshot.posts.iter().filter(|post| post.date.is_none()).map(|post| TextLink::to_entry(&post.entry));
    let years = years.into_iter().map(|(year, count)| Counted {
        link: TextLink::new(&year.to_string(), &routes::year(year)),
        count: texts.lists.posts.of(count),
    });
    let layout =
        Layout::new(&app, &snapshot, &texts.archive.heading).at("/archive").described(&texts.archive.described);
    let page = Archive { layout, summary, years: years.collect(), undated: undated.collect() };
    Page::html(&page, Policy::site())
}

/// Posts of a year or a month.
pub async fn period(State(app): State<App>, Path(path): Path<ListPath>) -> Result<Response, WebError> {
    let (snapshot, texts, number) = (app.snapshot(), app.texts(), path.number()?);
    let year: i16 = page::number(&path.year)?;
    let month: Option<i8> =
        path.month.as_ref().map(|month| month.parse()).transpose().map_err(|_| WebError::not_found())?;
    let is_in = |post: &&Arc<Post>| match month {
        Some(month) => post.month() == Some((year, month)),
        None => post.year() == Some(year),
    };
    let all: Vec<Arc<Post>> = snapshot.posts.iter().filter(is_in).cloned().collect();
    let first = all.first().and_then(|post| post.date.as_ref()).ok_or_else(WebError::not_found)?;
    let of_year = routes::year(year);
    let base = if month.is_some() { routes::month(year, first.month()) } else { of_year.clone() };
    if path.month.is_some_and(|written| !base.ends_with(&format!("/{written}"))) {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &page_path(&base, number)));
    }
    let said = &texts.archive;
    let (heading, title, described, above) = if month.is_some() {
        let heading = texts.dates.month_of_year(first);
        let described = said.month_described.with(&heading);
        (heading.clone(), heading, described, TextLink::new(&year.to_string(), &of_year))
    } else {
        let described = said.year_described.with(year);
        (year.to_string(), said.of_year.with(year), described, TextLink::new(&said.heading, "/archive"))
    };
    let pagination = Pagination::new(&base, number, all.len()).ok_or_else(WebError::not_found)?;
    let months_of_year = if month.is_some() { Vec::new() } else { months(&all, texts) };
    let counted = |Month { link, posts }| Counted { link, count: posts.len().to_string() };
    let page = PeriodPage {
        layout: Layout::new(&app, &snapshot, &title).at(&page_path(&base, number)).described(&described),
        heading,
        above,
        count: texts.lists.posts.of(all.len()),
        by_month: months_of_year.into_iter().rev().map(counted).collect(),
        months: months(pagination.slice(&all), texts),
        pagination,
    };
    Ok(Page::html(&page, Policy::site())?.into_response())
}

fn months(posts: &[Arc<Post>], texts: &Texts) -> Vec<Month> {
    let mut months: Vec<Month> = Vec::new();
    for (post, date) in posts.iter().filter_map(|post| Some((post, post.date.as_ref()?))) {
        let name = texts.dates.month(date);
        if months.last().is_none_or(|month| month.link.title != name) {
            let link = TextLink::new(name, &routes::month(date.year(), date.month()));
            months.push(Month { link, posts: Vec::new() });
        }
        if let Some(month) = months.last_mut() {
            month.posts.push((dates::day_of_year(date, texts), TextLink::to_entry(&post.entry)));
        }
    }
    months
}
