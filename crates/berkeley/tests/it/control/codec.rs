//! Control messages as bytes: what is encoded decodes, and no bytes panic.

use std::time::Duration;

use berkeley::control::{
    self, ControlMessage, Outgoing, decode, encode, ip, ipv6, raw, raw_messages, socket, space, tls,
};
use proptest::prelude::*;

use super::text;
use crate::corpus::control::check;

/// Without a file of failures: a failure prints its input, and becomes a row of a table.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() }
}

/// What `outgoing` decodes to when it is received, as `Debug` prints it.
fn received(outgoing: &[Outgoing<'_>]) -> Vec<String> {
    decode(&encode(outgoing).unwrap()).map(|message| text(&message)).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn messages_of_any_level_decode_to_what_was_encoded(
        rows in prop::collection::vec((300..400, any::<i32>(), prop::collection::vec(any::<u8>(), 0..60)), 0..6),
    ) {
        let (mut outgoing, mut want) = (Vec::new(), Vec::new());
        for (level, kind, data) in &rows {
            outgoing.push(raw(*level, *kind, data).unwrap());
            let (level, kind) = (*level, *kind);
            want.push(text(&ControlMessage::Other(control::RawMessage::new(level, kind, data))));
        }
        prop_assert_eq!(received(&outgoing), want);
        let bytes = encode(&outgoing).unwrap();
        let size: usize = raw_messages(&bytes).map(|message| space(message.data.len())).sum();
        prop_assert_eq!(bytes.len(), size);
    }

    #[test]
    fn any_bytes_are_decoded_in_peace(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes);
    }

    /// Headers that are right in part reach further than chance does.
    #[test]
    fn any_headers_are_decoded_in_peace(
        rows in prop::collection::vec(
            (
                prop_oneof![0..80_usize, any::<usize>()],
                prop_oneof![Just(0), Just(1), Just(6), Just(17), Just(41), Just(282)],
                0..84_i32,
                prop::collection::vec(any::<u8>(), 0..64),
            ),
            0..5,
        ),
    ) {
        let mut bytes = Vec::new();
        for (length, level, kind, data) in rows {
            bytes.extend(length.to_ne_bytes());
            bytes.extend(i32::to_ne_bytes(level));
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(data);
        }
        check(&bytes);
    }
}

/// Those that are sent only, by what the kernel takes.
#[test]
fn messages_that_never_come_back_are_laid_out_as_the_kernel_takes_them() {
    let long = Duration::from_secs(u64::MAX);
    let rows: [(Outgoing<'_>, i32, i32, &[u8]); 7] = [
        (ipv6::dont_fragment(true), 41, libc::IPV6_DONTFRAG, &1_i32.to_ne_bytes()),
        (ipv6::routing_destination_options(&[59, 0]), 41, libc::IPV6_RTHDRDSTOPTS, &[59, 0]),
        (tls::record_type(21), libc::SOL_TLS, libc::TLS_SET_RECORD_TYPE, &[21]),
        (socket::timestamping(2), libc::SOL_SOCKET, libc::SO_TIMESTAMPING, &2_u32.to_ne_bytes()),
        (
            socket::transmit_time(Duration::from_nanos(7)),
            libc::SOL_SOCKET,
            libc::SO_TXTIME,
            &7_u64.to_ne_bytes(),
        ),
        (socket::transmit_time(long), libc::SOL_SOCKET, libc::SO_TXTIME, &[0xff; 8]),
        (socket::rights(&[]), libc::SOL_SOCKET, libc::SCM_RIGHTS, &[]),
    ];
    for (outgoing, level, kind, data) in rows {
        let bytes = encode(&[outgoing]).unwrap();
        let found: Vec<_> = raw_messages(&bytes).collect();
        assert_eq!(found, [control::RawMessage::new(level, kind, data)], "{outgoing:?}");
        assert_eq!((outgoing.level(), outgoing.kind()), (level, kind));
    }
}

#[test]
fn descriptors_in_foreign_bytes_are_nobodys() {
    let stdin = std::io::stdin();
    let fds = [std::os::fd::AsFd::as_fd(&stdin)];
    let bytes = encode(&[socket::rights(&fds)]).unwrap();
    let message = decode(&bytes).next().unwrap();
    let ControlMessage::Other(raw) = message else { panic!("{message:?}") };
    assert_eq!(raw.data, 0_i32.to_ne_bytes());
}

#[test]
fn a_tail_that_is_no_message_is_left() {
    let mut bytes = encode(&[ip::ttl(3)]).unwrap();
    bytes.extend([7; 5]);
    let mut messages = decode(&bytes);
    assert_eq!(messages.rest().len(), bytes.len());
    assert!(messages.next().is_some() && messages.next().is_none());
    assert_eq!(messages.rest(), [7; 5]);
}
