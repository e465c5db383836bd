//! The outbox worker: takes due rows out of the outbox, composes their mails and sends them.
//!
//! No transaction is open during a conversation with a mail server.

mod compose;
mod message;
mod transport;

use std::{
    future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jiff::{SignedDuration, Timestamp};
use tokio::time;

use crate::{
    config::Config,
    domain::{
        delivery,
        limits::{
            CONFIRMATION_CHECK, CONFIRMATION_DAYS, MAIL_CLEANUP, MAIL_SERVER_PAUSE, MAIL_SETTLE_PAUSE, OUTBOX_POLL,
        },
        words::{counted, word_of},
    },
    state::SiteState,
    store::{Outcome, Outgoing, StoreError},
};
use compose::{Composed, NotComposed};
use message::{Draft, Sender};
use transport::{Transport, Undelivered};

pub use transport::Limits;

/// Sender of due mails. Each running instance has one; the outbox makes sure that no two send the same mail.
pub struct OutboxWorker {
    app: Arc<SiteState>,
    /// `None` if no mail server is set.
    mailer: Option<Mailer>,
    /// Name under which rows are claimed.
    lease: String,
    leased_for: Duration,
    /// True if the server is away, and the log has said so.
    is_away: bool,
    /// Day of the last digest that was queued.
    digest: Option<String>,
    cleaned_at: Option<Timestamp>,
    /// Time of the last check for confirmation mails that wait.
    checked_at: Option<Timestamp>,
    /// Number of mails that wait for a server that is not set, when last counted.
    waiting: i64,
}

/// Pause after a mail: the next one may be due.
const NO_PAUSE: Duration = Duration::ZERO;

/// Mail server, and the sender of the mails.
struct Mailer {
    transport: Transport,
    sender: Sender,
}

/// Reason why the worker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("mail_from is not valid: {0}")]
    From(String),
    #[error("the system gives no random numbers, and without them two instances would send the same mails: {0}")]
    Randomness(getrandom::Error),
}

impl OutboxWorker {
    /// # Errors
    /// The sender's address is not valid, or there is no randomness.
    pub fn new(app: Arc<SiteState>, limits: Limits) -> Result<Self, MailError> {
        let mailer = Mailer::new(&app.config, limits)?;
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(MailError::Randomness)?;
        Ok(Self {
            app,
            mailer,
            lease: BASE64.encode(bytes),
            leased_for: limits.lease(),
            is_away: false,
            digest: None,
            cleaned_at: None,
            checked_at: None,
            waiting: 0,
        })
    }

