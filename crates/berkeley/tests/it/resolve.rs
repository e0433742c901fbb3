//! Names to addresses and back.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use berkeley::address::VsockAddress;
use berkeley::bindings::{RawHints, literal, resolve_back_raw, resolve_raw};
#[cfg(feature = "fault")]
use berkeley::fault;
use berkeley::interface::interface_index;
use berkeley::resolve::{BackHints, Hints, Lookup, host_name, resolve_back_within, resolve_within};
use berkeley::{Address, Cause, Deadline, Family, Protocol, Service, Type, resolve, resolve_back};

use crate::skip;

const EAI_AGAIN: i32 = -3;
const EMFILE: i32 = 24;

fn stream() -> Hints {
    Hints::new().kind(Type::STREAM)
}

fn one(host: &str, service: Service<'_>, hints: Hints) -> String {
    let answers = resolve(host, service, &hints).unwrap();
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers[0].address.to_string()
}

#[test]
fn literals_are_their_own_address() {
    let lo = interface_index("lo").unwrap();
    let rows = [
        ("127.0.0.1", "127.0.0.1:80".to_owned()),
        ("192.0.2.1", "192.0.2.1:80".to_owned()),
        ("::1", "[::1]:80".to_owned()),
        ("2001:db8::80", "[2001:db8::80]:80".to_owned()),
        ("fe80::1%lo", format!("[fe80::1%{lo}]:80")),
        ("fe80::1%7", "[fe80::1%7]:80".to_owned()),
    ];
    for (host, want) in rows {
        assert_eq!(one(host, Service::Port(80), stream()), want);
        assert_eq!(one(host, Service::Port(80), stream().numeric_host(true)), want);
    }
}

#[test]
fn an_answer_says_which_socket_can_use_it() {
    let answers = resolve("127.0.0.1", 53, &Hints::new()).unwrap();
    let kinds: Vec<Type> = answers.iter().map(|answer| answer.kind).collect();
    assert!(kinds.contains(&Type::STREAM) && kinds.contains(&Type::DGRAM), "{kinds:?}");

    let udp = resolve("127.0.0.1", 53, &Hints::new().protocol(Protocol::UDP)).unwrap();
    assert_eq!((udp.len(), udp[0].kind, udp[0].protocol), (1, Type::DGRAM, Protocol::UDP));
    assert_eq!((udp[0].family, udp[0].address.family()), (Family::INET, Family::INET));

    let raw = resolve("127.0.0.1", 0, &Hints::new().kind(Type::RAW)).unwrap();
    assert_eq!(raw[0].kind, Type::RAW, "raw sockets have no port, and port 0 asks for none");
}

#[test]
fn an_empty_host_is_loopback_or_when_passive_every_address() {
    let family = |family| stream().family(family);
    assert_eq!(one("", Service::Port(80), family(Family::INET)), "127.0.0.1:80");
    assert_eq!(one("", Service::Port(80), family(Family::INET6)), "[::1]:80");
    assert_eq!(one("", Service::Port(80), family(Family::INET).passive(true)), "0.0.0.0:80");
    assert_eq!(one("", Service::Port(80), family(Family::INET6).passive(true)), "[::]:80");
    assert_eq!(one("", Service::Name(""), family(Family::INET)), "127.0.0.1:0");
    assert_eq!(one("", Service::Port(80), family(Family::INET).passive(true).passive(false)), "127.0.0.1:80");
}

#[test]
fn localhost_goes_forward_and_back() {
    let answers = resolve("localhost", 80, &stream()).unwrap();
    assert!(!answers.is_empty());
    for answer in &answers {
        assert!(answer.address.ip().is_some_and(|ip| ip.is_loopback()), "{answer:?}");
    }
    let named = BackHints::new().name_required(true).numeric_service(true);
    let (host, service) = resolve_back((Ipv4Addr::LOCALHOST, 80), &named).unwrap();
    assert_eq!(service, "80");
    let again = resolve(&host, 80, &stream().family(Family::INET)).unwrap();
    assert_eq!(again[0].address, Address::from((Ipv4Addr::LOCALHOST, 80)));
}

