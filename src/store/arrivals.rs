//! Comments on their way to the disk. Those that arrive while others are being written go together in the next
//! transaction, so that they share its wait for the disk ("group commit"); each is still there before it is answered.
//! What is written, and how, is not known here.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::{
    Store, StoreError,
    adding::{Added, Sent},
};

/// Comments of one transaction. A bigger one would save next to nothing, and the first in it waits for the last.
const MOST_TOGETHER: usize = 64;

/// One that waits to be written, and where its answer goes.
struct Arrival {
    sent: Sent,
    answer: oneshot::Sender<Result<Added, StoreError>>,
}

/// Who waits. Cheap to clone.
#[derive(Clone, Default)]
pub struct Arrivals(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    arrivals: VecDeque<Arrival>,
    /// Somebody writes, and will look here again before going.
    are_served: bool,
}

impl std::fmt::Debug for Arrivals {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Arrivals({} waiting)", self.lock().arrivals.len())
    }
}

impl Arrivals {
    /// Whether the caller must see to it that somebody writes.
    fn push(&self, arrival: Arrival) -> bool {
        let mut waiting = self.lock();
        waiting.arrivals.push_back(arrival);
        !std::mem::replace(&mut waiting.are_served, true)
    }

    /// The next to be written together; when there are none, the caller goes.
    fn take(&self) -> Vec<Arrival> {
        let mut waiting = self.lock();
        let count = waiting.arrivals.len().min(MOST_TOGETHER);
        waiting.are_served = count > 0;
        waiting.arrivals.drain(..count).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that could panic runs while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever breaks down while writing leaves the place to the next.
struct Serving(Arrivals);

impl Drop for Serving {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().are_served = false;
        }
    }
}

impl Store {
    /// Stores a comment after its verdict. On disk when this returns [`Added::Stored`]. Once asked for, it is done,
    /// whether or not the caller waits for the answer.
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

/// Writes until nobody waits.
async fn serve(store: Store) {
    let serving = Serving(store.arrivals().clone());
    loop {
        let (sent, answers): (Vec<Sent>, Vec<_>) =
            serving.0.take().into_iter().map(|arrival| (arrival.sent, arrival.answer)).unzip();
        if sent.is_empty() {
            return;
        }
        for (answer, added) in answers.into_iter().zip(store.add_together(&sent).await) {
            // Who does not wait any more does not need it.
            let _ = answer.send(added);
        }
    }
}
