//! Probes of ARP: who on the same link has the address?

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use berkeley::address::{HardwareAddress, PacketAddress};
use berkeley::batch::RecvBatch;
use berkeley::control::space;
use berkeley::interface::{Interface, InterfaceFlags, interfaces};
use berkeley::{Address, Family, Flags, Protocol, Socket, Type, option};

use super::outcome::{Answer, Reply};
use super::packets::{Arrived, Heard, Key, Ready, Wire};
use crate::exit::{Exit, Failure};
use crate::probe::arp;
use crate::probe::hear::Beside;
use crate::probe::open::Setting;

/// How many frames are received in one call, and how much of each is looked at, in bytes.
const BATCH: usize = 16;
const LOOKED_AT: usize = 128;

/// How many machines that have one address are heard of for each probe: who makes more of them is not counted on.
const MOST_MACHINES: usize = 16;

/// The packet socket, and the way to each host.
pub(super) struct Arp {
    socket: Socket,
    interfaces: Vec<Interface>,
    interface: Option<String>,
    source: Option<IpAddr>,
    ways: HashMap<Ipv4Addr, Way>,
    batch: RecvBatch,
}

/// How a host is asked.
struct Way {
    to: PacketAddress,
    request: Vec<u8>,
    /// The address that asks.
    own: Ipv4Addr,
    /// The last probe, which an answer belongs to: ARP has no numbers.
    last: u64,
    /// The machines that have answered it.
    heard: Vec<HardwareAddress>,
}

impl Way {
    /// Notes that this probe goes out.
    fn sent(&mut self, id: u64) {
        self.last = id;
        self.heard.clear();
    }

    /// The probe that is answered.
    ///
    /// None where another machine had asked, or this one has answered the probe already. Then the answer was one to
    /// another process of this machine, or to its kernel, which ask from the same address.
    fn answered(&mut self, asker: Ipv4Addr, machine: HardwareAddress) -> Option<u64> {
        let is_new = self.heard.len() < MOST_MACHINES && !self.heard.contains(&machine);
        if self.last == 0 || asker != self.own || !is_new {
            return None;
        }
        self.heard.push(machine);
        Some(self.last)
    }
}

impl Arp {
    /// Opens the socket.
    pub(super) fn open(setting: &Setting) -> Result<Self, Failure> {
        let protocol = Protocol::ethertype(arp::ETHERTYPE);
        let socket = Socket::new(Family::PACKET, Type::DGRAM.nonblocking(), protocol)
            .map_err(|error| Failure::from(error).wanting_net_raw("ARP"))?;
        socket.set(option::socket::TIMESTAMPNS, true)?;
        Ok(Self {
            socket,
            interfaces: interfaces()?,
            interface: setting.interface.clone(),
            source: setting.source,
            ways: HashMap::new(),
            batch: RecvBatch::with_control(BATCH, LOOKED_AT, space(16) + space(4))?,
        })
    }

    /// The interface on whose link the host is, and our address there.
    fn link(&self, host: Ipv4Addr) -> Option<(&Interface, Ipv4Addr)> {
        let named =
            |interface: &&Interface| self.interface.as_ref().is_none_or(|name| *name == interface.name);
        let forced = self.interface.is_some() || self.source.is_some();
        self.interfaces.iter().filter(named).find_map(|interface| {
            let own = interface.addresses.iter().find_map(|own| match own.ip {
                IpAddr::V4(ip) if self.source.is_none_or(|source| source == own.ip) => {
                    (forced || is_within(host, ip, own.prefix)).then_some(ip)
                }
                _ => None,
            });
            Some((interface, own?))
        })
    }

    fn way(&self, host: Ipv4Addr) -> Result<Way, Failure> {
        if self.interfaces.iter().any(|it| it.addresses.iter().any(|own| own.ip == host)) {
            return Err(unanswerable(host, "it is this machine's own address, which needs no ARP"));
        }
        let Some((interface, own)) = self.link(host) else {
            let failure = unanswerable(
                host,
                "it is not on a network that this machine is connected to, and ARP does not cross routers",
            );
            return Err(failure.hint("--interface NAME asks on that link all the same"));
        };
        if interface.flags.contains(InterfaceFlags::NOARP) {
            return Err(unanswerable(host, &format!("{} knows no ARP", interface.name)));
        }
        let hardware = &interface.hardware_address;
        let everyone = HardwareAddress::new(&vec![0xff; hardware.len()])?;
        let request = arp::request(interface.hardware, hardware, own, host);
        let request =
            request.ok_or_else(|| unanswerable(host, "addresses on its link are too long for ARP"))?;
        let to = PacketAddress { hardware: everyone, ..PacketAddress::new(interface.index, arp::ETHERTYPE) };
        Ok(Way { to, request, own, last: 0, heard: Vec::new() })
    }
}

