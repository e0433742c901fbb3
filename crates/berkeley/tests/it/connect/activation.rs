//! Descriptors that another process has opened for this one: a child is started as a shell or systemd would start it.

use std::env;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Command, Stdio};

use berkeley::{Address, Cause, Socket, fault, inherit, listen_fds, listen_fds_with_names};

use super::{LONG, assert_talks, listening, patient};
use crate::bounded::JoinInTime;
use crate::support::{
    LIMIT, TCP, TempDir, UNIX, alone, finish, is_close_on_exec, open_descriptors, spawn, test_name,
};

/// Set in the child to the address that its first socket has.
const CHILD: &str = "BERKELEY_TEST_LISTENS_ON";

/// Runs this test again in a child to which a shell gives `redirections`, descriptor 0 being `server`, and as many
/// sockets are promised as `count` says; there `body` runs, with the server's address.
fn in_child<F: FnOnce(Address) + Send>(redirections: &str, count: &str, body: F) {
    if let Ok(address) = env::var(CHILD) {
        return body(address.parse().unwrap());
    }
    let (server, address) = listening();
    let script = format!(
        r#"while [ -d "$GATE" ]; do sleep 0.01; done
        LISTEN_PID=$$ exec "$0" {} --exact --nocapture --test-threads=1 {redirections}"#,
        test_name::<F>()
    );
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(env::current_exe().unwrap());
    command.env(CHILD, address.to_string()).env("LISTEN_FDS", count).env("LISTEN_FDNAMES", "front::back");
    let gate = TempDir::new();
    command.env("GATE", gate.path(""));
    let running = spawn(command.stdin(Stdio::from(OwnedFd::from(server))));
    // With it this process's own descriptor of the server; only then the child goes on, and is the socket's one owner.
    drop(command);
    drop(gate);
    let output = finish(running, LIMIT);
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(out.contains("1 passed"), "{out}\n{err}");
}

/// What the parent has opened, and this process may have but once.
const NUMBER: u32 = 3;

#[test]
fn the_sockets_of_the_service_manager_are_taken_once_and_end_with_their_owner() {
    // Beside other tests, a program that one of them starts would hold the socket for a moment too.
    alone(|| {
        in_child("3<&0 0</dev/null", "1", |address| {
            fails_in_turn();
            let mut servers = listen_fds_with_names().unwrap();
            assert_eq!(servers.len(), 1);
            let (name, server) = servers.remove(0);
            assert_eq!((name.as_str(), server.local_address().unwrap()), ("front", address));
            assert_eq!(server.as_raw_fd(), 3, "the number itself");
            assert!(is_close_on_exec(&server), "no program that this one starts gets it");
            server.set_timeout(Some(LONG)).unwrap();
            assert_talks(&patient().connect_to(&[address]).unwrap(), &server);
            assert!(listen_fds().unwrap().is_empty(), "a second call gives none");
            assert_eq!(inherit(NUMBER).unwrap_err().to_string(), "inherit fd 3: it was taken before");
            drop(server);
            let error = patient().connect_to(&[address]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "nobody listens any more: {error}");
            assert!(listen_fds().unwrap().is_empty(), "nor does a call when the number is free");
        });
    });
}

/// Each system call fails in turn: the error names the number, nothing is taken and nothing changed.
fn fails_in_turn() {
    const EMFILE: i32 = 24;
    let before = open_descriptors();
    for nth in 1..=3 {
        let armed = fault::arm(fault::Plan::fail_any(nth, EMFILE));
        let error = listen_fds().unwrap_err();
        assert!(armed.struck());
        assert_eq!(error.to_string(), "inherit fd 3: too many open files (os error 24)", "call {nth}");
        assert_eq!(open_descriptors(), before, "call {nth}");
    }
}

#[test]
fn several_sockets_come_in_their_order_with_their_names() {
    // A shell may know no descriptor above 9, and beside other tests the number would be higher.
    alone(|| {
        let (other, _) = UNIX.listener(1);
        other.set_inheritable(true).unwrap();
        in_child(&format!("4<&{} 3<&0 0</dev/null", other.as_raw_fd()), "2", |address| {
            let servers = listen_fds_with_names().unwrap();
            let told: Vec<_> =
                servers.iter().map(|(name, socket)| (name.as_str(), socket.as_raw_fd())).collect();
            assert_eq!(told, [("front", 3), ("unknown", 4)]);
            assert_eq!(servers[0].1.local_address().unwrap(), address);
        });
    });
}

