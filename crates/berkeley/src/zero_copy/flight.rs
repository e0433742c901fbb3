//! Buffers under way: sent, and not done with yet.

use std::collections::{TryReserveError, VecDeque};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::notice::{Notice, notices};
use super::{Buffer, Completion};
use crate::control::ControlBuffer;
use crate::kinds::{Flags, Interest};
use crate::socket::{Awaited, Deadline, Socket, Stop, Waiting, with_timeout};
use crate::sys::constants::{MSG_DONTWAIT, MSG_ERRQUEUE};
use crate::sys::quirks::Quirks;
use crate::sys::socket::AddressRoom;
use crate::sys::{self, Errno, message, transfer};

type Stopped<T> = std::result::Result<T, Stop>;

/// One buffer, and which of its sends the kernel is not done with.
struct Flight<B> {
    buffer: B,
    /// The numbers of its sends: so many, from this on.
    first: u32,
    sends: u32,
    pending: u32,
    copied: bool,
}

impl<B> Flight<B> {
    /// Notes what is done; `false` where it was done before.
    fn heed(&mut self, notice: Notice) -> bool {
        let common = notice.overlap(self.first, self.sends);
        let Some(pending) = self.pending.checked_sub(common) else { return false };
        self.pending = pending;
        self.copied |= common > 0 && notice.copied;
        true
    }
}

/// How the next piece of a buffer is sent.
#[derive(Default)]
pub(crate) struct Way {
    /// With a copy, for this once: the kernel has no room to note a send without one.
    copies: bool,
}

/// What one attempt has come to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Nothing of the buffer was left to send.
    All,
    Some,
    /// The kernel took nothing, and gave no error.
    Nothing,
    /// Nothing yet: there is room now, or it goes with a copy.
    Again,
    /// Nothing, before a notice comes.
    Full,
}

/// The buffers under way, in the order of their sending.
pub(crate) struct Flights<B> {
    queue: VecDeque<Flight<B>>,
    /// The number that the kernel gives to the next send.
    next: u32,
    /// Somebody else sends without copies too: no number says any more whose buffer is done.
    lost: bool,
    /// What notices are received into.
    control: ControlBuffer,
}

/// Notes what is done. `false` where it has not been sent, or was done before: then it is another's.
fn heed<B>(queue: &mut VecDeque<Flight<B>>, next: u32, notice: Notice) -> bool {
    queue.iter_mut().fold(notice.is_before(next), |ours, flight| flight.heed(notice) && ours)
}

/// The kernel may still send from these: memory used anew would go to the peer.
impl<B> Drop for Flights<B> {
    fn drop(&mut self) {
        let lost = self.lost;
        for flight in self.queue.drain(..).filter(|flight| lost || flight.pending > 0) {
            std::mem::forget(flight.buffer);
        }
    }
}

impl<B: Buffer> Flights<B> {
    pub(crate) fn new() -> Self {
        // Room for one error and its sender's address, or what else an error queue holds beside it.
        Self { queue: VecDeque::new(), next: 0, lost: false, control: ControlBuffer::with_capacity(256) }
    }