fn unanswerable(host: Ipv4Addr, why: &str) -> Failure {
    Failure::new(Exit::Unreachable, format_args!("{host}: {why}"))
}

/// Whether an address is of the network that `prefix` bits of another name.
fn is_within(host: Ipv4Addr, own: Ipv4Addr, prefix: u8) -> bool {
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix.into())).unwrap_or(0);
    (host.to_bits() ^ own.to_bits()) & mask == 0
}

impl Wire for Arp {
    fn sockets(&self) -> [Option<&Socket>; 2] {
        [Some(&self.socket), None]
    }

    fn send(&mut self, to: &Address, id: u64) -> Result<(), berkeley::Error> {
        let Some(IpAddr::V4(host)) = to.ip() else { return Ok(()) };
        // `prepare` has told where there is none.
        let Some(way) = self.ways.get_mut(&host) else { return Ok(()) };
        way.sent(id);
        self.socket.try_send_to(&way.request, Address::from(way.to), Flags::NONE).map(drop)
    }

    fn receive(&mut self, _: Ready, arrived: &mut Vec<Arrived>) -> Result<bool, berkeley::Error> {
        let count = match self.socket.try_recv_many(&mut self.batch, Flags::NONE) {
            Err(error) if error.is_would_block() => return Ok(false),
            // The rest is still there.
            Err(error) if error.is_interrupted() => return Ok(true),
            received => received?,
        };
        for frame in &self.batch {
            let Some(answer) = arp::reply(frame.bytes()) else { continue };
            let Some(way) = self.ways.get_mut(&answer.address) else { continue };
            let Ok(hardware) = HardwareAddress::new(answer.hardware) else { continue };
            let Some(id) = way.answered(answer.asker, hardware) else { continue };
            let stamp = Beside::of(frame.control()).stamp;
            let from = Some((answer.address, 0).into());
            let reply = Reply { from, bytes: None, ttl: None, answer: Answer::Hardware(hardware) };
            arrived.push(Arrived { key: Key::Id(id), stamp, what: Heard::Reply(reply) });
        }
        Ok(count == BATCH)
    }

    fn prepare(&mut self, address: &Address) -> Result<(), Failure> {
        let Some(IpAddr::V4(host)) = address.ip() else {
            return Err(Failure::misuse(format_args!(
                "{}: ARP is for IPv4 only",
                super::target::place(address)
            )));
        };
        let way = self.way(host)?;
        self.ways.insert(host, way);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_machine_answers_a_probe_once_and_only_what_was_asked_from_here() {
        let own = Ipv4Addr::new(10, 0, 0, 1);
        let everyone = PacketAddress::new(1, arp::ETHERTYPE);
        let mut way = Way { to: everyone, request: Vec::new(), own, last: 0, heard: Vec::new() };
        let machine = |last: u8| HardwareAddress::from([2, 0, 0, 0, 0, last]);
        assert_eq!(way.answered(own, machine(2)), None, "nothing was sent");
        way.sent(7);
        assert_eq!(way.answered(Ipv4Addr::new(10, 0, 0, 9), machine(2)), None, "another machine asked");
        assert_eq!(way.answered(own, machine(2)), Some(7));
        assert_eq!(way.answered(own, machine(2)), None, "another process asked");
        assert_eq!(way.answered(own, machine(3)), Some(7), "a second machine has the address");
        way.sent(9);
        assert_eq!(way.answered(own, machine(2)), Some(9));
        let heard = (0..=u8::MAX).filter(|last| way.answered(own, machine(*last)).is_some()).count();
        assert_eq!(heard, MOST_MACHINES - 1);
    }

    #[test]
    fn a_host_is_on_the_link_where_the_leading_bits_agree() {
        let rows = [
            ("10.0.0.2", "10.0.0.1", 24, true),
            ("10.0.1.2", "10.0.0.1", 24, false),
            ("10.0.1.2", "10.0.0.1", 16, true),
            ("192.0.2.1", "10.0.0.1", 0, true),
            ("10.0.0.1", "10.0.0.1", 32, true),
            ("10.0.0.2", "10.0.0.1", 32, false),
        ];
        for (host, own, prefix, want) in rows {
            let address = |text: &str| text.parse().expect("an address");
            assert_eq!(is_within(address(host), address(own), prefix), want, "{host} {own}/{prefix}");
        }
    }
}
