//! The accept loop: HTTP/1 on hyper. TLS and HTTP/2 belong to the proxy in front, for now.
//!
//! Every wait for a client has an end: for its headers, for its whole request, for its connection at a shutdown.

use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use axum::body::Body;
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time,
};
use tokio_io_timeout::TimeoutStream;

use super::visitor::Peer;

/// A connection whose writes have a deadline.
type Stream = TokioIo<Pin<Box<TimeoutStream<TcpStream>>>>;

/// What a client may cost. Tests shorten the waits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For all headers of a request; an idle connection is closed after as long.
    pub header_read: Duration,
    /// From the headers to the answer; a client that drips its body is let go.
    pub request: Duration,
    /// For the client to take the next bytes of an answer; one that stopped reading is let go.
    pub write: Duration,
    /// For requests in flight when the server stops.
    pub shutdown: Duration,
    /// Bytes of a request's headers.
    pub header_bytes: usize,
    /// At once; more wait in the kernel's queue.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_read: Duration::from_secs(15),
            request: Duration::from_secs(20),
            write: Duration::from_secs(30),
            shutdown: Duration::from_secs(10),
            header_bytes: 16 * 1024,
            connections: 10_000,
        }
    }
}

/// Who answers requests. Cheap to clone.
pub trait Answers: Clone + Send + Sync + 'static {
    /// An answer that is there already.
    fn hit<B>(&self, request: &Request<B>) -> Option<Response<Body>>;

    /// An answer that may have to be made.
    fn respond(&self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send;
}

/// Serves until `stop` is done, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, site: impl Answers, limits: Limits, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(limits.connections));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &connections) => accepted,
            () = &mut stop => break,
        };
        let Some((stream, permit)) = accepted else { continue };
        let connection = graceful.watch(connection(stream, site.clone(), limits));
        tokio::spawn(async move {
            // A client that hangs up in the middle is no news.
            let _ = connection.await;
            drop(permit);
        });
    }
    drop(listener);
    let unfinished = graceful.count();
    if time::timeout(limits.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests still open after {:?} (of {unfinished} connections)", limits.shutdown);
    }
}

async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // A page is one write; waiting for more to send with it only delays it.
            let _ = stream.set_nodelay(true);
            Some((stream, permit))
        }
        Err(error) => {
            // Out of file descriptors, mostly; some will be free again soon.
            tracing::warn!("a connection cannot be accepted: {error}");
            time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// A page from the cache, or one that is being made.
enum Answer<F> {
    Ready(Response<Body>),
    Making(Pin<Box<F>>),
}

fn connection<A: Answers>(
    stream: TcpStream,
    site: A,
    limits: Limits,
) -> http1::Connection<
    Stream,
    impl hyper::service::HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send> + use<A>,
> {
    let peer = stream.peer_addr().ok().map(|address| Peer(address.ip()));
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = match site.hit(&request) {
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
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read)
        .max_header_size(limits.header_bytes)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
}
