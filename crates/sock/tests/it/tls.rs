//! TLS: `connect` and `listen` with each other and with OpenSSL, and what is refused, in words.

use std::process::Command;

use crate::kit::{Finished, Process, Server, TempDir, eventually, pattern, run, run_sock, sock};
use crate::retry::catches_interrupts;
use crate::skip::need;

/// Our listener, and the endpoint that reaches it, with the pin that it tells.
fn listener(args: &[&str]) -> (Process, String) {
    let listener = Process::start(&mut sock(&[&["listen", "tls://127.0.0.1:0"], args].concat()));
    let line = listener.stderr.line("the pin", |line| line.contains("sock connect '"));
    let endpoint = line.split('\'').nth(1).expect("an endpoint in quotes").to_owned();
    (listener, endpoint)
}

/// The host and port alone.
fn place(endpoint: &str) -> String {
    endpoint.trim_start_matches("tls://").split('?').next().unwrap_or_default().to_owned()
}

fn openssl(args: &[&str]) -> Command {
    let mut command = Command::new("openssl");
    command.args(args);
    command
}

/// A certificate with its key in one file, for these names.
fn certificate(folder: &TempDir, names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    folder.file("own.pem", (made.cert.pem() + &made.signing_key.serialize_pem()).as_bytes())
}

#[test]
fn connect_and_listen_talk_over_tls_by_a_pin() {
    let bytes = pattern(1 << 20);
    let (mut listener, endpoint) = listener(&[]);
    listener.write(b"from the listener");
    listener.close_input();
    let client = run(&mut sock(&["connect", &endpoint]), &bytes);
    assert_eq!((client.code(), client.out().as_str()), (0, "from the listener"), "{}", client.stderr);
    let listener = listener.finish();
    assert_eq!(listener.code(), 0, "{}", listener.stderr);
    assert!(listener.stdout == bytes);
}

fn refused(finished: &Finished, words: &[&str]) {
    assert_eq!(finished.code(), 6, "{}", finished.stderr);
    for words in words {
        assert!(finished.stderr.contains(words), "{words}: {}", finished.stderr);
    }
}

#[test]
fn a_wrong_pin_and_no_pin_are_refused_in_words() {
    let (listener, endpoint) = listener(&["--keep"]);
    let place = format!("tls://{}", place(&endpoint));
    let wrong = format!("{place}?pin={}", "0".repeat(64));
    refused(
        &run_sock(&["connect", &wrong]),
        &["CN=sock self-signed", "not the one that is pinned, but sha256:"],
    );
    let folder = TempDir::new();
    let ca = certificate(&folder, &["localhost"]);
    refused(&run_sock(&["connect", &place, "--ca", &ca]), &["CN=sock self-signed", "signed by itself"]);
    drop(listener);
}

#[test]
fn any_certificate_is_taken_with_a_warning() {
    let (mut listener, endpoint) = listener(&[]);
    listener.close_input();
    let endpoint = format!("tls://{}", place(&endpoint));
    let insecure = run_sock(&["connect", &endpoint, "--insecure", "--send", "x"]);
    assert_eq!(insecure.code(), 0, "{}", insecure.stderr);
    assert!(insecure.stderr.contains("warning: --insecure"), "{}", insecure.stderr);
    assert_eq!(listener.finish().stdout, b"x");
}

#[test]
fn openssl_as_client_and_as_server() {
    if !need("openssl_as_client_and_as_server", "openssl") {
        return;
    }
    let folder = TempDir::new();
    let cert = certificate(&folder, &["localhost", "127.0.0.1"]);
    // As a client, which verifies us.
    let mut listener = Process::start(&mut sock(&["listen", "tls://127.0.0.1:0", "--cert", &cert]));
    let line = listener.stderr.line("where it listens", |line| line.contains("listening on tcp "));
    let place = line.rsplit(' ').next().expect("an address").to_owned();
    listener.write(b"answer\n");
    listener.close_input();
    let args = ["s_client", "-quiet", "-verify_return_error", "-CAfile", &cert, "-connect", &place];
    let client = run(&mut openssl(&args), b"");
    assert!(client.out().contains("answer"), "{}", client.stderr);
    listener.succeed();
    // As a server, which we verify: by a root, and by none.
    let server = openssl(&["s_server", "-accept", "127.0.0.1:0", "-cert", &cert, "-www"]);
    let server = Process::start(&mut { server });
    let line = server.stdout.line("where it listens", |line| line.starts_with("ACCEPT "));
    let endpoint = format!("tls://{}", line.trim_start_matches("ACCEPT ").trim());
    let request = ["--send", "GET / HTTP/1.0\r\n\r\n"];
    let client = run_sock(&[&["connect", &endpoint, "--ca", &cert], &request[..]].concat());
    assert!(client.out().contains("HTTP/1.0 200"), "{} {}", client.out(), client.stderr);
    let wrong = run_sock(&["connect", &endpoint, "--ca", &cert, "--server-name", "other.example"]);
    refused(&wrong, &["wrong host: it is for localhost, 127.0.0.1, and not for other.example"]);
}

