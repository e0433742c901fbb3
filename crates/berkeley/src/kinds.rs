//! What a socket is made of: [`Family`], [`Type`], [`Protocol`], the [`Flags`] of one transfer, the [`Interest`] of a
//! wait.
//!
//! Each is the kernel's integer in a type of its own. The kernel may know values that this page does not: they pass
//! through `from_raw` and `as_raw` unharmed.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use crate::sys::constants as c;

/// A newtype over a C `int` with named values, whose `Debug` prints the C name.
macro_rules! named_integer {
    (
        $(#[$doc:meta])* $name:ident;
        $($(#[$item_doc:meta])* $item:ident = $constant:ident, $alias:literal;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(i32);

        impl $name {
            $($(#[$item_doc])* #[doc(alias = $alias)] pub const $item: Self = Self(c::$constant);)*

            /// The value that the kernel calls `raw`.
            pub const fn from_raw(raw: i32) -> Self {
                Self(raw)
            }

            /// The kernel's number.
            pub const fn as_raw(self) -> i32 {
                self.0
            }

            fn c_name(self) -> Option<&'static str> {
                match self {
                    $(Self::$item => Some($alias),)*
                    _ => None,
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.c_name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!(stringify!($name), "({})"), self.0),
                }
            }
        }
    };
}
pub(crate) use named_integer;

named_integer! {
    /// The address family of a socket (`AF_*`, `address_families(7)`).
    #[doc(alias = "Domain")]
    #[doc(alias = "AddressFamily")]
    Family;
    /// Any family, where a lookup is asked for one.
    UNSPECIFIED = AF_UNSPEC, "AF_UNSPEC";
    /// Local sockets, named by paths (unix(7)).
    #[doc(alias = "AF_LOCAL")]
    #[doc(alias = "AF_FILE")]
    UNIX = AF_UNIX, "AF_UNIX";
    /// IPv4 (ip(7)).
    INET = AF_INET, "AF_INET";
    /// IPv6 (ipv6(7)).
    INET6 = AF_INET6, "AF_INET6";
    /// Messages between the kernel and its users (netlink(7)).
    #[doc(alias = "AF_ROUTE")]
    NETLINK = AF_NETLINK, "AF_NETLINK";
    /// Frames of the link layer (packet(7)).
    PACKET = AF_PACKET, "AF_PACKET";
    /// Between virtual machines and their hosts (vsock(7)).
    VSOCK = AF_VSOCK, "AF_VSOCK";
    /// The Controller Area Network (`Documentation/networking/can.rst`).
    CAN = AF_CAN, "AF_CAN";
    /// The kernel's ciphers and digests (`Documentation/crypto/userspace-if.rst`).
    ALG = AF_ALG, "AF_ALG";
    /// Transparent inter-process communication of a cluster (`linux/tipc.h`).
    TIPC = AF_TIPC, "AF_TIPC";
    /// Bluetooth (l2cap(7), rfcomm(7), hci(7), sco(7)).
    BLUETOOTH = AF_BLUETOOTH, "AF_BLUETOOTH";
    /// Qualcomm's router of messages between processors.
    QIPCRTR = AF_QIPCRTR, "AF_QIPCRTR";
    /// Frames shared with the driver, past the network stack (`Documentation/networking/af_xdp.rst`).
    XDP = AF_XDP, "AF_XDP";
    /// Reliable datagrams over TCP or `InfiniBand` (rds(7)); its addresses are [`INET`](Self::INET)'s.
    RDS = AF_RDS, "AF_RDS";
    /// Logical link control (IEEE 802.2).
    LLC = AF_LLC, "AF_LLC";
    /// Near-field communication (`Documentation/networking/nfc.rst`).
    NFC = AF_NFC, "AF_NFC";
    /// Phones' modems (`Documentation/networking/phonet.rst`).
    PHONET = AF_PHONET, "AF_PHONET";
    /// Low-power radio (`Documentation/networking/ieee802154.rst`).
    IEEE802154 = AF_IEEE802154, "AF_IEEE802154";
    /// PPP over Ethernet, PPTP and L2TP (`Documentation/networking/l2tp.rst`).
    PPPOX = AF_PPPOX, "AF_PPPOX";
    /// X.25 (x25(7)).
    X25 = AF_X25, "AF_X25";
    /// Messages framed within TCP streams (`Documentation/networking/kcm.rst`).
    KCM = AF_KCM, "AF_KCM";
    /// TCP carried by shared memory of RDMA adapters (RFC 7609); its addresses are [`INET`](Self::INET)'s.
    SMC = AF_SMC, "AF_SMC";
    /// The component transport of a machine's management (`Documentation/networking/mctp.rst`).
    MCTP = AF_MCTP, "AF_MCTP";
    /// Amateur radio's packets (ax25(4)).
    AX25 = AF_AX25, "AF_AX25";
    /// Novell's networks; gone since Linux 5.15.
    IPX = AF_IPX, "AF_IPX";
    /// `AppleTalk` (ddp(7)).
    APPLETALK = AF_APPLETALK, "AF_APPLETALK";
    /// Amateur radio's networks (netrom(4)).
    NETROM = AF_NETROM, "AF_NETROM";
    /// Bridges between Ethernets, in messages of netlink: no sockets.
    BRIDGE = AF_BRIDGE, "AF_BRIDGE";
    /// ATM over permanent circuits.
    ATMPVC = AF_ATMPVC, "AF_ATMPVC";
    /// X.25 over amateur radio (rose(4)).
    ROSE = AF_ROSE, "AF_ROSE";
    /// `DECnet`; gone since Linux 6.1.
    DECNET = AF_DECnet, "AF_DECnet";
    /// A number that was kept for `NetBEUI`.
    NETBEUI = AF_NETBEUI, "AF_NETBEUI";
    /// A number that was kept for security.
    SECURITY = AF_SECURITY, "AF_SECURITY";
    /// The keys of `IPsec` (RFC 2367).
    KEY = AF_KEY, "AF_KEY";
    /// A number that was kept for Ash.
    ASH = AF_ASH, "AF_ASH";
    /// Acorn's networks; gone since Linux 3.5.
    ECONET = AF_ECONET, "AF_ECONET";
    /// ATM over switched circuits.
    ATMSVC = AF_ATMSVC, "AF_ATMSVC";
    /// A number that was kept for SNA.
    SNA = AF_SNA, "AF_SNA";
    /// Infrared light; gone since Linux 4.17.
    IRDA = AF_IRDA, "AF_IRDA";
    /// Sangoma's cards; gone since Linux 2.6.21.
    WANPIPE = AF_WANPIPE, "AF_WANPIPE";
    /// Addresses of `InfiniBand`: no sockets.
    IB = AF_IB, "AF_IB";
    /// Labels of MPLS, in messages of netlink: no sockets.
    MPLS = AF_MPLS, "AF_MPLS";
    /// Between the machines of z/VM.
    IUCV = AF_IUCV, "AF_IUCV";
    /// Calls of the Andrew file system (`Documentation/networking/rxrpc.rst`).
    RXRPC = AF_RXRPC, "AF_RXRPC";
    /// ISDN, by `mISDN`.
    ISDN = AF_ISDN, "AF_ISDN";
    /// ST-Ericsson's modems (`Documentation/networking/caif`).
    CAIF = AF_CAIF, "AF_CAIF";
}

named_integer! {
    /// The type of a socket (`SOCK_*`, socket(2)).
    #[doc(alias = "SocketKind")]
    Type;
    /// A connection that carries bytes in order, without boundaries.
    STREAM = SOCK_STREAM, "SOCK_STREAM";
    /// Datagrams: whole messages, each on its own.
    DGRAM = SOCK_DGRAM, "SOCK_DGRAM";
    /// Packets with the headers of the protocol below (raw(7)).
    RAW = SOCK_RAW, "SOCK_RAW";
    /// Messages delivered reliably, in no order.
    RDM = SOCK_RDM, "SOCK_RDM";
    /// A connection that carries whole messages in order.
    SEQPACKET = SOCK_SEQPACKET, "SOCK_SEQPACKET";
    /// Datagrams with congestion control (RFC 4340).
    DCCP = SOCK_DCCP, "SOCK_DCCP";
}

impl Type {
    /// This type with `SOCK_NONBLOCK`: the socket starts with a timeout of zero.
    #[doc(alias = "SOCK_NONBLOCK")]
    #[must_use]
    pub const fn nonblocking(self) -> Self {
        Self(self.0 | c::SOCK_NONBLOCK)
    }

    /// This type without `SOCK_NONBLOCK`.
    #[must_use]
    pub const fn blocking(self) -> Self {
        Self(self.0 & !c::SOCK_NONBLOCK)
    }

    /// Whether `SOCK_NONBLOCK` is in it.
    pub const fn is_nonblocking(self) -> bool {
        self.0 & c::SOCK_NONBLOCK != 0
    }
}

named_integer! {
    /// The protocol within a family (`IPPROTO_*`, protocols(5); `NETLINK_*`, `CAN_*`, `BTPROTO_*` and others).
    ///
    /// Each family counts from zero, so one number has many names, and a `Protocol` alone does not tell its family:
    /// `Debug` prints what IP calls the number, [`name_in`](Self::name_in) what a family does.
    Protocol;
    /// Whatever the family and the type imply: 0.
    #[doc(alias = "IPPROTO_HOPOPTS")]
    DEFAULT = IPPROTO_IP, "IPPROTO_IP";
    /// ICMP (RFC 792).
    ICMP = IPPROTO_ICMP, "IPPROTO_ICMP";
    /// TCP (RFC 9293).
    TCP = IPPROTO_TCP, "IPPROTO_TCP";
    /// UDP (RFC 768).
    UDP = IPPROTO_UDP, "IPPROTO_UDP";
    /// DCCP (RFC 4340).
    DCCP = IPPROTO_DCCP, "IPPROTO_DCCP";
    /// IPv6 within IPv4 (RFC 4213).
    IPV6 = IPPROTO_IPV6, "IPPROTO_IPV6";
    /// `ICMPv6` (RFC 4443).
    ICMPV6 = IPPROTO_ICMPV6, "IPPROTO_ICMPV6";
    /// SCTP (RFC 9260).
    SCTP = IPPROTO_SCTP, "IPPROTO_SCTP";
    /// UDP-Lite (RFC 3828).
    UDPLITE = IPPROTO_UDPLITE, "IPPROTO_UDPLITE";
    /// Raw IP packets, headers included (raw(7)).
    RAW = IPPROTO_RAW, "IPPROTO_RAW";
    /// Multipath TCP (RFC 8684).
    MPTCP = IPPROTO_MPTCP, "IPPROTO_MPTCP";
    /// IGMP (RFC 9776).
    IGMP = IPPROTO_IGMP, "IPPROTO_IGMP";
    /// IPv4 within IPv4 (RFC 2003).
    IPIP = IPPROTO_IPIP, "IPPROTO_IPIP";
    /// EGP (RFC 904).
    EGP = IPPROTO_EGP, "IPPROTO_EGP";
    /// Xerox's PUP.
    PUP = IPPROTO_PUP, "IPPROTO_PUP";
    /// Xerox's IDP.
    IDP = IPPROTO_IDP, "IPPROTO_IDP";
    /// ISO's transport protocol of class 4 (RFC 905).
    TP = IPPROTO_TP, "IPPROTO_TP";
    /// IPv6's routing header (RFC 8200).
    ROUTING = IPPROTO_ROUTING, "IPPROTO_ROUTING";
    /// IPv6's fragment header (RFC 8200).
    FRAGMENT = IPPROTO_FRAGMENT, "IPPROTO_FRAGMENT";
    /// RSVP (RFC 2205).
    RSVP = IPPROTO_RSVP, "IPPROTO_RSVP";
    /// GRE (RFC 2784).
    GRE = IPPROTO_GRE, "IPPROTO_GRE";
    /// `IPsec`'s encrypted packets (RFC 4303).
    ESP = IPPROTO_ESP, "IPPROTO_ESP";
    /// `IPsec`'s authentication header (RFC 4302).
    AH = IPPROTO_AH, "IPPROTO_AH";
    /// Nothing behind IPv6's headers (RFC 8200).
    NONE = IPPROTO_NONE, "IPPROTO_NONE";
    /// IPv6's destination options (RFC 8200).
    DSTOPTS = IPPROTO_DSTOPTS, "IPPROTO_DSTOPTS";
    /// The multicast transport protocol.
    MTP = IPPROTO_MTP, "IPPROTO_MTP";
    /// `IPsec`'s pseudo header of BEET mode.
    BEETPH = IPPROTO_BEETPH, "IPPROTO_BEETPH";
    /// An encapsulation header (RFC 1241).
    ENCAP = IPPROTO_ENCAP, "IPPROTO_ENCAP";
    /// PIM (RFC 7761).
    PIM = IPPROTO_PIM, "IPPROTO_PIM";
    /// Compressed packets (RFC 3173).
    COMP = IPPROTO_COMP, "IPPROTO_COMP";
    /// L2TP (RFC 3931).
    L2TP = IPPROTO_L2TP, "IPPROTO_L2TP";
    /// Mobile IPv6 (RFC 6275).
    MH = IPPROTO_MH, "IPPROTO_MH";
    /// MPLS within IP (RFC 4023).
    MPLS = IPPROTO_MPLS, "IPPROTO_MPLS";
    /// Ethernet within IPv6 (RFC 8986).
    ETHERNET = IPPROTO_ETHERNET, "IPPROTO_ETHERNET";
    /// `IPsec`'s packets gathered and cut (RFC 9347).
    AGGFRAG = IPPROTO_AGGFRAG, "IPPROTO_AGGFRAG";
    /// TCP carried by shared memory of RDMA adapters, since Linux 6.11 (RFC 7609).
    SMC = IPPROTO_SMC, "IPPROTO_SMC";
}

/// The protocols of the families other than IP's, each in its own line of numbers, under their C names.
macro_rules! protocols {
    ($($family:ident { $($(#[$doc:meta])* $item:ident = $constant:expr;)* })*) => {
        impl Protocol {
            $($($(#[$doc])* pub const $item: Self = $constant;)*)*

            /// The C name that `family` gives this number: `NETLINK_ROUTE`, `CAN_RAW`; `None` where it has none.
            ///
            /// ```
            /// use berkeley::{Family, Protocol};
            ///
            /// assert_eq!(Protocol::CAN_ISOTP, Protocol::TCP, "both are 6");
            /// assert_eq!(Protocol::CAN_ISOTP.name_in(Family::CAN), Some("CAN_ISOTP"));
            /// assert_eq!(Protocol::CAN_ISOTP.name_in(Family::INET), Some("IPPROTO_TCP"));
            /// ```
            pub fn name_in(self, family: Family) -> Option<&'static str> {
                match family {
                    Family::INET | Family::INET6 => self.c_name(),
                    $(Family::$family => match self {
                        $(Self::$item => Some(stringify!($item)),)*
                        _ => None,
                    },)*
                    _ => None,
                }
            }
        }
    };
}

protocols! {
    NETLINK {
        /// Routes, links, addresses, neighbours (rtnetlink(7)).
        NETLINK_ROUTE = Self(c::NETLINK_ROUTE);
        /// For the users' own protocols.
        NETLINK_USERSOCK = Self(c::NETLINK_USERSOCK);
        /// What sockets there are (`sock_diag(7)`).
        NETLINK_SOCK_DIAG = Self(c::NETLINK_SOCK_DIAG);
        /// Netfilter's log.
        NETLINK_NFLOG = Self(c::NETLINK_NFLOG);
        /// `IPsec`.
        NETLINK_XFRM = Self(c::NETLINK_XFRM);
        /// `SELinux`'s events.
        NETLINK_SELINUX = Self(c::NETLINK_SELINUX);
        /// `iSCSI`.
        NETLINK_ISCSI = Self(c::NETLINK_ISCSI);
        /// Auditing (auditd(8)).
        NETLINK_AUDIT = Self(c::NETLINK_AUDIT);
        /// Lookups in the forwarding table.
        NETLINK_FIB_LOOKUP = Self(c::NETLINK_FIB_LOOKUP);
        /// The kernel's connector.
        NETLINK_CONNECTOR = Self(c::NETLINK_CONNECTOR);
        /// Netfilter: nftables, conntrack, queues.
        NETLINK_NETFILTER = Self(c::NETLINK_NETFILTER);
        /// The kernel's events for udev(7).
        NETLINK_KOBJECT_UEVENT = Self(c::NETLINK_KOBJECT_UEVENT);
        /// Families that register by name: ethtool, nl80211, taskstats.
        NETLINK_GENERIC = Self(c::NETLINK_GENERIC);
        /// `InfiniBand` and RDMA.
        NETLINK_RDMA = Self(c::NETLINK_RDMA);
        /// The kernel's ciphers and digests.
        NETLINK_CRYPTO = Self(c::NETLINK_CRYPTO);
        /// `SMC`'s monitoring.
        NETLINK_SMC = Self(c::NETLINK_SMC);
    }
    PACKET {
        /// Every frame.
        ETH_P_ALL = Self::ethertype_of(c::ETH_P_ALL);
        /// IPv4.
        ETH_P_IP = Self::ethertype_of(c::ETH_P_IP);
        /// The address resolution protocol (arp(7)).
        ETH_P_ARP = Self::ethertype_of(c::ETH_P_ARP);
        /// Virtual LANs (IEEE 802.1Q).
        ETH_P_8021Q = Self::ethertype_of(c::ETH_P_8021Q);
        /// IPv6.
        ETH_P_IPV6 = Self::ethertype_of(c::ETH_P_IPV6);
        /// Port access (IEEE 802.1X).
        ETH_P_PAE = Self::ethertype_of(c::ETH_P_PAE);
        /// Discovery of neighbours (IEEE 802.1AB).
        ETH_P_LLDP = Self::ethertype_of(c::ETH_P_LLDP);
    }
    CAN {
        /// Frames as they are on the bus.
        CAN_RAW = Self(c::CAN_RAW);
        /// The broadcast manager: cyclic sending, filters of contents.
        CAN_BCM = Self(c::CAN_BCM);
        /// Messages longer than a frame (ISO 15765-2).
        CAN_ISOTP = Self(c::CAN_ISOTP);
        /// Vehicles' networks (SAE J1939).
        CAN_J1939 = Self(c::CAN_J1939);
    }
    BLUETOOTH {
        /// The logical link (l2cap(7)).
        BTPROTO_L2CAP = Self(c::BTPROTO_L2CAP);
        /// The controller's own interface (hci(7)).
        BTPROTO_HCI = Self(c::BTPROTO_HCI);
        /// Voice (sco(7)).
        BTPROTO_SCO = Self(c::BTPROTO_SCO);
        /// Serial ports (rfcomm(7)).
        BTPROTO_RFCOMM = Self(c::BTPROTO_RFCOMM);
        /// Networks.
        BTPROTO_BNEP = Self(c::BTPROTO_BNEP);
        /// ISDN.
        BTPROTO_CMTP = Self(c::BTPROTO_CMTP);
        /// Keyboards and other input devices.
        BTPROTO_HIDP = Self(c::BTPROTO_HIDP);
        /// Isochronous channels.
        BTPROTO_ISO = Self(c::BTPROTO_ISO);
    }
    PPPOX {
        /// PPP over Ethernet (RFC 2516).
        PX_PROTO_OE = Self(c::PX_PROTO_OE);
        /// PPP over L2TP (RFC 2661, RFC 3931).
        PX_PROTO_OL2TP = Self(c::PX_PROTO_OL2TP);
        /// PPTP (RFC 2637).
        PX_PROTO_PPTP = Self(c::PX_PROTO_PPTP);
    }
    NFC {
        /// Frames to one target.
        NFC_SOCKPROTO_RAW = Self(c::NFC_SOCKPROTO_RAW);
        /// The logical link between two devices.
        NFC_SOCKPROTO_LLCP = Self(c::NFC_SOCKPROTO_LLCP);
    }
    PHONET {
        /// Datagrams.
        PN_PROTO_PHONET = Self(c::PN_PROTO_PHONET);
        /// Pipes: connections.
        PN_PROTO_PIPE = Self(c::PN_PROTO_PIPE);
    }
    KCM {
        /// Over connected TCP sockets.
        KCMPROTO_CONNECTED = Self(c::KCMPROTO_CONNECTED);
    }
    SMC {
        /// Named by IPv4 addresses.
        SMCPROTO_SMC = Self(c::SMCPROTO_SMC);
        /// Named by IPv6 addresses.
        SMCPROTO_SMC6 = Self(c::SMCPROTO_SMC6);
    }
}

impl Protocol {
    /// The protocol of a packet socket (packet(7)) that takes frames of `ethertype`, in the network's byte order as
    /// socket(2) wants it.
    #[doc(alias = "htons")]
    pub const fn ethertype(ethertype: u16) -> Self {
        // u16 to i32 loses nothing; `From` is not const.
        Self(ethertype.to_be() as i32)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ETH_P_* are 16 bits wide")]
    const fn ethertype_of(constant: i32) -> Self {
        Self::ethertype(constant as u16)
    }
}

/// A newtype over a C integer whose bits have names; `Debug` prints the C names.
macro_rules! named_flags {
    (
        $(#[$doc:meta])* $name:ident: $raw:ty;
        $($(#[$item_doc:meta])* $item:ident = $constant:ident, $alias:literal;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $name($raw);

        impl $name {
            /// None of them.
            pub const NONE: Self = Self(0);
            $($(#[$item_doc])* #[doc(alias = $alias)] pub const $item: Self = Self(c::$constant);)*

            /// The set that the kernel calls `raw`.
            pub const fn from_raw(raw: $raw) -> Self {
                Self(raw)
            }

            /// The kernel's number.
            pub const fn as_raw(self) -> $raw {
                self.0
            }

            /// Whether all of `other` are among these.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
        }

        impl BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl BitOrAssign for $name {
            fn bitor_assign(&mut self, other: Self) {
                *self = *self | other;
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (mut rest, mut between) = (self.0, "");
                for (flag, name) in [$((Self::$item, $alias)),*] {
                    if self.contains(flag) {
                        rest &= !flag.0;
                        write!(f, "{between}{name}")?;
                        between = " | ";
                    }
                }
                match rest {
                    0 if between.is_empty() => f.write_str("0"),
                    0 => Ok(()),
                    _ => write!(f, "{between}{rest:#x}"),
                }
            }
        }
    };
}

named_flags! {
    /// How one transfer is made (`MSG_*`, recv(2) and send(2)); combined with `|`.
    ///
    /// `MSG_NOSIGNAL` and `MSG_CMSG_CLOEXEC` are not among them: every send carries the one, every receive of messages
    /// the other. `MSG_ZEROCOPY` has no effect: the kernel would read the buffer after the call, when it may be freed.
    /// [`ZeroCopy`](crate::zero_copy::ZeroCopy) keeps buffers for as long.
    #[doc(alias = "MSG_NOSIGNAL")]
    #[doc(alias = "MSG_CMSG_CLOEXEC")]
    Flags: i32;
    /// Sent or received out of band: urgent data (tcp(7)).
    OOB = MSG_OOB, "MSG_OOB";
    /// What is received stays in the queue, to be received again.
    PEEK = MSG_PEEK, "MSG_PEEK";
    /// Sent to a directly connected network only.
    DONTROUTE = MSG_DONTROUTE, "MSG_DONTROUTE";
    /// A receive gives a datagram's whole length, even where the buffer is shorter. Of TCP it throws the bytes away,
    /// and gives how many they were (tcp(7)).
    TRUNC = MSG_TRUNC, "MSG_TRUNC";
    /// Received: the control buffer was too small for all the control messages.
    CTRUNC = MSG_CTRUNC, "MSG_CTRUNC";
    /// This call does not wait, whatever the socket's mode.
    DONTWAIT = MSG_DONTWAIT, "MSG_DONTWAIT";
    /// The end of a record (`SOCK_SEQPACKET`).
    EOR = MSG_EOR, "MSG_EOR";
    /// The kernel waits until the buffer is full, where the socket blocks.
    WAITALL = MSG_WAITALL, "MSG_WAITALL";
    /// The datagram proves that its neighbour is reachable (arp(7)).
    CONFIRM = MSG_CONFIRM, "MSG_CONFIRM";
    /// What the error queue holds is received (ip(7), `IP_RECVERR`).
    ERRQUEUE = MSG_ERRQUEUE, "MSG_ERRQUEUE";
    /// More will follow at once: the kernel may hold a part segment back.
    MORE = MSG_MORE, "MSG_MORE";
    /// Sent with the SYN: a send to an address connects at once (tcp(7), RFC 7413).
    FASTOPEN = MSG_FASTOPEN, "MSG_FASTOPEN";
    /// Received: a notification of SCTP, not a message (RFC 6458).
    NOTIFICATION = MSG_NOTIFICATION, "MSG_NOTIFICATION";
}

named_flags! {
    /// What to wait for, and what holds when the wait ends (`POLL*`, poll(2)); combined with `|`, which waits for any.
    Interest: i16;
    /// Something to receive or to accept, or the peer's end of sending.
    READABLE = POLLIN, "POLLIN";
    /// Room to send, or a connection made.
    WRITABLE = POLLOUT, "POLLOUT";
    /// Urgent data (tcp(7)), or another exceptional condition of poll(2).
    PRIORITY = POLLPRI, "POLLPRI";
    /// An error, or something in the error queue: always waited for.
    ERROR = POLLERR, "POLLERR";
    /// A hang-up, or no connection at all: always waited for.
    HANG_UP = POLLHUP, "POLLHUP";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_the_c_name_or_the_number() {
        assert_eq!(
            format!("{:?} {:?} {:?}", Family::INET6, Type::STREAM, Protocol::MPTCP),
            "AF_INET6 SOCK_STREAM IPPROTO_MPTCP"
        );
        assert_eq!(format!("{:?}", Family::from_raw(99)), "Family(99)");
    }

    #[test]
    fn flags_are_combined_asked_and_printed_by_their_c_names() {
        let mut flags = Flags::PEEK | Flags::TRUNC;
        assert_eq!(format!("{flags:?} {:?}", Flags::NONE), "MSG_PEEK | MSG_TRUNC 0");
        flags |= Flags::from_raw(0x4000_0000);
        assert_eq!(format!("{flags:?}"), "MSG_PEEK | MSG_TRUNC | 0x40000000");
        assert!(flags.contains(Flags::TRUNC | Flags::PEEK) && !flags.contains(Flags::PEEK | Flags::OOB));
        assert_eq!(format!("{:?}", Interest::READABLE | Interest::HANG_UP), "POLLIN | POLLHUP");
    }

    #[test]
    fn a_number_has_the_name_that_its_family_gives_it() {
        let one = Protocol::ICMP;
        let rows = [
            (Family::INET, Some("IPPROTO_ICMP")),
            (Family::CAN, Some("CAN_RAW")),
            (Family::BLUETOOTH, Some("BTPROTO_HCI")),
            (Family::NETLINK, None),
            (Family::UNIX, None),
        ];
        for (family, want) in rows {
            assert_eq!(one.name_in(family), want, "{family:?}");
        }
        assert_eq!(Protocol::ETH_P_ALL, Protocol::ethertype(3));
        assert_eq!(Protocol::ethertype(0x0800).as_raw(), i32::from(0x0800_u16.to_be()));
        assert_eq!(Protocol::ethertype(0x0800).name_in(Family::PACKET), Some("ETH_P_IP"));
    }

    #[test]
    fn a_nonblocking_type_keeps_its_kind() {
        let kind = Type::DGRAM.nonblocking();
        assert!(kind.is_nonblocking() && !Type::DGRAM.is_nonblocking());
        assert_eq!(kind.blocking(), Type::DGRAM);
    }
}
