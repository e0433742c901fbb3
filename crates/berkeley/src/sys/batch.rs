//! Many messages in one call: sendmmsg(2), recvmmsg(2).
//!
//! [`Outbox`] and [`Inbox`] keep the kernel's structures from call to call, so that a call sets up only what it uses.

use std::marker::PhantomData;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use super::alloc::{push, with_room, zeroed};
use super::call::{Call, run_int};
use super::control::{bytes_of, own};
use super::layout::{ADDRESS_MAX, cmsg};
use super::quirks::Quirks;
use super::socket::{address_length, length_of};
use super::{Errno, Result, fault};

/// How many messages the kernel takes in one call (`UIO_MAXIOV`); of more it leaves the rest.
pub(crate) const MOST: usize = 1024;

/// What sends need, kept from call to call.
#[derive(Default)]
pub(crate) struct Outbox {
    parts: Vec<Part>,
    vectors: Vec<libc::iovec>,
    addresses: Vec<[u8; ADDRESS_MAX]>,
    /// Control data, one message's behind another's, in words for the alignment.
    controls: Vec<usize>,
    headers: Vec<libc::mmsghdr>,
}

/// One message: its first vector, and where its address, of that length, and its control data stand.
struct Part {
    first: usize,
    address: Option<(usize, libc::socklen_t)>,
    control: Option<Control>,
}

/// Control data: its first word, and how many words it has. A control message is padded to whole words.
#[derive(Clone, Copy)]
struct Control {
    first: usize,
    words: usize,
}

const WORD: usize = size_of::<usize>();

const _: () = assert!(cmsg::space(1) % WORD == 0);

// SAFETY: the pointers in it are those of a draft, which borrows what they point to and makes them anew for each call;
// without a draft none is followed.
unsafe impl Send for Outbox {}
// SAFETY: as above; a shared outbox cannot be drafted into.
unsafe impl Sync for Outbox {}

impl Outbox {
    /// Begins anew: messages of bytes that live as long as the draft.
    pub(crate) fn draft<'d>(&mut self) -> Draft<'_, 'd> {
        self.parts.clear();
        self.vectors.clear();
        self.addresses.clear();
        self.controls.clear();
        let control = Control { first: 0, words: 0 };
        Draft { outbox: self, address_length: 0, control, lent: PhantomData }
    }
}

/// Messages that are being put together, of bytes that are borrowed for `'d`.
pub(crate) struct Draft<'o, 'd> {
    outbox: &'o mut Outbox,
    /// Of the address added last.
    address_length: libc::socklen_t,
    /// That of the messages to come.
    control: Control,
    lent: PhantomData<&'d [u8]>,
}

