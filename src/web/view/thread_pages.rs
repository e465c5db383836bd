//! Links between the pages of a thread.

use crate::{
    domain::{address, entry::Post, thread::pages::Pages},
    web::threads,
};

/// Position of a page in its thread. Pages are numbered from the oldest.
#[derive(Clone, Debug)]
pub struct ThreadPages {
    pub number: usize,
    pub last: usize,
    /// Links to the pages before and after it, in reading order.
    pub before: Option<Way>,
    pub after: Option<Way>,
    /// Path of the page with the newest comments, unless this is it.
    pub newest: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Way {
    pub href: String,
    /// True if its comments are newer than those here.
    pub is_newer: bool,
}

impl ThreadPages {
    /// Returns `None` if there is only one page.
    pub fn new(post: &Post, pages: &Pages, number: usize) -> Option<Self> {
        let (last, is_oldest_first) = (pages.last(), pages.first_read() == 1);
        if last == 1 {
            return None;
        }
        let href = |to: usize| {
            // On the article's page the comments are far down.
            let place = if to == pages.first_read() { "#-comments" } else { "" };
            format!("{}{place}", address::encode(&threads::path(post, pages, to)))
        };
        let older = (number > 1).then(|| Way { href: href(number - 1), is_newer: false });
        let newer = (number < last).then(|| Way { href: href(number + 1), is_newer: true });
        let (before, after) = if is_oldest_first { (older, newer) } else { (newer, older) };
        Some(Self { number, last, before, after, newest: (number < last).then(|| href(last)) })
    }
}
