//! By which number a protocol is found: of a link type, an `EtherType`, an IP protocol, a port.

use super::{dhcp, dhcpv6, dns, ethernet, icmp, ipv4, ntp, tcp, tls, udp};
use crate::layer::Protocol;

/// The protocol of a link type's header (`LINKTYPE_` numbers).
pub(crate) fn by_link(number: u16) -> Option<&'static Protocol> {
    Some(match number {
        1 => &ethernet::ETHERNET,
        101 | 228 => &ipv4::IPV4,
        _ => return None,
    })
}

/// The protocol of an `EtherType` (IEEE 802 numbers, IANA).
pub(crate) fn by_ethertype(number: u16) -> Option<&'static Protocol> {
    Some(match number {
        0x0800 => &ipv4::IPV4,
        _ => return None,
    })
}

/// The protocol of a number of IP's (IANA, protocol numbers).
pub(crate) fn by_ip_number(number: u8) -> Option<&'static Protocol> {
    Some(match number {
        1 => &icmp::ICMP,
        6 => &tcp::TCP,
        17 => &udp::UDP,
        _ => return None,
    })
}

/// The protocol of what UDP carries between these ports, or as its first bytes say.
pub(crate) fn by_udp_ports(source: u16, destination: u16, _payload: &[u8]) -> Option<&'static Protocol> {
    by_lower(source, destination, |port| {
        Some(match port {
            53 => &dns::DNS,
            67 | 68 => &dhcp::DHCP,
            123 => &ntp::NTP,
            546 | 547 => &dhcpv6::DHCPV6,
            5353 => &dns::MDNS,
            _ => return None,
        })
    })
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
}

/// What `known` says of the lower port, or else of the other one: a service has the lower one, as a rule.
fn by_lower(
    source: u16,
    destination: u16,
    known: impl Fn(u16) -> Option<&'static Protocol>,
) -> Option<&'static Protocol> {
    known(source.min(destination)).or_else(|| known(source.max(destination)))
}
