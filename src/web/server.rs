//! The accept loop: HTTP/1 on hyper, but for plain requests for finished pages, which take the fast path. TLS and HTTP/2 belong to the proxy in front, for now.
//!
//! Every wait for a client has an end: for its headers, for its whole request, for its connection at a shutdown.

mod fast_path;

use std::{convert::Infallible, io::Cursor, pin::Pin, sync::Arc, time::Duration};

use axum::body::Body;
use http::{Request, Response, StatusCode, Version, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::{AsyncReadExt, Chain, Join},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Semaphore, watch},
    time,
};
use tokio_io_timeout::TimeoutWriter;

use super::{
    cache::{Encoding, Finished},
    errors::bare,
    visitor::Peer,
};

/// A connection of which something was read already, and whose writes have a deadline.
type Stream = TokioIo<Join<Chain<Cursor<Vec<u8>>, OwnedReadHalf>, Pin<Box<TimeoutWriter<OwnedWriteHalf>>>>>;

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

    /// The same as bytes, to a GET for a path without a query that asks for nothing else.
    fn finished(&self, _path: &str, _encoding: Encoding) -> Option<Finished> {
        None
    }

    /// An answer that may have to be made.
    fn respond(&self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send;
}

/// Serves until `stop` is done, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, site: impl Answers, limits: Limits, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let (running, stopping) = watch::channel(());
    let connections = Arc::new(Semaphore::new(limits.connections));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &connections) => accepted,
            () = &mut stop => break,
        };
        let Some((stream, permit)) = accepted else { continue };
        let connection = connection(stream, site.clone(), limits, stopping.clone(), graceful.watcher());
        tokio::spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    drop((listener, running));
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

/// Answers a client until it has gone.
async fn connection<A: Answers>(
    mut stream: TcpStream,
    site: A,
    limits: Limits,
    stopping: watch::Receiver<()>,
    watcher: Watcher,
) {
    let peer = stream.peer_addr().ok().map(|address| Peer(address.ip()));
    let Some(read) = fast_path::serve(&mut stream, &site, limits, stopping).await else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        let hosts = request.headers().get_all(header::HOST).iter().count();
        let answer = match site.hit(&request) {
            // RFC 9112, 3.2: whoever reads such a request differently from a proxy can be fooled.
            _ if request.version() == Version::HTTP_11 && hosts != 1 => Answer::Ready(bare(StatusCode::BAD_REQUEST)),
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
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read)
        .max_header_size(limits.header_bytes)
        .serve_connection(rejoined(stream, read, limits), service);
    // A client that hangs up in the middle is no news.
    let _ = watcher.watch(http).await;
}

/// The stream as if nothing had been read of it yet.
fn rejoined(stream: TcpStream, read: Vec<u8>, limits: Limits) -> Stream {
    let (reader, writer) = stream.into_split();
    let mut writer = TimeoutWriter::new(writer);
    writer.set_timeout(Some(limits.write));
    TokioIo::new(tokio::io::join(Cursor::new(read).chain(reader), Box::pin(writer)))
}
