//! What providers know of their films: the only room that asks anybody anything, and only when the author runs
//! `instep embeds fetch`. Nothing here is used while a page is made.
//!
//! Asking waits for the network, so callers must not be on a thread that answers readers.

mod answer;
mod errand;
mod picture;
mod web;

pub use errand::{Errand, Line, Outcome, Summary, UnknownName};
pub use picture::Still;
pub use web::{Reach, Refusal};

use answer::Answer;
use web::Web;

use crate::domain::embed::Player;

/// Longest answer about a film, in bytes. They take some hundred; the `html` in them may be longer.
const ANSWER_BYTES: u64 = 256 * 1024;
/// Largest still, in bytes.
const STILL_BYTES: u64 = 5 * 1024 * 1024;

/// How a provider can be asked.
#[derive(Clone, Debug)]
pub enum Way {
    /// The start of an address; that of the film follows, percent-encoded.
    Oembed(String),
    /// It cannot: why not, as the end of a sentence.
    Closed(&'static str),
}

/// The way to each provider, by its class.
#[derive(Clone, Debug)]
pub struct Ways(Vec<(&'static str, Way)>);

impl Default for Ways {
    /// As the providers document them.
    fn default() -> Self {
        let oembed = |start: &str| Way::Oembed(start.to_owned());
        Self(vec![
            ("youtube", oembed("https://www.youtube.com/oembed?format=json&url=")),
            // Without a width the still is 295 pixels wide.
            ("vimeo", oembed("https://vimeo.com/api/oembed.json?width=1280&url=")),
            ("tiktok", oembed("https://www.tiktok.com/oembed?url=")),
            ("spotify", oembed("https://open.spotify.com/oembed?url=")),
            ("soundcloud", oembed("https://soundcloud.com/oembed?format=json&url=")),
            ("instagram", Way::Closed("Instagram answers nobody without a token from Meta")),
            ("strava", Way::Closed("Strava tells nothing about activities")),
        ])
    }
}

impl Ways {
    /// The same providers at another place: what stands before the question mark is replaced. For tests.
    #[must_use]
    pub fn at(mut self, base: &str) -> Self {
        for (class, way) in &mut self.0 {
            if let Way::Oembed(start) = way {
                let query = start.split_once('?').map_or("", |(_, query)| query);
                *way = Way::Oembed(format!("{base}/{class}?{query}"));
            }
        }
        self
    }

    fn to(&self, player: &Player) -> Way {
        let way = self.0.iter().find(|(class, _)| *class == player.provider_class);
        way.map_or(Way::Closed("nobody has said yet how it can be asked"), |(_, way)| way.clone())
    }
}

/// Asks providers.
#[derive(Debug)]
pub struct Providers {
    ways: Ways,
    web: Web,
}

impl Providers {
    pub fn new(ways: Ways, reach: Reach) -> Self {
        Self { ways, web: Web::new(reach) }
    }

    /// What the provider says about a film. The address goes out as readers see it: nothing else is told.
    fn answer(&self, start: &str, player: &Player) -> Result<Answer, Refusal> {
        let film: String = url::form_urlencoded::byte_serialize(player.address.as_bytes()).collect();
        let json = self.web.get(&format!("{start}{film}"), "application/json", ANSWER_BYTES)?;
        answer::read(&json)
    }

    /// The still of a film: the largest that there is.
    fn still(&self, player: &Player, address: &str) -> Result<Still, Refusal> {
        let get =
            |address: &str| Still::read(self.web.get(address, "image/webp, image/jpeg, image/png", STILL_BYTES)?);
        match answer::larger(player.provider_class, address) {
            Some(larger) => get(&larger).or_else(|_| get(address)),
            None => get(address),
        }
    }
}
