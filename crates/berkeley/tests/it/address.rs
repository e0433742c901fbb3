//! Addresses: encoded and decoded without loss, whatever the bytes.

use std::collections::HashSet;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, TcpStream};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use berkeley::address::{
    AlgAddress, BluetoothAddress, BluetoothDevice, CanAddress, HardwareAddress, Ieee802154Address,
    Ieee802154Device, J1939Address, L2tpAddress, L2tpIds, LlcAddress, NetlinkAddress, NfcAddress, NfcLink,
    OtherAddress, PacketAddress, PhonetAddress, PppoeDevice, PppoxAddress, QipcrtrAddress, TipcAddress,
    TipcName, TunnelIds, VsockAddress, X25Address, XdpAddress,
};
use berkeley::{Address, Family, UnixAddress, option};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

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
    let known = KNOWN.map(Family::as_raw);
    let families = (0..=i32::from(u16::MAX)).prop_filter("unknown", move |family| !known.contains(family));
    (families, prop::collection::vec(any::<u8>(), 0..=126)).prop_map(|(family, data)| {
        Address::Other(OtherAddress::new(Family::from_raw(family), &data).unwrap())
    })
}

/// Every family that has a type of its own.
pub(crate) const KNOWN: [Family; 18] = [
    Family::UNIX,
    Family::INET,
    Family::INET6,
    Family::NETLINK,
    Family::PACKET,
    Family::VSOCK,
    Family::CAN,
    Family::ALG,
    Family::TIPC,
    Family::BLUETOOTH,
    Family::QIPCRTR,
    Family::XDP,
    Family::LLC,
    Family::NFC,
    Family::PHONET,
    Family::IEEE802154,
    Family::PPPOX,
    Family::X25,
];

/// Words that are often the special ones.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), Just(u32::MAX), any::<u32>()]
}

/// Families whose addresses are numbers.
fn numbers() -> impl Strategy<Value = Address> {
    (any::<u8>(), word(), word(), word(), any::<u16>(), any::<u8>(), any::<u8>()).prop_map(
        |(kind, a, b, c, half, byte, other)| match kind % 7 {
            0 => NetlinkAddress { pid: a, groups: b }.into(),
            1 => VsockAddress::new(a, b).flags(byte).into(),
            2 => QipcrtrAddress { node: a, port: b }.into(),
            3 => XdpAddress { interface: a, queue: b, flags: half, shared_umem_fd: c }.into(),
            4 => PhonetAddress { device: byte, object: other, resource: kind }.into(),
            5 => NfcAddress { device: a, target: b, protocol: c, link: None }.into(),
            _ => LlcAddress {
                hardware_type: half,
                sap: byte,
                mac: [kind, byte, other, 0, 1, 2],
                test: byte,
                xid: 0,
                ua: other,
            }
            .into(),
        },
    )
}

fn packet() -> impl Strategy<Value = Address> {
    let hardware = prop::collection::vec(any::<u8>(), 0..=32);
    (word(), any::<u16>(), any::<u8>(), any::<u16>(), hardware).prop_map(
        |(interface, protocol, packet_type, hardware_type, hardware)| {
            let hardware = HardwareAddress::new(&hardware).unwrap();
            PacketAddress { interface, protocol, packet_type, hardware_type, hardware }.into()
        },
    )
}

fn can() -> impl Strategy<Value = Address> {
    (word(), word(), word(), any::<u64>(), any::<u8>(), any::<[u8; 16]>()).prop_map(
        |(interface, a, b, name, address, data)| match address % 4 {
            0 => CanAddress::new(interface).into(),
            1 => CanAddress::isotp(interface, a, b).into(),
            2 => CanAddress::j1939(interface, J1939Address { name, pgn: a, address }).into(),
            _ => CanAddress::from_data(interface, data).into(),
        },
    )
}

