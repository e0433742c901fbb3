//! How `sock connect` ends, whatever the input and whatever the peer does: no byte lost, no hang, the promised code.

use std::fs::File;
use std::io::{PipeWriter, Write as _};
use std::net::{Ipv4Addr, Shutdown, UdpSocket};
use std::os::fd::AsFd as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use berkeley::{Address, Family, Protocol, Socket, Type, UnixAddress, option};

use crate::bounded::JoinInTime;
use crate::kit::{
    Finished, LIMIT, Process, SOCK, TempDir, eventually, pattern, refuse, sock, sock_after, terminal, text,
    waiting_to_come,
};
use crate::retry::catches_interrupts;

/// What the input holds, where it holds anything.
const UP: &[u8] = b"what the client has to say\n";
/// What the peer sends.
const DOWN: &[u8] = b"what the peer has to say\n";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Tcp,
    Unix,
    Seqpacket,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Input {
    /// A pipe that gives what there is and ends.
    Pipe,
    /// A pipe that gives what there is and stays open.
    OpenPipe,
    File,
    Null,
    Closed,
    /// Open to be written alone, as `nohup` leaves it.
    WriteOnly,
}

impl Input {
    const ALL: [Self; 6] =
        [Self::Pipe, Self::OpenPipe, Self::File, Self::Null, Self::Closed, Self::WriteOnly];

    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Pipe | Self::OpenPipe | Self::File => UP,
            Self::Null | Self::Closed | Self::WriteOnly => b"",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Peer {
    HalfClose,
    FullClose,
    Reset,
    Silence,
}

/// A listener of the test's own, and its endpoint.
struct Listener {
    socket: Socket,
    endpoint: String,
    folder: TempDir,
}

fn listener(kind: Kind) -> Listener {
    let folder = TempDir::new();
    let path = folder.join("s");
    let (family, of) = match kind {
        Kind::Tcp => (Family::INET, Type::STREAM),
        Kind::Unix => (Family::UNIX, Type::STREAM),
        Kind::Seqpacket => (Family::UNIX, Type::SEQPACKET),
    };
    let socket = Socket::new(family, of, Protocol::DEFAULT).expect("a socket");
    socket.set_timeout(Some(LIMIT)).expect("a limit");
    match kind {
        Kind::Tcp => socket.bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"),
        _ => socket.bind(UnixAddress::from_path(&path).expect("a short path")).expect("a new path"),
    }
    socket.listen(4).expect("a bound socket");
    let address = socket.local_address().expect("a bound socket");
    let endpoint = match kind {
        Kind::Tcp => address.to_string(),
        Kind::Unix => format!("unix:{path}"),
        Kind::Seqpacket => format!("unix-seqpacket:{path}"),
    };
    Listener { socket, endpoint, folder }
}

impl Listener {
    fn accept(&self) -> Socket {
        let (client, _) = self.socket.accept().expect("the client comes");
        client.set_timeout(Some(LIMIT)).expect("a limit");
        client
    }

