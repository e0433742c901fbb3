//! What an answer says: an error of ICMP, or what the target itself sent.

use std::net::IpAddr;

use crate::probe::reason::{Meaning, Reason};

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
    /// ICMP's destination unreachable, from the target itself: `Meaning::Port` is the usual one.
    Unreachable(Reason),
}

impl Says {
    /// What an ICMP error says of a probe to `target`.
    pub fn of_icmp(reason: Reason, target: IpAddr) -> Self {
        match reason.meaning() {
            Meaning::Expired => Self::Expired,
            Meaning::TooBig => Self::TooBig(reason.mtu.unwrap_or_default()),
            // Whatever the target has against it, it came.
            _ if reason.from == Some(target) => Self::Arrived(Arrival::Unreachable(reason)),
            _ => Self::Refused(reason),
        }
    }

    /// Whether the probe, and each that would go farther, ends there.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Arrived(_) | Self::Refused(_))
    }

    /// A word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expired => Meaning::Expired.word(),
            Self::Arrived(Arrival::EchoReply) => "echo_reply",
            Self::Arrived(Arrival::Datagram) => "datagram",
            Self::Arrived(Arrival::Open) => "port_open",
            Self::Arrived(Arrival::Reset) => "reset",
            Self::TooBig(_) => Meaning::TooBig.word(),
            Self::Arrived(Arrival::Unreachable(reason)) | Self::Refused(reason) => reason.meaning().word(),
        }
    }
}

/// Why a destination is unreachable, by the code of ICMP for IPv4.
#[cfg(test)]
pub const fn unreachable(code: u8) -> Reason {
    Reason::new(crate::probe::icmp::Version::V4, None, 3, code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::icmp::Version;

    #[test]
    fn what_the_target_itself_refuses_has_arrived() {
        let (router, target) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 9]));
        let error = |from, kind, code| Reason::new(Version::V4, Some(from), kind, code);
        let (refused, closed) = (error(router, 3, 3), error(target, 3, 3));
        let mut large = error(router, 3, 4);
        large.mtu = Some(1400);
        let rows = [
            (error(router, 11, 0), Says::Expired, "time_exceeded"),
            (large, Says::TooBig(1400), "packet_too_big"),
            (error(router, 3, 4), Says::TooBig(0), "packet_too_big"),
            (refused, Says::Refused(refused), "port_unreachable"),
            (closed, Says::Arrived(Arrival::Unreachable(closed)), "port_unreachable"),
        ];
        for (reason, want, word) in rows {
            let says = Says::of_icmp(reason, target);
            assert_eq!((says, says.word()), (want, word), "{reason:?}");
        }
    }
}
