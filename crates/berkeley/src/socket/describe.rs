//! What an error says that it happened to: `tcp 127.0.0.1:9`, `unix-dgram`, `udp`.
//!
//! Asked of the kernel when an error has happened, so that a socket that works carries no words about itself.

use std::os::fd::BorrowedFd;

use crate::address::Address;
use crate::kinds::{Family, Protocol, Type};
use crate::sys::socket::RawAddress;
use crate::sys::{constants as c, option, socket};

/// The transport and the address; the peer's where none is given and there is one.
pub(super) fn target(fd: BorrowedFd<'_>, address: Option<&Address>) -> String {
    let transport = transport(fd);
    let peer = || socket::peer_address(fd).ok().map(|raw| decode(&raw));
    match address.copied().or_else(peer).filter(|address| !address.is_unnamed()) {
        Some(address) => format!("{transport} {address}"),
        None => transport,
    }
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
    let inet = family == Family::INET || family == Family::INET6;
    let name = match (kind, protocol) {
        (Type::STREAM, Protocol::DEFAULT | Protocol::TCP) if inet => "tcp",
        (Type::STREAM, Protocol::MPTCP) if inet => "mptcp",
        (Type::DGRAM, Protocol::DEFAULT | Protocol::UDP) if inet => "udp",
        (Type::DGRAM, Protocol::UDPLITE) if inet => "udplite",
        (Type::DGRAM | Type::RAW, Protocol::ICMP) if inet => "icmp",
        (Type::DGRAM | Type::RAW, Protocol::ICMPV6) if inet => "icmpv6",
        (_, Protocol::SCTP) if inet => "sctp",
        (Type::RAW, _) if inet => return format!("raw/{}", protocol.as_raw()),
        (Type::STREAM, _) if family == Family::UNIX => "unix",
        (Type::DGRAM, _) if family == Family::UNIX => "unix-dgram",
        (Type::SEQPACKET, _) if family == Family::UNIX => "unix-seqpacket",
        _ => return format!("{family:?}/{kind:?}/{}", protocol.as_raw()),
    };
    name.to_owned()
}

/// The address in the bytes that the kernel gave.
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
            (Family::from_raw(40), Type::STREAM, Protocol::DEFAULT, "Family(40)/SOCK_STREAM/0"),
        ];
        for (family, kind, protocol, want) in rows {
            assert_eq!(kinds(family, kind, protocol), want);
        }
    }
}