impl<'d> Draft<'_, 'd> {
    /// Adds an address for the messages to come.
    pub(crate) fn add_address(&mut self, address: &[u8]) -> Result<()> {
        let mut kept = [0; ADDRESS_MAX];
        kept.get_mut(..address.len()).ok_or(Errno::INVAL)?.copy_from_slice(address);
        self.address_length = address_length(address)?;
        push(&mut self.outbox.addresses, kept)
    }

    /// Begins control data for the messages to come: none yet.
    pub(crate) fn begin_control(&mut self) {
        self.control = Control { first: self.outbox.controls.len(), words: 0 };
    }

    /// Adds control messages, as they are laid out, to the control data begun last.
    pub(crate) fn extend_control(&mut self, control: &[u8]) -> Result<()> {
        let words = control.chunks_exact(WORD);
        self.outbox.controls.try_reserve(words.len()).map_err(|_| Errno::NOMEM)?;
        self.control.words += words.len();
        self.outbox.controls.extend(words.map(|word| {
            let mut bytes = [0; WORD];
            bytes.copy_from_slice(word);
            usize::from_ne_bytes(bytes)
        }));
        Ok(())
    }

    /// Begins a message, to the address added last and with the control data begun last, or without.
    pub(crate) fn begin(&mut self, with_address: bool, with_control: bool) -> Result<()> {
        let last = self.outbox.addresses.len().checked_sub(1).filter(|_| with_address);
        let address = last.map(|at| (at, self.address_length));
        let control = Some(self.control).filter(|control| with_control && control.words > 0);
        push(&mut self.outbox.parts, Part { first: self.outbox.vectors.len(), address, control })
    }

    /// Puts `bytes` behind those of the message begun last; what lies right behind them in memory too costs no further
    /// vector.
    #[inline]
    pub(crate) fn append(&mut self, bytes: &'d [u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let begun = self.outbox.parts.last().map_or(0, |part| part.first);
        let start = bytes.as_ptr().cast_mut().cast::<libc::c_void>();
        if let Some(last) = self.outbox.vectors[begun..].last_mut() {
            if last.iov_base.wrapping_byte_add(last.iov_len) == start {
                last.iov_len += bytes.len();
                return Ok(());
            }
        }
        push(&mut self.outbox.vectors, libc::iovec { iov_base: start, iov_len: bytes.len() })
    }

    /// Sends the messages in their order; gives how many went.
    pub(crate) fn send(&mut self, fd: BorrowedFd<'_>, quirks: &Quirks, flags: i32) -> Result<usize> {
        self.lay_out()?;
        let headers = &mut self.outbox.headers;
        let length = fault::shorten("sendmmsg", headers.len());
        quirks.sending(fd, flags, |flags| {
            let most = number(quirks.at_once(length));
            let sent = run_int(Call::two("sendmmsg", most, flags), fd.as_raw_fd(), || {
                // SAFETY: `most` is at most the number of headers, each of which points to what the outbox holds and to
                // bytes that are borrowed for 'd; the kernel writes to `msg_len` alone.
                unsafe { libc::sendmmsg(fd.as_raw_fd(), headers.as_mut_ptr(), most, flags as _) }
            })?;
            Ok(usize::try_from(sent).unwrap_or(0))
        })
    }

    /// Makes the headers, last: nothing that they point to moves any more.
    fn lay_out(&mut self) -> Result<()> {
        let Outbox { parts, vectors, addresses, controls, headers } = &mut *self.outbox;
        // By the vectors' own pointers: a reference to one item would take the others' pointers their right.
        let starts = (vectors.as_mut_ptr(), addresses.as_mut_ptr(), controls.as_mut_ptr());
        let ends = parts.iter().skip(1).map(|part| part.first).chain([vectors.len()]);
        headers.clear();
        headers.try_reserve(parts.len()).map_err(|_| Errno::NOMEM)?;
        headers.extend(parts.iter().zip(ends).map(|(part, end)| {
            let mut message = empty();
            message.msg_iov = starts.0.wrapping_add(part.first);
            message.msg_iovlen = (end - part.first) as _;
            if let Some((at, length)) = part.address {
                message.msg_name = starts.1.wrapping_add(at).cast();
                message.msg_namelen = length;
            }
            if let Some(control) = part.control {
                message.msg_control = starts.2.wrapping_add(control.first).cast();
                message.msg_controllen = (control.words * WORD) as _;
            }
            libc::mmsghdr { msg_hdr: message, msg_len: 0 }
        }));
        Ok(())
    }
}

/// A number of messages as the kernel takes it, which heeds [`MOST`] by itself.
fn number(messages: usize) -> libc::c_uint {
    messages.try_into().unwrap_or(libc::c_uint::MAX)
}

fn empty() -> libc::msghdr {
    // SAFETY: msghdr is plain data, for which zeros are null pointers and empty lengths.
    unsafe { std::mem::zeroed() }
}

/// What receives need, and what the last one gave.
///
/// Its vectors never grow, and are reached by their own pointers: the headers' stay good from call to call.
pub(crate) struct Inbox {
    headers: Vec<libc::mmsghdr>,
    /// One for each header, which only the kernel reads.
    vectors: Vec<libc::iovec>,
    /// `size` bytes for each message.
    bytes: Vec<u8>,
    size: usize,
    /// `ADDRESS_MAX` bytes for each message.
    addresses: Vec<u8>,
    /// Room for control data, in words for the alignment: `words` for each message.
    control: Vec<usize>,
    words: usize,
    /// Where each message's descriptors end among those of all.
    ends: Vec<usize>,
    /// How many messages the last receive filled.
    used: usize,
}

// SAFETY: its pointers lead into its own vectors, which move with it.
unsafe impl Send for Inbox {}
// SAFETY: as above; nothing is written through a shared inbox.
unsafe impl Sync for Inbox {}

impl Inbox {
    /// Takes all the memory that it will ever need: for `messages`, each of `size` bytes and `room` bytes of control
    /// data. Gives beside it room for as many descriptors. `ENOMEM` where there is not so much.
    pub(crate) fn new(messages: usize, size: usize, room: usize) -> Result<(Self, Vec<Option<OwnedFd>>)> {
        let messages = messages.clamp(1, MOST);
        let words = room.div_ceil(size_of::<usize>());
        let descriptors = room.saturating_sub(cmsg::HEADER) / size_of::<i32>();
        let times = |each: usize| messages.checked_mul(each).ok_or(Errno::NOMEM);
        let mut inbox = Self {
            headers: with_room(messages)?,
            vectors: with_room(messages)?,
            bytes: zeroed(times(size)?)?,
            size,
            addresses: zeroed(times(ADDRESS_MAX)?)?,
            control: zeroed(times(words)?)?,
            words,
            ends: with_room(messages)?,
            used: 0,
        };
        inbox.lay_out(messages);
        Ok((inbox, with_room(times(descriptors)?)?))
    }

