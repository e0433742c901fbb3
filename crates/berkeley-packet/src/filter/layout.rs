//! Where the layers of a packet are, as an expression has told so far, and how their kinds are tested.
//!
//! As in tcpdump, `vlan`, `mpls` and `pppoes` move what follows them: behind `vlan`, the rest of the expression looks
//! into the VLAN.

use super::code::{B, H, JEQ, JGT, W};
use super::condition::{Condition, load};
use crate::link::LinkType;

/// What a link layer cannot do, in words.
pub(super) type Refusal = String;

/// The largest length in the place of an Ethernet type.
const LONGEST: u32 = 1500;

pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;
pub(super) const ARP: u16 = 0x0806;
pub(super) const RARP: u16 = 0x8035;
const ATALK: u16 = 0x809b;
const AARP: u16 = 0x80f3;
const IPX: u16 = 0x8137;
const MPLS: u16 = 0x8847;
const PPPOE_SESSION: u16 = 0x8864;

/// The access points of LLC that stand in both places of its header.
pub(super) const ISO: u16 = 0xfe;
pub(super) const NETBEUI: u16 = 0xf0;
const IP_OF_LLC: u16 = 0x06;
pub(super) const STP: u16 = 0x42;
pub(super) const IPX_OF_LLC: u16 = 0xe0;

/// The layers, with offsets from the packet's start.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    link: Link,
    /// Where the number of the protocol is that the link layer carries.
    kind: usize,
    /// Where that begins.
    payload: usize,
    /// How many labels of MPLS stand in front of it.
    labels: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Ethernet,
    Cooked,
    Cooked2,
    /// Four bytes of an address family, of which order is unknown, or in network order.
    Null,
    Loop,
    Raw,
    Ipv4,
    Ipv6,
    /// What `PPPoE` carries.
    Ppp,
}

impl Layout {
    /// The layout of packets of that link type; none for one that filters do not know.
    pub(super) fn new(link: LinkType) -> Option<Self> {
        let (link, kind, payload) = match link {
            LinkType::ETHERNET => (Link::Ethernet, 12, 14),
            LinkType::LINUX_SLL => (Link::Cooked, 14, 16),
            LinkType::LINUX_SLL2 => (Link::Cooked2, 0, 20),
            LinkType::NULL => (Link::Null, 0, 4),
            LinkType::LOOP => (Link::Loop, 0, 4),
            LinkType::RAW => (Link::Raw, 0, 0),
            LinkType::IPV4 => (Link::Ipv4, 0, 0),
            LinkType::IPV6 => (Link::Ipv6, 0, 0),
            _ => return None,
        };
        Some(Self { link, kind, payload, labels: 0 })
    }

    /// Byte `at` of the network layer.
    pub(super) fn net(&self, at: usize) -> usize {
        self.payload + self.labels * 4 + at
    }

    pub(super) fn has_labels(&self) -> bool {
        self.labels > 0
    }

    /// Refuses what only Ethernet has.
    pub(super) fn need_ethernet(&self, what: &str) -> Result<(), Refusal> {
        match self.link {
            Link::Ethernet => Ok(()),
            _ => Err(format!("{what} needs Ethernet, and these packets are {}", self.link.name())),
        }
    }

    /// Whether the link layer carries the protocol of that number, an Ethernet type or an access point of LLC.
    pub(super) fn carries(&self, number: u32) -> Result<Condition, Refusal> {
        if self.labels > 0 {
            return self.behind_labels(number);
        }
        let kind = |number| Condition::bytes(H, self.kind, 0xffff, number);
        let low = u16::try_from(number).ok();
        match self.link {
            Link::Ethernet | Link::Cooked => Ok(self.with_llc(number)),
            Link::Cooked2 => Ok(kind(number)),
            Link::Ppp => Ok(kind(ppp(number))),
            Link::Raw => Ok(match low {
                Some(IPV4) => Condition::bytes(B, 0, 0xf0, 0x40),
                Some(IPV6) => Condition::bytes(B, 0, 0xf0, 0x60),
                _ => Condition::Always(false),
            }),
            Link::Ipv4 => Ok(Condition::Always(low == Some(IPV4))),
            Link::Ipv6 => Ok(Condition::Always(low == Some(IPV6))),
            Link::Null | Link::Loop => Ok(match low {
                Some(IPV4) => self.family(&[2]),
                // macOS, NetBSD and OpenBSD, FreeBSD.
                Some(IPV6) => self.family(&[30, 24, 28]),
                _ => Condition::Always(false),
            }),
        }
    }

