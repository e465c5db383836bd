//! Tags: the list of all tags, the posts of one, and the posts of several at once.

use super::{Counted, ListPath, cards};
use crate::{
    content::Tagged,
    domain::entry::Tag,
    web::{
        prelude::*,
        view::cards::{Pagination, page_path},
    },
};

#[derive(Template)]
#[template(path = "posts/tag.html")]
struct TagPage<'a> {
    layout: Layout,
    name: String,
    count: String,
    /// Path of the feed, for a single tag.
    feed: Option<String>,
    /// Tags that narrow the list, with the number of posts left.
    narrower: Vec<Counted>,
    /// Links to the single tags of a combination.
    wider: Vec<TextLink>,
    cards: Vec<PostCard<'a>>,
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
    let tags = snapshot
        .tags
        .values()
        .map(|tag| Counted { link: TextLink::to_tag(&tag.tag), count: texts.lists.posts.of(tag.posts.len()) });
    let layout = Layout::new(&app, &snapshot, &texts.tags.heading).at("/tags").described(&texts.tags.described);
    Page::html(&Tags { layout, tags: tags.collect() }, Policy::site())
}

pub async fn tag(State(app): State<App>, Path(path): Path<ListPath>) -> Result<Response, WebError> {
    let (snapshot, texts, number) = (app.snapshot(), app.texts(), path.number()?);
    let tagged = snapshot.tagged(&path.tag).ok_or_else(WebError::not_found)?;
    let base = routes::tag(tagged.slug());
    if tagged.slug() != path.tag {
        return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &address::encode(&page_path(&base, number))));
    }
    let pagination = Pagination::new(&base, number, tagged.posts.len()).ok_or_else(WebError::not_found)?;
    let (cards, policy) = cards(&app, pagination.slice(&tagged.posts)).await;
    let names: Vec<&str> = tagged.tags.iter().map(|tag| tag.name.as_str()).collect();
    let name = names.join(" + ");
    let mut layout = Layout::new(&app, &snapshot, &name)
        .at(&page_path(&base, number))
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
    let wider = if feed.is_none() { tagged.tags.iter().map(TextLink::to_tag).collect() } else { Vec::new() };
    let page = TagPage { layout, name, count, feed, narrower, wider, cards, pagination };
    Ok(Page::html(&page, policy)?.into_response())
}

fn narrowed(tagged: &Tagged, tag: &Tag, count: usize) -> Counted {
    Counted { link: TextLink::new(&tag.name, &routes::tag(tagged.with(tag))), count: count.to_string() }
}
