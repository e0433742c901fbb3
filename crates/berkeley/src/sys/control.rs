//! Control data (cmsg(3)): its walk, byte by byte, and the buffer that it is received into.
//!
//! The buffer owns the descriptors that arrive in it from the system call on. Their numbers stay readable among its
//! bytes; an owner is handed out once.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

use super::alloc::{with_room, zeroed};
use super::inherited;
use super::layout::cmsg;
use super::{Errno, Result};
use crate::bytes::{field, i32_at};

/// The size of a descriptor's number.
const FD_SIZE: usize = size_of::<RawFd>();

/// Walks control data, one `(level, type, data)` after the other; no bytes can make it panic or read past them.
///
/// A length that is smaller than its own header, 0 among them, ends it. One that reaches past the end is cut to what is
/// there, and ends it too.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'b>(&'b [u8]);

impl<'b> Walk<'b> {
    #[inline]
    pub(crate) const fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes that have not been walked yet.
    pub(crate) const fn rest(&self) -> &'b [u8] {
        self.0
    }
}

impl<'b> Iterator for Walk<'b> {
    type Item = (i32, i32, &'b [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.0;
        let length = usize::from_ne_bytes(field(bytes, cmsg::LENGTH)?);
        let level = i32_at(bytes, cmsg::LEVEL)?;
        let kind = i32_at(bytes, cmsg::TYPE)?;
        self.0 = &[];
        let length = length.min(bytes.len());
        let data = bytes.get(cmsg::HEADER..length)?;
        self.0 = bytes.get(cmsg::align(length)..).unwrap_or_default();
        Some((level, kind, data))
    }
}

/// How many descriptors a message of `length` bytes of data carries; a number that is cut off counts as none.
#[inline]
pub(crate) const fn descriptors_in(level: i32, kind: i32, length: usize) -> usize {
    match (level, kind) {
        (libc::SOL_SOCKET, libc::SCM_RIGHTS) => length / FD_SIZE,
        (libc::SOL_SOCKET, super::constants::SCM_PIDFD) if length >= FD_SIZE => 1,
        _ => 0,
    }
}

/// Room on the stack for control data that is to be sent: for the 253 descriptors that one message may pass, and
/// credentials beside them. Only what is used is zeroed: all of it would cost as much as a tenth of a short send.
pub(crate) struct Scratch(MaybeUninit<[u8; Self::ROOM]>);

impl Scratch {
    const ROOM: usize = 1088;

    #[inline]
    pub(crate) const fn new() -> Self {
        Self(MaybeUninit::uninit())
    }

    /// The first `length` bytes, zero; `None` where there is no room for so many.
    #[inline]
    pub(crate) fn zeroed(&mut self, length: usize) -> Option<&mut [u8]> {
        if length > Self::ROOM {
            return None;
        }
        let start = self.0.as_mut_ptr().cast::<u8>();
        // SAFETY: there are ROOM bytes from `start` on, of which these are the first.
        unsafe { start.write_bytes(0, length) };
        // SAFETY: these bytes have just been written; they are borrowed for as long.
        Some(unsafe { std::slice::from_raw_parts_mut(start, length) })
    }
}

/// A buffer for control data, aligned for it, and the descriptors that came in it.
pub(crate) struct ControlData {
    /// What the kernel writes to, in words for the alignment.
    words: Box<[usize]>,
    /// How many bytes of it the kernel may use.
    capacity: usize,
    /// How many bytes the last receive filled.
    used: usize,
    /// One for each number in the bytes, in their order: `None` once taken, and where the number is an error.
    descriptors: Vec<Option<OwnedFd>>,
    /// Whether descriptors arrive close-on-exec.
    close_on_exec: bool,
    /// Whether there was not so much memory, so that nothing may be received.
    short: bool,
}

impl ControlData {
    /// Takes all the memory that it will ever need. `ENOMEM` where there is not so much.
    pub(crate) fn with_capacity(capacity: usize) -> Result<Self> {
        Ok(Self {
            words: zeroed(capacity.div_ceil(size_of::<usize>()))?.into_boxed_slice(),
            capacity,
            used: 0,
            descriptors: with_room(capacity.saturating_sub(cmsg::HEADER) / FD_SIZE)?,
            close_on_exec: true,
            short: false,
        })
    }

    /// One that had no memory: what is to be received into it is `ENOMEM`, and stays where it is.
    pub(crate) fn short() -> Self {
        let (words, descriptors) = (Box::default(), Vec::new());
        Self { words, capacity: 0, used: 0, descriptors, close_on_exec: true, short: true }
    }

    /// Has descriptors arrive as the flags of each receive say, rather than close-on-exec.
    pub(crate) const fn leave_inheritable(&mut self) {
        self.close_on_exec = false;
    }

