//! What must hold for any bytes that a router quotes of a trace's probes, or that come in their answer. The fuzz target
//! and the replay of its corpus share it.

use std::net::IpAddr;

use sock::command::trace::mark::{
    Ends, Mark, of_echo_reply, of_echo_request, of_payload, of_segment, of_syn,
};
use sock::probe::icmp::{Version, behind_ipv4};

/// The word by which the run of the corpus knows its own.
const RUN: u32 = 0x5eed_cafe;

/// The identifier of its echo requests.
const IDENTIFIER: u16 = 0x1234;

/// The ends of its TCP flow: ports 40000 and 443.
fn ends() -> Ends {
    let (source, target) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 3, 9]));
    Ends { source, source_port: 40_000, target, target_port: 443 }
}

/// Reads the bytes in every way: a quote that is cut shorter tells of the same probe, or of none. True if one of the
/// ways finds a probe.
///
/// # Panics
/// When that does not hold.
pub(crate) fn check(bytes: &[u8]) -> bool {
    let quotes: [fn(&[u8]) -> Mark; 4] = [
        |bytes| of_payload(bytes, RUN),
        |bytes| of_echo_request(bytes, Version::V4, Some(IDENTIFIER), RUN),
        |bytes| of_echo_request(bytes, Version::V6, None, RUN),
        |bytes| of_syn(bytes, ends(), RUN),
    ];
    let mut found = false;
    for quote in quotes {
        let Mark::Number(number) = quote(bytes) else { continue };
        found = true;
        for length in 0..bytes.len().min(64) {
            let cut = quote(&bytes[..length]);
            assert!(
                cut == Mark::Bare || cut == Mark::Number(number),
                "{cut:?} of {length} bytes, not {number}"
            );
        }
    }
    found | answers(bytes) | behind_ipv4(bytes).is_some_and(|(_, inner)| answers(inner))
}

/// Whether the bytes are an answer of the target.
fn answers(bytes: &[u8]) -> bool {
    let reply = of_echo_reply(bytes, Version::V4, Some(IDENTIFIER), RUN);
    let reply6 = of_echo_reply(bytes, Version::V6, None, RUN);
    assert!(reply != Mark::Bare && reply6 != Mark::Bare, "an answer is whole");
    let is_number = |mark| matches!(mark, Mark::Number(_));
    is_number(reply) || is_number(reply6) || of_segment(bytes, ends(), RUN).is_some()
}
