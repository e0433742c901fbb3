//! Carrying an operation through: what [`Retry`] says, done over poll(2).

use std::os::fd::BorrowedFd;
use std::thread;
use std::time::{Duration, Instant};

use super::Deadline;
use super::retry::{self, Event, Mode, Retry, Step};
use crate::kinds::{Flags, Interest};
use crate::sys::{self, Errno, constants as c, fd, option, poll};

/// Why a waiting operation ended without its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Kernel(Errno),
    TimedOut,
    /// The kernel took nothing of what was to be sent, and gave no error.
    NothingTaken,
}

/// What the last of these says.
pub(crate) const NOTHING_TAKEN: &str = "the kernel took nothing of what is left, and gave no error";

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Self::Kernel(errno)
    }
}

/// What a call waits for: its direction and flags, of which only a call that has to wait makes more.
#[derive(Clone, Copy)]
pub(crate) struct Awaited {
    room: bool,
    flags: Flags,
}

impl Awaited {
    /// Something to receive, or a connection to take.
    pub(crate) const ARRIVAL: Self = Self { room: false, flags: Flags::NONE };

    /// Room to send. Of a Unix datagram peer that has none poll(2) knows nothing: the rule finds out.
    pub(crate) const ROOM: Self = Self { room: true, flags: Flags::NONE };

    /// What a receive with these flags waits for.
    #[inline]
    pub(crate) const fn by(flags: Flags) -> Self {
        Self { room: false, flags }
    }

    /// What is polled for.
    ///
    /// Datagrams that wait to be received would end each wait for an error at once; poll(2) always reports errors.
    pub(crate) fn interest(self) -> Interest {
        if self.room {
            return Interest::WRITABLE;
        }
        if self.flags.contains(Flags::ERRQUEUE) {
            return Interest::PRIORITY;
        }
        if self.flags.contains(Flags::OOB) {
            return Interest::READABLE | Interest::PRIORITY;
        }
        Interest::READABLE
    }

    /// Whether it is what an ordinary receive waits for.
    #[inline]
    pub(crate) fn is_arrival(self) -> bool {
        self.interest() == Interest::READABLE
    }

    fn retry(self, timeout: Option<Duration>) -> Retry {
        let retry = Retry::new(self.interest(), timeout);
        // An error that is not in the queue of errors is reported too.
        if self.flags.contains(Flags::ERRQUEUE) { retry.misleading_poll() } else { retry }
    }
}

/// With a timeout the call itself must not wait, even where a clone has made the socket block again.
#[inline]
pub(crate) fn with_timeout(flags: Flags, timeout: Option<Duration>) -> Flags {
    if timeout.is_some() { flags | Flags::DONTWAIT } else { flags }
}

/// One wait: until `fd` is ready or the deadline has passed; gives what holds. An interruption surfaces.
pub(super) fn wait_once(
    fd: BorrowedFd<'_>,
    interest: Interest,
    deadline: Deadline,
) -> Result<Interest, Stop> {
    match poll::poll(fd, interest.as_raw(), deadline.remaining())? {
        0 => Err(Stop::TimedOut),
        events => Ok(Interest::from_raw(events)),
    }
}

/// Makes the call until it succeeds, fails for good, or `timeout` has run out.
#[expect(clippy::inline_always, reason = "each return after a system call costs 1 in 100")]
#[inline(always)]
pub(crate) fn carry_through<T>(
    fd: BorrowedFd<'_>,
    awaited: Awaited,
    timeout: Option<Duration>,
    mut call: impl FnMut() -> sys::Result<T>,
) -> Result<T, Stop> {
    match call() {
        Ok(value) => Ok(value),
        Err(errno) => carry_on(fd, errno, Waiting::new(awaited, timeout), call),
    }
}

/// Waits before the first call, where there is a timeout; gives what is left of it.
///
/// Apart, and without the call: one that stands in several places is inlined in none, which costs each receive.
#[cold]
pub(crate) fn wait_first(
    fd: BorrowedFd<'_>,
    awaited: Awaited,
    timeout: Option<Duration>,
) -> Result<Option<Duration>, Stop> {
    if timeout == Some(Duration::ZERO) {
        return Ok(timeout);
    }
    let (interest, deadline) = (awaited.interest(), Deadline::from_timeout(timeout));
    let mut retry = Retry::until(interest, deadline).waits_first();
    let step = retry.begin(Instant::now);
    Waiting { interest, retry }.run(fd, step, Errno::AGAIN)?;
    // Zero would mean that there was none.
    Ok(deadline.remaining().map(|left| left.max(Duration::from_nanos(1))))
}

/// What follows a call that failed: apart, so that a socket that is ready pays nothing for it.
#[cold]
fn carry_on<T>(
    fd: BorrowedFd<'_>,
    mut errno: Errno,
    mut waiting: Waiting,
    mut call: impl FnMut() -> sys::Result<T>,
) -> Result<T, Stop> {
    loop {
        waiting.after(fd, errno)?;
        match call() {
            Ok(value) => return Ok(value),
            Err(next) => errno = next,
        }
    }
}

