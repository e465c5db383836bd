//! What an embed is once its address has been understood. Which addresses are understood: `content::embeds`.

use super::picture::Picture;

/// The box an embed needs, so that nothing moves when the player arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// 16 to 9.
    Wide,
    /// 9 to 16, as phones film.
    Tall,
    /// A post with its text, higher than wide.
    Card,
    /// Something to hear: a low bar.
    Audio,
}

impl Shape {
    /// The name of its CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Wide => "embed-wide",
            Self::Tall => "embed-tall",
            Self::Card => "embed-card",
            Self::Audio => "embed-audio",
        }
    }
}

/// Somebody else's player, shown as a facade until a reader asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player {
    /// As readers know it: `YouTube`.
    pub provider: &'static str,
    /// As style sheets know it: `youtube`.
    pub provider_class: &'static str,
    /// The page a reader without scripts is sent to.
    pub address: String,
    /// The address of the frame that takes the facade's place.
    pub frame: String,
    /// The provider's own name for it; with the class, the name of a poster beside the post: `youtube-ID.jpg`.
    pub id: String,
    pub title: Option<String>,
    pub poster: Option<Picture>,
    pub shape: Shape,
}

/// A clip of the author's own, played by the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    pub address: String,
    /// Its media type, such as `video/mp4`.
    pub media_type: String,
    pub title: Option<String>,
    /// A still picture of the same name beside it.
    pub poster: Option<Picture>,
    /// Captions (WebVTT) of the same name beside it.
    pub captions: Option<String>,
}

impl Clip {
    /// A clip is as tall as its poster says, and wide without one.
    pub fn shape(&self) -> Shape {
        match self.poster.as_ref().and_then(|poster| poster.size) {
            Some((width, height)) if height > width => Shape::Tall,
            _ => Shape::Wide,
        }
    }
}

/// An address alone on its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Embed {
    Player(Player),
    Video(Clip),
    Audio(Clip),
}
