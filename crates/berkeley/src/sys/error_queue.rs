//! recvmsg(2) on the error queue, for the completions of `MSG_ZEROCOPY`: the control bytes, and where their fields are.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::Result;
use super::call::run;

/// `include/uapi/linux/errqueue.h`: the message tells of bytes sent with `MSG_ZEROCOPY`.
pub(crate) const SO_EE_ORIGIN_ZEROCOPY: u8 = 5;
/// `include/uapi/linux/errqueue.h`: the kernel has copied them after all.
pub(crate) const SO_EE_CODE_ZEROCOPY_COPIED: u8 = 1;
pub(crate) use libc::MSG_ZEROCOPY;

/// The front of a control message: `struct cmsghdr`.
pub(crate) mod message {
    use std::mem::{offset_of, size_of};

    pub(crate) const LENGTH: usize = offset_of!(libc::cmsghdr, cmsg_len);
    pub(crate) const LEVEL: usize = offset_of!(libc::cmsghdr, cmsg_level);
    pub(crate) const TYPE: usize = offset_of!(libc::cmsghdr, cmsg_type);
    /// To what messages are rounded up.
    pub(crate) const ALIGNMENT: usize = size_of::<usize>();
    /// Where the data starts.
    pub(crate) const SIZE: usize = size_of::<libc::cmsghdr>().next_multiple_of(ALIGNMENT);
}

/// `struct sock_extended_err`.
pub(crate) mod extended {
    use std::mem::{offset_of, size_of};

    pub(crate) const ORIGIN: usize = offset_of!(libc::sock_extended_err, ee_origin);
    pub(crate) const CODE: usize = offset_of!(libc::sock_extended_err, ee_code);
    pub(crate) const INFO: usize = offset_of!(libc::sock_extended_err, ee_info);
    pub(crate) const DATA: usize = offset_of!(libc::sock_extended_err, ee_data);
    pub(crate) const SIZE: usize = size_of::<libc::sock_extended_err>();
}

const _: () = assert!(extended::ORIGIN == 4 && extended::CODE == 6 && extended::INFO == 8);
const _: () = assert!(extended::DATA == 12 && extended::SIZE == 16);

/// Takes one message off the error queue, without waiting; gives how many bytes of `control` it filled.
pub(crate) fn take(fd: BorrowedFd<'_>, control: &mut [u8]) -> Result<usize> {
    // SAFETY: all zero is a valid `msghdr`: no address, no buffers, no control.
    let mut header: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    header.msg_control = control.as_mut_ptr().cast();
    #[allow(clippy::useless_conversion, reason = "a size_t with glibc, a socklen_t with musl")]
    let room = control.len().try_into().unwrap_or(0);
    header.msg_controllen = room;
    run("recvmsg", fd.as_raw_fd(), || {
        // SAFETY: the header is valid, and says how much room `control` has; the kernel writes no more.
        unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut header, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT) }
    })?;
    #[allow(clippy::unnecessary_cast, reason = "a socklen_t with musl")]
    Ok((header.msg_controllen as usize).min(control.len()))
}
