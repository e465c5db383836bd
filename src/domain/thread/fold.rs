//! Folding of long threads: later replies are hidden until the reader opens them.

use super::Node;

/// Most comments below one that are all shown.
const LONG: usize = 10;
/// Number of comments that stay visible in a longer thread.
const IN_VIEW: usize = 5;
/// Fewest comments that are folded: fewer are not worth the line that opens them.
const WORTH_FOLDING: usize = 4;

/// Number of these replies to one comment that are visible, with all replies below them; the later ones are folded.
pub fn in_view(replies: &[Node]) -> usize {
    let sizes: Vec<usize> = replies.iter().map(Node::size).collect();
    let total: usize = sizes.iter().sum();
    if total <= LONG {
        return replies.len();
    }
    let mut shown = 0;
    for (at, size) in sizes.iter().enumerate() {
        if shown >= IN_VIEW {
            return if total - shown < WORTH_FOLDING { replies.len() } else { at };
        }
        shown += size;
    }
    replies.len()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Thread, tests::comment},
        *,
    };
    use crate::domain::comment::{CommentId, Status};

    /// Number of visible replies to comment 1.
    fn in_view_of(entries: impl IntoIterator<Item = (CommentId, CommentId)>) -> usize {
        let replies = entries.into_iter().map(|(id, parent)| comment(id, Some(parent), Status::Approved));
        let thread = Thread::build(replies.chain([comment(1, None, Status::Approved)]).collect(), None);
        in_view(&thread.roots[0].replies)
    }

    #[test]
    fn the_first_five_of_many() {
        let flat = |count: i64| in_view_of((2..2 + count).map(|id| (id, 1)));
        assert_eq!([0, 1, 10, 11, 300].map(flat), [0, 1, 10, 5, 5]);
    }

    #[test]
    fn answers_to_replies_count() {
        // The first reply has seven of its own, the second fifteen.
        let first = [(2, 1)].into_iter().chain((10..17).map(|id| (id, 2)));
        let second = [(3, 1)].into_iter().chain((20..35).map(|id| (id, 3)));
        assert_eq!(in_view_of(first.clone().chain(second)), 1);
        // Two more are too few to fold.
        assert_eq!(in_view_of(first.chain([(3, 1), (20, 3), (21, 3)])), 2);
        assert_eq!(in_view_of([(2, 1)].into_iter().chain((10..20).map(|id| (id, 2)))), 1);
    }
}