    fn connect(&self, input: Input, args: &[&str]) -> (Process, Option<PipeWriter>) {
        connect(&self.endpoint, &self.folder, input, args)
    }
}

/// Starts `sock connect` with this input; gives what keeps the input open, if anything does.
fn connect(endpoint: &str, folder: &TempDir, input: Input, args: &[&str]) -> (Process, Option<PipeWriter>) {
    let args = [&["connect", endpoint], args].concat();
    let mut command = match input {
        Input::Closed => sock_after("exec 0<&-", &args),
        _ => sock(&args),
    };
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut writer = None;
    match input {
        Input::Pipe | Input::OpenPipe => {
            let (reader, mut end) = std::io::pipe().expect("a pipe");
            end.write_all(UP).expect("room in the pipe");
            command.stdin(reader);
            writer = (input == Input::OpenPipe).then_some(end);
        }
        Input::File => {
            let path = folder.file("input", UP);
            command.stdin(File::open(path).expect("a file"));
        }
        Input::Null | Input::Closed => {
            command.stdin(Stdio::null());
        }
        Input::WriteOnly => {
            let path = folder.file("log", b"nothing that is sent");
            command.stdin(File::options().write(true).open(path).expect("a file"));
        }
    }
    (Process::start_as_it_is(&mut command), writer)
}

/// Receives as much as the input holds.
fn receive_all_of(client: &Socket, input: Input) {
    let mut got = Vec::new();
    while got.len() < input.bytes().len() {
        let piece = client.recv_vec(1024).expect("what the input holds");
        assert!(!piece.is_empty(), "it ended after {:?}", text(&got));
        got.extend(piece);
    }
    assert_eq!(text(&got), text(input.bytes()));
}

/// Closes a TCP connection with a reset, and a Unix socket with what it was sent unread, which is the same.
fn reset(client: Socket, kind: Kind) {
    if kind == Kind::Tcp {
        client.set(option::LINGER, Some(Duration::ZERO)).expect("an option of every socket");
    }
    drop(client);
}

fn play(kind: Kind, input: Input, peer: Peer) {
    let case = format!("{kind:?}, {input:?}, {peer:?}");
    let listener = listener(kind);
    let args: &[&str] = if peer == Peer::Silence { &["--idle-timeout", "300ms"] } else { &[] };
    let (mut process, mut writer) = listener.connect(input, args);
    let client = listener.accept();
    let (code, out) = match peer {
        Peer::HalfClose => {
            client.send_all(DOWN).expect("a live connection");
            client.shutdown(Shutdown::Write).expect("a live connection");
            receive_all_of(&client, input);
            if input == Input::OpenPipe {
                process.stdout.at_least(DOWN.len());
                // The end of the peer's side ends nothing: what is written later arrives.
                assert!(process.is_running(), "{case}");
                let mut end = writer.take().expect("it is open");
                end.write_all(b"more").expect("the client reads");
                assert_eq!(client.recv_vec(64).expect("it is sent"), b"more", "{case}");
            }
            drop(writer.take());
            assert_eq!(client.recv_vec(64).expect("the end"), b"", "{case}");
            (0, DOWN)
        }
        Peer::FullClose => {
            receive_all_of(&client, input);
            client.send_all(DOWN).expect("a live connection");
            drop(client);
            if input == Input::OpenPipe && kind == Kind::Tcp {
                process.stdout.at_least(DOWN.len());
                // Of TCP the peer's close is its end alone.
                drop(writer.take());
            }
            (0, DOWN)
        }
        Peer::Reset => {
            client.send_all(DOWN).expect("a live connection");
            process.stdout.at_least(DOWN.len());
            reset(client, kind);
            (9, DOWN)
        }
        Peer::Silence => {
            receive_all_of(&client, input);
            let finished = process.finish();
            assert_eq!(finished.code(), 124, "{case}: {}", finished.stderr);
            assert!(finished.stdout.is_empty(), "{case}");
            return;
        }
    };
    let finished: Finished = process.finish();
    assert_eq!(finished.code(), code, "{case}: {}", finished.stderr);
    assert_eq!(text(&finished.stdout), text(out), "{case}");
    assert_eq!(finished.stderr.lines().count(), usize::from(code != 0), "{case}: {}", finished.stderr);
}

#[test]
fn every_input_meets_every_end_of_a_peer() {
    for kind in [Kind::Tcp, Kind::Unix, Kind::Seqpacket] {
        for input in Input::ALL {
            for peer in [Peer::HalfClose, Peer::FullClose, Peer::Reset, Peer::Silence] {
                // A Unix socket is reset by what it was sent and did not read.
                let cannot_be_reset = kind != Kind::Tcp && input.bytes().is_empty();
                if peer == Peer::Reset && cannot_be_reset {
                    continue;
                }
                play(kind, input, peer);
            }
        }
    }
}

#[test]
fn a_terminal_meets_every_end_of_a_peer() {
    if !crate::skip::need("connect_endings::a_terminal_meets_every_end_of_a_peer", "script") {
        return;
    }
    for kind in [Kind::Tcp, Kind::Unix, Kind::Seqpacket] {
        for peer in [Peer::HalfClose, Peer::FullClose, Peer::Reset, Peer::Silence] {
            play_at_a_terminal(kind, peer);
        }
    }
}

/// A person at a terminal cannot be waited for: the peer's end is the end.
fn play_at_a_terminal(kind: Kind, peer: Peer) {
    let case = format!("{kind:?}, {peer:?}");
    let listener = listener(kind);
    let args = if peer == Peer::Silence { "--idle-timeout 300ms" } else { "" };
    let mut process = terminal(&format!("{SOCK} connect {} {args}", listener.endpoint));
    let client = listener.accept();
    process.write(UP);
    if peer == Peer::Silence {
        receive_all_of(&client, Input::Pipe);
        let finished = process.finish();
        assert_eq!(finished.code(), 124, "{case}: {}", finished.out());
        return;
    }
    if peer != Peer::Reset {
        receive_all_of(&client, Input::Pipe);
    } else if kind == Kind::Seqpacket || kind == Kind::Unix {
        // It is what is not read that resets a Unix socket.
        client.wait(berkeley::Interest::READABLE, berkeley::Deadline::after(LIMIT)).expect("what was typed");
    }
    client.send_all(DOWN).expect("a live connection");
    let shown = text(DOWN).replace('\n', "\r\n");
    process.stdout.until(&case, |bytes| text(bytes).contains(&shown).then_some(()));
    let code = match peer {
        Peer::HalfClose => {
            client.shutdown(Shutdown::Write).expect("a live connection");
            0
        }
        Peer::FullClose => {
            drop(client);
            0
        }
        _ => {
            reset(client, kind);
            9
        }
    };
    let finished = process.finish();
    assert_eq!(finished.code(), code, "{case}: {}", finished.out());
}

#[test]
fn every_input_meets_every_end_of_a_udp_peer() {
    for input in Input::ALL {
        datagrams_answered(input);
        datagrams_refused(input);
        datagrams_unanswered(input);
    }
}

#[test]
fn a_terminal_meets_every_end_of_a_udp_peer() {
    if !crate::skip::need("connect_endings::a_terminal_meets_every_end_of_a_udp_peer", "script") {
        return;
    }
    for (refuses, args, code) in [(true, "", 4), (false, "--idle-timeout 300ms", 124)] {
        let (socket, endpoint, _folder) = udp();
        if refuses {
            refuse(&socket);
        }
        let mut process = terminal(&format!("{SOCK} connect {endpoint} {args}"));
        process.write(UP);
        if !refuses {
            let mut datagram = [0; 64];
            let (length, from) = socket.recv_from(&mut datagram).expect("what was typed");
            assert_eq!(&datagram[..length], UP);
            socket.send_to(DOWN, from).expect("the client is there");
        }
        let finished = process.finish();
        assert_eq!(finished.code(), code, "{args}: {}", finished.out());
        assert_eq!(finished.out().contains(text(DOWN).trim_end()), !refuses, "{}", finished.out());
    }
}

fn udp() -> (UdpSocket, String, TempDir) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    let endpoint = format!("udp://{}", socket.local_addr().expect("a bound socket"));
    (socket, endpoint, TempDir::new())
}

