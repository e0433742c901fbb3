//! [`SendBatch`], and sending with it.

use std::fmt;
use std::os::fd::AsFd;

use super::check;
use super::datagram::Datagrams;
use super::run::{self, Run};
use crate::address::Address;
use crate::control::{self, udp};
use crate::error::{Operation, Result};
use crate::kinds::Flags;
use crate::socket::{Awaited, Refusal, Socket, Stop, Waiting, with_timeout};
use crate::sys::batch::{Draft, MOST, Outbox};
use crate::sys::{self, Errno, alloc};

/// What [`send_many`](Socket::send_many) needs, to be used again and again, with any socket, without a further
/// allocation.
///
/// It holds no datagram: those are borrowed for each call.
#[derive(Default)]
pub struct SendBatch {
    outbox: Outbox,
    /// How many datagrams each message of the last draft holds.
    counts: Vec<usize>,
    one_by_one: bool,
}

impl SendBatch {
    /// A batch, which takes its memory as it is first used: up to 300 KB for the 1024 datagrams of a call.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether datagrams of one size to one address travel as one piece, where the kernel can (the default).
    #[must_use]
    #[doc(alias = "UDP_SEGMENT")]
    #[doc(alias = "GSO")]
    pub fn gso(self, on: bool) -> Self {
        Self { one_by_one: !on, ..self }
    }

    /// Sends what one call takes of `datagrams`, from the one at `from` on; gives how many went.
    fn step<D: Datagrams + ?Sized>(
        &mut self,
        socket: &Socket<impl AsFd>,
        datagrams: &D,
        from: usize,
        flags: Flags,
    ) -> sys::Result<usize> {
        let segmentation = socket.segmentation();
        let longest = if self.one_by_one { 0 } else { segmentation.longest(socket.as_fd())?.unwrap_or(0) };
        let errno = match self.send_once(socket, datagrams, from, longest, flags) {
            Ok(sent) => return Ok(sent),
            Err(errno) => errno,
        };
        // Only the first message can have been refused; what was sent before would have been told instead.
        let first = datagrams.run(from, MOST, longest);
        let Some(refusal) = refusal(errno, first) else { return Err(errno) };
        // Whether it was the piece that the kernel could not take, the same datagrams tell, one by one.
        let sent = self.send_once(socket, datagrams, from, 0, flags)?;
        segmentation.refuse(refusal);
        Ok(sent)
    }

    fn send_once<D: Datagrams + ?Sized>(
        &mut self,
        socket: &Socket<impl AsFd>,
        datagrams: &D,
        from: usize,
        longest: usize,
        flags: Flags,
    ) -> sys::Result<usize> {
        self.counts.clear();
        let mut draft = self.outbox.draft();
        fill(&mut draft, &mut self.counts, datagrams, from, longest)?;
        let messages = draft.send(socket.as_fd(), socket.quirks(), flags.as_raw())?;
        Ok(self.counts[..messages.min(self.counts.len())].iter().sum())
    }
}

/// Puts the messages of one call together, of [`MOST`] datagrams at most, so that a deadline is seen in between.
fn fill<'d, D: Datagrams + ?Sized>(
    draft: &mut Draft<'_, 'd>,
    counts: &mut Vec<usize>,
    datagrams: &'d D,
    from: usize,
    longest: usize,
) -> sys::Result<()> {
    let end = datagrams.count().min(from.saturating_add(MOST));
    let (mut at, mut cut_at, mut last) = (from, 0, None);
    while at < end {
        let run = datagrams.run(at, end - at, longest);
        let address = datagrams.address(at);
        if let Some(address) = address.filter(|address| !run::same(last, Some(address))) {
            draft.add_address(address.encode().as_bytes())?;
            last = Some(address);
        }
        let cut = run.count > 1;
        if cut && cut_at != run.size {
            // A run is no longer than what a u16 can say.
            let size = u16::try_from(run.size).map_err(|_| Errno::INVAL)?;
            draft.add_control(control::Room::new().fill(&[udp::segment(size)])?)?;
            cut_at = run.size;
        }
        draft.begin(address.is_some(), cut)?;
        let mut appended = Ok(());
        datagrams.each(at, run.count, |bytes| {
            if appended.is_ok() {
                appended = draft.append(bytes);
            }
        });
        appended?;
        alloc::push(counts, run.count)?;
        at += run.count;
    }
    Ok(())
}

/// What an error says of pieces, if it is they that the kernel refused, `first` being the piece.
fn refusal(errno: Errno, first: Run) -> Option<Refusal> {
    if first.count == 1 {
        return None;
    }
    match errno {
        // No checksums by the interface, an IPsec policy, UDP-Lite.
        Errno::IO | Errno::OPNOTSUPP | Errno::NOPROTOOPT => Some(Refusal::Ever),
        // Longer than the MTU, most of all; what else the kernel may mean by it shortens the limit further.
        Errno::INVAL | Errno::MSGSIZE => Some(Refusal::From(first.size)),
        _ => None,
    }
}

