//! The kernel's and the C library's numbers, by their C names, for the rooms that may not name libc.

// Families.
pub(crate) use libc::{
    AF_ALG, AF_BLUETOOTH, AF_CAN, AF_IEEE802154, AF_INET, AF_INET6, AF_LLC, AF_NETLINK, AF_PACKET, AF_PHONET,
    AF_PPPOX, AF_RDS, AF_TIPC, AF_UNIX, AF_UNSPEC, AF_X25,
};
pub(crate) use libc::{
    AF_APPLETALK, AF_ASH, AF_ATMPVC, AF_ATMSVC, AF_AX25, AF_BRIDGE, AF_CAIF, AF_DECnet, AF_ECONET, AF_IB,
    AF_IPX, AF_IRDA, AF_ISDN, AF_IUCV, AF_KEY, AF_MPLS, AF_NETBEUI, AF_NETROM, AF_ROSE, AF_RXRPC,
    AF_SECURITY, AF_SNA, AF_WANPIPE,
};
// Types and their flags.
pub(crate) use libc::{
    SOCK_DCCP, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, SOCK_STREAM,
};
// Protocols.
pub(crate) use libc::{
    IPPROTO_AH, IPPROTO_BEETPH, IPPROTO_COMP, IPPROTO_DSTOPTS, IPPROTO_EGP, IPPROTO_ENCAP, IPPROTO_ESP,
    IPPROTO_FRAGMENT, IPPROTO_GRE, IPPROTO_IDP, IPPROTO_IGMP, IPPROTO_IPIP, IPPROTO_MH, IPPROTO_MPLS,
    IPPROTO_MTP, IPPROTO_NONE, IPPROTO_PIM, IPPROTO_PUP, IPPROTO_ROUTING, IPPROTO_RSVP, IPPROTO_TP,
};
pub(crate) use libc::{
    IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_MPTCP, IPPROTO_RAW,
    IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
};
// Protocols of netlink, CAN and packet sockets.
pub(crate) use libc::{
    CAN_BCM, CAN_ISOTP, CAN_J1939, CAN_RAW, ETH_P_8021Q, ETH_P_ALL, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6,
    ETH_P_LLDP, ETH_P_PAE, NETLINK_AUDIT, NETLINK_CONNECTOR, NETLINK_CRYPTO, NETLINK_FIB_LOOKUP,
    NETLINK_GENERIC, NETLINK_ISCSI, NETLINK_KOBJECT_UEVENT, NETLINK_NETFILTER, NETLINK_NFLOG, NETLINK_RDMA,
    NETLINK_ROUTE, NETLINK_SELINUX, NETLINK_SOCK_DIAG, NETLINK_USERSOCK, NETLINK_XFRM,
};
// What a vsock address may hold (vsock(7)).
pub(crate) use libc::{VMADDR_CID_ANY, VMADDR_CID_HOST, VMADDR_CID_HYPERVISOR, VMADDR_CID_LOCAL};
// What a kernel says that lacks a family, a type, a protocol or what carries them.
pub(crate) use libc::{EAFNOSUPPORT, ENODEV, EPROTONOSUPPORT, ESOCKTNOSUPPORT};
// What it says where there is no way to an address.
pub(crate) use libc::{
    EADDRNOTAVAIL, EHOSTDOWN, EHOSTUNREACH, EINVAL, ENETDOWN, ENETUNREACH, EPFNOSUPPORT, ETIMEDOUT,
};
// Flags of a transfer.
pub(crate) use libc::{
    MSG_CONFIRM, MSG_CTRUNC, MSG_DONTROUTE, MSG_DONTWAIT, MSG_EOR, MSG_ERRQUEUE, MSG_FASTOPEN, MSG_MORE,
    MSG_OOB, MSG_PEEK, MSG_TRUNC, MSG_WAITALL,
};
// poll(2) and shutdown(2).
pub(crate) use libc::{POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, SHUT_RD, SHUT_RDWR, SHUT_WR};
// The options that the socket itself asks for.
pub(crate) use libc::{SO_DOMAIN, SO_ERROR, SO_PROTOCOL, SO_TYPE, SOL_SOCKET};
// getaddrinfo(3) and getnameinfo(3).
pub(crate) use libc::{
    AI_ADDRCONFIG, AI_ALL, AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV, AI_PASSIVE, AI_V4MAPPED, EAI_NODATA,
    EAI_NONAME, EAI_SERVICE, NI_DGRAM, NI_NAMEREQD, NI_NOFQDN, NI_NUMERICHOST, NI_NUMERICSERV,
};
// What gethostbyname(3) leaves in `h_errno` (netdb.h), which the crate libc has not.
pub(crate) const HOST_NOT_FOUND: i32 = 1;
pub(crate) const NO_DATA: i32 = 4;
// Routing netlink (rtnetlink(7)) and the flags of an interface (netdevice(7)).
pub(crate) use libc::{
    IFA_ADDRESS, IFA_BROADCAST, IFA_LOCAL, IFF_ALLMULTI, IFF_BROADCAST, IFF_LOOPBACK, IFF_MULTICAST,
    IFF_NOARP, IFF_POINTOPOINT, IFF_PROMISC, IFF_RUNNING, IFF_UP, IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU,
    NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, RTM_GETADDR, RTM_GETLINK, RTM_NEWADDR, RTM_NEWLINK,
};
// Options of SOL_SOCKET (socket(7)) beyond those above.
pub(crate) use libc::{
    SO_ACCEPTCONN, SO_BINDTODEVICE, SO_BINDTOIFINDEX, SO_BPF_EXTENSIONS, SO_BROADCAST, SO_BUF_LOCK,
    SO_BUSY_POLL, SO_BUSY_POLL_BUDGET, SO_CNX_ADVICE, SO_COOKIE, SO_DEBUG, SO_DONTROUTE, SO_INCOMING_CPU,
    SO_INCOMING_NAPI_ID, SO_KEEPALIVE, SO_LINGER, SO_LOCK_FILTER, SO_MARK, SO_MAX_PACING_RATE, SO_MEMINFO,
    SO_NETNS_COOKIE, SO_NO_CHECK, SO_NOFCS, SO_OOBINLINE, SO_PASSCRED, SO_PASSPIDFD, SO_PASSSEC, SO_PEEK_OFF,
    SO_PEERCRED, SO_PEERGROUPS, SO_PEERSEC, SO_PREFER_BUSY_POLL, SO_PRIORITY, SO_RCVBUF, SO_RCVBUFFORCE,
    SO_RCVLOWAT, SO_RCVMARK, SO_RCVTIMEO, SO_RESERVE_MEM, SO_REUSEADDR, SO_REUSEPORT, SO_RXQ_OVFL,
    SO_SELECT_ERR_QUEUE, SO_SNDBUF, SO_SNDBUFFORCE, SO_SNDLOWAT, SO_SNDTIMEO, SO_TIMESTAMP, SO_TIMESTAMPING,
    SO_TIMESTAMPNS, SO_TXREHASH, SO_TXTIME, SO_WIFI_STATUS, SO_ZEROCOPY,
};
// Options of IP (ip(7)) and what IP_MTU_DISCOVER may be.
pub(crate) use libc::{
    IP_BIND_ADDRESS_NO_PORT, IP_CHECKSUM, IP_FREEBIND, IP_HDRINCL, IP_MINTTL, IP_MTU, IP_MTU_DISCOVER,
    IP_MULTICAST_ALL, IP_MULTICAST_IF, IP_MULTICAST_LOOP, IP_MULTICAST_TTL, IP_NODEFRAG, IP_OPTIONS,
    IP_PASSSEC, IP_PKTINFO, IP_PMTUDISC_DO, IP_PMTUDISC_DONT, IP_PMTUDISC_INTERFACE, IP_PMTUDISC_OMIT,
    IP_PMTUDISC_PROBE, IP_PMTUDISC_WANT, IP_RECVERR, IP_RECVFRAGSIZE, IP_RECVOPTS, IP_RECVORIGDSTADDR,
    IP_RECVTOS, IP_RECVTTL, IP_RETOPTS, IP_ROUTER_ALERT, IP_TOS, IP_TRANSPARENT, IP_TTL, IP_UNICAST_IF,
};
// Options of IPv6 (ipv6(7)).
pub(crate) use libc::{
    IPV6_ADDR_PREFERENCES, IPV6_ADDRFORM, IPV6_AUTOFLOWLABEL, IPV6_CHECKSUM, IPV6_DONTFRAG, IPV6_DSTOPTS,
    IPV6_FLOWINFO, IPV6_FLOWINFO_SEND, IPV6_FREEBIND, IPV6_HDRINCL, IPV6_HOPOPTS, IPV6_MINHOPCOUNT, IPV6_MTU,
    IPV6_MTU_DISCOVER, IPV6_MULTICAST_ALL, IPV6_MULTICAST_HOPS, IPV6_MULTICAST_IF, IPV6_MULTICAST_LOOP,
    IPV6_PATHMTU, IPV6_RECVDSTOPTS, IPV6_RECVERR, IPV6_RECVFRAGSIZE, IPV6_RECVHOPLIMIT, IPV6_RECVHOPOPTS,
    IPV6_RECVORIGDSTADDR, IPV6_RECVPATHMTU, IPV6_RECVPKTINFO, IPV6_RECVRTHDR, IPV6_RECVTCLASS,
    IPV6_ROUTER_ALERT, IPV6_ROUTER_ALERT_ISOLATE, IPV6_RTHDR, IPV6_RTHDRDSTOPTS, IPV6_TCLASS,
    IPV6_TRANSPARENT, IPV6_UNICAST_HOPS, IPV6_UNICAST_IF, IPV6_V6ONLY,
};
// Options of TCP (tcp(7)).
pub(crate) use libc::{
    TCP_CC_INFO, TCP_CONGESTION, TCP_CORK, TCP_DEFER_ACCEPT, TCP_FASTOPEN, TCP_FASTOPEN_CONNECT,
    TCP_FASTOPEN_KEY, TCP_FASTOPEN_NO_COOKIE, TCP_INFO, TCP_INQ, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL,
    TCP_LINGER2, TCP_MAXSEG, TCP_NODELAY, TCP_NOTSENT_LOWAT, TCP_QUEUE_SEQ, TCP_QUICKACK, TCP_REPAIR,
    TCP_REPAIR_OPTIONS, TCP_REPAIR_QUEUE, TCP_REPAIR_WINDOW, TCP_SAVE_SYN, TCP_SAVED_SYN, TCP_SYNCNT,
    TCP_THIN_DUPACK, TCP_THIN_LINEAR_TIMEOUTS, TCP_TIMESTAMP, TCP_ULP, TCP_USER_TIMEOUT, TCP_WINDOW_CLAMP,
};
// Options of UDP (udp(7)).
pub(crate) use libc::{UDP_CORK, UDP_ENCAP, UDP_GRO, UDP_NO_CHECK6_RX, UDP_NO_CHECK6_TX, UDP_SEGMENT};