fn datagrams_answered(input: Input) {
    if input.bytes().is_empty() {
        return;
    }
    let (socket, endpoint, folder) = udp();
    let (process, writer) = connect(&endpoint, &folder, input, &["--wait", "300ms"]);
    let mut datagram = [0; 64];
    let (length, from) = socket.recv_from(&mut datagram).expect("what the input holds");
    assert_eq!(&datagram[..length], UP, "{input:?}");
    socket.send_to(DOWN, from).expect("the client is there");
    process.stdout.at_least(DOWN.len());
    drop(writer);
    assert_eq!(process.finish().quietly_done(), DOWN, "{input:?}");
}

fn datagrams_refused(input: Input) {
    if input.bytes().is_empty() {
        return;
    }
    let (socket, endpoint, folder) = udp();
    refuse(&socket);
    let (process, _writer) = connect(&endpoint, &folder, input, &[]);
    let finished = process.finish();
    assert_eq!((finished.code(), finished.stdout.len()), (4, 0), "{input:?}: {}", finished.stderr);
}

fn datagrams_unanswered(input: Input) {
    let (socket, endpoint, folder) = udp();
    let (process, _writer) =
        connect(&endpoint, &folder, input, &["--wait", "20s", "--idle-timeout", "300ms"]);
    if !input.bytes().is_empty() {
        let mut datagram = [0; 64];
        let (length, _) = socket.recv_from(&mut datagram).expect("what the input holds");
        assert_eq!(&datagram[..length], UP, "{input:?}");
    }
    let finished = process.finish();
    assert_eq!((finished.code(), finished.stdout.len()), (124, 0), "{input:?}: {}", finished.stderr);
}

