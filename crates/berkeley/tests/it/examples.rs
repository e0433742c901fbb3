//! The examples: each does what its head says, ends by itself, and refuses bad input in one line.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Once;
use std::time::Duration;

use berkeley::{Address, Family, Protocol, Socket, Type, create_server, option};

use crate::bounded::JoinInTime;
use crate::skip;
use crate::support::{LIMIT, Running, TempDir, finish, pattern, spawn, start, within};

/// How long the examples may take to be built, which a busy machine may have to do from nothing.
const BUILDING: Duration = Duration::from_secs(160);

/// The example `name` as cargo has built it, next to this test's binary.
fn example(name: &str) -> Command {
    Command::new(folder().join(name))
}

fn folder() -> PathBuf {
    env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples")
}

/// Runs `body` within the limit of time, which begins when the examples are there.
fn played(body: impl FnOnce() + Send + 'static) {
    static BUILD: Once = Once::new();
    // `cargo test` has built most of them already; `cargo test --test it` has not. Where all are built, nothing has to
    // look whether they are.
    if env::var_os("BERKELEY_EXAMPLES").is_none() {
        BUILD.call_once(build_examples);
    }
    within(LIMIT, body);
}

fn build_examples() {
    let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--examples", "--features", "tokio", "--quiet", "--manifest-path"]);
    build.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../berkeley/Cargo.toml"));
    if folder().ends_with("release/examples") {
        build.arg("--release");
    }
    let target = env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
    let output = finish(start(build.arg("--target-dir").arg(target)), BUILDING);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A server that runs, and the address that it printed.
fn server(command: &mut Command) -> (Running, String) {
    let mut running = start(command);
    let mut line = String::new();
    // A byte at a time: what follows the line stays for the next reader.
    let mut output = BufReader::with_capacity(1, running.0.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    running.0.stdout = Some(output.into_inner());
    let address = line.trim_end().strip_prefix("listening on ");
    let address = address.unwrap_or_else(|| panic!("{line:?} names no address"));
    (running, address.to_owned())
}

#[track_caller]
fn assert_succeeded(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && err.is_empty(), "{}\n{out}\n{err}", output.status);
    out.into_owned()
}

#[test]
fn the_tcp_pair_echoes_whatever_is_sent_and_ends() {
    played(|| {
        let (server, address) = server(example("tcp_echo_server").args(["127.0.0.1:0", "1"]));
        let mut client = spawn(example("tcp_client").arg(&address).stdin(Stdio::piped()));
        let mut input = client.0.stdin.take().unwrap();
        let sender = std::thread::spawn(move || input.write_all(&pattern(3 << 20)));
        let output = finish(client, LIMIT);
        sender.join_in_time().unwrap().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout == pattern(3 << 20), "{} bytes came back", output.stdout.len());
        let out = assert_succeeded(&finish(server, LIMIT));
        assert!(out.ends_with(" is done after 3145728 bytes\n"), "{out}");
    });
}

#[test]
fn the_udp_pair_echoes_a_datagram_and_ends() {
    played(|| {
        let (server, address) = server(example("udp_echo").args(["serve", "127.0.0.1:0", "1"]));
        let client = start(example("udp_echo").args(["ask", &address, "how are you?"]));
        assert_eq!(assert_succeeded(&finish(client, LIMIT)), "how are you?\n");
        let out = assert_succeeded(&finish(server, LIMIT));
        assert!(out.starts_with("12 bytes from 127.0.0.1:"), "{out}");
    });
}

