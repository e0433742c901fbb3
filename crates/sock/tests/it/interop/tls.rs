//! TLS with `GnuTLS`, Python's `ssl` and curl, as clients and as servers; OpenSSL's own tools are in `tls`.

use std::process::{Command, Stdio};

use super::support::start;
use crate::kit::Transport::Tcp;
use crate::kit::{Place, Process, TempDir, pattern, run, run_sock, sock};
use crate::skip;

/// A certificate of its own root for localhost and 127.0.0.1, and its key, in one file.
fn certificate(folder: &TempDir) -> String {
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    folder.file("own.pem", (made.cert.pem() + &made.signing_key.serialize_pem()).as_bytes())
}

/// Our listener with this certificate, and its port.
fn listener(cert: &str, args: &[&str]) -> (Process, String) {
    let args = [&["listen", "tls://127.0.0.1:0", "--cert", cert], args].concat();
    let listener = Process::start(&mut sock(&args));
    let line = listener.stderr.line("where it listens", |line| line.contains("listening on "));
    let port = line.rsplit(':').next().expect("a port").to_owned();
    (listener, port)
}

/// A server that takes one client, sends back what comes until the client is done, and then says that it is done.
const PYTHONS_SERVER: &str = "\
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
context.maximum_version = getattr(ssl.TLSVersion, sys.argv[2])
listener = socket.create_server(('127.0.0.1', 0))
listener.settimeout(60)
print('port', listener.getsockname()[1], flush=True)
client = listener.accept()[0]
client.settimeout(60)
client = context.wrap_socket(client, server_side=True, suppress_ragged_eofs=False)
heard = b''
while piece := client.recv(65536):
    heard += piece
client.sendall(heard)
client.unwrap()
";

/// A client that verifies, sends its input, and prints what comes, up to an end that was said.
const PYTHONS_CLIENT: &str = "\
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.maximum_version = getattr(ssl.TLSVersion, sys.argv[2])
server = socket.create_connection(('127.0.0.1', int(sys.argv[3])), 60)
server = context.wrap_socket(server, server_hostname=sys.argv[4], suppress_ragged_eofs=False)
server.sendall(sys.stdin.buffer.read())
while piece := server.recv(65536):
    sys.stdout.buffer.write(piece)
server.unwrap()
";

fn python(script: &str, args: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.arg("-c").arg(script).args(args);
    command
}

#[test]
fn our_client_talks_to_pythons_server() {
    if !skip::need("interop::tls::our_client_talks_to_pythons_server", "python3") {
        return;
    }
    let folder = TempDir::new();
    let cert = certificate(&folder);
    for version in ["TLSv1_2", "TLSv1_3"] {
        let bytes = pattern(1 << 20);
        let server = Process::start(&mut python(PYTHONS_SERVER, &[&cert, version]));
        let line = server.stdout.line("its port", |line| line.starts_with("port "));
        let endpoint = format!("tls://127.0.0.1:{}", line["port ".len()..].trim());
        let client = run(&mut sock(&["connect", &endpoint, "--ca", &cert]), &bytes);
        assert_eq!(client.code(), 0, "{version}: {}", client.stderr);
        assert!(client.stdout == bytes, "{version}: all of it comes back");
        server.succeed();
    }
}

#[test]
fn pythons_client_talks_to_our_listener() {
    if !skip::need("interop::tls::pythons_client_talks_to_our_listener", "python3") {
        return;
    }
    let folder = TempDir::new();
    let cert = certificate(&folder);
    for version in ["TLSv1_2", "TLSv1_3"] {
        let (mut listener, port) = listener(&cert, &[]);
        listener.write(&pattern(50_000));
        listener.close_input();
        let client = run(&mut python(PYTHONS_CLIENT, &[&cert, version, &port, "localhost"]), b"from Python");
        assert_eq!(client.code(), 0, "{version}: {}", client.stderr);
        assert!(client.stdout == pattern(50_000), "{version}");
        let listener = listener.finish();
        assert_eq!((listener.code(), listener.out().as_str()), (0, "from Python"), "{}", listener.stderr);
    }
    // One that does not accept our certificate says so.
    let (listener, port) = listener(&cert, &[]);
    let client = run(&mut python(PYTHONS_CLIENT, &[&cert, "TLSv1_3", &port, "other.example"]), b"");
    assert!(client.stderr.contains("CERTIFICATE_VERIFY_FAILED"), "{}", client.stderr);
    let listener = listener.finish();
    assert_eq!(listener.code(), 6, "{}", listener.stderr);
    assert!(listener.stderr.contains("the peer refuses: "), "{}", listener.stderr);
}

