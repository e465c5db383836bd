//! Trap for requests to other hosts: a port that records the requested host and answers nothing.

use std::{
    io::Read,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use super::PATIENCE;

pub struct Trap {
    address: SocketAddr,
    caught: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Trap {
    pub fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let caught = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (list, over) = (Arc::clone(&caught), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let list = Arc::clone(&list);
                // One that connects early and asks nothing must not keep the others waiting.
                thread::spawn(move || {
                    // Counted at once: what opens a connection has told its address already.
                    let place = {
                        let mut list = list.lock().expect("the list");
                        list.push("(not said)".to_owned());
                        list.len() - 1
                    };
                    let host = host_asked_for(connection);
                    list.lock().expect("the list")[place] = host;
                });
            }
        });
        Self { address, caught, is_over, thread: Some(thread) }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The hosts of all connections so far.
    pub fn caught(&self) -> Vec<String> {
        self.caught.lock().expect("the list").clone()
    }

    pub fn assert_empty(&self) {
        assert_eq!(self.caught(), Vec::<String>::new(), "a request left for another host");
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes it up.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn host_asked_for(mut connection: TcpStream) -> String {
    let mut first = [0_u8; 4096];
    let _ = connection.set_read_timeout(Some(PATIENCE));
    let length = connection.read(&mut first).unwrap_or_default();
    let first = &first[..length];
    let plain =
        || Some(String::from_utf8_lossy(first).lines().find_map(|line| line.strip_prefix("Host: "))?.to_owned());
    server_name(first).or_else(plain).unwrap_or_else(|| "(not said)".to_owned())
}

/// Server name in a TLS ClientHello (RFC 6066, 3).
fn server_name(greeting: &[u8]) -> Option<String> {
    (0..greeting.len()).find_map(|start| {
        let [0, 0, _, _, list_high, list_low, 0, high, low, rest @ ..] = &greeting[start..] else { return None };
        let length = u16::from_be_bytes([*high, *low]);
        let is_list_of_one = u16::from_be_bytes([*list_high, *list_low]) == length.saturating_add(3);
        let name = rest.get(..usize::from(length)).filter(|name| is_list_of_one && name.contains(&b'.'))?;
        String::from_utf8(name.to_vec()).ok()
    })
}
