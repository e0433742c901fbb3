//! Descriptors that Python code holds as integers.
#![allow(unsafe_code, reason = "an integer becomes a descriptor here, on Python's word that it is open")]

use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};

use berkeley::{Socket, SocketRef, bindings, option, raw};
use pyo3::prelude::*;

/// A descriptor that is not open (errno(3)).
pub(crate) const EBADF: i32 = 9;

/// The socket behind the number `fd`, without a timeout of its own; `None` where it is closed (-1).
#[inline]
pub(crate) fn borrowed<'fd>(fd: i32) -> Option<SocketRef<'fd>> {
    descriptor(fd).map(SocketRef::borrow)
}

/// The descriptor of that number; `None` where it is closed (-1).
#[inline]
fn descriptor<'fd>(fd: i32) -> Option<BorrowedFd<'fd>> {
    if fd < 0 {
        return None;
    }
    // SAFETY: it is not -1. Whether it is still open only Python code knows, as with every descriptor it holds as a
    // number: a closed one gives EBADF, one opened anew under the number is Python's own race, as in C. No memory
    // depends on it.
    Some(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// As [`descriptor`], with `EBADF`.
fn open<'fd>(fd: i32) -> io::Result<BorrowedFd<'fd>> {
    descriptor(fd).ok_or_else(|| io::Error::from_raw_os_error(EBADF))
}

/// Closes the descriptor of that number, which was a socket object's and is nobody's now; gives the errno.
pub(crate) fn close(fd: i32) -> Result<(), i32> {
    if fd < 0 {
        return Err(EBADF);
    }
    // SAFETY: it is not -1, and it was the object's to close. That Python code has closed it under the object's feet,
    // or handed it to two objects, is its own race, as in C.
    let owned = unsafe { OwnedFd::from_raw_fd(fd) };
    Socket::from(owned).close().map_err(|error| error.raw_os_error().unwrap_or(EBADF))
}

/// Opens a file to read it, by `os.open`: with its audit event and its errors, and signal handlers run while it waits.
pub(crate) fn open_file(path: &Bound<'_, PyAny>) -> PyResult<OwnedFd> {
    let os = path.py().import("os")?;
    let flags = os.getattr("O_RDONLY")?.bitor(os.getattr("O_CLOEXEC")?)?;
    let number: i32 = os.call_method1("open", (path, flags))?.extract()?;
    if number < 0 {
        return Err(io::Error::from_raw_os_error(EBADF).into());
    }
    // SAFETY: it is not -1, and just opened for nobody but us.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Another descriptor of what the number names (dup(2)), the lowest that is free, which programs that are executed do
/// not inherit.
///
/// The kernel makes it without a wait, but where its table of descriptors has to grow; so the GIL is kept.
pub(crate) fn duplicate(fd: i32) -> io::Result<OwnedFd> {
    bindings::duplicate(open(fd)?)
}

/// Control messages as Python code has them, laid out in `bytes`: it may name any descriptor, as in C.
pub(crate) fn control(bytes: &[u8]) -> bindings::Control<'_> {
    // SAFETY: that a descriptor is open, and whose it is, only Python code knows, as of every one that it holds as a
    // number; one that is not is EBADF. Messages of SOL_RDS, whose addresses the kernel follows, are Python code's to
    // answer for, as with C's module. The README lists them.
    unsafe { bindings::Control::new(bytes) }
}

/// Reads any option by its numbers (getsockopt(2)), as C does.
pub(crate) fn option(fd: i32, level: i32, name: i32, room: &mut [u8]) -> io::Result<usize> {
    let fd = open(fd)?;
    if (level, name) == (option::Level::SOCKET.as_raw(), GET_FILTER) {
        return filter(fd, room);
    }
    // SAFETY: `room` holds no address that the kernel could follow: it is zero. The one option that counts otherwise
    // than in bytes is read above; of one that Linux does not have yet Python code would have to answer.
    unsafe { raw::option(fd, level, name, room) }
}

/// `SO_GET_FILTER`, whose length counts instructions.
const GET_FILTER: i32 = 26;

/// The beginning of a socket's filter (BPF), and how many instructions it has, of which C gives so many bytes.
fn filter(fd: BorrowedFd<'_>, room: &mut [u8]) -> io::Result<usize> {
    const INSTRUCTION: usize = 8;
    let mut all = vec![0; room.len() * INSTRUCTION];
    let (counted, _) = all.split_at_mut(room.len());
    // SAFETY: the kernel writes as many instructions as `counted` has bytes, and `all` goes on behind it as far.
    let count = unsafe { raw::option(fd, option::Level::SOCKET.as_raw(), GET_FILTER, counted) }?;
    room.copy_from_slice(counted);
    Ok(count)
}

/// Sets any option by its numbers (setsockopt(2)), as C does.
pub(crate) fn set_option(fd: i32, level: i32, name: i32, value: &[u8]) -> io::Result<()> {
    let fd = open(fd)?;
    // SAFETY: none can be given: Python code names the option, and answers for those whose value the kernel takes for
    // addresses, as with C's module. The README lists them.
    unsafe { raw::set_option(fd, level, name, value) }
}

/// As [`set_option`], of an option whose length is its value.
pub(crate) fn set_option_length(fd: i32, level: i32, name: i32, length: u32) -> io::Result<()> {
    let fd = open(fd)?;
    // SAFETY: a null pointer, which is never followed.
    unsafe { raw::set_option_length(fd, level, name, length) }
}
