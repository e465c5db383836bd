//! A thread for its template.

use askama::Template;
use jiff::tz::TimeZone;
use unicode_segmentation::UnicodeSegmentation;

use super::dates;
use crate::{
    app::App,
    content::comment_markdown,
    domain::{
        comment::{Comment, CommentId, NewComment, Status},
        names::person_and_blog,
        routes,
        thread::{InReplyTo, Node, Said, Thread, fold},
    },
    texts::{Texts, phrase::Phrase},
};

/// A comment with its replies; the template renders both.
#[derive(Template)]
#[template(path = "comments/_comment.html")]
pub struct CommentView {
    id: CommentId,
    said: Shown,
    in_reply_to: Option<CommentLink>,
    /// The comment that it is nested under. Only lines show that, so screen readers need this.
    below: Option<CommentLink>,
    /// Message to its writer.
    note: Option<Note>,
    replies: Vec<CommentView>,
    /// Later replies, collapsed until the reader opens them.
    folded: Option<Folded>,
    /// True if the thread is open.
    can_reply: bool,
    texts: &'static Texts,
}

/// Content of a comment's place in the thread.
enum Shown {
    Said(SaidView),
    /// No comment is shown here (any more); the text says why.
    Empty(&'static str),
    /// Replies to this comment continue here.
    Continued(CommentLink),
}

struct SaidView {
    /// The whole name; `person` and `blog` are its two parts.
    name: String,
    person: String,
    blog: Option<String>,
    site: Option<String>,
    initials: String,
    avatar: u32,
    at: dates::Moment,
    html: String,
    is_author: bool,
    is_waiting: bool,
    /// The reason why only its writer sees it.
    state: Option<&'static str>,
    is_edited: bool,
}

/// Preview of a comment; it has no number and no place in a thread yet.
#[derive(Template)]
#[template(path = "comments/_preview.html")]
pub struct PreviewView {
    said: SaidView,
}

impl PreviewView {
    pub fn new(app: &App, new: &NewComment) -> Self {
        let at = app.clock.now();
        let comment = Comment {
            name: new.name.clone(),
            site: new.site.clone(),
            text: new.text.clone(),
            status: Status::Approved,
            created_at: at,
            ..Comment::default()
        };
        Self { said: said(&comment, &app.config.site.time_zone, app.texts()) }
    }
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

/// Message to the writer of a comment.
struct Note {
    sentence: &'static str,
    is_good: bool,
    is_asked: bool,
    corner: Option<&'static Phrase<1>>,
}

impl Note {
    fn new(own: OpenedComment, status: Status, texts: &'static Texts) -> Self {
        let sentence = match status {
            Status::Held => &texts.comments.kept,
            Status::Approved => &texts.comments.online,
            Status::Spam | Status::Trash => &texts.comments.taken_away,
        };
        let is_good = matches!(status, Status::Held | Status::Approved);
        Self { sentence, is_good, is_asked: own.is_asked && is_good, corner: own.corner }
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

/// A link to another comment.
struct CommentLink {
    href: String,
    /// Name of its writer; `None` if it is not shown (any more).
    name: Option<String>,
}

struct Folded {
    replies: Vec<CommentView>,
    /// Text with the number of replies.
    summary: String,
    /// True if the visitor's own comment is inside.
    is_open: bool,
}

/// Views of the comments on a page of a thread.
pub fn comments(
    thread: &Thread,
    own: Option<OpenedComment>,
    zone: &TimeZone,
    can_reply: bool,
    texts: &'static Texts,
) -> Vec<CommentView> {
    let drawer = Drawer { thread, own, zone, can_reply, texts };
    thread.roots.iter().map(|node| drawer.comment(node, None, true)).collect()
}

struct Drawer<'a> {
    thread: &'a Thread,
    own: Option<OpenedComment>,
    zone: &'a TimeZone,
    can_reply: bool,
    texts: &'static Texts,
}

impl Drawer<'_> {
    /// View of a comment. Replies inside a collapsed part are not collapsed again.
    fn comment(&self, node: &Node, parent: Option<&Node>, folds: bool) -> CommentView {
        let in_view = if folds { fold::in_view(&node.replies) } else { node.replies.len() };
        let (in_view, later) = node.replies.split_at(in_view);
        let folded = || Folded {
            replies: later.iter().map(|reply| self.comment(reply, Some(node), false)).collect(),
            summary: self.texts.comments.more_replies.of(later.iter().map(Node::size).sum()),
            is_open: later.iter().any(|reply| self.own.is_some_and(|own| reply.find(own.id).is_some())),
        };
        CommentView {
            id: node.id,
            said: match &node.said {
                Said::Comment(comment) => Shown::Said(said(comment, self.zone, self.texts)),
                Said::Tombstone => Shown::Empty(&self.texts.comments.removed),
                Said::Withheld => Shown::Empty(&self.texts.comments.withheld),
                Said::Continued(_) => Shown::Continued(self.to(&node.reference())),
            },
            in_reply_to: node.in_reply_to.as_ref().map(|to| self.to(to)),
            below: parent.map(|parent| self.to(&parent.reference())),
            note: match (self.own, &node.said) {
                (Some(own), Said::Comment(comment)) if own.id == comment.id => {
                    Some(Note::new(own, comment.status, self.texts))
                }
                _ => None,
            },
            replies: in_view.iter().map(|reply| self.comment(reply, Some(node), folds)).collect(),
            folded: (!later.is_empty()).then(folded),
            can_reply: self.can_reply,
            texts: self.texts,
        }
    }

    /// Link to a comment on this page, or on the page that has it.
    fn to(&self, to: &InReplyTo) -> CommentLink {
        let is_here = self.thread.roots.iter().any(|node| node.find(to.id).is_some());
        let href = if is_here { format!("#comment-{}", to.id) } else { routes::comment(to.id) };
        CommentLink { href, name: to.name.clone() }
    }
}

fn said(comment: &Comment, zone: &TimeZone, texts: &'static Texts) -> SaidView {
    let (person, blog) = person_and_blog(&comment.name);
    SaidView {
        person: person.to_owned(),
        blog: blog.map(str::to_owned),
        initials: initials(person),
        avatar: if comment.by_author { 1 } else { 2 + colour(&comment.name) % 7 },
        name: comment.name.clone(),
        site: comment.site.clone(),
        at: dates::minute(comment.created_at, zone, texts),
        html: comment_markdown::render(&comment.text),
        is_author: comment.by_author,
        is_waiting: comment.status == Status::Held,
        state: (comment.status != Status::Approved).then(|| state(comment.status, texts)),
        is_edited: comment.edited_at.is_some(),
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
