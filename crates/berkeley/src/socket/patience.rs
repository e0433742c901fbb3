//! What an operation of many sends does between them: waits for room, within one deadline for all.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::Deadline;
use super::timeout::{Pace, Poll, Stop, wait, waits};
use crate::kinds::Interest;
use crate::sys::Errno;

/// The clock of one operation, which starts with it.
pub(crate) struct Patience<'fd> {
    fd: BorrowedFd<'fd>,
    timeout: Option<Duration>,
    deadline: Deadline,
    pace: Option<Pace>,
}

impl<'fd> Patience<'fd> {
    pub(crate) fn new(fd: BorrowedFd<'fd>, timeout: Option<Duration>) -> Self {
        Self { fd, timeout, deadline: Deadline::from_timeout(timeout), pace: None }
    }

    /// Says what to do about a try that failed: `Ok` to try again, after a wait where one was due.
    pub(crate) fn after(&mut self, errno: Errno) -> Result<(), Stop> {
        match errno {
            Errno::INTR => Ok(()),
            Errno::AGAIN if waits(self.fd, self.timeout)? => self.wait(),
            errno => Err(errno.into()),
        }
    }

    /// Notes that something went, after which there is more to go: an error where the time is up.
    pub(crate) fn progressed(&mut self) -> Result<(), Stop> {
        self.pace = None;
        let bounded = self.timeout != Some(Duration::ZERO);
        if bounded && self.deadline.has_passed() { Err(Stop::TimedOut) } else { Ok(()) }
    }

    fn wait(&mut self) -> Result<(), Stop> {
        if let Some(pace) = &mut self.pace {
            return pace.wait(self.fd, Interest::WRITABLE);
        }
        self.pace = Some(Pace::new(self.deadline, Poll::MayLie));
        wait(self.fd, Interest::WRITABLE, self.deadline)
    }
}
