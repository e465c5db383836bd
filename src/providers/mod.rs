//! Titles and stills of embeds, asked from their providers: the only module that sends requests to others besides mail,
//! and only when the author runs `instep embeds fetch`.
//!
//! Calls wait for the network, so do not make them on a thread that answers requests.

mod client;
mod fetch;
mod oembed;
mod still;

pub use fetch::{Fetch, Outcome, Report, Summary};

use crate::domain::embed::Player;
use crate::domain::limits::{RESPONSE_BYTES, STILL_BYTES};
use client::Client;
use oembed::Response;
use still::Still;

/// Address to ask for each provider, by its class: the percent-encoded address of the embed follows. Or the reason why
/// it cannot be asked, as the end of a sentence.
const ENDPOINTS: [(&str, Result<&str, &str>); 7] = [
    ("youtube", Ok("https://www.youtube.com/oembed?format=json&url=")),
    // Without a width the still is 295 pixels wide.
    ("vimeo", Ok("https://vimeo.com/api/oembed.json?width=1280&url=")),
    ("tiktok", Ok("https://www.tiktok.com/oembed?url=")),
    ("spotify", Ok("https://open.spotify.com/oembed?url=")),
    ("soundcloud", Ok("https://soundcloud.com/oembed?format=json&url=")),
    ("instagram", Err("Instagram gives nothing without a token from Meta")),
    ("strava", Err("Strava gives nothing about activities")),
];

/// Client that asks providers.
#[derive(Debug)]
pub struct Providers {
    client: Client,
    /// Server that takes the place of all providers, in tests.
    test_server: Option<String>,
}

impl Providers {
    pub fn public() -> Self {
        Self { client: Client::new(true), test_server: None }
    }

    /// Sends all requests to a server on this machine. For tests.
    pub fn at_test_server(base: &str) -> Self {
        Self { client: Client::new(false), test_server: Some(base.to_owned()) }
    }

    /// Address to ask about an embed, or the reason why it cannot be asked. Contains only the embed's public address.
    fn endpoint(&self, player: &Player) -> Result<String, &'static str> {
        let class = player.provider_class;
        let endpoint = ENDPOINTS.iter().find(|(own, _)| *own == class);
        let endpoint =
            endpoint.map_or(Err("Instep does not know how to ask its provider"), |(_, endpoint)| *endpoint)?;
        let embed: String = url::form_urlencoded::byte_serialize(player.address.as_bytes()).collect();
        Ok(match (&self.test_server, endpoint.split_once('?')) {
            (Some(server), Some((_, query))) => format!("{server}/{class}?{query}{embed}"),
            _ => format!("{endpoint}{embed}"),
        })
    }

    fn ask(&self, endpoint: &str) -> Result<Response, String> {
        oembed::read(&self.client.get(endpoint, "application/json", RESPONSE_BYTES)?)
    }

    /// Fetches the still of an embed: the largest available.
    fn still(&self, player: &Player, address: &str) -> Result<Still, String> {
        let get =
            |address: &str| Still::read(self.client.get(address, "image/webp, image/jpeg, image/png", STILL_BYTES)?);
        match oembed::larger(player.provider_class, address) {
            Some(larger) => get(&larger).or_else(|_| get(address)),
            None => get(address),
        }
    }
}
