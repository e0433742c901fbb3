//! What `sock serve` holds to when clients are many, slow, silent or rude.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use berkeley::{Socket, option};

use crate::bounded::{JoinInTime, RunInTime};
use crate::kit::{
    Captured, Finished, LIMIT, Process, SOCK, Server, TempDir, connect, eventually, expect, expect_silence,
    has_ipv6, pattern, read_all, run, run_sock, sock, sock_after, text,
};

/// Long enough for a client that is wrongly served to be served.
const SILENCE: Duration = Duration::from_millis(200);

#[track_caller]
fn ended(server: Server) -> Finished {
    let finished = server.process.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    finished
}

#[test]
fn once_serves_one_client_to_its_end() {
    let server = Server::start(&["127.0.0.1:0", "--once", "--echo"]);
    let address = server.address();
    let mut client = server.connect();
    for _ in 0..3 {
        client.write_all(b"again").expect("a live server");
        expect(&client, b"again");
    }
    eventually("a refusal, while the first is served", || TcpStream::connect(address).is_err());
    client.write_all(b"last").expect("a live server");
    expect(&client, b"last");
    drop(client);
    assert_eq!(ended(server).stderr.matches(" opened").count(), 1);
}

#[test]
fn once_takes_the_client_of_either_loopback_address() {
    let count = if has_ipv6() { 2 } else { 1 };
    for family in 0..count {
        let server = Server::start_on_both(&["--once", "--echo"]);
        let mut client = connect(server.addresses()[family]);
        client.write_all(b"x").expect("a live server");
        expect(&client, b"x");
        drop(client);
        ended(server);
    }
}

#[test]
fn once_takes_one_client_though_both_addresses_have_one() {
    for threads in ["1", "4"] {
        let server = Server::start_on_both(&["--once", "--echo", "--threads", threads]);
        // All are there when the server looks.
        server.process.signal("STOP");
        let clients: Vec<TcpStream> = server.addresses().into_iter().map(connect).collect();
        for client in &clients {
            client.shutdown(std::net::Shutdown::Write).expect("a live connection");
        }
        server.process.signal("CONT");
        assert_eq!(ended(server).stderr.matches(" opened").count(), 1);
    }
}

#[test]
fn a_further_client_waits_in_the_backlog_until_there_is_a_place() {
    let server = Server::start(&["127.0.0.1:0", "--max-connections", "1", "--echo"]);
    let mut first = server.connect();
    first.write_all(b"first").expect("a live server");
    expect(&first, b"first");
    let mut second = server.connect();
    second.write_all(b"second").expect("the kernel takes it");
    expect_silence(&second, SILENCE);
    first.write_all(b"still served").expect("a live server");
    expect(&first, b"still served");
    drop(first);
    expect(&second, b"second");
    drop(second);
    let mut third = server.connect();
    third.write_all(b"third").expect("a live server");
    expect(&third, b"third");
}

#[test]
fn the_places_are_those_of_both_loopback_addresses_together() {
    let server = Server::start_on_both(&["--max-connections", "1", "--echo"]);
    let addresses = server.addresses();
    let (one, other) = (addresses[0], *addresses.last().expect("at least one"));
    // Each in turn is the one that is full.
    for (full, waiting) in [(one, other), (other, one), (one, one), (other, other)] {
        let mut first = connect(full);
        first.write_all(b"first").expect("a live server");
        expect(&first, b"first");
        let mut second = connect(waiting);
        second.write_all(b"second").expect("the kernel takes it");
        expect_silence(&second, Duration::from_millis(100));
        drop(first);
        expect(&second, b"second");
    }
}

#[test]
fn a_connection_on_which_nothing_moves_is_closed_as_idle() {
    let server = Server::start(&["127.0.0.1:0", "--idle-timeout", "2s", "--echo"]);
    let (silent, mut busy) = (server.connect(), server.connect());
    let start = Instant::now();
    let reader = thread::spawn(move || (read_all(&silent), start.elapsed()));
    while !reader.is_finished() {
        busy.write_all(b"x").expect("it is not idle");
        expect(&busy, b"x");
        thread::sleep(Duration::from_millis(20));
    }
    let (got, took) = reader.join_in_time().expect("a thread that reads");
    assert_eq!(got, b"");
    assert!(took >= Duration::from_secs(2), "{took:?}");
    let line = server.line("#1 127.0.0.1:").replace(" opened", "");
    let closed = server.line(&format!("{line} closed: "));
    assert!(closed.ends_with(" s (idle)"), "{closed}");
    busy.write_all(b"y").expect("it is not idle");
    expect(&busy, b"y");
}

#[test]
fn a_client_that_does_not_read_what_it_is_sent_is_idle_too() {
    for answer in [&["--chargen"][..], &["--send-file", SOCK]] {
        let server = Server::start(&[&["127.0.0.1:0", "--idle-timeout", "300ms"], answer].concat());
        let _client = server.connect();
        let closed = server.line(" closed: ");
        assert!(closed.ends_with(" s (idle)"), "{answer:?}: {closed}");
    }
}

