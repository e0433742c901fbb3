//! What an error of ICMP says: its meaning, and the words for it.

use std::fmt::Write as _;
use std::net::IpAddr;

use berkeley::control::{ErrorOrigin, ExtendedError};
use berkeley_packet::{Packet, protocol};
use rustix::io::Errno;

use super::icmp::{HEADER, Version};

/// What it means that the kernel forbids to send to an address (`EACCES`, send(2)).
pub(crate) const FORBIDDEN: &str = "it is the broadcast address of a network, or a route forbids it";

/// Why the kernel has not sent a probe.
pub(crate) fn unsent(error: &berkeley::Error) -> String {
    let reason = error.reason();
    match error.kind() {
        std::io::ErrorKind::PermissionDenied
            if error.raw_os_error() == Some(Errno::ACCESS.raw_os_error()) =>
        {
            format!("{reason}: {FORBIDDEN}")
        }
        _ => reason,
    }
}

/// An error that a router or a host sent back in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Reason {
    /// Who says so; none where it is not known.
    pub from: Option<IpAddr>,
    /// The type of the message of ICMP.
    pub kind: u8,
    /// Its code.
    pub code: u8,
    /// The MTU of the link that the packet was too large for, in bytes.
    pub mtu: Option<u32>,
    version: Version,
}

/// What an error means for the probe, whichever version of ICMP says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The probe had no hop left.
    Expired,
    /// It is too large for the next link.
    TooBig,
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
    /// Something rarer.
    Other,
}

impl Meaning {
    /// A word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expired => "time_exceeded",
            Self::TooBig => "packet_too_big",
            Self::Network => "network_unreachable",
            Self::Host => "host_unreachable",
            Self::Port => "port_unreachable",
            Self::Protocol => "protocol_unreachable",
            Self::Prohibited => "prohibited",
            Self::Other => "other",
        }
    }

    /// Words for people; `None` where type and code have better ones.
    const fn words(self) -> Option<&'static str> {
        match self {
            Self::Network => Some("network unreachable"),
            Self::Host => Some("host unreachable"),
            Self::Port => Some("port unreachable"),
            Self::Protocol => Some("protocol unreachable"),
            Self::Prohibited => Some("administratively prohibited"),
            Self::Expired | Self::TooBig | Self::Other => None,
        }
    }
}

impl Reason {
    /// One of that type and code, from there.
    pub const fn new(version: Version, from: Option<IpAddr>, kind: u8, code: u8) -> Self {
        Self { from, kind, code, mtu: None, version }
    }

    /// What the error queue tells; `None` where it is no router or host that reports.
    pub fn of(error: &ExtendedError) -> Option<Self> {
        let version = match error.origin {
            ErrorOrigin::ICMP => Version::V4,
            ErrorOrigin::ICMP6 => Version::V6,
            _ => return None,
        };
        let from = error.offender.map(|offender| offender.ip());
        Some(Self { from, kind: error.kind, code: error.code, mtu: error.mtu(), version })
    }

    /// What type and code mean: RFC 792 and 1812 for IPv4, RFC 4443 for IPv6.
    pub const fn meaning(&self) -> Meaning {
        match (self.version, self.kind, self.code) {
            (Version::V4, 11, 0) | (Version::V6, 3, 0) => Meaning::Expired,
            (Version::V4, 3, 4) | (Version::V6, 2, _) => Meaning::TooBig,
            (Version::V4, 3, 0 | 6 | 8 | 11) | (Version::V6, 1, 0 | 2) => Meaning::Network,
            (Version::V4, 3, 1 | 7 | 12) | (Version::V6, 1, 3) => Meaning::Host,
            (Version::V4, 3, 3) | (Version::V6, 1, 4) => Meaning::Port,
            (Version::V4, 3, 2) | (Version::V6, 4, 1) => Meaning::Protocol,
            (Version::V4, 3, 9 | 10 | 13..=15) | (Version::V6, 1, 1 | 5 | 6) => Meaning::Prohibited,
            _ => Meaning::Other,
        }
    }

