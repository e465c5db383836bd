//! Mails: the postman takes due rows out of the outbox, composes their mails and hands them to the mail server.
//!
//! A mail is composed when it is sent, so that it shows the current state and never erased data. No transaction is open
//! during a conversation with a server.

mod compose;
mod courier;
mod letter;

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
    domain::{delivery, mail_keys::CONFIRMATION_DAYS, words::counted},
    state::{SiteState, metrics::Attempt},
    store::{Outcome, Outgoing, StoreError},
};
use compose::Composed;
use courier::{Courier, Undelivered};
use letter::Stationery;

pub use courier::Limits;

/// Time between two looks at the outbox: one small query.
const POLL: Duration = Duration::from_secs(1);
/// Pause before the next mail after a server was away; each mail has its own, longer pauses besides.
const AWAY: Duration = Duration::from_secs(20);
/// Time between two checks if confirmation mails that wait can be sent.
const ASKING: SignedDuration = SignedDuration::from_mins(1);
/// Time between two deletions of old rows.
const HOUSEKEEPING: SignedDuration = SignedDuration::from_hours(1);

/// Sender of due mails. Each running instance has one; the outbox makes sure that no two send the same mail.
pub struct Postman {
    app: Arc<SiteState>,
    /// Connection to the mail server; `None` if none is set.
    office: Option<Office>,
    /// Name under which rows are claimed.
    lease: String,
    leased_for: Duration,
    /// True if the server is away, and the log has said so.
    is_away: bool,
    /// Day of the last digest that was queued.
    digest: Option<String>,
    housekept_at: Option<Timestamp>,
    /// Time of the last check for wishes that wait for their confirmation mail.
    asked_at: Option<Timestamp>,
    /// Number of mails that wait for a server that is not set, when last counted.
    waiting: i64,
}

struct Office {
    courier: Courier,
    stationery: Stationery,
}

/// Reason why there is no postman.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("mail_from will not do: {0}")]
    From(String),
    #[error("the system gives no random numbers, and without them two copies would send the same mails: {0}")]
    Randomness(getrandom::Error),
}

/// Result of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Done,
    NothingDue,
    /// Nothing can be sent now: the server is away, or the program failed.
    Pause,
}

impl Postman {
    /// # Errors
    /// The sender's address is not valid, or there is no randomness.
    pub fn new(app: Arc<SiteState>, limits: Limits) -> Result<Self, MailError> {
        let office = office(&app, limits)?;
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(MailError::Randomness)?;
        Ok(Self {
            app,
            office,
            lease: BASE64.encode(bytes),
            leased_for: limits.lease(),
            is_away: false,
            digest: None,
            housekept_at: None,
            asked_at: None,
            waiting: 0,
        })
    }

