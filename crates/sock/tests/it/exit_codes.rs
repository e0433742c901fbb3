//! Every exit code that this build can meet, each met; one line on standard error says why; `--json` changes neither.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;

use berkeley::{Family, Protocol, Socket, Type};
use serde_json::Value;

use crate::kit::{
    Finished, Process, SOCK, Server, connect, events, full_backlog, run, run_sock, sock, sock_after, text,
};

/// A run that is to end with a code of failure, with what its message starts with.
struct Row {
    code: i32,
    args: Vec<String>,
    message: String,
}

fn row(code: i32, args: &[&str], message: &str) -> Row {
    Row { code, args: args.iter().map(|arg| (*arg).to_owned()).collect(), message: message.to_owned() }
}

/// Asserts that a run failed as it should: the code, and exactly one `sock: ` line.
#[track_caller]
fn assert_failed(finished: &Finished, code: i32, message: &str) {
    assert_eq!(finished.code(), code, "{message}: {}", finished.stderr);
    let said: Vec<&str> = finished.stderr.lines().filter(|line| line.starts_with("sock: error: ")).collect();
    assert_eq!(said.len(), 1, "{}", finished.stderr);
    assert!(said[0].starts_with(&format!("sock: error: {message}")), "wanted {message:?}: {}", said[0]);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

#[test]
fn each_failure_has_its_code_and_one_line_with_json_and_without() {
    // A port that is bound and not listened on refuses, and stays ours.
    let silent = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    silent.bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let refused = silent.local_address().expect("a bound socket").to_string();
    let server = Server::start(&["127.0.0.1:0"]);
    let taken = server.address().to_string();
    let (_listener, stalled, _clients) = full_backlog();
    let stalled = stalled.to_string();
    let rows = [
        row(1, &["serve", "127.0.0.1:0", "--ready-fd", "1"], "write to fd 1: no space left on device"),
        row(2, &["connect", "127.0.0.1:99999"], "port 99999 is outside 0-65535"),
        row(2, &["serve", "127.0.0.1:0", "--ech"], "unexpected argument '--ech' found; did you mean --echo?"),
        row(2, &["resolve", "localhost:99999"], "port 99999 is outside 0-65535"),
        row(2, &["options", "--only", "nodelya"], "--only: no option and no level is called \"nodelya\""),
        row(2, &["interfaces", "--jsno"], "unexpected argument '--jsno' found; did you mean --json?"),
        row(3, &["connect", "no-such-host.invalid:9"], "resolve no-such-host.invalid:9: "),
        row(3, &["resolve", "no-such-host.invalid"], "resolve no-such-host.invalid: "),
        row(3, &["options", "no-such-host.invalid:9"], "resolve no-such-host.invalid:9: "),
        row(3, &["interfaces", "no-such"], "this machine has no interface \"no-such\""),
        row(3, &["ping", "-I", "no-such", "127.0.0.1"], "this machine has no interface \"no-such\""),
        row(4, &["connect", &refused], &format!("connect tcp {refused}: connection refused")),
        row(4, &["options", &refused], &format!("connect tcp {refused}: connection refused")),
        row(4, &["connect", "unix:/no/such/socket"], "connect unix /no/such/socket: no such file"),
        row(5, &["connect", "127.255.255.255:9"], "connect tcp 127.255.255.255:9: network is unreachable"),
        row(
            7,
            &["connect", "udp://127.255.255.255:9", "--send", "x"],
            "connect udp 127.255.255.255:9: permission",
        ),
        row(8, &["serve", &taken], &format!("listen on tcp {taken}: address already in use")),
        row(
            8,
            &["options", &format!("tcp-listen://{taken}")],
            &format!("listen on tcp {taken}: address already in use"),
        ),
        row(8, &["serve", "192.0.2.1:0"], "listen on tcp 192.0.2.1:0: cannot assign requested address"),
        row(124, &["connect", &stalled, "--timeout", "200ms"], &format!("connect tcp {stalled}: ")),
        row(124, &["options", &stalled, "--timeout", "200ms"], &format!("connect tcp {stalled}: ")),
    ];
    for Row { code, args, message } in rows {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let full = args.contains(&"--ready-fd");
        if full {
            assert_failed(&into_full(&args), code, &message);
            continue;
        }
        assert_failed(&run_sock(&args), code, &message);
        let told = run_sock(&[&args[..], &["--json"]].concat());
        assert_failed(&told, code, &message);
        let events = events(&told.stdout);
        let errors: Vec<&Value> = events.iter().filter(|event| event["event"] == "error").collect();
        assert_eq!(errors.len(), 1, "{args:?}: {}", told.out());
        let told = errors[0]["message"].as_str().expect("a text");
        assert!(told.starts_with(&message), "{told}");
    }
}

#[test]
fn a_hint_says_what_can_be_done_about_it() {
    let server = Server::start(&["127.0.0.1:0"]);
    let taken = server.address().to_string();
    let rows: [(&[&str], &str); 3] = [
        (&["serve", &taken], "sock: hint: port 0 lets the kernel choose a free port"),
        (&["serve", "192.0.2.1:0"], "sock: hint: `sock interfaces` shows the addresses of this machine"),
        (&["connect", "udp://127.255.255.255:9"], "sock: hint: a UDP broadcast needs ?broadcast"),
    ];
    for (args, hint) in rows {
        let finished = run_sock(args);
        let last = finished.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with(hint), "{args:?}: {}", finished.stderr);
        assert_eq!(finished.stderr.lines().count(), 2, "{}", finished.stderr);
    }
}

