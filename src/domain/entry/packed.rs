//! Bodies of posts: rendered on first use, then compressed while no page needs them. HTML and plain text of a post share
//! nearly all of their words, so LZ4 compresses them together.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, LazyLock},
};

use super::{Body, Piece};
use crate::domain::{slug::Slug, words::shorten};

/// Longest excerpt made from the start of a text, in characters.
const EXCERPT: usize = 280;
/// Longest description, in characters: as much as search engines show.
const DESCRIPTION: usize = 155;

type Pack = Box<dyn FnOnce() -> PackedBody + Send>;

/// Body that is rendered when it is first used. A site of 10,000 posts answers long before all are rendered. Cheap to
/// clone; all clones are one body.
#[derive(Clone, Debug)]
pub struct LazyBody(Arc<Lazy>);

struct Lazy {
    /// True if the text may show stretches.
    may_show_stretches: bool,
    packed: LazyLock<PackedBody, Pack>,
}

impl LazyBody {
    /// Body of a text. `render` is called once at most.
    pub fn new(may_show_stretches: bool, render: impl FnOnce() -> Body + Send + 'static) -> Self {
        let pack: Pack = Box::new(|| PackedBody::from(render()));
        Self(Arc::new(Lazy { may_show_stretches, packed: LazyLock::new(pack) }))
    }

    /// Renders the text, unless that was done before.
    pub fn render(&self) {
        LazyLock::force(&self.0.packed);
    }

    /// Stretches that the text shows. Only a text that may show some is rendered for this.
    pub fn stretches(&self) -> impl Iterator<Item = &Slug> {
        let pieces = if self.0.may_show_stretches { self.pieces.as_slice() } else { &[] };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Stretch(slug) => Some(slug),
            _ => None,
        })
    }
}

impl Deref for LazyBody {
    type Target = PackedBody;

    fn deref(&self) -> &PackedBody {
        &self.0.packed
    }
}

impl From<Body> for LazyBody {
    fn from(body: Body) -> Self {
        Self::new(true, || body)
    }
}

impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.packed.fmt(f)
    }
}

/// Body whose HTML and plain text are compressed. It derefs to the rest: pieces without their HTML, counts.
#[derive(Clone, Debug, Default)]
pub struct PackedBody {
    light: Body,
    /// Number of bytes of HTML of each piece that has some.
    lengths: Box<[usize]>,
    /// Start of the text, for search engines.
    description: Box<str>,
    /// Start of the text, for lists.
    start: Box<str>,
    /// Compressed data: all HTML, then the plain text.
    text: PackedText,
}

/// Compressed plain text. Two are equal if their bodies are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedText {
    packed: Arc<[u8]>,
    /// Number of bytes of HTML before the text.
    before: usize,
}

/// HTML in a piece.
fn html_of(piece: &mut Piece) -> Option<&mut String> {
    match piece {
        Piece::Html(html) | Piece::Heading(_, html) => Some(html),
        Piece::Code(_) | Piece::Embed(_) | Piece::Stretch(_) => None,
    }
}

impl From<Body> for PackedBody {
    fn from(mut body: Body) -> Self {
        let main = body.text.get(..body.main).unwrap_or(&body.text);
        let description = shorten(body.excerpt.as_deref().unwrap_or(main), DESCRIPTION).into();
        let start = if body.excerpt.is_some() { Box::default() } else { shorten(main, EXCERPT).into() };
        let (mut whole, mut lengths) = (String::new(), Vec::new());
        for html in body.pieces.iter_mut().filter_map(html_of) {
            whole.push_str(html);
            lengths.push(std::mem::take(html).len());
        }
        let before = whole.len();
        whole.push_str(&std::mem::take(&mut body.text));
        // The list is kept as long as the server runs.
        body.pieces.shrink_to_fit();
        let text = PackedText { packed: lz4_flex::compress_prepend_size(whole.as_bytes()).into(), before };
        Self { light: body, lengths: lengths.into(), description, start, text }
    }
}

impl PackedBody {
    /// Returns the uncompressed body.
    pub fn unpack(&self) -> Body {
        let whole = self.text.whole();
        let mut body = self.light.clone();
        let mut at = 0;
        for (html, length) in body.pieces.iter_mut().filter_map(html_of).zip(&self.lengths) {
            whole.get(at..at + length).unwrap_or_default().clone_into(html);
            at += length;
        }
        body.text = whole.get(at..).unwrap_or_default().into();
        body
    }

    /// Returns its plain text, compressed.
    pub fn plain(&self) -> &PackedText {
        &self.text
    }

    /// Start of the text, for search engines.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Start of the text, for lists.
    pub fn start(&self) -> &str {
        &self.start
    }
}

impl Deref for PackedBody {
    type Target = Body;

    fn deref(&self) -> &Body {
        &self.light
    }
}

impl PackedText {
    pub fn unpack(&self) -> String {
        self.whole().split_off(self.before)
    }

    fn whole(&self) -> String {
        let bytes = lz4_flex::decompress_size_prepended(&self.packed).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }
}

impl Default for PackedText {
    fn default() -> Self {
        Self::from("")
    }
}

impl From<&str> for PackedText {
    fn from(text: &str) -> Self {
        Self { packed: lz4_flex::compress_prepend_size(text.as_bytes()).into(), before: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::slug::Slug;

    #[test]
    fn a_body_is_rendered_once_and_not_before_it_is_needed() {
        let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let body = LazyBody::new(false, move || {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Body { text: "One. Two.".into(), main: 9, words: 2, ..Body::default() }
        });
        let clone = body.clone();
        assert_eq!((body.stretches().count(), count.load(std::sync::atomic::Ordering::SeqCst)), (0, 0));
        assert_eq!((body.words, clone.start(), clone.description()), (2, "One. Two.", "One. Two."));
        assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1);
    }

    #[test]
    fn a_body_comes_back_as_it_was() {
        let slug = Slug::from_text("toes").expect("a slug");
        for pieces in [
            vec![],
            vec![Piece::Stretch(slug.clone())],
            vec![Piece::Html("<p>Ä</p>".to_owned()), Piece::Stretch(slug), Piece::Html("<p>b</p>".to_owned())],
        ] {
            for text in ["", "Ä b"] {
                let body = Body { pieces: pieces.clone(), text: text.into(), words: 2, ..Body::default() };
                let packed = PackedBody::from(body.clone());
                assert_eq!(format!("{:?}", packed.unpack()), format!("{body:?}"));
                assert_eq!((packed.plain().unpack().as_str(), packed.words), (text, 2));
            }
        }
        assert_eq!(PackedText::from("x").unpack(), "x");
    }
}
