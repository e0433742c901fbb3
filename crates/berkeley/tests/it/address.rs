//! Addresses: encoded and decoded without loss, whatever the bytes.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, TcpStream};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use berkeley::{Address, Family, OtherAddress, UnixAddress, option};
use proptest::prelude::*;

use crate::support::{LIMIT, TCP6, TempDir, UNIX_DGRAM, within};
use crate::{corpus, skip};

/// Without a file of failures: a failure prints its input, and becomes a row of a table.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() }
}

fn inet() -> impl Strategy<Value = Address> {
    any::<([u8; 4], u16)>().prop_map(|(ip, port)| SocketAddrV4::new(Ipv4Addr::from(ip), port).into())
}

fn inet6() -> impl Strategy<Value = Address> {
    any::<([u8; 16], u16, u32, u32)>().prop_map(|(ip, port, flow, scope)| {
        Address::Inet6(SocketAddrV6::new(Ipv6Addr::from(ip), port, flow, scope))
    })
}

fn unix_path() -> impl Strategy<Value = Address> {
    prop::collection::vec(1..=u8::MAX, 1..=UnixAddress::MAX)
        .prop_map(|path| UnixAddress::from_path(std::ffi::OsStr::from_bytes(&path)).unwrap().into())
}

fn unix_abstract() -> impl Strategy<Value = Address> {
    prop::collection::vec(any::<u8>(), 0..=UnixAddress::MAX)
        .prop_map(|name| UnixAddress::from_abstract(&name).unwrap().into())
}

/// A family that has no file of its own: one that has, with bytes of its own making, decodes as that family.
fn other() -> impl Strategy<Value = Address> {
    let known = [Family::INET, Family::INET6, Family::UNIX].map(Family::as_raw);
    let families = (0..=i32::from(u16::MAX)).prop_filter("unknown", move |family| !known.contains(family));
    (families, prop::collection::vec(any::<u8>(), 0..=126)).prop_map(|(family, data)| {
        Address::Other(OtherAddress::new(Family::from_raw(family), &data).unwrap())
    })
}

fn any_address() -> impl Strategy<Value = Address> {
    prop_oneof![
        inet(),
        inet6(),
        unix_path(),
        unix_abstract(),
        Just(Address::Unix(UnixAddress::UNNAMED)),
        other()
    ]
}

/// Bytes that often open with a family that is known.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let known = [Family::UNSPECIFIED, Family::UNIX, Family::INET, Family::INET6];
    let opening = prop::sample::select(known.map(Family::as_raw).to_vec())
        .prop_map(|family| u16::try_from(family).unwrap().to_ne_bytes().to_vec());
    let body = prop::collection::vec(any::<u8>(), 0..=140);
    prop_oneof![body.clone(), (opening, body).prop_map(|(opening, body)| [opening, body].concat()),]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_address_survives_the_round_trip(address in any_address()) {
        let encoded = address.encode();
        prop_assert_eq!(Address::decode(encoded.as_bytes()), address);
        prop_assert!(encoded.as_bytes().len() <= 128);
    }

    #[test]
    fn whatever_bytes_are_decoded_and_what_is_unknown_stays_as_it_was(bytes in any_bytes()) {
        corpus::address::check(&bytes);
    }

    #[test]
    fn what_is_shown_of_an_address_cannot_drive_a_terminal(address in any_address()) {
        let shown = address.to_string();
        prop_assert!(!shown.chars().any(char::is_control), "{:?}", shown);
    }

    #[test]
    fn internet_addresses_go_to_std_and_back(address in prop_oneof![inet(), inet6()]) {
        let std_address = SocketAddr::try_from(address).unwrap();
        prop_assert_eq!(Address::from(std_address), address);
        prop_assert_eq!(address.ip(), Some(std_address.ip()));
        prop_assert_eq!(address.port(), Some(std_address.port()));
    }

    #[test]
    fn other_families_have_neither_ip_nor_port(address in prop_oneof![unix_path(), unix_abstract(), other()]) {
        prop_assert_eq!(SocketAddr::try_from(address), Err(address));
        prop_assert_eq!((address.ip(), address.port()), (None, None));
    }
}

#[test]
fn no_bytes_are_no_name() {
    let none = Address::decode(&[]);
    assert!(none.is_unnamed());
    assert_eq!(none.family(), Family::UNSPECIFIED);
    assert_eq!(none.to_string(), "(none)");
}

/// With `IPV6_FLOWINFO_SEND` the kernel keeps a connection's flow, and shows it in the peer's address.
#[test]
fn a_flow_is_what_std_makes_of_it() {
    if TCP6.socket().bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return skip::skip("address::a_flow_is_what_std_makes_of_it", "IPv6");
    }
    within(LIMIT, || {
        let (_listener, address) = TCP6.listener(1);
        let client = TCP6.socket();
        client.set(option::ipv6::FLOWINFO_SEND, true).unwrap();
        // Traffic class 0x24: a flow label would have to be leased first.
        let flow = 0x0240_0000_u32.to_be();
        client.connect(SocketAddrV6::new(Ipv6Addr::LOCALHOST, address.port().unwrap(), flow, 0)).unwrap();
        let ours = SocketAddr::try_from(client.peer_address().unwrap()).unwrap();
        let stds = TcpStream::from(client).peer_addr().unwrap();
        assert_eq!(ours, stds);
        assert!(matches!(stds, SocketAddr::V6(address) if address.flowinfo() == flow), "{stds:?}");
    });
}

/// The kernel adds a NUL to a path of all 108 bytes, and counts it.
#[test]
fn a_path_of_all_108_bytes_goes_through_the_kernel_and_is_answered() {
    within(LIMIT, || {
        let folder = TempDir::new();
        let mut path = folder.path("").into_os_string().into_vec();
        path.resize(108, b'p');
        let family = u16::try_from(Family::UNIX.as_raw()).unwrap().to_ne_bytes();
        let long = Address::decode(&[&family[..], &path].concat());
        let (server, client) = (UNIX_DGRAM.socket(), UNIX_DGRAM.socket());
        client.bind(long).unwrap();
        assert_eq!(client.local_address().unwrap(), long);
        server.bind(folder.unix("server")).unwrap();
        client.send_to(b"who is it?", folder.unix("server")).unwrap();
        let (_, from) = server.recv_from(&mut [0; 16]).unwrap();
        assert_eq!(from.as_unix().and_then(UnixAddress::as_path).unwrap().as_os_str().as_bytes(), path);
        server.send_to(b"it is me", from).unwrap();
        assert_eq!(client.recv_vec(16).unwrap(), b"it is me");
    });
}
