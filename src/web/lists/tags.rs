//! Tags: all of them, and the posts of one.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::{Counted, cards, page_number};
use crate::{
    app::App,
    domain::{address, slug::Slug},
    web::{
        cache::SITE_TAG,
        errors::WebError,
        page::{Page, Policy, redirect},
        view::{
            cards::{Pagination, PostCard, page_path},
            counted,
            layout::Layout,
        },
    },
};

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
        .with_feed(format!("{}: {name}", app.config.site.title), &feed);
    let count = counted(tag.posts.len(), "post", "posts");
    Ok(Page::html(&TagPage { layout, name, count, feed, cards, pagination }, policy)?.into_response())
}
