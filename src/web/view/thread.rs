//! A thread as its template sees it.

use askama::Template;
use jiff::tz::TimeZone;

use super::dates;
use crate::{
    app::App,
    content::comment_markdown,
    domain::{
        comment::{Comment, CommentId, NewComment, Status},
        thread::{InReplyTo, Node, Said, Thread},
    },
    texts::Texts,
};

/// A comment with its replies; draws itself, and they themselves in it.
#[derive(Template)]
#[template(path = "comments/_comment.html")]
pub struct CommentView {
    id: CommentId,
    /// `None`: it has been removed, and what answers it has not.
    said: Option<SaidView>,
    in_reply_to: Option<InReplyTo>,
    replies: Vec<CommentView>,
    /// Whether the thread is open.
    can_reply: bool,
    texts: &'static Texts,
}

struct SaidView {
    name: String,
    site: Option<String>,
    initials: String,
    avatar: u32,
    at: dates::Moment,
    html: String,
    is_author: bool,
    is_waiting: bool,
    is_edited: bool,
}

/// A comment as it would look; it has no number and no place yet.
#[derive(Template)]
#[template(path = "comments/_preview.html")]
pub struct PreviewView {
    said: SaidView,
}

impl PreviewView {
    pub fn new(app: &App, new: &NewComment) -> Self {
        let at = app.clock.now();
        let comment = Comment {
            id: 0,
            thread_slug: String::new(),
            parent_id: None,
            name: new.name.clone(),
            email: None,
            site: new.site.clone(),
            text: new.text.clone(),
            status: Status::Approved,
            by_author: false,
            created_at: at,
            edited_at: None,
        };
        Self { said: said(&comment, &app.config.site.time_zone, app.texts()) }
    }
}

/// Draws a thread's comments.
pub fn comments(thread: &Thread, zone: &TimeZone, can_reply: bool, texts: &'static Texts) -> Vec<CommentView> {
    thread.roots.iter().map(|node| view(node, zone, can_reply, texts)).collect()
}

fn view(node: &Node, zone: &TimeZone, can_reply: bool, texts: &'static Texts) -> CommentView {
    let (id, said) = match &node.said {
        Said::Comment(comment) => (comment.id, Some(said(comment, zone, texts))),
        Said::Tombstone(id) => (*id, None),
    };
    CommentView {
        id,
        said,
        in_reply_to: node.in_reply_to.clone(),
        replies: node.replies.iter().map(|reply| view(reply, zone, can_reply, texts)).collect(),
        can_reply,
        texts,
    }
}

fn said(comment: &Comment, zone: &TimeZone, texts: &Texts) -> SaidView {
    SaidView {
        initials: initials(&comment.name),
        avatar: if comment.by_author { 1 } else { 2 + colour(&comment.name) % 7 },
        name: comment.name.clone(),
        site: comment.site.clone(),
        at: dates::minute(comment.created_at, zone, texts),
        html: comment_markdown::render(&comment.text),
        is_author: comment.by_author,
        is_waiting: comment.status != Status::Approved,
        is_edited: comment.edited_at.is_some(),
    }
}

/// One letter, or two where there are two names: "Ana Reyes" is AR, "Lisa @ Mile by Mile" is L.
fn initials(name: &str) -> String {
    let own = name.split(['@', ',', '|', '(']).next().filter(|own| own.contains(char::is_alphanumeric)).unwrap_or(name);
    let mut words = own.split_whitespace().filter(|word| word.starts_with(char::is_alphanumeric));
    let first = |word: &str| word.chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let letters = [words.next(), words.next_back()].into_iter().flatten().map(first).collect::<String>();
    if letters.is_empty() { "?".to_owned() } else { letters }
}

/// The same name has the same colour on every page (FNV-1a, which is enough for that).
fn colour(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_initials() {
        for (name, letters) in
            [("Ana Reyes", "AR"), ("Lisa @ Mile by Mile", "L"), ("jo van der Berg", "JB"), ("🏃", "?"), ("ß", "SS")]
        {
            assert_eq!(initials(name), letters, "{name}");
        }
    }
}
