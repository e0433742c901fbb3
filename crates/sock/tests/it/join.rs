//! `?join=`: datagrams for a multicast group, received and answered.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use berkeley::{Family, Protocol, Socket, Type, option};

use crate::kit::namespace::shell;
use crate::kit::{LIMIT, Process, Server, run, run_sock, sock};
use crate::skip;

/// A socket that sends to groups by the loopback interface.
fn sender() -> UdpSocket {
    let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).expect("a socket");
    socket.set(option::ip::MULTICAST_IF, Ipv4Addr::LOCALHOST).expect("an option of UDP's");
    socket.bind("127.0.0.1:0").expect("a free port");
    let socket = UdpSocket::from(std::os::fd::OwnedFd::from(socket));
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    socket
}

#[test]
fn a_group_of_ipv4_is_heard_and_its_senders_are_answered() {
    for (place, group) in [("*", "239.77.1.2"), ("239.77.1.3", "239.77.1.3"), ("0.0.0.0", "239.77.1.4")] {
        let server = Server::start(&[&format!("udp://{place}:0?join={group}&interface=lo"), "--echo"]);
        let port = server.addresses().iter().find(|address| address.is_ipv4()).expect("IPv4").port();
        let client = sender();
        client.send_to(b"to all", (group, port)).expect("a loopback interface");
        let mut buffer = [0; 100];
        let (length, from) = client.recv_from(&mut buffer).expect("an answer");
        assert_eq!((&buffer[..length], from), (&b"to all"[..], SocketAddr::from(([127, 0, 0, 1], port))));
        server.end("TERM");
    }
}

#[test]
fn connect_and_listen_hear_a_group_at_its_own_address() {
    let (client, group) = (sender(), "239.77.1.5");
    let peer = client.local_addr().expect("a bound socket").port();
    let process =
        Process::start(&mut sock(&["listen", &format!("udp://{group}:0?join={group}&interface=lo")]));
    let line = process.stderr.line("where it listens", |line| line.starts_with("sock: listening on "));
    let port: u16 = line.rsplit(':').next().and_then(|port| port.trim().parse().ok()).expect("a port");
    for text in ["first", "second"] {
        client.send_to(text.as_bytes(), (group, port)).expect("a loopback interface");
        process.stdout.until(text, |bytes| bytes.ends_with(text.as_bytes()).then_some(()));
    }
    process.signal("TERM");
    process.finish();

    let endpoint = format!("udp://127.0.0.1:{peer}?bind={group}:0&join={group}&interface=lo");
    let mut process = Process::start(&mut sock(&["connect", &endpoint, "--replies", "1"]));
    process.write(b"hello");
    let (_, from) = client.recv_from(&mut [0; 100]).expect("what it sends");
    client.send_to(b"to the group", (group, from.port())).expect("a loopback interface");
    process.stdout.at_least(12);
    process.close_input();
    assert_eq!(process.finish().code(), 0);
}

#[test]
fn a_group_of_ipv6_is_heard_on_its_interface() {
    let test = "join::a_group_of_ipv6_is_heard_on_its_interface";
    let script = "ip link add br0 type bridge && ip link set br0 up && \
        ip -6 address add fe80::5/64 dev br0 nodad || exit 98; \
        hears() { \"$SOCK\" serve \"$1\" --once --discard --quiet --ready-fd 1 | { read line && \
        \"$SOCK\" connect \"udp://[$2%br0]:7004\" --send hi --wait 10ms && cat; } || exit 1; }; \
        hears 'udp://*:7004?join=ff02::77&interface=br0' ff02::77; \
        hears 'udp://[ff02::78%br0]:7004?join=ff02::78' ff02::78";
    let Some(mut command) = shell(test, script) else { return };
    let finished = run(command.env("SOCK", env!("CARGO_BIN_EXE_sock")), b"");
    if finished.status.code() == Some(98) {
        skip::skip(test, "a bridge, or IPv6");
        return;
    }
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
}

#[test]
fn a_group_that_would_not_be_heard_is_refused() {
    let rows: [(&[&str], &str); 9] = [
        (&["serve", "udp://:9?join=239.1.2.3"], "a group is heard at \"*\" or at its own address"),
        (&["serve", "udp://127.0.0.1:9?join=239.1.2.3"], "a group is heard at \"*\" or at its own address"),
        (&["serve", "udp://0.0.0.0:9?join=ff02::1"], "as in udp://[ff02::1]:9"),
        (&["serve", "udp://*:9?join=10.1.2.3"], "10.1.2.3 is no multicast address"),
        (&["serve", "*:9?join=239.1.2.3"], "option \"join\" belongs to udp"),
        (&["serve", "-6", "udp://*:9?join=239.1.2.3"], "the group 239.1.2.3 is not IPv6"),
        (&["listen", "udp://*:9?join=239.1.2.3"], "listen at the group: udp://239.1.2.3:PORT"),
        (&["connect", "udp://127.0.0.1:9?join=239.1.2.3"], "bind=239.1.2.3:PORT"),
        (&["serve", "udp://*:9?join=ff02::1%lo"], "the interface of a group stands apart"),
    ];
    for (args, part) in rows {
        let finished = run_sock(args);
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(part), "{args:?}: {}", finished.stderr);
    }
}
