//! What was taken from the kernel and could not be handed over for want of memory: the next call has it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use berkeley::{SocketRef, option};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

/// For how many sockets something is kept; the oldest goes first, as its socket may be closed.
const MOST: usize = 8;

/// What is kept, by the numbers that the kernel gives each socket once (`SO_COOKIE`).
pub(super) struct Kept<T> {
    some: AtomicBool,
    places: Mutex<[Option<(u64, T)>; MOST]>,
}

impl<T> Kept<T> {
    pub(super) const fn new() -> Self {
        Self { some: AtomicBool::new(false), places: Mutex::new([const { None }; MOST]) }
    }

    /// What is kept for this socket, which it then has no more.
    #[inline]
    pub(super) fn take(&self, socket: &SocketRef<'_>) -> Option<T> {
        if self.some.load(Ordering::Relaxed) { self.find(cookie(socket)?) } else { None }
    }

    #[cold]
    fn find(&self, cookie: u64) -> Option<T> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let place = places.iter().position(|place| place.as_ref().is_some_and(|(of, _)| *of == cookie))?;
        let found = places[place].take();
        places[place..].rotate_left(1);
        self.some.store(places.iter().any(Option::is_some), Ordering::Relaxed);
        found.map(|(_, value)| value)
    }

    /// Gives what `hand_over` makes of the value. Where there is no memory for it, the value is kept; else it comes
    /// back.
    pub(super) fn unless_handed_over<R>(
        &self,
        py: Python<'_>,
        socket: &SocketRef<'_>,
        mut value: T,
        hand_over: impl FnOnce(&mut T) -> PyResult<R>,
    ) -> (PyResult<R>, Option<T>) {
        let handed_over = hand_over(&mut value);
        match (&handed_over, cookie(socket)) {
            (Err(error), Some(cookie)) if error.is_instance_of::<PyMemoryError>(py) => {
                self.put(cookie, value);
            }
            _ => return (handed_over, Some(value)),
        }
        (handed_over, None)
    }

    #[cold]
    fn put(&self, cookie: u64, value: T) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if !places.iter().any(Option::is_none) {
            places.rotate_left(1);
            places[MOST - 1] = None;
        }
        if let Some(place) = places.iter_mut().find(|place| place.is_none()) {
            *place = Some((cookie, value));
        }
        self.some.store(true, Ordering::Relaxed);
    }
}

fn cookie(socket: &SocketRef<'_>) -> Option<u64> {
    socket.get(option::COOKIE).ok()
}
