//! Posts in lists, and pagination of lists.

use std::collections::HashMap;

use super::{
    dates,
    link::TextLink,
    tongue::{self, Tongue},
};
use crate::{
    cache::SITE_TAG,
    content::pictures::{self, Place},
    domain::{address, comment::ThreadKey, entry::Post, picture::Picture},
    texts::Texts,
};

/// A post in a list.
#[derive(Clone, Debug)]
pub struct PostCard {
    pub title: String,
    /// Attributes `lang` and `dir` of title and excerpt.
    pub tongue: Tongue,
    pub href: String,
    pub date: Option<dates::Moment>,
    pub excerpt: String,
    pub reading: String,
    /// Text with the number of comments; `None` for zero, or if the count could not be read.
    pub comments: Option<String>,
    pub tags: Vec<TextLink>,
    pub picture: Option<PictureView>,
    pub is_draft: bool,
    pub is_featured: bool,
}

/// A picture in a template. Each method gives the HTML for one place. The `alt` is empty, since the text stands beside
/// the picture.
#[derive(Clone, Debug)]
pub struct PictureView(Picture);

impl PictureView {
    pub fn new(picture: &Picture) -> Self {
        Self(picture.clone())
    }

    pub fn cover(&self) -> String {
        self.html(Place::Cover)
    }

    pub fn lead(&self) -> String {
        self.html(Place::Lead)
    }

    pub fn card(&self) -> String {
        self.html(Place::Card)
    }

    pub fn related(&self) -> String {
        self.html(Place::Related)
    }

    pub fn still(&self) -> String {
        self.html(Place::Poster)
    }

    pub fn stretch(&self) -> String {
        self.html(Place::Stretch)
    }

    /// The one URL for readers that do not support `srcset`.
    pub fn src(&self) -> String {
        address::encode(&self.0.shared())
    }

    pub fn size(&self) -> (u32, u32) {
        self.0.size.unwrap_or((1200, 750))
    }

    fn html(&self, place: Place) -> String {
        pictures::html(&self.0, place, "", "", false)
    }
}

/// Number of approved comments by the slug they were made under; `None` if the database did not answer.
pub type Counts = Option<HashMap<String, usize>>;

impl PostCard {
    pub fn new(post: &Post, counts: &Counts, texts: &Texts) -> Self {
        let entry = &post.entry;
        Self {
            title: entry.title.clone(),
            tongue: tongue::of(entry),
            href: address::encode(&entry.address),
            date: dates::day_of(post, texts),
            excerpt: entry.excerpt().to_owned(),
            reading: reading(post, texts),
            comments: counts
                .as_ref()
                .map(|counts| post.threads.iter().filter_map(|slug| counts.get(slug.as_str())).sum())
                .filter(|count| *count > 0)
                .map(|count| texts.comments.count.of(count)),
            tags: tag_links(post),
            picture: entry.image.as_ref().map(PictureView::new),
            is_draft: entry.draft,
            is_featured: post.featured,
        }
    }
}

pub fn reading(post: &Post, texts: &Texts) -> String {
    texts.lists.reading.of(post.entry.body.reading_minutes())
}

pub fn tag_links(post: &Post) -> Vec<TextLink> {
    post.tags.iter().map(TextLink::to_tag).collect()
}

/// Thread keys of these posts, for one database query.
pub fn thread_keys<'a>(posts: impl IntoIterator<Item = &'a Post>) -> Vec<ThreadKey> {
    posts.into_iter().flat_map(|post| &post.threads).map(|slug| ThreadKey::post(slug.as_str())).collect()
}

/// Cache tags of a page that shows these posts.
pub fn tags_of<'a>(posts: impl IntoIterator<Item = &'a Post>) -> Vec<String> {
    let threads = thread_keys(posts);
    std::iter::once(SITE_TAG.to_owned()).chain(threads.iter().map(ThreadKey::tag)).collect()
}

/// A page of a list, with paths of the pages before and after it.
#[derive(Clone, Debug)]
pub struct Pagination {
    pub number: usize,
    pub last: usize,
    pub newer: Option<String>,
    pub older: Option<String>,
}

/// Number of posts on a page of a list: home, tags and years alike.
pub const PER_PAGE: usize = 10;

impl Pagination {
    /// Returns `None` if there is no such page. `base` is the path of the first: `/`, `/tags/feet`.
    pub fn new(base: &str, number: usize, items: usize) -> Option<Self> {
        let last = items.div_ceil(PER_PAGE).max(1);
        if number == 0 || number > last {
            return None;
        }
        let page = |number: usize| address::encode(&page_path(base, number));
        Some(Self {
            number,
            last,
            newer: (number > 1).then(|| page(number - 1)),
            older: (number < last).then(|| page(number + 1)),
        })
    }

    /// The part of a list that this page shows.
    pub fn slice<'a, T>(&self, items: &'a [T]) -> &'a [T] {
        let start = (self.number - 1) * PER_PAGE;
        &items[start.min(items.len())..(start + PER_PAGE).min(items.len())]
    }
}

/// Path of a page of a list: `/`, `/page/2`; `/tags/feet`, `/tags/feet/page/2`.
pub fn page_path(base: &str, number: usize) -> String {
    match number {
        1 => base.to_owned(),
        number => format!("{}/page/{number}", base.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_ten() {
        assert!(Pagination::new("/", 2, 10).is_none());
        assert!(Pagination::new("/", 0, 10).is_none());
        let first = Pagination::new("/", 1, 0).expect("an empty list has a page");
        assert_eq!((first.last, first.newer, first.older), (1, None, None));
        let second = Pagination::new("/tags/feet", 2, 25).expect("a page");
        assert_eq!((second.newer.as_deref(), second.older.as_deref()), (Some("/tags/feet"), Some("/tags/feet/page/3")));
        let items: Vec<usize> = (0..25).collect();
        assert_eq!(second.slice(&items), (10..20).collect::<Vec<_>>());
        assert_eq!(Pagination::new("/", 3, 25).expect("a page").slice(&items).len(), 5);
    }
}
