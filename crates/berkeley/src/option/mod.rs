//! Options as data: one row each, with its level, number, type, meaning, and when it applies (getsockopt(2)).
//!
//! A row is a constant, in the module of its level and under the name of its man page: `TCP_NODELAY` is
//! [`tcp::NODELAY`]; those of `SOL_SOCKET` also stand here, so that `SO_REUSEADDR` is [`REUSEADDR`]. A socket reads and
//! sets them with their own types. The same rows make a table that can be walked ([`all`]) and searched by name
//! ([`find`]), for programs that have an option's name and value as text.
//!
//! ```
//! use berkeley::{Family, Protocol, Socket, Type, option};
//! use std::time::Duration;
//!
//! let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
//! socket.set(option::REUSEADDR, true)?;
//! socket.set(option::tcp::KEEPIDLE, Duration::from_secs(30))?;
//! assert!(!socket.get(option::tcp::NODELAY)?);
//!
//! let keep_idle = option::find("keepidle").unwrap();
//! assert_eq!(keep_idle.to_string(), "tcp.keepidle");
//! assert_eq!(socket.get_value(keep_idle)?.to_string(), "30s");
//! socket.set_value(keep_idle, &keep_idle.parse(Some("2m"))?)?;
//! assert_eq!(socket.get(option::tcp::KEEPIDLE)?, Duration::from_secs(120));
//! # Ok::<(), berkeley::Error>(())
//! ```
//!
//! The table holds plain data only. An option whose value carries a pointer that the kernel follows
//! (`SO_ATTACH_FILTER`, `TCP_ZEROCOPY_RECEIVE`, `XDP_UMEM_REG`) or a descriptor (`SO_PEERPIDFD`, `SO_ATTACH_BPF`)
//! can be no row here: it needs a method of its own, such as [`attach_filter`](crate::Socket::attach_filter) and
//! [`peer_pidfd`](crate::Socket::peer_pidfd). Whether a kernel has an option, and whether it fits a socket, only the
//! kernel knows: it answers `ENOPROTOOPT` or `EOPNOTSUPP`.

mod addresses;
pub mod alg;
pub mod can;
mod codec;
mod content;
pub mod dccp;
mod field;
mod filter;
mod find;
pub mod icmp;
pub mod icmpv6;
pub mod ip;
pub mod ipv6;
pub mod isotp;
pub mod j1939;
mod kind;
mod memory;
pub mod mptcp;
pub mod netlink;
pub mod packet;
mod parse;
mod record;
pub mod sctp;
pub mod socket;
mod structure;
pub mod tcp;
mod tcp_info;
pub mod tipc;
mod transmit_time;
pub mod udp;
pub mod udplite;
mod value;
pub mod vsock;
pub mod xdp;

use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;

use crate::sys::constants as c;

pub use can::{CanFilter, CanXlVcid};
pub(crate) use codec::{LIST_MAX, ROOM_MAX};
pub(crate) use content::Misfit;
pub use field::Field;
pub use filter::{Filter, FilterError, Instruction};
pub use find::{FindError, find, find_in};
pub use icmp::{IcmpFilter, Icmpv6Filter};
pub use isotp::{IsotpFlowControl, IsotpLinkLayer, IsotpOptions};
pub use j1939::J1939Filter;
pub use kind::{Kind, Value};
pub use memory::MemoryInfo;
pub use mptcp::MptcpInfo;
pub use packet::{PacketStatistics, RolloverStatistics};
pub use sctp::{
    SctpAssociation, SctpAssociationValue, SctpDelayedAck, SctpEvent, SctpEvents, SctpInit, SctpKeyNumber,
    SctpReliability, SctpRetransmission, SctpSendInfo, SctpState, SctpStatus, SctpStreamValue, SctpStreams,
};
// By glob, so that a new option of SOL_SOCKET is one line in one file.
pub use socket::*;
pub use tcp::TcpRepairWindow;
pub use tcp_info::{CongestionState, TcpInfo, TcpState};
pub use tipc::TipcGroup;
pub use transmit_time::{Clock, TransmitTime};
pub use value::{MtuDiscover, OptionValue, PeerCredentials, PortRange};
pub use xdp::{RingOffsets, XdpOffsets, XdpStatistics};

