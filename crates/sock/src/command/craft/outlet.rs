//! How a packet leaves, by its outermost layer, and where its answers come in.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use berkeley::address::{HardwareAddress, PacketAddress};
use berkeley::interface::{Interface, interface_index, interface_name, interfaces};
use berkeley::{Address, Cause, Deadline, Error, Family, Flags, Interest, Protocol, Socket, Type, option};
use berkeley_packet::craft::Recipe;
use berkeley_packet::{LinkType, Packet, Value};

use crate::exit::Failure;

/// The longest packet that is received, in bytes.
const LONGEST: usize = 128 * 1024;

/// The ethertype of all packets (`ETH_P_ALL`, packet(7)).
const EVERY: u16 = 3;

/// What packet(7) says of a packet that this machine sends.
const OUTGOING: u8 = 4;

/// Any port: only the route to its address counts.
const DISCARD: u16 = 9;

/// Where a packet leaves.
pub(super) struct Outlet {
    socket: Socket,
    to: Address,
    /// The interface's index; 0 where the routes say.
    interface: u32,
    is_frame: bool,
}

impl Outlet {
    /// Opens the socket that sends what begins with the outermost layer of `recipe`. Addresses in it that were not
    /// set are filled in.
    pub(super) fn open(
        recipe: &mut Recipe,
        link: LinkType,
        interface: Option<&str>,
    ) -> Result<Self, Failure> {
        interface.map(crate::command::interfaces::check).transpose()?;
        let index = interface.map(interface_index).transpose()?.unwrap_or(0);
        let bytes = recipe.build();
        let packet = Packet::decode(link, &bytes);
        let outermost = packet.layers().next().map_or("", |layer| layer.protocol().name);
        let to = destination(&packet, index);
        if let Some(source) = to.and_then(|to| source(to, interface)) {
            recipe.fill(if source.is_ipv4() { "ip.src" } else { "ipv6.src" }, &source.to_string());
        }
        match (outermost, to) {
            ("eth", _) => Self::frames(recipe, &packet, index),
            ("ip" | "ipv6", Some(to)) => Self::packets(to, interface, index),
            _ => Err(Failure::misuse(format_args!(
                "cannot send a packet that begins with {outermost}: only eth, ip and ipv6 can leave"
            ))),
        }
    }

    /// By packet(7): every byte is the caller's.
    fn frames(recipe: &mut Recipe, packet: &Packet<'_>, index: u32) -> Result<Self, Failure> {
        if index == 0 {
            return Err(Failure::misuse("to send eth needs --interface NAME")
                .hint("sock interfaces shows those there are; ip(...) alone goes where the routes say"));
        }
        if let Some(interface) = interfaces()?.into_iter().find(|interface| interface.index == index) {
            own(recipe, &interface);
        }
        let ethertype = packet.field("eth.type").and_then(|value| value.number()).unwrap_or(0);
        let to = PacketAddress::new(index, u16::try_from(ethertype).unwrap_or(0));
        let socket = raw(Family::PACKET, Protocol::DEFAULT)?;
        Ok(Self { socket, to: to.into(), interface: index, is_frame: true })
    }

    /// By raw(7), with the header in what is sent.
    fn packets(to: SocketAddr, interface: Option<&str>, index: u32) -> Result<Self, Failure> {
        let family = if to.is_ipv4() { Family::INET } else { Family::INET6 };
        let socket = raw(family, Protocol::RAW)?;
        if to.is_ipv4() {
            socket.set(option::socket::BROADCAST, true)?;
        } else {
            socket.set(option::ipv6::HDRINCL, true)?;
        }
        if let Some(name) = interface {
            socket.set(option::socket::BINDTODEVICE, name)?;
        }
        Ok(Self { socket, to: to.into(), interface: index, is_frame: false })
    }

    pub(super) fn send(&self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.socket.send_to(bytes, self.to).map(|_| ())?)
    }
}