#[test]
fn a_client_that_never_reads_stops_nobody_and_takes_bounded_memory() {
    let server = Server::start(&["127.0.0.1:0", "--threads", "1", "--echo"]);
    let mut other = server.connect();
    other.write_all(b"x").expect("a live server");
    expect(&other, b"x");
    let before = server.process.memory();
    let stalled: Vec<TcpStream> = (0..8).map(|_| server.connect()).collect();
    let piece = pattern(1 << 20);
    thread::scope(|scope| {
        for client in &stalled {
            let (mut client, piece) = (client, &piece);
            // Until the kernel's buffers are full in both directions, and the server owes.
            client.set_write_timeout(Some(SILENCE)).expect("a limit");
            scope.spawn(move || while client.write(piece).is_ok() {});
        }
    });
    for _ in 0..100 {
        other.write_all(b"y").expect("a live server");
        expect(&other, b"y");
    }
    let grown = server.process.memory().saturating_sub(before);
    // Each may be owed one piece of 64 KiB; the rest is the log's queue and the shared buffers.
    assert!(grown < 8 * 64 + 4_096, "{grown} KiB more");
}

#[test]
fn without_descriptors_it_waits_at_little_cost_and_goes_on_when_there_are_some() {
    let mut command = sock_after("ulimit -n 64", &["serve", "127.0.0.1:0", "--echo"]);
    let server = Server::start_with(&mut command);
    let start = Instant::now();
    let mut clients: Vec<TcpStream> = (0..100).map(|_| server.connect()).collect();
    server.line("sock: error: accept ");
    server.line("sock: hint: clients wait in the backlog");
    let before = server.process.cpu();
    thread::sleep(Duration::from_secs(2));
    let used = server.process.cpu().saturating_sub(before);
    assert!(used <= Duration::from_millis(100), "{used:?} of processor time in 2 s");
    let errors = |server: &Server| {
        let log = text(&server.process.stderr.so_far());
        log.lines().filter(|line| line.starts_with("sock: error: ")).count()
    };
    let (said, time) = (errors(&server), start.elapsed());
    assert!(said as u64 <= time.as_secs() + 1, "said {said} times in {time:?}");
    // Those that came first are served, and each that leaves makes room for one that waits.
    clients[0].write_all(b"first").expect("a live server");
    expect(&clients[0], b"first");
    clients.drain(..60);
    for mut client in clients {
        client.write_all(b"waited").expect("a live server");
        expect(&client, b"waited");
    }
}

#[test]
fn the_soft_limit_of_descriptors_is_raised_to_the_hard_one() {
    let server = Server::start_with(&mut sock_after("ulimit -S -n 64", &["serve", "127.0.0.1:0"]));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.process.pid())).expect("running");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("proc(5)");
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[3], words[4], "{line}");
    assert_ne!(words[3], "64", "{line}");
}

#[test]
fn a_storm_of_resets_ends_nothing() {
    for answer in ["--echo", "--chargen", "--discard"] {
        let server = Server::start(&["127.0.0.1:0", answer]);
        let address = server.address();
        let mut steady = server.connect();
        thread::scope(|scope| {
            for worker in 0..4 {
                scope.spawn(move || {
                    for number in 0..100 {
                        reset(connect(address), (worker + number) % 3);
                    }
                });
            }
        });
        if answer == "--echo" {
            steady.write_all(b"still here").expect("a live server");
            expect(&steady, b"still here");
        }
        drop(steady);
        let mut late = server.connect();
        late.write_all(b"late").expect("a live server");
        let finished = server.end("TERM");
        assert_eq!(finished.code(), 0, "{}", finished.stderr);
        assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
    }
}

/// Ends a connection with RST: at once, after a word, or with the answer on its way.
fn reset(mut client: TcpStream, when: usize) {
    if when > 0 {
        client.write_all(&[b'x'; 5_000]).expect("a live connection");
    }
    if when > 1 {
        let mut byte = [0];
        client.set_read_timeout(Some(Duration::from_millis(1))).expect("a limit");
        let _ = client.read(&mut byte);
    }
    let socket = Socket::from(client);
    socket.set(option::LINGER, Some(Duration::ZERO)).expect("an option of every socket");
}

#[test]
fn one_thread_serves_hundreds_and_starves_none() {
    let server = Server::start(&["127.0.0.1:0", "--threads", "1", "--echo"]);
    let mut clients: Vec<TcpStream> = (0..300).map(|_| server.connect()).collect();
    // One that never pauses, beside those that speak now and then.
    let busy = server.connect();
    let (mut flood, drain) =
        (busy.try_clone().expect("a descriptor"), busy.try_clone().expect("a descriptor"));
    let sink = Captured::start(drain);
    let piece = pattern(65_536);
    let flooding = thread::spawn(move || while flood.write_all(&piece).is_ok() {});
    sink.at_least(1 << 20);
    let start = Instant::now();
    for client in &mut clients {
        client.write_all(b"turn").expect("a live server");
        expect(&*client, b"turn");
    }
    let took = start.elapsed();
    busy.shutdown(std::net::Shutdown::Both).expect("a live connection");
    flooding.join_in_time().expect("it ends with its connection");
    assert!(took < LIMIT / 2, "{took:?} for one answer to each");
}

