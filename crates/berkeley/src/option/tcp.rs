//! Options of TCP: `IPPROTO_TCP` (tcp(7)).

use std::time::Duration;

use super::record::record;
use super::{TcpInfo, options};

options! {
    TCP, "tcp(7)";

    /// What the algorithm of congestion control knows, in its own structure (`union tcp_cc_info`); empty for nothing.
    CC_INFO: Vec<u8>, Octets, "cc_info", TCP_CC_INFO, "TCP_CC_INFO", Read, Any;
    /// The algorithm of congestion control, such as cubic, reno or bbr.
    ///
    /// Those outside `net.ipv4.tcp_allowed_congestion_control` need `CAP_NET_ADMIN`; one that is not there gives
    /// `ENOENT`.
    #[doc(alias = "set_tcp_congestion")]
    CONGESTION: String, Text, "congestion", TCP_CONGESTION, "TCP_CONGESTION", ReadWrite, Any;
    /// Sends full segments only, until it is turned off or 200 ms have passed.
    #[doc(alias = "set_cork")]
    #[doc(alias = "set_tcp_cork")]
    CORK: bool, Flag, "cork", TCP_CORK, "TCP_CORK", ReadWrite, Any;
    /// Wakes a listener when data arrives, not when the connection is made; gives up after this long.
    ///
    /// The kernel counts it in resent SYN-ACKs: a read gives the time that those take, which may be longer.
    DEFER_ACCEPT: Duration, Seconds, "defer_accept", TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT", ReadWrite, Listening;
    /// How long an acknowledgement may be held back, at most.
    DELACK_MAX_US: Duration, Microseconds, "delack_max_us", TCP_DELACK_MAX_US, "TCP_DELACK_MAX_US", ReadWrite, Any;
    /// How many connections may send data with their SYN and wait for it (RFC 7413); 0 for none.
    FASTOPEN: i32, Integer in 0..=0x7fff_ffff, "fastopen", TCP_FASTOPEN, "TCP_FASTOPEN", ReadWrite, Listening;
    /// Sends the first data with the SYN, where the server is known to take it: connect returns at once.
    FASTOPEN_CONNECT: bool, Flag, "fastopen_connect", TCP_FASTOPEN_CONNECT, "TCP_FASTOPEN_CONNECT", ReadWrite, BeforeConnect;
    /// The keys of the cookies by which a server knows its clients: 16 bytes, or 32 for one key and its predecessor.
    FASTOPEN_KEY: Vec<u8>, Octets, "fastopen_key", TCP_FASTOPEN_KEY, "TCP_FASTOPEN_KEY", ReadWrite, Listening;
    /// Takes and sends data with the SYN without a cookie.
    FASTOPEN_NO_COOKIE: bool, Flag, "fastopen_no_cookie", TCP_FASTOPEN_NO_COOKIE, "TCP_FASTOPEN_NO_COOKIE", ReadWrite, BeforeConnect;
    /// What the kernel knows of the connection: round trips, windows, bytes, losses.
    INFO: TcpInfo, TcpInfo, "info", TCP_INFO, "TCP_INFO", Read, Any;
    /// Receives with each read how many bytes are left in the queue.
    INQ: bool, Flag, "inq", TCP_INQ, "TCP_INQ", ReadWrite, Any;
    /// Whether the connection speaks Multipath TCP; a socket that fell back to plain TCP says no.
    IS_MPTCP: bool, Flag, "is_mptcp", TCP_IS_MPTCP, "TCP_IS_MPTCP", Read, Any;
    /// After how many unanswered keep-alive probes the connection is dropped.
    #[doc(alias = "with_retries")]
    KEEPCNT: i32, Integer in 1..=127, "keepcnt", TCP_KEEPCNT, "TCP_KEEPCNT", ReadWrite, Any;
    /// How long the connection is idle before the first keep-alive probe.
    #[doc(alias = "set_tcp_keepalive")]
    #[doc(alias = "with_time")]
    KEEPIDLE: Duration, Seconds in 1..=32767, "keepidle", TCP_KEEPIDLE, "TCP_KEEPIDLE", ReadWrite, Any;
    /// How long there is between two keep-alive probes.
    #[doc(alias = "with_interval")]
    KEEPINTVL: Duration, Seconds in 1..=32767, "keepintvl", TCP_KEEPINTVL, "TCP_KEEPINTVL", ReadWrite, Any;
    /// How many seconds a closed connection waits for the peer's FIN; 0 for the system's setting, -1 not to wait.
    LINGER2: i32, Integer, "linger2", TCP_LINGER2, "TCP_LINGER2", ReadWrite, Any;
    /// The largest segment that is sent; before connecting, the largest that is asked for.
    ///
    /// Until a size has been set or learned, a read gives 536, the default of RFC 9293.
    #[doc(alias = "set_mss")]
    #[doc(alias = "set_tcp_mss")]
    MAXSEG: u32, Bytes in 0..=32767, "maxseg", TCP_MAXSEG, "TCP_MAXSEG", ReadWrite, BeforeConnect;
    /// Sends at once what there is to send, rather than gather small pieces into larger segments (Nagle's algorithm).
    #[doc(alias = "set_nodelay")]
    #[doc(alias = "set_tcp_nodelay")]
    NODELAY: bool, Flag, "nodelay", TCP_NODELAY, "TCP_NODELAY", ReadWrite, Any;
    /// How much may wait unsent in the kernel while the socket is still writable.
    #[doc(alias = "set_tcp_notsent_lowat")]
    NOTSENT_LOWAT: u32, Bytes, "notsent_lowat", TCP_NOTSENT_LOWAT, "TCP_NOTSENT_LOWAT", ReadWrite, Any;
    /// The sequence number of the queue that `TCP_REPAIR_QUEUE` chose, while the connection is under repair.
    QUEUE_SEQ: u32, Unsigned, "queue_seq", TCP_QUEUE_SEQ, "TCP_QUEUE_SEQ", ReadWrite, Any;
    /// Acknowledges at once.
    ///
    /// Not for good: the kernel turns it off and on as the conversation goes.
    #[doc(alias = "set_quickack")]
    #[doc(alias = "set_tcp_quickack")]
    QUICKACK: bool, Flag, "quickack", TCP_QUICKACK, "TCP_QUICKACK", ReadWrite, Any;
    /// Puts the connection under repair (1), to be moved to another host, or ends that (0; -1 without a probe).
    ///
    /// Needs `CAP_NET_ADMIN`.
    REPAIR: i32, Integer in -1..=1, "repair", TCP_REPAIR, "TCP_REPAIR", ReadWrite, Any;
    /// The options of TCP that a connection under repair has agreed on, each its code and its value of 32 bits.
    REPAIR_OPTIONS: Vec<u8>, Octets, "repair_options", TCP_REPAIR_OPTIONS, "TCP_REPAIR_OPTIONS", Write, Connected;
    /// Which queue a repair works on: 0 for none, 1 for what was received, 2 for what was sent.
    REPAIR_QUEUE: i32, Integer in 0..=2, "repair_queue", TCP_REPAIR_QUEUE, "TCP_REPAIR_QUEUE", ReadWrite, Any;
    /// The windows of a connection under repair.
    REPAIR_WINDOW: TcpRepairWindow, TcpRepairWindow, "repair_window", TCP_REPAIR_WINDOW, "TCP_REPAIR_WINDOW", ReadWrite, Connected;
    /// How long a resend waits at most, between two tries.
    RTO_MAX_MS: Duration, Milliseconds in 1000..=120_000, "rto_max_ms", TCP_RTO_MAX_MS, "TCP_RTO_MAX_MS", ReadWrite, Any;
    /// How long a resend waits at least.
    RTO_MIN_US: Duration, Microseconds, "rto_min_us", TCP_RTO_MIN_US, "TCP_RTO_MIN_US", ReadWrite, Any;
    /// Keeps the headers of each SYN for `TCP_SAVED_SYN`: 0 for no, 1 from the IP header on, 2 from the link's on.
    SAVE_SYN: i32, Integer in 0..=2, "save_syn", TCP_SAVE_SYN, "TCP_SAVE_SYN", ReadWrite, Listening;
    /// The headers of the SYN that opened the connection; empty where none were kept, and reading takes them away.
    SAVED_SYN: Vec<u8>, Octets, "saved_syn", TCP_SAVED_SYN, "TCP_SAVED_SYN", Read, Connected;
    /// How many times a SYN is resent before connect gives up.
    SYNCNT: i32, Integer in 1..=127, "syncnt", TCP_SYNCNT, "TCP_SYNCNT", ReadWrite, BeforeConnect;
    /// Kept for old programs: Linux takes it and does nothing.
    THIN_DUPACK: bool, Flag, "thin_dupack", TCP_THIN_DUPACK, "TCP_THIN_DUPACK", ReadWrite, Any;
    /// Resends at even intervals, without backing off, where few packets are on their way.
    #[doc(alias = "set_thin_linear_timeouts")]
    THIN_LINEAR_TIMEOUTS: bool, Flag, "thin_linear_timeouts", TCP_THIN_LINEAR_TIMEOUTS, "TCP_THIN_LINEAR_TIMEOUTS", ReadWrite, Any;
    /// The clock that this connection's timestamps are taken from; it is set only while the connection is under repair.
    TIMESTAMP: u32, Unsigned, "timestamp", TCP_TIMESTAMP, "TCP_TIMESTAMP", ReadWrite, Connected;
    /// Holds back what is sent for this long, to play a longer path.
    TX_DELAY: Duration, Microseconds, "tx_delay", TCP_TX_DELAY, "TCP_TX_DELAY", ReadWrite, Any;
    /// The protocol that works on top of TCP in the kernel, such as tls; empty for none, and set once.
    ULP: String, Text, "ulp", TCP_ULP, "TCP_ULP", ReadWrite, Connected;
    /// How long what was sent may stay unacknowledged before the connection is dropped; zero for the system's setting.
    #[doc(alias = "set_tcp_user_timeout")]
    USER_TIMEOUT: Duration, Milliseconds, "user_timeout", TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT", ReadWrite, Any;
    /// The largest window that is offered to the peer; 0, before connecting, for no bound.
    WINDOW_CLAMP: u32, Bytes in 0..=0x7fff_ffff, "window_clamp", TCP_WINDOW_CLAMP, "TCP_WINDOW_CLAMP", ReadWrite, Any;
}

record! {
    /// The windows of a connection under repair (`TCP_REPAIR_WINDOW`).
    #[doc(alias = "tcp_repair_window")]
    TcpRepairWindow, 20, "numbers such as 1:65535:65535:64240:2";
    /// The sequence number of the segment that last moved the peer's window.
    send_wl1: u32 = 0;
    /// The window that the peer offers, in bytes.
    send: u32 = 4;
    /// The largest window that the peer has offered, in bytes.
    max: u32 = 8;
    /// The window that is offered to the peer, in bytes.
    receive: u32 = 12;
    /// The sequence number that was acknowledged when that window was last told.
    receive_wup: u32 = 16;
}
