//! The raw calls, as a careful program makes them: with the flags that the library has, and each result checked.

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

/// Room for one control message of a C int, aligned as a `cmsghdr` is.
pub(crate) type Control = [u64; 4];

#[inline]
pub(crate) fn send(fd: &OwnedFd, bytes: &[u8]) -> usize {
    // SAFETY: the pointer and the length describe `bytes`, which the kernel only reads.
    checked(unsafe { libc::send(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL) })
}

#[inline]
pub(crate) fn recv(fd: &OwnedFd, bytes: &mut [u8]) -> usize {
    // SAFETY: the pointer and the length describe `bytes`.
    checked(unsafe { libc::recv(fd.as_raw_fd(), bytes.as_mut_ptr().cast(), bytes.len(), 0) })
}

/// Sends it all, however many calls it takes.
#[inline]
pub(crate) fn send_all(fd: &OwnedFd, bytes: &[u8]) {
    let mut sent = 0;
    while sent < bytes.len() {
        sent += send(fd, &bytes[sent..]);
    }
}

/// Takes a connection and its peer's address.
#[inline]
pub(crate) fn accept(fd: &OwnedFd) -> (OwnedFd, libc::sockaddr_storage) {
    let mut address = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let mut length = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    let (name, room) = (address.as_mut_ptr().cast(), &raw mut length);
    // SAFETY: `length` says how much room there is at `name`.
    let accepted = checked(unsafe { libc::accept4(fd.as_raw_fd(), name, room, libc::SOCK_CLOEXEC) } as isize);
    // SAFETY: the kernel has just made this descriptor, and nobody else has it.
    let accepted = unsafe { OwnedFd::from_raw_fd(accepted as RawFd) };
    // SAFETY: all zero is a valid address, and the kernel writes whole ones.
    (accepted, unsafe { address.assume_init() })
}

/// Sends a message, with one control message of a C int where one is given.
#[inline]
pub(crate) fn send_message(fd: &OwnedFd, bytes: &[u8], control: Option<(i32, i32, i32)>) -> usize {
    let mut vector = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let mut header = header(&mut vector);
    let mut room: Control = [0; 4];
    if let Some(message) = control {
        header.msg_control = room.as_mut_ptr().cast();
        header.msg_controllen = write_control(&mut room, message);
    }
    // SAFETY: every pointer in the header goes with its length, and outlives the call.
    checked(unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const header, libc::MSG_NOSIGNAL) })
}

/// Receives a message and its sender's address; what came beside it goes to `take`, as a C int.
#[inline]
pub(crate) fn receive_message(
    fd: &OwnedFd,
    bytes: &mut [u8],
    control: &mut [u64],
    take: impl FnMut(i32),
) -> usize {
    let mut vector = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let mut address = MaybeUninit::<libc::sockaddr_storage>::uninit();
    let mut header = header(&mut vector);
    header.msg_name = address.as_mut_ptr().cast();
    header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    if !control.is_empty() {
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = size_of_val(control);
    }
    // SAFETY: every pointer in the header goes with its length, and outlives the call.
    let length = checked(unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut header, libc::MSG_CMSG_CLOEXEC) });
    ints(&header, take);
    length
}

/// A header of one buffer, and nothing else.
fn header(vector: &mut libc::iovec) -> libc::msghdr {
    // SAFETY: msghdr is plain data, for which zeros are null pointers and empty lengths.
    let mut header: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    header.msg_iov = vector;
    header.msg_iovlen = 1;
    header
}

/// Lays out one control message of a C int: level, type, value. Gives its length.
#[inline]
pub(crate) fn write_control(room: &mut Control, (level, kind, value): (i32, i32, i32)) -> usize {
    let size = size_of::<i32>() as u32;
    // SAFETY: CMSG_LEN only calculates.
    let length = unsafe { libc::CMSG_LEN(size) };
    // SAFETY: so does CMSG_SPACE.
    let space = unsafe { libc::CMSG_SPACE(size) };
    let message = libc::cmsghdr { cmsg_len: length as usize, cmsg_level: level, cmsg_type: kind };
    let start: *mut libc::cmsghdr = room.as_mut_ptr().cast();
    // SAFETY: `room` is aligned for a cmsghdr, and longer than one.
    unsafe { start.write(message) };
    // SAFETY: `start` is a header with room for its data behind it.
    let data: *mut i32 = unsafe { libc::CMSG_DATA(start) }.cast();
    // SAFETY: the data is a C int, which fits into `room`.
    unsafe { data.write_unaligned(value) };
    space as usize
}

/// Hands on the control messages, each of which is a C int here.
#[inline]
fn ints(header: &libc::msghdr, mut take: impl FnMut(i32)) {
    // SAFETY: the kernel has filled the header and what it points to.
    let mut message = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !message.is_null() {
        // SAFETY: the message is one that the kernel wrote.
        let data: *const i32 = unsafe { libc::CMSG_DATA(message) }.cast();
        // SAFETY: every message that is asked for here is a C int.
        take(unsafe { data.read_unaligned() });
        // SAFETY: the message is one of this header's.
        message = unsafe { libc::CMSG_NXTHDR(header, message) };
    }
}

/// As [`ints`], of the bytes that a receive filled.
#[inline]
pub(crate) fn ints_of(control: &[u64], used: usize, take: impl FnMut(i32)) {
    let mut header = header(&mut libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 });
    header.msg_control = control.as_ptr().cast_mut().cast();
    header.msg_controllen = used;
    ints(&header, take);
}

/// Takes a descriptor that arrived, and closes it.
#[inline]
pub(crate) fn close(number: i32) {
    // SAFETY: the kernel has made this descriptor in the call that gave its number, and nobody else has it.
    drop(unsafe { OwnedFd::from_raw_fd(number) });
}

#[inline]
fn checked(result: isize) -> usize {
    usize::try_from(result).unwrap_or_else(|_| panic!("{}", io::Error::last_os_error()))
}
