//! `sock serve` on streams: what each way of answering sends, byte for byte.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use berkeley::Type;

use crate::bounded::JoinInTime;
use crate::kit::{Server, TempDir, connect, expect, expect_silence, has_ipv6, pattern, read_all, text, unix};

/// How long the beginning of a letter is held back.
const HOLD: Duration = Duration::from_millis(100);

#[test]
fn a_piece_is_answered_with_the_default_reply_byte_for_byte() {
    let server = Server::start(&["127.0.0.1:0"]);
    let mut client = server.connect();
    for piece in [&b"hi\n"[..], b"\xff\0\xfe {data} \x1b[2J", "门".as_bytes()] {
        client.write_all(piece).expect("a live server");
        expect(&client, &[b"Server received your data: ", piece].concat());
    }
    client.shutdown(Shutdown::Write).expect("a live connection");
    assert_eq!(read_all(&client), b"", "nothing after the last answer but the end");
}

#[test]
fn a_template_is_filled_wherever_data_stands() {
    let server = Server::start(&["127.0.0.1:0", "--reply", "<{{{data}|{data}}}>"]);
    let mut client = server.connect();
    client.write_all(b"\xc3\x28").expect("a live server");
    expect(&client, b"<{\xc3\x28|\xc3\x28}>");
}

#[test]
fn a_letter_that_comes_in_two_pieces_is_answered_whole() {
    let server = Server::start(&["127.0.0.1:0", "--reply", "[{data}]"]);
    let mut client = server.connect();
    client.write_all(b"a\xe9\x97").expect("a live server");
    expect(&client, b"[a]");
    client.write_all(b"\xa8b").expect("a live server");
    // Where the machine pauses for longer than the hold, the parts are answered apart: the bytes are the same.
    let mut answer = [0; 6];
    client.read_exact(&mut answer).expect("an answer");
    assert!(answer == *"[门b]".as_bytes() || answer.starts_with(b"[\xe9\x97]"), "{answer:02x?}");
}

#[test]
fn the_rest_of_a_letter_that_never_comes_is_waited_for_a_tenth_of_a_second() {
    let server = Server::start(&["127.0.0.1:0", "--reply", "[{data}]"]);
    let mut client = server.connect();
    let start = Instant::now();
    client.write_all(b"\xf0\x9f\x98").expect("a live server");
    expect(&client, b"[\xf0\x9f\x98]");
    let took = start.elapsed();
    assert!(took >= HOLD, "answered after {took:?}");
    assert!(took < HOLD + Duration::from_secs(8), "answered only after {took:?}");
}

#[test]
fn a_letter_that_is_cut_by_the_end_is_answered_at_the_end() {
    let server = Server::start(&["127.0.0.1:0", "--reply", "[{data}]"]);
    let mut client = server.connect();
    client.write_all(b"x\xc3").expect("a live server");
    client.shutdown(Shutdown::Write).expect("a live connection");
    assert_eq!(read_all(&client), b"[x][\xc3]");
}

#[test]
fn echo_sends_back_eight_mebibytes_while_they_are_sent_and_passes_on_the_half_close() {
    let server = Server::start(&["127.0.0.1:0", "--echo", "--threads", "2"]);
    let client = server.connect();
    let data = pattern(8 << 20);
    let mut sending = client.try_clone().expect("a descriptor");
    let sent = data.clone();
    let sender = thread::spawn(move || {
        sending.write_all(&sent).expect("the server reads");
        sending.shutdown(Shutdown::Write).expect("a live connection");
    });
    let got = read_all(&client);
    sender.join_in_time().expect("it sent all");
    assert!(got == data, "{} bytes came back, not as they went", got.len());
}

#[test]
fn echo_works_over_every_kind_of_stream() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let server = Server::start(&[&format!("unix:{path}"), "--echo"]);
    assert_eq!(server.listening(), [format!("unix {path}")]);
    let client = unix(&path, Type::STREAM);
    client.send_all(b"over a path").expect("a live server");
    assert_eq!(client.recv_vec(64).expect("an answer"), b"over a path");

    if has_ipv6() {
        let server = Server::start(&["[::1]:0", "--echo"]);
        let mut client = server.connect();
        client.write_all(b"over v6").expect("a live server");
        expect(&client, b"over v6");
    }
}

#[test]
fn a_colon_and_a_port_listen_on_both_loopback_addresses() {
    let server = Server::start_on_both(&["--echo"]);
    let addresses = server.addresses();
    assert_eq!(addresses[0].ip().to_string(), "127.0.0.1");
    if let Some(second) = addresses.get(1) {
        assert_eq!((second.ip().to_string().as_str(), second.port()), ("::1", addresses[0].port()));
    }
    for address in addresses {
        let mut client = connect(address);
        client.write_all(b"x").expect("a live server");
        expect(&client, b"x");
    }
}

#[test]
fn discard_reads_all_and_answers_nothing() {
    let server = Server::start(&["127.0.0.1:0", "--discard"]);
    let mut client = server.connect();
    client.write_all(&pattern(1 << 20)).expect("the server reads");
    expect_silence(&client, Duration::from_millis(50));
    client.shutdown(Shutdown::Write).expect("a live connection");
    assert_eq!(read_all(&client), b"");
    assert!(server.line("closed: 1048576 bytes in, 0 bytes out").starts_with("#1 127.0.0.1:"));
}

