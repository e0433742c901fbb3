//! How a method waits: it tries first, holding the GIL where no other thread is kept out by that; it releases the GIL
//! to wait; signal handlers run between two tries; one deadline holds for the whole operation.

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use berkeley::{Deadline, Error, Family, Flags, Interest, SocketRef};
use pyo3::prelude::*;

use crate::error::{EBADF, os_error, raised, timed_out};
use crate::fd;
use crate::ffi::capi::SocketObject;
use crate::gil;

/// The largest buffer that a try may copy while it holds the GIL: some 2 microseconds.
pub(crate) const HELD: usize = 16 * 1024;

/// Carries one operation through: `attempt` is one system call, with the flags that it is handed besides its own.
///
/// The first try holds the GIL, unless [`gil`] has it otherwise, and has `MSG_DONTWAIT`: `attempt` must have that flag,
/// and not copy for long. On `EAGAIN` a timeout of zero raises it; else the GIL is released, and without a timeout the
/// kernel waits, as the socket's mode has it; with one, each further try follows a wait.
#[inline]
pub(crate) fn carry<T: Send>(
    py: Python<'_>,
    socket: &SocketObject,
    interest: Interest,
    mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
) -> PyResult<T> {
    let mut wait = Wait::new(py, socket, interest)?;
    // A timeout of zero has nothing to wait for.
    let learns = interest == Interest::READABLE && wait.timeout != 0;
    if learns && expects_to_wait(socket) {
        return wait.carry_ready(py, attempt);
    }
    let released = gil::is_wanted(py);
    if released && wait.is_endless() {
        return wait.carry_released(py, attempt);
    }
    match wait.try_first(py, released, &mut attempt) {
        Ok(value) => {
            if socket.misses() != 0 {
                socket.set_misses(0);
            }
            Ok(value)
        }
        Err(error) => {
            if learns && error.is_would_block() {
                socket.set_misses(socket.misses() + 1);
            }
            wait.carry_on(py, error.into(), attempt)
        }
    }
}

/// Receives in a row that have to find nothing for the next to wait at once.
const MISSES: usize = 2;

/// Receives that wait at once, before one tries first again.
const WAITS: usize = 16;

/// Whether the answer of the peer has come later than the call for it, time after time, as between a client and a
/// server that take turns: a try would be a system call for nothing.
#[inline]
fn expects_to_wait(socket: &SocketObject) -> bool {
    let misses = socket.misses();
    if misses < MISSES {
        return false;
    }
    let again = misses >= MISSES + WAITS;
    socket.set_misses(if again { MISSES - 1 } else { misses + 1 });
    !again
}

/// As [`carry`], for what copies for long: no try holds the GIL.
///
/// `attempt` is handed [`Flags::NONE`] where there is no timeout.
pub(crate) fn carry_released<T: Send>(
    py: Python<'_>,
    socket: &SocketObject,
    interest: Interest,
    attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
) -> PyResult<T> {
    Wait::new(py, socket, interest)?.carry_released(py, attempt)
}

/// As [`carry_released`], for a call that knows no `MSG_DONTWAIT`: a timeout has each try follow a wait.
///
/// The timeout has set `O_NONBLOCK`, but a clone of the descriptor, perhaps in another process, may have cleared it.
pub(crate) fn carry_ready<T: Send>(
    py: Python<'_>,
    socket: &SocketObject,
    interest: Interest,
    attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
) -> PyResult<T> {
    Wait::new(py, socket, interest)?.carry_ready(py, attempt)
}

/// The end of an operation that begins now, as a timeout in nanoseconds says.
pub(crate) fn deadline(timeout: i64) -> Deadline {
    Deadline::from_timeout(u64::try_from(timeout).ok().map(Duration::from_nanos))
}

