//! Probes of UDP: an answer says that the host is there, and so does ICMP where it says that the port is closed.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use berkeley::batch::RecvBatch;
use berkeley::control::ControlBuffer;
use berkeley::{Address, Family, Flags, Protocol, Socket, Type};

use super::outcome::{Answer, Reply};
use super::packets::{Arrived, Heard, Key, Ready, Wire};
use crate::exit::Failure;
use crate::probe::hear::{self, Beside, Taken};
use crate::probe::icmp::{self, Secret, Version};
use crate::probe::open::{self, Setting};
use crate::probe::reason::Meaning;

/// How much of a datagram is looked at, in bytes.
const LOOKED_AT: usize = 64;

/// The sockets of both versions.
pub(super) struct Udp {
    v4: Result<Socket, Failure>,
    v6: Result<Socket, Failure>,
    secret: Secret,
    payload: Vec<u8>,
    /// The last probe to each host, which an answer without a number of ours belongs to.
    last: HashMap<SocketAddr, u64>,
    /// What is received into; taken out while that is so.
    batch: Option<RecvBatch>,
    control: Option<ControlBuffer>,
}

impl Udp {
    /// Opens the sockets. One that fails is told for the host that needs it.
    pub(super) fn open(setting: &Setting, size: usize) -> Result<Self, Failure> {
        Ok(Self {
            v4: socket(setting, Version::V4),
            v6: socket(setting, Version::V6),
            secret: Secret::default(),
            payload: icmp::payload(0, 0, size),
            last: HashMap::new(),
            batch: Some(hear::batch(LOOKED_AT)?),
            control: Some(ControlBuffer::new()),
        })
    }

    fn of(&self, address: &Address) -> &Result<Socket, Failure> {
        match open::version(address) {
            Some(Version::V4) => &self.v4,
            _ => &self.v6,
        }
    }

    /// The probe that a datagram of ours is, or that one of the host's answers.
    fn key(&self, bytes: &[u8], host: &Address) -> Option<Key> {
        match icmp::token(bytes).and_then(|token| self.secret.number(token)) {
            Some(number) => Some(Key::Low(number)),
            None => self.last.get(&canonical(host)?).map(|id| Key::Id(*id)),
        }
    }
}

fn socket(setting: &Setting, version: Version) -> Result<Socket, Failure> {
    let family = open::family(version);
    let socket = Socket::new(family, Type::DGRAM.nonblocking(), Protocol::DEFAULT)?;
    setting.prepare(&socket, family)?;
    if family == Family::INET6 {
        socket.set(berkeley::option::ipv6::V6ONLY, true)?;
    }
    socket.bind(setting.local(version))?;
    Ok(socket)
}

/// What tells hosts apart: the address, the port, and of a link-local address the link. A flow label does not, nor a
/// link that another address was given with.
fn canonical(address: &Address) -> Option<SocketAddr> {
    let port = address.port()?;
    Some(match (address.ip()?, address) {
        (IpAddr::V6(ip), Address::Inet6(whole)) if ip.is_unicast_link_local() => {
            SocketAddrV6::new(ip, port, 0, whole.scope_id()).into()
        }
        (ip, _) => SocketAddr::new(ip, port),
    })
}

impl Wire for Udp {
    fn sockets(&self) -> [Option<&Socket>; 2] {
        [self.v4.as_ref().ok(), self.v6.as_ref().ok()]
    }

    fn send(&mut self, to: &Address, id: u64) -> Result<(), berkeley::Error> {
        // The low 32 bits.
        let number = u32::try_from(id & u64::from(u32::MAX)).unwrap_or_default();
        icmp::stamp(&mut self.payload, self.secret.word(number), number);
        if let Some(host) = canonical(to) {
            self.last.insert(host, id);
        }
        // `prepare` has told where there is none.
        let Ok(socket) = self.of(to) else { return Ok(()) };
        socket.try_send_to(&self.payload, *to, Flags::NONE).map(drop)
    }

    fn receive(&mut self, ready: Ready, arrived: &mut Vec<Arrived>) -> Result<bool, berkeley::Error> {
        let (Some(mut batch), Some(mut control)) = (self.batch.take(), self.control.take()) else {
            return Ok(false);
        };
        let outcome = self.receive_into(ready, &mut batch, &mut control, arrived);
        (self.batch, self.control) = (Some(batch), Some(control));
        outcome
    }

    fn prepare(&mut self, address: &Address) -> Result<(), Failure> {
        self.of(address).as_ref().map(|_| ()).map_err(Clone::clone)
    }
}

impl Udp {
    fn receive_into(
        &self,
        ready: Ready,
        batch: &mut RecvBatch,
        control: &mut ControlBuffer,
        arrived: &mut Vec<Arrived>,
    ) -> Result<bool, berkeley::Error> {
        let mut more = false;
        for (socket, ready) in [&self.v4, &self.v6].into_iter().zip(ready) {
            let (Ok(socket), true) = (socket, ready) else { continue };
            let (taken, goes_on) = hear::take(socket, batch)?;
            match taken {
                Taken::Answers => self.datagrams(batch, arrived),
                Taken::Errors => self.errors(socket, control, arrived)?,
                Taken::Nothing => {}
            }
            more |= goes_on;
        }
        Ok(more)
    }

    fn datagrams(&self, batch: &RecvBatch, arrived: &mut Vec<Arrived>) {
        for datagram in batch {
            let from = datagram.address();
            let Some(key) = self.key(datagram.bytes(), &from) else { continue };
            let (beside, bytes) = (Beside::of(datagram.control()), datagram.bytes().len());
            let (from, ttl) = (Some(from), beside.ttl);
            let reply = Reply { from, bytes: Some(bytes), ttl, answer: Answer::Datagram };
            arrived.push(Arrived { key, stamp: beside.stamp, what: Heard::Reply(reply) });
        }
    }

    fn errors(
        &self,
        socket: &Socket,
        control: &mut ControlBuffer,
        arrived: &mut Vec<Arrived>,
    ) -> Result<(), berkeley::Error> {
        hear::errors(socket, control, &mut [0; LOOKED_AT], |received, quote, beside, reason| {
            // Beside it is the address that the datagram went to.
            let Some(key) = self.key(quote, &received.address) else { return };
            let what = if reason.meaning() == Meaning::Port && reason.from == received.address.ip() {
                // The host itself says so, and no firewall on the way: it is there.
                let from = Some(received.address);
                Heard::Reply(Reply { from, bytes: None, ttl: None, answer: Answer::Closed })
            } else {
                Heard::Error(reason)
            };
            arrived.push(Arrived { key, stamp: beside.stamp, what });
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_local_addresses_of_two_links_are_two_hosts() {
        let at = |ip: &str, flow, scope| {
            let ip = ip.parse().expect("an address");
            canonical(&Address::from(SocketAddrV6::new(ip, 7, flow, scope)))
        };
        assert_ne!(at("fe80::1", 0, 2), at("fe80::1", 0, 3));
        assert_eq!(at("fe80::1", 5, 2), at("fe80::1", 0, 2));
        assert_eq!(at("2001:db8::1", 5, 2), at("2001:db8::1", 0, 0));
        assert_ne!(at("2001:db8::1", 0, 0), at("2001:db8::2", 0, 0));
    }
}
