//! Posts in lists, and pagination of lists.

use std::collections::HashMap;

use super::{dates, link::TextLink};
use crate::{
    cache::SITE_TAG,
    content::pictures::{self, Place},
    domain::{limits::POSTS_PER_PAGE, picture::Picture},
    web::common::*,
};

/// A post in a list.
pub struct PostCard<'a> {
    pub post: &'a Post,
    pub link: TextLink,
    pub date: Option<dates::Moment>,
    /// Text with the number of comments; `None` for zero, or if it is not known.
    pub comments: Option<String>,
    pub tags: Vec<TextLink>,
}

/// Number of approved comments by the slug they were made under.
pub type Counts = HashMap<String, usize>;

impl<'a> PostCard<'a> {
    pub fn new(post: &'a Post, counts: &Counts, texts: &Texts) -> Self {
        let count: usize = post.threads.iter().filter_map(|slug| counts.get(slug.as_str())).sum();
        Self {
            post,
            link: TextLink::to_entry(&post.entry),
            date: dates::day_of(post, texts),
            comments: (count > 0).then(|| texts.comments.count.of(count)),
            tags: post.tags.iter().map(TextLink::to_tag).collect(),
        }
    }

    /// HTML of its picture.
    pub fn picture(&self, place: Place) -> Option<String> {
        Some(picture(self.post.entry.image.as_ref()?, place))
    }
}

/// HTML of a picture. Its `alt` is empty, since the text stands beside the picture.
pub fn picture(picture: &Picture, place: Place) -> String {
    pictures::html(picture, place, "", "", false)
}

/// URL and size of a picture for programs that do not support `srcset`.
pub fn shared(picture: &Picture) -> (String, (u32, u32)) {
    (address::encode(&picture.shared()), picture.size.unwrap_or((1200, 750)))
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

impl Pagination {
    /// Returns `None` if there is no such page. `base` is the path of the first: `/`, `/tags/feet`.
    pub fn new(base: &str, number: usize, items: usize) -> Option<Self> {
        let last = items.div_ceil(POSTS_PER_PAGE).max(1);
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
        let start = (self.number - 1) * POSTS_PER_PAGE;
        &items[start.min(items.len())..(start + POSTS_PER_PAGE).min(items.len())]
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
