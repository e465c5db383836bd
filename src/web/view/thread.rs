//! A thread for its template.

use jiff::Timestamp;
use unicode_segmentation::UnicodeSegmentation;

use super::dates;
use crate::{
    domain::{
        comment::NewComment,
        names::person_and_blog,
        thread::{InReplyTo, Node, Said, Thread, fold},
    },
    texts::phrase::Phrase,
    web::common::*,
};

/// A page of a thread, and what its comments have in common.
#[derive(Clone, Copy)]
pub struct ThreadView<'a> {
    pub thread: &'a Thread,
    pub own: Option<OpenedComment>,
    pub site: &'a Site,
    /// True if the thread is open.
    pub can_reply: bool,
}

/// A comment whose signed link was opened: its writer sees it if it is held, public or removed.
#[derive(Clone, Copy, Debug)]
pub struct OpenedComment {
    pub id: CommentId,
    /// True if a mail asks its writer to confirm notifications.
    pub is_asked: bool,
    /// Text about what its writer can do with it at `/me`; `None` if `/me` of this browser does not list it.
    pub corner: Option<&'static Phrase<1>>,
}

/// A comment with its replies; the template renders both.
#[derive(Template)]
#[template(path = "comments/_comment.html")]
pub struct CommentView<'a> {
    page: ThreadView<'a>,
    node: &'a Node,
    /// The comment that it is nested under. Only lines show that, so screen readers need this.
    parent: Option<InReplyTo>,
    /// Replies that are in view, and later ones, which are collapsed until the reader opens them.
    replies: &'a [Node],
    folded: &'a [Node],
    /// True if the replies below may be collapsed: not inside a collapsed part.
    folds: bool,
    texts: &'static Texts,
}

impl<'a> ThreadView<'a> {
    pub fn comments(self) -> impl Iterator<Item = CommentView<'a>> {
        self.thread.roots.iter().map(move |node| CommentView::new(self, node, None, true))
    }

    /// Path of a comment on this page, or on the page that has it.
    fn path(&self, to: &InReplyTo) -> String {
        let is_here = self.thread.roots.iter().any(|node| node.find(to.id).is_some());
        if is_here { format!("#comment-{}", to.id) } else { routes::comment(to.id) }
    }
}

impl<'a> CommentView<'a> {
    fn new(page: ThreadView<'a>, node: &'a Node, parent: Option<InReplyTo>, folds: bool) -> Self {
        let in_view = if folds { fold::in_view(&node.replies) } else { node.replies.len() };
        let (replies, folded) = node.replies.split_at(in_view);
        Self { page, node, parent, replies, folded, folds, texts: page.site.texts }
    }

    fn below(&self, nodes: &'a [Node], folds: bool) -> Vec<Self> {
        let parent = self.node.reference();
        nodes.iter().map(|node| Self::new(self.page, node, Some(parent.clone()), folds)).collect()
    }

    fn said(&self, comment: &'a Comment) -> SaidView<'a> {
        SaidView {
            is_author: comment.by_author,
            is_waiting: comment.status == Status::Held,
            state: (comment.status != Status::Approved).then(|| state(comment.status, self.texts)),
            is_edited: comment.edited_at.is_some(),
            ..SaidView::new(self.page.site, &comment.name, comment.site.as_deref(), &comment.text, comment.created_at)
        }
    }

    /// Comment of the visitor, if it is this one.
    fn own(&self) -> Option<OpenedComment> {
        self.page.own.filter(|own| own.id == self.node.id)
    }

    /// Text with the number of collapsed comments.
    fn folded_summary(&self) -> String {
        self.texts.comments.more_replies.of(self.folded.iter().map(Node::size).sum())
    }

    /// True if the visitor's own comment is in the collapsed part.
    fn is_unfolded(&self) -> bool {
        self.page.own.is_some_and(|own| self.folded.iter().any(|reply| reply.find(own.id).is_some()))
    }
}

/// Message to the writer of a comment with this status, and true if it is good news.
fn note(status: Status, texts: &Texts) -> (&str, bool) {
    match status {
        Status::Held => (&texts.comments.kept, true),
        Status::Approved => (&texts.comments.online, true),
        Status::Spam | Status::Trash => (&texts.comments.taken_away, false),
    }
}

/// Status of a comment as text, for its writer.
pub fn state(status: Status, texts: &'static Texts) -> &'static str {
    match status {
        Status::Held => &texts.comments.waiting,
        Status::Approved => &texts.corner.shown,
        Status::Spam | Status::Trash => &texts.corner.removed,
    }
}

/// Preview of a comment; it has no number and no place in a thread yet.
#[derive(Template)]
#[template(path = "comments/_preview.html")]
pub struct PreviewView<'a> {
    said: SaidView<'a>,
}

impl<'a> PreviewView<'a> {
    pub fn new(site: &Site, new: &'a NewComment, now: Timestamp) -> Self {
        Self { said: SaidView::new(site, &new.name, new.site.as_deref(), &new.text, now) }
    }
}

/// Words of a comment, with their writer.
struct SaidView<'a> {
    name: &'a str,
    /// Address of the writer's site.
    link: Option<&'a str>,
    at: dates::Moment,
    html: String,
    is_author: bool,
    is_waiting: bool,
    /// The reason why only its writer sees it.
    state: Option<&'static str>,
    is_edited: bool,
}

impl<'a> SaidView<'a> {
    fn new(site: &Site, name: &'a str, link: Option<&'a str>, text: &str, at: Timestamp) -> Self {
        Self {
            name,
            link,
            at: dates::minute(at, &site.time_zone, site.texts),
            html: comment_markdown::render(text),
            is_author: false,
            is_waiting: false,
            state: None,
            is_edited: false,
        }
    }

    /// Number of the colour behind the initials.
    fn avatar(&self) -> u32 {
        if self.is_author { 1 } else { 2 + colour(self.name) % 7 }
    }

    fn initials(&self) -> String {
        initials(person_and_blog(self.name).0)
    }
}

/// Initials: one letter, or two for two names: "Ana Reyes" is AR. A name of emoji only has the first of them.
fn initials(person: &str) -> String {
    let own = person.split([',', '|', '(']).next().filter(|own| own.contains(char::is_alphanumeric)).unwrap_or(person);
    let first = |word: &str| word.graphemes(true).next().map(str::to_uppercase).unwrap_or_default();
    let mut words = own.split_whitespace().filter(|word| word.starts_with(char::is_alphanumeric));
    let letters = [words.next(), words.next_back()].into_iter().flatten().map(first).collect::<String>();
    if letters.is_empty() { first(own.trim_start()) } else { letters }
}

/// Hash of a name, so that it has the same colour on every page (FNV-1a is enough).
fn colour(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_initials() {
        for (name, letters) in [
            ("Ana Reyes", "AR"),
            ("Lisa", "L"),
            ("jo van der Berg", "JB"),
            ("ß", "SS"),
            ("e\u{301}va", "E\u{301}"),
            ("\u{1F3C3}\u{1F3FD}\u{200D}\u{2640}\u{FE0F} runs", "R"),
            ("\u{1F3C3}\u{1F3FD}\u{200D}\u{2640}\u{FE0F}\u{1F3C3}", "\u{1F3C3}\u{1F3FD}\u{200D}\u{2640}\u{FE0F}"),
            ("ليلى حداد", "لح"),
        ] {
            assert_eq!(initials(name), letters, "{name}");
        }
    }
}
