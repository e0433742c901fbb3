//! How a probe is told from another: the mark that it carries, and that comes back in what a router quotes of it.
//!
//! A flow's probes are alike in all that routers choose a path by: addresses, ports, the first bytes of the transport
//! header. So the mark stands behind that.
//!
//! - **UDP** carries it in the payload: the number, its complement, so that the checksum is the same for all, and a
//!   word of this run. The error queue gives the payload as far as the router quoted it. RFC 1812 asks routers for as
//!   much as fits; old ones quote 8 bytes of UDP, which are its header alone. Such a *bare* quote names the flow (it
//!   came to the flow's socket) and the router, and no probe: [`super::machine`] then asks those hops one at a time.
//! - **ICMP** has its sequence number in the first 8 bytes, which every router quotes. The payload makes up for it in
//!   the checksum, which routers choose a path by.
//! - **TCP** has its sequence number there too. Where probes are connections (no raw socket), each has a socket of its
//!   own, and the socket tells.
//!
//! What is read here comes from the network: any bytes are met with an answer, and none is trusted that this run did
//! not send.

use std::net::{IpAddr, Ipv4Addr};

use crate::probe::icmp::{self, Echo, Version, checksum};

/// What a quote, or an answer, says of the probe that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The probe of this number.
    Number(u16),
    /// A probe of this flow: the quote ends before the mark.
    Bare,
    /// Nothing that this run sent.
    Foreign,
}

/// The least that a probe's payload holds: number, complement, the run's word.
pub const MARK: usize = 8;

/// A payload of `length` bytes, at least [`MARK`], that carries `number`.
pub fn payload(number: u16, run: u32, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length.max(MARK));
    bytes.extend(number.to_be_bytes());
    bytes.extend((!number).to_be_bytes());
    bytes.extend(run.to_be_bytes());
    bytes.resize(length.max(MARK), 0);
    bytes
}

/// Reads the mark of a UDP probe's payload, of which there may be a part.
pub fn of_payload(bytes: &[u8], run: u32) -> Mark {
    let Some((number, complement)) = word(bytes, 0).zip(word(bytes, 2)) else { return Mark::Bare };
    let told = word(bytes, 4).zip(word(bytes, 6)).map(|(high, low)| u32::from(high) << 16 | u32::from(low));
    if number == !complement && told.is_none_or(|told| told == run) {
        Mark::Number(number)
    } else {
        Mark::Foreign
    }
}

/// An echo request of `length` bytes in all; the kernel fills in the checksum of IPv6, and of a datagram socket the
/// identifier and the checksum.
pub fn echo(version: Version, identifier: u16, number: u16, run: u32, length: usize) -> Vec<u8> {
    // The complement of the sequence number: the two together add the same to the checksum of every probe.
    let mut tail = (!number).to_be_bytes().to_vec();
    tail.extend([0, 0]);
    tail.extend(run.to_be_bytes());
    tail.resize(length.saturating_sub(icmp::HEADER).max(MARK), 0);
    let mut bytes = Vec::with_capacity(icmp::HEADER + tail.len());
    icmp::push_request(&mut bytes, version, identifier, number, &tail);
    bytes
}

/// Reads the mark of a quoted echo request; `identifier` where the kernel has not already looked at it.
pub fn of_echo_request(bytes: &[u8], version: Version, identifier: Option<u16>, run: u32) -> Mark {
    match icmp::quoted(version, bytes) {
        Some(echo) => of_echo(&echo, identifier, run),
        None if bytes.len() < icmp::HEADER => Mark::Bare,
        None => Mark::Foreign,
    }
}

/// Reads the mark of an echo reply, which is whole.
pub fn of_echo_reply(bytes: &[u8], version: Version, identifier: Option<u16>, run: u32) -> Mark {
    icmp::reply(version, bytes).map_or(Mark::Foreign, |echo| of_echo(&echo, identifier, run))
}

fn of_echo(echo: &Echo<'_>, identifier: Option<u16>, run: u32) -> Mark {
    let told = word(echo.payload, 4).zip(word(echo.payload, 6));
    let is_ours = told.is_none_or(|(high, low)| (u32::from(high) << 16 | u32::from(low)) == run);
    if is_ours && identifier.is_none_or(|identifier| identifier == echo.identifier) {
        Mark::Number(echo.sequence)
    } else {
        Mark::Foreign
    }
}

