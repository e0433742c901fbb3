//! How a method waits: it tries first, holding the GIL where no other thread is kept out by that; it releases the GIL
//! to wait; signal handlers run between two calls; one deadline holds for the whole operation.
//!
//! What follows a call that failed is the library's rule, [`retry`](berkeley::retry). [`Wait`] carries it out for the
//! methods of the socket object, and for the functions of `extra` on sockets of either module: it keeps or releases the
//! GIL, runs signal handlers, and goes on only where the socket still has its descriptor.

use std::sync::atomic::{AtomicI32, AtomicI64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use berkeley::retry::{Event, Mode, Retry, Step, Stop};
use berkeley::{Cause, Deadline, Error, Family, Flags, Interest, SocketRef, option};
use pyo3::prelude::*;

use crate::error::{EBADF, address_note, noted, os_error, raised, timed_out};
use crate::fd;
use crate::ffi::capi::SocketObject;
use crate::gil;

/// The largest buffer that a try may copy while it holds the GIL: some 2 microseconds.
pub(crate) const HELD: usize = 16 * 1024;

/// What an operation does.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// Receives, with the program's flags, at most so many bytes.
    Receive(Flags, usize),
    /// Sends, with the program's flags.
    Send(Flags),
    Accept,
    Connect {
        /// Whether an interrupted connect goes on by itself.
        goes_on: bool,
    },
}

impl Action {
    /// What it waits for. What is in the error queue does not make a socket readable, and data does not fill that
    /// queue.
    fn interest(self) -> Interest {
        match self {
            Self::Receive(flags, _) if flags.contains(Flags::ERRQUEUE) => Interest::PRIORITY,
            Self::Receive(flags, _) if flags.contains(Flags::OOB) => Interest::READABLE | Interest::PRIORITY,
            Self::Receive(..) | Self::Accept => Interest::READABLE,
            Self::Send(_) | Self::Connect { .. } => Interest::WRITABLE,
        }
    }

    /// The timeout that holds for it: `MSG_DONTWAIT` makes none zero, but as in C does not shorten one that there is.
    const fn timeout(self, timeout: i64) -> i64 {
        match self {
            Self::Receive(flags, _) | Self::Send(flags) if timeout < 0 && flags.contains(Flags::DONTWAIT) => {
                0
            }
            _ => timeout,
        }
    }

    /// Whether a wait has to come before the first try, where there is a timeout: without urgent data the kernel says
    /// `EINVAL` at once.
    const fn waits_first(self) -> bool {
        matches!(self, Self::Receive(flags, _) if flags.contains(Flags::OOB))
    }

    /// The rule for it.
    fn retry(self, timeout: i64) -> Retry {
        let timeout = u64::try_from(timeout).ok().map(Duration::from_nanos);
        let retry = Retry::new(self.interest(), timeout);
        match self {
            Self::Connect { goes_on } => retry.connects(goes_on),
            // poll(2) always tells of errors.
            Self::Receive(flags, _) if flags.contains(Flags::ERRQUEUE) => retry.misleading_poll(),
            Self::Receive(..) | Self::Send(_) | Self::Accept => retry,
        }
    }
}

/// How the first call of an operation is made; each further one follows a wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum First {
    /// A try that does not wait. It holds the GIL, unless [`gil`] has it otherwise: it must not copy for long. Where
    /// the GIL is wanted and there is no timeout, as [`Released`](Self::Released).
    Try,
    /// A try that does not wait, with no timeout either, for more may follow; without the GIL where it `is_long`.
    TryOnly { is_long: bool },
    /// Without the GIL, for it copies for long; without a timeout the kernel waits in it.
    Released,
    /// Without the GIL, and after a wait where there is a timeout: of a call that knows no `MSG_DONTWAIT`.
    ///
    /// The timeout has set `O_NONBLOCK`, but a clone of the descriptor, perhaps in another process, may have cleared
    /// it.
    Awaited,
}

impl First {
    /// That of a call which may copy for long, or not.
    #[inline]
    pub(crate) const fn of_copy(is_long: bool) -> Self {
        if is_long { Self::Released } else { Self::Try }
    }
}

