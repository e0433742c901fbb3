//! More clients than there are descriptors for what each of them has opened: those who are served lose nothing, the
//! others wait in the backlog, and all are served in the end.

use std::io::Write as _;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::kit::{Events, Process, Server, connect, expect, pattern, read_all, run, sock_after, text};

/// Clients, and descriptors that the process has: fewer than it needs for a third of them.
const CLIENTS: usize = 100;
const LIMIT: &str = "ulimit -n 64";

/// How long it is looked at without descriptors.
const LOOK: Duration = Duration::from_secs(2);

/// What is printed for a client that is served, and for a failure.
const OPENED: &str = "\"event\":\"opened\"";
const ERROR: &str = "\"event\":\"error\"";

fn printed(process: &Process, part: &str) -> usize {
    text(&process.stdout.so_far()).matches(part).count()
}

/// A server that has too few descriptors for all who come, and echoes.
fn more_come_than_fit(args: &[&str]) {
    let process = Process::start(&mut sock_after(LIMIT, &[args, &["--json"]].concat()));
    let mut events = Events::of(&process.stdout);
    let listening = events.next(&["listening"]);
    let address: SocketAddr = listening["address"].as_str().expect("text").parse().expect("an address");
    let start = Instant::now();
    let mut clients: Vec<TcpStream> = (0..CLIENTS).map(|_| connect(address)).collect();
    let error = events.next(&["error"]);
    assert_eq!(error["errno_name"], "EMFILE", "{error}");
    assert!(error["message"].as_str().is_some_and(|message| message.starts_with("accept tcp ")), "{error}");
    let before = process.cpu();
    // Not to wait for anything: the time that passes is what is measured.
    thread::sleep(LOOK);
    let used = process.cpu().saturating_sub(before);
    assert!(used <= LOOK / 10, "{used:?} of processor time in {LOOK:?}");
    let (said, took) = (printed(&process, ERROR), start.elapsed());
    assert!(said as u64 <= took.as_secs() + 1, "said {said} times in {took:?}");
    let served = printed(&process, OPENED);
    assert!((4..CLIENTS).contains(&served), "{served} are served");
    // Who came first is served, and loses nothing, while the others wait.
    pass_whole(&clients[..served]);
    clients.drain(..served);
    // Each that leaves makes room.
    for mut client in clients {
        client.write_all(b"waited").expect("a live server");
        expect(&client, b"waited");
    }
    for _ in 0..CLIENTS {
        let closed = events.next(&["closed"]);
        assert_eq!(closed["reason"], serde_json::Value::Null, "{closed}");
    }
    process.signal("TERM");
    assert_eq!(process.finish().code(), 0);
}

/// Sends much over each at once, to its end, and has all of it back.
fn pass_whole(clients: &[TcpStream]) {
    let bytes = pattern(1 << 20);
    thread::scope(|scope| {
        for client in clients {
            let bytes = &bytes;
            scope.spawn(move || {
                let mut client = client;
                client.write_all(bytes).expect("a live server");
                client.shutdown(Shutdown::Write).expect("a connection");
            });
            scope.spawn(move || assert!(read_all(client) == *bytes, "all of it comes back"));
        }
    });
}

#[test]
fn clients_of_a_relay_wait_where_there_are_no_descriptors_and_none_is_lost() {
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let to = echo.address().to_string();
    for threads in ["1", "4"] {
        more_come_than_fit(&["relay", "127.0.0.1:0", &to, "--threads", threads]);
    }
}

#[test]
fn clients_of_programs_wait_where_there_are_no_descriptors_and_none_is_lost() {
    more_come_than_fit(&["serve", "127.0.0.1:0", "--exec", "cat", "--threads", "1"]);
    more_come_than_fit(&["relay", "127.0.0.1:0", "exec:cat", "--threads", "1"]);
}

/// Whatever the number of descriptors, a command starts, or says in a line that they are too few.
#[test]
fn with_hardly_any_descriptors_a_command_says_so_and_how_many_there_may_be() {
    for limit in 5..=9 {
        for args in [&["connect", "127.0.0.1:1", "--send", ""][..], &["relay", "127.0.0.1:0", "127.0.0.1:1"]]
        {
            let finished = run(&mut sock_after(&format!("ulimit -n {limit}"), args), b"");
            let said = format!("{limit}, {args:?}: {}", finished.stderr);
            assert_eq!(finished.code(), 1, "{said}");
            // The words for it are the C library's.
            assert!(finished.stderr.contains("(os error 24)"), "{said}");
            assert!(!finished.stderr.contains("internal error"), "{said}");
            assert!(limit > 7 || finished.stderr.contains("`ulimit -n`"), "{said}");
        }
    }
}
