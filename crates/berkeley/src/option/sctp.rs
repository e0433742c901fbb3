//! Options of SCTP: `SOL_SCTP` (sctp(7), RFC 6458).
//!
//! A structure opens with the association that it is about, which only sockets of `SOCK_SEQPACKET` heed: those of
//! `SOCK_STREAM` have one. There 0 stands for the associations to come, 1 for those that are, 2 for both. Reading asks
//! with 0; what another association has, and what is asked by an address (`SCTP_PEER_ADDR_PARAMS`), is read with
//! [`raw`](crate::raw), which hands the kernel the question in the buffer. `SCTP_SOCKOPT_PEELOFF` gives a descriptor
//! and is no row here either.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::options;
use super::record::record;
use super::structure::structure;
use crate::kinds::named_integer;
use crate::sys::constants as c;

options! {
    SCTP, "sctp(7)";

    /// What this end tells the other when an association begins, for programs to read (RFC 5061).
    ADAPTATION_LAYER: u32, Unsigned, "adaptation_layer", SCTP_ADAPTATION_LAYER, "SCTP_ADAPTATION_LAYER", ReadWrite, BeforeConnect;
    /// Asks for more streams, to receive by and to send by.
    ADD_STREAMS: SctpStreams, SctpStreams, "add_streams", SCTP_ADD_STREAMS, "SCTP_ADD_STREAMS", Write, Connected;
    /// Whether addresses may come and go while an association lasts (RFC 5061).
    ASCONF_SUPPORTED: SctpAssociationValue, SctpAssociationValue, "asconf_supported", SCTP_ASCONF_SUPPORTED, "SCTP_ASCONF_SUPPORTED", ReadWrite, BeforeConnect;
    /// How often an association tries again, and the windows of both ends.
    ASSOCINFO: SctpAssociation, SctpAssociation, "associnfo", SCTP_ASSOCINFO, "SCTP_ASSOCINFO", ReadWrite, Any;
    /// The shared key that is used from now on (RFC 4895).
    AUTH_ACTIVE_KEY: SctpKeyNumber, SctpKeyNumber, "auth_active_key", SCTP_AUTH_ACTIVE_KEY, "SCTP_AUTH_ACTIVE_KEY", ReadWrite, Any;
    /// Takes a shared key out of use: no further chunk is signed with it.
    AUTH_DEACTIVATE_KEY: SctpKeyNumber, SctpKeyNumber, "auth_deactivate_key", SCTP_AUTH_DEACTIVATE_KEY, "SCTP_AUTH_DEACTIVATE_KEY", Write, Any;
    /// Forgets a shared key.
    AUTH_DELETE_KEY: SctpKeyNumber, SctpKeyNumber, "auth_delete_key", SCTP_AUTH_DELETE_KEY, "SCTP_AUTH_DELETE_KEY", Write, Any;
    /// Whether chunks may be signed (RFC 4895).
    AUTH_SUPPORTED: SctpAssociationValue, SctpAssociationValue, "auth_supported", SCTP_AUTH_SUPPORTED, "SCTP_AUTH_SUPPORTED", ReadWrite, BeforeConnect;
    /// How long an idle association of a `SOCK_SEQPACKET` socket lasts; zero for ever.
    AUTOCLOSE: Duration, Seconds, "autoclose", SCTP_AUTOCLOSE, "SCTP_AUTOCLOSE", ReadWrite, Any;
    /// Tells the peer by itself of addresses that this host gains or loses.
    AUTO_ASCONF: bool, Flag, "auto_asconf", SCTP_AUTO_ASCONF, "SCTP_AUTO_ASCONF", ReadWrite, Any;
    /// Binds to further addresses (`sctp_bindx(3)`); all with the socket's port, or with port 0.
    BINDX_ADD: Vec<SocketAddr>, SocketAddresses, "bindx_add", SCTP_SOCKOPT_BINDX_ADD, "SCTP_SOCKOPT_BINDX_ADD", Write, Any;
    /// Gives bound addresses up; the last one stays.
    BINDX_REM: Vec<SocketAddr>, SocketAddresses, "bindx_rem", SCTP_SOCKOPT_BINDX_REM, "SCTP_SOCKOPT_BINDX_REM", Write, Any;
    /// A number that failed messages carry back to this program.
    CONTEXT: SctpAssociationValue, SctpAssociationValue, "context", SCTP_CONTEXT, "SCTP_CONTEXT", ReadWrite, Any;
    /// How long a message is worth sending, where a send does not say (RFC 3758).
    DEFAULT_PRINFO: SctpReliability, SctpReliability, "default_prinfo", SCTP_DEFAULT_PRINFO, "SCTP_DEFAULT_PRINFO", ReadWrite, Any;
    /// The stream and the flags of a message whose send does not say.
    DEFAULT_SNDINFO: SctpSendInfo, SctpSendInfo, "default_sndinfo", SCTP_DEFAULT_SNDINFO, "SCTP_DEFAULT_SNDINFO", ReadWrite, Any;
    /// How long, and for how many packets, an acknowledgement may be held back.
    DELAYED_SACK: SctpDelayedAck, SctpDelayedAck, "delayed_sack", SCTP_DELAYED_SACK, "SCTP_DELAYED_SACK", ReadWrite, Any;
    /// Refuses a message larger than the path's MTU, rather than send it in pieces.
    DISABLE_FRAGMENTS: bool, Flag, "disable_fragments", SCTP_DISABLE_FRAGMENTS, "SCTP_DISABLE_FRAGMENTS", ReadWrite, Any;
    /// Whether congestion is signalled by marks (ECN).
    ECN_SUPPORTED: SctpAssociationValue, SctpAssociationValue, "ecn_supported", SCTP_ECN_SUPPORTED, "SCTP_ECN_SUPPORTED", ReadWrite, BeforeConnect;
    /// Which resets the peer may ask for, in bits: 1 of streams, 2 of the association, 4 more streams (RFC 6525).
    ENABLE_STREAM_RESET: SctpAssociationValue, SctpAssociationValue, "enable_stream_reset", SCTP_ENABLE_STREAM_RESET, "SCTP_ENABLE_STREAM_RESET", ReadWrite, Any;
    /// Turns one kind of notification on or off (Linux 5.0).
    EVENT: SctpEvent, SctpEvent, "event", SCTP_EVENT, "SCTP_EVENT", Write, Any;
    /// Which notifications are received among the messages, under the flag `MSG_NOTIFICATION`.
    ///
    /// As Linux 5.5 has them: an older kernel, which knows fewer, refuses the structure; ask there with `SCTP_EVENT`.
    EVENTS: SctpEvents, SctpEvents, "events", SCTP_EVENTS, "SCTP_EVENTS", ReadWrite, Any;
    /// Whether a path that may have failed is shown as such: 0 no, 1 as the system says, 2 yes (RFC 7829).
    EXPOSE_POTENTIALLY_FAILED_STATE: SctpAssociationValue, SctpAssociationValue, "expose_potentially_failed_state", SCTP_EXPOSE_POTENTIALLY_FAILED_STATE, "SCTP_EXPOSE_POTENTIALLY_FAILED_STATE", ReadWrite, Any;
    /// Whether pieces of messages may mix: 0 no, 1 yes; 2 as well, which Linux reads back as 1.
    FRAGMENT_INTERLEAVE: i32, Integer in 0..=2, "fragment_interleave", SCTP_FRAGMENT_INTERLEAVE, "SCTP_FRAGMENT_INTERLEAVE", ReadWrite, Any;
    /// How many associations the socket has.
    GET_ASSOC_NUMBER: u32, Unsigned, "get_assoc_number", SCTP_GET_ASSOC_NUMBER, "SCTP_GET_ASSOC_NUMBER", Read, Any;
    /// The addresses that the socket is bound to (`sctp_getladdrs(3)`).
    GET_LOCAL_ADDRS: Vec<SocketAddr>, SctpAddresses, "get_local_addrs", SCTP_GET_LOCAL_ADDRS, "SCTP_GET_LOCAL_ADDRS", Read, Any;
    /// The addresses of the peer (`sctp_getpaddrs(3)`).
    GET_PEER_ADDRS: Vec<SocketAddr>, SctpAddresses, "get_peer_addrs", SCTP_GET_PEER_ADDRS, "SCTP_GET_PEER_ADDRS", Read, Connected;
    /// How many streams an association asks for, and how long it tries to begin.
    INITMSG: SctpInit, SctpInit, "initmsg", SCTP_INITMSG, "SCTP_INITMSG", ReadWrite, BeforeConnect;
    /// Whether pieces of messages may mix on the wire (RFC 8260); needs `SCTP_FRAGMENT_INTERLEAVE` on.
    INTERLEAVING_SUPPORTED: SctpAssociationValue, SctpAssociationValue, "interleaving_supported", SCTP_INTERLEAVING_SUPPORTED, "SCTP_INTERLEAVING_SUPPORTED", ReadWrite, BeforeConnect;
    /// Shows IPv4 addresses on a socket of IPv6 as mapped ones.
    I_WANT_MAPPED_V4_ADDR: bool, Flag, "i_want_mapped_v4_addr", SCTP_I_WANT_MAPPED_V4_ADDR, "SCTP_I_WANT_MAPPED_V4_ADDR", ReadWrite, Any;
    /// How many packets may be sent at once.
    MAX_BURST: SctpAssociationValue, SctpAssociationValue, "max_burst", SCTP_MAX_BURST, "SCTP_MAX_BURST", ReadWrite, Any;
    /// The largest piece that a message is cut into, in bytes; 0 for what the path takes.
    MAXSEG: SctpAssociationValue, SctpAssociationValue, "maxseg", SCTP_MAXSEG, "SCTP_MAXSEG", ReadWrite, Any;
    /// Sends at once, rather than gather small messages (Nagle's algorithm).
    NODELAY: bool, Flag, "nodelay", SCTP_NODELAY, "SCTP_NODELAY", ReadWrite, Any;
    /// From which size on the front of a message is handed over before its end has come.
    PARTIAL_DELIVERY_POINT: u32, Bytes, "partial_delivery_point", SCTP_PARTIAL_DELIVERY_POINT, "SCTP_PARTIAL_DELIVERY_POINT", ReadWrite, Any;
    /// Whether messages may be given up (RFC 3758).
    PR_SUPPORTED: SctpAssociationValue, SctpAssociationValue, "pr_supported", SCTP_PR_SUPPORTED, "SCTP_PR_SUPPORTED", ReadWrite, BeforeConnect;
    /// Whether streams may be reset and added (RFC 6525).
    RECONFIG_SUPPORTED: SctpAssociationValue, SctpAssociationValue, "reconfig_supported", SCTP_RECONFIG_SUPPORTED, "SCTP_RECONFIG_SUPPORTED", ReadWrite, BeforeConnect;
    /// Receives with each message what it knows of the next one (`SCTP_NXTINFO`).
    RECVNXTINFO: bool, Flag, "recvnxtinfo", SCTP_RECVNXTINFO, "SCTP_RECVNXTINFO", ReadWrite, Any;
    /// Receives with each message its stream and its number (`SCTP_RCVINFO`).
    RECVRCVINFO: bool, Flag, "recvrcvinfo", SCTP_RECVRCVINFO, "SCTP_RECVRCVINFO", ReadWrite, Any;
    /// Resets an association, by its number: all streams count from 0 again (RFC 6525).
    RESET_ASSOC: i32, Integer, "reset_assoc", SCTP_RESET_ASSOC, "SCTP_RESET_ASSOC", Write, Connected;
    /// Lets several sockets bind to one port; to be set on each before it binds.
    REUSE_PORT: bool, Flag, "reuse_port", SCTP_REUSE_PORT, "SCTP_REUSE_PORT", ReadWrite, BeforeBind;
    /// How long a resend waits: at first, at most, at least.
    RTOINFO: SctpRetransmission, SctpRetransmission, "rtoinfo", SCTP_RTOINFO, "SCTP_RTOINFO", ReadWrite, Any;
    /// What the kernel knows of an association: its state, its window, what is on the way.
    STATUS: SctpStatus, SctpStatus, "status", SCTP_STATUS, "SCTP_STATUS", Read, Connected;
    /// Which stream may send next: 0 in the order of the sends, 1 by priority, 2 in turn (RFC 8260).
    STREAM_SCHEDULER: SctpAssociationValue, SctpAssociationValue, "stream_scheduler", SCTP_STREAM_SCHEDULER, "SCTP_STREAM_SCHEDULER", ReadWrite, Any;
    /// What the scheduler knows of one stream: its priority.
    STREAM_SCHEDULER_VALUE: SctpStreamValue, SctpStreamValue, "stream_scheduler_value", SCTP_STREAM_SCHEDULER_VALUE, "SCTP_STREAM_SCHEDULER_VALUE", Write, Connected;
}

