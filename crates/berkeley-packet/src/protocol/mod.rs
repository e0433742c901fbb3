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