// Control messages that are no options, or whose number is not their option's.
pub(crate) use libc::{
    ALG_SET_AEAD_ASSOCLEN, ALG_SET_IV, ALG_SET_OP, IP_ORIGDSTADDR, IPV6_HOPLIMIT, IPV6_ORIGDSTADDR,
    IPV6_PKTINFO, SCM_CREDENTIALS, SCM_RIGHTS, SCM_TIMESTAMP, SCM_TIMESTAMPING, SCM_TIMESTAMPING_PKTINFO,
    SCM_TIMESTAMPNS, SCM_TXTIME, SCM_WIFI_STATUS, SOL_TLS, TLS_GET_RECORD_TYPE, TLS_SET_RECORD_TYPE,
};
// An error whose report says more than its name.
pub(crate) use libc::EMSGSIZE;
// Options of packet sockets (packet(7)) and what a membership may be.
pub(crate) use libc::{
    PACKET_ADD_MEMBERSHIP, PACKET_AUXDATA, PACKET_COPY_THRESH, PACKET_DROP_MEMBERSHIP, PACKET_FANOUT,
    PACKET_IGNORE_OUTGOING, PACKET_LOSS, PACKET_MR_ALLMULTI, PACKET_MR_MULTICAST, PACKET_MR_PROMISC,
    PACKET_MR_UNICAST, PACKET_ORIGDEV, PACKET_QDISC_BYPASS, PACKET_RESERVE, PACKET_ROLLOVER_STATS,
    PACKET_STATISTICS, PACKET_TIMESTAMP, PACKET_TX_HAS_OFF, PACKET_VERSION, PACKET_VNET_HDR,
    PACKET_VNET_HDR_SZ, SOL_PACKET,
};
// Options of netlink (netlink(7)).
pub(crate) use libc::{
    NETLINK_ADD_MEMBERSHIP, NETLINK_BROADCAST_ERROR, NETLINK_CAP_ACK, NETLINK_DROP_MEMBERSHIP,
    NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_LIST_MEMBERSHIPS, NETLINK_LISTEN_ALL_NSID,
    NETLINK_NO_ENOBUFS, NETLINK_PKTINFO, SOL_NETLINK,
};
// Options of CAN's raw sockets.
pub(crate) use libc::{
    CAN_RAW_ERR_FILTER, CAN_RAW_FD_FRAMES, CAN_RAW_FILTER, CAN_RAW_JOIN_FILTERS, CAN_RAW_LOOPBACK,
    CAN_RAW_RECV_OWN_MSGS, CAN_RAW_XL_FRAMES, SOL_CAN_RAW,
};
// Options of the kernel's ciphers.
pub(crate) use libc::{
    ALG_SET_AEAD_AUTHSIZE, ALG_SET_DRBG_ENTROPY, ALG_SET_KEY, ALG_SET_KEY_BY_KEY_SERIAL, SOL_ALG,
};
// Options of XDP sockets.
pub(crate) use libc::{
    SOL_XDP, XDP_MMAP_OFFSETS, XDP_OPTIONS, XDP_RX_RING, XDP_STATISTICS, XDP_TX_RING,
    XDP_UMEM_COMPLETION_RING, XDP_UMEM_FILL_RING,
};
// Levels of the rest, and multicast of any protocol (RFC 3678).
pub(crate) use libc::{
    MCAST_BLOCK_SOURCE, MCAST_JOIN_GROUP, MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_GROUP,
    MCAST_LEAVE_SOURCE_GROUP, MCAST_UNBLOCK_SOURCE, SOL_RAW, SOL_TIPC,
};
// Filters (socket(7)) and the clocks of clock_gettime(2).
pub(crate) use libc::{
    CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_TAI, SO_ATTACH_BPF, SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF,
    SO_ATTACH_REUSEPORT_EBPF, SO_DETACH_FILTER,
};

