//! The fuzz targets' corpora, replayed: what was once worth keeping must hold for ever.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

#[path = "../../../../fuzz/properties/capture_file.rs"]
pub(crate) mod capture_file;
#[path = "../../../../fuzz/properties/packet.rs"]
mod packet;

/// The inputs of one target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn every_capture_file_in_the_corpora_holds_its_properties() {
    for target in ["pcap", "pcapng"] {
        let outcomes: Vec<_> = corpus(target).iter().map(|bytes| capture_file::check(bytes)).collect();
        let whole = outcomes.iter().filter(|outcome| outcome.error.is_none()).count();
        let packets: usize = outcomes.iter().map(|outcome| outcome.packets.len()).sum();
        let broken = outcomes.len() - whole;
        assert!(whole >= 4 && broken >= 6, "{target} has both kinds: {whole} whole, {broken} broken");
        assert!(packets >= 8, "{target}: {packets} packets");
    }
}

#[test]
fn every_packet_in_the_corpora_holds_its_properties() {
    type Check = fn(&[u8]) -> bool;
    let text: Check = |bytes| str::from_utf8(bytes).is_ok_and(packet::craft_text);
    let rows: [(&str, Check); 4] = [
        ("packet", packet::decode),
        ("craft_round_trip", packet::round_trip),
        ("craft_text", text),
        ("packet_streams", packet::streams),
    ];
    for (target, check) in rows {
        let inputs = corpus(target);
        let good = inputs.iter().filter(|bytes| check(bytes)).count();
        let bad = inputs.len() - good;
        assert!(good >= 4 && bad >= 4, "{target} has both kinds: {good} good, {bad} bad");
    }
}

/// An input of the corpus with some of its bytes changed, and cut at some place.
fn spoiled(target: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let inputs = corpus(target);
    let change = (any::<prop::sample::Index>(), any::<u8>());
    let changes = prop::collection::vec(change, 0..6);
    (prop::sample::select(inputs), changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(mut bytes, changes, end, cut)| {
            for (at, byte) in changes.iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            if cut && !bytes.is_empty() {
                bytes.truncate(end.index(bytes.len()) + 1);
            }
            bytes
        },
    )
}

proptest! {
    #[test]
    fn a_spoiled_packet_holds_its_properties(bytes in spoiled("packet")) {
        packet::decode(&bytes);
        packet::round_trip(&bytes);
    }

    #[test]
    fn spoiled_packets_hold_the_properties_of_streams(bytes in spoiled("packet_streams")) {
        packet::streams(&bytes);
    }
}
