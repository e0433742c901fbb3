//! [`SendBatch`], and sending with it.

use std::fmt;
use std::os::fd::AsFd;

use super::beside::{Beside, Towards};
use super::check;
use super::datagram::Datagrams;
use super::run::{self, Run};
use crate::address::Address;
use crate::control;
use crate::error::{Operation, Result};
use crate::kinds::Flags;
use crate::socket::{Awaited, Peers, Refusal, Socket, Stop, Waiting, with_timeout};
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
        let mut limit = Limit { longest, refused: None };
        let errno = match self.send_once(socket, datagrams, from, &limit, flags) {
            Ok(sent) => return Ok(sent),
            Err(errno) => errno,
        };
        // Only the first message can have been refused; what was sent before would have been told instead.
        let address = datagrams.address(from);
        let longest = limit.to(address, segmentation.peers().as_deref());
        let Some(refusal) = refusal(errno, datagrams.run(from, MOST, longest)) else { return Err(errno) };
        match refusal {
            Refusal::Ever => limit.longest = 0,
            Refusal::From(length) => limit.refused = Some((address, length.saturating_sub(1))),
        }
        // Whether it was the piece that the kernel could not take, the same datagrams tell, one by one.
        let sent = self.send_once(socket, datagrams, from, &limit, flags)?;
        segmentation.refuse(refusal, address);
        Ok(sent)
    }

    fn send_once<D: Datagrams + ?Sized>(
        &mut self,
        socket: &Socket<impl AsFd>,
        datagrams: &D,
        from: usize,
        limit: &Limit<'_>,
        flags: Flags,
    ) -> sys::Result<usize> {
        self.counts.clear();
        let mut draft = self.outbox.draft();
        let peers = socket.segmentation().peers();
        fill(&mut draft, &mut self.counts, datagrams, from, |address| limit.to(address, peers.as_deref()))?;
        // Other threads may send meanwhile.
        drop(peers);
        let messages = draft.send(socket.as_fd(), socket.quirks(), flags.as_raw())?;
        Ok(self.counts[..messages.min(self.counts.len())].iter().sum())
    }
}

/// How long a datagram may be that travels in a piece.
struct Limit<'a> {
    /// To any address; 0 where none may.
    longest: usize,
    /// To a peer of which the kernel has just refused a longer one.
    refused: Option<(Option<&'a Address>, usize)>,
}

impl Limit<'_> {
    fn to(&self, address: Option<&Address>, peers: Option<&Peers>) -> usize {
        let known = peers.map_or(self.longest, |peers| peers.longest(address).min(self.longest));
        match self.refused {
            Some((refused, longest)) if run::same(refused, address) => longest.min(known),
            _ => known,
        }
    }
}

/// Puts the messages of one call together, of [`MOST`] datagrams at most, so that a deadline is seen in between.
///
/// A datagram that cannot be laid out ends them: where it is the first, the error is its own.
fn fill<'d, D: Datagrams + ?Sized>(
    draft: &mut Draft<'_, 'd>,
    counts: &mut Vec<usize>,
    datagrams: &'d D,
    from: usize,
    longest: impl Fn(Option<&Address>) -> usize,
) -> sys::Result<()> {
    let end = datagrams.count().min(from.saturating_add(MOST));
    let (mut at, mut last) = (from, Last::default());
    while at < end {
        let address = datagrams.address(at);
        let run = datagrams.run(at, end - at, longest(address));
        let with_control = match last.lay_out(draft, address, datagrams.beside(at), run) {
            Ok(with_control) => with_control,
            Err(_) if at > from => return Ok(()),
            Err(errno) => return Err(errno),
        };
        draft.begin(address.is_some(), with_control)?;
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

/// What was laid out last, which the next message mostly shares.
#[derive(Default)]
struct Last<'d> {
    address: Option<&'d Address>,
    /// What the control data says: what goes beside the bytes, to where, and by which size a piece is cut.
    control: Option<(Beside<'d>, Towards, u16)>,
}

impl<'d> Last<'d> {
    /// Lays out the address and the control data of the next message; gives whether it has any of the latter.
    fn lay_out(
        &mut self,
        draft: &mut Draft<'_, 'd>,
        address: Option<&'d Address>,
        beside: Beside<'d>,
        run: Run,
    ) -> sys::Result<bool> {
        if let Some(address) = address.filter(|address| !run::same(self.address, Some(address))) {
            draft.add_address(address.encode().as_bytes())?;
            self.address = Some(address);
        }
        // A piece is no longer than what a u16 can say.
        let cut = run.count > 1;
        let segment = if cut { u16::try_from(run.size).map_err(|_| Errno::INVAL)? } else { 0 };
        if !cut && beside.is_nothing() {
            return Ok(false);
        }
        let towards = Towards::of(address);
        let same = self
            .control
            .as_ref()
            .is_some_and(|(last, to, size)| *size == segment && *to == towards && last.is_same(&beside));
        if !same {
            self.control = None;
            draft.begin_control();
            beside.messages(towards, segment, |messages| {
                draft.extend_control(control::Room::new().fill(messages)?)
            })?;
            self.control = Some((beside, towards, segment));
        }
        Ok(true)
    }
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
    /// One call takes 1024 datagrams. Of UDP, those of one size to one address travel as one piece where the kernel can
    /// ([`SendBatch::gso`]). A socket whose option `udp.segment` is set before the first call has each of its datagrams
    /// cut by that instead.
    ///
    /// A peer whose path takes no such piece, for its MTU is small, has its datagrams sent one by one from then on, and
    /// no other peer has; the last 64 such peers are remembered.
    ///
    /// A failure is that of one datagram, and says how many went out before it:
    /// [`Error::datagrams_sent`](crate::Error::datagrams_sent). None behind it has been sent.
    ///
    /// # Errors
    ///
    /// Fails for a stream.
    ///
    /// # Examples
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
