//! The protocols, a file each: how a header is taken apart, its table of fields, and how one is built.
//!
//! A new protocol is a file here, a row in [`ALL`], and a row in the table by which it is found: by the number that the
//! header around it has, or by its ports.

mod cursor;
mod decode;
mod dhcp;
mod dhcpv6;
mod dns;
mod ethernet;
mod icmp;
mod ipv4;
mod ntp;
mod tables;
mod tcp;
#[cfg(test)]
mod testing;
mod tls;
mod udp;

use crate::layer::Protocol;
use crate::layer::data::DATA;

/// All protocols that are decoded.
pub static ALL: &[&Protocol] = &[
    &dhcp::DHCP,
    &dhcpv6::DHCPV6,
    &dns::DNS,
    &dns::MDNS,
    &ethernet::ETHERNET,
    &ipv4::IPV4,
    &icmp::ICMP,
    &ntp::NTP,
    &tcp::TCP,
    &tls::TLS,
    &udp::UDP,
    &DATA,
];
