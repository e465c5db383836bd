//! A mail server on loopback: it takes mails, or behaves like one of the difficult servers.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use mail_parser::{Message, MessageParser};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time,
};

/// Behaviour of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Takes,
    /// The recipient does not exist: 550, for good.
    NoSuchMailbox,
    /// Temporary refusal of the recipient: 451, as with greylisting.
    Later,
    /// Refusal to relay: 554 5.7.1.
    RefusesRelaying,
    /// Asks for a password that we do not have, before anything else.
    RefusesSender,
    /// Gives this reply to the sender of one mail, and accepts the next ones.
    Says(&'static str),
    /// Sends its greeting and then nothing.
    Stalls,
    /// Accepts a mail after this time, as if it checked the text first.
    Checks(Duration),
    /// Accepts a mail with an endless reply, one line every half second.
    Drips,
    /// Reads a mail, drops it and closes the connection without a reply.
    DropsIt,
    /// Reads a mail, keeps it and closes the connection without a reply.
    KeepsItAndDrops,
}

pub struct SmtpServer {
    pub address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    listening: Option<JoinHandle<()>>,
}

struct Heard {
    behaviour: Behaviour,
    mails: Vec<Mail>,
    connections: usize,
}

/// A mail that was accepted.
#[derive(Clone, Debug)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    pub raw: Vec<u8>,
}

impl SmtpServer {
    pub async fn start() -> Self {
        let heard = Heard { behaviour: Behaviour::Takes, mails: Vec::new(), connections: 0 };
        let mut server = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            heard: Arc::new(Mutex::new(heard)),
            listening: None,
        };
        server.come_back().await;
        server
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn behaves(&self, behaviour: Behaviour) {
        self.heard.lock().expect("nobody panics with it").behaviour = behaviour;
    }

    /// Stops listening.
    pub async fn go_away(&mut self) {
        let listening = self.listening.take().expect("it is there");
        listening.abort();
        let _ = listening.await;
    }

    /// Listens again, at the same address.
    pub async fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).await.expect("a port");
        self.address = listener.local_addr().expect("an address");
        let heard = Arc::clone(&self.heard);
        self.listening = Some(tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("accepts");
                heard.lock().expect("nobody panics with it").connections += 1;
                tokio::spawn(converse(stream, Arc::clone(&heard)));
            }
        }));
    }

    /// All accepted mails, in order.
    pub fn mails(&self) -> Vec<Mail> {
        self.heard.lock().expect("nobody panics with it").mails.clone()
    }

    pub fn connections(&self) -> usize {
        self.heard.lock().expect("nobody panics with it").connections
    }

    /// Mails accepted since the last call.
    pub fn new_mails(&self) -> Vec<Mail> {
        std::mem::take(&mut self.heard.lock().expect("nobody panics with it").mails)
    }

    /// The one mail accepted since the last call.
    #[track_caller]
    pub fn one(&self) -> Mail {
        let mut mails = self.new_mails();
        let subjects: Vec<String> = mails.iter().map(Mail::line).collect();
        assert_eq!(mails.len(), 1, "{subjects:#?}");
        mails.remove(0)
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

impl Mail {
    pub fn parsed(&self) -> Message<'_> {
        MessageParser::default().parse(&self.raw).expect("a mail")
    }

    pub fn subject(&self) -> String {
        self.parsed().subject().expect("a subject").to_owned()
    }

    /// `ana@example.org: A subject`.
    pub fn line(&self) -> String {
        format!("{}: {}", self.to.join(", "), self.subject())
    }

    pub fn text(&self) -> String {
        self.parsed().body_text(0).expect("a plain part").replace("\r\n", "\n")
    }

    pub fn html(&self) -> String {
        self.parsed().body_html(0).expect("an HTML part").into_owned()
    }

    /// Value of a header, unfolded but not decoded; empty if it is missing.
    pub fn header(&self, name: &str) -> String {
        let parsed = self.parsed();
        let value = parsed.headers_raw().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        value.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        let unfolded = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = unfolded(self.text());
        assert!(text.contains(words), "no {words:?} in:\n{text}");
        self
    }

    /// First link in the plain part that contains `part`, as a path.
    #[track_caller]
    pub fn link(&self, part: &str) -> String {
        let text = self.text();
        let link = text.split_whitespace().find(|word| word.starts_with("http") && word.contains(part));
        let link = link.unwrap_or_else(|| panic!("no link with {part} in:\n{text}"));
        let rest = link.split_once("://").expect("a scheme").1;
        rest[rest.find('/').expect("a path")..].to_owned()
    }
}

/// Serves one connection: the part of RFC 5321 that a client needs.
async fn converse(stream: TcpStream, heard: Arc<Mutex<Heard>>) -> Option<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    let mut say = async |words: &str| writing.write_all(format!("{words}\r\n").as_bytes()).await.ok();
    let behaviour = || heard.lock().expect("nobody panics with it").behaviour;
    say("220 loopback ready").await?;
    let (mut from, mut to) = (String::new(), Vec::new());
    loop {
        let line = lines.next_line().await.ok()??;
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        if behaviour() == Behaviour::Stalls {
            std::future::pending::<()>().await;
        }
        match line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => say("250-loopback\r\n250-8BITMIME\r\n250 SMTPUTF8").await?,
            "MAIL" if behaviour() == Behaviour::RefusesSender => say("530 5.7.0 Authentication required").await?,
            "MAIL" if let Behaviour::Says(words) = behaviour() => {
                heard.lock().expect("nobody panics with it").behaviour = Behaviour::Takes;
                say(words).await?;
                if words.starts_with("421") {
                    return None;
                }
            }
            "MAIL" => {
                (from, to) = (address(), Vec::new());
                say("250 2.1.0 Ok").await?;
            }
            "RCPT" => match behaviour() {
                Behaviour::NoSuchMailbox => say("550 5.1.1 No such mailbox").await?,
                Behaviour::RefusesRelaying => say("554 5.7.1 Relay access denied").await?,
                Behaviour::Later => say("451 4.7.1 Greylisted, come back later").await?,
                _ => {
                    to.push(address());
                    say("250 2.1.5 Ok").await?;
                }
            },
            "DATA" => {
                say("354 Go ahead").await?;
                let mut raw = Vec::new();
                loop {
                    let line = lines.next_line().await.ok()??;
                    if line == "." {
                        break;
                    }
                    raw.extend_from_slice(line.strip_prefix('.').unwrap_or(&line).as_bytes());
                    raw.extend_from_slice(b"\r\n");
                }
                if behaviour() != Behaviour::DropsIt {
                    let mail = Mail { from: from.clone(), to: to.clone(), raw };
                    heard.lock().expect("nobody panics with it").mails.push(mail);
                }
                match behaviour() {
                    Behaviour::DropsIt | Behaviour::KeepsItAndDrops => return None,
                    Behaviour::Checks(pause) => time::sleep(pause).await,
                    Behaviour::Drips => loop {
                        say("250-still checking").await?;
                        time::sleep(Duration::from_millis(500)).await;
                    },
                    _ => {}
                }
                say("250 2.0.0 Ok: kept").await?;
            }
            "RSET" | "NOOP" => say("250 Ok").await?,
            "QUIT" => {
                say("221 Bye").await?;
                return None;
            }
            _ => say("500 What?").await?,
        }
    }
}
