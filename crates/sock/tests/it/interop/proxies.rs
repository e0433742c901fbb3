//! Through other people's proxies: microsocks and tinyproxy; and the PROXY protocol with haproxy and curl.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;

use super::support::start;
use crate::bounded::JoinInTime as _;
use crate::kit::{
    Place, Process, Server, TempDir, Transport, bounded, connect, pattern, read_all, run, run_sock, sock,
    text,
};
use crate::skip::need;

/// A proxy that listens, and where.
fn proxy(folder: &TempDir, program: &str, arguments: &str) -> (Process, String) {
    let place = Place::free(Transport::Tcp, folder);
    let mut process = start(program, &place.arguments(arguments), Stdio::null(), Stdio::null());
    place.wait_until_listening(&mut process);
    (process, at(&place))
}

fn at(place: &Place) -> String {
    place.arguments("{host}:{port}").remove(0)
}

/// A server that gives its file to everybody.
fn server(folder: &TempDir) -> (Server, String, Vec<u8>) {
    let bytes = pattern(1 << 18);
    let file = folder.file("payload", &bytes);
    let server = Server::start(&["127.0.0.1:0", "--send-file", &file]);
    let target = format!("localhost:{}", server.address().port());
    (server, target, bytes)
}

#[test]
fn microsocks_is_gone_through_with_a_password_and_without() {
    if !need("interop::proxies::microsocks_is_gone_through_with_a_password_and_without", "microsocks") {
        return;
    }
    let folder = TempDir::new();
    let (_server, target, bytes) = server(&folder);
    let (_open, place) = proxy(&folder, "microsocks", "-i {host} -p {port}");
    let via = format!("socks5://{place}");
    let finished = run_sock(&["connect", &target, "--via", &via, "--receive-only"]);
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(finished.stdout == bytes);
    let nobody = run_sock(&["connect", "localhost:1", "--via", &via]);
    assert_eq!(nobody.code(), 4, "{}", nobody.stderr);
    let (_closed, place) = proxy(&folder, "microsocks", "-i {host} -p {port} -u ann -P secret");
    let via = format!("socks5://ann@{place}?password-env=SOCKS_PASSWORD");
    let rows = [("secret", 0), ("wrong", 10)];
    for (password, code) in rows {
        let mut command = sock(&["connect", &target, "--via", &via, "--receive-only"]);
        let finished = run(command.env("SOCKS_PASSWORD", password), b"");
        assert_eq!(finished.code(), code, "{}", finished.stderr);
    }
    let plain = format!("socks5://{place}");
    assert_eq!(run_sock(&["connect", &target, "--via", &plain]).code(), 10);
}

#[test]
fn tinyproxy_is_gone_through_behind_microsocks() {
    let test = "interop::proxies::tinyproxy_is_gone_through_behind_microsocks";
    if !need(test, "microsocks") || !need(test, "tinyproxy") {
        return;
    }
    let folder = TempDir::new();
    let (_server, target, bytes) = server(&folder);
    let (_first, socks) = proxy(&folder, "microsocks", "-i {host} -p {port}");
    let place = Place::free(Transport::Tcp, &folder);
    let settings =
        place.arguments("Port={port} Listen={host} Timeout=60 MaxClients=10").join("\n").replace('=', " ");
    let settings = folder.file("tinyproxy.conf", settings.as_bytes());
    let arguments = ["-d", "-c", &settings].map(str::to_owned);
    let mut tinyproxy = start("tinyproxy", &arguments, Stdio::null(), Stdio::null());
    place.wait_until_listening(&mut tinyproxy);
    let (socks, http) = (format!("socks5://{socks}"), format!("http://{}", at(&place)));
    for via in [&["--via", &*http][..], &["--via", &*socks, "--via", &*http]] {
        let finished = run_sock(&[&["connect", &target, "--receive-only"], via].concat());
        assert_eq!(finished.code(), 0, "{}", finished.stderr);
        assert!(finished.stdout == bytes, "{via:?}");
    }
    let relay = Server::start_with(&mut sock(&["relay", "127.0.0.1:0", &target, "--via", &http]));
    assert!(read_all(connect(relay.address())) == bytes);
}

