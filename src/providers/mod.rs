//! Data from providers about their films: the only module that sends requests to others, and only when the author runs
//! `instep embeds fetch`. Nothing here is used while a page is made.
//!
//! Calls wait for the network, so do not make them on a thread that answers requests.

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

/// Longest answer about a film, in bytes. Most have some hundred; the `html` in them may be longer.
const ANSWER_BYTES: u64 = 256 * 1024;
/// Largest still, in bytes.
const STILL_BYTES: u64 = 5 * 1024 * 1024;

/// Way to ask a provider.
#[derive(Clone, Debug)]
pub enum Way {
    /// Start of an address; the percent-encoded address of the film follows.
    Oembed(String),
    /// Cannot be asked; the reason is the end of a sentence.
    Closed(&'static str),
}

/// The way to ask each provider, by its class.
#[derive(Clone, Debug)]
pub struct Ways(Vec<(&'static str, Way)>);

impl Default for Ways {
    /// The ways that the providers document.
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
    /// Sends requests to another server: replaces everything before the question mark. For tests.
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

/// Client that asks providers.
#[derive(Debug)]
pub struct Providers {
    ways: Ways,
    web: Web,
}

impl Providers {
    pub fn new(ways: Ways, reach: Reach) -> Self {
        Self { ways, web: Web::new(reach) }
    }

    /// Answer of the provider about a film. Only the public address of the film is sent.
    fn answer(&self, start: &str, player: &Player) -> Result<Answer, Refusal> {
        let film: String = url::form_urlencoded::byte_serialize(player.address.as_bytes()).collect();
        let json = self.web.get(&format!("{start}{film}"), "application/json", ANSWER_BYTES)?;
        answer::read(&json)
    }

    /// Still of a film: the largest available.
    fn still(&self, player: &Player, address: &str) -> Result<Still, Refusal> {
        let get =
            |address: &str| Still::read(self.web.get(address, "image/webp, image/jpeg, image/png", STILL_BYTES)?);
        match answer::larger(player.provider_class, address) {
            Some(larger) => get(&larger).or_else(|_| get(address)),
            None => get(address),
        }
    }
}