    /// Runs until `stop` is done; a mail that is being sent then is finished.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut pause = NO_PAUSE;
        let mut database_is_away = false;
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = time::sleep(pause) => {}
            }
            let step = self.send_next().await;
            if let Err(error) = &step
                && !database_is_away
            {
                tracing::error!("the outbox cannot be read: {error}");
            }
            database_is_away = step.is_err();
            pause = step.unwrap_or(MAIL_SERVER_PAUSE);
        }
        if let Some(mailer) = &mut self.mailer {
            mailer.transport.close().await;
        }
    }

    /// Sends all due mails, or as many as the server accepts.
    ///
    /// # Errors
    /// The database is away.
    pub async fn send_all(&mut self) -> Result<(), StoreError> {
        while self.send_next().await? == NO_PAUSE {}
        Ok(())
    }

    /// Sends the next mail. Returns the pause before the one after it. A panic must not end the worker.
    async fn send_next(&mut self) -> Result<Duration, StoreError> {
        caught(self.step()).await.unwrap_or_else(|| {
            tracing::error!(
                "the outbox worker failed and will continue in a moment. The error above is a bug in Instep"
            );
            Ok(MAIL_SERVER_PAUSE)
        })
    }

    async fn step(&mut self) -> Result<Duration, StoreError> {
        self.do_regular_work().await?;
        let now = self.app.clock.now();
        let Some(mailer) = &mut self.mailer else {
            self.log_waiting_mails().await?;
            return Ok(OUTBOX_POLL);
        };
        let Some(row) = self.app.store.claim_mail(&self.lease, now, now + self.leased_for).await? else {
            mailer.transport.close().await;
            return Ok(OUTBOX_POLL);
        };
        let sent = caught(send(&self.app, mailer, &self.lease, &row)).await;
        let sent = sent.unwrap_or_else(|| Err(Undelivered::Later("a bug in Instep; the log says more".into())));
        let (outcome, pause) = match sent {
            Ok(None) => return Ok(NO_PAUSE),
            Ok(Some(outcome)) => (outcome, NO_PAUSE),
            Err(undelivered) => self.not_delivered(&row, undelivered),
        };
        if outcome == Outcome::Sent && std::mem::take(&mut self.is_away) {
            tracing::info!("the mail server accepts mails again");
        }
        self.settle(&row, outcome).await?;
        Ok(pause)
    }

    /// Logs a mail that was not sent, and decides when it is tried again. A server that is away is logged once, not once
    /// for each mail.
    fn not_delivered(&mut self, row: &Outgoing, undelivered: Undelivered) -> (Outcome, Duration) {
        let (reason, is_final, pause) = match undelivered {
            Undelivered::Server(reason) => (reason, false, MAIL_SERVER_PAUSE),
            Undelivered::Later(reason) => (reason, false, NO_PAUSE),
            Undelivered::Never(reason) => (reason, true, NO_PAUSE),
        };
        let (id, kind) = (row.id, word_of(row.kind));
        if pause == NO_PAUSE {
            tracing::warn!("mail {id} ({kind}) was not sent: {reason}");
        } else if !std::mem::replace(&mut self.is_away, true) {
            tracing::warn!("the mail server accepts nothing, so mails wait: {reason}");
        }
        let now = self.app.clock.now();
        let again = delivery::again(row.attempts, row.first_attempt_at.unwrap_or(now), now);
        let Some(at) = again.filter(|_| !is_final) else {
            tracing::error!("mail {id} ({kind}) is given up: {reason}");
            return (Outcome::GivenUp(reason), pause);
        };
        (Outcome::Again { at, reason }, pause)
    }

    /// Stores the outcome. Retries for about a minute, so that a restart of the database does not cause a second sending
    /// of a mail that the server has accepted.
    async fn settle(&self, row: &Outgoing, outcome: Outcome) -> Result<(), StoreError> {
        let mut pause = Duration::from_millis(200);
        self.app.metrics.mailed(&outcome);
        loop {
            let settled = self.app.store.settle_mail(row.id, &self.lease, &outcome, self.app.clock.now()).await;
            if settled.is_ok() || pause > MAIL_SETTLE_PAUSE {
                return settled;
            }
            time::sleep(pause).await;
            pause *= 2;
        }
    }

    /// Queues due digests and confirmation mails, and deletes old rows.
    async fn do_regular_work(&mut self) -> Result<(), StoreError> {
        let now = self.app.clock.now();
        self.queue_due_digest(now).await?;
        // The times are noted before the work: where it fails, it must not hold up every mail.
        if is_due(&mut self.checked_at, CONFIRMATION_CHECK, now) {
            self.app.store.ask_those_who_wait(now).await?;
        }
        if is_due(&mut self.cleaned_at, MAIL_CLEANUP, now) {
            let confirmation = SignedDuration::from_hours(24 * CONFIRMATION_DAYS);
            self.app.store.tidy_mail(now, confirmation, author_is_told(&self.app)).await?;
            self.waiting = 0;
        }
        Ok(())
    }

    /// Logs that mails wait for a server that is not set: when the first one does, and every hour.
    async fn log_waiting_mails(&mut self) -> Result<(), StoreError> {
        let waiting = self.app.store.count_waiting_mails(author_is_told(&self.app)).await?;
        if std::mem::replace(&mut self.waiting, waiting) == 0 && waiting > 0 {
            let mails = counted(usize::try_from(waiting).unwrap_or(0), "mail waits", "mails wait");
            tracing::warn!("{mails} in the outbox: INSTEP_SMTP_URL is not set");
        }
        Ok(())
    }

    async fn queue_due_digest(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let site = &self.app.config.site;
        if site.author.email.is_none() || self.mailer.is_none() {
            return Ok(());
        }
        let Some((due, _)) = delivery::digest_due(site.notices.digest, now, &site.time_zone) else { return Ok(()) };
        let day = due.date().to_string();
        if self.digest.as_ref() != Some(&day) {
            // Also if there is nothing to tell: a program that starts later must not think that the day's digest was
            // missed.
            self.app.store.queue_digest(&day, due.timestamp(), now).await?;
            self.digest = Some(day);
        }
        Ok(())
    }
}

