//! The helper threads on which blocking lookups run, so that the caller may stop waiting.
//!
//! A lookup cannot be cut short, but those who wait for it can leave. At most so many threads hang in lookups; what is
//! asked beyond them queues, each under its own deadline. Threads are kept for the next lookup, and end when none
//! comes.
//!
//! Those who ask the same question while it is being answered share one lookup: many who wait for a name that no server
//! answers take one thread, not all.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::slot::{Lost, Origin, Slot, Ticket};
use crate::sys::{process, signal};

/// The most threads that hang in lookups at a time, for each direction.
const MOST: usize = 32;

/// How long a thread waits for another lookup before it ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// Helper threads for questions `K`, each of which has an answer `T`.
pub(super) struct Pool<K: 'static, T: 'static> {
    /// The most threads there are at a time.
    most: usize,
    /// How long a thread waits for more work before it ends.
    patience: Duration,
    /// The process whose threads these are: a child after fork(2) has none of them.
    process: u64,
    state: Mutex<State<K, T>>,
    work: Condvar,
}

struct State<K, T> {
    queue: VecDeque<Job<K, T>>,
    /// The questions that are queued or being answered.
    asked: HashMap<K, Arc<Slot<T>>>,
    threads: usize,
    /// How many of the threads wait for work.
    idle: usize,
}

struct Job<K, T> {
    question: K,
    work: Box<dyn FnOnce() -> T + Send>,
    slot: Arc<Slot<T>>,
}

impl<K: Clone + Eq + Hash + Send, T: Send + Sync> Pool<K, T> {
    /// The pool that lookups of one direction share.
    pub(super) fn of_lookups() -> Self {
        Self::new(MOST, PATIENCE)
    }

    fn new(most: usize, patience: Duration) -> Self {
        let state = State { queue: VecDeque::new(), asked: HashMap::new(), threads: 0, idle: 0 };
        Self {
            most,
            patience,
            process: process::incarnation(),
            state: Mutex::new(state),
            work: Condvar::new(),
        }
    }

