//! Options and their levels: the library's own table says the names and the numbers.

use berkeley::option::{self, Level};

use super::constants;

/// The rows of the library's table that C's module has too: `level: NAME NAME;`.
macro_rules! options {
    ($($level:ident: $($name:ident)*;)*) => {
        pub(super) const ROWS: &[&[$crate::constant::Constant]] = &[$(
            &[$($crate::constant::Constant::of(::berkeley::option::$level::$name.description()),)*],
        )*];
    };
}
pub(super) use options;

options! {
    socket: ACCEPTCONN BINDTODEVICE BROADCAST DEBUG DOMAIN DONTROUTE ERROR INCOMING_CPU KEEPALIVE
        LINGER MARK OOBINLINE PASSCRED PASSSEC PEERCRED PEERSEC PRIORITY PROTOCOL RCVBUF RCVLOWAT
        RCVTIMEO REUSEADDR REUSEPORT SNDBUF SNDLOWAT SNDTIMEO TYPE;
    ip: BIND_ADDRESS_NO_PORT HDRINCL MULTICAST_IF MULTICAST_LOOP MULTICAST_TTL OPTIONS RECVOPTS
        RECVTOS RETOPTS TOS TRANSPARENT TTL;
    ipv6: CHECKSUM DONTFRAG DSTOPTS HOPOPTS MULTICAST_HOPS MULTICAST_IF MULTICAST_LOOP PATHMTU
        RECVDSTOPTS RECVHOPLIMIT RECVHOPOPTS RECVPATHMTU RECVPKTINFO RECVRTHDR RECVTCLASS RTHDR
        RTHDRDSTOPTS TCLASS UNICAST_HOPS V6ONLY;
    tcp: CONGESTION CORK DEFER_ACCEPT FASTOPEN INFO KEEPCNT KEEPIDLE KEEPINTVL LINGER2 MAXSEG
        NODELAY NOTSENT_LOWAT QUICKACK SYNCNT USER_TIMEOUT WINDOW_CLAMP;
    udplite: RECV_CSCOV SEND_CSCOV;
    vsock: BUFFER_MAX_SIZE BUFFER_MIN_SIZE BUFFER_SIZE;
    can: FD_FRAMES FILTER JOIN_FILTERS LOOPBACK RECV_OWN_MSGS;
    j1939: ERRQUEUE FILTER PROMISC SEND_PRIO;
    alg: AEAD_AUTHSIZE KEY;
    tipc: CONN_TIMEOUT DEST_DROPPABLE IMPORTANCE SRC_DROPPABLE;
}

constants! {
    SOL_ALG = Level::ALG.as_raw();
    SOL_CAN_BASE = 100;
    SOL_CAN_RAW = Level::CAN.as_raw();
    #[cfg(bluetooth)]
    SOL_HCI = 0;
    SOL_IP = Level::IP.as_raw();
    SOL_RDS = 276;
    SOL_SOCKET = Level::SOCKET.as_raw();
    SOL_TCP = Level::TCP.as_raw();
    SOL_TIPC = Level::TIPC.as_raw();
    SOL_UDP = Level::UDP.as_raw();


    // As another row is called, too.
    IP_RECVRETOPTS = option::ip::RETOPTS.description().number;

    // Whose value is no plain data: they have no row in the table.
    ALG_SET_AEAD_ASSOCLEN = 4;
    ALG_SET_IV = 2;
    ALG_SET_OP = 3;
    ALG_SET_PUBKEY = 6;
    IPV6_HOPLIMIT = 52;
    IPV6_JOIN_GROUP = 20;
    IPV6_LEAVE_GROUP = 21;
    IPV6_NEXTHOP = 9;
    IPV6_PKTINFO = 50;
    IP_ADD_MEMBERSHIP = 35;
    IP_DROP_MEMBERSHIP = 36;
}