/// An option whose value is a `T`: what [`Socket::get`](crate::Socket::get) and [`Socket::set`](crate::Socket::set)
/// take.
///
/// Those that exist are the constants of [`option`](self) and of its modules.
pub struct SocketOption<T> {
    description: &'static Description,
    value: PhantomData<fn() -> T>,
}

impl<T: OptionValue> SocketOption<T> {
    /// A row that compiles has a type that fits its kind.
    const fn new(description: &'static Description) -> Self {
        assert!(kind::is_among(description.kind, T::KINDS), "the type and the kind of an option do not fit");
        Self { description, value: PhantomData }
    }
}

impl<T> SocketOption<T> {
    /// The option's row: its names, its number, its meaning.
    pub const fn description(self) -> &'static Description {
        self.description
    }
}

impl<T> Clone for SocketOption<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SocketOption<T> {}

impl<T> fmt::Debug for SocketOption<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description.c_name)
    }
}

/// One row of the table: all that there is to know about an option.
///
/// `Display` prints the full name, `tcp.nodelay`.
// Neither Clone nor constructible elsewhere: a row with another number could make the kernel follow its value.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// The name within its level: `nodelay`.
    pub name: &'static str,
    /// The name in C: `TCP_NODELAY`.
    pub c_name: &'static str,
    /// Whose option it is.
    pub level: Level,
    /// The number that the kernel knows it by, within its level.
    pub number: i32,
    /// What its value is, in which unit, and how it is laid out.
    pub kind: Kind,
    /// The numbers that the kernel takes, where they are fewer than the kind can hold; durations in the kind's unit.
    pub range: Option<RangeInclusive<i64>>,
    /// Whether it can be read, set, or both.
    pub access: Access,
    /// When setting it has an effect; for those that are only read, when there is something to read.
    pub when: When,
    /// What it means, in one sentence.
    pub about: &'static str,
    /// Where the level is described: a page of the manual such as `tcp(7)`, or else a file of the kernel's source such
    /// as `Documentation/networking/can.rst`.
    pub page: &'static str,
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.level.name(), self.name)
    }
}

/// A level of options: the layer that answers them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Level {
    number: i32,
    name: &'static str,
}

impl Level {
    /// Any socket (socket(7)).
    #[doc(alias = "SOL_SOCKET")]
    pub const SOCKET: Self = Self { number: c::SOL_SOCKET, name: "socket" };
    /// IPv4 (ip(7)).
    #[doc(alias = "IPPROTO_IP")]
    #[doc(alias = "SOL_IP")]
    pub const IP: Self = Self { number: c::IPPROTO_IP, name: "ip" };
    /// IPv6 (ipv6(7)).
    #[doc(alias = "IPPROTO_IPV6")]
    #[doc(alias = "SOL_IPV6")]
    pub const IPV6: Self = Self { number: c::IPPROTO_IPV6, name: "ipv6" };
    /// TCP (tcp(7)).
    #[doc(alias = "IPPROTO_TCP")]
    #[doc(alias = "SOL_TCP")]
    pub const TCP: Self = Self { number: c::IPPROTO_TCP, name: "tcp" };
    /// UDP (udp(7)).
    #[doc(alias = "IPPROTO_UDP")]
    #[doc(alias = "SOL_UDP")]
    pub const UDP: Self = Self { number: c::IPPROTO_UDP, name: "udp" };

