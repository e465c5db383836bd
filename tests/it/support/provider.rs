//! A provider of films on this machine, with replies set by the test. It records the requests.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// Server that replies by the path of the request, in a thread that ends with the test binary.
pub struct Provider {
    pub base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<HashMap<String, Reply>>>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// With the query.
    pub address: String,
    pub user_agent: String,
}

#[derive(Clone, Debug)]
pub enum Reply {
    Body(Vec<u8>),
    Status(u16),
    /// Sends on.
    To(String),
    /// Begins a body that never ends.
    Endless,
}

impl Provider {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let (asked, answers) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::<Mutex<HashMap<String, Reply>>>::default());
        let own = (Arc::clone(&asked), Arc::clone(&answers));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (asked, answers) = (Arc::clone(&own.0), Arc::clone(&own.1));
                std::thread::spawn(move || answer(connection, &asked, &answers));
            }
        });
        Self { base, asked, answers }
    }

    /// Sets the answer of a path from now on.
    pub fn on(&self, path: &str, reply: Reply) -> &Self {
        self.answers.lock().expect("nobody panics with it").insert(path.to_owned(), reply);
        self
    }

    /// oEmbed's JSON for a provider's class.
    pub fn tells(&self, class: &str, json: &serde_json::Value) -> &Self {
        self.on(&format!("/{class}"), Reply::Body(json.to_string().into_bytes()))
    }

    /// Requests since the last call.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().expect("nobody panics with it"))
    }
}

/// Answers one request. A client that has disconnected is ignored.
fn answer(connection: TcpStream, asked: &Mutex<Vec<Asked>>, answers: &Mutex<HashMap<String, Reply>>) {
    let mut lines = BufReader::new(connection.try_clone().expect("a second handle")).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let address = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let is_agent = |line: &&String| line.to_ascii_lowercase().starts_with("user-agent:");
    let user_agent =
        headers.iter().find(is_agent).and_then(|line| line.split_once(": ")).map(|(_, agent)| agent.to_owned());
    let path = address.split('?').next().unwrap_or_default().to_owned();
    asked.lock().expect("nobody panics with it").push(Asked { address, user_agent: user_agent.unwrap_or_default() });
    let reply = answers.lock().expect("nobody panics with it").get(&path).cloned().unwrap_or(Reply::Status(404));
    let mut connection = connection;
    let head =
        |status: &str, length: usize| format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n");
    let _ = match reply {
        Reply::Body(body) => connection
            .write_all(format!("{}\r\n", head("200 OK", body.len())).as_bytes())
            .and_then(|()| connection.write_all(&body)),
        Reply::Status(status) => connection.write_all(format!("{}\r\n", head(&format!("{status} No"), 0)).as_bytes()),
        Reply::To(to) => connection.write_all(format!("{}Location: {to}\r\n\r\n", head("302 Found", 0)).as_bytes()),
        Reply::Endless => {
            let mut written = connection.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while written.is_ok() {
                written = connection.write_all(&[b'x'; 65536]);
            }
            Ok(())
        }
    };
}
