//! By which number a protocol is found: of a link type, an `EtherType`, an IP protocol, a port.

use super::{
    arp, dhcp, dhcpv6, dns, ethernet, extension, gre, http, icmp, icmpv6, igmp, ipv4, ipv6, mpls, ntp, null,
    quic, routing, sctp, sll, tcp, tls, udp, vlan, vxlan,
};
use crate::layer::Protocol;

/// The protocol of a link type's header (`LINKTYPE_` numbers).
pub(crate) fn by_link(number: u16) -> Option<&'static Protocol> {
    Some(match number {
        0 | 108 => &null::NULL,
        1 => &ethernet::ETHERNET,
        12 | 14 | 101 | 228 => &ipv4::IPV4,
        113 => &sll::SLL,
        229 => &ipv6::IPV6,
        276 => &sll::SLL2,
        _ => return None,
    })
}

/// The same, by a packet's first bytes where the link type leaves that open: IP without a header below.
pub(crate) fn by_link_and_bytes(number: u16, bytes: &[u8]) -> Option<&'static Protocol> {
    match (number, bytes.first().map(|first| first >> 4)) {
        (12 | 14 | 101, Some(6)) => Some(&ipv6::IPV6),
        _ => by_link(number),
    }
}

/// The protocol of an `EtherType` (IEEE 802 numbers, IANA).
pub(crate) fn by_ethertype(number: u16) -> Option<&'static Protocol> {
    Some(match number {
        0x0800 => &ipv4::IPV4,
        0x0806 | 0x8035 => &arp::ARP,
        0x8100 | 0x9100 => &vlan::VLAN,
        0x86dd => &ipv6::IPV6,
        0x8847 | 0x8848 => &mpls::MPLS,
        0x88a8 => &vlan::PROVIDER,
        _ => return None,
    })
}

/// The `EtherType` of the protocol of that name.
pub(crate) fn ethertype_of(name: &str) -> Option<u64> {
    Some(match name {
        "arp" => 0x0806,
        "ieee8021ad" => 0x88a8,
        "ip" => 0x0800,
        "ipv6" => 0x86dd,
        "mpls" => 0x8847,
        "vlan" => 0x8100,
        _ => return None,
    })
}

/// The protocol of a number of IP's (IANA, protocol numbers).
pub(crate) fn by_ip_number(number: u8) -> Option<&'static Protocol> {
    Some(match number {
        0 => &extension::HOP_BY_HOP,
        1 => &icmp::ICMP,
        2 => &igmp::IGMP,
        4 => &ipv4::IPV4,
        6 => &tcp::TCP,
        17 => &udp::UDP,
        41 => &ipv6::IPV6,
        43 => &routing::ROUTING,
        44 => &extension::FRAGMENT,
        47 => &gre::GRE,
        51 => &extension::AUTHENTICATION,
        58 => &icmpv6::ICMPV6,
        60 => &extension::DESTINATION,
        132 => &sctp::SCTP,
        137 => &mpls::MPLS,
        _ => return None,
    })
}

/// The number in IP of the protocol of that name.
pub(crate) fn ip_number_of(name: &str) -> Option<u64> {
    Some(match name {
        "ah" => 51,
        "gre" => 47,
        "icmp" => 1,
        "icmpv6" => 58,
        "igmp" => 2,
        "ip" => 4,
        "ipv6" => 41,
        "ipv6.dstopts" => 60,
        "ipv6.fraghdr" => 44,
        "ipv6.hopopts" => 0,
        "ipv6.routing" => 43,
        "mpls" => 137,
        "sctp" => 132,
        "tcp" => 6,
        "udp" => 17,
        _ => return None,
    })
}

/// The protocol of what UDP carries between these ports, or as its first bytes say.
pub(crate) fn by_udp_ports(source: u16, destination: u16, payload: &[u8]) -> Option<&'static Protocol> {
    by_lower(source, destination, |port| {
        Some(match port {
            53 => &dns::DNS,
            67 | 68 => &dhcp::DHCP,
            123 => &ntp::NTP,
            546 | 547 => &dhcpv6::DHCPV6,
            4789 => &vxlan::VXLAN,
            5353 => &dns::MDNS,
            _ => return None,
        })
    })
    .or_else(|| quic::begins_long(payload).then_some(&quic::QUIC))
}

/// The protocol of what TCP carries between these ports, or as its first bytes say.
pub(crate) fn by_tcp_ports(source: u16, destination: u16, payload: &[u8]) -> Option<&'static Protocol> {
    by_lower(source, destination, |port| {
        Some(match port {
            53 if dns::begins_stream(payload) => &dns::DNS_STREAM,
            443 | 465 | 563 | 636 | 853 | 989 | 990 | 992 | 993 | 995 | 5061
                if tls::begins_record(payload) =>
            {
                &tls::TLS
            }
            _ => return None,
        })
    })
    .or_else(|| tls::begins_hello(payload).then_some(&tls::TLS))
    .or_else(|| http::begins_message(payload).then_some(&http::HTTP))
}

/// What `known` says of the lower port, or else of the other one: a service has the lower one, as a rule.
fn by_lower(
    source: u16,
    destination: u16,
    known: impl Fn(u16) -> Option<&'static Protocol>,
) -> Option<&'static Protocol> {
    known(source.min(destination)).or_else(|| known(source.max(destination)))
}