/// Carries one operation through: `attempt` is one system call, with the flags that it is handed besides its own.
///
/// It is handed `MSG_DONTWAIT`, or [`Flags::NONE`] where the kernel is to wait, which it is only without a timeout. On
/// `EAGAIN` a timeout of zero raises it; else the GIL is released, and without a timeout the kernel waits, as the
/// socket's mode has it; with one, each further try follows a wait. A receive that would come too early waits first.
#[inline]
pub(crate) fn carry<T: Send>(
    py: Python<'_>,
    socket: &SocketObject,
    action: Action,
    first: First,
    mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
) -> PyResult<T> {
    let mut wait = Wait::new(py, socket, action)?;
    if !matches!(action, Action::Receive(..)) {
        return wait.carry(py, first, attempt);
    }
    if first != First::Try {
        if socket.mark() > 1 || wait.waits_first() {
            return wait.expecting(py, socket.mark(), attempt);
        }
        return wait.carry(py, first, attempt);
    }
    // A timeout of zero has nothing to wait for.
    let learns = wait.timeout != 0;
    if learns && (socket.mark() > 1 || wait.waits_first() || expects_to_wait(socket)) {
        return wait.expecting(py, socket.mark(), attempt);
    }
    let released = gil::is_wanted(py);
    if released && wait.is_endless() {
        return wait.released(py, attempt);
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
            wait.carry_on(py, error, attempt)
        }
    }
}

/// Receives in a row that have to find nothing for the next to wait at once.
const MISSES: u32 = 2;

/// Receives that wait at once, before one tries first again.
const WAITS: u32 = 16;

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

/// Why an operation ends without its result.
pub(crate) enum End {
    /// A system call has failed.
    Failed(Error),
    TimedOut,
    /// The socket was closed, or given another descriptor, since the operation began.
    Closed,
}

impl End {
    /// As an exception.
    pub(crate) fn raised(&self, py: Python<'_>) -> PyErr {
        match self {
            Self::Failed(error) => raised(py, error),
            Self::TimedOut => timed_out(),
            Self::Closed => os_error(py, EBADF),
        }
    }
}

/// How far some steps have led that were made without the GIL.
enum Turn<T> {
    Done(T),
    /// Signal handlers may have to run before the next step.
    Signals,
    Ended(End),
}

/// The wait of one operation, of one or more system calls, within one deadline.
pub(crate) struct Wait<'s> {
    /// Where a socket object of ours has its descriptor and its timeout, which other threads may change.
    cells: Option<(&'s AtomicI32, &'s AtomicI64)>,
    /// A socket that may be of either module, which is asked for its descriptor.
    object: Option<&'s Py<PyAny>>,
    fd: i32,
    target: SocketRef<'s>,
    action: Action,
    /// In nanoseconds, as it was when the operation began; negative for none.
    timeout: i64,
    /// Once a call has failed, or was waited for: tries that do not wait cost no look at the clock.
    retry: Option<Retry>,
    step: Step,
    /// Whether a call without `MSG_DONTWAIT` has waited: `O_NONBLOCK` was not set then.
    has_blocked: bool,
}

impl<'s> Wait<'s> {
    /// Reads the socket's descriptor and timeout, once for the whole operation.
    #[inline]
    pub(crate) fn new(py: Python<'_>, socket: &'s SocketObject, action: Action) -> PyResult<Self> {
        let cells = socket.cells();
        let fd = cells.0.load(Relaxed);
        let target = fd::borrowed(py, fd)?.with_family(Family::from_raw(socket.family()));
        let timeout = action.timeout(cells.1.load(Relaxed));
        Ok(Self { cells: Some(cells), ..Self::of(fd, target, timeout, action) })
    }

    /// Of a socket that may be of either module, and whose tries never wait. The timeout is in nanoseconds, negative
    /// for none.
    pub(crate) fn of_either(object: &'s Bound<'_, PyAny>, timeout: i64, action: Action) -> PyResult<Self> {
        let fd = number(object)?;
        let timeout = action.timeout(timeout);
        let retry = Some(action.retry(timeout).never_blocks());
        let target = fd::borrowed(object.py(), fd)?;
        Ok(Self { object: Some(object.as_unbound()), retry, ..Self::of(fd, target, timeout, action) })
    }