#[test]
fn what_the_peer_never_took_is_a_failure_with_its_number() {
    let listener = listener(Kind::Tcp);
    listener.socket.set(option::RCVBUF, 4096).expect("an option of every socket");
    for ended_by in ["reset", "timeout", "signal"] {
        let input = listener.folder.file("large", &pattern(300_000));
        let mut command = sock(&["connect", &listener.endpoint]);
        if ended_by == "timeout" {
            command.args(["--idle-timeout", "500ms"]);
        }
        command.stdin(File::open(&input).expect("a file")).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = Process::start_as_it_is(&mut command);
        let client = listener.accept();
        client.shutdown(Shutdown::Write).expect("a live connection");
        // Far more than this side's buffer will take: it waits.
        eventually("it has sent what nobody takes", || waiting_to_come(&client) > 50_000);
        if ended_by != "timeout" {
            assert!(process.is_running(), "{ended_by}");
        }
        let code = match ended_by {
            "reset" => {
                reset(client, Kind::Tcp);
                9
            }
            "signal" => {
                process.signal("INT");
                130
            }
            _ => 124,
        };
        let finished = process.finish();
        assert_eq!(finished.code(), code, "{ended_by}: {}", finished.stderr);
        let first = finished.stderr.lines().next().unwrap_or_default().to_owned();
        let number: u64 = first
            .strip_suffix(" bytes were not delivered")
            .and_then(|rest| rest.rsplit_once("; "))
            .and_then(|(_, number)| number.parse().ok())
            .unwrap_or_else(|| panic!("{ended_by}: {first}"));
        assert!((1..300_000).contains(&number), "{ended_by}: {first}");
    }
}

#[test]
fn an_input_that_says_nothing_does_not_outlive_a_peer_that_is_gone() {
    // The peer has ended its side, and is gone later: then only the socket itself can tell.
    for kind in [Kind::Tcp, Kind::Unix, Kind::Seqpacket] {
        let listener = listener(kind);
        let (process, _writer) = listener.connect(Input::OpenPipe, &[]);
        let client = listener.accept();
        receive_all_of(&client, Input::OpenPipe);
        client.send_all(DOWN).expect("a live connection");
        client.shutdown(Shutdown::Write).expect("a live connection");
        process.stdout.at_least(DOWN.len());
        reset(client, kind);
        let finished = process.finish();
        // Nothing is lost where a Unix peer has read all that it was sent.
        let code = if kind == Kind::Tcp { 9 } else { 0 };
        assert_eq!(finished.code(), code, "{kind:?}: {}", finished.stderr);
    }
}

#[test]
fn with_end_with_peer_an_endless_input_ends() {
    for kind in [Kind::Tcp, Kind::Unix] {
        let listener = listener(kind);
        let (process, _writer) = listener.connect(Input::OpenPipe, &["--end-with-peer"]);
        let client = listener.accept();
        receive_all_of(&client, Input::OpenPipe);
        client.send_all(DOWN).expect("a live connection");
        client.shutdown(Shutdown::Write).expect("a live connection");
        assert_eq!(process.finish().quietly_done(), DOWN, "{kind:?}");
    }
}

#[test]
fn a_job_in_the_background_of_a_terminal_receives_all_and_sends_once_it_may() {
    if !crate::skip::need(
        "connect_endings::a_job_in_the_background_of_a_terminal_receives_all_and_sends_once_it_may",
        "script",
    ) {
        return;
    }
    let listener = listener(Kind::Tcp);
    let log = listener.folder.join("log");
    // Job control, as a shell at a terminal has it: the job may not read the terminal.
    let shell = format!("set -m; {SOCK} connect {} > {log} & wait $!; echo ended with $?", listener.endpoint);
    let mut terminal = terminal(&format!("sh -c '{shell}'"));
    let client = listener.accept();
    terminal.write(b"typed\n");
    client.send_all(DOWN).expect("a live connection");
    client.shutdown(Shutdown::Write).expect("a live connection");
    terminal.stdout.until("its end", |shown| text(shown).contains("ended with 0").then_some(()));
    assert_eq!(std::fs::read(&log).expect("what it printed"), DOWN);
    terminal.close_input();
}

#[test]
fn hex_shows_each_piece_at_once_and_loses_none_by_a_signal() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    let endpoint = format!("udp://{}", socket.local_addr().expect("a bound socket"));
    let mut process = Process::start(&mut sock(&["connect", &endpoint, "--hex"]));
    process.write(b"?");
    let (_, from) = socket.recv_from(&mut [0; 8]).expect("the question");
    socket.send_to(b"five!", from).expect("the client is there");
    process.stdout.line("the answer", |line| line.contains("66 69 76 65 21"));
    process.signal("TERM");
    assert_eq!(process.finish().code(), 143);
}

