//! STARTTLS to its end: servers of other people's that speak in the clear, agree on TLS, and then take data and answer:
//! Python's `ssl` in the part of a server of mail, and `PostgreSQL` itself.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::postgres::{self, Cluster};
use crate::kit::{Process, Server, TempDir, pattern, run, sock};
use crate::skip;

/// A server that plays the lines of one protocol, starts TLS on the same connection, and sends back what comes until
/// its one client is done. A line is what it waits for, and what it says then.
const SERVER: &str = "\
import socket, ssl, sys
lines = {
    'smtp': [(b'', b'220 mail ESMTP\\r\\n'),
             (b'EHLO localhost\\r\\n', b'250-mail\\r\\n250-SIZE\\r\\n250 STARTTLS\\r\\n'),
             (b'STARTTLS\\r\\n', b'220 go\\r\\n')],
    'imap': [(b'', b'* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\\r\\n'),
             (b'a STARTTLS\\r\\n', b'* more\\r\\na OK go\\r\\n')],
    'pop3': [(b'', b'+OK ready\\r\\n'), (b'STLS\\r\\n', b'+OK go\\r\\n')],
    'postgres': [(bytes([0, 0, 0, 8, 4, 210, 22, 47]), b'S')],
}[sys.argv[2]]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
listener = socket.create_server(('127.0.0.1', 0))
listener.settimeout(50)
print('port', listener.getsockname()[1], flush=True)
client = listener.accept()[0]
client.settimeout(50)
for wanted, says in lines:
    came = b''
    while len(came) < len(wanted):
        came += client.recv(len(wanted) - len(came))
    assert came == wanted, came
    client.sendall(says)
client = context.wrap_socket(client, server_side=True, suppress_ragged_eofs=False)
client.sendall(b'first the server: ')
heard = b''
while piece := client.recv(65536):
    heard += piece
client.sendall(heard)
client.unwrap()
";

const PROTOCOLS: [&str; 4] = ["smtp", "imap", "pop3", "postgres"];

/// A certificate of its own root for localhost and 127.0.0.1, and its key, in one file.
fn certificate(folder: &TempDir) -> String {
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    folder.file("own.pem", (made.cert.pem() + &made.signing_key.serialize_pem()).as_bytes())
}

fn server(cert: &str, protocol: &str) -> (Process, String) {
    let mut command = Command::new("python3");
    let server = Process::start(command.args(["-c", SERVER, cert, protocol]));
    let line = server.stdout.line("its port", |line| line.starts_with("port "));
    let endpoint = format!("tls://127.0.0.1:{}", line["port ".len()..].trim());
    (server, endpoint)
}

#[test]
fn what_follows_the_handshake_goes_both_ways() {
    if !skip::need("interop::starttls::what_follows_the_handshake_goes_both_ways", "python3") {
        return;
    }
    let folder = TempDir::new();
    let (cert, bytes) = (certificate(&folder), pattern(300_000));
    let answer = [&b"first the server: "[..], &bytes].concat();
    for protocol in PROTOCOLS {
        let (server, endpoint) = server(&cert, protocol);
        let args = ["connect", &endpoint, "--starttls", protocol, "--ca", &cert];
        let client = run(&mut sock(&args), &bytes);
        assert_eq!(client.code(), 0, "{protocol}: {}", client.stderr);
        assert!(client.stdout == answer, "{protocol}: {} bytes", client.stdout.len());
        server.succeed();
    }
}

#[test]
fn a_relay_starts_tls_for_clients_that_have_none() {
    if !skip::need("interop::starttls::a_relay_starts_tls_for_clients_that_have_none", "python3") {
        return;
    }
    let folder = TempDir::new();
    let (cert, bytes) = (certificate(&folder), pattern(300_000));
    let answer = [&b"first the server: "[..], &bytes].concat();
    for protocol in PROTOCOLS {
        let (server, endpoint) = server(&cert, protocol);
        let to = format!("{endpoint}?starttls={protocol}&ca={cert}");
        let relay = Server::start_with(&mut sock(&["relay", "127.0.0.1:0", &to]));
        let client = run(&mut sock(&["connect", &relay.address().to_string()]), &bytes);
        assert_eq!(client.code(), 0, "{protocol}: {}", client.stderr);
        assert!(client.stdout == answer, "{protocol}: {} bytes", client.stdout.len());
        server.succeed();
    }
}

/// A client that speaks in the clear to a Unix socket, and a server that wants TLS.
#[test]
fn postgresql_is_asked_over_tls_through_a_relay() {
    let test = "interop::starttls::postgresql_is_asked_over_tls_through_a_relay";
    if !postgres::need(test) {
        return;
    }
    let (cluster, near, own) = (Cluster::new(), TempDir::new(), TempDir::new());
    let cert = certificate(&own);
    // PostgreSQL takes no key that others may read.
    fs::set_permissions(&cert, fs::Permissions::from_mode(0o600)).expect("our file");
    let (mut server, place) =
        cluster.start(&format!("-c ssl=on -c ssl_cert_file={cert} -c ssl_key_file={cert}"));
    let to = format!("tls://{place}?starttls=postgres&ca={cert}&server-name=localhost");
    let _relay = cluster.relay(&near, &to);
    let ask = |query: &str| cluster.ask(&near, query);
    let sealed = ask("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
    assert_eq!(sealed.out().trim(), "t", "{}", sealed.stderr);
    let long = ask("select repeat('x', 1000000)");
    assert_eq!(long.out().trim_end().len(), 1_000_000, "{}", long.stderr);
    server.signal("INT");
    server.ended();
}