#[test]
fn the_unix_pair_talks_through_a_path_and_removes_it() {
    played(|| {
        let out = assert_succeeded(&finish(start(&mut example("unix_datagram")), LIMIT));
        assert!(
            out.contains("asks: is anybody there?\n") && out.contains("answer: you are heard\n"),
            "{out}"
        );

        let folder = TempDir::new();
        let door = folder.unix("door");
        let path = door.as_path().unwrap();
        let (server, address) = server(example("unix_datagram").arg("serve").arg(path));
        assert_eq!(address, path.to_str().unwrap());
        let client = start(example("unix_datagram").arg("ask").arg(path).arg("\x1b[2J"));
        assert_eq!(assert_succeeded(&finish(client, LIMIT)), "answer: you are heard\n");
        let out = assert_succeeded(&finish(server, LIMIT));
        assert!(out.ends_with("asks: \\x1b[2J\n"), "{out}");
        assert!(!path.exists());
    });
}

/// The soft limit of descriptors (proc(5), `limits`).
fn descriptor_limit() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(usize::MAX)
}

#[test]
fn a_thousand_clients_are_echoed_and_an_idle_one_costs_little_memory() {
    played(|| {
        // Some descriptors are the process's own: its streams, the reactor, the listener.
        let count = descriptor_limit().saturating_sub(20).min(1000).to_string();
        let mut example = example("ten_thousand_clients");
        let out = assert_succeeded(&finish(start(example.args(["--self-test", &count])), LIMIT));
        let lines: Vec<&str> = out.lines().collect();
        let [connected, echoed, memory] = lines[..] else { panic!("{out}") };
        assert_eq!(connected, format!("{count} clients are connected"));
        assert!(echoed.ends_with(" of them were echoed"), "{out}");
        let bytes: usize = memory.split_once(' ').unwrap().0.parse().unwrap();
        assert!(memory.ends_with(" bytes of memory for each idle connection") && bytes < 2048, "{out}");
    });
}

#[test]
fn the_ping_is_answered_by_the_loopback() {
    let may = |kind| Socket::new(Family::INET, kind, Protocol::ICMP).is_ok();
    if !may(Type::RAW) && !may(Type::DGRAM) {
        return skip::skip("examples::the_ping_is_answered_by_the_loopback", "CAP_NET_RAW or a ping group");
    }
    played(|| {
        let out = assert_succeeded(&finish(start(example("icmp_ping").args(["127.0.0.1", "2"])), LIMIT));
        assert!(out.contains("reply from 127.0.0.1: sequence 2, "), "{out}");
        assert!(out.ends_with("2 of 2 answered\n"), "{out}");
    });
}

#[test]
fn the_awaited_tcp_pair_echoes_and_ends() {
    played(|| {
        let (server, address) = server(example("async_tcp").args(["serve", "127.0.0.1:0", "1"]));
        let client = start(example("async_tcp").args(["ask", &address, "how are you?"]));
        assert_eq!(assert_succeeded(&finish(client, LIMIT)), "how are you?\n");
        let out = assert_succeeded(&finish(server, LIMIT));
        assert!(out.ends_with(" is done after 12 bytes\n"), "{out}");
    });
}

#[test]
fn the_awaited_udp_pair_echoes_and_ends() {
    played(|| {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let (server, address) = server(example("async_udp").args(["serve", host, "1"]));
            let client = start(example("async_udp").args(["ask", &address, "how are you?"]));
            assert_eq!(assert_succeeded(&finish(client, LIMIT)), "how are you?\n");
            let out = assert_succeeded(&finish(server, LIMIT));
            assert!(out.starts_with("12 bytes from "), "{out}");
        }
    });
}

#[test]
fn the_proxy_passes_both_directions_and_their_ends_on() {
    played(|| {
        let (target, address) = server(example("tcp_echo_server").args(["127.0.0.1:0", "1"]));
        let port = address.rsplit_once(':').unwrap().1.to_owned();
        let arguments = ["127.0.0.1:0", "127.0.0.1", &port, "1"];
        let (proxy, address) = server(example("async_proxy").args(arguments));
        let mut client = spawn(example("tcp_client").arg(&address).stdin(Stdio::piped()));
        let mut input = client.0.stdin.take().unwrap();
        let sender = std::thread::spawn(move || input.write_all(&pattern(3 << 20)));
        let output = finish(client, LIMIT);
        sender.join_in_time().unwrap().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout == pattern(3 << 20), "{} bytes came back", output.stdout.len());
        let out = assert_succeeded(&finish(proxy, LIMIT));
        assert!(out.ends_with(": 3145728 bytes there, 3145728 back\n"), "{out}");
        assert_succeeded(&finish(target, LIMIT));
    });
}