    /// Whether descriptors arrive close-on-exec, whatever the flags say.
    pub(super) const fn close_on_exec(&self) -> bool {
        self.close_on_exec
    }

    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Forgets what was received, and closes the descriptors that were not taken.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.used = 0;
        if !self.descriptors.is_empty() {
            self.close_all();
        }
    }

    /// Apart, as all that a message without descriptors does not need: behind a system call the processor has to fetch
    /// each line of code anew.
    #[cold]
    fn close_all(&mut self) {
        self.descriptors.clear();
    }

    #[cold]
    fn note_all(&self) {
        self.descriptors.iter().flatten().for_each(|owned| inherited::note_own(owned.as_raw_fd()));
    }

    /// What the last receive filled.
    pub(crate) fn bytes(&self) -> &[u8] {
        bytes_of(&self.words, self.used)
    }

    /// The same, and the owners of the descriptors in it, in the order of their numbers.
    #[inline]
    pub(crate) fn parts(&mut self) -> (&[u8], &mut [Option<OwnedFd>]) {
        (bytes_of(&self.words, self.used), &mut self.descriptors)
    }

    /// Gives up the descriptors that were not taken: they stay open, and nobody's.
    pub(crate) fn release(&mut self) {
        for descriptor in self.descriptors.drain(..).flatten() {
            let _ = descriptor.into_raw_fd();
        }
    }

    /// Where the kernel may write, and how much.
    #[inline]
    pub(super) fn room(&mut self) -> Result<(*mut libc::c_void, usize)> {
        self.clear();
        if self.short { Err(Errno::NOMEM) } else { Ok((self.words.as_mut_ptr().cast(), self.capacity)) }
    }

    /// Takes over what the kernel has just written: its first `used` bytes.
    ///
    /// # Safety
    ///
    /// The kernel must have written those bytes in this call, into [`room`](Self::room): then each descriptor that they
    /// name is new, and nobody else's.
    #[inline]
    pub(super) unsafe fn received(&mut self, used: usize) {
        self.used = used.min(self.capacity);
        // SAFETY: by this function's contract the kernel has written these bytes in the last call.
        unsafe { own(bytes_of(&self.words, self.used), &mut self.descriptors) };
        if !self.close_on_exec {
            self.note_all();
        }
    }
}

/// Takes over the descriptors that `bytes` of control data name, an owner for each number, `None` where it is an error.
///
/// # Safety
///
/// The kernel must have written those bytes in its last call, and this must be the only time that they are taken over:
/// then each descriptor is new, and nobody else's.
#[inline]
pub(super) unsafe fn own(bytes: &[u8], owners: &mut Vec<Option<OwnedFd>>) {
    for (level, kind, data) in Walk::new(bytes) {
        let count = descriptors_in(level, kind, data.len());
        if count > 0 {
            // SAFETY: by this function's contract; no message is visited twice.
            unsafe { own_each(&data[..count * FD_SIZE], owners) };
        }
    }
}

/// # Safety
///
/// As for [`own`], of the numbers that `data` holds.
#[inline(never)]
unsafe fn own_each(data: &[u8], owners: &mut Vec<Option<OwnedFd>>) {
    for number in data.chunks_exact(FD_SIZE) {
        let number = number.first_chunk().copied().map_or(-1, RawFd::from_ne_bytes);
        owners.push((number >= 0).then(|| {
            // SAFETY: the kernel has made this descriptor in the call that wrote its number, by this function's
            // contract, and no number is visited twice.
            unsafe { OwnedFd::from_raw_fd(number) }
        }));
    }
}

/// The first `used` bytes of `words`.
#[inline]
pub(super) fn bytes_of(words: &[usize], used: usize) -> &[u8] {
    let used = used.min(size_of_val(words));
    // SAFETY: `used` is at most the size of `words`, whose bytes are all initialised and borrowed for as long.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), used) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One message as it lies in a buffer, its length as given.
    fn message(length: usize, data: &[u8]) -> Vec<u8> {
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(7_i32.to_ne_bytes());
        bytes.extend(9_i32.to_ne_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn a_walk_stops_at_an_impossible_length() {
        let whole = [7; 8];
        // The data of the first message, and all of the second.
        let rest = [0; 8 + cmsg::HEADER + 8];
        let rows: [(usize, &[&[u8]]); 8] = [
            (0, &[]),
            (cmsg::HEADER - 1, &[]),
            (cmsg::HEADER, &[&[], &whole]),
            (cmsg::HEADER + 3, &[&[7; 3], &whole]),
            (cmsg::HEADER + 8, &[&whole, &whole]),
            (cmsg::HEADER + rest.len(), &[&rest]),
            (usize::MAX, &[&rest]),
            (usize::MAX - 7, &[&rest]),
        ];
        for (length, want) in rows {
            // As much as the length says, up to where the next message may begin.
            let said = cmsg::align(length.saturating_sub(cmsg::HEADER));
            let data = if length < cmsg::HEADER { &whole } else { &whole[..said.min(whole.len())] };
            let mut bytes = message(length, data);
            bytes.extend(message(cmsg::HEADER + 8, &whole));
            let found: Vec<&[u8]> = Walk::new(&bytes)
                .map(|(level, kind, data)| {
                    assert_eq!((level, kind), (7, 9));
                    data
                })
                .collect();
            assert_eq!(found.len(), want.len(), "length {length}");
            // What was cut to the end holds the second message: only its size is known here.
            assert!(found.iter().zip(want).all(|(found, want)| found.len() == want.len()), "length {length}");
        }
    }

    #[test]
    fn every_truncation_is_walked_to_its_end() {
        let bytes = message(cmsg::HEADER + 8, &[7; 8]);
        for length in 0..=bytes.len() {
            let mut walk = Walk::new(&bytes[..length]);
            let found = walk.next().map(|(_, _, data)| data.len());
            assert_eq!(found, length.checked_sub(cmsg::HEADER), "length {length}");
            assert!(walk.next().is_none());
        }
    }

    #[test]
    fn descriptors_are_counted_whole() {
        let rows = [
            (libc::SOL_SOCKET, libc::SCM_RIGHTS, 11, 2),
            (libc::SOL_SOCKET, libc::SCM_RIGHTS, 3, 0),
            (libc::SOL_SOCKET, super::super::constants::SCM_PIDFD, 3, 0),
            (libc::SOL_SOCKET, super::super::constants::SCM_PIDFD, 8, 1),
            (libc::IPPROTO_IP, libc::SCM_RIGHTS, 8, 0),
        ];
        for (level, kind, length, want) in rows {
            assert_eq!(descriptors_in(level, kind, length), want);
        }
    }
}
