//! Descriptors themselves: duplicating, adopting, the non-blocking flag, and what waits to be sent.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

use super::Result;
use super::call::{Call, run_int};

/// Lets `$type`, which is made from an `OwnedFd`, be made from a number: the trait is unsafe, and stands here.
macro_rules! from_raw_fd {
    ($(#[$doc:meta])* $type:ty) => {
        $(#[$doc])*
        #[allow(unsafe_code, reason = "the trait's method is unsafe")]
        impl std::os::fd::FromRawFd for $type {
            unsafe fn from_raw_fd(fd: std::os::fd::RawFd) -> Self {
                // SAFETY: the caller owns the open descriptor `fd`, as the trait asks.
                let owned = unsafe { std::os::fd::OwnedFd::from_raw_fd(fd) };
                owned.into()
            }
        }
    };
}
pub(crate) use from_raw_fd;

/// fcntl(2) `F_DUPFD_CLOEXEC`: another descriptor of the same open socket.
pub(crate) fn duplicate(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
    duplicate_above(fd, LOWEST)
}

/// As [`duplicate`], with the lowest number that is free, be it that of a standard stream.
pub(crate) fn duplicate_lowest(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
    duplicate_above(fd, 0)
}

/// close(2): the descriptor is gone, whatever the kernel says.
pub(crate) fn close(fd: OwnedFd) -> Result<()> {
    // Where the call is never made, the descriptor is dropped.
    run_int("close", fd.as_raw_fd(), move || {
        // SAFETY: the descriptor was owned, and nothing else closes it now.
        unsafe { libc::close(fd.into_raw_fd()) }
    })?;
    Ok(())
}

/// Whether exec(2) leaves the descriptor open.
pub(crate) fn is_inheritable(fd: BorrowedFd<'_>) -> Result<bool> {
    is_number_inheritable(fd.as_raw_fd())
}

/// As [`is_inheritable`], of a number; one that is not open is `EBADF`.
pub(super) fn is_number_inheritable(number: RawFd) -> Result<bool> {
    let flags = run_int(Call::one("fcntl", libc::F_GETFD), number, || {
        // SAFETY: F_GETFD takes no argument and touches no memory of ours; a bad number is EBADF.
        unsafe { libc::fcntl(number, libc::F_GETFD) }
    })?;
    Ok(flags & libc::FD_CLOEXEC == 0)
}

/// Has exec(2) leave the descriptor of that number open, or close it; one that is not open is `EBADF`.
pub(super) fn set_number_inheritable(number: RawFd, inheritable: bool) -> Result<()> {
    // FD_CLOEXEC is the only flag there is.
    let flags = if inheritable { 0 } else { libc::FD_CLOEXEC };
    run_int(Call::two("fcntl", libc::F_SETFD, flags), number, || {
        // SAFETY: F_SETFD takes an integer and touches no memory of ours; a bad number is EBADF.
        unsafe { libc::fcntl(number, libc::F_SETFD, flags) }
    })?;
    Ok(())
}

/// Above the three standard streams: a socket must never become standard output by the luck of a closed one.
const LOWEST: libc::c_int = 3;

fn duplicate_above(fd: BorrowedFd<'_>, lowest: libc::c_int) -> Result<OwnedFd> {
    let duplicate = run_int(Call::two("fcntl", libc::F_DUPFD_CLOEXEC, lowest), fd.as_raw_fd(), || {
        // SAFETY: F_DUPFD_CLOEXEC takes an integer and touches no memory of ours.
        unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, lowest) }
    })?;
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows its number.
    Ok(unsafe { OwnedFd::from_raw_fd(duplicate) })
}

/// Sets or clears `O_NONBLOCK`, by ioctl(2) `FIONBIO`: one call, where fcntl(2) needs two.
pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>, nonblocking: bool) -> Result<()> {
    let mut value = libc::c_int::from(nonblocking);
    run_int(Call::two("ioctl", libc::FIONBIO, i64::from(nonblocking)), fd.as_raw_fd(), || {
        // SAFETY: FIONBIO reads one int, which `value` is.
        unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &raw mut value) }
    })?;
    Ok(())
}

/// Whether `O_NONBLOCK` is set.
pub(crate) fn is_nonblocking(fd: BorrowedFd<'_>) -> Result<bool> {
    let flags = run_int(Call::one("fcntl", libc::F_GETFL), fd.as_raw_fd(), || {
        // SAFETY: F_GETFL takes no argument and touches no memory of ours.
        unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) }
    })?;
    Ok(flags & libc::O_NONBLOCK != 0)
}

/// ioctl(2) `SIOCATMARK`: whether the urgent mark is next.
pub(crate) fn at_mark(fd: BorrowedFd<'_>) -> Result<bool> {
    // libc names it on some architectures only; `asm-generic/sockios.h`, and `_IOR('s', 7, int)` elsewhere.
    const SIOCATMARK: libc::Ioctl = if cfg!(any(target_arch = "mips", target_arch = "mips64")) {
        0x4004_7307_u32 as libc::Ioctl
    } else {
        0x8905
    };
    let mut value: libc::c_int = 0;
    run_int(Call::one("ioctl", SIOCATMARK), fd.as_raw_fd(), || {
        // SAFETY: SIOCATMARK writes one int, which `value` is.
        unsafe { libc::ioctl(fd.as_raw_fd(), SIOCATMARK, &raw mut value) }
    })?;
    Ok(value != 0)
}

/// ioctl(2) `SIOCOUTQ`, by its other name `TIOCOUTQ`: the bytes in the send queue (tcp(7), unix(7), udp(7)).
pub(crate) fn unsent(fd: BorrowedFd<'_>) -> Result<usize> {
    let mut value: libc::c_int = 0;
    run_int(Call::one("ioctl", libc::TIOCOUTQ), fd.as_raw_fd(), || {
        // SAFETY: SIOCOUTQ writes one int, which `value` is.
        unsafe { libc::ioctl(fd.as_raw_fd(), libc::TIOCOUTQ, &raw mut value) }
    })?;
    Ok(usize::try_from(value).unwrap_or(0))
}
