//! The sockets of ICMP, with the least right that will do: datagrams first, which `net.ipv4.ping_group_range` allows to
//! users (icmp(7)), and raw ones then, which need `CAP_NET_RAW`.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use berkeley::batch::{ReceivedDatagram, RecvBatch};
use berkeley::control::ControlBuffer;
use berkeley::option::{IcmpFilter, Icmpv6Filter, MtuDiscover};
use berkeley::{Address, Family, Flags, Protocol, Socket, Type, option};

use super::hear::{self, Beside, Taken};
use super::icmp::{self, Echo, Secret, Version};
use super::reason::Reason;
use crate::exit::{Exit, Failure};

/// How much of an answer is looked at, in bytes: more than a header of IPv4 with options, ICMP's and the token.
const LOOKED_AT: usize = 128;

/// How the sockets are set.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// How many hops a probe may take.
    pub ttl: Option<u8>,
    /// The interface that probes leave by, and answers come by.
    pub interface: Option<String>,
    /// The address that probes come from.
    pub source: Option<IpAddr>,
    /// Whether probes look for the MTU: they are never sent in fragments, whatever MTU an earlier run has found.
    pub seeks_mtu: bool,
}

impl Setting {
    /// Sets how packets leave a socket of `family`, before it is bound.
    ///
    /// # Errors
    ///
    /// As setting options.
    pub fn steer(&self, socket: &Socket, family: Family) -> berkeley::Result<()> {
        if let Some(interface) = &self.interface {
            socket.set(option::BINDTODEVICE, interface)?;
        }
        if let Some(ttl) = self.ttl {
            set_hops(socket, family, ttl)?;
        }
        if !self.seeks_mtu {
            return Ok(());
        }
        if family == Family::INET {
            return socket.set(option::ip::MTU_DISCOVER, MtuDiscover::PROBE);
        }
        socket.set(option::ipv6::MTU_DISCOVER, MtuDiscover::PROBE)?;
        socket.set(option::ipv6::DONTFRAG, true)
    }

    /// Sets the same, and that errors, hops and the times of arrival are told.
    ///
    /// # Errors
    ///
    /// As setting options.
    pub fn prepare(&self, socket: &Socket, family: Family) -> berkeley::Result<()> {
        self.steer(socket, family)?;
        socket.set(option::socket::TIMESTAMPNS, true)?;
        if family == Family::INET {
            socket.set(option::ip::RECVERR, true)?;
            socket.set(option::ip::RECVTTL, true)
        } else {
            socket.set(option::ipv6::RECVERR, true)?;
            socket.set(option::ipv6::RECVHOPLIMIT, true)
        }
    }

    /// Where a socket of that version is bound.
    pub fn local(&self, version: Version) -> SocketAddr {
        let any: IpAddr = match version {
            Version::V4 => Ipv4Addr::UNSPECIFIED.into(),
            Version::V6 => Ipv6Addr::UNSPECIFIED.into(),
        };
        (self.source.filter(|source| source.is_ipv4() == any.is_ipv4()).unwrap_or(any), 0).into()
    }
}

/// A number that nobody can guess.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A socket that sends echo requests and hears their replies, and errors.
#[derive(Debug)]
pub struct IcmpSocket {
    socket: Socket,
    version: Version,
    is_raw: bool,
    identifier: u16,
    secret: Secret,
    request: Vec<u8>,
    batch: RecvBatch,
    control: ControlBuffer,
}

/// What came back.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Heard {
    /// The low bits of the number of the probe that it belongs to.
    pub number: Number,
    /// When the kernel got it, since 1970; `None` where it does not say.
    pub stamp: Option<Duration>,
    /// An answer, or an error.
    pub what: What,
}

/// As much as is known of the number of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Its low 16 bits.
    Sequence(u16),
    /// Its low 32 bits.
    Low(u32),
}

/// An answer, or an error.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum What {
    /// An echo reply.
    Reply {
        /// Who sent it.
        from: IpAddr,
        /// Its length, ICMP's header included, in bytes.
        bytes: usize,
        /// How many hops it could still have taken; `None` where the kernel does not say.
        ttl: Option<u8>,
    },
    /// An error in its place.
    Error(Reason),
}

impl IcmpSocket {
    /// Opens one, for probes with `size` bytes of payload.
    ///
    /// # Errors
    ///
    /// Fails where neither kind of socket is allowed, with what would allow it; and as setting and binding.
    pub fn open(version: Version, setting: &Setting, size: usize) -> Result<Self, Failure> {
        let (socket, is_raw) = echo_socket(version, setting)?;
        socket.bind(setting.local(version))?;
        let (chosen, chance) = (socket.local_address()?.port().unwrap_or(0), random().to_be_bytes());
        let identifier = if is_raw { u16::from_be_bytes([chance[0], chance[1]]) } else { chosen };
        let mut request = Vec::new();
        icmp::push_request(&mut request, version, identifier, 0, &icmp::payload(0, 0, size));
        let batch = hear::batch(LOOKED_AT)?;
        Ok(Self {
            socket,
            version,
            is_raw,
            identifier,
            secret: Secret::default(),
            request,
            batch,
            control: ControlBuffer::new(),
        })
    }

    /// The socket, to wait on.
    pub const fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Whether it is a raw one, which needed a right.
    pub const fn is_raw(&self) -> bool {
        self.is_raw
    }

