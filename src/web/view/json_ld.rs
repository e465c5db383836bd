//! JSON-LD for search engines in the vocabulary of schema.org, one graph a page.
//!
//! An item that lacks a property its type requires is left out: incomplete, it would only cause a warning.

use serde_json::{Value, json};

use super::dates;
use crate::{
    content::Series,
    domain::{
        embed::{Embed, Player},
        entry::Piece,
        thread::{Node, Said, Thread},
        words::shorten,
    },
    web::common::*,
};

/// Most comments in the graph; the page has them all.
const COMMENTS: usize = 20;
/// Longest text of a comment, in characters. The text is in the page already, so it costs little when compressed.
const COMMENT: usize = 200;
/// Most posts of a list in the graph.
const POSTS: usize = 10;

/// A step of the breadcrumbs: name and path.
pub type Step<'a> = (&'a str, String);

/// The graph of a page.
pub fn graph(things: impl IntoIterator<Item = Value>) -> Value {
    without_nulls(json!({ "@context": "https://schema.org", "@graph": things.into_iter().collect::<Vec<_>>() }))
}

/// Removes null values, such as the date of a post that has none.
pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let known = members.into_iter().filter(|(_, member)| !member.is_null());
            known.map(|(name, member)| (name, without_nulls(member))).collect()
        }
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// A post, its breadcrumbs and its videos. `thread`: `None` if it could not be read.
pub fn post(site: &Site, post: &Post, series: Option<&Series>, thread: Option<&Thread>) -> Value {
    let mut way: Vec<Step> = Vec::new();
    if let Some(series) = series {
        way.push((&series.name, routes::series(&series.slug)));
    }
    way.push((&post.entry.title, post.entry.address.clone()));
    graph([blog_posting(site, post, thread), breadcrumbs(site, &way)].into_iter().chain(films(site, post)))
}

/// The home page: the site, its search, its newest posts.
pub fn home<'a>(site: &Site, posts: impl IntoIterator<Item = &'a Post>) -> Value {
    let home = site.absolute("/");
    let posts = posts.into_iter().take(POSTS).map(|post| {
        json!({
            "@type": "BlogPosting",
            "headline": post.entry.title,
            "url": site.absolute(&post.entry.address),
            "datePublished": post.date.as_ref().map(dates::machine),
            "author": authors(site, post),
        })
    });
    graph([
        json!({
            "@type": "WebSite",
            "@id": format!("{home}#site"),
            "name": site.title,
            "description": site.description,
            "url": home,
            "inLanguage": site.language,
            "potentialAction": {
                "@type": "SearchAction",
                "target": {
                    "@type": "EntryPoint",
                    "urlTemplate": format!("{}/search?q={{search_term_string}}", site.base_url),
                },
                "query-input": "required name=search_term_string",
            },
        }),
        json!({
            "@type": "Blog",
            "name": site.title,
            "url": home,
            "isPartOf": { "@id": format!("{home}#site") },
            "publisher": publisher(site),
            "blogPost": posts.collect::<Vec<_>>(),
        }),
    ])
}

/// A list of posts with its own page, and its breadcrumbs; the last step is the page.
pub fn collection<'a>(site: &Site, way: &[Step], posts: impl IntoIterator<Item = &'a Post>) -> Value {
    let (name, path) = way.last().cloned().unwrap_or((&site.title, "/".to_owned()));
    let items = posts.into_iter().take(POSTS).enumerate().map(|(at, post)| {
        json!({
            "@type": "ListItem",
            "position": at + 1,
            "name": post.entry.title,
            "url": site.absolute(&post.entry.address),
        })
    });
    let page = json!({
        "@type": "CollectionPage",
        "name": name,
        "url": site.absolute(&path),
        "isPartOf": { "@type": "WebSite", "name": site.title, "url": site.absolute("/") },
        "mainEntity": { "@type": "ItemList", "itemListElement": items.collect::<Vec<_>>() },
    });
    graph([page, breadcrumbs(site, way)])
}

/// Breadcrumbs from the home page to this one.
pub fn breadcrumbs(site: &Site, way: &[Step]) -> Value {
    let home = (site.title.as_str(), "/".to_owned());
    let items = std::iter::once(&home).chain(way).enumerate().map(|(at, (name, path))| {
        json!({ "@type": "ListItem", "position": at + 1, "name": name, "item": site.absolute(path) })
    });
    json!({ "@type": "BreadcrumbList", "itemListElement": items.collect::<Vec<_>>() })
}

