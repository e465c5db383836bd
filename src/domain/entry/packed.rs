//! Bodies of posts: rendered on first use, then compressed while no page needs them. HTML and plain text of a post share
//! nearly all of their words, so they are compressed together.

use std::{
    fmt,
    io::{Read, Write},
    ops::Deref,
    sync::{Arc, LazyLock},
};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};

use super::{Body, ContentsLine, LISTED, Piece};
use crate::domain::{slug::Slug, words::shorten};

/// Longest excerpt made from the start of a text, in characters.
const EXCERPT: usize = 280;
/// Longest description, in characters: as much as search engines show.
const DESCRIPTION: usize = 155;
/// Level of compression: half the size that LZ4 reaches, in about twice the time. Higher levels take much longer.
const LEVEL: u32 = 3;

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

/// Compressed body. It derefs to the parts that pages need without the text: code blocks, embeds, stretches, counts.
#[derive(Clone, Debug, Default)]
pub struct PackedBody {
    /// Body without texts, headings and HTML.
    light: Body,
    /// Form of each piece in the compressed text.
    forms: Box<[Form]>,
    /// Start of the text, for search engines.
    description: Box<str>,
    /// Start of the text, for lists.
    start: Box<str>,
    /// Compressed data: the pieces in order, then the plain text.
    text: PackedText,
}

/// Form of a piece in the compressed text, with the lengths of its parts in bytes.
#[derive(Clone, Copy, Debug)]
enum Form {
    Html(u32),
    /// Level, and lengths of id, title and HTML.
    Heading(u8, [u32; 3]),
    /// Next piece of the light body.
    Light,
}

impl From<Body> for PackedBody {
    fn from(mut body: Body) -> Self {
        let main = body.text.get(..body.main).unwrap_or(&body.text);
        // Copied: a text that was written piece by piece has more memory than it needs.
        let description = shorten(body.excerpt.as_deref().unwrap_or(main), DESCRIPTION).as_str().into();
        let start = if body.excerpt.is_some() { Box::default() } else { shorten(main, EXCERPT).as_str().into() };
        let (mut whole, mut light) = (String::new(), Vec::new());
        let mut add = |part: &str| {
            whole.push_str(part);
            u32::try_from(part.len()).unwrap_or(u32::MAX)
        };
        let form = |piece| match piece {
            Piece::Html(html) => Form::Html(add(&html)),
            Piece::Heading(line, html) => Form::Heading(line.level, [add(&line.id), add(&line.title), add(&html)]),
            Piece::Code(_) | Piece::Embed(_) | Piece::Stretch(_) => {
                light.push(piece);
                Form::Light
            }
        };
        let forms = body.pieces.into_iter().map(form).collect();
        let before = whole.len();
        whole.push_str(&std::mem::take(&mut body.text));
        // The list is kept as long as the server runs.
        light.shrink_to_fit();
        body.pieces = light;
        Self { light: body, forms, description, start, text: PackedText::new(&whole, before) }
    }
}

impl PackedBody {
    /// Returns the uncompressed body.
    pub fn unpack(&self) -> Body {
        let whole = self.text.whole();
        let (mut at, mut light) = (0, self.light.pieces.iter());
        let mut next = |length: u32| {
            let part = whole.get(at..at + length as usize).unwrap_or_default();
            at += part.len();
            part.to_owned()
        };
        let piece = |form: &Form| match *form {
            Form::Html(length) => Some(Piece::Html(next(length))),
            Form::Heading(level, [id, title, html]) => {
                let line = ContentsLine { level, id: next(id), title: next(title) };
                Some(Piece::Heading(line, next(html)))
            }
            Form::Light => light.next().cloned(),
        };
        let pieces = self.forms.iter().filter_map(piece).collect();
        Body { pieces, text: whole.get(self.text.before..).unwrap_or_default().into(), ..self.light.clone() }
    }

    /// Returns the headings for a table of contents.
    pub fn listed(&self) -> Vec<ContentsLine> {
        let is_listed = |form: &&Form| matches!(form, Form::Heading(level, _) if *level < LISTED);
        if self.forms.iter().filter(is_listed).count() > 2 { self.unpack().listed() } else { Vec::new() }
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

/// Compressed plain text. Two are equal if their bodies are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedText {
    packed: Arc<[u8]>,
    /// Number of bytes of HTML before the text.
    before: usize,
}

impl PackedText {
    fn new(whole: &str, before: usize) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
        // Writing to memory cannot fail.
        let packed = encoder.write_all(whole.as_bytes()).and_then(|()| encoder.finish());
        Self { packed: packed.unwrap_or_default().into(), before }
    }

    /// Returns the text.
    pub fn unpack(&self) -> String {
        self.whole().split_off(self.before)
    }

    fn whole(&self) -> String {
        let mut whole = String::new();
        // Reading what was written here cannot fail.
        let _ = DeflateDecoder::new(&*self.packed).read_to_string(&mut whole);
        whole
    }
}

impl From<&str> for PackedText {
    fn from(text: &str) -> Self {
        Self::new(text, 0)
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
        let heading = |level, id: &str| {
            let line = ContentsLine { level, id: id.to_owned(), title: format!("Ä {id}") };
            Piece::Heading(line, format!("<i>{id}</i>"))
        };
        for pieces in [
            vec![],
            vec![Piece::Stretch(slug.clone())],
            vec![Piece::Html("<p>Ä</p>".to_owned()), Piece::Stretch(slug), Piece::Html("<p>b</p>".to_owned())],
            vec![heading(2, "a"), heading(3, "b"), Piece::Code(Arc::default()), heading(4, "c"), heading(2, "d")],
        ] {
            for text in ["", "Ä b"] {
                let body = Body { pieces: pieces.clone(), text: text.into(), words: 2, ..Body::default() };
                let packed = PackedBody::from(body.clone());
                assert_eq!(format!("{:?}", packed.unpack()), format!("{body:?}"));
                assert_eq!(packed.listed(), body.listed());
                assert_eq!((packed.plain().unpack().as_str(), packed.words), (text, 2));
            }
        }
        assert_eq!(PackedText::from("x").unpack(), "x");
    }
}
