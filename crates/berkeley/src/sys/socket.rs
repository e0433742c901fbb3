//! Making, naming, connecting and shutting sockets: socket(2) to shutdown(2).

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::call::{Call, NO_FD, run_int};
use super::layout::{ADDRESS_MAX, inet, inet6};
use super::quirks::Quirks;
use super::{Errno, Result, option};

/// An address as the kernel hands it over: its bytes and how many of them count.
pub(crate) type RawAddress = ([u8; ADDRESS_MAX], usize);

/// Room for an address that the kernel is to write, by calls that are made often: it is neither zeroed nor moved.
pub(crate) struct AddressRoom {
    bytes: MaybeUninit<[u8; ADDRESS_MAX]>,
    length: usize,
}

impl AddressRoom {
    #[inline]
    pub(crate) fn new() -> Self {
        let mut room = MaybeUninit::<Self>::uninit();
        // SAFETY: the field of a room is a place within it; no reference is made.
        let length = unsafe { &raw mut (*room.as_mut_ptr()).length };
        // SAFETY: it is the room of a length. As a constant, the whole would be zeroed with it.
        unsafe { length.write(0) };
        // SAFETY: the length is written, and the bytes need not be.
        unsafe { room.assume_init() }
    }

    /// The address; empty where the kernel gave none.
    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        // SAFETY: by the contract of `filled` the kernel has written these bytes, ADDRESS_MAX at most; they are
        // borrowed for as long.
        unsafe { std::slice::from_raw_parts(self.bytes.as_ptr().cast(), self.length) }
    }

    /// Where the kernel may write, and how much.
    #[inline]
    pub(super) fn room(&mut self) -> (*mut libc::sockaddr, libc::socklen_t) {
        self.length = 0;
        (self.bytes.as_mut_ptr().cast(), length_of(&[0; ADDRESS_MAX]))
    }

    /// Takes over an address of `length` bytes; of a longer one the kernel has written what there is room for.
    ///
    /// # Safety
    ///
    /// The kernel must have written an address of that length to [`room`](Self::room).
    #[inline]
    pub(super) unsafe fn filled(&mut self, length: libc::socklen_t) {
        self.length = (length as usize).min(ADDRESS_MAX);
    }
}

/// socket(2), close-on-exec from the creating call. `kind` may carry `SOCK_NONBLOCK`.
pub(crate) fn socket(family: i32, kind: i32, protocol: i32) -> Result<OwnedFd> {
    let kind = kind | libc::SOCK_CLOEXEC;
    let fd = run_int(Call::three("socket", [family, kind, protocol]), NO_FD, || {
        // SAFETY: socket takes three integers and touches no memory of ours.
        unsafe { libc::socket(family, kind, protocol) }
    })?;
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows its number.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// socketpair(2), both ends close-on-exec from the creating call.
pub(crate) fn socket_pair(family: i32, kind: i32, protocol: i32) -> Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    let kind = kind | libc::SOCK_CLOEXEC;
    run_int(Call::three("socketpair", [family, kind, protocol]), NO_FD, || {
        // SAFETY: `fds` has room for the two descriptors that the kernel writes.
        unsafe { libc::socketpair(family, kind, protocol, fds.as_mut_ptr()) }
    })?;
    // SAFETY: the call succeeded, so this is a new descriptor that nobody else owns.
    let first = unsafe { OwnedFd::from_raw_fd(fds[0]) };
    // SAFETY: as above, for the other end.
    let second = unsafe { OwnedFd::from_raw_fd(fds[1]) };
    Ok((first, second))
}

/// bind(2) to the address in `address`.
pub(crate) fn bind(fd: BorrowedFd<'_>, address: &[u8]) -> Result<()> {
    let length = address_length(address)?;
    run_int(Call::from("bind").at(address), fd.as_raw_fd(), || {
        // SAFETY: the pointer and the length describe `address`, which the kernel only reads.
        unsafe { libc::bind(fd.as_raw_fd(), address.as_ptr().cast(), length) }
    })?;
    Ok(())
}

/// listen(2).
pub(crate) fn listen(fd: BorrowedFd<'_>, backlog: i32) -> Result<()> {
    run_int(Call::one("listen", backlog), fd.as_raw_fd(), || {
        // SAFETY: listen takes two integers and touches no memory of ours.
        unsafe { libc::listen(fd.as_raw_fd(), backlog) }
    })?;
    Ok(())
}

