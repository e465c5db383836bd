//! Threads: a flat list of comments becomes a tree.

pub mod fold;
pub mod pages;

use std::collections::{BTreeMap, HashMap, HashSet};

use super::comment::{Comment, CommentId, Status};
pub use crate::domain::limits::MAX_DEPTH;

/// Comments under a post, in the order in which they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    pub roots: Vec<Node>,
    /// Number of approved comments.
    pub count: usize,
}

/// Comment and its replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub id: CommentId,
    pub said: Said,
    /// Comment that it answers, if it is shown beside its parent.
    pub in_reply_to: Option<InReplyTo>,
    pub replies: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly all nodes are comments")]
pub enum Said {
    Comment(Comment),
    /// Placeholder for a removed comment that has shown replies.
    Tombstone,
    /// Placeholder for a comment that its writer has edited and the author has not approved yet. It may return.
    Withheld,
    /// Reference to a comment on an earlier page whose replies continue here, with the name of its writer.
    Continued(Option<String>),
}

/// Reference to a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InReplyTo {
    pub id: CommentId,
    /// Name of its writer; `None`: that comment is not shown (any more).
    pub name: Option<String>,
}

impl Node {
    /// Reference to this comment.
    pub fn reference(&self) -> InReplyTo {
        let name = match &self.said {
            Said::Comment(comment) => Some(comment.name.clone()),
            Said::Continued(name) => name.clone(),
            Said::Tombstone | Said::Withheld => None,
        };
        InReplyTo { id: self.id, name }
    }

    /// Number of comments in it, itself included.
    pub fn size(&self) -> usize {
        let own = usize::from(matches!(self.said, Said::Comment(_)));
        own + self.replies.iter().map(Self::size).sum::<usize>()
    }

    /// Finds the comment, or its placeholder, in this node or below.
    pub fn find(&self, id: CommentId) -> Option<&Self> {
        let is_it = self.id == id && !matches!(self.said, Said::Continued(_));
        if is_it { Some(self) } else { self.replies.iter().find_map(|reply| reply.find(id)) }
    }
}

impl Thread {
    /// Builds the thread from comments in any order, oldest first. Parents may be missing, or form a cycle.
    ///
    /// Comments that are not approved get a placeholder only if an approved one answers them; `waiting` is the number
    /// of one that is shown to its writer all the same.
    pub fn build(comments: Vec<Comment>, waiting: Option<CommentId>) -> Self {
        let is_shown = |comment: &Comment| comment.status == Status::Approved || Some(comment.id) == waiting;
        let count = comments.iter().filter(|comment| comment.status == Status::Approved).count();
        let by_id: HashMap<CommentId, Comment> = comments.into_iter().map(|comment| (comment.id, comment)).collect();

        let places = places(&by_id);
        let mut children: BTreeMap<Option<CommentId>, Vec<&Comment>> = BTreeMap::new();
        for comment in by_id.values() {
            children.entry(places[&comment.id].under).or_default().push(comment);
        }
        for siblings in children.values_mut() {
            siblings.sort_by_key(|comment| (comment.created_at, comment.id));
        }
        let answered =
            by_id.values().filter(|comment| is_shown(comment)).filter_map(|comment| comment.parent_id).collect();
        let builder = Builder { by_id: &by_id, places: &places, children: &children, answered, is_shown: &is_shown };
        Self { roots: builder.nodes(None), count }
    }

    /// Numbers of its comments of which only the outline is known.
    pub fn outlined(&self) -> Vec<CommentId> {
        let mut ids = Vec::new();
        self.roots.iter().for_each(|node| node.outlined(&mut ids));
        ids
    }

    /// Replaces outlines by comments. A comment that was removed since the outline was made becomes a tombstone.
    pub fn fill(&mut self, comments: Vec<Comment>) {
        let comments: HashMap<CommentId, Comment> = comments.into_iter().map(|comment| (comment.id, comment)).collect();
        self.roots.iter_mut().for_each(|node| node.fill(&comments));
    }
}

impl Node {
    fn outlined(&self, ids: &mut Vec<CommentId>) {
        let is_outline = match &self.said {
            Said::Comment(comment) => comment.text.is_empty(),
            Said::Continued(name) => name.as_deref() == Some(""),
            Said::Tombstone | Said::Withheld => false,
        };
        ids.extend(is_outline.then_some(self.id));
        let parent = self.in_reply_to.as_ref().filter(|to| to.name.as_deref() == Some(""));
        ids.extend(parent.map(|to| to.id));
        self.replies.iter().for_each(|reply| reply.outlined(ids));
    }

