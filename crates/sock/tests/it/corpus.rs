//! The fuzz targets' corpora, replayed: what was once worth keeping must hold for ever.

use std::fs;
use std::path::Path;

#[path = "../../../../fuzz/properties/endpoint.rs"]
pub(crate) mod properties;

#[test]
fn every_endpoint_in_the_corpus_holds_its_properties() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/endpoint");
    let (mut good, mut bad) = (0, 0);
    for entry in fs::read_dir(&folder).expect("the corpus is part of the repository") {
        let path = entry.expect("a readable folder").path();
        let bytes = fs::read(&path).expect("a readable file");
        // The fuzzer may keep files that are no UTF-8; the target does not look at those.
        let Ok(text) = str::from_utf8(&bytes) else { continue };
        let count = if properties::check(text) { &mut good } else { &mut bad };
        *count += 1;
    }
    assert!(good >= 15 && bad >= 15, "the corpus has both kinds: {good} good, {bad} bad");
}
