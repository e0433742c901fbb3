//! The fuzz targets' corpora, replayed: what was once worth keeping must hold for ever.

use std::fs;
use std::path::Path;

use berkeley::{Address, option};
use proptest::prelude::*;

#[path = "../../../../fuzz/properties/address.rs"]
pub(crate) mod address;
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
    let addresses: Vec<Address> = corpus("address").iter().map(|bytes| address::check(bytes)).collect();
    let count = |is: fn(&Address) -> bool| addresses.iter().filter(|address| is(address)).count();
    assert!(count(|address| matches!(address, Address::Inet(_) | Address::Inet6(_))) >= 4);
    assert!(count(|address| matches!(address, Address::Unix(_))) >= 10);
    assert!(count(|address| matches!(address, Address::Other(_))) >= 8);
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
