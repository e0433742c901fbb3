//! Descriptors that a client will want beside its own once it is served, for a connection or a program: set aside
//! before it is accepted. Otherwise a crowd would take all there are by being accepted, and none of it could be served.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Descriptors that are set aside: copies of one that nobody uses, each with its place in the process's table.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    /// How many a client wants.
    each: usize,
    /// What is copied; `None` where clients want none.
    original: Option<OwnedFd>,
    aside: Mutex<Vec<OwnedFd>>,
}

/// Those of one client, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Aside<'a>(Option<&'a Spare>);

impl Spare {
    /// For clients that want so many each.
    ///
    /// # Errors
    ///
    /// Fails where there are none even now.
    pub(crate) fn new(each: usize) -> io::Result<Self> {
        let original = if each == 0 { None } else { Some(OwnedFd::from(io::pipe()?.0)) };
        Ok(Self { each, original, aside: Mutex::default() })
    }

    /// Sets those of one client aside.
    ///
    /// # Errors
    ///
    /// Fails where there are not enough.
    pub(crate) fn set_aside(&self) -> io::Result<Aside<'_>> {
        let Some(original) = &self.original else { return Ok(Aside(None)) };
        let copies = (0..self.each).map(|_| original.try_clone()).collect::<io::Result<Vec<_>>>()?;
        self.aside().extend(copies);
        Ok(Aside(Some(self)))
    }

    /// Gives those of one client back, for what it opens now or because it has left.
    pub(crate) fn give_back(&self) {
        let mut aside = self.aside();
        let left = aside.len().saturating_sub(self.each);
        aside.truncate(left);
    }

    fn aside(&self) -> MutexGuard<'_, Vec<OwnedFd>> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Aside<'_> {
    /// Keeps them until [`give_back`](Spare::give_back); gives whether there are any.
    pub(crate) fn keep(mut self) -> bool {
        self.0.take().is_some()
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        if let Some(spare) = self.0 {
            spare.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_aside_is_given_back_once() {
        let spare = Spare::new(2).expect("a pipe");
        let held = || spare.aside().len();
        assert!(spare.set_aside().expect("descriptors").keep());
        drop(spare.set_aside().expect("descriptors"));
        assert_eq!(held(), 2, "those that are kept");
        spare.give_back();
        assert_eq!(held(), 0);
        spare.give_back();
        assert_eq!(held(), 0, "there is nothing more to give");
        let none = Spare::default();
        assert!(!none.set_aside().expect("nothing is wanted").keep());
    }
}
