//! The fuzz targets' corpora, replayed: what was once worth keeping must hold for ever.

use std::fs;
use std::path::Path;

#[path = "../../../../fuzz/properties/endpoint.rs"]
pub(crate) mod endpoint;
#[path = "../../../../fuzz/properties/networks.rs"]
mod networks;
#[path = "../../../../fuzz/properties/preamble.rs"]
mod preamble;
#[path = "../../../../fuzz/properties/probe.rs"]
mod probe;
#[path = "../../../../fuzz/properties/trace_mark.rs"]
mod trace_mark;

/// Replays a corpus, each file of which is read (true) or refused; gives how many are which.
fn replay(name: &str, mut check: impl FnMut(&[u8]) -> Option<bool>) -> (usize, usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let (mut good, mut bad) = (0, 0);
    for entry in fs::read_dir(&folder).expect("the corpus is part of the repository") {
        let path = entry.expect("a readable folder").path();
        let bytes = fs::read(&path).expect("a readable file");
        match check(&bytes) {
            Some(true) => good += 1,
            Some(false) => bad += 1,
            None => {}
        }
    }
    (good, bad)
}

#[test]
fn every_endpoint_in_the_corpus_holds_its_properties() {
    // The fuzzer may keep files that are no UTF-8; the target does not look at those.
    let (good, bad) = replay("endpoint", |bytes| str::from_utf8(bytes).ok().map(endpoint::check));
    assert!(good >= 15 && bad >= 15, "the corpus has both kinds: {good} good, {bad} bad");
}

#[test]
fn every_list_of_networks_in_the_corpus_holds_its_properties() {
    let (good, bad) = replay("networks", |bytes| Some(networks::check(bytes)));
    assert!(good >= 10 && bad >= 10, "the corpus has both kinds: {good} good, {bad} bad");
}

#[test]
fn whatever_is_said_before_a_stream_in_the_corpus_holds_its_properties() {
    type Check = fn(&[u8]) -> bool;
    let rows: [(&str, Check); 5] = [
        ("socks5", preamble::socks5),
        ("socks4a", preamble::socks4a),
        ("http_connect", preamble::http_connect),
        ("starttls", preamble::starttls),
        ("proxy_header", preamble::proxy_header),
    ];
    for (target, check) in rows {
        let (good, bad) = replay(target, |bytes| Some(check(bytes)));
        assert!(good >= 3 && bad >= 6, "{target} has both kinds: {good} good, {bad} bad");
    }
}

#[test]
fn whatever_comes_back_to_a_probe_in_the_corpus_holds_its_properties() {
    let (good, bad) = replay("probe", |bytes| Some(probe::check(bytes)));
    assert!(good >= 5 && bad >= 8, "the corpus has both kinds: {good} good, {bad} bad");
}

#[test]
fn whatever_comes_back_of_a_trace_in_the_corpus_holds_its_properties() {
    let (good, bad) = replay("trace_mark", |bytes| Some(trace_mark::check(bytes)));
    assert!(good >= 12 && bad >= 12, "the corpus has both kinds: {good} good, {bad} bad");
}
