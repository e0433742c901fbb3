//! What is no socket at either end of `sock relay`.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixListener;
use std::thread;

use crate::bounded::JoinInTime as _;
use crate::kit::{
    Process, Server, TempDir, bounded, eventually, pattern, read_all, run, sock, sock_after, text,
};

#[test]
fn each_client_of_a_relay_has_a_program_of_its_own() {
    let server = Server::start_with(sock(&["relay", "127.0.0.1:0"]).args(["exec:cat"]));
    let bytes = pattern(10 << 20);
    let clients: Vec<_> = (0..3)
        .map(|_| {
            let (mut client, bytes) = (server.connect(), bytes.clone());
            let mut writer = client.try_clone().expect("a descriptor");
            thread::spawn(move || {
                let sent = bytes.clone();
                let writing = thread::spawn(move || {
                    writer.write_all(&sent).expect("the program reads");
                    writer.shutdown(Shutdown::Write).expect("an open connection");
                });
                let came = read_all(&mut client);
                writing.join_in_time().expect("it was written");
                assert!(came == bytes);
            })
        })
        .collect();
    for client in clients {
        client.join_in_time().expect("it got its bytes");
    }
}

/// As `sock serve --exec` is: whoever can connect can do what the program does.
#[test]
fn a_program_behind_a_relay_is_not_for_anybody_beyond_this_machine() {
    for (to, what) in [("exec:cat", "exec:"), ("sh:cat", "sh:"), ("exec:cat?pty", "exec:")] {
        let finished = run(&mut sock(&["relay", "0.0.0.0:0", "127.0.0.1:1", to]), b"");
        assert_eq!(finished.code(), 2, "{}", finished.stderr);
        let refusal = format!("{what} on tcp 0.0.0.0:");
        assert!(finished.stderr.contains(&refusal), "{}", finished.stderr);
        assert!(finished.stderr.contains("would run a program for anybody"), "{}", finished.stderr);
    }
    let named = Server::start_with(&mut sock(&["relay", "0.0.0.0:0", "exec:cat", "--allow", "127.0.0.0/8"]));
    assert_eq!(named.end("TERM").code(), 0);
    let local = Server::start_with(&mut sock(&["relay", "127.0.0.1:0", "exec:cat"]));
    let said = text(&local.process.stderr.so_far());
    assert!(said.contains("any web page") && said.contains("unix:/run/app.sock"), "{said}");
}

#[test]
fn standard_input_and_output_go_to_a_unix_socket() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let listener = UnixListener::bind(&path).expect("a new path");
    let echo = thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut came = Vec::new();
        client.read_to_end(&mut came).expect("its end");
        client.write_all(&came).expect("it reads");
    });
    let finished = run(&mut sock(&["relay", "-", &format!("unix:{path}")]), b"there and back");
    assert_eq!(finished.quietly_done(), b"there and back");
    echo.join_in_time().expect("it is over");
}

#[test]
fn a_terminal_is_relayed_until_either_side_is_done() {
    let folder = TempDir::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    for ends_first in ["terminal", "socket"] {
        let link = folder.join(ends_first);
        let mut relay = Process::start(&mut sock(&["relay", &format!("pty:?link={link}"), &address]));
        let (client, _) = listener.accept().expect("the relay comes");
        let mut client = bounded(client);
        eventually("the link is there", || fs::symlink_metadata(&link).is_ok());
        let mut terminal = File::options().read(true).write(true).open(&link).expect("a terminal");
        terminal.write_all(b"up\x03\n").expect("a terminal");
        let mut came = [0; 4];
        client.read_exact(&mut came).expect("what was typed");
        assert_eq!(&came, b"up\x03\n");
        client.write_all(b"down").expect("an open connection");
        terminal.read_exact(&mut came).expect("what was sent");
        assert_eq!(&came, b"down");
        if ends_first == "terminal" {
            drop(terminal);
            assert_eq!(read_all(&mut client), b"");
            drop(client);
        } else {
            drop(client);
        }
        let status = relay.ended();
        assert!(status.success(), "{ends_first}: {status} {}", text(&relay.stderr.so_far()));
        assert!(text(&relay.stderr.so_far()).contains("no half-close"));
    }
}

#[test]
fn that_a_program_on_a_terminal_has_no_half_close_is_said_when_the_relay_starts() {
    let server = Server::start_with(&mut sock(&["relay", "127.0.0.1:0", "exec:cat?pty"]));
    let said = text(&server.process.stderr.so_far());
    assert!(said.contains("exec:cat: a terminal has no half-close"), "{said}");
    for _ in 0..2 {
        let mut client = server.connect();
        client.write_all(b"line\n").expect("a live relay");
        client.shutdown(Shutdown::Write).expect("an open connection");
        assert_eq!(read_all(client), b"line\r\nline\r\n");
    }
    let finished = server.end("TERM");
    assert_eq!(finished.stderr.matches("half-close").count(), 1, "{}", finished.stderr);
}

#[test]
fn a_line_is_relayed_by_its_path_alone() {
    let (mut other, path) = crate::local::pseudo_terminal();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    let relay = Process::start(&mut sock(&["relay", &path, &address]));
    let (client, _) = listener.accept().expect("the relay comes");
    let mut client = bounded(client);
    other.write_all(b"\x04up\r").expect("the other side");
    let mut came = [0; 4];
    client.read_exact(&mut came).expect("what came over the line");
    assert_eq!(&came, b"\x04up\r");
    client.write_all(b"down").expect("an open connection");
    client.shutdown(Shutdown::Write).expect("an open connection");
    other.read_exact(&mut came).expect("what was sent");
    assert_eq!(&came, b"down");
    assert_eq!(relay.finish().code(), 0);
}

#[test]
fn what_can_be_used_once_is_for_one_client() {
    let folder = TempDir::new();
    let new = format!("{}?create", folder.join("new"));
    let terminal = format!("pty:?link={}", folder.join("link"));
    let rows: [(&[&str], &str); 4] = [
        (&["fd:3"], "fd:3 can be used once, and FROM takes many clients"),
        (&["127.0.0.1:1", "fd:3"], "fd:3 can be used once"),
        (&[&new], "can be used once"),
        (&[&terminal], "is for one client at a time"),
    ];
    for (to, words) in rows {
        let finished = run(sock(&["relay", "127.0.0.1:0"]).args(to), b"");
        assert_eq!(finished.code(), 2, "{to:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(words), "{to:?}: {}", finished.stderr);
        assert!(finished.stderr.contains("--once takes one client"), "{to:?}: {}", finished.stderr);
    }
    assert!(!fs::exists(folder.join("new")).expect("a folder"));
    let file = folder.file("file", b"a line\n");
    let relay = Server::start_with(&mut sock_after(
        &format!("exec 3<{file}"),
        &["relay", "127.0.0.1:0", "fd:3", "--once"],
    ));
    assert_eq!(read_all(relay.connect()), b"a line\n");
    let finished = relay.process.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let appended = folder.join("appended");
    let to = format!("{appended}?create&append");
    let relay = Server::start_with(&mut sock(&["relay", "127.0.0.1:0", &to]));
    for _ in 0..2 {
        let mut client = relay.connect();
        client.write_all(b"more\n").expect("a live relay");
        client.shutdown(Shutdown::Write).expect("an open connection");
        assert_eq!(read_all(client), b"");
    }
    let wanted = b"more\nmore\n";
    eventually("both have been written", || fs::read(&appended).is_ok_and(|bytes| bytes == wanted));
}
