//! Standard output, up to the last words of the tour.
//!
//! A signal ends the tour while a thread still tells it. Whoever closes the outlet has the last words, and nothing is
//! written behind them.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::guide::Stop;
use crate::command::print;
use crate::exit::Failure;
use crate::report::patience;

/// The one outlet: whether it is closed.
#[derive(Clone, Default)]
pub(super) struct Outlet(Arc<Mutex<bool>>);

impl Outlet {
    fn closed(&self) -> MutexGuard<'_, bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes all of this.
    pub(super) fn write(&self, text: &str) -> Result<(), Stop> {
        let closed = self.closed();
        if *closed {
            return Err(Stop::Closed);
        }
        match patience::write(&mut io::stdout().lock(), text.as_bytes()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Stop::Closed),
            Err(error) => Err(Stop::Unwritten(Box::new(Failure::io("write standard output", &error)))),
        }
    }

    /// Writes the last words, unless somebody had them before.
    pub(super) fn close(&self, last: &str) -> Result<(), Failure> {
        let mut closed = self.closed();
        if std::mem::replace(&mut *closed, true) {
            return Ok(());
        }
        print::print(last.as_bytes())
    }
}