    fn family(&self, families: &[u32]) -> Condition {
        let test = |family: u32| Condition::bytes(W, 0, u32::MAX, family);
        let both = |family: &u32| match self.link {
            // The order of whoever captured: nearly always the first.
            Link::Null => vec![test(family.swap_bytes()), test(*family)],
            _ => vec![test(*family)],
        };
        Condition::any(families.iter().flat_map(both))
    }

    /// An Ethernet type, or the access point of a header of LLC.
    fn with_llc(&self, number: u32) -> Condition {
        let kind = |number| Condition::bytes(H, self.kind, 0xffff, number);
        let at = self.payload;
        let has_llc = || match self.link {
            Link::Ethernet => Condition::test(vec![load(H, self.kind)], JGT, LONGEST).not(),
            _ => kind(4),
        };
        // A protocol in the SNAP form: its number behind an organisation's.
        let snap = |organisation: u32, number: u32| {
            Condition::bytes(W, at + 4, u32::MAX, (organisation & 0xffff) << 16 | number)
                .and(Condition::bytes(W, at, u32::MAX, 0xaaaa_0300 | organisation >> 16))
        };
        match u16::try_from(number).unwrap_or(0) {
            ATALK => kind(number).or(has_llc().and(snap(0x08_0007, number))),
            AARP => kind(number).or(has_llc().and(snap(0, number))),
            IPX_OF_LLC => self.ipx(has_llc(), snap(0, IPX.into())),
            ISO | NETBEUI | IP_OF_LLC => has_llc().and(Condition::bytes(H, at, 0xffff, number << 8 | number)),
            _ if number <= LONGEST => has_llc().and(Condition::bytes(B, at, 0xff, number)),
            _ => kind(number),
        }
    }

    /// The four forms of IPX.
    fn ipx(&self, has_llc: Condition, snap: Condition) -> Condition {
        let kind = |number| Condition::bytes(H, self.kind, 0xffff, number);
        let llc = Condition::bytes(B, self.payload, 0xff, IPX_OF_LLC.into());
        match self.link {
            Link::Ethernet => {
                let raw = Condition::bytes(H, self.payload, 0xffff, 0xffff);
                kind(IPX.into()).or(has_llc.and(Condition::any([snap, llc, raw])))
            }
            _ => Condition::any([kind(IPX.into()), kind(1), has_llc.and(llc.or(snap))]),
        }
    }

    /// Where a protocol stands that is in LLC without SNAP. As tcpdump has it, it looks behind LLC on Ethernet alone.
    pub(super) fn behind_llc(&self) -> usize {
        self.net(if self.link == Link::Ethernet { 3 } else { 0 })
    }

    /// A protocol behind the last label, which only the version of IP tells.
    fn behind_labels(&self, number: u32) -> Result<Condition, Refusal> {
        let version = match u16::try_from(number) {
            Ok(IPV4) => 0x40,
            Ok(IPV6) => 0x60,
            _ => return Err("behind mpls there is IPv4 or IPv6 alone".to_owned()),
        };
        let last = Condition::bytes(B, self.net(0) - 2, 0x01, 0x01);
        Ok(last.and(Condition::bytes(B, self.net(0), 0xf0, version)))
    }