#[test]
fn a_number_that_is_not_open_is_an_error_and_none_is_taken() {
    in_child("3<&0 0</dev/null 4<&-", "2", |_| {
        for _ in 0..2 {
            let error = listen_fds().unwrap_err();
            assert_eq!(error.to_string(), "inherit fd 4: bad file descriptor (os error 9)");
        }
        // The first is still to be had, and still listens.
        assert!(Socket::from(inherit(NUMBER).unwrap()).local_address().is_ok());
    });
}

#[test]
fn what_this_process_has_opened_is_never_taken_for_the_service_managers() {
    in_child("3<&0 0</dev/null 4<&- 5<&- 6<&-", "2", |_| {
        let files: Vec<File> = (0..3).map(|_| File::open("/dev/null").unwrap()).collect();
        let own = UNIX.pair();
        assert!(files.iter().any(|file| file.as_raw_fd() == 4), "a number that was promised");
        let error = listen_fds().unwrap_err();
        assert_eq!(error.to_string(), "inherit fd 4: this process has opened it itself");
        // What it lets its children have is its own all the same.
        own.0.set_inheritable(true).unwrap();
        let error = inherit(own.0.as_raw_fd().try_into().unwrap()).unwrap_err();
        assert!(error.to_string().ends_with("it was taken before"), "{error}");
    });
}

#[test]
fn one_socket_under_two_numbers_is_not_two() {
    in_child("3<&0 4<&0 0</dev/null", "2", |_| {
        let error = listen_fds().unwrap_err();
        assert_eq!(error.to_string(), "inherit fd 4: it is the same socket as fd 3");
        assert_eq!(error.cause(), Cause::Invalid);
    });
}

#[test]
fn what_is_no_socket_is_an_error() {
    in_child("3<&0 0</dev/null 4</dev/null", "2", |_| {
        let error = listen_fds().unwrap_err();
        assert_eq!(error.to_string(), "inherit fd 4: socket operation on non-socket (os error 88)");
    });
}

#[test]
fn a_count_beyond_every_number_ends_at_the_first_that_is_not_open() {
    in_child("3<&0 0</dev/null 4<&-", "4294967295", |_| {
        assert_eq!(listen_fds().unwrap_err().raw_os_error(), Some(9));
    });
}

#[test]
fn what_was_taken_by_its_number_and_what_is_promised_to_another_is_left_alone() {
    in_child("3<&0 0</dev/null", "1", |_| {
        let taken = inherit(NUMBER).unwrap();
        let error = listen_fds().unwrap_err();
        assert_eq!(error.to_string(), "inherit fd 3: it was taken before");
        drop(taken);
    });
    if env::var(CHILD).is_err() {
        assert_eq!(listen_fds().unwrap().len(), 0, "nobody has opened any for this process");
    }
}

#[test]
fn an_inherited_number_is_taken_once_and_closed_with_its_owner() {
    // Beside other tests, a program that one of them starts would hold the socket for a moment too.
    alone(|| {
        in_child("3<&0 0</dev/null", "0", |address| {
            let socket = Socket::from(inherit(NUMBER).unwrap());
            assert_eq!((socket.as_raw_fd(), socket.local_address().unwrap()), (3, address));
            assert!(is_close_on_exec(&socket));
            assert_eq!(inherit(NUMBER).unwrap_err().to_string(), "inherit fd 3: it was taken before");
            drop(socket);
            assert_eq!(inherit(NUMBER).unwrap_err().raw_os_error(), Some(9));
            // The number is another's now.
            let files: Vec<File> = (0..3).map(|_| File::open("/dev/null").unwrap()).collect();
            assert!(files.iter().any(|file| file.as_raw_fd() == 3));
            assert!(inherit(NUMBER).is_err());
        });
    });
}

#[test]
fn a_standard_stream_is_duplicated_and_stays_open() {
    in_child("3<&0", "0", |_| {
        let error = inherit(2).unwrap();
        assert!(error.as_raw_fd() > 2);
        drop(error);
        std::io::stderr().write_all(b"still there\n").unwrap();
        assert_eq!(inherit(2).unwrap_err().to_string(), "inherit fd 2: it was taken before");
    });
}

#[test]
fn two_threads_never_get_one_number() {
    in_child("3<&0 0</dev/null", "1", |_| {
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| inherit(NUMBER).ok())).collect();
            threads.into_iter().filter_map(|thread| thread.join_in_time().unwrap()).count()
        });
        assert_eq!(taken, 1);
        assert_eq!(TCP.listener(1).0.timeout(), None);
    });
}