/// The wait of one operation, of one or more calls.
pub(crate) struct Waiting {
    interest: Interest,
    retry: Retry,
}

/// Which call comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Call,
    /// The question how a connection stands.
    Finish,
}

impl Waiting {
    pub(crate) fn new(awaited: Awaited, timeout: Option<Duration>) -> Self {
        Self { interest: awaited.interest(), retry: awaited.retry(timeout) }
    }

    /// That of a connection; `goes_on` as [`Retry::connects`] has it.
    pub(super) fn to_connect(timeout: Option<Duration>, goes_on: bool) -> Self {
        let interest = Interest::WRITABLE;
        Self { interest, retry: Retry::new(interest, timeout).connects(goes_on) }
    }

    /// For an operation whose deadline already runs.
    pub(crate) fn until(interest: Interest, deadline: Deadline) -> Self {
        Self { interest, retry: Retry::until(interest, deadline).misleading_poll() }
    }

    /// After a call that failed: `Ok` to make it again, once what has to come before is done.
    #[cold]
    pub(crate) fn after(&mut self, fd: BorrowedFd<'_>, errno: Errno) -> Result<(), Stop> {
        self.next(fd, errno).map(drop)
    }

    /// As [`after`](Self::after), for a connection.
    pub(super) fn next(&mut self, fd: BorrowedFd<'_>, errno: Errno) -> Result<Next, Stop> {
        let step = self.retry.next(Event::Failed(errno.as_raw()), Instant::now);
        self.run(fd, step, errno)
    }

    /// After a call that moved something, with more to move: an error where the time is up.
    pub(crate) fn progressed(&mut self) -> Result<(), Stop> {
        match self.retry.next(Event::Progressed, Instant::now) {
            Step::Stop(_) => Err(Stop::TimedOut),
            _ => Ok(()),
        }
    }

    /// Does what the rule says, up to the next call; `errno` is what the last one said.
    fn run(&mut self, fd: BorrowedFd<'_>, mut step: Step, errno: Errno) -> Result<Next, Stop> {
        loop {
            let event = match step {
                Step::Call => return Ok(Next::Call),
                Step::Finish => return Ok(Next::Finish),
                Step::Wait(interest, deadline) => wait(fd, interest, deadline)?,
                Step::Pause(pause) => {
                    thread::sleep(pause);
                    Event::Paused
                }
                Step::Ask => Event::Mode(mode(fd, self.interest)?),
                Step::Stop(retry::Stop::TimedOut) => return Err(Stop::TimedOut),
                Step::Stop(retry::Stop::Failed | retry::Stop::Closed) => return Err(errno.into()),
            };
            step = self.retry.next(event, Instant::now);
        }
    }
}

fn wait(fd: BorrowedFd<'_>, interest: Interest, deadline: Deadline) -> Result<Event, Stop> {
    match wait_once(fd, interest, deadline) {
        Ok(_) => Ok(Event::Ready),
        Err(Stop::TimedOut) => Ok(Event::Elapsed),
        Err(Stop::Kernel(Errno::INTR)) => Ok(Event::Interrupted),
        Err(stop) => Err(stop),
    }
}

/// How a call waits by itself, as `Socket::blocking_mode` tells.
pub(super) fn mode(fd: BorrowedFd<'_>, interest: Interest) -> sys::Result<Mode> {
    let nonblocking = fd::is_nonblocking(fd)?;
    // No call waits for these, so that the flag says nothing.
    if interest.contains(Interest::PRIORITY) {
        return Ok(Mode::Limited);
    }
    if nonblocking {
        return Ok(Mode::Nonblocking);
    }
    let name = if interest.contains(Interest::WRITABLE) { c::SO_SNDTIMEO } else { c::SO_RCVTIMEO };
    // A C `timeval`: all zeros is no timeout.
    let mut timeout = [0; 16];
    let length = option::option(fd, c::SOL_SOCKET, name, &mut timeout)?;
    let limited = timeout.iter().take(length).any(|byte| *byte != 0);
    Ok(if limited { Mode::Limited } else { Mode::Blocking })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many races `awaited` loses before the first pause.
    fn races(awaited: Awaited) -> usize {
        let (mut retry, again) = (awaited.retry(Some(Duration::from_secs(60))), Errno::AGAIN.as_raw());
        retry.next(Event::Failed(again), Instant::now);
        (0..100)
            .take_while(|_| {
                retry.next(Event::Ready, Instant::now);
                matches!(retry.next(Event::Failed(again), Instant::now), Step::Wait(..))
            })
            .count()
    }

    #[test]
    fn a_send_is_forgiven_as_many_races_as_a_receive() {
        let rows = [
            ("a receive", Awaited::ARRIVAL, 16),
            ("a send", Awaited::ROOM, 16),
            ("urgent data", Awaited::by(Flags::OOB), 16),
            // poll(2) tells of each error, also of those that are not in the queue.
            ("the error queue", Awaited::by(Flags::ERRQUEUE), 0),
        ];
        for (name, awaited, want) in rows {
            assert_eq!(races(awaited), want, "{name}");
        }
    }
}