/// Waits until the socket is ready or the deadline has passed, which raises `TimeoutError`; signal handlers run.
pub(crate) fn until_ready(
    py: Python<'_>,
    target: &SocketRef<'_>,
    interest: Interest,
    deadline: Deadline,
) -> PyResult<()> {
    loop {
        match gil::released(py, || target.wait(interest, deadline)) {
            Ok(_) => return Ok(()),
            Err(error) => pause(py, &error)?,
        }
    }
}

/// Runs the signal handlers after `EINTR`; raises any other error.
fn pause(py: Python<'_>, error: &Error) -> PyResult<()> {
    if error.is_interrupted() {
        return py.check_signals();
    }
    Err(raised(py, error))
}

/// Why an operation does not go on.
enum Failure {
    /// A system call has failed.
    Call(Error),
    /// The socket was closed, or given another descriptor, since the operation began.
    Closed,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

/// The wait of one operation, of one or more system calls, within one deadline.
pub(crate) struct Wait<'s> {
    /// Where the socket's descriptor stands, and what stood there when the operation began.
    descriptor: &'s AtomicI32,
    fd: i32,
    target: SocketRef<'s>,
    interest: Interest,
    timeout: i64,
    /// Once there was something to wait for: tries that do not wait cost no look at the clock.
    deadline: Option<Deadline>,
    /// How many tries have found nothing after poll(2) had said "ready".
    misled: u32,
}

impl<'s> Wait<'s> {
    /// Races that one operation may lose to other threads before it is held to be misled, and pauses.
    const RACES: u32 = 16;

    /// Reads the socket's descriptor and timeout, once for the whole operation.
    #[inline]
    pub(crate) fn new(py: Python<'_>, socket: &'s SocketObject, interest: Interest) -> PyResult<Self> {
        let (timeout, descriptor) = (socket.timeout(), socket.descriptor());
        let fd = descriptor.load(Relaxed);
        let target = fd::borrowed(py, fd)?.with_family(Family::from_raw(socket.family()));
        Ok(Self { descriptor, fd, target, interest, timeout, deadline: None, misled: 0 })
    }

    /// Whether the socket still has the descriptor that it had. The number of one that was closed may be another
    /// socket's by now, whose bytes are not this operation's.
    fn is_open(&self) -> bool {
        self.descriptor.load(Relaxed) == self.fd
    }

