//! The sockets that probes go by, one for each flow, and no more privileges than they need.
//!
//! UDP needs none: the error queue (`IP_RECVERR`, ip(7)) gives what routers say. The sockets of ICMP are those of
//! [`open::echo_socket`]. TCP wants raw sockets, for the probes of a flow are
//! SYNs with the same ports; without them each probe is a connection of its own, and so a flow of its own.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use berkeley::{AsyncSocket, Family, Flags, Protocol, Socket, Type, option};
use rustix::io::Errno;
use tokio::sync::mpsc::Sender;

use super::clock::Clock;
use super::connect::Connections;
use super::hear::{Ear, Heard};
use super::machine::{Probe, Reply};
use super::mark::{self, Ends};
use crate::exit::{Exit, Failure};
use crate::probe::hear::is_of_a_probe;
use crate::probe::icmp::Version;
use crate::probe::open::{self, set_hops};
use crate::probe::reason::FORBIDDEN;

/// The length of the usual probe's payload, in bytes.
const PAYLOAD: usize = 32;

/// How often a send is tried that only brought an earlier probe's error.
const ATTEMPTS: usize = 4;

/// What probes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Datagrams to this port.
    Udp(u16),
    /// Echo requests.
    Icmp,
    /// SYNs to this port.
    Tcp(u16),
}

/// How the sockets are set.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) method: Method,
    /// The target, with port 0.
    pub(super) target: SocketAddr,
    /// How each of them is set.
    pub(super) sockets: open::Setting,
    pub(super) flows: usize,
    /// How long a connection is tried.
    pub(super) patience: Duration,
    /// The word by which this run knows its own probes.
    pub(super) run: u32,
}

/// The sockets.
pub(super) struct Wire {
    ways: Ways,
    v6: bool,
    run: u32,
    /// The address that probes come from.
    pub(super) source: IpAddr,
}

enum Ways {
    /// A socket for each flow.
    Flows(Vec<Way>),
    /// A socket for each probe.
    Connections(Connections),
}

struct Way {
    socket: Arc<AsyncSocket>,
    kind: Kind,
    /// Whether a probe has left, so that no firewall forbids all of them.
    has_sent: bool,
}

/// What a flow's socket sends.
enum Kind {
    Udp,
    Echo(u16),
    /// With the socket that keeps the port from others.
    Syn(Ends, Socket),
}

/// What became of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Yes,
    /// This machine's own link takes no more than so many bytes; 0 where it does not say.
    TooLarge(u32),
}

impl Setting {
    fn family(&self) -> Family {
        open::family(self.version())
    }

    fn version(&self) -> Version {
        if self.target.is_ipv4() { Version::V4 } else { Version::V6 }
    }

    /// The target with this port.
    fn to(&self, port: u16) -> SocketAddr {
        let mut target = self.target;
        target.set_port(port);
        target
    }

    /// Sets what every socket of a trace has, and binds it.
    pub(super) fn prepare(&self, socket: &Socket) -> berkeley::Result<()> {
        self.sockets.prepare(socket, self.family())?;
        self.bind(socket)
    }

    fn bind(&self, socket: &Socket) -> berkeley::Result<()> {
        match self.sockets.source {
            Some(source) => socket.bind((source, 0)),
            None => Ok(()),
        }
    }

    /// A prepared socket of datagrams or a raw one, connected to the target: from a fixed address, and no stranger's
    /// packets come.
    fn connected(&self, kind: Type, protocol: Protocol, port: u16) -> berkeley::Result<Socket> {
        let socket = Socket::new(self.family(), kind.nonblocking(), protocol)?;
        self.prepare(&socket)?;
        socket.connect(self.to(port))?;
        Ok(socket)
    }
}

impl Wire {
    /// Opens the sockets; what they hear goes to `replies`.
    pub(super) fn open(setting: &Setting, clock: Clock, replies: &Sender<Reply>) -> Result<Self, Failure> {
        let source = source(setting)?;
        let mut wire =
            Self { ways: Ways::Flows(Vec::new()), v6: setting.target.is_ipv6(), run: setting.run, source };
        let mut ways = Vec::with_capacity(setting.flows);
        for flow in 0..setting.flows {
            let opened = match setting.method {
                Method::Udp(port) => udp(setting, port)?,
                Method::Icmp => echo(setting)?,
                Method::Tcp(port) => match syn(setting, source, port) {
                    Ok(opened) => opened,
                    Err(error) if Failure::from(&error).exit == Exit::Permission => {
                        let to = setting.to(port);
                        wire.ways = Ways::Connections(Connections::new(setting, to, clock, replies.clone()));
                        return Ok(wire);
                    }
                    Err(error) => return Err(error.into()),
                },
            };
            let (socket, kind, heard) = opened;
            let socket = Arc::new(AsyncSocket::from_socket(socket)?);
            Ear { flow, heard, target: setting.target.ip(), run: setting.run, clock }
                .listen(&socket, replies);
            ways.push(Way { socket, kind, has_sent: false });
        }
        wire.ways = Ways::Flows(ways);
        Ok(wire)
    }

    /// Whether each probe has a flow of its own, for want of a privilege.
    pub(super) fn is_scattered(&self) -> bool {
        matches!(self.ways, Ways::Connections(_))
    }

    /// Why probes are not sent for now, where that is so: they count as lost.
    pub(super) fn lack(&self) -> Option<&Failure> {
        match &self.ways {
            Ways::Flows(_) => None,
            Ways::Connections(connections) => connections.lack(),
        }
    }