#[test]
fn an_unknown_host_is_not_found_or_the_resolver_says_that_it_cannot_know() {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(resolve("nosuch.invalid", 80, &stream()).unwrap_err()));
    let error = receiver.recv_timeout(Duration::from_secs(60)).expect("the resolver gives up in time");
    let message = error.to_string();
    assert!(message.starts_with("resolve nosuch.invalid:80: "), "{message}");
    if error.cause() == Cause::Resolver(EAI_AGAIN) {
        assert!(message.ends_with("temporary failure in name resolution"), "{message}");
    } else {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{message}");
    }
    assert_eq!(error.raw_os_error(), None);
}

#[test]
fn refusals_have_the_shape_of_errors() {
    let stream = stream();
    let rows = [
        (
            resolve("localhost", 80, &stream.numeric_host(true)),
            "resolve localhost:80: name or service not known",
        ),
        (
            resolve("localhost", "nosuch", &stream),
            "resolve localhost:nosuch: no TCP service is called \"nosuch\"",
        ),
        (
            resolve("::1", "http", &stream.numeric_service(true)),
            "resolve [::1]:http: name or service not known",
        ),
    ];
    for (result, want) in rows {
        let error = result.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.kind()), (want, ErrorKind::NotFound));
        assert!(matches!(error.cause(), Cause::Resolver(_)));
    }
}

#[test]
fn what_the_resolver_would_cut_is_refused_in_words() {
    let rows = [
        (
            resolve("a\0b", 80, &stream()),
            r"resolve a\0b:80: the host holds a NUL, where the resolver would cut it",
        ),
        (
            resolve("localhost", "ht\0tp", &stream()),
            r"resolve localhost:ht\0tp: the service holds a NUL, where the resolver would cut it",
        ),
        (
            resolve("", "65536", &stream().passive(true)),
            "resolve *:65536: port 65536 is not a number from 0 to 65535",
        ),
    ];
    for (result, want) in rows {
        let error = result.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.kind()), (want, ErrorKind::InvalidInput));
    }
}

#[test]
fn services_have_numbers_and_names() {
    for service in [Service::from("80"), Service::from(&"80".to_owned()), Service::from(80)] {
        assert_eq!(one("127.0.0.1", service, stream()), "127.0.0.1:80");
    }
    assert_eq!(one("127.0.0.1", Service::from(""), stream()), "127.0.0.1:0");
    let services = fs::read_to_string("/etc/services").unwrap_or_default();
    if !(services.contains("80/tcp") && services.contains("514/udp")) {
        return skip::skip("resolve::services_have_numbers_and_names", "/etc/services");
    }
    assert_eq!(one("127.0.0.1", Service::from("http"), stream()), "127.0.0.1:80");
    let numeric = BackHints::new().numeric_host(true);
    let back = |port, hints| resolve_back((Ipv4Addr::LOCALHOST, port), &hints).unwrap().1;
    assert_eq!(back(80, numeric), "http");
    assert_eq!((back(514, numeric), back(514, numeric.datagram(true))), ("shell".into(), "syslog".into()));
}

#[test]
fn the_first_answer_carries_the_canonical_name_where_asked() {
    let named = resolve("127.0.0.1", 80, &Hints::new().canonical_name(true)).unwrap();
    assert_eq!(named[0].canonical_name.as_deref(), Some("127.0.0.1"));
    assert!(named[1..].iter().all(|answer| answer.canonical_name.is_none()));
    assert_eq!(resolve("127.0.0.1", 80, &stream()).unwrap()[0].canonical_name, None);
}

#[test]
fn ipv4_answers_a_question_for_ipv6_only_when_mapped() {
    let six = stream().family(Family::INET6);
    assert!(resolve("127.0.0.1", 80, &six).is_err());
    assert_eq!(one("127.0.0.1", Service::Port(80), six.v4_mapped(true)), "[::ffff:127.0.0.1]:80");
}

