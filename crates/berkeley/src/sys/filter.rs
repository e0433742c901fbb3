//! Classic BPF filters: the one option whose value is a pointer, made here out of bytes.

use std::os::fd::{AsRawFd, BorrowedFd};

use super::call::{Call, run_int};
use super::{Errno, Result, alloc};

/// Sets `SO_ATTACH_FILTER` or its kin to instructions of 8 bytes each, `struct sock_filter` in native byte order.
pub(crate) fn attach(fd: BorrowedFd<'_>, name: i32, instructions: &[[u8; 8]]) -> Result<()> {
    let decode = |&[a, b, jt, jf, c, d, e, f]: &[u8; 8]| libc::sock_filter {
        code: u16::from_ne_bytes([a, b]),
        jt,
        jf,
        k: u32::from_ne_bytes([c, d, e, f]),
    };
    let mut filter = alloc::collect(instructions.iter().map(decode))?;
    let len = filter.len().try_into().map_err(|_| Errno::from_raw(libc::EINVAL))?;
    let program = libc::sock_fprog { len, filter: filter.as_mut_ptr() };
    // A structure of two fields is as far from the limit of a socklen_t as can be.
    let length =
        libc::socklen_t::try_from(size_of_val(&program)).map_err(|_| Errno::from_raw(libc::EINVAL))?;
    run_int(Call::two("setsockopt", libc::SOL_SOCKET, name), fd.as_raw_fd(), || {
        // SAFETY: `program` and the `len` instructions it points to outlive the call; the kernel copies both.
        unsafe {
            libc::setsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, name, (&raw const program).cast(), length)
        }
    })?;
    Ok(())
}