    /// UDP-Lite (udplite(7)).
    #[doc(alias = "IPPROTO_UDPLITE")]
    #[doc(alias = "SOL_UDPLITE")]
    pub const UDPLITE: Self = Self { number: c::IPPROTO_UDPLITE, name: "udplite" };
    /// Multipath TCP (RFC 8684).
    #[doc(alias = "SOL_MPTCP")]
    pub const MPTCP: Self = Self { number: c::SOL_MPTCP, name: "mptcp" };
    /// Raw sockets of ICMP (raw(7)).
    #[doc(alias = "SOL_RAW")]
    pub const ICMP: Self = Self { number: c::SOL_RAW, name: "icmp" };
    /// Raw sockets of `ICMPv6` (RFC 3542).
    #[doc(alias = "IPPROTO_ICMPV6")]
    #[doc(alias = "SOL_ICMPV6")]
    pub const ICMPV6: Self = Self { number: c::IPPROTO_ICMPV6, name: "icmpv6" };
    /// Packet sockets (packet(7)).
    #[doc(alias = "SOL_PACKET")]
    pub const PACKET: Self = Self { number: c::SOL_PACKET, name: "packet" };
    /// Netlink (netlink(7)).
    #[doc(alias = "SOL_NETLINK")]
    pub const NETLINK: Self = Self { number: c::SOL_NETLINK, name: "netlink" };
    /// A virtual machine and its host (vsock(7)).
    #[doc(alias = "AF_VSOCK")]
    #[doc(alias = "SOL_VSOCK")]
    pub const VSOCK: Self = Self { number: c::AF_VSOCK, name: "vsock" };
    /// SCTP (sctp(7), RFC 6458).
    #[doc(alias = "IPPROTO_SCTP")]
    #[doc(alias = "SOL_SCTP")]
    pub const SCTP: Self = Self { number: c::IPPROTO_SCTP, name: "sctp" };
    /// DCCP (RFC 4340).
    #[doc(alias = "SOL_DCCP")]
    pub const DCCP: Self = Self { number: c::SOL_DCCP, name: "dccp" };
    /// Raw CAN (the kernel's `Documentation/networking/can.rst`).
    #[doc(alias = "SOL_CAN_RAW")]
    pub const CAN: Self = Self { number: c::SOL_CAN_RAW, name: "can" };
    /// Messages longer than a frame of CAN (ISO 15765-2).
    #[doc(alias = "SOL_CAN_ISOTP")]
    pub const ISOTP: Self = Self { number: c::SOL_CAN_ISOTP, name: "isotp" };
    /// The network of vehicles over CAN (SAE J1939).
    #[doc(alias = "SOL_CAN_J1939")]
    pub const J1939: Self = Self { number: c::SOL_CAN_J1939, name: "j1939" };
    /// The kernel's ciphers (the kernel's `Documentation/crypto/userspace-if.rst`).
    #[doc(alias = "SOL_ALG")]
    pub const ALG: Self = Self { number: c::SOL_ALG, name: "alg" };
    /// TIPC (`linux/tipc.h`).
    #[doc(alias = "SOL_TIPC")]
    pub const TIPC: Self = Self { number: c::SOL_TIPC, name: "tipc" };
    /// XDP (the kernel's `Documentation/networking/af_xdp.rst`).
    #[doc(alias = "SOL_XDP")]
    pub const XDP: Self = Self { number: c::SOL_XDP, name: "xdp" };

    /// Every level that has rows, in the order of [`all`].
    pub const ALL: &'static [Self] = &[
        Self::SOCKET,
        Self::IP,
        Self::IPV6,
        Self::TCP,
        Self::UDP,
        Self::UDPLITE,
        Self::SCTP,
        Self::DCCP,
        Self::MPTCP,
        Self::ICMP,
        Self::ICMPV6,
        Self::PACKET,
        Self::NETLINK,
        Self::VSOCK,
        Self::CAN,
        Self::ISOTP,
        Self::J1939,
        Self::ALG,
        Self::TIPC,
        Self::XDP,
    ];

    /// The kernel's number.
    pub const fn as_raw(self) -> i32 {
        self.number
    }

    /// The name that opens its options' full names: `tcp`.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Whether an option can be read, set, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// Only read.
    Read,
    /// Only set.
    Write,
    /// Both.
    ReadWrite,
}