    fn fill(&mut self, comments: &HashMap<CommentId, Comment>) {
        let rename = |id: CommentId, name: &mut Option<String>| {
            if name.is_some() {
                *name = comments.get(&id).map(|comment| comment.name.clone());
            }
        };
        match &mut self.said {
            Said::Comment(outline) => {
                let is_it = |comment: &&Comment| comment.status == outline.status && !comment.is_erased();
                let comment = comments.get(&self.id).filter(is_it);
                self.said = comment.map_or(Said::Tombstone, |comment| Said::Comment(comment.clone()));
            }
            Said::Continued(name) => rename(self.id, name),
            Said::Tombstone | Said::Withheld => {}
        }
        self.in_reply_to.iter_mut().for_each(|to| rename(to.id, &mut to.name));
        self.replies.iter_mut().for_each(|reply| reply.fill(comments));
    }
}

/// Position of a comment in the tree.
#[derive(Clone, Copy)]
struct Position {
    /// Comment under which it is indented; `None` at the first level.
    under: Option<CommentId>,
    /// Depth, 1 at the first level.
    depth: usize,
    /// True if it is not indented under the comment that it answers.
    beside_parent: bool,
}

/// Finds the place of every comment. Goes up to the first ancestor whose place is known, then down again, so that a
/// chain of ten thousand replies costs ten thousand steps and no recursion.
fn places(by_id: &HashMap<CommentId, Comment>) -> HashMap<CommentId, Position> {
    let mut places: HashMap<CommentId, Position> = HashMap::with_capacity(by_id.len());
    let mut ids: Vec<CommentId> = by_id.keys().copied().collect();
    ids.sort_unstable();
    for id in ids {
        let mut chain = Vec::new();
        let mut seen = HashSet::new();
        let mut next = Some(id);
        while let Some(at) = next.filter(|at| by_id.contains_key(at) && !places.contains_key(at) && seen.insert(*at)) {
            chain.push(at);
            next = by_id[&at].parent_id;
        }
        while let Some(at) = chain.pop() {
            let parent = by_id[&at].parent_id.and_then(|parent| Some((parent, *places.get(&parent)?)));
            let place = match parent {
                None => Position { under: None, depth: 1, beside_parent: false },
                Some((parent, place)) if place.depth < MAX_DEPTH => {
                    Position { under: Some(parent), depth: place.depth + 1, beside_parent: false }
                }
                Some((_, place)) => Position { beside_parent: true, ..place },
            };
            places.insert(at, place);
        }
    }
    places
}

struct Builder<'a, F> {
    by_id: &'a HashMap<CommentId, Comment>,
    places: &'a HashMap<CommentId, Position>,
    children: &'a BTreeMap<Option<CommentId>, Vec<&'a Comment>>,
    /// Comments that have a shown reply. At the deepest level it stands beside them, not under them.
    answered: HashSet<CommentId>,
    is_shown: &'a F,
}

