//! Protocols by name and by number (protocols(5)).

use std::fs;

use super::words::{c_string, found_or, shown};
use crate::error::{Operation, Result};
use crate::kinds::Protocol;
use crate::sys::constants as c;
use crate::sys::{self, alloc, netdb};

const PROTOCOLS: &str = "/etc/protocols";

/// The protocols that every machine knows, whether it has a protocols(5) or not, by the names that it would give them.
const COMMON: &[(&str, Protocol)] = &[
    ("ip", Protocol::DEFAULT),
    ("icmp", Protocol::ICMP),
    ("tcp", Protocol::TCP),
    ("udp", Protocol::UDP),
    ("dccp", Protocol::DCCP),
    ("ipv6-icmp", Protocol::ICMPV6),
    ("sctp", Protocol::SCTP),
    ("udplite", Protocol::UDPLITE),
];

/// The protocol called `name`, by its own name or an alias of protocols(5); exactly as it is written there.
///
/// The C library is asked first, then protocols(5) is read. The protocols that most sockets have are known on a machine
/// without that file too.
///
/// # Errors
///
/// [`NotFound`](std::io::ErrorKind::NotFound) where there is no such protocol.
///
/// ```
/// use berkeley::Protocol;
/// use berkeley::netdb::{protocol_by_name, protocol_by_number};
///
/// assert_eq!(protocol_by_name("tcp")?, Protocol::TCP);
/// assert_eq!(protocol_by_number(Protocol::UDP)?, "udp");
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "getprotobyname")]
#[doc(alias = "protoent")]
pub fn protocol_by_name(name: impl AsRef<[u8]>) -> Result<Protocol> {
    const OPERATION: Operation = Operation::ProtocolByName;
    let name = name.as_ref();
    let ask = || {
        let asked = netdb::protocol_by_name(&c_string(OPERATION, "protocol", name)?);
        let found = asked.map(|found| found.map(Protocol::from_raw).or_else(|| number_of(&listed(), name)));
        found_or(found, OPERATION, c::EAI_NONAME)
    };
    ask().map_err(|error| error.on(shown(name)))
}

/// The name of a protocol, as protocols(5) gives it, or as [`protocol_by_name`] knows it without that file.
///
/// # Errors
///
/// [`NotFound`](std::io::ErrorKind::NotFound) where it has none.
#[doc(alias = "getprotobynumber")]
pub fn protocol_by_number(protocol: Protocol) -> Result<String> {
    found_or(name_of(&listed(), protocol), Operation::ProtocolByNumber, c::EAI_NONAME)
        .map_err(|error| error.on(protocol.as_raw().to_string()))
}

/// The bytes of protocols(5); none where there is no such file.
fn listed() -> Vec<u8> {
    fs::read(PROTOCOLS).unwrap_or_default()
}

fn number_of(text: &[u8], name: &[u8]) -> Option<Protocol> {
    let listed =
        entries(text).find_map(|(protocol, mut names)| names.any(|other| other == name).then_some(protocol));
    let common = || COMMON.iter().find(|(common, _)| common.as_bytes() == name);
    listed.or_else(|| common().map(|(_, protocol)| *protocol))
}

fn name_of(text: &[u8], protocol: Protocol) -> sys::Result<Option<String>> {
    let listed = entries(text).find(|(other, _)| *other == protocol).and_then(|(_, mut names)| names.next());
    let common = || COMMON.iter().find(|(_, other)| *other == protocol).map(|(name, _)| name.as_bytes());
    listed.or_else(common).map(alloc::copy_lossy).transpose()
}

/// The lines `name number alias...` up to a `#`: the number, and the name before its aliases.
fn entries(text: &[u8]) -> impl Iterator<Item = (Protocol, impl Iterator<Item = &[u8]>)> {
    text.split(|byte| *byte == b'\n').filter_map(|line| {
        let line = line.split(|byte| *byte == b'#').next()?;
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let name = words.next()?;
        let number = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
        Some((Protocol::from_raw(number), std::iter::once(name).chain(words)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a comment\n\nip\t0\tIP\t# pseudo\ntcp  6 TCP T\nbroken\nodd x Y\nospf 89 OSPFIGP #, routing\nipv6-icmp 58";

    #[test]
    fn a_line_is_a_name_a_number_and_other_names() {
        let rows = [
            ("tcp", Some(6)),
            ("T", Some(6)),
            ("ospf", Some(89)),
            ("OSPFIGP", Some(89)),
            ("ip", Some(0)),
            ("Tcp", None),
            ("routing", None),
            ("broken", None),
            ("odd", None),
            ("", None),
            // Not in the text, but known.
            ("udp", Some(17)),
        ];
        for (name, want) in rows {
            assert_eq!(number_of(TEXT.as_bytes(), name.as_bytes()), want.map(Protocol::from_raw), "{name}");
        }
        assert_eq!(name_of(TEXT.as_bytes(), Protocol::from_raw(89)).unwrap().as_deref(), Some("ospf"));
        assert_eq!(name_of(TEXT.as_bytes(), Protocol::UDP).unwrap().as_deref(), Some("udp"));
        assert_eq!(name_of(TEXT.as_bytes(), Protocol::from_raw(254)), Ok(None));
    }

    #[test]
    fn without_the_file_the_common_ones_go_both_ways() {
        for (name, protocol) in COMMON {
            assert_eq!(number_of(b"", name.as_bytes()), Some(*protocol));
            assert_eq!(name_of(b"", *protocol).unwrap().as_deref(), Some(*name));
        }
    }
}
