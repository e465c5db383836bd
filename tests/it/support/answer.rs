//! A response of the site, and assertions about it.

use std::io::Read;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;

use super::html::Html;

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Value of a header; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header in ASCII"))
    }

    pub fn has_header(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }

    /// Status and target of a redirect: `301 /about`.
    pub fn leads(&self) -> String {
        format!("{} {}", self.status, self.header("location"))
    }

    pub fn text(&self) -> String {
        let body = match self.header("content-encoding") {
            "" => self.body.to_vec(),
            "gzip" => {
                let mut plain = Vec::new();
                flate2::read::GzDecoder::new(&self.body[..]).read_to_end(&mut plain).expect("gzip");
                plain
            }
            "br" => {
                let mut plain = Vec::new();
                brotli::BrotliDecompress(&mut &self.body[..], &mut plain).expect("brotli");
                plain
            }
            other => panic!("nobody asked for {other}"),
        };
        String::from_utf8(body).expect("UTF-8")
    }

    pub fn html(&self) -> Html {
        Html::parse(&self.text())
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.text().contains(words), "{} without {words:?}:\n{}", self.status, self.text());
        self
    }

    #[track_caller]
    pub fn does_not_say(&self, words: &str) -> &Self {
        assert!(!self.text().contains(words), "{} with {words:?}:\n{}", self.status, self.text());
        self
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}
