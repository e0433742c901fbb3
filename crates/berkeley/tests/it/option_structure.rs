//! Options whose values are structures and lists, on live sockets.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;
use std::time::Duration;

use berkeley::option::{
    self, Clock, CongestionState, IcmpFilter, Icmpv6Filter, TcpInfo, TcpState, TransmitTime,
};
use berkeley::{Address, Error, Family, Protocol, Socket, Type, raw};
use proptest::prelude::*;

use crate::skip::skip;
use crate::support::{LIMIT, LONG, within};

/// Both ends of a connection, and the listener.
fn connected(protocol: Protocol) -> berkeley::Result<(Socket, Socket, Socket)> {
    let listener = Socket::new(Family::INET, Type::STREAM, protocol)?;
    listener.bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.listen(1)?;
    let client = Socket::new(Family::INET, Type::STREAM, protocol)?;
    client.set_timeout(Some(LONG))?;
    client.connect(listener.local_address()?)?;
    let (server, _) = listener.accept()?;
    server.set_timeout(Some(LONG))?;
    Ok((client, server, listener))
}

/// A socket that this host may not make, or not have: the test is skipped by name.
fn made(test: &str, family: i32, kind: Type, protocol: i32) -> Option<Socket> {
    let socket = Socket::new(Family::from_raw(family), kind, Protocol::from_raw(protocol));
    socket.map_err(|error| skip(test, &error.to_string())).ok()
}

#[test]
fn the_kernel_tells_what_a_connection_carried() {
    within(LIMIT, || {
        let (client, server, listener) = connected(Protocol::TCP).unwrap();
        client.send_all(&[7; 5000]).unwrap();
        let mut got = 0;
        while got < 5000 {
            got += server.recv_vec(5000).unwrap().len();
        }
        server.send_all(b"all of it").unwrap();
        assert_eq!(client.recv_vec(64).unwrap(), b"all of it");

        let info = client.get(option::tcp::INFO).unwrap();
        assert_eq!((info.state, info.ca_state), (TcpState::ESTABLISHED, CongestionState::OPEN));
        assert_eq!(info.bytes_acked, Some(5001), "the SYN counts, and the answer acknowledged all");
        assert_eq!(info.bytes_received, Some(9));
        assert!(info.rtt > Duration::ZERO && info.rtt < LONG, "{info:?}");
        assert!(
            info.rto >= info.rtt && info.snd_mss > 0 && info.snd_cwnd > 0 && info.pmtu > 1000,
            "{info:?}"
        );
        assert_eq!(info.total_retrans, 0);
        assert!(info.data_segs_out >= Some(1) && info.segs_in >= Some(2), "{info:?}");
        if let Some(sent) = info.bytes_sent {
            assert_eq!(sent, 5000);
        }
        assert_eq!(server.get(option::tcp::INFO).unwrap().bytes_received, Some(5000));
        assert_eq!(listener.get(option::tcp::INFO).unwrap().state, TcpState::LISTEN);
        drop(client);
        assert_eq!(server.recv_vec(1).unwrap(), b"");
        assert_eq!(server.get(option::tcp::INFO).unwrap().state, TcpState::CLOSE_WAIT);
    });
}

#[test]
fn multipath_tcp_has_information_of_its_own() {
    let test = "option_structure::multipath_tcp_has_information_of_its_own";
    let Ok((client, server, _listener)) = connected(Protocol::MPTCP) else {
        return skip(test, "IPPROTO_MPTCP");
    };
    client.send_all(b"over a subflow").unwrap();
    assert_eq!(server.recv_vec(64).unwrap(), b"over a subflow");
    let info = server.get(option::mptcp::INFO).unwrap();
    assert_eq!(info.flags & 1, 0, "no fallback to TCP: {info:?}");
    assert_ne!(info.token, 0);
    if let Some(received) = info.bytes_received {
        assert_eq!(received, 14);
    }
    let plain = connected(Protocol::TCP).unwrap().0.get(option::mptcp::INFO).unwrap_err();
    assert!(plain.raw_os_error().is_some(), "{plain}");
}

