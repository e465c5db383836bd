//! The accept loop: HTTP/1 on hyper, but for plain requests for finished pages, which take the fast path. TLS and HTTP/2 belong to the proxy in front, for now.
//!
//! Every wait for a client has an end: for its headers, for its whole request, for its connection at a shutdown.

mod fast_path;
mod places;
mod socket;

use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use axum::body::Body;
use http::{HeaderMap, Request, Response, StatusCode, Version, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time,
};

use super::{
    cache::{Encoding, Finished},
    errors::bare,
    visitor::Peer,
};
pub use places::affordable;
use places::{Door, Places};
use socket::Socket;

/// What a client may cost. Tests shorten the waits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For all headers of a request; an idle connection is closed after as long.
    pub header_read: Duration,
    /// A connection on which nothing happens for so long may be closed for a new one.
    pub idle: Duration,
    /// From the headers to the answer; a client that drips its body is let go.
    pub request: Duration,
    /// For the client to go on taking an answer; one that stopped reading is let go.
    pub write: Duration,
    /// Bytes that make up for a second of that, so that reading slowly is not enough.
    pub write_rate: u32,
    /// For requests in flight when the server stops.
    pub shutdown: Duration,
    /// Bytes of a request's headers.
    pub header_bytes: usize,
    /// Bytes of all bodies that are being read, but for the first few kilobytes of each.
    pub body_bytes: usize,
    /// At once; for more, idle ones are closed.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_read: Duration::from_secs(15),
            idle: Duration::from_secs(1),
            request: Duration::from_secs(20),
            write: Duration::from_secs(30),
            write_rate: 1024,
            shutdown: Duration::from_secs(10),
            header_bytes: 16 * 1024,
            body_bytes: 16 * 1024 * 1024,
            connections: 10_000,
        }
    }
}

/// Who answers requests. Cheap to clone.
pub trait Answers: Clone + Send + Sync + 'static {
    /// An answer that is there already.
    fn hit<B>(&self, request: &Request<B>) -> Option<Response<Body>>;

    /// The same as bytes, to a GET for a path without a query that asks for nothing else.
    fn finished(&self, _path: &str, _encoding: Encoding) -> Option<Finished> {
        None
    }

    /// An answer that may have to be made.
    fn respond(&self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send;
}

/// Serves until `stop` is done, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, site: impl Answers, limits: Limits, stop: impl Future<Output = ()>) {
    let places = Arc::new(Places::new(limits.connections));
    let mut door = Door::new(listener, Arc::clone(&places));
    let (running, stopping) = watch::channel(());
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, place) = tokio::select! {
            accepted = door.accept() => accepted,
            () = &mut stop => break,
        };
        let connection = connection(stream, site.clone(), limits, stopping.clone(), Arc::clone(&places));
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
    drop((door, running));
    let unfinished = places.taken();
    if time::timeout(limits.shutdown, places.all_free()).await.is_err() {
        tracing::warn!("stopped with requests still open after {:?} (of {unfinished} connections)", limits.shutdown);
    }
}

/// A page from the cache, or one that is being made.
enum Answer<F> {
    Ready(Response<Body>),
    Making(Pin<Box<F>>),
}

/// Answers a client until it has gone.
async fn connection<A: Answers>(
    mut stream: TcpStream,
    site: A,
    limits: Limits,
    mut stopping: watch::Receiver<()>,
    places: Arc<Places>,
) {
    let peer = stream.peer_addr().ok().map(|address| Peer(address.ip()));
    let read = fast_path::serve(&mut stream, &site, limits, stopping.clone(), &places).await;
    let Some(read) = read else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = match site.hit(&request) {
            // Whoever reads such a request differently from a proxy can be fooled.
            _ if !names_a_host(request.version(), request.headers()) => Answer::Ready(bare(StatusCode::BAD_REQUEST)),
            // Most requests end here, so they do not pay for what only the others need.
            Some(response) => Answer::Ready(response),
            None => {
                let (site, mut request) = (site.clone(), request.map(Body::new));
                if let Some(peer) = peer {
                    request.extensions_mut().insert(peer);
                }
                Answer::Making(Box::pin(async move { site.respond(request).await }))
            }
        };
        async move {
            Ok::<Response<Body>, Infallible>(match answer {
                Answer::Ready(response) => response,
                Answer::Making(response) => response.await,
            })
        }
    });
    let socket = Socket::new(stream, read, &limits);
    let moved = Arc::clone(&socket.moved);
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read)
        .max_header_size(limits.header_bytes)
        // A client that has said all it has to say still waits for its answer.
        .half_close(true)
        .serve_connection(TokioIo::new(socket), service);
    let mut http = std::pin::pin!(http);
    tokio::select! {
        // First, so that a request which has arrived is seen before a wish to end.
        biased;
        // A client that hangs up in the middle is no news.
        _ = http.as_mut() => return,
        _ = stopping.changed() => {}
        () = places.wanted_while_quiet(&moved, limits.idle) => {}
    }
    http.as_mut().graceful_shutdown();
    let _ = http.await;
}

/// True if a request has the one host that it must have (RFC 9112, 3.2); HTTP/1.0 knew none.
fn names_a_host(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_host(host.as_bytes()),
        (None, _) => version != Version::HTTP_11,
        _ => false,
    }
}

/// True for a host and perhaps a port (RFC 3986, 3.2.2 and 3.2.3), also an empty one.
fn is_host(value: &[u8]) -> bool {
    let is_in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(byte);
    let is_in_literal = |byte: &u8| byte.is_ascii_hexdigit() || b":.".contains(byte);
    let rest = match value.strip_prefix(b"[") {
        Some(literal) => {
            let length = literal.iter().take_while(|byte| is_in_literal(byte)).count();
            literal[length..].strip_prefix(b"]")
        }
        None => Some(&value[value.iter().take_while(|byte| is_in_name(byte)).count()..]),
    };
    rest.is_some_and(|rest| rest.is_empty() || rest[0] == b':' && rest[1..].iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for host in
            ["x", "example.org", "example.org:80", "a_b", "127.0.0.1:3000", "[::1]", "[2001:db8::1]:443", "", "a:"]
        {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for other in
            ["a b", "a\tb", "a/b", "a@b", "a?b", "a#b", "a\\b", "a:b", "a:80:80", "[::1", "[::1]x", "[x]", "ü", "<a>"]
        {
            assert!(!is_host(other.as_bytes()), "{other}");
        }
    }
}