    /// Raises `EBADF` where it has not.
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        if self.is_open() { Ok(()) } else { Err(os_error(py, EBADF)) }
    }

    /// Whether there is no timeout.
    pub(crate) const fn is_endless(&self) -> bool {
        self.timeout < 0
    }

    /// See [`carry`].
    #[inline]
    pub(crate) fn carry<T: Send>(
        &mut self,
        py: Python<'_>,
        mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
    ) -> PyResult<T> {
        if gil::is_wanted(py) {
            return self.carry_released(py, attempt);
        }
        match attempt(&self.target, Flags::DONTWAIT) {
            Ok(value) => Ok(value),
            Err(error) => self.carry_on(py, error.into(), attempt),
        }
    }

    /// A try that does not wait.
    #[inline]
    fn try_first<T: Send>(
        &self,
        py: Python<'_>,
        released: bool,
        attempt: &mut (impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send),
    ) -> berkeley::Result<T> {
        let target = &self.target;
        if released {
            return gil::released(py, || attempt(target, Flags::DONTWAIT));
        }
        attempt(target, Flags::DONTWAIT)
    }

    /// See [`carry_released`].
    pub(crate) fn carry_released<T: Send>(
        &mut self,
        py: Python<'_>,
        mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
    ) -> PyResult<T> {
        let flags = if self.is_endless() { Flags::NONE } else { Flags::DONTWAIT };
        let target = &self.target;
        let first = gil::released(py, || attempt(target, flags));
        self.carry_released_on(py, first.map_err(Failure::Call), attempt)
    }

    /// See [`carry_ready`].
    fn carry_ready<T: Send>(
        &mut self,
        py: Python<'_>,
        mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
    ) -> PyResult<T> {
        let first = gil::released(py, || self.wait_and_try(&mut attempt));
        self.carry_released_on(py, first, attempt)
    }

    /// What comes after a first try that did not hold the GIL.
    fn carry_released_on<T: Send>(
        &mut self,
        py: Python<'_>,
        first: Result<T, Failure>,
        attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
    ) -> PyResult<T> {
        match first {
            Ok(value) => Ok(value),
            Err(Failure::Call(error)) if self.is_final(&error) => Err(raised(py, &error)),
            Err(failure) => self.carry_on(py, failure, attempt),
        }
    }

    /// One further call without a timeout, which the kernel lets wait; no error of it is raised, and none is made where
    /// the socket was closed meanwhile.
    pub(crate) fn block<T: Send>(
        &self,
        py: Python<'_>,
        attempt: impl FnOnce(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
    ) -> Option<T> {
        let target = &self.target;
        self.is_open().then(|| gil::released(py, || attempt(target, Flags::NONE)).ok()).flatten()
    }

    /// Raises `TimeoutError` where the time of an operation that goes on is up, `EBADF` where its socket was closed.
    pub(crate) fn go_on(&mut self, py: Python<'_>) -> PyResult<()> {
        self.check(py)?;
        if self.timeout > 0 && self.deadline().has_passed() {
            return Err(timed_out());
        }
        Ok(())
    }

    fn deadline(&mut self) -> Deadline {
        *self.deadline.get_or_insert_with(|| deadline(self.timeout))
    }

    /// Whether the error says that there was nothing to do yet.
    ///
    /// Without a timeout also `EINPROGRESS`, of a send that connects first (`MSG_FASTOPEN`) and was told not to wait.
    fn is_premature(&self, error: &Error) -> bool {
        error.is_would_block() || (self.is_endless() && error.is_in_progress())
    }

    /// Whether such an error of a call that was not told so is to be raised: the kernel has waited as long as the
    /// socket's mode has it (`SO_RCVTIMEO`, or a clone's `O_NONBLOCK`).
    fn is_final(&self, error: &Error) -> bool {
        self.is_endless() && self.is_premature(error)
    }

    /// What comes after a first try that failed.
    #[cold]
    fn carry_on<T: Send>(
        &mut self,
        py: Python<'_>,
        mut failure: Failure,
        mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
    ) -> PyResult<T> {
        loop {
            let Failure::Call(error) = failure else {
                return Err(os_error(py, EBADF));
            };
            if error.is_interrupted() {
                py.check_signals()?;
                self.check(py)?;
            } else if !self.is_premature(&error) || self.timeout == 0 {
                return Err(raised(py, &error));
            }
            failure = match gil::released(py, || self.wait_and_try(&mut attempt)) {
                Ok(value) => return Ok(value),
                Err(Failure::Call(error)) if self.is_final(&error) => return Err(raised(py, &error)),
                Err(failure) => failure,
            };
        }
    }

    /// One wait, and the try that follows it, unless the socket was closed meanwhile.
    fn wait_and_try<T>(
        &mut self,
        attempt: &mut impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T>,
    ) -> Result<T, Failure> {
        if self.is_endless() {
            return Ok(attempt(&self.target, Flags::NONE)?);
        }
        if self.timeout > 0 {
            let deadline = self.deadline();
            self.target.wait(self.interest, deadline)?;
        }
        if !self.is_open() {
            return Err(Failure::Closed);
        }
        let tried = attempt(&self.target, Flags::DONTWAIT);
        if tried.as_ref().is_err_and(Error::is_would_block) {
            self.calm_down();
        }
        Ok(tried?)
    }

    /// Spaces the tries where poll(2) says "ready" of a socket that is not, so that the wait costs no CPU.
    fn calm_down(&mut self) {
        self.misled += 1;
        if let Some(beyond) = self.misled.checked_sub(Self::RACES) {
            let pause = Duration::from_millis(1 << beyond.min(5));
            thread::sleep(self.deadline().remaining().map_or(pause, |left| left.min(pause)));
        }
    }
}
