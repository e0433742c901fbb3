//! Families beyond the internet's and Unix's, over real sockets where this kernel has them.
//!
//! Few kernels have them all: `./check.sh families` runs these tests in one that has most.

mod alg;
mod can;
mod dccp;
mod quirks;
mod rds;
mod sctp;
mod tipc;

use berkeley::address::{NetlinkAddress, PacketAddress, VsockAddress, XdpAddress};
use berkeley::interface::interface_index;
use berkeley::{Address, Family, Protocol, Result, Socket, Type};
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;

use crate::skip;
use crate::support::{LIMIT, LONG, within};

const EPERM: i32 = 1;
const EINVAL: i32 = 22;
const ENODEV: i32 = 19;
const EPROTONOSUPPORT: i32 = 93;
const ESOCKTNOSUPPORT: i32 = 94;
const EAFNOSUPPORT: i32 = 97;
const ETIMEDOUT: i32 = 110;

/// The ethertype for experiments (IEEE 802, Local Experimental 1): nothing else on the loopback speaks it.
const EXPERIMENT: u16 = 0x88b5;

/// A socket; a kernel without its family, or a user without the right to it, skips `test`.
fn socket_or_skip(test: &str, family: Family, kind: Type, protocol: Protocol) -> Option<Socket> {
    let error = match Socket::new(family, kind, protocol) {
        Ok(socket) => return Some(socket),
        Err(error) => error,
    };
    let what = match error.raw_os_error() {
        Some(EPERM) => "CAP_NET_RAW".to_owned(),
        Some(EAFNOSUPPORT | EPROTONOSUPPORT | ESOCKTNOSUPPORT | ENODEV) => error.to_string(),
        _ => panic!("{error}"),
    };
    skip::skip(&format!("family::{test}"), &what);
    None
}

/// The same socket as a descriptor that was adopted: its family is nobody's knowledge but the kernel's.
fn adopted(socket: Socket) -> Socket {
    Socket::from(OwnedFd::from(socket))
}

fn netlink(address: Address) -> NetlinkAddress {
    let Address::Netlink(address) = address else { panic!("{address:?}") };
    address
}

#[test]
fn netlink_names_its_ports_and_groups() {
    const RTMGRP_LINK: u32 = 1;
    const RTMGRP_IPV4_IFADDR: u32 = 16;
    let test = "netlink_names_its_ports_and_groups";
    let Some(socket) = socket_or_skip(test, Family::NETLINK, Type::RAW, Protocol::NETLINK_ROUTE) else {
        return;
    };
    assert_eq!(socket.local_address().unwrap(), NetlinkAddress::KERNEL.into());
    let groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR;
    socket.bind(NetlinkAddress { pid: 0, groups }).unwrap();
    let bound = netlink(socket.local_address().unwrap());
    assert!(bound.pid != 0, "the kernel has chosen a port");
    assert_eq!(bound.groups, groups);
    assert_eq!(socket.peer_address().unwrap(), NetlinkAddress::KERNEL.into());

    let taken =
        Socket::new(Family::NETLINK, Type::RAW, Protocol::NETLINK_ROUTE).unwrap().bind(bound).unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    assert_eq!(taken.target(), Some(bound.to_string().as_str()), "{taken}");
}

#[test]
fn netlink_answers_from_the_kernel_port() {
    let test = "netlink_answers_from_the_kernel_port";
    let Some(socket) = socket_or_skip(test, Family::NETLINK, Type::RAW, Protocol::NETLINK_ROUTE) else {
        return;
    };
    within(LIMIT, move || {
        socket.set_timeout(Some(LONG)).unwrap();
        // struct nlmsghdr and struct rtgenmsg: RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, sequence 7 (rtnetlink(7)).
        let mut request = Vec::new();
        request.extend(20_u32.to_ne_bytes());
        request.extend(18_u16.to_ne_bytes());
        request.extend(0x301_u16.to_ne_bytes());
        request.extend(7_u32.to_ne_bytes());
        request.extend([0; 8]);
        socket.send_to(&request, NetlinkAddress::KERNEL).unwrap();
        let mut buffer = vec![0; 1 << 16];
        let (length, from) = socket.recv_from(&mut buffer).unwrap();
        assert!(length >= 16, "{length}");
        assert_eq!(buffer[8..12], 7_u32.to_ne_bytes());
        assert_eq!(from, NetlinkAddress::KERNEL.into());
    });
}

