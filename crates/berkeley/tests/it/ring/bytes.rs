//! The reader of a block, on bytes alone: as the kernel lays them out, cut short, and impossible.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use berkeley::ring::{Checksum, PacketKind, Packets};
use proptest::prelude::*;

#[path = "../../../../../fuzz/properties/ring_block.rs"]
mod properties;

// Where the fields stand (linux/if_packet.h): in a block, and in a packet.
const BLOCK_PACKETS: usize = 12;
const BLOCK_FIRST: usize = 16;
const BLOCK_LENGTH: usize = 20;
const NEXT: usize = 0;
const CAPTURED: usize = 12;
const LINK: usize = 24;
const NETWORK: usize = 26;

/// Where the first packet of [`block`] starts, its bytes, and how far the next one is.
const FIRST: usize = 48;
const DATA: usize = FIRST + 82;
const STEP: usize = 128;

/// Two packets: a tagged one of 20 bytes, of which 100 were on the wire, and one of 4.
fn block() -> Vec<u8> {
    let mut bytes = vec![0; 512];
    // The version, the private offset, the status (USER), the packets, the first, the length, the sequence.
    put(&mut bytes, 0, &[1, 48, 1, 2, 48, 384, 77, 0]);
    // The next, the time, captured, on the wire, the status (valid VLAN and its protocol, checksum unfinished).
    put(&mut bytes, FIRST, &[128, 1_700_000_000, 123_456_789, 20, 100, 0x58]);
    put_halves(&mut bytes, FIRST + LINK, &[82, 96]);
    put(&mut bytes, FIRST + 28, &[0xdead_beef, 0x6005]);
    put_halves(&mut bytes, FIRST + 36, &[0x88a8]);
    address(&mut bytes, FIRST + 48);
    bytes[DATA..DATA + 20].copy_from_slice(b"twenty bytes of data");
    let second = FIRST + STEP;
    put(&mut bytes, second, &[0, 1_700_000_001, 0, 4, 4, 0x80]);
    put_halves(&mut bytes, second + LINK, &[82, 82]);
    bytes[second + 82..second + 86].copy_from_slice(b"four");
    bytes
}

/// `struct sockaddr_ll`: `AF_PACKET`, IPv4, interface 3, Ethernet, multicast, 6 bytes.
fn address(bytes: &mut [u8], at: usize) {
    put_halves(bytes, at, &[17, u16::from_ne_bytes([8, 0])]);
    put(bytes, at + 4, &[3]);
    put_halves(bytes, at + 8, &[1]);
    bytes[at + 10..at + 18].copy_from_slice(&[2, 6, 0xaa, 0xbb, 0xcc, 1, 2, 3]);
}

fn put(bytes: &mut [u8], at: usize, words: &[u32]) {
    for (index, word) in words.iter().enumerate() {
        bytes[at + 4 * index..][..4].copy_from_slice(&word.to_ne_bytes());
    }
}

fn put_halves(bytes: &mut [u8], at: usize, halves: &[u16]) {
    for (index, half) in halves.iter().enumerate() {
        bytes[at + 2 * index..][..2].copy_from_slice(&half.to_ne_bytes());
    }
}

#[test]
fn every_field_is_read_where_the_kernel_puts_it() {
    let bytes = block();
    let packets: Vec<_> = Packets::new(&bytes).collect();
    let [first, second] = packets[..] else { panic!("{packets:?}") };
    assert_eq!(
        (first.data(), first.wire_length(), first.is_truncated()),
        (&b"twenty bytes of data"[..], 100, true)
    );
    assert_eq!(first.network(), b"f data");
    let time = Duration::new(1_700_000_000, 123_456_789);
    assert_eq!(first.timestamp(), SystemTime::UNIX_EPOCH + time);
    let vlan = first.vlan().unwrap();
    assert_eq!((vlan.control, vlan.protocol), (0x6005, 0x88a8));
    assert_eq!((vlan.id(), vlan.priority()), (5, 3));
    assert_eq!((first.status(), first.hash(), first.checksum()), (0x58, 0xdead_beef, Checksum::Unfinished));
    assert_eq!((first.interface(), first.protocol(), first.hardware()), (3, 0x0800, 1));
    assert_eq!(
        (first.kind(), first.hardware_address()),
        (PacketKind::MULTICAST, &[0xaa, 0xbb, 0xcc, 1, 2, 3][..])
    );
    assert_eq!((second.data(), second.network(), second.vlan()), (&b"four"[..], &b"four"[..], None));
    assert_eq!((second.checksum(), second.hardware_address()), (Checksum::Valid, &[][..]));
}

