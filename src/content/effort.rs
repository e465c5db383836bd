//! Work on one file: counted in bytes, and stopped at a deadline.

use std::{cell::Cell, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// Longest processor time for the text of one file. A limit in elapsed time would make posts disappear on a busy
/// machine. A text of a megabyte takes some 50 ms.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes between two looks at the clock: a few milliseconds at most.
const UNWATCHED: u64 = 1 << 16;

/// Work on one file. Each stage counts the bytes that it looks at, and stops after the deadline.
#[derive(Debug)]
pub struct Effort {
    steps: Cell<u64>,
    began: Duration,
    patience: Duration,
    is_late: Cell<bool>,
}

impl Effort {
    pub fn new(patience: Duration) -> Self {
        Self { steps: Cell::new(0), began: time_of_thread(), patience, is_late: Cell::new(false) }
    }

    /// Counts so many bytes. False after the deadline: the result so far is of no use.
    pub fn spend(&self, bytes: usize) -> bool {
        let before = self.steps.get();
        let steps = before.saturating_add(bytes as u64);
        self.steps.set(steps);
        if steps / UNWATCHED != before / UNWATCHED && self.is_late() {
            self.is_late.set(true);
        }
        !self.is_late.get()
    }

    /// True if the deadline has passed.
    pub fn is_late(&self) -> bool {
        self.is_late.get() || time_of_thread().saturating_sub(self.began) > self.patience
    }

    /// Number of bytes counted.
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }
}

/// Time that the processor has worked for this thread.
fn time_of_thread() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
