//! SMTP client: one connection while there are mails to send, and a limit for every wait.

use std::time::Duration;

use lettre::{
    Address, Message,
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailParameter},
    },
};
use tokio::time;

use crate::{
    config::{MailServer, Security},
    domain::{
        limits::{MAIL_ACCEPTANCE, MAIL_COMMANDS, MAIL_CONNECT, MAIL_REASON},
        words::one_line,
    },
};

/// Timeouts of a server. Tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// See [`MAIL_CONNECT`].
    pub connect: Duration,
    /// See [`MAIL_COMMANDS`].
    pub commands: Duration,
    /// See [`MAIL_ACCEPTANCE`].
    pub acceptance: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: MAIL_CONNECT, commands: MAIL_COMMANDS, acceptance: MAIL_ACCEPTANCE }
    }
}

impl Limits {
    /// Time that a mail is leased to its sender: longer than the longest delivery, or two senders would send it.
    pub fn lease(self) -> Duration {
        2 * self.commands + self.acceptance + Duration::from_mins(3)
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

/// Client of one mail server.
pub struct Transport {
    server: MailServer,
    hello: ClientId,
    limits: Limits,
    open: Option<AsyncSmtpConnection>,
}

impl Transport {
    /// Makes a client. `host` is our own name, for the greeting.
    pub fn new(server: MailServer, host: Option<String>, limits: Limits) -> Self {
        Self { server, hello: host.map_or_else(ClientId::default, ClientId::Domain), limits, open: None }
    }

    /// Sends a mail. After success, the server is responsible for it.
    ///
    /// # Errors
    /// The reason why it was not accepted. If the connection breaks in the middle, the result is unknown, and the mail
    /// counts as not accepted.
    pub async fn deliver(&mut self, mail: &Message) -> Result<(), Undelivered> {
        let open = self.open.take();
        let mut connection = self.limited(self.limits.commands, self.connection(open)).await?;
        let delivered = self.transact(&mut connection, mail).await;
        // After a reply from the server the connection is good for the next mail; after a timeout or a break it is not.
        if !connection.has_broken() && !matches!(delivered, Err(Undelivered::Server(_))) {
            self.open = Some(connection);
        }
        delivered
    }

    /// Closes the connection.
    pub async fn close(&mut self) {
        if let Some(mut connection) = self.open.take() {
            // The server may have closed it already.
            let _ = time::timeout(self.limits.connect, connection.abort()).await;
        }
    }

    async fn limited<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, Undelivered>>,
    ) -> Result<T, Undelivered> {
        time::timeout(limit, work).await.unwrap_or_else(|_| {
            let seconds = limit.as_secs_f32().ceil();
            Err(Undelivered::Server(format!("{} has not answered for {seconds} seconds", self.server)))
        })
    }

    /// Returns the open connection, or a new one: a server may have closed an idle connection.
    async fn connection(&self, open: Option<AsyncSmtpConnection>) -> Result<AsyncSmtpConnection, Undelivered> {
        if let Some(mut connection) = open
            && connection.command(Rset).await.is_ok()
        {
            return Ok(connection);
        }
        self.connect().await.map_err(|error| Undelivered::Server(reason(&self.server, &error)))
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

    async fn transact(&self, connection: &mut AsyncSmtpConnection, mail: &Message) -> Result<(), Undelivered> {
        let refused = |error: Error| {
            let reason = reason(&self.server, &error);
            if error.status().is_some() { Undelivered::Later(reason) } else { Undelivered::Server(reason) }
        };
        self.limited(self.limits.commands, async {
            self.envelope(connection, mail.envelope()).await?;
            connection.command(Data).await.map_err(refused)
        })
        .await?;
        let text = mail.formatted();
        self.limited(self.limits.acceptance, async { connection.message(&text).await.map_err(refused) }).await?;
        Ok(())
    }

    /// Names the sender and the recipients.
    async fn envelope(&self, connection: &mut AsyncSmtpConnection, envelope: &Envelope) -> Result<(), Undelivered> {
        let (from, to) = (envelope.from(), envelope.to());
        let is_ascii = |address: &Address| <Address as AsRef<str>>::as_ref(address).is_ascii();
        let mut parameters = Vec::new();
        if !from.into_iter().chain(to).all(is_ascii) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let reason = format!("{} does not accept addresses with letters outside ASCII", self.server);
                // The operator must correct the sender's address; it concerns every mail.
                let is_ours = !from.is_none_or(is_ascii);
                return Err(if is_ours { Undelivered::Later(reason) } else { Undelivered::Never(reason) });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        // RFC 5321, 4.2.1: a 5yz reply is about this command, so other mails may be accepted. All else, such as a
        // temporary refusal of the sender, is about all mails.
        let sender_refused = |error: Error| {
            let is_about_this_mail = error.status().map(u16::from).is_some_and(|code| code >= 500);
            let reason = reason(&self.server, &error);
            if is_about_this_mail { Undelivered::Later(reason) } else { Undelivered::Server(reason) }
        };
        connection.command(Mail::new(from.cloned(), parameters)).await.map_err(sender_refused)?;
        for address in to {
            connection.command(Rcpt::new(address.clone(), Vec::new())).await.map_err(|error| self.refused(&error))?;
        }
        Ok(())
    }

    /// Classifies a refusal of the recipient. A permanent one is final, unless it is about us: no relaying, no
    /// password, a policy (RFC 3463: 5.7). The operator must correct those, and no mail may be lost meanwhile.
    fn refused(&self, error: &Error) -> Undelivered {
        let reason = reason(&self.server, error);
        let code = error.status().map(u16::from);
        let is_about_us = matches!(code, Some(503 | 530..=538)) || reason.contains("5.7.");
        match code {
            Some(500..) if !is_about_us => Undelivered::Never(reason),
            Some(_) => Undelivered::Later(reason),
            None => Undelivered::Server(reason),
        }
    }
}

/// Error as one line for a log, without control characters: servers can reply anything.
fn reason(server: &MailServer, error: &Error) -> String {
    one_line(&format!("{server}: {error}"), MAIL_REASON)
}
