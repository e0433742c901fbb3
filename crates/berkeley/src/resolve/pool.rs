//! The helper threads on which blocking lookups run, so that whoever asks may stop waiting.
//!
//! A lookup cannot be cut short; who waits for it can be let go. At most so many threads hang in lookups; what is asked
//! beyond them queues, each under its own deadline. Threads are kept for the next lookup, and end when none comes.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::socket::Deadline;
use crate::sys::signal;

/// Helper threads for work that gives a `T`.
pub(super) struct Pool<T: 'static> {
    /// The most threads there are at a time.
    most: usize,
    /// How long a thread waits for more work before it ends.
    patience: Duration,
    state: Mutex<State<T>>,
    work: Condvar,
}

struct State<T> {
    queue: VecDeque<Job<T>>,
    threads: usize,
    /// How many of the threads wait for work.
    idle: usize,
}

struct Job<T> {
    work: Box<dyn FnOnce() -> T + Send>,
    slot: Arc<Slot<T>>,
}

/// Where the answer is put and fetched.
struct Slot<T> {
    state: Mutex<Answer<T>>,
    given: Condvar,
}

enum Answer<T> {
    /// Nothing yet; whom to wake, where it is awaited and not waited for.
    Expected(Option<Waker>),
    Given(T),
    /// Nobody wants it any more, or it has been fetched.
    Unwanted,
}

/// The right to one answer. Dropping it lets go of the work: what has not begun never does, and a late answer goes.
pub(super) struct Ticket<T: 'static> {
    pool: &'static Pool<T>,
    slot: Arc<Slot<T>>,
}

impl<T: Send> Pool<T> {
    pub(super) const fn new(most: usize, patience: Duration) -> Self {
        let state = State { queue: VecDeque::new(), threads: 0, idle: 0 };
        Self { most, patience, state: Mutex::new(state), work: Condvar::new() }
    }

    /// Has `work` done by a thread that is free, by a new one, or in its turn.
    ///
    /// Fails where there is no thread and none can be made.
    pub(super) fn submit(&'static self, work: impl FnOnce() -> T + Send + 'static) -> io::Result<Ticket<T>> {
        let slot = Arc::new(Slot { state: Mutex::new(Answer::Expected(None)), given: Condvar::new() });
        let mut state = self.lock();
        state.queue.push_back(Job { work: Box::new(work), slot: Arc::clone(&slot) });
        if state.idle >= state.queue.len() {
            self.work.notify_one();
        } else if state.threads < self.most {
            match thread::Builder::new().name("resolve".to_owned()).spawn(|| self.serve()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => {
                    state.queue.pop_back();
                    return Err(error);
                }
                // Those there are will come to it.
                Err(_) => {}
            }
        }
        Ok(Ticket { pool: self, slot })
    }

    /// What a thread does. Signals are for the program's own threads, whose waits they are to interrupt.
    fn serve(&self) {
        signal::block_all();
        while let Some(Job { work, slot }) = self.next_job() {
            slot.give(work());
        }
    }

    /// The next job; `None` when none has come for so long that the thread ends.
    fn next_job(&self) -> Option<Job<T>> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.queue.pop_front() {
                return Some(job);
            }
            state.idle += 1;
            let waited = self.work.wait_timeout(state, self.patience);
            let (woken, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if timeout.timed_out() && state.queue.is_empty() {
                state.threads -= 1;
                return None;
            }
        }
    }
}