fn alg() -> impl Strategy<Value = Address> {
    ("[^\\x00]{1,3}", "[^\\x00]{1,25}", word(), word()).prop_map(|(kind, name, features, mask)| {
        AlgAddress::new(&kind, &name).unwrap().with_features(features, mask).into()
    })
}

fn tipc() -> impl Strategy<Value = Address> {
    (any::<u8>(), any::<i8>(), word(), word(), word()).prop_map(|(kind, scope, a, b, c)| {
        let name = match kind % 3 {
            0 => TipcName::Range { service: a, lower: b, upper: c },
            1 => TipcName::Service { service: a, instance: b, domain: c },
            _ => TipcName::Socket { reference: a, node: b },
        };
        TipcAddress { name, scope }.into()
    })
}

fn bluetooth() -> impl Strategy<Value = Address> {
    (any::<[u8; 6]>(), any::<u16>(), any::<u16>(), any::<u8>()).prop_map(|(device, a, b, kind)| {
        let device = BluetoothDevice(device);
        match kind % 4 {
            0 => BluetoothAddress::L2cap { device, psm: a, cid: b, kind },
            1 => BluetoothAddress::Rfcomm { device, channel: kind },
            2 => BluetoothAddress::Hci { index: a, channel: b },
            _ => BluetoothAddress::Sco { device },
        }
        .into()
    })
}

fn nfc_link() -> impl Strategy<Value = Address> {
    (word(), any::<u8>(), any::<u8>(), prop::collection::vec(any::<u8>(), 0..=63)).prop_map(
        |(device, dsap, ssap, service)| {
            let link = Some(NfcLink::new(dsap, ssap, &service).unwrap());
            NfcAddress { device, target: 0, protocol: 5, link }.into()
        },
    )
}

fn ieee802154() -> impl Strategy<Value = Address> {
    let device = prop_oneof![
        Just(Ieee802154Device::None),
        any::<u16>().prop_map(Ieee802154Device::Short),
        any::<[u8; 8]>().prop_map(Ieee802154Device::Long),
    ];
    (any::<u16>(), device).prop_map(|(pan, device)| Ieee802154Address { pan, device }.into())
}

fn pppox() -> impl Strategy<Value = Address> {
    let pppoe = (any::<u16>(), any::<[u8; 6]>(), "[^\\x00]{0,3}").prop_map(|(session, remote, name)| {
        let device = PppoeDevice::new(&name).unwrap();
        PppoxAddress::Pppoe { session, remote, device }.into()
    });
    let pptp =
        any::<(u16, [u8; 4])>().prop_map(|(call, ip)| PppoxAddress::Pptp { call, address: ip.into() }.into());
    prop_oneof![pppoe, pptp, l2tp()]
}

fn l2tp() -> impl Strategy<Value = Address> {
    let peer = prop_oneof![inet(), shown_inet6()].prop_map(|peer| SocketAddr::try_from(peer).unwrap());
    (any::<(i32, i32)>(), peer, any::<bool>(), any::<[u16; 4]>()).prop_map(
        |((pid, fd), peer, wide, [a, b, c, d])| {
            let narrow = TunnelIds {
                source_tunnel: a,
                source_session: b,
                destination_tunnel: c,
                destination_session: d,
            };
            let ids = if wide {
                L2tpIds::V3(TunnelIds {
                    source_tunnel: u32::from(a) << 16,
                    source_session: b.into(),
                    destination_tunnel: c.into(),
                    destination_session: d.into(),
                })
            } else {
                L2tpIds::V2(narrow)
            };
            PppoxAddress::L2tp(L2tpAddress { pid, fd, peer, ids }).into()
        },
    )
}

fn x25() -> impl Strategy<Value = Address> {
    "[0-9]{0,15}".prop_map(|digits| X25Address::new(&digits).unwrap().into())
}

