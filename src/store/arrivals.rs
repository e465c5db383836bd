//! Queue of comments that wait to be written. Comments that arrive while others are being written go together into the
//! next transaction, so that they share one wait for the disk ("group commit"); each is on disk before its request is
//! answered.

use std::sync::Arc;

use tokio::sync::{
    Mutex,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    oneshot,
};

use super::{Added, Result, Sent, Store, StoreError};
use crate::domain::limits::COMMENTS_A_TRANSACTION;

/// A comment that waits to be written, and the channel for its result.
#[derive(Debug)]
struct Arrival {
    sent: Sent,
    answer: oneshot::Sender<Result<Added>>,
}

/// Queue of comments that wait. Its end is locked by the task that writes. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    queue: UnboundedSender<Arrival>,
    waiting: Arc<Mutex<UnboundedReceiver<Arrival>>>,
}

impl Arrivals {
    pub fn new() -> Self {
        let (queue, waiting) = unbounded_channel();
        Self { queue, waiting: Arc::new(Mutex::new(waiting)) }
    }
}

impl Store {
    /// Stores a comment after its verdict. It is on disk when this returns [`Added::Stored`]. It is stored even if the
    /// caller stops waiting.
    ///
    /// # Errors
    /// The database is away or full; nothing was stored.
    pub async fn add_comment(&self, sent: &Sent) -> Result<Added> {
        let (answer, result) = oneshot::channel();
        let arrival = Arrival { sent: sent.clone(), answer };
        self.arrivals.queue.send(arrival).map_err(|_| StoreError::Interrupted)?;
        tokio::spawn(write_waiting(self.clone()));
        result.await.unwrap_or(Err(StoreError::Interrupted))
    }
}

/// Writes the comments that wait. Each comment starts such a task, so that one follows even if this one panics; most of
/// them find that their comment was written together with others.
async fn write_waiting(store: Store) {
    let mut waiting = store.arrivals.waiting.lock().await;
    let (mut all, mut answers) = (Vec::new(), Vec::new());
    while all.len() < COMMENTS_A_TRANSACTION
        && let Ok(Arrival { sent, answer }) = waiting.try_recv()
    {
        all.push(sent);
        answers.push(answer);
    }
    if all.is_empty() {
        return;
    }
    for (answer, added) in answers.into_iter().zip(store.add_together(&all).await) {
        // An error means that the caller no longer waits.
        let _ = answer.send(added);
    }
}