// What libc does not name yet: the same numbers on every architecture of Linux.
/// `include/uapi/linux/in.h`
pub(crate) const IP_RECVERR_RFC4884: i32 = 26;
/// `include/uapi/linux/in.h`, since Linux 6.3.
pub(crate) const IP_LOCAL_PORT_RANGE: i32 = 51;
/// `include/uapi/linux/in.h`, since Linux 6.4.
pub(crate) const IP_PROTOCOL: i32 = 52;
/// `include/uapi/linux/in6.h`
pub(crate) const IPV6_JOIN_ANYCAST: i32 = 27;
/// `include/uapi/linux/in6.h`
pub(crate) const IPV6_LEAVE_ANYCAST: i32 = 28;
/// `include/uapi/linux/in6.h`
pub(crate) const IPV6_RECVERR_RFC4884: i32 = 31;
/// `include/uapi/linux/tcp.h`, since Linux 4.20.
pub(crate) const TCP_TX_DELAY: i32 = 37;
/// `include/uapi/linux/tcp.h`, since Linux 5.16.
pub(crate) const TCP_IS_MPTCP: i32 = 43;
/// `include/uapi/linux/tcp.h`, since Linux 6.15.
pub(crate) const TCP_RTO_MAX_MS: i32 = 44;
/// `include/uapi/linux/tcp.h`, since Linux 6.16.
pub(crate) const TCP_RTO_MIN_US: i32 = 45;
/// `include/uapi/linux/tcp.h`, since Linux 6.16.
pub(crate) const TCP_DELACK_MAX_US: i32 = 46;

