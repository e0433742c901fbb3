//! `sock serve` over TLS: the answers of every kind, and clients that are bad, slow or many.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use crate::bounded::JoinInTime as _;
use crate::kit::{
    Events, Process, SOCK, Server, TempDir, connect, eventually, pattern, read_all, run, run_sock, sock, text,
};

/// A certificate of its own root for localhost and 127.0.0.1, with its key, in one file.
fn certificate(folder: &TempDir, name: &str) -> String {
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    folder.file(name, (made.cert.pem() + &made.signing_key.serialize_pem()).as_bytes())
}

/// A server with this certificate, and the endpoint that reaches it.
fn server(cert: &str, args: &[&str]) -> (Server, String) {
    let server = Server::start(&[&["tls://127.0.0.1:0", "--cert", cert], args].concat());
    let endpoint = format!("tls://{}?ca={cert}", server.address());
    (server, endpoint)
}

#[test]
fn each_answer_is_given_over_tls() {
    let folder = TempDir::new();
    let cert = certificate(&folder, "own.pem");
    let file = folder.file("file", &pattern(3 << 20));
    let bytes = pattern(2 << 20);
    let rows: [(&[&str], &[u8], &[u8]); 5] = [
        (&["--echo"], &bytes, &bytes),
        (&[], b"hi", b"Server received your data: hi"),
        (&["--reply", "you said {data}"], "\u{1f980}".as_bytes(), "you said \u{1f980}".as_bytes()),
        (&["--discard"], &bytes, b""),
        (&["--send-file", &file], b"not read", &pattern(3 << 20)),
    ];
    for (args, input, want) in rows {
        let (server, endpoint) = server(&cert, args);
        let got = run(&mut sock(&["connect", &endpoint]), input);
        assert_eq!(got.code(), 0, "{args:?}: {}", got.stderr);
        assert!(got.stdout == want, "{args:?}: {} bytes", got.stdout.len());
        server.line("closed: ");
        let finished = server.end("TERM");
        assert_eq!(finished.code(), 0, "{args:?}: {}", finished.stderr);
        let totals = format!("closed: {} bytes in, {} bytes out", input.len(), want.len());
        assert!(finished.stderr.contains(&totals), "{args:?}: {totals}: {}", finished.stderr);
    }
}

#[test]
fn characters_without_end_end_with_the_client() {
    let folder = TempDir::new();
    let cert = certificate(&folder, "own.pem");
    let (server, endpoint) = server(&cert, &["--chargen"]);
    let mut client = Process::start(&mut sock(&["connect", &endpoint, "--receive-only"]));
    client.stdout.at_least(100_000);
    assert!(client.is_running());
    // Ours ends it, with the end of TLS.
    let finished = server.end("TERM");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert_eq!(client.finish().code(), 0);
}

#[test]
fn one_client_is_served_with_once_and_pinned_without_a_certificate() {
    let server = Server::start(&["tls://127.0.0.1:0", "--echo", "--once"]);
    let line = server.line("sock connect '");
    let endpoint = line.split('\'').nth(1).expect("an endpoint in quotes");
    let client = run_sock(&["connect", endpoint, "--send", "hi"]);
    assert_eq!((client.code(), client.out().as_str()), (0, "hi"), "{}", client.stderr);
    assert_eq!(server.process.finish().code(), 0);
}

#[test]
fn a_client_that_is_bad_harms_no_other() {
    let folder = TempDir::new();
    let cert = certificate(&folder, "own.pem");
    let args = ["serve", "tls://127.0.0.1:0", "--cert", &cert, "--echo", "--json", "--threads", "1"];
    let server = Process::start(&mut sock(&args));
    let mut events = Events::of(&server.stdout);
    let address = events.next(&["listening"])["address"].as_str().expect("an address").to_owned();
    let endpoint = format!("tls://{address}?ca={cert}");
    let good = Process::start(&mut sock(&["connect", &endpoint]));
    let place = address.parse().expect("an address");
    for (words, why) in [
        (&b"GET / HTTP/1.0\r\n\r\n"[..], "the peer does not speak TLS"),
        (b"", "the peer ended the connection within the handshake"),
        (b"\x16\x03\x01\xff\xff", "does not speak TLS"),
    ] {
        let mut bad = connect(place);
        bad.write_all(words).expect("a live server");
        bad.shutdown(std::net::Shutdown::Write).expect("a live connection");
        let _ = bad.read_to_end(&mut Vec::new());
        let closed = events.next(&["closed"]);
        assert!(closed["reason"].as_str().is_some_and(|it| it.contains(why)), "{why}: {closed}");
    }
    let refused = run_sock(&["connect", &format!("tls://{address}?pin={}", "0".repeat(64))]);
    assert_eq!(refused.code(), 6, "{}", refused.stderr);
    let closed = events.next(&["closed"]);
    assert!(closed["reason"].as_str().is_some_and(|it| it.contains("the peer refuses: ")), "{closed}");
    let mut good = good;
    good.write(b"still served");
    good.stdout.at_least(12);
    good.close_input();
    good.succeed();
}

