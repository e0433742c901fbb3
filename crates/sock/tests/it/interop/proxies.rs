//! Through other people's proxies: microsocks, tinyproxy, ncat and dante, by ours; by curl and ncat with a relay of
//! ours in front; and the PROXY protocol with haproxy and curl.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use super::relay::relay;
use super::support::start;
use crate::bounded::JoinInTime as _;
use crate::kit::{
    Place, Process, Server, TempDir, Transport, bounded, connect, eventually, namespace, pattern, read_all,
    run, run_sock, sock, text,
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

/// A proxy for HTTP, and where.
fn tinyproxy(folder: &TempDir) -> (Process, String) {
    let place = Place::free(Transport::Tcp, folder);
    let settings =
        place.arguments("Port={port} Listen={host} Timeout=60 MaxClients=10").join("\n").replace('=', " ");
    let settings = folder.file("tinyproxy.conf", settings.as_bytes());
    let arguments = ["-d", "-c", &settings].map(str::to_owned);
    let mut process = start("tinyproxy", &arguments, Stdio::null(), Stdio::null());
    place.wait_until_listening(&mut process);
    (process, at(&place))
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
    let (_second, http) = tinyproxy(&folder);
    let (socks, http) = (format!("socks5://{socks}"), format!("http://{http}"));
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

/// A server of one page, for as long as the test runs.
fn web(page: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let answer = move |mut client: TcpStream| {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte)?;
            request.push(byte[0]);
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", page.len());
        client.write_all(&[head.as_bytes(), &page].concat())?;
        client.shutdown(Shutdown::Write)
    };
    // One that goes without a request is answered by nobody.
    thread::spawn(move || listener.incoming().flatten().map(bounded).for_each(|it| drop(answer(it))));
    format!("http://{address}/")
}

#[test]
fn curl_goes_through_a_relay_to_other_peoples_proxies() {
    let test = "interop::proxies::curl_goes_through_a_relay_to_other_peoples_proxies";
    if !["curl", "microsocks", "tinyproxy"].iter().all(|tool| need(test, tool)) {
        return;
    }
    let (folder, near, beside) = (TempDir::new(), TempDir::new(), TempDir::new());
    let page = pattern(1 << 18);
    let url = web(page.clone());
    let (_socks, socks) = proxy(&folder, "microsocks", "-i {host} -p {port}");
    let (_http, http) = tinyproxy(&folder);
    let (_one, socks) = relay(&near, Transport::Tcp, &socks);
    let (_other, http) = relay(&beside, Transport::Tcp, &http);
    let (socks, http) = (at(&socks), format!("http://{}", at(&http)));
    let rows = [
        &["--socks5-hostname", &*socks][..],
        &["--socks5", &socks],
        &["--proxy", &http],
        &["--proxy", &http, "--proxytunnel"],
    ];
    for row in rows {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--noproxy", "", "--max-time", "50"]);
        let finished = run(curl.args(row).arg(&url), b"");
        assert_eq!(finished.code(), 0, "{row:?}: {}", finished.stderr);
        assert!(finished.stdout == page, "{row:?}: {} bytes", finished.stdout.len());
    }
}

#[test]
fn ncat_goes_through_a_relay_to_other_peoples_proxies() {
    let test = "interop::proxies::ncat_goes_through_a_relay_to_other_peoples_proxies";
    if !["ncat", "microsocks", "tinyproxy"].iter().all(|tool| need(test, tool)) {
        return;
    }
    let (folder, near, beside) = (TempDir::new(), TempDir::new(), TempDir::new());
    let (server, _, bytes) = server(&folder);
    let (_socks, socks) = proxy(&folder, "microsocks", "-i {host} -p {port}");
    let (_http, http) = tinyproxy(&folder);
    let (_one, socks) = relay(&near, Transport::Tcp, &socks);
    let (_other, http) = relay(&beside, Transport::Tcp, &http);
    let port = server.address().port().to_string();
    for (place, kind) in [(&socks, "socks5"), (&http, "http")] {
        let words = ["--proxy", &at(place), "--proxy-type", kind, "127.0.0.1", &port].map(str::to_owned);
        // Its input stays open: at the end of one direction these proxies end the other.
        let ncat = start("ncat", &words, Stdio::piped(), Stdio::piped());
        assert!(ncat.stdout.at_least(bytes.len()) == bytes, "{kind}");
    }
}

/// Its proxy listens at every address, whichever it is told: so it has a network of its own.
#[test]
fn ncat_is_gone_through_with_a_password_and_without() {
    let test = "interop::proxies::ncat_is_gone_through_with_a_password_and_without";
    if !need(test, "ncat") || !namespace::inside(test, ":") {
        return;
    }
    let folder = TempDir::new();
    let (server, _, bytes) = server(&folder);
    let target = server.address().to_string();
    let listens = |port: u16, more: &[&str]| {
        let port_text = port.to_string();
        let words = [&["-l", &*port_text, "--proxy-type", "http"], more].concat();
        let words: Vec<_> = words.into_iter().map(str::to_owned).collect();
        let process = start("ncat", &words, Stdio::null(), Stdio::null());
        eventually("it listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        process
    };
    let through = |target: &str, via: &str, password: &str| {
        let mut command = sock(&["connect", target, "--via", via, "--receive-only"]);
        run(command.env("HTTP_PASSWORD", password), b"")
    };
    let _open = listens(3128, &[]);
    let finished = through(&target, "http://127.0.0.1:3128", "");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(finished.stdout == bytes);
    let nobody = through("127.0.0.1:1", "http://127.0.0.1:3128", "");
    assert_eq!(nobody.code(), 5, "{}", nobody.stderr);
    assert!(nobody.stderr.contains("the proxy says: HTTP/1.0 504"), "{}", nobody.stderr);
    let _closed = listens(3129, &["--proxy-auth", "ann:secret"]);
    let with = "http://ann@127.0.0.1:3129?password-env=HTTP_PASSWORD";
    let right = through(&target, with, "secret");
    assert_eq!(right.code(), 0, "{}", right.stderr);
    assert!(right.stdout == bytes);
    for refused in [through(&target, with, "wrong"), through(&target, "http://127.0.0.1:3129", "")] {
        assert_eq!(refused.code(), 10, "{}", refused.stderr);
        assert!(refused.stderr.contains("407 Proxy Authentication Required"), "{}", refused.stderr);
    }
}

/// dante asks the system who a user is: in namespaces of its own it is shown another list of users, of which it may
/// read the passwords, and it needs no right for that.
const DANTE: &str =
    "mount --bind \"$0\" /etc/passwd && mount --bind \"$1\" /etc/shadow && exec danted -f \"$2\"";

#[test]
fn dante_is_gone_through_with_a_password() {
    let test = "interop::proxies::dante_is_gone_through_with_a_password";
    if !["danted", "unshare", "openssl"].iter().all(|tool| need(test, tool)) {
        return;
    }
    let folder = TempDir::new();
    let (_server, target, bytes) = server(&folder);
    let place = Place::free(Transport::Tcp, &folder);
    let hash = run(Command::new("openssl").args(["passwd", "-6", "secret"]), b"").out();
    let users = folder.file("passwd", b"root:x:0:0::/:/bin/sh\nann:x:1:1::/:/bin/sh\n");
    let shadow = format!("root:*:19000::::::\nann:{}:19000::::::\n", hash.trim());
    let shadow = folder.file("shadow", shadow.as_bytes());
    let listens = place.arguments("{host} {port}").join(" port = ");
    let settings = format!(
        "logoutput: stderr\ninternal: {listens}\nexternal: lo\nclientmethod: none\nsocksmethod: username\n\
         user.privileged: root\nuser.unprivileged: root\n\
         client pass {{ from: 0/0 to: 0/0 }}\nsocks pass {{ from: 0/0 to: 0/0 }}\n"
    );
    let settings = folder.file("danted.conf", settings.as_bytes());
    let alone =
        ["--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", DANTE];
    let words = [&alone[..], &[&users, &shadow, &settings]].concat();
    let words: Vec<_> = words.into_iter().map(str::to_owned).collect();
    let mut dante = start("unshare", &words, Stdio::null(), Stdio::null());
    place.wait_until_listening(&mut dante);
    let via = format!("socks5://ann@{}?password-env=SOCKS_PASSWORD", at(&place));
    for (password, code) in [("secret", 0), ("wrong", 10)] {
        let mut command = sock(&["connect", &target, "--via", &via, "--receive-only"]);
        let finished = run(command.env("SOCKS_PASSWORD", password), b"");
        assert_eq!(finished.code(), code, "{}", finished.stderr);
        assert!(code != 0 || finished.stdout == bytes);
    }
    let nameless = run_sock(&["connect", &target, "--via", &format!("socks5://{}", at(&place))]);
    assert_eq!(nameless.code(), 10, "{}", nameless.stderr);
    let nobody = run(sock(&["connect", "localhost:1", "--via", &via]).env("SOCKS_PASSWORD", "secret"), b"");
    assert_eq!(nobody.code(), 4, "{}", nobody.stderr);
}

/// The name that is verified is the target's: the proxy is not asked for a certificate, and sees nothing in the clear.
#[test]
fn tls_goes_through_a_tunnel_and_is_verified_by_the_targets_name() {
    let test = "interop::proxies::tls_goes_through_a_tunnel_and_is_verified_by_the_targets_name";
    if !need(test, "microsocks") || !need(test, "tinyproxy") {
        return;
    }
    let folder = TempDir::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let own = folder.file("own.pem", (made.cert.pem() + &made.signing_key.serialize_pem()).as_bytes());
    let server = Server::start(&["tls://127.0.0.1:0", "--echo", "--cert", &own]);
    let port = server.address().port();
    let (_socks, socks) = proxy(&folder, "microsocks", "-i {host} -p {port}");
    let (_http, http) = tinyproxy(&folder);
    let (socks, http) = (format!("socks5://{socks}"), format!("http://{http}"));
    for via in [&["--via", &*socks][..], &["--via", &*http], &["--via", &*socks, "--via", &*http]] {
        let command = |host: &str, more: &[&str]| {
            let mut command = sock(&["connect", &format!("tls://{host}:{port}"), "--ca", &own]);
            command.args(via).args(more);
            command
        };
        let rows = [command("localhost", &[]), command("127.0.0.1", &["--server-name", "localhost"])];
        for mut command in rows {
            let mut client = Process::start(&mut command);
            client.write(b"sealed");
            assert_eq!(client.stdout.at_least(6), b"sealed", "{command:?}");
        }
        let wrong = run(&mut command("127.0.0.1", &[]), b"");
        assert_eq!(wrong.code(), 6, "{via:?}: {}", wrong.stderr);
        let words = "wrong host: it is for localhost, and not for 127.0.0.1";
        assert!(wrong.stderr.contains(words), "{via:?}: {}", wrong.stderr);
    }
}
