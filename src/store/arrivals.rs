//! Queue of comments that wait to be written. Comments that arrive while others are being written go together into the
//! next transaction, so that they share one wait for the disk ("group commit"); each is on disk before its request is
//! answered. This module does not know what is written, or how.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::{
    Store, StoreError,
    adding::{Added, Sent},
};

/// Most comments in one transaction. A bigger one saves next to nothing, and its first comment waits for its last.
const MOST_TOGETHER: usize = 64;

/// A comment that waits to be written, and the channel for its result.
struct Arrival {
    sent: Sent,
    answer: oneshot::Sender<Result<Added, StoreError>>,
}

/// Queue of comments that wait. Cheap to clone.
#[derive(Clone, Default)]
pub struct Arrivals(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    arrivals: VecDeque<Arrival>,
    /// True if a task is writing; it looks at the queue again before it ends.
    are_served: bool,
}

impl std::fmt::Debug for Arrivals {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Arrivals({} waiting)", self.lock().arrivals.len())
    }
}

impl Arrivals {
    /// Adds a comment. True if the caller must start a task that writes.
    fn push(&self, arrival: Arrival) -> bool {
        let mut waiting = self.lock();
        waiting.arrivals.push_back(arrival);
        !std::mem::replace(&mut waiting.are_served, true)
    }

    /// Takes the next comments to be written together; if there are none, the caller ends.
    fn take(&self) -> Vec<Arrival> {
        let mut waiting = self.lock();
        let count = waiting.arrivals.len().min(MOST_TOGETHER);
        waiting.are_served = count > 0;
        waiting.arrivals.drain(..count).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // No code that can panic runs while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Stores a comment after its verdict. It is on disk when this returns [`Added::Stored`]. It is stored even if the
    /// caller stops waiting.
    ///
    /// # Errors
    /// The database is away or full; nothing was stored.
    pub async fn add_comment(&self, sent: &Sent) -> Result<Added, StoreError> {
        let (answer, answered) = oneshot::channel();
        if self.arrivals().push(Arrival { sent: sent.clone(), answer }) {
            tokio::spawn(serve(self.clone()));
        }
        answered.await.unwrap_or(Err(StoreError::Interrupted))
    }
}

/// Writes until the queue is empty.
async fn serve(store: Store) {
    loop {
        let (sent, answers): (Vec<Sent>, Vec<_>) =
            store.arrivals().take().into_iter().map(|arrival| (arrival.sent, arrival.answer)).unzip();
        if sent.is_empty() {
            return;
        }
        // In a task of its own: if it panics, these comments are lost, and the next ones are still stored.
        let writing = store.clone();
        let Ok(added) = tokio::spawn(async move { writing.add_together(&sent).await }).await else { continue };
        for (answer, added) in answers.into_iter().zip(added) {
            // An error means that the caller no longer waits.
            let _ = answer.send(added);
        }
    }
}
