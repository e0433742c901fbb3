//! Checksums of the Internet protocols (RFC 1071), and that of SCTP (RFC 9260, appendix A).

use etherparse::checksum::Sum16BitWords;

use super::packet::Layer;

/// Whether a checksum fits the bytes that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// It fits.
    Good,
    /// It does not fit; this one would.
    Bad(u32),
    /// It holds the sum of the pseudo-header alone, or of SCTP zero: the network card was to finish it. So it is with
    /// packets that are captured where they are sent, and on loopback.
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
    if found == partial { Check::Offloaded } else { Check::Bad(wanted.into()) }
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
    let Some(outer) = layer.around_ip() else { return Check::Unknown };
    let between =
        std::iter::successors(outer.inner(), Layer::inner).take_while(|it| it.start() < layer.start());
    let route = between.filter(|it| it.protocol().name == "ipv6.routing").last();
    let route = route.map(|route| route.header());
    match final_addresses(outer.protocol().name, outer.header(), route) {
        Some((source, destination)) if !layer.is_cut() && !layer.is_in_fragment() => {
            check(bytes, at, pseudo_header(source, destination, number, bytes.len()))
        }
        _ => Check::Unknown,
    }
}

/// The addresses of a pseudo-header: those of the IP header, but where a source route has hops left, the destination is
/// its last one (RFC 1122, 4.1.3.5; RFC 8200, 8.1). `route` is the routing header of IPv6. None where it is not known.
pub(crate) fn final_addresses<'a>(
    protocol: &str,
    header: &'a [u8],
    route: Option<&'a [u8]>,
) -> Option<(&'a [u8], &'a [u8])> {
    let (source, destination) = addresses(protocol, header)?;
    let last = match (protocol, route) {
        ("ip", _) => last_hop_of_options(header.get(20..)?),
        (_, None | Some([_, _, _, 0, ..])) => None,
        (_, Some(route @ [_, _, 0 | 2, ..])) => Some(route.last_chunk::<16>()?.as_slice()),
        // Segments stand in reverse order.
        (_, Some(route @ [_, _, 4, ..])) => Some(route.get(8..24)?),
        _ => return None,
    };
    Some((source, last.unwrap_or(destination)))
}

/// The last hop of a source route of IPv4 that is not at its end: the pointer is within the option.
fn last_hop_of_options(mut options: &[u8]) -> Option<&[u8]> {
    while let [kind, rest @ ..] = options {
        let length = match kind {
            0 => return None,
            1 => 1,
            _ => usize::from(*rest.first()?),
        };
        let option = options.get(..length).filter(|option| !option.is_empty())?;
        if let [131 | 137, _, pointer, _, .., _, _, _] = option {
            return (usize::from(*pointer) <= length).then(|| option.get(length - 4..)).flatten();
        }
        options = options.get(length..)?;
    }
    None
}

/// What the CRC-32C at byte `at` of `layer` says, which covers all of it.
pub(crate) fn check_crc(layer: Layer<'_>, at: usize) -> Check {
    let bytes = layer.bytes();
    let is_part = layer.is_cut() || layer.is_in_fragment();
    let Some(found) = bytes.get(at..).and_then(|rest| rest.first_chunk()).filter(|_| !is_part) else {
        return Check::Unknown;
    };
    match (u32::from_be_bytes(*found), crc(bytes, at)) {
        (found, wanted) if found == wanted => Check::Good,
        (0, _) => Check::Offloaded,
        (_, wanted) => Check::Bad(wanted),
    }
}

/// CRC-32C over `bytes`, as if the four at `at` were zero, in the order in which it is sent.
pub(crate) fn crc(bytes: &[u8], at: usize) -> u32 {
    let (before, rest) = bytes.split_at(at.min(bytes.len()));
    let zeros = [0; 4];
    let parts = [before, &zeros[..rest.len().min(4)], rest.get(4..).unwrap_or_default()];
    let sum = parts.iter().copied().flatten().fold(u32::MAX, |sum, byte| {
        let [low, ..] = sum.to_le_bytes();
        sum >> 8 ^ CRC[usize::from(low ^ byte)]
    });
    (!sum).swap_bytes()
}

/// The remainders of all bytes.
static CRC: [u32; 256] = remainders();

const fn remainders() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation, reason = "less than 256")]
        let (mut sum, mut bit) = (byte as u32, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0x82f6_3b78 } else { sum >> 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
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
