//! What the kernel says on the error queue of bytes sent without a copy: read off control bytes, of which none is believed.

use crate::sys::constants as c;
use crate::sys::error_queue::{SO_EE_CODE_ZEROCOPY_COPIED, SO_EE_ORIGIN_ZEROCOPY, extended, message};

/// The sends numbered `first` to `last`, both included, are done with their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    first: u32,
    last: u32,
    pub(super) copied: bool,
}

impl Notice {
    /// How many of the `count` sends from the number `from` on it tells of. The numbers start again after 2^32 - 1.
    pub(super) fn overlap(self, from: u32, count: u32) -> u32 {
        // As far behind `from` as ahead of it, so that the order of two numbers is known.
        let place = |number: u32| i64::from(i32::from_ne_bytes(number.wrapping_sub(from).to_ne_bytes()));
        let (first, last) = (place(self.first), place(self.last));
        let common = last.min(i64::from(count) - 1) - first.max(0) + 1;
        u32::try_from(common).unwrap_or(0)
    }
}

/// The notices among the control messages of one message.
pub(super) fn notices(mut control: &[u8]) -> impl Iterator<Item = Notice> + '_ {
    std::iter::from_fn(move || {
        loop {
            let (level, kind, data, rest) = split(control)?;
            control = rest;
            let of_errors =
                matches!((level, kind), (c::IPPROTO_IP, c::IP_RECVERR) | (c::IPPROTO_IPV6, c::IPV6_RECVERR));
            if let Some(notice) = decode(data).filter(|_| of_errors) {
                return Some(notice);
            }
        }
    })
}

/// The level, the type and the data of the first message, and what follows it; `None` where there is none that is whole.
fn split(control: &[u8]) -> Option<(i32, i32, &[u8], &[u8])> {
    let number = |at: usize| control.get(at..)?.first_chunk().copied().map(i32::from_ne_bytes);
    // A size_t with glibc; with musl an int, and padding that the kernel fills.
    let length = usize::from_ne_bytes(*control.get(message::LENGTH..)?.first_chunk()?);
    let data = control.get(message::SIZE..length)?;
    let next = length.checked_next_multiple_of(message::ALIGNMENT)?;
    Some((number(message::LEVEL)?, number(message::TYPE)?, data, control.get(next..).unwrap_or_default()))
}

/// Reads a `struct sock_extended_err`.
fn decode(data: &[u8]) -> Option<Notice> {
    let error = data.get(..extended::SIZE)?;
    if error[extended::ORIGIN] != SO_EE_ORIGIN_ZEROCOPY {
        return None;
    }
    let number = |at: usize| error[at..].first_chunk().copied().map(u32::from_ne_bytes);
    Some(Notice {
        first: number(extended::INFO)?,
        last: number(extended::DATA)?,
        copied: error[extended::CODE] & SO_EE_CODE_ZEROCOPY_COPIED != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A control message of `IP_RECVERR`, as the kernel lays it out: the header, the error, the offender's address.
    fn control(first: u32, last: u32, code: u8) -> Vec<u8> {
        let length = message::SIZE + extended::SIZE + 16;
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(c::IPPROTO_IP.to_ne_bytes());
        bytes.extend(c::IP_RECVERR.to_ne_bytes());
        bytes.resize(message::SIZE, 0);
        bytes.extend([0, 0, 0, 0, SO_EE_ORIGIN_ZEROCOPY, 0, code, 0]);
        bytes.extend(first.to_ne_bytes());
        bytes.extend(last.to_ne_bytes());
        bytes.resize(length, 0);
        bytes
    }

    fn read(bytes: &[u8]) -> Vec<Notice> {
        notices(bytes).collect()
    }

    #[test]
    fn notices_are_read_from_whole_messages_only() {
        let (one, two) = (control(3, 5, 1), control(6, 6, 0));
        let want = [Notice { first: 3, last: 5, copied: true }, Notice { first: 6, last: 6, copied: false }];
        let both = [one.clone(), two].concat();
        assert_eq!(read(&both), want);
        for length in 0..both.len() {
            assert_eq!(read(&both[..length]), want[..length / one.len()], "{length}");
        }
    }

    #[test]
    fn other_messages_and_impossible_lengths_are_passed_by() {
        let mut other = control(1, 1, 0);
        other[message::LEVEL] = 1;
        let mut origin = control(1, 1, 0);
        origin[message::SIZE + extended::ORIGIN] = 2;
        let notice = control(2, 2, 0);
        assert_eq!(read(&[other, origin, notice.clone()].concat()).len(), 1);
        for length in [0, 1, message::SIZE, message::SIZE + 15, notice.len() + 1, usize::MAX] {
            let mut wrong = notice.clone();
            wrong[..size_of::<usize>()].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(read(&wrong), [], "{length}");
        }
    }

    #[test]
    fn ranges_overlap_across_the_end_of_the_numbers() {
        let top = u32::MAX;
        // The notice, the sends, how many are common.
        let rows = [
            ((0, 0), (0, 1), 1),
            ((0, 9), (3, 4), 4),
            ((3, 4), (0, 10), 2),
            ((5, 9), (0, 5), 0),
            ((0, 4), (5, 5), 0),
            ((top - 1, 1), (top, 3), 3),
            ((top, 0), (0, 5), 1),
            ((9, 3), (0, 20), 0),
            ((0, 0), (0, 0), 0),
        ];
        for ((first, last), (from, count), want) in rows {
            let notice = Notice { first, last, copied: false };
            assert_eq!(notice.overlap(from, count), want, "{notice:?}, {count} from {from}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_read_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200), from: u32, count: u32,
        ) {
            for notice in notices(&bytes).chain(decode(&bytes)) {
                prop_assert!(notice.overlap(from, count) <= count);
            }
        }
    }
}
