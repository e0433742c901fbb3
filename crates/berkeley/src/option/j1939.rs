//! Options of J1939, the network of vehicles: `SOL_CAN_J1939` (the kernel's `Documentation/networking/j1939.rst`).

use std::fmt;

use super::content::{Content, Encoded, Misfit, write_list};
use super::options;
use super::record::record;
use crate::sys::{self, alloc};

options! {
    J1939, "Documentation/networking/j1939.rst";

    /// Queues in the error queue what becomes of messages that are sent and received.
    ERRQUEUE: bool, Flag, "errqueue", SO_J1939_ERRQUEUE, "SO_J1939_ERRQUEUE", ReadWrite, Any;
    /// Which messages are received: those that one of the filters lets through; all, where there is no filter.
    FILTER: Vec<J1939Filter>, J1939Filters, "filter", SO_J1939_FILTER, "SO_J1939_FILTER", Write, Any;
    /// Receives messages that are for others too.
    PROMISC: bool, Flag, "promisc", SO_J1939_PROMISC, "SO_J1939_PROMISC", ReadWrite, Any;
    /// The priority of what is sent: 0 the highest, 7 the lowest; below 2 needs `CAP_NET_ADMIN`.
    SEND_PRIO: i32, Integer in 0..=7, "send_prio", SO_J1939_SEND_PRIO, "SO_J1939_SEND_PRIO", ReadWrite, Any;
}

record! {
    /// Lets a message through where its sender's bits under each mask are those beside the mask.
    ///
    /// `Display` prints `name:mask:pgn:mask:address:mask`, in decimal digits.
    #[doc(alias = "j1939_filter")]
    J1939Filter, 32, "numbers such as 0:0:65024:261888:0:0";
    /// The sender's name.
    name: u64 = 0;
    /// The bits of it that count.
    name_mask: u64 = 8;
    /// The parameter group.
    pgn: u32 = 16;
    /// The bits of it that count.
    pgn_mask: u32 = 20;
    /// The sender's address.
    address: u8 = 24;
    /// The bits of it that count.
    address_mask: u8 = 25;
}

impl J1939Filter {
    /// The most that a socket takes: `J1939_FILTER_MAX`.
    const MAX: usize = 512;

    fn decode_all(bytes: &[u8]) -> sys::Result<Option<Vec<Self>>> {
        alloc::collect_all(bytes.chunks(Self::SIZE).map(Self::decode))
    }

    fn encode_all(filters: &[Self]) -> Result<Vec<u8>, Misfit> {
        if filters.len() > Self::MAX {
            return Err(format!("takes at most {} filters, got {}", Self::MAX, filters.len()).into());
        }
        let mut bytes = alloc::with_room(filters.len() * Self::SIZE)?;
        bytes.extend(filters.iter().flat_map(|filter| filter.encode()));
        Ok(bytes)
    }

    /// Filters with commas between them; `none` for no filter at all.
    fn parse_all(text: &str) -> Option<Vec<Self>> {
        if text == "none" {
            return Some(Vec::new());
        }
        let filters: Vec<Self> =
            text.split(',').take(Self::MAX + 1).map(Self::parse).collect::<Option<_>>()?;
        (filters.len() <= Self::MAX).then_some(filters)
    }
}

impl Content for Vec<J1939Filter> {
    const ROOM: usize = 512;
    const IS_LIST: bool = false;
    const WANTED: &'static str = "none, or filters such as 0:0:65024:261888:0:0";

    fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, Misfit> {
        Ok(J1939Filter::decode_all(bytes)?)
    }

    fn to_bytes(&self) -> Option<Result<Encoded, Misfit>> {
        Some(J1939Filter::encode_all(self).map(Encoded::list))
    }

    fn from_text(text: &str) -> Option<Self> {
        J1939Filter::parse_all(text)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn golden_bytes_of_a_filter() {
        let filter = J1939Filter {
            name: 1,
            name_mask: 2,
            pgn: 0x1_2300,
            pgn_mask: 0x3_ff00,
            address: 8,
            address_mask: 255,
        };
        let mut want = [0; 32];
        (want[0], want[8], want[24], want[25]) = (1, 2, 8, 255);
        want[17..19].copy_from_slice(&[0x23, 1]);
        want[21..23].copy_from_slice(&[0xff, 3]);
        assert_eq!(J1939Filter::encode_all(&[filter]), Ok(want.to_vec()));
        assert_eq!(J1939Filter::decode_all(&want), Ok(Some(vec![filter])));
        assert_eq!(filter.to_string(), "1:2:74496:261888:8:255");
        assert_eq!(J1939Filter::parse_all("1:2:74496:261888:8:255"), Some(vec![filter]));
    }

    #[test]
    fn no_filter_is_none_and_too_many_are_refused() {
        assert_eq!(J1939Filter::parse_all("none"), Some(Vec::new()));
        assert_eq!(J1939Filter::encode_all(&[]), Ok(Vec::new()));
        let error = J1939Filter::encode_all(&vec![J1939Filter::default(); 513]);
        assert_eq!(error, Err("takes at most 512 filters, got 513".to_owned().into()));
        assert_eq!(J1939Filter::parse_all("1:2:3"), None);
    }
}
