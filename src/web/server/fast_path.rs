//! Fast path for a plain GET of a finished page: read the request, look the page up, write it to the socket.
//!
//! Any other request goes to hyper with the bytes read so far, and so does everything after it on the connection. So
//! only hyper implements HTTP; this code only has to recognize plain requests.

use std::{
    future::poll_fn,
    io::{self, ErrorKind, IoSlice},
    mem::MaybeUninit,
    pin::{Pin, pin},
    task::Poll,
};

use tokio::{
    io::{AsyncRead, Interest, ReadBuf},
    net::TcpStream,
    sync::watch,
    time::{self, Instant, MissedTickBehavior},
};

use super::{Answers, Limits, is_host, slots::Slots, socket::Pace};
use crate::cache::{Encoding, Finished};

/// Most bytes of a plain request; browsers send about half.
const MOST_BYTES: usize = 4 * 1024;
/// Most headers of a plain request.
const MOST_HEADERS: usize = 48;

/// Answers plain requests until another kind comes, and returns the bytes read of that. `None`: the connection ended,
/// because the client closed it or sent nothing, its slot was needed, or the sender of `stop` was dropped.
pub async fn serve(
    stream: &mut TcpStream,
    site: &impl Answers,
    limits: Limits,
    stop: watch::Receiver<()>,
    slots: &Slots,
) -> Option<Vec<u8>> {
    let (mut stop, is_stopping) = (stop.clone(), stop);
    let mut stopped = pin!(stop.changed());
    // A timer or a clock reading for each request would cost too much.
    let mut ticks = time::interval_at(Instant::now() + limits.idle, limits.idle);
    let most_ticks = limits.header_read.as_millis() / limits.idle.as_millis().max(1);
    // After a busy time one tick is due, not all missed ones.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = 0;
    let mut bytes = vec![0; MOST_BYTES];
    let mut length = 0;
    while is_stopping.has_changed().is_ok() {
        let mut wanted = pin!(slots.wanted());
        let more = poll_fn(|cx| {
            let mut read = ReadBuf::new(&mut bytes[length..]);
            if let Poll::Ready(done) = Pin::new(&mut *stream).poll_read(cx, &mut read) {
                return Poll::Ready(done.map_or(0, |()| read.filled().len()));
            }
            while ticks.poll_tick(cx).is_ready() {
                silent += 1;
                if silent > most_ticks {
                    return Poll::Ready(0);
                }
            }
            // Polled only when idle, since it takes a lock that all connections share.
            if silent > 0 && wanted.as_mut().poll(cx).is_ready() {
                return Poll::Ready(0);
            }
            stopped.as_mut().poll(cx).map(|_| 0)
        })
        .await;
        if more == 0 {
            return None;
        }
        if length == 0 {
            // The timeout for headers starts with their first byte.
            silent = 0;
        }
        length += more;
        let finished = match read(&bytes[..length]) {
            Parsed::Plain(path, encoding) => site.finished(path, encoding),
            Parsed::Part if length < MOST_BYTES => continue,
            Parsed::Part | Parsed::Other => None,
        };
        let Some(finished) = finished else {
            bytes.truncate(length);
            return Some(bytes);
        };
        let pace = Pace::new(&limits);
        send(stream, &finished, pace, || slots.wanted_after(limits.idle)).await.ok()?;
        length = 0;
    }
    None
}

/// Kind of the bytes that were read.
#[derive(Debug, PartialEq, Eq)]
enum Parsed<'a> {
    /// Incomplete request.
    Part,
    /// A single plain request for a page: its path, and the best accepted encoding.
    Plain(&'a str, Encoding),
    Other,
}

fn read(bytes: &[u8]) -> Parsed<'_> {
    let mut headers = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(bytes, &mut headers) {
        Ok(httparse::Status::Partial) => Parsed::Part,
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {
            plain(&request).map_or(Parsed::Other, |(path, encoding)| Parsed::Plain(path, encoding))
        }
        _ => Parsed::Other,
    }
}

