//! What an error says that it happened to: `tcp 127.0.0.1:9`, `unix-dgram`, `udp`.
//!
//! Asked of the kernel when an error has happened, so that a socket that works carries no words about itself.

use std::os::fd::BorrowedFd;

use crate::address::Address;
use crate::kinds::{Family, Protocol, Type};
use crate::sys::socket::RawAddress;
use crate::sys::{constants as c, option, socket};

/// The transport and the address; the peer's where none is given and there is or was one.
pub(super) fn target(fd: BorrowedFd<'_>, address: Option<&Address>) -> String {
    let transport = transport(fd);
    // Of a connection that was reset getpeername(2) has no peer any more.
    let peer = || {
        let peer = socket::peer_address(fd).or_else(|_| socket::last_peer_address(fd));
        peer.ok().map(|raw| decode(&raw))
    };
    match address.copied().or_else(peer).filter(|address| !address.is_unnamed()) {
        Some(address) => join(&transport, &address.to_string()),
        None => transport,
    }
}

/// `tcp 127.0.0.1:9`; but `vsock:2:1234` alone, which says its transport itself.
pub(crate) fn join(transport: &str, address: &str) -> String {
    let says_it = address.strip_prefix(transport).is_some_and(|rest| rest.starts_with(':'));
    if says_it { address.to_owned() } else { format!("{transport} {address}") }
}

/// The transport by the name that endpoints use: `tcp`, `udp`, `unix-seqpacket`, `fd` for what is no socket.
pub(super) fn transport(fd: BorrowedFd<'_>) -> String {
    let ask = |name| option::option_i32(fd, c::SOL_SOCKET, name);
    let (Ok(family), Ok(kind)) = (ask(c::SO_DOMAIN), ask(c::SO_TYPE)) else {
        return "fd".to_owned();
    };
    let protocol = ask(c::SO_PROTOCOL).unwrap_or(0);
    kinds(Family::from_raw(family), Type::from_raw(kind), Protocol::from_raw(protocol))
}

/// The transport that a family, a type and a protocol make.
pub(crate) fn kinds(family: Family, kind: Type, protocol: Protocol) -> String {
    let kind = Type::from_raw(kind.as_raw() & !c::SOCK_NONBLOCK);
    let name = match family {
        Family::INET | Family::INET6 => ip(kind, protocol),
        Family::CAN | Family::BLUETOOTH | Family::PPPOX => by_protocol(family, protocol),
        _ => by_type(family, kind),
    };
    match name {
        Some(name) => name.to_owned(),
        None if kind == Type::RAW && matches!(family, Family::INET | Family::INET6) => {
            format!("raw/{}", protocol.as_raw())
        }
        None => format!("{family:?}/{kind:?}/{}", protocol.as_raw()),
    }
}

fn ip(kind: Type, protocol: Protocol) -> Option<&'static str> {
    Some(match (kind, protocol) {
        (Type::STREAM, Protocol::DEFAULT | Protocol::TCP) => "tcp",
        (Type::STREAM, Protocol::MPTCP) => "mptcp",
        (Type::DGRAM, Protocol::DEFAULT | Protocol::UDP) => "udp",
        (Type::DGRAM, Protocol::UDPLITE) => "udplite",
        (Type::DGRAM | Type::RAW, Protocol::ICMP) => "icmp",
        (Type::DGRAM | Type::RAW, Protocol::ICMPV6) => "icmpv6",
        (_, Protocol::SCTP) => "sctp",
        (Type::DCCP, _) => "dccp",
        _ => return None,
    })
}

/// Families of which the protocol says what a socket is for.
fn by_protocol(family: Family, protocol: Protocol) -> Option<&'static str> {
    Some(match protocol.name_in(family)? {
        "CAN_RAW" => "can-raw",
        "CAN_BCM" => "can-bcm",
        "CAN_ISOTP" => "can-isotp",
        "CAN_J1939" => "can-j1939",
        "BTPROTO_L2CAP" => "l2cap",
        "BTPROTO_HCI" => "hci",
        "BTPROTO_SCO" => "sco",
        "BTPROTO_RFCOMM" => "rfcomm",
        "BTPROTO_ISO" => "bluetooth-iso",
        "PX_PROTO_OE" => "pppoe",
        "PX_PROTO_OL2TP" => "l2tp",
        "PX_PROTO_PPTP" => "pptp",
        _ => return None,
    })
}