record! {
    /// What an association asks for when it begins (`SCTP_INITMSG`, RFC 6458 section 8.1.3).
    #[doc(alias = "sctp_initmsg")]
    SctpInit, 8, "numbers such as 10:10:8:60000";
    /// How many streams to send by.
    out_streams: u16 = 0;
    /// How many streams the peer may send by.
    max_in_streams: u16 = 2;
    /// How many times it tries to begin; 0 for the system's setting.
    max_attempts: u16 = 4;
    /// How long a try waits at most, in milliseconds; 0 for the system's setting.
    max_timeout: u16 = 6;
}

record! {
    /// How long a resend waits (`SCTP_RTOINFO`, RFC 6458 section 8.1.1); set, 0 leaves a time as it is.
    #[doc(alias = "sctp_rtoinfo")]
    SctpRetransmission, 16, "numbers such as 0:3000:60000:1000";
    /// The association.
    association: i32 = 0;
    /// At first, in milliseconds.
    initial: u32 = 4;
    /// At most, in milliseconds.
    max: u32 = 8;
    /// At least, in milliseconds.
    min: u32 = 12;
}

record! {
    /// How an association tries again (`SCTP_ASSOCINFO`, RFC 6458 section 8.1.2).
    #[doc(alias = "sctp_assocparams")]
    SctpAssociation, 20, "numbers such as 0:10:1:65535:65536:60000";
    /// The association.
    association: i32 = 0;
    /// How many resends in a row end the association; set, 0 leaves it as it is.
    max_retransmissions: u16 = 4;
    /// How many addresses the peer has; only read.
    peer_destinations: u16 = 6;
    /// The window that the peer offers, in bytes; only read.
    peer_window: u32 = 8;
    /// The window that is offered to the peer, in bytes; only read.
    local_window: u32 = 12;
    /// How long a cookie is good for, in milliseconds; set, 0 leaves it as it is.
    cookie_life: u32 = 16;
}