    /// Has `work`, which answers `question`, done by a thread that is free, by a new one, or in its turn; or shares the
    /// answer of the one who has asked the same.
    ///
    /// Fails where there is no thread and none can be made.
    pub(super) fn submit(
        &'static self,
        question: K,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Ticket<T>> {
        let mut state = self.lock();
        if let Some(slot) = state.asked.get(&question) {
            return Ok(Ticket::new(self, slot));
        }
        let slot = Arc::new(Slot::new());
        let job = Job { question: question.clone(), work: Box::new(work), slot: Arc::clone(&slot) };
        state.queue.push_back(job);
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
        let ticket = Ticket::new(self, &slot);
        state.asked.insert(question, slot);
        Ok(ticket)
    }

    /// What a thread does. Signals are for the program's own threads, whose waits they are to interrupt.
    fn serve(&self) {
        signal::block_all();
        while let Some(Job { question, work, slot }) = self.next_job() {
            let answer = catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
                // Its destructor might panic in turn.
                std::mem::forget(payload);
                Lost::Panicked
            });
            // From here on nobody joins those who wait for this answer.
            self.lock().asked.remove(&question);
            slot.give(answer);
        }
    }

    /// The next job; `None` when none has come for so long that the thread ends.
    fn next_job(&self) -> Option<Job<K, T>> {
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

impl<K, T> Pool<K, T> {
    fn lock(&self) -> MutexGuard<'_, State<K, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Send, T: Send + Sync> Origin<T> for Pool<K, T> {
    fn is_alive(&self) -> bool {
        self.process == process::incarnation()
    }

    fn leave(&self, slot: &Arc<Slot<T>>) {
        let mut state = self.lock();
        if slot.leave() > 0 {
            return;
        }
        let Some(at) = state.queue.iter().position(|job| Arc::ptr_eq(&job.slot, slot)) else { return };
        let job = state.queue.remove(at);
        if let Some(job) = &job {
            state.asked.remove(&job.question);
        }
        drop(state);
        // What it holds goes without the lock.
        drop(job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::Deadline;
    use crate::sys::process::{PerProcess, holds_in_a_child};
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::task::{Context, Poll, Waker};
    use std::thread::ThreadId;
    use std::time::Instant;

    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(50);

    fn pool<T: Send + Sync>(most: usize, patience: Duration) -> &'static Pool<u32, T> {
        Box::leak(Box::new(Pool::new(most, patience)))
    }

    /// A question that nobody else asks.
    fn another() -> u32 {
        static ASKED: AtomicU32 = AtomicU32::new(1000);
        ASKED.fetch_add(1, Ordering::Relaxed)
    }

    impl<T: Send + Sync> Pool<u32, T> {
        /// As [`submit`](Self::submit), shared with nobody.
        fn ask(&'static self, work: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
            self.submit(another(), work).unwrap()
        }
    }

    /// The answer, copied out.
    fn answer<T: Copy>(ticket: Ticket<T>, deadline: Deadline) -> Result<T, Lost> {
        ticket.wait(deadline).map(|answer| *answer)
    }

    fn soon() -> Deadline {
        Deadline::after(LONG)
    }

    /// A lookup that has said that it has begun, and hangs until it is told to end or its other end is dropped.
    struct Hanging {
        ticket: Ticket<u32>,
        end: Sender<()>,
    }

    fn hang(pool: &'static Pool<u32, u32>, question: u32, begun: &Sender<()>) -> Hanging {
        let (end, until) = channel::<()>();
        let begun = begun.clone();
        let work = move || {
            let _ = begun.send(());
            let _ = until.recv_timeout(LONG);
            7
        };
        Hanging { ticket: pool.submit(question, work).unwrap(), end }
    }

    fn hang_all(pool: &'static Pool<u32, u32>, count: usize) -> Vec<Hanging> {
        let (begun, signal): (Sender<()>, Receiver<()>) = channel();
        let hanging: Vec<Hanging> = (0..count).map(|_| hang(pool, another(), &begun)).collect();
        for _ in 0..count {
            signal.recv_timeout(LONG).unwrap();
        }
        hanging
    }

    /// Waits until the pool has `want` threads; they end by themselves.
    fn await_threads<T>(pool: &Pool<u32, T>, want: usize) {
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
        let late = pool.ask(|| 33);
        assert_eq!(pool.lock().threads, 32, "no thread more");
        assert_eq!(answer(late, Deadline::after(SHORT)), Err(Lost::Late));
        assert!(start.elapsed() >= SHORT);
        assert!(pool.lock().queue.is_empty(), "nobody waits for it: it is asked no more");
        assert_eq!(pool.lock().asked.len(), 32);

        // The next in the queue is served as soon as one thread is free.
        let next = pool.ask(|| 34);
        let mut hanging = hanging;
        hanging.pop().unwrap().end.send(()).unwrap();
        assert_eq!(answer(next, soon()), Ok(34));
        for Hanging { ticket, end } in hanging {
            end.send(()).unwrap();
            assert_eq!(answer(ticket, soon()), Ok(7));
        }
        await_threads(pool, 0);
    }

    #[test]
    fn a_thread_is_used_again_and_ends_when_nothing_comes() {
        let patient = pool::<ThreadId>(32, LONG);
        let mut seen = HashSet::new();
        for _ in 0..50 {
            let ticket = patient.ask(|| thread::current().id());
            seen.insert(answer(ticket, soon()).unwrap());
            // The answer is given just before the thread is idle again.
            while patient.lock().idle == 0 {
                thread::yield_now();
            }
        }
        assert_eq!((seen.len(), patient.lock().threads), (1, 1));

        let hasty = pool(32, Duration::ZERO);
        drop(hang_all(hasty, 3));
        await_threads(hasty, 0);
        assert_eq!(answer(hasty.ask(|| 5), soon()), Ok(5), "and comes back when something does");
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
        let ticket = pool.ask(work);
        begins.recv_timeout(LONG).unwrap();
        assert!(ticket.wait(Deadline::after(Duration::ZERO)).is_err());
        end.send(()).unwrap();
        // The one thread gets to this only after the other.
        drop(pool.ask(|| Arc::new(())).wait(soon()).unwrap());
        assert_eq!(Arc::strong_count(&witness), 1);
    }

    #[test]
    fn what_is_dropped_before_it_begins_never_does() {
        let pool = pool(1, LONG);
        let mut hanging = hang_all(pool, 1);
        let (told, tells) = channel();
        let dropped = pool.ask(move || told.send(()).map_or(0, |()| 1));
        drop(dropped);
        hanging.pop().unwrap().end.send(()).unwrap();
        assert_eq!(answer(pool.ask(|| 2), soon()), Ok(2));
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
        let mask = answer(pool(1, LONG).ask(blocked), soon()).unwrap();
        // SIGHUP, SIGINT, SIGUSR1, SIGALRM, SIGTERM, SIGCHLD: a bit each, from 1.
        for signal in [1, 2, 10, 14, 15, 17] {
            assert_ne!(mask & (1 << (signal - 1)), 0, "signal {signal}");
            assert_eq!(blocked() & (1 << (signal - 1)), 0, "of this thread, signal {signal}");
        }
    }

    /// A waker that tells of its waking.
    fn teller() -> (Waker, Receiver<()>) {
        struct Tell(Mutex<Sender<()>>);
        impl std::task::Wake for Tell {
            fn wake(self: Arc<Self>) {
                let _ = self.0.lock().unwrap().send(());
            }
        }
        let (teller, told) = channel();
        (Waker::from(Arc::new(Tell(Mutex::new(teller)))), told)
    }

    #[test]
    fn all_who_await_are_woken() {
        let pool = pool(1, LONG);
        let (begun, begins) = channel();
        let Hanging { ticket, end } = hang(pool, 1, &begun);
        begins.recv_timeout(LONG).unwrap();
        let other = pool.submit(1, || unreachable!("it is being answered")).unwrap();
        let ((first, told), (second, told_too)) = (teller(), teller());
        assert!(ticket.poll(&Context::from_waker(&first)).is_pending());
        assert!(other.poll(&Context::from_waker(&second)).is_pending());
        end.send(()).unwrap();
        for (ticket, waker, told) in [(ticket, first, told), (other, second, told_too)] {
            told.recv_timeout(LONG).unwrap();
            assert_eq!(ticket.poll(&Context::from_waker(&waker)), Poll::Ready(Ok(Arc::new(7))));
        }
    }

    #[test]
    fn many_who_ask_for_a_dead_name_take_one_thread() {
        let pool = pool(32, SHORT);
        let (begun, begins) = channel();
        let mut hanging: Vec<Hanging> = (0..32).map(|_| hang(pool, 1, &begun)).collect();
        begins.recv_timeout(LONG).unwrap();
        assert_eq!(pool.lock().threads, 1);
        assert_eq!(
            answer(pool.submit(2, || 2).unwrap(), soon()),
            Ok(2),
            "another name is answered meanwhile"
        );

        // Each has its own deadline; the others go on waiting.
        let hasty = hanging.pop().unwrap();
        assert_eq!(answer(hasty.ticket, Deadline::after(SHORT)), Err(Lost::Late));
        // The first one's work is what hangs.
        hanging[0].end.send(()).unwrap();
        for Hanging { ticket, .. } in hanging {
            assert_eq!(answer(ticket, soon()), Ok(7));
        }
        assert!(begins.try_recv().is_err(), "asked once");
        assert!(pool.lock().asked.is_empty());
        assert_eq!(answer(pool.submit(1, || 8).unwrap(), soon()), Ok(8), "an answer is not kept");
    }

    #[test]
    fn one_that_all_have_left_is_shared_by_those_who_come() {
        let pool = pool(32, LONG);
        let (begun, begins) = channel();
        let Hanging { ticket, end } = hang(pool, 1, &begun);
        begins.recv_timeout(LONG).unwrap();
        for _ in 0..5 {
            let again = pool.submit(1, || unreachable!("it is being answered")).unwrap();
            assert_eq!(answer(again, Deadline::after(Duration::from_millis(1))), Err(Lost::Late));
        }
        drop(ticket);
        let last = pool.submit(1, || unreachable!("it is being answered")).unwrap();
        assert_eq!(pool.lock().threads, 1);
        end.send(()).unwrap();
        assert_eq!(answer(last, soon()), Ok(7));
    }

    #[test]
    fn the_last_to_leave_takes_a_queued_question_away() {
        let pool = pool(1, LONG);
        let mut hanging = hang_all(pool, 1);
        let (told, tells) = channel();
        let first = pool.submit(1, move || told.send(()).map_or(0, |()| 1)).unwrap();
        let second = pool.submit(1, || 2).unwrap();
        drop(first);
        assert_eq!(pool.lock().queue.len(), 1, "one is left who waits");
        drop(second);
        assert_eq!(pool.lock().queue.len(), 0);
        assert_eq!(pool.lock().asked.len(), 1);
        hanging.pop().unwrap().end.send(()).unwrap();
        assert_eq!(answer(pool.submit(1, || 3).unwrap(), soon()), Ok(3));
        assert!(tells.try_recv().is_err());
    }

    #[test]
    fn work_that_panics_answers_all_and_its_thread_goes_on() {
        let pool = pool(1, LONG);
        let mut hanging = hang_all(pool, 1);
        let panicking = || -> u32 { std::panic::resume_unwind(Box::new("a fault of the work")) };
        let tickets = [1, 1, 2].map(|question| pool.submit(question, panicking).unwrap());
        hanging.pop().unwrap().end.send(()).unwrap();
        for ticket in tickets {
            assert_eq!(answer(ticket, soon()), Err(Lost::Panicked));
        }
        assert_eq!(answer(pool.ask(|| 5), soon()), Ok(5));
        assert_eq!(pool.lock().threads, 1);
        assert_eq!(pool.lock().asked.len(), 0);
    }

    #[test]
    fn a_waker_that_panics_keeps_nobody_from_being_woken() {
        struct Panic;
        impl std::task::Wake for Panic {
            fn wake(self: Arc<Self>) {
                std::panic::resume_unwind(Box::new("a fault of the waker"));
            }
        }
        let pool = pool(1, LONG);
        let (begun, begins) = channel();
        let Hanging { ticket, end } = hang(pool, 1, &begun);
        begins.recv_timeout(LONG).unwrap();
        let other = pool.submit(1, || unreachable!("it is being answered")).unwrap();
        let (good, told) = teller();
        assert!(ticket.poll(&Context::from_waker(&Waker::from(Arc::new(Panic)))).is_pending());
        assert!(other.poll(&Context::from_waker(&good)).is_pending());
        end.send(()).unwrap();
        told.recv_timeout(LONG).unwrap();
        assert_eq!(answer(other, soon()), Ok(7));
        assert_eq!(answer(pool.ask(|| 5), soon()), Ok(5), "the thread goes on");
    }

    /// What was asked before fork(2) hangs in a thread that the child has not, and a thread that it has not either may
    /// hold the locks.
    #[test]
    fn a_child_has_threads_of_its_own_and_meets_no_lock_of_its_parents() {
        static POOL: PerProcess<Pool<u32, u32>> = PerProcess::new();
        let pool = || POOL.get(|| Pool::new(1, LONG));
        let parents = pool();
        let (begun, begins) = channel();
        let Hanging { ticket, end } = hang(parents, 1, &begun);
        begins.recv_timeout(LONG).unwrap();
        let mut tickets = Some((ticket, parents.submit(1, || 2).unwrap()));
        let (locked, locks) = channel();
        let (free, until) = channel::<()>();
        let holder = thread::spawn(move || {
            let held = parents.lock();
            locked.send(()).unwrap();
            until.recv_timeout(LONG).unwrap();
            drop(held);
        });
        locks.recv_timeout(LONG).unwrap();
        let held = holds_in_a_child(|| {
            let (waiting, dropped) = tickets.take().unwrap();
            drop(dropped);
            let begun_before = answer(waiting, Deadline::NEVER);
            begun_before == Err(Lost::Forked) && answer(pool().ask(|| 11), soon()) == Ok(11)
        });
        free.send(()).unwrap();
        holder.join().unwrap();
        end.send(()).unwrap();
        assert!(held);
    }
}
