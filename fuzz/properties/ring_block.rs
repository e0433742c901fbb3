//! What must hold for any bytes read as a block of a capture ring. The fuzz target and the replay of its corpus share
//! it.

use std::ops::Range;

use berkeley::ring::Packets;

/// Reads every packet and every field of it: all that is shown must lie within the block. Gives how many there are.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(block: &[u8]) -> usize {
    let mut count = 0;
    for packet in Packets::new(block) {
        for part in [packet.data(), packet.network(), packet.hardware_address()] {
            assert!(part.is_empty() || is_within(part, block), "outside of the block");
        }
        assert!(packet.hardware_address().len() <= 8);
        assert_eq!(packet.is_truncated(), packet.data().len() < packet.wire_length());
        assert!(packet.vlan().is_none_or(|vlan| vlan.id() < 4096 && vlan.priority() < 8));
        assert!(!format!("{packet:?} {:?} {:?}", packet.checksum(), packet.kind()).is_empty());
        count += 1;
    }
    // Each has a header of 68 bytes that no other shares.
    assert!(count * 68 <= block.len(), "{count} packets in {} bytes", block.len());
    count
}

fn is_within(part: &[u8], whole: &[u8]) -> bool {
    let (Range { start, end }, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= start && end <= whole.end
}