// Families that libc names for some C libraries only: `include/linux/socket.h`.
pub(crate) const AF_NFC: i32 = 39;
pub(crate) const AF_VSOCK: i32 = 40;
pub(crate) const AF_KCM: i32 = 41;
pub(crate) const AF_QIPCRTR: i32 = 42;
pub(crate) const AF_SMC: i32 = 43;
pub(crate) const AF_XDP: i32 = 44;
pub(crate) const AF_MCTP: i32 = 45;

// `include/uapi/linux/in.h`: what libc does not name.
pub(crate) const IPPROTO_L2TP: i32 = 115;
pub(crate) const IPPROTO_ETHERNET: i32 = 143;
pub(crate) const IPPROTO_AGGFRAG: i32 = 144;
/// Since Linux 6.11.
pub(crate) const IPPROTO_SMC: i32 = 256;
// `include/uapi/linux/sctp.h`
pub(crate) const MSG_NOTIFICATION: i32 = 0x8000;

// `include/uapi/linux/netlink.h`
pub(crate) const NETLINK_SMC: i32 = 22;
// `include/net/bluetooth/bluetooth.h`
pub(crate) const BTPROTO_L2CAP: i32 = 0;
pub(crate) const BTPROTO_HCI: i32 = 1;
pub(crate) const BTPROTO_SCO: i32 = 2;
pub(crate) const BTPROTO_RFCOMM: i32 = 3;
pub(crate) const BTPROTO_BNEP: i32 = 4;
pub(crate) const BTPROTO_CMTP: i32 = 5;
pub(crate) const BTPROTO_HIDP: i32 = 6;
pub(crate) const BTPROTO_ISO: i32 = 8;
// `include/uapi/linux/if_pppox.h`
pub(crate) const PX_PROTO_OE: i32 = 0;
pub(crate) const PX_PROTO_OL2TP: i32 = 1;
pub(crate) const PX_PROTO_PPTP: i32 = 2;
// `include/uapi/linux/nfc.h`
pub(crate) const NFC_SOCKPROTO_RAW: i32 = 0;
pub(crate) const NFC_SOCKPROTO_LLCP: i32 = 1;
// `include/uapi/linux/phonet.h`
pub(crate) const PN_PROTO_PHONET: i32 = 1;
pub(crate) const PN_PROTO_PIPE: i32 = 2;
// `include/uapi/linux/kcm.h`
pub(crate) const KCMPROTO_CONNECTED: i32 = 0;
// `include/net/smc.h`
pub(crate) const SMCPROTO_SMC: i32 = 0;
pub(crate) const SMCPROTO_SMC6: i32 = 1;
// `include/uapi/linux/tipc.h`
pub(crate) const TIPC_SERVICE_RANGE: u8 = 1;
pub(crate) const TIPC_SERVICE_ADDR: u8 = 2;
pub(crate) const TIPC_SOCKET_ADDR: u8 = 3;
// `include/net/af_ieee802154.h`
pub(crate) const IEEE802154_ADDR_NONE: i32 = 0;
pub(crate) const IEEE802154_ADDR_SHORT: i32 = 2;
pub(crate) const IEEE802154_ADDR_LONG: i32 = 3;

