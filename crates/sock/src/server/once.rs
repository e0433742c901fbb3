//! How the one client of `--once` fared, which is the exit code.

use std::sync::{Mutex, PoisonError};

use crate::exit::Failure;

/// Remembers it, where there is one client alone; of several each failure is told as it comes.
#[derive(Debug)]
pub(crate) struct Once(Option<Mutex<Option<Failure>>>);

impl Once {
    pub(crate) fn new(once: bool) -> Self {
        Self(once.then(Mutex::default))
    }

    /// Whether there is one client alone.
    pub(crate) const fn is_it(&self) -> bool {
        self.0.is_some()
    }

    /// Remembers how a client fared.
    pub(crate) fn note(&self, outcome: &Result<(), Failure>) {
        if let (Some(slot), Err(failure)) = (&self.0, outcome) {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure.clone());
        }
    }

    /// Why the one client could not be served to its end.
    pub(crate) fn take(&self) -> Option<Failure> {
        self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
