//! Where the fields of the kernel's structures stand, read off libc's declarations.
//!
//! Addresses and control messages are encoded and decoded at these offsets, byte by byte; nothing above casts a
//! structure.

use std::mem::{offset_of, size_of};

/// `time_t`. The crate libc calls it deprecated for musl, whose next version it says wider there: this follows it.
#[allow(deprecated, reason = "the width of the structures of this version, whichever it is")]
pub(super) type Time = libc::time_t;

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

pub(crate) mod netlink {
    use super::{offset_of, size_of};
    pub(crate) const PID: usize = offset_of!(libc::sockaddr_nl, nl_pid);
    pub(crate) const GROUPS: usize = offset_of!(libc::sockaddr_nl, nl_groups);
    pub(crate) const SIZE: usize = size_of::<libc::sockaddr_nl>();
}

pub(crate) mod ipv6_mreq {
    use super::{offset_of, size_of};
    pub(crate) const ADDRESS: usize = offset_of!(libc::ipv6_mreq, ipv6mr_multiaddr);
    pub(crate) const INTERFACE: usize = offset_of!(libc::ipv6_mreq, ipv6mr_interface);
    pub(crate) const SIZE: usize = size_of::<libc::ipv6_mreq>();
}

/// `struct sockaddr_ll`; the protocol is big-endian, the rest is native.
pub(crate) mod packet {
    use super::{offset_of, size_of};
    pub(crate) const PROTOCOL: usize = offset_of!(libc::sockaddr_ll, sll_protocol);
    pub(crate) const INTERFACE: usize = offset_of!(libc::sockaddr_ll, sll_ifindex);
    pub(crate) const HARDWARE_TYPE: usize = offset_of!(libc::sockaddr_ll, sll_hatype);
    pub(crate) const PACKET_TYPE: usize = offset_of!(libc::sockaddr_ll, sll_pkttype);
    pub(crate) const LENGTH: usize = offset_of!(libc::sockaddr_ll, sll_halen);
    pub(crate) const ADDRESS: usize = offset_of!(libc::sockaddr_ll, sll_addr);
    pub(crate) const SIZE: usize = size_of::<libc::sockaddr_ll>();
    /// `MAX_ADDR_LEN` of `include/linux/netdevice.h`: the kernel writes past `sll_addr` for links with long addresses.
    pub(crate) const ADDRESS_MAX: usize = 32;
}

pub(crate) mod vsock {
    use super::{offset_of, size_of};
    pub(crate) const PORT: usize = offset_of!(libc::sockaddr_vm, svm_port);
    pub(crate) const CID: usize = offset_of!(libc::sockaddr_vm, svm_cid);
    /// `svm_flags` took the first byte of `svm_zero` in Linux 5.11; libc still names the latter.
    pub(crate) const FLAGS: usize = offset_of!(libc::sockaddr_vm, svm_zero);
    pub(crate) const SIZE: usize = size_of::<libc::sockaddr_vm>();
}

pub(crate) mod can {
    use super::{offset_of, size_of};
    pub(crate) const INTERFACE: usize = offset_of!(libc::sockaddr_can, can_ifindex);
    /// The union `can_addr`: what it holds is the protocol's affair.
    pub(crate) const DATA: usize = offset_of!(libc::sockaddr_can, can_addr);
    pub(crate) const SIZE: usize = size_of::<libc::sockaddr_can>();
    pub(crate) const DATA_SIZE: usize = SIZE - DATA;
    /// Within the union: `tp` (`include/uapi/linux/can.h`).
    pub(crate) const RX_ID: usize = 0;
    pub(crate) const TX_ID: usize = 4;
    /// Within the union: `j1939`.
    pub(crate) const NAME: usize = 0;
    pub(crate) const PGN: usize = 8;
    pub(crate) const ADDR: usize = 12;
}

