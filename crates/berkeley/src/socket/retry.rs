//! What follows a call that did not succeed: the one rule of waiting, without a socket and without a clock.
//!
//! A waiting method is a loop of a call that does not wait and a wait for readiness. [`Retry`] is told what the call
//! and the wait said, as [`Event`]s, and answers with the next [`Step`]. It holds no descriptor and makes no system
//! call: its user makes the calls, does the waiting, and runs signal handlers in between. [`Socket`]'s methods
//! run it over poll(2), `AsyncSocket`'s over tokio's reactor; a program that is built on `try_*` and
//! [`wait`] can run it too.
//!
//! The rule:
//!
//! - The call comes first. A call that succeeds needs no [`Retry`] and no clock.
//! - `EINTR` is followed by the call again; an interrupted wait, by the rest of the wait.
//! - `EAGAIN` ends an operation whose timeout is zero, and is waited on where there is a timeout. Without a timeout it
//!   depends on why the call gave it: see [`Step::Ask`].
//! - One deadline bounds the whole operation. It counts from the first event and nothing restarts it, progress
//!   included. Once it has passed, at most one call follows, even where poll(2) says "ready" for ever.
//! - Where poll(2) says "ready" and the call gives `EAGAIN` all the same, the next waits follow at once, up to 16
//!   times: another thread was faster. After that poll(2) misleads, and pauses of 1 to 50 ms stand between the waits,
//!   until the call moves something, or a wait takes a millisecond or more: then poll(2) is trusted again.
//!   This happens with an error queue that nobody reads, `MSG_PEEK` behind `SO_PEEK_OFF`, UDP after
//!   `shutdown(SHUT_RD)`, a Unix datagram peer whose queue is full, and the full backlog of a Unix listener.
//! - Any other errno is the operation's error.
//!
//! ```
//! use berkeley::retry::{Event, Retry, Step, Stop};
//! use berkeley::{Cause, Family, Flags, Interest, Protocol, Socket, Type};
//! use std::io;
//! use std::time::{Duration, Instant};
//!
//! /// As `Socket::recv`, with 5 s for the whole operation.
//! fn receive(socket: &Socket, buffer: &mut [u8]) -> io::Result<usize> {
//!     let mut retry = Retry::new(Interest::READABLE, Some(Duration::from_secs(5)));
//!     let mut step = retry.begin(Instant::now);
//!     let mut last = io::Error::from(io::ErrorKind::WouldBlock);
//!     loop {
//!         let event = match step {
//!             Step::Call | Step::Finish => match socket.try_recv(buffer, Flags::NONE) {
//!                 Ok(length) => return Ok(length),
//!                 Err(error) => {
//!                     let event = Event::of(&error);
//!                     last = error.into();
//!                     event
//!                 }
//!             },
//!             Step::Wait(interest, deadline) => match socket.wait(interest, deadline) {
//!                 Ok(_) => Event::Ready,
//!                 Err(error) if matches!(error.cause(), Cause::TimedOut) => Event::Elapsed,
//!                 Err(error) if error.is_interrupted() => Event::Interrupted,
//!                 Err(error) => return Err(error.into()),
//!             },
//!             Step::Pause(pause) => {
//!                 std::thread::sleep(pause);
//!                 Event::Paused
//!             }
//!             Step::Ask => Event::Mode(socket.blocking_mode(Interest::READABLE)?),
//!             Step::Stop(Stop::Failed) => return Err(last),
//!             Step::Stop(_) => return Err(io::ErrorKind::TimedOut.into()),
//!         };
//!         step = retry.next(event, Instant::now);
//!     }
//! }
//!
//! let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
//! left.send(b"hello")?;
//! assert_eq!(receive(&right, &mut [0; 16])?, 5);
//! # Ok::<(), io::Error>(())
//! ```
//!
//! [`Socket`]: crate::Socket
//! [`wait`]: crate::Socket::wait

use std::time::{Duration, Instant};

use super::Deadline;
use crate::error::Error;
use crate::kinds::Interest;
use crate::sys::Errno;

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The call failed, with this errno.
    Failed(i32),
    /// The wait ended: the socket is ready, or has an error.
    Ready,
    /// The wait ended with nothing: its deadline has come.
    Elapsed,
    /// The wait ended because a signal came (`EINTR`).
    Interrupted,
    /// The pause is over.
    Paused,
    /// The call moved a part of what the operation moves, and there is more.
    Progressed,
    /// The answer to [`Step::Ask`].
    Mode(Mode),
    /// The descriptor was closed since the operation began.
    Closed,
}