    /// Whether the code says more than its meaning: not only that a host is unreachable, but that nobody knows it.
    const fn says_more(&self) -> bool {
        matches!(
            (self.version, self.kind, self.code),
            (Version::V4, 3, 6..=8 | 11 | 12 | 14 | 15) | (Version::V6, 1, 2 | 5 | 6)
        )
    }

    /// In words, as ping(8) has them: `host unreachable`, the same for both versions.
    pub fn words(&self) -> String {
        match self.meaning().words().filter(|_| !self.says_more()) {
            Some(words) => words.to_owned(),
            None => self.words_of_packets(),
        }
    }

    /// As packets are shown. What the type says is left out where the code says more.
    fn words_of_packets(&self) -> String {
        let name = match self.version {
            Version::V4 => "icmp",
            Version::V6 => "icmpv6",
        };
        let mut words = String::new();
        if let Some(protocol) = protocol::ALL.iter().find(|protocol| protocol.name == name) {
            let header: [u8; HEADER] = [self.kind, self.code, 0, 0, 0, 0, 0, 0];
            let packet = Packet::decode_as(protocol, &header, HEADER);
            if let Some(layer) = packet.layers().next() {
                // Writing to a String never fails.
                let _ = layer.line(&mut words);
            }
        }
        let code =
            ["Destination unreachable, ", "Time exceeded, "].iter().find_map(|kind| words.strip_prefix(kind));
        let mut words = code.map_or_else(|| words.to_lowercase(), str::to_owned);
        if let Some(mtu) = self.mtu {
            let _ = write!(words, ", MTU {mtu}");
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_same_words_in_both_versions() {
        let rows = [
            (Version::V4, 3, 1, "host unreachable"),
            (Version::V4, 3, 3, "port unreachable"),
            (Version::V4, 3, 7, "host unknown"),
            (Version::V4, 3, 13, "administratively prohibited"),
            (Version::V4, 11, 0, "time to live exceeded in transit"),
            (Version::V6, 1, 0, "network unreachable"),
            (Version::V6, 1, 1, "administratively prohibited"),
            (Version::V6, 1, 2, "beyond the source's scope"),
            (Version::V6, 1, 3, "host unreachable"),
            (Version::V6, 1, 4, "port unreachable"),
            (Version::V6, 4, 1, "protocol unreachable"),
            (Version::V6, 3, 0, "hop limit exceeded in transit"),
            (Version::V4, 200, 9, "type 200"),
        ];
        for (version, kind, code, want) in rows {
            let reason = Reason::new(version, None, kind, code);
            assert_eq!(reason.words(), want);
        }
        let large = Reason { mtu: Some(1400), ..Reason::new(Version::V4, None, 3, 4) };
        assert_eq!(large.words(), "fragmentation needed, MTU 1400");
    }

    #[test]
    fn types_and_codes_mean_what_the_rfcs_say() {
        let rows = [
            (Version::V4, 11, 0, Meaning::Expired),
            (Version::V4, 11, 1, Meaning::Other),
            (Version::V4, 3, 0, Meaning::Network),
            (Version::V4, 3, 1, Meaning::Host),
            (Version::V4, 3, 2, Meaning::Protocol),
            (Version::V4, 3, 3, Meaning::Port),
            (Version::V4, 3, 4, Meaning::TooBig),
            (Version::V4, 3, 13, Meaning::Prohibited),
            (Version::V4, 12, 1, Meaning::Other),
            (Version::V6, 3, 0, Meaning::Expired),
            (Version::V6, 2, 0, Meaning::TooBig),
            (Version::V6, 1, 0, Meaning::Network),
            (Version::V6, 1, 1, Meaning::Prohibited),
            (Version::V6, 1, 3, Meaning::Host),
            (Version::V6, 1, 4, Meaning::Port),
            (Version::V6, 4, 1, Meaning::Protocol),
            (Version::V6, 4, 0, Meaning::Other),
        ];
        for (version, kind, code, want) in rows {
            assert_eq!(Reason::new(version, None, kind, code).meaning(), want, "{version:?} {kind}/{code}");
        }
    }
}