#[test]
fn an_address_goes_back_to_digits_with_its_zone() {
    let numbers = BackHints::new().numeric_host(true).numeric_service(true);
    let lo = interface_index("lo").unwrap();
    let linked = std::net::SocketAddrV6::new("fe80::1".parse().unwrap(), 443, 0, lo);
    let rows: [(Address, &str, &str); 3] = [
        ((Ipv4Addr::new(192, 0, 2, 1), 65535).into(), "192.0.2.1", "65535"),
        ((Ipv6Addr::LOCALHOST, 0).into(), "::1", "0"),
        (linked.into(), "fe80::1%lo", "443"),
    ];
    for (address, host, service) in rows {
        assert_eq!(resolve_back(address, &numbers).unwrap(), (host.to_owned(), service.to_owned()));
    }
}

#[test]
fn a_family_without_names_is_refused() {
    let error = resolve_back(VsockAddress::new(2, 1234), &BackHints::new()).unwrap_err();
    assert_eq!(error.to_string(), "resolve_back vsock:2:1234: ai_family not supported");
}

#[cfg(feature = "fault")]
#[test]
fn a_resolver_that_cannot_work_says_which_errno_stopped_it() {
    let armed = fault::arm(fault::Plan::fail("getaddrinfo", 1, EMFILE));
    let error = resolve("localhost", 80, &stream()).unwrap_err();
    assert_eq!(error.to_string(), "resolve localhost:80: too many open files (os error 24)");
    assert!(armed.struck());
    drop(armed);
    let armed = fault::arm(fault::Plan::fail("getnameinfo", 1, EMFILE));
    let error = resolve_back((Ipv4Addr::LOCALHOST, 80), &BackHints::new()).unwrap_err();
    assert_eq!(error.to_string(), "resolve_back 127.0.0.1:80: too many open files (os error 24)");
    assert!(armed.struck());
}

#[test]
fn a_lookup_with_a_deadline_answers_as_one_without() {
    let deadline = Deadline::after(Duration::from_secs(60));
    let all = Hints::new();
    let hosts = ["localhost", "127.0.0.1", "fe80::1%lo", "127.1", ""];
    for host in hosts {
        let want = resolve(host, 80, &all).unwrap();
        assert_eq!(resolve_within(host, 80, &all, deadline).unwrap(), want, "{host}");
        assert_eq!(resolve_within(host, 80, &all, Deadline::NEVER).unwrap(), want, "{host}");
    }
    let error = resolve_within("localhost", "nosuch", &all, deadline).unwrap_err();
    assert_eq!(error.to_string(), resolve("localhost", "nosuch", &all).unwrap_err().to_string());
    let error = Lookup::start("a\0b", 80, &all).unwrap_err();
    assert_eq!(error.to_string(), r"resolve a\0b:80: the host holds a NUL, where the resolver would cut it");
}

#[test]
fn a_deadline_that_has_passed_answers_addresses_and_no_names() {
    let passed = Deadline::after(Duration::ZERO);
    for host in ["127.0.0.1", "127.1", "::1", "fe80::1%lo", ""] {
        assert!(resolve_within(host, 80, &stream(), passed).is_ok(), "{host}");
    }
    let error = resolve_within("localhost", 80, &stream(), passed).unwrap_err();
    assert_eq!(error.to_string(), "resolve localhost:80: timed out");
    assert_eq!((error.cause(), error.kind()), (Cause::TimedOut, ErrorKind::TimedOut));
}

#[test]
fn an_address_goes_back_within_a_deadline_as_without_one() {
    let address = Address::from((Ipv4Addr::LOCALHOST, 80));
    for hints in [BackHints::new(), BackHints::new().numeric_host(true)] {
        let within = resolve_back_within(address, &hints, Deadline::after(Duration::from_secs(20))).unwrap();
        assert_eq!(within, resolve_back(address, &hints).unwrap());
        assert_eq!(within, resolve_back_within(address, &hints, Deadline::NEVER).unwrap());
    }
    let error = resolve_back_within(address, &BackHints::new(), Deadline::after(Duration::ZERO)).unwrap_err();
    assert_eq!(error.cause(), Cause::TimedOut);
    assert!(error.to_string().starts_with("resolve_back 127.0.0.1:80: "), "{error}");
    let digits =
        resolve_back_within(address, &BackHints::new().numeric_host(true), Deadline::after(Duration::ZERO));
    assert_eq!(digits.unwrap().0, "127.0.0.1", "nobody is asked");
}

