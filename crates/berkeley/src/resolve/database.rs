//! Services and protocols by their names and by their numbers (services(5), protocols(5)).

use std::fs;
use std::net::Ipv4Addr;

use super::back::{BackHints, resolve_back};
use super::forward::{Hints, resolve};
use super::service::{Service, no_service, no_service_at, transports};
use crate::error::{Error, Operation, Result};
use crate::kinds::{Protocol, Type};
use crate::sys::constants as c;
use crate::sys::resolve::LookupError;

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

/// The port of the service called `name`, over sockets of type `kind`: [`Type::STREAM`] is TCP, [`Type::DGRAM`] UDP.
///
/// Fails with [`NotFound`](std::io::ErrorKind::NotFound) where services(5), or what nsswitch.conf(5) names in its
/// place, has no such name for that type, and where the name is a number.
///
/// ```
/// use berkeley::Type;
/// use berkeley::resolve::service_port;
///
/// if let Ok(port) = service_port("http", Type::STREAM) {
///     assert_eq!(port, 80);
/// }
/// ```
#[doc(alias = "getservbyname")]
#[doc(alias = "servent")]
pub fn service_port(name: &str, kind: Type) -> Result<u16> {
    // The empty name, `80` and `+80` are numbers to getaddrinfo; `3com-tsmux` is not.
    if name.trim_start().trim_start_matches(['+', '-']).bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unknown_service(name, kind));
    }
    let answers = resolve("127.0.0.1", Service::Name(name), &Hints::new().kind(kind).numeric_host(true))
        .map_err(|error| error.on(name.escape_debug().to_string()))?;
    answers.first().and_then(|answer| answer.address.port()).ok_or_else(|| unknown_service(name, kind))
}

/// The name of the service with this port, over sockets of type `kind`: [`Type::STREAM`] is TCP, [`Type::DGRAM`] UDP.
///
/// Fails with [`NotFound`](std::io::ErrorKind::NotFound) where the port has no name.
#[doc(alias = "getservbyport")]
pub fn service_name(port: u16, kind: Type) -> Result<String> {
    let hints = BackHints::new().numeric_host(true).datagram(kind == Type::DGRAM);
    let (_, name) = resolve_back((Ipv4Addr::LOCALHOST, port), &hints)?;
    if name == port.to_string() {
        let why = no_service_at(port, transports(kind, Protocol::DEFAULT));
        return Err(unknown(Operation::ResolveBack, c::EAI_SERVICE, &name).because(why));
    }
    Ok(name)
}

/// The protocol called `name`, by its own name or another that protocols(5) gives it; exactly as it is written there.
///
/// The protocols that sockets are mostly made of are known on a machine without that file too. Fails with
/// [`NotFound`](std::io::ErrorKind::NotFound) where there is no such protocol.
///
/// ```
/// use berkeley::Protocol;
/// use berkeley::resolve::{protocol_name, protocol_number};
///
/// assert_eq!(protocol_number("tcp")?, Protocol::TCP);
/// assert_eq!(protocol_name(Protocol::UDP)?, "udp");
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "getprotobyname")]
#[doc(alias = "protoent")]
pub fn protocol_number(name: &str) -> Result<Protocol> {
    number_of(&listed(), name).ok_or_else(|| unknown(Operation::Resolve, c::EAI_NONAME, name))
}

/// The name of a protocol, as protocols(5) gives it, or as [`protocol_number`] knows it without that file.
///
/// Fails with [`NotFound`](std::io::ErrorKind::NotFound) where it has none.
#[doc(alias = "getprotobynumber")]
pub fn protocol_name(protocol: Protocol) -> Result<String> {
    name_of(&listed(), protocol)
        .ok_or_else(|| unknown(Operation::ResolveBack, c::EAI_NONAME, &protocol.as_raw().to_string()))
}

/// The text of protocols(5), bytes that are no UTF-8 replaced; empty where there is none.
fn listed() -> String {
    let bytes = fs::read(PROTOCOLS).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn number_of(text: &str, name: &str) -> Option<Protocol> {
    let listed = entries(text).find(|(_, names)| names.contains(&name)).map(|(protocol, _)| protocol);
    listed.or_else(|| COMMON.iter().find(|(common, _)| *common == name).map(|(_, protocol)| *protocol))
}

fn name_of(text: &str, protocol: Protocol) -> Option<String> {
    let listed =
        entries(text).find(|(other, _)| *other == protocol).and_then(|(_, names)| names.first().copied());
    let common = || COMMON.iter().find(|(_, other)| *other == protocol).map(|(name, _)| *name);
    listed.or_else(common).map(str::to_owned)
}

/// The lines `name number alias...`, what follows a `#` left out; the name first among its aliases.
fn entries(text: &str) -> impl Iterator<Item = (Protocol, Vec<&str>)> {
    text.lines().filter_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        let name = words.next()?;
        let number = words.next()?.parse().ok()?;
        Some((Protocol::from_raw(number), [name].into_iter().chain(words).collect()))
    })
}

fn unknown_service(name: &str, kind: Type) -> Error {
    let why = no_service(name, transports(kind, Protocol::DEFAULT));
    unknown(Operation::Resolve, c::EAI_SERVICE, name).because(why)
}

fn unknown(operation: Operation, code: i32, what: &str) -> Error {
    Error::lookup(operation, LookupError::Resolver(code)).on(what.escape_debug().to_string())
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
            assert_eq!(number_of(TEXT, name), want.map(Protocol::from_raw), "{name}");
        }
        assert_eq!(name_of(TEXT, Protocol::from_raw(89)).as_deref(), Some("ospf"));
        assert_eq!(name_of(TEXT, Protocol::UDP).as_deref(), Some("udp"));
        assert_eq!(name_of(TEXT, Protocol::from_raw(254)), None);
    }

    #[test]
    fn without_the_file_the_common_ones_go_both_ways() {
        for (name, protocol) in COMMON {
            assert_eq!(number_of("", name), Some(*protocol));
            assert_eq!(name_of("", *protocol).as_deref(), Some(*name));
        }
    }
}
