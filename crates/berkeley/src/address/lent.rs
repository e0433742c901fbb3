//! Addresses in which a number stands for a descriptor of this process, as `AF_XDP` and L2TP have them.

use super::Address;
use crate::bytes::{i32_at, u16_at};
use crate::kinds::{Family, Protocol};
use crate::sys::layout::{pppox, xdp};

/// `XDP_SHARED_UMEM`, of `linux/if_xdp.h`: the memory is that of another socket.
const SHARED_UMEM: u16 = 1;

impl Address {
    /// The number that the kernel would take for a descriptor, were it given this address.
    pub(crate) fn lent(&self) -> Option<i32> {
        match self {
            Self::Xdp(_) | Self::Pppox(_) | Self::Other(_) => {
                let encoded = self.encode();
                by_xdp(encoded.as_bytes()).or_else(|| by_l2tp(encoded.as_bytes()))
            }
            _ => None,
        }
    }
}

fn by_xdp(bytes: &[u8]) -> Option<i32> {
    let flags = u16_at(bytes, xdp::FLAGS)?;
    let number = i32_at(bytes, xdp::SHARED_UMEM_FD)?;
    (super::family_of(bytes) == Family::XDP && flags & SHARED_UMEM != 0).then_some(number)
}

/// The kernel tells L2TP's structures by their length and their protocol, whatever family they say.
fn by_l2tp(bytes: &[u8]) -> Option<i32> {
    let protocol = i32_at(bytes, pppox::PROTOCOL)?;
    let number = i32_at(bytes, pppox::FD)?;
    let sizes = [pppox::V2_SIZE, pppox::V3_SIZE, pppox::V2_IN6_SIZE, pppox::V3_IN6_SIZE];
    let is_l2tp = sizes.contains(&bytes.len()) && protocol == Protocol::PX_PROTO_OL2TP.as_raw();
    (is_l2tp && number >= 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_stands_for_a_descriptor_is_found_in_whatever_holds_it() {
        let rows = [
            ("xdp:2:3:1:7", Some(7)),
            ("xdp:2:3:9:0", Some(0)),
            ("xdp:2:3:8:7", None),
            ("xdp:2:3", None),
            ("pppox:l2tp:0:5:1:2:3:4:192.0.2.1:1701", Some(5)),
            ("pppox:l2tpv3:0:0:1:2:3:4:[::1]:1701", Some(0)),
            ("pppox:l2tp:0:-1:1:2:3:4:192.0.2.1:1701", None),
            ("pppox:pptp:7:192.0.2.1", None),
            ("127.0.0.1:80", None),
        ];
        for (text, want) in rows {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.lent(), want, "{text}");
            // The same bytes under another family: L2TP's kernel does not look at it.
            let mut bytes = address.encode().as_bytes().to_vec();
            bytes[..2].copy_from_slice(&77_u16.to_ne_bytes());
            let other = Address::decode(&bytes).lent();
            assert_eq!(other, want.filter(|_| text.starts_with("pppox")), "{text}, of another family");
        }
    }
}
