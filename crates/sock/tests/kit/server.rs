//! `sock serve` as a process that listens.

use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use super::{Finished, Process, connect, has_ipv6, sock, text};

/// `sock serve`, listening.
pub(crate) struct Server {
    pub(crate) process: Process,
    /// What stands after `listening on `, such as `tcp 127.0.0.1:40000`.
    listening: Vec<String>,
}

impl Server {
    /// Starts `sock serve` with these arguments, and waits until it says where it listens.
    #[track_caller]
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_with(sock(&["serve"]).args(args))
    }

    /// Starts a whole command line that ends in `sock serve`.
    #[track_caller]
    pub(crate) fn start_with(command: &mut Command) -> Self {
        Self::await_listening(Process::start(command), 1)
    }

    /// Starts a server at `:0`, which listens on both loopback addresses, or on IPv4's alone where there is no IPv6.
    #[track_caller]
    pub(crate) fn start_on_both(args: &[&str]) -> Self {
        let count = if has_ipv6() { 2 } else { 1 };
        Self::await_listening(Process::start(sock(&["serve", ":0"]).args(args)), count)
    }

    #[track_caller]
    fn await_listening(process: Process, count: usize) -> Self {
        let listening = process.stderr.until("the line `listening on`", |bytes| {
            let text = text(bytes);
            let whole = &text[..=text.rfind('\n')?];
            let lines = whole.lines().filter_map(|line| line.strip_prefix("listening on "));
            let lines: Vec<String> = lines.map(str::to_owned).collect();
            (lines.len() >= count).then_some(lines)
        });
        Self { process, listening }
    }

    /// Where it listens, as it says.
    pub(crate) fn listening(&self) -> &[String] {
        &self.listening
    }

    /// The addresses that it listens on, of IP.
    #[track_caller]
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let address = |line: &String| line.split_once(' ').and_then(|(_, address)| address.parse().ok());
        self.listening.iter().map(|line| address(line).unwrap_or_else(|| panic!("{line}"))).collect()
    }

    /// The first address.
    #[track_caller]
    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses()[0]
    }

    /// The first address as an endpoint.
    pub(crate) fn endpoint(&self) -> String {
        self.listening[0].replacen(' ', "://", 1)
    }

    /// A connection to the first address.
    #[track_caller]
    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address())
    }

    /// Waits for a line of its log that has this text in it.
    #[track_caller]
    pub(crate) fn line(&self, part: &str) -> String {
        self.process.stderr.line(part, |line| line.contains(part))
    }

    /// Sends a signal and waits for the end.
    #[track_caller]
    pub(crate) fn end(self, signal: &str) -> Finished {
        self.process.signal(signal);
        self.process.finish()
    }
}