/// Families of which the type does, where there is more than one.
fn by_type(family: Family, kind: Type) -> Option<&'static str> {
    Some(match (family, kind) {
        (Family::UNIX, Type::STREAM) => "unix",
        (Family::UNIX, Type::DGRAM) => "unix-dgram",
        (Family::UNIX, Type::SEQPACKET) => "unix-seqpacket",
        (Family::NETLINK, Type::RAW | Type::DGRAM) => "netlink",
        (Family::PACKET, Type::RAW) => "packet",
        (Family::PACKET, Type::DGRAM) => "packet-dgram",
        (Family::VSOCK, Type::STREAM) => "vsock",
        (Family::VSOCK, Type::DGRAM) => "vsock-dgram",
        (Family::VSOCK, Type::SEQPACKET) => "vsock-seqpacket",
        (Family::ALG, Type::SEQPACKET) => "alg",
        (Family::TIPC, Type::STREAM) => "tipc",
        (Family::TIPC, Type::SEQPACKET) => "tipc-seqpacket",
        (Family::TIPC, Type::RDM) => "tipc-rdm",
        (Family::TIPC, Type::DGRAM) => "tipc-dgram",
        (Family::QIPCRTR, Type::DGRAM) => "qipcrtr",
        (Family::XDP, Type::RAW) => "xdp",
        (Family::RDS, Type::SEQPACKET) => "rds",
        (Family::LLC, Type::STREAM) => "llc",
        (Family::LLC, Type::DGRAM) => "llc-dgram",
        (Family::NFC, Type::RAW) => "nfc-raw",
        (Family::NFC, Type::STREAM | Type::SEQPACKET) => "nfc",
        (Family::NFC, Type::DGRAM) => "nfc-dgram",
        (Family::PHONET, Type::DGRAM) => "phonet",
        (Family::PHONET, Type::SEQPACKET) => "phonet-pipe",
        (Family::IEEE802154, Type::DGRAM) => "ieee802154",
        (Family::IEEE802154, Type::RAW) => "ieee802154-raw",
        (Family::X25, Type::SEQPACKET) => "x25",
        (Family::KCM, Type::DGRAM) => "kcm",
        (Family::KCM, Type::SEQPACKET) => "kcm-seqpacket",
        (Family::SMC, Type::STREAM) => "smc",
        (Family::MCTP, Type::DGRAM) => "mctp",
        _ => return None,
    })
}

/// The address in the bytes that the kernel gave.
#[inline]
pub(super) fn decode((bytes, length): &RawAddress) -> Address {
    Address::decode(&bytes[..*length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transports_have_the_names_of_endpoints() {
        let rows = [
            (Family::INET, Type::STREAM, Protocol::DEFAULT, "tcp"),
            (Family::INET6, Type::STREAM.nonblocking(), Protocol::TCP, "tcp"),
            (Family::INET, Type::STREAM, Protocol::MPTCP, "mptcp"),
            (Family::INET, Type::DGRAM, Protocol::DEFAULT, "udp"),
            (Family::INET, Type::RAW, Protocol::ICMP, "icmp"),
            (Family::INET, Type::RAW, Protocol::from_raw(89), "raw/89"),
            (Family::UNIX, Type::SEQPACKET, Protocol::DEFAULT, "unix-seqpacket"),
            (Family::VSOCK, Type::STREAM.nonblocking(), Protocol::DEFAULT, "vsock"),
            (Family::NETLINK, Type::RAW, Protocol::NETLINK_GENERIC, "netlink"),
            (Family::CAN, Type::DGRAM, Protocol::CAN_ISOTP, "can-isotp"),
            (Family::CAN, Type::DGRAM, Protocol::from_raw(5), "AF_CAN/SOCK_DGRAM/5"),
            (Family::BLUETOOTH, Type::STREAM, Protocol::BTPROTO_RFCOMM, "rfcomm"),
            (Family::PPPOX, Type::STREAM, Protocol::PX_PROTO_OE, "pppoe"),
            (Family::UNIX, Type::RDM, Protocol::TCP, "AF_UNIX/SOCK_RDM/6"),
            (Family::from_raw(99), Type::STREAM, Protocol::DEFAULT, "Family(99)/SOCK_STREAM/0"),
        ];
        for (family, kind, protocol, want) in rows {
            assert_eq!(kinds(family, kind, protocol), want);
        }
    }

    #[test]
    fn an_address_that_names_its_transport_stands_alone() {
        let rows = [
            ("tcp", "127.0.0.1:9", "tcp 127.0.0.1:9"),
            ("vsock", "vsock:2:1234", "vsock:2:1234"),
            ("vsock-dgram", "vsock:2:1234", "vsock-dgram vsock:2:1234"),
            ("unix", "unixes", "unix unixes"),
        ];
        for (transport, address, want) in rows {
            assert_eq!(join(transport, address), want);
        }
    }
}