#[test]
fn chargen_sends_the_lines_of_rfc_864() {
    let server = Server::start(&["127.0.0.1:0", "--chargen"]);
    let client = server.connect();
    let mut lines = vec![0; 7 * 74];
    (&client).read_exact(&mut lines).expect("lines without end");
    let want = "\
\x20!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r
!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh\r
\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghi\r
#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghij\r
$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijk\r
%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijkl\r
&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklm\r
";
    assert_eq!(text(&lines), want);
}

#[test]
fn chargen_goes_on_after_the_client_has_ended_its_side() {
    let server = Server::start(&["127.0.0.1:0", "--chargen"]);
    let client = server.connect();
    client.shutdown(Shutdown::Write).expect("a live connection");
    let mut got = vec![0; 4 << 20];
    (&client).read_exact(&mut got).expect("lines without end");
    let cycle = 95 * 74;
    let repeats = got.chunks(cycle).all(|chunk| chunk == &got[..chunk.len()]);
    assert!(repeats, "the pattern repeats without a seam");
}

#[test]
fn a_file_is_sent_whole_to_many_at_once_and_to_one_that_reads_slowly() {
    let folder = TempDir::new();
    let data = pattern(3 << 20);
    let path = folder.file("payload", &data);
    let server = Server::start(&["127.0.0.1:0", "--send-file", &path]);
    let address = server.address();
    let mut slow = connect(address);
    let mut first = vec![0; 1_000];
    slow.read_exact(&mut first).expect("the file's start");
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert!(read_all(connect(address)) == data, "each reader gets all of it"));
        }
    });
    // All others have been served while this one took next to nothing.
    first.extend(read_all(&slow));
    assert!(first == data, "{} bytes", first.len());
}

#[test]
fn an_empty_file_is_sent_as_the_end() {
    let folder = TempDir::new();
    let server = Server::start(&["127.0.0.1:0", "--send-file", &folder.file("empty", b"")]);
    assert_eq!(read_all(server.connect()), b"");
}

#[test]
fn a_message_that_is_too_long_ends_the_connection_and_says_why() {
    for answer in ["--echo", "--discard"] {
        let folder = TempDir::new();
        let path = folder.join("s");
        let server = Server::start(&[&format!("unix-seqpacket:{path}"), answer]);
        let client = unix(&path, Type::SEQPACKET);
        client.set(berkeley::option::SNDBUF, 1 << 20).expect("a buffer");
        match client.send(&vec![b'x'; 262_145]) {
            Ok(_) => {}
            // More than this machine lets a socket send at once (`net.core.wmem_max`).
            Err(error) if error.raw_os_error() == Some(90) => return,
            Err(error) => panic!("{error}"),
        }
        assert_eq!(client.recv_vec(10).expect("an end in order"), b"");
        let closed = server.line(" closed: ");
        let why = "(a message is longer than 262144 bytes, and the rest is lost)";
        assert!(closed.ends_with(why) && closed.contains("262144 bytes in, 0 bytes out"), "{closed}");
    }
}

#[test]
fn seqpacket_messages_keep_their_boundaries() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let server = Server::start(&[&format!("unix-seqpacket:{path}"), "--echo"]);
    let client = unix(&path, Type::SEQPACKET);
    let messages = [&b"one"[..], b"two two", &pattern(70_000)];
    for message in messages {
        client.send(message).expect("a live server");
    }
    for message in messages {
        assert!(client.recv_vec(100_000).expect("an answer") == message, "{} bytes", message.len());
    }
    client.shutdown(Shutdown::Write).expect("a live connection");
    assert_eq!(client.recv_vec(10).expect("the end"), b"");
    server.line("closed: 70010 bytes in, 70010 bytes out");
}

/// It closed the connection: recvmsg(2) gives 0 bytes for an empty message and for the end.
#[test]
fn an_empty_message_is_a_message_and_no_end() {
    for (answer, want) in
        [("--echo", ["", "one", "", "two", ""]), ("--reply", ["[]", "[one]", "[]", "[two]", "[]"])]
    {
        let folder = TempDir::new();
        let path = folder.join("s");
        let args = if answer == "--reply" { &["--reply", "[{data}]"][..] } else { &["--echo"] };
        let server = Server::start(&[&[format!("unix-seqpacket:{path}").as_str()], args].concat());
        let client = unix(&path, Type::SEQPACKET);
        for message in ["", "one", "", "two", ""] {
            client.send(message.as_bytes()).expect("a live server");
        }
        // An end gives nothing as well: what comes after an empty answer tells them apart, and below the log.
        for want in want {
            assert_eq!(client.recv_vec(10).expect("an answer"), want.as_bytes());
        }
        client.shutdown(Shutdown::Write).expect("a live connection");
        let closed = server.line(" closed: 6 bytes in, ");
        assert!(closed.starts_with("#1 unnamed (pid "), "{closed}");
        assert_eq!(text(&server.process.stderr.so_far()).matches(" received 0 bytes: ").count(), 3);
    }
}

#[test]
fn a_message_is_answered_at_once_though_it_ends_within_a_letter() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let _server = Server::start(&[&format!("unix-seqpacket:{path}"), "--reply", "[{data}]"]);
    let client = unix(&path, Type::SEQPACKET);
    client.send(b"\xe9\x97").expect("a live server");
    client.send(b"\xa8").expect("a live server");
    assert_eq!(client.recv_vec(10).expect("an answer"), b"[\xe9\x97]");
    assert_eq!(client.recv_vec(10).expect("an answer"), b"[\xa8]");
}