#[test]
fn a_weak_key_and_a_weak_signature_are_called_so() {
    if !need("tls::a_weak_key_and_a_weak_signature_are_called_so", "openssl") {
        return;
    }
    let folder = TempDir::new();
    let [ca, ca_key, request, key, cert] =
        ["ca", "ca.key", "csr", "key", "crt"].map(|name| folder.join(name));
    let made = |args: &str| run(&mut openssl(&args.split(' ').collect::<Vec<_>>()), b"").code() == 0;
    let names = folder.file("names", b"subjectAltName=DNS:localhost");
    let curve = "ec -pkeyopt ec_paramgen_curve:secp256k1";
    for (of_ca, kind, hash, words) in [
        ("rsa:2048", "rsa:1024", "-sha256", "a weak key, RSA of 1024 bits"),
        ("rsa:2048", "rsa:2048", "-sha1", "a weak signature, by SHA-1"),
        ("rsa:2048", "rsa:2048", "-md5", "a weak signature, by MD5"),
        (curve, "rsa:2048", "-sha256", "its signature is of a kind that is not supported"),
    ] {
        let steps = [
            format!("req -x509 -newkey {of_ca} -nodes -subj /CN=ca -days 30 -out {ca} -keyout {ca_key}"),
            format!("req -newkey {kind} -nodes -subj /CN=leaf -out {request} -keyout {key}"),
            format!(
                "x509 -req -in {request} -CA {ca} -CAkey {ca_key} -out {cert} -days 9 {hash} -extfile {names}"
            ),
        ];
        if !steps.iter().all(|step| made(step)) {
            let test = format!("tls::a_weak_key_and_a_weak_signature_are_called_so:{of_ca}:{kind}:{hash}");
            crate::skip::skip(&test.replace(' ', "_"), "an openssl that makes such a certificate");
            continue;
        }
        let mut server = openssl(&["s_server", "-accept", "127.0.0.1:0", "-cert", &cert, "-key", &key]);
        let server = Process::start(server.args(["-cipher", "ALL:@SECLEVEL=0"]));
        let line = server.stdout.line("where it listens", |line| line.starts_with("ACCEPT "));
        let port = line.rsplit(':').next().expect("a port");
        let client = run_sock(&["connect", &format!("tls://127.0.0.1:{port}?server-name=localhost&ca={ca}")]);
        refused(&client, &["CN=leaf", words]);
    }
}

#[test]
fn the_secrets_of_connections_are_kept_where_that_is_asked_for() {
    let folder = TempDir::new();
    let log = folder.join("secrets");
    let (mut listener, endpoint) = listener(&[]);
    listener.close_input();
    let client = run(sock(&["connect", &endpoint]).env("SSLKEYLOGFILE", &log), b"x");
    assert_eq!(client.code(), 0, "{}", client.stderr);
    assert!(client.stderr.contains("warning: SSLKEYLOGFILE is set"), "{}", client.stderr);
    let secrets = std::fs::read_to_string(&log).expect("what was kept");
    assert!(secrets.lines().any(|line| line.starts_with("CLIENT_TRAFFIC_SECRET_0 ")), "{secrets}");
    assert_eq!(listener.finish().code(), 0);
}

