//! How a method waits: it tries first, holding the GIL; it releases the GIL only to wait; signal handlers run between
//! two tries; one deadline holds for the whole operation.

use std::thread;
use std::time::Duration;

use berkeley::{Cause, Deadline, Error, Flags, Interest, SocketRef};
use pyo3::prelude::*;

use crate::capi::SocketObject;
use crate::error::{raised, timed_out};
use crate::fd;

/// Carries one operation through: `attempt` is one system call, with the flags that it is handed besides its own.
///
/// The first try holds the GIL, and has `MSG_DONTWAIT`: `attempt` must have that flag, and not copy for long. On
/// `EAGAIN` a timeout of zero raises it; else the GIL is released, and without a timeout the kernel waits, as the
/// socket's mode has it; with one, each further try follows a wait.
#[inline]
pub(crate) fn carry<T: Send>(
    py: Python<'_>,
    socket: &SocketObject,
    interest: Interest,
    mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
) -> PyResult<T> {
    let timeout = socket.timeout();
    let target = fd::borrowed(py, socket.fd())?;
    match attempt(&target, Flags::DONTWAIT) {
        Ok(value) => Ok(value),
        Err(error) => Wait::new(target, interest, timeout).carry_on(py, error, attempt),
    }
}

/// As [`carry`], for what has no `MSG_DONTWAIT` or copies for long: no try holds the GIL.
///
/// `attempt` is handed [`Flags::NONE`] where there is no timeout. With one, a call that knows no flags does not wait
/// either, since the timeout has set `O_NONBLOCK`.
pub(crate) fn carry_released<T: Send>(
    py: Python<'_>,
    socket: &SocketObject,
    interest: Interest,
    mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
) -> PyResult<T> {
    let timeout = socket.timeout();
    let target = fd::borrowed(py, socket.fd())?;
    let flags = if timeout < 0 { Flags::NONE } else { Flags::DONTWAIT };
    match py.detach(|| attempt(&target, flags)) {
        Ok(value) => Ok(value),
        Err(error) if timeout < 0 && error.is_would_block() => Err(raised(py, &error)),
        Err(error) => Wait::new(target, interest, timeout).carry_on(py, error, attempt),
    }
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
        match py.detach(|| target.wait(interest, deadline)) {
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

/// The wait of one operation.
struct Wait<'fd> {
    target: SocketRef<'fd>,
    interest: Interest,
    timeout: i64,
    deadline: Deadline,
    /// How many tries have found nothing after poll(2) had said "ready".
    misled: u32,
}

impl<'fd> Wait<'fd> {
    /// Races that one operation may lose to other threads before it is held to be misled, and pauses.
    const RACES: u32 = 16;

    fn new(target: SocketRef<'fd>, interest: Interest, timeout: i64) -> Self {
        // The clock starts here, since the try before did not wait.
        Self { target, interest, timeout, deadline: deadline(timeout), misled: 0 }
    }

    /// What comes after a first try that failed.
    #[cold]
    fn carry_on<T: Send>(
        mut self,
        py: Python<'_>,
        mut error: Error,
        mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
    ) -> PyResult<T> {
        loop {
            if error.is_interrupted() {
                py.check_signals()?;
            } else if !error.is_would_block() || self.timeout == 0 {
                return Err(raised(py, &error));
            }
            error = match py.detach(|| self.wait_and_try(&mut attempt)) {
                Ok(value) => return Ok(value),
                // The kernel has waited as long as the socket's mode has it: SO_RCVTIMEO, or a clone's O_NONBLOCK.
                Err(error) if self.timeout < 0 && error.is_would_block() => return Err(raised(py, &error)),
                Err(error) if error.cause() == Cause::TimedOut => return Err(timed_out()),
                Err(error) => error,
            };
        }
    }

    /// One wait, and the try that follows it.
    fn wait_and_try<T>(
        &mut self,
        attempt: &mut impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T>,
    ) -> berkeley::Result<T> {
        if self.timeout < 0 {
            return attempt(&self.target, Flags::NONE);
        }
        if self.timeout > 0 {
            self.target.wait(self.interest, self.deadline)?;
        }
        let tried = attempt(&self.target, Flags::DONTWAIT);
        if tried.as_ref().is_err_and(Error::is_would_block) {
            self.calm_down();
        }
        tried
    }

    /// Spaces the tries where poll(2) says "ready" of a socket that is not, so that the wait costs no CPU.
    fn calm_down(&mut self) {
        self.misled += 1;
        if let Some(beyond) = self.misled.checked_sub(Self::RACES) {
            let pause = Duration::from_millis(1 << beyond.min(5));
            thread::sleep(self.deadline.remaining().map_or(pause, |left| left.min(pause)));
        }
    }
}