impl Event {
    /// A call that failed with this error. An error that is not the kernel's is final.
    pub fn of(error: &Error) -> Self {
        Self::Failed(error.raw_os_error().unwrap_or(0))
    }
}

/// How a socket waits by itself, in a call without `MSG_DONTWAIT`;
/// [`Socket::blocking_mode`](crate::Socket::blocking_mode) asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Not at all (`O_NONBLOCK`).
    Nonblocking,
    /// As long as it takes.
    Blocking,
    /// As long as the kernel's own timeout says (`SO_RCVTIMEO`, `SO_SNDTIMEO`).
    Limited,
}

/// What to do next, and which [`Event`] to tell then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make the call, then tell [`Event::Failed`] or [`Event::Progressed`], or have the result.
    Call,
    /// Ask how the connection stands ([`finish_connect`](crate::Socket::finish_connect)), then tell [`Event::Failed`],
    /// or be connected. Only where the operation [`connects`](Retry::connects).
    Finish,
    /// Wait for this until then ([`wait`](crate::Socket::wait)), then tell [`Event::Ready`], [`Event::Elapsed`] or
    /// [`Event::Interrupted`].
    Wait(Interest, Deadline),
    /// Sleep for so long, then tell [`Event::Paused`].
    Pause(Duration),
    /// The call gave `EAGAIN`, although it was not told not to wait and there is no timeout: tell the socket's
    /// [`Mode`].
    ///
    /// [`Mode::Limited`] ends the operation: the kernel's own timeout has run out. With [`Mode::Nonblocking`] it waits:
    /// a clone, or another thread, has set `O_NONBLOCK` since. With [`Mode::Blocking`] the flag was cleared again
    /// before it was asked for, and the call follows.
    Ask,
    /// The operation ends.
    Stop(Stop),
}

/// Why an operation ends without its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The last call's error is the operation's.
    Failed,
    /// The timeout has run out.
    TimedOut,
    /// The descriptor was closed meanwhile: the number may be another's by now.
    Closed,
}

/// How long an operation may take.
#[derive(Clone, Copy, Debug)]
enum Limit {
    Never,
    Zero,
    /// From the first event on.
    After(Duration),
    Until(Deadline),
}

/// How a connection is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connecting {
    /// The operation makes none.
    No,
    /// connect(2) is the call.
    Call {
        /// Whether an interrupted connect goes on by itself.
        goes_on: bool,
        interrupted: bool,
    },
    /// It is under way: the call is to ask how it stands.
    UnderWay,
}

/// One operation that waits; see the [module's page](self).
#[derive(Clone, Debug)]
#[must_use]
pub struct Retry {
    limit: Limit,
    interest: Interest,
    connecting: Connecting,
    /// The calls never wait by themselves.
    told: bool,
    waits_first: bool,
    /// The last wait said "ready", and no call has failed since.
    ready: bool,
    /// How often poll(2) may be wrong before it is held to mislead.
    races: u8,
    /// How many of these are left.
    forgiven: u8,
    /// How many pauses have been made in a row.
    pauses: u8,
    /// When the wait that follows a pause began.
    since: Option<Instant>,
    /// How often the socket's mode may have changed between a call and the question.
    toggles: u8,
}

impl Retry {
    /// The shortest pause.
    const SHORTEST: Duration = Duration::from_millis(1);
    /// The longest pause.
    pub(crate) const LONGEST: Duration = Duration::from_millis(50);
    /// Races that one operation may lose to other threads. A pause after the first would leave the next connection, or
    /// datagram, waiting.
    const RACES: u8 = 16;
    /// Stands for no end of races.
    const EVER: u8 = u8::MAX;

    /// An operation that waits for `interest`, within `timeout`: as long as it takes for `None`, not at all for zero.
    ///
    /// Take the timeout when the operation begins: it holds to its end, whatever another thread sets meanwhile. A call
    /// with [`Flags::DONTWAIT`](crate::Flags::DONTWAIT) has a timeout of zero.
    pub const fn new(interest: Interest, timeout: Option<Duration>) -> Self {
        let limit = match timeout {
            None => Limit::Never,
            Some(Duration::ZERO) => Limit::Zero,
            Some(timeout) => Limit::After(timeout),
        };
        Self::limited(interest, limit)
    }

    /// An operation that waits for `interest`, until `deadline`.
    ///
    /// Its calls [never wait by themselves](Self::never_blocks): a call that did could outlast the deadline.
    pub const fn until(interest: Interest, deadline: Deadline) -> Self {
        Self::limited(interest, Limit::Until(deadline)).never_blocks()
    }

