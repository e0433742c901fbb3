//! `--allow` and `--deny`: who is turned away, by which address, at what cost.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use berkeley::{Family, Protocol, Socket, Type};

use crate::kit::{
    Events, LIMIT, Process, SOCK, Server, TempDir, bounded, connect, events, eventually, expect, run_sock,
    sock, sock_after, text,
};

/// Of this machine, and another address than the one that a client has by itself.
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// A client whose address is [`OTHER`].
struct Other {
    stream: TcpStream,
    /// The reset came before connect(2) had returned, and is told by that.
    was_reset: bool,
}

#[track_caller]
fn from_other(to: SocketAddr) -> Other {
    let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    socket.set_timeout(Some(LIMIT)).expect("a limit");
    socket.bind((OTHER, 0)).expect("all of 127.0.0.0/8 is this machine");
    let was_reset = match socket.connect(to) {
        Ok(()) => false,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => true,
        Err(error) => panic!("{error}"),
    };
    socket.set_timeout(None).expect("no limit");
    Other { stream: bounded(TcpStream::from(OwnedFd::from(socket))), was_reset }
}

/// Asserts that a client is ended by a reset, and has had no byte.
#[track_caller]
fn expect_reset(client: &Other) {
    match (&client.stream).read(&mut [0]) {
        Ok(0) => assert!(client.was_reset, "an end, and no reset"),
        Ok(_) => panic!("a byte"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
    }
}

#[test]
fn a_client_that_is_denied_is_reset_and_told_of_and_others_are_served() {
    let server = Server::start(&["127.0.0.1:0", "--echo", "--deny", "127.0.0.2, 192.0.2.0/24"]);
    let denied = from_other(server.address());
    let port = denied.stream.local_addr().expect("a bound socket").port();
    expect_reset(&denied);
    let line = server.line("refused");
    assert_eq!(line, format!("127.0.0.2:{port} refused: in --deny"));
    let mut client = server.connect();
    client.write_all(b"x").expect("a live server");
    expect(&client, b"x");
    let finished = server.end("TERM");
    assert!(finished.stderr.ends_with("1 refused by --allow and --deny\n"), "{}", finished.stderr);
    assert_eq!(finished.stderr.matches(" opened").count(), 1, "{}", finished.stderr);
}

#[test]
fn with_allow_all_others_are_refused_and_the_longest_prefix_decides() {
    // Allowed, denied, whether this machine's own address and the other one may come.
    let rows = [
        ("127.0.0.1", None, [true, false]),
        ("127.0.0.0/8", Some("127.0.0.1"), [false, true]),
        ("127.0.0.2,127.0.0.1", Some("127.0.0.0/8"), [true, true]),
        ("127.0.0.1", Some("127.0.0.1"), [false, false]),
        ("::1", None, [false, false]),
    ];
    for (allow, deny, may_come) in rows {
        let mut args = vec!["127.0.0.1:0", "--echo", "--allow", allow];
        args.extend(deny.map(|deny| ["--deny", deny]).into_iter().flatten());
        let server = Server::start(&args);
        let here = bounded(TcpStream::connect(server.address()).expect("a listener"));
        let clients = [Other { stream: here, was_reset: false }, from_other(server.address())];
        for (client, may_come) in clients.iter().zip(may_come) {
            if may_come {
                (&client.stream).write_all(b"x").expect("a live server");
                expect(&client.stream, b"x");
            } else {
                expect_reset(client);
            }
        }
    }
}

#[test]
fn datagrams_that_are_refused_are_dropped_and_counted_and_are_not_the_one() {
    for once in [false, true] {
        let mut args = vec!["serve", "udp://127.0.0.1:0", "--echo", "--json", "--deny", "127.0.0.2"];
        args.extend(once.then_some("--once"));
        let process = Process::start(&mut sock(&args));
        let mut told = Events::of(&process.stdout);
        let address = told.next(&["listening"])["address"].as_str().expect("an address").to_owned();
        let denied = UdpSocket::bind((OTHER, 0)).expect("all of 127.0.0.0/8 is this machine");
        let client = UdpSocket::bind("127.0.0.1:0").expect("a port");
        client.set_read_timeout(Some(LIMIT)).expect("a limit");
        denied.send_to(b"refused", &address).expect("loopback");
        let event = told.next(&["refused"]);
        assert_eq!((event["reason"].as_str(), event["count"].as_u64()), (Some("in --deny"), Some(1)));
        assert_eq!(event["peer"].as_str(), Some(denied.local_addr().expect("bound").to_string().as_str()));
        denied.send_to(b"refused", &address).expect("loopback");
        client.send_to(b"answered", &address).expect("loopback");
        let mut buffer = [0; 100];
        let (length, _) = client.recv_from(&mut buffer).expect("an answer");
        assert_eq!(&buffer[..length], b"answered");
        if !once {
            process.signal("TERM");
        }
        let all = events(&process.finish().stdout);
        let summary = all.last().expect("a summary");
        assert_eq!(
            (summary["refused"].as_u64(), summary["bytes_in"].as_u64()),
            (Some(2), Some(8)),
            "{summary}"
        );
        assert_eq!(all.iter().filter(|event| event["event"] == "received").count(), 1);
    }
}

#[test]
fn a_relay_turns_clients_and_datagrams_away_too() {
    for (from, to) in [("127.0.0.1:0", "127.0.0.1:9"), ("udp://127.0.0.1:0", "udp://127.0.0.1:9")] {
        let args = ["relay", from, to, "--json", "--deny", "127.0.0.2"];
        let process = Process::start(&mut sock(&args));
        let mut told = Events::of(&process.stdout);
        let listening = told.next(&["listening"]);
        let address: SocketAddr =
            listening["address"].as_str().and_then(|it| it.parse().ok()).expect("an address");
        if from.starts_with("udp") {
            let denied = UdpSocket::bind((OTHER, 0)).expect("all of 127.0.0.0/8 is this machine");
            denied.send_to(b"refused", address).expect("loopback");
        } else {
            expect_reset(&from_other(address));
        }
        assert_eq!(told.next(&["refused"])["reason"].as_str(), Some("in --deny"));
        process.signal("TERM");
        let all = events(&process.finish().stdout);
        assert!(!all.iter().any(|event| event["event"] == "opened"), "{all:?}");
    }
    let finished = run_sock(&["relay", "-", "127.0.0.1:9", "--deny", "::1"]);
    assert_eq!(finished.code(), 2, "{}", finished.stderr);
    assert!(
        finished.stderr.contains("--deny is for clients, and FROM does not listen"),
        "{}",
        finished.stderr
    );
}

#[test]
fn listen_takes_the_first_client_that_may_come() {
    let args = ["listen", "127.0.0.1:0", "--receive-only", "--json", "--deny", "127.0.0.2"];
    let process = Process::start(&mut sock(&args));
    let mut told = Events::of(&process.stdout);
    let listening = told.next(&["listening"]);
    let address: SocketAddr =
        listening["address"].as_str().and_then(|it| it.parse().ok()).expect("an address");
    expect_reset(&from_other(address));
    told.next(&["refused"]);
    bounded(TcpStream::connect(address).expect("a listener")).write_all(b"hello").expect("a live listener");
    assert_eq!(told.received(), b"hello");
    assert_eq!(process.finish().code(), 0);
}

#[test]
fn a_list_that_cannot_be_read_or_cannot_act_is_refused_with_its_place() {
    let folder = TempDir::new();
    let path = folder.join("deny");
    fs::write(&path, "# office\n192.0.2.0/24\n  192.0.2.0/33 # too long\n").expect("a file");
    let file = format!("@{path}");
    let missing = format!("@{path}.not");
    let rows: [(&[&str], String); 7] = [
        (
            &["serve", ":0", "--deny", &file],
            format!("{path}:3:13: the prefix of an IPv4 network is a number from 0 to 32"),
        ),
        (&["serve", ":0", "--allow", &missing], format!("cannot read {path}.not: No such file or directory")),
        (&["serve", ":0", "--allow", "localhost"], "names are not looked up".to_owned()),
        (&["serve", ":0", "--deny", "fe80::1%lo"], "a network has no zone".to_owned()),
        (
            &["serve", "unix:@x", "--deny", "::1"],
            "--deny goes by addresses of IP, and unix has none".to_owned(),
        ),
        (
            &["listen", "unix-dgram:@x", "--allow", "::1"],
            "--allow goes by addresses of IP, and unix-dgram has none".to_owned(),
        ),
        (&["listen", ":0", "--deny", &file], format!("{path}:3:13: ")),
    ];
    for (args, want) in rows {
        let finished = run_sock(args);
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(&want), "{args:?}: {}", finished.stderr);
    }
}

