//! Bodies of posts, compressed while no page needs them. HTML and plain text of a post share nearly all of their words,
//! so LZ4 compresses them together.

use std::{ops::Deref, sync::Arc};

use super::{Body, Piece};

/// Body whose HTML and plain text are compressed. It derefs to the rest: pieces without their HTML, contents, counts.
#[derive(Clone, Debug, Default)]
pub struct PackedBody {
    light: Body,
    /// Number of bytes of HTML of each piece.
    lengths: Box<[usize]>,
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

impl From<Body> for PackedBody {
    fn from(mut body: Body) -> Self {
        let (mut whole, mut lengths) = (String::new(), Vec::new());
        for piece in &mut body.pieces {
            if let Piece::Html(html) = piece {
                whole.push_str(html);
                lengths.push(std::mem::take(html).len());
            }
        }
        let before = whole.len();
        whole.push_str(&std::mem::take(&mut body.text));
        // These lists are kept as long as the server runs.
        body.pieces.shrink_to_fit();
        body.contents.shrink_to_fit();
        let text = PackedText { packed: lz4_flex::compress_prepend_size(whole.as_bytes()).into(), before };
        Self { light: body, lengths: lengths.into(), text }
    }
}

impl PackedBody {
    /// Returns the uncompressed body.
    pub fn unpack(&self) -> Body {
        let whole = self.text.whole();
        let mut body = self.light.clone();
        let (mut at, mut lengths) = (0, self.lengths.iter());
        for piece in &mut body.pieces {
            if let Piece::Html(html) = piece {
                let end = at + lengths.next().copied().unwrap_or_default();
                whole.get(at..end).unwrap_or_default().clone_into(html);
                at = end;
            }
        }
        body.text = whole.get(at..).unwrap_or_default().into();
        body
    }

    /// Returns its plain text, compressed.
    pub fn plain(&self) -> &PackedText {
        &self.text
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