impl Access {
    /// Whether it can be read.
    pub const fn reads(self) -> bool {
        !matches!(self, Self::Write)
    }

    /// Whether it can be set.
    pub const fn writes(self) -> bool {
        !matches!(self, Self::Read)
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::ReadWrite => "read, write",
        })
    }
}

/// When in a socket's life an option does its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum When {
    /// At any time.
    Any,
    /// Before `bind`.
    BeforeBind,
    /// Before `connect`, or before `listen` on a server, whose connections inherit it.
    BeforeConnect,
    /// On a server: before `listen`, or while it listens.
    Listening,
    /// Once there is a connection or a fixed peer.
    Connected,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Any => "any time",
            Self::BeforeBind => "before bind",
            Self::BeforeConnect => "before connect or listen",
            Self::Listening => "on a listener",
            Self::Connected => "once connected",
        })
    }
}

/// Every option, level by level, in the order of [`Level::ALL`].
///
/// # Examples
///
/// ```
/// use berkeley::option::{self, Level};
///
/// let of_udp: Vec<_> = option::all().filter(|option| option.level == Level::UDP).collect();
/// assert!(of_udp.iter().any(|option| option.c_name == "UDP_GRO"));
/// ```
pub fn all() -> impl Iterator<Item = &'static Description> {
    TABLES.iter().copied().flatten().copied()
}

const TABLES: [&[&Description]; Level::ALL.len()] = [
    socket::TABLE,
    ip::TABLE,
    ipv6::TABLE,
    tcp::TABLE,
    udp::TABLE,
    udplite::TABLE,
    sctp::TABLE,
    dccp::TABLE,
    mptcp::TABLE,
    icmp::TABLE,
    icmpv6::TABLE,
    packet::TABLE,
    netlink::TABLE,
    vsock::TABLE,
    can::TABLE,
    isotp::TABLE,
    j1939::TABLE,
    alg::TABLE,
    tipc::TABLE,
    xdp::TABLE,
];

/// The options of one level, a row each: its meaning as the first line of its documentation (further lines are for
/// rustdoc alone), then
///
/// `NAME: type, Kind [in range], "name", C_NAME, "C_NAME", Access, When;`
///
/// Each row becomes a constant, and an entry of the level's table.
macro_rules! options {
    (
        $level:ident, $page:literal;
        $(
            #[doc = $about:literal] $(#[doc = $more:literal])* $(#[doc(alias = $alias:literal)])*
            $item:ident: $value:ty, $kind:ident $(in $range:expr)?, $name:literal, $constant:ident,
            $c_name:literal, $access:ident, $when:ident;
        )*
    ) => {
        $(
            #[doc = $about]
            $(#[doc = $more])*
            ///
            #[doc = concat!("`", $c_name, "`, ", $page, "; ")]
            #[doc = concat!("[`", stringify!($access), "`](crate::option::Access::", stringify!($access), "), ")]
            #[doc = concat!("[`", stringify!($when), "`](crate::option::When::", stringify!($when), ").")]
            #[doc(alias = $c_name)]
            $(#[doc(alias = $alias)])*
            pub const $item: $crate::option::SocketOption<$value> = {
                static ROW: $crate::option::Description = $crate::option::Description {
                    name: $name,
                    c_name: $c_name,
                    level: $crate::option::Level::$level,
                    number: $crate::sys::constants::$constant,
                    kind: $crate::option::Kind::$kind,
                    range: $crate::option::range!($($range)?),
                    access: $crate::option::Access::$access,
                    when: $crate::option::When::$when,
                    about: $about.trim_ascii(),
                    page: $page,
                };
                $crate::option::SocketOption::new(&ROW)
            };
        )*

        pub(super) const TABLE: &[&$crate::option::Description] = &[$($item.description(),)*];
    };
}
use options;

/// A row's range, where it names one.
macro_rules! range {
    () => {
        None
    };
    ($range:expr) => {
        Some($range)
    };
}
use range;
