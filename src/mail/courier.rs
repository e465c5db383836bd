//! SMTP client: one connection while there are mails to send, and a limit for every wait.

use std::time::Duration;

use lettre::{
    Address, Message,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailParameter},
    },
};
use tokio::time;

use crate::config::{MailServer, Security};

/// Time limits for a server. Tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest time to connect.
    pub connect: Duration,
    /// Longest time for one mail in total. Shorter than a lease, or two senders would send it.
    pub mail: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), mail: Duration::from_secs(60) }
    }
}

/// Reason why a mail was not accepted.
#[derive(Debug)]
pub enum Undelivered {
    /// Server away or refusing us: no other mail would be accepted now.
    Server(String),
    /// Temporary failure of this mail only.
    Later(String),
    /// Permanent failure: there is no such recipient.
    Never(String),
}

pub struct Courier {
    server: MailServer,
    hello: ClientId,
    limits: Limits,
    open: Option<AsyncSmtpConnection>,
}

impl Courier {
    /// Makes a client. `host` is our own name, for the greeting.
    pub fn new(server: MailServer, host: Option<String>, limits: Limits) -> Self {
        Self { server, hello: host.map_or_else(ClientId::default, ClientId::Domain), limits, open: None }
    }

    /// Sends a mail. After success, the server is responsible for it.
    ///
    /// # Errors
    /// The reason why it was not accepted. If the connection breaks in the middle, nobody knows, so it counts as not
    /// accepted.
    pub async fn deliver(&mut self, mail: &Message) -> Result<(), Undelivered> {
        let limit = self.limits.mail;
        let delivered = time::timeout(limit, self.try_deliver(mail)).await;
        delivered.unwrap_or_else(|_| {
            let seconds = limit.as_secs_f32().ceil();
            Err(Undelivered::Server(format!("{} has not answered for {seconds} seconds", self.server)))
        })
    }

    /// Closes the connection when there is nothing more to send.
    pub async fn rest(&mut self) {
        if let Some(mut connection) = self.open.take() {
            // The server may have closed it already.
            let _ = time::timeout(self.limits.connect, connection.abort()).await;
        }
    }

    async fn try_deliver(&mut self, mail: &Message) -> Result<(), Undelivered> {
        // A server may have closed an idle connection; a new one shows if the server is there.
        if let Some(mut connection) = self.open.take()
            && connection.command(Rset).await.is_ok()
        {
            return self.hand_over(connection, mail).await;
        }
        let connection = self.connect().await.map_err(|error| Undelivered::Server(said(&self.server, &error)))?;
        self.hand_over(connection, mail).await
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let MailServer { host, port, security, credentials } = &self.server;
        let tls = || TlsParameters::new(host.clone());
        let wrapper = if *security == Security::Tls { Some(tls()?) } else { None };
        let place = (host.as_str(), *port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, Some(self.limits.connect), &self.hello, wrapper, None).await?;
        if *security == Security::StartTls {
            connection.starttls(tls()?, &self.hello).await?;
        }
        if let Some((user, password)) = credentials {
            let credentials = Credentials::new(user.clone(), password.clone());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        Ok(connection)
    }

    async fn hand_over(&mut self, mut connection: AsyncSmtpConnection, mail: &Message) -> Result<(), Undelivered> {
        let (from, to) = (mail.envelope().from(), mail.envelope().to());
        let handed_over = self.transact(&mut connection, from, to, mail).await;
        // After a reply from the server the connection is good for the next mail; after a timeout or a break it is not.
        if !connection.has_broken() && !matches!(handed_over, Err(Undelivered::Server(_))) {
            self.open = Some(connection);
        }
        handed_over
    }

    async fn transact(
        &self,
        connection: &mut AsyncSmtpConnection,
        from: Option<&Address>,
        to: &[Address],
        mail: &Message,
    ) -> Result<(), Undelivered> {
        let is_ascii = |address: &Address| <Address as AsRef<str>>::as_ref(address).is_ascii();
        let mut parameters = Vec::new();
        if !from.into_iter().chain(to).all(is_ascii) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let said = format!("{} takes no address with such letters", self.server);
                // The operator must correct the sender's address; it concerns every mail.
                let is_ours = !from.is_none_or(is_ascii);
                return Err(if is_ours { Undelivered::Later(said) } else { Undelivered::Never(said) });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        // RFC 5321, 4.2.1: a 5yz reply is about this command, so other mails may be accepted. All else, such as a
        // temporary refusal of the sender, is about all mails.
        let of_the_sender = |error: Error| {
            let is_of_this_mail = error.status().map(u16::from).is_some_and(|code| code >= 500);
            let said = said(&self.server, &error);
            if is_of_this_mail { Undelivered::Later(said) } else { Undelivered::Server(said) }
        };
        connection.command(Mail::new(from.cloned(), parameters)).await.map_err(of_the_sender)?;
        for address in to {
            connection.command(Rcpt::new(address.clone(), Vec::new())).await.map_err(|error| self.refused(&error))?;
        }
        let of_this_mail = |error: Error| {
            let is_answer = error.status().is_some();
            let said = said(&self.server, &error);
            if is_answer { Undelivered::Later(said) } else { Undelivered::Server(said) }
        };
        connection.command(Data).await.map_err(of_this_mail)?;
        connection.message(&mail.formatted()).await.map_err(of_this_mail)?;
        Ok(())
    }

    /// Classifies a refusal of the recipient. A permanent one is final, unless it is about us: no relaying, no
    /// password, a policy (RFC 3463: 5.7). The operator must correct those, and no mail may be lost meanwhile.
    fn refused(&self, error: &Error) -> Undelivered {
        let said = said(&self.server, error);
        let code = error.status().map(u16::from);
        let is_about_us = matches!(code, Some(503 | 530..=538)) || said.contains("5.7.");
        match code {
            Some(500..) if !is_about_us => Undelivered::Never(said),
            Some(_) => Undelivered::Later(said),
            None => Undelivered::Server(said),
        }
    }
}

/// Longest part of a reason that is kept, in characters.
const REASON_MAX: usize = 300;

/// Error as one line for a log, without control characters: servers can reply anything.
fn said(server: &MailServer, error: &Error) -> String {
    let text = format!("{server}: {error}");
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON_MAX).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
