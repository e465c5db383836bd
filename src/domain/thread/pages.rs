//! Pagination of long threads. Pages are counted from the oldest comments, so that a comment stays on its page while
//! newer ones arrive, in either order of reading.

use serde::Deserialize;

use super::{InReplyTo, Node, Said, Thread};
use crate::domain::comment::CommentId;
pub use crate::domain::limits::COMMENTS_PER_PAGE;

/// Order of the comments at the first level. Replies are always oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    #[default]
    Oldest,
    Newest,
}

/// Thread cut into pages, which are numbered from 1.
#[derive(Clone, Debug)]
pub struct Pages {
    /// Pages, the one with the oldest comments first. Never empty.
    pages: Vec<Vec<Node>>,
    order: Order,
    count: usize,
}

impl Thread {
    /// Cuts between comments of the first level. Only if one with all its replies fills more than a page, the cut goes
    /// through its replies, and the next page refers to the comments above them.
    pub fn pages(self, order: Order) -> Pages {
        let mut cutter = Cutter { pages: vec![Vec::new()], room: COMMENTS_PER_PAGE };
        for root in self.roots {
            cutter.place(&[], root);
        }
        Pages { pages: cutter.pages, order, count: self.count }
    }
}

impl Pages {
    /// Number of the last page, and of pages.
    pub fn last(&self) -> usize {
        self.pages.len()
    }

    /// Number of the page that is read first, under the article itself.
    pub fn first_read(&self) -> usize {
        match self.order {
            Order::Oldest => 1,
            Order::Newest => self.last(),
        }
    }

    /// Number of the page with this comment, or with its placeholder.
    pub fn holding(&self, id: CommentId) -> Option<usize> {
        let at = self.pages.iter().position(|page| page.iter().any(|node| node.find(id).is_some()))?;
        Some(at + 1)
    }

    /// Comments of a page, in the order in which they are read, with the total count.
    pub fn take(mut self, number: usize) -> Option<Thread> {
        let at = number.checked_sub(1).filter(|at| *at < self.pages.len())?;
        let mut roots = self.pages.swap_remove(at);
        if self.order == Order::Newest {
            roots.reverse();
        }
        Some(Thread { roots, count: self.count })
    }
}

struct Cutter {
    pages: Vec<Vec<Node>>,
    /// Number of comments that still fit on the last page.
    room: usize,
}

impl Cutter {
    /// Adds a comment and its replies after those that are placed; `above` are its ancestors from the first level.
    fn place(&mut self, above: &[InReplyTo], node: Node) {
        let size = node.size();
        let wants_a_page = size > self.room && (size <= COMMENTS_PER_PAGE || above.is_empty());
        if self.room == 0 || (wants_a_page && self.room < COMMENTS_PER_PAGE) {
            self.pages.push(Vec::new());
            self.room = COMMENTS_PER_PAGE;
        }
        if size <= self.room {
            self.put(above, node, size);
            return;
        }
        let here = [above, &[node.reference()]].concat();
        let Node { replies, .. } = node;
        let alone = Node { replies: Vec::new(), ..node };
        let size = alone.size();
        self.put(above, alone, size);
        for reply in replies {
            self.place(&here, reply);
        }
    }

    fn put(&mut self, above: &[InReplyTo], node: Node, size: usize) {
        if let Some(page) = self.pages.last_mut() {
            put_below(page, above, node);
        }
        self.room = self.room.saturating_sub(size);
    }
}

