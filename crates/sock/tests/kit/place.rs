//! Places that are free, and stay so: an address and port of the test's own, or a path.

use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process;

use super::{Process, TempDir, eventually, number, text};

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Tcp,
    Unix,
    Udp,
    UnixDgram,
}

/// Where a server is to be: an address and port, or a path.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) transport: Transport,
    address: SocketAddrV4,
    path: PathBuf,
    peer: PathBuf,
}

impl Place {
    /// A place that is free, and stays so: the loopback network is large, and each place has an address of its own, so
    /// that no other socket takes the port between its choice and its use.
    pub(crate) fn free(transport: Transport, folder: &TempDir) -> Self {
        let ([_, high, middle, low], [.., third]) = (process::id().to_be_bytes(), number().to_be_bytes());
        let host = Ipv4Addr::new(127, 1 + middle % 127 + high, low, 1 + third % 254);
        let port = match transport {
            Transport::Tcp => TcpListener::bind((host, 0)).expect("a free port").local_addr(),
            _ => UdpSocket::bind((host, 0)).expect("a free port").local_addr(),
        };
        let port = port.expect("its number").port();
        let (path, peer) = (folder.path().join("server"), folder.path().join("client"));
        Self { transport, address: SocketAddrV4::new(host, port), path, peer }
    }

    /// The place as ours are told it.
    pub(crate) fn endpoint(&self) -> String {
        match self.transport {
            Transport::Tcp => format!("tcp://{}", self.address),
            Transport::Udp => format!("udp://{}", self.address),
            Transport::Unix => format!("unix:{}", self.path.display()),
            Transport::UnixDgram => format!("unix-dgram:{}", self.path.display()),
        }
    }

    /// The place as our client is told it where the server knows the path of its client.
    pub(crate) fn endpoint_from_peer(&self) -> String {
        format!("{}?bind={}", self.endpoint(), self.peer.display())
    }

    /// A row's arguments, with this place in them.
    pub(crate) fn arguments(&self, template: &str) -> Vec<String> {
        let fill = |word: &str| {
            word.replace("{host}", &self.address.ip().to_string())
                .replace("{port}", &self.address.port().to_string())
                .replace("{path}", &self.path.to_string_lossy())
                .replace("{peer}", &self.peer.to_string_lossy())
        };
        template.split_whitespace().map(fill).collect()
    }

    /// Waits until `server` listens here; nothing connects, since many a server takes one client alone.
    #[track_caller]
    pub(crate) fn wait_until_listening(&self, server: &mut Process) {
        eventually("the server listens", || {
            assert!(server.is_running(), "it has ended: {}", text(&server.stderr.so_far()));
            self.is_listening()
        });
    }

    fn is_listening(&self) -> bool {
        const UNCONNECTED: &str = "07";
        match self.transport {
            Transport::Tcp => self.states("/proc/net/tcp").iter().any(|state| state == "0A"),
            Transport::Udp => self.states("/proc/net/udp").iter().any(|state| state == UNCONNECTED),
            // The flag of a listening socket: its path is there before it listens.
            Transport::Unix => self.flags().is_some_and(|flags| flags == "00010000"),
            Transport::UnixDgram => self.flags().is_some(),
        }
    }

    /// The states of the sockets whose local address is this one. proc(5).
    fn states(&self, table: &str) -> Vec<String> {
        let ip = u32::from_ne_bytes(self.address.ip().octets());
        let local = format!("{ip:08X}:{:04X}", self.address.port());
        let lines = fs::read_to_string(table).expect("the kernel's table of sockets");
        let fields = lines.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        fields
            .filter(|fields| fields.get(1) == Some(&local.as_str()))
            .filter_map(|fields| fields.get(3).map(ToString::to_string))
            .collect()
    }

    /// The flags of the Unix socket that is bound to the path.
    fn flags(&self) -> Option<String> {
        let lines = fs::read_to_string("/proc/net/unix").expect("the kernel's table of sockets");
        let line = lines.lines().find(|line| line.ends_with(&*self.path.to_string_lossy()))?;
        line.split_whitespace().nth(3).map(str::to_owned)
    }

    /// Waits until the server has the end of its client. Of a Unix socket the kernel does not tell it.
    pub(crate) fn wait_for_the_clients_end(&self) {
        self.wait_for_state("08", "the client has ended its side");
    }

    /// Waits until the client has the end of the server.
    pub(crate) fn wait_for_the_servers_end(&self) {
        self.wait_for_state("05", "the server has ended its side");
    }

    fn wait_for_state(&self, wanted: &str, what: &str) {
        if self.transport == Transport::Tcp {
            eventually(what, || self.states("/proc/net/tcp").iter().any(|state| state == wanted));
        }
    }
}