record! {
    /// A number, and the association that it is for.
    #[doc(alias = "sctp_assoc_value")]
    SctpAssociationValue, 8, "numbers such as 0:5";
    /// The association.
    association: i32 = 0;
    /// The number; 1 and 0 for yes and no.
    value: u32 = 4;
}

record! {
    /// How long an acknowledgement may be held back (`SCTP_DELAYED_SACK`, RFC 6458 section 8.1.19); set, 0 leaves a
    /// number as it is.
    #[doc(alias = "sctp_sack_info")]
    SctpDelayedAck, 12, "numbers such as 0:200:2";
    /// The association.
    association: i32 = 0;
    /// How long, in milliseconds, at most 500.
    delay: u32 = 4;
    /// For how many packets; 1 to acknowledge each at once.
    packets: u32 = 8;
}

record! {
    /// One kind of notification, on or off (`SCTP_EVENT`, RFC 6458 section 6.2.2).
    #[doc(alias = "sctp_event")]
    SctpEvent, 8, "numbers such as 0:32769:1";
    /// The association.
    association: i32 = 0;
    /// Which: 0x8001 `SCTP_ASSOC_CHANGE`, 0x8002 `SCTP_PEER_ADDR_CHANGE`, ...
    kind: u16 = 4;
    /// Whether it is received.
    on: bool = 6;
}

