//! The protocols that an expression can name.

use super::layout::{ARP, IPV4, IPV6, IPX_OF_LLC, ISO, NETBEUI, RARP, STP};

/// A protocol that is a word of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// The link layer itself.
    Link,
    /// One that the link layer carries, by its Ethernet type or access point.
    Linked(Word, u16),
    Tcp,
    Udp,
    Sctp,
    /// One that IPv4 carries, by its number.
    OverIpv4(Word, u8),
    Icmp6,
    /// One that both versions of IP carry.
    OverIp(Word, u8),
    /// One of ISO's.
    OverIso(Word, u8),
}

/// How it is written.
type Word = &'static str;

pub(super) const IP: Protocol = Protocol::Linked("ip", IPV4);
pub(super) const IP6: Protocol = Protocol::Linked("ip6", IPV6);

/// All of them, by their words.
const WORDS: &[(&str, Protocol)] = &[
    ("ether", Protocol::Link),
    ("link", Protocol::Link),
    ("ppp", Protocol::Link),
    ("slip", Protocol::Link),
    ("fddi", Protocol::Link),
    ("tr", Protocol::Link),
    ("wlan", Protocol::Link),
    ("ip", IP),
    ("ip6", IP6),
    ("arp", Protocol::Linked("arp", ARP)),
    ("rarp", Protocol::Linked("rarp", RARP)),
    ("atalk", Protocol::Linked("atalk", 0x809b)),
    ("aarp", Protocol::Linked("aarp", 0x80f3)),
    ("decnet", Protocol::Linked("decnet", 0x6003)),
    ("lat", Protocol::Linked("lat", 0x6004)),
    ("sca", Protocol::Linked("sca", 0x6007)),
    ("mopdl", Protocol::Linked("mopdl", 0x6001)),
    ("moprc", Protocol::Linked("moprc", 0x6002)),
    ("iso", Protocol::Linked("iso", ISO)),
    ("stp", Protocol::Linked("stp", STP)),
    ("ipx", Protocol::Linked("ipx", IPX_OF_LLC)),
    ("netbeui", Protocol::Linked("netbeui", NETBEUI)),
    ("tcp", Protocol::Tcp),
    ("udp", Protocol::Udp),
    ("sctp", Protocol::Sctp),
    ("icmp", Protocol::OverIpv4("icmp", 1)),
    ("igmp", Protocol::OverIpv4("igmp", 2)),
    ("igrp", Protocol::OverIpv4("igrp", 9)),
    ("vrrp", Protocol::OverIpv4("vrrp", 112)),
    ("carp", Protocol::OverIpv4("carp", 112)),
    ("icmp6", Protocol::Icmp6),
    ("pim", Protocol::OverIp("pim", 103)),
    ("ah", Protocol::OverIp("ah", 51)),
    ("esp", Protocol::OverIp("esp", 50)),
    ("clnp", Protocol::OverIso("clnp", 0x81)),
    ("esis", Protocol::OverIso("esis", 0x82)),
    ("es-is", Protocol::OverIso("esis", 0x82)),
    ("isis", Protocol::OverIso("isis", 0x83)),
    ("is-is", Protocol::OverIso("isis", 0x83)),
];

impl Protocol {
    /// The protocol of that word.
    pub(super) fn of(word: &str) -> Option<Self> {
        WORDS.iter().find_map(|(known, protocol)| (*known == word).then_some(*protocol))
    }

    pub(super) fn words() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(word, _)| *word)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Link => "ether",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
            Self::Icmp6 => "icmp6",
            Self::Linked(word, _)
            | Self::OverIpv4(word, _)
            | Self::OverIp(word, _)
            | Self::OverIso(word, _) => word,
        }
    }

    /// Its number in IP.
    pub(super) fn number(self) -> Option<u8> {
        match self {
            Self::Tcp => Some(6),
            Self::Udp => Some(17),
            Self::Sctp => Some(132),
            Self::Icmp6 => Some(58),
            Self::OverIpv4(_, number) | Self::OverIp(_, number) => Some(number),
            _ => None,
        }
    }
}
