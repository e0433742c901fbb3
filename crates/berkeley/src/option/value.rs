//! What options hold: [`Value`] for any of them, [`OptionValue`] for the types that a [`SocketOption`] may have.
//!
//! [`SocketOption`]: super::SocketOption

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{
    CanFilter, IcmpFilter, Icmpv6Filter, J1939Filter, Kind, MemoryInfo, MptcpInfo, PacketStatistics, Record,
    RolloverStatistics, SctpStatus, TcpInfo, TipcGroup, TransmitTime, XdpOffsets, XdpStatistics,
};
use crate::kinds::{Family, Protocol, Type, named_integer};
use crate::sys::alloc;
use crate::sys::constants as c;

named_integer! {
    /// Whether a socket discovers the path's MTU (`IP_PMTUDISC_*`, ip(7)); the same for IPv6.
    MtuDiscover;
    /// Never: packets are sent without the don't-fragment bit.
    DONT = IP_PMTUDISC_DONT, "IP_PMTUDISC_DONT";
    /// As each route says: the default.
    WANT = IP_PMTUDISC_WANT, "IP_PMTUDISC_WANT";
    /// Always: a datagram larger than the path's MTU is refused with `EMSGSIZE`.
    DO = IP_PMTUDISC_DO, "IP_PMTUDISC_DO";
    /// The don't-fragment bit is set, and the path's MTU is not heeded.
    PROBE = IP_PMTUDISC_PROBE, "IP_PMTUDISC_PROBE";
    /// The interface's MTU counts, never the path's; no fragment is sent.
    INTERFACE = IP_PMTUDISC_INTERFACE, "IP_PMTUDISC_INTERFACE";
    /// As `INTERFACE`, yet packets may be fragmented.
    OMIT = IP_PMTUDISC_OMIT, "IP_PMTUDISC_OMIT";
}

impl MtuDiscover {
    /// Each mode under the word that `Display` prints.
    pub(super) const WORDS: [(&'static str, Self); 6] = [
        ("dont", Self::DONT),
        ("want", Self::WANT),
        ("do", Self::DO),
        ("probe", Self::PROBE),
        ("interface", Self::INTERFACE),
        ("omit", Self::OMIT),
    ];
}

/// `want`, `do`, ...; the number where the kernel knows a mode that has no name here.
impl fmt::Display for MtuDiscover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::WORDS.iter().find(|(_, mode)| mode == self) {
            Some((word, _)) => f.pad(word),
            None => self.as_raw().fmt(f),
        }
    }
}

/// Who made the other end of a Unix connection, as it was at `connect` or `listen` (`SO_PEERCRED`, unix(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "ucred")]
#[non_exhaustive]
pub struct PeerCredentials {
    /// The process; 0 where it is of another namespace, or where there is no peer.
    pub pid: i32,
    /// The user; `u32::MAX` where there is no peer.
    pub uid: u32,
    /// The group; `u32::MAX` where there is no peer.
    pub gid: u32,
}

impl fmt::Display for PeerCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {} uid {} gid {}", self.pid, self.uid, self.gid)
    }
}

/// The local ports that the kernel may choose from, both ends included; 0 for an end that the system's setting decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct PortRange {
    /// The lowest port.
    pub low: u16,
    /// The highest port.
    pub high: u16,
}

impl PortRange {
    /// From `low` to `high`, both included.
    pub const fn new(low: u16, high: u16) -> Self {
        Self { low, high }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.low, self.high)
    }
}