#[test]
fn a_tag_without_a_protocol_has_the_usual_one() {
    let mut bytes = block();
    put(&mut bytes, FIRST + 20, &[0x10]);
    assert_eq!(Packets::new(&bytes).next().unwrap().vlan().unwrap().protocol, 0x8100);
}

#[test]
fn impossible_offsets_and_lengths_end_the_packets() {
    // The offset of a field, whether it has 32 bits, the value, how many packets are left.
    let rows: &[(usize, bool, u32, usize)] = &[
        (BLOCK_PACKETS, true, 0, 0),
        (BLOCK_PACKETS, true, 1, 1),
        // More than there are: the second says that nothing follows.
        (BLOCK_PACKETS, true, u32::MAX, 2),
        (BLOCK_FIRST, true, 513, 0),
        (BLOCK_FIRST, true, u32::MAX, 0),
        (BLOCK_LENGTH, true, 0, 0),
        (BLOCK_LENGTH, true, 149, 0),
        (BLOCK_LENGTH, true, 150, 1),
        (BLOCK_LENGTH, true, 261, 1),
        (BLOCK_LENGTH, true, 262, 2),
        (BLOCK_LENGTH, true, u32::MAX, 2),
        // A next packet that is no further, or within this one's header, or outside.
        (FIRST + NEXT, true, 0, 1),
        (FIRST + NEXT, true, 67, 1),
        (FIRST + NEXT, true, 337, 1),
        (FIRST + NEXT, true, u32::MAX, 1),
        (FIRST + CAPTURED, true, 254, 2),
        (FIRST + CAPTURED, true, 255, 0),
        (FIRST + CAPTURED, true, u32::MAX, 0),
        (FIRST + LINK, false, 0xffff, 0),
        (FIRST + LINK, false, 0, 2),
    ];
    for (offset, wide, value, want) in rows {
        let mut bytes = block();
        let value_bytes = value.to_ne_bytes();
        match wide {
            true => bytes[*offset..offset + 4].copy_from_slice(&value_bytes),
            false => put_halves(&mut bytes, *offset, &[u16::try_from(*value).unwrap()]),
        }
        assert_eq!(Packets::new(&bytes).count(), *want, "{offset}: {value}");
        properties::check(&bytes);
    }
}

#[test]
fn a_network_header_that_is_not_there_is_empty() {
    for value in [103, 0xffff] {
        let mut bytes = block();
        put_halves(&mut bytes, FIRST + NETWORK, &[value]);
        let packet = Packets::new(&bytes).next().unwrap();
        assert_eq!((packet.data().len(), packet.network().len()), (20, 0));
    }
}

#[test]
fn a_hardware_address_is_never_longer_than_its_field() {
    let mut bytes = block();
    bytes[FIRST + 48 + 11] = 255;
    assert_eq!(Packets::new(&bytes).next().unwrap().hardware_address(), [0xaa, 0xbb, 0xcc, 1, 2, 3, 0, 0]);
}

#[test]
fn a_block_cut_anywhere_gives_the_packets_that_are_whole() {
    let bytes = block();
    for length in 0..bytes.len() {
        let want = match length {
            0..150 => 0,
            150..262 => 1,
            _ => 2,
        };
        assert_eq!(Packets::new(&bytes[..length]).count(), want, "{length}");
    }
}

#[test]
fn every_block_in_the_corpus_holds_its_properties() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/ring_block");
    let (mut full, mut empty) = (0, 0);
    for entry in fs::read_dir(&folder).expect("the corpus is part of the repository") {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let count = if properties::check(&bytes) > 0 { &mut full } else { &mut empty };
        *count += 1;
    }
    // The kernel writes its own order of bytes, and these were captured where that is little-endian.
    let wanted = if cfg!(target_endian = "little") { 5 } else { 0 };
    assert!(full >= wanted && empty >= 5, "the corpus has both kinds: {full} with packets, {empty} without");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_block_with_wrong_bytes_holds_the_properties(
        changes in prop::collection::vec((0_usize..300, any::<u8>()), 1..12),
    ) {
        let mut bytes = block();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        properties::check(&bytes);
    }
}