fn blog_posting(site: &Site, post: &Post, thread: Option<&Thread>) -> Value {
    let entry = &post.entry;
    let address = site.absolute(&entry.address);
    let comments = thread.map(|thread| {
        let mut said = Vec::new();
        public_comments(&thread.roots, &mut said);
        said.into_iter().map(|one| comment(site, one, &address)).collect::<Vec<_>>()
    });
    json!({
        "@type": "BlogPosting",
        "headline": entry.title,
        "description": entry.description(),
        "datePublished": post.date.as_ref().map(dates::machine),
        "dateModified": post.changed().map(dates::machine),
        "author": authors(site, post),
        "publisher": publisher(site),
        "mainEntityOfPage": address,
        "url": address,
        "inLanguage": entry.language.as_deref().unwrap_or(&site.language),
        "keywords": post.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(),
        "wordCount": entry.body.words + entry.body.letters,
        "image": entry.image.as_ref().map(|image| site.absolute(&image.shared())),
        "commentCount": thread.map(|thread| thread.count),
        "comment": comments.filter(|comments| !comments.is_empty()),
    })
}

fn authors(site: &Site, post: &Post) -> Vec<Value> {
    if !post.authors.is_empty() {
        return post.authors.iter().map(|name| json!({ "@type": "Person", "name": name })).collect();
    }
    vec![json!({ "@type": "Person", "name": site.author.name, "url": site.author.url })]
}

fn publisher(site: &Site) -> Value {
    json!({ "@type": "Organization", "name": site.title, "url": site.absolute("/") })
}

/// Collects approved comments in the order of the page.
fn public_comments<'a>(nodes: &'a [Node], said: &mut Vec<&'a Comment>) {
    for node in nodes {
        if said.len() == COMMENTS {
            return;
        }
        match &node.said {
            Said::Comment(comment) if comment.status == Status::Approved => said.push(comment),
            _ => {}
        }
        public_comments(&node.replies, said);
    }
}

fn comment(site: &Site, comment: &Comment, page: &str) -> Value {
    let at = comment.created_at.to_zoned(site.time_zone.clone());
    json!({
        "@type": "Comment",
        "author": { "@type": "Person", "name": comment.name },
        "dateCreated": dates::machine(&at),
        "datePublished": dates::machine(&at),
        "text": shorten(&comment_markdown::plain(&comment.text), COMMENT),
        "url": format!("{page}#comment-{}", comment.id),
    })
}

/// The videos of a post, embedded and own.
fn films<'a>(site: &'a Site, post: &'a Post) -> impl Iterator<Item = Value> + 'a {
    post.entry.body.pieces.iter().filter_map(move |piece| match piece {
        Piece::Embed(embed) => film(site, post, embed),
        _ => None,
    })
}

/// A video. It needs a name, a thumbnail and a date: name and date default to the post's; a video without a thumbnail is
/// left out.
fn film(site: &Site, post: &Post, embed: &Embed) -> Option<Value> {
    let (player, clip) = match embed {
        Embed::Player(player) if player.is_film() => (Some(player), None),
        Embed::Video(clip) => (None, Some(clip)),
        Embed::Player(_) | Embed::Audio(_) => return None,
    };
    let title = player.map_or_else(|| clip?.title.as_ref(), |player| player.title.as_ref());
    let poster = player.map_or_else(|| clip?.poster.as_ref(), |player| player.poster.as_ref());
    let answer = player.and_then(|player| player.oembed.as_ref());
    let uploaded = answer.and_then(|answer| Some(answer.uploaded?.to_string()));
    Some(json!({
        "@type": "VideoObject",
        "name": title.unwrap_or(&post.entry.title),
        "description": title.map_or_else(|| post.entry.description(), String::as_str),
        "thumbnailUrl": site.absolute(&poster?.shared()),
        "uploadDate": uploaded.or_else(|| post.date.as_ref().map(dates::machine)),
        "embedUrl": player.map(Player::quiet_frame),
        "url": player.map(|player| &player.address),
        "duration": answer.and_then(|answer| Some(format!("PT{}S", answer.seconds?))),
        "contentUrl": clip.map(|clip| site.absolute(&clip.address)),
        "encodingFormat": clip.map(|clip| &clip.media_type),
    }))
}