#[cfg(feature = "tokio")]
#[test]
fn a_lookup_is_awaited_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for host in ["localhost", "127.0.0.1"] {
            let mut lookup = Lookup::start(host, 80, &stream()).unwrap();
            let limit = Duration::from_secs(60);
            let answers = tokio::time::timeout(limit, &mut lookup).await.unwrap().unwrap();
            assert_eq!(answers, resolve(host, 80, &stream()).unwrap());
            assert_eq!(
                lookup.await.unwrap_err().to_string(),
                format!("resolve {host}:80: the answer of this lookup has been fetched already")
            );
        }
    });
}

#[test]
fn lookups_that_are_let_go_leave_room_for_others() {
    // More than there are helpers; those that have not begun never do.
    for _ in 0..100 {
        drop(Lookup::start("localhost", 80, &stream()).unwrap());
    }
    let answers = resolve_within("localhost", 80, &stream(), Deadline::after(Duration::from_secs(60)));
    assert!(!answers.unwrap().is_empty());
}

#[test]
fn a_nonblocking_type_resolves_as_its_kind_does() {
    let stream = resolve("127.0.0.1", 80, &Hints::new().kind(Type::STREAM)).unwrap();
    let nonblocking = resolve("127.0.0.1", 80, &Hints::new().kind(Type::STREAM.nonblocking())).unwrap();
    assert_eq!(nonblocking, stream);
}

#[test]
fn what_is_answered_without_asking_is_what_getaddrinfo_answers_to_any_numbers() {
    const HOSTS: [&str; 9] = [
        "127.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::1.2.3.4",
        "::ffff:1.2.3.4",
        "fe80::1",
        "1.2.3",
    ];
    let mut answered = 0;
    for host in HOSTS {
        let name = std::ffi::CString::new(host).unwrap();
        for numbers in 0..4_u32.pow(4) {
            let pick = |place: u32, of: [i32; 4]| of[(numbers / 4_u32.pow(place) % 4) as usize];
            let hints = RawHints {
                family: pick(0, [0, 2, 10, 99]),
                kind: pick(1, [0, 1, 2, 3]),
                protocol: pick(2, [0, 6, 17, 132]),
                flags: pick(3, [0, 1, 4, 0x402]),
            };
            let Some(found) = literal(host, 80, hints) else { continue };
            let asked = resolve_raw(Some(&name), Some(c"80"), hints).unwrap();
            let sockets: Vec<_> = asked.iter().map(|answer| (answer.kind, answer.protocol)).collect();
            assert_eq!(sockets, found.sockets, "{host} {hints:?}");
            assert!(asked.iter().all(|answer| answer.address == found.address.into()), "{host} {hints:?}");
            answered += 1;
        }
    }
    // Eight hosts, two families, three flags, seven pairs of type and protocol.
    assert!(answered >= 8 * 2 * 3 * 7, "{answered}");
}

#[test]
fn a_raw_question_is_asked_as_it_stands() {
    const AI_CANONNAME: i32 = 2;
    const EAI_FAMILY: i32 = -6;
    let named = RawHints { kind: 1, flags: AI_CANONNAME, ..RawHints::default() };
    // glibc cuts a port to its sixteen bits; musl refuses one that has more.
    let port = if cfg!(target_env = "gnu") { c"65536" } else { c"0" };
    let answers = resolve_raw(Some(c"0x7f.1"), Some(port), named).unwrap();
    assert_eq!(answers[0].address, Address::from((Ipv4Addr::LOCALHOST, 0)));
    assert_eq!(answers[0].canonical_name.as_deref(), Some(c"0x7f.1"));
    let error =
        resolve_raw(Some(c"127.0.0.1"), None, RawHints { family: 99, ..RawHints::default() }).unwrap_err();
    assert_eq!(error.cause(), Cause::Resolver(EAI_FAMILY));
    assert!(error.to_string().ends_with(": ai_family not supported"), "{error}");
    assert!(error.cause().lookup_message().is_some());
    let (host, service) = resolve_back_raw(&answers[0].address, 3).unwrap();
    assert_eq!((host.as_c_str(), service.as_c_str()), (c"127.0.0.1", c"0"));
}

#[test]
fn the_machine_has_a_name_of_bytes() {
    let written = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(host_name().unwrap().to_bytes(), written.trim_end().as_bytes());
}
