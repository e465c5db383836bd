//! Embeds: players and clips after their address was parsed. `content::embeds` knows which addresses are supported.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::picture::Picture;

/// Shape of the space that an embed needs, so that the page does not move when the player loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Box of 16 to 9.
    Wide,
    /// Box of 9 to 16, as phones film.
    Tall,
    /// Box for a post with its text, higher than wide.
    Card,
    /// Low bar for audio.
    Audio,
}

impl Shape {
    /// Name of its CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Wide => "embed-wide",
            Self::Tall => "embed-tall",
            Self::Card => "embed-card",
            Self::Audio => "embed-audio",
        }
    }
}

/// Player of a provider, shown as a placeholder until the reader starts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player {
    /// Name for readers: `YouTube`.
    pub provider: &'static str,
    /// Name in CSS classes: `youtube`.
    pub provider_class: &'static str,
    /// Page that a reader without scripts is sent to.
    pub address: String,
    /// Address of the frame that replaces the placeholder.
    pub frame: String,
    /// Identifier at the provider; with the class, the file name of a poster beside the post: `youtube-ID.jpg`.
    pub id: String,
    /// Title by the author, else by the provider.
    pub title: Option<String>,
    pub poster: Option<Picture>,
    pub shape: Shape,
    /// Answer of the provider; `None`: it was not asked.
    pub oembed: Option<Box<OEmbed>>,
}

impl Player {
    /// Name of its files, without their ending.
    pub fn stem(&self) -> String {
        format!("{}-{}", self.provider_class, self.id)
    }

    /// True for a single video: no playlist, no post, no audio.
    pub fn is_film(&self) -> bool {
        matches!(self.shape, Shape::Wide | Shape::Tall) && !self.address.contains("/playlist?")
    }

    /// Address of its frame without autoplay, for metadata.
    pub fn quiet_frame(&self) -> String {
        let quiet = self.frame.replace("?autoplay=1&", "?").replace("?autoplay=1", "");
        quiet.replace("&auto_play=true", "")
    }
}

/// Answer of a provider, stored when the author ran `instep embeds fetch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OEmbed {
    pub title: Option<String>,
    pub seconds: Option<u32>,
    pub uploaded: Option<Date>,
    /// Name of the fetched picture; the author may have replaced the file since.
    pub picture: Option<String>,
    pub picture_sha256: Option<String>,
    /// True if the provider has no picture, so that it is not asked again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub without_picture: bool,
}

impl OEmbed {
    /// Picture that was fetched.
    pub fn fetched(&self) -> Option<Fetched> {
        Some(Fetched { name: self.picture.clone()?, hash: self.picture_sha256.clone().unwrap_or_default() })
    }

    pub fn set_fetched(&mut self, picture: Option<Fetched>) {
        (self.picture, self.picture_sha256) = picture.map(|picture| (picture.name, picture.hash)).unzip();
    }
}

/// File that was fetched from a provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fetched {
    /// Name of the file beside the text.
    pub name: String,
    /// SHA-256 in hex; it differs if the author has replaced the file.
    pub hash: String,
}

/// Audio or video file of the author, played by the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    pub address: String,
    /// Media type, such as `video/mp4`.
    pub media_type: String,
    pub title: Option<String>,
    /// Still picture of the same name beside it.
    pub poster: Option<Picture>,
    /// Captions of the same name beside it.
    pub captions: Vec<Captions>,
    /// True if it repeats without sound, and starts by itself unless the reader prefers reduced motion.
    pub loops: bool,
}

/// Captions of a clip (WebVTT).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Captions {
    pub address: String,
    /// Language that the name of the file has, a BCP 47 tag; `None` if it is that of the text.
    pub language: Option<String>,
}

impl Clip {
    /// Shape of the poster; wide without one.
    pub fn shape(&self) -> Shape {
        match self.poster.as_ref().and_then(|poster| poster.size) {
            Some((width, height)) if height > width => Shape::Tall,
            _ => Shape::Wide,
        }
    }
}

/// Embed made from an address alone on its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Embed {
    Player(Player),
    Video(Clip),
    Audio(Clip),
}

impl Embed {
    /// True if a page with it needs the script for players and clips.
    pub fn wants_script(&self) -> bool {
        match self {
            Self::Player(_) => true,
            Self::Video(clip) => clip.loops,
            Self::Audio(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_do_not_play_by_themselves() {
        let player = |frame: &str| Player {
            provider: "",
            provider_class: "",
            address: String::new(),
            frame: frame.to_owned(),
            id: String::new(),
            title: None,
            poster: None,
            shape: Shape::Wide,
            oembed: None,
        };
        for (frame, quiet) in [
            ("https://a.example/embed/x?autoplay=1", "https://a.example/embed/x"),
            ("https://a.example/video/1?autoplay=1&dnt=1", "https://a.example/video/1?dnt=1"),
            ("https://a.example/player/?url=x&auto_play=true", "https://a.example/player/?url=x"),
            ("https://a.example/p/x/embed", "https://a.example/p/x/embed"),
        ] {
            assert_eq!(player(frame).quiet_frame(), quiet);
        }
    }
}