/// `include/linux/socket.h`
pub(crate) const SCM_SECURITY: i32 = 3;
/// `include/linux/socket.h`, since Linux 6.5.
pub(crate) const SCM_PIDFD: i32 = 4;
/// `include/linux/socket.h`: reliable datagram sockets, whose control messages carry addresses of memory.
pub(crate) const SOL_RDS: i32 = 276;

// Who reports an error of the error queue: `include/uapi/linux/errqueue.h`, where they are bytes.
pub(crate) const SO_EE_ORIGIN_NONE: i32 = libc::SO_EE_ORIGIN_NONE as i32;
pub(crate) const SO_EE_ORIGIN_LOCAL: i32 = libc::SO_EE_ORIGIN_LOCAL as i32;
pub(crate) const SO_EE_ORIGIN_ICMP: i32 = libc::SO_EE_ORIGIN_ICMP as i32;
pub(crate) const SO_EE_ORIGIN_ICMP6: i32 = libc::SO_EE_ORIGIN_ICMP6 as i32;
pub(crate) const SO_EE_ORIGIN_TIMESTAMPING: i32 = libc::SO_EE_ORIGIN_TIMESTAMPING as i32;
pub(crate) const SO_EE_ORIGIN_ZEROCOPY: i32 = 5;
pub(crate) const SO_EE_ORIGIN_TXTIME: i32 = 6;
/// `include/uapi/linux/errqueue.h`: the kernel has copied the bytes after all.
pub(crate) const SO_EE_CODE_ZEROCOPY_COPIED: u8 = 1;
/// `include/uapi/linux/icmp.h`
pub(crate) const ICMP_FILTER: i32 = 1;
/// `include/uapi/linux/icmpv6.h`
pub(crate) const ICMPV6_FILTER: i32 = 1;
/// `include/net/udplite.h`
pub(crate) const UDPLITE_SEND_CSCOV: i32 = 10;
/// `include/net/udplite.h`
pub(crate) const UDPLITE_RECV_CSCOV: i32 = 11;
/// `include/linux/socket.h`, since Linux 5.16.
pub(crate) const SOL_MPTCP: i32 = 284;
/// `include/uapi/linux/mptcp.h`, since Linux 5.16.
pub(crate) const MPTCP_INFO: i32 = 1;

