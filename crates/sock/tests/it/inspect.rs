//! `sock inspect`: what a server shows and what is wrong with it, for people and for programs.

use std::io::Write as _;
use std::net::TcpListener;

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use crate::bounded::JoinInTime as _;
use crate::kit::{Process, TempDir, events, run_sock, sock};
use crate::skip::need;

type Change = fn(&mut CertificateParams);

/// A certificate of its own root for localhost, with its key in one file.
fn certificate(folder: &TempDir, change: Change) -> String {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, "the host");
    change(&mut params);
    let key = KeyPair::generate().expect("a key");
    let made = params.self_signed(&key).expect("a certificate");
    folder.file("own.pem", (made.pem() + &key.serialize_pem()).as_bytes())
}

/// A listener that shows this certificate, and the port.
fn listener(cert: &str, args: &[&str]) -> (Process, String) {
    let args = [&["listen", "tls://127.0.0.1:0", "--cert", cert, "--keep"], args].concat();
    let mut listener = Process::start(&mut sock(&args));
    // It has nothing to say, so that it goes on to the next client.
    listener.close_input();
    let line = listener.stderr.line("where it listens", |line| line.contains("listening on "));
    let port = line.rsplit(':').next().expect("a port").to_owned();
    (listener, port)
}

#[test]
fn a_good_certificate_is_shown_and_verifies() {
    let folder = TempDir::new();
    let cert = certificate(&folder, |_| ());
    let (_listener, port) = listener(&cert, &["--alpn", "h2,http/1.1"]);
    let endpoint = format!("tls://localhost:{port}");
    let args = ["inspect", &endpoint, "--ca", &cert, "--alpn", "http/1.1", "-4"];
    let shown = run_sock(&args);
    assert_eq!((shown.code(), shown.stderr.as_str()), (0, ""));
    let text = shown.out();
    // Both sides offer the one with a post-quantum part first, where they have it.
    let exchange = if cfg!(feature = "post-quantum") { "X25519MLKEM768" } else { "X25519" };
    for words in [
        &format!("{endpoint} at 127.0.0.1:{port}\n"),
        &format!("    verified     yes, by the roots of {cert}\n"),
        "    protocol     TLS 1.3\n",
        "    cipher       TLS13_AES_",
        &format!("    key exchange {exchange}\n"),
        "    ALPN         http/1.1\n",
        "    OCSP         not stapled\n",
        "certificate 1 of 1: CN=the host\n",
        "    issuer       CN=the host\n",
        "    for          localhost\n",
        " days left)\n",
        "    key          ECDSA on P-256\n",
        "    signature    ECDSA with SHA-256\n",
        "    pin          sha256:",
    ] {
        assert!(text.contains(words), "{words:?} is missing:\n{text}");
    }
    // The pin that is shown is one that is accepted.
    let pin = text.lines().find_map(|line| line.trim().strip_prefix("pin")).expect("a pin").trim();
    let pinned = run_sock(&["inspect", &format!("{endpoint}?pin={pin}")]);
    assert_eq!(pinned.code(), 0, "{}", pinned.stderr);
    assert!(pinned.out().contains("verified     yes, by the pin\n"), "{}", pinned.out());
}

#[test]
fn a_bad_certificate_is_shown_too_with_what_is_wrong() {
    let rows: [(Change, &[&str], &str, &str); 5] = [
        (|it| it.not_after = date_time_ymd(2021, 5, 4), &[], "expired since 2021-05-04", "(EXPIRED "),
        (
            |it| it.not_before = date_time_ymd(3000, 1, 1),
            &[],
            "not valid until 3000-01-01",
            "(NOT YET VALID, for ",
        ),
        (
            |_| (),
            &["--server-name", "other.example"],
            "wrong host: it is for localhost",
            "for          localhost",
        ),
        (|_| (), &["--pin", PIN], "its key is not the one that is pinned, but sha256:", "verified     NO: "),
        (
            |it| it.distinguished_name.push(DnType::OrganizationName, "\x1b[2J\u{202e}evil"),
            &["--server-name", "other.example"],
            "wrong host",
            "O=\\x1b[2J\\u{202e}evil",
        ),
    ];
    for (change, args, why, shows) in rows {
        let folder = TempDir::new();
        let cert = certificate(&folder, change);
        let (_listener, port) = listener(&cert, &[]);
        let endpoint = format!("tls://localhost:{port}");
        let shown = run_sock(&[&["inspect", &endpoint, "--ca", &cert, "-4"], args].concat());
        assert_eq!(shown.code(), 6, "{}", shown.stderr);
        assert!(shown.out().contains("verified     NO: the certificate CN=the host"), "{}", shown.out());
        assert!(
            shown.out().contains(shows) && shown.out().contains(why),
            "{shows:?}, {why:?}: {}",
            shown.out()
        );
        assert!(
            shown.stderr.starts_with("sock: error: tls localhost:") && shown.stderr.contains(why),
            "{}",
            shown.stderr
        );
        assert!(!shown.out().contains(['\x1b', '\u{202e}']), "{:?}", shown.out());
    }
}