#[test]
fn haproxy_believes_our_headers() {
    if !need("interop::proxies::haproxy_believes_our_headers", "haproxy") {
        return;
    }
    let folder = TempDir::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let to = listener.local_addr().expect("an address");
    let place = Place::free(Transport::Tcp, &folder);
    let at = at(&place);
    let settings = format!(
        "defaults\n mode tcp\n timeout connect 20s\n timeout client 20s\n timeout server 20s\n\
         listen x\n bind {at}\n tcp-request connection expect-proxy layer4\n server s {to} send-proxy\n"
    );
    let settings = folder.file("haproxy.cfg", settings.as_bytes());
    let arguments = ["-db", "-q", "-f", &settings].map(str::to_owned);
    let mut haproxy = start("haproxy", &arguments, Stdio::null(), Stdio::null());
    place.wait_until_listening(&mut haproxy);
    for version in ["v1", "v2"] {
        let relay =
            Server::start_with(&mut sock(&["relay", "127.0.0.1:0", &at, "--proxy-protocol", version]));
        let mut client = connect(relay.address());
        client.write_all(b"hello").expect("a relay");
        let own = client.local_addr().expect("an address").port();
        let header = format!("PROXY TCP4 127.0.0.1 127.0.0.1 {own} {}\r\nhello", relay.address().port());
        let length = header.len();
        let taken = listener.try_clone().expect("a listener");
        let came = thread::spawn(move || {
            loop {
                // haproxy also connects for nothing, as the test's own look at the port does.
                let mut stream = bounded(taken.accept().expect("haproxy").0);
                let mut came = vec![0; length];
                if stream.read_exact(&mut came).is_ok() {
                    break came;
                }
            }
        });
        assert_eq!(
            came.join_in_time().expect("a header").escape_ascii().to_string(),
            header.escape_default().to_string()
        );
    }
}

/// A server behind a proxy on this machine, which answers with its client's address.
fn shows_the_client(before: &str) -> Server {
    let script = format!("read line; printf '{before}%s' \"$TCPREMOTEIP:$TCPREMOTEPORT\"");
    Server::start(&["127.0.0.1:0", "--sh", &script, "--proxy-from", "127.0.0.1"])
}

#[test]
fn we_believe_the_headers_of_haproxy() {
    if !need("interop::proxies::we_believe_the_headers_of_haproxy", "haproxy") {
        return;
    }
    // The last one with a checksum and with a check of whether we are there, which names no client.
    let rows = ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c check inter 100ms"];
    for options in rows {
        let folder = TempDir::new();
        let server = shows_the_client("");
        let (to, place) = (server.address(), Place::free(Transport::Tcp, &folder));
        let settings = format!(
            "defaults\n mode tcp\n timeout connect 20s\n timeout client 20s\n timeout server 20s\n\
             listen x\n bind {}\n server s {to} {options}\n",
            at(&place)
        );
        let settings = folder.file("haproxy.cfg", settings.as_bytes());
        let arguments = ["-db", "-q", "-f", &settings].map(str::to_owned);
        let mut haproxy = start("haproxy", &arguments, Stdio::null(), Stdio::null());
        place.wait_until_listening(&mut haproxy);
        let mut client = connect(at(&place).parse().expect("an address"));
        client.write_all(b"hello\n").expect("a live proxy");
        let own = client.local_addr().expect("bound").to_string();
        assert_eq!(text(&read_all(&client)), own, "{options}");
        assert!(!text(&server.process.stderr.so_far()).contains("malformed"), "{options}");
    }
}

#[test]
fn curl_says_who_it_is_through_a_relay() {
    if !need("interop::proxies::curl_says_who_it_is_through_a_relay", "curl") {
        return;
    }
    let server = shows_the_client("HTTP/1.0 200 OK\\r\\n\\r\\n");
    let to = format!("{}?proxy-protocol=v2", server.address());
    let relay = Server::start_with(&mut sock(&["relay", "127.0.0.1:0", &to, "--proxy-from", "127.0.0.1"]));
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--haproxy-protocol", "--noproxy", "*", "--max-time", "30"]);
    curl.args(["--write-out", " %{local_ip}:%{local_port}", &format!("http://{}/", relay.address())]);
    let finished = run(&mut curl, b"");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let shown = finished.out();
    let (named, own) = shown.split_once(' ').expect("two addresses");
    assert!(named == own && own.starts_with("127.0.0.1:"), "{shown}");
}