#[test]
fn keys_are_read_in_every_form() {
    if !need("tls::keys_are_read_in_every_form", "openssl") {
        return;
    }
    let folder = TempDir::new();
    let [rsa, cert, old] = ["rsa", "crt", "old"].map(|name| folder.join(name));
    let make = |args: &str| {
        let made = run(&mut openssl(&args.split(' ').collect::<Vec<_>>()), b"");
        assert_eq!(made.code(), 0, "openssl {args}: {}", made.stderr);
    };
    make(&format!("req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 30 -out {cert} -keyout {rsa}"));
    make(&format!("rsa -in {rsa} -traditional -out {old}"));
    let [ec, ec_cert] = ["ec", "ec.crt"].map(|name| folder.join(name));
    make(&format!("ecparam -name prime256v1 -genkey -noout -out {ec}"));
    make(&format!("req -x509 -key {ec} -subj /CN=x -days 30 -out {ec_cert}"));
    for (begin, cert, key) in [
        ("-----BEGIN PRIVATE", &cert, &rsa),
        ("-----BEGIN RSA", &cert, &old),
        ("-----BEGIN EC", &ec_cert, &ec),
    ] {
        assert!(std::fs::read_to_string(key).expect("a key").starts_with(begin), "{begin}");
        let args = ["listen", "tls://127.0.0.1:0", "--cert", cert, "--key", key];
        let mut listener = Process::start(&mut sock(&args));
        let line = listener.stderr.line("where it listens", |line| line.contains("listening on "));
        listener.close_input();
        let place = line.rsplit(' ').next().expect("an address");
        let client = run_sock(&["connect", &format!("tls://{place}?insecure")]);
        assert_eq!(client.code(), 0, "{begin}: {}", client.stderr);
        assert_eq!(listener.finish().code(), 0, "{begin}");
    }
}

#[test]
fn the_options_of_tls_need_tls() {
    let rows: [(&[&str], &str); 14] = [
        (&["serve", "udp://:0", "--tls"], "--tls goes over a stream of a socket, and udp is none"),
        (&["connect", "unix-seqpacket:@x", "--tls"], "and unix-seqpacket is none"),
        (&["connect", "exec:cat", "--tls"], "and exec is none"),
        (&["connect", "tls://:1", "--key", "x"], "--key is the key of --cert"),
        (&["connect", "tls://:1?insecure&ca=x"], "--ca verifies what --insecure takes"),
        (&["listen", "tls://:0", "--crl", "x"], "--crl needs --ca"),
        (&["wait", "tls://:1?ca=x"], "wait does not speak tls"),
        (&["serve", "tls://:0?insecure"], "belongs to connecting"),
        (&["options", "tls://:1"], "options does not speak tls"),
        (&["connect", "127.0.0.1:1", "--insecure"], "belongs to TLS"),
        (&["connect", "tcp://127.0.0.1:1?ca=x"], "belongs to TLS"),
        (&["listen", "tls://:0?insecure"], "belongs to connecting"),
        (&["connect", "tls://:1?ca=x", "--ca", "y"], "is given twice"),
        (&["connect", "tls://:1", "--tls-min", "1.1"], "wants a version of TLS, 1.2 or 1.3"),
    ];
    for (args, words) in rows {
        let finished = run_sock(args);
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(words), "{args:?}: {}", finished.stderr);
    }
}

