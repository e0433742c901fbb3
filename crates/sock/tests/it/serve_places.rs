//! Where `sock serve` listens: names, families, a bare port, and the sockets of a service manager.

use std::io::Write as _;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

use crate::kit::namespace;
use crate::kit::{
    Process, SOCK, Server, TempDir, connect, expect, has_ipv6, run, run_sock, sock, text, unix,
};

/// `::1` stands in the hosts file of most machines, whether they have IPv6 or not.
#[test]
fn a_name_is_served_where_its_ipv6_address_cannot_be() {
    let folder = TempDir::new();
    let hosts = folder.file("hosts", b"::1 both.test\n127.0.0.1 both.test\n");
    let script = format!(
        "mount --bind {hosts} /etc/hosts && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && \
         exec timeout -s TERM 2 {SOCK} serve both.test:0 --json"
    );
    let test = "serve_places::a_name_is_served_where_its_ipv6_address_cannot_be";
    let Some(mut command) = namespace::shell(test, &script) else { return };
    let finished = run(&mut command, b"");
    assert!(finished.out().contains("\"address\":\"127.0.0.1:"), "{}{}", finished.out(), finished.stderr);
}

#[test]
fn all_addresses_of_a_name_have_one_port() {
    let folder = TempDir::new();
    let hosts = folder.file("hosts", b"::1 both.test\n127.0.0.1 both.test\n127.0.0.2 both.test\n");
    let script = format!(
        "mount --bind {hosts} /etc/hosts && exec timeout -s TERM 2 {SOCK} serve \"$0\" --json --ready-fd 2"
    );
    if !has_ipv6() {
        return;
    }
    let test = "serve_places::all_addresses_of_a_name_have_one_port";
    for endpoint in ["both.test:0", "udp://both.test:0"] {
        let Some(mut command) = namespace::shell(test, &script) else { return };
        let finished = run(command.arg(endpoint), b"");
        let port = |line: &str| line.rsplit_once(':').map(|(_, port)| port.to_owned());
        let mut ports: Vec<_> = finished.stderr.lines().filter_map(port).collect();
        assert_eq!(ports.len(), 3, "{}", finished.stderr);
        ports.dedup();
        assert_eq!(ports.len(), 1, "{}", finished.stderr);
    }
}

#[test]
fn one_family_alone_is_listened_on() {
    if !has_ipv6() {
        return;
    }
    let rows = [
        (":0", "-4", "127.0.0.1:"),
        (":0", "-6", "[::1]:"),
        ("*:0", "-4", "0.0.0.0:"),
        ("*:0", "-6", "[::]:"),
        ("udp://:0", "-6", "[::1]:"),
        ("localhost:0", "-4", "127.0.0.1:"),
    ];
    for (endpoint, family, want) in rows {
        let server = Server::start(&[endpoint, family]);
        let address = server.listening()[0].split_once(' ').expect("a transport").1.to_owned();
        assert!(address.starts_with(want), "{endpoint} {family}: {address}");
        let finished = server.end("TERM");
        assert_eq!(finished.stderr.matches("listening on ").count(), 1, "{}", finished.stderr);
    }
}

#[test]
fn a_number_alone_is_a_port_of_this_machine() {
    let probe = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = probe.local_addr().expect("a bound socket").port();
    let finished = run_sock(&["serve", &port.to_string(), "-4"]);
    assert_eq!(finished.code(), 8, "{}", finished.stderr);
    assert!(finished.stderr.contains(&format!("127.0.0.1:{port}")), "{}", finished.stderr);
    let server = Server::start(&["0?nodelay", "-4"]);
    assert!(server.address().ip().is_loopback());
    let finished = run_sock(&["serve", "99999"]);
    assert_eq!(finished.code(), 2, "{}", finished.stderr);
    assert!(finished.stderr.contains("  99999\n  ^^^^^"), "{}", finished.stderr);
}

/// `sock`, started as a service manager would with `socket` as the one that it has opened.
fn activated(socket: impl Into<OwnedFd>, args: &str) -> Process {
    let mut command = Command::new("sh");
    let script = format!("LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" {args} 3<&0 0</dev/null");
    command.args(["-c", &script, SOCK]);
    command.stdin(Stdio::from(socket.into())).stdout(Stdio::piped()).stderr(Stdio::piped());
    Process::start_as_it_is(&mut command)
}

#[test]
fn a_service_managers_socket_is_where_listen_takes_its_client() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    let process = activated(listener, "listen --send hello");
    let line = process.stderr.line("where it listens", |line| line.contains("listening on "));
    assert!(line.ends_with(&format!("listening on tcp {address}")), "{line}");
    let mut client = connect(address);
    expect(&client, b"hello");
    client.write_all(b"answer").expect("a live connection");
    drop(client);
    let finished = process.finish();
    assert_eq!((finished.code(), finished.out()), (0, "answer".to_owned()), "{}", finished.stderr);

    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let finished = activated(listener, "listen :9").finish();
    assert_eq!(finished.code(), 2, "{}", finished.stderr);
    assert!(finished.stderr.contains("an endpoint cannot act"), "{}", finished.stderr);
}