/// Adds a node; an ancestor on an earlier page becomes a reference on this one.
fn put_below(siblings: &mut Vec<Node>, above: &[InReplyTo], node: Node) {
    let Some((ancestor, rest)) = above.split_first() else {
        siblings.push(node);
        return;
    };
    if siblings.last().is_none_or(|last| last.id != ancestor.id) {
        let InReplyTo { id, name } = ancestor.clone();
        siblings.push(Node { id, said: Said::Continued(name), in_reply_to: None, replies: Vec::new() });
    }
    if let Some(last) = siblings.last_mut() {
        put_below(&mut last.replies, rest, node);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::tests::{comment, shape, shown},
        *,
    };
    use crate::domain::comment::{Comment, Status};

    /// Number of a comment, and of the one it answers.
    type Entry = (CommentId, Option<CommentId>);

    fn thread(entries: impl IntoIterator<Item = Entry>) -> Thread {
        let comments = entries.into_iter().map(|(id, parent)| comment(id, parent, Status::Approved));
        Thread::build(comments.collect(), None)
    }

    /// First and last comment of each page, in the order of reading.
    fn ends(thread: &Thread, order: Order) -> Vec<(CommentId, CommentId)> {
        let pages = thread.clone().pages(order);
        let ids = (1..=pages.last()).map(|number| shown(&pages.clone().take(number).expect("is there").roots));
        ids.map(|ids| (*ids.first().expect("is full"), *ids.last().expect("is full"))).collect()
    }

    #[test]
    fn two_hundred_fit_on_a_page() {
        let flat = |count| thread((1..=count).map(|id| (id, None)));
        assert_eq!(flat(0).pages(Order::Oldest).last(), 1);
        assert_eq!(ends(&flat(200), Order::Oldest), [(1, 200)]);
        assert_eq!(ends(&flat(201), Order::Oldest), [(1, 200), (201, 201)]);
        assert_eq!(ends(&flat(450), Order::Newest), [(200, 1), (400, 201), (450, 401)]);
        let pages = |order| flat(450).pages(order);
        assert_eq!((pages(Order::Oldest).first_read(), pages(Order::Newest).first_read()), (1, 3));
        assert_eq!(pages(Order::Newest).holding(201), Some(2));
        assert_eq!(pages(Order::Newest).holding(451), None);
        assert!(pages(Order::Oldest).take(0).is_none() && pages(Order::Oldest).take(4).is_none());
        assert_eq!(pages(Order::Oldest).take(3).expect("is there").count, 450);
    }

    #[test]
    fn a_thread_that_does_not_fit_any_more_begins_a_page() {
        let replies = (200..=210).map(|id| (id, Some(199)));
        let pages = thread((1..=199).map(|id| (id, None)).chain(replies));
        assert_eq!(ends(&pages, Order::Oldest), [(1, 198), (199, 210)]);
    }

    #[test]
    fn a_thread_longer_than_a_page_goes_on_with_its_name() {
        let long = [(1, None), (2, None)].into_iter().chain((3..=250).map(|id| (id, Some(2))));
        let pages = thread(long.chain([(251, None)])).pages(Order::Oldest);
        assert_eq!(pages.last(), 3);
        assert_eq!(shape(&pages.clone().take(1).expect("is there").roots), "1");
        let second = pages.clone().take(2).expect("is there");
        assert!(shape(&second.roots).starts_with("2(3 4 "), "{}", shape(&second.roots));
        let third = shape(&pages.take(3).expect("is there").roots);
        assert!(third.starts_with("…n2(202 203") && third.ends_with("250) 251"), "{third}");
    }

    #[test]
    fn deep_threads_are_cut_deep() {
        let deep = [(1, None), (2, Some(1))].into_iter().chain((3..=300).map(|id| (id, Some(2))));
        let pages = thread(deep).pages(Order::Newest);
        assert!(shape(&pages.take(2).expect("is there").roots).starts_with("…n1(…n2(201 202"));
    }

    proptest! {
        /// Pages lose and repeat no comment, none is too full, and new comments move no other.
        #[test]
        fn every_comment_is_on_one_page(
            parents in prop::collection::vec(prop::option::weighted(0.9, 0_usize..700), 0..700),
            more in 0_i64..50,
        ) {
            let comments: Vec<Comment> = parents.iter().enumerate().map(|(id, parent)| {
                // Mostly under the first comments, so that some threads are long.
                let parent = parent.map(|parent| (parent % (1 + id / 40)) as i64);
                comment(id as i64, parent, Status::Approved)
            }).collect();
            let pages = Thread::build(comments.clone(), None).pages(Order::Oldest);
            let on_pages: Vec<Vec<CommentId>> =
                (1..=pages.last()).map(|number| shown(&pages.clone().take(number).expect("is there").roots)).collect();
            let mut all = on_pages.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..comments.len() as i64).collect::<Vec<_>>());
            for (at, ids) in on_pages.iter().enumerate() {
                prop_assert!(ids.len() <= COMMENTS_PER_PAGE);
                prop_assert!(ids.iter().all(|id| pages.holding(*id) == Some(at + 1)));
            }
            let later = (0..more).map(|n| comment(1000 + n, None, Status::Approved));
            let grown = Thread::build(comments.into_iter().chain(later).collect(), None).pages(Order::Newest);
            for (at, ids) in on_pages.iter().enumerate() {
                prop_assert!(ids.iter().all(|id| grown.holding(*id) == Some(at + 1)));
            }
        }
    }
}