// `include/uapi/asm-generic/socket.h` and its kin: the numbers that are not the same everywhere.
/// libc names it on some architectures only.
pub(crate) const SO_DETACH_REUSEPORT_BPF: i32 = if IS_SPARC { 0x0047 } else { 68 };
/// Since Linux 6.14.
pub(crate) const SO_RCVPRIORITY: i32 = if IS_SPARC { 0x005b } else { 82 };
/// Since Linux 6.16.
pub(crate) const SO_PASSRIGHTS: i32 = if IS_SPARC { 0x005c } else { 83 };
/// Since Linux 6.17.
pub(crate) const SO_INQ: i32 = if IS_SPARC { 0x005d } else { 84 };
const IS_SPARC: bool = cfg!(any(target_arch = "sparc", target_arch = "sparc64"));

// `include/uapi/linux/vm_sockets.h`
pub(crate) const SO_VM_SOCKETS_BUFFER_SIZE: i32 = 0;
pub(crate) const SO_VM_SOCKETS_BUFFER_MIN_SIZE: i32 = 1;
pub(crate) const SO_VM_SOCKETS_BUFFER_MAX_SIZE: i32 = 2;
/// The number says which `struct timeval` the value is: as wide as a `long` (6), or of 64 bits (8).
pub(crate) const SO_VM_SOCKETS_CONNECT_TIMEOUT: i32 =
    if size_of::<super::layout::Time>() == size_of::<libc::c_long>() { 6 } else { 8 };

// `include/uapi/linux/tipc.h`
pub(crate) const TIPC_IMPORTANCE: i32 = 127;
pub(crate) const TIPC_SRC_DROPPABLE: i32 = 128;
pub(crate) const TIPC_DEST_DROPPABLE: i32 = 129;
pub(crate) const TIPC_CONN_TIMEOUT: i32 = 130;
pub(crate) const TIPC_NODE_RECVQ_DEPTH: i32 = 131;
pub(crate) const TIPC_SOCK_RECVQ_DEPTH: i32 = 132;
pub(crate) const TIPC_MCAST_BROADCAST: i32 = 133;
pub(crate) const TIPC_MCAST_REPLICAST: i32 = 134;
pub(crate) const TIPC_GROUP_JOIN: i32 = 135;
pub(crate) const TIPC_GROUP_LEAVE: i32 = 136;
pub(crate) const TIPC_SOCK_RECVQ_USED: i32 = 137;
pub(crate) const TIPC_NODELAY: i32 = 138;