#[test]
fn our_client_talks_to_gnutlss_server() {
    if !skip::need("interop::tls::our_client_talks_to_gnutlss_server", "gnutls-serv") {
        return;
    }
    let folder = TempDir::new();
    let cert = certificate(&folder);
    for priority in ["NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"] {
        let place = Place::free(Tcp, &folder);
        let port = place.arguments("{port}").remove(0);
        let words = ["--echo", "--quiet", "--disable-client-cert", "--alpn", "echo", "--port", &port];
        let keys = ["--x509certfile", &cert, "--x509keyfile", &cert, "--priority", priority];
        let words: Vec<_> = words.into_iter().chain(keys).map(str::to_owned).collect();
        let _server = start("gnutls-serv", &words, Stdio::null(), Stdio::null());
        let endpoint = format!("tls://127.0.0.1:{port}?alpn=echo&retry=10s");
        let client = run_sock(&["connect", &endpoint, "--ca", &cert, "--send", "a line\n"]);
        assert_eq!((client.code(), client.out().as_str()), (0, "a line\n"), "{priority}: {}", client.stderr);
        let wrong = run_sock(&["connect", &endpoint, "--ca", &cert, "--server-name", "other.example"]);
        assert_eq!(wrong.code(), 6, "{}", wrong.stderr);
        assert!(wrong.stderr.contains("wrong host: it is for localhost, 127.0.0.1"), "{}", wrong.stderr);
    }
}

#[test]
fn gnutlss_client_talks_to_our_listener() {
    if !skip::need("interop::tls::gnutlss_client_talks_to_our_listener", "gnutls-cli") {
        return;
    }
    let folder = TempDir::new();
    let cert = certificate(&folder);
    for priority in ["NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"] {
        let (mut listener, port) = listener(&cert, &["--ca", &cert]);
        let mut client = Command::new("gnutls-cli");
        client.args(["--x509cafile", &cert, "--x509certfile", &cert, "--x509keyfile", &cert]);
        let mut client = Process::start(client.args(["--priority", priority, "--port", &port, "localhost"]));
        client.write(b"from GnuTLS\n");
        assert_eq!(listener.stdout.at_least(12), b"from GnuTLS\n", "{priority}");
        listener.write(b"from the listener\n");
        client.stdout.line("our words", |line| line == "from the listener");
        client.close_input();
        client.succeed();
        listener.close_input();
        let listener = listener.finish();
        assert_eq!((listener.code(), listener.out().as_str()), (0, "from GnuTLS\n"), "{}", listener.stderr);
    }
}

#[test]
fn curl_fetches_a_page_from_our_listener() {
    if !skip::need("interop::tls::curl_fetches_a_page_from_our_listener", "curl") {
        return;
    }
    let folder = TempDir::new();
    let cert = certificate(&folder);
    let (mut listener, port) = listener(&cert, &["--alpn", "http/1.1"]);
    // Without a length the page ends where TLS does, so that curl takes all of it.
    listener.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello\n");
    listener.close_input();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--max-time", "60", "--noproxy", "*", "--cacert", &cert]);
    let page = run(curl.arg(format!("https://localhost:{port}/")), b"");
    assert_eq!((page.code(), page.out().as_str()), (0, "hello\n"), "{}", page.stderr);
    let listener = listener.finish();
    assert_eq!(listener.code(), 0, "{}", listener.stderr);
    assert!(listener.out().starts_with("GET / HTTP/1.1\r\n"), "{}", listener.out());
}
