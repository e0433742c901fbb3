//! The protocols, a file each: how a header is taken apart, its table of fields, and how one is built.
//!
//! A new protocol is a file here, a row in [`ALL`], and a row in the table by which it is found: by the number that the
//! header around it has, or by its ports.

mod cursor;
mod decode;
mod dns;
mod ethernet;
mod icmp;
mod ipv4;
mod tables;
mod tcp;
#[cfg(test)]
mod testing;
mod udp;

use crate::layer::Protocol;
use crate::layer::data::DATA;

/// All protocols that are decoded.
pub static ALL: &[&Protocol] =
    &[&dns::DNS, &dns::MDNS, &ethernet::ETHERNET, &ipv4::IPV4, &icmp::ICMP, &tcp::TCP, &udp::UDP, &DATA];
