//! `sock listen` and `sock wait`: one client as nc takes it, and servers that are waited for.

use std::io::Write as _;
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::kit::{
    Events, LIMIT, Process, TempDir, bounded, connect, expect, pattern, read_all, refusing, run_sock, sock,
    text,
};

/// `sock listen` with these arguments, and where it listens.
fn listen(args: &[&str]) -> (Process, String) {
    let mut command = sock(&["listen"]);
    command.args(args);
    at_its_address(Process::start(&mut command))
}

fn at_its_address(process: Process) -> (Process, String) {
    let line = process.stderr.line("where it listens", |line| line.starts_with("sock: listening on "));
    let address = line.rsplit(' ').next().expect("a word").to_owned();
    (process, address)
}

fn client(address: &str) -> TcpStream {
    bounded(TcpStream::connect(address).expect("it listens"))
}

#[test]
fn one_client_is_taken_and_the_next_is_refused() {
    let (mut process, address) = listen(&["127.0.0.1:0"]);
    let mut first = client(&address);
    first.write_all(b"from the client").expect("a live connection");
    process.stdout.at_least(15);
    process.write(b"typed");
    expect(&first, b"typed");
    assert!(TcpStream::connect(&address).is_err(), "a second client is refused");
    first.shutdown(Shutdown::Write).expect("a live connection");
    process.write(b", and more");
    expect(&first, b", and more");
    process.close_input();
    assert_eq!(read_all(&first), b"");
    let finished = process.finish();
    assert_eq!((finished.code(), finished.out().as_str()), (0, "from the client"), "{}", finished.stderr);
}

#[test]
fn files_pass_both_ways_whole() {
    let folder = TempDir::new();
    let (up, down) = (pattern(3 << 20), pattern((2 << 20) + 77));
    let input = std::fs::File::open(folder.file("down", &down)).expect("a file");
    let output = std::fs::File::create(folder.join("up")).expect("a file");
    let mut command = sock(&["listen", "127.0.0.1:0"]);
    command.stdin(input).stdout(output).stderr(Stdio::piped());
    let (process, address) = at_its_address(Process::start_as_it_is(&mut command));
    let stream = client(&address);
    let mut sending = stream.try_clone().expect("a descriptor");
    let got = std::thread::scope(|scope| {
        let all = &up;
        scope.spawn(move || {
            sending.write_all(all).expect("it reads");
            sending.shutdown(Shutdown::Write).expect("a live connection");
        });
        read_all(&stream)
    });
    drop(stream);
    assert_eq!(process.finish().code(), 0);
    assert!(got == down, "{} bytes", got.len());
    assert!(std::fs::read(folder.join("up")).expect("what came") == up);
}

#[test]
fn with_keep_the_next_client_gets_what_is_left_of_the_input() {
    let (mut process, address) = listen(&["127.0.0.1:0", "--keep"]);
    let first = client(&address);
    process.write(b"first");
    expect(&first, b"first");
    // A FIN alone would not end it.
    berkeley::SocketRef::from(&first)
        .set(berkeley::option::LINGER, Some(Duration::ZERO))
        .expect("an option of every socket");
    drop(first);
    process.stderr.line("why the first left", |line| line.contains("connection reset by peer"));
    let second = client(&address);
    process.write(b"second");
    expect(&second, b"second");
    process.close_input();
    assert_eq!(read_all(&second), b"");
    drop(second);
    // The input is over; a third is taken all the same, and told so.
    let third = client(&address);
    assert_eq!(read_all(&third), b"");
    drop(third);
    process.signal("INT");
    assert_eq!(process.finish().code(), 130);
}

#[test]
fn with_keep_a_reader_that_has_gone_is_the_end() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = sock(&["listen", "127.0.0.1:0", "--keep", "--receive-only"]);
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let process = Process::start_as_it_is(&mut command);
    drop(command);
    let line = process.stderr.line("where it listens", |line| line.contains("listening on "));
    let address = line.rsplit(' ').next().expect("an address").parse().expect("an address");
    drop(reader);
    connect(address).write_all(b"to nobody").expect("a live connection");
    assert_eq!(process.finish().code(), 0);
}

#[test]
fn a_bare_port_is_on_this_machine() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("a bound socket").port().to_string()
    };
    let (process, address) = listen(&[&port]);
    assert_eq!(address, format!("127.0.0.1:{port}"));
    drop(client(&address));
    drop(process);
}

