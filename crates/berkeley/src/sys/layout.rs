//! Where the fields of the kernel's address structures stand, read off libc's declarations.
//!
//! Addresses are encoded and decoded at these offsets, byte by byte; nothing above casts a structure.

use std::mem::{offset_of, size_of};

/// Room for any address: `sizeof(struct sockaddr_storage)`.
pub(crate) const ADDRESS_MAX: usize = size_of::<libc::sockaddr_storage>();

/// The family, two bytes in native order, opens every address.
pub(crate) const FAMILY: usize = offset_of!(libc::sockaddr, sa_family);
pub(crate) const FAMILY_SIZE: usize = size_of::<libc::sa_family_t>();

pub(crate) mod inet {
    use super::{offset_of, size_of};
    pub(crate) const PORT: usize = offset_of!(libc::sockaddr_in, sin_port);
    pub(crate) const ADDRESS: usize = offset_of!(libc::sockaddr_in, sin_addr);
    pub(crate) const SIZE: usize = size_of::<libc::sockaddr_in>();
}

pub(crate) mod inet6 {
    use super::{offset_of, size_of};
    pub(crate) const PORT: usize = offset_of!(libc::sockaddr_in6, sin6_port);
    pub(crate) const FLOW: usize = offset_of!(libc::sockaddr_in6, sin6_flowinfo);
    pub(crate) const ADDRESS: usize = offset_of!(libc::sockaddr_in6, sin6_addr);
    pub(crate) const SCOPE: usize = offset_of!(libc::sockaddr_in6, sin6_scope_id);
    pub(crate) const SIZE: usize = size_of::<libc::sockaddr_in6>();
}

pub(crate) mod unix {
    use super::{offset_of, size_of};
    pub(crate) const PATH: usize = offset_of!(libc::sockaddr_un, sun_path);
    pub(crate) const PATH_SIZE: usize = size_of::<libc::sockaddr_un>() - PATH;
}

/// `struct linger`: two C `int`s.
pub(crate) mod linger {
    use super::{offset_of, size_of};
    pub(crate) const ON: usize = offset_of!(libc::linger, l_onoff);
    pub(crate) const SECONDS: usize = offset_of!(libc::linger, l_linger);
    pub(crate) const SIZE: usize = size_of::<libc::linger>();
}

/// `struct timeval`: two signed integers, as wide as a `long` where libc's time is.
pub(crate) mod timeval {
    use super::{offset_of, size_of};
    pub(crate) const SECONDS: usize = offset_of!(libc::timeval, tv_sec);
    pub(crate) const MICROSECONDS: usize = offset_of!(libc::timeval, tv_usec);
    pub(crate) const FIELD: usize = size_of::<libc::time_t>();
    pub(crate) const SIZE: usize = size_of::<libc::timeval>();
}

/// `struct ucred`: three 32-bit integers.
pub(crate) mod ucred {
    use super::{offset_of, size_of};
    pub(crate) const PID: usize = offset_of!(libc::ucred, pid);
    pub(crate) const UID: usize = offset_of!(libc::ucred, uid);
    pub(crate) const GID: usize = offset_of!(libc::ucred, gid);
    pub(crate) const SIZE: usize = size_of::<libc::ucred>();
}

// The encoders write the family as two bytes at the front and treat what follows as opaque for unknown families.
const _: () = assert!(FAMILY == 0 && FAMILY_SIZE == 2);
const _: () = assert!(inet::SIZE <= ADDRESS_MAX && inet6::SIZE <= ADDRESS_MAX);
const _: () = assert!(unix::PATH + unix::PATH_SIZE <= ADDRESS_MAX);
const _: () = assert!(linger::SIZE == 8 && ucred::SIZE == 12);
const _: () = assert!(timeval::SIZE == 2 * timeval::FIELD && (timeval::FIELD == 4 || timeval::FIELD == 8));