#[test]
fn the_sockets_of_a_service_manager_are_served() {
    let folder = TempDir::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    let server = activated(listener, "serve --echo");
    let line = server.stderr.line("where it listens", |line| line.starts_with("listening on "));
    assert_eq!(line, format!("listening on tcp {address}"));
    let mut client = connect(address);
    client.write_all(b"x").expect("a live server");
    expect(&client, b"x");
    server.signal("TERM");
    drop(client);
    assert_eq!(server.finish().code(), 0);

    let path = folder.join("s");
    let server = activated(UnixListener::bind(&path).expect("a new path"), "serve --echo");
    server.stderr.line("where it listens", |line| line.starts_with("listening on unix"));
    let client = unix(&path, berkeley::Type::STREAM);
    client.send_all(b"x").expect("a live server");
    assert_eq!(client.recv_vec(10).expect("an answer"), b"x");
    server.signal("TERM");
    assert_eq!(server.finish().code(), 0);
    assert!(std::path::Path::new(&path).exists(), "the path is the manager's");

    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("a bound socket");
    let server = activated(socket, "serve --once --echo");
    server.stderr.line("where it listens", |line| line == format!("listening on udp {address}"));
    let client = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    client.set_read_timeout(Some(crate::kit::LIMIT)).expect("a limit");
    client.send_to(b"x", address).expect("a live server");
    assert_eq!(client.recv(&mut [0; 10]).expect("an answer"), 1);
    assert_eq!(server.finish().code(), 0);
}

#[test]
fn a_service_managers_sockets_are_where_a_relay_takes_its_clients() {
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    // Each word is a TO: nobody is at the first.
    for to in [format!("{}", echo.address()), format!("127.0.0.1:1 {}", echo.address())] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let relay = activated(listener, &format!("relay {to}"));
        let line = relay.stderr.line("where it listens", |line| line.starts_with("listening on "));
        assert_eq!(line, format!("listening on tcp {address}"));
        let mut client = connect(address);
        client.write_all(b"x").expect("a live relay");
        expect(&client, b"x");
        drop(client);
        relay.signal("TERM");
        assert_eq!(relay.finish().code(), 0);
    }
    let echo = Server::start(&["udp://127.0.0.1:0", "--echo"]);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("a bound socket");
    let relay = activated(socket, &format!("relay {}", echo.endpoint()));
    relay.stderr.line("where it listens", |line| line == format!("listening on udp {address}"));
    let client = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    client.set_read_timeout(Some(crate::kit::LIMIT)).expect("a limit");
    client.send_to(b"x", address).expect("a live relay");
    assert_eq!(client.recv(&mut [0; 10]).expect("an answer"), 1);

    let listener = || TcpListener::bind("127.0.0.1:0").expect("a free port");
    for (to, words) in [
        ("-", "TO is standard input and output"),
        (&*echo.endpoint(), "where each ends would be lost"),
        ("127.0.0.1:1 -4 --amplify", "--amplify is for datagrams"),
    ] {
        let finished = activated(listener(), &format!("relay {to}")).finish();
        assert_eq!(finished.code(), 2, "{to}: {}", finished.stderr);
        assert!(finished.stderr.contains(words), "{to}: {}", finished.stderr);
    }
    let itself = listener();
    let to = itself.local_addr().expect("a bound socket");
    let finished = activated(itself, &format!("relay {to}")).finish();
    assert!(finished.stderr.contains("where this relay listens itself"), "{}", finished.stderr);
    // Without sockets one word is too few, whoever LISTEN_FDS is meant for.
    for fds in [None, Some("1")] {
        let mut command = sock(&["relay", "127.0.0.1:0"]);
        command.env_remove("LISTEN_FDS").envs(fds.map(|fds| ("LISTEN_FDS", fds)));
        let finished = run(&mut command, b"");
        assert_eq!(finished.code(), 2, "{}", finished.stderr);
        assert!(finished.stderr.contains("TO"), "{}", finished.stderr);
    }
}

#[test]
fn what_cannot_be_with_a_service_managers_sockets_is_refused() {
    let listener = || TcpListener::bind("127.0.0.1:0").expect("a free port");
    let client = || {
        let listener = listener();
        let client = std::net::TcpStream::connect(listener.local_addr().expect("bound")).expect("a listener");
        (client, listener)
    };
    let rows: [(OwnedFd, &str, &str); 4] = [
        (listener().into(), ":0", "an endpoint cannot act"),
        (listener().into(), "-4", "-4 or -6 cannot act"),
        (client().0.into(), "", "the socket does not listen"),
        (
            UdpSocket::bind("127.0.0.1:0").expect("a free port").into(),
            "--threads 2",
            "--threads needs connections",
        ),
    ];
    for (socket, args, want) in rows {
        let finished = activated(socket, &format!("serve {args}")).finish();
        assert_eq!(finished.code(), 2, "{args}: {}", finished.stderr);
        assert!(finished.stderr.contains(want), "{args}: {}", text(finished.stderr.as_bytes()));
    }
}