pub(crate) mod alg {
    use super::{ADDRESS_MAX, offset_of, size_of};
    pub(crate) const TYPE: usize = offset_of!(libc::sockaddr_alg, salg_type);
    pub(crate) const TYPE_SIZE: usize = FEATURES - TYPE;
    pub(crate) const FEATURES: usize = offset_of!(libc::sockaddr_alg, salg_feat);
    pub(crate) const MASK: usize = offset_of!(libc::sockaddr_alg, salg_mask);
    pub(crate) const NAME: usize = offset_of!(libc::sockaddr_alg, salg_name);
    pub(crate) const SIZE: usize = size_of::<libc::sockaddr_alg>();
    /// Since Linux 4.12 a name may be longer than `salg_name`, up to the end of `struct sockaddr_storage`.
    pub(crate) const NAME_SIZE: usize = ADDRESS_MAX - NAME;
}

pub(crate) mod xdp {
    use super::{offset_of, size_of};
    pub(crate) const FLAGS: usize = offset_of!(libc::sockaddr_xdp, sxdp_flags);
    pub(crate) const INTERFACE: usize = offset_of!(libc::sockaddr_xdp, sxdp_ifindex);
    pub(crate) const QUEUE: usize = offset_of!(libc::sockaddr_xdp, sxdp_queue_id);
    pub(crate) const SHARED_UMEM_FD: usize = offset_of!(libc::sockaddr_xdp, sxdp_shared_umem_fd);
    pub(crate) const SIZE: usize = size_of::<libc::sockaddr_xdp>();
}

// What libc has no structure for: the offsets are those of the kernel's headers, the same on every architecture.

/// `struct sockaddr_tipc`, `include/uapi/linux/tipc.h`.
pub(crate) mod tipc {
    pub(crate) const KIND: usize = 2;
    pub(crate) const SCOPE: usize = 3;
    /// The union's three words: `type lower upper`, `type instance domain` or `ref node`.
    pub(crate) const FIRST: usize = 4;
    pub(crate) const SECOND: usize = 8;
    pub(crate) const THIRD: usize = 12;
    pub(crate) const SIZE: usize = 16;
}

/// `struct sockaddr_l2`, `sockaddr_rc`, `sockaddr_hci` and `sockaddr_sco`:
/// `include/net/bluetooth/{l2cap,rfcomm,hci_sock,sco}.h`.
pub(crate) mod bluetooth {
    pub(crate) const L2CAP_PSM: usize = 2;
    pub(crate) const L2CAP_DEVICE: usize = 4;
    pub(crate) const L2CAP_CID: usize = 10;
    pub(crate) const L2CAP_KIND: usize = 12;
    pub(crate) const L2CAP_SIZE: usize = 14;
    pub(crate) const RFCOMM_DEVICE: usize = 2;
    pub(crate) const RFCOMM_CHANNEL: usize = 8;
    pub(crate) const RFCOMM_SIZE: usize = 10;
    pub(crate) const HCI_INDEX: usize = 2;
    pub(crate) const HCI_CHANNEL: usize = 4;
    pub(crate) const HCI_SIZE: usize = 6;
    pub(crate) const SCO_DEVICE: usize = 2;
    pub(crate) const SCO_SIZE: usize = 8;
}

/// `struct sockaddr_qrtr`, `include/uapi/linux/qrtr.h`.
pub(crate) mod qipcrtr {
    pub(crate) const NODE: usize = 4;
    pub(crate) const PORT: usize = 8;
    pub(crate) const SIZE: usize = 12;
}

/// `struct sockaddr_llc`, `include/uapi/linux/llc.h`.
pub(crate) mod llc {
    pub(crate) const HARDWARE_TYPE: usize = 2;
    pub(crate) const TEST: usize = 4;
    pub(crate) const XID: usize = 5;
    pub(crate) const UA: usize = 6;
    pub(crate) const SAP: usize = 7;
    pub(crate) const ADDRESS: usize = 8;
    pub(crate) const SIZE: usize = 16;
}

/// `struct sockaddr_nfc` and `struct sockaddr_nfc_llcp`, `include/uapi/linux/nfc.h`.
pub(crate) mod nfc {
    pub(crate) const DEVICE: usize = 4;
    pub(crate) const TARGET: usize = 8;
    pub(crate) const PROTOCOL: usize = 12;
    pub(crate) const SIZE: usize = 16;
    pub(crate) const DSAP: usize = 16;
    pub(crate) const SSAP: usize = 17;
    pub(crate) const SERVICE: usize = 18;
    pub(crate) const SERVICE_SIZE: usize = 63;
    /// A `__kernel_size_t`, at the next place that suits it.
    pub(crate) const SERVICE_LENGTH: usize = (SERVICE + SERVICE_SIZE).next_multiple_of(size_of::<usize>());
    pub(crate) const LLCP_SIZE: usize = SERVICE_LENGTH + size_of::<usize>();
}

