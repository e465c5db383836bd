//! Parallel work on many files, on as many threads as are worth it.

use std::{num::NonZero, panic, sync::LazyLock, thread};

/// Most threads; reading a folder must not take all cores of a large machine.
const MOST_THREADS: usize = 8;
/// Threads that the machine has cores for. Asked once: the answer takes reading three files of the system.
static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));
/// Fewest items for a thread. Fewer are done before it has started.
const FEWEST_ITEMS: usize = 8;

/// Does the work for each item, and returns the results in order. A panic in one is a panic here.
pub(super) fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = CORES.min(MOST_THREADS).min(items.len() / FEWEST_ITEMS);
    if threads < 2 {
        return items.into_iter().map(work).collect();
    }
    let length = items.len().div_ceil(threads);
    let mut parts = Vec::with_capacity(threads);
    let mut items = items.into_iter();
    for _ in 0..threads {
        parts.push(items.by_ref().take(length).collect::<Vec<T>>());
    }
    let work = &work;
    thread::scope(|scope| {
        let started = parts.into_iter().map(|part| scope.spawn(move || part.into_iter().map(work).collect()));
        let started: Vec<thread::ScopedJoinHandle<Vec<R>>> = started.collect();
        let done = |thread: thread::ScopedJoinHandle<Vec<R>>| match thread.join() {
            Ok(results) => results,
            Err(panic) => panic::resume_unwind(panic),
        };
        started.into_iter().flat_map(done).collect()
    })
}

/// Runs two functions in parallel. A panic in either is a panic here.
pub(super) fn join<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        match one.join() {
            Ok(one) => (one, other),
            Err(panic) => panic::resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        for count in [0, 1, 7, 16, 17, 1_000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(map(items, |item| item * 2), doubled, "{count}");
        }
    }

    #[test]
    #[should_panic(expected = "this one")]
    fn a_panic_in_a_thread_is_a_panic_of_the_caller() {
        map((0..100).collect(), |item| assert!(item != 77, "this one"));
    }
}