#[test]
fn the_first_sender_of_a_datagram_is_the_peer() {
    let (mut process, address) = listen(&["udp://127.0.0.1:0"]);
    let (peer, stranger) =
        (UdpSocket::bind("127.0.0.1:0").expect("a port"), UdpSocket::bind("127.0.0.1:0").expect("a port"));
    peer.set_read_timeout(Some(LIMIT)).expect("a limit");
    peer.send_to(b"hello", &address).expect("it listens");
    process.stdout.at_least(5);
    stranger.send_to(b"me too", &address).expect("loopback takes it");
    process.write(b"answer");
    let mut buffer = [0; 64];
    let length = peer.recv(&mut buffer).expect("the answer");
    assert_eq!(&buffer[..length], b"answer");
    peer.send_to(b", and bye", &address).expect("it listens");
    process.stdout.at_least(14);
    process.signal("INT");
    assert_eq!(process.finish().out(), "hello, and bye");
}

#[test]
fn two_commands_can_chat_over_every_kind() {
    let folder = TempDir::new();
    let (unix, seqpacket) = (folder.join("u"), folder.join("q"));
    for endpoint in ["127.0.0.1:0".to_owned(), format!("unix:{unix}"), format!("unix-seqpacket:{seqpacket}")]
    {
        let (mut near, address) = listen(&[&endpoint]);
        let to = if endpoint.starts_with("unix") { endpoint.clone() } else { address };
        let mut far = Process::start(&mut sock(&["connect", &to]));
        for round in 0..3 {
            let (question, answer) = (format!("question {round}\n"), format!("answer {round}\n"));
            far.write(question.as_bytes());
            near.stdout.line("the question", |line| line == question.trim_end());
            near.write(answer.as_bytes());
            far.stdout.line("the answer", |line| line == answer.trim_end());
        }
        far.close_input();
        near.close_input();
        assert_eq!((near.finish().code(), far.finish().code()), (0, 0), "{endpoint}");
    }
}

#[test]
fn nobody_who_comes_is_a_timeout() {
    let finished = run_sock(&["listen", "127.0.0.1:0", "--timeout", "100ms"]);
    assert_eq!(finished.code(), 124, "{}", finished.stderr);
    assert!(finished.stderr.contains("sock: error: no client came within 100ms\n"), "{}", finished.stderr);
}

#[test]
fn servers_are_waited_for_until_all_accept() {
    let ready = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = ready.local_addr().expect("a bound socket").to_string();
    let (late, late_address) = refusing();
    let mut waiting = Process::start(&mut sock(&["wait", &address, &late_address.to_string(), "--json"]));
    let first = Events::of(&waiting.stdout).next(&["accepts"]);
    assert_eq!(first["endpoint"], address.as_str());
    assert!(waiting.is_running(), "one of them does not accept yet");
    late.listen(1).expect("a bound socket");
    let finished = waiting.finish();
    assert_eq!((finished.code(), finished.out().matches("accepts").count()), (0, 2), "{}", finished.stderr);
}

#[test]
fn a_server_that_never_accepts_is_named_at_the_deadline() {
    let (_held, address) = refusing();
    let gone = address.to_string();
    let start = Instant::now();
    let finished = run_sock(&["wait", &gone, "--timeout", "300ms"]);
    assert_eq!(finished.code(), 124, "{}", finished.stderr);
    let want =
        format!("sock: error: {gone} did not accept within 300ms: connect tcp {gone}: connection refused");
    assert!(finished.stderr.starts_with(&want), "{}", finished.stderr);
    assert!(start.elapsed() < LIMIT, "{}", text(&finished.stdout));
}

#[test]
fn an_empty_message_is_not_the_end_of_a_client() {
    let folder = TempDir::new();
    let path = folder.join("q");
    let endpoint = format!("unix-seqpacket:{path}");
    let process = Process::start(&mut sock(&["listen", &endpoint, "--json"]));
    process.stdout.line("where it listens", |line| line.contains("\"listening\""));
    let socket =
        berkeley::Socket::new(berkeley::Family::UNIX, berkeley::Type::SEQPACKET, berkeley::Protocol::DEFAULT)
            .expect("a socket");
    socket.connect(berkeley::UnixAddress::from_path(&path).expect("a short path")).expect("it listens");
    for message in ["one", "", "two", ""] {
        socket.send(message.as_bytes()).expect("a live connection");
    }
    drop(socket);
    let finished = process.finish();
    let received = finished.out().matches("\"received\"").count();
    assert_eq!((finished.code(), received), (0, 4), "{}", finished.out());
}

#[test]
fn with_keep_and_json_the_reason_of_a_client_is_an_event() {
    let process = Process::start(&mut sock(&["listen", "127.0.0.1:0", "--keep", "--json"]));
    let line = process.stdout.line("where it listens", |line| line.contains("\"listening\""));
    let address = line.split('"').find(|word| word.starts_with("127.0.0.1:")).expect("an address").to_owned();
    let first = client(&address);
    berkeley::SocketRef::from(&first)
        .set(berkeley::option::LINGER, Some(Duration::ZERO))
        .expect("an option of every socket");
    drop(first);
    let told = |line: &str| line.contains("\"error\"") && line.contains("connection reset by peer");
    process.stdout.line("why the first left", told);
    drop(client(&address));
}