#[test]
fn a_buffer_goes_as_marked_datagrams() {
    played(|| {
        for arguments in [&[][..], &["::1", "100"]] {
            let output = finish(start(example("udp_segmentation").args(arguments)), LIMIT);
            let out = assert_succeeded(&output);
            assert!(out.contains(" datagrams in ") && out.contains(" pieces, from "), "{out}");
        }
    });
}

#[test]
fn a_descriptor_is_passed_to_another_process() {
    played(|| {
        let folder = TempDir::new();
        let door = folder.unix("door");
        let path = door.as_path().unwrap();
        let file = path.with_file_name("file");
        fs::write(&file, "what only the giver has opened\n").unwrap();
        let (giver, address) = server(example("descriptor_passing").arg("give").arg(path).arg(&file));
        assert_eq!(address, path.to_str().unwrap());
        fs::remove_file(&file).unwrap();
        let taker = start(example("descriptor_passing").arg("take").arg(path));
        let taker_pid = taker.0.id();
        assert_eq!(assert_succeeded(&finish(taker, LIMIT)), "what only the giver has opened\n");
        let out = assert_succeeded(&finish(giver, LIMIT));
        assert_eq!(out, format!("given to process {taker_pid}\n"));
        assert!(!path.exists());
    });
}

#[test]
fn the_multicast_receiver_hears_its_group_and_ends_when_it_is_quiet() {
    played(|| {
        let (receiver, address) =
            server(example("multicast_receiver").args(["239.1.2.3:0", "lo", "60", "1"]));
        let sender = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
        sender.set(option::ip::MULTICAST_IF, Ipv4Addr::LOCALHOST).unwrap();
        sender.send_to(b"to \x1b all", &address).unwrap();
        let out = assert_succeeded(&finish(receiver, LIMIT));
        assert!(out.ends_with(": to \\x1b all\n"), "{out}");

        // The loopback has no route for multicast of IPv6 everywhere, but joining needs none.
        for group in ["239.1.2.3:0", "[ff01::4711]:0"] {
            let quiet = start(example("multicast_receiver").args([group, "lo", "0.05"]));
            let out = assert_succeeded(&finish(quiet, LIMIT));
            assert!(out.ends_with("\nnothing for 0.05 s\n"), "{out}");
        }
    });
}

/// A listener of this process's, for another one to inherit.
fn listener() -> (Socket, Address) {
    let server = create_server("127.0.0.1:0").unwrap();
    let address = server.local_address().unwrap();
    (server, address)
}

#[test]
fn the_sockets_of_a_service_manager_are_served() {
    played(|| {
        let [(front, first), (back, second)] = [listener(), listener()];
        // The test is the service manager: what it has opened stands at the numbers from 3 on.
        let script = r#"exec 3<&0 4<&2 </dev/null 2>&1; LISTEN_PID=$$ exec "$0" 3"#;
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(example("systemd_sockets").get_program());
        command.env("LISTEN_FDS", "2").env("LISTEN_FDNAMES", "front:back");
        command.stdin(Stdio::from(OwnedFd::from(front))).stderr(Stdio::from(OwnedFd::from(back)));
        let running = Running(command.stdout(Stdio::piped()).spawn().unwrap());
        // With it this process's own descriptors of the listeners.
        drop(command);
        for (address, name) in [(&first, "front"), (&second, "back"), (&first, "front")] {
            let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).unwrap();
            client.set_timeout(Some(LIMIT)).unwrap();
            client.connect(address).unwrap();
            assert_eq!(client.recv_vec(64).unwrap(), format!("welcome to {name}\n").as_bytes());
        }
        let out = assert_succeeded(&finish(running, LIMIT));
        for line in [format!("front: listening on {first}\n"), format!("back: listening on {second}\n")] {
            assert!(out.contains(&line), "{out}");
        }
        assert_eq!(out.matches("back: greeted 127.0.0.1:").count(), 1, "{out}");
    });
}