/// True if `interval` has passed since `last`, which becomes `now` then. A last time in the future was noted while the
/// clock was wrong.
fn is_due(last: &mut Option<Timestamp>, interval: SignedDuration, now: Timestamp) -> bool {
    let is_due = !last.is_some_and(|at| (at..at + interval).contains(&now));
    if is_due {
        *last = Some(now);
    }
    is_due
}

/// Composes and sends a mail. Returns its outcome; none if it is stored already.
async fn send(
    app: &SiteState,
    mailer: &mut Mailer,
    lease: &str,
    row: &Outgoing,
) -> Result<Option<Outcome>, Undelivered> {
    let draft = match compose::compose(app, row).await {
        Ok(Composed::Mail(draft)) => draft,
        Ok(Composed::Audience(audience)) => {
            let split = app.store.tell_audience(row, lease, &audience, app.clock.now()).await;
            return split.map(|()| None).map_err(|error| Undelivered::Later(error.to_string()));
        }
        Err(NotComposed::NotNeeded(reason)) => return Ok(Some(Outcome::Dropped(reason.to_owned()))),
        Err(error) => return Err(Undelivered::Later(error.to_string())),
    };
    mailer.send(draft, &compose::message_id(app, row), row.created_at).await?;
    Ok(Some(Outcome::Sent))
}

impl Mailer {
    fn new(config: &Config, limits: Limits) -> Result<Option<Self>, MailError> {
        let Some(mail) = &config.mail else { return Ok(None) };
        let url = url::Url::parse(&config.site.base_url).ok();
        let host = url.as_ref().and_then(url::Url::host_str).unwrap_or("localhost");
        let sender = Sender::new(&mail.from, &config.site.title, host).map_err(MailError::From)?;
        // An IP address is not a name for the SMTP greeting.
        let name = url.as_ref().and_then(url::Url::domain).map(str::to_owned);
        Ok(Some(Self { transport: Transport::new(mail.server.clone(), name, limits), sender }))
    }

    async fn send(&mut self, draft: Draft, id: &str, at: Timestamp) -> Result<(), Undelivered> {
        let message = self.sender.message(draft, id, at).map_err(Undelivered::Never)?;
        self.transport.deliver(&message).await
    }
}

/// Sends one mail to an address without the outbox, so that the operator sees the server's reply.
///
/// # Errors
/// The setting that is missing, or the server's reply.
pub async fn send_test(app: &SiteState, to: &str) -> Result<(), String> {
    let mailer = Mailer::new(&app.config, Limits::default()).map_err(|error| error.to_string())?;
    let mut mailer = mailer.ok_or("there is no mail server: set INSTEP_SMTP_URL and INSTEP_MAIL_FROM")?;
    let draft = compose::test(app, to).map_err(|error| error.to_string())?;
    let now = app.clock.now();
    let sent = mailer.send(draft, &format!("test.{}", now.as_millisecond()), now).await;
    mailer.transport.close().await;
    sent.map_err(|undelivered| match undelivered {
        Undelivered::Server(reason) | Undelivered::Later(reason) | Undelivered::Never(reason) => reason,
    })
}

/// True if the author gets a mail for each comment.
fn author_is_told(app: &SiteState) -> bool {
    app.config.site.notices.of_each && app.config.site.author.email.is_some()
}

/// Runs `work`. Returns `None` if it panicked; the message is in the log.
async fn caught<T>(work: impl Future<Output = T>) -> Option<T> {
    // Boxed, or the future contains the work twice.
    let mut work = Box::pin(work);
    future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}