fn plain<'a>(request: &httparse::Request<'_, 'a>) -> Option<(&'a str, Encoding)> {
    if request.method != Some("GET") || request.version != Some(1) {
        return None;
    }
    let is = |header: &httparse::Header<'_>, name: &str| header.name.eq_ignore_ascii_case(name);
    let mut hosts = 0;
    for header in request.headers.iter() {
        if is(header, "host") && is_host(header.value) {
            hosts += 1;
        } else if is(header, "connection") && !header.value.eq_ignore_ascii_case(b"keep-alive")
            || ["host", "if-none-match", "if-match", "content-length", "transfer-encoding", "expect", "upgrade"]
                .iter()
                .any(|name| is(header, name))
        {
            return None;
        }
    }
    let accepted = request.headers.iter().filter(|header| is(header, "accept-encoding"));
    let encoding = Encoding::best(accepted.filter_map(|header| str::from_utf8(header.value).ok()));
    (hosts == 1).then_some((request.path?, encoding))
}

/// # Errors
/// The client has disconnected or reads too slowly, or the slot of a client that reads nothing was wanted.
async fn send<W: Future<Output = ()>>(
    stream: &TcpStream,
    finished: &Finished,
    mut pace: Pace,
    wanted: impl Fn() -> W,
) -> io::Result<()> {
    if let Some(file) = finished.file() {
        let mut sent = 0;
        while sent < file.length {
            match stream.try_io(Interest::WRITABLE, || file.send(stream, &mut sent)) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => pace.took(taken),
                Err(error) if error.kind() == ErrorKind::WouldBlock => writable(stream, &mut pace, wanted()).await?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A kernel without support fails at once; any other error occurs again below.
                Err(_) if sent == 0 => break,
                Err(error) => return Err(error),
            }
        }
        if sent > 0 {
            return Ok(());
        }
    }
    let date = finished.date_line();
    let mut parts = [finished.head(), &date, finished.body()].map(IoSlice::new);
    let mut left = &mut parts[..];
    while !left.is_empty() {
        match stream.try_write_vectored(left) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(taken) => {
                pace.took(taken);
                IoSlice::advance_slices(&mut left, taken);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => writable(stream, &mut pace, wanted()).await?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn writable(stream: &TcpStream, pace: &mut Pace, wanted: impl Future<Output = ()>) -> io::Result<()> {
    let began = Instant::now();
    tokio::select! {
        writable = time::timeout(pace.left, stream.writable()) => writable??,
        () = wanted => return Err(ErrorKind::ConnectionAborted.into()),
    }
    pace.waited(began.elapsed());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_requests_are_recognised() {
        let check = |lines: &[&str]| {
            let text = format!("{}\r\n\r\n", lines.join("\r\n"));
            match read(text.as_bytes()) {
                Parsed::Plain(path, encoding) => Some((path.to_owned(), encoding)),
                Parsed::Other => None,
                Parsed::Part => panic!("{text:?} is whole"),
            }
        };
        let gzip = |path: &str| Some((path.to_owned(), Encoding::Gzip));
        assert_eq!(check(&["GET /a HTTP/1.1", "Host: x", "accept-encoding: gzip"]), gzip("/a"));
        assert_eq!(
            check(&["GET /a HTTP/1.1", "host: x", "Accept-Encoding: gzip", "Connection: Keep-Alive"]),
            gzip("/a")
        );
        assert_eq!(
            check(&["GET /a HTTP/1.1", "host: x", "accept-encoding: br;q=0", "accept-encoding: gzip", "cookie: a=b"]),
            gzip("/a"),
        );
        for other in [
            "connection: close",
            "connection: upgrade",
            "upgrade: h2c",
            "expect: 100-continue",
            "Content-Length: 5",
            "content-length: 0",
            "transfer-encoding: chunked",
            "if-none-match: *",
            "if-match: *",
            "host: y",
            "bad header: x",
        ] {
            assert_eq!(check(&["GET /a HTTP/1.1", "host: x", other]), None, "{other}");
        }
        for line in
            ["HEAD /a HTTP/1.1", "POST /a HTTP/1.1", "GET /a HTTP/1.0", "GET  HTTP/1.1", "GET /a HTTP/1.1\r\n\r\n"]
        {
            assert_eq!(check(&[line, "host: x"]), None, "{line}");
        }
        assert_eq!(check(&["GET /a HTTP/1.1"]), None, "hyper decides");
        assert_eq!(check(&["GET /a HTTP/1.1", "host: a b"]), None, "hyper decides");
        assert_eq!(check(&["GET /a HTTP/1.1", "host: x", "", "GET /b HTTP/1.1", "host: x"]), None, "two");
        for part in ["", "GE", "GET /a HTTP/1.1\r\nhost: x\r\n", "POST / HTTP/1.1\r\nhost: x\r\n\r"] {
            assert_eq!(read(part.as_bytes()), Parsed::Part, "{part:?}");
        }
    }
}
