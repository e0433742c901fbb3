//! Hosts, services and protocols of the machine's databases.

use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use berkeley::netdb::{
    host_by_address, host_by_name, protocol_by_name, protocol_by_number, service_by_name, service_by_port,
};
use berkeley::resolve::Hints;
use berkeley::{Cause, Family, Protocol, Type, resolve};

use crate::skip;

#[test]
fn hosts_have_names_and_addresses() {
    const HOST_NOT_FOUND: i32 = 1;
    let host = host_by_name("127.1", Family::INET).unwrap();
    assert_eq!((host.name.as_c_str(), host.addresses), (c"127.1", vec![Ipv4Addr::LOCALHOST.into()]));
    let host = host_by_name("::1", Family::INET6).unwrap();
    assert_eq!(host.addresses, [IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    if let Ok(named) = host_by_address(Ipv4Addr::LOCALHOST) {
        let addresses = host_by_name(named.name.as_bytes(), Family::INET).unwrap().addresses;
        assert!(addresses.contains(&Ipv4Addr::LOCALHOST.into()), "{addresses:?}");
    }
    let error = host_by_name("a b", Family::INET).unwrap_err();
    assert_eq!((error.kind(), error.cause()), (ErrorKind::NotFound, Cause::Host(HOST_NOT_FOUND)));
    assert!(error.to_string().ends_with(": unknown host"), "{error}");
    assert!(error.cause().lookup_message().is_some());
}

#[test]
fn services_are_known_by_name_and_by_port_as_the_resolver_knows_them() {
    let services = fs::read_to_string("/etc/services").unwrap_or_default();
    if !(services.contains("80/tcp") && services.contains("514/udp")) {
        return skip::skip(
            "netdb::services_are_known_by_name_and_by_port_as_the_resolver_knows_them",
            "/etc/services",
        );
    }
    let rows = [("http", "tcp", Type::STREAM, 80), ("syslog", "udp", Type::DGRAM, 514)];
    for (name, protocol, kind, port) in rows {
        assert_eq!(service_by_name(name, Some(protocol)).unwrap().port, port);
        let resolved = resolve("127.0.0.1", name, &Hints::new().kind(kind)).unwrap();
        assert_eq!(resolved[0].address.port(), Some(port));
        let entry = service_by_port(port, Some(protocol)).unwrap();
        assert_eq!(entry.name.to_str(), Ok(name));
        assert_eq!((entry.protocol.to_str(), entry.port), (Ok(protocol), port));
    }
    assert_eq!(service_by_name("http", None).unwrap().port, 80);
}

#[test]
fn the_usual_protocols_are_known_on_every_machine() {
    let rows =
        [("udp", Protocol::UDP), ("tcp", Protocol::TCP), ("icmp", Protocol::ICMP), ("ip", Protocol::DEFAULT)];
    for (name, protocol) in rows {
        assert_eq!(protocol_by_name(name).unwrap(), protocol);
        assert_eq!(protocol_by_number(protocol).unwrap(), name);
    }
}

#[test]
fn what_no_database_has_is_not_found() {
    let rows = [
        (
            service_by_name("nosuch", None).unwrap_err(),
            r#"service_by_name nosuch: no service is called "nosuch""#,
        ),
        (
            service_by_name("80", Some("tcp")).unwrap_err(),
            r#"service_by_name 80: no TCP service is called "80""#,
        ),
        (service_by_port(0, Some("udp")).unwrap_err(), "service_by_port 0: no UDP service has port 0"),
        (
            protocol_by_name("no\u{1b}such").unwrap_err(),
            r"protocol_by_name no\u{1b}such: name or service not known",
        ),
        (
            protocol_by_number(Protocol::from_raw(-3)).unwrap_err(),
            "protocol_by_number -3: name or service not known",
        ),
    ];
    for (error, want) in rows {
        assert_eq!((error.to_string().as_str(), error.kind()), (want, ErrorKind::NotFound));
    }
}

#[test]
fn a_nul_in_a_name_is_refused_before_the_database_is_asked() {
    let rows = [
        (host_by_name("a\0b", Family::INET).unwrap_err(), r"host_by_name a\0b: the host holds a NUL"),
        (service_by_name("a\0b", None).unwrap_err(), r"service_by_name a\0b: the service holds a NUL"),
        (service_by_name("http", Some("t\0")).unwrap_err(), "service_by_name http: the protocol holds a NUL"),
        (protocol_by_name("a\0b").unwrap_err(), r"protocol_by_name a\0b: the protocol holds a NUL"),
    ];
    for (error, want) in rows {
        assert_eq!(error.to_string(), format!("{want}, where the resolver would cut it"));
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}
