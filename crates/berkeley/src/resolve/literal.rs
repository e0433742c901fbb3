//! Hosts that are addresses in digits: answered here, as getaddrinfo(3) would, without asking it.

use std::net::{IpAddr, Ipv6Addr};

use super::answer::Resolved;
use super::digits;
use super::hints::Hints;
use super::service::Service;
use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol, Type};
use crate::sys::alloc;
use crate::sys::constants as c;
use crate::sys::resolve::AddressHints;

/// The sockets that an address is for where neither a type nor a protocol is asked for, in the C library's order.
#[cfg(target_env = "gnu")]
const ANY: &[(Type, Protocol)] =
    &[(Type::STREAM, Protocol::TCP), (Type::DGRAM, Protocol::UDP), (Type::RAW, Protocol::DEFAULT)];
#[cfg(not(target_env = "gnu"))]
const ANY: &[(Type, Protocol)] = &[(Type::STREAM, Protocol::TCP), (Type::DGRAM, Protocol::UDP)];

/// The flags that change nothing for an address in digits of the family that is asked for.
const HARMLESS: i32 = c::AI_PASSIVE | c::AI_NUMERICHOST | c::AI_NUMERICSERV | c::AI_V4MAPPED;

/// The answer, where the host is an address in digits and the service a number; `None` to ask the C library.
///
/// It is asked wherever the case is rare: a zone, another family, a raw socket.
pub(super) fn answer(host: &str, service: Service<'_>, hints: Hints) -> Option<Result<Vec<Resolved>>> {
    let port = service.number()?;
    let asked = hints.to_sys();
    let canonical = asked.flags & c::AI_CANONNAME != 0;
    let asked = AddressHints { flags: asked.flags & !c::AI_CANONNAME, ..asked };
    let (ip, sockets) = meaning(host, asked)?;
    let family = if ip.is_ipv4() { Family::INET } else { Family::INET6 };
    let address = Address::from((ip, port));
    let answers = || {
        let mut canonical_name = if canonical { Some(alloc::copy_str(host)?) } else { None };
        alloc::collect(sockets.iter().map(|(kind, protocol)| {
            let canonical_name = canonical_name.take();
            Resolved { family, kind: *kind, protocol: *protocol, address, canonical_name }
        }))
    };
    Some(answers().map_err(|errno| Error::kernel(Operation::Resolve, errno)))
}

/// The address in digits that `host` is, and the sockets that it is for, whatever the port; `None` to ask the resolver.
pub(super) fn meaning(host: &str, asked: AddressHints) -> Option<(IpAddr, &'static [(Type, Protocol)])> {
    if asked.flags & !HARMLESS != 0 {
        return None;
    }
    let ip = match digits::exactly(host) {
        Some(ip) => IpAddr::V4(ip),
        None => IpAddr::V6(host.parse().ok()?),
    };
    let family = if ip.is_ipv4() { Family::INET } else { Family::INET6 };
    let fits = asked.family == Family::UNSPECIFIED.as_raw() || asked.family == family.as_raw();
    let sockets = sockets(Type::from_raw(asked.kind), Protocol::from_raw(asked.protocol))?;
    fits.then_some((ip, sockets))
}

/// The sockets that the hints ask for; `None` for those that only the C library knows.
fn sockets(kind: Type, protocol: Protocol) -> Option<&'static [(Type, Protocol)]> {
    const ANY_TYPE: Type = Type::from_raw(0);
    match (kind, protocol) {
        (ANY_TYPE, Protocol::DEFAULT) => Some(ANY),
        (Type::STREAM, Protocol::DEFAULT) | (Type::STREAM | ANY_TYPE, Protocol::TCP) => Some(&ANY[..1]),
        (Type::DGRAM, Protocol::DEFAULT) | (Type::DGRAM | ANY_TYPE, Protocol::UDP) => Some(&ANY[1..2]),
        _ => None,
    }
}

/// Whether the C library answers out of its own head: no file is read, and no server asked.
pub(super) fn asks_nobody(host: &str, service: Service<'_>, hints: Hints) -> bool {
    let digits = || {
        let address = host.split_once('%').map_or(host, |(address, _zone)| address);
        address.parse::<Ipv6Addr>().is_ok() || hints.to_sys().flags & c::AI_NUMERICHOST != 0
    };
    service.number().is_some() && (host.is_empty() || digits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::forward::Question;

    const HOSTS: [&str; 20] = [
        "127.0.0.1",
        "0.0.0.0",
        "192.0.2.255",
        "::",
        "::1",
        "2001:db8::80",
        "2001:DB8:0:0::80",
        "::ffff:192.0.2.1",
        "fe80::1",
        "ff02::1",
        "127.1",
        "010.0.0.1",
        "0x7f.1",
        "2130706433",
        // Not for us.
        "1.2.3.4.5",
        "127.1 ",
        "127.1.",
        "08",
        "4294967296",
        "fe80::1%lo",
    ];

    fn all_hints() -> Vec<Hints> {
        let types = [0, 1, 2, 3, 5, 10].map(Type::from_raw);
        let protocols =
            [Protocol::DEFAULT, Protocol::TCP, Protocol::UDP, Protocol::SCTP, Protocol::from_raw(89)];
        let flags: [fn(Hints) -> Hints; 7] = [
            |hints| hints,
            |hints| hints.passive(true),
            |hints| hints.canonical_name(true),
            |hints| hints.numeric_host(true).numeric_service(true),
            |hints| hints.v4_mapped(true),
            |hints| hints.address_config(true),
            |hints| hints.v4_mapped(true).canonical_name(true).passive(true),
        ];
        let mut all = Vec::new();
        for family in [Family::UNSPECIFIED, Family::INET, Family::INET6, Family::UNIX] {
            for kind in types {
                for protocol in protocols {
                    let hints = Hints::new().family(family).kind(kind).protocol(protocol);
                    all.extend(flags.iter().map(|flag| flag(hints)));
                }
            }
        }
        all
    }

    #[test]
    fn what_is_answered_here_is_what_getaddrinfo_answers() {
        let services = [
            Service::Port(80),
            Service::Port(0),
            Service::Name("65535"),
            Service::Name("080"),
            Service::Name(""),
        ];
        let mut answered = 0;
        for host in HOSTS {
            for service in services {
                for hints in all_hints() {
                    let Some(answers) = answer(host, service, hints) else { continue };
                    let asked = Question::new(host, service, hints).unwrap().ask();
                    let case = format!("{host:?} {service:?} {hints:?}");
                    assert_eq!(answers.ok(), asked.ok(), "{case}");
                    answered += 1;
                }
            }
        }
        // Fourteen hosts, five services, two families, five flags of seven and more, seven pairs of type and protocol.
        assert!(answered >= 14 * 5 * 2 * 5 * 7, "{answered}");
    }

    #[test]
    fn what_needs_no_thread_is_told_from_what_may_hang() {
        let rows = [
            ("", Service::Port(80), true),
            ("", Service::Name("http"), false),
            ("::1", Service::Port(80), true),
            ("::1", Service::Name("http"), false),
            ("fe80::1%lo", Service::Name("80"), true),
            ("localhost", Service::Port(80), false),
            ("example%lo", Service::Port(80), false),
        ];
        for (host, service, want) in rows {
            assert_eq!(asks_nobody(host, service, Hints::new()), want, "{host} {service:?}");
        }
        assert!(asks_nobody("localhost", Service::Port(80), Hints::new().numeric_host(true)));
    }
}
