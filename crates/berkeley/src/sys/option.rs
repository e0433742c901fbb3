//! getsockopt(2) and setsockopt(2), on bytes.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::call::{Call, run_int};
use super::{Errno, Result};

/// Reads an option into `buffer`; gives how many bytes the kernel wrote.
///
/// Sound for any option whose value is plain data: the callers are the rows of the option table, never a number from
/// outside, since some options carry pointers that the kernel would follow.
pub(crate) fn option(fd: BorrowedFd<'_>, level: i32, name: i32, buffer: &mut [u8]) -> Result<usize> {
    let mut length = option_length(buffer.len())?;
    run_int(Call::two("getsockopt", level, name), fd.as_raw_fd(), || {
        // SAFETY: `length` says how much room `buffer` has, and the kernel writes no more.
        unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, buffer.as_mut_ptr().cast(), &raw mut length) }
    })?;
    Ok((length as usize).min(buffer.len()))
}

/// Reads an option whose value is a C `int`.
pub(crate) fn option_i32(fd: BorrowedFd<'_>, level: i32, name: i32) -> Result<i32> {
    let mut bytes = [0; 4];
    option(fd, level, name, &mut bytes)?;
    Ok(i32::from_ne_bytes(bytes))
}

/// `SO_PEERPIDFD`, whose value is a descriptor that the kernel makes for the caller, close-on-exec.
pub(crate) fn peer_pidfd(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
    let number = option_i32(fd, libc::SOL_SOCKET, libc::SO_PEERPIDFD)?;
    // A kernel that gave no descriptor after all has none to close; -1 is no descriptor's number.
    if number < 0 {
        return Err(Errno::from_raw(libc::EBADF));
    }
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows its number.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Sets an option to the bytes of `value`. Sound for plain data only, as [`option()`] is.
pub(crate) fn set_option(fd: BorrowedFd<'_>, level: i32, name: i32, value: &[u8]) -> Result<()> {
    let length = option_length(value.len())?;
    // What is no C `int` is told by its name alone.
    let number = value.try_into().ok().map(i32::from_ne_bytes).map(i64::from);
    let call = Call::two("setsockopt", level, name);
    let call = Call { integers: [call.integers[0], call.integers[1], number], ..call };
    run_int(call, fd.as_raw_fd(), || {
        // SAFETY: the pointer and the length describe `value`, which the kernel only reads.
        unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, value.as_ptr().cast(), length) }
    })?;
    Ok(())
}

/// Sets an option whose length is its value: the pointer is null.
pub(crate) fn set_option_length(fd: BorrowedFd<'_>, level: i32, name: i32, length: u32) -> Result<()> {
    run_int(Call::two("setsockopt", level, name), fd.as_raw_fd(), || {
        // SAFETY: the kernel refuses to read from a null pointer (EFAULT), or does not.
        unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, std::ptr::null(), length) }
    })?;
    Ok(())
}

fn option_length(length: usize) -> Result<libc::socklen_t> {
    length.try_into().map_err(|_| Errno::from_raw(libc::EINVAL))
}