    const fn limited(interest: Interest, limit: Limit) -> Self {
        Self {
            limit,
            interest,
            connecting: Connecting::No,
            told: false,
            waits_first: false,
            ready: false,
            races: Self::RACES,
            forgiven: Self::RACES,
            pauses: 0,
            since: None,
            toggles: Self::RACES,
        }
    }

    /// The calls never wait by themselves, also where there is no timeout: `EAGAIN` is then waited on without a
    /// question ([`Step::Ask`]).
    pub const fn never_blocks(self) -> Self {
        Self { told: true, ..self }
    }

    /// The first call follows a wait, where there is a timeout that is not zero: of a socket with a mark
    /// (`SO_RCVLOWAT`), which poll(2) heeds over TCP, and a call that does not wait ignores.
    pub const fn waits_first(self) -> Self {
        Self { waits_first: true, ..self }
    }

    /// poll(2) is known to say "ready" where this call gives `EAGAIN`: pauses follow the first time.
    pub const fn misleading_poll(self) -> Self {
        Self { races: 0, forgiven: 0, ..self }
    }

    /// Each wait tells something new, as an edge-triggered reactor does: it does not mislead, until
    /// [`distrust_poll`](Self::distrust_poll) says so.
    pub const fn edge_triggered(self) -> Self {
        Self { races: Self::EVER, forgiven: Self::EVER, ..self }
    }

    /// The operation makes a connection: the call is connect(2). `EINPROGRESS` is waited on, and
    /// [`Step::Finish`] follows.
    ///
    /// `goes_on` says whether an interrupted connect goes on by itself, and is waited for: it does of a socket of IP
    /// that blocks. Otherwise the call is made again; of a socket that does not block it tells how the connection
    /// stands.
    pub const fn connects(self, goes_on: bool) -> Self {
        // A full backlog of a Unix listener, of which poll(2) says "writable".
        Self { connecting: Connecting::Call { goes_on, interrupted: false }, forgiven: 0, ..self }
    }

    /// The first step: the call, unless it [waits first](Self::waits_first).
    pub fn begin(&mut self, clock: impl FnOnce() -> Instant) -> Step {
        let waits = match self.limit {
            Limit::Never => self.told,
            Limit::Zero => false,
            Limit::After(_) | Limit::Until(_) => true,
        };
        if self.waits_first && waits { self.wait_on(clock) } else { self.call() }
    }

    /// What follows `event`. Reads the clock only where there is a deadline, and after a pause.
    pub fn next(&mut self, event: Event, clock: impl FnOnce() -> Instant) -> Step {
        match event {
            Event::Failed(errno) => self.failed(Errno::from_raw(errno), clock),
            Event::Ready => self.became_ready(clock),
            Event::Elapsed | Event::Interrupted => self.wait_on(clock),
            Event::Paused => self.paused(clock),
            Event::Progressed => self.progressed(clock),
            Event::Mode(Mode::Nonblocking) => self.hold_on(clock),
            Event::Mode(Mode::Blocking) if self.toggles > 0 => {
                self.toggles -= 1;
                self.call()
            }
            Event::Mode(Mode::Blocking | Mode::Limited) => Step::Stop(Stop::Failed),
            Event::Closed => Step::Stop(Stop::Closed),
        }
    }

    /// From now on "ready" says nothing new, as of a hang-up that a reactor never forgets: pauses follow.
    pub const fn distrust_poll(&mut self) {
        self.races = 0;
        self.forgiven = 0;
    }

    /// A wait that took its time has told the truth: races are forgiven again. One that a signal has cut short is
    /// measured from its new beginning.
    fn became_ready(&mut self, clock: impl FnOnce() -> Instant) -> Step {
        let waited = self.since.take().map(|since| clock().saturating_duration_since(since));
        if waited.is_some_and(|waited| waited >= Self::SHORTEST) {
            self.forget();
        }
        self.ready = true;
        self.call()
    }