record! {
    /// Which notifications are received (`SCTP_EVENTS`, RFC 6458 section 6.2.1).
    #[allow(clippy::struct_excessive_bools, reason = "the kernel's structure is a row of them")]
    #[doc(alias = "sctp_event_subscribe")]
    SctpEvents, 14, "numbers such as 1:1:0:0:0:1:0:0:0:0:0:0:0:1";
    /// With each message the control message `SCTP_SNDRCV`.
    data_io: bool = 0;
    /// That an association began or ended.
    association: bool = 1;
    /// That an address of the peer's came, went or failed.
    address: bool = 2;
    /// That a message could not be sent, in the form of old programs.
    send_failure: bool = 3;
    /// That the peer reports an error.
    peer_error: bool = 4;
    /// That the peer sends no more.
    shutdown: bool = 5;
    /// That the rest of a message will not come.
    partial_delivery: bool = 6;
    /// What the peer told of itself when the association began.
    adaptation_layer: bool = 7;
    /// That keys change.
    authentication: bool = 8;
    /// That all that was sent has been acknowledged.
    sender_dry: bool = 9;
    /// That streams were reset.
    stream_reset: bool = 10;
    /// That the association was reset.
    association_reset: bool = 11;
    /// That streams were added.
    stream_change: bool = 12;
    /// That a message could not be sent.
    send_failure_event: bool = 13;
}