impl<F: Fn(&Comment) -> bool> Builder<'_, F> {
    /// Nodes under a comment. Recursion ends at [`MAX_DEPTH`].
    fn nodes(&self, under: Option<CommentId>) -> Vec<Node> {
        let siblings = self.children.get(&under).map_or(&[][..], Vec::as_slice);
        siblings.iter().filter_map(|comment| self.node(comment)).collect()
    }

    fn node(&self, comment: &Comment) -> Option<Node> {
        let replies = self.nodes(Some(comment.id));
        let said = if (self.is_shown)(comment) {
            Said::Comment(comment.clone())
        } else if !replies.is_empty() || self.answered.contains(&comment.id) {
            if comment.status == Status::Held { Said::Withheld } else { Said::Tombstone }
        } else {
            return None;
        };
        Some(Node { id: comment.id, said, in_reply_to: self.in_reply_to(comment), replies })
    }

    fn in_reply_to(&self, comment: &Comment) -> Option<InReplyTo> {
        if !self.places[&comment.id].beside_parent {
            return None;
        }
        let parent = self.by_id.get(&comment.parent_id?)?;
        let name = (self.is_shown)(parent).then(|| parent.name.clone());
        Some(InReplyTo { id: parent.id, name })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    pub(super) fn comment(id: CommentId, parent_id: Option<CommentId>, status: Status) -> Comment {
        Comment {
            id,
            parent_id,
            name: format!("n{id}"),
            text: "text".into(),
            status,
            created_at: Timestamp::from_second(id).expect("in range"),
            ..Comment::default()
        }
    }

    /// Formats a thread as `1(2(3) 4)`: nesting in brackets, `~` before a tombstone, `?` before a withheld comment, `…`
    /// before a continued one, `@` before the one that a reply beside its parent names.
    pub(super) fn shape(nodes: &[Node]) -> String {
        let one = |node: &Node| {
            let id = match &node.said {
                Said::Comment(_) => node.id.to_string(),
                Said::Tombstone => format!("~{}", node.id),
                Said::Withheld => format!("?{}", node.id),
                Said::Continued(name) => format!("…{}", name.as_deref().unwrap_or("~")),
            };
            let to = node.in_reply_to.as_ref();
            let to = to.map(|to| format!("@{}", to.name.as_deref().unwrap_or("~"))).unwrap_or_default();
            let replies = if node.replies.is_empty() { String::new() } else { format!("({})", shape(&node.replies)) };
            format!("{id}{to}{replies}")
        };
        nodes.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn check(comments: &[(CommentId, Option<CommentId>, Status)], expected: &str) {
        let list = comments.iter().map(|(id, parent, status)| comment(*id, *parent, *status)).collect();
        assert_eq!(shape(&Thread::build(list, None).roots), expected);
    }

    #[test]
    fn shapes() {
        use Status::{Approved, Held, Spam};
        check(&[], "");
        check(
            &[(1, None, Approved), (2, Some(1), Approved), (3, Some(2), Approved), (4, Some(1), Approved)],
            "1(2(3) 4)",
        );
        check(&[(5, None, Approved), (4, Some(5), Approved)], "5(4)");
        check(&[(2, Some(99), Approved)], "2");
        check(&[(1, Some(2), Approved), (2, Some(1), Approved)], "2(1)");
        check(&[(1, Some(1), Approved)], "1");
        check(&[(1, None, Held), (2, None, Spam)], "");
        check(&[(1, None, Spam), (2, Some(1), Approved)], "~1(2)");
        check(&[(1, None, Held), (2, Some(1), Approved)], "?1(2)");
        check(&[(1, None, Spam), (2, Some(1), Held)], "");
    }

    #[test]
    fn below_the_fifth_level_replies_stand_beside_their_parent() {
        let chain: Vec<_> = (1..=7).map(|id| (id, (id > 1).then(|| id - 1), Status::Approved)).collect();
        check(&chain, "1(2(3(4(5 6@n5 7@n6))))");
        let mut gone = chain.clone();
        gone[4].2 = Status::Trash;
        check(&gone, "1(2(3(4(~5 6@~ 7@n6))))");
    }

    #[test]
    fn a_waiting_comment_is_shown_to_its_writer() {
        let comments = vec![comment(1, None, Status::Approved), comment(2, Some(1), Status::Held)];
        let thread = Thread::build(comments, Some(2));
        assert_eq!((shape(&thread.roots).as_str(), thread.count), ("1(2)", 1));
    }

    fn depth(nodes: &[Node]) -> usize {
        nodes.iter().map(|node| 1 + depth(&node.replies)).max().unwrap_or(0)
    }

    pub(super) fn shown(nodes: &[Node]) -> Vec<CommentId> {
        let own = |node: &Node| matches!(node.said, Said::Comment(_)).then_some(node.id);
        nodes.iter().flat_map(|node| own(node).into_iter().chain(shown(&node.replies))).collect()
    }

    const STATUSES: [Status; 4] = [Status::Held, Status::Approved, Status::Spam, Status::Trash];

    proptest! {
        #[test]
        fn comments_in_any_order_with_any_parents_form_a_tree(
            parents in prop::collection::vec(prop::option::of(0_i64..40), 0..40),
            statuses in prop::collection::vec(0_usize..4, 40),
            rotate in 0_usize..40,
        ) {
            let mut comments: Vec<Comment> = parents
                .iter()
                .enumerate()
                .map(|(id, parent)| comment(id as i64, *parent, STATUSES[statuses[id]]))
                .collect();
            let expected = Thread::build(comments.clone(), None);
            let shift = rotate % comments.len().max(1);
            comments.rotate_left(shift);
            let thread = Thread::build(comments.clone(), None);
            prop_assert_eq!(&thread, &expected);
            prop_assert!(depth(&thread.roots) <= MAX_DEPTH);
            let mut ids = shown(&thread.roots);
            ids.sort_unstable();
            let approved: Vec<_> = (0..comments.len() as i64).filter(|id| STATUSES[statuses[*id as usize]] == Status::Approved).collect();
            prop_assert_eq!(ids, approved);
        }
    }
}