/// The ends of a TCP flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Our address.
    pub source: IpAddr,
    /// Our port.
    pub source_port: u16,
    /// The target's address.
    pub target: IpAddr,
    /// The target's port.
    pub target_port: u16,
}

/// A SYN whose sequence number is the mark; the kernel fills in the checksum of IPv6.
pub fn syn(ends: Ends, number: u16, run: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(24);
    bytes.extend(ends.source_port.to_be_bytes());
    bytes.extend(ends.target_port.to_be_bytes());
    bytes.extend(sequence(number, run).to_be_bytes());
    bytes.extend([0; 4]);
    // Six words; SYN; a window as clients have it.
    bytes.extend([6 << 4, 0x02, 0xfa, 0xf0, 0, 0, 0, 0]);
    // The MSS of Ethernet: a SYN without one is rare, and some firewalls drop it.
    bytes.extend([2, 4, 0x05, 0xb4]);
    if let (IpAddr::V4(source), IpAddr::V4(target)) = (ends.source, ends.target) {
        let sum = checksum(&[&pseudo_header(source, target, bytes.len())[..], &bytes].concat());
        bytes[16..18].copy_from_slice(&sum.to_be_bytes());
    }
    bytes
}

/// The run's word above, the probe's number below.
fn sequence(number: u16, run: u32) -> u32 {
    run & 0xffff_0000 | u32::from(number)
}

/// Reads the mark of a quoted SYN.
pub fn of_syn(bytes: &[u8], ends: Ends, run: u32) -> Mark {
    let Some((source, target)) = word(bytes, 0).zip(word(bytes, 2)) else { return Mark::Bare };
    if (source, target) != (ends.source_port, ends.target_port) {
        return Mark::Foreign;
    }
    match word(bytes, 4).zip(word(bytes, 6)) {
        None => Mark::Bare,
        Some((high, low)) => of_sequence(u32::from(high) << 16 | u32::from(low), run),
    }
}

/// Reads what the target answered a SYN with: the probe, and whether the port is open.
pub fn of_segment(bytes: &[u8], ends: Ends, run: u32) -> Option<(u16, bool)> {
    const SYN: u8 = 0x02;
    const RST: u8 = 0x04;
    const ACK: u8 = 0x10;
    let ports = (word(bytes, 0)?, word(bytes, 2)?);
    let acknowledged = u32::from(word(bytes, 8)?) << 16 | u32::from(word(bytes, 10)?);
    let flags = *bytes.get(13)?;
    if ports != (ends.target_port, ends.source_port) || flags & ACK == 0 {
        return None;
    }
    let Mark::Number(number) = of_sequence(acknowledged.wrapping_sub(1), run) else { return None };
    match flags & (SYN | RST) {
        SYN => Some((number, true)),
        RST => Some((number, false)),
        _ => None,
    }
}

fn of_sequence(sequence: u32, run: u32) -> Mark {
    if (sequence ^ run) >> 16 == 0 {
        Mark::Number(u16::try_from(sequence & 0xffff).unwrap_or_default())
    } else {
        Mark::Foreign
    }
}

