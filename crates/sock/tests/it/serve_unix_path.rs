//! The path of a listening Unix socket: who may connect, what may be replaced, and that it goes at the end.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;

use berkeley::{Family, Protocol, Socket, Type, UnixAddress};

use crate::kit::namespace;
use crate::kit::{LIMIT, Process, SOCK, Server, TempDir, eventually, run, run_sock, sock, sock_after, unix};

#[test]
fn a_path_has_the_mode_that_was_asked_for_whatever_the_umask() {
    let rows = [
        ("022", "", 0o600),
        ("0", "", 0o600),
        ("077", "?mode=660", 0o660),
        ("0", "?mode=660", 0o660),
        ("022", "?mode=666", 0o666),
        ("0777", "", 0o600),
    ];
    for scheme in ["unix", "unix-dgram", "unix-seqpacket"] {
        for (umask, query, want) in rows {
            let folder = TempDir::new();
            let path = folder.join("s");
            let endpoint = format!("{scheme}:{path}{query}");
            let server =
                Server::start_with(&mut sock_after(&format!("umask {umask}"), &["serve", &endpoint]));
            let metadata = fs::symlink_metadata(&path).expect("it listens there");
            assert!(metadata.file_type().is_socket());
            assert_eq!(metadata.permissions().mode() & 0o7777, want, "umask {umask}, {endpoint}");
            drop(server);
        }
    }
}

#[test]
fn a_dead_socket_is_replaced() {
    let folder = TempDir::new();
    let path = folder.join("s");
    drop(UnixListener::bind(&path).expect("a new path"));
    assert!(Path::new(&path).exists(), "std leaves it behind");
    let _server = Server::start(&[&format!("unix:{path}")]);
    greet(&path);

    let path = folder.join("d");
    drop(UnixDatagram::bind(&path).expect("a new path"));
    let server = Server::start(&[&format!("unix-dgram:{path}")]);
    assert_eq!(server.listening(), [format!("unix-dgram {path}")]);
}

/// A server that was killed leaves its path behind; the next one takes it.
#[test]
fn a_server_that_was_killed_is_followed_by_another() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let endpoint = format!("unix:{path}");
    drop(Server::start(&[&endpoint]));
    assert!(Path::new(&path).exists(), "it was killed");
    let _server = Server::start(&[&endpoint]);
    greet(&path);
}

#[track_caller]
fn greet(path: &str) {
    let mut client = UnixStream::connect(path).expect("a live server");
    client.set_read_timeout(Some(LIMIT)).expect("a limit");
    client.write_all(b"hi").expect("a live server");
    let mut answer = [0; 29];
    client.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"Server received your data: hi");
}

#[test]
fn a_live_socket_is_refused_and_goes_on() {
    let folder = TempDir::new();
    for scheme in ["unix", "unix-dgram", "unix-seqpacket"] {
        let path = folder.join(scheme);
        let endpoint = format!("{scheme}:{path}");
        let server = Server::start(&[&endpoint]);
        let refused = run_sock(&["serve", &endpoint]);
        assert_eq!(refused.code(), 8, "{}", refused.stderr);
        let first = refused.stderr.lines().next().unwrap_or_default();
        assert_eq!(first, format!("sock: error: {path}: another program listens there"));
        if scheme == "unix" {
            greet(&path);
        }
        assert!(Path::new(&path).exists());
        assert_eq!(server.end("TERM").code(), 0);
    }
}

#[test]
fn whoever_is_there_never_learns_that_another_wanted_the_path() {
    let folder = TempDir::new();
    for (scheme, kind) in [("unix", Type::STREAM), ("unix-seqpacket", Type::SEQPACKET)] {
        let path = folder.join(scheme);
        let endpoint = format!("{scheme}:{path}");
        let server = Server::start(&[&endpoint, "--once", "--echo"]);
        assert_eq!(run_sock(&["serve", &endpoint]).code(), 8);
        let client = unix(&path, kind);
        client.send(b"the only one").expect("a server that still waits");
        assert_eq!(client.recv_vec(20).expect("an answer"), b"the only one");
        drop(client);
        let finished = server.process.finish();
        assert_eq!(finished.stderr.matches(" opened").count(), 1, "{}", finished.stderr);
    }
}

#[test]
fn a_socket_that_is_bound_and_will_listen_is_not_dead() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let socket = Socket::new(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    socket.bind(UnixAddress::from_path(&path).expect("a short path")).expect("a new path");
    let refused = run_sock(&["serve", &format!("unix:{path}")]);
    assert_eq!(refused.code(), 8, "{}", refused.stderr);
    socket.listen(1).expect("a bound socket");
    UnixStream::connect(&path).expect("its path is still there");
}

