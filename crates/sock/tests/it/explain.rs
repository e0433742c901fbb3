//! `--explain`: each system call in plain words.

use std::io::Write as _;
use std::net::{Shutdown, TcpListener};
use std::process::Command;
use std::thread;

use crate::bounded::JoinInTime as _;
use crate::kit::{Finished, Process, bounded, connect, events, expect, read_all, run, run_sock, sock, text};

/// The calls that a command told, with every number as `N`, and without the pages of the manual.
#[track_caller]
fn told(stderr: &str) -> Vec<String> {
    let calls =
        stderr.lines().filter(|line| line.contains(")   ") || line.contains("   ") && line.contains('('));
    calls.map(normalised).collect()
}

fn normalised(line: &str) -> String {
    let line = match line.rsplit_once("; ") {
        Some((before, page)) if page.ends_with("(2)") || page.ends_with("(3)") => before,
        _ => line,
    };
    let mut normalised = String::new();
    for c in line.chars() {
        match c {
            // Names such as IPv4 and accept4 stay as they are.
            '0'..='9' if normalised.ends_with(|c: char| c.is_ascii_lowercase()) => normalised.push(c),
            '0'..='9' if normalised.ends_with('N') => {}
            '0'..='9' => normalised.push('N'),
            c => normalised.push(c),
        }
    }
    normalised
}

/// Runs `sock connect` to a server that answers what it reads, and gives all that it said.
fn conversation(args: &[&str]) -> Finished {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    let server = thread::spawn(move || {
        let mut client = bounded(listener.accept().expect("a client").0);
        let got = read_all(&client);
        client.write_all(&got).expect("a live client");
    });
    let finished = run_sock(&[&["connect", &address, "--send", "secret"], args].concat());
    server.join_in_time().expect("no panic");
    finished
}

#[track_caller]
fn contains_in_order(lines: &[String], wanted: &[&str]) {
    let mut rest = lines.iter();
    for want in wanted {
        assert!(rest.any(|line| line == want), "{want:?} is not in its place in {lines:#?}");
    }
}

#[test]
fn a_connection_is_told_from_its_socket_to_its_end() {
    let finished = conversation(&["--explain"]);
    assert_eq!((finished.code(), finished.out()), (0, "secret".to_owned()), "{}", finished.stderr);
    let calls = told(&finished.stderr);
    contains_in_order(
        &calls,
        &[
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, N) = N   a TCP socket for IPv4",
            "ioctl(N, FIONBIO, N) = N   calls give up from now on, rather than wait",
            "connect(N, N.N.N.N:N) … EINPROGRESS   the connection is on its way",
            "send(N, N, MSG_DONTWAIT|MSG_NOSIGNAL) = N   sent N bytes",
            "shutdown(N, SHUT_WR) = N   the other end is told that no more is sent",
            "recv(N, N, MSG_DONTWAIT) = N   received N bytes",
            "recv(N, N, MSG_DONTWAIT) = N   the other end has sent all it had: the end",
        ],
    );
    assert!(!finished.stderr.contains("secret"), "payload is not shown: {}", finished.stderr);
    assert!(!finished.stderr.contains("EAGAIN"), "tries that find nothing are left out: {}", finished.stderr);
    assert_eq!(
        finished.stderr.matches("; recv(2)").count(),
        1,
        "each page is named once: {}",
        finished.stderr
    );
    let without = conversation(&[]);
    assert_eq!((without.code(), without.stderr.as_str()), (0, ""));
}

#[test]
fn with_json_each_call_is_an_event() {
    let finished = conversation(&["--explain", "--json"]);
    let events = events(&finished.stdout);
    let calls: Vec<_> = events.iter().filter(|event| event["event"] == "call").collect();
    let sent = calls.iter().find(|event| event["call"] == "send").expect("it has sent");
    assert_eq!((sent["returned"].as_i64(), sent["meaning"].as_str()), (Some(6), Some("sent 6 bytes")));
    assert!(
        sent["arguments"].as_str().is_some_and(|it| it.ends_with(", 6, MSG_DONTWAIT|MSG_NOSIGNAL")),
        "{sent}"
    );
    assert!(sent["fd"].is_i64() && sent["errno"].is_null(), "{sent}");
    let connect = calls.iter().find(|event| event["call"] == "connect").expect("it has connected");
    assert_eq!(connect["errno_name"].as_str(), Some("EINPROGRESS"), "{connect}");
    assert_eq!(finished.stderr, "");
    assert_eq!(events.last().expect("a summary")["event"], "summary");
}

