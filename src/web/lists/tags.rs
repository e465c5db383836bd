//! Tags: the list of all tags, the posts of one, and the posts of several at once.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::{Counted, cards};
use crate::{
    app::App,
    cache::Policy,
    content::Tagged,
    domain::{address, entry::Tag},
    web::{
        error::WebError,
        page::{Page, page_number, redirect},
        view::{
            cards::{Pagination, PostCard, TagLink, page_path, tag_link},
            json_ld,
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
    /// Path of the feed, for a single tag.
    feed: Option<String>,
    /// Tags that narrow the list, with the number of posts left.
    narrower: Vec<Counted>,
    /// Links to the single tags of a combination.
    wider: Vec<TagLink>,
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
    let (snapshot, texts) = (app.snapshot(), app.texts());
    let tags = snapshot.tags.values().map(|tag| Counted {
        name: tag.tag.name.clone(),
        href: address::encode(&format!("/tags/{}", tag.tag.slug)),
        count: texts.lists.posts.of(tag.posts.len()),
    });
    let layout = Layout::new(&app, &snapshot, &texts.tags.heading).at(&app, "/tags").described(&texts.tags.described);
    Page::html(&Tags { layout, tags: tags.collect() }, Policy::site())
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
    let (snapshot, texts) = (app.snapshot(), app.texts());
    let tagged = snapshot.tagged(written).ok_or_else(WebError::not_found)?;
    let base = format!("/tags/{}", tagged.slug());
    if tagged.slug() != written {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&page_path(&base, number))));
    }
    let pagination = Pagination::new(&base, number, tagged.posts.len()).ok_or_else(WebError::not_found)?;
    let (cards, policy) = cards(app, pagination.slice(&tagged.posts)).await;
    let names: Vec<&str> = tagged.tags.iter().map(|tag| tag.name.as_str()).collect();
    let name = names.join(" + ");
    let mut layout = Layout::new(app, &snapshot, &name)
        .at(app, &page_path(&base, number))
        .described(&texts.tags.posts_described.with(names.join(&texts.tags.and)));
    let feed = (names.len() == 1).then(|| address::encode(&format!("{base}/feed.xml")));
    layout =
        match &feed {
            Some(_) => {
                let way = [(texts.tags.heading.as_str(), "/tags".to_owned()), (name.as_str(), base.clone())];
                let posts = pagination.slice(&tagged.posts).iter().map(AsRef::as_ref);
                layout
                    .with_feeds(&format!("{}: {name}", app.config.site.title), &base)
                    .with_json_ld(&json_ld::collection(&app.config.site, &way, posts))
            }
            // There are many combinations, and their posts are on the pages of their tags.
            None => layout.not_indexed(),
        };
    let count = texts.lists.posts.of(tagged.posts.len());
    let narrower = tagged.narrower.iter().map(|(tag, count)| narrowed(&tagged, tag, *count)).collect();
    let wider = if feed.is_none() { tagged.tags.iter().map(tag_link).collect() } else { Vec::new() };
    let page = TagPage { layout, name, count, feed, narrower, wider, cards, pagination };
    Ok(Page::html(&page, policy)?.into_response())
}

fn narrowed(tagged: &Tagged, tag: &Tag, count: usize) -> Counted {
    Counted {
        name: tag.name.clone(),
        href: address::encode(&format!("/tags/{}", tagged.with(tag))),
        count: count.to_string(),
    }
}