impl fmt::Debug for SendBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendBatch").field("gso", &!self.one_by_one).finish_non_exhaustive()
    }
}

/// Many datagrams in a call: see the page of [`batch`](mod@crate::batch).
impl<F: AsFd> Socket<F> {
    /// Sends all of `datagrams`, in their order, in as few calls as it takes (sendmmsg(2)); the timeout bounds them
    /// together.
    ///
    /// One call takes 1024 datagrams. Of UDP, those of one size to one address travel as one piece where the kernel
    /// can ([`SendBatch::gso`]). A socket whose option `udp.segment` is set before the first call has each of its
    /// datagrams cut by that instead.
    ///
    /// A failure is that of one datagram, and says how many went out before it:
    /// [`Error::datagrams_sent`](crate::Error::datagrams_sent). None behind it has been sent. Fails for a stream.
    ///
    /// ```
    /// use berkeley::batch::{Datagram, SendBatch};
    /// use berkeley::{Family, Protocol, Socket, Type};
    ///
    /// let (left, right) = Socket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
    /// let mut batch = SendBatch::new();
    /// left.send_many(&[Datagram::new(b"one"), Datagram::new(b""), Datagram::new(b"three")], &mut batch)?;
    /// assert_eq!(right.recv_vec(64)?, b"one");
    /// assert_eq!(right.recv_vec(64)?, b"");
    /// assert_eq!(right.recv_vec(64)?, b"three");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "sendmmsg")]
    #[doc(alias = "UDP_SEGMENT")]
    pub fn send_many<D: Datagrams + ?Sized>(&self, datagrams: &D, batch: &mut SendBatch) -> Result<()> {
        self.send_many_with(datagrams, batch, Flags::NONE)
    }

    /// As [`send_many`](Self::send_many), with flags, which each of its calls has.
    pub fn send_many_with<D: Datagrams + ?Sized>(
        &self,
        datagrams: &D,
        batch: &mut SendBatch,
        flags: Flags,
    ) -> Result<()> {
        check(self, Operation::SendMany)?;
        let mut sent = 0;
        self.send_many_from(datagrams, batch, flags, &mut sent).map_err(|stop| {
            self.stopped(Operation::SendMany, stop, destination(datagrams, sent)).after_datagrams(sent)
        })
    }

    fn send_many_from<D: Datagrams + ?Sized>(
        &self,
        datagrams: &D,
        batch: &mut SendBatch,
        flags: Flags,
        sent: &mut usize,
    ) -> std::result::Result<(), Stop> {
        let timeout = self.timeout_with(flags);
        let flags = with_timeout(flags, timeout);
        let mut waiting = Waiting::new(Awaited::ROOM, timeout);
        while *sent < datagrams.count() {
            match batch.step(self, datagrams, *sent, flags) {
                Ok(0) => return Err(Stop::NothingTaken),
                Ok(more) => {
                    *sent += more;
                    if *sent < datagrams.count() {
                        waiting.progressed()?;
                    }
                }
                Err(errno) => waiting.after(self.as_fd(), errno)?,
            }
        }
        Ok(())
    }

    /// Sends what there is room for, from the first of `datagrams` on (sendmmsg(2)); gives how many went, at least one
    /// unless there are none.
    ///
    /// One system call, as [`try_send`](Self::try_send); a second where the kernel refuses the first for being cut,
    /// and before the first of a socket two that ask what it can.
    pub fn try_send_many<D: Datagrams + ?Sized>(
        &self,
        datagrams: &D,
        batch: &mut SendBatch,
        flags: Flags,
    ) -> Result<usize> {
        self.try_send_many_from(datagrams, 0, batch, flags)
    }

    /// As [`try_send_many`](Self::try_send_many), from the datagram at `from` on.
    pub(crate) fn try_send_many_from<D: Datagrams + ?Sized>(
        &self,
        datagrams: &D,
        from: usize,
        batch: &mut SendBatch,
        flags: Flags,
    ) -> Result<usize> {
        check(self, Operation::SendMany)?;
        if from >= datagrams.count() {
            return Ok(0);
        }
        batch
            .step(self, datagrams, from, flags | Flags::DONTWAIT)
            .map_err(|errno| self.fail(Operation::SendMany, errno, destination(datagrams, from)))
    }
}

/// Where the datagram at `at` was to go, for its error.
fn destination<D: Datagrams + ?Sized>(datagrams: &D, at: usize) -> Option<&Address> {
    if at < datagrams.count() { datagrams.address(at) } else { None }
}