impl<T> Pool<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, Answer<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, answer: T) {
        let mut state = self.lock();
        if let Answer::Expected(waker) = &mut *state {
            let waker = waker.take();
            *state = Answer::Given(answer);
            drop(state);
            self.given.notify_one();
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

impl<T> Ticket<T> {
    /// Waits for the answer; `None` where the deadline has passed first.
    pub(super) fn wait(self, deadline: Deadline) -> Option<T> {
        let expected = |answer: &mut Answer<T>| matches!(answer, Answer::Expected(_));
        let state = self.slot.lock();
        let given = &self.slot.given;
        let mut state = match deadline.remaining() {
            None => given.wait_while(state, expected).unwrap_or_else(PoisonError::into_inner),
            Some(left) => {
                given.wait_timeout_while(state, left, expected).unwrap_or_else(PoisonError::into_inner).0
            }
        };
        state.take()
    }

    /// The answer if it is there; else it wakes whom `context` names, once it is.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<T> {
        let mut state = self.slot.lock();
        if let Some(answer) = state.take() {
            return Poll::Ready(answer);
        }
        if let Answer::Expected(waker) = &mut *state {
            *waker = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

impl<T> Answer<T> {
    fn take(&mut self) -> Option<T> {
        if !matches!(self, Self::Given(_)) {
            return None;
        }
        match std::mem::replace(self, Self::Unwanted) {
            Self::Given(answer) => Some(answer),
            Self::Expected(_) | Self::Unwanted => None,
        }
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        *self.slot.lock() = Answer::Unwanted;
        self.pool.lock().queue.retain(|job| !Arc::ptr_eq(&job.slot, &self.slot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread::ThreadId;
    use std::time::Instant;

    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(50);

    fn pool<T: Send>(most: usize, patience: Duration) -> &'static Pool<T> {
        Box::leak(Box::new(Pool::new(most, patience)))
    }

    fn soon() -> Deadline {
        Deadline::after(LONG)
    }

    /// A lookup that has said that it has begun, and hangs until it is told to end or its other end is dropped.
    struct Hanging {
        ticket: Ticket<u32>,
        end: Sender<()>,
    }

    fn hang(pool: &'static Pool<u32>, begun: &Sender<()>) -> Hanging {
        let (end, until) = channel::<()>();
        let begun = begun.clone();
        let work = move || {
            let _ = begun.send(());
            let _ = until.recv_timeout(LONG);
            7
        };
        Hanging { ticket: pool.submit(work).unwrap(), end }
    }

    fn hang_all(pool: &'static Pool<u32>, count: usize) -> Vec<Hanging> {
        let (begun, signal): (Sender<()>, Receiver<()>) = channel();
        let hanging: Vec<Hanging> = (0..count).map(|_| hang(pool, &begun)).collect();
        for _ in 0..count {
            signal.recv_timeout(LONG).unwrap();
        }
        hanging
    }

    /// Waits until the pool has `want` threads; they end by themselves.
    fn await_threads<T>(pool: &Pool<T>, want: usize) {
        let end = Instant::now() + LONG;
        while pool.lock().threads != want {
            assert!(Instant::now() < end, "{} threads, not {want}", pool.lock().threads);
            thread::yield_now();
        }
    }

    #[test]
    fn the_33rd_of_hanging_lookups_times_out_in_the_queue_under_its_own_deadline() {
        let pool = pool(32, SHORT);
        let hanging = hang_all(pool, 32);
        let start = Instant::now();
        let late = pool.submit(|| 33).unwrap();
        assert_eq!(pool.lock().threads, 32, "no thread more");
        assert_eq!(late.wait(Deadline::after(SHORT)), None);
        assert!(start.elapsed() >= SHORT);
        assert!(pool.lock().queue.is_empty(), "nobody waits for it: it is asked no more");

        // The next in the queue is served as soon as one thread is free.
        let next = pool.submit(|| 34).unwrap();
        let mut hanging = hanging;
        hanging.pop().unwrap().end.send(()).unwrap();
        assert_eq!(next.wait(soon()), Some(34));
        for Hanging { ticket, end } in hanging {
            end.send(()).unwrap();
            assert_eq!(ticket.wait(soon()), Some(7));
        }
        await_threads(pool, 0);
    }

    #[test]
    fn a_thread_is_used_again_and_ends_when_nothing_comes() {
        let patient = pool::<ThreadId>(32, LONG);
        let mut seen = HashSet::new();
        for _ in 0..50 {
            let ticket = patient.submit(|| thread::current().id()).unwrap();
            seen.insert(ticket.wait(soon()).unwrap());
            // The answer is given just before the thread is idle again.
            while patient.lock().idle == 0 {
                thread::yield_now();
            }
        }
        assert_eq!((seen.len(), patient.lock().threads), (1, 1));

        let hasty = pool(32, Duration::ZERO);
        drop(hang_all(hasty, 3));
        await_threads(hasty, 0);
        assert_eq!(hasty.submit(|| 5).unwrap().wait(soon()), Some(5), "and comes back when something does");
    }

    #[test]
    fn a_late_answer_that_nobody_wants_is_dropped() {
        let pool = pool::<Arc<()>>(1, LONG);
        let (begun, begins) = channel();
        let (end, until) = channel::<()>();
        let witness = Arc::new(());
        let late = Arc::clone(&witness);
        let work = move || {
            let _ = begun.send(());
            let _ = until.recv_timeout(LONG);
            late
        };
        let ticket = pool.submit(work).unwrap();
        begins.recv_timeout(LONG).unwrap();
        assert!(ticket.wait(Deadline::after(Duration::ZERO)).is_none());
        end.send(()).unwrap();
        // The one thread gets to this only after the other.
        drop(pool.submit(|| Arc::new(())).unwrap().wait(soon()).unwrap());
        assert_eq!(Arc::strong_count(&witness), 1);
    }

    #[test]
    fn what_is_dropped_before_it_begins_never_does() {
        let pool = pool(1, LONG);
        let mut hanging = hang_all(pool, 1);
        let (told, tells) = channel();
        let dropped = pool.submit(move || told.send(()).map_or(0, |()| 1)).unwrap();
        drop(dropped);
        hanging.pop().unwrap().end.send(()).unwrap();
        assert_eq!(pool.submit(|| 2).unwrap().wait(soon()), Some(2));
        assert!(tells.try_recv().is_err());
    }

    #[test]
    fn no_signal_goes_to_a_helper() {
        let blocked = || {
            let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
            let mask =
                status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap().trim().to_owned();
            u64::from_str_radix(&mask, 16).unwrap()
        };
        let mask = pool(1, LONG).submit(blocked).unwrap().wait(soon()).unwrap();
        // SIGHUP, SIGINT, SIGUSR1, SIGALRM, SIGTERM, SIGCHLD: a bit each, from 1.
        for signal in [1, 2, 10, 14, 15, 17] {
            assert_ne!(mask & (1 << (signal - 1)), 0, "signal {signal}");
            assert_eq!(blocked() & (1 << (signal - 1)), 0, "of this thread, signal {signal}");
        }
    }

    #[test]
    fn who_awaits_is_woken() {
        struct Tell(Mutex<Sender<()>>);
        impl std::task::Wake for Tell {
            fn wake(self: Arc<Self>) {
                let _ = self.0.lock().unwrap().send(());
            }
        }
        let (teller, told) = channel();
        let waker = Waker::from(Arc::new(Tell(Mutex::new(teller))));
        let Hanging { ticket, end } = hang_all(pool(1, LONG), 1).pop().unwrap();
        assert_eq!(ticket.poll(&Context::from_waker(&waker)), Poll::Pending);
        end.send(()).unwrap();
        told.recv_timeout(LONG).unwrap();
        assert_eq!(ticket.poll(&Context::from_waker(&waker)), Poll::Ready(7));
    }
}