    /// Makes the headers, once.
    fn lay_out(&mut self, messages: usize) {
        let pieces = |at: usize| (at * self.size, at * ADDRESS_MAX, at * self.words);
        for at in 0..messages {
            let (bytes, address, words) = pieces(at);
            // In range, and without a reference to what lies there: the kernel writes by these from now on.
            let start = self.bytes.as_mut_ptr().wrapping_add(bytes).cast();
            self.vectors.push(libc::iovec { iov_base: start, iov_len: self.size });
            let mut message = empty();
            message.msg_name = self.addresses.as_mut_ptr().wrapping_add(address).cast();
            message.msg_control = self.control.as_mut_ptr().wrapping_add(words).cast();
            message.msg_iov = self.vectors.as_mut_ptr().wrapping_add(at);
            message.msg_iovlen = 1;
            let mut header = libc::mmsghdr { msg_hdr: message, msg_len: 0 };
            renew(&mut header, self.words);
            self.headers.push(header);
        }
    }

    /// Receives what is there, at least one message; the descriptors that arrive get their owners in `descriptors`, in
    /// the order of their numbers, and those of the last receive are closed.
    pub(crate) fn receive(
        &mut self,
        fd: BorrowedFd<'_>,
        quirks: &Quirks,
        descriptors: &mut Vec<Option<OwnedFd>>,
        flags: i32,
    ) -> Result<usize> {
        descriptors.clear();
        self.clear();
        // A peek takes nothing: the kernel would fill every header with the same message.
        let room = if flags & libc::MSG_PEEK == 0 { self.headers.len() } else { self.headers.len().min(1) };
        let most = number(fault::shorten("recvmmsg", room));
        let headers = self.headers.as_mut_ptr();
        let used = quirks.receiving(fd, flags | libc::MSG_WAITFORONE, true, |flags| {
            run_int(Call::two("recvmmsg", most, flags), fd.as_raw_fd(), || {
                // SAFETY: `most` is at most the number of headers, whose pointers and lengths describe the room for one
                // message each, in vectors that never move and that nothing else borrows now.
                unsafe { libc::recvmmsg(fd.as_raw_fd(), headers, most, flags as _, std::ptr::null_mut()) }
            })
        })?;
        self.used = usize::try_from(used).unwrap_or(0).min(self.headers.len());
        for at in 0..self.used {
            let (words, used) = self.control_room(at);
            let bytes = bytes_of(&self.control[words], used);
            // SAFETY: the kernel has written these bytes in the call above, and no message is visited twice.
            unsafe { own(bytes, descriptors) };
            self.ends.push(descriptors.len());
        }
        Ok(self.used)
    }

    /// Forgets what was received.
    pub(crate) fn clear(&mut self) {
        self.ends.clear();
        for header in &mut self.headers[..self.used] {
            renew(header, self.words);
        }
        self.used = 0;
    }

    /// How many messages the last receive gave.
    pub(crate) const fn used(&self) -> usize {
        self.used
    }

    /// How many messages one receive may give.
    pub(crate) fn capacity(&self) -> usize {
        self.headers.len()
    }

    /// How long a message may be.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// What was received of a message.
    #[inline]
    pub(crate) fn bytes(&self, at: usize) -> &[u8] {
        // With MSG_TRUNC the kernel counts what it has not written.
        let length = (self.headers[at].msg_len as usize).min(self.size);
        &self.bytes[at * self.size..][..length]
    }

    /// The sender's address, of length 0 where the kernel gives none.
    pub(crate) fn address(&self, at: usize) -> &[u8] {
        let length = (self.headers[at].msg_hdr.msg_namelen as usize).min(ADDRESS_MAX);
        &self.addresses[at * ADDRESS_MAX..][..length]
    }

    /// What the kernel says of a message, by its `MSG_*` flags.
    #[inline]
    pub(crate) fn flags(&self, at: usize) -> i32 {
        self.headers[at].msg_hdr.msg_flags
    }

    /// The control data of a message.
    #[inline]
    pub(crate) fn control(&self, at: usize) -> &[u8] {
        let (words, used) = self.control_room(at);
        bytes_of(&self.control[words], used)
    }

    /// Where the descriptors of a message stand among those of all.
    pub(crate) fn descriptors_of(&self, at: usize) -> Range<usize> {
        let end = self.ends.get(at).copied().unwrap_or(0);
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        start..end
    }

    fn control_room(&self, at: usize) -> (Range<usize>, usize) {
        let start = at * self.words;
        // Its type is not the same with every C library.
        let used: usize = self.headers[at].msg_hdr.msg_controllen as _;
        (start..start + self.words, used)
    }
}

/// Says again how much room there is: the kernel has written there how much it used.
fn renew(header: &mut libc::mmsghdr, words: usize) {
    header.msg_hdr.msg_namelen = length_of(&[0; ADDRESS_MAX]);
    header.msg_hdr.msg_controllen = (words * size_of::<usize>()) as _;
}
