//! The accept loop: HTTP/1 on hyper, except plain requests for finished pages, which take the fast path. The proxy in
//! front does TLS and HTTP/2, for now.
//!
//! Every wait for a client has a timeout: for its headers, for its whole request, for its connection at a shutdown.

mod fast_path;
mod slots;
mod socket;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::body::Body;
use http::{HeaderMap, Request, Response, StatusCode, Version, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time,
};

use super::{error::bare, session::visitor::Peer};
use crate::cache::{Encoding, Finished};
pub use crate::domain::limits::ServerLimits as Limits;
pub use slots::affordable;
use slots::{Listener, Slots};
use socket::Socket;

/// A service that answers requests. Cheap to clone.
pub trait Answers: Clone + Send + Sync + 'static {
    /// Response that needs no work.
    fn hit<B>(&self, _request: &Request<B>) -> Option<Response<Body>> {
        None
    }

    /// Response as bytes to a GET for a path without a query or conditions.
    fn finished(&self, _path: &str, _encoding: Encoding) -> Option<Finished> {
        None
    }

    /// Response that may have to be rendered.
    fn respond(&self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send;
}

/// Serves until `stop` completes, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, site: impl Answers, limits: Limits, stop: impl Future<Output = ()>) {
    let slots = Arc::new(Slots::new(limits.connections));
    let mut listener = Listener::new(listener, Arc::clone(&slots));
    let (running, stopping) = watch::channel(());
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, slot) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let connection = connection(stream, site.clone(), limits, stopping.clone(), Arc::clone(&slots));
        tokio::spawn(async move {
            connection.await;
            drop(slot);
        });
    }
    drop((listener, running));
    let unfinished = slots.taken();
    if time::timeout(limits.shutdown, slots.all_free()).await.is_err() {
        tracing::warn!("stopped with requests still open after {:?} (of {unfinished} connections)", limits.shutdown);
    }
}

/// A page from the cache, or one that is being rendered.
enum Answer<F> {
    Ready(Response<Body>),
    Making(Pin<Box<F>>),
}

/// Serves a client until the connection ends.
async fn connection<A: Answers>(
    mut stream: TcpStream,
    site: A,
    limits: Limits,
    mut stopping: watch::Receiver<()>,
    slots: Arc<Slots>,
) {
    let peer = stream.peer_addr().ok().map(|address| Peer(address.ip()));
    let read = fast_path::serve(&mut stream, &site, limits, stopping.clone(), &slots).await;
    let Some(read) = read else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        let is_clear = names_a_host(request.version(), request.headers());
        let answer = match is_clear.then(|| site.hit(&request)) {
            // A proxy may interpret such a request differently, which can be exploited.
            None => Answer::Ready(bare(StatusCode::BAD_REQUEST)),
            // Most requests end here, so they skip the work that only the others need.
            Some(Some(response)) => Answer::Ready(response),
            Some(None) => {
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
        // A client that has closed its sending side still waits for its response.
        .half_close(true)
        .serve_connection(TokioIo::new(socket), service);
    let mut http = std::pin::pin!(http);
    tokio::select! {
        // In this order, so that a request that has arrived is served before a shutdown.
        biased;
        // A client that disconnects early is not worth a log line.
        _ = http.as_mut() => return,
        _ = stopping.changed() => {}
        () = slots.wanted_while_quiet(&moved, limits.idle) => {
            http.as_mut().graceful_shutdown();
            tokio::select! {
                _ = http => {}
                () = quiet(&moved, limits.unfinished) => {}
            }
            return;
        }
    }
    http.as_mut().graceful_shutdown();
    let _ = http.await;
}

/// Waits until nothing has `moved` on the connection for this time.
async fn quiet(moved: &AtomicBool, time: Duration) {
    time::sleep(time).await;
    while moved.swap(false, Relaxed) {
        time::sleep(time).await;
    }
}

/// True if a request has exactly one host, as it must (RFC 9112, 3.2); optional in HTTP/1.0.
fn names_a_host(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_host(host.as_bytes()),
        (None, _) => version != Version::HTTP_11,
        _ => false,
    }
}

/// True for a host with or without a port (RFC 3986, 3.2.2 and 3.2.3), or an empty value.
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