/// The value of any option, for those who learn at run time which option it is.
///
/// `Display` prints what [`Description::parse`](super::Description::parse) reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value {
    /// `on` or `off`.
    Flag(bool),
    /// A number that may be negative.
    Integer(i32),
    /// A number that may not: a count, a mark, bytes, an interface's index, a cookie.
    Unsigned(u64),
    /// A length of time: `500ms`, `2s`.
    Duration(Duration),
    /// How long `close` lingers; `None`, printed `off`, where it does not.
    Linger(Option<Duration>),
    /// A name.
    Text(String),
    /// Bytes, printed in hexadecimal.
    Octets(Vec<u8>),
    /// An IPv4 address.
    Address(Ipv4Addr),
    /// Ports from one to another: `4000-4999`.
    PortRange(PortRange),
    /// An address family, by its C name.
    Family(Family),
    /// A type of socket, by its C name.
    Type(Type),
    /// A protocol, by its C name.
    Protocol(Protocol),
    /// A mode of discovering the path's MTU: `want`, `do`, ...
    MtuDiscover(MtuDiscover),
    /// The peer's process, user and group.
    Credentials(PeerCredentials),
    /// Nothing: the option is a command, printed `now`.
    Signal,
    /// Numbers: of groups.
    Numbers(Vec<u32>),
    /// How the times of packets to be sent are meant: `tai+deadline`.
    TransmitTime(TransmitTime),
    /// The memory that a socket takes.
    MemoryInfo(MemoryInfo),
    /// What the kernel knows of a TCP connection.
    TcpInfo(Box<TcpInfo>),
    /// What the kernel knows of a Multipath TCP connection.
    MptcpInfo(Box<MptcpInfo>),
    /// What became of packets.
    PacketStatistics(PacketStatistics),
    /// How often packets were handed on.
    RolloverStatistics(RolloverStatistics),
    /// Packets that an XDP socket dropped.
    XdpStatistics(Box<XdpStatistics>),
    /// Where an XDP socket's rings have their parts.
    XdpOffsets(Box<XdpOffsets>),
    /// The types of ICMP messages that come through: `0,3,8`.
    IcmpFilter(IcmpFilter),
    /// The types of `ICMPv6` messages that come through: `129`.
    Icmpv6Filter(Icmpv6Filter),
    /// The CAN frames that come through: `123:7ff,400:700`, or `none`.
    CanFilters(Vec<CanFilter>),
    /// A group of TIPC sockets: `type:instance:scope:flags`.
    TipcGroup(TipcGroup),
    /// Addresses of IPv4 and IPv6: `192.0.2.1:80,[2001:db8::1]:80`, or `none`.
    SocketAddresses(Vec<SocketAddr>),
    /// What the kernel knows of an association of SCTP.
    SctpStatus(Box<SctpStatus>),
    /// The messages of J1939 that come through: `0:0:65024:261888:0:0`, or `none`.
    J1939Filters(Vec<J1939Filter>),
    /// Several numbers: `10:10:0:0`.
    Record(Record),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(on) => f.write_str(if *on { "on" } else { "off" }),
            Self::Integer(number) => number.fmt(f),
            Self::Unsigned(number) => number.fmt(f),
            Self::Duration(duration) | Self::Linger(Some(duration)) => write_duration(f, *duration),
            Self::Linger(None) => f.write_str("off"),
            Self::Text(text) => f.write_str(text),
            Self::Octets(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Address(address) => address.fmt(f),
            Self::PortRange(range) => range.fmt(f),
            Self::Family(family) => write!(f, "{family:?}"),
            Self::Type(kind) => write!(f, "{kind:?}"),
            Self::Protocol(protocol) => write!(f, "{protocol:?}"),
            Self::MtuDiscover(mode) => mode.fmt(f),
            Self::Credentials(credentials) => credentials.fmt(f),
            Self::Signal => f.write_str("now"),
            Self::Numbers(numbers) => write_list(f, numbers),
            Self::TransmitTime(time) => time.fmt(f),
            Self::MemoryInfo(info) => info.fmt(f),
            Self::TcpInfo(info) => info.fmt(f),
            Self::MptcpInfo(info) => info.fmt(f),
            Self::PacketStatistics(statistics) => statistics.fmt(f),
            Self::RolloverStatistics(statistics) => statistics.fmt(f),
            Self::XdpStatistics(statistics) => statistics.fmt(f),
            Self::XdpOffsets(offsets) => offsets.fmt(f),
            Self::IcmpFilter(filter) => filter.fmt(f),
            Self::Icmpv6Filter(filter) => filter.fmt(f),
            Self::CanFilters(filters) => write_list(f, filters),
            Self::TipcGroup(group) => group.fmt(f),
            Self::SocketAddresses(addresses) => write_list(f, addresses),
            Self::SctpStatus(status) => status.fmt(f),
            Self::J1939Filters(filters) => write_list(f, filters),
            Self::Record(record) => record.fmt(f),
        }
    }
}

/// With commas; `none` for an empty list.
fn write_list(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    if items.is_empty() {
        return f.write_str("none");
    }
    items.iter().enumerate().try_for_each(|(index, item)| {
        let comma = if index == 0 { "" } else { "," };
        write!(f, "{comma}{item}")
    })
}

