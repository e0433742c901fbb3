//! The protocols, a file each: how a header is taken apart, its table of fields, and how one is built.
//!
//! A new protocol is a file here, a row in [`ALL`], and a row in the table by which it is found: by the number that the
//! header around it has, or by its ports.

mod arp;
mod cursor;
mod decode;
mod dhcp;
mod dhcpv6;
mod dns;
mod ethernet;
mod extension;
mod gre;
mod http;
mod icmp;
mod icmp_extension;
mod icmpv6;
mod icmpv6_option;
mod igmp;
mod ipv4;
mod ipv4_option;
mod ipv6;
mod ipv6_option;
mod llc;
mod mpls;
mod ntp;
mod null;
mod quic;
mod routing;
mod sctp;
mod sll;
mod tables;
mod tcp;
#[cfg(test)]
mod testing;
mod tls;
mod udp;
mod vlan;
mod vxlan;

use crate::layer::Protocol;
use crate::layer::data::DATA;
pub use tcp::InitialNumbers;
pub(crate) use tcp::line_from as tcp_line;

/// All protocols that are decoded.
pub static ALL: &[&Protocol] = &[
    &arp::ARP,
    &dhcp::DHCP,
    &dhcpv6::DHCPV6,
    &dns::DNS,
    &dns::MDNS,
    &ethernet::ETHERNET,
    &extension::AUTHENTICATION,
    &extension::DESTINATION,
    &extension::FRAGMENT,
    &extension::HOP_BY_HOP,
    &gre::GRE,
    &http::HTTP,
    &icmp::ICMP,
    &icmpv6::ICMPV6,
    &igmp::IGMP,
    &ipv4::IPV4,
    &ipv6::IPV6,
    &llc::LLC,
    &mpls::MPLS,
    &ntp::NTP,
    &null::NULL,
    &routing::ROUTING,
    &sll::SLL,
    &sll::SLL2,
    &quic::QUIC,
    &sctp::SCTP,
    &tcp::TCP,
    &tls::TLS,
    &udp::UDP,
    &vlan::PROVIDER,
    &vlan::VLAN,
    &vxlan::VXLAN,
    &DATA,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::Draft;
    use crate::layer::packet::Packet;

    /// The header that is built where nothing is said of it, around another one that can be inside.
    fn build(
        protocol: &'static Protocol,
        inner: Option<&'static Protocol>,
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        let craft = protocol.craft?;
        let mut header = craft.header.to_vec();
        (craft.complete)(&mut Draft { header: &mut header, payload, inner, ip: None, route: None, set: &[] });
        Some([header.as_slice(), payload].concat())
    }

    #[test]
    fn a_header_of_which_nothing_is_said_is_whole() {
        for protocol in ALL {
            let Some(bytes) = build(protocol, None, b"") else { continue };
            let packet = Packet::decode_as(protocol, &bytes, bytes.len());
            assert_eq!(packet.problem(), None, "{}: {bytes:02x?}", protocol.name);
            let headers: usize = packet.layers().map(|layer| layer.header().len()).sum();
            assert_eq!(headers, bytes.len(), "{}", protocol.name);
        }
    }

    #[test]
    fn a_header_names_what_it_is_put_around() {
        let rows = [
            ("eth", "ip"),
            ("eth", "arp"),
            ("eth", "llc"),
            ("eth", "vlan"),
            ("vlan", "ipv6"),
            ("ieee8021ad", "vlan"),
            ("llc", "ip"),
            ("sll", "ipv6"),
            ("sll2", "ip"),
            ("null", "ip"),
            ("null", "ipv6"),
            ("mpls", "mpls"),
            ("mpls", "ip"),
            ("ip", "icmp"),
            ("ip", "igmp"),
            ("ip", "udp"),
            ("ip", "ip"),
            ("ip", "gre"),
            ("ipv6", "icmpv6"),
            ("ipv6", "ipv6.hopopts"),
            ("ipv6", "ipv6.fraghdr"),
            ("ipv6.hopopts", "ipv6.dstopts"),
            ("ipv6.dstopts", "ipv6.routing"),
            ("ipv6.routing", "ah"),
            ("ah", "udp"),
            ("ipv6.fraghdr", "udp"),
            ("gre", "eth"),
            ("gre", "ipv6"),
            ("vxlan", "eth"),
        ];
        let find = |name| *ALL.iter().find(|protocol| protocol.name == name).unwrap();
        for (outer, inner) in rows {
            let (outer, inner) = (find(outer), find(inner));
            let payload = build(inner, None, b"").unwrap();
            let bytes = build(outer, Some(inner), &payload).unwrap();
            let packet = Packet::decode_as(outer, &bytes, bytes.len());
            let names: Vec<_> = packet.layers().map(|layer| layer.protocol().name).collect();
            assert_eq!(names[..2], [outer.name, inner.name], "{bytes:02x?}");
            assert_eq!(packet.problem(), None, "{names:?}");
        }
    }
}
