//! Where the answer of a lookup is put, and fetched by all who wait for it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::{Error, Operation};
use crate::socket::Deadline;

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The deadline has passed first.
    Late,
    /// What was to answer has panicked.
    Panicked,
    /// It was asked by the parent, before fork(2).
    Forked,
}

impl Lost {
    pub(super) fn into_error(self, operation: Operation) -> Error {
        match self {
            Self::Late => Error::timed_out(operation),
            Self::Panicked => Error::unexpected(operation, "the thread of the lookup panicked"),
            Self::Forked => {
                Error::invalid(operation, "the lookup began before fork(2), and its thread is the parent's")
            }
        }
    }
}

/// An answer, shared by those who wait for it.
pub(super) type Shared<T> = Result<Arc<T>, Lost>;

/// Where the answer is put and fetched.
pub(super) struct Slot<T> {
    state: Mutex<State<T>>,
    given: Condvar,
}

struct State<T> {
    answer: Option<Shared<T>>,
    /// How many hold a ticket.
    waiting: usize,
    /// How many tickets there have been.
    tickets: u64,
    /// Whom to wake, by the number of the ticket, where it is awaited and not waited for.
    wakers: BTreeMap<u64, Waker>,
}

impl<T> Slot<T> {
    pub(super) fn new() -> Self {
        let state = State { answer: None, waiting: 0, tickets: 0, wakers: BTreeMap::new() };
        Self { state: Mutex::new(state), given: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers all who wait.
    pub(super) fn give(&self, answer: Result<T, Lost>) {
        let mut state = self.lock();
        if state.waiting > 0 {
            state.answer = Some(answer.map(Arc::new));
        }
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.given.notify_all();
        for waker in wakers.into_values() {
            // The waker is foreign code; the others are to be woken whatever it does.
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
                std::mem::forget(payload);
            }
        }
    }

    /// One ticket fewer; gives how many there are left.
    pub(super) fn leave(&self) -> usize {
        let mut state = self.lock();
        state.waiting -= 1;
        state.waiting
    }
}

/// What a ticket needs of the pool that it came from.
pub(super) trait Origin<T>: Send + Sync {
    /// Whether the answer can still come: not in a child after fork(2), which has neither the threads nor, where one of
    /// them held it, the lock.
    fn is_alive(&self) -> bool;

    /// One leaves; the last of a question that is still queued takes it away. One that is being answered stays, to be
    /// shared by those who come.
    fn leave(&self, slot: &Arc<Slot<T>>);
}

/// The right to an answer, which others may share. Dropping it lets go of the work: what has not begun and nobody else
/// waits for never begins, and a late answer goes.
pub(super) struct Ticket<T: 'static> {
    pool: &'static dyn Origin<T>,
    slot: Arc<Slot<T>>,
    number: u64,
}

impl<T> Ticket<T> {
    /// A ticket for what is put into `slot`; made while the pool is locked.
    pub(super) fn new(pool: &'static dyn Origin<T>, slot: &Arc<Slot<T>>) -> Self {
        let mut state = slot.lock();
        state.waiting += 1;
        state.tickets += 1;
        let number = state.tickets;
        drop(state);
        Self { pool, slot: Arc::clone(slot), number }
    }

    /// Waits for the answer until `deadline`.
    pub(super) fn wait(self, deadline: Deadline) -> Shared<T> {
        if !self.pool.is_alive() {
            return Err(Lost::Forked);
        }
        let expected = |state: &mut State<T>| state.answer.is_none();
        let (state, given) = (self.slot.lock(), &self.slot.given);
        let state = match deadline.remaining() {
            None => given.wait_while(state, expected).unwrap_or_else(PoisonError::into_inner),
            Some(left) => {
                given.wait_timeout_while(state, left, expected).unwrap_or_else(PoisonError::into_inner).0
            }
        };
        state.answer.clone().unwrap_or(Err(Lost::Late))
    }

    /// The answer if it is there; else it wakes whom `context` names, once it is.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<Shared<T>> {
        if !self.pool.is_alive() {
            return Poll::Ready(Err(Lost::Forked));
        }
        let waker = context.waker().clone();
        let mut state = self.slot.lock();
        if let Some(answer) = state.answer.clone() {
            return Poll::Ready(answer);
        }
        let before = state.wakers.insert(self.number, waker);
        drop(state);
        // The waker is foreign code, which the lock is not for.
        drop(before);
        Poll::Pending
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        if !self.pool.is_alive() {
            return;
        }
        let waker = self.slot.lock().wakers.remove(&self.number);
        self.pool.leave(&self.slot);
        drop(waker);
    }
}
