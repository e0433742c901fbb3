//! `AF_TIPC`: `struct sockaddr_tipc` of `linux/tipc.h`.

use std::fmt;

use super::text::{Fields, write_optional};
use super::{EncodedAddress, Layout, exactly};
use crate::bytes::{field, u32_at};
use crate::error::Result;
use crate::kinds::Family;
use crate::sys::constants as c;
use crate::sys::layout::tipc;

/// A service or a socket of a TIPC cluster, and the scope within which it is seen.
///
/// `tipc:service:TYPE:INSTANCE[:DOMAIN[:SCOPE]]`, `tipc:range:TYPE:LOWER:UPPER[:SCOPE]`,
/// `tipc:socket:REF:NODE[:SCOPE]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_tipc")]
#[expect(clippy::exhaustive_structs, reason = "the fields of struct sockaddr_tipc, whose size is fixed")]
pub struct TipcAddress {
    /// What is named.
    pub name: TipcName,
    /// `TIPC_CLUSTER_SCOPE` (2), `TIPC_NODE_SCOPE` (3) or 0 for the cluster; negative to withdraw a binding.
    #[doc(alias = "TIPC_CLUSTER_SCOPE")]
    #[doc(alias = "TIPC_NODE_SCOPE")]
    #[doc(alias = "TIPC_ZONE_SCOPE")]
    pub scope: i8,
}

/// What a TIPC address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TipcName {
    /// Every instance of a service from one number to another; to bind to, or to send to all of them.
    #[doc(alias = "TIPC_SERVICE_RANGE")]
    #[doc(alias = "TIPC_ADDR_NAMESEQ")]
    Range {
        /// The type of the service.
        service: u32,
        /// The first instance.
        lower: u32,
        /// The last instance.
        upper: u32,
    },
    /// One instance of a service.
    #[doc(alias = "TIPC_SERVICE_ADDR")]
    #[doc(alias = "TIPC_ADDR_NAME")]
    Service {
        /// The type of the service.
        service: u32,
        /// The instance.
        instance: u32,
        /// The node where it is looked up; 0 is everywhere.
        domain: u32,
    },
    /// One socket.
    #[doc(alias = "TIPC_SOCKET_ADDR")]
    #[doc(alias = "TIPC_ADDR_ID")]
    Socket {
        /// The socket's number (its `ref`).
        reference: u32,
        /// Its node.
        node: u32,
    },
}

impl Layout for TipcAddress {
    const FAMILY: Family = Family::TIPC;
    const TAG: &'static str = "tipc";

    fn decode(bytes: &[u8]) -> Option<Self> {
        exactly(bytes, tipc::SIZE)?;
        let [kind] = field(bytes, tipc::KIND)?;
        let first = u32_at(bytes, tipc::FIRST)?;
        let second = u32_at(bytes, tipc::SECOND)?;
        let third = u32_at(bytes, tipc::THIRD)?;
        let name = match kind {
            c::TIPC_SERVICE_RANGE => TipcName::Range { service: first, lower: second, upper: third },
            c::TIPC_SERVICE_ADDR => TipcName::Service { service: first, instance: second, domain: third },
            c::TIPC_SOCKET_ADDR => TipcName::Socket { reference: first, node: second },
            _ => return None,
        };
        Some(Self { name, scope: i8::from_ne_bytes(field(bytes, tipc::SCOPE)?) })
    }

    fn encode(&self) -> EncodedAddress {
        let (kind, words) = match self.name {
            TipcName::Range { service, lower, upper } => (c::TIPC_SERVICE_RANGE, [service, lower, upper]),
            TipcName::Service { service, instance, domain } => {
                (c::TIPC_SERVICE_ADDR, [service, instance, domain])
            }
            TipcName::Socket { reference, node } => (c::TIPC_SOCKET_ADDR, [reference, node, 0]),
        };
        let mut encoded = EncodedAddress::new(Self::FAMILY, tipc::SIZE);
        encoded.put(tipc::KIND, &[kind]);
        encoded.put(tipc::SCOPE, &self.scope.to_ne_bytes());
        for (offset, word) in [tipc::FIRST, tipc::SECOND, tipc::THIRD].into_iter().zip(words) {
            encoded.put(offset, &word.to_ne_bytes());
        }
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        const WANTED: &str = "service, range or socket";
        let name = match fields.word("kind", WANTED)? {
            "service" => TipcName::Service {
                service: fields.number("type")?,
                instance: fields.number("instance")?,
                domain: fields.number_or_zero("domain")?,
            },
            "range" => TipcName::Range {
                service: fields.number("type")?,
                lower: fields.number("lower")?,
                upper: fields.number("upper")?,
            },
            "socket" => TipcName::Socket { reference: fields.number("ref")?, node: fields.number("node")? },
            word => return Err(fields.wrong("kind", WANTED, word)),
        };
        Ok(Self { name, scope: fields.number_or_zero("scope")? })
    }
}

impl fmt::Display for TipcAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = self.scope.into();
        match self.name {
            TipcName::Range { service, lower, upper } => {
                write!(f, "tipc:range:{service}:{lower}:{upper}")?;
                write_optional(f, &[scope])
            }
            TipcName::Service { service, instance, domain } => {
                write!(f, "tipc:service:{service}:{instance}")?;
                write_optional(f, &[domain.into(), scope])
            }
            TipcName::Socket { reference, node } => {
                write!(f, "tipc:socket:{reference}:{node}")?;
                write_optional(f, &[scope])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_go_both_ways() {
        let range = [30, 0, 1, 3, 0xc8, 0x49, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0];
        let name = TipcName::Range { service: 18888, lower: 1, upper: 9 };
        check(&range, 16, TipcAddress { name, scope: 3 }, "tipc:range:18888:1:9:3");

        let service = [30, 0, 2, 0, 0xc8, 0x49, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0];
        let name = TipcName::Service { service: 18888, instance: 17, domain: 0 };
        check(&service, 16, TipcAddress { name, scope: 0 }, "tipc:service:18888:17");

        let withdrawn = [30, 0, 2, 0xfe, 0xc8, 0x49, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0];
        check(&withdrawn, 16, TipcAddress { name, scope: -2 }, "tipc:service:18888:17:0:-2");

        let socket = [30, 0, 3, 0, 4, 3, 2, 1, 1, 16, 0, 1, 0, 0, 0, 0];
        let name = TipcName::Socket { reference: 0x0102_0304, node: 0x0100_1001 };
        check(&socket, 16, TipcAddress { name, scope: 0 }, "tipc:socket:16909060:16781313");
    }

    #[test]
    fn a_kind_that_is_not_known_is_kept_as_bytes() {
        let bytes = [30, 0, 4, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0];
        assert!(matches!(Address::decode(&bytes), Address::Other(_)));
    }
}