#[test]
fn programs_are_told_of_the_pin_and_of_what_is_not_safe() {
    let mut listener = Process::start(&mut sock(&["listen", "tls://127.0.0.1:0", "--json"]));
    listener.close_input();
    let note = listener.stdout.line("the pin", |line| line.contains(r#""event":"note""#));
    let endpoint = note.split('\'').nth(1).expect("an endpoint in quotes").to_owned();
    let insecure = format!("tls://{}?insecure", place(&endpoint));
    let client = run_sock(&["connect", &insecure, "--json", "--receive-only"]);
    assert!(client.out().contains("warning: --insecure"), "{}", client.out());
    assert_eq!(listener.finish().code(), 0);
}

#[test]
fn a_signal_ends_the_wait_for_a_certificate() {
    let folder = TempDir::new();
    let path = folder.join("fifo");
    run(Command::new("mkfifo").arg(&path), b"");
    // Nobody writes to it, so opening it waits.
    for endpoint in [format!("tls://127.0.0.1:0?cert={path}"), format!("tls://127.0.0.1:9?cert={path}")] {
        let command = if endpoint.contains(":0?") { "listen" } else { "connect" };
        let process = Process::start(&mut sock(&[command, &endpoint]));
        eventually("it listens for signals", || catches_interrupts(process.pid()));
        process.signal("INT");
        let finished = process.finish();
        assert_eq!(finished.code(), 130, "{command}");
        if command == "listen" {
            let words = "SIGINT while a name was looked up or a file was read\n";
            assert!(finished.stderr.ends_with(words), "{}", finished.stderr);
        }
    }
}

#[test]
fn a_certificate_of_our_own_is_kept() {
    let folder = TempDir::new();
    let path = folder.join("own.pem");
    let (first, one) = listener(&["--self-signed", &path]);
    drop(first);
    let (second, other) = listener(&["--self-signed", &path]);
    drop(second);
    let pin = |endpoint: &str| endpoint.split("pin=").nth(1).map(str::to_owned);
    assert!(pin(&one).is_some());
    assert_eq!(pin(&one), pin(&other));
}

#[test]
fn the_command_that_pins_a_key_is_one_wherever_it_is_listened() {
    let folder = TempDir::new();
    let path = format!("tls:unix:{}", folder.join("a%20b%27c"));
    let name = format!("tls:unix:@sock-tls-pin-{}", std::process::id());
    for endpoint in [&*path, &*name, "tls://127.0.0.1:0"] {
        let mut listener = Process::start(&mut sock(&["listen", endpoint]));
        listener.close_input();
        let line = listener.stderr.line("the pin", |line| line.contains("sock connect '"));
        let told = line.split('\'').nth(1).expect("an endpoint in quotes");
        let client = run_sock(&["connect", told, "--send", "by its key"]);
        assert_eq!(client.code(), 0, "{told}: {}", client.stderr);
        assert_eq!(listener.finish().stdout, b"by its key", "{told}");
    }
}

#[test]
fn a_flag_puts_tls_over_the_endpoint() {
    let folder = TempDir::new();
    let cert = certificate(&folder, &["localhost"]);
    let path = folder.join("s");
    let rows: [(&[&str], &str, &[&str]); 4] = [
        (&["127.0.0.1:0", "--tls"], "tcp", &["--tls"]),
        (&["tls://127.0.0.1:0", "--tls"], "tcp", &[]),
        (&["127.0.0.1:0", "--tls"], "tls", &["--tls"]),
        (&[&format!("unix:{path}"), "--tls"], "unix", &["--tls"]),
    ];
    for (listens, scheme, connects) in rows {
        let server = Server::start(&[listens, &["--cert", &cert, "--echo"]].concat());
        let place = match scheme {
            "unix" => format!("unix:{path}"),
            "tls" => format!("tls://localhost:{}", server.address().port()),
            _ if connects.is_empty() => format!("tls://localhost:{}", server.address().port()),
            _ => format!("localhost:{}", server.address().port()),
        };
        let args = [&["connect", &*place, "--ca", &cert, "--send", "hi"], connects].concat();
        let client = run_sock(&args);
        assert_eq!((client.code(), client.out().as_str()), (0, "hi"), "{args:?}: {}", client.stderr);
        let args = [&["inspect", &*place, "--ca", &cert, "--json"], connects].concat();
        let shown = run_sock(&args);
        assert_eq!(shown.code(), 0, "{args:?}: {}", shown.stderr);
    }
}

#[test]
fn a_file_that_is_none_of_its_kind_is_told_in_words() {
    let folder = TempDir::new();
    let whole = std::fs::read_to_string(certificate(&folder, &["localhost"])).expect("a file");
    let (cert, key) = whole.split_at(whole.find("-----BEGIN PRIVATE").expect("a key behind it"));
    let key_file = folder.file("key.pem", key.as_bytes());
    let cert_file = folder.file("cert.pem", cert.as_bytes());
    let cut = folder.file("cut.pem", &cert.as_bytes()[..cert.len() / 2]);
    let cut_key = folder.file("cut-key.pem", &key.as_bytes()[..key.len() / 2]);
    let no_base64 =
        folder.file("text.pem", b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
    let rows: [(&[&str], &str); 5] = [
        (
            &["--cert", &cut, "--key", &key_file],
            "cut.pem: the certificate is no PEM: the line -----END CERTIFICATE----- is missing",
        ),
        (
            &["--cert", &cert_file, "--key", &cut_key],
            "cut-key.pem: the private key is no PEM: the line -----END PRIVATE KEY----- is missing",
        ),
        (
            &["--cert", &no_base64, "--key", &key_file],
            "text.pem: the certificate is no PEM: what stands between its lines BEGIN and END is no base64",
        ),
        (
            &["--cert", &cert_file],
            "cert.pem: there is no private key beside the certificate\nsock: hint: --key FILE names",
        ),
        (&["--cert", &key_file], "key.pem: there is no certificate in this file"),
    ];
    for (args, words) in rows {
        let serve = run_sock(&[&["serve", "tls://127.0.0.1:0", "--echo"], args].concat());
        refused(&serve, &[words]);
        let connect = run_sock(&[&["connect", "tls://127.0.0.1:1"], args].concat());
        refused(&connect, &[words]);
    }
}