#[test]
fn a_frame_goes_over_the_loopback_with_its_addresses() {
    const ARPHRD_LOOPBACK: u16 = 772;
    const OUTGOING: u8 = 4;
    let test = "a_frame_goes_over_the_loopback_with_its_addresses";
    let protocol = Protocol::ethertype(EXPERIMENT);
    let Some(receiver) = socket_or_skip(test, Family::PACKET, Type::DGRAM, protocol) else { return };
    let loopback = interface_index("lo").unwrap();
    within(LIMIT, move || {
        receiver.set_timeout(Some(LONG)).unwrap();
        receiver.bind(PacketAddress::new(loopback, EXPERIMENT)).unwrap();
        let Address::Packet(bound) = receiver.local_address().unwrap() else { panic!("{receiver:?}") };
        assert_eq!(
            (bound.interface, bound.protocol, bound.hardware_type),
            (loopback, EXPERIMENT, ARPHRD_LOOPBACK)
        );
        assert_eq!(bound.hardware.as_bytes(), [0; 6]);

        let sender = Socket::new(Family::PACKET, Type::DGRAM, Protocol::DEFAULT).unwrap();
        let to = PacketAddress { hardware: [0; 6].into(), ..PacketAddress::new(loopback, EXPERIMENT) };
        let payload = format!("frame of {}", std::process::id());
        assert_eq!(sender.send_to(payload.as_bytes(), to).unwrap(), payload.len());

        let mut buffer = [0; 1500];
        loop {
            let (length, from) = receiver.recv_from(&mut buffer).unwrap();
            let Address::Packet(from) = from else { panic!("{from:?}") };
            assert_eq!(
                (from.interface, from.protocol, from.hardware_type),
                (loopback, EXPERIMENT, ARPHRD_LOOPBACK)
            );
            // Bound to one protocol, a socket sees what arrives alone, and not what goes out.
            assert_ne!(from.packet_type, OUTGOING);
            assert_eq!(from.hardware.as_bytes(), [0; 6]);
            if buffer[..length] == *payload.as_bytes() {
                break;
            }
        }
    });
}

#[test]
fn vsock_binds_and_refuses_by_number() {
    let test = "vsock_binds_and_refuses_by_number";
    let Some(socket) = socket_or_skip(test, Family::VSOCK, Type::STREAM, Protocol::DEFAULT) else { return };
    within(LIMIT, move || {
        socket.set_timeout(Some(LONG)).unwrap();
        socket.bind(VsockAddress::new(VsockAddress::CID_ANY, VsockAddress::PORT_ANY)).unwrap();
        let Address::Vsock(bound) = socket.local_address().unwrap() else { panic!("{socket:?}") };
        assert_eq!(bound.cid, VsockAddress::CID_ANY);
        assert_ne!(bound.port, VsockAddress::PORT_ANY, "the kernel has chosen a port");

        // Nobody is the machine 0xfffffffe: whatever transports there are, the kernel refuses.
        let nobody = VsockAddress::new(u32::MAX - 1, 1);
        let error = socket.connect(nobody).unwrap_err();
        assert_eq!(error.target(), Some("vsock:4294967294:1"), "{error}");
        assert!(error.raw_os_error().is_some(), "{error}");
    });
}

#[test]
fn vsock_speaks_to_this_machine_by_its_loopback() {
    for (kind, name) in [(Type::STREAM, "stream"), (Type::SEQPACKET, "seqpacket")] {
        let test = format!("vsock_speaks_to_this_machine_by_its_loopback:{name}");
        let Some(server) = socket_or_skip(&test, Family::VSOCK, kind, Protocol::DEFAULT) else { continue };
        within(LIMIT, move || {
            server.set_timeout(Some(LONG)).unwrap();
            server.bind(VsockAddress::new(VsockAddress::CID_ANY, VsockAddress::PORT_ANY)).unwrap();
            server.listen(1).unwrap();
            let Address::Vsock(bound) = server.local_address().unwrap() else { panic!("{server:?}") };
            let client = Socket::new(Family::VSOCK, kind, Protocol::DEFAULT).unwrap();
            client.set_timeout(Some(LONG)).unwrap();
            let local = VsockAddress::new(VsockAddress::CID_LOCAL, bound.port);
            if let Err(error) = client.connect(local) {
                // Another transport, such as a virtual machine's, knows nobody by that number, or no records.
                let errno = error.raw_os_error();
                assert!(matches!(errno, Some(ENODEV | ETIMEDOUT | ESOCKTNOSUPPORT)), "{error}");
                skip::skip(
                    &format!("family::{test}"),
                    "the kernel's CONFIG_VSOCKETS_LOOPBACK, vsock_loopback",
                );
                return;
            }
            let (peer, address) = server.accept().unwrap();
            let Address::Vsock(address) = address else { panic!("{address:?}") };
            let Address::Vsock(sender) = client.local_address().unwrap() else { panic!("{client:?}") };
            assert_eq!((address.cid, address.port), (VsockAddress::CID_LOCAL, sender.port));
            assert_eq!(client.peer_address().unwrap(), local.into());
            client.send_all(b"hello").unwrap();
            assert_eq!(peer.recv_vec(64).unwrap(), b"hello");
            drop(peer);
            assert_eq!(client.recv_vec(64).unwrap(), b"");
        });
    }
}

