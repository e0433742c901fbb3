//! Multicast on the loopback interface, and the membership of a packet socket.

use std::env;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV6};
use std::process::Command;

use berkeley::interface::interface_index;
use berkeley::{Address, Family, Flags, LinkMembership, Protocol, Socket, Type, option};

use crate::bounded::RunInTime;
use crate::namespace::in_namespace;
use crate::skip::{need, skip};
use crate::support::{LIMIT, LONG, within};

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 1, 2, 3);
/// Interface-local: such packets never leave this host (RFC 4291).
const GROUP6: Ipv6Addr = Ipv6Addr::new(0xff01, 0, 0, 0, 0, 0, 0, 0x4711);
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
const THERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

fn loopback() -> u32 {
    interface_index("lo").unwrap()
}

/// A socket bound to the group's address, which hears what it has joined itself and nothing else.
fn member(group: IpAddr) -> Socket {
    let family = if group.is_ipv4() { Family::INET } else { Family::INET6 };
    let socket = Socket::new(family, Type::DGRAM, Protocol::DEFAULT).unwrap();
    socket.set_timeout(Some(LONG)).unwrap();
    match group {
        IpAddr::V4(_) => socket.set(option::ip::MULTICAST_ALL, false).unwrap(),
        IpAddr::V6(_) => socket.set(option::ipv6::MULTICAST_ALL, false).unwrap(),
    }
    // A group of IPv6 that is no wider than an interface or a link is bound with its interface.
    let address: Address = match group {
        IpAddr::V4(group) => (group, 0).into(),
        IpAddr::V6(group) => SocketAddrV6::new(group, 0, 0, loopback()).into(),
    };
    socket.bind(address).unwrap();
    socket
}

fn sender(source: Ipv4Addr) -> Socket {
    let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
    socket.bind((source, 0)).unwrap();
    socket.set(option::ip::MULTICAST_IF, HERE).unwrap();
    socket
}

/// The errno of a refusal.
fn errno<T>(result: berkeley::Result<T>) -> Option<i32> {
    result.err().expect("a refusal").raw_os_error()
}

#[test]
fn a_member_hears_the_group_until_it_leaves() {
    within(LIMIT, || {
        let socket = member(GROUP.into());
        let to = socket.local_address().unwrap();
        let sender = sender(HERE);
        sender.send_to(b"before", to).unwrap();
        socket.join(GROUP, loopback()).unwrap();
        sender.send_to(b"while", to).unwrap();
        assert_eq!(socket.recv_vec(64).unwrap(), b"while");
        assert_eq!(errno(socket.join(GROUP, loopback())), Some(libc::EADDRINUSE));

        socket.leave(GROUP, loopback()).unwrap();
        sender.send_to(b"after", to).unwrap();
        assert_eq!(errno(socket.leave(GROUP, loopback())), Some(libc::EADDRNOTAVAIL));
        // Loopback delivers before send returns: what was to come is there.
        assert!(socket.try_recv(&mut [0; 64], Flags::NONE).unwrap_err().is_would_block());
    });
}

#[test]
fn a_blocked_source_is_silent_until_it_is_unblocked() {
    within(LIMIT, || {
        let socket = member(GROUP.into());
        let to = socket.local_address().unwrap();
        let (here, there) = (sender(HERE), sender(THERE));
        socket.join(GROUP, loopback()).unwrap();
        socket.block_source(GROUP, THERE, loopback()).unwrap();
        there.send_to(b"blocked", to).unwrap();
        here.send_to(b"heard", to).unwrap();
        assert_eq!(socket.recv_vec(64).unwrap(), b"heard");
        assert_eq!(errno(socket.block_source(GROUP, THERE, loopback())), Some(libc::EADDRNOTAVAIL));

        socket.unblock_source(GROUP, THERE, loopback()).unwrap();
        there.send_to(b"heard again", to).unwrap();
        assert_eq!(socket.recv_vec(64).unwrap(), b"heard again");
    });
}

