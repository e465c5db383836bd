//! A site that listens on a real port, and a client that sends exactly the bytes of a test.

use std::{net::SocketAddr, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use instep::web::{
    Site,
    server::{self, Answers, Limits},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time,
};

use super::{Answer, PATIENCE, TestSite};

/// Short time limits, for short tests, but long enough for a slow machine.
pub const SHORT: Limits = Limits {
    header_read: Duration::from_millis(1000),
    idle: Duration::from_millis(125),
    unfinished: Duration::from_millis(250),
    request: Duration::from_millis(1500),
    shutdown: Duration::from_millis(1500),
    write: Duration::from_millis(1000),
    write_rate: 64 * 1024,
    header_bytes: 8 * 1024,
    body_bytes: 1024 * 1024,
    connections: 100,
};

pub struct Running {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Running {
    pub async fn start(site: &TestSite, limits: Limits) -> Self {
        Self::answering(Site::new(site.app.clone(), limits), limits).await
    }

    pub async fn answering(answers: impl Answers, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        let serving = tokio::spawn(server::serve(listener, answers, limits, stopped));
        Self { address, stop: Some(stop), serving }
    }

    pub async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Asks it to stop.
    pub fn stop(&mut self) {
        self.stop.take().expect("stops once").send(()).expect("it runs");
    }

    /// Waits until it has stopped.
    pub async fn stopped(self) {
        within("the server stops", self.serving).await.expect("it stops by itself");
    }
}

/// A connection that sends exactly the bytes of a test.
pub struct Client {
    pub stream: TcpStream,
    unread: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.expect("connects"))
    }

    pub fn over(stream: TcpStream) -> Self {
        Self { stream, unread: Vec::new() }
    }

    pub async fn say(&mut self, words: &str) {
        self.stream.write_all(words.as_bytes()).await.expect("writes");
    }

    /// Like [`Self::say`], to a server that may have closed the connection.
    pub async fn try_say(&mut self, words: &str) -> bool {
        self.stream.write_all(words.as_bytes()).await.is_ok()
    }

    /// Next response; `None` if the server closes the connection instead.
    pub async fn hear(&mut self) -> Option<Answer> {
        within("an answer or its end", self.read_answer()).await
    }

    /// Waits until the server has closed the connection; earlier bytes are ignored.
    pub async fn hears_the_end(&mut self) {
        within("the server hangs up", async { while self.read_more().await {} }).await;
    }

    async fn read_answer(&mut self) -> Option<Answer> {
        let head_end = loop {
            if let Some(at) = find(&self.unread, b"\r\n\r\n") {
                break at;
            }
            if !self.read_more().await {
                return None;
            }
        };
        let head = String::from_utf8(self.unread[..head_end].to_vec()).expect("a head in ASCII");
        self.unread.drain(..head_end + 4);
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().expect("a status");
        let headers: HeaderMap = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| {
                let name: HeaderName = name.parse().expect("a name");
                (name, HeaderValue::from_str(value).expect("a value"))
            })
            .collect();
        let length = headers.get("content-length").map_or("0", |length| length.to_str().expect("ASCII"));
        let length: usize = length.parse().expect("a length");
        while self.unread.len() < length {
            assert!(self.read_more().await, "the body ends too soon");
        }
        let body: Vec<u8> = self.unread.drain(..length).collect();
        Some(Answer { status, headers, body: body.into() })
    }

    /// Reads more bytes; `false` at the end of the connection.
    async fn read_more(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer).await {
            Ok(0) | Err(_) => false,
            Ok(read) => {
                self.unread.extend_from_slice(&buffer[..read]);
                true
            }
        }
    }
}

/// One request on a connection of its own.
pub async fn fetch(address: SocketAddr, path: &str) -> Answer {
    let mut client = Client::connect(address).await;
    client.say(&format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")).await;
    client.hear().await.expect("an answer")
}

/// Fails if the future takes far longer than any limit of a test.
pub async fn within<T>(what: &str, doing: impl Future<Output = T>) -> T {
    let done = time::timeout(PATIENCE, doing).await;
    done.unwrap_or_else(|_| panic!("takes too long: {what}"))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