    /// Runs until `stop` is done; a mail that is being sent then is finished.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut pause = Duration::ZERO;
        let mut database_is_away = false;
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = time::sleep(pause) => {}
            }
            let step = self.turn().await;
            if let Err(error) = &step
                && !database_is_away
            {
                tracing::error!("the outbox cannot be read: {error}");
            }
            database_is_away = step.is_err();
            pause = match step {
                Ok(Step::Done) => Duration::ZERO,
                Ok(Step::NothingDue) => POLL,
                Ok(Step::Pause) | Err(_) => AWAY,
            };
        }
        if let Some(office) = &mut self.office {
            office.courier.rest().await;
        }
    }

    /// Sends all due mails, or as many as the server accepts.
    ///
    /// # Errors
    /// The database is away.
    pub async fn round(&mut self) -> Result<(), StoreError> {
        while self.turn().await? == Step::Done {}
        Ok(())
    }

    /// Sends the next mail. A fault of the program must not end the worker.
    async fn turn(&mut self) -> Result<Step, StoreError> {
        caught(self.step()).await.unwrap_or_else(|Panicked| {
            tracing::error!("the outbox failed because of a fault of the program; it goes on later");
            Ok(Step::Pause)
        })
    }

    async fn step(&mut self) -> Result<Step, StoreError> {
        self.keep_house().await?;
        let now = self.app.clock.now();
        let Some(office) = &mut self.office else {
            self.tell_what_waits().await?;
            return Ok(Step::NothingDue);
        };
        let Some(mail) = self.app.store.claim_mail(&self.lease, now, now + self.leased_for).await? else {
            office.courier.rest().await;
            return Ok(Step::NothingDue);
        };
        let sent = caught(send(&self.app, office, &self.lease, &mail)).await;
        let sent =
            sent.unwrap_or_else(|Panicked| Err(Undelivered::Later("a fault of the program, see its log".into())));
        let (outcome, step) = match sent {
            Ok(None) => return Ok(Step::Done),
            Ok(Some(outcome)) => (outcome, Step::Done),
            Err(undelivered) => self.undelivered(&mail, undelivered),
        };
        if outcome == Outcome::Sent && std::mem::take(&mut self.is_away) {
            tracing::info!("the mail server takes mails again");
        }
        self.settle(&mail, outcome).await?;
        Ok(step)
    }

    /// Logs a mail that was not sent, and decides when it is tried again. A server that is away is logged once, not once
    /// for each mail.
    fn undelivered(&mut self, mail: &Outgoing, undelivered: Undelivered) -> (Outcome, Step) {
        let (reason, is_final, step) = match undelivered {
            Undelivered::Server(reason) => (reason, false, Step::Pause),
            Undelivered::Later(reason) => (reason, false, Step::Done),
            Undelivered::Never(reason) => (reason, true, Step::Done),
        };
        let (id, kind) = (mail.id, mail.kind.as_str());
        if step != Step::Pause {
            tracing::warn!("mail {id} ({kind}) was not taken: {reason}");
        } else if !std::mem::replace(&mut self.is_away, true) {
            tracing::warn!("the mail server takes nothing, so mails wait: {reason}");
        }
        let now = self.app.clock.now();
        let again = delivery::again(mail.attempts, mail.first_attempt_at, now).filter(|_| !is_final);
        let Some(at) = again else {
            tracing::error!("mail {id} ({kind}) is given up: {reason}");
            return (Outcome::GivenUp(reason), step);
        };
        (Outcome::Again { at, reason }, step)
    }

    /// Stores the outcome. Retries for about a minute, so that a restart of the database does not cause a second sending
    /// of a mail that the server has accepted.
    async fn settle(&self, mail: &Outgoing, outcome: Outcome) -> Result<(), StoreError> {
        const LONGEST_PAUSE: Duration = Duration::from_secs(30);
        let mut pause = Duration::from_millis(200);
        self.app.metrics.mailed(match outcome {
            Outcome::Sent => Attempt::Sent,
            Outcome::Dropped(_) => Attempt::NotNeeded,
            Outcome::Again { .. } => Attempt::PutOff,
            Outcome::GivenUp(_) => Attempt::GivenUp,
        });
        loop {
            let settled = self.app.store.settle_mail(mail.id, &self.lease, &outcome, self.app.clock.now()).await;
            if settled.is_ok() || pause > LONGEST_PAUSE {
                return settled;
            }
            time::sleep(pause).await;
            pause *= 2;
        }
    }

    /// Queues due digests and deletes old rows.
    async fn keep_house(&mut self) -> Result<(), StoreError> {
        let now = self.app.clock.now();
        self.queue_due_digest(now).await?;
        if !self.asked_at.is_some_and(|at| (at..at + ASKING).contains(&now)) {
            // Before the work: where it fails, it must not hold up every mail.
            self.asked_at = Some(now);
            self.app.store.ask_those_who_wait(now).await?;
        }
        // A last run in the future means that the clock was wrong.
        if self.housekept_at.is_some_and(|at| (at..at + HOUSEKEEPING).contains(&now)) {
            return Ok(());
        }
        self.housekept_at = Some(now);
        let confirmation = SignedDuration::from_hours(24 * CONFIRMATION_DAYS);
        self.app.store.tidy_mail(now, confirmation, author_is_told(&self.app)).await?;
        self.waiting = 0;
        Ok(())
    }

    /// Logs that mails wait for a server that is not set: when the first one does, and every hour.
    async fn tell_what_waits(&mut self) -> Result<(), StoreError> {
        let before =
            std::mem::replace(&mut self.waiting, self.app.store.count_waiting_mails(author_is_told(&self.app)).await?);
        if before == 0 && self.waiting > 0 {
            let waiting = counted(usize::try_from(self.waiting).unwrap_or(0), "mail waits", "mails wait");
            tracing::warn!("{waiting} in the outbox: INSTEP_SMTP_URL is not set");
        }
        Ok(())
    }

    async fn queue_due_digest(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let site = &self.app.config.site;
        let (Some(rhythm), Some(_), Some(_)) = (site.notices.digest, &site.author.email, &self.office) else {
            return Ok(());
        };
        let Some((due, _)) = delivery::digest_due(rhythm, now, &site.time_zone) else { return Ok(()) };
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

/// Composes a mail and hands it to the server. Returns its outcome; none if it is stored already.
async fn send(app: &SiteState, office: &mut Office, lease: &str, mail: &Outgoing) -> Result<Option<Outcome>, Undelivered> {
    let interrupted = |error: StoreError| Undelivered::Later(error.to_string());
    match compose::compose(app, mail).await.map_err(interrupted)? {
        Composed::Audience(audience) => {
            let now = app.clock.now();
            app.store.tell_audience(mail, lease, &audience, now).await.map_err(interrupted)?;
            Ok(None)
        }
        Composed::Nothing(reason) => Ok(Some(Outcome::Dropped(reason.to_owned()))),
        Composed::Failed(reason) => Err(Undelivered::Later(reason)),
        Composed::Letter(letter) => {
            let id = compose::message_id(app, mail);
            let message = office.stationery.write(*letter, &id, mail.created_at).map_err(Undelivered::Never)?;
            office.courier.deliver(&message).await?;
            Ok(Some(Outcome::Sent))
        }
    }
}

/// Sign that some work has panicked. Its message is in the log already.
struct Panicked;

/// Runs `work`, and catches its panic.
async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut work = pin!(work);
    future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}

