//! Requests of writing apps: forms, multipart forms with files, and JSON become one form.

use std::collections::BTreeMap;

use axum::{
    body::HttpBody,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request},
};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::form_urlencoded;

use super::Refusal;
use crate::{
    domain::limits::{FORM_BYTES, UPLOAD_BYTES, UPLOADS_AT_ONCE},
    web::prelude::*,
};

/// Uploads are kept in memory until they are saved.
static UPLOADS: Semaphore = Semaphore::const_new(UPLOADS_AT_ONCE);

/// Values of the properties of a post, by name.
pub type Properties = BTreeMap<String, Vec<Value>>;

#[derive(Debug, Default)]
pub struct Asked {
    pub action: String,
    pub url: Option<String>,
    pub access_token: Option<String>,
    pub properties: Properties,
    pub files: Vec<File>,
    /// Members `replace`, `add` and `delete` of an update.
    pub changes: Map<String, Value>,
    permit: Option<SemaphorePermit<'static>>,
}

/// A file that was sent.
#[derive(Debug)]
pub struct File {
    pub name: String,
    pub bytes: Bytes,
}

impl Asked {
    /// Reads a request. One without a token in its header may be from anybody, so its body is short.
    pub async fn read(request: Request, has_token: bool) -> Result<Self, Refusal> {
        let mut asked = Self::default();
        asked.fill(request, has_token).await.map(|()| asked)
    }

    /// Reads a request as [`Self::read`] does. What was read before an error stays.
    pub async fn fill(&mut self, request: Request, has_token: bool) -> Result<(), Refusal> {
        self.action = "create".to_owned();
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let limit = if has_token { UPLOAD_BYTES } else { FORM_BYTES };
        if request.body().size_hint().upper().is_none_or(|bytes| bytes > FORM_BYTES as u64) {
            self.permit = Some(UPLOADS.acquire().await.map_err(Refusal::broken)?);
        }
        if kind == "multipart/form-data" {
            return self.read_multipart(request, limit).await;
        }
        let bytes = Limited::new(request.into_body(), limit).collect().await.map_err(|_| too_large())?.to_bytes();
        match kind.as_str() {
            "application/json" => self.read_json(&bytes)?,
            "application/x-www-form-urlencoded" => {
                for (name, value) in form_urlencoded::parse(&bytes) {
                    self.add(&name, value.into_owned())?;
                }
            }
            _ => return Err(Refusal::invalid("send a form, a multipart form or JSON")),
        }
        Ok(())
    }

    /// Reads a multipart form to its end, since browsers show no answer before they have sent everything. Above the limit
    /// the bytes are forgotten.
    async fn read_multipart(&mut self, mut request: Request, limit: usize) -> Result<(), Refusal> {
        let wrong = |_| Refusal::invalid("the multipart form is incomplete");
        DefaultBodyLimit::disable().apply(&mut request);
        let form = Multipart::from_request(request, &()).await;
        let (mut form, mut taken) = (form.map_err(|_| Refusal::invalid("no multipart form"))?, 0);
        while let Some(mut field) = form.next_field().await.map_err(wrong)? {
            let (name, file) = (field.name().unwrap_or_default().to_owned(), field.file_name().map(str::to_owned));
            let mut bytes = Vec::new();
            while let Some(chunk) = field.chunk().await.map_err(wrong)? {
                taken += chunk.len();
                if taken <= limit {
                    bytes.extend_from_slice(&chunk);
                }
            }
            match file {
                _ if taken > limit => {}
                // Browsers send a file field without a choice as an empty file.
                Some(file) if !bytes.is_empty() => self.files.push(File { name: file, bytes: bytes.into() }),
                Some(_) => {}
                None => self.add(&name, String::from_utf8_lossy(&bytes).into_owned())?,
            }
        }
        if taken > limit { Err(too_large()) } else { Ok(()) }
    }

    /// Adds a field of a form: `category[]=a` is a value of `category`, `content[html]=…` is HTML.
    fn add(&mut self, name: &str, value: String) -> Result<(), Refusal> {
        match name {
            "access_token" => self.access_token = Some(value),
            "action" => self.action = value,
            "url" => self.url = Some(value),
            "h" if value == "entry" => {}
            "h" => return Err(Refusal::invalid("only h=entry can be created")),
            _ => {
                let (name, value) = match name.strip_suffix("[html]") {
                    Some(name) => (name, json!({"html": value})),
                    None => (name.trim_end_matches("[]"), Value::String(value)),
                };
                self.properties.entry(name.to_owned()).or_default().push(value);
            }
        }
        Ok(())
    }

    fn read_json(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let Ok(Value::Object(mut sent)) = serde_json::from_slice(bytes) else {
            return Err(Refusal::invalid("the JSON is no object"));
        };
        let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
        self.action = text(sent.remove("action")).unwrap_or_else(|| "create".to_owned());
        self.url = text(sent.remove("url"));
        self.access_token = text(sent.remove("access_token"));
        if self.action == "create" && sent.get("type") != Some(&json!(["h-entry"])) {
            return Err(Refusal::invalid("only the type h-entry can be created"));
        }
        if let Some(Value::Object(properties)) = sent.remove("properties") {
            let values = |value| if let Value::Array(values) = value { values } else { vec![value] };
            self.properties = properties.into_iter().map(|(name, value)| (name, values(value))).collect();
        }
        self.changes = sent;
        Ok(())
    }
}

fn too_large() -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "the request is incomplete or too large")
}
