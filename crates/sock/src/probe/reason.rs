//! What an error of ICMP says, in words.

use std::fmt::Write as _;
use std::net::IpAddr;

use berkeley::control::{ControlBuffer, ControlMessage, ErrorOrigin, ExtendedError, ip, ipv6};
use berkeley_packet::{Packet, protocol};

use super::icmp::{HEADER, Version};

/// An error that a router or a host sent back in place of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// Whether it says that nobody listens at the port, which only the host itself can say.
    pub const fn is_closed_port(&self) -> bool {
        matches!((self.version, self.kind, self.code), (Version::V4, 3, 3) | (Version::V6, 1, 4))
    }

    /// In words, as ping(8) has them: `host unreachable`. What the type says is left out where the code says more.
    pub fn words(&self) -> String {
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

/// The error among the control messages of the error queue.
pub fn error_in(control: &mut ControlBuffer) -> Option<ExtendedError> {
    control.messages().find_map(|message| match message {
        ControlMessage::Ip(ip::Message::Error(error)) | ControlMessage::Ipv6(ipv6::Message::Error(error)) => {
            Some(error)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_words_of_packets() {
        let rows = [
            (Version::V4, 3, 1, "host unreachable"),
            (Version::V4, 3, 3, "port unreachable"),
            (Version::V4, 11, 0, "time to live exceeded in transit"),
            (Version::V6, 1, 4, "port unreachable"),
            (Version::V6, 3, 0, "hop limit exceeded in transit"),
            (Version::V4, 200, 9, "type 200"),
        ];
        for (version, kind, code, want) in rows {
            let reason = Reason::new(version, None, kind, code);
            assert_eq!(reason.words(), want);
            assert_eq!(reason.is_closed_port(), want.contains("port"), "{want}");
        }
        let large = Reason { mtu: Some(1400), ..Reason::new(Version::V4, None, 3, 4) };
        assert_eq!(large.words(), "fragmentation needed, MTU 1400");
    }
}
