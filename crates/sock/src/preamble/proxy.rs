//! The PROXY protocol, versions 1 and 2: a header in front of a stream that says who the client is.
//!
//! <https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt>

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::str::FromStr;

use super::{Dialogue, Refusal, Taken, fill};
use crate::exit::Exit;
use crate::report::escape::escape;

/// What a header of version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// What one of version 1 begins with.
const WORD: &[u8; 6] = b"PROXY ";
/// The longest of version 1, in bytes, its end included.
const LONGEST_1: usize = 107;
/// The longest of version 2 that is taken, in bytes.
const LONGEST_2: usize = 4_096;
/// The beginning of one of version 2: signature, command, family, length.
const FIXED: usize = 16;
/// The room for a Unix socket's path.
const PATH: usize = 108;
/// The kind of the record that holds a checksum (`PP2_TYPE_CRC32C`).
const CRC32C: u8 = 0x03;

/// How a header is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// As a line of text.
    V1,
    /// As bytes.
    V2,
}

impl FromStr for Version {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "v1" => Ok(Self::V1),
            "v2" => Ok(Self::V2),
            _ => Err("wants a version of the PROXY protocol, v1 or v2"),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        })
    }
}

/// Who talks to whom, as far as a header says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Peers {
    /// The proxy itself, which has connected on its own account: `LOCAL`.
    Proxy,
    /// Somebody who is passed on, and whose address cannot be told, as it is none of IP: `UNKNOWN`, or `AF_UNSPEC`. A
    /// server is free to refuse that, and not to take it for the proxy's own.
    Unknown,
    /// A client, and the address at which it came in; both of one family.
    Inet {
        /// The client.
        source: SocketAddr,
        /// Where it came in.
        destination: SocketAddr,
    },
    /// A client of a Unix socket: paths or, after a zero byte, abstract names; empty without a name.
    Unix {
        /// The client.
        source: Vec<u8>,
        /// Where it came in.
        destination: Vec<u8>,
    },
}

impl Peers {
    /// A client and the address at which it came in. Where one is IPv6, the other becomes that as well.
    pub fn inet(source: SocketAddr, destination: SocketAddr) -> Self {
        let [plain_source, plain_destination] = [source, destination].map(canonical);
        if plain_source.is_ipv4() == plain_destination.is_ipv4() {
            return Self::Inet { source: plain_source, destination: plain_destination };
        }
        Self::Inet { source: mapped(plain_source), destination: mapped(plain_destination) }
    }

    /// The header that says so.
    pub fn encode(&self, version: Version) -> Vec<u8> {
        match version {
            Version::V1 => self.line().into_bytes(),
            Version::V2 => self.bytes(),
        }
    }