fn pseudo_header(source: Ipv4Addr, target: Ipv4Addr, length: usize) -> [u8; 12] {
    const TCP: u8 = 6;
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&source.octets());
    bytes[4..8].copy_from_slice(&target.octets());
    bytes[9] = TCP;
    bytes[10..].copy_from_slice(&u16::try_from(length).unwrap_or_default().to_be_bytes());
    bytes
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    let pair: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(u16::from_be_bytes(pair))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RUN: u32 = 0xfeed_0000 | 0xbeef;

    fn ends() -> Ends {
        let (source, target) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 3, 9]));
        Ends { source, source_port: 40_000, target, target_port: 443 }
    }

    #[test]
    fn a_payload_is_read_as_far_as_it_was_quoted() {
        let whole = payload(513, RUN, 32);
        let rows = [
            (0, Mark::Bare),
            (1, Mark::Bare),
            (3, Mark::Bare),
            (4, Mark::Number(513)),
            (7, Mark::Number(513)),
        ];
        for (length, want) in rows {
            assert_eq!(of_payload(&whole[..length], RUN), want, "{length} bytes");
        }
        assert_eq!(of_payload(&whole, RUN), Mark::Number(513));
        assert_eq!(of_payload(&whole, RUN + 1), Mark::Foreign, "of another run");
        assert_eq!(of_payload(b"GET / HTTP/1.0", RUN), Mark::Foreign);
    }

    #[test]
    fn an_echo_request_is_known_by_eight_bytes() {
        let whole = echo(Version::V4, 77, 513, RUN, 40);
        for length in 0..whole.len() {
            let want = if length < 8 { Mark::Bare } else { Mark::Number(513) };
            assert_eq!(of_echo_request(&whole[..length], Version::V4, Some(77), RUN), want, "{length} bytes");
        }
        assert_eq!(of_echo_request(&whole, Version::V4, Some(78), RUN), Mark::Foreign, "of another program");
        assert_eq!(of_echo_request(&whole, Version::V6, None, RUN), Mark::Foreign, "of the other family");
        assert_eq!(of_echo_reply(&whole, Version::V4, None, RUN), Mark::Foreign, "a request is no reply");
        let mut reply = whole;
        reply[0] = 0;
        assert_eq!(of_echo_reply(&reply, Version::V4, Some(77), RUN), Mark::Number(513));
        assert_eq!(of_echo_reply(&reply[..7], Version::V4, Some(77), RUN), Mark::Foreign);
    }

    #[test]
    fn a_syn_and_its_answers_are_known_by_the_sequence_number() {
        let sent = syn(ends(), 513, RUN);
        for length in 0..sent.len() {
            let want = if length < 8 { Mark::Bare } else { Mark::Number(513) };
            assert_eq!(of_syn(&sent[..length], ends(), RUN), want, "{length} bytes");
        }
        let acknowledged = sequence(513, RUN).wrapping_add(1).to_be_bytes();
        let answer = |flags: u8| {
            let mut bytes = vec![0x01, 0xbb, 0x9c, 0x40, 1, 2, 3, 4];
            bytes.extend(acknowledged);
            bytes.extend([5 << 4, flags, 0, 0, 0, 0, 0, 0]);
            bytes
        };
        let rows =
            [(0x12, Some((513, true))), (0x14, Some((513, false))), (0x10, None), (0x04, None), (0x02, None)];
        for (flags, want) in rows {
            assert_eq!(of_segment(&answer(flags), ends(), RUN), want, "flags {flags:#x}");
        }
        assert_eq!(of_segment(&answer(0x12), ends(), !RUN), None, "of another run");
        for length in 0..14 {
            assert_eq!(of_segment(&answer(0x12)[..length], ends(), RUN), None, "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn the_checksum_is_that_of_every_probe_of_a_flow(number: u16, other: u16, run: u32, length in 8_usize..100) {
            let sum = |number| checksum(&payload(number, run, length));
            prop_assert_eq!(sum(number), sum(other));
            let sum = |number| echo(Version::V4, 9, number, run, length)[2..4].to_vec();
            prop_assert_eq!(sum(number), sum(other));
        }

        #[test]
        fn what_was_sent_has_a_good_checksum(number: u16, run: u32, length in 8_usize..100) {
            prop_assert_eq!(checksum(&echo(Version::V4, 9, number, run, length)), 0);
            let (IpAddr::V4(source), IpAddr::V4(target)) = (ends().source, ends().target) else { unreachable!() };
            let segment = syn(ends(), number, run);
            prop_assert_eq!(checksum(&[&pseudo_header(source, target, segment.len())[..], &segment].concat()), 0);
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, run: u32) {
            let _ = of_payload(&bytes, run);
            let _ = of_echo_request(&bytes, Version::V4, None, run);
            let _ = of_echo_reply(&bytes, Version::V6, Some(1), run);
            let _ = of_syn(&bytes, ends(), run);
            let _ = of_segment(&bytes, ends(), run);
        }
    }
}
