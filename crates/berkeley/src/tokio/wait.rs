//! Readiness, and the one loop of try and wait that every awaited call runs.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{MutexGuard, PoisonError};
use std::task::{self, Context};
use std::time::{Duration, Instant};

use ::tokio::io::Interest;
use ::tokio::runtime::Handle;
use ::tokio::task::coop::consume_budget;
use ::tokio::time::sleep;

use super::watch::{Ready, ready};
use super::{AsyncSocket, Waiting, Waits};
use crate::address::{Address, ToAddress};
use crate::error::{Error, Operation, Result};
use crate::kinds::{Flags, Interest as Events};
use crate::socket::retry::{Event, Retry, Step};
use crate::socket::{self, Deadline, Socket};
use crate::sys::{Errno, poll};

/// Something to receive, or an error alone: epoll says `EPOLLERR` without `EPOLLIN` of an ICMP error of UDP, or of a
/// queue of errors, and tokio's `READABLE` leaves it out.
pub(super) const READ: Interest = Interest::READABLE.add(Interest::ERROR);

/// Room to send, or an error alone.
pub(super) const WRITE: Interest = Interest::WRITABLE.add(Interest::ERROR);

/// What a call waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    /// Something to receive, or a connection to take.
    Arrival,
    /// As [`Arrival`](Self::Arrival), which stays where it is: there may be something, and nothing to see.
    Peek,
    /// Urgent data.
    Urgent,
    /// Something in the error queue.
    Errors,
    /// Room to send.
    Room,
    /// Nothing: it is told not to wait.
    Nothing,
}

impl Awaited {
    /// That of a receive with these flags.
    pub(super) fn arrival(flags: Flags) -> Self {
        if flags.contains(Flags::DONTWAIT) {
            return Self::Nothing;
        }
        match socket::Awaited::by(flags).interest() {
            Events::PRIORITY => Self::Errors,
            events if events.contains(Events::PRIORITY) => Self::Urgent,
            _ if flags.contains(Flags::PEEK) => Self::Peek,
            _ => Self::Arrival,
        }
    }

    /// That of a send with these flags.
    pub(super) const fn room(flags: Flags) -> Self {
        if flags.contains(Flags::DONTWAIT) { Self::Nothing } else { Self::Room }
    }

    const fn interest(self) -> Option<Interest> {
        match self {
            Self::Arrival | Self::Peek => Some(READ),
            Self::Urgent => Some(READ.add(Interest::PRIORITY)),
            Self::Errors => Some(Interest::ERROR),
            Self::Room => Some(WRITE),
            Self::Nothing => None,
        }
    }

    /// Whether the call may find nothing although there is something for a plain receive.
    pub(super) const fn is_aside(self) -> bool {
        matches!(self, Self::Peek | Self::Urgent | Self::Errors)
    }

    /// What makes such a call worth another try.
    fn events(self) -> Events {
        match self {
            Self::Urgent => Events::READABLE | Events::PRIORITY,
            Self::Errors => Events::ERROR,
            _ => Events::READABLE,
        }
    }
}