    fn failed(&mut self, errno: Errno, clock: impl FnOnce() -> Instant) -> Step {
        match (errno, self.connecting) {
            // Under way, whatever the socket's mode.
            (Errno::INTR, Connecting::Call { goes_on: true, .. })
            | (Errno::ALREADY, Connecting::Call { interrupted: true, .. }) => {
                self.under_way();
                self.unfinished(clock)
            }
            (Errno::INTR, Connecting::Call { goes_on, .. }) => {
                self.connecting = Connecting::Call { goes_on, interrupted: true };
                self.again(clock)
            }
            (Errno::INTR, _) => self.again(clock),
            // A family whose connect went on by itself after all.
            (Errno::ISCONN, Connecting::Call { interrupted: true, .. }) => {
                self.under_way();
                Step::Finish
            }
            (Errno::INPROGRESS, Connecting::Call { .. }) => {
                self.under_way();
                self.premature(clock)
            }
            (Errno::INPROGRESS, Connecting::UnderWay) => self.unfinished(clock),
            (Errno::AGAIN, _) => self.premature(clock),
            _ => Step::Stop(Stop::Failed),
        }
    }

    /// From here on the call asks how the connection stands, and poll(2) tells the truth of it.
    fn under_way(&mut self) {
        self.connecting = Connecting::UnderWay;
        self.forget();
    }

    /// What is waited for has not come yet.
    fn unfinished(&mut self, clock: impl FnOnce() -> Instant) -> Step {
        match self.limit {
            Limit::Zero => Step::Stop(Stop::Failed),
            _ => self.hold_on(clock),
        }
    }

    /// There was nothing to do yet.
    fn premature(&mut self, clock: impl FnOnce() -> Instant) -> Step {
        match self.limit {
            Limit::Never if !self.told => Step::Ask,
            _ => self.unfinished(clock),
        }
    }

    /// Waits, after a pause where poll(2) misleads.
    fn hold_on(&mut self, clock: impl FnOnce() -> Instant) -> Step {
        let left = self.left(clock);
        if left == Some(Duration::ZERO) {
            return Step::Stop(Stop::TimedOut);
        }
        if !self.ready || self.forgiven > 0 {
            if self.ready && self.forgiven != Self::EVER {
                self.forgiven -= 1;
            }
            return self.wait();
        }
        let pause = (Self::SHORTEST * (1 << self.pauses.min(6))).min(Self::LONGEST);
        self.pauses = self.pauses.saturating_add(1);
        Step::Pause(left.map_or(pause, |left| pause.min(left)))
    }

    /// The last pause ends at the deadline: what came meanwhile is still taken.
    fn paused(&mut self, clock: impl FnOnce() -> Instant) -> Step {
        self.wait_or(self.call(), clock)
    }

    fn progressed(&mut self, clock: impl FnOnce() -> Instant) -> Step {
        self.forget();
        self.again(clock)
    }

    /// What was learnt of poll(2) holds no longer.
    fn forget(&mut self) {
        self.ready = false;
        self.forgiven = self.races;
        self.pauses = 0;
        self.since = None;
    }

    fn again(&mut self, clock: impl FnOnce() -> Instant) -> Step {
        if self.has_passed(clock) { Step::Stop(Stop::TimedOut) } else { self.call() }
    }

    fn wait_on(&mut self, clock: impl FnOnce() -> Instant) -> Step {
        self.wait_or(Step::Stop(Stop::TimedOut), clock)
    }

    /// Waits, or does `late` where the time is up. After a pause the wait is measured.
    fn wait_or(&mut self, late: Step, clock: impl FnOnce() -> Instant) -> Step {
        if self.pauses == 0 {
            return if self.has_passed(clock) { late } else { self.wait() };
        }
        let now = clock();
        if self.has_passed(|| now) {
            return late;
        }
        let step = self.wait();
        self.since = Some(now);
        step
    }

    fn call(&self) -> Step {
        if self.connecting == Connecting::UnderWay { Step::Finish } else { Step::Call }
    }

    /// Only once the clock has been read, where there is one to read.
    fn wait(&mut self) -> Step {
        self.ready = false;
        self.since = None;
        Step::Wait(self.interest, self.deadline())
    }

    fn deadline(&self) -> Deadline {
        match self.limit {
            Limit::Until(deadline) => deadline,
            _ => Deadline::NEVER,
        }
    }

    fn has_passed(&mut self, clock: impl FnOnce() -> Instant) -> bool {
        self.left(clock) == Some(Duration::ZERO)
    }

    /// How long there is still; starts the clock where it has not started.
    fn left(&mut self, clock: impl FnOnce() -> Instant) -> Option<Duration> {
        match self.limit {
            Limit::Never | Limit::Zero => None,
            Limit::Until(deadline) if deadline == Deadline::NEVER => None,
            Limit::After(timeout) => {
                self.limit = Limit::Until(Deadline::counted(clock(), timeout));
                Some(timeout)
            }
            Limit::Until(deadline) => deadline.left_at(clock()),
        }
    }
}

#[cfg(test)]
mod tests;
