//! The fuzz targets' corpora, replayed: what was once worth keeping must hold for ever.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

#[path = "../../../../fuzz/properties/capture_file.rs"]
pub(crate) mod capture_file;
#[path = "../../../../fuzz/properties/filter.rs"]
pub(crate) mod filter;
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
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

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

#[test]
fn every_filter_in_the_corpora_holds_its_properties() {
    // The fuzzer may keep files that are no UTF-8; the target does not look at those.
    let texts: Vec<_> =
        corpus("filter_text").into_iter().filter_map(|bytes| String::from_utf8(bytes).ok()).collect();
    let good = texts.iter().filter(|text| filter::text(text)).count();
    assert!(good >= 15 && texts.len() - good >= 15, "both kinds of text: {good} of {} good", texts.len());
    let programs = corpus("filter_program");
    let good = programs.iter().filter(|bytes| filter::program(bytes)).count();
    assert!(
        good >= 9 && programs.len() - good >= 9,
        "both kinds of program: {good} of {} good",
        programs.len()
    );
}

/// Words of the language in any order.
const WORDS: &str = concat!(
    "(( ?(tcp|udp|ip6?|icmp|ether|vlan|mpls|pppoes|src|dst|host|net|port|portrange|proto|mask|flags|syn|less|len",
    "|not|!|and|or|\\(|\\)|\\[|\\]|:|=|<|>>|&|%|-|/",
    "|[0-9]{1,6}|0x[0-9a-f]{1,8}|10(\\.[0-9]{1,3}){1,3}|fe80::1|http|\\\\tcp)){0,20})",
);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_words_in_any_order_hold_the_properties_of_a_filter(words in WORDS) {
        filter::text(&words);
    }

    #[test]
    fn any_text_holds_the_properties_of_a_filter(text in "\\PC{0,40}") {
        filter::text(&text);
    }
}