    /// Sends a probe.
    pub(super) fn send(&mut self, probe: &Probe) -> Result<Sent, Failure> {
        // Its lower half is the mark.
        let number = u16::try_from(probe.number & 0xffff).unwrap_or_default();
        let ways = match &mut self.ways {
            Ways::Flows(ways) => ways,
            Ways::Connections(connections) => return connections.send(probe, number).map(|()| Sent::Yes),
        };
        let Some(way) = ways.get_mut(probe.flow) else { return Ok(Sent::Yes) };
        let header = if self.v6 { 40 } else { 20 };
        let inner = probe.size.map_or(8 + PAYLOAD, |size| usize::from(size).saturating_sub(header));
        let bytes = match &way.kind {
            Kind::Udp => mark::payload(number, self.run, inner.saturating_sub(8)),
            Kind::Echo(identifier) => mark::echo(version(self.v6), *identifier, number, self.run, inner),
            Kind::Syn(ends, _held) => mark::syn(*ends, number, self.run),
        };
        set_hops(way.socket.socket(), open::family(version(self.v6)), probe.ttl)?;
        way.send(&bytes, self.v6)
    }
}

fn version(v6: bool) -> Version {
    if v6 { Version::V6 } else { Version::V4 }
}

impl Way {
    /// One send. What this machine drops is a loss on the way, here. It is an error only where no probe has left yet:
    /// then its firewall may let none out.
    fn send(&mut self, bytes: &[u8], v6: bool) -> Result<Sent, Failure> {
        let socket = self.socket.socket();
        match self.tried(bytes) {
            Ok(()) => {
                self.has_sent = true;
                Ok(Sent::Yes)
            }
            Err(error) if is_full(&error) || self.has_sent && is(&error, Errno::PERM) => Ok(Sent::Yes),
            Err(error) if is(&error, Errno::MSGSIZE) => {
                let mtu = if v6 { socket.get(option::ipv6::MTU) } else { socket.get(option::ip::MTU) };
                Ok(Sent::TooLarge(mtu.unwrap_or_default()))
            }
            Err(error) => Err(refused(error)),
        }
    }

    /// Tries again where the error may be that of an earlier probe, which the error queue tells as well: the next try
    /// is without it. The first probe is tried again too where the firewall drops it: it may drop some alone.
    fn tried(&self, bytes: &[u8]) -> berkeley::Result<()> {
        let send = || self.socket.socket().try_send(bytes, Flags::NONE).map(drop);
        let mut outcome = send();
        for _ in 1..ATTEMPTS {
            match &outcome {
                Err(error) if is_of_a_probe(error) || !self.has_sent && is(error, Errno::PERM) => {
                    outcome = send();
                }
                _ => break,
            }
        }
        outcome
    }
}

fn is(error: &berkeley::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

/// Whether the socket's queue is full, or the interface's.
fn is_full(error: &berkeley::Error) -> bool {
    error.is_would_block() || is(error, Errno::NOBUFS)
}

fn refused(error: berkeley::Error) -> Failure {
    let failure = Failure::from(error);
    if failure.exit != Exit::Permission {
        return failure;
    }
    Failure { hints: Vec::new(), ..failure }
        .hint("a firewall on this machine forbids it: see `nft list ruleset`")
}

/// The address that packets to the target come from, which also says whether there is a route.
fn source(setting: &Setting) -> Result<IpAddr, Failure> {
    // Nothing is sent: any port will do.
    let socket = setting.connected(Type::DGRAM, Protocol::DEFAULT, 9).map_err(|error| {
        let failure = Failure::from(error);
        let message =
            failure.message.replacen(&setting.to(9).to_string(), &setting.target.ip().to_string(), 1);
        let failure = Failure { message, address: Some(setting.target.ip().to_string()), ..failure };
        match failure.exit {
            Exit::Permission => Failure { hints: Vec::new(), ..failure }.hint(FORBIDDEN),
            _ => failure,
        }
    })?;
    let address = socket.local_address()?.ip();
    address.ok_or_else(|| Failure::new(Exit::Other, "the kernel gives a socket no address"))
}

type Opened = (Socket, Kind, Heard);

fn udp(setting: &Setting, port: u16) -> Result<Opened, Failure> {
    let socket = setting.connected(Type::DGRAM, Protocol::DEFAULT, port)?;
    Ok((socket, Kind::Udp, Heard::Udp))
}

fn echo(setting: &Setting) -> Result<Opened, Failure> {
    let version = setting.version();
    let opened = open::echo_socket(version, &setting.sockets);
    let (socket, is_raw) = opened.map_err(|failure| match failure.exit {
        Exit::Permission => failure.hint("without --icmp probes are UDP, which needs no privilege"),
        _ => failure,
    })?;
    setting.bind(&socket)?;
    socket.connect(setting.to(0))?;
    // Of a datagram socket the kernel chooses it.
    let identifier = is_raw.then(super::random);
    Ok((socket, Kind::Echo(identifier.unwrap_or_default()), Heard::Echo { version, identifier }))
}

/// A raw socket, and a port of this machine that no connection gets meanwhile.
fn syn(setting: &Setting, source: IpAddr, port: u16) -> berkeley::Result<Opened> {
    let socket = setting.connected(Type::RAW, Protocol::TCP, 0)?;
    if setting.target.is_ipv6() {
        // Where in the segment the kernel puts the checksum.
        socket.set(option::ipv6::CHECKSUM, 16)?;
    }
    let held = Socket::new(setting.family(), Type::STREAM, Protocol::DEFAULT)?;
    held.bind((source, 0))?;
    let source_port = held.local_address()?.port().unwrap_or_default();
    let ends = Ends { source, source_port, target: setting.target.ip(), target_port: port };
    Ok((socket, Kind::Syn(ends, held), Heard::Syn { ends }))
}
