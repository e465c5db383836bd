//! The ways between the pages of a thread.

use crate::{
    domain::{address, entry::Post, thread::pages::Pages},
    web::threads,
};

/// Where a page stands among those of its thread, which are numbered from the oldest on.
#[derive(Clone, Debug)]
pub struct ThreadPages {
    pub number: usize,
    pub last: usize,
    /// What is read before and after it.
    pub before: Option<Way>,
    pub after: Option<Way>,
    /// To the newest comments, where neither of the two leads there.
    pub newest: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Way {
    pub href: String,
    /// To comments that are newer than those here.
    pub is_newer: bool,
}

impl ThreadPages {
    /// `None` where there is a single page.
    pub fn new(post: &Post, pages: &Pages, number: usize) -> Option<Self> {
        let (last, is_oldest_first) = (pages.last(), pages.first_read() == 1);
        if last == 1 {
            return None;
        }
        let href = |to: usize| {
            // Under the article the comments are a long way down.
            let place = if to == pages.first_read() { "#-comments" } else { "" };
            format!("{}{place}", address::encode(&threads::path(post, pages, to)))
        };
        let older = (number > 1).then(|| Way { href: href(number - 1), is_newer: false });
        let newer = (number < last).then(|| Way { href: href(number + 1), is_newer: true });
        let (before, after) = if is_oldest_first { (older, newer) } else { (newer, older) };
        Some(Self { number, last, before, after, newest: (number < last).then(|| href(last)) })
    }
}