#[test]
fn a_server_is_told_from_its_address_to_its_clients() {
    for command in
        [&["serve", "127.0.0.1:0", "--echo", "--explain"][..], &["listen", "127.0.0.1:0", "--explain"]]
    {
        let mut process = Process::start(&mut sock(command));
        let line = process.stderr.line("where it listens", |line| line.contains("listening on tcp "));
        let address = line.rsplit(' ').next().and_then(|it| it.parse().ok()).expect("an address");
        let mut client = connect(address);
        client.write_all(b"x").expect("a live server");
        if command[0] == "serve" {
            expect(&client, b"x");
            process.signal("TERM");
        }
        client.shutdown(Shutdown::Write).expect("a live connection");
        process.close_input();
        read_all(&client);
        let finished = process.finish();
        assert_eq!(finished.code(), 0, "{}", finished.stderr);
        contains_in_order(
            &told(&finished.stderr),
            &[
                "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, N) = N   a TCP socket for IPv4",
                "bind(N, N.N.N.N:N) = N   this end has an address; the kernel chooses the port",
                "listen(N, N) = N   clients may come; N at most wait to be accepted",
                "accept4(N, SOCK_CLOEXEC|SOCK_NONBLOCK) = N   a client has come; its connection is descriptor N",
            ],
        );
        let at =
            |part: &str| finished.stderr.find(part).unwrap_or_else(|| panic!("{part}: {}", finished.stderr));
        assert!(
            at("listen(") < at("listening on") && at("listening on") < at("accept4("),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn names_options_interfaces_and_waiting_are_told_too() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    let rows: [(&[&str], &str); 5] = [
        (
            &["resolve", "localhost"],
            "getaddrinfo(\"localhost\", \"N\") = N   asked the system's resolver for the addresses of localhost",
        ),
        (&["wait", &address], "connect(N, N.N.N.N:N) … EINPROGRESS   the connection is on its way"),
        (&["options", "tcp"], "getsockopt(N, IPPROTO_TCP, TCP_NODELAY) = N   "),
        (&["interfaces"], "   a socket for questions to the kernel (netlink(N))"),
        (
            &["connect", "127.0.0.1:1", "--send-only"],
            "connect(N, N.N.N.N:N) … EINPROGRESS   the connection is on its way",
        ),
    ];
    for (args, want) in rows {
        let finished = run(sock(args).arg("--explain"), b"");
        let calls = told(&finished.stderr);
        assert!(calls.iter().any(|call| call.contains(want)), "{args:?}: {calls:#?}");
        let before = run(sock(&["--explain"]).args(args), b"");
        assert!(
            told(&before.stderr).iter().any(|call| call.contains(want)),
            "before the command too: {args:?}"
        );
    }
}

#[test]
fn hostile_bytes_in_a_name_are_escaped_and_lines_are_bounded() {
    let name = format!("a\u{1b}[2J{}", "x".repeat(5_000));
    let finished = run_sock(&["resolve", &name, "--explain"]);
    assert!(!finished.stderr.contains('\u{1b}'), "{}", finished.stderr);
    assert!(finished.stderr.lines().all(|line| line.len() < 2_500), "{}", finished.stderr);
}

#[test]
fn a_reader_of_the_narration_that_stalls_stops_nobody() {
    // Nobody reads standard error, whose pipe is soon full.
    let mut command = Command::new("sh");
    command.args(["-c", "exec 2>/dev/full; exec \"$0\" \"$@\"", crate::kit::SOCK]);
    command.args(["serve", "127.0.0.1:0", "--echo", "--explain", "--ready-fd", "1"]);
    let process = Process::start(&mut command);
    let told = text(process.stdout.line("where it listens", |line| line.starts_with("tcp ")).as_bytes());
    let mut client = connect(told["tcp ".len()..].parse().expect("an address"));
    for _ in 0..100 {
        client.write_all(b"x").expect("a live server");
        expect(&client, b"x");
    }
    drop(client);
    process.signal("TERM");
    assert_eq!(process.finish().code(), 0);
}