    /// Makes room for one more.
    pub(super) fn reserve(&mut self) -> std::result::Result<(), TryReserveError> {
        self.queue.try_reserve(1)
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Takes `buffer` to be sent, behind the others.
    pub(crate) fn begin(&mut self, buffer: B) {
        self.queue.push_back(Flight { buffer, first: self.next, sends: 0, pending: 0, copied: false });
    }

    /// Sends all of the last buffer; `sent` says how far it came.
    pub(super) fn send(&mut self, socket: &Socket, sent: &mut usize) -> Stopped<()> {
        let (fd, timeout) = (socket.as_fd(), socket.timeout());
        let deadline = Deadline::from_timeout(timeout);
        let (mut waiting, mut notices) = (Waiting::new(Awaited::ROOM, timeout), None);
        let flags = with_timeout(Flags::NONE, timeout);
        let mut way = Way::default();
        loop {
            match self.attempt(socket, sent, &mut way, flags) {
                Ok(Sent::All) => return Ok(()),
                Ok(Sent::Nothing) => return Err(Stop::NothingTaken),
                Ok(Sent::Some) if self.rest(*sent).is_some() => waiting.progressed()?,
                Ok(Sent::Some | Sent::Again) => {}
                Ok(Sent::Full) if timeout == Some(Duration::ZERO) => return Err(Errno::NOBUFS.into()),
                Ok(Sent::Full) => self.wait(fd, deadline, &mut notices)?,
                Err(errno) => waiting.after(fd, errno)?,
            }
        }
    }

    /// Sends what there is room for of the last buffer: one call, and those that read the notices.
    ///
    /// Notices that wait make poll(2) say "ready", so they are read before any wait.
    pub(crate) fn attempt(
        &mut self,
        socket: &Socket,
        sent: &mut usize,
        way: &mut Way,
        flags: Flags,
    ) -> sys::Result<Sent> {
        let Some(piece) = self.rest(*sent) else { return Ok(Sent::All) };
        let transfer = if way.copies { transfer::send } else { transfer::send_zero_copy };
        match transfer(socket.as_fd(), socket.quirks(), piece, flags.as_raw()) {
            // What was not taken has no number either.
            Ok(0) => Ok(Sent::Nothing),
            Ok(length) => {
                *sent += length;
                self.note(!way.copies);
                way.copies = false;
                Ok(Sent::Some)
            }
            // No room to note one more send: what is done makes room.
            Err(Errno::NOBUFS) if !way.copies => {
                if !self.collect(socket.as_fd())? {
                    if self.queue.iter().any(|flight| flight.pending > 0) {
                        return Ok(Sent::Full);
                    }
                    way.copies = true;
                }
                Ok(Sent::Again)
            }
            Err(errno) => {
                self.collect(socket.as_fd())?;
                Err(errno)
            }
        }
    }

    /// What is left of the last buffer; `None` when it has all been sent.
    fn rest(&self, sent: usize) -> Option<&[u8]> {
        let piece = self.queue.back()?.buffer.as_ref().get(sent..)?;
        (!piece.is_empty()).then_some(piece)
    }

    /// Counts a send of the last buffer. The kernel numbers those without a copy, and only those.
    fn note(&mut self, zero_copy: bool) {
        let Some(flight) = self.queue.back_mut() else { return };
        if !zero_copy {
            flight.copied = true;
            return;
        }
        if flight.sends == 0 {
            flight.first = self.next;
        }
        flight.sends += 1;
        flight.pending += 1;
        self.next = self.next.wrapping_add(1);
    }

    /// The buffers that are done, as far as no earlier one is still under way.
    pub(super) fn landed(&mut self) -> impl Iterator<Item = Completion<B>> + '_ {
        std::iter::from_fn(|| {
            self.queue.front().filter(|flight| flight.pending == 0 && !self.lost)?;
            let done = self.queue.pop_front()?;
            Some(Completion { buffer: done.buffer, copied: done.copied })
        })
    }

    /// Whether the numbers of the kernel are not this sender's alone, so that no buffer comes back any more.
    pub(super) fn are_lost(&self) -> bool {
        self.lost
    }

    /// Reads all notices that there are; says whether there was one.
    pub(crate) fn collect(&mut self, fd: BorrowedFd<'_>) -> sys::Result<bool> {
        let (mut any, mut sender) = (false, AddressRoom::new());
        loop {
            let (flags, control) = (MSG_ERRQUEUE | MSG_DONTWAIT, self.control.data_mut());
            match message::receive_message(fd, &Quirks::unknown(), &[], control, flags, &mut sender) {
                Ok(_) => {
                    for notice in notices(self.control.messages()) {
                        any = true;
                        self.lost |= !heed(&mut self.queue, self.next, notice);
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(any),
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Waits for a notice, and reads what there is. `waiting` is of the waits that brought none.
    pub(super) fn wait(
        &mut self,
        fd: BorrowedFd<'_>,
        deadline: Deadline,
        waiting: &mut Option<Waiting>,
    ) -> Stopped<()> {
        // No event is asked for: the error queue shows itself as an error, always. Where both directions have ended, or
        // an error waits, poll(2) says "ready" from then on, whatever comes.
        waiting
            .get_or_insert_with(|| Waiting::until(Interest::from_raw(0), deadline))
            .after(fd, Errno::AGAIN)?;
        if self.collect(fd)? {
            *waiting = None;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three buffers of one send each are under way; how many come back after these notices, and whether the rest is
    /// lost.
    #[test]
    fn a_notice_of_somebody_elses_send_gives_no_buffer_back() {
        type Row<'a> = (&'a [(u32, u32)], usize, bool);
        let rows: [Row<'_>; 7] = [
            (&[(0, 0)], 1, false),
            (&[(0, 1), (2, 2)], 3, false),
            (&[(2, 2), (0, 1)], 3, false),
            (&[(0, 3)], 0, true),
            (&[(3, 3), (0, 2)], 0, true),
            (&[(1, 1), (0, 1)], 0, true),
            (&[(u32::MAX, u32::MAX)], 0, false),
        ];
        for (read, want, lost) in rows {
            let mut flights = Flights::<Vec<u8>>::new();
            for _ in 0..3 {
                let flight =
                    Flight { buffer: vec![7], first: flights.next, sends: 0, pending: 0, copied: false };
                flights.queue.push_back(flight);
                flights.note(true);
            }
            for &(first, last) in read {
                flights.lost |= !heed(&mut flights.queue, flights.next, Notice::new(first, last));
            }
            assert_eq!((flights.landed().count(), flights.are_lost()), (want, lost), "{read:?}");
        }
    }
}
