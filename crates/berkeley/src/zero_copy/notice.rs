//! What the kernel says on the error queue of bytes sent without a copy.

use crate::control::{ControlMessage, Messages, ip, ipv6};
use crate::sys::constants as c;

/// The sends numbered `first` to `last`, both included, are done with their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    first: u32,
    last: u32,
    pub(super) copied: bool,
}

impl Notice {
    #[cfg(test)]
    pub(super) fn new(first: u32, last: u32) -> Self {
        Self { first, last, copied: false }
    }

    /// Whether its last send came before the one numbered `next`. The numbers start again after 2^32 - 1.
    pub(super) fn is_before(self, next: u32) -> bool {
        i32::from_ne_bytes(self.last.wrapping_sub(next).to_ne_bytes()) < 0
    }

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
pub(super) fn notices(messages: Messages<'_>) -> impl Iterator<Item = Notice> + '_ {
    messages.filter_map(|message| {
        let (ControlMessage::Ip(ip::Message::Error(error))
        | ControlMessage::Ipv6(ipv6::Message::Error(error))) = message
        else {
            return None;
        };
        let (first, last) = error.sends()?;
        Some(Notice { first, last, copied: error.code & c::SO_EE_CODE_ZEROCOPY_COPIED != 0 })
    })
}

/// How many of the `count` sends from the number `from` on each notice among the control messages in `bytes` tells of.
#[cfg(feature = "fault")]
pub(crate) fn count_done(bytes: &[u8], from: u32, count: u32) -> impl Iterator<Item = u32> + '_ {
    notices(crate::control::decode(bytes)).map(move |notice| notice.overlap(from, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control;
    use crate::sys::layout::{cmsg, extended_error};
    use proptest::prelude::*;

    /// The header and the error: all that a notice needs, without the offender's address.
    const ERROR: usize = cmsg::HEADER + extended_error::OFFENDER;

    /// A control message of `IP_RECVERR`, as the kernel lays it out: the header, the error, the offender's address.
    fn control(first: u32, last: u32, code: u8) -> Vec<u8> {
        const ORIGIN_ZEROCOPY: u8 = 5;
        let length = ERROR + 16;
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(c::IPPROTO_IP.to_ne_bytes());
        bytes.extend(c::IP_RECVERR.to_ne_bytes());
        bytes.resize(cmsg::HEADER, 0);
        bytes.extend([0, 0, 0, 0, ORIGIN_ZEROCOPY, 0, code, 0]);
        bytes.extend(first.to_ne_bytes());
        bytes.extend(last.to_ne_bytes());
        bytes.resize(length, 0);
        bytes
    }

    fn read(bytes: &[u8]) -> Vec<Notice> {
        notices(control::decode(bytes)).collect()
    }

    #[test]
    fn notices_are_read_from_whole_errors_only() {
        let (one, two) = (control(3, 5, 1), control(6, 6, 0));
        let want = [Notice { first: 3, last: 5, copied: true }, Notice { first: 6, last: 6, copied: false }];
        let both = [one.clone(), two].concat();
        assert_eq!(read(&both), want);
        for length in 0..both.len() {
            assert_eq!(read(&both[..length]), want[..(length + one.len() - ERROR) / one.len()], "{length}");
        }
    }

    #[test]
    fn other_messages_are_passed_by() {
        let mut other = control(1, 1, 0);
        other[cmsg::LEVEL] = 1;
        let mut origin = control(1, 1, 0);
        origin[cmsg::HEADER + extended_error::ORIGIN] = 2;
        let notice = control(2, 2, 0);
        assert_eq!(read(&[other, origin, notice].concat()).len(), 1);
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
            for notice in notices(control::decode(&bytes)) {
                prop_assert!(notice.overlap(from, count) <= count);
            }
        }
    }
}
