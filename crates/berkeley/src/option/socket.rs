//! Options of any socket: `SOL_SOCKET` (socket(7), and unix(7) where a row says so).

use std::time::Duration;

use super::{MemoryInfo, PeerCredentials, TransmitTime, options};
use crate::kinds::{Family, Protocol, Type};

options! {
    SOCKET, "socket(7)";

    /// Whether the socket listens.
    #[doc(alias = "is_listener")]
    ACCEPTCONN: bool, Flag, "acceptconn", SO_ACCEPTCONN, "SO_ACCEPTCONN", Read, Any;
    /// Receives and sends through one network interface only; empty for any.
    #[doc(alias = "bind_device")]
    #[doc(alias = "device")]
    BINDTODEVICE: String, Text, "bindtodevice", SO_BINDTODEVICE, "SO_BINDTODEVICE", ReadWrite, BeforeBind;
    /// Receives and sends through the network interface of this index only; 0 for any.
    BINDTOIFINDEX: u32, Interface, "bindtoifindex", SO_BINDTOIFINDEX, "SO_BINDTOIFINDEX", ReadWrite, BeforeBind;
    /// How many extensions the kernel's classic BPF filters have, beyond what packets hold.
    BPF_EXTENSIONS: i32, Integer, "bpf_extensions", SO_BPF_EXTENSIONS, "SO_BPF_EXTENSIONS", Read, Any;
    /// Lets datagrams be sent to a broadcast address.
    #[doc(alias = "set_broadcast")]
    BROADCAST: bool, Flag, "broadcast", SO_BROADCAST, "SO_BROADCAST", ReadWrite, Any;
    /// Keeps the kernel from tuning buffers whose sizes the program has set: 1 the sending one, 2 the other, 3 both.
    BUF_LOCK: u32, Unsigned in 0..=3, "buf_lock", SO_BUF_LOCK, "SO_BUF_LOCK", ReadWrite, Any;
    /// Polls the network card for this long when a receive would have to wait; raising it needs `CAP_NET_ADMIN`.
    BUSY_POLL: Duration, Microseconds, "busy_poll", SO_BUSY_POLL, "SO_BUSY_POLL", ReadWrite, Any;
    /// Takes at most this many packets in one busy poll; raising it needs `CAP_NET_ADMIN`.
    BUSY_POLL_BUDGET: i32, Integer in 0..=65535, "busy_poll_budget", SO_BUSY_POLL_BUDGET, "SO_BUSY_POLL_BUDGET", Write, Any;
    /// Tells the kernel that the connection does badly (1), so that it looks for another route.
    CNX_ADVICE: i32, Integer in 0..=1, "cnx_advice", SO_CNX_ADVICE, "SO_CNX_ADVICE", Write, Connected;
    /// A number that no other socket of this system has had since it started.
    #[doc(alias = "socket_cookie")]
    COOKIE: u64, Wide, "cookie", SO_COOKIE, "SO_COOKIE", Read, Any;
    /// Records debugging information in the kernel; needs `CAP_NET_ADMIN`.
    DEBUG: bool, Flag, "debug", SO_DEBUG, "SO_DEBUG", ReadWrite, Any;
    /// The address family that the socket was made with.
    DOMAIN: Family, Family, "domain", SO_DOMAIN, "SO_DOMAIN", Read, Any;
    /// Sends to hosts of directly connected networks only, never through a gateway.
    DONTROUTE: bool, Flag, "dontroute", SO_DONTROUTE, "SO_DONTROUTE", ReadWrite, Any;
    /// The error that waits on the socket, 0 for none; reading it clears it.
    ///
    /// [`Socket::take_error`](crate::Socket::take_error) gives it as an error.
    ERROR: i32, Errno, "error", SO_ERROR, "SO_ERROR", Read, Any;
    /// The processor that handled the last packet, -1 for none yet.
    ///
    /// Set on a listener, the one whose connections it prefers.
    #[doc(alias = "set_cpu_affinity")]
    INCOMING_CPU: i32, Integer, "incoming_cpu", SO_INCOMING_CPU, "SO_INCOMING_CPU", ReadWrite, Any;
    /// The queue of the network card that the last packet came through; 0 for none yet.
    INCOMING_NAPI_ID: u32, Unsigned, "incoming_napi_id", SO_INCOMING_NAPI_ID, "SO_INCOMING_NAPI_ID", Read, Any;
    /// Receives with each read of a Unix stream how many bytes are left in the queue (Linux 6.17).
    INQ: bool, Flag, "inq", SO_INQ, "SO_INQ", ReadWrite, Any;
    /// Probes the peer while the connection is idle, to learn whether it is still there.
    #[doc(alias = "set_keepalive")]
    #[doc(alias = "TcpKeepalive")]
    KEEPALIVE: bool, Flag, "keepalive", SO_KEEPALIVE, "SO_KEEPALIVE", ReadWrite, Any;
    /// How long close waits until what was sent has arrived; off to return at once, zero to drop it and reset.
    #[doc(alias = "set_linger")]
    LINGER: Option<Duration>, Linger, "linger", SO_LINGER, "SO_LINGER", ReadWrite, Any;
    /// Keeps the socket's filter as it is; once set, it can be neither undone nor another filter attached.
    LOCK_FILTER: bool, Flag, "lock_filter", SO_LOCK_FILTER, "SO_LOCK_FILTER", ReadWrite, Any;
    /// Marks the packets that are sent, for routing and filtering; needs `CAP_NET_ADMIN` or `CAP_NET_RAW`.
    #[doc(alias = "set_mark")]
    MARK: u32, Unsigned, "mark", SO_MARK, "SO_MARK", ReadWrite, Any;
    /// Sends no faster than this.
    MAX_PACING_RATE: u64, Rate, "max_pacing_rate", SO_MAX_PACING_RATE, "SO_MAX_PACING_RATE", ReadWrite, Any;
    /// The memory that the socket takes, and the packets that it dropped for want of it.
    MEMINFO: MemoryInfo, MemoryInfo, "meminfo", SO_MEMINFO, "SO_MEMINFO", Read, Any;
    /// The number of the network namespace that the socket belongs to.
    NETNS_COOKIE: u64, Wide, "netns_cookie", SO_NETNS_COOKIE, "SO_NETNS_COOKIE", Read, Any;
    /// Sends datagrams over IPv4 without a checksum.
    NO_CHECK: bool, Flag, "no_check", SO_NO_CHECK, "SO_NO_CHECK", ReadWrite, Any;
    /// Leaves the last field of an Ethernet frame to the program, on packet sockets.
    NOFCS: bool, Flag, "nofcs", SO_NOFCS, "SO_NOFCS", ReadWrite, Any;
    /// Leaves urgent data in its place among the rest.
    #[doc(alias = "set_out_of_band_inline")]
    #[doc(alias = "out_of_band_inline")]
    OOBINLINE: bool, Flag, "oobinline", SO_OOBINLINE, "SO_OOBINLINE", ReadWrite, Any;
    /// Receives the sender's process, user and group with each message, on Unix sockets.
    #[doc(alias = "set_passcred")]
    PASSCRED: bool, Flag, "passcred", SO_PASSCRED, "SO_PASSCRED", ReadWrite, Any;
    /// Receives a descriptor of the sender's process with each message, on Unix sockets.
    PASSPIDFD: bool, Flag, "passpidfd", SO_PASSPIDFD, "SO_PASSPIDFD", ReadWrite, Any;
    /// Receives the descriptors that are sent with messages, on Unix sockets; on at first, and off they never arrive.
    PASSRIGHTS: bool, Flag, "passrights", SO_PASSRIGHTS, "SO_PASSRIGHTS", ReadWrite, Any;
    /// Receives the sender's security label with each message, on Unix sockets.
    PASSSEC: bool, Flag, "passsec", SO_PASSSEC, "SO_PASSSEC", ReadWrite, Any;
    /// Where in the queue the next peek begins, in bytes; -1 for the front, whatever was peeked before.
    PEEK_OFF: i32, Integer in -1..=0x7fff_ffff, "peek_off", SO_PEEK_OFF, "SO_PEEK_OFF", ReadWrite, Any;
    /// The process, user and group that made the other end of a Unix connection.
    ///
    /// They are as they were at `connect`, `listen` or `socketpair`.
    #[doc(alias = "peer_cred")]
    PEERCRED: PeerCredentials, Credentials, "peercred", SO_PEERCRED, "SO_PEERCRED", Read, Connected;
    /// The further groups of the process that made the other end of a Unix connection.
    PEERGROUPS: Vec<u32>, Groups, "peergroups", SO_PEERGROUPS, "SO_PEERGROUPS", Read, Connected;
    /// The security label of the other end.
    PEERSEC: String, Text, "peersec", SO_PEERSEC, "SO_PEERSEC", Read, Connected;
    /// Prefers busy polling to the card's interrupts; needs `CAP_NET_ADMIN`.
    PREFER_BUSY_POLL: bool, Flag, "prefer_busy_poll", SO_PREFER_BUSY_POLL, "SO_PREFER_BUSY_POLL", ReadWrite, Any;
    /// The priority of what is sent, in the queues of the network card; more than 6 needs `CAP_NET_ADMIN`.
    #[doc(alias = "set_priority")]
    PRIORITY: i32, Integer in 0..=0x7fff_ffff, "priority", SO_PRIORITY, "SO_PRIORITY", ReadWrite, Any;
    /// The protocol that the socket was made with.
    PROTOCOL: Protocol, Protocol, "protocol", SO_PROTOCOL, "SO_PROTOCOL", Read, Any;
    /// The most memory that received data may take.
    ///
    /// The kernel doubles what is set, for its own needs, and a read gives the double. More than `net.core.rmem_max` is
    /// cut to that without an error. Setting it ends the kernel's own tuning; on TCP, set it before connecting or
    /// listening, so that the window's scale fits.
    #[doc(alias = "set_recv_buffer_size")]
    #[doc(alias = "recv_buffer_size")]
    RCVBUF: u32, Bytes in 0..=0x7fff_ffff, "rcvbuf", SO_RCVBUF, "SO_RCVBUF", ReadWrite, BeforeConnect;
    /// As RCVBUF, beyond the system's limit; needs `CAP_NET_ADMIN`.
    RCVBUFFORCE: u32, Bytes in 0..=0x7fff_ffff, "rcvbufforce", SO_RCVBUFFORCE, "SO_RCVBUFFORCE", Write, BeforeConnect;
    /// How much must have arrived before the socket is readable.
    RCVLOWAT: u32, Bytes in 0..=0x7fff_ffff, "rcvlowat", SO_RCVLOWAT, "SO_RCVLOWAT", ReadWrite, Any;
    /// Receives with each packet the mark that it carries; needs `CAP_NET_RAW` or `CAP_NET_ADMIN`.
    RCVMARK: bool, Flag, "rcvmark", SO_RCVMARK, "SO_RCVMARK", ReadWrite, Any;
    /// Receives with each packet its priority.
    RCVPRIORITY: bool, Flag, "rcvpriority", SO_RCVPRIORITY, "SO_RCVPRIORITY", ReadWrite, Any;
    /// How long the kernel lets a receive or an accept wait; zero for as long as it takes.
    ///
    /// The kernel's own timeout, on each system call of a socket that blocks;
    /// [`Socket::set_timeout`](crate::Socket::set_timeout) bounds a whole operation.
    RCVTIMEO: Duration, TimeValue, "rcvtimeo", SO_RCVTIMEO, "SO_RCVTIMEO", ReadWrite, Any;
    /// Sets memory aside for this socket alone; what is set aside is rounded up to whole pages.
    RESERVE_MEM: u32, Bytes in 0..=0x7fff_ffff, "reserve_mem", SO_RESERVE_MEM, "SO_RESERVE_MEM", ReadWrite, Any;
    /// Lets the socket bind to an address that an earlier connection still holds.
    ///
    /// A TCP server wants it, to start again at once. On UDP it lets strangers share the port: see `SO_REUSEPORT`.
    #[doc(alias = "set_reuse_address")]
    #[doc(alias = "reuse_address")]
    REUSEADDR: bool, Flag, "reuseaddr", SO_REUSEADDR, "SO_REUSEADDR", ReadWrite, BeforeBind;
    /// Lets several sockets of one user bind to the same address, and shares what comes in among them.
    #[doc(alias = "set_reuse_port")]
    #[doc(alias = "reuse_port")]
    REUSEPORT: bool, Flag, "reuseport", SO_REUSEPORT, "SO_REUSEPORT", ReadWrite, BeforeBind;
    /// Receives with each datagram how many were dropped since the socket was made.
    RXQ_OVFL: bool, Flag, "rxq_ovfl", SO_RXQ_OVFL, "SO_RXQ_OVFL", ReadWrite, Any;
    /// Makes poll report what is in the error queue as a priority event too.
    SELECT_ERR_QUEUE: bool, Flag, "select_err_queue", SO_SELECT_ERR_QUEUE, "SO_SELECT_ERR_QUEUE", ReadWrite, Any;
    /// The most memory that data to be sent may take.
    ///
    /// The kernel doubles what is set, for its own needs, and a read gives the double; more than `net.core.wmem_max` is
    /// cut to that without an error.
    #[doc(alias = "set_send_buffer_size")]
    #[doc(alias = "send_buffer_size")]
    SNDBUF: u32, Bytes in 0..=0x7fff_ffff, "sndbuf", SO_SNDBUF, "SO_SNDBUF", ReadWrite, BeforeConnect;
    /// As SNDBUF, beyond the system's limit; needs `CAP_NET_ADMIN`.
    SNDBUFFORCE: u32, Bytes in 0..=0x7fff_ffff, "sndbufforce", SO_SNDBUFFORCE, "SO_SNDBUFFORCE", Write, BeforeConnect;
    /// How much room makes the socket writable: always 1 on Linux.
    SNDLOWAT: u32, Bytes, "sndlowat", SO_SNDLOWAT, "SO_SNDLOWAT", Read, Any;
    /// How long the kernel lets a send or a connect wait; zero for as long as it takes.
    ///
    /// As with `SO_RCVTIMEO`, [`Socket::set_timeout`](crate::Socket::set_timeout) is what bounds a whole operation.
    SNDTIMEO: Duration, TimeValue, "sndtimeo", SO_SNDTIMEO, "SO_SNDTIMEO", ReadWrite, Any;
    /// Receives with each datagram when it came, in microseconds.
    TIMESTAMP: bool, Flag, "timestamp", SO_TIMESTAMP, "SO_TIMESTAMP", ReadWrite, Any;
    /// Receives when packets came and went, by the flags `SOF_TIMESTAMPING_*`.
    TIMESTAMPING: u32, Unsigned, "timestamping", SO_TIMESTAMPING, "SO_TIMESTAMPING", ReadWrite, Any;
    /// Receives with each datagram when it came, in nanoseconds.
    TIMESTAMPNS: bool, Flag, "timestampns", SO_TIMESTAMPNS, "SO_TIMESTAMPNS", ReadWrite, Any;
    /// Lets TCP choose another path when it resends: 1 for yes, 0 for no, -1 for the system's setting.
    TXREHASH: i32, Integer in -1..=1, "txrehash", SO_TXREHASH, "SO_TXREHASH", ReadWrite, BeforeConnect;
    /// Lets packets be sent with the time at which they are to leave; clocks but `MONOTONIC` need `CAP_NET_ADMIN`.
    TXTIME: TransmitTime, TransmitTime, "txtime", SO_TXTIME, "SO_TXTIME", ReadWrite, Any;
    /// The type that the socket was made with.
    TYPE: Type, Type, "type", SO_TYPE, "SO_TYPE", Read, Any;
    /// Receives the state of the wireless transmission in the error queue, on packet sockets.
    WIFI_STATUS: bool, Flag, "wifi_status", SO_WIFI_STATUS, "SO_WIFI_STATUS", ReadWrite, Any;
    /// Lets a send leave the data where it is (`MSG_ZEROCOPY`) until the error queue says that it went out.
    ZEROCOPY: bool, Flag, "zerocopy", SO_ZEROCOPY, "SO_ZEROCOPY", ReadWrite, Any;
}