/// A pin that is nobody's.
const PIN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn programs_are_told_in_fields() {
    let folder = TempDir::new();
    let cert = certificate(&folder, |it| it.not_after = date_time_ymd(2021, 5, 4));
    let (_listener, port) = listener(&cert, &[]);
    let shown = run_sock(&["inspect", &format!("tls://localhost:{port}"), "--ca", &cert, "--json"]);
    assert_eq!(shown.code(), 6, "{}", shown.stderr);
    let events = events(&shown.stdout);
    let names: Vec<_> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names, ["tls", "certificate", "error"]);
    let [tls, certificate, error] = &events[..] else { panic!("three events") };
    assert_eq!(
        (&tls["verified"], &tls["protocol"], &tls["certificates"]),
        (&false.into(), &"TLS 1.3".into(), &1.into())
    );
    assert!(tls["reason"].as_str().is_some_and(|it| it.contains("expired since")), "{tls}");
    assert_eq!(
        (&certificate["subject"], &certificate["not_after"]),
        (&"CN=the host".into(), &"2021-05-04T00:00:00Z".into())
    );
    assert!(certificate["seconds_left"].as_i64().is_some_and(|left| left < 0), "{certificate}");
    assert_eq!((&certificate["hosts"][0], &certificate["number"]), (&"localhost".into(), &1.into()));
    assert_eq!(error["exit_code"], 6);
}

#[test]
fn what_is_no_tls_is_told_so() {
    let rows: [(&[&str], u8, &str); 4] = [
        (&["inspect", "127.0.0.1:1"], 2, "inspect looks at TLS"),
        (&["inspect", "tls://127.0.0.1:1"], 4, "refused"),
        (&["inspect", "tls://127.0.0.1:1", "--insecure"], 2, "--insecure does nothing here"),
        (&["inspect", "tls://127.0.0.1:1?self-signed=x"], 2, "belongs to listening"),
    ];
    for (args, code, words) in rows {
        let shown = run_sock(args);
        assert_eq!(shown.code(), i32::from(code), "{args:?}: {}", shown.stderr);
        assert!(shown.stderr.contains(words), "{args:?}: {}", shown.stderr);
    }
    let clear = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = clear.local_addr().expect("a bound socket").port();
    let server = std::thread::spawn(move || {
        let (mut client, _) = clear.accept().expect("a client");
        client.write_all(b"220 mail.example ESMTP\r\n").expect("room");
        // Until it has gone.
        let _ = std::io::copy(&mut client, &mut std::io::sink());
    });
    let shown = run_sock(&["inspect", &format!("tls://127.0.0.1:{port}?pin={PIN}")]);
    assert_eq!(shown.code(), 6, "{}", shown.stderr);
    assert!(shown.stderr.contains("the peer does not speak TLS"), "{}", shown.stderr);
    server.join_in_time().expect("the server");
}

#[test]
fn a_stapled_answer_and_an_older_protocol_are_told() {
    if !need("inspect::a_stapled_answer_and_an_older_protocol_are_told", "openssl") {
        return;
    }
    let folder = TempDir::new();
    let cert = certificate(&folder, |_| ());
    let mut server = std::process::Command::new("openssl");
    server.args(["s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-cert", &cert]);
    let staple = folder.file("staple", &[0x30, 3, 0x0a, 1, 6]);
    server.args(["-status_file", &staple]).args(["-naccept", "1"]);
    let server = Process::start(server.arg("-no_ign_eof"));
    let line = server.stdout.line("where it listens", |line| line.starts_with("ACCEPT "));
    let port = line.trim().rsplit(':').next().expect("a port");
    let shown = run_sock(&["inspect", &format!("tls://localhost:{port}"), "--ca", &cert, "-4"]);
    assert_eq!(shown.code(), 0, "{}", shown.stderr);
    assert!(shown.out().contains("protocol     TLS 1.2\n"), "{}", shown.out());
    assert!(shown.out().contains("OCSP         stapled, 5 bytes (not verified)\n"), "{}", shown.out());
}