/// `struct sockaddr_pn`, `include/uapi/linux/phonet.h`.
pub(crate) mod phonet {
    pub(crate) const OBJECT: usize = 2;
    pub(crate) const DEVICE: usize = 3;
    pub(crate) const RESOURCE: usize = 4;
    pub(crate) const SIZE: usize = 16;
}

/// `struct sockaddr_ieee802154`, `include/net/af_ieee802154.h`.
pub(crate) mod ieee802154 {
    pub(crate) const KIND: usize = 4;
    pub(crate) const PAN: usize = 8;
    pub(crate) const DEVICE: usize = 10;
    pub(crate) const SIZE: usize = 20;
}

/// `struct sockaddr_pppox` and `struct sockaddr_pppol2tp*`, all packed: `include/uapi/linux/if_pppox.h`,
/// `include/uapi/linux/if_pppol2tp.h`.
pub(crate) mod pppox {
    use super::{inet, inet6};
    pub(crate) const PROTOCOL: usize = 2;
    pub(crate) const SIZE: usize = 30;
    /// `struct pppoe_addr`.
    pub(crate) const SESSION: usize = 6;
    pub(crate) const REMOTE: usize = 8;
    pub(crate) const DEVICE: usize = 14;
    pub(crate) const DEVICE_SIZE: usize = 16;
    /// `struct pptp_addr`.
    pub(crate) const CALL: usize = 6;
    pub(crate) const PPTP_ADDRESS: usize = 10;
    /// `struct pppol2tp*_addr`: `pid`, `fd`, then the peer and the four numbers, of which IPv6 has the numbers first.
    pub(crate) const PID: usize = 6;
    pub(crate) const FD: usize = 10;
    pub(crate) const REST: usize = 14;
    pub(crate) const V2_SIZE: usize = REST + inet::SIZE + 8;
    pub(crate) const V2_IN6_SIZE: usize = REST + inet6::SIZE + 8;
    pub(crate) const V3_SIZE: usize = REST + inet::SIZE + 16;
    pub(crate) const V3_IN6_SIZE: usize = REST + inet6::SIZE + 16;
}

/// `struct sockaddr_x25`, `include/uapi/linux/x25.h`.
pub(crate) mod x25 {
    pub(crate) const ADDRESS: usize = 2;
    pub(crate) const ADDRESS_SIZE: usize = 16;
    pub(crate) const SIZE: usize = ADDRESS + ADDRESS_SIZE;
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
    pub(crate) const FIELD: usize = size_of::<super::Time>();
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

/// `struct cmsghdr`, as the kernel reads and writes it: a `size_t` and two C `int`s, and the data aligned behind them.
pub(crate) mod cmsg {
    use super::{offset_of, size_of};
    pub(crate) const LENGTH: usize = 0;
    pub(crate) const LEVEL: usize = offset_of!(libc::cmsghdr, cmsg_level);
    pub(crate) const TYPE: usize = offset_of!(libc::cmsghdr, cmsg_type);
    pub(crate) const HEADER: usize = align(size_of::<libc::cmsghdr>());

    /// `CMSG_ALIGN`: where the next thing may begin.
    pub(crate) const fn align(length: usize) -> usize {
        length.saturating_add(size_of::<usize>() - 1) & !(size_of::<usize>() - 1)
    }

    /// `CMSG_SPACE`: what a message with that much data takes, up to where the next may begin.
    pub(crate) const fn space(data: usize) -> usize {
        align(data).saturating_add(HEADER)
    }