/// Sends one mail to an address without the outbox, so that the operator sees the server's reply.
///
/// # Errors
/// The setting that is missing, or the server's reply.
pub async fn send_test(app: &SiteState, to: &str) -> Result<(), String> {
    let office = office(app, Limits::default()).map_err(|error| error.to_string())?;
    let mut office = office.ok_or("there is no mail server: set INSTEP_SMTP_URL and INSTEP_MAIL_FROM")?;
    let now = app.clock.now();
    let letter = compose::test(app, to)?;
    let message = office.stationery.write(letter, &format!("test.{}", now.as_millisecond()), now)?;
    let delivered = office.courier.deliver(&message).await;
    office.courier.rest().await;
    delivered.map_err(|undelivered| match undelivered {
        Undelivered::Server(reason) | Undelivered::Later(reason) | Undelivered::Never(reason) => reason,
    })
}

fn office(app: &SiteState, limits: Limits) -> Result<Option<Office>, MailError> {
    let site = &app.config.site;
    let Some(mail) = &app.config.mail else { return Ok(None) };
    let url = url::Url::parse(&site.base_url).ok();
    let host = url.as_ref().and_then(url::Url::host_str).unwrap_or("localhost");
    let stationery = Stationery::new(&mail.from, &site.title, host).map_err(MailError::From)?;
    // An IP address is not a name for the SMTP greeting.
    let name = url.as_ref().and_then(url::Url::domain).map(str::to_owned);
    Ok(Some(Office { courier: Courier::new(mail.server.clone(), name, limits), stationery }))
}

/// True if the author gets a mail for each comment.
fn author_is_told(app: &SiteState) -> bool {
    app.config.site.notices.of_each && app.config.site.author.email.is_some()
}
