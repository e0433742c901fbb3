//! Checksums of the Internet protocols (RFC 1071).

use etherparse::checksum::Sum16BitWords;

use super::packet::Layer;

/// Whether a checksum fits the bytes that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// It fits.
    Good,
    /// It does not fit; this one would.
    Bad(u16),
    /// It holds the sum of the pseudo-header alone: the network card was to finish it. So it is with packets that are
    /// captured where they are sent, and on loopback.
    Offloaded,
    /// The sender has left it out, as UDP over IPv4 may.
    Absent,
    /// The bytes that it covers are not all there: the packet is a fragment, or the capture kept only a part.
    Unknown,
}

impl Check {
    /// In a word: `good`, `bad`, `offloaded`, `absent`, `unknown`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad(_) => "bad",
            Self::Offloaded => "offloaded",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        }
    }
}

/// What a checksum over `bytes` says, which hold it themselves at `at`; `pseudo` is the sum of the pseudo-header.
pub(crate) fn check(bytes: &[u8], at: usize, pseudo: Sum16BitWords) -> Check {
    let Some(found) = bytes.get(at..at + 2).and_then(|two| <[u8; 2]>::try_from(two).ok()) else {
        return Check::Unknown;
    };
    let partial = !pseudo.ones_complement().to_be();
    let wanted = of(bytes, at, pseudo);
    let found = u16::from_be_bytes(found);
    // Zero and all ones are the same number here.
    if found == wanted || (found ^ wanted) == 0xffff && (found == 0 || wanted == 0) {
        return Check::Good;
    }
    if found == partial { Check::Offloaded } else { Check::Bad(wanted) }
}

/// What the checksum at byte `at` of a header of `layer` says, which covers what the header carries too, and the
/// pseudo-header of the IP header around it; `number` is its protocol's.
pub(crate) fn check_transport(layer: Layer<'_>, at: usize, number: u8) -> Check {
    check_with_addresses(layer, layer.bytes(), at, number)
}

/// The same of a message that covers all that follows it, beside the packet that it quotes.
pub(crate) fn check_message(layer: Layer<'_>, at: usize, number: u8) -> Check {
    match layer.outer() {
        Some(outer) if !outer.is_cut() => check_with_addresses(layer, layer.with_rest(), at, number),
        _ => Check::Unknown,
    }
}

fn check_with_addresses(layer: Layer<'_>, bytes: &[u8], at: usize, number: u8) -> Check {
    let Some(outer) = layer.around(&["ip", "ipv6"]) else { return Check::Unknown };
    match addresses(outer.protocol().name, outer.header()) {
        Some((source, destination)) if !layer.is_cut() && !is_fragment(outer) => {
            check(bytes, at, pseudo_header(source, destination, number, bytes.len()))
        }
        _ => Check::Unknown,
    }
}

/// Whether only a part of what the IP header `layer` carries is there.
pub(crate) fn is_fragment(layer: Layer<'_>) -> bool {
    let number = |name| layer.field(name).and_then(|value| value.number());
    number("ip.flags.mf") == Some(1) || number("ip.frag_offset").is_some_and(|offset| offset > 0)
}

/// The addresses of an IP header, source and destination, as bytes.
pub(crate) fn addresses<'a>(protocol: &str, header: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    match protocol {
        "ip" => Some((header.get(12..16)?, header.get(16..20)?)),
        "ipv6" => Some((header.get(8..24)?, header.get(24..40)?)),
        _ => None,
    }
}

/// The checksum over `bytes`, as if the two bytes at `at` were zero.
pub(crate) fn of(bytes: &[u8], at: usize, pseudo: Sum16BitWords) -> u16 {
    let (before, after) = bytes.split_at(at.min(bytes.len()));
    let after = after.get(2..).unwrap_or_default();
    // Where the checksum stands at an odd byte, the halves would be summed shifted: no protocol has one there.
    pseudo.add_slice(before).add_slice(after).ones_complement().to_be()
}

/// The sum of a pseudo-header (RFC 9293, 3.1; RFC 8200, 8.1): the addresses, the protocol and the length.
pub(crate) fn pseudo_header(source: &[u8], destination: &[u8], protocol: u8, length: usize) -> Sum16BitWords {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let mut addresses = Sum16BitWords::new().add_slice(source).add_slice(destination);
    addresses.add_4bytes(length.to_be_bytes()).add_2bytes([0, protocol])
}