record! {
    /// By which stream and how a message is sent (`SCTP_SNDINFO`, RFC 6458 section 5.3.4).
    #[doc(alias = "sctp_sndinfo")]
    SctpSendInfo, 16, "numbers such as 1:2:46:7:0";
    /// The stream.
    stream: u16 = 0;
    /// In bits: 1 out of order, 2 to the address that the send names, 4 to abort, 8 to ask for an acknowledgement at
    /// once, 0x200 to end the association.
    flags: u16 = 2;
    /// What the peer's program is told of the content, as four bytes that nobody swaps.
    protocol: u32 = 4;
    /// A number that comes back where sending fails.
    context: u32 = 8;
    /// The association.
    association: i32 = 12;
}

record! {
    /// How long a message is worth sending (`SCTP_DEFAULT_PRINFO`, RFC 3758 and RFC 7496).
    #[doc(alias = "sctp_default_prinfo")]
    SctpReliability, 12, "numbers such as 0:500:16";
    /// The association.
    association: i32 = 0;
    /// What the policy counts: milliseconds, resends, or a priority.
    value: u32 = 4;
    /// 0 for ever, 0x10 for a time, 0x20 for a number of resends, 0x30 by priority.
    policy: u16 = 8;
}

record! {
    /// A shared key of an association (`SCTP_AUTH_ACTIVE_KEY`, RFC 6458 section 8.1.21).
    #[doc(alias = "sctp_authkeyid")]
    SctpKeyNumber, 8, "numbers such as 0:7";
    /// The association.
    association: i32 = 0;
    /// The key's number.
    key: u16 = 4;
}

record! {
    /// How many streams more (`SCTP_ADD_STREAMS`, RFC 6525 section 6.3.4).
    #[doc(alias = "sctp_add_streams")]
    SctpStreams, 8, "numbers such as 0:2:4";
    /// The association.
    association: i32 = 0;
    /// To receive by.
    incoming: u16 = 4;
    /// To send by.
    outgoing: u16 = 6;
}

record! {
    /// A number of one stream (`SCTP_STREAM_SCHEDULER_VALUE`, RFC 8260 section 4.3.3).
    #[doc(alias = "sctp_stream_value")]
    SctpStreamValue, 8, "numbers such as 0:3:256";
    /// The association.
    association: i32 = 0;
    /// The stream.
    stream: u16 = 4;
    /// Its number.
    value: u16 = 6;
}

named_integer! {
    /// Where an association stands in its life (RFC 9260 section 4).
    SctpState;
    /// There is none.
    EMPTY = SCTP_EMPTY, "SCTP_EMPTY";
    /// Closed.
    CLOSED = SCTP_CLOSED, "SCTP_CLOSED";
    /// Asked, and waiting for the cookie.
    COOKIE_WAIT = SCTP_COOKIE_WAIT, "SCTP_COOKIE_WAIT";
    /// The cookie was sent back.
    COOKIE_ECHOED = SCTP_COOKIE_ECHOED, "SCTP_COOKIE_ECHOED";
    /// Both may send.
    ESTABLISHED = SCTP_ESTABLISHED, "SCTP_ESTABLISHED";
    /// It ends once all has been acknowledged.
    SHUTDOWN_PENDING = SCTP_SHUTDOWN_PENDING, "SCTP_SHUTDOWN_PENDING";
    /// This end has said that it ends.
    SHUTDOWN_SENT = SCTP_SHUTDOWN_SENT, "SCTP_SHUTDOWN_SENT";
    /// The peer has said that it ends.
    SHUTDOWN_RECEIVED = SCTP_SHUTDOWN_RECEIVED, "SCTP_SHUTDOWN_RECEIVED";
    /// This end has agreed to the end.
    SHUTDOWN_ACK_SENT = SCTP_SHUTDOWN_ACK_SENT, "SCTP_SHUTDOWN_ACK_SENT";
}

/// The reader of this structure's own field, beside the common ones.
mod read {
    use super::SctpState;
    pub(super) use crate::option::structure::read::*;

    pub(super) fn sctp_state(bytes: &[u8], offset: usize) -> Option<SctpState> {
        signed(bytes, offset).map(SctpState::from_raw)
    }
}