#[test]
fn slow_handshakes_end_with_their_time_and_hold_nobody_up() {
    let folder = TempDir::new();
    let cert = certificate(&folder, "own.pem");
    let (server, endpoint) = server(&cert, &["--echo", "--threads", "1", "--max-connections", "21"]);
    // Places are left for one: those that say nothing, and one that says a byte at a time.
    let silent: Vec<TcpStream> = (0..19).map(|_| server.connect()).collect();
    let mut slow = server.connect();
    let trickle = std::thread::spawn(move || {
        // The head of a message that never is whole.
        let head = [&[22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc][..], &[0; 4_096]].concat();
        let sent = head.iter().take_while(|byte| {
            std::thread::sleep(Duration::from_millis(100));
            slow.write_all(&[**byte]).is_ok()
        });
        sent.count()
    });
    for _ in 0..3 {
        let client = run_sock(&["connect", &endpoint, "--send", "hi"]);
        assert_eq!((client.code(), client.out().as_str()), (0, "hi"), "{}", client.stderr);
    }
    for client in silent {
        // The end, or a reset.
        let _ = read_all_or_reset(client);
    }
    server.line("there was no agreement within 10s");
    assert!(trickle.join_in_time().expect("the slow client") < 4_096, "it is let go before it is done");
    // Their places are free.
    let clients: Vec<_> = (0..21).map(|_| Process::start(&mut sock(&["connect", &endpoint]))).collect();
    for mut client in clients {
        client.write(b"x");
        client.stdout.at_least(1);
    }
}

fn read_all_or_reset(mut client: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = client.read_to_end(&mut all);
    all
}

#[test]
fn what_is_owed_is_sent_when_the_server_ends() {
    let folder = TempDir::new();
    let cert = certificate(&folder, "own.pem");
    let (server, endpoint) = server(&cert, &["--echo", "--threads", "1"]);
    let mut idle = Process::start(&mut sock(&["connect", &endpoint]));
    let mut owed = Process::start(&mut sock(&["connect", &endpoint]));
    owed.write(b"x");
    owed.stdout.at_least(1);
    eventually("both are there", || text(&server.process.stderr.so_far()).matches("opened").count() == 2);
    owed.write(&pattern(60_000));
    owed.stdout.at_least(60_001);
    let finished = server.end("TERM");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(!finished.stderr.contains("cut"), "{}", finished.stderr);
    // The end of TLS came, so nobody takes it for cut off.
    idle.close_input();
    owed.close_input();
    assert_eq!(idle.finish().code(), 0);
    assert_eq!(owed.finish().code(), 0);
}

#[test]
fn an_idle_client_is_ended_and_told_of() {
    let folder = TempDir::new();
    let cert = certificate(&folder, "own.pem");
    let (server, endpoint) = server(&cert, &["--echo", "--idle-timeout", "300ms"]);
    let mut client = Process::start(&mut sock(&["connect", &endpoint]));
    client.write(b"x");
    client.stdout.at_least(1);
    let line = server.line("closed: ");
    assert!(line.contains("idle"), "{line}");
}

/// A server without a controlling terminal.
fn detached(args: &[&str]) -> Server {
    Server::start_with(Command::new("setsid").arg(SOCK).arg("serve").args(args))
}

#[test]
fn a_hang_up_reads_the_certificate_anew_and_ends_nobody() {
    let folder = TempDir::new();
    let (one, other) = (certificate(&folder, "one.pem"), certificate(&folder, "other.pem"));
    let current = folder.file("current.pem", &fs::read(&one).expect("a file"));
    let server = detached(&["tls://127.0.0.1:0", "--cert", &current, "--echo"]);
    let ask = |ca: &str| {
        let endpoint = format!("tls://{}?ca={ca}", server.address());
        run_sock(&["connect", &endpoint, "--send", "x"]).code()
    };
    let mut before = Process::start(&mut sock(&["connect", &format!("tls://{}?ca={one}", server.address())]));
    before.write(b"a");
    before.stdout.at_least(1);
    fs::copy(&other, &current).expect("a file");
    server.process.signal("HUP");
    server.line("read again");
    assert_eq!([ask(&other), ask(&one)], [0, 6]);
    fs::write(&current, "nonsense").expect("a file");
    server.process.signal("HUP");
    server.line("there is no certificate in this file");
    assert_eq!(ask(&other), 0, "what was read before stays");
    before.write(b"b");
    assert_eq!(before.stdout.at_least(2), b"ab");
    before.close_input();
    before.succeed();
    let finished = server.end("TERM");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
}

#[test]
fn a_client_that_is_plain_reads_an_alert_and_the_end() {
    let folder = TempDir::new();
    let cert = certificate(&folder, "own.pem");
    let (server, _) = server(&cert, &["--echo"]);
    let mut plain = server.connect();
    plain.write_all(b"not TLS at all, and long enough to be looked at\n").expect("a live server");
    let answer = read_all(plain);
    assert_eq!(answer.first(), Some(&21), "an alert: {answer:?}");
}
