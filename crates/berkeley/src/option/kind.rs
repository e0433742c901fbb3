//! [`Kind`] and [`Value`]: what the value of an option is, and the value.
//!
//! Numbers, names and durations stand in the macro. Structures and lists are rows of the table below it: all that there
//! is to know of one stands in its own file, as its [`Content`].

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::content::{Content, Encoded, Misfit, write_list};
use super::value::{MtuDiscover, OptionValue, PeerCredentials, PortRange, sealed};
use super::{
    CanFilter, CanXlVcid, Field, IcmpFilter, Icmpv6Filter, IsotpFlowControl, IsotpLinkLayer, IsotpOptions,
    J1939Filter, MemoryInfo, MptcpInfo, PacketStatistics, RolloverStatistics, SctpAssociation,
    SctpAssociationValue, SctpDelayedAck, SctpEvent, SctpEvents, SctpInit, SctpKeyNumber, SctpReliability,
    SctpRetransmission, SctpSendInfo, SctpStatus, SctpStreamValue, SctpStreams, TcpInfo, TcpRepairWindow,
    TipcGroup, TransmitTime, XdpOffsets, XdpStatistics,
};
use crate::kinds::{Family, Protocol, Type};
use crate::sys::alloc;

/// Each row: its meaning as a kind, `Name`, its meaning as a value. A boxed one is held in a box, a list is
/// `Name: Item`, which sockets take by reference.
macro_rules! kinds {
    (
        plain { $($(#[$doc:meta])* $name:ident, $about:literal;)* }
        boxed { $($(#[$boxed_doc:meta])* $boxed:ident, $boxed_about:literal;)* }
        lists { $($(#[$list_doc:meta])* $list:ident: $item:ident, $list_about:literal;)* }
    ) => {
        /// What the value of an option is, in which unit, and how the kernel lays it out.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            /// On or off: a C `int`, which the kernel reads as on unless it is 0.
            Flag,
            /// A C `int`.
            Integer,
            /// An error number, 0 for none: a C `int`.
            Errno,
            /// A number of 32 bits without a sign.
            Unsigned,
            /// Bytes, counted in 32 bits.
            Bytes,
            /// A number of 64 bits without a sign.
            Wide,
            /// Bytes per second, in 64 bits; the largest number for no limit.
            Rate,
            /// A duration in a C `int` of seconds; parts of a second count as a whole one.
            Seconds,
            /// A duration in a C `int` of milliseconds, rounded up.
            Milliseconds,
            /// A duration in a C `int` of microseconds, rounded up.
            Microseconds,
            /// A duration in a `struct timeval`, rounded up to microseconds.
            #[doc(alias = "timeval")]
            TimeValue,
            /// A `struct linger`, in seconds; parts of a second count as a whole one.
            #[doc(alias = "linger")]
            Linger,
            /// A name: at most 15 bytes where it can be set.
            Text,
            /// Bytes without a form of their own, at most 256.
            Octets,
            /// An IPv4 address.
            Address,
            /// Two ports in 32 bits, the lower one in the low half.
            PortRange,
            /// The index of a network interface, 0 for none.
            Interface,
            /// The index of a network interface, 0 for none, in network byte order.
            InterfaceBigEndian,
            /// An address family.
            Family,
            /// A type of socket.
            Type,
            /// A protocol.
            Protocol,
            /// How the path's MTU is discovered.
            MtuDiscover,
            /// A `struct ucred`.
            Credentials,
            /// Bytes, counted in 64 bits.
            WideBytes,
            /// A number that the kernel takes from the length of the value, not from its content.
            Length,
            /// Nothing: setting it is all there is; a C `int` of 0, where the kernel looks at all.
            Signal,
            /// Numbers of groups, 32 bits each.
            Groups,
            /// Numbers of groups, a bit for each, the first for 1.
            Memberships,
            /// The path's MTU in bytes, in a `struct ip6_mtuinfo`.
            PathMtu,
            /// A number of 32 bits without a sign, in network byte order.
            BigEndian,
            /// Any number of `struct sockaddr_in` and `sockaddr_in6`, one behind the other.
            SocketAddresses,
            /// A `struct sctp_getaddrs`.
            SctpAddresses,
            $($(#[$doc])* $name,)*
            $($(#[$boxed_doc])* $boxed,)*
            $($(#[$list_doc])* $list,)*
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
            /// Addresses of IPv4 and IPv6: `192.0.2.1:80,[2001:db8::1]:80`, or `none`.
            SocketAddresses(Vec<SocketAddr>),
            $(#[doc = $about] $name($name),)*
            $(#[doc = $boxed_about] $boxed(Box<$boxed>),)*
            $(#[doc = $list_about] $list(Vec<$item>),)*
        }

        impl Kind {
            /// The kinds that are rows of the table.
            #[cfg(test)]
            pub(super) const CONTENTS: &'static [Self] =
                &[$(Self::$name,)* $(Self::$boxed,)* $(Self::$list,)*];

            /// As [`Content::ROOM`] says; `None` where the kind is no row of the table.
            pub(super) const fn content_room(self) -> Option<usize> {
                match self {
                    $(Self::$name => Some(<$name as Content>::ROOM),)*
                    $(Self::$boxed => Some(<$boxed as Content>::ROOM),)*
                    $(Self::$list => Some(<Vec<$item> as Content>::ROOM),)*
                    _ => None,
                }
            }

            /// As [`Content::IS_LIST`] says.
            pub(super) const fn content_is_list(self) -> bool {
                match self {
                    $(Self::$list => <Vec<$item> as Content>::IS_LIST,)*
                    _ => false,
                }
            }

            /// As [`Content::WANTED`] says.
            pub(super) const fn content_wanted(self) -> &'static str {
                match self {
                    $(Self::$name => <$name as Content>::WANTED,)*
                    $(Self::$boxed => <$boxed as Content>::WANTED,)*
                    $(Self::$list => <Vec<$item> as Content>::WANTED,)*
                    _ => "a value",
                }
            }

            /// As [`Content::from_bytes`] says.
            pub(super) fn decode_content(self, bytes: &[u8]) -> Result<Option<Value>, Misfit> {
                Ok(match self {
                    $(Self::$name => Content::from_bytes(bytes)?.map(Value::$name),)*
                    $(Self::$boxed => Content::from_bytes(bytes)?.map(Box::new).map(Value::$boxed),)*
                    $(Self::$list => Content::from_bytes(bytes)?.map(Value::$list),)*
                    _ => None,
                })
            }

            /// As [`Content::to_bytes`] says; `None` for a value of another kind too.
            pub(super) fn encode_content(self, value: &Value) -> Option<Result<Encoded, Misfit>> {
                match (self, value) {
                    $((Self::$name, Value::$name(content)) => Content::to_bytes(content),)*
                    $((Self::$boxed, Value::$boxed(content)) => Content::to_bytes(&**content),)*
                    $((Self::$list, Value::$list(content)) => Content::to_bytes(content),)*
                    _ => None,
                }
            }

            /// As [`Content::from_text`] says.
            pub(super) fn parse_content(self, text: &str) -> Option<Value> {
                match self {
                    $(Self::$name => Content::from_text(text).map(Value::$name),)*
                    $(Self::$boxed => Content::from_text(text).map(Box::new).map(Value::$boxed),)*
                    $(Self::$list => Content::from_text(text).map(Value::$list),)*
                    _ => None,
                }
            }
        }

        impl Value {
            /// As [`Content::parts`] says.
            pub(super) fn content_fields(&self) -> Option<Vec<Field>> {
                match self {
                    $(Self::$name(content) => Content::parts(content),)*
                    $(Self::$boxed(content) => Content::parts(&**content),)*
                    $(Self::$list(content) => Content::parts(content),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for Value {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Flag(on) => f.write_str(if *on { "on" } else { "off" }),
                    Self::Integer(number) => number.fmt(f),
                    Self::Unsigned(number) => number.fmt(f),
                    Self::Duration(duration) | Self::Linger(Some(duration)) => show_duration(f, *duration),
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
                    Self::SocketAddresses(addresses) => write_list(f, addresses),
                    $(Self::$name(content) => Content::show(content, f),)*
                    $(Self::$boxed(content) => Content::show(&**content, f),)*
                    $(Self::$list(content) => Content::show(content, f),)*
                }
            }
        }

        $(
            impl sealed::Sealed for $name {}

            impl OptionValue for $name {
                type Input<'a> = Self;
                const KINDS: &'static [Kind] = &[Kind::$name];

                fn from_value(value: Value) -> Option<Self> {
                    if let Value::$name(content) = value { Some(content) } else { None }
                }

                fn into_value(input: Self) -> Option<Value> {
                    Some(Value::$name(input))
                }
            }
        )*

        $(
            impl sealed::Sealed for $boxed {}

            impl OptionValue for $boxed {
                type Input<'a> = Self;
                const KINDS: &'static [Kind] = &[Kind::$boxed];

                fn from_value(value: Value) -> Option<Self> {
                    if let Value::$boxed(content) = value { Some(*content) } else { None }
                }

                fn into_value(input: Self) -> Option<Value> {
                    Some(Value::$boxed(Box::new(input)))
                }
            }
        )*

        $(
            impl sealed::Sealed for Vec<$item> {}

            impl OptionValue for Vec<$item> {
                type Input<'a> = &'a [$item];
                const KINDS: &'static [Kind] = &[Kind::$list];

                fn from_value(value: Value) -> Option<Self> {
                    if let Value::$list(content) = value { Some(content) } else { None }
                }

                fn into_value(input: &[$item]) -> Option<Value> {
                    alloc::copy(input).ok().map(Value::$list)
                }
            }
        )*
    };
}

kinds! {
    plain {
        /// A `struct sock_txtime`.
        TransmitTime, "How the times of packets to be sent are meant: `tai+deadline`.";
        /// The nine numbers of `SO_MEMINFO`.
        MemoryInfo, "The memory that a socket takes.";
        /// A `struct tpacket_stats` or `tpacket_stats_v3`.
        PacketStatistics, "What became of packets.";
        /// A `struct tpacket_rollover_stats`.
        RolloverStatistics, "How often packets were handed on.";
        /// A `struct icmp_filter`.
        IcmpFilter, "The types of ICMP messages that come through: `0,3,8`.";
        /// A `struct icmp6_filter`.
        Icmpv6Filter, "The types of `ICMPv6` messages that come through: `129`.";
        /// A `struct tipc_group_req`.
        TipcGroup, "A group of TIPC sockets: `type:instance:scope:flags`.";
        /// A `struct can_raw_vcid_options`.
        CanXlVcid, "Several numbers, in the order of the fields: as [`CanXlVcid`] says.";
        /// A `struct can_isotp_fc_options`.
        IsotpFlowControl, "Several numbers, in the order of the fields: as [`IsotpFlowControl`] says.";
        /// A `struct can_isotp_ll_options`.
        IsotpLinkLayer, "Several numbers, in the order of the fields: as [`IsotpLinkLayer`] says.";
        /// A `struct can_isotp_options`.
        IsotpOptions, "Several numbers, in the order of the fields: as [`IsotpOptions`] says.";
        /// A `struct sctp_assocparams`.
        SctpAssociation, "Several numbers, in the order of the fields: as [`SctpAssociation`] says.";
        /// A `struct sctp_assoc_value`.
        SctpAssociationValue, "Several numbers, in the order of the fields: as [`SctpAssociationValue`] says.";
        /// A `struct sctp_sack_info`.
        SctpDelayedAck, "Several numbers, in the order of the fields: as [`SctpDelayedAck`] says.";
        /// A `struct sctp_event`.
        SctpEvent, "Several numbers, in the order of the fields: as [`SctpEvent`] says.";
        /// A `struct sctp_event_subscribe`.
        SctpEvents, "Several numbers, in the order of the fields: as [`SctpEvents`] says.";
        /// A `struct sctp_initmsg`.
        SctpInit, "Several numbers, in the order of the fields: as [`SctpInit`] says.";
        /// A `struct sctp_authkeyid`.
        SctpKeyNumber, "Several numbers, in the order of the fields: as [`SctpKeyNumber`] says.";
        /// A `struct sctp_default_prinfo`.
        SctpReliability, "Several numbers, in the order of the fields: as [`SctpReliability`] says.";
        /// A `struct sctp_rtoinfo`.
        SctpRetransmission, "Several numbers, in the order of the fields: as [`SctpRetransmission`] says.";
        /// A `struct sctp_sndinfo`.
        SctpSendInfo, "Several numbers, in the order of the fields: as [`SctpSendInfo`] says.";
        /// A `struct sctp_stream_value`.
        SctpStreamValue, "Several numbers, in the order of the fields: as [`SctpStreamValue`] says.";
        /// A `struct sctp_add_streams`.
        SctpStreams, "Several numbers, in the order of the fields: as [`SctpStreams`] says.";
        /// A `struct tcp_repair_window`.
        TcpRepairWindow, "Several numbers, in the order of the fields: as [`TcpRepairWindow`] says.";
    }
    boxed {
        /// A `struct tcp_info`.
        TcpInfo, "What the kernel knows of a TCP connection.";
        /// A `struct mptcp_info`.
        MptcpInfo, "What the kernel knows of a Multipath TCP connection.";
        /// A `struct xdp_statistics`.
        XdpStatistics, "Packets that an XDP socket dropped.";
        /// A `struct xdp_mmap_offsets`.
        XdpOffsets, "Where an XDP socket's rings have their parts.";
        /// A `struct sctp_status`.
        SctpStatus, "What the kernel knows of an association of SCTP.";
    }
    lists {
        /// Any number of `struct can_filter`.
        CanFilters: CanFilter, "The CAN frames that come through: `123:7ff,400:700`, or `none`.";
        /// Any number of `struct j1939_filter`.
        J1939Filters: J1939Filter, "The messages of J1939 that come through: `0:0:65024:261888:0:0`, or `none`.";
    }
}

/// Whether `kind` is one of `kinds`; the derived comparison cannot run in a constant.
pub(super) const fn is_among(kind: Kind, kinds: &[Kind]) -> bool {
    let mut index = 0;
    while index < kinds.len() {
        if kinds[index] as u8 == kind as u8 {
            return true;
        }
        index += 1;
    }
    false
}

/// In the largest unit that says it exactly: `2s`, `1500ms`.
fn show_duration(f: &mut fmt::Formatter<'_>, duration: Duration) -> fmt::Result {
    match duration.subsec_nanos() {
        0 => write!(f, "{}s", duration.as_secs()),
        nanos if nanos % 1_000_000 == 0 => write!(f, "{}ms", duration.as_millis()),
        nanos if nanos % 1_000 == 0 => write!(f, "{}us", duration.as_micros()),
        _ => write!(f, "{}ns", duration.as_nanos()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_that_each_kind_names_parses_prints_and_goes_to_bytes_and_back() {
        let mut samples = 0;
        for kind in Kind::CONTENTS {
            let Some((_, sample)) = kind.content_wanted().split_once("such as ") else { continue };
            let sample = sample.strip_prefix("the types that pass, such as ").unwrap_or(sample);
            let value = kind.parse_content(sample).unwrap();
            assert_eq!(value.to_string(), sample);
            let bytes = kind.encode_content(&value).unwrap().unwrap();
            let bytes = bytes.as_bytes();
            assert_eq!(kind.decode_content(bytes), Ok(Some(value)), "{kind:?}");
            assert_eq!(kind.decode_content(&bytes[1..]), Ok(None), "{kind:?}");
            assert!(kind.encode_content(&Value::Signal).is_none());
            for wrong in ["", "x", ":", "-1", "+1", &format!("{sample}:1"), &format!("+{sample}")] {
                assert_eq!(kind.parse_content(wrong), None, "{kind:?} {wrong}");
            }
            samples += 1;
        }
        assert!(samples >= 22, "{samples}");
    }

    #[test]
    fn what_is_only_read_is_neither_parsed_nor_encoded() {
        let value = Kind::MemoryInfo.decode_content(&[0; 36]).unwrap().unwrap();
        assert!(Kind::MemoryInfo.encode_content(&value).is_none());
        assert_eq!(Kind::MemoryInfo.parse_content("0"), None);
    }
}
