//! What an embed is once its address has been understood. Which addresses are understood: `content::embeds`.

use jiff::civil::Date;

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
    /// The author's, else the provider's.
    pub title: Option<String>,
    pub poster: Option<Picture>,
    pub shape: Shape,
    /// `None`: nobody has asked.
    pub told: Option<Box<Told>>,
}

impl Player {
    /// What files about it are called, without their ending.
    pub fn stem(&self) -> String {
        format!("{}-{}", self.provider_class, self.id)
    }

    /// Something to watch by itself: no list of films, no post, nothing to hear.
    pub fn is_film(&self) -> bool {
        matches!(self.shape, Shape::Wide | Shape::Tall) && !self.address.contains("/playlist?")
    }

    /// The address of its frame for those who only want to know where it is: it does not begin to play by itself.
    pub fn quiet_frame(&self) -> String {
        let quiet = self.frame.replace("?autoplay=1&", "?").replace("?autoplay=1", "");
        quiet.replace("&auto_play=true", "")
    }
}

/// What a provider said about something of its own when the author asked (`instep embeds fetch`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Told {
    pub title: Option<String>,
    pub seconds: Option<u32>,
    pub uploaded: Option<Date>,
    /// The picture that came with it; the author may have put another in its place since.
    pub picture: Option<Fetched>,
    /// The provider has no picture, so asking again is of no use.
    pub without_picture: bool,
}

/// A file that a provider gave.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fetched {
    /// Beside the text.
    pub name: String,
    /// SHA-256 in hex, by which it is told from one of the author's own.
    pub hash: String,
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
    /// It plays again and again without a sound, by itself where the reader does not mind motion.
    pub loops: bool,
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

impl Embed {
    /// Whether a page with it wants the script for players and clips.
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
            told: None,
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
