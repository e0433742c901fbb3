//! What must hold for any bytes read as the notices of zero-copy sends. The fuzz target and the replay of its corpus
//! share it.

use berkeley::decoders;

/// Reads the number of the first send that is under way, how many there are, and the control messages behind: no notice
/// may tell of more sends than there are. Gives how many sends each tells of.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(bytes: &[u8]) -> Vec<u32> {
    let word = |at: usize| bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes);
    let (Some(from), Some(count)) = (word(0), word(4)) else { return Vec::new() };
    let done: Vec<u32> = decoders::sends_done(&bytes[8..], from, count).collect();
    assert!(done.iter().all(|done| *done <= count), "{done:?} of {count}");
    done
}