#[test]
fn options_that_the_kind_cannot_honour_are_refused() {
    for option in [&["--max-connections", "2"][..], &["--idle-timeout", "1s"], &["--send-file", SOCK]] {
        let mut command = sock(&["serve", "udp://127.0.0.1:0"]);
        let finished = run(command.args(option), b"");
        assert_eq!(finished.code(), 2, "{}", finished.stderr);
        let want = format!("sock: error: {} needs connections, and udp has none\n", option[0]);
        assert!(finished.stderr.starts_with(&want), "{}", finished.stderr);
    }
}

/// close(2) waited for each, one after the other, on the thread that serves the others.
#[test]
fn closing_a_socket_that_lingers_makes_nobody_wait() {
    let args = ["127.0.0.1:0?linger=20s", "--send-file", SOCK, "--threads", "1", "--idle-timeout", "300ms"];
    let server = Server::start(&args);
    let mut stalled: Vec<TcpStream> = (0..4).map(|_| server.connect()).collect();
    for client in &mut stalled {
        client.read_exact(&mut [0]).expect("the file's start");
    }
    let start = Instant::now();
    for _ in &stalled {
        server.line("(idle)");
    }
    eventually("all are closed", || text(&server.process.stderr.so_far()).matches("(idle)").count() == 4);
    let mut other = server.connect();
    other.read_exact(&mut [0]).expect("the file's start");
    let finished = server.end("TERM");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
}

#[test]
fn options_that_cannot_act_are_refused() {
    let rows: [(&[&str], &str); 9] = [
        (&["udp://:0", "--threads", "2"], "--threads needs connections, and udp has none"),
        (&["udp://:0", "--grace", "2s"], "--grace needs connections, and udp has none"),
        (&["udp://:0", "--idle-timeout", "2s"], "--idle-timeout needs connections"),
        (&["unix-dgram:@x", "--max-connections", "2"], "--max-connections needs connections"),
        (&["unix-dgram:@x", "--send-file", SOCK], "--send-file needs connections"),
        (&[":0", "--quiet", "--json"], "cannot be used with"),
        (&[":0", "--once", "--max-connections", "2"], "cannot be used with"),
        (&["unix:@x", "-4"], "-4 cannot act: unix @x is not IPv4"),
        (&["[::1]:0", "-4"], "-4 cannot act: tcp [::1]:0 is not IPv4"),
    ];
    for (args, want) in rows {
        let finished = run_sock(&[&["serve"], args].concat());
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(want), "{args:?}: {}", finished.stderr);
    }
    let finished = run_sock(&["serve", ":0", "--ready-fd", "x"]);
    assert!(finished.stderr.contains("wants the number of an open descriptor"), "{}", finished.stderr);
}

/// A shell's `$(sock serve ... --ready-fd 1 &)` waited for the server's end.
#[test]
fn the_descriptor_for_the_addresses_ends_after_the_last() {
    for before in ["exec 4>&1", "exec 4>&1 >/dev/null"] {
        let number = if before.ends_with("null") { "4" } else { "1" };
        let before = if number == "4" { before } else { ":" };
        let mut command = sock_after(before, &["serve", "127.0.0.1:0", "--quiet", "--ready-fd", number]);
        let process = Process::start(&mut command);
        let told = text(&process.stdout.all());
        let address: std::net::SocketAddr = told
            .trim_end()
            .strip_prefix("tcp ")
            .and_then(|address| address.parse().ok())
            .expect("an address");
        let mut client = connect(address);
        client.write_all(b"x").expect("a live server");
        expect(&client, b"Server received your data: x");
    }
}

#[test]
fn a_reader_of_the_addresses_that_has_gone_ends_nothing() {
    let mut command = sock_after("exec 4>&1 >/dev/null", &["serve", "127.0.0.1:0", "--ready-fd", "4"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    command.stdin(std::process::Stdio::null()).stdout(writer).stderr(std::process::Stdio::piped());
    let process = Process::start_as_it_is(&mut command);
    let line = process.stderr.line("where it listens", |line| line.starts_with("listening on tcp "));
    let mut client = connect(line["listening on tcp ".len()..].parse().expect("an address"));
    client.write_all(b"x").expect("a live server");
    expect(&client, b"Server received your data: x");
}

#[test]
fn a_fifo_is_no_file_to_send_and_is_not_waited_for() {
    let folder = TempDir::new();
    let path = folder.join("fifo");
    let made =
        std::process::Command::new("mkfifo").arg(&path).status_in_time().expect("every system has mkfifo");
    assert!(made.success());
    let finished = run_sock(&["serve", "127.0.0.1:0", "--send-file", &path]);
    assert_eq!(finished.code(), 2, "{}", finished.stderr);
    assert!(finished.stderr.contains("not a regular file"), "{}", finished.stderr);
}