    #[inline]
    const fn of(fd: i32, target: SocketRef<'s>, timeout: i64, action: Action) -> Self {
        Self {
            cells: None,
            object: None,
            fd,
            target,
            action,
            timeout,
            retry: None,
            step: Step::Call,
            has_blocked: false,
        }
    }

    /// The socket.
    pub(crate) const fn target(&self) -> &SocketRef<'s> {
        &self.target
    }

    /// Whether it has a timeout, and a wait comes before the first try.
    const fn waits_first(&self) -> bool {
        self.timeout > 0 && self.action.waits_first()
    }

    /// Whether there is no timeout.
    pub(crate) const fn is_endless(&self) -> bool {
        self.timeout < 0
    }

    /// The exception of an end; of a timeout with a note of the peer, or of what was listened on.
    pub(crate) fn raised(&self, py: Python<'_>, end: &End) -> PyErr {
        let exception = end.raised(py);
        if !matches!(end, End::TimedOut) {
            return exception;
        }
        let address = gil::brief(py, || match self.action {
            Action::Accept => self.target.local_address(),
            _ => self.target.peer_address(),
        });
        match address.ok().filter(|address| !address.is_unnamed()) {
            Some(address) => noted(py, exception, &address_note(address)),
            None => exception,
        }
    }

    /// Whether the socket still has the descriptor that it had. The number of one that was closed may be another
    /// socket's by now, whose bytes are not this operation's.
    fn is_open(&self) -> bool {
        self.cells.is_none_or(|(fd, _)| fd.load(Relaxed) == self.fd)
    }

    /// What a call is told besides its own flags: without a timeout the kernel waits.
    const fn flags(&self) -> Flags {
        if self.is_endless() { Flags::NONE } else { Flags::DONTWAIT }
    }

    /// As the function [`carry`], for an operation of several parts, each of which is carried through.
    #[inline]
    pub(crate) fn carry<T: Send>(
        &mut self,
        py: Python<'_>,
        first: First,
        mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
    ) -> PyResult<T> {
        let released = match first {
            First::Awaited => return self.expecting(py, 0, attempt),
            First::Released => return self.released(py, attempt),
            First::Try if gil::is_wanted(py) => return self.released(py, attempt),
            First::Try => false,
            First::TryOnly { is_long } => is_long || gil::is_wanted(py),
        };
        match self.try_first(py, released, &mut attempt) {
            Ok(value) => Ok(value),
            Err(error) => self.carry_on(py, error, attempt),
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

    /// See [`First::Released`].
    fn released<T: Send>(
        &mut self,
        py: Python<'_>,
        mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
    ) -> PyResult<T> {
        let flags = self.flags();
        self.step = Step::Call;
        self.run(py, |target, _| attempt(target, flags))?.map_err(|end| self.raised(py, &end))
    }

    /// See [`First::Awaited`]; also where the first call would come too early.
    ///
    /// Without a timeout the call itself waits. But what has to reach a mark is waited for: a blocking recv(2) that has
    /// copied some bytes is not woken before as many as the mark says have come behind them.
    fn expecting<T: Send>(
        &mut self,
        py: Python<'_>,
        mark: usize,
        mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
    ) -> PyResult<T> {
        self.step = if self.waits_for(mark) {
            // `O_NONBLOCK` was not set when the operation began.
            self.has_blocked = true;
            Step::Wait(self.action.interest(), Deadline::NEVER)
        } else {
            let mut retry = self.action.retry(self.timeout).waits_first();
            let step = retry.begin(Instant::now);
            self.retry = Some(retry);
            step
        };
        let flags = self.flags();
        self.run(py, |target, _| attempt(target, flags))?.map_err(|end| self.raised(py, &end))
    }

    /// Whether a receive without a timeout waits for so many bytes. The error queue and urgent data have no mark, and a
    /// socket that does not wait, or not for ever (`SO_RCVTIMEO`), is the kernel's to judge.
    fn waits_for(&self, mark: usize) -> bool {
        let Action::Receive(flags, size) = self.action else {
            return false;
        };
        self.is_endless()
            && (2..=size).contains(&mark)
            && !flags.contains(Flags::ERRQUEUE)
            && !flags.contains(Flags::OOB)
            && self.target.blocking_mode(self.action.interest()).is_ok_and(|mode| mode == Mode::Blocking)
    }

    /// What comes after a first try that failed.
    #[cold]
    fn carry_on<T: Send>(
        &mut self,
        py: Python<'_>,
        error: Error,
        mut attempt: impl FnMut(&SocketRef<'_>, Flags) -> berkeley::Result<T> + Send,
    ) -> PyResult<T> {
        if error.is_interrupted() {
            py.check_signals()?;
            self.check_open().map_err(|end| self.raised(py, &end))?;
        }
        // A try that was told not to wait says nothing of a call that waits. `EINPROGRESS` is of a send that connects
        // first (`MSG_FASTOPEN`).
        let premature = error.is_would_block() || error.is_in_progress();
        if self.is_endless() && premature {
            self.step = Step::Call;
        } else {
            self.failed(error).map_err(|end| self.raised(py, &end))?;
        }
        let flags = self.flags();
        self.run(py, |target, _| attempt(target, flags))?.map_err(|end| self.raised(py, &end))
    }

    /// Carries out the steps to the end; `attempt` is handed which of the two calls it is to make. Fails with what a
    /// signal handler raises.
    pub(crate) fn run<T: Send>(
        &mut self,
        py: Python<'_>,
        mut attempt: impl FnMut(&SocketRef<'_>, Step) -> berkeley::Result<T> + Send,
    ) -> PyResult<Result<T, End>> {
        loop {
            match gil::released(py, || self.turn(&mut attempt)) {
                Turn::Done(value) => return Ok(Ok(value)),
                Turn::Ended(end) => return Ok(Err(end)),
                Turn::Signals => py.check_signals()?,
            }
        }
    }

    /// Carries out steps without the GIL, as many as need no signal handler between them.
    fn turn<T>(&mut self, attempt: &mut impl FnMut(&SocketRef<'_>, Step) -> berkeley::Result<T>) -> Turn<T> {
        loop {
            if !self.is_open() {
                return Turn::Ended(End::Closed);
            }
            let ended = match self.step {
                Step::Call | Step::Finish => match attempt(&self.target, self.step) {
                    Ok(value) => return Turn::Done(value),
                    Err(error) => {
                        let interrupted = error.is_interrupted();
                        self.failed(error).map(|()| interrupted)
                    }
                },
                _ => self.idle(),
            };
            match ended {
                Ok(false) => {}
                Ok(true) => return Turn::Signals,
                Err(end) => return Turn::Ended(end),
            }
        }
    }

    /// For those who make their calls themselves, on a socket of either module: what comes before the first, a wait
    /// where a mark (`SO_RCVLOWAT`) is to be reached. The kernel is asked for it.
    ///
    /// Here as in what follows, Python code that raises, a signal handler's or the object's, is told apart from what
    /// ends the operation.
    pub(crate) fn before(&mut self, py: Python<'_>) -> PyResult<Result<(), End>> {
        if !self.target.get(option::RCVLOWAT).is_ok_and(|mark| mark != 1) {
            return Ok(Ok(()));
        }
        let mut retry = self.action.retry(self.timeout).never_blocks().waits_first();
        self.step = retry.begin(Instant::now);
        self.retry = Some(retry);
        let waited = self.until_call(py)?;
        self.still_open(py, waited)
    }

    /// What follows a call of theirs that failed, up to the next.
    pub(crate) fn after(&mut self, py: Python<'_>, error: Error) -> PyResult<Result<(), End>> {
        if error.is_interrupted() {
            py.check_signals()?;
        }
        let waited = match self.failed(error) {
            Ok(()) => self.until_call(py)?,
            Err(end) => Err(end),
        };
        self.still_open(py, waited)
    }

    /// Ends where a socket that may be of either module was closed since the operation began.
    fn still_open(&self, py: Python<'_>, waited: Result<(), End>) -> PyResult<Result<(), End>> {
        match self.object {
            Some(object) if waited.is_ok() && number(object.bind(py))? != self.fd => Ok(Err(End::Closed)),
            _ => Ok(waited),
        }
    }

    /// Carries out the steps up to the next call.
    fn until_call(&mut self, py: Python<'_>) -> PyResult<Result<(), End>> {
        while self.step != Step::Call {
            match gil::released(py, || self.idle()) {
                Ok(true) => py.check_signals()?,
                Ok(false) => {}
                Err(end) => return Ok(Err(end)),
            }
        }
        Ok(Ok(()))
    }

    /// A step that makes no call; gives whether signal handlers may have to run.
    fn idle(&mut self) -> Result<bool, End> {
        let event = match self.step {
            Step::Wait(interest, deadline) => match self.target.wait(interest, deadline) {
                Ok(_) => Event::Ready,
                Err(error) if error.is_interrupted() => Event::Interrupted,
                Err(error) if error.cause() == Cause::TimedOut => Event::Elapsed,
                Err(error) => return Err(End::Failed(error)),
            },
            Step::Pause(pause) => {
                thread::sleep(pause);
                Event::Paused
            }
            Step::Stop(Stop::Closed) => return Err(End::Closed),
            Step::Stop(_) => return Err(End::TimedOut),
            // Answered where the call has failed.
            Step::Call | Step::Finish | Step::Ask => return Ok(false),
        };
        self.step = self.retry().next(event, Instant::now);
        Ok(matches!(event, Event::Interrupted | Event::Paused))
    }

    /// Notes that a call has failed; gives its error back where it is the operation's.
    fn failed(&mut self, error: Error) -> Result<(), End> {
        let interrupted = error.is_interrupted();
        self.step = self.retry().next(Event::of(&error), Instant::now);
        self.has_blocked |= interrupted && self.is_endless();
        if self.step == Step::Ask {
            let mode = self.mode();
            self.step = self.retry().next(Event::Mode(mode), Instant::now);
        }
        if self.step == Step::Stop(Stop::Failed) { Err(End::Failed(error)) } else { Ok(()) }
    }

    /// How the socket waits by itself, where a call without a timeout has given `EAGAIN`.
    ///
    /// A call keeps the timeout that it began with: it goes on where `O_NONBLOCK` was set since. Where it was set
    /// before, though the object has no timeout, the error is raised, as C has it.
    fn mode(&self) -> Mode {
        let has_timeout = self.cells.is_some_and(|(_, timeout)| timeout.load(Relaxed) >= 0);
        if !self.has_blocked && !has_timeout {
            return Mode::Limited;
        }
        self.target.blocking_mode(self.action.interest()).unwrap_or(Mode::Limited)
    }

    /// The rule, from the first failure on.
    fn retry(&mut self) -> &mut Retry {
        self.retry.get_or_insert_with(|| self.action.retry(self.timeout))
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

    /// Notes that a part has gone, and that there is more: runs signal handlers, and fails with what one raises; ends
    /// where the time is up, or the socket was closed.
    pub(crate) fn progressed(&mut self, py: Python<'_>) -> PyResult<Result<(), End>> {
        py.check_signals()?;
        let goes_on = self.goes_on();
        self.still_open(py, goes_on)
    }

    fn goes_on(&mut self) -> Result<(), End> {
        self.check_open()?;
        self.step = self.retry().next(Event::Progressed, Instant::now);
        if self.step == Step::Stop(Stop::TimedOut) {
            return Err(End::TimedOut);
        }
        if self.cells.is_some() && self.is_endless() && !self.has_blocked {
            // Later this cannot be told from a flag that was set while the kernel waited.
            let mode = self.target.blocking_mode(self.action.interest());
            self.has_blocked = mode.is_ok_and(|mode| mode != Mode::Nonblocking);
        }
        Ok(())
    }

    /// Signal handlers that ran between two calls may have closed the socket.
    fn check_open(&self) -> Result<(), End> {
        if self.is_open() { Ok(()) } else { Err(End::Closed) }
    }
}

/// The number of the descriptor of a socket of either module.
pub(crate) fn number(socket: &Bound<'_, PyAny>) -> PyResult<i32> {
    socket.call_method0("fileno")?.extract()
}