/// Waiting for readiness, and trying without a wait.
///
/// A `try_*` call that finds nothing makes the next wait a real one. While the reactor knows that a try would find
/// nothing, the try gives `EAGAIN` without a system call.
impl AsyncSocket {
    /// Waits until there is something to receive or to accept, the end of the data, or an error.
    ///
    /// It may be so no longer when a try follows. Any number of tasks may wait at once. Nothing is lost by dropping it.
    ///
    /// # Errors
    ///
    /// Fails where the reactor does not take the socket, and where the runtime shuts down.
    ///
    /// # Examples
    ///
    /// ```
    /// # use berkeley::{AsyncSocket, Family, Protocol, Type};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> berkeley::Result<()> {
    /// # let (left, right) = AsyncSocket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
    /// left.send(b"now").await?;
    /// let mut buffer = [0; 16];
    /// let length = loop {
    ///     right.readable().await?;
    ///     match right.try_recv(&mut buffer) {
    ///         Err(error) if error.is_would_block() => {}
    ///         result => break result?,
    ///     }
    /// };
    /// assert_eq!(&buffer[..length], b"now");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn readable(&self) -> Result<()> {
        ready(self.registered()?, READ).await.map(drop)
    }

    /// Waits until there is room to send, a connection is made, or an error has come; else as
    /// [`readable`](Self::readable).
    ///
    /// # Errors
    ///
    /// Fails as [`readable`](Self::readable) does.
    pub async fn writable(&self) -> Result<()> {
        ready(self.registered()?, WRITE).await.map(drop)
    }

    /// Takes one connection if there is one; the accepted socket does not block.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_accept`](crate::Socket::try_accept) does.
    pub fn try_accept(&self) -> Result<(AsyncSocket, Address)> {
        let (socket, address) =
            self.try_once(Interest::READABLE, Operation::Accept, Socket::try_accept_nonblocking)?;
        Ok((Self::with_traits(socket, self.traits), address))
    }

    /// Receives what is there; gives the number of bytes, 0 at the end of a stream.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_recv`](crate::Socket::try_recv) does.
    pub fn try_recv(&self, buffer: &mut [u8]) -> Result<usize> {
        self.try_once(Interest::READABLE, Operation::Recv, |socket| socket.try_recv(buffer, Flags::NONE))
    }

    /// Receives what is there and who sent it.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_recv`](crate::Socket::try_recv) does.
    pub fn try_recv_from(&self, buffer: &mut [u8]) -> Result<(usize, Address)> {
        self.try_once(Interest::READABLE, Operation::RecvFrom, |socket| {
            socket.try_recv_from(buffer, Flags::NONE)
        })
    }

    /// Receives what is there, at most `limit` bytes, behind what `buffer` holds; gives the number of bytes.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_recv_append`](crate::Socket::try_recv_append) does.
    pub fn try_recv_append(&self, buffer: &mut Vec<u8>, limit: usize) -> Result<usize> {
        self.try_once(Interest::READABLE, Operation::Recv, |socket| {
            socket.try_recv_append(buffer, limit, Flags::NONE)
        })
    }

    /// Sends what there is room for; gives the number of bytes taken.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_send`](crate::Socket::try_send) does.
    pub fn try_send(&self, buffer: &[u8]) -> Result<usize> {
        self.try_once(Interest::WRITABLE, Operation::Send, |socket| socket.try_send(buffer, Flags::NONE))
    }

    /// Sends what there is room for to `address`; gives the number of bytes taken.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_send_to`](crate::Socket::try_send_to) does.
    pub fn try_send_to(&self, buffer: &[u8], address: impl ToAddress) -> Result<usize> {
        address.with_address(Operation::SendTo, |address| {
            self.try_once(Interest::WRITABLE, Operation::SendTo, |socket| {
                socket.try_send_to(buffer, address, Flags::NONE)
            })
        })
    }

    pub(super) fn try_once<T>(
        &self,
        interest: Interest,
        operation: Operation,
        mut attempt: impl FnMut(&Socket) -> Result<T>,
    ) -> Result<T> {
        let mut attempt = || uninterrupted(|| attempt(&self.socket));
        let Some(registration) = self.registration.get() else { return attempt() };
        // tokio's `try_io` heeds an interest that is combined no more than none at all, hence one after the other.
        for interest in [interest, Interest::ERROR] {
            let tried = registration.try_io(interest, |_| match attempt() {
                Err(error) if error.is_would_block() => Err(std::io::ErrorKind::WouldBlock.into()),
                result => Ok(result),
            });
            // The error is always WouldBlock: from the line above, or since tokio knew it without trying.
            if let Ok(result) = tried {
                return result;
            }
        }
        Err(Error::kernel(operation, Errno::AGAIN))
    }

    pub(super) fn waits(&self) -> MutexGuard<'_, Option<Box<Waits>>> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tries `attempt` whenever the reactor says so, until it succeeds or fails for good.
    pub(super) async fn carry_through<T>(
        &self,
        awaited: Awaited,
        mut attempt: impl FnMut(&Socket) -> Result<T>,
    ) -> Result<T> {
        let mut patience = Patience::default();
        loop {
            // A socket that is always ready must not starve the other tasks of its thread.
            consume_budget().await;
            let Some(interest) = awaited.interest() else {
                return uninterrupted(|| attempt(&self.socket));
            };
            if awaited == Awaited::Errors && !self.traits.silent {
                return Box::pin(self.carry_errors(attempt)).await;
            }
            let ready =
                if self.traits.silent { None } else { Some(ready(self.registered()?, interest).await?) };
            match self.uninterrupted_above_mark(awaited, &mut attempt) {
                Err(error) if error.is_would_block() => {}
                result => return result,
            }
            // The reactor is edge-triggered: once cleared, its next event is new.
            if ready.is_none_or(|ready| self.misleads(awaited, ready)) {
                patience.pause().await;
            }
        }
    }

    /// As [`carry_through`](Self::carry_through), of the error queue.
    ///
    /// A plain receive that finds nothing makes the reactor forget an error, which may be one in the queue. So each try
    /// is made once its wait has begun: no error falls between the two.
    async fn carry_errors<T>(&self, mut attempt: impl FnMut(&Socket) -> Result<T>) -> Result<T> {
        let mut patience = Patience::default();
        loop {
            consume_budget().await;
            let mut wait = pin!(ready(self.registered()?, Interest::ERROR));
            let begun = poll_fn(|context| task::Poll::Ready(wait.as_mut().poll(context))).await;
            match uninterrupted(|| attempt(&self.socket)) {
                Err(error) if error.is_would_block() => {}
                result => return result,
            }
            let task::Poll::Ready(event) = begun else {
                wait.await.map(drop)?;
                continue;
            };
            if self.misleads(Awaited::Errors, event?) {
                patience.pause().await;
            }
        }
    }

    /// Whether the reactor will say "ready" again at once of a socket that has just been found not to be.
    fn misleads(&self, awaited: Awaited, mut ready: Ready<'_>) -> bool {
        // What tokio never clears (a hang-up, or UDP after shutdown(2)) would make the caller's loop spin.
        let final_state = ready.ready().is_read_closed() || ready.ready().is_write_closed();
        // What is there for another call must not be forgotten.
        let lied = match awaited {
            Awaited::Room => self.traits.peer_queue,
            awaited => awaited.is_aside() && self.holds(awaited.events()),
        };
        if !lied {
            ready.clear_ready();
        }
        lied || final_state
    }

    /// Whether poll(2) says any of `events` right now.
    fn holds(&self, events: Events) -> bool {
        let polled = poll::poll(self.socket.as_fd(), events.as_raw(), Some(Duration::ZERO));
        polled.is_ok_and(|found| found & events.as_raw() != 0)
    }

    /// One try, of a receive only above the socket's mark.
    fn uninterrupted_above_mark<T>(
        &self,
        awaited: Awaited,
        attempt: &mut impl FnMut(&Socket) -> Result<T>,
    ) -> Result<T> {
        if matches!(awaited, Awaited::Arrival | Awaited::Peek) && self.socket.is_below_mark() {
            return Err(Error::kernel(Operation::Wait, Errno::AGAIN));
        }
        uninterrupted(|| attempt(&self.socket))
    }
}