#[test]
fn sockets_of_a_service_manager_are_guarded_too_and_one_without_addresses_is_refused() {
    let inherit = |socket: &Socket| {
        let mut command = Command::new("sh");
        let script = "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" serve --echo --deny 127.0.0.2 3<&0 0</dev/null";
        command.args(["-c", script, SOCK]).stdin(OwnedFd::from(socket.try_clone().expect("a descriptor")));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Process::start_as_it_is(&mut command)
    };
    let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    socket.bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.listen(16).expect("a bound socket");
    let port = socket.local_address().expect("a bound socket").port().expect("an address of IP");
    let process = inherit(&socket);
    expect_reset(&from_other((Ipv4Addr::LOCALHOST, port).into()));
    process.stderr.line("a refusal", |line| line.ends_with(" refused: in --deny"));

    let (unix, _peer) = Socket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT).expect("a pair");
    let finished = inherit(&unix).finish();
    assert_eq!(finished.code(), 2, "{}", finished.stderr);
    assert!(finished.stderr.contains("--deny goes by addresses of IP"), "{}", finished.stderr);
}

#[test]
fn a_hang_up_without_a_terminal_reads_the_lists_again_and_ends_nobody() {
    let folder = TempDir::new();
    let path = folder.join("deny");
    fs::write(&path, "192.0.2.1\n").expect("a file");
    let deny = format!("@{path}");
    let mut command = Command::new("setsid");
    command.args([SOCK, "serve", "127.0.0.1:0", "--echo", "--deny", &deny]);
    let server = Server::start_with(&mut command);
    let mut early = server.connect();
    early.write_all(b"x").expect("a live server");
    expect(&early, b"x");

    fs::write(&path, "127.0.0.2\n").expect("a file");
    server.process.signal("HUP");
    server.line("the files were read again");
    expect_reset(&from_other(server.address()));

    fs::write(&path, "127.0.0.0/8\nnonsense\n").expect("a file");
    server.process.signal("HUP");
    let line = server.line(&format!("{path}:2:1: "));
    assert!(line.contains("is no address"), "{line}");
    server.line("hint: what was read before stays in use");
    expect_reset(&from_other(server.address()));
    let mut late = server.connect();
    for client in [&mut early, &mut late] {
        client.write_all(b"y").expect("a live server");
        expect(&*client, b"y");
    }
    let finished = server.end("TERM");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
}