structure! {
    /// What the kernel knows of an association (`SCTP_STATUS`, RFC 6458 section 8.2.1).
    #[doc(alias = "sctp_status")]
    SctpStatus, 176, "information";
    /// Its number.
    association: i32 = signed 0;
    /// Where it stands in its life.
    state: SctpState = sctp_state 4;
    /// The window that the peer offers, in bytes.
    peer_window: u32 = octets 8;
    /// Pieces sent and not acknowledged.
    unacknowledged: u16 = short 12;
    /// Pieces received and not read.
    pending: u16 = short 14;
    /// Streams to receive by.
    in_streams: u16 = short 16;
    /// Streams to send by.
    out_streams: u16 = short 18;
    /// The largest message that goes in one piece, in bytes.
    fragmentation_point: u32 = octets 20;
    /// Whether that address is: 0 down, 1 perhaps down, 2 up, 3 not yet confirmed, 0xffff unknown.
    primary_state: i32 = signed 156;
    /// The congestion window towards it, in bytes.
    congestion_window: u32 = octets 160;
    /// The smoothed round-trip time to it.
    rtt: Duration = millis 164;
    /// How long a resend to it waits.
    rto: Duration = millis 168;
    /// The MTU of the path to it, in bytes.
    mtu: u32 = octets 172;
    => later;
    /// The peer's address that is sent to; `None` where there is none.
    primary: SocketAddr = socket_address 28;
}

impl fmt::Display for SctpStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} window {} streams {}/{}",
            self.state, self.peer_window, self.in_streams, self.out_streams
        )?;
        write!(f, " rtt {:?} mtu {}", self.rtt, self.mtu)?;
        self.primary.map_or(Ok(()), |primary| write!(f, " primary {primary}"))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn golden_bytes_of_what_is_set() {
        let init = SctpInit { out_streams: 10, max_in_streams: 0x102, max_attempts: 4, max_timeout: 500 };
        assert_eq!(init.encode(), [10, 0, 2, 1, 4, 0, 0xf4, 1]);
        let times = SctpRetransmission { association: 1, initial: 3000, max: 60_000, min: 1000 };
        assert_eq!(times.encode(), [1, 0, 0, 0, 0xb8, 0xb, 0, 0, 0x60, 0xea, 0, 0, 0xe8, 3, 0, 0]);
        let tries = SctpAssociation { max_retransmissions: 5, cookie_life: 60_000, ..Default::default() };
        assert_eq!(tries.encode()[4..8], [5, 0, 0, 0]);
        assert_eq!(tries.encode()[16..], [0x60, 0xea, 0, 0]);
        let event = SctpEvent { association: 2, kind: 0x8001, on: true };
        assert_eq!(event.encode(), [2, 0, 0, 0, 1, 0x80, 1, 0]);
        let policy = SctpReliability { association: 0, value: 500, policy: 0x10 };
        assert_eq!(policy.encode(), [0, 0, 0, 0, 0xf4, 1, 0, 0, 0x10, 0, 0, 0]);
        let send = SctpSendInfo { stream: 1, flags: 0x200, protocol: 46, context: 7, association: -1 };
        assert_eq!(send.encode(), [1, 0, 0, 2, 46, 0, 0, 0, 7, 0, 0, 0, 255, 255, 255, 255]);
        let shutdown = SctpEvents { shutdown: true, ..Default::default() };
        assert_eq!(shutdown.encode(), [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn golden_bytes_of_a_status() {
        let mut bytes = [0; 176];
        bytes[..4].copy_from_slice(&[7, 0, 0, 0]);
        (bytes[4], bytes[10], bytes[12], bytes[14]) = (4, 1, 2, 3);
        (bytes[16], bytes[18], bytes[20]) = (10, 11, 12);
        // The primary address repeats the association's number before it.
        bytes[24] = 7;
        bytes[28..36].copy_from_slice(&[2, 0, 0x13, 0x88, 192, 0, 2, 1]);
        (bytes[156], bytes[161], bytes[164], bytes[169], bytes[172]) = (2, 0x11, 9, 1, 0xdc);
        let status = SctpStatus::decode(&bytes).unwrap();
        let primary = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 5000));
        assert_eq!(
            (status.association, status.state, status.peer_window),
            (7, SctpState::ESTABLISHED, 65_536)
        );
        assert_eq!((status.unacknowledged, status.pending), (2, 3));
        assert_eq!((status.in_streams, status.out_streams, status.fragmentation_point), (10, 11, 12));
        assert_eq!((status.primary, status.primary_state), (Some(primary), 2));
        assert_eq!((status.congestion_window, status.rtt), (0x1100, Duration::from_millis(9)));
        assert_eq!((status.rto, status.mtu), (Duration::from_millis(256), 0xdc));
        assert_eq!(
            status.to_string(),
            "SCTP_ESTABLISHED window 65536 streams 10/11 rtt 9ms mtu 220 primary 192.0.2.1:5000"
        );
        assert_eq!(SctpStatus::decode(&bytes[..175]), None);
    }
}