/// The address to which `packet` goes.
fn destination(packet: &Packet<'_>, index: u32) -> Option<SocketAddr> {
    match packet.field("ip.dst").or_else(|| packet.field("ipv6.dst"))? {
        Value::Ipv4(address) => Some((address, 0).into()),
        Value::Ipv6(address) => {
            let scope = if address.is_unicast_link_local() || address.is_multicast() { index } else { 0 };
            Some(SocketAddrV6::new(address, 0, 0, scope).into())
        }
        _ => None,
    }
}

/// The address from which the kernel would send there; none where there is no way, which sending then tells.
fn source(to: SocketAddr, interface: Option<&str>) -> Option<IpAddr> {
    let mut to = to;
    to.set_port(DISCARD);
    let family = if to.is_ipv4() { Family::INET } else { Family::INET6 };
    let socket = Socket::new(family, Type::DGRAM, Protocol::DEFAULT).ok()?;
    if let Some(name) = interface {
        socket.set(option::socket::BINDTODEVICE, name).ok()?;
    }
    socket.connect(to).ok()?;
    socket.local_address().ok()?.ip()
}

/// Fills in the interface's own addresses.
fn own(recipe: &mut Recipe, interface: &Interface) {
    if let (6, Ok(address)) =
        (interface.hardware_address.len(), HardwareAddress::new(&interface.hardware_address))
    {
        let address = address.to_string();
        recipe.fill("eth.src", &address);
        recipe.fill("arp.src.hw_mac", &address);
    }
    let mut addresses = interface.addresses.iter().map(|address| address.ip);
    if let Some(address) = addresses.find(IpAddr::is_ipv4) {
        recipe.fill("arp.src.proto_ipv4", &address.to_string());
    }
}

/// A raw socket, or what to do about the right that it needs.
fn raw(family: Family, protocol: Protocol) -> Result<Socket, Failure> {
    Socket::new(family, Type::RAW, protocol).map_err(lacking)
}

fn lacking(error: Error) -> Failure {
    Failure::from(error).wanting_net_raw("sending packets")
}

/// What may be an answer.
pub(super) struct Answer {
    pub(super) link: LinkType,
    pub(super) bytes: Vec<u8>,
    /// The interface on which it came.
    pub(super) interface: Option<String>,
}

/// Where answers come in: a copy of all that arrives.
pub(super) struct Listener {
    socket: Socket,
    is_frame: bool,
    buffer: Vec<u8>,
}

impl Listener {
    pub(super) fn open(outlet: &Outlet) -> Result<Self, Failure> {
        let kind = if outlet.is_frame { Type::RAW } else { Type::DGRAM };
        let socket = Socket::new(Family::PACKET, kind, Protocol::ethertype(EVERY)).map_err(lacking)?;
        if outlet.interface != 0 {
            socket.bind(Address::from(PacketAddress::new(outlet.interface, EVERY)))?;
        }
        Ok(Self { socket, is_frame: outlet.is_frame, buffer: vec![0; LONGEST] })
    }

    /// The next packet that arrives; none once the time is over.
    pub(super) fn next(&mut self, deadline: Deadline) -> Result<Option<Answer>, Failure> {
        while !deadline.has_passed() {
            match self.socket.try_recv_from(&mut self.buffer, Flags::NONE) {
                Err(error) if error.is_would_block() => {
                    match self.socket.wait(Interest::READABLE, deadline) {
                        Err(error) if error.cause() == Cause::TimedOut => break,
                        waited => _ = waited?,
                    }
                }
                received => {
                    let (length, from) = received?;
                    if let Some(answer) = self.answer(length, from) {
                        return Ok(Some(answer));
                    }
                }
            }
        }
        Ok(None)
    }

    fn answer(&self, length: usize, from: Address) -> Option<Answer> {
        let Address::Packet(from) = from else { return None };
        let is_ip = [0x0800, 0x86dd].contains(&from.protocol);
        if from.packet_type == OUTGOING || !self.is_frame && !is_ip {
            return None;
        }
        let link = if self.is_frame { LinkType::ETHERNET } else { LinkType::RAW };
        let bytes = self.buffer.get(..length)?.to_vec();
        Some(Answer { link, bytes, interface: interface_name(from.interface).ok() })
    }
}
