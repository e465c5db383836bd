//! Everything that a text may refer to: files, entries, answers of providers, the words of its language.

use crate::{
    content::{embeds, pictures::Refusal},
    domain::{
        address,
        embed::{Captions, Clip, Embed, OEmbed},
        language,
        picture::Picture,
        slug::Slug,
    },
    texts::Texts,
};

/// Access to everything that a text may refer to.
pub trait Lookup {
    /// A picture or download by the address the author wrote; `None` if there is none.
    fn media(&self, written: &str) -> Option<Linked>;
    /// The path of a post, page or stretch whose Markdown file the author linked to.
    fn entry(&self, written: &str) -> Option<String>;
    /// The path of a post, page or stretch by its file name, from any folder, as in Hugo's `ref`, Zola's `@/` and
    /// Jekyll's `post_url`.
    fn named(&self, written: &str) -> Option<String>;
    /// Path of a relative link for which there is no file. Only a text has it whose author wrote one of its addresses
    /// with `/` at the end: in `/tr/community/`, `steps/` means `/tr/community/steps/`, whatever address the text has
    /// now.
    fn relative(&self, _written: &str) -> Option<String> {
        None
    }
    /// A still picture next to the text, with this name and any file extension.
    fn poster(&self, stem: &str) -> Option<Picture>;
    /// Stored answer of a provider about the embed of this name.
    fn oembed(&self, stem: &str) -> Option<OEmbed>;
    /// Instep's own words for the text, in its language.
    fn texts(&self) -> &'static Texts;
    /// The language of the text, a BCP 47 tag.
    fn language(&self) -> &str {
        "en"
    }
    /// HTML attributes for Instep's own words, if their language is not that of the text.
    fn language_attributes(&self) -> String {
        let ours = &self.texts().language;
        if language::is_same(self.language(), ours) { String::new() } else { language::attributes(ours) }
    }
    /// True if there is a stretch of that name.
    fn has_stretch(&self, slug: &Slug) -> bool;
    /// True if there is a picture above the text.
    fn has_cover(&self) -> bool;
    /// Records that this many bytes were processed. Returns false if the file's time is used up.
    fn spend(&self, _bytes: usize) -> bool {
        true
    }
}

impl dyn Lookup + '_ {
    /// Percent-encoded address of the page or file that a link leads to, and the reason why the file is not sent.
    pub(in crate::content) fn target(&self, written: &str) -> Option<(String, Option<Refusal>)> {
        let entry = match written.strip_prefix("@/") {
            // Zola's prefix for paths from the content folder.
            Some(below) => self.named(below),
            None => self.entry(written),
        };
        if let Some(entry) = entry {
            return Some((address::encode_with_fragment(&entry), None));
        }
        match self.media(written) {
            Some(linked) => Some((address::encode(&linked.picture.address), linked.refusal)),
            None => Some((self.relative(written)?, None)),
        }
    }
}

/// A media file that was found.
#[derive(Clone, Debug, Hash)]
pub struct Linked {
    pub picture: Picture,
    pub media_type: String,
    /// A still picture of the same name next to it.
    pub poster: Option<Picture>,
    /// Captions of the same name next to it.
    pub captions: Vec<Captions>,
    /// True if it is an animation.
    pub moves: bool,
    /// Reason why it is not sent.
    pub refusal: Option<Refusal>,
}

/// The embed for an address alone on its line.
pub fn embed(address: &str, title: Option<&str>, lookup: &dyn Lookup) -> Option<Embed> {
    let title = title.filter(|title| !title.trim().is_empty()).map(str::to_owned);
    if let Some(mut player) = embeds::recognise(address, title.clone()) {
        let stem = player.stem();
        player.poster = lookup.poster(&stem);
        player.oembed = lookup.oembed(&stem).map(Box::new);
        player.title = player.title.or_else(|| player.oembed.as_ref()?.title.clone());
        return Some(Embed::Player(player));
    }
    let Linked { picture, media_type, poster, captions, .. } =
        lookup.media(address).filter(|linked| linked.refusal.is_none())?;
    let kind = match media_type.split('/').next() {
        Some("video") => Embed::Video,
        Some("audio") => Embed::Audio,
        _ => return None,
    };
    Some(kind(Clip { address: picture.address, media_type, title, poster, captions, loops: false }))
}
