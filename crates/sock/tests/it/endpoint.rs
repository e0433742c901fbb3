//! Any endpoint prints so that it reads back.

use std::net::IpAddr;
use std::time::Duration;

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use sock::endpoint::{Endpoint, Host, Own, Place, Port, Role, Scheme, Setting, Words};

const NAMES: [&str; 4] = ["socket.keepalive", "socket.rcvbuf", "socket.mark", "socket.priority"];

fn host() -> impl Strategy<Value = Host> {
    let name = "[a-zA-Z_é套]([a-zA-Z0-9_-]{0,20}[a-z])?(\\.[a-zA-Z][a-z0-9-]{0,8}){0,3}\\.?";
    prop_oneof![Just(Host::Loopback), name.prop_map(Host::Name), literal_host()]
}

/// The hosts that `bind` takes.
fn literal_host() -> impl Strategy<Value = Host> {
    let zone = prop_oneof!["(25)?[^/:\\s\\x00]{1,3}", "[0-9]{1,4}"];
    let v6 = (any::<u128>(), option::of(zone));
    prop_oneof![
        Just(Host::Every),
        any::<u32>().prop_map(|bits| Host::V4(bits.into())),
        v6.prop_map(|(bits, zone)| Host::V6 { address: bits.into(), zone }),
    ]
}

fn port() -> impl Strategy<Value = Port> {
    prop_oneof![any::<u16>().prop_map(Port::Number), "[a-zA-Z][a-z0-9+._-]{0,31}".prop_map(Port::Name)]
}

fn inet(host: impl Strategy<Value = Host>) -> impl Strategy<Value = Place> {
    (host, port()).prop_map(|(host, port)| Place::Inet { host, port })
}

fn path() -> impl Strategy<Value = Place> {
    let byte = prop_oneof![1..=255_u8, Just(b'/'), Just(b'@'), Just(b'%')];
    prop_oneof![vec(byte, 1..40), "[/@]{1,2}\\PC{1,9}".prop_map(String::into_bytes)].prop_map(Place::Path)
}

fn unix() -> impl Strategy<Value = Place> {
    prop_oneof![path(), vec(any::<u8>(), 1..40).prop_map(Place::Abstract)]
}

fn vsock() -> impl Strategy<Value = Place> {
    let number = || prop_oneof![0..4_u32, any::<u32>(), Just(u32::MAX)];
    (number(), number()).prop_map(|(cid, port)| Place::Vsock { cid, port })
}

fn settings() -> impl Strategy<Value = Vec<Setting>> {
    let names = btree_set(0..NAMES.len(), 0..NAMES.len());
    (names, vec(option::of(any::<String>()), NAMES.len())).prop_map(|(names, values)| {
        names.into_iter().zip(values).map(|(name, value)| Setting::new(NAMES[name], value)).collect()
    })
}

fn timeout() -> impl Strategy<Value = Duration> {
    (any::<u64>(), 1..1_000_000_000_u32).prop_map(|(seconds, nanos)| Duration::new(seconds, nanos))
}

/// At most a day.
fn retry() -> impl Strategy<Value = Duration> {
    (1..=86_400_000_u64).prop_map(Duration::from_millis)
}

fn group() -> impl Strategy<Value = IpAddr> {
    let v4 = (224..=239_u8, any::<[u8; 3]>()).prop_map(|(a, [b, c, d])| IpAddr::from([a, b, c, d]));
    prop_oneof![v4, any::<u128>().prop_map(|bits| IpAddr::V6((bits | 0xff << 120).into()))]
}

/// With the group where UDP listens: at the group's own address.
fn heard(own: Own, scheme: Scheme, listen: bool, place: &mut Place, group: Option<IpAddr>) -> Own {
    let (Some(group), Scheme::Udp, true) = (group, scheme, listen) else { return own };
    *place = Place::Inet { host: group.into(), port: Port::Number(9) };
    Own { join: Some(group), ..own }
}

fn inet_endpoint() -> impl Strategy<Value = Endpoint> {
    let interface = option::of("[^/:\\s\\x00]{1,3}");
    let own = (option::of(timeout()), option::of(retry()), option::of(inet(literal_host())), interface);
    let scheme = prop_oneof![Just(Scheme::Tcp), Just(Scheme::Udp), Just(Scheme::Mptcp), Just(Scheme::Sctp)];
    (scheme, any::<bool>(), inet(host()), own, settings(), option::of(group())).prop_map(
        |(scheme, listen, mut place, own, settings, group)| {
            let (timeout, retry, bind, interface) = own;
            // What belongs to connecting stands with no listening form.
            let (timeout, retry, bind) = if listen { (None, None, None) } else { (timeout, retry, bind) };
            let own = Own { timeout, retry, bind, interface, ..Own::default() };
            let own = heard(own, scheme, listen, &mut place, group);
            Endpoint { listen, own, settings, ..Endpoint::new(scheme, place) }
        },
    )
}

fn unix_endpoint() -> impl Strategy<Value = Endpoint> {
    let own = (option::of(timeout()), option::of(unix()), option::of(0..=0o777_u32));
    let scheme = prop_oneof![Just(Scheme::Unix), Just(Scheme::UnixDgram), Just(Scheme::UnixSeqpacket)];
    (scheme, any::<bool>(), unix(), own, settings()).prop_map(|(scheme, listen, place, own, settings)| {
        let (timeout, bind, mode) = own;
        let (timeout, bind) = if listen { (None, None) } else { (timeout, bind) };
        let mode = mode.filter(|_| matches!(place, Place::Path(_)));
        let own = Own { timeout, bind, mode, ..Own::default() };
        Endpoint { listen, own, settings, ..Endpoint::new(scheme, place) }
    })
}

fn vsock_endpoint() -> impl Strategy<Value = Endpoint> {
    let own = (option::of(timeout()), option::of(vsock()));
    (any::<bool>(), vsock(), own).prop_map(|(listen, place, (timeout, bind))| {
        let (timeout, bind) = if listen { (None, None) } else { (timeout, bind) };
        Endpoint {
            listen,
            own: Own { timeout, bind, ..Own::default() },
            ..Endpoint::new(Scheme::Vsock, place)
        }
    })
}

/// Text made of the grammar's own signs, so that it gets past the first check.
fn nearly_an_endpoint() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "\\PC{0,4}",
        "[\\[\\]:/?&=%@*,. -]{1,3}",
        "(tcp|udp|unix|vsock|unix-dgram|TCP-LISTEN)(-listen)?(://|:)",
        "(timeout|retry|bind|interface|join|mode|keepalive|cork|ttl)(=[0-9a-z%:*]{0,5})?",
        "[0-9]{1,6}|::1|fe80::1%25eth0|%[0-9a-f]{2}",
        any::<String>(),
    ];
    vec(word, 0..8).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_endpoint_prints_so_that_it_reads_back(
        endpoint in prop_oneof![inet_endpoint(), unix_endpoint(), vsock_endpoint()]
    ) {
        let printed = endpoint.to_string();
        let read = Endpoint::parse(&printed, &Words(&NAMES), Role::Either);
        prop_assert_eq!(read.as_ref(), Ok(&endpoint), "{}", printed);
    }

    #[test]
    fn any_text_is_read_or_refused_with_its_fault(text in nearly_an_endpoint()) {
        super::corpus::endpoint::check(&text);
    }
}