#[test]
fn xdp_asks_for_its_memory_before_it_binds() {
    let test = "xdp_asks_for_its_memory_before_it_binds";
    let Some(socket) = socket_or_skip(test, Family::XDP, Type::RAW, Protocol::DEFAULT) else { return };
    let loopback = interface_index("lo").unwrap();
    let address = XdpAddress { interface: loopback, ..XdpAddress::default() };
    let error = socket.bind(address).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(EINVAL), "{error}");
    assert_eq!(error.target(), Some(format!("xdp:{loopback}:0").as_str()));
}

#[test]
fn mptcp_and_udplite_speak_over_the_loopback() {
    let test = "mptcp_and_udplite_speak_over_the_loopback";
    let rows = [(Type::STREAM, Protocol::MPTCP, "mptcp"), (Type::DGRAM, Protocol::UDPLITE, "udplite")];
    within(LIMIT, move || {
        for (kind, protocol, name) in rows {
            let Some(server) = socket_or_skip(&format!("{test} ({name})"), Family::INET, kind, protocol)
            else {
                continue;
            };
            speak(&server, kind, protocol).unwrap();
        }
    });
}

fn speak(server: &Socket, kind: Type, protocol: Protocol) -> Result<()> {
    server.set_timeout(Some(LONG))?;
    server.bind((Ipv4Addr::LOCALHOST, 0))?;
    let client = Socket::new(Family::INET, kind, protocol)?;
    client.set_timeout(Some(LONG))?;
    if kind == Type::DGRAM {
        client.send_to(b"hello", server.local_address()?)?;
        assert_eq!(server.recv_vec(64)?, b"hello");
        return Ok(());
    }
    server.listen(1)?;
    client.connect(server.local_address()?)?;
    let (peer, _) = server.accept()?;
    client.send_all(b"hello")?;
    assert_eq!(peer.recv_vec(64)?, b"hello");
    Ok(())
}

#[test]
fn what_the_kernel_lacks_is_named_in_the_error() {
    let rows = [
        (Family::CAN, Type::RAW, Protocol::CAN_RAW, "socket can-raw (needs the kernel's CONFIG_CAN"),
        (
            Family::TIPC,
            Type::RDM,
            Protocol::DEFAULT,
            "socket tipc-rdm (needs the kernel's CONFIG_TIPC, module tipc)",
        ),
        (
            Family::ALG,
            Type::SEQPACKET,
            Protocol::DEFAULT,
            "socket alg (needs the kernel's CONFIG_CRYPTO_USER_API",
        ),
        (
            Family::INET,
            Type::STREAM,
            Protocol::SCTP,
            "socket sctp (needs the kernel's CONFIG_IP_SCTP, module sctp)",
        ),
        (
            Family::RDS,
            Type::SEQPACKET,
            Protocol::DEFAULT,
            "socket rds (needs the kernel's CONFIG_RDS, module rds)",
        ),
        (Family::VSOCK, Type::DGRAM, Protocol::DEFAULT, "socket vsock-dgram (needs the kernel's CONFIG_V"),
    ];
    for (family, kind, protocol, words) in rows {
        // A kernel that has the family proves nothing here, and takes nothing away.
        let Err(error) = Socket::new(family, kind, protocol) else { continue };
        assert!(error.to_string().starts_with(words), "{error}");
        let errno = error.raw_os_error().unwrap();
        assert!(error.to_string().ends_with(&format!(" (os error {errno})")), "{error}");
    }
}
