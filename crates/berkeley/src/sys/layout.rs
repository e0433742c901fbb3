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

/// `struct group_req` and `struct group_source_req` (RFC 3678): an interface's index, then one address or two.
pub(crate) mod group {
    use super::{offset_of, size_of};
    pub(crate) const INTERFACE: usize = offset_of!(libc::group_source_req, gsr_interface);
    pub(crate) const GROUP: usize = offset_of!(libc::group_source_req, gsr_group);
    pub(crate) const SOURCE: usize = offset_of!(libc::group_source_req, gsr_source);
    pub(crate) const SIZE: usize = size_of::<libc::group_req>();
    pub(crate) const SOURCE_SIZE: usize = size_of::<libc::group_source_req>();
}

/// `struct packet_mreq`
pub(crate) mod packet_membership {
    use super::{offset_of, size_of};
    pub(crate) const INTERFACE: usize = offset_of!(libc::packet_mreq, mr_ifindex);
    pub(crate) const TYPE: usize = offset_of!(libc::packet_mreq, mr_type);
    pub(crate) const LENGTH: usize = offset_of!(libc::packet_mreq, mr_alen);
    pub(crate) const ADDRESS: usize = offset_of!(libc::packet_mreq, mr_address);
    pub(crate) const SIZE: usize = size_of::<libc::packet_mreq>();
}

// The encoders write the family as two bytes at the front and treat what follows as opaque for unknown families.
const _: () = assert!(FAMILY == 0 && FAMILY_SIZE == 2);
const _: () = assert!(inet::SIZE <= ADDRESS_MAX && inet6::SIZE <= ADDRESS_MAX);
const _: () = assert!(unix::PATH + unix::PATH_SIZE <= ADDRESS_MAX);
const _: () = assert!(linger::SIZE == 8 && ucred::SIZE == 12);
const _: () = assert!(timeval::SIZE == 2 * timeval::FIELD && (timeval::FIELD == 4 || timeval::FIELD == 8));
const _: () = assert!(group::INTERFACE == 0 && group::GROUP == offset_of!(libc::group_req, gr_group));
const _: () = assert!(group::SOURCE == group::SIZE && packet_membership::SIZE == 16);

/// Structures whose fields the option table reads at literal offsets, where libc declares them as the kernel does.
const _: () = {
    assert!(size_of::<libc::can_filter>() == 8 && size_of::<libc::sock_filter>() == 8);
    assert!(size_of::<libc::sock_txtime>() == 8 && size_of::<libc::tpacket_stats_v3>() == 12);
    assert!(size_of::<libc::xdp_mmap_offsets>() == 128 && size_of::<libc::xdp_statistics>() == 48);
    assert!(offset_of!(libc::xdp_statistics, rx_ring_full) == 24);
    assert!(offset_of!(libc::xdp_mmap_offsets, cr) == 96);
    assert!(offset_of!(libc::tcp_info, tcpi_rto) == 8 && offset_of!(libc::tcp_info, tcpi_rtt) == 68);
    assert!(offset_of!(libc::tcp_info, tcpi_total_retrans) == 100);
};
