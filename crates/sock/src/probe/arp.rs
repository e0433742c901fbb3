//! Requests and replies of ARP for IPv4 (RFC 826), by their bytes.

use std::net::Ipv4Addr;

/// The ethertype of ARP (`ETH_P_ARP`).
pub const ETHERTYPE: u16 = 0x0806;

/// What stands before the addresses.
const FIXED: usize = 8;

/// An answer: who has the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer<'b> {
    /// The address.
    pub address: Ipv4Addr,
    /// Where on the link it is.
    pub hardware: &'b [u8],
    /// Who had asked.
    pub asker: Ipv4Addr,
}

/// A request: who has `wanted`? It comes from `own`, which is at `hardware` on a link of the kind `link` (`ARPHRD_*`).
/// `None` where the address on the link is longer than ARP can say.
pub fn request(link: u16, hardware: &[u8], own: Ipv4Addr, wanted: Ipv4Addr) -> Option<Vec<u8>> {
    let length = u8::try_from(hardware.len()).ok()?;
    let mut bytes = Vec::with_capacity(FIXED + 2 * (hardware.len() + 4));
    bytes.extend_from_slice(&link.to_be_bytes());
    bytes.extend_from_slice(&[8, 0, length, 4, 0, 1]);
    bytes.extend_from_slice(hardware);
    bytes.extend_from_slice(&own.octets());
    bytes.extend(std::iter::repeat_n(0, hardware.len()));
    bytes.extend_from_slice(&wanted.octets());
    Some(bytes)
}

/// The reply that `bytes` are; `None` for what is none, or not whole.
pub fn reply(bytes: &[u8]) -> Option<Answer<'_>> {
    let (fixed, rest) = bytes.split_at_checked(FIXED)?;
    let &[_, _, 8, 0, length, 4, 0, 2] = fixed else { return None };
    let (hardware, rest) = rest.split_at_checked(length.into())?;
    let (address, rest) = rest.split_first_chunk::<4>()?;
    let asker = rest.get(length.into()..)?.first_chunk::<4>()?;
    Some(Answer { address: (*address).into(), hardware, asker: (*asker).into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10.0.0.2 is at 02:00:00:00:00:02, as a host of Linux says it to 10.0.0.1.
    const REPLY: &[u8] =
        b"\0\x01\x08\0\x06\x04\0\x02\x02\0\0\0\0\x02\x0a\0\0\x02\x02\0\0\0\0\x01\x0a\0\0\x01";

    #[test]
    fn a_reply_says_who_has_the_address() {
        let answer = reply(REPLY).expect("a reply");
        assert_eq!((answer.address, answer.asker), ([10, 0, 0, 2].into(), [10, 0, 0, 1].into()));
        assert_eq!(answer.hardware, [2, 0, 0, 0, 0, 2]);
        // Short frames are padded.
        assert_eq!(reply(&[REPLY, &[0; 18]].concat()), Some(answer));
    }

    #[test]
    fn what_is_cut_off_or_no_reply_is_none() {
        for length in 0..REPLY.len() {
            assert_eq!(reply(&REPLY[..length]), None, "{length}");
        }
        for (at, byte) in [(7, 1), (5, 16), (2, 0x86), (4, 255)] {
            let mut bytes = REPLY.to_vec();
            bytes[at] = byte;
            assert_eq!(reply(&bytes), None, "{at}");
        }
    }

    #[test]
    fn a_request_asks_for_the_address() {
        let bytes = request(1, &[2, 0, 0, 0, 0, 1], [10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let want = b"\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x01\x0a\0\0\x01\0\0\0\0\0\0\x0a\0\0\x02";
        assert_eq!(bytes.as_deref(), Some(&want[..]));
        assert_eq!(request(1, &[0; 256], [0; 4].into(), [0; 4].into()), None);
    }
}