// `include/net/tcp_states.h`: the states of TCP, as `TCP_INFO` gives them.
pub(crate) const TCP_ESTABLISHED: i32 = 1;
pub(crate) const TCP_SYN_SENT: i32 = 2;
pub(crate) const TCP_SYN_RECV: i32 = 3;
pub(crate) const TCP_FIN_WAIT1: i32 = 4;
pub(crate) const TCP_FIN_WAIT2: i32 = 5;
pub(crate) const TCP_TIME_WAIT: i32 = 6;
pub(crate) const TCP_CLOSE: i32 = 7;
pub(crate) const TCP_CLOSE_WAIT: i32 = 8;
pub(crate) const TCP_LAST_ACK: i32 = 9;
pub(crate) const TCP_LISTEN: i32 = 10;
pub(crate) const TCP_CLOSING: i32 = 11;
// `enum tcp_ca_state` in `include/uapi/linux/tcp.h`.
pub(crate) const TCP_CA_OPEN: i32 = 0;
pub(crate) const TCP_CA_DISORDER: i32 = 1;
pub(crate) const TCP_CA_CWR: i32 = 2;
pub(crate) const TCP_CA_RECOVERY: i32 = 3;
pub(crate) const TCP_CA_LOSS: i32 = 4;

// `include/uapi/linux/dccp.h`, gone since Linux 6.16, and `include/linux/socket.h`.
pub(crate) const SOL_DCCP: i32 = 269;
pub(crate) const DCCP_SOCKOPT_SERVICE: i32 = 2;
pub(crate) const DCCP_SOCKOPT_GET_CUR_MPS: i32 = 5;
pub(crate) const DCCP_SOCKOPT_SERVER_TIMEWAIT: i32 = 6;
pub(crate) const DCCP_SOCKOPT_SEND_CSCOV: i32 = 10;
pub(crate) const DCCP_SOCKOPT_RECV_CSCOV: i32 = 11;
pub(crate) const DCCP_SOCKOPT_AVAILABLE_CCIDS: i32 = 12;
pub(crate) const DCCP_SOCKOPT_CCID: i32 = 13;
pub(crate) const DCCP_SOCKOPT_TX_CCID: i32 = 14;
pub(crate) const DCCP_SOCKOPT_RX_CCID: i32 = 15;
pub(crate) const DCCP_SOCKOPT_QPOLICY_ID: i32 = 16;
pub(crate) const DCCP_SOCKOPT_QPOLICY_TXQLEN: i32 = 17;

// `include/uapi/linux/can/isotp.h`
pub(crate) const SOL_CAN_ISOTP: i32 = libc::SOL_CAN_BASE + libc::CAN_ISOTP;
pub(crate) const CAN_ISOTP_OPTS: i32 = 1;
pub(crate) const CAN_ISOTP_RECV_FC: i32 = 2;
pub(crate) const CAN_ISOTP_TX_STMIN: i32 = 3;
pub(crate) const CAN_ISOTP_RX_STMIN: i32 = 4;
pub(crate) const CAN_ISOTP_LL_OPTS: i32 = 5;
// `include/uapi/linux/can/j1939.h`
pub(crate) const SOL_CAN_J1939: i32 = libc::SOL_CAN_BASE + libc::CAN_J1939;
pub(crate) const SO_J1939_FILTER: i32 = 1;
pub(crate) const SO_J1939_PROMISC: i32 = 2;
pub(crate) const SO_J1939_SEND_PRIO: i32 = 3;
pub(crate) const SO_J1939_ERRQUEUE: i32 = 4;
/// `include/uapi/linux/can/raw.h`, since Linux 6.9.
pub(crate) const CAN_RAW_XL_VCID_OPTS: i32 = 8;
/// `include/uapi/linux/if_xdp.h`, since Linux 6.17.
pub(crate) const XDP_MAX_TX_SKB_BUDGET: i32 = 9;