/// Who is there already is talked to all the while.
#[test]
fn a_hang_up_has_listen_read_its_lists_again_too() {
    let folder = TempDir::new();
    let path = folder.file("deny", b"192.0.2.1\n");
    for told in [&[][..], &["--json"]] {
        fs::write(&path, "192.0.2.1\n").expect("a file");
        let mut command = Command::new("setsid");
        command.args([SOCK, "listen", "127.0.0.1:0", "--keep", "--deny", &format!("@{path}")]).args(told);
        let process = Process::start(&mut command);
        let (events, said) =
            (!told.is_empty(), if told.is_empty() { &process.stderr } else { &process.stdout });
        let line = said.line("where it listens", |line| line.contains("listening"));
        let end = |c: char| !(c.is_ascii_digit() || c == '.' || c == ':');
        let at = line.find("127.0.0.1:").expect("an address");
        let address = line[at..].split(end).next().and_then(|it| it.parse().ok()).expect("an address");
        let mut early = connect(address);
        early.write_all(b"early").expect("a live listener");
        process.stdout.until("what was sent", |bytes| text(bytes).contains("early").then_some(()));

        fs::write(&path, "127.0.0.2\n").expect("a file");
        process.signal("HUP");
        said.line("that it was read", |line| line.contains("the files were read again"));
        expect_reset(&from_other(address));
        said.line("a refusal", |line| line.contains("in --deny"));
        fs::write(&path, "nonsense\n").expect("a file");
        process.signal("HUP");
        let bad = if events { r#""event":"error""# } else { "hint: what was read before stays in use" };
        said.line("the fault", |line| line.contains(bad));
        expect_reset(&from_other(address));
        early.write_all(b"later").expect("a live listener");
        process.stdout.until("what was sent", |bytes| text(bytes).contains("later").then_some(()));
    }
}

/// How many descriptors and threads a process has.
#[track_caller]
fn counted(process: &Process) -> [usize; 2] {
    ["fd", "task"]
        .map(|of| fs::read_dir(format!("/proc/{}/{of}", process.pid())).expect("it is running").count())
}

/// `SOCK_TEST_REFUSED` says how many, 10,000 unless set.
#[test]
fn refused_clients_leave_descriptors_threads_and_memory_where_they_were() {
    let many = std::env::var("SOCK_TEST_REFUSED").ok().and_then(|many| many.parse().ok()).unwrap_or(10_000);
    let server = Server::start(&["127.0.0.1:0", "--echo", "--threads", "1", "--deny", "127.0.0.2"]);
    let address = server.address();
    // What the first ones take is taken once.
    (0..100).for_each(|_| expect_reset(&from_other(address)));
    let (before, memory, start) = (counted(&server.process), server.process.memory(), Instant::now());
    for _ in 0..many {
        expect_reset(&from_other(address));
    }
    let took = start.elapsed();
    let (after, grown) = (counted(&server.process), server.process.memory().saturating_sub(memory));
    println!(
        "{many} refused in {took:.1?}: [descriptors, threads] {before:?} to {after:?}, memory +{grown} KiB"
    );
    assert_eq!(after, before);
    assert!(grown < 256, "{grown} KiB for {many} clients");
    let lines = text(&server.process.stderr.so_far()).matches(" refused: ").count() as u64;
    assert!(lines <= took.as_secs() + 3, "{lines} lines in {took:?}");
    let mut client = server.connect();
    client.write_all(b"x").expect("a live server");
    expect(&client, b"x");
    let finished = server.end("TERM");
    assert!(
        finished.stderr.contains(&format!("{} refused by --allow and --deny\n", many + 100)),
        "{}",
        finished.stderr
    );
}

#[test]
fn full_places_refusals_and_no_descriptors_at_once_neither_end_it_nor_make_it_spin() {
    let args = [
        "serve",
        "127.0.0.1:0",
        "--echo",
        "--threads",
        "1",
        "--max-connections",
        "40",
        "--deny",
        "127.0.0.2",
    ];
    let server = Server::start_with(&mut sock_after("ulimit -n 32", &args));
    let address = server.address();
    let clients: Vec<TcpStream> = (0..48).map(|_| server.connect()).collect();
    let denied: Vec<Other> = (0..16).map(|_| from_other(address)).collect();
    // It has no descriptor left, and says so: from here on it pauses.
    server.line("too many open files");
    let (start, used) = (Instant::now(), server.process.cpu());
    server.process.stderr.until("the same, a second later", |bytes| {
        (text(bytes).matches("too many open files").count() >= 3).then_some(())
    });
    let (took, used) = (start.elapsed(), server.process.cpu().saturating_sub(used));
    assert!(used < took / 4, "{used:?} of processor time in {took:?}");
    // Room again: those who waited are served, and those who are denied are turned away.
    drop(clients);
    denied.iter().for_each(expect_reset);
    let mut late = server.connect();
    late.write_all(b"late").expect("a live server");
    expect(&late, b"late");
    drop(late);
    eventually("all have left", || {
        let stderr = text(&server.process.stderr.so_far());
        stderr.matches(" opened").count() == stderr.matches(" closed").count()
    });
    let finished = server.end("TERM");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(finished.stderr.contains("16 refused by"), "{}", finished.stderr);
    assert!(start.elapsed() < LIMIT + Duration::from_secs(1));
}