/// The pauses of one call on a socket of which epoll says "ready" and that is not: 1 to 50 ms apart.
///
/// On the heap, and only once needed, so that the future of a call that merely waits stays small.
#[derive(Default)]
pub(super) struct Patience(Option<Box<Retry>>);

impl Patience {
    pub(super) async fn pause(&mut self) {
        let new = || Retry::until(Events::READABLE, Deadline::NEVER).misleading_poll();
        let retry = self.0.get_or_insert_with(|| Box::new(new()));
        let _ = retry.next(Event::Ready, Instant::now);
        if let Step::Pause(pause) = retry.next(Event::Failed(Errno::AGAIN.as_raw()), Instant::now) {
            Box::pin(sleep(pause)).await;
        }
    }
}

/// Pending for a pause, after which the call may be tried again; the last task to come is woken.
///
/// The pause is kept in `waiting`, so that a task that is polled ever so often has one and no more.
#[cold]
pub(super) fn poll_pause(waiting: &mut Option<Waiting>, context: &mut Context<'_>) -> task::Poll<()> {
    if Handle::try_current().is_err() {
        context.waker().wake_by_ref();
        return task::Poll::Pending;
    }
    let pause = waiting.get_or_insert_with(|| {
        Box::pin(async {
            sleep(Retry::LONGEST).await;
            Ok(())
        })
    });
    // What it gives is no matter: a wait of another kind that was left behind only brings the next try forward.
    let _ = task::ready!(pause.as_mut().poll(context));
    *waiting = None;
    task::Poll::Ready(())
}

/// Makes the call again as long as a signal interrupts it.
#[inline]
pub(super) fn uninterrupted<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(error) if error.is_interrupted() => {}
            result => return result,
        }
    }
}
