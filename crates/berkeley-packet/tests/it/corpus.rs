//! The fuzz targets' corpora, replayed: what was once worth keeping must hold for ever.

use std::fs;
use std::path::Path;

#[path = "../../../../fuzz/properties/capture_file.rs"]
pub(crate) mod capture_file;

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
