//! What the primitives of the language test, in the order in which tcpdump's programs do.

use std::net::{IpAddr, Ipv6Addr};

use super::calculation::{From, Number, Value};
use super::code::{B, H, JEQ, JGE, JGT, JSET, W};
use super::condition::{Condition, load, load_behind};
use super::layout::{ARP, IPV4, IPV6, Layout, RARP, Refusal};
use super::program::Instruction;
use super::protocol::{self, Protocol};

/// Which side of a packet is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Either,
    Both,
    Source,
    Destination,
}

type Tested = Result<Condition, Refusal>;

impl Direction {
    /// The sides together: `test` gives the condition of the source, where it is given true, or the destination.
    fn of(self, test: impl Fn(bool) -> Condition) -> Condition {
        match self {
            Self::Either => test(true).or(test(false)),
            Self::Both => test(true).and(test(false)),
            Self::Source => test(true),
            Self::Destination => test(false),
        }
    }
}

/// The header of a fragment in IPv6.
const FRAGMENT: u32 = 44;

impl Layout {
    /// Whether the packet is of the protocol.
    pub(super) fn is(&self, protocol: Protocol) -> Tested {
        match protocol {
            Protocol::Link => Err("ether needs more behind it, such as ether host".to_owned()),
            Protocol::Linked(_, number) => self.carries(number.into()),
            Protocol::OverIpv4(_, number) => self.over_ipv4(number.into()),
            Protocol::Icmp6 => self.over_ipv6(58),
            Protocol::OverIso(_, number) => self.over_iso(number.into()),
            Protocol::Tcp => self.over_ip(6),
            Protocol::Udp => self.over_ip(17),
            Protocol::Sctp => self.over_ip(132),
            Protocol::OverIp(_, number) => self.over_ip(number.into()),
        }
    }

    /// `PROTOCOL proto NUMBER`.
    pub(super) fn proto(&self, protocol: Option<Protocol>, number: u32) -> Tested {
        match protocol {
            None => self.over_ip(number),
            Some(Protocol::Link) => self.carries(number),
            Some(protocol::IP) => self.over_ipv4(number),
            Some(protocol::IP6) => self.over_ipv6(number),
            Some(Protocol::Linked("iso", _)) => self.over_iso(number),
            Some(other) => Err(format!("{} carries no protocol with a number", other.word())),
        }
    }

    fn over_ip(&self, number: u32) -> Tested {
        Ok(self.over_ipv4(number)?.or(self.over_ipv6(number)?))
    }

    fn over_ipv4(&self, number: u32) -> Tested {
        Ok(self.carries(IPV4.into())?.and(self.byte(9, number)))
    }

    /// The protocol behind the header of IPv6, or behind that of a fragment.
    fn over_ipv6(&self, number: u32) -> Tested {
        let fragment = self.byte(6, FRAGMENT).and(self.byte(40, number));
        Ok(self.carries(IPV6.into())?.and(self.byte(6, number).or(fragment)))
    }

    fn over_iso(&self, number: u32) -> Tested {
        let protocol = Condition::test(vec![load(B, self.behind_llc())], JEQ, number);
        Ok(self.carries(super::layout::ISO.into())?.and(protocol))
    }

    fn byte(&self, at: usize, wanted: u32) -> Condition {
        Condition::test(vec![load(B, self.net(at))], JEQ, wanted)
    }

    /// A host, or a network, of IPv4.
    pub(super) fn ipv4(
        &self,
        protocol: Option<Protocol>,
        direction: Direction,
        address: u32,
        mask: u32,
    ) -> Tested {
        let test = |kind: u16, source, destination| {
            let side = |is_source| {
                let at = self.net(if is_source { source } else { destination });
                Condition::bytes(W, at, mask, address)
            };
            Ok::<_, Refusal>(self.carries(kind.into())?.and(direction.of(side)))
        };
        let ip = || test(IPV4, 12, 16);
        match protocol {
            None if self.has_labels() => ip(),
            None => Ok(Condition::any([ip()?, test(ARP, 14, 24)?, test(RARP, 14, 24)?])),
            Some(protocol::IP) => ip(),
            Some(Protocol::Linked(_, kind @ (ARP | RARP))) => test(kind, 14, 24),
            Some(other) => Err(format!("{} has no addresses of IPv4", other.word())),
        }
    }

