//! Photos: their sizes, their metadata, and those that are refused.

mod cleaned;
mod faithful;
mod helping;
mod kept;
mod own_html;
mod refused;
mod sizes;

use image::ImageFormat;

use crate::support::{
    Answer, TestSite, eventually,
    html::Html,
    photo::{encoded, of_a_phone, quarters},
    site::Builder,
};

/// A phone's photo, stored on its side: it is shown upright, 900 wide and 1200 high.
pub fn sideways() -> Vec<u8> {
    of_a_phone(&encoded(&quarters(1200, 900), ImageFormat::Jpeg), 6)
}

/// Colours of [`sideways`] as it is shown: turned by a quarter to the right.
pub const UPRIGHT: &str = "blue red / white green";

/// A post with a folder of its own.
pub fn post(text: &str) -> Builder {
    TestSite::new().file("posts/calf/index.md", format!("---\ntitle: Calf\ndate: 2026-05-02\n{text}"))
}

/// Every address of a picture on a page.
pub fn addresses(html: &Html) -> Vec<String> {
    let mut found = Vec::new();
    for element in html.all("img").into_iter().chain(html.all("source")).chain(html.all("video")) {
        found.extend(["src", "poster"].iter().filter_map(|name| element.attribute(name)).map(str::to_owned));
        let choices = element.attribute("srcset").unwrap_or_default().split(", ").filter(|choice| !choice.is_empty());
        found.extend(choices.filter_map(|choice| choice.split(' ').next()).map(str::to_owned));
    }
    found.sort();
    found.dedup();
    found
}

pub fn is_kept_for_ever(answer: &Answer) -> bool {
    answer.header("cache-control").contains("immutable")
}

/// Waits for the resized picture, and returns it.
pub async fn ready(site: &TestSite, address: &str) -> Answer {
    eventually(&format!("{address} is made"), async || Some(site.get(address).await).filter(is_kept_for_ever)).await
}