/// accept4(2), close-on-exec from the creating call; the peer's address goes to `peer`, of length 0 where it has none.
#[expect(clippy::inline_always, reason = "each return after a system call costs 1 in 100")]
#[inline(always)]
pub(crate) fn accept(
    fd: BorrowedFd<'_>,
    quirks: &Quirks,
    nonblocking: bool,
    peer: &mut AddressRoom,
) -> Result<OwnedFd> {
    let flags = libc::SOCK_CLOEXEC | if nonblocking { libc::SOCK_NONBLOCK } else { 0 };
    let (room, mut length) = peer.room();
    let accepted = quirks.accepting(fd, |asks| {
        // The kernel that is given no room stores no length either.
        let room = if asks { room } else { std::ptr::null_mut() };
        length = if asks { length } else { 0 };
        run_int(Call::one("accept4", flags), fd.as_raw_fd(), || {
            // SAFETY: `length` says how much room there is; the kernel writes no more, and stores the true length.
            unsafe { libc::accept4(fd.as_raw_fd(), room, &raw mut length, flags) }
        })
    })?;
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows its number.
    let accepted = unsafe { OwnedFd::from_raw_fd(accepted) };
    // SAFETY: the call succeeded, and has stored the length of what it has written.
    unsafe { peer.filled(length) };
    Ok(accepted)
}

/// connect(2) to the address in `address`.
pub(crate) fn connect(fd: BorrowedFd<'_>, address: &[u8]) -> Result<()> {
    let length = address_length(address)?;
    run_int(Call::from("connect").at(address), fd.as_raw_fd(), || {
        // SAFETY: the pointer and the length describe `address`, which the kernel only reads.
        unsafe { libc::connect(fd.as_raw_fd(), address.as_ptr().cast(), length) }
    })?;
    Ok(())
}

/// shutdown(2); `how` is `SHUT_RD`, `SHUT_WR` or `SHUT_RDWR`: what else it may be the kernel says.
pub(crate) fn shutdown(fd: BorrowedFd<'_>, how: i32) -> Result<()> {
    run_int(Call::one("shutdown", how), fd.as_raw_fd(), || {
        // SAFETY: shutdown takes two integers and touches no memory of ours.
        unsafe { libc::shutdown(fd.as_raw_fd(), how) }
    })?;
    Ok(())
}

/// getsockname(2).
pub(crate) fn local_address(fd: BorrowedFd<'_>) -> Result<RawAddress> {
    let mut bytes = [0; ADDRESS_MAX];
    let mut length = length_of(&bytes);
    run_int("getsockname", fd.as_raw_fd(), || {
        // SAFETY: `length` says how much room `bytes` has; the kernel writes no more, and stores the true length.
        unsafe { libc::getsockname(fd.as_raw_fd(), bytes.as_mut_ptr().cast(), &raw mut length) }
    })?;
    Ok((bytes, (length as usize).min(ADDRESS_MAX)))
}

/// getpeername(2).
pub(crate) fn peer_address(fd: BorrowedFd<'_>) -> Result<RawAddress> {
    let mut bytes = [0; ADDRESS_MAX];
    let mut length = length_of(&bytes);
    run_int("getpeername", fd.as_raw_fd(), || {
        // SAFETY: `length` says how much room `bytes` has; the kernel writes no more, and stores the true length.
        unsafe { libc::getpeername(fd.as_raw_fd(), bytes.as_mut_ptr().cast(), &raw mut length) }
    })?;
    Ok((bytes, (length as usize).min(ADDRESS_MAX)))
}

/// `SO_PEERNAME`: the peer of an IP socket whose connection has ended, which getpeername(2) does not tell any more.
///
/// The kernel gives it only where it is not asked for more bytes than the address has.
pub(crate) fn last_peer_address(fd: BorrowedFd<'_>) -> Result<RawAddress> {
    let length = match option::option_i32(fd, libc::SOL_SOCKET, libc::SO_DOMAIN)? {
        libc::AF_INET => inet::SIZE,
        libc::AF_INET6 => inet6::SIZE,
        _ => return Err(Errno::NOTCONN),
    };
    let mut bytes = [0; ADDRESS_MAX];
    let length = option::option(fd, libc::SOL_SOCKET, libc::SO_PEERNAME, &mut bytes[..length])?;
    Ok((bytes, length))
}

/// The length of an address as the kernel takes it; one that no `socklen_t` can hold is the kernel's `EINVAL`.
pub(super) fn address_length(address: &[u8]) -> Result<libc::socklen_t> {
    address.len().try_into().map_err(|_| Errno::from_raw(libc::EINVAL))
}

/// The room in an address buffer, as the kernel takes it.
#[allow(clippy::cast_possible_truncation, reason = "ADDRESS_MAX is 128")]
pub(super) const fn length_of(buffer: &[u8; ADDRESS_MAX]) -> libc::socklen_t {
    buffer.len() as libc::socklen_t
}
