//! What a service manager is told, by systemd's protocol (`sd_notify`(3)).

use std::fs;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::Command;

use crate::kit::{LIMIT, Process, SOCK, TempDir, connect, expect, sock, text};

/// A service manager.
struct Manager {
    socket: UnixDatagram,
    name: String,
    /// Where its path is.
    _folder: Option<TempDir>,
}

impl Manager {
    fn at_a_path() -> Self {
        let folder = TempDir::new();
        let name = folder.join("notify");
        let socket = UnixDatagram::bind(&name).expect("a new path");
        Self::new(socket, name, Some(folder))
    }

    fn with_an_abstract_name() -> Self {
        let name = format!("sock-notify-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a short name");
        Self::new(UnixDatagram::bind_addr(&address).expect("a new name"), format!("@{name}"), None)
    }

    fn new(socket: UnixDatagram, name: String, folder: Option<TempDir>) -> Self {
        socket.set_read_timeout(Some(LIMIT)).expect("a limit");
        Self { socket, name, _folder: folder }
    }

    #[track_caller]
    fn next(&self) -> String {
        let mut buffer = [0; 4_096];
        let length = self.socket.recv(&mut buffer).expect("a message in time");
        text(&buffer[..length])
    }

    /// The next message that is no sign of life.
    #[track_caller]
    fn next_state(&self) -> String {
        loop {
            let message = self.next();
            if message != "WATCHDOG=1" {
                return message;
            }
        }
    }

    fn start(&self, command: &mut Command) -> Process {
        Process::start(command.env("NOTIFY_SOCKET", &self.name).env_remove("WATCHDOG_PID"))
    }
}

#[test]
fn a_server_says_that_it_is_ready_where_alive_and_stopping() {
    for manager in [Manager::at_a_path(), Manager::with_an_abstract_name()] {
        let process = manager.start(sock(&["serve", "127.0.0.1:0", "--echo"]).env("WATCHDOG_USEC", "20000"));
        let ready = manager.next();
        let address = ready.strip_prefix("READY=1\nSTATUS=listening on tcp ").expect(&ready);
        // It is true: a client is served.
        let client = connect(address.parse().expect("an address"));
        (0..3).for_each(|_| assert_eq!(manager.next(), "WATCHDOG=1"));
        process.signal("TERM");
        let stopping = manager.next_state();
        assert!(stopping.starts_with("STOPPING=1\nSTATUS="), "{stopping}");
        drop(client);
        assert_eq!(process.finish().code(), 0);
    }
}

#[test]
fn a_watchdog_of_another_process_is_not_fed() {
    let manager = Manager::at_a_path();
    let mut command = sock(&["serve", "127.0.0.1:0", "--echo"]);
    command.env("NOTIFY_SOCKET", &manager.name).env("WATCHDOG_USEC", "1000").env("WATCHDOG_PID", "1");
    let process = Process::start(&mut command);
    let ready = manager.next();
    let address = ready.rsplit(' ').next().and_then(|it| it.parse().ok()).expect("an address");
    let mut client = connect(address);
    std::io::Write::write_all(&mut client, b"x").expect("a live server");
    expect(&client, b"x");
    process.signal("TERM");
    assert!(manager.next().starts_with("STOPPING=1\n"), "nothing has come between");
}

#[test]
fn lists_that_are_read_again_are_told_from_their_beginning_to_their_end() {
    let (manager, folder) = (Manager::at_a_path(), TempDir::new());
    let path = folder.join("deny");
    fs::write(&path, "192.0.2.1\n").expect("a file");
    let mut command = Command::new("setsid");
    let process = manager.start(command.args([SOCK, "serve", "127.0.0.1:0", "--deny", &format!("@{path}")]));
    let ready = manager.next();
    process.signal("HUP");
    let reloading = manager.next();
    let microseconds = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&reloading);
    assert!(microseconds.parse::<u64>().is_ok_and(|it| it > 0), "{reloading}");
    assert_eq!(manager.next(), ready);
}

#[test]
fn listen_says_it_too_and_without_a_manager_nobody_minds() {
    let manager = Manager::at_a_path();
    let process = manager.start(&mut sock(&["listen", "127.0.0.1:0", "--keep", "--receive-only"]));
    assert!(manager.next().starts_with("READY=1\nSTATUS=listening on tcp 127.0.0.1:"));
    process.signal("TERM");
    assert!(manager.next().starts_with("STOPPING=1\n"));

    for name in ["/nowhere/at/all", "@", "vsock:2:1"] {
        let mut command = sock(&["serve", "127.0.0.1:0"]);
        let process = Process::start(command.env("NOTIFY_SOCKET", name));
        process.stderr.line("it listens", |line| line.starts_with("listening on "));
        process.signal("TERM");
        assert_eq!(process.finish().code(), 0);
    }
}
