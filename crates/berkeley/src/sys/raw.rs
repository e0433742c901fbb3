//! Any option by its numbers, where the table has no row, any control messages as they lie in memory, shutdown by any
//! number, and a duplicate with the lowest number: the caller answers for what the kernel makes of them.
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
use std::os::fd::{BorrowedFd, OwnedFd};

use super::{Errno, fd, option as plain, socket};

pub use super::memory::{Sink, Source};

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

/// Shuts one direction or both by the number of `how` (shutdown(2)), which the kernel judges.
///
/// Fails with the kernel's errno: `EINVAL` where the number means nothing to the family.
///
/// ```
/// use berkeley::{Family, Protocol, Socket, Type, raw};
/// use std::os::fd::AsFd;
///
/// let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
/// let refused = raw::shutdown(socket.as_fd(), 9).unwrap_err();
/// assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "SHUT_RD")]
#[doc(alias = "SHUT_WR")]
#[doc(alias = "SHUT_RDWR")]
pub fn shutdown(fd: BorrowedFd<'_>, how: i32) -> io::Result<()> {
    socket::shutdown(fd, how).map_err(into_io)
}

/// Another descriptor of the same open file, with the lowest number that is free (dup(2)), closed by exec(2).
///
/// That may be the number of a standard stream which is closed: [`Socket::try_clone`](crate::Socket::try_clone) leaves
/// those alone. Fails with the kernel's errno: `EMFILE` where the process has too many open.
///
/// ```
/// use berkeley::{Family, Protocol, Socket, Type, raw};
/// use std::os::fd::AsFd;
///
/// let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
/// let copy = Socket::from(raw::duplicate(socket.as_fd())?);
/// assert_eq!(copy.local_address()?, socket.local_address()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "dup")]
#[doc(alias = "F_DUPFD_CLOEXEC")]
pub fn duplicate(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    fd::duplicate_lowest(fd).map_err(into_io)
}

/// Control messages laid out as the kernel takes them (cmsg(3)), whatever they hold:
/// [`SendMessage::raw_control`](crate::SendMessage::raw_control).
#[derive(Clone, Copy, Debug)]
#[doc(alias = "msg_control")]
pub struct Control<'a>(&'a [u8]);

impl<'a> Control<'a> {
    /// Those that lie in `bytes`, for which [`control::encode`](crate::control::encode) shows the layout.
    ///
    /// What the kernel makes of bytes that are no messages is `EINVAL`.
    ///
    /// ```
    /// use berkeley::control::{encode, ip};
    /// use berkeley::{Family, Protocol, SendMessage, Socket, Type, raw};
    /// use std::io::IoSlice;
    /// use std::net::Ipv4Addr;
    ///
    /// let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let control = encode(&[ip::ttl(3)])?;
    /// // SAFETY: a TTL lends no descriptor, and holds no address.
    /// let control = unsafe { raw::Control::new(&control) };
    /// let hello = [IoSlice::new(b"hello")];
    /// socket.send_msg(&SendMessage::new(&hello).to(socket.local_address()?)?.raw_control(control))?;
    /// assert_eq!(socket.recv_vec(64)?, b"hello");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    ///
    /// # Safety
    ///
    /// Every descriptor that the messages name (`SCM_RIGHTS`) must be open and the caller's to lend for as long as they
    /// are sent, and every address that they hold (`SOL_RDS`) must be valid for as long as the kernel follows it.
    pub const unsafe fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

fn into_io(errno: Errno) -> io::Error {
    io::Error::from_raw_os_error(errno.as_raw())
}
