//! The fuzz targets' corpora, replayed: what was once worth keeping must hold for ever.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use berkeley::{Address, option};
use proptest::prelude::*;

use crate::address::KNOWN;

#[path = "../../../../fuzz/properties/address.rs"]
pub(crate) mod address;
#[path = "../../../../fuzz/properties/control.rs"]
pub(crate) mod control;
#[path = "../../../../fuzz/properties/option_parse.rs"]
mod option_parse;
#[path = "../../../../fuzz/properties/tcp_info.rs"]
pub(crate) mod tcp_info;

/// The inputs of one target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn every_address_in_the_corpus_holds_its_properties() {
    let (mut as_bytes, mut as_text) = (HashSet::new(), HashSet::new());
    let mut others = 0;
    for bytes in corpus("address") {
        let address = address::check(&bytes);
        if matches!(address, Address::Other(_)) {
            others += 1;
        } else {
            as_bytes.insert(address.family());
        }
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        as_text.extend(text.parse().map(|address: Address| address.family()));
    }
    for family in KNOWN {
        assert!(as_text.contains(&family), "the corpus has no text of {family:?}");
    }
    assert!(as_bytes.len() >= 10 && others >= 8, "{as_bytes:?}, and {others} others");
}

#[test]
fn every_control_buffer_in_the_corpus_holds_its_properties() {
    let checked: Vec<_> = corpus("control").iter().map(|bytes| control::check(bytes)).collect();
    let typed: usize = checked.iter().map(|(typed, _)| typed).sum();
    let other: usize = checked.iter().map(|(_, other)| other).sum();
    // Its bytes are those of a 64-bit little-endian machine; elsewhere they are as good as any.
    if cfg!(all(target_endian = "little", target_pointer_width = "64")) {
        assert!(typed >= 30 && other >= 10, "the corpus has both kinds: {typed} typed, {other} other");
    }
}

#[test]
fn every_option_in_the_corpus_holds_its_properties() {
    let texts = corpus("option_parse");
    // The fuzzer may keep files that are no UTF-8; the target does not look at those.
    let texts: Vec<&str> = texts.iter().filter_map(|bytes| str::from_utf8(bytes).ok()).collect();
    let good = texts.iter().filter(|text| option_parse::check(text)).count();
    let bad = texts.len() - good;
    assert!(good >= 15 && bad >= 15, "the corpus has both kinds: {good} good, {bad} bad");
}

#[test]
fn every_tcp_info_in_the_corpus_holds_its_properties() {
    let inputs = corpus("tcp_info");
    let decoded = inputs.iter().filter_map(|bytes| tcp_info::check(bytes)).count();
    assert!(decoded >= 7 && inputs.len() - decoded >= 2, "the corpus has both kinds: {decoded} decoded");
}

/// The values that people type, and what they might mistype.
const VALUES: &str =
    "-?(0x)?[0-9]{1,21}(ns|us|µs|ms|s|m|h|k|KiB|G|-[0-9]{1,6})?|[a-z0-9_.:]{0,20}|\\PC{0,20}";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_value_an_option_is_given_holds_its_properties(value in VALUES) {
        for option in option::all() {
            option_parse::check(&format!("{option}={value}"));
        }
    }
}
