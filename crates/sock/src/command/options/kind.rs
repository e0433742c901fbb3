//! The kinds of sockets that can be made without a place: a word each.

use berkeley::option::Level;
use berkeley::{Family, Protocol, Type};

use crate::endpoint::nearest::nearest;

/// A kind of socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// The word for it.
    pub(super) name: &'static str,
    /// The family; that of `-4` where both of IP are meant.
    pub(super) family: Family,
    /// The type.
    pub(super) type_of: Type,
    /// The protocol.
    pub(super) protocol: Protocol,
    /// Whether `-4` and `-6` choose its family.
    pub(super) either: bool,
}

const fn of_ip(name: &'static str, type_of: Type, protocol: Protocol) -> Kind {
    Kind { name, family: Family::INET, type_of, protocol, either: true }
}

const fn of(name: &'static str, family: Family, type_of: Type, protocol: Protocol) -> Kind {
    Kind { name, family, type_of, protocol, either: false }
}

/// Every kind: first those that endpoints have, then one for each further level of options.
pub(super) const KINDS: [Kind; 20] = [
    of_ip("tcp", Type::STREAM, Protocol::TCP),
    of_ip("udp", Type::DGRAM, Protocol::UDP),
    of("unix", Family::UNIX, Type::STREAM, Protocol::DEFAULT),
    of("unix-dgram", Family::UNIX, Type::DGRAM, Protocol::DEFAULT),
    of("unix-seqpacket", Family::UNIX, Type::SEQPACKET, Protocol::DEFAULT),
    of_ip("mptcp", Type::STREAM, Protocol::MPTCP),
    of_ip("udplite", Type::DGRAM, Protocol::UDPLITE),
    of_ip("sctp", Type::STREAM, Protocol::SCTP),
    of_ip("dccp", Type::DCCP, Protocol::DCCP),
    of("icmp", Family::INET, Type::RAW, Protocol::ICMP),
    of("icmpv6", Family::INET6, Type::RAW, Protocol::ICMPV6),
    of("packet", Family::PACKET, Type::RAW, Protocol::DEFAULT),
    of("netlink", Family::NETLINK, Type::RAW, Protocol::DEFAULT),
    of("vsock", Family::VSOCK, Type::STREAM, Protocol::DEFAULT),
    of("can", Family::CAN, Type::RAW, Protocol::CAN_RAW),
    of("isotp", Family::CAN, Type::DGRAM, Protocol::CAN_ISOTP),
    of("j1939", Family::CAN, Type::DGRAM, Protocol::CAN_J1939),
    of("alg", Family::ALG, Type::SEQPACKET, Protocol::DEFAULT),
    of("tipc", Family::TIPC, Type::STREAM, Protocol::DEFAULT),
    of("xdp", Family::XDP, Type::RAW, Protocol::DEFAULT),
];

/// The kind that a word names, with or without what ends a scheme: `udp`, `udp://`, `unix:`.
pub(super) fn named(word: &str) -> Option<Kind> {
    let name = word.strip_suffix("://").or_else(|| word.strip_suffix(':')).unwrap_or(word);
    KINDS.into_iter().find(|kind| kind.name.eq_ignore_ascii_case(name))
}

/// The kind that a word without a colon was probably meant to name.
pub(super) fn meant(word: &str) -> Option<&'static str> {
    if word.contains([':', '/', '@']) { None } else { nearest(word, KINDS.iter().map(|kind| kind.name)) }
}

/// The levels whose options a socket has.
pub(super) fn levels(family: Family, type_of: Type, protocol: Protocol) -> Vec<Level> {
    let mut levels = vec![Level::SOCKET];
    levels.extend_from_slice(match family {
        Family::INET => &[Level::IP],
        // Addresses of IPv4 are spoken to over it as well.
        Family::INET6 => &[Level::IP, Level::IPV6],
        Family::PACKET => &[Level::PACKET],
        Family::NETLINK => &[Level::NETLINK],
        Family::VSOCK => &[Level::VSOCK],
        Family::CAN => match protocol {
            Protocol::CAN_ISOTP => &[Level::ISOTP],
            Protocol::CAN_J1939 => &[Level::J1939],
            _ => &[Level::CAN],
        },
        Family::ALG => &[Level::ALG],
        Family::TIPC => &[Level::TIPC],
        Family::XDP => &[Level::XDP],
        _ => &[],
    });
    if matches!(family, Family::INET | Family::INET6) {
        levels.extend_from_slice(match (protocol, type_of) {
            (Protocol::TCP, _) => &[Level::TCP],
            (Protocol::UDP, _) => &[Level::UDP],
            (Protocol::UDPLITE, _) => &[Level::UDP, Level::UDPLITE],
            (Protocol::SCTP, _) => &[Level::SCTP],
            (Protocol::DCCP, _) => &[Level::DCCP],
            (Protocol::MPTCP, _) => &[Level::TCP, Level::MPTCP],
            (Protocol::ICMP, Type::RAW) => &[Level::ICMP],
            (Protocol::ICMPV6, Type::RAW) => &[Level::ICMPV6],
            _ => &[],
        });
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_as_schemes_are_and_slips_are_mended() {
        for word in ["udp", "udp:", "udp://", "UDP"] {
            assert_eq!(named(word).map(|kind| kind.name), Some("udp"), "{word}");
        }
        for word in ["udp:/", "upd", "", "udp://x:1", ":"] {
            assert_eq!(named(word), None, "{word}");
        }
        assert_eq!((meant("upd"), meant("localhost:80"), meant("example.org")), (Some("udp"), None, None));
    }

    #[test]
    fn every_level_is_some_kinds() {
        for level in Level::ALL {
            let has = |kind: &Kind| levels(kind.family, kind.type_of, kind.protocol).contains(level);
            let over_ipv6 = levels(Family::INET6, Type::STREAM, Protocol::TCP).contains(level);
            assert!(KINDS.iter().any(has) || over_ipv6, "{level:?}");
        }
    }
}