    /// `CMSG_LEN`: what a message with that much data takes.
    pub(crate) const fn length(data: usize) -> usize {
        data.saturating_add(HEADER)
    }
}

/// `struct in_pktinfo`: the interface and two addresses.
pub(crate) mod in_pktinfo {
    use super::{offset_of, size_of};
    pub(crate) const INTERFACE: usize = offset_of!(libc::in_pktinfo, ipi_ifindex);
    pub(crate) const LOCAL: usize = offset_of!(libc::in_pktinfo, ipi_spec_dst);
    pub(crate) const DESTINATION: usize = offset_of!(libc::in_pktinfo, ipi_addr);
    pub(crate) const SIZE: usize = size_of::<libc::in_pktinfo>();
}

/// `struct in6_pktinfo`: the address and the interface.
pub(crate) mod in6_pktinfo {
    use super::{offset_of, size_of};
    pub(crate) const ADDRESS: usize = offset_of!(libc::in6_pktinfo, ipi6_addr);
    pub(crate) const INTERFACE: usize = offset_of!(libc::in6_pktinfo, ipi6_ifindex);
    pub(crate) const SIZE: usize = size_of::<libc::in6_pktinfo>();
}

/// `struct ip6_mtuinfo` (RFC 3542), which libc does not have: a destination and its MTU.
pub(crate) mod ip6_mtuinfo {
    pub(crate) const DESTINATION: usize = 0;
    pub(crate) const MTU: usize = super::inet6::SIZE;
    pub(crate) const SIZE: usize = MTU + 4;
}

/// `struct sock_extended_err`, behind which the offender's address stands.
pub(crate) mod extended_error {
    use super::{offset_of, size_of};
    pub(crate) const ERRNO: usize = offset_of!(libc::sock_extended_err, ee_errno);
    pub(crate) const ORIGIN: usize = offset_of!(libc::sock_extended_err, ee_origin);
    pub(crate) const TYPE: usize = offset_of!(libc::sock_extended_err, ee_type);
    pub(crate) const CODE: usize = offset_of!(libc::sock_extended_err, ee_code);
    pub(crate) const INFO: usize = offset_of!(libc::sock_extended_err, ee_info);
    pub(crate) const DATA: usize = offset_of!(libc::sock_extended_err, ee_data);
    pub(crate) const OFFENDER: usize = size_of::<libc::sock_extended_err>();
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
// The structures that libc declares are as large as `include/uapi/linux` has them.
const _: () = assert!(netlink::SIZE == 12 && packet::SIZE == 20 && vsock::SIZE == 16 && xdp::SIZE == 16);
const _: () =
    assert!(can::SIZE == 24 && can::DATA == 8 && can::DATA_SIZE == 16 && can::ADDR < can::DATA_SIZE);
const _: () = assert!(alg::SIZE == 88 && alg::TYPE_SIZE == 14 && alg::NAME + alg::NAME_SIZE == ADDRESS_MAX);
const _: () =
    assert!(packet::ADDRESS + packet::ADDRESS_MAX <= ADDRESS_MAX && packet::ADDRESS + 8 == packet::SIZE);
const _: () = assert!(vsock::FLAGS == 12);
const _: () = assert!(nfc::LLCP_SIZE == if size_of::<usize>() == 8 { 96 } else { 88 });
const _: () = assert!(pppox::DEVICE + pppox::DEVICE_SIZE == pppox::SIZE && pppox::V3_IN6_SIZE == 58);
const _: () = assert!(linger::SIZE == 8 && ucred::SIZE == 12);
const _: () = assert!(timeval::SIZE == 2 * timeval::FIELD && (timeval::FIELD == 4 || timeval::FIELD == 8));
const _: () = assert!(in_pktinfo::SIZE == 12 && in6_pktinfo::SIZE == 20 && ip6_mtuinfo::SIZE == 32);
const _: () = assert!(extended_error::OFFENDER == 16 && inet::SIZE == 16 && inet6::SIZE == 28);
// The kernel's length is a size_t at the front, even where the C library declares a socklen_t and padding.
const _: () = assert!(cmsg::LEVEL == size_of::<usize>() && cmsg::TYPE == cmsg::LEVEL + 4);
const _: () = {
    let data = 5;
    // SAFETY: CMSG_SPACE only counts.
    let space = unsafe { libc::CMSG_SPACE(data) };
    // SAFETY: so does CMSG_LEN.
    let length = unsafe { libc::CMSG_LEN(data) };
    assert!(cmsg::space(data as usize) == space as usize && cmsg::length(data as usize) == length as usize);
};
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