fn of_a_new_family() -> impl Strategy<Value = Address> {
    prop_oneof![
        3 => numbers(),
        1 => packet(),
        1 => can(),
        1 => alg(),
        1 => tipc(),
        1 => bluetooth(),
        1 => nfc_link(),
        1 => ieee802154(),
        1 => pppox(),
        1 => x25(),
    ]
}

/// Without a flow, which std does not print.
fn shown_inet6() -> impl Strategy<Value = Address> {
    any::<([u8; 16], u16, u32)>()
        .prop_map(|(ip, port, scope)| Address::Inet6(SocketAddrV6::new(Ipv6Addr::from(ip), port, 0, scope)))
}

fn any_address() -> impl Strategy<Value = Address> {
    prop_oneof![
        1 => inet(),
        1 => inet6(),
        1 => unix_path(),
        1 => unix_abstract(),
        1 => Just(Address::Unix(UnixAddress::UNNAMED)),
        1 => other(),
        8 => of_a_new_family(),
    ]
}

/// Bytes that often open with a family that is known.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let known = KNOWN.map(Family::as_raw).into_iter().chain([0]).collect::<Vec<_>>();
    let opening =
        prop::sample::select(known).prop_map(|family| u16::try_from(family).unwrap().to_ne_bytes().to_vec());
    let body = prop::collection::vec(any::<u8>(), 0..=140);
    prop_oneof![1 => body.clone(), 4 => (opening, body).prop_map(|(opening, body)| [opening, body].concat())]
}

/// Texts that often look like addresses.
fn any_text() -> impl Strategy<Value = String> {
    let tag = "(netlink|packet|vsock|can|alg|tipc|bluetooth|qipcrtr|xdp|llc|nfc|phonet|ieee802154|pppox|x25|family)";
    let tagged = (tag.prop_filter("a tag", |tag| !tag.is_empty()), "(:[0-9a-fx*]{0,5}){0,10}");
    prop_oneof![any::<String>(), "[@/.]?[a-z:\\\\x0-9{}]{0,12}", tagged.prop_map(|(tag, tail)| tag + &tail)]
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
    fn what_an_address_shows_reads_as_the_same_address(
        address in prop_oneof![shown_inet6(), any_address().prop_filter("shown whole", |address| {
            !matches!(address, Address::Inet6(address) if address.flowinfo() != 0)
        })]
    ) {
        prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
    }

    #[test]
    fn whatever_text_is_parsed_and_an_error_repeats_a_bounded_part(text in any_text()) {
        corpus::address::check(text.as_bytes());
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
    fn other_families_have_neither_ip_nor_port(address in prop_oneof![unix_path(), unix_abstract(), other(), of_a_new_family()]) {
        prop_assert!(SocketAddr::try_from(address).is_err());
        prop_assert_eq!((address.ip(), address.port()), (None, None));
    }
}

/// The families are read from the source: a new one without a generator fails.
#[test]
fn every_family_has_its_addresses_among_those_that_go_round() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../berkeley/src/address/mod.rs");
    let source = fs::read_to_string(path).unwrap();
    let (_, from) = source.split_once("\nfamilies! {").unwrap();
    let (table, _) = from.split_once("\n}").unwrap();
    let rows = table.lines().filter(|line| line.trim().starts_with(char::is_uppercase)).count();
    assert_eq!(KNOWN.len(), 3 + rows, "IPv4, IPv6, Unix, and a row each");

    let mut runner = TestRunner::deterministic();
    let addresses = any_address();
    let mut missing = HashSet::from(KNOWN);
    // Most are met within a few dozen: an emulator takes minutes for all 5000.
    for _ in 0..5000 {
        let address = addresses.new_tree(&mut runner).unwrap().current();
        if !matches!(address, Address::Other(_)) {
            missing.remove(&address.family());
        }
        if missing.is_empty() {
            break;
        }
    }
    assert!(missing.is_empty(), "any_address makes none of {missing:?}");
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

#[test]
fn an_address_is_held_in_132_bytes() {
    assert_eq!(size_of::<Address>(), 132);
}
