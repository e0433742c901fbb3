//! Any option by its numbers, where the table has no row: the caller answers for what the kernel makes of it.
//!
//! ```
//! use berkeley::{Family, Protocol, Socket, Type, raw};
//! use std::os::fd::AsFd;
//!
//! const SOL_SOCKET: i32 = 1;
//! const SO_PRIORITY: i32 = 12;
//!
//! let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
//! # if cfg!(not(any(target_arch = "mips", target_arch = "mips64", target_arch = "sparc64"))) {
//! // SAFETY: the value of SO_PRIORITY is a C int: the kernel follows no pointer in it, and writes four bytes.
//! unsafe { raw::set_option(socket.as_fd(), SOL_SOCKET, SO_PRIORITY, &3_i32.to_ne_bytes())? };
//! let mut value = [0; 4];
//! // SAFETY: as above.
//! let length = unsafe { raw::option(socket.as_fd(), SOL_SOCKET, SO_PRIORITY, &mut value)? };
//! assert_eq!((length, i32::from_ne_bytes(value)), (4, 3));
//! # }
//! # Ok::<(), std::io::Error>(())
//! ```

use std::io;
use std::os::fd::BorrowedFd;

use super::{Errno, option as plain};

/// Reads the option `name` of `level` into `buffer` (getsockopt(2)); gives how many bytes the kernel wrote.
///
/// Fails with the kernel's errno.
///
/// # Safety
///
/// The option must take the length of `buffer` for bytes, and must follow no pointer in what `buffer` held before:
/// `SO_GET_FILTER` counts instructions, and would write beyond the end; `TCP_ZEROCOPY_RECEIVE` follows addresses in its
/// value. An option that gives a new descriptor (`SO_PEERPIDFD`) leaves it to the caller to close.
#[doc(alias = "getsockopt")]
pub unsafe fn option(fd: BorrowedFd<'_>, level: i32, name: i32, buffer: &mut [u8]) -> io::Result<usize> {
    plain::option(fd, level, name, buffer).map_err(into_io)
}

/// Sets the option `name` of `level` to the bytes of `value` (setsockopt(2)).
///
/// Fails with the kernel's errno.
///
/// # Safety
///
/// Every pointer in `value` that the kernel follows must be valid for as long as it does, which may be longer than the
/// call (`XDP_UMEM_REG`), and every descriptor in it must be the caller's to give. The option must not change memory
/// that a safe value of this program rests on, such as the layout of a ring that is mapped.
#[doc(alias = "setsockopt")]
pub unsafe fn set_option(fd: BorrowedFd<'_>, level: i32, name: i32, value: &[u8]) -> io::Result<()> {
    plain::set_option(fd, level, name, value).map_err(into_io)
}

/// Sets the option `name` of `level` to no bytes at all, of the given length: a null pointer (setsockopt(2)).
///
/// For the options whose length is their value: `ALG_SET_AEAD_AUTHSIZE`. Fails with the kernel's errno.
///
/// # Safety
///
/// As of [`set_option`]; a null pointer is never followed, so that what is left is what the option changes.
#[doc(alias = "setsockopt")]
pub unsafe fn set_option_length(fd: BorrowedFd<'_>, level: i32, name: i32, length: u32) -> io::Result<()> {
    plain::set_option_length(fd, level, name, length).map_err(into_io)
}

fn into_io(errno: Errno) -> io::Error {
    io::Error::from_raw_os_error(errno.as_raw())
}