    /// Sends the probe of that number; one system call.
    ///
    /// # Errors
    ///
    /// Fails where it cannot leave this machine, and with an error that an earlier probe brought, which
    /// [`receive`](Self::receive) tells: then this one was not sent.
    pub fn send(&mut self, to: &Address, number: u64) -> berkeley::Result<()> {
        let low = number.to_be_bytes();
        let (sequence, low) = ([low[6], low[7]], u32::from_be_bytes([low[4], low[5], low[6], low[7]]));
        self.request[6..icmp::HEADER].copy_from_slice(&sequence);
        icmp::stamp(&mut self.request[icmp::HEADER..], self.secret.word(low), low);
        if self.is_raw && self.version == Version::V4 {
            self.request[2..4].fill(0);
            let sum = icmp::checksum(&self.request);
            self.request[2..4].copy_from_slice(&sum.to_be_bytes());
        }
        self.socket.try_send_to(&self.request, *to, Flags::NONE).map(drop)
    }

    /// Receives what is there, a batch at most, and hands over what belongs to our probes. True if more may wait.
    ///
    /// # Errors
    ///
    /// Fails where receiving does, but for the errors of earlier probes.
    pub fn receive(&mut self, heard: &mut Vec<Heard>) -> berkeley::Result<bool> {
        let (taken, more) = hear::take(&self.socket, &mut self.batch)?;
        match taken {
            Taken::Answers => heard.extend(self.batch.iter().filter_map(|datagram| self.reply(&datagram))),
            Taken::Errors => self.errors(heard)?,
            Taken::Nothing => {}
        }
        Ok(more)
    }

    /// Takes what the error queue says of our probes.
    fn errors(&mut self, heard: &mut Vec<Heard>) -> berkeley::Result<()> {
        // The rest of what is here is only looked at meanwhile.
        let mut control = mem::take(&mut self.control);
        let outcome =
            hear::errors(&self.socket, &mut control, &mut [0; LOOKED_AT], |_, quote, beside, reason| {
                let ours = icmp::quoted(self.version, quote).and_then(|echo| self.number(&echo));
                let stamp = beside.stamp;
                heard.extend(ours.map(|number| Heard { number, stamp, what: What::Error(reason) }));
            });
        self.control = control;
        outcome
    }

    fn reply(&self, datagram: &ReceivedDatagram<'_>) -> Option<Heard> {
        let packet = datagram.bytes();
        let (header_ttl, message) = if self.is_raw && self.version == Version::V4 {
            let (ttl, message) = icmp::behind_ipv4(packet)?;
            (Some(ttl), message)
        } else {
            (None, packet)
        };
        let number = self.number(&icmp::reply(self.version, message)?)?;
        let beside = Beside::of(datagram.control());
        let from = datagram.address().ip()?;
        // The rest of a long one was not looked at.
        let bytes = if datagram.is_truncated() { self.request.len() } else { message.len() };
        let ttl = header_ttl.or(beside.ttl);
        Some(Heard { number, stamp: beside.stamp, what: What::Reply { from, bytes, ttl } })
    }

    /// The number of the probe that this one belongs to; `None` where it is another process's.
    fn number(&self, echo: &Echo<'_>) -> Option<Number> {
        // Of a datagram socket the kernel has chosen the identifier, and sees to it.
        if self.is_raw && echo.identifier != self.identifier {
            return None;
        }
        match echo.token() {
            Some(token) if self.request.len() >= 2 * icmp::HEADER => {
                self.secret.number(token).map(Number::Low)
            }
            _ => Some(Number::Sequence(echo.sequence)),
        }
    }
}

/// How many hops the next packets may take.
///
/// # Errors
///
/// As setting an option.
pub fn set_hops(socket: &Socket, family: Family, hops: u8) -> berkeley::Result<()> {
    if family == Family::INET {
        socket.set(option::ip::TTL, hops.into())
    } else {
        socket.set(option::ipv6::UNICAST_HOPS, hops.into())
    }
}

/// The family of a version.
pub const fn family(version: Version) -> Family {
    match version {
        Version::V4 => Family::INET,
        Version::V6 => Family::INET6,
    }
}

/// Which version an address takes.
pub fn version(address: &Address) -> Option<Version> {
    match address {
        Address::Inet(_) => Some(Version::V4),
        Address::Inet6(_) => Some(Version::V6),
        _ => None,
    }
}

/// A socket for echo requests that hears their replies alone, prepared and not bound; and whether it is a raw one.
///
/// # Errors
///
/// Fails where neither kind of socket is allowed, with what would allow it; and as setting options.
pub fn echo_socket(version: Version, setting: &Setting) -> Result<(Socket, bool), Failure> {
    let (socket, is_raw) = open(version)?;
    setting.prepare(&socket, family(version))?;
    if is_raw {
        // Errors come by the error queue.
        match version {
            Version::V4 => {
                socket.set(option::icmp::FILTER, IcmpFilter::BLOCK_ALL.pass(version.reply()))?;
            }
            Version::V6 => {
                socket.set(option::icmpv6::FILTER, Icmpv6Filter::BLOCK_ALL.pass(version.reply()))?;
            }
        }
    }
    Ok((socket, is_raw))
}

/// A socket of datagrams, or else a raw one, and whether it is that.
fn open(version: Version) -> Result<(Socket, bool), Failure> {
    let (family, protocol) = match version {
        Version::V4 => (Family::INET, Protocol::ICMP),
        Version::V6 => (Family::INET6, Protocol::ICMPV6),
    };
    if let Ok(socket) = Socket::new(family, Type::DGRAM.nonblocking(), protocol) {
        return Ok((socket, false));
    }
    let raw = Socket::new(family, Type::RAW.nonblocking(), protocol);
    raw.map(|socket| (socket, true)).map_err(|error| {
        let failure = Failure::from(error).wanting_net_raw("an ICMP socket");
        if failure.exit != Exit::Permission {
            return failure;
        }
        failure.hint("or, for every user: sudo sysctl net.ipv4.ping_group_range=\"0 2147483647\"")
    })
}