#[test]
fn memory_and_drops_are_counted() {
    let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
    socket.set(option::RCVBUF, 1).unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let room = socket.get(option::RCVBUF).unwrap();
    for _ in 0..100 {
        socket.send_to(&[0; 1000], socket.local_address().unwrap()).unwrap();
    }
    let memory = socket.get(option::MEMINFO).unwrap();
    assert_eq!(memory.receive_buffer, room);
    assert!(memory.receiving > 0 && memory.drops > 0 && memory.drops < 100, "{memory:?}");
}

#[test]
fn the_groups_of_a_peer_are_those_of_this_process() {
    let (left, _right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
    let groups = left.get(option::PEERGROUPS).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap();
    let want: Vec<u32> = line.split_whitespace().map(|group| group.parse().unwrap()).collect();
    assert_eq!(groups, want);
}

#[test]
fn times_to_send_at_go_in_and_come_out() {
    let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
    let want = TransmitTime::new(Clock::MONOTONIC).deadline(true).report_errors(true);
    socket.set(option::TXTIME, want).unwrap();
    assert_eq!(socket.get(option::TXTIME).unwrap(), want);
    let nonsense = TransmitTime::new(Clock::from_raw(99)).deadline(true).report_errors(true);
    assert_eq!(socket.set(option::TXTIME, nonsense).unwrap_err().raw_os_error(), Some(libc::EINVAL));
}

#[test]
fn the_mtu_of_the_path_over_loopback_is_the_interfaces() {
    let socket = Socket::new(Family::INET6, Type::DGRAM, Protocol::DEFAULT).unwrap();
    socket.connect((Ipv6Addr::LOCALHOST, 9)).unwrap();
    let mtu = std::fs::read_to_string("/sys/class/net/lo/mtu").unwrap();
    assert_eq!(socket.get(option::ipv6::PATHMTU).unwrap(), mtu.trim().parse::<u32>().unwrap());
}

#[test]
fn a_filter_of_icmp_holds_back_what_it_blocks() {
    let test = "option_structure::a_filter_of_icmp_holds_back_what_it_blocks";
    let Some(socket) = made(test, libc::AF_INET, Type::RAW, libc::IPPROTO_ICMP) else { return };
    within(LIMIT, move || {
        assert_eq!(socket.get(option::icmp::FILTER).unwrap(), IcmpFilter::PASS_ALL);
        let replies = IcmpFilter::BLOCK_ALL.pass(0);
        socket.set(option::icmp::FILTER, replies).unwrap();
        assert_eq!(socket.get(option::icmp::FILTER).unwrap(), replies);
        socket.set_timeout(Some(LONG)).unwrap();
        socket.connect((Ipv4Addr::LOCALHOST, 0)).unwrap();
        // An echo request of identifier 0x4242 whose checksum (RFC 1071) is right: the sum of its words is ffff.
        let request = [8, 0, 0xb5, 0xbc, 0x42, 0x42, 0, 1];
        socket.send(&request).unwrap();
        // The loopback shows a raw socket both; without the filter the request would be first.
        let mut buffer = [0; 64];
        loop {
            let length = socket.recv(&mut buffer).unwrap();
            let message = &buffer[usize::from(buffer[0] & 15) * 4..length];
            assert_eq!(message[0], 0, "a blocked type came: {message:?}");
            if message[4..] == request[4..] {
                break;
            }
        }
    });
}

#[test]
fn a_filter_of_icmpv6_goes_in_and_comes_out() {
    let test = "option_structure::a_filter_of_icmpv6_goes_in_and_comes_out";
    let Some(socket) = made(test, libc::AF_INET6, Type::RAW, libc::IPPROTO_ICMPV6) else { return };
    for filter in [Icmpv6Filter::BLOCK_ALL.pass(129).pass(255), Icmpv6Filter::PASS_ALL.block(0)] {
        socket.set(option::icmpv6::FILTER, filter).unwrap();
        assert_eq!(socket.get(option::icmpv6::FILTER).unwrap(), filter);
    }
}

#[test]
fn a_netlink_socket_lists_its_groups() {
    let test = "option_structure::a_netlink_socket_lists_its_groups";
    let Some(socket) = made(test, libc::AF_NETLINK, Type::RAW, 0) else { return };
    // RTNLGRP_LINK, and RTNLGRP_NEXTHOP, which is beyond the first word of 32 bits less one.
    for group in [1, 32] {
        socket.set(option::netlink::ADD_MEMBERSHIP, group).unwrap();
    }
    assert_eq!(socket.get(option::netlink::LIST_MEMBERSHIPS).unwrap(), [1, 32]);
    socket.set(option::netlink::DROP_MEMBERSHIP, 1).unwrap();
    assert_eq!(socket.get(option::netlink::LIST_MEMBERSHIPS).unwrap(), [32]);
}

#[test]
fn a_packet_socket_counts_what_came() {
    let test = "option_structure::a_packet_socket_counts_what_came";
    // ETH_P_LOOPBACK, which no other test sends: in network byte order, as packet(7) says.
    let protocol = i32::from(0x9000_u16.to_be());
    let Some(socket) = made(test, libc::AF_PACKET, Type::DGRAM, protocol) else { return };
    let statistics = socket.get(option::packet::STATISTICS).unwrap();
    assert_eq!((statistics.packets, statistics.drops, statistics.freezes), (0, 0, None));
    socket.set(option::packet::VERSION, 2).unwrap();
    let statistics = socket.get(option::packet::STATISTICS).unwrap();
    assert_eq!(statistics.freezes, Some(0), "TPACKET_V3 counts them");
}

#[test]
fn an_xdp_socket_tells_where_its_rings_are() {
    let test = "option_structure::an_xdp_socket_tells_where_its_rings_are";
    let Some(socket) = made(test, libc::AF_XDP, Type::RAW, 0) else { return };
    socket.set(option::xdp::RX_RING, 64).unwrap();
    let again = socket.set(option::xdp::RX_RING, 64).unwrap_err();
    assert_eq!(again.raw_os_error(), Some(libc::EINVAL), "a ring is made once");
    let offsets = socket.get(option::xdp::MMAP_OFFSETS).unwrap();
    assert!(offsets.rx.descriptors > offsets.rx.consumer && offsets.rx.consumer > offsets.rx.producer);
    assert_eq!(offsets.fill.producer, offsets.completion.producer);
    let statistics = socket.get(option::xdp::STATISTICS).unwrap();
    assert_eq!((statistics.rx_dropped, statistics.rx_invalid_descs), (0, 0));
}

#[test]
fn checksums_of_udplite_may_cover_the_header_alone() {
    let test = "option_structure::checksums_of_udplite_may_cover_the_header_alone";
    let Some(socket) = made(test, libc::AF_INET, Type::DGRAM, libc::IPPROTO_UDPLITE) else { return };
    within(LIMIT, move || {
        socket.set_timeout(Some(LONG)).unwrap();
        socket.set(option::udplite::SEND_CSCOV, 8).unwrap();
        socket.set(option::udplite::RECV_CSCOV, 8).unwrap();
        assert_eq!(socket.get(option::udplite::SEND_CSCOV).unwrap(), 8);
        socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address: Address = socket.local_address().unwrap();
        socket.send_to(b"half covered", address).unwrap();
        assert_eq!(socket.recv_vec(64).unwrap(), b"half covered");
    });
}

#[test]
fn the_buffer_of_a_vsock_is_between_its_bounds() {
    let test = "option_structure::the_buffer_of_a_vsock_is_between_its_bounds";
    let Some(socket) = made(test, libc::AF_VSOCK, Type::STREAM, 0) else { return };
    socket.set(option::vsock::BUFFER_MAX_SIZE, 65_536).unwrap();
    socket.set(option::vsock::BUFFER_SIZE, 1 << 40).unwrap();
    assert_eq!(socket.get(option::vsock::BUFFER_SIZE).unwrap(), 65_536);
    socket.set(option::vsock::CONNECT_TIMEOUT, Duration::from_millis(1_500)).unwrap();
    // The kernel keeps it in its ticks, of at most 10 ms.
    let timeout = socket.get(option::vsock::CONNECT_TIMEOUT).unwrap();
    assert!((Duration::from_millis(1_500)..Duration::from_millis(1_511)).contains(&timeout), "{timeout:?}");
}

#[test]
#[allow(unsafe_code, reason = "the raw calls are what is tested")]
fn an_option_by_its_numbers_is_the_same_option() {
    let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
    let ttl = option::ip::TTL.description();
    // SAFETY: IP_TTL is a C int: plain data, both ways.
    let set =
        unsafe { raw::set_option(socket.as_fd(), ttl.level.as_raw(), ttl.number, &9_i32.to_ne_bytes()) };
    set.unwrap();
    assert_eq!(socket.get(option::ip::TTL).unwrap(), 9);
    let mut value = [0; 4];
    // SAFETY: as above.
    let length = unsafe { raw::option(socket.as_fd(), ttl.level.as_raw(), ttl.number, &mut value) }.unwrap();
    assert_eq!((length, i32::from_ne_bytes(value)), (4, 9));
    // SAFETY: there is no such option: the kernel looks at nothing.
    let refused = unsafe { raw::option(socket.as_fd(), ttl.level.as_raw(), 9_999, &mut value) };
    assert_eq!(refused.unwrap_err().raw_os_error(), Some(libc::ENOPROTOOPT));
}

#[test]
fn values_that_do_not_fit_are_refused_in_words() {
    let refuse =
        |name: &str, text: &str| -> Error { option::find(name).unwrap().parse(Some(text)).unwrap_err() };
    let rows = [
        ("icmp.filter", "0,32", r#"takes all, none, or the types that pass, such as 0,3,8, got "0,32""#),
        ("can.filter", "xyz:1", r#"takes none, or filters such as 123:7ff,400:700, got "xyz:1""#),
        ("tipc.group_join", "1:2:3", r#"takes a group such as 4711:1:2:0, got "1:2:3""#),
        ("tipc.group_leave", "later", r#"takes now, or no value, got "later""#),
        ("alg.set_aead_authsize", "257", "takes 0 to 256, got 257"),
    ];
    for (name, text, want) in rows {
        assert_eq!(refuse(name, text).to_string(), format!("set {name}: {want}"));
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_the_decoder_and_a_prefix_agrees_with_the_whole(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        cut in 0_usize..300,
    ) {
        crate::corpus::tcp_info::check(&bytes);
        let cut = cut.min(bytes.len());
        if let (Some(whole), Some(part)) = (TcpInfo::decode(&bytes), TcpInfo::decode(&bytes[..cut])) {
            prop_assert_eq!(part.rtt, whole.rtt);
            prop_assert!(part.bytes_acked.is_none() || part.bytes_acked == whole.bytes_acked);
        }
    }
}

#[test]
#[allow(unsafe_code, reason = "the raw call is what is tested")]
fn an_option_that_is_its_length_reads_no_bytes() {
    let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
    let priority = option::PRIORITY.description();
    let (level, number) = (priority.level.as_raw(), priority.number);
    // SAFETY: the kernel reads four bytes of a null pointer, which it refuses.
    let refused = unsafe { raw::set_option_length(socket.as_fd(), level, number, 4) };
    assert_eq!(refused.unwrap_err().raw_os_error(), Some(libc::EFAULT));
}