/// Where the example has TLS: its cryptography wants a C compiler, which a cross build may not have.
#[cfg(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[test]
fn the_tls_pair_encrypts_and_refuses_whom_it_does_not_trust() {
    played(|| {
        let file = |name: &str| format!("{}/../berkeley/tests/it/tls/{name}", env!("CARGO_MANIFEST_DIR"));
        let [certificate, key, stranger] = ["certificate.pem", "key.pem", "stranger.pem"].map(file);
        let serve = || server(example("async_tls").args(["serve", "127.0.0.1:0", &certificate, &key]));
        let ask = |port: &str, authority: &str| {
            let arguments = ["ask", "localhost", port, authority, "how are you?"];
            finish(start(example("async_tls").args(arguments)), LIMIT)
        };
        let (server, address) = serve();
        let port = address.rsplit_once(':').unwrap().1;
        assert_eq!(assert_succeeded(&ask(port, &certificate)), "how are you?\n");
        let out = assert_succeeded(&finish(server, LIMIT));
        assert!(out.ends_with(" is done after 12 bytes\n"), "{out}");

        let (server, address) = serve();
        let output = ask(address.rsplit_once(':').unwrap().1, &stranger);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && err.contains("invalid peer certificate"), "{err}");
        assert!(!finish(server, LIMIT).status.success());
    });
}

#[test]
fn bad_input_is_refused_in_one_line() {
    played(refuse_bad_input);
}

fn refuse_bad_input() {
    let folder = TempDir::new();
    let missing = folder.unix("missing");
    let missing = missing.as_path().unwrap().to_str().unwrap();
    let rows: [(&str, &[&str]); 24] = [
        ("tcp_echo_server", &["nowhere"]),
        ("tcp_echo_server", &["127.0.0.1:0", "many"]),
        ("tcp_echo_server", &["192.0.2.1:80"]),
        ("tcp_client", &["127.0.0.1:99999"]),
        ("tcp_client", &["127.0.0.1:0"]),
        ("udp_echo", &["shout"]),
        ("udp_echo", &["serve", "127.0.0.1:0", "-1"]),
        ("unix_datagram", &["ask"]),
        ("unix_datagram", &["ask", missing]),
        ("ten_thousand_clients", &["--self-test", "9"]),
        ("ten_thousand_clients", &["127.0.0.1:0", "1"]),
        ("async_tcp", &["shout"]),
        ("async_udp", &["ask", "nowhere"]),
        ("async_proxy", &["127.0.0.1:0", "localhost"]),
        ("async_proxy", &["127.0.0.1:0", "localhost", "http"]),
        ("udp_segmentation", &["127.0.0.1", "0"]),
        ("descriptor_passing", &["take"]),
        ("descriptor_passing", &["take", missing]),
        ("multicast_receiver", &["127.0.0.1:0", "lo"]),
        ("multicast_receiver", &["239.1.2.3:0", "no such interface"]),
        ("systemd_sockets", &["many"]),
        ("async_tls", &["ask", "localhost"]),
        ("icmp_ping", &["::1"]),
        ("icmp_ping", &["127.0.0.1", "65536"]),
    ];
    for (name, arguments) in rows {
        let output = finish(start(example(name).args(arguments)), LIMIT);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name} {arguments:?}: {err}");
        assert!(err.starts_with(&format!("{name}: ")) && err.lines().count() == 1, "{err}");
        assert!(output.stdout.is_empty());
    }
}