#[test]
fn a_source_specific_member_hears_its_sources_alone() {
    within(LIMIT, || {
        let socket = member(GROUP.into());
        let to = socket.local_address().unwrap();
        let (here, there) = (sender(HERE), sender(THERE));
        socket.join_source(GROUP, THERE, loopback()).unwrap();
        here.send_to(b"not asked for", to).unwrap();
        there.send_to(b"asked for", to).unwrap();
        assert_eq!(socket.recv_vec(64).unwrap(), b"asked for");

        socket.join_source(GROUP, HERE, loopback()).unwrap();
        here.send_to(b"asked for too", to).unwrap();
        assert_eq!(socket.recv_vec(64).unwrap(), b"asked for too");

        socket.leave_source(GROUP, THERE, loopback()).unwrap();
        there.send_to(b"no more", to).unwrap();
        here.send_to(b"still", to).unwrap();
        assert_eq!(socket.recv_vec(64).unwrap(), b"still");
    });
}

#[test]
fn groups_of_ipv6_are_joined_blocked_and_left() {
    let socket = member(GROUP6.into());
    let source = Ipv6Addr::LOCALHOST;
    socket.join(GROUP6, loopback()).unwrap();
    assert_eq!(errno(socket.join(GROUP6, loopback())), Some(libc::EADDRINUSE));
    socket.block_source(GROUP6, source, loopback()).unwrap();
    assert_eq!(errno(socket.block_source(GROUP6, source, loopback())), Some(libc::EADDRNOTAVAIL));
    socket.unblock_source(GROUP6, source, loopback()).unwrap();
    socket.leave(GROUP6, loopback()).unwrap();
    assert_eq!(errno(socket.leave(GROUP6, loopback())), Some(libc::EADDRNOTAVAIL));

    socket.join_source(GROUP6, source, loopback()).unwrap();
    socket.leave_source(GROUP6, source, loopback()).unwrap();
    assert_eq!(errno(socket.leave(GROUP6, loopback())), Some(libc::EADDRNOTAVAIL));
    assert_eq!(errno(socket.join(Ipv6Addr::LOCALHOST, loopback())), Some(libc::EINVAL));
}

/// The loopback interface delivers no multicast of IPv6: this test runs itself again within a network namespace, on
/// one end of a pair of interfaces.
#[test]
fn a_member_of_a_group_of_ipv6_hears_it() {
    const TEST: &str = "multicast::a_member_of_a_group_of_ipv6_hears_it";
    if env::var_os(INTERFACE).is_some() {
        return within(LIMIT, hear_a_group_of_ipv6);
    }
    if !["timeout", "unshare", "ip"].iter().all(|tool| need(TEST, tool)) {
        return;
    }
    let rights: [&[&str]; 2] = [&["--net"], &["--net", "--user", "--map-root-user"]];
    let unshare = |rights: &[&str], command: &[&str]| {
        let this = env::current_exe().unwrap();
        let mut unshare = Command::new("timeout");
        unshare.args(["60", "unshare"]).args(rights).args(command).arg(this).args(["--exact", TEST]);
        unshare.env(INTERFACE, "berkeley0").output_in_time().unwrap()
    };
    let Some(rights) = rights.into_iter().find(|rights| unshare(rights, &["true"]).status.success()) else {
        return skip(TEST, "the right to make a network namespace");
    };
    let heard = unshare(rights, &["sh", "-c", PAIR, "sh"]);
    let said = String::from_utf8_lossy(&[heard.stdout, heard.stderr].concat()).into_owned();
    assert!(heard.status.success() && said.contains("1 passed"), "{said}");
}

/// Names the interface to those who run within the namespace.
const INTERFACE: &str = "BERKELEY_TEST_INTERFACE";

/// Makes the pair, waits until the kernel has given it its route for multicast, and runs what follows.
const PAIR: &str = "ip link add $BERKELEY_TEST_INTERFACE type veth peer name berkeley1 &&
    ip link set $BERKELEY_TEST_INTERFACE up && ip link set berkeley1 up &&
    ip -6 address add fd00::1/64 dev $BERKELEY_TEST_INTERFACE nodad || exit
    until ip -6 route show table local | grep -q \"ff00::/8 dev $BERKELEY_TEST_INTERFACE\"; do sleep 0.05; done
    exec \"$@\"";

