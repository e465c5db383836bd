//! A small client: one kept connection, one request at a time.

use std::net::SocketAddr;

use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time};

pub struct Client {
    sender: SendRequest<Full<bytes::Bytes>>,
    address: SocketAddr,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Headers with lower-case names, in the order of arrival.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// Connects, and tries again until the server listens.
    pub async fn to(address: SocketAddr) -> Self {
        loop {
            if let Ok(stream) = TcpStream::connect(address).await {
                let _ = stream.set_nodelay(true);
                let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP/1");
                tokio::spawn(connection);
                return Self { sender, address };
            }
            time::sleep(time::Duration::from_millis(1)).await;
        }
    }

    pub async fn get(&mut self, path: &str, encoding: &str) -> Answer {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, encoding).body(Full::default());
        self.send(request.expect("a request")).await.expect("an answer")
    }

    /// Posts a form as a browser on the same site does. `None` if the server is gone.
    pub async fn post(&mut self, path: &str, form: &str, cookie: Option<&str>) -> Option<Answer> {
        let mut request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        self.send(request.body(Full::from(form.to_owned())).expect("a request")).await
    }

    async fn send(&mut self, mut request: Request<Full<bytes::Bytes>>) -> Option<Answer> {
        let host = self.address.to_string().parse().expect("a header");
        request.headers_mut().insert(header::HOST, host);
        self.sender.ready().await.ok()?;
        let response = self.sender.send_request(request).await.ok()?;
        let (parts, body) = response.into_parts();
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Some(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
            body: body.collect().await.ok()?.to_bytes().to_vec(),
        })
    }
}
