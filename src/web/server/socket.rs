//! Connection for hyper: returns the bytes read before first, and drops a client that reads a response too slowly.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{self, Instant, Sleep},
};

use super::Limits;

/// Time budget of a client that does not read its response. It decreases while the client reads nothing, and bytes that
/// it reads give some back: a client that reads a byte now and then is dropped in the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) left: Duration,
    most: Duration,
    rate: u32,
}

impl Pace {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { left: limits.write, most: limits.write, rate: limits.write_rate }
    }

    pub(super) fn waited(&mut self, time: Duration) {
        self.left = self.left.saturating_sub(time);
    }

    pub(super) fn took(&mut self, bytes: usize) {
        if self.left < self.most {
            let earned = Duration::from_secs(bytes as u64) / self.rate.max(1);
            self.left = self.most.min(self.left + earned);
        }
    }
}

pub(super) struct Socket {
    stream: TcpStream,
    /// Bytes read before hyper had the connection.
    unread: Vec<u8>,
    pace: Pace,
    /// Start and end of the current wait, while the client reads nothing.
    stalled: Option<(Instant, Pin<Box<Sleep>>)>,
    /// Set by traffic in either direction.
    pub(super) moved: Arc<AtomicBool>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, unread: Vec<u8>, limits: &Limits) -> Self {
        Self { stream, unread, pace: Pace::new(limits), stalled: None, moved: Arc::default() }
    }

    fn paced(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let Poll::Ready(written) = write else {
            let left = self.pace.left;
            let (_, end) = self.stalled.get_or_insert_with(|| (Instant::now(), Box::pin(time::sleep(left))));
            ready!(end.as_mut().poll(cx));
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        };
        self.moved.store(true, Relaxed);
        if let Some((since, _)) = self.stalled.take() {
            self.pace.waited(since.elapsed());
        }
        self.pace.took(*written.as_ref().unwrap_or(&0));
        Poll::Ready(written)
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.unread.is_empty() {
            let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
            self.moved.fetch_or(read.is_ready(), Relaxed);
            return read;
        }
        let length = self.unread.len().min(buffer.remaining());
        let rest = self.unread.split_off(length);
        buffer.put_slice(&self.unread);
        self.unread = rest;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.paced(cx, write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.paced(cx, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