    /// A host, or a network, of IPv6.
    pub(super) fn ipv6(
        &self,
        protocol: Option<Protocol>,
        direction: Direction,
        address: Ipv6Addr,
        bits: u32,
    ) -> Tested {
        if !matches!(protocol, None | Some(protocol::IP6)) {
            let word = protocol.map_or("", Protocol::word);
            return Err(format!("{word} has no addresses of IPv6"));
        }
        let mask = u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0);
        let word =
            |all: u128, index: usize| u32::try_from(all >> (96 - index * 32) & 0xffff_ffff).unwrap_or(0);
        let side = |is_source| {
            let start = if is_source { 8 } else { 24 };
            let part = |index| {
                let at = self.net(start + index * 4);
                Condition::bytes(W, at, word(mask, index), word(address.to_bits(), index))
            };
            Condition::all([0, 1, 2, 3].map(part))
        };
        Ok(self.carries(IPV6.into())?.and(direction.of(side)))
    }

    /// A host by any address.
    pub(super) fn host(&self, protocol: Option<Protocol>, direction: Direction, address: IpAddr) -> Tested {
        match address {
            IpAddr::V4(address) => self.ipv4(protocol, direction, address.to_bits(), u32::MAX),
            IpAddr::V6(address) => self.ipv6(protocol, direction, address, 128),
        }
    }

    /// A host by its Ethernet address.
    pub(super) fn mac(&self, direction: Direction, address: [u8; 6]) -> Tested {
        self.need_ethernet("an Ethernet address")?;
        let part = |range: std::ops::Range<usize>| {
            address[range].iter().fold(0, |all, byte| all << 8 | u32::from(*byte))
        };
        let side = |is_source| {
            let at = if is_source { 6 } else { 0 };
            let rest = Condition::bytes(W, at + 2, u32::MAX, part(2..6));
            rest.and(Condition::bytes(H, at, 0xffff, part(0..2)))
        };
        Ok(direction.of(side))
    }

    /// Ports from `first` to `last`, of any protocol that has ports or of one.
    pub(super) fn ports(
        &self,
        protocol: Option<Protocol>,
        direction: Direction,
        first: u16,
        last: Option<u16>,
    ) -> Tested {
        let numbers: Vec<u32> = match protocol {
            None => vec![132, 6, 17],
            Some(one @ (Protocol::Tcp | Protocol::Udp | Protocol::Sctp)) => {
                one.number().map(u32::from).into_iter().collect()
            }
            Some(other) => return Err(format!("{} has no ports", other.word())),
        };
        let ipv6 = |is_source| port(vec![load(H, self.net(if is_source { 40 } else { 42 }))], first, last);
        let ipv4 = |is_source| port(load_behind(self.net(0), H, if is_source { 0 } else { 2 }), first, last);
        // On each of these ways the protocol is known, which makes one of those of the next port; so they are apart.
        let each_ipv6 = numbers.iter().map(|number| self.byte(6, *number).and(direction.of(ipv6)));
        let each_ipv4 = numbers.iter().map(|number| {
            Condition::all([self.byte(9, *number), self.no_later_fragment(), direction.of(ipv4)])
        });
        let over_ipv6 = self.carries(IPV6.into())?.and(Condition::any(each_ipv6));
        let over_ipv4 = self.carries(IPV4.into())?.and(Condition::any(each_ipv4));
        Ok(over_ipv6.or(over_ipv4))
    }

    /// That it is no fragment of IPv4 other than the first.
    fn no_later_fragment(&self) -> Condition {
        Condition::test(vec![load(H, self.net(6))], JSET, 0x1fff).not()
    }

    /// `broadcast`. The mask of a network is not known, so for IPv4 the two addresses of all hosts alone are meant.
    pub(super) fn broadcast(&self, protocol: Option<Protocol>) -> Tested {
        match protocol {
            None | Some(Protocol::Link) => {
                self.need_ethernet("broadcast")?;
                self.mac(Direction::Destination, [0xff; 6])
            }
            Some(protocol::IP) => {
                let to = |address| Condition::bytes(W, self.net(16), u32::MAX, address);
                Ok(self.carries(IPV4.into())?.and(to(0).or(to(u32::MAX))))
            }
            Some(other) => Err(format!("{} has no broadcast", other.word())),
        }
    }

    pub(super) fn multicast(&self, protocol: Option<Protocol>) -> Tested {
        match protocol {
            None | Some(Protocol::Link) => {
                self.need_ethernet("multicast")?;
                Ok(Condition::test(vec![load(B, 0)], JSET, 1))
            }
            Some(protocol::IP) => {
                let class_d = Condition::test(vec![load(B, self.net(16))], JGE, 224);
                Ok(self.carries(IPV4.into())?.and(class_d))
            }
            Some(protocol::IP6) => Ok(self.carries(IPV6.into())?.and(self.byte(24, 255))),
            Some(other) => Err(format!("{} has no multicast", other.word())),
        }
    }

    /// `tcp flags`: of the bits `looked_at`, those of `wanted` are set and the others are not; or, with `any`, one of
    /// `looked_at` is. Of IPv4 and of IPv6.
    pub(super) fn flags(&self, looked_at: u32, wanted: Option<u32>) -> Tested {
        let test = |mut steps: Vec<Instruction>| match wanted {
            None => Condition::test(steps, JSET, looked_at),
            Some(wanted) => {
                if looked_at != 0xff {
                    steps.push(Instruction::new(super::code::ALU | super::code::AND, looked_at));
                }
                Condition::test(steps, JEQ, wanted)
            }
        };
        let ipv6 = test(vec![load(B, self.net(53))]);
        let over_ipv6 = Condition::all([self.carries(IPV6.into())?, self.byte(6, 6), ipv6]);
        let ipv4 = test(load_behind(self.net(0), B, 13));
        let whole = self.no_later_fragment();
        let over_ipv4 = Condition::all([self.carries(IPV4.into())?, self.byte(9, 6), whole, ipv4]);
        Ok(over_ipv6.or(over_ipv4))
    }

    /// `PROTOCOL [ INDEX : SIZE ]`.
    pub(super) fn bytes_of(&self, protocol: Protocol, index: Value, size: u16) -> Result<Value, Refusal> {
        let start = |at: usize| From::Start(u32::try_from(at).unwrap_or(u32::MAX));
        let Value { number, guard: before } = index;
        let (from, guards) = match protocol {
            Protocol::Link => (start(0), vec![before]),
            Protocol::Linked(..) => (start(self.net(0)), vec![before, Some(self.is(protocol)?)]),
            Protocol::Icmp6 => {
                let guards = vec![before, Some(self.carries(IPV6.into())?), Some(self.byte(6, 58))];
                (start(self.net(40)), guards)
            }
            Protocol::OverIso(..) => return Err(format!("{} has no bytes to look at", protocol.word())),
            _ => {
                let header = u32::try_from(self.net(0)).unwrap_or(u32::MAX);
                let ip = Some(self.carries(IPV4.into())?);
                (
                    From::Ipv4End(header),
                    vec![ip, before, Some(self.is(protocol)?), Some(self.no_later_fragment())],
                )
            }
        };
        let guards: Vec<_> = guards.into_iter().flatten().collect();
        let guard = (!guards.is_empty()).then(|| Condition::all(guards));
        Ok(Value { number: Number::Load { from, size, index: Box::new(number) }, guard })
    }
}

/// A port that some steps load: `first`, or one up to `last`.
fn port(steps: Vec<Instruction>, first: u16, last: Option<u16>) -> Condition {
    let Some(last) = last else { return Condition::test(steps, JEQ, first.into()) };
    let from = Condition::test(steps.clone(), JGE, first.min(last).into());
    from.and(Condition::test(steps, JGT, first.max(last).into()).not())
}