/// In the largest unit that says it exactly: `2s`, `1500ms`.
fn write_duration(f: &mut fmt::Formatter<'_>, duration: Duration) -> fmt::Result {
    match duration.subsec_nanos() {
        0 => write!(f, "{}s", duration.as_secs()),
        nanos if nanos % 1_000_000 == 0 => write!(f, "{}ms", duration.as_millis()),
        nanos if nanos % 1_000 == 0 => write!(f, "{}us", duration.as_micros()),
        _ => write!(f, "{}ns", duration.as_nanos()),
    }
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// A type that the value of an option may have; the set is closed.
pub trait OptionValue: Sized + sealed::Sealed {
    /// What `set` takes: the type itself, or what it borrows from (`&str` for a `String`).
    type Input<'a>;

    #[doc(hidden)]
    const KINDS: &'static [Kind];

    #[doc(hidden)]
    fn from_value(value: Value) -> Option<Self>;

    /// `None` where there is no memory for it.
    #[doc(hidden)]
    fn into_value(input: Self::Input<'_>) -> Option<Value>;
}

/// The types that are the whole payload of one of [`Value`]'s variants.
macro_rules! option_values {
    ($($type:ty = $variant:ident, [$($kind:ident),*];)*) => {$(
        impl sealed::Sealed for $type {}

        impl OptionValue for $type {
            type Input<'a> = Self;
            const KINDS: &'static [Kind] = &[$(Kind::$kind),*];

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                }
            }

            fn into_value(input: Self) -> Option<Value> {
                Some(Value::$variant(input))
            }
        }
    )*};
}

option_values! {
    bool = Flag, [Flag];
    i32 = Integer, [Integer, Errno];
    u64 = Unsigned, [Wide, WideBytes, Rate];
    Duration = Duration, [Seconds, Milliseconds, Microseconds, TimeValue];
    Option<Duration> = Linger, [Linger];
    Ipv4Addr = Address, [Address];
    PortRange = PortRange, [PortRange];
    Family = Family, [Family];
    Type = Type, [Type];
    Protocol = Protocol, [Protocol];
    MtuDiscover = MtuDiscover, [MtuDiscover];
    PeerCredentials = Credentials, [Credentials];
    TransmitTime = TransmitTime, [TransmitTime];
    MemoryInfo = MemoryInfo, [MemoryInfo];
    PacketStatistics = PacketStatistics, [PacketStatistics];
    RolloverStatistics = RolloverStatistics, [RolloverStatistics];
    IcmpFilter = IcmpFilter, [IcmpFilter];
    Icmpv6Filter = Icmpv6Filter, [Icmpv6Filter];
    TipcGroup = TipcGroup, [TipcGroup];
}

/// The larger types, which [`Value`] holds in a box.
macro_rules! boxed_values {
    ($($type:ident)*) => {$(
        impl sealed::Sealed for $type {}

        impl OptionValue for $type {
            type Input<'a> = Self;
            const KINDS: &'static [Kind] = &[Kind::$type];

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$type(value) => Some(*value),
                    _ => None,
                }
            }

            fn into_value(input: Self) -> Option<Value> {
                Some(Value::$type(Box::new(input)))
            }
        }
    )*};
}

boxed_values! { TcpInfo MptcpInfo XdpStatistics XdpOffsets SctpStatus }

impl sealed::Sealed for () {}

impl OptionValue for () {
    type Input<'a> = Self;
    const KINDS: &'static [Kind] = &[Kind::Signal];

    fn from_value(value: Value) -> Option<Self> {
        matches!(value, Value::Signal).then_some(())
    }

    fn into_value((): Self) -> Option<Value> {
        Some(Value::Signal)
    }
}

impl sealed::Sealed for u32 {}

impl OptionValue for u32 {
    type Input<'a> = Self;
    const KINDS: &'static [Kind] = &[
        Kind::Unsigned,
        Kind::Bytes,
        Kind::Interface,
        Kind::InterfaceBigEndian,
        Kind::BigEndian,
        Kind::Length,
        Kind::PathMtu,
    ];

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Unsigned(number) => number.try_into().ok(),
            _ => None,
        }
    }

    fn into_value(input: Self) -> Option<Value> {
        Some(Value::Unsigned(input.into()))
    }
}

impl sealed::Sealed for String {}

impl OptionValue for String {
    type Input<'a> = &'a str;
    const KINDS: &'static [Kind] = &[Kind::Text];

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn into_value(input: &str) -> Option<Value> {
        alloc::copy_str(input).ok().map(Value::Text)
    }
}

/// The lists, which are set by reference.
macro_rules! list_values {
    ($($item:ty = $variant:ident, [$($kind:ident),*];)*) => {$(
        impl sealed::Sealed for Vec<$item> {}

        impl OptionValue for Vec<$item> {
            type Input<'a> = &'a [$item];
            const KINDS: &'static [Kind] = &[$(Kind::$kind),*];

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(list) => Some(list),
                    _ => None,
                }
            }

            fn into_value(input: &[$item]) -> Option<Value> {
                alloc::copy(input).ok().map(Value::$variant)
            }
        }
    )*};
}

list_values! {
    u8 = Octets, [Octets];
    u32 = Numbers, [Groups, Memberships];
    CanFilter = CanFilters, [CanFilters];
    J1939Filter = J1939Filters, [J1939Filters];
    SocketAddr = SocketAddresses, [SocketAddresses, SctpAddresses];
}