/// Our own descriptors would have the numbers that the parent left closed.
#[test]
fn a_ready_fd_that_the_parent_did_not_open_is_misuse_before_anything_is_announced() {
    let closed: Vec<String> = (3..=9).map(|number| format!("{number}>&-")).collect();
    for number in 3..=9 {
        let before = format!("exec {}", closed.join(" "));
        let args = ["serve", "127.0.0.1:0", "--ready-fd", &number.to_string()];
        let finished = run(&mut sock_after(&before, &args), b"");
        assert_failed(&finished, 2, "inherit");
        assert!(!finished.stderr.contains("listening on"), "{}", finished.stderr);
    }
}

#[test]
fn a_service_that_is_unknown_is_named_with_its_host() {
    let finished = run_sock(&["serve", "localhost:nosuchsvc"]);
    assert_failed(&finished, 3, "resolve localhost:nosuchsvc: ");
}

/// Runs with a standard output that is always full.
fn into_full(args: &[&str]) -> Finished {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux");
    let mut command = sock(args);
    command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped());
    Process::start_as_it_is(&mut command).finish()
}

#[test]
fn an_output_that_is_full_is_another_failure() {
    for args in [
        &["--help"][..],
        &["serve", "--help"],
        &["--version"],
        &["completions", "bash"],
        &["man"],
        &["options"],
        &["interfaces"],
        &["resolve", "127.0.0.1", "localhost"],
    ] {
        assert_failed(&into_full(args), 1, "write standard output: no space left on device (os error 28)");
    }
}

#[test]
fn done_is_0() {
    let server = Server::start(&["127.0.0.1:0", "--echo", "--once"]);
    run_sock(&["connect", &server.endpoint(), "--send", "x"]).quietly_done();
    assert_eq!(server.process.finish().code(), 0);
    for args in [
        &["--help"][..],
        &["--version"],
        &["completions", "zsh"],
        &["man", "serve"],
        &["options"],
        &["interfaces"],
        &["resolve", "localhost"],
    ] {
        run_sock(args).quietly_done();
    }
}

#[test]
fn incomplete_is_9_with_json_too() {
    for json in [&[][..], &["--json"]] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound socket").to_string();
        let mut client = Process::start(&mut sock(&[&["connect", &address], json].concat()));
        client.write(b"never read");
        let server = listener.accept().expect("the client comes").0;
        let mut byte = [0];
        server.peek(&mut byte).expect("it is on its way");
        // Closed with bytes unread: the kernel answers with a reset.
        drop(server);
        let finished = client.finish();
        assert_failed(&finished, 9, "recv tcp");
        let errors = finished.out().matches("\"event\":\"error\"").count();
        assert_eq!(errors, json.len(), "{}", finished.out());
    }
}

#[test]
fn an_interrupt_is_130() {
    let server = Server::start(&["127.0.0.1:0"]);
    let client = Process::start(&mut sock(&["connect", &server.endpoint(), "--json"]));
    client.stdout.line("the connection", |line| line.contains("\"connected\""));
    client.signal("INT");
    let finished = client.finish();
    // By the signal itself, so that a shell's loop ends with it.
    assert_eq!((finished.status.code(), finished.code()), (None, 130));
    assert_eq!(finished.stderr, "");
}

#[test]
fn a_second_signal_is_130_or_143_and_says_no_error() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let server = Server::start(&["127.0.0.1:0", "--send-file", SOCK, "--grace", "1h"]);
        let mut stalled = connect(server.address());
        stalled.read_exact(&mut [0]).expect("the file's start");
        server.process.signal(signal);
        server.line("stopping: no new clients");
        let finished = server.end(signal);
        assert_eq!(finished.code(), code, "{}", finished.stderr);
        assert!(!finished.stderr.contains("sock: "), "{}", finished.stderr);
    }
}

#[test]
fn the_help_lists_the_codes() {
    for command in [&[][..], &["serve"], &["connect"], &["resolve"], &["options"], &["interfaces"]] {
        let args = [command, &["--help"]].concat();
        let args = args.as_slice();
        let help = text(&run_sock(args).quietly_done());
        for code in [
            "0 done",
            "2 invalid command line",
            "3 name",
            "4 refused",
            "5 unreach",
            "6 TLS",
            "7 perm",
            "8 addr",
            "9 reset",
            "10 refused by a proxy",
            "124 time",
            "130 inter",
            "143 term",
        ] {
            assert!(help.contains(code), "{code}: {help}");
        }
    }
}