#[test]
fn a_folder_that_is_not_there_is_no_refusal() {
    let refused = run_sock(&["serve", "unix:/nonexistent/s"]);
    assert_eq!(refused.code(), 1, "{}", refused.stderr);
    assert!(
        refused.stderr.ends_with("sock: hint: the folder /nonexistent does not exist\n"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_live_socket_of_another_type_is_refused_too() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let _server = Server::start(&[&format!("unix:{path}")]);
    let refused = run_sock(&["serve", &format!("unix-dgram:{path}")]);
    assert_eq!(refused.code(), 8, "{}", refused.stderr);
    greet(&path);
}

#[test]
fn what_is_no_socket_is_refused_and_not_touched() {
    let folder = TempDir::new();
    let file = folder.file("file", b"precious");
    let link = folder.join("link");
    std::os::unix::fs::symlink(&file, &link).expect("a new path");
    let room = folder.join("room");
    fs::create_dir(&room).expect("a new path");
    for path in [&file, &link, &room] {
        let refused = run_sock(&["serve", &format!("unix:{path}")]);
        assert_eq!(refused.code(), 8, "{}", refused.stderr);
        let first = refused.stderr.lines().next().unwrap_or_default();
        assert_eq!(first, format!("sock: error: {path} exists and is not a socket"));
    }
    assert_eq!(fs::read(&file).expect("it is still there"), b"precious");
    assert!(fs::symlink_metadata(&link).expect("it is still there").file_type().is_symlink());
    assert!(Path::new(&room).is_dir());
}

#[test]
fn a_path_goes_with_the_server_however_it_ends_in_order() {
    for signal in ["TERM", "INT", "HUP"] {
        let folder = TempDir::new();
        let path = folder.join("s");
        let server = Server::start(&[&format!("unix:{path}")]);
        assert_eq!(server.end(signal).code(), 0);
        assert!(!Path::new(&path).exists(), "after SIG{signal}");
    }
    let folder = TempDir::new();
    let path = folder.join("s");
    let server = Server::start(&[&format!("unix:{path}"), "--once"]);
    drop(UnixStream::connect(&path).expect("a live server"));
    assert_eq!(server.process.finish().code(), 0);
    assert!(!Path::new(&path).exists(), "after --once");
}

#[test]
fn a_path_that_has_become_anothers_is_left_alone() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let server = Server::start(&[&format!("unix:{path}")]);
    fs::rename(&path, folder.join("old")).expect("it is ours");
    let _other = UnixListener::bind(&path).expect("a path that is free again");
    assert_eq!(server.end("TERM").code(), 0);
    UnixStream::connect(&path).expect("the other still listens");
}

#[test]
fn an_abstract_name_needs_no_file_and_can_be_taken_once() {
    let name = format!("@sock-test-{}", std::process::id());
    let server = Server::start(&[&format!("unix:{name}"), "--echo"]);
    assert_eq!(server.listening(), [format!("unix {name}")]);
    let refused = run_sock(&["serve", &format!("unix:{name}")]);
    assert_eq!(refused.code(), 8, "{}", refused.stderr);
    let echoed = run_sock(&["connect", &format!("unix:{name}"), "--send", "hi"]);
    assert_eq!(echoed.quietly_done(), b"hi");
}

/// Each took the other's socket for a dead one.
#[test]
fn of_two_servers_started_at_once_on_a_dead_path_exactly_one_lives() {
    for scheme in ["unix", "unix-seqpacket", "unix-dgram"] {
        for _ in 0..5 {
            let folder = TempDir::new();
            let path = folder.join("s");
            drop(UnixListener::bind(&path).expect("a new path"));
            let endpoint = format!("{scheme}:{path}");
            let start = || Process::start(&mut sock(&["serve", &endpoint, "--json"]));
            let mut both = [start(), start()];
            let mut ended = None;
            eventually("one has ended", || {
                ended = both.iter_mut().position(|server| !server.is_running());
                ended.is_some()
            });
            let [first, second] = both;
            let (loser, winner) = if ended == Some(0) { (first, second) } else { (second, first) };
            let finished = loser.finish();
            assert_eq!(finished.code(), 8, "{}", finished.stderr);
            winner.stdout.line("where it listens", |line| line.contains("\"listening\""));
            assert!(Path::new(&path).exists(), "{endpoint}");
            winner.signal("TERM");
            assert_eq!(winner.finish().code(), 0);
            assert!(!Path::new(&path).exists(), "{endpoint}");
        }
    }
}

#[test]
fn the_folder_is_locked_while_a_path_is_made_way_for() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let lock = fs::File::open(folder.path()).expect("a folder");
    lock.lock().expect("nobody else has it");
    let finished = run_sock(&["serve", &format!("unix:{path}")]);
    assert_eq!(finished.code(), 8, "{}", finished.stderr);
    assert!(finished.stderr.contains("has locked its folder"), "{}", finished.stderr);
    drop(lock);
    let _server = Server::start(&[&format!("unix:{path}")]);
    greet(&path);
}

#[test]
fn no_path_is_left_when_starting_fails() {
    let folder = TempDir::new();
    let path = folder.join("s");
    // Nothing can be written to these.
    let rows = [("exec 4</dev/null", &["--ready-fd", "4"][..]), ("exec 4>/dev/full", &["--ready-fd", "4"])];
    for (before, args) in rows {
        let endpoint = format!("unix:{path}");
        let args = [&["serve", endpoint.as_str()], args].concat();
        let finished = run(&mut sock_after(before, &args), b"");
        assert_eq!(finished.code(), 1, "{}", finished.stderr);
        assert!(!Path::new(&path).exists(), "{before}");
    }
}

/// Without /proc the mode of a path cannot be widened; the path was left behind.
#[test]
fn no_path_is_left_when_its_mode_cannot_be_set() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let script = format!(
        "mount -t tmpfs none /proc && umask 777 && exec timeout -s TERM 10 {SOCK} serve 'unix:{path}?mode=660'"
    );
    let test = "serve_unix_path::no_path_is_left_when_its_mode_cannot_be_set";
    let Some(mut command) = namespace::shell(test, &script) else { return };
    let finished = run(&mut command, b"");
    assert!(finished.stderr.contains("set the mode of "), "{}", finished.stderr);
    assert!(!Path::new(&path).exists(), "{}", finished.stderr);
}
