//! The kernel's and the C library's numbers, by their C names, for the rooms that may not name libc.

// Families.
pub(crate) use libc::{AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC};
// Types and their flags.
pub(crate) use libc::{
    SOCK_DCCP, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, SOCK_STREAM,
};
// Protocols.
pub(crate) use libc::{
    IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_MPTCP, IPPROTO_RAW,
    IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
};
// Flags of a transfer.
pub(crate) use libc::{
    MSG_CONFIRM, MSG_DONTROUTE, MSG_DONTWAIT, MSG_EOR, MSG_ERRQUEUE, MSG_MORE, MSG_OOB, MSG_PEEK, MSG_TRUNC,
    MSG_WAITALL,
};
// poll(2) and shutdown(2).
pub(crate) use libc::{POLLIN, POLLOUT, POLLPRI, SHUT_RD, SHUT_RDWR, SHUT_WR};
// The options that the socket itself asks for.
pub(crate) use libc::{SO_DOMAIN, SO_ERROR, SO_PROTOCOL, SO_TYPE, SOL_SOCKET};
// The options that a server sets.
pub(crate) use libc::{IPV6_V6ONLY, SO_REUSEADDR, SO_REUSEPORT};
// getaddrinfo(3) and getnameinfo(3).
pub(crate) use libc::{
    AI_ADDRCONFIG, AI_CANONNAME, AI_NUMERICHOST, AI_NUMERICSERV, AI_PASSIVE, AI_V4MAPPED, EAI_NODATA,
    EAI_NONAME, EAI_SERVICE, NI_DGRAM, NI_NAMEREQD, NI_NUMERICHOST, NI_NUMERICSERV,
};
