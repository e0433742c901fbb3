//! Files and pipes beside sockets: sendfile(2), pread(2), splice(2), pipe2(2).
//!
//! A peer that has gone is an error, never a SIGPIPE, as with the sending calls.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

use super::call::{Call, NO_FD, run, run_beneath, run_int};
use super::sigpipe;
use super::{Errno, Result, fault};

/// sendfile(2) from `offset` of `file`; gives how many bytes went, 0 at the file's end.
pub(crate) fn send_file(
    to: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    length: usize,
) -> Result<usize> {
    let length = fault::shorten("sendfile", length);
    let mut offset = file_offset(offset)?;
    run_beneath(sigpipe::keep_away, Call::two("sendfile", file.as_raw_fd(), length), to.as_raw_fd(), || {
        // SAFETY: `offset` is an integer of ours, which the kernel reads and moves on; nothing else is a pointer.
        unsafe { libc::sendfile(to.as_raw_fd(), file.as_raw_fd(), &raw mut offset, length) }
    })
}

/// pread(2): reads at `offset`, which does not move the file's own.
pub(crate) fn read_at(file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> Result<usize> {
    let length = fault::shorten("pread", buffer.len());
    let offset = file_offset(offset)?;
    run(Call::one("pread", length), file.as_raw_fd(), || {
        // SAFETY: `length` is at most the length of `buffer`, and the kernel writes initialised bytes into it.
        unsafe { libc::pread(file.as_raw_fd(), buffer.as_mut_ptr().cast(), length, offset) }
    })
}

fn file_offset(offset: u64) -> Result<libc::off_t> {
    offset.try_into().map_err(|_| Errno::from_raw(libc::EOVERFLOW))
}

/// pipe2(2), close-on-exec from the creating call: the end to read from and the end to write to.
pub(crate) fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    run_int("pipe2", NO_FD, || {
        // SAFETY: `fds` has room for the two descriptors that the kernel writes.
        unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) }
    })?;
    // SAFETY: the call succeeded, so this is a new descriptor that nobody else owns.
    let read = unsafe { OwnedFd::from_raw_fd(fds[0]) };
    // SAFETY: as above, for the other end.
    let write = unsafe { OwnedFd::from_raw_fd(fds[1]) };
    Ok((read, write))
}

/// fcntl(2) `F_SETPIPE_SZ`; gives the capacity that the pipe has then, `size` rounded up.
pub(crate) fn set_pipe_capacity(pipe: BorrowedFd<'_>, size: usize) -> Result<usize> {
    let size = libc::c_int::try_from(size).unwrap_or(libc::c_int::MAX);
    let capacity = run_int(Call::two("fcntl", libc::F_SETPIPE_SZ, size), pipe.as_raw_fd(), || {
        // SAFETY: F_SETPIPE_SZ takes an integer and touches no memory of ours.
        unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_SETPIPE_SZ, size) }
    })?;
    Ok(usize::try_from(capacity).unwrap_or(0))
}

/// fcntl(2) `F_GETPIPE_SZ`: the bytes that the pipe can hold.
pub(crate) fn pipe_capacity(pipe: BorrowedFd<'_>) -> Result<usize> {
    let capacity = run_int(Call::one("fcntl", libc::F_GETPIPE_SZ), pipe.as_raw_fd(), || {
        // SAFETY: F_GETPIPE_SZ takes no argument and touches no memory of ours.
        unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_GETPIPE_SZ) }
    })?;
    Ok(usize::try_from(capacity).unwrap_or(0))
}

/// splice(2) from a socket into a pipe; gives how many bytes were moved, 0 at the end of the socket's data.
///
/// With `nonblocking` the pipe is not waited for, nor a socket whose family heeds it (`SPLICE_F_NONBLOCK`). The caller
/// holds the pipe's other end, so that no SIGPIPE comes of it.
pub(crate) fn splice_in(
    from: BorrowedFd<'_>,
    pipe: BorrowedFd<'_>,
    length: usize,
    nonblocking: bool,
) -> Result<usize> {
    splice(|| (), from, pipe, length, nonblocking)
}

/// splice(2) from a pipe into a socket; as [`splice_in`].
pub(crate) fn splice_out(
    pipe: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    length: usize,
    nonblocking: bool,
) -> Result<usize> {
    splice(sigpipe::keep_away, pipe, to, length, nonblocking)
}

fn splice<G>(
    guard: impl FnOnce() -> G,
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    length: usize,
    nonblocking: bool,
) -> Result<usize> {
    let length = fault::shorten("splice", length);
    let flags = libc::SPLICE_F_MOVE | if nonblocking { libc::SPLICE_F_NONBLOCK } else { 0 };
    run_beneath(guard, Call::two("splice", to.as_raw_fd(), length), from.as_raw_fd(), || {
        let (no_offset, from, to) = (ptr::null_mut(), from.as_raw_fd(), to.as_raw_fd());
        // SAFETY: both offsets are null, as pipes and sockets have it; nothing else is a pointer.
        unsafe { libc::splice(from, no_offset, to, no_offset, length, flags) }
    })
}

/// read(2).
pub(crate) fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize> {
    let length = fault::shorten("read", buffer.len());
    run(Call::one("read", length), fd.as_raw_fd(), || {
        // SAFETY: `length` is at most the length of `buffer`, and the kernel writes initialised bytes into it.
        unsafe { libc::read(fd.as_raw_fd(), buffer.as_mut_ptr().cast(), length) }
    })
}