    fn line(&self) -> String {
        match self {
            Self::Inet { source, destination } => {
                let family = if source.is_ipv4() { "TCP4" } else { "TCP6" };
                let (from, to) = (source.ip(), destination.ip());
                format!("PROXY {family} {from} {to} {} {}\r\n", source.port(), destination.port())
            }
            Self::Proxy | Self::Unknown | Self::Unix { .. } => "PROXY UNKNOWN\r\n".to_owned(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let (command, family, body) = match self {
            Self::Proxy => (0x20, 0, Vec::new()),
            Self::Unknown => (0x21, 0, Vec::new()),
            Self::Inet { source, destination } => {
                let family = if source.is_ipv4() { 0x11 } else { 0x21 };
                let ports = [source.port(), destination.port()].map(u16::to_be_bytes);
                (0x21, family, [octets(source), octets(destination), ports.concat()].concat())
            }
            Self::Unix { source, destination } => {
                let mut body = vec![0; 2 * PATH];
                for (path, room) in [source, destination].into_iter().zip(body.chunks_mut(PATH)) {
                    let length = path.len().min(PATH);
                    room[..length].copy_from_slice(&path[..length]);
                }
                (0x21, 0x31, body)
            }
        };
        let mut header = SIGNATURE.to_vec();
        header.extend([command, family]);
        // At most the two paths.
        header.extend(u16::try_from(body.len()).unwrap_or(0).to_be_bytes());
        header.extend(body);
        header
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn mapped(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        v6 @ SocketAddr::V6(_) => v6,
    }
}

fn octets(address: &SocketAddr) -> Vec<u8> {
    match address {
        SocketAddr::V4(v4) => v4.ip().octets().to_vec(),
        SocketAddr::V6(v6) => v6.ip().octets().to_vec(),
    }
}

/// Reads a header of either version, to its exact end.
#[derive(Debug, Default)]
pub struct Reader {
    kept: Vec<u8>,
    peers: Option<Peers>,
}

impl Reader {
    /// One that nothing has come to.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the header says; `None` before all of it has come.
    pub fn peers(self) -> Option<Peers> {
        self.peers
    }

    /// How many bytes there must be at least.
    fn wanted(&self) -> usize {
        let kept = &self.kept[..];
        match (kept, kept.get(14..FIXED)) {
            (_, Some(&[high, low])) if kept.starts_with(SIGNATURE) => {
                FIXED + usize::from(u16::from_be_bytes([high, low]))
            }
            ([first, ..], _) if *first == SIGNATURE[0] => FIXED,
            // The end of a line is where it is: one byte after the other.
            ([..], _) => kept.len() + 1,
        }
    }

    /// Reads what has come; true at its end.
    fn step(&mut self) -> Result<bool, Refusal> {
        let kept = &self.kept[..];
        if starts(kept, SIGNATURE) {
            if kept.len() < FIXED || kept.len() < self.wanted() {
                let length = self.wanted();
                return if length > LONGEST_2 { Err(too_long(length)) } else { Ok(false) };
            }
            self.peers = Some(version_2(kept)?);
            return Ok(true);
        }
        if !starts(kept, WORD) {
            let shown = escape(&kept[..=agreed(kept).min(kept.len() - 1)], 40);
            return Err(Refusal::new(Exit::Other, format_args!("no PROXY header begins with {shown}")));
        }
        let Some(line) = kept.strip_suffix(b"\r\n") else {
            let stray = kept.contains(&b'\n');
            return if stray || kept.len() >= LONGEST_1 { Err(malformed(kept)) } else { Ok(false) };
        };
        self.peers = Some(version_1(line).ok_or_else(|| malformed(line))?);
        Ok(true)
    }
}

impl Dialogue for Reader {
    fn outgoing(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Taken, Refusal> {
        let mut used = 0;
        while used < bytes.len() {
            let wanted = self.wanted();
            used += fill(&mut self.kept, wanted.min(LONGEST_2), &bytes[used..]);
            if self.step()? {
                return Ok(Taken { used, done: true });
            }
        }
        Ok(Taken { used, done: false })
    }
}

/// Whether these bytes are a beginning of `whole`, or have it as theirs.
fn starts(bytes: &[u8], whole: &[u8]) -> bool {
    let length = bytes.len().min(whole.len());
    bytes[..length] == whole[..length]
}

/// How many bytes are those of a header's beginning.
fn agreed(bytes: &[u8]) -> usize {
    let with = |whole: &[u8]| bytes.iter().zip(whole).take_while(|(a, b)| a == b).count();
    with(SIGNATURE).max(with(WORD))
}

fn malformed(line: &[u8]) -> Refusal {
    Refusal::new(Exit::Other, format_args!("a malformed PROXY header: {}", escape(line, 120)))
}

fn malformed_2(why: impl fmt::Display) -> Refusal {
    Refusal::new(Exit::Other, format_args!("a malformed PROXY header of version 2: {why}"))
}

fn too_long(length: usize) -> Refusal {
    malformed_2(format_args!("its {length} bytes are more than {LONGEST_2}"))
}

/// Reads a line without its end.
fn version_1(line: &[u8]) -> Option<Peers> {
    let rest = str::from_utf8(line.strip_prefix(WORD)?).ok();
    // What stands behind the word is to be ignored, whatever it is.
    if line[WORD.len()..].starts_with(b"UNKNOWN") && matches!(line.get(13), None | Some(b' ')) {
        return Some(Peers::Unknown);
    }
    let words: Vec<&str> = rest?.split(' ').collect();
    let [family, source, destination, source_port, destination_port] = words[..] else { return None };
    let (source_port, destination_port) = (port(source_port)?, port(destination_port)?);
    let address = |text: &str, port| match family {
        "TCP4" => text.parse::<Ipv4Addr>().ok().map(|ip| SocketAddr::from((ip, port))),
        "TCP6" => text.parse::<Ipv6Addr>().ok().map(|ip| SocketAddr::from((ip, port))),
        _ => None,
    };
    let (source, destination) = (address(source, source_port)?, address(destination, destination_port)?);
    Some(Peers::Inet { source, destination })
}

/// A port in digits, without zeros before it.
fn port(text: &str) -> Option<u16> {
    let plain = text == "0" || text.starts_with(|c: char| ('1'..='9').contains(&c));
    text.parse().ok().filter(|_| plain)
}

/// Reads all of a header.
fn version_2(header: &[u8]) -> Result<Peers, Refusal> {
    let (command, family, body) = (header[12], header[13], &header[FIXED..]);
    if !matches!(command, 0x20 | 0x21) {
        return Err(malformed_2(format_args!("0x{command:02x} is no version and command")));
    }
    // LOCAL: what stands behind it says nothing, the family either.
    if command == 0x20 {
        return Ok(Peers::Proxy);
    }
    let Some(size) = size_of(family) else {
        return Err(malformed_2(format_args!("0x{family:02x} is no family and transport")));
    };
    let Some((addresses, _)) = body.split_at_checked(size) else {
        return Err(malformed_2(format_args!("addresses of {} bytes, {size} are wanted", body.len())));
    };
    checked(header, FIXED + size)?;
    Ok(if family == 0 { Peers::Unknown } else { peers(addresses) })
}

/// How many bytes the addresses of a family take; those of a transport other than a stream are of the same shape.
const fn size_of(family: u8) -> Option<usize> {
    match family {
        0 => Some(0),
        0x11 | 0x12 => Some(12),
        0x21 | 0x22 => Some(36),
        0x31 | 0x32 => Some(2 * PATH),
        _ => None,
    }
}

/// The addresses, by how many bytes they are.
fn peers(addresses: &[u8]) -> Peers {
    if let Ok([a, b, c, d, e, f, g, h, p, q, r, s]) = <[u8; 12]>::try_from(addresses) {
        let at = |ip: [u8; 4], port: [u8; 2]| SocketAddrV4::new(ip.into(), u16::from_be_bytes(port)).into();
        return Peers::Inet { source: at([a, b, c, d], [p, q]), destination: at([e, f, g, h], [r, s]) };
    }
    if let Some((source, rest)) = addresses.split_first_chunk::<16>()
        && let Some((destination, &[p, q, r, s])) = rest.split_first_chunk::<16>()
    {
        let at =
            |ip: [u8; 16], port: [u8; 2]| SocketAddrV6::new(ip.into(), u16::from_be_bytes(port), 0, 0).into();
        return Peers::Inet { source: at(*source, [p, q]), destination: at(*destination, [r, s]) };
    }
    let (source, destination) = addresses.split_at(addresses.len() / 2);
    Peers::Unix { source: path(source), destination: path(destination) }
}

/// A path ends at its first zero byte, an abstract name, which begins with one, at its last byte that is not zero.
fn path(room: &[u8]) -> Vec<u8> {
    let end = match room.first() {
        Some(0) => room.iter().rposition(|&byte| byte != 0).map_or(0, |at| at + 1),
        _ => room.iter().position(|&byte| byte == 0).unwrap_or(room.len()),
    };
    room[..end].to_vec()
}

/// Goes through the records behind the addresses, and compares the checksum where there is one.
fn checked(header: &[u8], start: usize) -> Result<(), Refusal> {
    let (mut at, mut sums) = (start, Vec::new());
    while at < header.len() {
        let Some(&[kind, high, low]) = header.get(at..at + 3) else {
            return Err(malformed_2("half a record stands at its end"));
        };
        let (value, length) = (at + 3, usize::from(u16::from_be_bytes([high, low])));
        let Some(bytes) = header.get(value..value + length) else {
            return Err(malformed_2(format_args!("a record of {length} bytes is longer than what is left")));
        };
        match (kind, <[u8; 4]>::try_from(bytes)) {
            (CRC32C, Ok(sum)) if sums.is_empty() => sums.push((value, u32::from_be_bytes(sum))),
            (CRC32C, _) => return Err(malformed_2("it has no checksum where one should be")),
            _ => {}
        }
        at = value + length;
    }
    match sums[..] {
        [(place, sum)] if crc32c(header, place) != sum => Err(malformed_2("its checksum is wrong")),
        _ => Ok(()),
    }
}

/// CRC-32C (RFC 3385) of a header in which the four bytes of the sum are taken for zeros.
fn crc32c(header: &[u8], sum: usize) -> u32 {
    let mut crc = u32::MAX;
    for (at, &byte) in header.iter().enumerate() {
        crc ^= if (sum..sum + 4).contains(&at) { 0 } else { u32::from(byte) };
        for _ in 0..8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::super::tests::{outcome, wants_all_of, words};
    use super::*;

    fn read(header: &[u8]) -> Peers {
        let mut reader = Reader::new();
        assert_eq!(reader.take(header), Ok(Taken { used: header.len(), done: true }));
        reader.peers().expect("all of it has come")
    }

    fn inet(source: &str, destination: &str) -> Peers {
        let address = |text: &str| text.parse().expect("an address");
        Peers::Inet { source: address(source), destination: address(destination) }
    }

    fn two(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).expect("a length").to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, body].concat()
    }

    /// As haproxy 2.6 sends it with `send-proxy-v2-ssl-cn` and a checksum of its own making.
    fn with_checksum(wrong: u32) -> Vec<u8> {
        let body = b"\x7f\0\0\x01\x7f\0\0\x02\x30\x39\0\x50\x04\0\x02\0\0\x03\0\x04\0\0\0\0";
        let mut header = two(0x21, 0x11, body);
        let place = header.len() - 4;
        let sum = crc32c(&header, place) ^ wrong;
        header[place..].copy_from_slice(&sum.to_be_bytes());
        header
    }

    #[test]
    fn headers_of_version_1_are_read_to_their_exact_end() {
        let rows: [(&[u8], Peers); 6] = [
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", inet("192.0.2.1:56324", "192.0.2.2:443")),
            (b"PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", inet("255.255.255.255:65535", "0.0.0.0:0")),
            (b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n", inet("[2001:db8::1]:1", "[::1]:2")),
            (b"PROXY UNKNOWN\r\n", Peers::Unknown),
            (b"PROXY UNKNOWN ffff::1 \xff 65535\r\n", Peers::Unknown),
            // The longest that the text allows, 107 bytes.
            (
                b"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff \
                  ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
                Peers::Unknown,
            ),
        ];
        for (header, peers) in rows {
            wants_all_of(Reader::new, header);
            assert_eq!(read(header), peers);
        }
    }

    #[test]
    fn headers_of_version_2_are_read_to_their_exact_end() {
        let v6 = [[0x20; 16], [1; 16]].concat();
        let mut unix = vec![0; 216];
        unix[..4].copy_from_slice(b"/a/b");
        unix[109..113].copy_from_slice(b"name");
        let rows: [(Vec<u8>, Peers); 9] = [
            (
                two(0x21, 0x11, b"\x7f\0\0\x01\xc0\0\x02\x01\x30\x39\0\x50"),
                inet("127.0.0.1:12345", "192.0.2.1:80"),
            ),
            (
                two(0x21, 0x12, b"\x7f\0\0\x01\xc0\0\x02\x01\x30\x39\0\x50"),
                inet("127.0.0.1:12345", "192.0.2.1:80"),
            ),
            (
                two(0x21, 0x21, &[&v6[..], b"\0\x01\0\x02"].concat()),
                inet("[2020:2020:2020:2020:2020:2020:2020:2020]:1", "[101:101:101:101:101:101:101:101]:2"),
            ),
            (
                two(0x21, 0x31, &unix),
                Peers::Unix { source: b"/a/b".to_vec(), destination: b"\0name".to_vec() },
            ),
            (two(0x20, 0x00, b""), Peers::Proxy),
            (two(0x20, 0x11, b"whatever"), Peers::Proxy),
            (two(0x20, 0x41, b"whatever"), Peers::Proxy),
            (two(0x21, 0x00, b"\x04\0\0"), Peers::Unknown),
            (with_checksum(0), inet("127.0.0.1:12345", "127.0.0.2:80")),
        ];
        for (header, peers) in rows {
            wants_all_of(Reader::new, &header);
            assert_eq!(read(&header), peers);
        }
        // That of RFC 3720, B.4: 32 bytes of zeros.
        assert_eq!(crc32c(&[0; 32], 32), 0x8a91_36aa);
    }

    #[test]
    fn what_is_written_reads_back() {
        let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let rows = [
            Peers::Proxy,
            Peers::Unknown,
            Peers::inet(address("192.0.2.1:1"), address("192.0.2.2:65535")),
            Peers::inet(address("[2001:db8::1]:1"), address("[::1]:2")),
            Peers::inet(address("192.0.2.1:1"), address("[::1]:2")),
            Peers::inet(address("[::ffff:192.0.2.1]:1"), address("192.0.2.2:2")),
            Peers::Unix { source: Vec::new(), destination: b"/run/x".to_vec() },
        ];
        for peers in rows {
            assert_eq!(read(&peers.encode(Version::V2)), peers);
            let is_told = matches!(peers, Peers::Inet { .. });
            assert_eq!(read(&peers.encode(Version::V1)), if is_told { peers } else { Peers::Unknown });
        }
        let mapped = Peers::inet(address("[::ffff:192.0.2.1]:1"), address("[::ffff:192.0.2.2]:2"));
        assert_eq!(mapped.encode(Version::V1), b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
        let mixed = Peers::inet(address("192.0.2.1:1"), address("[::1]:2")).encode(Version::V1);
        assert_eq!(mixed, b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n");
    }

    #[test]
    fn what_is_no_header_is_refused() {
        let long = [&b"PROXY UNKNOWN "[..], &[b'x'; 100]].concat();
        let short = two(0x21, 0x11, b"\x7f\0\0\x01\x7f\0\0\x01\0\x01\0");
        let rows: [(&[u8], &str); 23] = [
            (b"GET / HTTP/1.1\r\n", "no PROXY header begins with G"),
            (b"PROXX", "no PROXY header begins with PROXX"),
            (b"\r\n\r\n\0\r\nQUIX", "no PROXY header begins with"),
            (b"PROXY \r\n", "a malformed PROXY header"),
            (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", "a malformed PROXY header"),
            (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rx\r\n", "a malformed PROXY header"),
            (b"PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n", "a malformed PROXY header"),
            (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", "a malformed PROXY header"),
            (b"PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", "a malformed PROXY header"),
            (b"PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n", "a malformed PROXY header"),
            (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", "a malformed PROXY header"),
            (b"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "a malformed PROXY header"),
            (b"PROXY TCP4 ::1 ::1 1 2\r\n", "a malformed PROXY header"),
            (b"PROXY TCP6 1.2.3.4 ::1 1 2\r\n", "a malformed PROXY header"),
            (b"PROXY UNKNOWNX\r\n", "a malformed PROXY header"),
            (&long, "a malformed PROXY header"),
            (&two(0x22, 0x11, b"\x7f\0\0\x01\x7f\0\0\x01\0\x01\0\x02"), "0x22 is no version and command"),
            (&two(0x31, 0x11, b""), "0x31 is no version and command"),
            (&two(0x21, 0x41, b""), "0x41 is no family and transport"),
            (&short, "addresses of 11 bytes, 12 are wanted"),
            (&two(0x21, 0x00, b"\x04\0\x02\0"), "a record of 2 bytes is longer than what is left"),
            (&two(0x21, 0x00, b"\x04\0"), "half a record stands at its end"),
            (&with_checksum(1), "its checksum is wrong"),
        ];
        for (header, message) in rows {
            let (exit, words) = words(Reader::new, header);
            assert!(words.contains(message) && exit == Exit::Other, "{words}: {}", header.escape_ascii());
        }
    }

    #[test]
    fn a_length_that_is_too_much_is_refused_before_anything_is_kept_of_it() {
        let longest = two(0x21, 0x00, &[0; LONGEST_2 - FIXED - 3 + 1]);
        assert!(outcome(Reader::new, &longest[..FIXED]).is_ok(), "a header of 4,094 bytes");
        let header = [&SIGNATURE[..], b"\x21\x11\xff\xff"].concat();
        assert!(words(Reader::new, &header).1.contains("its 65551 bytes are more than 4096"));
    }
}
