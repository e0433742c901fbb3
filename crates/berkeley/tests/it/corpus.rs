//! The fuzz targets' corpora, replayed: what was once worth keeping must hold for ever.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use berkeley::Address;
use berkeley::option::{self, Kind};
use proptest::prelude::*;

use crate::address::KNOWN;

#[cfg(feature = "fault")]
#[path = "../../../../fuzz/properties/activation.rs"]
mod activation;
#[path = "../../../../fuzz/properties/address.rs"]
pub(crate) mod address;
#[path = "../../../../fuzz/properties/control.rs"]
pub(crate) mod control;
#[cfg(feature = "fault")]
#[path = "../../../../fuzz/properties/interfaces.rs"]
mod interfaces;
#[cfg(feature = "fault")]
#[path = "../../../../fuzz/properties/literal.rs"]
mod literal;
#[path = "../../../../fuzz/properties/option_parse.rs"]
mod option_parse;
#[cfg(feature = "fault")]
#[path = "../../../../fuzz/properties/option_value.rs"]
mod option_value;
#[cfg(feature = "fault")]
#[path = "../../../../fuzz/properties/sends_done.rs"]
mod sends_done;
#[path = "../../../../fuzz/properties/tcp_info.rs"]
pub(crate) mod tcp_info;

/// The inputs of one target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| fs::read(path).unwrap()).collect()
}

/// As [`corpus`], for a target that takes text: the fuzzer may keep files that are no UTF-8, at which it does not look.
fn texts(target: &str) -> Vec<String> {
    corpus(target).into_iter().filter_map(|bytes| String::from_utf8(bytes).ok()).collect()
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
    // Its families are those of a little-endian machine; elsewhere they are as good as any.
    if cfg!(target_endian = "little") {
        assert!(as_bytes.len() >= 10 && others >= 8, "{as_bytes:?}, and {others} others");
    }
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
    let texts = texts("option_parse");
    let good = texts.iter().filter(|text| option_parse::check(text)).count();
    let bad = texts.len() - good;
    assert!(good >= 15 && bad >= 15, "the corpus has both kinds: {good} good, {bad} bad");
}

#[cfg(feature = "fault")]
#[test]
fn every_option_value_in_the_corpus_holds_its_properties() {
    let taken: HashSet<Kind> =
        corpus("option_value").iter().flat_map(|bytes| option_value::check(bytes)).collect();
    for option in option::all() {
        assert!(taken.contains(&option.kind), "the corpus has no value of {option}, {:?}", option.kind);
    }
}

#[cfg(feature = "fault")]
#[test]
fn every_list_of_interfaces_in_the_corpus_holds_its_properties() {
    let inputs = corpus("interfaces");
    let found: Vec<_> = inputs.iter().filter_map(|bytes| interfaces::check(bytes)).collect();
    let refused = inputs.len() - found.len();
    // Its bytes are those of a little-endian machine; elsewhere they are as good as any.
    if cfg!(target_endian = "little") {
        let full = found.iter().filter(|(_, addresses)| *addresses > 0).count();
        assert!(full >= 3 && refused >= 4, "the corpus has both kinds: {full} full, {refused} refused");
    }
}

#[cfg(feature = "fault")]
#[test]
fn every_notice_of_zero_copy_in_the_corpus_holds_its_properties() {
    let done: Vec<u32> = corpus("sends_done").iter().flat_map(|bytes| sends_done::check(bytes)).collect();
    if cfg!(all(target_endian = "little", target_pointer_width = "64")) {
        let some = done.iter().filter(|done| **done > 0).count();
        assert!(some >= 5 && done.len() - some >= 2, "the corpus has both kinds: {done:?}");
    }
}

#[cfg(feature = "fault")]
#[test]
fn every_host_in_digits_in_the_corpus_holds_its_properties() {
    let inputs = corpus("literal");
    let answered = inputs.iter().filter_map(|bytes| literal::check(bytes)).count();
    let left = inputs.len() - answered;
    assert!(answered >= 8 && left >= 8, "the corpus has both kinds: {answered} answered, {left} left");
}

#[cfg(feature = "fault")]
#[test]
fn every_socket_activation_in_the_corpus_holds_its_properties() {
    let promises: Vec<_> = texts("activation").iter().map(|text| activation::check(text)).collect();
    assert!(promises.contains(&None) && promises.contains(&Some(0)) && promises.contains(&Some(2)));
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
    // Each is tried with every option; the fuzz target goes on from here.
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn whatever_value_an_option_is_given_holds_its_properties(value in VALUES) {
        for option in option::all() {
            option_parse::check(&format!("{option}={value}"));
        }
    }
}