#[test]
fn a_letter_that_a_signal_cuts_in_two_is_shown_as_far_as_it_came() {
    if !crate::skip::need(
        "connect_endings::a_letter_that_a_signal_cuts_in_two_is_shown_as_far_as_it_came",
        "script",
    ) {
        return;
    }
    let listener = listener(Kind::Tcp);
    let line = format!("timeout --signal=INT 1 {SOCK} connect {}", listener.endpoint);
    let terminal = terminal(&line);
    let client = listener.accept();
    client.send_all(b"half \xc3").expect("a live connection");
    let finished = terminal.finish();
    assert!(finished.out().contains("half \\xc3"), "{}", finished.out());
}

#[test]
fn newlines_are_sent_as_crlf_where_that_is_asked_for() {
    let listener = listener(Kind::Tcp);
    let (process, _) = listener.connect(Input::Pipe, &["--crlf"]);
    let client = listener.accept();
    assert_eq!(client.recv_vec(1024).expect("the input"), b"what the client has to say\r\n");
    drop(client);
    process.finish().quietly_done();
}

#[test]
fn a_host_and_a_port_may_be_two_words() {
    let listener = listener(Kind::Tcp);
    let Address::Inet(address) = listener.socket.local_address().expect("a bound socket") else {
        panic!("it is of IPv4")
    };
    let port = address.port().to_string();
    let mut command = sock(&["connect", "127.0.0.1", &port, "--send", "hi"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let process = Process::start_as_it_is(&mut command);
    let client = listener.accept();
    assert_eq!(client.recv_vec(64).expect("the text"), b"hi");
    drop(client);
    process.finish().quietly_done();
}

/// Three datagrams are answered, and then nobody is.
#[test]
fn datagrams_end_by_their_answers_and_say_where_there_was_none() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    let endpoint = format!("udp://{}", socket.local_addr().expect("a bound socket"));
    let run = |args: &[&str], answers: usize| {
        let args = [&["connect", &endpoint, "--send", "?"], args].concat();
        let mut command = sock(&args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let process = Process::start_as_it_is(&mut command);
        let (_, from) = socket.recv_from(&mut [0; 8]).expect("the question");
        for _ in 0..answers {
            socket.send_to(b"!", from).expect("the client is there");
        }
        process.finish()
    };
    // A wait that nobody would live to see the end of.
    assert_eq!(run(&["--replies", "3", "--wait", "1h"], 3).quietly_done(), b"!!!");
    let fewer = run(&["--replies", "3", "--wait", "200ms"], 2);
    assert_eq!((fewer.code(), fewer.out().as_str()), (124, "!!"), "{}", fewer.stderr);
    assert!(
        fewer.stderr.starts_with("sock: error: 2 of 3 answers came, and none for 200ms\n"),
        "{}",
        fewer.stderr
    );
    let none = run(&["--wait", "100ms"], 0);
    assert_eq!((none.code(), none.stderr.as_str()), (0, "sock: no answer came within 100ms\n"));
    assert_eq!(run(&["--wait", "100ms", "--quiet"], 0).quietly_done(), b"");
}

#[test]
fn options_that_cannot_act_are_refused() {
    let rows: [(&[&str], &str); 11] = [
        (&["connect", ":9", "--wait", "1s"], "--wait is for datagrams, and tcp has none"),
        (&["connect", "unix:/x", "--replies", "1"], "--replies is for datagrams, and unix has none"),
        (&["connect", ":9", "--datagram-size", "9"], "--datagram-size is for datagrams and messages"),
        (&["connect", "udp://:9", "--end-with-peer"], "--end-with-peer needs a connection"),
        (&["connect", ":9", "--quiet", "--json"], "cannot be used with"),
        (&["connect", ":9", "--receive-only", "--crlf"], "cannot be used with"),
        (&["connect", "udp://:9", "--receive-only", "--wait", "1s"], "cannot be used with"),
        (&["wait", "127.0.0.1:9?timeout=1s"], "?timeout= cannot act"),
        (&["wait", ":9", "--timeout", "18446744073709551615s"], "no clock goes so far"),
        (&["listen", "udp://:9", "--keep"], "--keep needs connections, and udp has none"),
        (&["wait", "udp://:9"], "wait needs connections, and udp has none"),
    ];
    for (args, want) in rows {
        let finished = crate::kit::run_sock(args);
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(want), "{args:?}: {}", finished.stderr);
    }
}

/// Whether a pipe has no room now.
fn is_full(pipe: &PipeWriter) -> bool {
    let pipe = berkeley::SocketRef::borrow(pipe.as_fd());
    pipe.wait(berkeley::Interest::WRITABLE, berkeley::Deadline::after(Duration::ZERO)).is_err()
}

/// More than the sockets and the pipes between take: some of it waits for room as the peer ends.
#[test]
fn what_waits_for_room_as_the_peer_ends_keeps_nobody() {
    let listener = listener(Kind::Tcp);
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let pipe = writer.try_clone().expect("one more descriptor");
    let mut command = sock(&["connect", &listener.endpoint, "--end-with-peer"]);
    command.stdin(reader).stdout(Stdio::piped()).stderr(Stdio::piped());
    let process = Process::start_as_it_is(&mut command);
    drop(command);
    let client = listener.accept();
    let data = pattern(9 << 20);
    std::thread::scope(|scope| {
        // The input then says nothing more, and does not end.
        let written = scope.spawn(|| writer.write_all(&data));
        let mut got = client.recv_vec(1).expect("what the input holds").len();
        eventually("the queues are full", || is_full(&pipe));
        client.shutdown(Shutdown::Write).expect("a live connection");
        while got < data.len() {
            let piece = client.recv_vec(1 << 20).expect("what the input holds");
            if piece.is_empty() {
                break;
            }
            got += piece.len();
        }
        drop(client);
        // What it had read by then is delivered; it does not read on.
        let finished = process.finish();
        assert_eq!(finished.code(), 0, "{}", finished.stderr);
        // The pipe has nobody who reads it any more.
        let _ = written.join_in_time();
    });
}

#[test]
fn a_standard_error_that_nobody_reads_does_not_keep_it_from_ending() {
    let (reader, mut full) = std::io::pipe().expect("a pipe");
    // Filled by this test: 64 KiB, unless somebody has made pipes smaller.
    berkeley::SocketRef::borrow(std::os::fd::AsFd::as_fd(&full))
        .set_timeout(Some(Duration::ZERO))
        .expect("a descriptor of this process");
    while full.write(&[b'x'; 4096]).is_ok() {}
    let mut command = sock(&["listen", "127.0.0.1:0"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(full);
    let mut process = Process::start_as_it_is(&mut command);
    eventually("signals are listened for", || catches_interrupts(process.pid()));
    process.signal("TERM");
    process.ended();
    drop(reader);
}

#[test]
fn answers_are_shown_though_the_output_is_slower_than_the_wait() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    let endpoint = format!("udp://{}", socket.local_addr().expect("a bound socket"));
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = sock(&["connect", &endpoint, "--send", "?", "--wait", "300ms"]);
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let process = Process::start_as_it_is(&mut command);
    drop(command);
    let (_, from) = socket.recv_from(&mut [0; 8]).expect("the question");
    let answer = vec![b'a'; 1_000];
    // More than a pipe takes, and no more than the socket keeps.
    for _ in 0..80 {
        socket.send_to(&answer, from).expect("the client is there");
    }
    // Longer than the wait: the pipe is full meanwhile.
    std::thread::sleep(Duration::from_millis(900));
    let mut shown = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut shown).expect("a pipe");
    assert_eq!((process.finish().code(), shown.len()), (0, 80_000));
}

#[test]
fn a_fifo_whose_writer_has_gone_without_a_word_is_at_its_end() {
    let listener = listener(Kind::Tcp);
    let fifo = listener.folder.join("fifo");
    let line = format!("mkfifo {fifo}; (: > {fifo}) & exec {SOCK} connect {} < {fifo}", listener.endpoint);
    let process = Process::start(Command::new("sh").args(["-c", &line]));
    let client = listener.accept();
    assert_eq!(client.recv_vec(64).expect("the end"), b"");
    drop(client);
    process.finish().quietly_done();
}

#[test]
fn a_family_that_cannot_act_is_refused() {
    for args in
        [["connect", "-6", "127.0.0.1:9"], ["connect", "-4", "unix:/x"], ["wait", "-6", "127.0.0.1:9"]]
    {
        let finished = crate::kit::run_sock(&args);
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
    }
}