    /// Whether there is a VLAN, of that number; the rest of the expression looks into it.
    pub(super) fn vlan(&mut self, id: Option<u32>) -> Result<Condition, Refusal> {
        if self.labels > 0 {
            return Err("there is no vlan behind mpls".to_owned());
        }
        self.need_ethernet("vlan")?;
        if id.is_some_and(|id| id > 4095) {
            return Err("a VLAN's number is at most 4095".to_owned());
        }
        let tag = |number| Condition::bytes(H, self.kind, 0xffff, number);
        let tagged = Condition::any([0x8100, 0x88a8, 0x9100].map(tag));
        let condition = match id {
            Some(id) => tagged.and(Condition::bytes(H, self.payload, 0x0fff, id)),
            None => tagged,
        };
        self.kind += 4;
        self.payload += 4;
        Ok(condition)
    }

    /// Whether there is a label of MPLS, of that number; the rest of the expression looks behind it.
    pub(super) fn mpls(&mut self, label: Option<u32>) -> Result<Condition, Refusal> {
        let there = if self.labels > 0 {
            // The label before this one is not the last.
            Condition::bytes(B, self.net(0) - 2, 0x01, 0)
        } else if self.link == Link::Ppp {
            self.carries(0x0281)?
        } else {
            self.need_ethernet("mpls")?;
            self.carries(MPLS.into())?
        };
        if label.is_some_and(|label| label > 0xf_ffff) {
            return Err("a label of MPLS is at most 1048575".to_owned());
        }
        let condition = match label {
            Some(label) => there.and(Condition::bytes(W, self.net(0), 0xffff_f000, label << 12)),
            None => there,
        };
        self.labels += 1;
        Ok(condition)
    }

    /// Whether there is a session of `PPPoE`, of that number; the rest of the expression looks into it.
    pub(super) fn pppoes(&mut self, session: Option<u32>) -> Result<Condition, Refusal> {
        if self.labels > 0 {
            return Err("there is no pppoes behind mpls".to_owned());
        }
        if session.is_some_and(|session| session > 0xffff) {
            return Err("a session of PPPoE is at most 65535".to_owned());
        }
        let there = self.carries(PPPOE_SESSION.into())?;
        let condition = match session {
            Some(session) => there.and(Condition::bytes(W, self.payload, 0xffff, session)),
            None => there,
        };
        self.link = Link::Ppp;
        self.kind = self.payload + 6;
        self.payload += 8;
        Ok(condition)
    }

    /// Whether this machine has sent the packet, as Linux's cooked captures tell.
    pub(super) fn outbound(&self) -> Result<Condition, Refusal> {
        match self.link {
            Link::Cooked => Ok(Condition::bytes(H, 0, 0xffff, 4)),
            Link::Cooked2 => Ok(Condition::bytes(B, 10, 0xff, 4)),
            _ => Err(format!("packets of {} do not tell their direction", self.link.name())),
        }
    }

    /// Whether the packet is of the interface of that number.
    pub(super) fn interface(&self, number: u32) -> Result<Condition, Refusal> {
        match self.link {
            Link::Cooked2 => Ok(Condition::test(vec![load(W, 4)], JEQ, number)),
            _ => Err(format!("packets of {} do not tell their interface", self.link.name())),
        }
    }
}

impl Link {
    fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "Ethernet",
            Self::Cooked => "Linux cooked",
            Self::Cooked2 => "Linux cooked, version 2",
            Self::Null | Self::Loop => "BSD loopback",
            Self::Raw => "raw IP",
            Self::Ipv4 => "raw IPv4",
            Self::Ipv6 => "raw IPv6",
            Self::Ppp => "PPP",
        }
    }
}

/// The number that PPP has for a protocol.
fn ppp(number: u32) -> u32 {
    match u16::try_from(number).unwrap_or(0) {
        IPV4 => 0x21,
        IPV6 => 0x57,
        0x6003 => 0x27,
        ATALK => 0x29,
        0x0600 => 0x25,
        ISO => 0x23,
        STP => 0x31,
        IPX | IPX_OF_LLC => 0x2b,
        _ => number,
    }
}