fn hear_a_group_of_ipv6() {
    let interface = interface_index(env::var(INTERFACE).unwrap()).unwrap();
    let source = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
    let socket = Socket::new(Family::INET6, Type::DGRAM, Protocol::DEFAULT).unwrap();
    socket.set_timeout(Some(LONG)).unwrap();
    socket.set(option::ipv6::MULTICAST_ALL, false).unwrap();
    socket.bind(SocketAddrV6::new(GROUP6, 0, 0, interface)).unwrap();
    let to = socket.local_address().unwrap();
    let sender = Socket::new(Family::INET6, Type::DGRAM, Protocol::DEFAULT).unwrap();
    sender.bind((source, 0)).unwrap();
    sender.set(option::ipv6::MULTICAST_IF, interface).unwrap();

    socket.join(GROUP6, interface).unwrap();
    socket.block_source(GROUP6, source, interface).unwrap();
    sender.send_to(b"blocked", to).unwrap();
    socket.unblock_source(GROUP6, source, interface).unwrap();
    sender.send_to(b"any source", to).unwrap();
    assert_eq!(socket.recv_vec(64).unwrap(), b"any source");
    socket.leave(GROUP6, interface).unwrap();

    sender.send_to(b"no member", to).unwrap();
    socket.join_source(GROUP6, source, interface).unwrap();
    sender.send_to(b"this source", to).unwrap();
    assert_eq!(socket.recv_vec(64).unwrap(), b"this source");
}

#[test]
fn a_socket_of_ipv6_joins_a_group_of_ipv4() {
    within(LIMIT, || {
        let socket = Socket::new(Family::INET6, Type::DGRAM, Protocol::DEFAULT).unwrap();
        socket.set_timeout(Some(LONG)).unwrap();
        socket.set(option::ipv6::V6ONLY, false).unwrap();
        socket.bind((GROUP.to_ipv6_mapped(), 0)).unwrap();
        socket.join(GROUP, loopback()).unwrap();
        let port = socket.local_address().unwrap().port().unwrap();
        sender(HERE).send_to(b"over IPv4", (GROUP, port)).unwrap();
        assert_eq!(socket.recv_vec(64).unwrap(), b"over IPv4");
        socket.leave(GROUP, loopback()).unwrap();
    });
}

#[test]
fn a_packet_socket_counts_its_memberships() {
    let packet = Family::from_raw(libc::AF_PACKET);
    let Ok(socket) = Socket::new(packet, Type::RAW, Protocol::DEFAULT) else {
        return skip("multicast::a_packet_socket_counts_its_memberships", "CAP_NET_RAW");
    };
    let memberships = [
        LinkMembership::Promiscuous,
        LinkMembership::AllMulticast,
        LinkMembership::Multicast([1, 0, 0x5e, 1, 2, 3]),
        LinkMembership::Unicast([2, 0, 0, 0, 0, 1]),
    ];
    for membership in memberships {
        socket.join_link(loopback(), membership).unwrap();
        socket.join_link(loopback(), membership).unwrap();
        socket.leave_link(loopback(), membership).unwrap();
        socket.leave_link(loopback(), membership).unwrap();
    }
    assert_eq!(errno(socket.join_link(u32::MAX >> 1, LinkMembership::Promiscuous)), Some(libc::ENODEV));
}

#[test]
fn an_anycast_address_is_taken_and_given_up() {
    in_namespace(LONG, || {
        // A host may take an address of a network that it is on.
        let arguments = ["address", "add", "fd00::1/64", "dev", "lo", "nodad"];
        assert!(Command::new("ip").args(arguments).status_in_time().unwrap().success());
        let address = |last| Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last);
        let socket = Socket::new(Family::INET6, Type::DGRAM, Protocol::DEFAULT).unwrap();
        socket.join_anycast(address(2), loopback()).unwrap();
        let taken = std::fs::read_to_string("/proc/net/anycast6").unwrap();
        assert!(taken.contains("fd000000000000000000000000000002"), "{taken}");
        assert_eq!(errno(socket.leave_anycast(address(3), loopback())), Some(libc::ENOENT));
        socket.leave_anycast(address(2), loopback()).unwrap();
        assert_eq!(errno(socket.leave_anycast(address(2), loopback())), Some(libc::ENOENT));
        assert_eq!(errno(socket.join_anycast(address(1), loopback())), Some(libc::EINVAL));
        let elsewhere = Ipv6Addr::new(0xfd01, 0, 0, 0, 0, 0, 0, 1);
        assert_eq!(errno(socket.join_anycast(elsewhere, loopback())), Some(libc::EADDRNOTAVAIL));
    });
}
