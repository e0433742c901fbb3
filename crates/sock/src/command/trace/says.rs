//! What an answer means: an ICMP type and code, or what the target itself sent.

use std::fmt;
use std::net::IpAddr;

/// What an answer to a probe says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// A router: the probe had no hop left.
    Expired,
    /// The target: it came.
    Arrived(Arrival),
    /// A router: it goes no farther.
    Refused(Reason),
    /// A router: it is too large for the next link, which takes so many bytes; 0 where an old router does not say.
    TooBig(u32),
}

/// By which answer the target shows that a probe came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrival {
    /// ICMP's echo reply.
    EchoReply,
    /// A datagram: somebody serves that port.
    Datagram,
    /// A SYN-ACK: the port is open.
    Open,
    /// A reset: the port is closed.
    Reset,
    /// ICMP's destination unreachable, from the target itself: `Reason::Port` is the usual one.
    Unreachable(Reason),
}

/// Why a probe goes no farther.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No route to the network.
    Network,
    /// The host does not answer on its own network.
    Host,
    /// Nobody has that port.
    Port,
    /// The protocol is not spoken there.
    Protocol,
    /// A firewall or a policy forbids it.
    Prohibited,
    /// Something rarer: the ICMP type and code.
    Other(u8, u8),
}

impl Says {
    /// The meaning of an ICMP error of this type and code for a probe to `target`; `info` is the MTU, if it says one.
    ///
    /// RFC 792 and 1812 for IPv4, RFC 4443 for IPv6.
    pub fn of_icmp(from: IpAddr, target: IpAddr, kind: u8, code: u8, info: u32) -> Self {
        let says = if from.is_ipv4() { of_icmp4(kind, code, info) } else { of_icmp6(kind, code, info) };
        match says {
            // Whatever the target has against it, it came.
            Self::Refused(reason) if from == target => Self::Arrived(Arrival::Unreachable(reason)),
            says => says,
        }
    }

    /// Whether the probe, and each that would go farther, ends there.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Arrived(_) | Self::Refused(_))
    }

    /// A word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expired => "time_exceeded",
            Self::Arrived(Arrival::EchoReply) => "echo_reply",
            Self::Arrived(Arrival::Datagram) => "datagram",
            Self::Arrived(Arrival::Open) => "port_open",
            Self::Arrived(Arrival::Reset) => "reset",
            Self::TooBig(_) => "packet_too_big",
            Self::Arrived(Arrival::Unreachable(reason)) | Self::Refused(reason) => reason.word(),
        }
    }
}

impl Reason {
    fn word(self) -> &'static str {
        match self {
            Self::Network => "network_unreachable",
            Self::Host => "host_unreachable",
            Self::Port => "port_unreachable",
            Self::Protocol => "protocol_unreachable",
            Self::Prohibited => "prohibited",
            Self::Other(..) => "other",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "network unreachable",
            Self::Host => "host unreachable",
            Self::Port => "port unreachable",
            Self::Protocol => "protocol unreachable",
            Self::Prohibited => "administratively prohibited",
            Self::Other(kind, code) => return write!(f, "ICMP type {kind} code {code}"),
        })
    }
}

fn of_icmp4(kind: u8, code: u8, info: u32) -> Says {
    Says::Refused(match (kind, code) {
        (11, 0) => return Says::Expired,
        (3, 4) => return Says::TooBig(info),
        (3, 0 | 6 | 8 | 11) => Reason::Network,
        (3, 1 | 7 | 12) => Reason::Host,
        (3, 2) => Reason::Protocol,
        (3, 3) => Reason::Port,
        (3, 9 | 10 | 13..=15) => Reason::Prohibited,
        _ => Reason::Other(kind, code),
    })
}

fn of_icmp6(kind: u8, code: u8, info: u32) -> Says {
    Says::Refused(match (kind, code) {
        (3, 0) => return Says::Expired,
        (2, _) => return Says::TooBig(info),
        (1, 0 | 2) => Reason::Network,
        (1, 3) => Reason::Host,
        (1, 4) => Reason::Port,
        (1, 1 | 5 | 6) => Reason::Prohibited,
        (4, 1) => Reason::Protocol,
        _ => Reason::Other(kind, code),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_codes_mean_what_the_rfcs_say() {
        let (router4, router6) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([1; 8]));
        let (target4, target6) = (IpAddr::from([10, 0, 0, 9]), IpAddr::from([9; 8]));
        let port = Says::Arrived(Arrival::Unreachable(Reason::Port));
        let rows = [
            (router4, target4, 11, 0, 0, Says::Expired),
            (router4, target4, 3, 0, 0, Says::Refused(Reason::Network)),
            (router4, target4, 3, 1, 0, Says::Refused(Reason::Host)),
            (router4, target4, 3, 13, 0, Says::Refused(Reason::Prohibited)),
            (router4, target4, 3, 4, 1400, Says::TooBig(1400)),
            (router4, target4, 3, 3, 0, Says::Refused(Reason::Port)),
            (target4, target4, 3, 3, 0, port),
            (target4, target4, 3, 13, 0, Says::Arrived(Arrival::Unreachable(Reason::Prohibited))),
            (router4, target4, 12, 1, 0, Says::Refused(Reason::Other(12, 1))),
            (router6, target6, 3, 0, 0, Says::Expired),
            (router6, target6, 2, 0, 1280, Says::TooBig(1280)),
            (router6, target6, 1, 0, 0, Says::Refused(Reason::Network)),
            (router6, target6, 1, 1, 0, Says::Refused(Reason::Prohibited)),
            (router6, target6, 1, 3, 0, Says::Refused(Reason::Host)),
            (target6, target6, 1, 4, 0, port),
        ];
        for (from, target, kind, code, info, want) in rows {
            assert_eq!(Says::of_icmp(from, target, kind, code, info), want, "{from} {kind}/{code}");
        }
    }
}