// `include/uapi/linux/sctp.h`
pub(crate) const SCTP_RTOINFO: i32 = 0;
pub(crate) const SCTP_ASSOCINFO: i32 = 1;
pub(crate) const SCTP_INITMSG: i32 = 2;
pub(crate) const SCTP_NODELAY: i32 = 3;
pub(crate) const SCTP_AUTOCLOSE: i32 = 4;
pub(crate) const SCTP_ADAPTATION_LAYER: i32 = 7;
pub(crate) const SCTP_DISABLE_FRAGMENTS: i32 = 8;
pub(crate) const SCTP_EVENTS: i32 = 11;
pub(crate) const SCTP_I_WANT_MAPPED_V4_ADDR: i32 = 12;
pub(crate) const SCTP_MAXSEG: i32 = 13;
pub(crate) const SCTP_STATUS: i32 = 14;
pub(crate) const SCTP_DELAYED_SACK: i32 = 16;
pub(crate) const SCTP_CONTEXT: i32 = 17;
pub(crate) const SCTP_FRAGMENT_INTERLEAVE: i32 = 18;
pub(crate) const SCTP_PARTIAL_DELIVERY_POINT: i32 = 19;
pub(crate) const SCTP_MAX_BURST: i32 = 20;
pub(crate) const SCTP_AUTH_ACTIVE_KEY: i32 = 24;
pub(crate) const SCTP_AUTH_DELETE_KEY: i32 = 25;
pub(crate) const SCTP_GET_ASSOC_NUMBER: i32 = 28;
pub(crate) const SCTP_AUTO_ASCONF: i32 = 30;
pub(crate) const SCTP_RECVRCVINFO: i32 = 32;
pub(crate) const SCTP_RECVNXTINFO: i32 = 33;
pub(crate) const SCTP_DEFAULT_SNDINFO: i32 = 34;
pub(crate) const SCTP_AUTH_DEACTIVATE_KEY: i32 = 35;
pub(crate) const SCTP_REUSE_PORT: i32 = 36;
pub(crate) const SCTP_SOCKOPT_BINDX_ADD: i32 = 100;
pub(crate) const SCTP_SOCKOPT_BINDX_REM: i32 = 101;
pub(crate) const SCTP_GET_PEER_ADDRS: i32 = 108;
pub(crate) const SCTP_GET_LOCAL_ADDRS: i32 = 109;
pub(crate) const SCTP_PR_SUPPORTED: i32 = 113;
pub(crate) const SCTP_DEFAULT_PRINFO: i32 = 114;
pub(crate) const SCTP_RECONFIG_SUPPORTED: i32 = 117;
pub(crate) const SCTP_ENABLE_STREAM_RESET: i32 = 118;
pub(crate) const SCTP_RESET_ASSOC: i32 = 120;
pub(crate) const SCTP_ADD_STREAMS: i32 = 121;
pub(crate) const SCTP_STREAM_SCHEDULER: i32 = 123;
pub(crate) const SCTP_STREAM_SCHEDULER_VALUE: i32 = 124;
pub(crate) const SCTP_INTERLEAVING_SUPPORTED: i32 = 125;
pub(crate) const SCTP_EVENT: i32 = 127;
pub(crate) const SCTP_ASCONF_SUPPORTED: i32 = 128;
pub(crate) const SCTP_AUTH_SUPPORTED: i32 = 129;
pub(crate) const SCTP_ECN_SUPPORTED: i32 = 130;
pub(crate) const SCTP_EXPOSE_POTENTIALLY_FAILED_STATE: i32 = 131;
// `enum sctp_sstat_state` there.
pub(crate) const SCTP_EMPTY: i32 = 0;
pub(crate) const SCTP_CLOSED: i32 = 1;
pub(crate) const SCTP_COOKIE_WAIT: i32 = 2;
pub(crate) const SCTP_COOKIE_ECHOED: i32 = 3;
pub(crate) const SCTP_ESTABLISHED: i32 = 4;
pub(crate) const SCTP_SHUTDOWN_PENDING: i32 = 5;
pub(crate) const SCTP_SHUTDOWN_SENT: i32 = 6;
pub(crate) const SCTP_SHUTDOWN_RECEIVED: i32 = 7;
pub(crate) const SCTP_SHUTDOWN_ACK_SENT: i32 = 8;
